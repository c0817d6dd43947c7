"""How an inbox sends: its time zone, its undo window, its brakes. Data, chosen by the owner.

What is not chosen for an inbox is as the configuration says. Brakes hold or refuse; they never let
through what the guard holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from mailcore.accounts import audit, require_master
from mailcore.config import Config
from mailcore.errors import invalid
from mailcore.ids import InboxId
from mailcore.mailboxes import Mailboxes
from mailcore.model import Actor, JsonObject, JsonValue
from mailcore.outbound.send_time import zone
from mailcore.store.ports import OutboundStore

type Brake = Literal["allow", "hold"]
type OverCap = Literal["hold", "refuse"]
_MAX_DELAY: Final = 3600
_MAX_CAP: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingPolicy:
    """What counts for an inbox now. A cap of 0 is none."""

    timezone: str
    """What times without a zone mean."""
    send_delay_seconds: int
    """How long mail can be taken back before it leaves; 0 for not at all."""
    max_per_hour: int
    """Messages in 60 minutes, from this inbox."""
    max_per_day: int
    """Messages in 24 hours, from this inbox."""
    over_cap: OverCap
    """What becomes of a message over a cap, or over one of its agent."""
    new_recipient: Brake
    """Mail to an address that this inbox has never written to nor heard from."""
    new_domain: Brake
    """Mail to a domain that this inbox has never written to nor heard from."""
    look_alike: Brake
    """Mail to a new domain that looks like one this inbox knows."""
    changed: frozenset[str] = frozenset()
    """The names that are chosen for this inbox."""


NAMES: Final = frozenset(SendingPolicy.__slots__) - {"changed"}
_WHOLE: Final = {
    "send_delay_seconds": _MAX_DELAY,
    "max_per_hour": _MAX_CAP,
    "max_per_day": _MAX_CAP,
}
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "over_cap": ("hold", "refuse"),
    "new_recipient": ("allow", "hold"),
    "new_domain": ("allow", "hold"),
    "look_alike": ("allow", "hold"),
}


class SendingPolicies:
    """The policies of inboxes."""

    def __init__(self, *, store: OutboundStore, mailboxes: Mailboxes, config: Config) -> None:
        self._store = store
        self._mailboxes = mailboxes
        self._config = config

    async def of(self, inbox_id: InboxId) -> SendingPolicy:
        """What counts for an inbox now."""
        return effective(self._config, await self._store.sending_policy(inbox_id))

    async def read(self, actor: Actor, inbox_id: InboxId) -> SendingPolicy:
        """The same for who may use the inbox."""
        await self._mailboxes.inbox(actor, inbox_id)
        return await self.of(inbox_id)

    async def change(
        self, actor: Actor, inbox_id: InboxId, changes: Mapping[str, JsonValue]
    ) -> SendingPolicy:
        """Set what is given; None goes back to the configuration. Master only. INVALID names the field."""
        require_master(actor)
        inbox = await self._mailboxes.inbox(actor, inbox_id)
        for name, value in changes.items():
            _check(name, value)
        if not changes:
            return await self.of(inbox_id)
        witness = audit(actor, "inbox.sending", inbox_id, dict(changes))
        chosen = await self._store.change_sending_policy(inbox.pod_id, inbox_id, changes, witness)
        return effective(self._config, chosen)


def effective(config: Config, chosen: JsonObject) -> SendingPolicy:
    """The configuration with what is chosen over it."""
    section = config.sending
    policy = SendingPolicy(
        timezone=section.default_timezone,
        send_delay_seconds=section.send_delay_seconds,
        max_per_hour=section.max_per_hour,
        max_per_day=section.max_per_day,
        over_cap=section.over_cap,
        new_recipient=section.new_recipient,
        new_domain=section.new_domain,
        look_alike=section.look_alike,
        changed=frozenset(chosen) & NAMES,
    )
    known: dict[str, Any] = {name: chosen[name] for name in policy.changed}
    return replace(policy, **known)


def _check(name: str, value: JsonValue) -> None:
    if name not in NAMES:
        raise invalid(name[:100], "there is no such setting")
    if value is None:
        return
    if name == "timezone":
        zone(str(value))
    elif name in _WHOLE:
        if not isinstance(value, int) or not 0 <= value <= _WHOLE[name]:
            raise invalid(name, f"a whole number from 0 to {_WHOLE[name]}")
    elif value not in _WORDS[name]:
        raise invalid(name, f"one of {', '.join(_WORDS[name])}")
