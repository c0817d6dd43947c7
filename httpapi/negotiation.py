"""What a request says of its body and wants of its answer (RFC 9110 §8.3, §12.5.1)."""

from typing import Final

from aiohttp import web

from mailcore.errors import ErrorKind, MailError, invalid

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
_OCTETS: Final = "application/octet-stream"


def require_json(request: web.Request) -> None:
    """INVALID `unsupported_media_type` (415) for a body that says it is something else.

    A body that says nothing, or only that it is octets, is read as JSON; without a body there is no
    type to mind.
    """
    kind = request.content_type
    if kind == _OCTETS or not request.body_exists:
        return
    is_json = kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))
    charset = (request.charset or "utf-8").lower()
    if is_json and charset in ("utf-8", "utf8", "us-ascii"):
        return
    raise MailError(
        ErrorKind.INVALID,
        "the body must be JSON in UTF-8",
        code="unsupported_media_type",
        fix="Send it with `Content-Type: application/json`",
    )


def require_acceptable(request: web.Request, *offered: str) -> None:
    """INVALID `not_acceptable` (406) when the caller takes none of these media types."""
    given = ",".join(request.headers.getall("Accept", ()))
    if not given.strip() or any(_weight(given, one) > 0 for one in offered):
        return
    raise MailError(
        ErrorKind.INVALID,
        f"the answer is {' or '.join(offered)}",
        code="not_acceptable",
        fix=f"Send `Accept: {offered[0]}`, or leave Accept out",
    )


def require_event_id(request: web.Request) -> None:
    """INVALID for a `Last-Event-ID` that is no number of an event."""
    text = request.headers.get("Last-Event-ID", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise invalid("Last-Event-ID", "this is not an id of an event")


def _weight(accept: str, media_type: str) -> float:
    """How much the caller wants this type: the most specific range that covers it decides."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    found: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        found[name] = max(found.get(name, 0.0), _quality(quality))
    return next((found[one] for one in ranges if one in found), 0.0)


def _quality(text: str) -> float:
    """The weight that is written; what cannot be read wants the type."""
    is_number = text.replace(".", "", 1).isdecimal() and text.isascii()
    return float(text) if is_number else 1.0
