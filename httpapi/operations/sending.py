"""Sending: new mail, replies, forwards, and what became of them. All end at the one door."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field, StrictBool, field_validator

from httpapi.fields import Base64, Flag, Input, Line, Output, Recipients, Text, Timestamp, view
from httpapi.operation import Call, operation
from httpapi.operations.messages import OneMessage
from httpapi.operations.wait import MAX_WAIT_SECONDS
from mailcore.credentials import key_ended
from mailcore.errors import invalid
from mailcore.ids import HoldId, InboxId, MessageId, SubmissionId
from mailcore.message.compose import OutgoingAttachment
from mailcore.model import Permission, RecipientState, SubmissionStatus, Submitted, TlsLevel
from mailcore.outbound.attachments import Attachable, LinkedAttachment
from mailcore.outbound.mailer import ReplyMail
from mailcore.outbound.outgoing import OutgoingMail
from mailcore.outbound.send_time import MAX_CHARS
from mailcore.store.ports import EventFilter

_MAX_ATTACHMENTS = 100
_FINAL: Final = frozenset({"delivered", "failed", "canceled", "bounced", "complained"})
_MAX_NAME_CHARS: Final = 100
_SLICE_SECONDS: Final = 1.0
_BATCH: Final = 100


type SignatureWish = (
    StrictBool | Annotated[Line, Field(min_length=1, max_length=_MAX_NAME_CHARS)] | None
)


class NewAttachment(Input):
    """A file to send along."""

    filename: Line = ""
    """Its name; `attachment` when left out, or as in the URL."""
    content_type: Line = ""
    """Its type; `application/octet-stream`, or what the server of the URL says."""
    content: Base64 | None = None
    """The octets in base64."""
    url: Annotated[Line, Field(max_length=2048)] | None = None
    """Where to fetch it instead, now: a public http or https address."""
    content_id: Line = ""
    """Makes it an inline part that the HTML refers to as `cid:…`."""


def _not_too_many(value: object) -> object:
    if isinstance(value, (list, dict)) and len(value) > _MAX_ATTACHMENTS:
        raise ValueError(f"at most {_MAX_ATTACHMENTS}")
    return value


class Copies(Input):
    """Who else gets a message."""

    cc: Recipients = ()
    """Recipients that everybody sees."""
    bcc: Recipients = ()
    """Recipients that nobody sees."""


class Texts(Copies):
    """What a message says."""

    text: Text | None = None
    """The text; made from `html` when left out."""
    html: Text | None = None
    """The HTML form."""


class Carried(Copies):
    """What every outgoing message may have beside its text."""

    attachments: Annotated[tuple[NewAttachment, ...], Field(max_length=_MAX_ATTACHMENTS)] = ()
    """Files to send along."""
    headers: Annotated[dict[str, Line], Field(max_length=_MAX_ATTACHMENTS)] = Field(
        default_factory=dict
    )
    """Own header fields, such as `X-Ticket`; not those that the server writes."""
    send_at: Annotated[Line, Field(max_length=MAX_CHARS)] = ""
    """When: `2026-02-14T15:30`, `in 30 minutes`, `tomorrow 8am`, `next monday 9am`, `02-14-2026 3:30 PM EST`, `tonight`; in the inbox's time zone. Now when left out."""
    list_unsubscribe: Flag = False
    """Let its one recipient stop mail of this inbox with one click (List-Unsubscribe, RFC 8058)."""
    allow_sensitive: Flag = False
    """Send without the guard's consent: works with the master key only and is ignored otherwise."""
    signature: SignatureWish = None
    """A signature by name or id, `true` for the default, `false` for none; left out as the inbox has it."""

    _bounded = field_validator("attachments", "headers", mode="before")(_not_too_many)

    def files(self) -> tuple[Attachable, ...]:
        """The attachments for the composer."""
        return tuple(_file(number, one) for number, one in enumerate(self.attachments))


def _file(number: int, one: NewAttachment) -> Attachable:
    if (one.content is None) == (one.url is None):
        raise invalid(f"attachments[{number}]", "give either content or url")
    if one.url is not None:
        return LinkedAttachment(
            url=one.url,
            filename=one.filename,
            content_type=one.content_type,
            content_id=one.content_id,
        )
    return OutgoingAttachment(
        filename=one.filename or "attachment",
        content_type=one.content_type or "application/octet-stream",
        content=one.content or b"",
        content_id=one.content_id,
        is_inline=bool(one.content_id),
    )


class Written(Carried, Texts):
    """What somebody writes."""


