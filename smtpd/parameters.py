"""The parameters of MAIL and RCPT (RFC 5321 §4.1.2): each extension's, checked against what is offered.

Linear in its input, no regular expressions. A keyword that is not offered in this session is 555, a value
that is wrong is 501, both before anything is decided. Values that go on elsewhere stay as sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mailcore.address import Address
from mailcore.model import Notify, RecipientTerms, Terms
from smtpd import replies
from smtpd.replies import Over, Refused, Reply

MAX_HOLD: Final = timedelta(days=30)
"""The longest that a message is kept for later (RFC 4865)."""
_MAX_ENVELOPE_ID: Final = 100
_MAX_ORIGINAL_RECIPIENT: Final = 500
_MAX_INSTANT: Final = 40
_HEX: Final = frozenset("0123456789ABCDEF")
_BODIES: Final = ("7BIT", "8BITMIME", "BINARYMIME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What was announced to this client."""

    max_bytes: int
    is_submission: bool
    """DSN and FUTURERELEASE: we owe notices to our own users, never to strangers."""
    has_tls: bool
    """REQUIRETLS."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MailParameters:
    """What MAIL said beside its path; `size_bytes` is 0 when no size was named."""

    allows_utf8: bool
    is_binary: bool
    size_bytes: int
    terms: Terms


NOTHING: Final = MailParameters(allows_utf8=False, is_binary=False, size_bytes=0, terms=Terms())
"""What MAIL without parameters says."""


def of_mail(parameters: Mapping[str, str | None], offer: Offer) -> MailParameters:
    """Check the parameters of MAIL.

    SIZE (RFC 1870 §6), BODY (RFC 6152 §2, RFC 3030 §3), SMTPUTF8 (RFC 6531 §3.4), REQUIRETLS
    (RFC 8689 §2), RET and ENVID (RFC 3461 §4), HOLDFOR and HOLDUNTIL (RFC 4865 §5), and AUTH, which is read
    and ignored, since we trust nobody to speak for others (RFC 4954 §5).
    """
    for keyword, value in parameters.items():
        if keyword not in _MAIL or not _is_offered(keyword, offer):
            raise _unknown(keyword)
        _check_presence(keyword, value, is_flag=keyword in ("SMTPUTF8", "REQUIRETLS"))
    body = (parameters.get("BODY") or "7BIT").upper()
    if body not in _BODIES or (body == "BINARYMIME" and offer.is_submission):
        raise Refused(replies.malformed("BODY must be one of those announced"))
    return MailParameters(
        allows_utf8="SMTPUTF8" in parameters,
        is_binary=body == "BINARYMIME",
        size_bytes=_size(parameters.get("SIZE"), offer.max_bytes),
        terms=Terms(
            returned=_returned(parameters.get("RET")),
            envelope_id=_xtext("ENVID", parameters.get("ENVID") or "", _MAX_ENVELOPE_ID),
            requires_tls="REQUIRETLS" in parameters,
            release_at=_release_at(parameters, offer.now),
        ),
    )


def of_recipient(
    address: Address, parameters: Mapping[str, str | None], offer: Offer
) -> RecipientTerms:
    """Check the parameters of RCPT: NOTIFY and ORCPT (RFC 3461 §4.1, §4.2)."""
    for keyword, value in parameters.items():
        if keyword not in ("NOTIFY", "ORCPT") or not offer.is_submission:
            raise _unknown(keyword)
        _check_presence(keyword, value, is_flag=False)
    original = parameters.get("ORCPT") or ""
    if original:
        kind, semicolon, rest = original.partition(";")
        if not (kind and semicolon and rest and kind.replace("-", "").isalnum()):
            raise Refused(replies.malformed("write ORCPT=rfc822;ADDRESS"))
        _xtext("ORCPT", rest, _MAX_ORIGINAL_RECIPIENT)
    return RecipientTerms(
        address=address, notify=_notify(parameters.get("NOTIFY")), original_recipient=original
    )


def chunk(argument: str | None) -> tuple[int, bool]:
    """The size of a chunk and whether it is the last (RFC 3030 §2).

    What follows a size that cannot be read cannot be told from commands, so it ends the session.
    """
    words = (argument or "").split()
    is_last = len(words) == 2 and words[1].upper() == "LAST"
    is_size = bool(words) and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 12
    if not is_size or len(words) != 1 + is_last:
        raise Over(replies.BAD_CHUNK)
    return int(words[0]), is_last


_DSN: Final = frozenset({"RET", "ENVID"})
_HOLD: Final = frozenset({"HOLDFOR", "HOLDUNTIL"})
_MAIL: Final = frozenset({"SIZE", "BODY", "SMTPUTF8", "AUTH", "REQUIRETLS"}) | _DSN | _HOLD


def _is_offered(keyword: str, offer: Offer) -> bool:
    if keyword in _DSN or keyword in _HOLD:
        return offer.is_submission
    return keyword != "REQUIRETLS" or offer.has_tls


def _check_presence(keyword: str, value: str | None, *, is_flag: bool) -> None:
    if is_flag and value is not None:
        raise Refused(replies.malformed(f"{keyword} takes no value"))
    if not is_flag and value is None:
        raise Refused(replies.malformed(f"{keyword} needs a value"))


def _unknown(keyword: str) -> Refused:
    return Refused(Reply(555, "5.5.4", f"the parameter {keyword[:60]} is not supported"))


def _size(value: str | None, max_bytes: int) -> int:
    if value is None:
        return 0
    if not (value.isascii() and value.isdigit()) or len(value) > 20:
        raise Refused(replies.malformed("SIZE must be a number of octets"))
    if int(value) > max_bytes:
        raise Refused(replies.MESSAGE_TOO_BIG)
    return int(value)


def _returned(value: str | None) -> str:
    if value is not None and value.upper() not in ("FULL", "HDRS"):
        raise Refused(replies.malformed("RET must be FULL or HDRS"))
    return (value or "").upper()


def _notify(value: str | None) -> frozenset[Notify] | None:
    if value is None:
        return None
    words = value.lower().split(",")
    if words == ["never"]:
        return frozenset()
    try:
        return frozenset(Notify(one) for one in words)
    except ValueError as error:
        wanted = "NOTIFY must be NEVER, or some of SUCCESS, FAILURE and DELAY"
        raise Refused(replies.malformed(wanted)) from error


def _xtext(keyword: str, text: str, most: int) -> str:
    """`text` itself, once it is xtext for printable characters (RFC 3461 §4)."""
    if len(text) > most or not text.isascii():
        raise Refused(replies.malformed(f"{keyword} is too long or not ASCII"))
    for number, part in enumerate(text.split("+")):
        code, rest = (part[:2], part[2:]) if number else ("", part)
        is_escape = not number or (len(code) == 2 and _HEX.issuperset(code))
        if not is_escape or (code and not 32 <= int(code, 16) <= 126):
            raise Refused(replies.malformed(f"{keyword} is not xtext"))
        if not rest.isprintable() or " " in rest or "=" in rest:
            raise Refused(replies.malformed(f"{keyword} is not xtext"))
    return text


def _release_at(parameters: Mapping[str, str | None], now: datetime) -> datetime | None:
    seconds, moment = parameters.get("HOLDFOR"), parameters.get("HOLDUNTIL")
    if seconds is not None and moment is not None:
        raise Refused(replies.malformed("HOLDFOR and HOLDUNTIL exclude each other"))
    release_at = None
    if seconds is not None:
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 9):
            raise Refused(replies.malformed("HOLDFOR must be a number of seconds"))
        release_at = now + timedelta(seconds=int(seconds))
    elif moment is not None:
        release_at = _instant(moment)
    if release_at is not None and release_at > now + MAX_HOLD:
        raise Refused(replies.malformed("this is further away than FUTURERELEASE allows"))
    return release_at if release_at is not None and release_at > now else None


def _instant(text: str) -> datetime:
    """A date and time with its zone (RFC 3339)."""
    wrong = Refused(replies.malformed("write HOLDUNTIL as 2030-01-31T12:00:00Z"))
    if len(text) > _MAX_INSTANT:
        raise wrong
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise wrong
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong from error
