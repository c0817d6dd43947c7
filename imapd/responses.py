"""What the server says, as octets (RFC 9051 §7): status lines, codes, data, quoting.

The error table is here too: a kind of the core becomes NO or BAD with a code of RFC 5530. Every
function returns complete octets; nothing of a stranger reaches a line unquoted.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

import orjson

from imapd import modutf7
from imapd.seqset import Range, render
from mailcore.errors import ErrorKind, MailError
from mailcore.metadata import MAX_VALUE_BYTES
from mailcore.model import Flag

CRLF: Final = b"\r\n"
CONTINUE: Final = b"+ go ahead\r\n"
_UNQUOTABLE: Final = re.compile(rb"[^\x01-\x09\x0b\x0c\x0e-\x7f]")
_ATOM: Final = re.compile(rb"[!#$&'+,./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]++")
_UNPRINTABLE: Final = re.compile(r"[^ -~]+")
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MAX_TEXT: Final = 400
_MONTHS: Final = (
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
)  # fmt: skip

# Status ------------------------------------------------------------------------------------------


def ok(tag: bytes, text: str, code: bytes = b"") -> bytes:
    """A tagged OK."""
    return _status(tag, b"OK", code, text)


def no(tag: bytes, text: str, code: bytes = b"") -> bytes:
    """A tagged NO."""
    return _status(tag, b"NO", code, text)


def bad(tag: bytes, text: str, code: bytes = b"") -> bytes:
    """A BAD, tagged or for `*`."""
    return _status(tag, b"BAD", code, text)


def untagged_ok(text: str, code: bytes = b"") -> bytes:
    """An untagged OK, mostly for its code."""
    return _status(b"*", b"OK", code, text)


def bye(text: str, code: bytes = b"") -> bytes:
    """The last line of a connection that the server ends."""
    return _status(b"*", b"BYE", code, text)


def _status(tag: bytes, word: bytes, code: bytes, text: str) -> bytes:
    """There is always a text: clients stumble over a code with nothing behind it."""
    shown = _UNPRINTABLE.sub("?", text)[:_MAX_TEXT].strip() or word.decode("ascii")
    if code:
        return b"%b %b [%b] %b\r\n" % (tag, word, code, shown.encode("ascii"))
    return b"%b %b %b\r\n" % (tag, word, shown.lstrip("[").encode("ascii"))


# Errors ------------------------------------------------------------------------------------------

ERROR_CODES: Final[dict[ErrorKind, bytes]] = {
    ErrorKind.INVALID: b"CANNOT",
    ErrorKind.UNAUTHENTICATED: b"AUTHENTICATIONFAILED",
    ErrorKind.DENIED: b"NOPERM",
    ErrorKind.NOT_FOUND: b"NONEXISTENT",
    ErrorKind.CONFLICT: b"ALREADYEXISTS",
    ErrorKind.TOO_LARGE: b"TOOBIG",
    ErrorKind.OVER_LIMIT: b"LIMIT",
    ErrorKind.UNAVAILABLE: b"UNAVAILABLE",
    ErrorKind.INTERNAL: b"SERVERBUG",
}
"""The RFC 5530 code of each kind; the status is always NO."""
_CODES_BY_NAME: Final[dict[str, bytes]] = {
    "disk_full": b"UNAVAILABLE",
    "has_children": b"HASCHILDREN",
    "metadata_too_large": b"METADATA MAXSIZE %d" % MAX_VALUE_BYTES,
    "metadata_too_many": b"METADATA TOOMANY",
    "over_quota": b"OVERQUOTA",
}


def error(tag: bytes, failure: MailError) -> bytes:
    """The answer to a command that failed."""
    code = _CODES_BY_NAME.get(failure.code) or ERROR_CODES[failure.kind]
    text = failure.message
    if failure.fix:
        text = f"{text}. {failure.fix}"
    if failure.retry_after_seconds:
        text = f"{text} (try again in {failure.retry_after_seconds} s)"
    return no(tag, text, code)


def server_bug(tag: bytes) -> bytes:
    """The answer when we failed in a way nobody foresaw; it says nothing of the inside."""
    return no(tag, "the server failed at this command; it is logged", b"SERVERBUG")


# Values ------------------------------------------------------------------------------------------


def string(value: bytes) -> bytes:
    """A quoted string, or a literal where quoting cannot carry the value."""
    if _UNQUOTABLE.search(value):
        return b"{%d}\r\n%b" % (len(value), value)
    if b"\\" in value or b'"' in value:
        value = _escaped(value)
    return b'"%b"' % value


def astring(value: bytes) -> bytes:
    """An atom where that will do, else a string."""
    return value if _ATOM.fullmatch(value) else string(value)


def mailbox(name: str, *, is_utf8: bool = False) -> bytes:
    """A mailbox name: always quoted, which every client reads; UTF-8 for those that asked."""
    if is_utf8:
        return b'"%b"' % _escaped(name.encode("utf-8"))
    return string(modutf7.encode(name))


def _escaped(value: bytes) -> bytes:
    return value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


_FLAG_NAMES: Final = (
    (Flag.ANSWERED, b"\\Answered"),
    (Flag.FLAGGED, b"\\Flagged"),
    (Flag.DELETED, b"\\Deleted"),
    (Flag.SEEN, b"\\Seen"),
    (Flag.DRAFT, b"\\Draft"),
)
SYSTEM_FLAGS: Final = b" ".join([name for _, name in _FLAG_NAMES])


def flag_list(flags: int, keywords: str, *, is_recent: bool = False) -> bytes:
    """A parenthesized flag list; `keywords` are separated by spaces."""
    names = [name for flag, name in _FLAG_NAMES if flags & flag]
    if is_recent:
        names.append(b"\\Recent")
    if keywords:
        names.append(keywords.encode("ascii", "replace"))
    return b"(%b)" % b" ".join(names)


def internal_date(micros: int) -> bytes:
    """A date-time in UTC, quoted (RFC 9051 §9 `date-time`)."""
    days, seconds = divmod(micros // 1_000_000, 86_400)
    minutes, second = divmod(seconds, 60)
    return b'"%b %02d:%02d:%02d +0000"' % (_day(days), minutes // 60, minutes % 60, second)


@lru_cache(maxsize=4096)
def _day(days: int) -> bytes:
    day = date.fromordinal(_EPOCH + days)
    return b"%2d-%b-%04d" % (day.day, _MONTHS[day.month - 1], day.year)


# Data --------------------------------------------------------------------------------------------


def capability(names: Iterable[str]) -> bytes:
    """What stands in CAPABILITY, as response and as code."""
    return b"CAPABILITY " + " ".join(names).encode("ascii")


def untagged(data: bytes) -> bytes:
    """One untagged line."""
    return b"* %b\r\n" % data


def fetch_head(number: int, uid: int, *, is_uid_only: bool) -> bytes:
    """`* n FETCH (`, or by UID for a client that knows no numbers (RFC 9586 §3.3)."""
    return b"* %d UIDFETCH (" % uid if is_uid_only else b"* %d FETCH (" % number


def exists(count: int) -> bytes:
    """`* n EXISTS`."""
    return b"* %d EXISTS\r\n" % count


def recent(count: int) -> bytes:
    """`* n RECENT`."""
    return b"* %d RECENT\r\n" % count


def expunge(number: int) -> bytes:
    """`* n EXPUNGE`."""
    return b"* %d EXPUNGE\r\n" % number


def vanished(uids: Sequence[Range], *, is_earlier: bool = False) -> bytes:
    """`* VANISHED`, of the past when it answers a question (RFC 7162 §3.2.10)."""
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if is_earlier else b"", render(uids))


def highest_modseq(modseq: int) -> bytes:
    """The HIGHESTMODSEQ code (RFC 7162 §3.1.2)."""
    return b"HIGHESTMODSEQ %d" % modseq


def modified(ranges: Sequence[Range]) -> bytes:
    """The MODIFIED code (RFC 7162 §3.1.3)."""
    return b"MODIFIED " + render(ranges)


def flags(keywords: Sequence[str]) -> bytes:
    """`* FLAGS`: every flag in use."""
    return b"* FLAGS (%b)\r\n" % _all_flags(keywords)


def permanent_flags(keywords: Sequence[str], *, is_read_only: bool) -> bytes:
    """`PERMANENTFLAGS`: what this session can change."""
    if is_read_only:
        return untagged_ok("nothing can be changed", b"PERMANENTFLAGS ()")
    return untagged_ok("flags kept", b"PERMANENTFLAGS (%b \\*)" % _all_flags(keywords))


def _all_flags(keywords: Sequence[str]) -> bytes:
    return b" ".join([SYSTEM_FLAGS, *[one.encode("ascii", "replace") for one in keywords]])


def search(numbers: Iterable[int], modseq: int | None = None, *, word: str = "SEARCH") -> bytes:
    """`* SEARCH` or `* SORT`, also when nothing was found."""
    found = orjson.dumps([*numbers])[1:-1].replace(b",", b" ")
    shown = b" " + found if found else b""
    if modseq is not None and found:
        shown += b" (MODSEQ %d)" % modseq
    return b"* %b%b\r\n" % (word.encode("ascii"), shown)


def esearch(
    tag: bytes, values: Sequence[bytes], *, by_uid: bool, place: tuple[bytes, int] | None = None
) -> bytes:
    """`* ESEARCH` (RFC 4731 §3.1); `place` is the mailbox as shown, and its UIDVALIDITY (RFC 7377)."""
    head = b"* ESEARCH (TAG %b)" % string(tag)
    if place is not None:
        head = b"* ESEARCH (TAG %b MAILBOX %b UIDVALIDITY %d)" % (string(tag), *place)
    return b" ".join([head, *([b"UID"] if by_uid else []), *values]) + CRLF


def list_line(
    word: bytes,
    attributes: Sequence[bytes],
    name: str,
    *,
    is_utf8: bool = False,
    child_info: Sequence[bytes] = (),
    old_name: str = "",
) -> bytes:
    """`* LIST` or `* LSUB`; `child_info` are the options that children fit (RFC 5258 §4).

    `old_name` is what a mailbox was called before it was renamed (RFC 5465 §5.4).
    """
    shown = mailbox(name, is_utf8=is_utf8)
    if child_info:
        shown += b' ("CHILDINFO" (%b))' % b" ".join([b'"%b"' % one for one in child_info])
    if old_name:
        shown += b' ("OLDNAME" (%b))' % mailbox(old_name, is_utf8=is_utf8)
    return b'* %b (%b) "/" %b\r\n' % (word, b" ".join(attributes), shown)


def status(name: str, values: Sequence[tuple[str, int | str]], *, is_utf8: bool = False) -> bytes:
    """`* STATUS`, without a space before the closing parenthesis."""
    pairs = " ".join(f"{item} {value}" for item, value in values)
    return b"* STATUS %b (%b)\r\n" % (mailbox(name, is_utf8=is_utf8), pairs.encode("ascii"))


def append_uid(uid_validity: int, uids: Sequence[Range]) -> bytes:
    """The APPENDUID code (RFC 4315 §3)."""
    return b"APPENDUID %d %b" % (uid_validity, render(uids))


def copy_uid(uid_validity: int, sources: Sequence[Range], targets: Sequence[Range]) -> bytes:
    """The COPYUID code (RFC 4315 §3)."""
    return b"COPYUID %d %b %b" % (uid_validity, render(sources), render(targets))
