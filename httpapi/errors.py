"""Errors as HTTP tells them: problem details (RFC 9457) from one table.

A problem has `type`, `title`, `status`, `detail`, a stable `code`, a `fix`, `errors` for wrong fields, and the trace id under which the log has the rest. What went wrong inside
is never in it.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import ValidationError

from mailcore.errors import ErrorKind, FieldError, MailError

MAX_FIELD_ERRORS: Final = 50


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a kind of error reads in HTTP."""

    status: int
    title: str


MEANINGS: Final[Mapping[ErrorKind, Meaning]] = {
    ErrorKind.INVALID: Meaning(400, "The request is not valid"),
    ErrorKind.UNAUTHENTICATED: Meaning(401, "Authentication is needed"),
    ErrorKind.DENIED: Meaning(403, "This is not allowed"),
    ErrorKind.NOT_FOUND: Meaning(404, "Not found"),
    ErrorKind.CONFLICT: Meaning(409, "The state of the thing does not allow it"),
    ErrorKind.TOO_LARGE: Meaning(413, "Too large"),
    ErrorKind.OVER_LIMIT: Meaning(429, "Too many requests"),
    ErrorKind.INTERNAL: Meaning(500, "Something went wrong here"),
    ErrorKind.UNAVAILABLE: Meaning(503, "Not available now"),
}

_BY_CODE: Final[Mapping[str, Meaning]] = {
    "precondition_failed": Meaning(412, "It has changed since you read it"),
    "disk_full": MEANINGS[ErrorKind.UNAVAILABLE],
    "no_such_user": MEANINGS[ErrorKind.INVALID],
    "address_deleted": MEANINGS[ErrorKind.INVALID],
    "too_many_recipients": MEANINGS[ErrorKind.INVALID],
    "method_not_allowed": Meaning(405, "The path does not take this method"),
    "not_acceptable": Meaning(406, "The answer has another media type"),
    "unsupported_media_type": Meaning(415, "The body has another media type"),
    "over_quota": Meaning(507, "The inbox is full"),
    "recipient_over_quota": Meaning(422, "A recipient's inbox is full"),
}
"""Where the kind alone would mislead: a full disk is nobody's rate, a wrong recipient no wrong URL."""

_FIXES: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.INVALID: "See what the operation takes in /openapi.json",
    ErrorKind.UNAUTHENTICATED: "Send a key as `Authorization: Bearer KEY`",
    ErrorKind.DENIED: "Use a key that may: GET /v1/keys/current says what this one is and may do",
    ErrorKind.NOT_FOUND: "Take an id from a list; what belongs to others is not found either",
    ErrorKind.CONFLICT: "Read it again and decide anew",
    ErrorKind.TOO_LARGE: "Send less at once",
    ErrorKind.OVER_LIMIT: "Wait as long as Retry-After says",
    ErrorKind.INTERNAL: "Try again; the log has the details under the trace id",
    ErrorKind.UNAVAILABLE: "Try again in a moment",
}
"""What to do where the error itself does not know better."""

INTERNAL: Final = MailError(
    ErrorKind.INTERNAL,
    "an unexpected error",
    fix=_FIXES[ErrorKind.INTERNAL],
)


def meaning(error: MailError) -> Meaning:
    """The status and title of an error."""
    return _BY_CODE.get(error.code) or MEANINGS[error.kind]


def fix_of(error: MailError) -> str:
    """One sentence that says what to do."""
    if error.fix:
        return error.fix
    return "Correct what `errors` names" if error.fields else _FIXES[error.kind]


def problem(error: MailError, trace_id: str) -> bytes:
    """The body of an error answer."""
    found = meaning(error)
    document: dict[str, object] = {
        "type": f"/docs#problem-{error.kind.value}",
        "title": found.title,
        "status": found.status,
        "detail": error.message,
        "code": error.code,
        "trace_id": trace_id,
        "fix": fix_of(error),
    }
    if error.fields:
        document["errors"] = [{"path": one.path, "message": one.message} for one in error.fields]
    return orjson.dumps(document)


def plain_problem(status: int, title: str, trace_id: str) -> bytes:
    """The body for a status that no error of the core has."""
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": title,
            "code": title.lower().replace(" ", "_"),
            "trace_id": trace_id,
        }
    )


def from_validation(error: ValidationError, known: Sequence[str]) -> MailError:
    """Every wrong field at once, each with its path."""
    fields: list[FieldError] = []
    found = error.errors(include_url=False, include_context=False, include_input=False)
    for one in found[:MAX_FIELD_ERRORS]:
        message = one["msg"].removeprefix("Value error, ")
        if one["type"] == "extra_forbidden":
            message = _unknown(str(one["loc"][-1]), known)
        elif one["type"] == "missing":
            message = "this field is required"
        fields.append(FieldError(path=_path(one["loc"]), message=message))
    count = len(found)
    return MailError(
        ErrorKind.INVALID,
        "a field is wrong" if count == 1 else f"{count} fields are wrong",
        code="invalid_fields",
        fix="Correct what `errors` names",
        fields=tuple(fields),
    )


def _path(location: Sequence[int | str]) -> str:
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part[:100]}" if path else part[:100]
    return path


def _unknown(name: str, known: Sequence[str]) -> str:
    nearest = difflib.get_close_matches(name[:50], known, n=1)
    return f"unknown field; did you mean {nearest[0]}?" if nearest else "unknown field"
