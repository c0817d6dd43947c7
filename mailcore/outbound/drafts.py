"""Drafts: replies that wait for a person. A draft and its hold are one machine.

Submitting freezes the bytes and opens exactly one hold; the draft's status derives from it. A draft
is based on the newest message its author had read: if a newer one has arrived by the time of
sending, the draft is stale and stays here.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailcore.accounts import audit
from mailcore.address import parse_address
from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError, conflict, invalid, not_found
from mailcore.ids import DraftId, InboxId, MessageId, ThreadId, new_id
from mailcore.mailboxes import Appending, Mailboxes
from mailcore.message.headers import prepend, remove
from mailcore.message.parse import readable
from mailcore.model import (
    FIRST_PAGE,
    Actor,
    Decision,
    Direction,
    Draft,
    DraftSource,
    DraftStatus,
    Envelope,
    Flag,
    HoldStatus,
    Inbox,
    JsonObject,
    JsonValue,
    Listed,
    Message,
    Permission,
    Role,
    Slice,
    SpecialUse,
    Submitted,
    Thread,
)
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.mailer import Mailer, ReplyMail
from mailcore.outbound.outgoing import OutgoingMail, compose
from mailcore.outbound.submit import Passage, Submission
from mailcore.store.ports import DraftVersion, OutboundStore

MAX_METADATA_CHARS = 8192
_SHOWN_BYTES = 1024 * 1024
"""Of what a mail client saved, the text in so many octets is shown."""
DRAFT_FIELD = "X-Countersign-Draft"
"""Names the draft in the message that shows it; never part of what is sent."""
_BOOKKEEPING = frozenset(
    (DRAFT_FIELD.lower().encode(), b"fcc", b"x-identity-key", b"x-account-key")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraft:
    """What an agent proposes as a reply in a thread."""

    thread_id: ThreadId
    inbox_id: InboxId
    based_on_message_id: MessageId
    text: str | None = None
    html: str | None = None
    subject_override: str = ""
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    rationale: str = ""
    metadata: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftChange:
    """An edit; None leaves a field as it is."""

    text: str | None = None
    html: str | None = None
    subject_override: str | None = None
    cc: tuple[str, ...] | None = None
    bcc: tuple[str, ...] | None = None
    rationale: str | None = None


class Drafts:
    """The draft service."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        mailboxes: Mailboxes,
        submission: Submission,
        approvals: Approvals,
        clock: Clock,
    ) -> None:
        self._outbound = outbound
        self._mailboxes = mailboxes
        self._submission = submission
        self._approvals = approvals
        self._clock = clock

    async def submit(self, actor: Actor, new: NewDraft) -> tuple[Draft, bool]:
        """Propose a reply for approval; True when a newer message is in the thread already."""
        actor.require(Permission.SEND)
        if new.text is None and new.html is None:
            raise invalid("body_text", "give body_text or body_html")
        inbox = await self._mailboxes.inbox(actor, new.inbox_id)
        thread = await self._mailboxes.thread(actor, new.thread_id)
        if thread.inbox_id != inbox.id:
            raise invalid("thread_id", "the thread belongs to another identity")
        messages = await self._mailboxes.thread_messages(actor, thread)
        base = _find(messages, new.based_on_message_id)
        now = self._clock.now()
        draft = Draft(
            id=DraftId(new_id()),
            pod_id=actor.pod_id,
            inbox_id=inbox.id,
            thread_id=thread.id,
            based_on_message_id=base.id,
            status=DraftStatus.EDITING,
            content=_content(new),
            rationale=new.rationale,
            metadata=new.metadata or {},
            version=1,
            hold_id=None,
            submission_id=None,
            created_at=now,
            updated_at=now,
        )
        mail = _answer(inbox, base, draft)
        await self._save(actor, inbox, draft, mail, "draft.create")
        try:
            await self._freeze(actor, inbox, mail, draft, is_fresh=not _is_stale(messages, base))
        except MailError:
            await self._outbound.delete_draft(draft.id, actor.label)
            raise
        return await self.draft(actor, draft.id), _is_stale(messages, base)

    async def submit_saved(self, actor: Actor, draft_id: DraftId) -> Draft:
        """Propose what a mail client saved to Drafts: its bytes as they are, held for a person."""
        actor.require(Permission.SEND)
        draft = await self.draft(actor, draft_id)
        if draft.source is not DraftSource.IMAP or draft.message_id is None:
            raise conflict("the draft was submitted when it was made", code="already_submitted")
        self._require(draft, DraftStatus.EDITING)
        inbox = await self._mailboxes.inbox(actor, draft.inbox_id)
        message = await self._mailboxes.message(actor, draft.message_id)
        facts = message.facts
        recipients = tuple(
            parse_address(one.address, path="to") for one in (*facts.to, *facts.cc, *facts.bcc)
        )
        raw = remove(await self._mailboxes.raw(message), _is_bookkeeping)
        saved = replace(draft, version=draft.version + 1, updated_at=self._clock.now())
        await self._outbound.save_draft(saved, audit(actor, "draft.create", draft.id, {}))
        passage = Passage(is_held="manual", draft_id=saved.id, draft_version=saved.version)
        envelope = Envelope(mail_from=inbox.address, recipients=recipients)
        await self._submission.submit_raw(actor, inbox, envelope, raw, passage=passage)
        return await self.draft(actor, draft_id)

    async def delete(self, actor: Actor, draft_id: DraftId) -> None:
        """Delete a draft with its message in Drafts; what waits for a decision is withdrawn.

        CONFLICT `wrong_draft_status` once it was sent.
        """
        actor.require(Permission.SEND)
        draft = await self.draft(actor, draft_id)
        inbox = await self._mailboxes.inbox(actor, draft.inbox_id)
        self._require(draft, *(one for one in DraftStatus if one is not DraftStatus.SENT))
        if draft.version:
            await self._outbound.delete_draft(draft.id, actor.label)
        elif draft.message_id is not None:
            message = await self._mailboxes.message(actor, draft.message_id)
            mailbox = await self._mailboxes.mailbox(actor, inbox.id, message.mailbox_name)
            uids = [(message.uid, message.uid)]
            await self._mailboxes.expunge(mailbox, uids, only_deleted=False)

    async def draft(self, actor: Actor, draft_id: DraftId) -> Draft:
        """One draft; foreign ones are NOT_FOUND, and for an approver those never submitted."""
        draft = await self._outbound.draft(draft_id)
        if draft is None:
            raise not_found("draft")
        if _decides(actor) and draft.pod_id == actor.pod_id and draft.hold_id is not None:
            return await self._with_text(draft)
        try:
            await self._mailboxes.inbox(actor, draft.inbox_id)
        except MailError as error:
            raise not_found("draft") from error
        return await self._with_text(draft)

    async def versions(self, actor: Actor, draft_id: DraftId) -> tuple[DraftVersion, ...]:
        """What it said and says, oldest first; none of what is only in a mail client's Drafts."""
        return await self._outbound.draft_versions((await self.draft(actor, draft_id)).id)

    async def _with_text(self, draft: Draft) -> Draft:
        """What a mail client saved, with the text that a reader sees."""
        if draft.source is not DraftSource.IMAP or draft.message_id is None:
            return draft
        raw = await self._mailboxes.beginning(draft.message_id, _SHOWN_BYTES)
        found = await asyncio.to_thread(readable, raw) if raw is not None else None
        if found is None:
            return draft
        return replace(draft, content={**draft.content, "text": found.text, "html": found.html})

    async def drafts(
        self,
        actor: Actor,
        *,
        thread_id: ThreadId | None = None,
        inbox_id: InboxId | None = None,
        status: DraftStatus | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Draft]:
        """Newest first over the inboxes the actor may use; an approver sees what waits in all."""
        if _decides(actor):
            status = status or DraftStatus.PENDING
            if status not in (DraftStatus.PENDING, DraftStatus.APPROVED):
                return Listed()
        usable = [one.id for one in await self._mailboxes.inboxes(_reader(actor))]
        if inbox_id is not None:
            if inbox_id not in usable:
                raise not_found("inbox")
            usable = [inbox_id]
        found = await self._outbound.drafts(usable, thread_id=thread_id, status=status, part=part)
        return replace(found, rows=tuple([await self._with_text(one) for one in found.rows]))

    async def edit(self, actor: Actor, draft_id: DraftId, change: DraftChange) -> Draft:
        """A new version with a new hold; only a pending draft can be edited."""
        actor.require(Permission.SEND)
        draft = await self.draft(actor, draft_id)
        self._require(draft, DraftStatus.EDITING, DraftStatus.PENDING)
        if draft.source is DraftSource.IMAP:
            raise conflict(
                "the draft was written in a mail client",
                code="imap_draft",
                fix="Change it there, or delete it and submit another",
            )
        changed = replace(
            draft,
            content=_changed(draft.content, change),
            rationale=draft.rationale if change.rationale is None else change.rationale,
            version=draft.version + 1,
            updated_at=self._clock.now(),
        )
        inbox, messages, base = await self._context(actor, changed)
        if draft.hold_id is not None:
            await self._approvals.withdraw(
                actor, draft.hold_id, via="edit", reason="replaced by a new version"
            )
        mail = _answer(inbox, base, changed)
        await self._save(actor, inbox, changed, mail, "draft.edit")
        await self._freeze(actor, inbox, mail, changed, is_fresh=not _is_stale(messages, base))
        return await self.draft(actor, draft_id)

    async def approve(
        self, actor: Actor, draft_id: DraftId, *, via: str, version: int | None = None
    ) -> Draft:
        """Record a person's approval without sending; of that version only, when it is given."""
        draft = await self.draft(actor, draft_id)
        _require_version(draft, version)
        if draft.hold_id is None:
            raise conflict("the draft was not submitted", code="not_submitted")
        await self._approvals.decide(actor, draft.hold_id, Decision.APPROVE, via=via, release=False)
        return await self.draft(actor, draft_id)

    async def reject(self, actor: Actor, draft_id: DraftId, *, via: str, reason: str = "") -> Draft:
        """Close the draft; its thread is open again."""
        draft = await self.draft(actor, draft_id)
        if draft.hold_id is None:
            raise conflict("the draft was not submitted", code="not_submitted")
        await self._approvals.decide(actor, draft.hold_id, Decision.REJECT, via=via, reason=reason)
        return await self.draft(actor, draft_id)

    async def tell_again(self, actor: Actor, draft_id: DraftId) -> Draft:
        """Have approvers told of a pending draft again."""
        draft = await self.draft(actor, draft_id)
        if draft.hold_id is None:
            raise conflict("the draft was not submitted", code="not_submitted")
        await self._approvals.tell_again(actor, draft.hold_id)
        return draft

    async def send(
        self, actor: Actor, draft_id: DraftId, *, via: str, version: int | None = None
    ) -> tuple[Draft, Submitted]:
        """Release an approved draft; repeated, it answers the same and sends nothing again.

        A person's call on a pending draft decides and releases. CONFLICT `stale_draft` when a newer
        message has arrived, `not_approved` for an agent's call on a pending one, `changed` when it
        is not at the given version any more.
        """
        actor.require(Permission.SEND)
        draft = await self.draft(actor, draft_id)
        _require_version(draft, version)
        if draft.hold_id is None and draft.submission_id is not None:
            return draft, await self._submission.submission(draft.submission_id)
        if draft.hold_id is None:
            raise conflict("the draft was not submitted", code="not_submitted")
        hold = (await self._approvals.hold(actor, draft.hold_id)).hold
        if hold.status is not HoldStatus.RELEASED:
            await self._require_fresh(actor, draft)
            if hold.status is HoldStatus.PENDING and actor.may_decide:
                await self._approvals.decide(actor, hold.id, Decision.APPROVE, via=via)
            else:
                await self._approvals.release(actor, hold.id, via=via)
        sent = await self.draft(actor, draft_id)
        if sent.submission_id is None:
            raise not_found("message")
        return sent, await self._submission.submission(sent.submission_id)

    async def _require_fresh(self, actor: Actor, draft: Draft) -> None:
        self._require(draft, DraftStatus.PENDING, DraftStatus.APPROVED)
        if draft.based_on_message_id is None:
            return
        _, messages, base = await self._context(_reader(actor), draft)
        if not _is_stale(messages, base):
            return
        if draft.hold_id is not None:
            await self._approvals.withdraw(
                actor, draft.hold_id, via="stale", reason="a newer message arrived"
            )
        stale = replace(
            draft,
            status=DraftStatus.STALE,
            version=draft.version + 1,
            updated_at=self._clock.now(),
        )
        await self._outbound.save_draft(stale, audit(actor, "draft.stale", draft.id, {}))
        raise MailError(
            ErrorKind.CONFLICT,
            "a newer message arrived in this thread since the draft was written",
            code="stale_draft",
            fix="Read the thread again and submit a new draft",
        )

    async def _save(
        self, actor: Actor, inbox: Inbox, draft: Draft, mail: OutgoingMail, action: str
    ) -> None:
        """Store a version, and show it in Drafts in place of the one before."""
        raw, recipients = await compose(inbox, mail, draft.updated_at)
        fields = [(DRAFT_FIELD, str(draft.id))]
        if mail.bcc:
            hidden = recipients[-len(mail.bcc) :]
            fields.append(("Bcc", ", ".join(map(str, hidden))))
        folder = await self._mailboxes.special(actor, inbox.id, SpecialUse.DRAFTS)
        flags = Flag.DRAFT | Flag.SEEN
        shown = await self._mailboxes.stage(
            folder, Appending(raw=prepend(raw, fields), flags=flags)
        )
        entry = audit(actor, action, draft.id, {"version": draft.version})
        await self._outbound.save_draft(draft, entry, shown)

    async def _freeze(
        self, actor: Actor, inbox: Inbox, mail: OutgoingMail, draft: Draft, *, is_fresh: bool
    ) -> Submitted:
        return await self._submission.send(
            actor,
            inbox,
            mail,
            Passage(
                is_held="manual",
                draft_id=draft.id,
                draft_version=draft.version,
                is_plain_reply=is_fresh,
            ),
        )

    async def _context(
        self, actor: Actor, draft: Draft
    ) -> tuple[Inbox, tuple[Message, ...], Message]:
        inbox = await self._mailboxes.inbox(actor, draft.inbox_id)
        if draft.thread_id is None or draft.based_on_message_id is None:
            raise conflict("the draft has no thread", code="not_submitted")
        thread: Thread = await self._mailboxes.thread(actor, draft.thread_id)
        messages = await self._mailboxes.thread_messages(actor, thread)
        return inbox, messages, _find(messages, draft.based_on_message_id)

    @staticmethod
    def _require(draft: Draft, *allowed: DraftStatus) -> None:
        if draft.status not in allowed:
            raise conflict(
                f"the draft is {draft.status.value}",
                code="wrong_draft_status",
                fix="Submit a new draft",
            )


