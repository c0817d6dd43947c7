"""Rules, and what they did: once each, with an audit row; what is pending is due until it is settled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, AgentId, PodId, RuleId, new_id
from mailcore.model import Inbox, JsonValue
from mailcore.rules.applied import Application, Step, StepState, application
from mailcore.rules.reading import read
from mailcore.rules.rule import Rule, Trigger
from mailcore.store.ports import ApplicationQuery, Stores
from tests.support.build import NOW, audit
from tests.support.clock import FakeClock

MINUTE = timedelta(minutes=1)


def rule(inbox: Inbox, agent_id: AgentId | None = None, *actions: JsonValue) -> Rule:
    when: dict[str, JsonValue] = {"field": "subject", "op": "matches", "value": "lamps?"}
    condition, read_actions = read(Trigger.EMAIL_RECEIVED, when, [*actions] or [{"type": "star"}])
    return Rule(
        id=RuleId(new_id()),
        pod_id=inbox.pod_id,
        agent_id=agent_id,
        inbox_id=inbox.id,
        name="Lamps",
        trigger=Trigger.EMAIL_RECEIVED,
        when=when,
        condition=condition,
        actions=read_actions,
        priority=5,
        stops=True,
        is_enabled=True,
        created_by="master",
        created_at=NOW,
        updated_at=NOW,
    )


def applied(one: Rule, inbox: Inbox, clock: FakeClock, about: str = "m") -> Application:
    steps = tuple(Step(action=action, state=StepState.PENDING) for action in one.actions)
    return application(one, inbox.id, steps, clock.now(), about=about)


async def test_a_rule_comes_back_as_it_was_put(stores: Stores, mia: Inbox) -> None:
    one = rule(mia, None, {"type": "forward", "to": ["a@b.example"]}, {"type": "urgent"})
    await stores.rules.put_rule(one, audit(), most=5)
    (found,) = await stores.rules.rules(DEFAULT_POD)
    assert replace(found, condition=None) == replace(one, condition=None)
    assert found.condition is not None
    await stores.rules.put_rule(replace(one, name="Other", is_enabled=False), audit(), most=5)
    (found,) = await stores.rules.rules(DEFAULT_POD)
    assert (found.name, found.is_enabled) == ("Other", False)
    assert await stores.rules.rules(PodId("other")) == ()
    await stores.rules.delete_rule(one.id, audit())
    assert await stores.rules.rules(DEFAULT_POD) == ()
    with pytest.raises(MailError, match="not found"):
        await stores.rules.delete_rule(one.id, audit())


async def test_each_maker_has_so_many_rules(stores: Stores, mia: Inbox) -> None:
    first, agents = rule(mia), rule(mia, mia.agent_id)
    await stores.rules.put_rule(first, audit(), most=1)
    await stores.rules.put_rule(agents, audit(), most=1)
    await stores.rules.put_rule(first, audit(), most=1)
    with pytest.raises(MailError) as caught:
        await stores.rules.put_rule(rule(mia), audit(), most=1)
    assert (caught.value.kind, caught.value.code) == (ErrorKind.OVER_LIMIT, "too_many_rules")


async def test_an_application_is_written_once_with_its_audit_row(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    one = rule(mia, mia.agent_id)
    for _ in range(2):
        await stores.rules.apply([applied(one, mia, clock), applied(one, mia, clock, "n")])
    query = ApplicationQuery(inbox_ids=(mia.id,))
    assert (await stores.rules.applications(query)).total == 2
    for narrowed, count in (
        (replace(query, about="m"), 1),
        (replace(query, rule_id=one.id), 2),
        (replace(query, rule_id="x"), 0),
        (replace(query, agent_id=mia.agent_id), 2),
        (replace(query, agent_id=AgentId("x")), 0),
        (replace(query, inbox_ids=()), 0),
    ):
        assert (await stores.rules.applications(narrowed)).total == count
    rows = [one for one in await stores.policy.audit(DEFAULT_POD) if one.action == "rule.apply"]
    assert [(row.actor, row.subject) for row in rows] == [
        *((f"rule:{one.id}", "m"), (f"rule:{one.id}", "n")),
    ]


async def test_what_is_claimed_is_due_again_until_it_is_settled(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    await stores.rules.apply([applied(rule(mia), mia, clock)])
    assert await stores.rules.next_application_at() == clock.now()
    first = await stores.rules.claim_application(clock.now(), clock.now() + MINUTE)
    assert first is not None
    assert first.attempts == 1
    assert await stores.rules.claim_application(clock.now(), clock.now() + MINUTE) is None
    clock.advance(MINUTE)
    again = await stores.rules.claim_application(clock.now(), clock.now() + MINUTE)
    assert again is not None
    assert (again.id, again.attempts) == (first.id, 2)
    done = again.with_steps(tuple(replace(one, state=StepState.DONE) for one in again.steps))
    await stores.rules.settle_application(done, None)
    assert await stores.rules.next_application_at() is None
    assert await stores.rules.forget_applications(clock.now() - MINUTE) == 0
    assert await stores.rules.forget_applications(clock.now() + MINUTE) == 1


async def test_a_sender_is_answered_by_one_application_in_a_time(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    one = rule(mia)
    first, second = applied(one, mia, clock), applied(one, mia, clock, "n")
    since = clock.now() - MINUTE
    assert await stores.rules.may_reply(first, "ana@x.example", since)
    assert await stores.rules.may_reply(first, "ana@x.example", since)
    assert not await stores.rules.may_reply(second, "ana@x.example", since)
    assert await stores.rules.may_reply(second, "ben@x.example", since)
    clock.advance(timedelta(days=1))
    assert await stores.rules.may_reply(second, "ana@x.example", clock.now() - MINUTE)
