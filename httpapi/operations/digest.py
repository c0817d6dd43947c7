"""A conversation in as many tokens as its reader wants to spend: the newest in full, the rest in short."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from httpapi.fields import Output, Timestamp
from httpapi.marking import FOREIGN
from httpapi.operation import Call, operation
from httpapi.operations.threads import OneThread
from httpapi.rendering import read_content
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import ThreadId
from mailcore.message.gist import Gist, cut, gist, token_estimate
from mailcore.model import Direction, Message, Thread, ThreadStatus

MIN_BUDGET: Final = 400
MAX_BUDGET: Final = 50_000
_MAX_READ: Final = 200
"""Older messages are counted, not read."""
_INLINE_CHARS: Final = 8 * 1024
_LEGEND_TOKENS: Final = 190
"""What a model is told of the marks."""
_MARK_TOKENS: Final = 14
_LEAST_GIST: Final = 12
_SUBJECT_TOKENS: Final = 50
_SENDER_TOKENS: Final = 30


class ReadThreadDigest(OneThread):
    """Which thread, and how much of it."""

    budget_tokens: Annotated[int, Field(ge=MIN_BUDGET, le=MAX_BUDGET)] = 1000
    """How many tokens the whole answer may cost. Four ASCII characters count as one, a Chinese,
    Japanese or Korean one as one, an emoji as two, any other character as a half."""


class DigestMessage(Output):
    """One message in short."""

    id: str
    sender: str = Field(serialization_alias="from")
    date: Timestamp
    origin: Literal["untrusted", "internal", "own"]
    """From outside, from this server, or sent from this inbox."""
    gist: Annotated[str, FOREIGN]
    """The most telling sentences of what was written, without quoted text and signature; `…` where some
    are missing."""
    left_out_chars: int
    """How much of the text is not in it."""
    files: int
    """How many attachments it has."""


class ThreadDigest(Output):
    """A conversation in short, the oldest message shown first."""

    id: str
    identity_id: str
    subject: str
    status: ThreadStatus
    message_count: int
    left_out_messages: int
    """Older messages for which there was no room; `get_thread` has them."""
    budget_tokens: int
    estimated_tokens: int
    """What this answer costs, by the same estimate."""
    messages: list[DigestMessage]


@dataclass(slots=True, kw_only=True)
class _Piece:
    """A message on its way into the digest."""

    shown: DigestMessage
    text: str
    tokens: int
    """Of the gist alone."""


async def get_thread_digest(call: Call, given: ReadThreadDigest) -> ThreadDigest:
    """A conversation within a budget of tokens, for a reader that pays by the token.

    The newest message gets half of the room, the one before it half of what is left, and so on; what one
    does not need goes to the others. Sentences are taken as they are: questions, requests, times and
    figures first. The same conversation and budget give the same digest.
    """
    services = call.services
    thread = await services.mailboxes.thread(call.actor, ThreadId(given.thread_id))
    messages = await services.mailboxes.thread_messages(call.actor, thread)
    empty = _digest(call, thread, given.budget_tokens, [], 10**6)
    left = given.budget_tokens - _tokens(empty) - _LEGEND_TOKENS
    pieces: list[_Piece] = []
    for message in messages[: -_MAX_READ - 1 : -1]:
        piece = await _piece(call, message)
        overhead = _tokens(piece.shown) + _MARK_TOKENS
        if left < overhead + _LEAST_GIST:
            break
        share = max(_LEAST_GIST, (left - overhead + 1) // 2)
        left -= overhead + await _filled(piece, share)
        pieces.append(piece)
    for piece in pieces:
        if piece.shown.left_out_chars:
            before = piece.tokens
            left += before - await _filled(piece, before + left)
    pieces.reverse()
    shown = [one.shown for one in pieces]
    whole = _digest(call, thread, given.budget_tokens, shown, len(messages) - len(shown))
    marks = _LEGEND_TOKENS + _MARK_TOKENS * len(shown)
    return whole.model_copy(update={"estimated_tokens": _tokens(whole) + marks})


async def _piece(call: Call, message: Message) -> _Piece:
    """A message with what was written in it, nothing of it shown yet."""
    services, facts = call.services, message.facts
    text = ""
    try:
        raw = await services.mailboxes.raw(message)
    except MailError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    else:
        content = await read_content(raw, services.safe_text)
        text = content.reply_text or content.text
    sender = facts.sender
    name = services.safe_text(sender.name)[0] if sender is not None else ""
    address = sender.address if sender is not None else ""
    shown = DigestMessage(
        id=message.id,
        sender=cut(f"{name} <{address}>" if name else address, _SENDER_TOKENS),
        date=facts.date or message.internal_date,
        origin=_origin(message),
        gist="",
        left_out_chars=10**6,
        files=len(facts.attachments),
    )
    return _Piece(shown=shown, text=text, tokens=0)


async def _filled(piece: _Piece, max_tokens: int) -> int:
    if len(piece.text) > _INLINE_CHARS:
        return await asyncio.to_thread(_fill, piece, max_tokens)
    return _fill(piece, max_tokens)


def _fill(piece: _Piece, max_tokens: int) -> int:
    """Put the gist in; what it costs in JSON, which may be more than as text."""
    room = max_tokens
    while True:
        found: Gist = (
            gist(piece.text, room) if room >= 1 else Gist(text="", left_out_chars=len(piece.text))
        )
        shown = piece.shown.model_copy(
            update={"gist": found.text, "left_out_chars": found.left_out_chars}
        )
        cost = max(0, _tokens(shown) - _tokens(piece.shown.model_copy(update={"gist": ""})))
        if cost <= max_tokens or room < 1:
            piece.shown, piece.tokens = shown, cost
            return cost
        room = min(room - 1, room * max_tokens // cost)


def _origin(message: Message) -> Literal["untrusted", "internal", "own"]:
    if message.direction is Direction.OUTBOUND:
        return "own"
    is_internal = message.direction is Direction.INBOUND and message.security.level == "internal"
    return "internal" if is_internal else "untrusted"


def _digest(
    call: Call, thread: Thread, budget: int, shown: list[DigestMessage], left_out: int
) -> ThreadDigest:
    return ThreadDigest(
        id=thread.id,
        identity_id=thread.inbox_id,
        subject=cut(call.services.safe_text(thread.subject)[0], _SUBJECT_TOKENS),
        status=thread.status,
        message_count=thread.message_count,
        left_out_messages=left_out,
        budget_tokens=budget,
        estimated_tokens=budget,
        messages=shown,
    )


def _tokens(answer: Output) -> int:
    return token_estimate(answer.model_dump_json())


OPERATIONS = (
    operation(
        name="get_thread_digest",
        method="GET",
        path="/v1/threads/{thread_id}/digest",
        summary="Read a thread in short",
        tag="Threads",
        input=ReadThreadDigest,
        output=ThreadDigest,
        function=get_thread_digest,
        tool="Read a long conversation in short, within a budget of tokens: who wrote when and what matters.",
    ),
)
