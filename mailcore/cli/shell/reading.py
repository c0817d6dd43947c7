"""The commands that look: lists, and one thing with all that it says."""

from collections.abc import Sequence
from typing import Final

from mailcore.cli.api import objects
from mailcore.cli.output import clean, fields
from mailcore.cli.shell.session import PATHS, Kind, Session, Thing
from mailcore.model import JsonObject

_LIMIT: Final = 25
_HOLDS: Final = (
    ("FROM", "from"),
    ("TO", "recipients"),
    ("SUBJECT", "subject"),
    ("WHY", "categories"),
    ("CREATED", "created_at"),
)
_MESSAGES: Final = (
    ("NEW", "new"),
    ("FROM", "from.email"),
    ("SUBJECT", "subject"),
    ("LEVEL", "security.level"),
    ("RECEIVED", "received_at"),
)
_THREADS: Final = (
    ("SUBJECT", "subject"),
    ("WITH", "with"),
    ("STATUS", "status"),
    ("MAILS", "message_count"),
    ("LAST", "last_message_at"),
)
_AGENTS: Final = (
    ("NAME", "name"),
    ("STATUS", "status"),
    ("ADDRESS", "email"),
    ("ROLE", "role"),
    ("LAST SEEN", "last_activity_at"),
)
_QUARANTINE: Final = (
    ("FROM", "from"),
    ("SUBJECT", "subject"),
    ("WHY", "reason"),
    ("LEVEL", "level"),
    ("RECEIVED", "received_at"),
)
_HEADS: Final = (
    ("status", "status"),
    ("from", "from"),
    ("to", "to"),
    ("cc", "cc"),
    ("to", "recipients"),
    ("subject", "subject"),
    ("categories", "categories"),
    ("why", "reason"),
    ("date", "date"),
    ("folder", "folder"),
    ("level", "level"),
    ("dmarc", "auth.dmarc"),
    ("created", "created_at"),
    ("expires", "expires_at"),
)


def pending(session: Session, _: str) -> None:
    """What waits for a person."""
    _list(session, Kind.HOLD, _HOLDS, status="pending")


def quarantine(session: Session, _: str) -> None:
    """Mail of senders nobody has decided about."""
    _list(session, Kind.QUARANTINED, _QUARANTINE, status="pending", identity_id=session.inbox_id)


def inbox(session: Session, address: str) -> None:
    """The newest messages of the inbox in use, of another, or of all."""
    if address:
        session.choose(address)
    _list(session, Kind.MESSAGE, _MESSAGES, folder="INBOX", identity_id=session.inbox_id)


def threads(session: Session, _: str) -> None:
    """The latest conversations."""
    _list(session, Kind.THREAD, _THREADS, identity_id=session.inbox_id)


def agents(session: Session, _: str) -> None:
    """The agents of this server."""
    _list(session, Kind.AGENT, _AGENTS)


def _list(
    session: Session, kind: Kind, columns: Sequence[tuple[str, str]], **query: str | None
) -> None:
    page = session.api.get(PATHS[kind], limit=_LIMIT, **query)
    rows = objects(page.get("data"))
    session.keep(kind, rows)
    if session.screen.document(page):
        return
    session.screen.rows([_row(one) for one in rows], columns)
    total = page.get("total")
    if isinstance(total, int) and total > len(rows):
        session.screen.lines([f"{len(rows)} of {total}, the newest"], "dim")


def _row(one: JsonObject) -> JsonObject:
    """A row with what its table shows beside the fields of the API."""
    flags = one.get("flags")
    people = _people(one.get("participants"))
    return {
        **one,
        "with": people,
        "new": "*" if flags is not None and "seen" not in _words(flags) else " ",
    }


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _people(value: object) -> str:
    """Correspondents as text: name and address, or the address."""
    found = value if isinstance(value, list) else [value]
    said = [
        f"{one['name']} <{one.get('email')}>" if one.get("name") else str(one.get("email"))
        for one in found
        if isinstance(one, dict)
    ]
    return ", ".join(said) if said else ", ".join(str(one) for one in found if one)


def read(session: Session, word: str) -> None:
    """One message, hold, message in quarantine or thread, with all that it says."""
    kinds = (Kind.HOLD, Kind.MESSAGE, Kind.THREAD, Kind.QUARANTINED)
    thing = session.thing(word, kinds)
    document = session.api.get(thing.path)
    session.saw(thing.kind, document)
    if not session.screen.document(document):
        _show(session, thing, document)


def _show(session: Session, thing: Thing, document: JsonObject) -> None:
    screen = session.screen
    flat = dict(document)
    for name in ("from", "to", "cc"):
        flat[name] = _people(document.get(name))
    security = document.get("security")
    flat.setdefault("level", security.get("level") if isinstance(security, dict) else None)
    screen.lines([f"{thing.kind} {clean(thing.id)}"], "bold")
    screen.lines(fields(flat, _HEADS))
    for one in objects(document.get("attachments")):
        screen.lines([f"file: {clean(one.get('filename'))} ({clean(one.get('content_type'))})"])
    screen.lines([""])
    view = document.get("view")
    message = document.get("message")
    if isinstance(view, dict):
        screen.quoted(view.get("rendered"))
    elif isinstance(message, dict):
        screen.quoted(message.get("text"))
    else:
        screen.quoted(document.get("text"))
    for one in objects(document.get("messages")):
        screen.lines(
            [f"{clean(one.get('received_at'))}  {clean(_people(one.get('from')))}"], "bold"
        )
        screen.quoted(one.get("reply_text") or one.get("preview"))
