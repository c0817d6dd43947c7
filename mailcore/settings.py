"""Settings: policies of a pod that its owner changes while the server runs.

What was never set, or was set back, is as the configuration says. Values are read from the store
each time they are needed, so a change counts from the next message on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailcore.config import Config
from mailcore.errors import denied, invalid
from mailcore.ids import PodId
from mailcore.model import Actor, JsonObject, JsonValue
from mailcore.policy import Severity
from mailcore.store.ports import Audit, PolicyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSettings:
    """What counts in a pod now."""

    workspace_name: str
    hold_at: Severity
    """The lowest severity that holds an outgoing message."""
    hold_expiry_days: int
    two_people: bool
    """Critical findings need two different people."""
    max_recipients: int
    """Over to, cc and bcc of one message; never more than the configuration allows."""
    repeat_seconds: float
    """The same content to the same recipients within this time is a retry; 0 turns it off."""
    warning_score: int
    """Never above `spam_score`."""
    spam_score: int
    changed: frozenset[str] = frozenset()
    """The names that are set here and not by the configuration."""


NAMES: Final = frozenset(PodSettings.__slots__) - {"changed"}
"""What can be set."""


class Settings:
    """The settings service."""

    def __init__(self, *, store: PolicyStore, config: Config) -> None:
        self._store = store
        self._config = config

    async def of(self, pod_id: PodId) -> PodSettings:
        """What counts in a pod now."""
        return effective(self._config, await self._store.settings(pod_id))

    @property
    def reminder_hours(self) -> tuple[int, ...]:
        """Hours after which a hold is told of again, ascending."""
        return tuple(sorted(self._config.outbound.hold_reminder_hours))

    async def read(self, actor: Actor) -> PodSettings:
        """The same for people; an agent does not learn what its mail is measured by."""
        if not (actor.reads_pod or actor.may_decide):
            raise denied("this key may not call this")
        return await self.of(actor.pod_id)

    async def change(self, actor: Actor, changes: Mapping[str, JsonValue]) -> PodSettings:
        """Set what is given; None goes back to what the configuration says. Master only."""
        if not actor.is_master:
            raise denied(
                "this needs the master key",
                code="master_key_required",
                fix="Call it with the owner's master key",
            )
        if changes:
            stored = {**await self._store.settings(actor.pod_id), **changes}
            self._check({name: one for name, one in stored.items() if one is not None})
            await self._store.change_settings(actor.pod_id, changes, _audit(actor, changes))
        return await self.of(actor.pod_id)

    def _check(self, stored: JsonObject) -> None:
        """INVALID when values contradict each other or what the configuration allows."""
        for name in stored.keys() - NAMES:
            raise invalid(name[:100], "there is no such setting")
        if _whole(stored, "warning_score", self._config.inbound.warning_score) > _whole(
            stored, "spam_score", self._config.inbound.spam_score
        ):
            raise invalid("warning_score", "it may be no more than spam_score")
        most = self._config.outbound.max_recipients
        if _whole(stored, "max_recipients", most) > most:
            raise invalid(
                "max_recipients",
                f"the configuration allows {most}",
                fix="Raise outbound.max_recipients in the configuration first",
            )


def effective(config: Config, stored: Mapping[str, JsonValue]) -> PodSettings:
    """The configuration with what is stored over it, within what the configuration allows."""
    outbound, inbound = config.outbound, config.inbound
    spam_score = _whole(stored, "spam_score", inbound.spam_score)
    name, seconds = stored.get("workspace_name"), stored.get("repeat_seconds")
    return PodSettings(
        workspace_name=name if isinstance(name, str) else config.server.domain,
        hold_at=Severity(str(stored.get("hold_at", config.guard.hold_at))),
        hold_expiry_days=_whole(stored, "hold_expiry_days", outbound.hold_expiry_days),
        two_people=bool(stored.get("two_people", outbound.two_people)),
        max_recipients=min(
            _whole(stored, "max_recipients", outbound.max_recipients), outbound.max_recipients
        ),
        repeat_seconds=(
            float(seconds) if isinstance(seconds, int | float) else outbound.repeat_seconds
        ),
        warning_score=min(_whole(stored, "warning_score", inbound.warning_score), spam_score),
        spam_score=spam_score,
        changed=frozenset(stored) & NAMES,
    )


def _whole(stored: Mapping[str, JsonValue], name: str, default: int) -> int:
    value = stored.get(name)
    return value if isinstance(value, int) else default


def _audit(actor: Actor, changes: Mapping[str, JsonValue]) -> Audit:
    return Audit(
        pod_id=actor.pod_id,
        actor=actor.label,
        action="settings.update",
        subject=actor.pod_id,
        detail=dict(changes),
    )
