"""What the log of arrivals keeps of a message: what cannot be computed from its bytes, and the bytes."""

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from mailcore.clock import from_micros, to_micros
from mailcore.ids import InboxId, MessageId
from mailcore.model import AuthReport, Direction, Flag, MessageFacts, Security
from mailcore.store.json_values import auth_of, security_of
from mailcore.store.ports import NewMessage

_SIZE: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A message as the log has it, without its facts."""

    id: MessageId
    inbox_id: InboxId
    mailbox: str
    flags: Flag
    keywords: tuple[str, ...]
    internal_date: datetime
    auth: AuthReport | None
    security: Security
    is_scored: bool
    dedupe_key: bytes | None
    event: str | None
    raw: bytes

    def message(self, facts: MessageFacts) -> NewMessage:
        """The message to place."""
        return NewMessage(
            id=self.id,
            inbox_id=self.inbox_id,
            mailbox=self.mailbox,
            raw=self.raw,
            facts=facts,
            flags=self.flags,
            keywords=self.keywords,
            internal_date=self.internal_date,
            direction=Direction.INBOUND,
            auth=self.auth,
            security=self.security,
            is_scored=self.is_scored,
            dedupe_key=self.dedupe_key,
            event=self.event,
        )


def pack(new: NewMessage) -> bytes:
    """The record of a message that came in. ValueError for text that no UTF-8 can carry."""
    try:
        head = orjson.dumps(
            {
                "id": new.id,
                "inbox_id": new.inbox_id,
                "mailbox": new.mailbox,
                "flags": int(new.flags),
                "keywords": new.keywords,
                "internal_date": to_micros(new.internal_date),
                "auth": new.auth,
                "security": new.security,
                "is_scored": new.is_scored,
                "dedupe_key": new.dedupe_key.hex() if new.dedupe_key is not None else None,
                "event": new.event,
            }
        )
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from error
    return b"".join((_SIZE.pack(len(head)), head, new.raw))


def unpack(record: bytes) -> Recorded:
    """What `pack` made. ValueError for anything else."""
    try:
        (size,) = _SIZE.unpack_from(record)
        start = _SIZE.size + size
        values = orjson.loads(record[_SIZE.size : start])
        key = values["dedupe_key"]
        return Recorded(
            id=MessageId(values["id"]),
            inbox_id=InboxId(values["inbox_id"]),
            mailbox=values["mailbox"],
            flags=Flag(values["flags"]),
            keywords=tuple(values["keywords"]),
            internal_date=from_micros(values["internal_date"]),
            auth=auth_of(values["auth"]) if values["auth"] else None,
            security=security_of(values["security"]),
            is_scored=values["is_scored"],
            dedupe_key=bytes.fromhex(key) if key is not None else None,
            event=values["event"],
            raw=record[start:],
        )
    except (struct.error, KeyError, TypeError) as error:
        raise ValueError(str(error)) from error
