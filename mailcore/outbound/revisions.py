"""Changes of held messages by people: new versions, each with its own bytes, digest and verdict.

A change never decides anything. The version before is kept with its bytes, its votes and tokens are
void, and the guard looks at the new one. Who may change is the caller's to know (`Approvals`).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailcore.accounts import audit
from mailcore.address import Address, parse_address, try_address
from mailcore.errors import MailError, conflict, invalid
from mailcore.message.analyze import analyze
from mailcore.message.compose import encode_subject, render_mailboxes
from mailcore.message.headers import Headers
from mailcore.message.headers import replace as replace_fields
from mailcore.message.rewrite import NOBODY, with_body, without_names
from mailcore.model import (
    Actor,
    Envelope,
    Hold,
    HoldStatus,
    Inbox,
    JsonObject,
    MailboxAddress,
    Submitted,
)
from mailcore.outbound.outgoing import read_mailboxes
from mailcore.outbound.submit import Submission, digest
from mailcore.store.ports import AccountStore, BlobStore, HoldVersion, OutboundStore, Revised


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChange:
    """What a person changes of a held message; None leaves it as it is.

    A new `text` without `html` makes it a plain message, `html` alone gets the text it shows.
    """

    subject: str | None = None
    text: str | None = None
    html: str | None = None
    to: tuple[str, ...] | None = None
    cc: tuple[str, ...] | None = None
    bcc: tuple[str, ...] | None = None

    @property
    def names(self) -> list[str]:
        """What is changed."""
        fields = ("subject", "text", "html", "to", "cc", "bcc")
        return [name for name in fields if getattr(self, name) is not None]


class Revisions:
    """Makes new versions of holds."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        accounts: AccountStore,
        blobs: BlobStore,
        submission: Submission,
    ) -> None:
        self._outbound = outbound
        self._accounts = accounts
        self._blobs = blobs
        self._submission = submission

    async def edit(
        self, actor: Actor, hold: Hold, submitted: Submitted, change: HoldChange, reason: str
    ) -> Hold:
        """The hold with what the person wrote, judged again."""
        before = await self._bytes(hold, submitted)
        inbox = await self._sender(hold)
        raw, envelope = await asyncio.to_thread(_changed, before, submitted.envelope, change)
        waits_for = hold.reason if hold.reason != "guard" else "manual"
        judged = await self._submission.judge_again(actor, inbox, envelope, raw, waits_for)
        new_digest = digest(raw, envelope)
        detail: JsonObject = {
            "changed": [*change.names],
            "version": hold.version + 1,
            "digest": new_digest.hex(),
            "digest_before": hold.digest.hex(),
            "categories": [*judged.hold.categories],
            "reason": reason,
        }
        known = {one.folded for one in submitted.envelope.recipients}
        return await self._outbound.revise_hold(
            Revised(
                hold_id=hold.id,
                version=hold.version,
                before=before,
                raw=raw,
                facts=judged.facts,
                envelope=envelope,
                added=tuple(one for one in judged.recipients if one.address.folded not in known),
                digest=new_digest,
                judged=judged.hold,
                verdict=judged.verdict,
                reason=reason,
                audit=audit(actor, "hold.edit", hold.id, detail),
            )
        )

    async def narrow(
        self, actor: Actor, hold: Hold, submitted: Submitted, without: Sequence[str]
    ) -> Hold:
        """The hold without these recipients, whom it does not name any more either.

        INVALID when it has not got them, or no others.
        """
        envelope = submitted.envelope
        dropped = {parse_address(one, path="without").folded for one in without}
        kept = tuple(one for one in envelope.recipients if one.folded not in dropped)
        if not kept or len(kept) + len(dropped) != len(envelope.recipients):
            raise invalid(
                "without",
                "name recipients of the message, and not all of them",
                fix="Reject it to send it to nobody",
            )
        before = await self._bytes(hold, submitted)
        raw = await asyncio.to_thread(without_names, before, dropped)
        fewer = _addressed(envelope, kept)
        detail: JsonObject = {"dropped": [*sorted(dropped)], "version": hold.version + 1}
        return await self._outbound.revise_hold(
            Revised(
                hold_id=hold.id,
                version=hold.version,
                before=before,
                raw=raw,
                facts=await asyncio.to_thread(analyze, raw),
                envelope=fewer,
                digest=digest(raw, fewer),
                audit=audit(actor, "hold.narrow", hold.id, detail),
            )
        )

    async def versions(self, hold: Hold) -> tuple[HoldVersion, ...]:
        """What it was before, oldest first."""
        return await self._outbound.hold_versions(hold.id)

    async def _bytes(self, hold: Hold, submitted: Submitted) -> bytes:
        """What the hold is bound to; CONFLICT `already_decided`, or `changed` when it is not that."""
        if hold.status is not HoldStatus.PENDING:
            raise conflict(f"the hold is {hold.status.value} already", code="already_decided")
        raw = await self._blobs.read(submitted.blob)
        if digest(raw, submitted.envelope) != hold.digest:
            raise stored_differs()
        return raw

    async def _sender(self, hold: Hold) -> Inbox:
        inbox = await self._accounts.inbox(hold.inbox_id) if hold.inbox_id else None
        if inbox is None:
            raise conflict("its inbox is gone", code="inbox_gone")
        return inbox


def stored_differs() -> MailError:
    """The bytes are not those that the hold is bound to."""
    return conflict(
        "the stored message is not the one that was held",
        code="changed",
        fix="Reject it and have it written again",
    )


def _changed(raw: bytes, envelope: Envelope, change: HoldChange) -> tuple[bytes, Envelope]:
    fields: dict[str, str | None] = {}
    if change.subject is not None:
        fields["Subject"] = encode_subject(change.subject)
    envelope = _with_recipients(raw, envelope, change, fields)
    if fields:
        raw = replace_fields(raw, fields)
    if change.text is not None or change.html is not None:
        raw = with_body(raw, change.text, change.html)
    return raw, envelope


def _with_recipients(
    raw: bytes, envelope: Envelope, change: HoldChange, fields: dict[str, str | None]
) -> Envelope:
    """The envelope of what is given, and of what stays; the fields that name it go into `fields`."""
    if change.to is None and change.cc is None and change.bcc is None:
        return envelope
    found = Headers.read(raw)
    going = {one.folded: one for one in envelope.recipients}
    named: set[str] = set()
    recipients: list[Address] = []
    for name, given in (("To", change.to), ("Cc", change.cc)):
        there = [one for one in map(_address, found.mailboxes(name)) if one is not None]
        named |= {one.folded for one in there}
        if given is None:
            recipients += [one for one in there if one.folded in going]
            continue
        mailboxes, addresses = read_mailboxes(name.lower(), given)
        fields[name] = render_mailboxes(mailboxes, name.lower()) or None
        recipients += addresses
    hidden = [one for folded, one in going.items() if folded not in named]
    recipients += hidden if change.bcc is None else read_mailboxes("bcc", change.bcc)[1]
    left = [fields[name] if name in fields else found.get(name) for name in ("To", "Cc")]
    if fields and not any(left):
        fields["To"] = NOBODY
    return _addressed(envelope, tuple({one.folded: one for one in recipients}.values()))


def _address(mailbox: MailboxAddress) -> Address | None:
    return try_address(mailbox.address)


def _addressed(envelope: Envelope, recipients: tuple[Address, ...]) -> Envelope:
    """The envelope with these recipients, and what was asked for those that stay."""
    asked = tuple(one for one in envelope.terms.by_recipient if one.address in recipients)
    terms = replace(envelope.terms, by_recipient=asked)
    return replace(envelope, recipients=recipients, terms=terms)
