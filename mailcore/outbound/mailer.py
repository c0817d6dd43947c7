"""Sending for API callers: new mail, replies, forwards — each ends at the one door.

Which inbox sends and who receives a reply is worked out here; whether it may leave is not.
"""

from dataclasses import dataclass, replace

from mailcore.address import parse_address
from mailcore.errors import MailError, invalid, not_found
from mailcore.ids import InboxId, MessageId, SubmissionId
from mailcore.mailboxes import Mailboxes
from mailcore.message import reply
from mailcore.message.parse import readable
from mailcore.message.signing_off import as_html, signed_html, signed_text
from mailcore.model import (
    Actor,
    Direction,
    Inbox,
    MailboxAddress,
    Message,
    QueueItem,
    Submitted,
)
from mailcore.outbound.attachments import Attachable
from mailcore.outbound.outgoing import OutgoingMail
from mailcore.outbound.submit import Passage, Submission
from mailcore.signatures import Signatures, Wish
from mailcore.store.ports import IdempotencyEntry, OutboundStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyMail:
    """What a reply or forward says. Recipients given here replace (reply) or are (forward) the derived ones."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attachable, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    allow_sensitive: bool = False
    send_at: str = ""
    list_unsubscribe: bool = False
    signature: Wish = None


class Mailer:
    """The sending verbs of the API and of agents' tools."""

    def __init__(
        self,
        *,
        submission: Submission,
        mailboxes: Mailboxes,
        outbound: OutboundStore,
        signatures: Signatures,
    ) -> None:
        self._submission = submission
        self._mailboxes = mailboxes
        self._outbound = outbound
        self._signatures = signatures

    async def send(
        self, actor: Actor, mail: OutgoingMail, *, idempotency: IdempotencyEntry | None = None
    ) -> Submitted:
        """Send new mail from the named inbox, or from the actor's only one."""
        inbox = await self._inbox(actor, mail.inbox_id)
        passage = Passage(allow_sensitive=mail.allow_sensitive, idempotency=idempotency)
        return await self._submission.send(actor, inbox, await self._signed(inbox, mail), passage)

    async def reply(
        self,
        actor: Actor,
        message_id: MessageId,
        mail: ReplyMail,
        *,
        reply_all: bool = False,
        idempotency: IdempotencyEntry | None = None,
    ) -> Submitted:
        """Answer a message from the inbox it is in; recipients are derived (RFC 5322 §3.6.3)."""
        message = await self._mailboxes.message(actor, message_id)
        inbox = await self._mailboxes.inbox(actor, message.inbox_id)
        return await self._submission.send(
            actor,
            inbox,
            await self._signed(inbox, self.answer(inbox, message, mail, reply_all=reply_all)),
            Passage(allow_sensitive=mail.allow_sensitive, idempotency=idempotency),
        )

    @staticmethod
    def answer(
        inbox: Inbox, message: Message, mail: ReplyMail, *, reply_all: bool = False
    ) -> OutgoingMail:
        """The reply as a message: recipients, subject and threading fields filled in."""
        if message.direction is Direction.OUTBOUND:
            to, cc = message.facts.to, message.facts.cc if reply_all else ()
        else:
            to, cc = reply.reply_recipients(message.facts, inbox.address, reply_all=reply_all)
        in_reply_to, references = reply.reply_references(message.facts)
        return OutgoingMail(
            inbox_id=inbox.id,
            to=mail.to or _texts(to),
            cc=mail.cc or _texts(cc),
            bcc=mail.bcc,
            subject=mail.subject or reply.reply_subject(message.facts.subject),
            text=mail.text,
            html=mail.html,
            attachments=mail.attachments,
            headers=mail.headers,
            send_at=mail.send_at,
            list_unsubscribe=mail.list_unsubscribe,
            in_reply_to=in_reply_to,
            references=references,
            allow_sensitive=mail.allow_sensitive,
            signature=mail.signature,
        )

    async def forward(
        self,
        actor: Actor,
        message_id: MessageId,
        mail: ReplyMail,
        *,
        idempotency: IdempotencyEntry | None = None,
    ) -> Submitted:
        """Send a message on: its text below the caller's, the original with all its parts attached."""
        if not mail.to:
            raise invalid("to", "name at least one recipient")
        message = await self._mailboxes.message(actor, message_id)
        inbox = await self._mailboxes.inbox(actor, message.inbox_id)
        raw = await self._mailboxes.raw(message)
        text = None if mail.html and not mail.text else mail.text or ""
        text, html = await self._with_signature(inbox, mail.signature, text, mail.html)
        shown = readable(raw).text
        original = reply.original_attachment(raw, message.facts)
        outgoing = OutgoingMail(
            inbox_id=inbox.id,
            to=mail.to,
            cc=mail.cc,
            bcc=mail.bcc,
            subject=mail.subject or reply.forward_subject(message.facts.subject),
            text=None if text is None else reply.forward_text(message.facts, shown, text),
            html=reply.forward_html(message.facts, shown, html) if html else None,
            attachments=(*mail.attachments, original),
            headers=mail.headers,
            send_at=mail.send_at,
            list_unsubscribe=mail.list_unsubscribe,
            references=(message.facts.message_id,) if message.facts.message_id else (),
        )
        passage = Passage(allow_sensitive=mail.allow_sensitive, idempotency=idempotency)
        return await self._submission.send(actor, inbox, outgoing, passage)

    async def submission(
        self, actor: Actor, submission_id: SubmissionId
    ) -> tuple[Submitted, tuple[QueueItem, ...]]:
        """What became of an outgoing message, recipient by recipient."""
        submitted = await self._submission.submission(submission_id)
        if submitted.inbox_id is None:
            raise not_found("message")
        try:
            await self._mailboxes.inbox(actor, submitted.inbox_id)
        except MailError as error:
            raise not_found("message") from error
        return submitted, await self._outbound.recipients(submission_id)

    async def _signed(self, inbox: Inbox, mail: OutgoingMail) -> OutgoingMail:
        text, html = await self._with_signature(inbox, mail.signature, mail.text, mail.html)
        return replace(mail, text=text, html=html)

    async def _with_signature(
        self, inbox: Inbox, wanted: Wish, text: str | None, html: str | None
    ) -> tuple[str | None, str | None]:
        """Text and HTML with the signature that is asked for, or that the inbox puts below all."""
        signature = await self._signatures.chosen(inbox, wanted)
        if signature is None:
            return text, html
        markup = signature.html or as_html(signature.text)
        return (
            None if text is None else signed_text(text, signature.text),
            None if html is None else signed_html(html, markup),
        )

    async def _inbox(self, actor: Actor, inbox_id: InboxId | None) -> Inbox:
        if inbox_id is not None:
            return await self._mailboxes.inbox(actor, inbox_id)
        usable = await self._mailboxes.inboxes(actor)
        own = [one for one in usable if one.agent_id is not None]
        if len(own) == 1:
            return own[0]
        raise invalid(
            "identity_id",
            "say which inbox sends" if own else "there is no inbox to send from",
            fix="Take an id from GET /v1/identities",
        )


def _texts(mailboxes: tuple[MailboxAddress, ...]) -> tuple[str, ...]:
    return tuple(str(parse_address(one.address, path="to")) for one in mailboxes)
