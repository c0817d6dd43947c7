"""The vocabulary of requests and answers: the two model kinds, times, pages, recipients, base64.

Requests forbid unknown fields. Text with control characters where a line is meant is refused here,
so that no service sees it.
"""

import base64
import binascii
from datetime import UTC, date, datetime, time
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictStr,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo

from mailcore.clock import to_iso
from mailcore.model import JsonObject

MAX_LIMIT: Final = 200
MAX_OFFSET: Final = 2**31 - 1
MAX_NUMBER: Final = 2**63 - 1
_MAX_RECIPIENTS: Final = 1000
_MAX_ATTACHMENT_CHARS: Final = 200 * 1024 * 1024


class Input(BaseModel):
    """What a caller sends; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Output(BaseModel):
    """What we answer: every field is always there, and no other."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
    )


def view[T: Output](model: type[T], source: object, **more: object) -> T:
    """`model` made from the attributes of `source` that it has fields for, and `more`."""
    values = {
        name: getattr(source, name)
        for name in model.model_fields
        if name not in more and hasattr(source, name)
    }
    return model.model_validate({**values, **more})


class Nothing(Input):
    """An operation without fields."""


class Page(Input):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 20
    """How many at most."""
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] = 0
    """How many to skip."""


class Listing[T](Output):
    """A page of a list."""

    data: list[T]
    total: int
    """How many there are on all pages."""
    limit: int
    offset: int


def _instant(value: object) -> object:
    """A date alone is its first instant in UTC; numbers are no times."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("write the time as 2026-01-31T12:00:00Z")  # noqa: TRY004 - pydantic's way
    if len(value) == 10:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    if not value[:4].isdigit() or "-" not in value:
        raise ValueError("write the time as 2026-01-31T12:00:00Z")
    return value


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
    ),
]
"""A time in a request: RFC 3339 with its zone, or a date."""

Timestamp = Annotated[
    datetime,
    PlainSerializer(to_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time in an answer: RFC 3339, milliseconds, `Z`."""


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and len(value) > _MAX_RECIPIENTS:
        raise ValueError("there are too many")
    return value


Recipients = Annotated[
    tuple[StrictStr, ...],
    BeforeValidator(_listed),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string"}, "maxItems": _MAX_RECIPIENTS},
            ],
            "description": "`name@example.org` or `Name <name@example.org>`, one or a list.",
        }
    ),
]


def _shape(pattern: str) -> FieldInfo:
    """Tells the JSON Schema what a validator looks at."""
    described: FieldInfo = Field(json_schema_extra={"pattern": pattern})
    return described


def _line(value: str) -> str:
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("no line breaks or control characters")
    return value


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("no NUL characters")
    return value


Line = Annotated[StrictStr, AfterValidator(_line), _shape(r"^[^\x00-\x1f\x7f]*$")]
"""Text that stays on one line."""
Text = Annotated[StrictStr, AfterValidator(_without_nul), _shape(r"^[^\x00]*$")]
"""Text of any length."""
Color = Annotated[StrictStr, Field(pattern="^#[0-9a-fA-F]{6}$")]
"""A color as `#rrggbb`."""
Flag = StrictBool


def _number(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError("give a number")  # noqa: TRY004 - pydantic's way
    return value


WHOLE: Final = BeforeValidator(_number)
"""For an `int` of a body: `3` and `3.0` are the same number in JSON, `"3"` is none."""
Metadata = Annotated[JsonObject, Field(max_length=100)]


def _octets(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("give the content as base64 text")  # noqa: TRY004 - pydantic's way
    if len(value) > _MAX_ATTACHMENT_CHARS:
        raise ValueError("the content is too large")
    try:
        return base64.b64decode(value.translate(_NO_BREAKS).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("this is not base64") from error


_BREAKS: Final = r"[\r\n]*"
_SIXTH: Final = rf"(?:[A-Za-z0-9+/]{_BREAKS})"
_NO_BREAKS: Final = {ord("\r"): None, ord("\n"): None}

Base64 = Annotated[
    bytes,
    BeforeValidator(_octets),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "pattern": f"^{_BREAKS}({_SIXTH}{{4}})*({_SIXTH}{{2}}={_BREAKS}=|{_SIXTH}{{3}}=)?{_BREAKS}$",
        }
    ),
]
"""Octets as base64 (RFC 4648 §4); line breaks are fine, other strays are not."""
