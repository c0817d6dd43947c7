"""The only way into a mailbox: facts once, then bytes and rows in one step of the store.

Arrivals, APPEND and DSNs all pass here. When `deliver` or `take_in` returns, the message survives a
power cut; when it raises, nothing is visible.
"""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailcore.arrivals import Arrivals, OnPlaced
from mailcore.errors import over_quota
from mailcore.ids import InboxId, MessageId, new_id
from mailcore.message.analyze import analyze_with
from mailcore.message.headers import Headers, body_offset
from mailcore.model import AuthReport, Direction, Flag, Inbox, MessageFacts, Security
from mailcore.rules.applied import Sorted
from mailcore.store.ports import AccountStore, MailStore, NewMessage, Placed

_INLINE_BYTES: Final = 32 * 1024
_INLINE_SIMPLE_BYTES: Final = 128 * 1024
"""Of one part without HTML: to analyze it costs less than to ask a thread."""
_NOT_SIMPLE: Final = (b"multipart", b"html", b"rfc822", b"global")
"""Words of a header whose body may take long to read."""
_INLINE_HEADER_BYTES: Final = 16 * 1024
_INLINE_DELIMITERS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One inbox and mailbox that gets the bytes, with what is particular to it there."""

    inbox_id: InboxId
    mailbox: str
    flags: Flag = Flag(0)  # noqa: RUF009 - an immutable value
    keywords: tuple[str, ...] = ()
    security: Security = Security()  # noqa: RUF009 - frozen and empty
    is_scored: bool = True
    dedupe_key: bytes | None = None
    event: str | None = None
    is_exempt: bool = False
    ruled: Sorted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message that its owner stores, with what was computed of it."""

    raw: bytes
    target: Target
    internal_date: datetime
    facts: MessageFacts


async def require_room(accounts: AccountStore, inbox: Inbox, size_bytes: int) -> None:
    """OVER_LIMIT `over_quota` when one message of this size would not fit now.

    A courtesy ahead of the delivery, whose transaction decides.
    """
    if inbox.quota_bytes or inbox.quota_messages:
        quota = await accounts.quota(inbox.id)
        if not quota.has_room(messages=1, size_bytes=max(size_bytes, 1)):
            raise over_quota()


class Delivery:
    """Puts messages into mailboxes."""

    def __init__(self, *, mail: MailStore, arrivals: Arrivals | None = None) -> None:
        """With `arrivals`, mail from outside may be placed a moment after it is durable."""
        self._mail = mail
        self._arrivals = arrivals

    async def facts(self, raw: bytes) -> MessageFacts:
        """What is computed once about the bytes; off the loop when that may take milliseconds."""
        return (await self.read(raw))[0]

    async def read(self, raw: bytes) -> tuple[MessageFacts, Headers]:
        """`facts`, and the header that they were read from."""
        return _read(raw) if is_quick(raw) else await asyncio.to_thread(_read, raw)

    async def deliver(
        self,
        raw: bytes,
        targets: Sequence[Target],
        *,
        internal_date: datetime,
        direction: Direction,
        auth: AuthReport | None = None,
        facts: MessageFacts | None = None,
    ) -> tuple[Placed, ...]:
        """Place the bytes in every target, all or none; duplicates are dropped and say so.

        Raises what the stores raise: NOT_FOUND for a missing mailbox, OVER_LIMIT `over_quota`
        and `disk_full`, UNAVAILABLE. Once the transaction has begun, cancellation does not undo it.
        """
        known = facts or await self.facts(raw)
        messages = [_new(raw, target, internal_date, direction, auth, known) for target in targets]
        return await self._mail.deliver(messages)

    async def take_in(
        self,
        raw: bytes,
        targets: Sequence[Target],
        on_placed: OnPlaced,
        *,
        internal_date: datetime,
        auth: AuthReport | None,
        facts: MessageFacts,
        may_wait: bool,
    ) -> None:
        """Take mail from outside: it survives a power cut when this returns, and has its rows soon.

        `on_placed` is called for each placement. What rules decided about, what goes to several places
        and, unless it `may_wait`, all other mail is placed like `deliver` places it. Raises like it.
        """
        messages = [
            _new(raw, target, internal_date, Direction.INBOUND, auth, facts) for target in targets
        ]
        with self._arrivals.on_the_way() if self._arrivals else nullcontext():
            if may_wait and await self._is_taken(messages, on_placed):
                return
            await self.settle()
            for placed in await self._mail.deliver(messages):
                on_placed(placed)

    async def _is_taken(self, messages: Sequence[NewMessage], on_placed: OnPlaced) -> bool:
        """Take a message into the log; False where it must be placed at once."""
        arrivals, new = self._arrivals, messages[0]
        if arrivals is None or len(messages) != 1 or new.ruled is not None:
            return False
        if not arrivals.takes(len(new.raw)):
            return False
        try:
            await arrivals.take(new, on_placed)
        except ValueError:
            return False
        return True

    async def settle(self) -> None:
        """Wait until everything that was taken before now has its rows."""
        if self._arrivals is not None:
            await self._arrivals.settle()

    async def append(self, arrivals: Sequence[Arrival]) -> tuple[Placed, ...]:
        """Place different messages, all or none. Raises like `deliver`."""
        return await self._mail.deliver(
            [
                NewMessage(
                    id=MessageId(new_id()),
                    inbox_id=one.target.inbox_id,
                    mailbox=one.target.mailbox,
                    raw=one.raw,
                    facts=one.facts,
                    flags=one.target.flags,
                    keywords=one.target.keywords,
                    internal_date=one.internal_date,
                    direction=Direction.APPENDED,
                )
                for one in arrivals
            ]
        )


def _new(
    raw: bytes,
    target: Target,
    internal_date: datetime,
    direction: Direction,
    auth: AuthReport | None,
    facts: MessageFacts,
) -> NewMessage:
    return NewMessage(
        id=MessageId(new_id()),
        inbox_id=target.inbox_id,
        mailbox=target.mailbox,
        raw=raw,
        facts=facts,
        flags=target.flags,
        keywords=target.keywords,
        internal_date=internal_date,
        direction=direction,
        auth=auth,
        security=target.security,
        is_scored=target.is_scored,
        dedupe_key=target.dedupe_key,
        event=target.event,
        is_exempt=target.is_exempt,
        ruled=target.ruled,
    )


def _read(raw: bytes) -> tuple[MessageFacts, Headers]:
    headers = Headers.read(raw)
    return analyze_with(raw, headers), headers


def is_quick(raw: bytes) -> bool:
    """Whether a message may be analyzed on the loop: small or of one part, a short header, few parts."""
    if len(raw) > _INLINE_SIMPLE_BYTES:
        return False
    body_start = body_offset(raw, 0, len(raw))
    if body_start > _INLINE_HEADER_BYTES:
        return False
    header = raw[:body_start].lower()
    for word in _NOT_SIMPLE:
        if word in header:
            break
    else:
        return True
    return len(raw) <= _INLINE_BYTES and raw.count(b"\n--") <= _INLINE_DELIMITERS
