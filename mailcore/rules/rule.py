"""What a rule is: when it is asked, its condition tree, and what it asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mailcore.ids import AgentId, InboxId, PodId, RuleId
from mailcore.model import JsonObject, ThreadStatus


class Trigger(StrEnum):
    """The event that a rule is asked at."""

    EMAIL_RECEIVED = "email.received"
    EMAIL_SENT = "email.sent"
    EMAIL_DELIVERED = "email.delivered"
    EMAIL_BOUNCED = "email.bounced"
    DRAFT_CREATED = "draft.created"
    DRAFT_APPROVED = "draft.approved"
    DRAFT_SENT = "draft.sent"
    DRAFT_STALE = "draft.stale"


class FieldKind(StrEnum):
    """What the values of a field are."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"


FIELDS: Final[Mapping[str, tuple[FieldKind, str]]] = {
    "sender": (FieldKind.TEXT, "the address of From"),
    "recipient": (FieldKind.TEXT, "every address of To and Cc, and of the envelope"),
    "subject": (FieldKind.TEXT, "the subject"),
    "text": (FieldKind.TEXT, "the first 65,536 characters of the readable text"),
    "word_count": (FieldKind.NUMBER, "words of the text, without what is quoted below"),
    "size": (FieldKind.NUMBER, "octets of the message"),
    "has_attachment": (FieldKind.FLAG, "whether there is an attachment"),
    "attachment.name": (FieldKind.TEXT, "the file name of any attachment"),
    "attachment.type": (FieldKind.TEXT, "the declared type of any attachment, as image/png"),
    "attachment.size": (FieldKind.NUMBER, "octets of any attachment"),
    "contact.status": (
        FieldKind.TEXT,
        "trusted, pending, blocked or unknown: the sender's, or the recipient's of what leaves",
    ),
    "contact.tag": (FieldKind.TEXT, "any tag of that contact"),
    "thread.id": (FieldKind.TEXT, "the id of the thread; empty for one that is not there yet"),
    "thread.status": (FieldKind.TEXT, "open, waiting, draft_pending or closed, before the message"),
    "thread.messages": (FieldKind.NUMBER, "messages in the thread, before this one on arrival"),
    "thread.is_reply": (FieldKind.FLAG, "whether it answers another message"),
    "verdict.score": (FieldKind.NUMBER, "the score of the inbound guard"),
    "verdict.level": (
        FieldKind.TEXT,
        "clean, warning, spam, internal or unscanned; clean or held for what leaves",
    ),
    "verdict.category": (FieldKind.TEXT, "any category of the guard's findings"),
    "auth.dmarc": (FieldKind.TEXT, "the result of DMARC: pass, fail, none, …"),
}
"""What conditions may look at."""


class Operator(StrEnum):
    """How a condition compares. Text is compared without regard to case."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"
    """A regular expression of RE2, found anywhere."""
    IN = "in"
    """One of a list."""
    GREATER_THAN = "greater_than"
    LESS_THAN = "less_than"


OPERATORS: Final[Mapping[FieldKind, frozenset[Operator]]] = {
    FieldKind.TEXT: frozenset(Operator) - {Operator.GREATER_THAN, Operator.LESS_THAN},
    FieldKind.NUMBER: frozenset(
        {Operator.EQUALS, Operator.IN, Operator.GREATER_THAN, Operator.LESS_THAN}
    ),
    FieldKind.FLAG: frozenset({Operator.EQUALS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """A leaf: true when any value of the field compares so with any of `texts` or `numbers`."""

    path: str
    """Where it stands in the rule: `when.and[0]`."""
    field: str
    operator: Operator
    texts: tuple[str, ...] = ()
    """Case-folded."""
    numbers: tuple[float, ...] = ()
    flag: bool = False
    pattern: Any = None
    """The compiled expression of `matches`; RE2 has no types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """True when every part is; `and`."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True when any part is; `or`."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """True when its part is not."""

    part: "Condition"


type Condition = Compare | AllOf | AnyOf | Not


class ActionKind(StrEnum):
    """What a rule may ask for."""

    TAG = "tag"
    UNTAG = "untag"
    SET_THREAD_STATUS = "set_thread_status"
    URGENT = "urgent"
    MARK_READ = "mark_read"
    STAR = "star"
    DELETE = "delete"
    MOVE = "move"
    FORWARD = "forward"
    AUTO_REPLY = "auto_reply"
    ASSIGN = "assign"
    APPROVE = "approve"
    REQUIRE_APPROVAL = "require_approval"
    SKIP = "skip"


AT_THE_DOOR: Final = frozenset({ActionKind.APPROVE, ActionKind.REQUIRE_APPROVAL})
"""Decided before mail leaves."""
LATER: Final = frozenset({ActionKind.FORWARD, ActionKind.AUTO_REPLY, ActionKind.ASSIGN})
"""Done after the transaction that a rule matched in, once."""
_OF_THREADS: Final = frozenset({ActionKind.SET_THREAD_STATUS, ActionKind.URGENT, ActionKind.ASSIGN})
_OF_SENT: Final = _OF_THREADS | {
    *(ActionKind.TAG, ActionKind.UNTAG, ActionKind.STAR, ActionKind.MOVE, ActionKind.FORWARD),
}
ALLOWED: Final[Mapping[Trigger, frozenset[ActionKind]]] = {
    Trigger.EMAIL_RECEIVED: frozenset(ActionKind) - AT_THE_DOOR,
    Trigger.EMAIL_SENT: _OF_SENT | AT_THE_DOOR,
    Trigger.EMAIL_DELIVERED: _OF_SENT,
    Trigger.EMAIL_BOUNCED: _OF_SENT,
    Trigger.DRAFT_CREATED: _OF_THREADS | AT_THE_DOOR,
    Trigger.DRAFT_APPROVED: _OF_THREADS,
    Trigger.DRAFT_SENT: _OF_THREADS,
    Trigger.DRAFT_STALE: _OF_THREADS,
}
"""What each trigger can lead to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do, with what it needs."""

    kind: ActionKind
    tag: str = ""
    """A keyword."""
    status: ThreadStatus = ThreadStatus.OPEN
    folder: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    days: int = 7
    """An auto-reply goes to a sender once in so many days."""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the owner (`agent_id` None) or of an agent, for one inbox or all of its maker's."""

    id: RuleId
    pod_id: PodId
    agent_id: AgentId | None
    inbox_id: InboxId | None
    name: str
    trigger: Trigger
    when: JsonObject | None
    """The condition tree as given; None matches everything."""
    condition: Condition | None
    """The same, read."""
    actions: tuple[Action, ...]
    priority: int
    """Lower is asked first."""
    stops: bool
    """Whether a match ends the chain: the owner's for all, an agent's for its own."""
    is_enabled: bool
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def is_owners(self) -> bool:
        """Whether the owner made it."""
        return self.agent_id is None

    @property
    def approves(self) -> bool:
        """Whether it lets mail pass without a person; then it must match for every recipient."""
        return any(one.kind is ActionKind.APPROVE for one in self.actions)

    @property
    def order(self) -> tuple[bool, int, str]:
        """Its place in the chain: the owner's rules come before an agent's."""
        return not self.is_owners, self.priority, self.id


def chain(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Rules in the order in which they are asked."""
    return tuple(sorted(rules, key=lambda one: one.order))
