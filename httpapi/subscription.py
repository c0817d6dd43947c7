"""What a listener may ask for: from where, which events, of which inboxes."""

from typing import Annotated, Literal

from pydantic import Field

from httpapi.fields import MAX_NUMBER, Input
from mailcore.ids import InboxId
from mailcore.mailboxes import Mailboxes
from mailcore.model import Actor
from mailcore.store.ports import EventFilter
from mailcore.webhooks.service import check_event_names

_MAX_NAMES = 100


class Subscription(Input):
    """Which events to hear; what is left out limits nothing."""

    since: Annotated[int, Field(ge=0, le=MAX_NUMBER)] | None = None
    """The id of the last event that was had. Left out: from now."""
    events: Annotated[tuple[str, ...], Field(max_length=_MAX_NAMES)] = ()
    """Names of events."""
    inbox_ids: Annotated[tuple[str, ...], Field(max_length=_MAX_NAMES)] = ()
    """Ids of inboxes."""

    @staticmethod
    def list_names() -> frozenset[str]:
        """The fields that a query may give several times."""
        return frozenset({"events", "inbox_ids"})

    async def within(self, scope: EventFilter, actor: Actor, mailboxes: Mailboxes) -> EventFilter:
        """The scope, narrowed; INVALID for unknown names, NOT_FOUND for foreign inboxes."""
        names, inboxes = scope.names, scope.inbox_ids
        if self.events:
            wanted = check_event_names(self.events)
            names = tuple(one for one in wanted if names is None or one in names)
        if self.inbox_ids:
            inboxes = tuple(
                [(await mailboxes.inbox(actor, InboxId(one))).id for one in self.inbox_ids]
            )
        return EventFilter(
            pod_id=scope.pod_id, agent_id=scope.agent_id, inbox_ids=inboxes, names=names
        )


class Subscribe(Subscription):
    """The message that replaces what is heard."""

    type: Literal["subscribe"]


class Greeting(Subscription):
    """The first message, when the key did not come with the handshake."""

    type: Literal["auth"]
    key: Annotated[str, Field(min_length=1, max_length=512)]
