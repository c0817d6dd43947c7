"""Structured logs: dotted event names with fields, one line of JSON each, no bodies, no secrets.

`maillog` names one line per state change of a message, all with the same id, so that one grep tells
its story.
"""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

import orjson
import structlog

from mailcore.clock import SystemClock, to_iso

TRACE_ID: Final[ContextVar[str]] = ContextVar("trace_id", default="")
"""The connection or request a line belongs to."""

_SECRET_KEYS: Final = frozenset(
    {"password", "secret", "token", "api_key", "key", "authorization", "body", "raw"}
)
_KEY_FORM: Final = r"cs_(?:master|approver|agent|inbox)_[0-9A-Za-z]{8,}"
_OWN_KEY = re.compile(_KEY_FORM)
_OWN_KEY_OCTETS = re.compile(_KEY_FORM.encode())
_CLOCK: Final = SystemClock()

type Logger = structlog.typing.FilteringBoundLogger


def get(name: str) -> Logger:
    """The logger of a module."""
    logger: Logger = structlog.get_logger(module=name)
    return logger


def mask(text: str) -> str:
    """`text` with every key of ours hidden."""
    return _OWN_KEY.sub("cs_***", text) if "cs_" in text else text


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


def _json_line(_logger: object, method: str, event: MutableMapping[str, Any]) -> bytes:
    """What the processors of the library would make of an event, in one step.

    Texts are looked at for keys of ours once, in the line that they became.
    """
    event["level"] = "error" if method == "exception" else method
    event["timestamp"] = _CLOCK.now()
    _trace(_logger, method, event)
    if "exc_info" in event:
        structlog.processors.format_exc_info(None, method, event)
    if not _SECRET_KEYS.isdisjoint(event):
        _redact(_logger, method, event)
    line = _to_line(event)
    return _OWN_KEY_OCTETS.sub(b"cs_***", line) if b"cs_" in line else line


def configure(level: str = "info", *, as_json: bool = True) -> None:
    """Set up logging for the process, once: one line per event on stderr.

    Our own events take a short way (a few microseconds each); what libraries log through the
    standard library joins the same stream.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
        structlog.processors.format_exc_info,
        _redact,
    ]
    as_text = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    _configure_libraries(
        number, [*shared, structlog.processors.JSONRenderer(_to_text) if as_json else as_text]
    )
    factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=[_json_line] if as_json else [*shared, as_text],
        logger_factory=factory if as_json else structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )


def _configure_libraries(number: int, processors: list[structlog.types.Processor]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *processors,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for noisy in ("aiosqlite", "mail.log", "asyncio", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))


def _to_line(value: object, **_options: object) -> bytes:
    """One JSON document; text that no UTF-8 can carry is escaped, for a log line never fails."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
    except (TypeError, ValueError):
        return json.dumps(value, default=_as_text).encode("ascii")


def _as_text(value: object) -> str:
    """An instant in the form that the other lines have, anything else as it says itself."""
    return to_iso(value) if isinstance(value, datetime) else str(value)


def _to_text(value: object, **options: object) -> str:
    return _to_line(value, **options).decode()