def _answer(inbox: Inbox, base: Message, draft: Draft) -> OutgoingMail:
    """What a draft says as a reply to the message it is based on."""
    content = draft.content
    return Mailer.answer(
        inbox,
        base,
        ReplyMail(
            subject=str(content.get("subject_override") or ""),
            text=_optional(content, "text"),
            html=_optional(content, "html"),
            cc=_strings(content.get("cc")),
            bcc=_strings(content.get("bcc")),
        ),
    )


def _is_bookkeeping(name: bytes, _value: bytes) -> bool:
    """Whether a header field is a mail client's note to itself, or ours."""
    lowered = name.lower()
    return lowered in _BOOKKEEPING or lowered.startswith(b"x-mozilla-")


def _decides(actor: Actor) -> bool:
    """Whether this is an approver, who sees what waits for a decision and no mailbox."""
    return actor.role is Role.APPROVER


def _reader(actor: Actor) -> Actor:
    """Who looks up what a decision of this actor is about: for an approver the server itself."""
    return replace(actor, role=Role.SYSTEM) if _decides(actor) else actor


def _require_version(draft: Draft, version: int | None) -> None:
    if version is not None and draft.version != version:
        raise conflict(
            f"the draft is at version {draft.version}",
            code="changed",
            fix="Look at the draft again and decide on what it says now",
        )


