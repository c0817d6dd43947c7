"""Entity tags (RFC 9110 §8.8): what was read, so that it is not sent twice or changed blindly.

A tag is made from the answer itself, without what changes by the mere passing of time.
"""

import hashlib

from aiohttp import web
from pydantic import BaseModel

from httpapi.fields import Output
from mailcore.errors import MailError, conflict


def entity_tag(answer: BaseModel) -> str:
    """The strong tag of an answer."""
    volatile = type(answer).VOLATILE if isinstance(answer, Output) else None
    raw = answer.__pydantic_serializer__.to_json(answer, exclude=volatile)
    return f'"{hashlib.blake2b(raw, digest_size=12).hexdigest()}"'


def is_known(request: web.Request, tag: str) -> bool:
    """Whether the caller has this already (`If-None-Match`, RFC 9110 §13.1.2)."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or tag in _tags(given.replace("W/", ""))


def require_match(request: web.Request, tag: str) -> None:
    """CONFLICT unless the thing is what the caller read (`If-Match`, RFC 9110 §13.1.1)."""
    given = request.headers.get("If-Match", "")
    if given.strip() != "*" and tag not in _tags(given):
        raise changed_since()


def changed_since() -> MailError:
    """The error for a change of something that is not any more what the caller read."""
    return conflict(
        "it has changed since you read it",
        code="precondition_failed",
        fix="Read it again, and change what it is now",
    )


def _tags(header: str) -> list[str]:
    return [one.strip() for one in header.split(",")]
