"""The trust gate: which inboxes of a message get it now, and where it waits for a person.

Trust needs proof: it counts only with a DMARC pass (by DKIM or SPF) for the one address of From. Mail
that the guard could not judge waits whatever the gate says; mail of a sender that a person blocked is
discarded with an audit row, of one that an agent blocked goes to Junk where the gate lets it in. Mail between our own inboxes proves itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailcore import log
from mailcore.address import Address, try_address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.ids import InboxId, QuarantineId, new_id
from mailcore.message.headers import Headers
from mailcore.model import (
    AuthReport,
    ContactStatus,
    Envelope,
    Inbox,
    MessageFacts,
    Quarantined,
    QuarantineReason,
    QuarantineStatus,
    Security,
    TrustGate,
)
from mailcore.quarantine import KEEP_FOR
from mailcore.store.ports import (
    Audit,
    PolicyStore,
    QuarantineStore,
    Standing,
)

UNSCANNED: Final = Security(level="unscanned", categories=("unscannable",))
"""The verdict where the guard had none."""
TAGS: Final = {
    QuarantineReason.UNKNOWN_SENDER: "UnknownSender",
    QuarantineReason.UNAUTHENTICATED: "UnprovenSender",
}
"""The keywords that a gate set to `tag` gives instead of keeping mail back."""
_MAX_NAME: Final = 100

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A message at the gate. `auth` is None for mail between our own inboxes."""

    stored: bytes
    headers: Headers
    """Those of `stored`."""
    envelope: Envelope
    facts: MessageFacts
    auth: AuthReport | None
    security: Security
    is_scored: bool = True
    dedupe_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """An inbox that gets the message now, with keywords."""

    inbox_id: InboxId
    keywords: tuple[str, ...] = ()
    is_junk: bool = False


class Gate:
    """Decides per inbox; what it keeps back is durable when `admit` returns."""

    def __init__(
        self,
        *,
        store: QuarantineStore,
        policy: PolicyStore,
        config: Config,
        clock: Clock,
    ) -> None:
        self._store = store
        self._policy = policy
        self._config = config
        self._clock = clock
        self._actor = system("gate")

    async def admit(self, mail: Arriving, inboxes: Sequence[Inbox]) -> tuple[Admitted, ...]:
        """The inboxes that get the message now. What must wait is kept, what is blocked is discarded.

        Raises what the stores raise; OVER_LIMIT `quarantine_full`. A repetition keeps nothing twice.
        """
        sender = _sender(mail.headers)
        is_proven = self._is_proven(mail)
        admitted: list[Admitted] = []
        for inbox in inboxes:
            standing = await self._standing(inbox, sender, mail.facts)
            is_blocked = standing.status is ContactStatus.BLOCKED and not standing.is_person
            if is_blocked and standing.is_discarded:
                await self._discard(mail, inbox, sender)
                continue
            reason = self._reason(mail, inbox, standing, is_proven=is_proven)
            is_kept = reason is not None and (
                inbox.trust_gate is TrustGate.HOLD or reason is QuarantineReason.UNSCANNED
            )
            if reason is not None and is_kept:
                await self._keep(mail, inbox, sender, reason, is_proven=is_proven)
                continue
            keywords = () if reason is None else (TAGS[reason],)
            admitted.append(Admitted(inbox_id=inbox.id, keywords=keywords, is_junk=is_blocked))
        return tuple(admitted)

    def _is_proven(self, mail: Arriving) -> bool:
        """Whether the sender is who From says. Where nothing is checked, From is taken at its word."""
        if mail.auth is None or not self._config.inbound.verify:
            return True
        return mail.auth.is_aligned or mail.auth.dmarc == "pass"

    async def _standing(
        self, inbox: Inbox, sender: Address | None, facts: MessageFacts
    ) -> Standing:
        if sender is None:
            return Standing()
        answered = tuple(one for one in (facts.in_reply_to, *facts.references) if one)
        return await self._store.standing(inbox, sender, answered)

    @staticmethod
    def _reason(
        mail: Arriving, inbox: Inbox, standing: Standing, *, is_proven: bool
    ) -> QuarantineReason | None:
        """Why the message may not simply go in, or None."""
        if mail.security.level == UNSCANNED.level:
            return QuarantineReason.UNSCANNED
        if mail.auth is None or inbox.trust_gate is TrustGate.OFF:
            return None
        is_trusted = (
            standing.is_person
            or standing.status is ContactStatus.TRUSTED
            or standing.is_domain_trusted
            or standing.is_answer
        )
        if not is_trusted:
            return QuarantineReason.UNKNOWN_SENDER
        return None if is_proven else QuarantineReason.UNAUTHENTICATED

    async def _keep(
        self,
        mail: Arriving,
        inbox: Inbox,
        sender: Address | None,
        reason: QuarantineReason,
        *,
        is_proven: bool,
    ) -> None:
        now = self._clock.now()
        item = Quarantined(
            id=QuarantineId(new_id()),
            pod_id=inbox.pod_id,
            inbox_id=inbox.id,
            status=QuarantineStatus.PENDING,
            reason=reason,
            sender=sender,
            sender_name=_one_line(mail.facts.sender.name) if mail.facts.sender else "",
            subject=mail.facts.subject,
            mail_from=mail.envelope.mail_from,
            recipients=tuple(str(one) for one in mail.envelope.recipients),
            is_proven=is_proven,
            auth=mail.auth or AuthReport(),
            security=mail.security,
            dedupe_key=mail.dedupe_key,
            size_bytes=len(mail.stored),
            received_at=now,
            expires_at=now + KEEP_FOR,
        )
        detail = {"inbox_id": inbox.id, "sender": str(sender or ""), "reason": reason.value}
        audit = self._audit(inbox, "mail.quarantine", item.id, detail)
        if await self._store.quarantine(item, mail.stored, audit):
            _log.info(
                "mail.quarantined", quarantine_id=item.id, inbox_id=inbox.id, reason=reason.value
            )

    async def _discard(self, mail: Arriving, inbox: Inbox, sender: Address | None) -> None:
        detail = {
            "inbox_id": inbox.id,
            "message_id": mail.facts.message_id,
            "mail_from": str(mail.envelope.mail_from or "<>"),
        }
        audit = self._audit(inbox, "mail.discard_blocked", str(sender or ""), detail)
        await self._policy.append_audit(audit)
        _log.info("mail.discarded", inbox_id=inbox.id, reason="blocked")

    def _audit(self, inbox: Inbox, action: str, subject: str, detail: dict[str, str]) -> Audit:
        return Audit(
            pod_id=inbox.pod_id,
            actor=self._actor.label,
            action=action,
            subject=subject,
            detail={**detail},
        )


def _sender(headers: Headers) -> Address | None:
    """The one address of From, or None where there is not exactly one."""
    senders = headers.mailboxes("From") if len(headers.raw_all("From")) == 1 else ()
    return try_address(senders[0].address) if len(senders) == 1 else None


def _one_line(text: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:_MAX_NAME]
