"""The rule service: who may make which rules, and which of them concern an inbox.

An agent makes rules for its own inboxes, which can only tighten: nothing it writes approves mail, and
its rules are asked after the owner's and end no chain but their own. Rules are remembered once read,
compiled; this process alone writes them.
"""

from dataclasses import dataclass, replace
from typing import Final

from mailcore.clock import Clock
from mailcore.errors import denied, invalid, not_found
from mailcore.ids import InboxId, PodId, RuleId, new_id
from mailcore.model import Actor, Inbox, JsonObject, JsonValue, Listed, Permission, Role
from mailcore.rules.applied import Application
from mailcore.rules.reading import action_json, read
from mailcore.rules.rule import LATER, ActionKind, Rule, Trigger
from mailcore.store.ports import AccountStore, ApplicationQuery, Audit, RuleStore

MAX_OWNERS_RULES: Final = 200
MAX_AGENTS_RULES: Final = 20
"""Rules of one agent."""
MAX_NAME_CHARS: Final = 100
MAX_PRIORITY: Final = 1_000_000
DEFAULT_PRIORITY: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What a rule says; what is None stays, and has its default in a new one.

    `is_for_all` lifts the limit to one inbox, `is_unconditional` takes the conditions away.
    """

    name: str | None = None
    trigger: Trigger | None = None
    when: JsonObject | None = None
    actions: list[JsonValue] | None = None
    priority: int | None = None
    stops: bool | None = None
    is_enabled: bool | None = None
    inbox_id: InboxId | None = None
    is_for_all: bool = False
    is_unconditional: bool = False


class Rulebook:
    """The rule service."""

    def __init__(self, *, store: RuleStore, accounts: AccountStore, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._known: dict[PodId, tuple[Rule, ...]] = {}

    # For callers -------------------------------------------------------------------------------

    async def rules(self, actor: Actor) -> tuple[Rule, ...]:
        """The rules the actor may see, in the order of the chain: all for the owner, else its own."""
        found = await self._store.rules(actor.pod_id)
        return tuple(sorted((one for one in found if _sees(actor, one)), key=lambda one: one.order))

    async def rule(self, actor: Actor, rule_id: RuleId) -> Rule:
        """One rule; foreign ones are NOT_FOUND."""
        for one in await self.rules(actor):
            if one.id == rule_id:
                return one
        raise not_found("rule", fix="See GET /v1/rules")

    async def create(self, actor: Actor, new: RuleChange) -> Rule:
        """A new rule; INVALID with a path for every fault, OVER_LIMIT `too_many_rules`."""
        rule = await self.drafted(actor, new)
        await self._put(actor, rule, "rule.create")
        return rule

    async def drafted(self, actor: Actor, new: RuleChange) -> Rule:
        """A rule as it would be made, for a trial; nothing is stored."""
        actor.require(Permission.MANAGE)
        now = self._clock.now()
        trigger = new.trigger or Trigger.EMAIL_RECEIVED
        condition, actions = read(trigger, new.when, new.actions)
        rule = Rule(
            id=RuleId(new_id()),
            pod_id=actor.pod_id,
            agent_id=None if actor.is_master else actor.agent_id,
            inbox_id=new.inbox_id,
            name=_name(new.name),
            trigger=trigger,
            when=new.when,
            condition=condition,
            actions=actions,
            priority=DEFAULT_PRIORITY if new.priority is None else new.priority,
            stops=bool(new.stops),
            is_enabled=new.is_enabled is not False,
            created_by=actor.label,
            created_at=now,
            updated_at=now,
        )
        return await self._allowed(actor, rule)

    async def change(self, actor: Actor, rule_id: RuleId, change: RuleChange) -> Rule:
        """Change what is given."""
        actor.require(Permission.MANAGE)
        old = await self.rule(actor, rule_id)
        trigger = change.trigger or old.trigger
        when = change.when if change.when is not None else old.when
        if change.is_unconditional:
            when = None
        given = change.actions
        if given is None:
            given = [action_json(one) for one in old.actions]
        condition, actions = read(trigger, when, given)
        rule = replace(
            old,
            inbox_id=None if change.is_for_all else change.inbox_id or old.inbox_id,
            name=old.name if change.name is None else _name(change.name),
            trigger=trigger,
            when=when,
            condition=condition,
            actions=actions,
            priority=old.priority if change.priority is None else change.priority,
            stops=old.stops if change.stops is None else change.stops,
            is_enabled=old.is_enabled if change.is_enabled is None else change.is_enabled,
            updated_at=self._clock.now(),
        )
        rule = await self._allowed(actor, rule)
        await self._put(actor, rule, "rule.update")
        return rule

    async def delete(self, actor: Actor, rule_id: RuleId) -> None:
        """Delete it; what it did stays in the log."""
        actor.require(Permission.MANAGE)
        rule = await self.rule(actor, rule_id)
        try:
            await self._store.delete_rule(rule.id, _audit(actor, "rule.delete", rule))
        finally:
            self._known.pop(rule.pod_id, None)

    async def applications(self, actor: Actor, query: ApplicationQuery) -> Listed[Application]:
        """What rules did in the inboxes the actor may read, newest first; an agent's own alone."""
        usable = [one.id for one in await self._usable(actor)]
        wanted = query.inbox_ids or tuple(usable)
        if not set(wanted) <= set(usable):
            raise not_found("inbox")
        agent_id = None if actor.reads_pod else actor.agent_id
        if not wanted or (agent_id is None and not actor.reads_pod):
            return Listed()
        return await self._store.applications(replace(query, inbox_ids=wanted, agent_id=agent_id))

    # For mail ----------------------------------------------------------------------------------

    async def of(self, inbox: Inbox, trigger: Trigger) -> tuple[Rule, ...]:
        """The enabled rules that are asked about this inbox's mail at this event."""
        known = self._known.get(inbox.pod_id)
        if known is None:
            known = self._known[inbox.pod_id] = await self._store.rules(inbox.pod_id)
        return tuple(one for one in known if one.trigger is trigger and concerns(one, inbox))

    # Pieces ------------------------------------------------------------------------------------

    async def _usable(self, actor: Actor) -> list[Inbox]:
        return [one for one in await self._accounts.inboxes(actor.pod_id) if actor.may_use(one)]

    async def _allowed(self, actor: Actor, rule: Rule) -> Rule:
        """The rule if the actor may have it: an agent's is for its inboxes and approves nothing."""
        if not (actor.is_master or actor.agent_id):
            raise denied("rules are the owner's and agents' to make")
        if not actor.is_master and rule.approves:
            raise denied(
                "a rule of an agent cannot approve mail",
                code="approver_required",
                fix="Ask the owner to make this rule",
            )
        if any(one.kind in LATER for one in rule.actions):
            actor.require(Permission.SEND)
        usable = {one.id for one in await self._usable(actor)}
        inbox_id = rule.inbox_id or (None if actor.is_master else actor.inbox_id)
        if inbox_id is not None and inbox_id not in usable:
            raise not_found("inbox")
        return replace(rule, inbox_id=inbox_id)

    async def _put(self, actor: Actor, rule: Rule, action: str) -> None:
        most = MAX_OWNERS_RULES if rule.is_owners else MAX_AGENTS_RULES
        try:
            await self._store.put_rule(rule, _audit(actor, action, rule), most=most)
        finally:
            self._known.pop(rule.pod_id, None)


