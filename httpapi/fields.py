"""The vocabulary of requests and answers: the two model kinds, times, pages, recipients, base64.

Requests forbid unknown fields. Text with control characters where a line is meant is refused here,
so that no service sees it.
"""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated, ClassVar, Final, Protocol, Self

import orjson
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
from pydantic.main import IncEx

from mailcore.clock import to_iso, to_micros
from mailcore.errors import MailError, invalid
from mailcore.model import JsonObject, Listed, Position, Slice

MAX_LIMIT: Final = 200
MAX_OFFSET: Final = 2**31 - 1
MAX_NUMBER: Final = 2**63 - 1
MAX_CURSOR_CHARS: Final = 4000
_MAX_POSITION: Final = 4
_MAX_RECIPIENTS: Final = 1000
_MAX_ATTACHMENT_CHARS: Final = 200 * 1024 * 1024


class Input(BaseModel):
    """What a caller sends; unknown fields are errors."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        defer_build=True,  # a server needs few of its models: memory, and time at the start
    )


class Output(BaseModel):
    """What we answer: every field is always there, and no other."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        serialize_by_alias=True,
        json_schema_serialization_defaults_required=True,
        defer_build=True,
    )

    VOLATILE: ClassVar[IncEx | None] = None
    """What changes without anybody changing it: no part of the entity tag."""


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
    cursor: Annotated[
        str, Field(max_length=MAX_CURSOR_CHARS, json_schema_extra={"pattern": "^[A-Za-z0-9_-]*$"})
    ] = ""
    """Go on after an earlier page: its `next_cursor`, instead of `offset`."""

    @property
    def part(self) -> Slice:
        """The part of the list; INVALID for a cursor that is none."""
        return part_of(self.limit, self.offset, self.cursor)


def part_of(limit: int, offset: int, cursor: str) -> Slice:
    """The part of a list that the three fields of a page name."""
    if not cursor:
        return Slice(limit=limit, offset=offset)
    if offset:
        raise invalid("cursor", "give a cursor or an offset, not both")
    return Slice(limit=limit, after=_position(cursor))


class Listing[T](Output):
    """A page of a list."""

    data: list[T]
    total: int
    """How many there are on all pages; with filters counted up to 10,000."""
    total_is_exact: bool = True
    """False when there are more than `total`."""
    limit: int
    offset: int
    next_cursor: str | None = None
    """Give this as `cursor` to go on; null on the last page. What is added meanwhile moves nothing."""

    @classmethod
    def of[S](cls, given: "Page", found: Listed[S], show: Callable[[S], T]) -> Self:
        """The answer to a request for a page."""
        return cls(
            data=[show(one) for one in found.rows],
            total=found.total,
            total_is_exact=found.is_total_exact,
            limit=given.limit,
            offset=given.offset,
            next_cursor=_cursor(found.following),
        )


def sliced[T](found: Iterable[T], given: Page, key: Callable[[T], Position]) -> Listed[T]:
    """The page of a short list that is all there, sorted by `key`."""
    rows = sorted(found, key=key)
    part = given.part
    try:
        start = part.offset if part.after is None else bisect_right(rows, part.after, key=key)
    except TypeError as error:
        raise invalid("cursor", "this is no cursor of this list") from error
    page = tuple(rows[start : start + part.limit])
    has_more = bool(page) and start + part.limit < len(rows)
    return Listed(rows=page, total=len(rows), following=key(page[-1]) if has_more else None)


class Aged(Protocol):
    """Something with an id that was created some time."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it came to be."""
        ...


def by_age(one: Aged) -> Position:
    """The place in a list that has the oldest first."""
    return to_micros(one.created_at), one.id


def _cursor(position: Position | None) -> str | None:
    if position is None:
        return None
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def _position(cursor: str) -> Position:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, UnicodeEncodeError) as error:
        raise _no_cursor() from error
    if not isinstance(values, list) or not 0 < len(values) <= _MAX_POSITION:
        raise _no_cursor()
    for one in values:
        is_number = type(one) is int and abs(one) <= MAX_NUMBER
        if not is_number and not isinstance(one, str):
            raise _no_cursor()
    return tuple(values)


def _no_cursor() -> MailError:
    return invalid("cursor", "this is no cursor", fix="Take `next_cursor` of an answer")


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
