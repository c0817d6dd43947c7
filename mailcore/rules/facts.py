"""What is known of a message when rules are asked. Text is folded once; nothing is read here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mailcore.address import try_address
from mailcore.message.quoting import reply_text
from mailcore.model import Contact, MessageFacts, Thread

MAX_TEXT_CHARS: Final = 64 * 1024
"""Of the text, so much is looked at."""
UNKNOWN: Final = "unknown"
"""The status of whom the address book does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The values of every field; a field without values is true of nothing."""

    texts: Mapping[str, tuple[str, ...]]
    """Case-folded."""
    numbers: Mapping[str, tuple[float, ...]]
    flags: Mapping[str, bool]
    vouched: tuple[str, ...] = ()
    """The contact's tags that a person gave."""

    @property
    def strict(self) -> "Facts":
        """The same for a rule that approves: what an agent says of a contact does not count."""
        return replace(self, texts={**self.texts, "contact.tag": self.vouched})

    def with_recipient(self, address: str, contact: Contact | None) -> "Facts":
        """The same for one recipient alone, and what is known of it."""
        texts = {**self.texts, "recipient": _folded([address]), **contact_texts(contact)}
        return replace(self, texts=texts, vouched=_vouched(contact))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the guard and the receiver found."""

    level: str = "clean"
    score: int = 0
    categories: tuple[str, ...] = ()
    dmarc: str = "none"


def facts_of(
    message: MessageFacts,
    text: str,
    *,
    recipients: Iterable[str] = (),
    contact: Contact | None = None,
    thread: Thread | None = None,
    judged: Judged | None = None,
) -> Facts:
    """The facts of a message; `recipients` are the envelope's, beside those of To and Cc."""
    judged = judged or Judged()
    shown = text[:MAX_TEXT_CHARS]
    named = [one.address for one in (*message.to, *message.cc)]
    attachments = message.attachments
    texts = {
        "sender": _folded([message.sender.address] if message.sender else []),
        "recipient": _folded([*recipients, *named]),
        "subject": _folded([message.subject]),
        "text": _folded([shown]),
        "attachment.name": _folded(one.filename for one in attachments),
        "attachment.type": _folded(one.content_type for one in attachments),
        "thread.id": (thread.id if thread else "",),
        "thread.status": (thread.status.value,) if thread else (),
        "verdict.level": (judged.level,),
        "verdict.category": judged.categories,
        "auth.dmarc": (judged.dmarc,),
        **contact_texts(contact),
    }
    numbers: dict[str, tuple[float, ...]] = {
        "word_count": (len(reply_text(shown).split()),),
        "size": (message.size_bytes,),
        "attachment.size": tuple(one.size_bytes for one in attachments),
        "thread.messages": (thread.message_count if thread else 0,),
        "verdict.score": (judged.score,),
    }
    flags = {
        "has_attachment": bool(attachments),
        "thread.is_reply": bool(message.in_reply_to or message.references),
    }
    return Facts(texts=texts, numbers=numbers, flags=flags, vouched=_vouched(contact))


def contact_texts(contact: Contact | None) -> dict[str, tuple[str, ...]]:
    """What conditions about a correspondent look at."""
    status = contact.status.value if contact else UNKNOWN
    return {
        "contact.status": (status,),
        "contact.tag": _folded(contact.tags if contact else ()),
    }


def _vouched(contact: Contact | None) -> tuple[str, ...]:
    return _folded(contact.vouched_tags if contact else ())


def _folded(values: Iterable[str]) -> tuple[str, ...]:
    """In one case, each once, as UTF-8 can carry it."""
    clean = (one.encode("utf-8", "replace").decode() for one in values)
    return tuple(dict.fromkeys(one.casefold() for one in clean))


def folded_address(text: str) -> str:
    """An address as the address book knows it; empty for what is none."""
    address = try_address(text)
    return address.folded if address else ""