def concerns(rule: Rule, inbox: Inbox) -> bool:
    """Whether an enabled rule is asked about mail of this inbox."""
    return (
        rule.is_enabled
        and rule.inbox_id in (None, inbox.id)
        and rule.agent_id in (None, inbox.agent_id)
    )


def actor_of(rule_id: RuleId, inbox: Inbox) -> Actor:
    """Who acts when a rule does something in an inbox: no more than the inbox's own agent may."""
    return Actor(
        role=Role.AGENT,
        pod_id=inbox.pod_id,
        label=f"rule:{rule_id}",
        agent_id=inbox.agent_id,
        inbox_id=inbox.id,
    )


def _sees(actor: Actor, rule: Rule) -> bool:
    if actor.reads_pod:
        return True
    is_own = actor.agent_id is not None and rule.agent_id == actor.agent_id
    return is_own and actor.inbox_id in (None, rule.inbox_id)


def _name(given: str | None) -> str:
    name = " ".join((given or "").split())
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable():
        raise invalid("name", f"a rule's name has 1 to {MAX_NAME_CHARS} characters")
    return name


def _audit(actor: Actor, action: str, rule: Rule) -> Audit:
    kinds: list[JsonValue] = [one.kind.value for one in rule.actions]
    detail: JsonObject = {
        "name": rule.name,
        "trigger": rule.trigger.value,
        "actions": kinds,
        "inbox_id": rule.inbox_id,
        "priority": rule.priority,
        "enabled": rule.is_enabled,
        "loosens": ActionKind.APPROVE.value in kinds,
    }
    return Audit(
        pod_id=actor.pod_id, actor=actor.label, action=action, subject=rule.id, detail=detail
    )