class SendMessage(Written):
    """A new message."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "to": ["Ann <ann@example.net>"],
                    "subject": "Lamps",
                    "text": "They come on Friday.",
                }
            ]
        }
    )

    identity_id: str | None = None
    """The inbox that sends; may be left out by an agent that has one."""
    to: Recipients
    """Whom it is for."""
    subject: Line = ""
    """The subject."""
    reply_to: Recipients = ()
    """Where answers go, when not to the sender."""


class ReplyMessage(Written, OneMessage):
    """An answer to a message."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "They come on Friday."}]})

    to: Recipients = ()
    """Instead of the recipients that follow from the message."""
    subject: Line = ""
    """Instead of `Re: …`."""


class ForwardMessage(Written, OneMessage):
    """A message sent on, the original attached whole."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "ann@example.net", "text": "For you."}]}
    )

    to: Recipients
    """Whom it is for."""
    subject: Line = ""
    """Instead of `Fwd: …`."""


class Sent(Output):
    """What became of it."""

    id: str
    """The message's id: of its copy in Sent, and of its delivery."""
    thread_id: str | None
    message_id: str
    """The Message-ID header field."""
    status: SubmissionStatus
    """`held` means that a person has to let it through."""
    hold_id: str | None = None
    categories: list[str] = Field(default_factory=list)
    """Why it is held; never what was found."""
    send_at: Timestamp | None = None
    """When it leaves, when it waits for a time."""


class RecipientStatus(Output):
    """How far it is for one recipient."""

    queue_id: int
    recipient: str
    state: RecipientState
    attempts: int
    next_attempt_at: Timestamp | None
    code: int
    """The last SMTP reply code; 0 before the first attempt."""
    reply: str
    """What the recipient's server said last."""
    tls: str
    """Protocol and cipher of the last connection; empty for plain text."""
    tls_level: TlsLevel
    """How well it was protected, from worst to best: empty (no connection), `plain`, `opportunistic`, `verified`, `mta_sts`, `dane`."""


class Delivery(Sent):
    """What became of an outgoing message, recipient by recipient."""

    is_final: bool
    """Whether nothing will change any more for any recipient."""
    recipients: list[RecipientStatus]


async def send_message(call: Call, given: SendMessage) -> Sent:
    """Send a new message. The guard looks at all of it; what it finds fault with is held.

    A held message answers 202 with `status` `held`: a person decides, nothing needs to be repeated.
    """
    submitted = await call.services.submission.send(
        call.actor,
        OutgoingMail(
            inbox_id=InboxId(given.identity_id) if given.identity_id else None,
            to=given.to,
            cc=given.cc,
            bcc=given.bcc,
            subject=given.subject,
            text=given.text,
            html=given.html,
            attachments=given.files(),
            reply_to=given.reply_to,
            headers=tuple(given.headers.items()),
            send_at=given.send_at,
            list_unsubscribe=given.list_unsubscribe,
            allow_sensitive=given.allow_sensitive and call.actor.is_master,
            signature=given.signature,
        ),
        idempotency=call.idempotency,
    )
    return await sent(call, submitted)


async def reply(call: Call, given: ReplyMessage) -> Sent:
    """Answer the sender of a message, from the inbox it is in."""
    return await _reply(call, given, reply_all=False)


async def reply_all(call: Call, given: ReplyMessage) -> Sent:
    """Answer the sender and everybody else the message went to."""
    return await _reply(call, given, reply_all=True)


async def _reply(call: Call, given: ReplyMessage, *, reply_all: bool) -> Sent:
    submitted = await call.services.submission.reply(
        call.actor,
        MessageId(given.message_id),
        _reply_mail(call, given),
        reply_all=reply_all,
        idempotency=call.idempotency,
    )
    return await sent(call, submitted)


async def forward(call: Call, given: ForwardMessage) -> Sent:
    """Send a message on: your text, its text, and the original attached as it is."""
    submitted = await call.services.submission.forward(
        call.actor,
        MessageId(given.message_id),
        _reply_mail(call, given),
        idempotency=call.idempotency,
    )
    return await sent(call, submitted)


def _reply_mail(call: Call, given: ReplyMessage | ForwardMessage) -> ReplyMail:
    return ReplyMail(
        to=given.to,
        cc=given.cc,
        bcc=given.bcc,
        subject=given.subject,
        text=given.text,
        html=given.html,
        attachments=given.files(),
        headers=tuple(given.headers.items()),
        send_at=given.send_at,
        list_unsubscribe=given.list_unsubscribe,
        allow_sensitive=given.allow_sensitive and call.actor.is_master,
        signature=given.signature,
    )


