"""How far into a message its readers look. What lies beyond stays as octets and is delivered all the same.

Carried by the context of the tasks that read, and of the threads they start, so that two servers in
one process can differ and no reader has to be told. Nothing is ever refused for being beyond a limit.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserLimits:
    """What counts for every reader."""

    depth: int = 50
    """Entities inside each other; deeper ones are opaque leaves."""
    parts: int = 10_000
    """Entities of a message; the rest of a multipart with more is one part."""
    header_octets: int = 1024 * 1024
    """Fields that begin beyond this are not read."""
    header_fields: int = 10_000
    """Fields beyond these are not read."""
    text_octets: int = 4 * 1024 * 1024
    """What is shown, scored and indexed of one text part."""
    decoded_octets: int = 64 * 1024 * 1024
    """What is decoded of all parts together."""


DEFAULTS: Final = ParserLimits()
_CURRENT: Final[ContextVar[ParserLimits]] = ContextVar("parser_limits", default=DEFAULTS)


def parser_limits() -> ParserLimits:
    """The limits that count here."""
    return _CURRENT.get()


def use_parser_limits(limits: ParserLimits) -> None:
    """Let these count for this task and everything it starts from now on."""
    _CURRENT.set(limits)
