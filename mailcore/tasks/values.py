"""JSON values of tasks: their bounds, their canonical form, and their text as the guard reads it."""

import json
from collections.abc import Iterator
from typing import Final

from mailcore.errors import ErrorKind, MailError, invalid
from mailcore.model import JsonValue

MAX_VALUE_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
_MAX_EXACT: Final = 2**53

_encode = json.JSONEncoder(
    separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False
).encode


def walk(value: JsonValue) -> Iterator[tuple[JsonValue, tuple[JsonValue, ...]]]:
    """Every value with the values directly in it, each after the one that holds it."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        inner: tuple[JsonValue, ...] = ()
        if isinstance(one, dict):
            inner = tuple(one.values())
        elif isinstance(one, list):
            inner = tuple(one)
        yield one, inner
        waiting += inner


def check_value(path: str, value: JsonValue) -> None:
    """INVALID or TOO_LARGE for a value that is nested too deep or is too large."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, list | dict)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            break
    else:
        raise invalid(path, f"lists and objects are nested at most {MAX_DEPTH} deep")
    try:
        size = len(canonical(value))
    except ValueError as error:
        raise invalid(path, "JSON has no such number") from error
    if size > MAX_VALUE_BYTES:
        raise MailError(
            ErrorKind.TOO_LARGE,
            f"{path}: at most {MAX_VALUE_BYTES} octets of JSON",
            fix="Send the bulk as a file by mail, and name the message here",
        )


def canonical(value: JsonValue) -> bytes:
    """The one form of all JSON texts that mean the same: sorted names, and 1.0 is 1."""
    return _encode(_whole(value)).encode("utf-8", "surrogatepass")


def _whole(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer() and abs(value) <= _MAX_EXACT:
        return int(value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return value


def spoken(value: JsonValue) -> str:
    """Everything that a value says, one line for each name and scalar, for the guard to read."""
    return "\n".join(_lines("", value))


def _lines(name: str, value: JsonValue) -> Iterator[str]:
    lead = f"{name}: " if name else ""
    match value:
        case dict():
            if name:
                yield f"{name}:"
            for key, inner in value.items():
                yield from _lines(key, inner)
        case list():
            for inner in value:
                yield from _lines(name, inner)
        case str():
            yield lead + value
        case bool() | None:
            yield lead + json.dumps(value)
        case _:
            yield lead + str(value)
