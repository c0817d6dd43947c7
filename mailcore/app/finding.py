"""What the doctor found of one thing, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one thing, and what to do about it."""

    subject: str
    state: State
    message: str
    fix: str = ""


def ok(subject: str, message: str) -> Finding:
    """As it should be."""
    return Finding(subject=subject, state=State.OK, message=message)


def warning(subject: str, message: str, fix: str) -> Finding:
    """It works, but not for everybody or not for long."""
    return Finding(subject=subject, state=State.WARNING, message=message, fix=fix)


def problem(subject: str, message: str, fix: str) -> Finding:
    """It does not work."""
    return Finding(subject=subject, state=State.PROBLEM, message=message, fix=fix)
