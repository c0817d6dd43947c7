"""What NOTIFY has asked a session to be told (RFC 5465), and what it was told of its mailboxes last.

The journal's hints only mark it stale; comparing two lists of mailboxes says what happened, whoever
did it, and nothing is lost when hints come together.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from imapd.commands import EventGroup, FilterKind, NotifyEvent
from imapd.fetch import FetchItem
from imapd.mailbox_filters import matches
from imapd.notify import MESSAGE_EVENTS
from mailcore.ids import MailboxId
from mailcore.model import Mailbox

type Annotations = dict[MailboxId | None, dict[str, int]]
"""Hashes of values by entry and mailbox; None is the inbox itself."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """The groups of the last NOTIFY."""

    selected: EventGroup | None = None
    others: tuple[EventGroup, ...] = ()
    known: Mapping[MailboxId, Mailbox] = field(default_factory=dict)
    annotations: Annotations = field(default_factory=dict)
    is_stale: bool = False
    """Something happened in the inbox."""
    is_annotated: bool = False
    """An annotation was set."""
    watching: ExitStack = field(default_factory=ExitStack)

    @property
    def wants_messages(self) -> bool:
        """Whether arrivals and expunges of the selected mailbox are told."""
        return self.selected is not None and bool(self.selected.events)

    @property
    def wants_flags(self) -> bool:
        """Whether changes of flags in the selected mailbox are told."""
        return self.selected is not None and NotifyEvent.FLAG_CHANGE in self.selected.events

    @property
    def tells_expunge(self) -> bool:
        """Whether an expunge may be told while no command runs."""
        return self.selected is not None and self.selected.mailboxes.kind is FilterKind.SELECTED

    @property
    def items(self) -> tuple[FetchItem, ...]:
        """What is fetched of new messages in the selected mailbox."""
        return self.selected.items if self.selected is not None else ()

    def events_of(self, mailbox: Mailbox, selected: Mailbox | None) -> frozenset[NotifyEvent]:
        """What is to be told of a mailbox by name: of the selected one nothing about messages."""
        found: frozenset[NotifyEvent] = frozenset()
        for group in self.others:
            if matches(group.mailboxes, mailbox, selected):
                found |= group.events
        is_selected = selected is not None and selected.id == mailbox.id
        return found - MESSAGE_EVENTS if is_selected else found

    def wants(self, event: NotifyEvent) -> bool:
        """Whether any mailbox's event of this kind is told."""
        return any(event in group.events for group in self.others)
