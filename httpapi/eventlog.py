"""Events as the API shows them, and which of them a caller may see."""

from typing import Final

import orjson

from httpapi.services import SafeText
from mailcore.clock import to_iso
from mailcore.model import Actor, Event, JsonObject, Role
from mailcore.store.ports import EventFilter

_FOR_APPROVERS: Final = (
    *("hold.created", "hold.decided", "hold.reminded", "hold.expired"),
    *("sender.pending", "sender.approved", "sender.blocked"),
)


def scope_of(actor: Actor) -> EventFilter:
    """The master and a viewer see the pod, an agent what is its own, an approver the holds."""
    if actor.reads_pod:
        return EventFilter(pod_id=actor.pod_id)
    if actor.role is Role.AGENT and actor.agent_id is not None:
        inboxes = (actor.inbox_id,) if actor.inbox_id is not None else None
        return EventFilter(pod_id=actor.pod_id, agent_id=actor.agent_id, inbox_ids=inboxes)
    return EventFilter(pod_id=actor.pod_id, names=_FOR_APPROVERS)


def is_within(event: Event, where: EventFilter) -> bool:
    """Whether the filter lets the event through: what the store decides for rows it reads."""
    return (
        (event.is_public or not where.public_only)
        and where.pod_id in (None, event.pod_id)
        and where.agent_id in (None, event.agent_id)
        and where.mailbox_id in (None, event.mailbox_id)
        and (where.inbox_ids is None or event.inbox_id in where.inbox_ids)
        and (where.names is None or event.name in where.names)
    )


def event_data(event: Event, safe_text: SafeText) -> JsonObject:
    """What the event says, its texts without invisible characters: they quote strangers.

    The UID sets that sessions read from the journal are no part of it.
    """
    return {
        name: value if not isinstance(value, str) or value.isascii() else safe_text(value)[0]
        for name, value in event.body.items()
        if name != "uids"
    }


def event_json(event: Event, safe_text: SafeText) -> bytes:
    """An event as streams tell it: one line of JSON."""
    return orjson.dumps(
        {
            "id": event.seq,
            "type": event.name,
            "created_at": to_iso(event.at),
            "data": event_data(event, safe_text),
        }
    )
