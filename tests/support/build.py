"""Builders for store tests: facts with defaults, and the few steps every test starts with."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mailcore.address import Address, parse_address
from mailcore.ids import (
    DEFAULT_POD,
    AgentId,
    DomainId,
    DraftId,
    HoldId,
    InboxId,
    KeyId,
    MessageId,
    PodId,
    SubmissionId,
    new_id,
)
from mailcore.model import (
    INBOX,
    Agent,
    AgentStatus,
    Decision,
    Direction,
    Domain,
    DomainStatus,
    Draft,
    DraftStatus,
    Envelope,
    Flag,
    Inbox,
    JsonObject,
    Key,
    KeyRole,
    MailboxAddress,
    MessageFacts,
    Security,
    TrustGate,
)
from mailcore.store.ports import (
    Audit,
    DecideRequest,
    IdempotencyEntry,
    NewHold,
    NewMessage,
    NewRecipient,
    NewSubmission,
    Placed,
    StoredKey,
    StoredPassword,
    Stores,
)

NOW = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)
NO_FLAGS = Flag(0)
RAW = b"From: Ann <ann@outside.test>\r\nTo: mia@here.test\r\nSubject: Hello\r\n\r\nHello.\r\n"


def audit(action: str = "test.act", subject: str = "thing", *, actor: str = "master") -> Audit:
    """What a change leaves in the audit log."""
    return Audit(pod_id=DEFAULT_POD, actor=actor, action=action, subject=subject)


def person(text: str) -> MailboxAddress:
    """`Name <address>` or a bare address as a header mailbox."""
    name, _, address = text.rpartition(" ")
    return MailboxAddress(name=name, address=address.strip("<>"))


def message_facts(
    raw: bytes = RAW,
    *,
    subject: str = "Hello",
    sender: str = "Ann <ann@outside.test>",
    to: Sequence[str] = ("mia@here.test",),
    cc: Sequence[str] = (),
    bcc: Sequence[str] = (),
    date: datetime | None = NOW,
    message_id: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    preview: str = "Hello.",
    size_bytes: int | None = None,
) -> MessageFacts:
    """Facts of `raw` as delivery would compute them; each call has its own Message-ID."""
    return MessageFacts(
        size_bytes=len(raw) if size_bytes is None else size_bytes,
        header_size_bytes=raw.find(b"\r\n\r\n") + 4,
        sha256=hashlib.sha256(raw).digest(),
        subject=subject,
        sender=person(sender) if sender else None,
        to=tuple(map(person, to)),
        cc=tuple(map(person, cc)),
        bcc=tuple(map(person, bcc)),
        reply_to=(),
        date=date,
        message_id=message_id or f"{new_id()}@outside.test",
        in_reply_to=in_reply_to,
        references=tuple(references),
        envelope=b"(ENVELOPE)",
        body=b"(BODY)",
        body_structure=b"(BODYSTRUCTURE)",
        parts=b"",
        preview=preview,
        attachments=(),
    )


def domain(name: str = "here.test", *, pod_id: PodId = DEFAULT_POD) -> Domain:
    """A verified local domain."""
    return Domain(
        id=DomainId(new_id()),
        pod_id=pod_id,
        name=name,
        status=DomainStatus.VERIFIED,
        ownership_token="token",
        created_at=NOW,
        verified_at=NOW,
    )


def agent(name: str = "mia", *, pod_id: PodId = DEFAULT_POD) -> Agent:
    """An active agent."""
    return Agent(
        id=AgentId(new_id()),
        pod_id=pod_id,
        name=name,
        role="assistant",
        owner_name="Owner",
        status=AgentStatus.ACTIVE,
        is_persistent=False,
        metadata={},
        created_at=NOW,
        last_activity_at=None,
    )


def inbox(domain_id: DomainId, *, local: str = "mia", agent_id: AgentId | None = None) -> Inbox:
    """An active inbox at here.test."""
    return Inbox(
        id=InboxId(new_id()),
        pod_id=DEFAULT_POD,
        agent_id=agent_id,
        person_id=None,
        domain_id=domain_id,
        address=Address(local, "here.test"),
        display_name=local.title(),
        is_active=True,
        trust_gate=TrustGate.OFF,
        created_at=NOW,
    )


def stored_key(agent_id: AgentId | None = None, *, hash_: bytes | None = None) -> StoredKey:
    """An agent's key, or the master's when there is no agent."""
    key = Key(
        id=KeyId(new_id()),
        pod_id=DEFAULT_POD,
        role=KeyRole.AGENT if agent_id else KeyRole.MASTER,
        name="key",
        prefix="cs_test",
        agent_id=agent_id,
        person_id=None,
        created_at=NOW,
        expires_at=None,
        revoked_at=None,
        last_used_at=None,
    )
    return StoredKey(key=key, hash=hash_ or new_id().encode())


async def create_inbox(stores: Stores, name: str = "mia") -> Inbox:
    """An agent with its inbox `name@here.test` in the store; the domain is made when missing."""
    found = await stores.accounts.domain_by_name("here.test")
    if found is None:
        found = domain()
        await stores.accounts.create_domain(found, (), audit())
    new_agent = agent(name)
    new_inbox = inbox(found.id, local=name, agent_id=new_agent.id)
    password = StoredPassword(inbox_id=new_inbox.id, hash="$argon2id$test")
    await stores.accounts.create_agent(
        new_agent, new_inbox, stored_key(new_agent.id), password, audit("agent.create")
    )
    return new_inbox


def new_message(
    to_inbox: Inbox,
    raw: bytes = RAW,
    *,
    facts: MessageFacts | None = None,
    mailbox: str = INBOX,
    message_id: str = "",
    flags: Flag = NO_FLAGS,
    keywords: Sequence[str] = (),
    internal_date: datetime = NOW,
    direction: Direction = Direction.INBOUND,
    dedupe_key: bytes | None = None,
    security: Security | None = None,
    event: str | None = "email.received",
    is_exempt: bool = False,
) -> NewMessage:
    """A message to place."""
    return NewMessage(
        id=MessageId(message_id or new_id()),
        inbox_id=to_inbox.id,
        mailbox=mailbox,
        raw=raw,
        facts=facts or message_facts(raw),
        flags=flags,
        keywords=tuple(keywords),
        internal_date=internal_date,
        direction=direction,
        security=security or Security(),
        dedupe_key=dedupe_key,
        event=event,
        is_exempt=is_exempt,
    )


async def deliver(
    stores: Stores,
    to_inbox: Inbox,
    *,
    raw: bytes = RAW,
    facts: MessageFacts | None = None,
    mailbox: str = INBOX,
    flags: Flag = NO_FLAGS,
    keywords: Sequence[str] = (),
    internal_date: datetime = NOW,
    direction: Direction = Direction.INBOUND,
    dedupe_key: bytes | None = None,
    event: str | None = "email.received",
) -> Placed:
    """Store bytes and place one message, as delivery does."""
    new = new_message(
        to_inbox,
        raw,
        facts=facts or message_facts(raw),
        mailbox=mailbox,
        flags=flags,
        keywords=keywords,
        internal_date=internal_date,
        direction=direction,
        dedupe_key=dedupe_key,
        event=event,
    )
    (placed,) = await stores.mail.deliver([new])
    return placed


def hold(
    *,
    expires_at: datetime = NOW + timedelta(days=3),
    draft_id: DraftId | None = None,
    draft_version: int = 1,
    agent_id: AgentId | None = None,
    subject: str = "hello",
) -> NewHold:
    """A hold the guard asked for."""
    finding: JsonObject = {"rule": "password", "masked": "hun…9!"}
    return NewHold(
        id=HoldId(new_id()),
        reason="guard",
        subject=subject,
        categories=("credentials",),
        findings=(finding,),
        expires_at=expires_at,
        agent_id=agent_id,
        draft_id=draft_id,
        draft_version=draft_version,
    )


async def new_submission(
    stores: Stores,
    from_inbox: Inbox | None,
    *,
    to: Sequence[str] = ("ann@outside.test",),
    local: Sequence[str] = (),
    facts: MessageFacts | None = None,
    held: NewHold | None = None,
    send_at: datetime | None = None,
    with_sent_copy: bool = True,
    idempotency: IdempotencyEntry | None = None,
) -> NewSubmission:
    """A submission whose bytes are in the spool; with a Sent copy unless it is held."""
    known = facts or message_facts(sender="mia@here.test", to=to)
    submission_id = SubmissionId(new_id())
    recipients = tuple(map(parse_address, (*to, *local)))
    has_copy = from_inbox is not None and held is None and with_sent_copy
    return NewSubmission(
        id=submission_id,
        pod_id=DEFAULT_POD,
        inbox_id=from_inbox.id if from_inbox else None,
        actor="agent:mia",
        envelope=Envelope(
            mail_from=from_inbox.address if from_inbox else None, recipients=recipients
        ),
        recipients=tuple(
            NewRecipient(address=address, is_local=str(address) in local) for address in recipients
        ),
        raw=RAW,
        digest=hashlib.sha256(submission_id.encode()).digest(),
        facts=known,
        verdict={"ruling": "hold" if held else "allow"},
        hold=held,
        send_at=send_at,
        sent_copy=await sent_copy(stores, from_inbox, submission_id, known)
        if has_copy and from_inbox
        else None,
        is_system=from_inbox is None,
        idempotency=idempotency,
        audit=audit("message.submit", submission_id),
    )


async def sent_copy(
    _stores: Stores, from_inbox: Inbox, submission_id: SubmissionId, facts: MessageFacts
) -> NewMessage:
    """The copy for Sent."""
    return new_message(
        from_inbox,
        RAW,
        facts=facts,
        mailbox="Sent",
        message_id=submission_id,
        flags=Flag.SEEN,
        direction=Direction.OUTBOUND,
        event="email.sent",
    )


def decision(
    new: NewSubmission,
    *,
    approve: bool = True,
    release: bool = True,
    copy: NewMessage | None = None,
    digest: bytes | None = None,
    version: int = 1,
    token_id: str | None = None,
) -> DecideRequest:
    """A person's decision on the hold of a submission."""
    assert new.hold is not None
    return DecideRequest(
        hold_id=new.hold.id,
        decision=Decision.APPROVE if approve else Decision.REJECT,
        digest=digest or new.digest,
        version=version,
        decided_by="master",
        decided_via="api",
        reason="looked at it",
        release=release and approve,
        sent_copy=copy,
        token_id=token_id,
        at=NOW,
        audit=audit("hold.decide", new.hold.id),
    )


def draft(in_inbox: Inbox, *, version: int = 1, draft_id: DraftId | None = None) -> Draft:
    """A draft being edited."""
    return Draft(
        id=draft_id or DraftId(new_id()),
        pod_id=DEFAULT_POD,
        inbox_id=in_inbox.id,
        thread_id=None,
        based_on_message_id=None,
        status=DraftStatus.EDITING,
        content={"to": ["ann@outside.test"], "subject": f"Version {version}"},
        rationale="answers her question",
        metadata={},
        version=version,
        hold_id=None,
        submission_id=None,
        created_at=NOW,
        updated_at=NOW,
    )
