"""The journal's public events: one dataclass each; its docstring is the public documentation.

`body` is what consumers get as `data`. Internal rows (`mailbox.*`, bookkeeping) are not here.
"""

from dataclasses import dataclass
from typing import ClassVar

from mailcore.model import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailReceived:
    """A message arrived and is in a mailbox of the inbox; `security` is the guard's level."""

    name: ClassVar[str] = "email.received"
    message_id: str
    thread_id: str
    inbox_id: str
    folder: str
    uid: int
    subject: str
    sender: str
    preview: str
    security: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailUpdated:
    """Flags, labels or folder of messages changed; `message_ids` lists at most 1,000 of `count`."""

    name: ClassVar[str] = "email.updated"
    inbox_id: str
    folder: str
    count: int
    message_ids: list[str]
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDeleted:
    """Messages were removed for good; `message_ids` lists at most 1,000 of `count`."""

    name: ClassVar[str] = "email.deleted"
    inbox_id: str
    folder: str
    count: int
    message_ids: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSent:
    """An outgoing message passed the door (or was let through) and is on its way."""

    name: ClassVar[str] = "email.sent"
    message_id: str
    thread_id: str
    inbox_id: str
    subject: str
    recipients: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDelivered:
    """A recipient's server took the message; `reply` is its answer."""

    name: ClassVar[str] = "email.delivered"
    message_id: str
    inbox_id: str
    recipient: str
    remote: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailBounced:
    """A recipient could not be reached, at once or later; `reply` says why.

    `bounce_type` is `hard` when the address does not exist, else `soft`.
    """

    name: ClassVar[str] = "email.bounced"
    message_id: str
    inbox_id: str
    recipient: str
    code: int
    reply: str
    bounce_type: str = "soft"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailComplained:
    """A recipient called a message spam; they get no mail any more."""

    name: ClassVar[str] = "email.complained"
    message_id: str
    inbox_id: str
    recipient: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailScheduled:
    """A message waits for its time, or for another one than before."""

    name: ClassVar[str] = "email.scheduled"
    message_id: str
    thread_id: str
    inbox_id: str
    send_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCanceled:
    """A message that waited for its time was taken back."""

    name: ClassVar[str] = "email.canceled"
    message_id: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRejected:
    """A held message will not leave: it was rejected, withdrawn, or not decided in time."""

    name: ClassVar[str] = "email.rejected"
    message_id: str
    inbox_id: str
    hold_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailHeld:
    """An outgoing message waits for a person; `categories` say why, never the matched text."""

    name: ClassVar[str] = "email.held"
    message_id: str
    thread_id: str
    inbox_id: str
    hold_id: str
    categories: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCreated:
    """A hold was opened and its approvers are being told."""

    name: ClassVar[str] = "hold.created"
    hold_id: str
    message_id: str
    inbox_id: str
    subject: str
    categories: list[str]
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDecided:
    """A person decided a hold: `status` is released, approved or rejected; `via` says how."""

    name: ClassVar[str] = "hold.decided"
    hold_id: str
    message_id: str
    inbox_id: str
    status: str
    via: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReminded:
    """A hold that still waits is told of again: by its reminders, on request, or for a second person."""

    name: ClassVar[str] = "hold.reminded"
    hold_id: str
    message_id: str
    inbox_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldExpired:
    """Nobody decided a hold in time; it counts as rejected."""

    name: ClassVar[str] = "hold.expired"
    hold_id: str
    message_id: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCreated:
    """A draft was saved or submitted."""

    name: ClassVar[str] = "draft.created"
    draft_id: str
    thread_id: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftApproved:
    """A draft's hold was approved."""

    name: ClassVar[str] = "draft.approved"
    draft_id: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRejected:
    """A draft's hold was rejected."""

    name: ClassVar[str] = "draft.rejected"
    draft_id: str
    inbox_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSent:
    """An approved draft left."""

    name: ClassVar[str] = "draft.sent"
    draft_id: str
    inbox_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStale:
    """A draft was stopped because a newer message had arrived in its thread."""

    name: ClassVar[str] = "draft.stale"
    draft_id: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainVerified:
    """A domain's DNS was found to be ours."""

    name: ClassVar[str] = "domain.verified"
    domain_id: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderPending:
    """Mail of a sender nobody has decided about is in quarantine. Agents never see this event."""

    name: ClassVar[str] = "sender.pending"
    quarantine_id: str
    inbox_id: str
    sender: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderApproved:
    """A person trusts a sender from now on; what was held of it arrives as `email.received`."""

    name: ClassVar[str] = "sender.approved"
    inbox_id: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderBlocked:
    """A person blocked a sender; what was held of it is gone. Agents never see this event."""

    name: ClassVar[str] = "sender.blocked"
    inbox_id: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainKeysChanged:
    """Other keys sign a domain's mail now: `selectors` are those of the active ones."""

    name: ClassVar[str] = "domain.keys_changed"
    domain_id: str
    domain: str
    selectors: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRemoved:
    """A domain is not one of this server any more."""

    name: ClassVar[str] = "domain.removed"
    domain_id: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCreated:
    """An agent was made."""

    name: ClassVar[str] = "agent.created"
    agent_id: str
    agent: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUpdated:
    """An agent's record changed."""

    name: ClassVar[str] = "agent.updated"
    agent_id: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStopped:
    """An agent was stopped: its keys and logins are refused."""

    name: ClassVar[str] = "agent.stopped"
    agent_id: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResumed:
    """A stopped agent works again."""

    name: ClassVar[str] = "agent.resumed"
    agent_id: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPaused:
    """An agent tried too often to send what was stopped: its mail waits until the owner resumes it.

    Only its owner hears this.
    """

    name: ClassVar[str] = "agent.paused"
    agent_id: str
    pause_id: str
    attempts: int
    hold_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDeleted:
    """An agent and its keys are gone."""

    name: ClassVar[str] = "agent.deleted"
    agent_id: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssigned:
    """An agent has a task to do; its assignee hears this."""

    name: ClassVar[str] = "task.assigned"
    task_id: str
    task_type: str
    assigner: str
    inbox_id: str
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskClaimed:
    """Somebody works on a task; its assigner hears this."""

    name: ClassVar[str] = "task.claimed"
    task_id: str
    task_type: str
    claimed_by: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted:
    """A task has its result, which `GET /v1/tasks/{id}` gives; its assigner hears this."""

    name: ClassVar[str] = "task.completed"
    task_id: str
    task_type: str
    completed_by: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailed:
    """Whoever had a task gave up; its assigner hears this."""

    name: ClassVar[str] = "task.failed"
    task_id: str
    task_type: str
    failed_by: str
    error: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskExpired:
    """The time of a task was over before it was done; its assigner hears this."""

    name: ClassVar[str] = "task.expired"
    task_id: str
    task_type: str
    inbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCanceled:
    """A task need not be done any more; its assignee hears this."""

    name: ClassVar[str] = "task.canceled"
    task_id: str
    task_type: str
    inbox_id: str


type PublicEvent = (
    EmailReceived
    | EmailUpdated
    | EmailDeleted
    | EmailSent
    | EmailDelivered
    | EmailBounced
    | EmailComplained
    | EmailScheduled
    | EmailCanceled
    | EmailRejected
    | EmailHeld
    | HoldCreated
    | HoldDecided
    | HoldReminded
    | HoldExpired
    | DraftCreated
    | DraftApproved
    | DraftRejected
    | DraftSent
    | DraftStale
    | SenderPending
    | SenderApproved
    | SenderBlocked
    | DomainVerified
    | DomainKeysChanged
    | DomainRemoved
    | TaskAssigned
    | TaskClaimed
    | TaskCompleted
    | TaskFailed
    | TaskExpired
    | TaskCanceled
    | AgentCreated
    | AgentUpdated
    | AgentStopped
    | AgentResumed
    | AgentPaused
    | AgentDeleted
)


def body(event: PublicEvent) -> JsonObject:
    """The event's fields as JSON values."""
    return {name: getattr(event, name) for name in event.__slots__}
