"""Names in the Maildir++ tree: directories of mailboxes, names of files. Pure; no I/O.

`mail/<inbox-id>/{cur,new,tmp}` is INBOX, `mail/<inbox-id>/.Folder.Sub` another mailbox of it,
`spool/cur` what is submitted. A file is named `<base>:2,<letters>`: the base is unique and never
changes, the letters are its flags, then its keywords (a–z, by the folder's `dovecot-keywords`).
"""

import base64
import re
from collections.abc import Iterable, Sequence
from typing import Final

from mailcore.errors import MailError, invalid
from mailcore.ids import BlobRef, InboxId, is_id
from mailcore.model import INBOX, Flag

MAX_DIRECTORY_OCTETS: Final = 255
MAX_LETTERS: Final = 26
"""Keywords that a folder's file names can show."""
MAIL: Final = "mail"
SPOOL: Final = "spool"
TMP: Final = "tmp"
CACHE: Final = "cache"

_FLAGS: Final = (
    (Flag.DRAFT, "D"),
    (Flag.FLAGGED, "F"),
    (Flag.ANSWERED, "R"),
    (Flag.SEEN, "S"),
    (Flag.DELETED, "T"),
)
_LETTERS: Final = tuple(
    "".join(letter for flag, letter in _FLAGS if flags & flag.value)
    for flags in range(1 << len(_FLAGS))
)
_OURS = re.compile(r"\d+\.M\d{6}P\d+R[0-9a-f]{8}Q\d+\.")
_RUN = re.compile(r"&([^-]*)-")


def folder_directory(mailbox: str) -> str:
    """The directory of a mailbox inside its inbox: empty for INBOX, else `.Level.Level`.

    Levels are modified UTF-7 (RFC 3501 §5.1.3) with `.` encoded too. INVALID when a level is empty or
    the directory's name is over 255 octets.
    """
    if mailbox == INBOX:
        return ""
    levels = mailbox.split("/")
    if not all(levels):
        raise invalid("mailbox", "a level of the name is empty")
    name = "".join(f".{_encode_level(level)}" for level in levels)
    if len(name) > MAX_DIRECTORY_OCTETS:
        raise invalid(
            "mailbox",
            "the name is too long to be a directory",
            fix=f"Use at most {MAX_DIRECTORY_OCTETS} octets in the encoded name.",
        )
    return name


def mailbox_name(directory: str) -> str | None:
    """The mailbox of a directory that `folder_directory` could have named, else None."""
    if not directory:
        return INBOX
    try:
        name = "/".join(_decode_level(one) for one in directory[1:].split("."))
        return name if folder_directory(name) == directory else None
    except (ValueError, MailError):
        return None


def folder_path(inbox_id: InboxId, directory: str) -> str:
    """The Maildir of a mailbox, relative to the data directory."""
    if not is_id(inbox_id):
        raise invalid("inbox_id", "not an id")
    return f"{MAIL}/{inbox_id}/{directory}" if directory else f"{MAIL}/{inbox_id}"


def base_name(ref: BlobRef | str) -> str:
    """The part of a file's name that never changes, of a reference or a path."""
    return ref.rpartition("/")[2].partition(":")[0]


def is_ours(name: str) -> bool:
    """Whether this server gave the name: files of others are never removed."""
    return _OURS.match(name) is not None


def file_path(folder: str, ref: BlobRef | str, letters: str = "") -> str:
    """Where a delivered file is, relative to the data directory."""
    return f"{folder}/cur/{base_name(ref)}:2,{letters}"


def flag_letters(flags: int) -> str:
    """The customary letters, in ASCII order."""
    return _LETTERS[int(flags)]


def keyword_letters(keywords: Sequence[str], known: Sequence[str]) -> str:
    """The letters of keywords by their folder's list; those beyond it have none."""
    if not keywords:
        return ""
    numbers = {one.lower(): number for number, one in enumerate(known[:MAX_LETTERS])}
    found = (numbers.get(one.lower()) for one in keywords)
    return "".join(sorted(chr(ord("a") + one) for one in found if one is not None))


def with_keywords(known: tuple[str, ...], wanted: Iterable[str]) -> tuple[str, ...]:
    """A folder's list with new keywords at its end, while it has room."""
    have = {one.lower() for one in known}
    added: list[str] = []
    for keyword in wanted:
        if keyword.lower() not in have and len(known) + len(added) < MAX_LETTERS:
            have.add(keyword.lower())
            added.append(keyword)
    return (*known, *added)


def parse_letters(name: str, known: Sequence[str]) -> tuple[Flag, tuple[str, ...]]:
    """Flags and keywords of a file's name; letters nobody knows are passed over."""
    letters = name.partition(":2,")[2].partition(",")[0]
    flags = Flag(0)
    for flag, letter in _FLAGS:
        if letter in letters:
            flags |= flag
    numbers = sorted({ord(one) - ord("a") for one in letters if "a" <= one <= "z"})
    return flags, tuple(known[one] for one in numbers if one < len(known))


def _encode_level(level: str) -> str:
    """One folder level in modified UTF-7; `.` and `/` count as unprintable."""
    out: list[str] = []
    run: list[str] = []
    for char in (*level, ""):
        if char and not (" " <= char <= "~" and char not in "./"):
            run.append(char)
            continue
        if run:
            utf16 = "".join(run).encode("utf-16-be", "surrogatepass")
            text = base64.b64encode(utf16).decode("ascii").rstrip("=").replace("/", ",")
            out.append(f"&{text}-")
            run = []
        out.append("&-" if char == "&" else char)
    return "".join(out)


def _decode_level(text: str) -> str:
    """The inverse of `_encode_level`; ValueError when it is no modified UTF-7."""

    def decode(match: re.Match[str]) -> str:
        run = match[1]
        if not run:
            return "&"
        padded = run.replace(",", "/") + "=" * (-len(run) % 4)
        return base64.b64decode(padded, validate=True).decode("utf-16-be")

    return _RUN.sub(decode, text)
