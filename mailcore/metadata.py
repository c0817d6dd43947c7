"""Annotations of mailboxes and of inboxes (RFC 5464): what an entry may be called, and how many there may be.

Names compare without case and are kept in lower case. Pure.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mailcore.errors import ErrorKind, MailError, denied, invalid

MAX_VALUE_BYTES: Final = 64 * 1024
MAX_ENTRIES: Final = 1000
"""In an inbox, those of its mailboxes counted in."""
MAX_BYTES: Final = 1024 * 1024
"""Names and values of an inbox together."""
MAX_NAME_CHARS: Final = 500
_NAME: Final = re.compile(r"(?:/[!-$&-)+-.0-~ ]++)++")
"""Levels of printable ASCII without `*`, `%` and `/` (RFC 5464 §3.2)."""
_ROOTS: Final = ("/private/", "/shared/")


def entry_name(text: str) -> str:
    """The name of an entry, or of a level above entries, in lower case. ValueError when it is none."""
    if len(text) > MAX_NAME_CHARS or not _NAME.fullmatch(text):
        raise ValueError("an entry is a path such as /private/comment")
    return text.lower()


def check_values(values: Mapping[str, bytes | None], *, is_of_inbox: bool) -> None:
    """INVALID, TOO_LARGE or DENIED when the entries cannot be set.

    Shared entries of the whole server are not a mail client's: every inbox would see them.
    """
    for name, value in values.items():
        if not name.startswith(_ROOTS):
            raise invalid("entry", "an entry begins with /private/ or /shared/")
        if is_of_inbox and name.startswith("/shared/"):
            raise denied("shared entries of the server are the owner's")
        if value is not None and len(value) > MAX_VALUE_BYTES:
            raise MailError(
                ErrorKind.TOO_LARGE,
                f"a value has at most {MAX_VALUE_BYTES} octets",
                code="metadata_too_large",
                fix="Store less in one entry.",
            )


def too_many() -> MailError:
    """There is no room for more annotations."""
    return MailError(
        ErrorKind.OVER_LIMIT,
        f"an inbox has at most {MAX_ENTRIES} annotations of {MAX_BYTES} octets together",
        code="metadata_too_many",
        fix="Remove some by setting them to NIL.",
    )


def below(names: Iterable[str], top: str, depth: int | None) -> list[str]:
    """The names that are `top` or at most so many levels below it; None means any number."""
    start = f"{top}/"
    return [
        name
        for name in names
        if name == top
        or (name.startswith(start) and (depth is None or name.count("/", len(start)) < depth))
    ]
