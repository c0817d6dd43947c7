"""What comes back to our return path: bounces and complaints, matched to the recipients they are about.

The token in the address is the only proof; without a valid one nothing changes. Of a report the agent
gets a notice in our own words, with the remote's reason in it, never the stranger's bytes: whoever
knows the return path could otherwise write past the trust gate. Answers of machines end here.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailcore import log
from mailcore.address import BOUNCE_LOCAL_PART, Address, try_address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.delivery import Delivery, Target
from mailcore.errors import ErrorKind, MailError, denied
from mailcore.ids import InboxId, new_message_id
from mailcore.message.bounces import Fate, MailReport, Told, read_report
from mailcore.message.compose import Outline, render
from mailcore.message.dsn import Action, RecipientReport, build_report, is_auto_generated
from mailcore.message.headers import Headers
from mailcore.metrics import Metrics
from mailcore.model import (
    INBOX,
    Direction,
    Envelope,
    MailboxAddress,
    Notify,
    QueueItem,
    RecipientState,
    Security,
    Submitted,
    SuppressionReason,
)
from mailcore.outbound.tokens import ReturnTokens
from mailcore.store.ports import BlobStore, OutboundStore, RecipientFate

_log = log.get(__name__)
_ACTIONS: Final = {
    Fate.HARD: (Action.FAILED, Notify.FAILURE),
    Fate.SOFT: (Action.FAILED, Notify.FAILURE),
    Fate.DELAYED: (Action.DELAYED, Notify.DELAY),
    Fate.DELIVERED: (Action.DELIVERED, Notify.SUCCESS),
    Fate.RELAYED: (Action.RELAYED, Notify.SUCCESS),
}
_ENDS: Final[dict[Fate, tuple[RecipientState, SuppressionReason | None]]] = {
    Fate.HARD: (RecipientState.BOUNCED, SuppressionReason.BOUNCE),
    Fate.SOFT: (RecipientState.BOUNCED, None),
    Fate.COMPLAINED: (RecipientState.COMPLAINED, SuppressionReason.COMPLAINT),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTogether:
    """A message and those it was sent to with one return path."""

    submitted: Submitted
    items: tuple[QueueItem, ...]


class Bounces:
    """The reader of what comes back."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        blobs: BlobStore,
        delivery: Delivery,
        tokens: ReturnTokens,
        config: Config,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._outbound = outbound
        self._blobs = blobs
        self._delivery = delivery
        self._tokens = tokens
        self._config = config
        self._metrics = metrics
        self._clock = clock

    async def sent(self, token_text: str) -> SentTogether | None:
        """What the token of a return path names; None when we never made it."""
        token = self._tokens.read(token_text)
        if token is None:
            return None
        found = await self._outbound.sent_together(token.queue_id)
        if found is None or not self._tokens.is_for(token, found[0].id):
            return None
        return SentTogether(submitted=found[0], items=found[1])

    async def take(self, sent: SentTogether, envelope: Envelope, raw: bytes) -> None:
        """Read what came back and record it; returns when that is durable.

        DENIED `reports_only` for what a person wrote here.
        """
        candidates = [one.recipient for one in sent.items]
        report = await asyncio.to_thread(read_report, raw, candidates)
        if report is None:
            if envelope.mail_from is not None and not is_auto_generated(Headers.read(raw)):
                raise denied(
                    "this address takes reports on delivery only",
                    code="reports_only",
                    fix="Write to the address in From",
                )
            _log.info("bounce.ignored", message_id=sent.submitted.id, reason="no report")
            return
        await self._record(sent, report)

    async def complaint(self, raw: bytes) -> None:
        """Take note of a complaint that came to a role address and names our return path."""
        report = await asyncio.to_thread(read_report, raw)
        path = try_address(report.returned_path) if report else None
        if report is None or path is None or path.base.local.lower() != BOUNCE_LOCAL_PART:
            return
        sent = await self.sent(path.tag)
        if sent is not None and all(one.fate is Fate.COMPLAINED for one in report.told):
            await self._record(sent, report)

    def is_backscatter(self, envelope: Envelope, raw: bytes) -> bool:
        """Whether this is a bounce that did not come back to a return path of ours."""
        if not self._tokens.is_on or envelope.mail_from is not None:
            return False
        return read_report(raw) is not None

    # Recording ---------------------------------------------------------------------------------

    async def _record(self, sent: SentTogether, report: MailReport) -> None:
        items = {one.recipient: one for one in sent.items}
        about = {items[address]: told for address, told in report.about(list(items)).items()}
        await self._tell(sent.submitted, about, report.reporter)
        fates = [_fate(item, told) for item, told in about.items()]
        changed = await self._outbound.record_fates(
            sent.submitted.id, [one for one in fates if one is not None], self._clock.now()
        )
        for item, told in about.items():
            self._metrics.returned.labels(told.fate.value).inc()
            _log.info(
                "mail.returned",
                message_id=sent.submitted.id,
                recipient=str(item.recipient),
                fate=told.fate.value,
                status=told.status,
                is_new=any(one.id == item.id for one in changed),
            )

    async def _tell(
        self, submitted: Submitted, about: Mapping[QueueItem, Told], reporter: str
    ) -> None:
        """Put a notice for each recipient into the sender's mailbox; once, however often it is told."""
        sender = submitted.envelope.mail_from
        if submitted.inbox_id is None or sender is None:
            return
        original = await self._original(submitted)
        for item, told in about.items():
            if told.fate is Fate.COMPLAINED:
                notice = self._complaint_notice(submitted, sender, item, told)
                await self._put(submitted.inbox_id, notice, f"complaint:{item.id}")
                continue
            action, notify = _ACTIONS[told.fate]
            asked = submitted.envelope.terms.of(item.recipient)
            if asked.wants(notify):
                notice = self._notice(submitted, sender, item, told, action, reporter, original)
                kind = "dsn" if action is Action.FAILED else action.value
                await self._put(submitted.inbox_id, notice, f"{kind}:{item.id}")

    async def _original(self, submitted: Submitted) -> bytes:
        try:
            return await self._blobs.read(submitted.blob)
        except MailError:
            return b""

    def _notice(
        self,
        submitted: Submitted,
        sender: Address,
        item: QueueItem,
        told: Told,
        action: Action,
        reporter: str,
        original: bytes,
    ) -> bytes:
        terms = submitted.envelope.terms
        return build_report(
            hostname=self._config.server.hostname,
            to=sender,
            recipients=(
                RecipientReport(
                    address=item.recipient,
                    action=action,
                    original_recipient=terms.of(item.recipient).original_recipient,
                    enhanced_code=told.status,
                    reply=told.words,
                    remote=told.remote or reporter,
                ),
            ),
            original=original,
            message_id=new_message_id(self._config.server.domain),
            date=self._clock.now(),
            arrived_at=submitted.created_at,
            envelope_id=terms.envelope_id,
        )

    def _complaint_notice(
        self, submitted: Submitted, sender: Address, item: QueueItem, told: Told
    ) -> bytes:
        return render(
            Outline(
                sender=MailboxAddress(
                    name="Mail Delivery System",
                    address=f"MAILER-DAEMON@{self._config.server.hostname}",
                ),
                to=(MailboxAddress(name="", address=str(sender)),),
                subject="A recipient called your mail spam",
                text=(
                    f"{item.recipient} got your message and {told.words}.\n\n"
                    f"Subject: {submitted.subject[:200]}\n\n"
                    "This address gets no more mail from this server. The owner can lift that.\n"
                ),
                in_reply_to=submitted.message_id,
                references=(submitted.message_id,) if submitted.message_id else (),
                headers=(("Auto-Submitted", "auto-generated"),),
                message_id=new_message_id(self._config.server.domain),
                date=self._clock.now(),
            )
        )

    async def _put(self, inbox_id: InboxId, notice: bytes, key: str) -> None:
        target = Target(
            inbox_id=inbox_id,
            mailbox=INBOX,
            security=Security(level="internal"),
            dedupe_key=key.encode(),
            event="email.received",
            is_exempt=True,
        )
        try:
            await self._delivery.deliver(
                notice,
                [target],
                internal_date=self._clock.now(),
                direction=Direction.INBOUND,
            )
        except MailError as error:
            if error.kind is not ErrorKind.NOT_FOUND:  # its inbox may be gone
                raise


def _fate(item: QueueItem, told: Told) -> RecipientFate | None:
    state, suppression = _ENDS.get(told.fate, (None, None))
    if state is None:
        return None
    return RecipientFate(
        queue_id=item.id,
        state=state,
        enhanced_code=told.status,
        reply=told.words,
        suppression=suppression,
    )
