"""Careful reading of JSON that strangers wrote: a missing or odd field is an empty one."""

from collections.abc import Mapping

from mailcore.model import JsonObject, JsonValue

type Fields = Mapping[str, JsonValue]


def table(fields: Fields, name: str) -> JsonObject:
    """An object; empty when it is something else."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def text(fields: Fields, name: str) -> str:
    """A string, at most 4096 characters of it; numbers are written out."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)[:4096]


def first(fields: Fields, name: str) -> JsonObject:
    """The first object of a list."""
    value = fields.get(name)
    found = value[0] if isinstance(value, list) and value else None
    return found if isinstance(found, dict) else {}
