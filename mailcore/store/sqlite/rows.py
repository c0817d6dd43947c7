"""Rows to facts and back: the forms values take in SQLite. No SQL is run here.

Times are microseconds; lists and objects are compact ASCII JSON, so a lone surrogate in hostile
text survives; plain text columns are cleaned of what SQLite cannot keep.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import batched
from typing import Final

import orjson

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.ids import (
    BlobRef,
    HoldId,
    InboxId,
    MailboxId,
    MessageId,
    PodId,
    QueueId,
    Seq,
    SubmissionId,
    ThreadId,
    Uid,
)
from mailcore.model import (
    AttachmentFact,
    AuthReport,
    Direction,
    Flag,
    JsonObject,
    JsonValue,
    Lane,
    Mailbox,
    MailboxAddress,
    Message,
    MessageFacts,
    QueueItem,
    RecipientState,
    Security,
    SpecialUse,
    SubmissionStatus,
    Submitted,
    Thread,
    ThreadStatus,
    TlsLevel,
)
from mailcore.store.json_values import auth_of, security_of
from mailcore.store.sqlite.envelopes import envelope_from

_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_RARE: Final = 32
"""Octets beyond ASCII up to which single characters are escaped."""
_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def dump(value: JsonValue | Sequence[JsonValue] | Sequence[str]) -> str:
    """Canonical JSON: sorted keys, no spaces, ASCII only."""
    try:
        octets = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # lone surrogates, integers of more than 64 bits
        return _encode(value)
    if octets.isascii():
        return octets.decode()
    text = octets.decode()
    is_rare = len(octets) - len(text) <= _RARE
    return _NOT_ASCII.sub(_escaped, text) if is_rare else _encode(value)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in batched(units, 2, strict=True))


def fields_json(one: AuthReport | Security | AttachmentFact) -> JsonObject:
    """The fields of a value whose fields are JSON values."""
    return {name: getattr(one, name) for name in one.__slots__}


def load(text: str) -> JsonObject:
    """An object that `dump` wrote."""
    value: JsonObject = json.loads(text)
    return value


def load_objects(text: str) -> tuple[JsonObject, ...]:
    """A list of objects that `dump` wrote."""
    values: list[JsonObject] = json.loads(text)
    return tuple(values)


def load_texts(text: str) -> tuple[str, ...]:
    """A list of strings that `dump` wrote."""
    values: list[str] = json.loads(text)
    return tuple(values)


def clean(text: str) -> str:
    """The text as SQLite can keep it: no NUL, no lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def instant(micros: int | None) -> datetime | None:
    """A nullable time column as a datetime."""
    return None if micros is None else from_micros(micros)


def micros(at: datetime | None) -> int | None:
    """A nullable datetime as a time column."""
    return None if at is None else to_micros(at)


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values."""
    return ",".join("?" * len(values))


# Messages ----------------------------------------------------------------------------------------

MESSAGE_COLUMNS = """
  m.id, m.inbox_id, m.mailbox_id, b.name AS mailbox_name, m.thread_id, m.uid, m.modseq, m.flags,
  m.keywords, m.internal_date, m.saved_at, m.direction, m.blob, j.auth, j.security, c.*
"""
MESSAGE_JOINS = """
  JOIN mailboxes b ON b.id = m.mailbox_id
  JOIN contents c ON c.id = m.content_id
  LEFT JOIN judgments j ON j.rid = m.rid
