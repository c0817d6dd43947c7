"""The way of a message from the socket to the mailbox.

`accept` is called when the bytes are complete and returns only when they are durable and indexed.
Checks and scoring happen on arrival, whether or not anyone is connected. Approval replies end here
and never reach a mailbox. Mail between our own inboxes comes in through `arrive`, without
authentication or scoring: how it arrived decides, never a header.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mailcore import log
from mailcore.address import ROLE_LOCAL_PARTS, Address, try_address
from mailcore.clock import Clock, to_rfc5322
from mailcore.config import Config
from mailcore.delivery import Delivery, Target
from mailcore.errors import ErrorKind, MailError, denied
from mailcore.ids import InboxId, PodId, new_id
from mailcore.inbound.bounces import Bounces
from mailcore.inbound.decisions import Answered, Decisions, Refusal
from mailcore.inbound.enforcement import Disposition, Ruling, rule
from mailcore.inbound.gate import UNSCANNED, Arriving, Gate
from mailcore.inbound.role_mail import RoleMail
from mailcore.inbound.routing import Routing, ToApproval, ToInbox, ToNotice, ToReturn
from mailcore.inbound.sorting import Sorting
from mailcore.mailauth.results import is_ours
from mailcore.mailauth.spf import SpfResult
from mailcore.mailauth.verify import Authenticator, Examined
from mailcore.message.headers import Headers, body_offset, prepend, remove
from mailcore.metrics import Metrics
from mailcore.model import (
    INBOX,
    JUNK,
    AuthReport,
    Direction,
    Envelope,
    Inbox,
    MessageFacts,
    Quarantined,
    Security,
)
from mailcore.outbound.submit import finding_json
from mailcore.policy import Guard, InboundFacts, Verdict
from mailcore.settings import Settings
from mailcore.store.ports import ContactStore, Placed

_log = log.get(__name__)
_INTERNAL: Final = Security(level="internal")
_RECEIVED: Final = b"received"
_DELIVERED_TO: Final = b"delivered-to"
_RESULTS: Final = b"authentication-results"
OVER_HTTP: Final = "HTTP"
"""The protocol of mail that a worker forwards: who handed it to the worker is not known."""
MAX_RECEIVED_FIELDS: Final = 50
"""More than this is a loop (RFC 5321 §6.3)."""


class Peer(Protocol):
    """The client of an SMTP session, as far as it matters here."""

    @property
    def ip(self) -> str:
        """Its address."""
        ...

    @property
    def helo(self) -> str:
        """What it called itself."""
        ...

    @property
    def protocol(self) -> str:
        """`SMTP`, `ESMTP`, `ESMTPS`, … (RFC 3848)."""
        ...

    @property
    def tls(self) -> str:
        """The TLS version and cipher, or empty."""
        ...


type Unclear = Callable[[Answered], Awaitable[None]]
"""Called when an approver's authentic reply said nothing clear: ask again."""


class TakesReports(Protocol):
    """Keeps reports that others send about our domains."""

    async def take(self, address: Address, raw: bytes, auth: AuthReport) -> bool:
        """Whether the mail was one for this address, which is kept now."""
        ...


class OnRuled(Protocol):
    """Called with what was found and done, for every message that was taken or refused."""

    def __call__(
        self, examined: Examined, disposition: Disposition, *, source_ip: str, envelope_from: str
    ) -> None:
        """Take note of it; must not wait or fail."""
        ...


@dataclass(frozen=True, slots=True)
class _Judged:
    mailbox: str
    security: Security
    is_scored: bool = True


_UNCHECKED: Final = Examined(report=AuthReport(), spf=SpfResult(result="none", domain=""))
_UNJUDGED: Final = _Judged(INBOX, Security(), is_scored=False)


