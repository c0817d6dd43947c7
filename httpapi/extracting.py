"""What a message asks its reader to type or to follow, as the API shows it.

Everything here was written by a stranger: a code or link is reported, never used.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

import orjson
from pydantic.main import IncEx

from httpapi.etags import entity_tag
from httpapi.fields import Output, Timestamp, view
from httpapi.rendering import Content, MessageDetail, detail, read_content, summary
from httpapi.services import Services
from mailcore.message.codes import Extracted, extract_codes
from mailcore.model import Message

_INLINE_CHARS: Final = 8 * 1024


class CodeInfo(Output):
    """A one-time code."""

    value: str
    """What is typed."""
    written: str
    """How it stands in the text."""
    confidence: float
    """From 0.5 to 1."""
    context: str
    """The words around it."""


class LinkInfo(Output):
    """A link that does something for the reader."""

    url: str
    label: str
    kind: str
    """`confirm`, `login`, `reset` or `invite`."""
    host: str
    is_sender_domain: bool
    """Whether the host belongs to the domain that From claims; see `auth` for whether it may."""
    confidence: float
    """From 0.5 to 1."""


class ExtractedInfo(Output):
    """One-time codes and confirmation links, the most likely first, and how old they are."""

    codes: list[CodeInfo]
    links: list[LinkInfo]
    received_at: Timestamp
    """From when their age counts."""
    age_seconds: int
    valid_for_seconds: int | None
    """How long the message says they hold; null when it does not say."""
    is_expired: bool | None
    """Whether that time is over; null when the message does not say."""


class ReadMessage(MessageDetail):
    """A whole message with the codes and links in it."""

    VOLATILE: ClassVar[IncEx | None] = {"extracted": {"age_seconds", "is_expired"}}

    extracted: ExtractedInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """An answer as JSON but for its last fields, which tell an age and so differ every second."""

    head: bytes
    tag: str
    received_at: datetime
    valid_for_seconds: int | None

    @classmethod
    def of(cls, answer: ReadMessage) -> "ShownMessage":
        """The answer's JSON; the fields from `age_seconds` on are its last, and numbers all."""
        raw = answer.__pydantic_serializer__.to_json(answer)
        return cls(
            head=raw[: raw.rindex(b'"age_seconds":')],
            tag=entity_tag(answer),
            received_at=answer.extracted.received_at,
            valid_for_seconds=answer.extracted.valid_for_seconds,
        )

    def json(self, now: datetime) -> bytes:
        """The whole answer at this time."""
        age, holds = _age(self.received_at, now), self.valid_for_seconds
        tail = orjson.dumps(
            {
                "age_seconds": age,
                "valid_for_seconds": holds,
                "is_expired": _is_expired(age, holds),
            }
        )
        return b"%b%b}" % (self.head, tail[1:])


def _age(received_at: datetime, now: datetime) -> int:
    return max(0, int((now - received_at).total_seconds()))


def _is_expired(age_seconds: int, valid_for_seconds: int | None) -> bool | None:
    return None if valid_for_seconds is None else age_seconds > valid_for_seconds


async def extracted(
    content: Content, *, subject: str, sender: str, received_at: datetime, now: datetime
) -> ExtractedInfo:
    """Look through what was read; off the loop when it is long."""

    def look() -> Extracted:
        return extract_codes(subject=subject, text=content.text, html=content.html, sender=sender)

    is_short = len(content.text) + len(content.html or "") <= _INLINE_CHARS
    found = look() if is_short else await asyncio.to_thread(look)
    age = _age(received_at, now)
    holds = found.valid_for_seconds
    return ExtractedInfo(
        codes=[view(CodeInfo, one) for one in found.codes],
        links=[view(LinkInfo, one) for one in found.links],
        received_at=received_at,
        age_seconds=age,
        valid_for_seconds=holds,
        is_expired=_is_expired(age, holds),
    )


async def read_message(services: Services, message: Message) -> ReadMessage:
    """A stored message with its content, and the codes and links in it."""
    content = await read_content(await services.mailboxes.raw(message), services.safe_text)
    head = summary(message, services.safe_text)
    whole = detail(
        head,
        message.facts,
        content,
        auth=message.auth,
        security=message.security,
        safe_text=services.safe_text,
    )
    found = await extracted(
        content,
        subject=head.subject,
        sender=message.facts.sender.address if message.facts.sender else "",
        received_at=message.internal_date,
        now=services.clock.now(),
    )
    return view(ReadMessage, whole, extracted=found)