def _find(messages: tuple[Message, ...], message_id: MessageId) -> Message:
    for message in messages:
        if message.id == message_id:
            return message
    raise invalid(
        "based_on_message_id",
        "this message is not in the thread",
        fix="Give the id of the last message you read in it",
    )


def _is_stale(messages: tuple[Message, ...], base: Message) -> bool:
    return any(
        one.direction is Direction.INBOUND and one.saved_at > base.saved_at and one.id != base.id
        for one in messages
    )


def _content(new: NewDraft) -> JsonObject:
    return {
        "text": new.text,
        "html": new.html,
        "subject_override": new.subject_override,
        "cc": list(new.cc),
        "bcc": list(new.bcc),
    }


def _changed(content: JsonObject, change: DraftChange) -> JsonObject:
    updates: dict[str, JsonValue] = {
        "text": change.text,
        "html": change.html,
        "subject_override": change.subject_override,
        "cc": None if change.cc is None else list(change.cc),
        "bcc": None if change.bcc is None else list(change.bcc),
    }
    return {**content, **{key: value for key, value in updates.items() if value is not None}}


def _optional(content: Mapping[str, JsonValue], key: str) -> str | None:
    value = content.get(key)
    return value if isinstance(value, str) else None


def _strings(value: JsonValue) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
