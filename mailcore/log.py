"""Structured logs: dotted event names with fields, one line of JSON each, no bodies, no secrets.

`maillog` names one line per state change of a message, all with the same id, so that one grep tells
its story.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Final

import structlog

TRACE_ID: Final[ContextVar[str]] = ContextVar("trace_id", default="")
"""The connection or request a line belongs to."""

_SECRET_KEYS: Final = frozenset(
    {"password", "secret", "token", "api_key", "key", "authorization", "body", "raw"}
)
_OWN_KEY = re.compile(r"cs_(?:master|approver|agent|inbox)_[0-9A-Za-z]{8,}")

type Logger = structlog.stdlib.BoundLogger


def get(name: str) -> Logger:
    """The logger of a module."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger


def mask(text: str) -> str:
    """`text` with every key of ours hidden."""
    return _OWN_KEY.sub("cs_***", text)


def _redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key in _SECRET_KEYS:
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = mask(value)
    return event


def _trace(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    trace_id = TRACE_ID.get()
    if trace_id:
        event.setdefault("trace_id", trace_id)
    return event


def configure(level: str = "info", *, as_json: bool = True) -> None:
    """Set up logging for the process: structlog on the stdlib, one line per event on stderr."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
        structlog.processors.format_exc_info,
        _redact,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiosqlite", "mail.log", "asyncio", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
