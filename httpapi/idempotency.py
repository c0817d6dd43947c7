"""The key by which a caller repeats a request without repeating its effect."""

import hashlib
from collections.abc import Mapping
from typing import Final

import orjson

from mailcore.errors import invalid
from mailcore.model import Actor
from mailcore.store.ports import IdempotencyEntry

HEADER: Final = "Idempotency-Key"


def idempotency_entry(
    key: str, actor: Actor, path: str, values: Mapping[str, object], *, field: str = HEADER
) -> IdempotencyEntry:
    """The key with its owner and a digest of what was asked; INVALID for a key that cannot be one."""
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise invalid(field, "use 1 to 255 printable ASCII characters")
    whole = hashlib.sha256(path.encode() + b"\n")
    whole.update(orjson.dumps(values, option=orjson.OPT_SORT_KEYS))
    return IdempotencyEntry(scope=actor.key_id or actor.label, key=key, request_hash=whole.digest())