class Inbound:
    """The inbound service."""

    def __init__(
        self,
        *,
        routing: Routing,
        authenticator: Authenticator,
        decisions: Decisions,
        bounces: Bounces,
        guard: Guard,
        settings: Settings,
        gate: Gate,
        contacts: ContactStore,
        sorting: Sorting,
        delivery: Delivery,
        role_mail: RoleMail,
        on_unclear: Unclear,
        on_ruled: OnRuled,
        reports: TakesReports,
        config: Config,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._routing = routing
        self._authenticator = authenticator
        self._decisions = decisions
        self._bounces = bounces
        self._guard = guard
        self._settings = settings
        self._gate = gate
        self._contacts = contacts
        self._sorting = sorting
        self._delivery = delivery
        self._role_mail = role_mail
        self._on_unclear = on_unclear
        self._on_ruled = on_ruled
        self._reports = reports
        self._config = config
        self._metrics = metrics
        self._clock = clock

    async def recipient(self, address: Address, size_bytes: int = 0) -> None:
        """Whether we take mail of this size for this address.

        DENIED for foreign domains, NOT_FOUND for unknown users, OVER_LIMIT `over_quota` when the
        inbox is full.
        """
        await self._routing.require_room(await self._routing.resolve(address), size_bytes)

    async def accept(self, envelope: Envelope, raw: bytes, peer: Peer) -> str:
        """Take a message from outside; the id in the answer names it in our logs.

        Raises what the client must be told; then nothing was stored and nothing was decided.
        """
        header = raw[: body_offset(raw, 0, len(raw))].lower()
        _refuse_loops(raw, header, envelope)
        routes = [await self._routing.resolve(one) for one in envelope.recipients]
        trace_id = new_id()
        returned = [one for one in routes if isinstance(one, ToReturn)]
        if returned:
            if len(routes) > 1:
                raise denied("what comes back goes to one return address alone")
            await self._bounces.take(returned[0].sent, envelope, raw)
            return trace_id
        answers = [one for one in routes if isinstance(one, ToApproval)]
        inboxes = [one for route in routes if isinstance(route, ToInbox) for one in route.inboxes]
        owners = [one.owner for one in routes if isinstance(one, ToNotice)]
        received = await self._without_forged(raw, header)
        examined = await self._authenticate(received, envelope, peer)
        auth = examined.report
        if answers:
            if inboxes or owners or len(answers) > 1:
                raise denied("an approval reply goes to one approval address alone")
            await self._answer(answers[0], received, envelope, auth)
            return trace_id
        ruling = rule(auth, inboxes, self._config)
        if peer.protocol == OVER_HTTP and ruling.disposition is Disposition.REJECT:
            ruling = _doubted(inboxes)
        if ruling.error is not None:
            self._note(examined, ruling, envelope, peer)
            raise ruling.error
        if len(inboxes) == 1 and await self._reports.take(envelope.recipients[0], received, auth):
            self._note(examined, ruling, envelope, peer)
            return trace_id
        junked = set(ruling.junked) | await self._backscatter(envelope, received, inboxes)
        stored = self._with_trace(received, envelope, auth, peer, trace_id)
        if any(one.base.local.lower() in ROLE_LOCAL_PARTS for one in envelope.recipients):
            await self._bounces.complaint(received)
        if owners:
            await self._role_mail.send_on(stored, envelope, owners)
        if not inboxes:
            return trace_id
        judged = await self._judge(received, envelope, auth, inboxes[0].pod_id)
        arriving, targets = await self._let_in(
            stored, envelope, inboxes, judged, auth=auth, received=raw, junked=junked
        )
        if targets:
            await self._delivery.take_in(
                stored,
                targets,
                self._on_placed(arriving, peer, trace_id, len(raw)),
                internal_date=self._clock.now(),
                auth=auth,
                facts=arriving.facts,
                may_wait=not any(one.quota_bytes or one.quota_messages for one in inboxes),
            )
        self._note(examined, ruling, envelope, peer)
        return trace_id

    async def arrive(
        self, submission_id: str, envelope: Envelope, raw: bytes, *, is_exempt: bool = False
    ) -> tuple[Placed, ...]:
        """Deliver mail between our own inboxes; a repetition of the same submission is dropped.

        OVER_LIMIT `over_quota` when the inbox is full, unless the mail is exempt.
        """
        routes = [await self._routing.resolve(one) for one in envelope.recipients]
        if any(isinstance(one, ToApproval) for one in routes):
            raise denied("an approval is answered from the approver's own mailbox")
        inboxes = [one for route in routes if isinstance(route, ToInbox) for one in route.inboxes]
        owners = [one.owner for one in routes if isinstance(one, ToNotice)]
        if owners:
            await self._role_mail.send_on(raw, envelope, owners)
        lines = [
            ("Return-Path", f"<{envelope.mail_from or ''}>"),
            (
                "Received",
                f"by {self._config.server.hostname} (Countersign) with LOCAL id {submission_id}; "
                f"{to_rfc5322(self._clock.now())}",
            ),
        ]
        header = raw[: body_offset(raw, 0, len(raw))].lower()
        stored = prepend(await self._without_forged(raw, header), lines)
        arriving, targets = await self._let_in(
            stored,
            envelope,
            inboxes,
            _Judged(INBOX, _INTERNAL),
            auth=None,
            received=submission_id.encode(),
            is_exempt=is_exempt,
        )
        if not targets:
            return ()
        placed = await self._delivery.deliver(
            stored,
            targets,
            internal_date=self._clock.now(),
            direction=Direction.INBOUND,
            facts=arriving.facts,
        )
        self._metrics.received.labels("local").inc(len(placed))
        return placed

    async def release(self, item: Quarantined, stored: bytes) -> None:
        """Deliver what a person let in, judged again as if it had just arrived.

        Repeating it delivers nothing twice. NOT_FOUND when the inbox is gone.
        """
        recipients = tuple(one for one in map(try_address, item.recipients) if one is not None)
        envelope = Envelope(mail_from=item.mail_from, recipients=recipients)
        judged = await self._judge(stored, envelope, item.auth, item.pod_id)
        facts, headers = await self._delivery.read(stored)
        arriving = Arriving(
            stored=stored,
            headers=headers,
            envelope=envelope,
            facts=facts,
            auth=item.auth,
            security=judged.security,
            is_scored=judged.is_scored,
            dedupe_key=item.dedupe_key,
        )
        await self._delivery.deliver(
            stored,
            [await self._target(arriving, item.inbox_id, judged.mailbox, (), is_exempt=True)],
            internal_date=self._clock.now(),
            direction=Direction.INBOUND,
            auth=item.auth,
            facts=facts,
        )
        self._metrics.received.labels("quarantine").inc()

    # Steps -------------------------------------------------------------------------------------

    async def _backscatter(
        self, envelope: Envelope, raw: bytes, inboxes: Sequence[Inbox]
    ) -> frozenset[InboxId]:
        """The inboxes that get a bounce of mail we never sent in Junk; DENIED where it is refused."""
        wanted = self._config.inbound.backscatter
        if wanted == "accept" or envelope.mail_from is not None:
            return frozenset()
        if not await asyncio.to_thread(self._bounces.is_backscatter, envelope, raw):
            return frozenset()
        if wanted == "refuse":
            raise denied("this is about mail that we did not send", code="backscatter")
        return frozenset(one.id for one in inboxes)

    async def _authenticate(self, raw: bytes, envelope: Envelope, peer: Peer) -> Examined:
        if not self._config.inbound.verify:
            return _UNCHECKED
        return await self._authenticator.examine(
            raw,
            mail_from=envelope.mail_from,
            helo=peer.helo,
            peer_ip="" if peer.protocol == OVER_HTTP else peer.ip,
        )

    def _note(self, examined: Examined, ruling: Ruling, envelope: Envelope, peer: Peer) -> None:
        sender = envelope.mail_from
        self._on_ruled(
            examined,
            ruling.disposition,
            source_ip=peer.ip,
            envelope_from=sender.domain if sender else "",
        )

    async def _without_forged(self, raw: bytes, header: bytes) -> bytes:
        """The message without results that claim to be ours; off the loop when there may be some.

        `header` is that of `raw` in lower case.
        """
        if _RESULTS not in header:
            return raw
        return await asyncio.to_thread(self._strip, raw)

    def _strip(self, raw: bytes) -> bytes:
        name = self._config.server.hostname

        def is_forged(field: bytes, value: bytes) -> bool:
            return field.lower() == _RESULTS and is_ours(value, name)

        return remove(raw, is_forged)

    def _with_trace(
        self, raw: bytes, envelope: Envelope, auth: AuthReport, peer: Peer, trace_id: str
    ) -> bytes:
        helo = _graphic(peer.helo)[:200] or "unknown"
        origin = f"from {helo} ([{_literal(peer.ip)}])"
        secured = f" ({peer.tls})" if peer.tls else ""
        # With several recipients a Delivered-To would tell each of the others.
        to = envelope.recipients[0] if len(envelope.recipients) == 1 else None
        return prepend(
            raw,
            [
                ("Return-Path", f"<{envelope.mail_from or ''}>"),
                *([("Delivered-To", str(to))] if to is not None else ()),
                ("Authentication-Results", self._authenticator.header(auth)),
                (
                    "Received",
                    f"{origin}{secured} by {self._config.server.hostname} (Countersign) "
                    f"with {peer.protocol} id {trace_id}; {to_rfc5322(self._clock.now())}",
                ),
            ],
        )

    async def _answer(
        self, route: ToApproval, raw: bytes, envelope: Envelope, auth: AuthReport
    ) -> None:
        answered = await self._decisions.take(route.token, raw, envelope.mail_from, auth)
        if answered.refusal is Refusal.UNCLEAR:
            await self._on_unclear(answered)
        elif answered.refusal is Refusal.BAD_TOKEN:
            raise MailError(
                ErrorKind.NOT_FOUND, "this approval address is not valid", code="no_such_user"
            )
        elif answered.refusal is Refusal.NOT_AUTHENTICATED and "temperror" in (
            auth.dkim,
            auth.dmarc,
        ):
            raise MailError(
                ErrorKind.UNAVAILABLE,
                "the signature could not be checked now, try again later",
                code="not_checked",
            )
        elif answered.refusal is Refusal.NOT_AUTHENTICATED:
            raise MailError(
                ErrorKind.DENIED,
                "an approval needs a valid DKIM signature of the approver's domain",
                code="not_authenticated",
            )

    async def _judge(
        self, raw: bytes, envelope: Envelope, auth: AuthReport, pod_id: PodId
    ) -> _Judged:
        if not self._config.guard.inbound:
            return _UNJUDGED
        settings = await self._settings.of(pod_id)
        author = next(iter(Headers.read(raw).mailboxes("From")), None)
        facts = InboundFacts(
            raw=raw,
            mail_from=envelope.mail_from,
            recipients=envelope.recipients,
            is_external=True,
            auth=auth,
            warning_at=settings.warning_score,
            spam_at=settings.spam_score,
            namesakes=await self._contacts.namesakes(pod_id, author.name) if author else (),
        )
        try:
            async with asyncio.timeout(self._config.guard.timeout_seconds):
                verdict = await asyncio.to_thread(self._guard.judge_inbound, facts)
        except TimeoutError:
            _log.error("guard.timeout", size_bytes=len(raw))
            return _Judged(INBOX, UNSCANNED)
        except Exception:  # noqa: BLE001 - whatever breaks in the guard, the mail is set aside
            _log.exception("guard.failed", size_bytes=len(raw))
            return _Judged(INBOX, UNSCANNED)
        return _Judged(JUNK if verdict.level == "spam" else INBOX, security_of(verdict))

    async def _let_in(
        self,
        stored: bytes,
        envelope: Envelope,
        inboxes: Sequence[Inbox],
        judged: _Judged,
        *,
        auth: AuthReport | None,
        received: bytes,
        is_exempt: bool = False,
        junked: Collection[InboxId] = (),
    ) -> tuple[Arriving, Sequence[Target]]:
        """Where the message goes now; what the gate keeps back is kept."""
        facts, headers = await self._delivery.read(stored)
        arriving = Arriving(
            stored=stored,
            headers=headers,
            envelope=envelope,
            facts=facts,
            auth=auth,
            security=judged.security,
            is_scored=judged.is_scored,
            dedupe_key=dedupe_key(envelope, facts, received),
        )
        unique = {one.id: one for one in inboxes}
        targets = [
            await self._target(
                arriving,
                one.inbox_id,
                JUNK if one.is_junk or one.inbox_id in junked else judged.mailbox,
                one.keywords,
                is_exempt=is_exempt,
            )
            for one in await self._gate.admit(arriving, tuple(unique.values()))
        ]
        return arriving, targets

    def _on_placed(
        self, arriving: Arriving, peer: Peer, trace_id: str, size_bytes: int
    ) -> Callable[[Placed], None]:
        """Counts and logs a placement of mail from outside."""

        def on_placed(placed: Placed) -> None:
            source = "http" if peer.protocol == OVER_HTTP else "smtp"
            self._metrics.received.labels(source).inc()
            _log.info(
                "mail.received",
                message_id=placed.id,
                inbox_id=placed.inbox_id,
                trace=trace_id,
                is_duplicate=placed.is_duplicate,
                verdict=arriving.security.level,
                dmarc=arriving.auth.dmarc if arriving.auth else "none",
                size_bytes=size_bytes,
            )

        return on_placed

    async def _target(
        self,
        arriving: Arriving,
        inbox_id: InboxId,
        mailbox: str,
        keywords: tuple[str, ...],
        *,
        is_exempt: bool,
    ) -> Target:
        """Where the message goes in an inbox, by the verdict and then by the rules."""
        place = await self._sorting.place(arriving, inbox_id, mailbox, keywords)
        return Target(
            inbox_id=inbox_id,
            mailbox=place.mailbox,
            flags=place.flags,
            keywords=place.keywords,
            security=arriving.security,
            is_scored=arriving.is_scored,
            dedupe_key=arriving.dedupe_key,
            event=place.event,
            is_exempt=is_exempt,
            ruled=place.ruled,
        )


def _doubted(inboxes: Sequence[Inbox]) -> Ruling:
    """What failed without SPF having a say goes to Junk instead of back."""
    junked = frozenset(one.id for one in inboxes)
    return Ruling(disposition=Disposition.QUARANTINE, junked=junked)


def dedupe_key(envelope: Envelope, facts: MessageFacts, received: bytes) -> bytes:
    """What makes two arrivals the same: envelope sender, Message-ID and the received bytes."""
    whole = hashlib.blake2b(digest_size=20)
    whole.update(f"{envelope.mail_from or ''}\0{facts.message_id}\0".encode("utf-8", "replace"))
    whole.update(hashlib.sha256(received).digest())
    return whole.digest()


def security_of(verdict: Verdict) -> Security:
    """The verdict as it is kept with the message."""
    return Security(
        score=verdict.score,
        level=verdict.level,
        categories=verdict.categories,
        findings=tuple(finding_json(one) for one in verdict.findings),
    )


def _refuse_loops(raw: bytes, header: bytes, envelope: Envelope) -> None:
    if header.count(_RECEIVED) <= MAX_RECEIVED_FIELDS and _DELIVERED_TO not in header:
        return
    fields = [(name.lower(), value) for name, value in Headers.read(raw).fields]
    if sum(1 for name, _ in fields if name == _RECEIVED) > MAX_RECEIVED_FIELDS:
        raise MailError(
            ErrorKind.DENIED, "this message has been through too many servers", code="mail_loop"
        )
    ours = {one.folded.encode() for one in envelope.recipients}
    if any(name == _DELIVERED_TO and value.strip().lower() in ours for name, value in fields):
        raise MailError(
            ErrorKind.DENIED, "this message was delivered to this address before", code="mail_loop"
        )


def _graphic(text: str) -> str:
    """The visible characters of ASCII in a text."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return "".join(char for char in text if 32 < ord(char) < 127)


def _literal(ip: str) -> str:
    return f"IPv6:{ip}" if ":" in ip else ip