"""


def message_from(row: sqlite3.Row) -> Message:
    """A row of `MESSAGE_COLUMNS`."""
    return Message(
        id=MessageId(row[0]),
        inbox_id=InboxId(row["inbox_id"]),
        mailbox_id=MailboxId(row["mailbox_id"]),
        mailbox_name=row["mailbox_name"],
        thread_id=ThreadId(row["thread_id"]),
        uid=Uid(row["uid"]),
        modseq=Seq(row["modseq"]),
        flags=Flag(row["flags"]),
        keywords=tuple(row["keywords"].split()),
        internal_date=from_micros(row["internal_date"]),
        saved_at=from_micros(row["saved_at"]),
        direction=Direction(row["direction"]),
        blob=BlobRef(row["blob"]),
        facts=facts_from(row),
        auth=auth_from(row["auth"]),
        security=security_from(row["security"]),
    )


def facts_from(row: sqlite3.Row) -> MessageFacts:
    """A row with the columns of `contents`."""
    people: dict[str, list[list[str]]] = json.loads(row["addresses"])
    attachments: list[JsonObject] = json.loads(row["attachments"])
    senders = _people(people["from"])
    return MessageFacts(
        size_bytes=row["size_bytes"],
        header_size_bytes=row["header_size_bytes"],
        sha256=row["sha256"],
        subject=row["subject"],
        sender=senders[0] if senders else None,
        to=_people(people["to"]),
        cc=_people(people["cc"]),
        bcc=_people(people["bcc"]),
        reply_to=_people(people["reply_to"]),
        date=_date_from(row["date_at"], row["date_offset_seconds"]),
        message_id=row["message_id"],
        in_reply_to=row["in_reply_to"],
        references=load_texts(row["reference_ids"]),
        envelope=row["envelope"],
        body=row["body"],
        body_structure=row["body_structure"],
        parts=row["parts"],
        preview=row["preview"],
        attachments=tuple(AttachmentFact(**item) for item in attachments),  # type: ignore[arg-type] # written from the same fields
    )


def _people(pairs: Iterable[Sequence[str]]) -> tuple[MailboxAddress, ...]:
    return tuple(MailboxAddress(name=name, address=address) for name, address in pairs)


def people_json(people: Iterable[MailboxAddress]) -> list[JsonValue]:
    """Header mailboxes as JSON pairs."""
    return [[person.name, person.address] for person in people]


def people_from(text: str) -> tuple[MailboxAddress, ...]:
    """The inverse of `people_json` after `dump`."""
    return _people(json.loads(text))


def _date_from(at: int | None, offset_seconds: int) -> datetime | None:
    if at is None:
        return None
    zone = timezone(timedelta(seconds=offset_seconds)) if offset_seconds else UTC
    return from_micros(at).astimezone(zone)


def auth_from(text: str | None) -> AuthReport | None:
    """The stored authentication report."""
    if text is None:
        return None
    return auth_of(load(text))


def security_from(text: str | None) -> Security:
    """The stored verdict of the guard; none stored means nothing was found."""
    if text is None:
        return Security()
    return security_of(load(text))


def mailbox_from(row: sqlite3.Row) -> Mailbox:
    """A row of `mailboxes`."""
    return Mailbox(
        id=MailboxId(row["id"]),
        inbox_id=InboxId(row["inbox_id"]),
        name=row["name"],
        uid_validity=row["uid_validity"],
        uid_next=row["uid_next"],
        highest_modseq=Seq(row["highest_modseq"]),
        messages=row["messages"],
        unseen=row["unseen"],
        deleted=row["deleted"],
        size_bytes=row["size_bytes"],
        recent_from_uid=row["recent_from_uid"],
        special_use=SpecialUse(row["special_use"]) if row["special_use"] else None,
        is_subscribed=bool(row["is_subscribed"]),
        is_selectable=bool(row["is_selectable"]),
    )


def thread_from(row: sqlite3.Row) -> Thread:
    """A row of `threads`."""
    return Thread(
        id=ThreadId(row["id"]),
        inbox_id=InboxId(row["inbox_id"]),
        subject=row["subject"],
        status=ThreadStatus(row["status"]),
        needs_review=bool(row["needs_review"]),
        message_count=row["message_count"],
        participants=people_from(row["participants"]),
        preview=row["preview"],
        created_at=from_micros(row["created_at"]),
        last_message_at=from_micros(row["last_message_at"]),
        last_inbound_id=MessageId(row["last_inbound_id"]) if row["last_inbound_id"] else None,
    )


# Outbound ----------------------------------------------------------------------------------------

SUBMISSION_COLUMNS = """
  s.id, s.pod_id, s.inbox_id, s.thread_id, s.actor, s.status, s.mail_from, s.envelope_recipients,
  s.blob, s.digest, s.hold_id, s.send_at, s.created_at, c.size_bytes, c.message_id, c.subject
"""
SUBMISSION_JOINS = "JOIN contents c ON c.id = s.content_id"


def submitted_from(row: sqlite3.Row) -> Submitted:
    """A row of `SUBMISSION_COLUMNS`."""
    return Submitted(
        id=SubmissionId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]) if row["inbox_id"] else None,
        thread_id=ThreadId(row["thread_id"]) if row["thread_id"] else None,
        actor_label=row["actor"],
        status=SubmissionStatus(row["status"]),
        envelope=envelope_from(
            row["mail_from"], row["envelope_recipients"], instant(row["send_at"])
        ),
        blob=BlobRef(row["blob"]),
        size_bytes=row["size_bytes"],
        digest=row["digest"],
        message_id=row["message_id"],
        subject=row["subject"],
        hold_id=HoldId(row["hold_id"]) if row["hold_id"] else None,
        created_at=from_micros(row["created_at"]),
    )


def queue_item_from(row: sqlite3.Row) -> QueueItem:
    """A row of `recipients`."""
    return QueueItem(
        id=QueueId(row["id"]),
        submission_id=SubmissionId(row["submission_id"]),
        recipient=Address(row["local"], row["domain"]),
        state=RecipientState(row["state"]),
        is_local=bool(row["is_local"]),
        attempts=row["attempts"],
        next_at=from_micros(row["next_at"]),
        created_at=from_micros(row["created_at"]),
        last_code=row["last_code"],
        last_reply=row["last_reply"],
        lane=Lane(row["lane"]),
        destination=row["destination"],
        sender_id=row["sender_id"],
        last_tls=row["last_tls"],
        last_tls_level=TlsLevel(row["last_tls_level"]),
    )
