"""How a command ends badly: one line on stderr with the fix, and an exit status.

Not for the server's own errors, which go to its log.
"""

import sys
from typing import Final

from mailcore.errors import ErrorKind, MailError

WRONG_USE: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130


class WrongUse(Exception):  # noqa: N818 - it names what the caller did
    """The command cannot be carried out as it was given; ends with status 2."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def wrong_use(error: MailError) -> WrongUse:
    """The same problem as wrong use: a configuration or argument that cannot work."""
    return WrongUse(error.message, fix=error.fix)


def status_of(error: MailError) -> int:
    """2 when what was given is invalid, 1 when it failed."""
    return WRONG_USE if error.kind is ErrorKind.INVALID else FAILED


def one_line(message: str, fix: str = "") -> str:
    """The message and its fix as one line, without control characters."""
    text = " ".join(message.split())
    if fix:
        stop = "" if text.endswith(("?", "!")) else "."
        text = f"{text.rstrip('.')}{stop} {' '.join(fix.split())}"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def report(message: str, fix: str = "") -> None:
    """Print the line of a failure."""
    print(f"countersign: {one_line(message, fix)}", file=sys.stderr, flush=True)
