"""The files that Dovecot keeps beside a Maildir's messages, written so that it reads ours. Pure.

`dovecot-uidlist` (version 3): a header `3 V<uidvalidity> N<uidnext> G<guid>`, then one line
`<uid> :<base>` for each message. `dovecot-keywords`: `<number> <keyword>` by letter.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

UIDLIST: Final = "dovecot-uidlist"
KEYWORDS: Final = "dovecot-keywords"
SUBSCRIPTIONS: Final = "subscriptions"


@dataclass(frozen=True, slots=True, kw_only=True)
class UidList:
    """What a `dovecot-uidlist` says."""

    uid_validity: int
    uid_next: int
    uids: dict[str, int]
    """By base name."""


def uid_header(folder: str, uid_validity: int, uid_next: int) -> str:
    """The first line. The mailbox's GUID is made from its Maildir and UIDVALIDITY."""
    guid = hashlib.sha256(f"{folder} {uid_validity}".encode()).hexdigest()[:32]
    return f"3 V{uid_validity} N{uid_next} G{guid}\n"


def uid_lines(uids: Iterable[tuple[int, str]]) -> str:
    """One line for each message, by UID."""
    return "".join(f"{uid} :{base}\n" for uid, base in uids)


def read_uid_list(text: str) -> UidList | None:
    """None when the header cannot be read; lines that cannot are passed over."""
    first, _, rest = text.partition("\n")
    words = first.split()
    values = {word[0]: word[1:] for word in words[1:]}
    if not words or words[0] != "3" or not values.get("V", "").isdigit():
        return None
    uids: dict[str, int] = {}
    for line in rest.splitlines():
        uid, _, base = line.partition(" ")
        if uid.isdigit() and ":" in base:
            uids[base.partition(":")[2]] = int(uid)
    declared = values.get("N", "1")
    uid_next = max(
        int(declared) if declared.isdigit() else 1, *(uid + 1 for uid in uids.values()), 1
    )
    return UidList(uid_validity=int(values["V"]), uid_next=uid_next, uids=uids)


def keyword_lines(keywords: Sequence[str]) -> str:
    """The file for keywords in the order of their letters."""
    return "".join(f"{number} {keyword}\n" for number, keyword in enumerate(keywords))


def read_keywords(text: str) -> tuple[str, ...]:
    """Keywords by letter; gaps are empty."""
    found: dict[int, str] = {}
    for line in text.splitlines():
        number, _, keyword = line.partition(" ")
        if number.isdigit() and keyword and int(number) < 26:
            found[int(number)] = keyword
    return tuple(found.get(number, "") for number in range(max(found, default=-1) + 1))