class ReadDelivery(OneMessage):
    """Which message, and how long to wait for its delivery."""

    wait: Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)] = 0
    """Seconds to wait at most until every recipient has its final state."""


async def get_delivery(call: Call, given: ReadDelivery) -> Delivery:
    """How far an outgoing message has come, with each recipient's server's last reply.

    With `wait` the answer comes when nothing will change for any recipient, or when the time is
    over; a message that is held has to wait for a person.
    """
    journal, clock = call.services.journal, call.services.clock
    deadline = clock.monotonic() + given.wait
    cursor = await journal.head()
    while True:
        delivery = await _delivery(call, given)
        left = deadline - clock.monotonic()
        if delivery.is_final or left <= 0 or call.is_stopping():
            return delivery
        where = EventFilter(pod_id=call.actor.pod_id, names=("email.delivered", "email.bounced"))
        _, cursor = await journal.wait(
            cursor, where, timeout_seconds=min(_SLICE_SECONDS, left), limit=_BATCH
        )
        if not await call.services.accounts.is_current(call.actor):
            raise key_ended()


async def _delivery(call: Call, given: OneMessage) -> Delivery:
    submitted, items = await call.services.submission.submission(
        call.actor, SubmissionId(given.message_id)
    )
    head = await sent(call, submitted)
    return view(
        Delivery,
        head,
        is_final=all(one.state.value in _FINAL for one in items),
        recipients=[
            RecipientStatus(
                queue_id=one.id,
                recipient=str(one.recipient),
                state=one.state,
                attempts=one.attempts,
                next_attempt_at=one.next_at if one.state.value in ("scheduled", "due") else None,
                code=one.last_code,
                reply=one.last_reply,
                tls=one.last_tls,
                tls_level=one.last_tls_level,
            )
            for one in items
        ],
    )


async def sent(call: Call, submitted: Submitted) -> Sent:
    """A submission as the API answers it."""
    return Sent(
        id=submitted.id,
        thread_id=submitted.thread_id,
        message_id=submitted.message_id,
        status=submitted.status,
        send_at=submitted.envelope.terms.release_at,
        hold_id=submitted.hold_id,
        categories=await _categories(call, submitted.hold_id),
    )


async def _categories(call: Call, hold_id: HoldId | None) -> list[str]:
    if hold_id is None:
        return []
    view = await call.services.approvals.hold(call.actor, hold_id)
    return list(view.hold.categories)


OPERATIONS = (
    operation(
        name="send_message",
        method="POST",
        path="/v1/messages",
        summary="Send a message",
        tag="Messages",
        input=SendMessage,
        output=Sent,
        success=202,
        conflicts=("idempotency_mismatch",),
        takes_idempotency_key=True,
        needs=Permission.SEND,
        function=send_message,
        tool="Send a new message. It may be held until a person approves it.",
    ),
    operation(
        name="reply",
        method="POST",
        path="/v1/messages/{message_id}/reply",
        summary="Reply to the sender",
        tag="Messages",
        input=ReplyMessage,
        output=Sent,
        success=202,
        conflicts=("idempotency_mismatch",),
        takes_idempotency_key=True,
        needs=Permission.SEND,
        function=reply,
        tool="Reply to the sender of a message. It may be held until a person approves it.",
    ),
    operation(
        name="reply_all",
        method="POST",
        path="/v1/messages/{message_id}/reply-all",
        summary="Reply to all",
        tag="Messages",
        input=ReplyMessage,
        output=Sent,
        success=202,
        conflicts=("idempotency_mismatch",),
        takes_idempotency_key=True,
        needs=Permission.SEND,
        function=reply_all,
        tool="Reply to everybody on a message. It may be held until a person approves it.",
    ),
    operation(
        name="forward",
        method="POST",
        path="/v1/messages/{message_id}/forward",
        summary="Forward a message",
        tag="Messages",
        input=ForwardMessage,
        output=Sent,
        success=202,
        conflicts=("idempotency_mismatch",),
        takes_idempotency_key=True,
        needs=Permission.SEND,
        function=forward,
        tool="Forward a message to others. It may be held until a person approves it.",
    ),
    operation(
        name="get_delivery",
        method="GET",
        path="/v1/messages/{message_id}/delivery",
        summary="See how far a message has come",
        tag="Messages",
        input=ReadDelivery,
        output=Delivery,
        function=get_delivery,
        tool="See what became of a message you sent, recipient by recipient.",
    ),
)
