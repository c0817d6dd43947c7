"""Webhooks in the store: one row per event, filters, lanes, leases, health."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mailcore.errors import MailError
from mailcore.ids import DEFAULT_POD, AgentId, Seq, new_id
from mailcore.model import (
    AgentStatus,
    Inbox,
    Listed,
    Slice,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookId,
)
from mailcore.store.ports import EventFilter, HookClaim, HookResult, Stores
from tests.support.build import audit, create_inbox, deliver
from tests.support.clock import FakeClock

MINUTE = timedelta(minutes=1)


def hook(
    clock: FakeClock,
    *,
    agent_id: AgentId | None = None,
    names: tuple[str, ...] = (),
    inboxes: tuple[Inbox, ...] = (),
) -> Webhook:
    """A webhook as the service would make it."""
    return Webhook(
        id=WebhookId(new_id()),
        pod_id=DEFAULT_POD,
        agent_id=agent_id,
        url="https://example.org/",
        description="",
        event_names=names,
        inbox_ids=tuple(one.id for one in inboxes),
        header_names=("Authorization",),
        sealed_headers=b"h",
        sealed_secrets=b"s",
        is_enabled=True,
        disabled_reason="",
        failures=0,
        failing_since=None,
        last_success_at=None,
        version=1,
        created_at=clock.now(),
        updated_at=clock.now(),
    )


async def create(stores: Stores, new: Webhook) -> Webhook:
    await stores.hooks.create_webhook(new, audit("webhook.create", new.id))
    return new


async def fan_out(stores: Stores, limit: int = 100) -> int:
    made, is_more = await stores.hooks.fan_out(limit)
    while is_more:
        more, is_more = await stores.hooks.fan_out(limit)
        made += more
    return made


async def owed(stores: Stores, to: Webhook) -> list[WebhookDelivery]:
    """Everything, oldest first."""
    page = await stores.hooks.deliveries(to.id, part=Slice(limit=100))
    found, total = page.rows, page.total
    assert total == len(found)
    return list(reversed(found))


async def claim(
    stores: Stores, clock: FakeClock, to: Webhook, *, is_retry: bool = False
) -> HookClaim | None:
    now = clock.now()
    return await stores.hooks.claim_hook(
        to.id, is_retry=is_retry, now=now, lease_until=now + MINUTE
    )


def failed(one: HookClaim, at: datetime, *, retry_at: datetime | None = None) -> HookResult:
    state = WebhookDeliveryState.PENDING if retry_at else WebhookDeliveryState.DEAD
    return HookResult(
        delivery_id=one.delivery.id,
        state=state,
        at=at,
        status=500,
        reply="no",
        duration_ms=3,
        retry_at=retry_at,
    )


def delivered(one: HookClaim, at: datetime) -> HookResult:
    return HookResult(
        delivery_id=one.delivery.id,
        state=WebhookDeliveryState.DELIVERED,
        at=at,
        status=200,
        reply="ok",
        duration_ms=3,
    )


async def test_a_webhook_is_kept_as_it_was_given(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """Every field survives."""
    new = hook(clock, agent_id=mia.agent_id, names=("email.sent",), inboxes=(mia,))
    await create(stores, new)
    assert await stores.hooks.webhook(new.id) == new
    assert await stores.hooks.webhooks(DEFAULT_POD) == (new,)
    assert await stores.hooks.webhooks(DEFAULT_POD, mia.agent_id) == (new,)
    assert await stores.hooks.webhooks(DEFAULT_POD, AgentId(new_id())) == ()


async def test_every_public_event_is_owed_once(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """However often the fan-out runs, and not what happened before the webhook was made."""
    await deliver(stores, mia)
    to = await create(stores, hook(clock, names=("email.received",)))
    placed = [await deliver(stores, mia) for _ in range(3)]
    assert await fan_out(stores, limit=2) == 3
    assert await fan_out(stores) == 0
    found = await owed(stores, to)
    assert [one.event_id for one in found] == [f"evt_{one.seq}" for one in placed]
    assert {one.event_name for one in found} == {"email.received"}


async def test_a_cursor_set_back_owes_nothing_twice(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """The pair of webhook and event is unique, whatever becomes of the cursor."""
    to = await create(stores, hook(clock))
    await deliver(stores, mia)
    await fan_out(stores)
    before = await owed(stores, to)
    await stores.journal.set_cursor("webhooks", Seq(0))
    await deliver(stores, mia)
    await fan_out(stores)
    after = await owed(stores, to)
    assert [one.event_id for one in before] == [
        one.event_id for one in after if one.id <= before[-1].id
    ]
    assert len({one.event_id for one in after}) == len(after)


async def test_filters_decide_by_name_inbox_and_agent(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """A webhook gets what it asked for and nothing of anybody else's."""
    ben = await create_inbox(stores, "ben")
    by_name = await create(stores, hook(clock, names=("email.sent",)))
    by_inbox = await create(stores, hook(clock, inboxes=(mia,)))
    by_agent = await create(stores, hook(clock, agent_id=ben.agent_id))
    first = await deliver(stores, mia)
    second = await deliver(stores, ben)
    third = await deliver(stores, ben, mailbox="Sent", event="email.sent")
    await fan_out(stores)

    async def ids(of: Webhook) -> list[str]:
        return [one.event_id for one in await owed(stores, of)]

    assert await ids(by_name) == [f"evt_{third.seq}"]
    assert await ids(by_inbox) == [f"evt_{first.seq}"]
    assert await ids(by_agent) == [f"evt_{second.seq}", f"evt_{third.seq}"]


async def test_a_changed_filter_concerns_later_events_only(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """What was committed before the change is judged as it was then, fanned out or not."""
    to = await create(stores, hook(clock, names=("email.received",)))
    early = await deliver(stores, mia)
    narrowed = replace(to, event_names=("email.sent",), version=2)
    await stores.hooks.update_webhook(narrowed, audit())
    await deliver(stores, mia)
    await fan_out(stores)
    assert [one.event_id for one in await owed(stores, to)] == [f"evt_{early.seq}"]


async def test_what_happens_while_it_is_disabled_is_not_owed(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """But what waited before still is."""
    to = await create(stores, hook(clock))
    early = await deliver(stores, mia)
    off = replace(to, is_enabled=False, disabled_reason="user", version=2)
    await stores.hooks.update_webhook(off, audit())
    await deliver(stores, mia)
    assert await stores.hooks.hook_lanes() == ()
    assert await claim(stores, clock, to) is None
    on = replace(off, is_enabled=True, disabled_reason="", version=3)
    await stores.hooks.update_webhook(on, audit())
    late = await deliver(stores, mia)
    await fan_out(stores)
    found = [one.event_id for one in await owed(stores, to)]
    assert found == [f"evt_{early.seq}", f"evt_{late.seq}"]


async def test_two_changes_at_once_are_a_conflict(stores: Stores, clock: FakeClock) -> None:
    """Neither overwrites what the other has not seen."""
    to = await create(stores, hook(clock))
    await stores.hooks.update_webhook(replace(to, url="https://a.example/", version=2), audit())
    with pytest.raises(MailError, match="changed by somebody else"):
        await stores.hooks.update_webhook(replace(to, url="https://b.example/", version=2), audit())
    found = await stores.hooks.webhook(to.id)
    assert found is not None
    assert found.url == "https://a.example/"


async def test_first_attempts_are_claimed_in_the_order_of_the_journal(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """One after the other, each leased, with the event's body."""
    to = await create(stores, hook(clock))
    placed = [await deliver(stores, mia) for _ in range(3)]
    await fan_out(stores)
    for one in placed:
        got = await claim(stores, clock, to)
        assert got is not None
        assert got.delivery.event_id == f"evt_{one.seq}"
        assert got.delivery.state is WebhookDeliveryState.SENDING
        assert got.delivery.attempts == 1
        assert got.body is not None
        assert got.body["message_id"] == one.id
    assert await claim(stores, clock, to) is None


async def test_a_failure_moves_to_the_other_lane_and_holds_nobody_up(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """Retries wait for their time while first attempts go on."""
    to = await create(stores, hook(clock))
    placed = [await deliver(stores, mia) for _ in range(2)]
    await fan_out(stores)
    first = await claim(stores, clock, to)
    assert first is not None
    later = clock.now() + MINUTE
    await stores.hooks.record_hook(failed(first, clock.now(), retry_at=later))
    lanes = {one.is_retry: one.due_at for one in await stores.hooks.hook_lanes()}
    assert lanes == {False: clock.now(), True: later}
    second = await claim(stores, clock, to)
    assert second is not None
    assert second.delivery.event_id == f"evt_{placed[1].seq}"
    assert await claim(stores, clock, to, is_retry=True) is None
    clock.advance(MINUTE)
    again = await claim(stores, clock, to, is_retry=True)
    assert again is not None
    assert again.delivery.event_id == f"evt_{placed[0].seq}"
    assert (again.delivery.attempts, again.delivery.round) == (2, 1)


async def test_a_lease_that_ran_out_is_due_again_in_its_lane(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """A sender that vanished delays its delivery by a lease, and changes no order."""
    to = await create(stores, hook(clock))
    first, second = [await deliver(stores, mia) for _ in range(2)]
    await fan_out(stores)
    assert await claim(stores, clock, to) is not None
    clock.advance(MINUTE)
    got = await claim(stores, clock, to)
    assert got is not None
    assert got.delivery.event_id == f"evt_{first.seq}"
    assert await stores.hooks.release_hook_leases() == 1
    again = await claim(stores, clock, to)
    assert again is not None
    assert again.delivery.event_id == f"evt_{first.seq}"
    following = await claim(stores, clock, to)
    assert following is not None
    assert following.delivery.event_id == f"evt_{second.seq}"


async def test_health_counts_failures_until_a_success(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """`failing_since` is the first failure after the last success."""
    to = await create(stores, hook(clock))
    for _ in range(3):
        await deliver(stores, mia)
    await fan_out(stores)
    began = clock.now()
    for _ in range(2):
        one = await claim(stores, clock, to)
        assert one is not None
        await stores.hooks.record_hook(failed(one, clock.now()))
        clock.advance(MINUTE)
    sick = await stores.hooks.webhook(to.id)
    assert sick is not None
    assert (sick.failures, sick.failing_since) == (2, began)
    one = await claim(stores, clock, to)
    assert one is not None
    await stores.hooks.record_hook(delivered(one, clock.now()))
    well = await stores.hooks.webhook(to.id)
    assert well is not None
    assert (well.failures, well.failing_since, well.last_success_at) == (0, None, clock.now())


async def test_disabling_is_journaled_and_audited(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """Somebody must be able to find out why nothing arrives any more."""
    to = await create(stores, hook(clock))
    await deliver(stores, mia)
    await fan_out(stores)
    one = await claim(stores, clock, to)
    assert one is not None
    await stores.hooks.record_hook(replace(failed(one, clock.now()), status=410, disable="gone"))
    found = await stores.hooks.webhook(to.id)
    assert found is not None
    assert (found.is_enabled, found.disabled_reason, found.version) == (False, "gone", 2)
    rows, _ = await stores.journal.since(Seq(0), EventFilter(public_only=False), 1000)
    assert (rows[-1].name, rows[-1].is_public) == ("webhook.disabled", False)
    assert rows[-1].body["reason"] == "gone"
    log = await stores.policy.audit(DEFAULT_POD)
    assert (log[-1].action, log[-1].actor, log[-1].subject) == (
        "webhook.disable",
        "system:webhooks",
        to.id,
    )


async def test_a_dead_delivery_is_due_again_with_a_fresh_schedule(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """One by its number, or all since a time."""
    to = await create(stores, hook(clock))
    for _ in range(2):
        await deliver(stores, mia)
    await fan_out(stores)
    claims = [await claim(stores, clock, to) for _ in range(2)]
    for one in claims:
        assert one is not None
        await stores.hooks.record_hook(failed(one, clock.now()))
    assert claims[0] is not None
    one = await stores.hooks.redeliver(claims[0].delivery.id, clock.now(), audit())
    assert (one.state, one.round, one.attempts) == (WebhookDeliveryState.PENDING, 0, 1)
    future = clock.now() + MINUTE
    assert await stores.hooks.redeliver_dead(to.id, future, clock.now(), audit()) == 0
    assert await stores.hooks.redeliver_dead(to.id, None, clock.now(), audit()) == 1
    again = [await claim(stores, clock, to, is_retry=True) for _ in range(2)]
    assert [one.delivery.id for one in again if one] == [one.delivery.id for one in claims if one]


async def test_what_is_being_sent_cannot_be_redelivered(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """Its result would be lost."""
    to = await create(stores, hook(clock))
    await deliver(stores, mia)
    await fan_out(stores)
    one = await claim(stores, clock, to)
    assert one is not None
    with pytest.raises(MailError, match="being sent"):
        await stores.hooks.redeliver(one.delivery.id, clock.now(), audit())


async def test_a_stopped_agents_webhook_waits_and_a_deleted_ones_goes(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """The kill switch covers webhooks; what was owed follows when the agent is resumed."""
    ben = await create_inbox(stores, "ben")
    assert ben.agent_id is not None
    agent = await stores.accounts.agent(ben.agent_id)
    assert agent is not None
    to = await create(stores, hook(clock, agent_id=ben.agent_id, names=("email.received",)))
    await deliver(stores, ben)
    await stores.accounts.update_agent(replace(agent, status=AgentStatus.STOPPED), audit())
    await fan_out(stores)
    assert await stores.hooks.hook_lanes() == ()
    assert await claim(stores, clock, to) is None
    await stores.accounts.update_agent(agent, audit())
    assert await claim(stores, clock, to) is not None
    await stores.accounts.delete_agent(ben.agent_id, audit())
    assert await stores.hooks.webhook(to.id) is None
    assert await stores.hooks.webhooks(DEFAULT_POD) == ()
    await stores.hooks.prune_hooks(clock.now(), clock.now())
    assert await stores.hooks.deliveries(to.id) == Listed()


async def test_a_deleted_webhook_takes_its_deliveries_along(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """An attempt that is under way then records nothing."""
    to = await create(stores, hook(clock))
    await deliver(stores, mia)
    await fan_out(stores)
    one = await claim(stores, clock, to)
    assert one is not None
    await stores.hooks.delete_webhook(to.id, audit())
    assert await stores.hooks.record_hook(delivered(one, clock.now())) is None
    with pytest.raises(MailError, match="webhook not found"):
        await stores.hooks.delete_webhook(to.id, audit())


async def test_old_deliveries_are_forgotten(stores: Stores, mia: Inbox, clock: FakeClock) -> None:
    """Finished ones first; those that wait are kept longer."""
    to = await create(stores, hook(clock))
    for _ in range(2):
        await deliver(stores, mia)
    await fan_out(stores)
    one = await claim(stores, clock, to)
    assert one is not None
    await stores.hooks.record_hook(delivered(one, clock.now()))
    past, future = clock.now() - MINUTE, clock.now() + MINUTE
    assert await stores.hooks.prune_hooks(past, past) == 0
    assert await stores.hooks.prune_hooks(future, past) == 1
    assert await stores.hooks.prune_hooks(future, future) == 1


async def test_an_event_that_is_no_longer_kept_has_no_body(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """The journal was trimmed before the delivery's turn came."""
    to = await create(stores, hook(clock))
    await deliver(stores, mia)
    await fan_out(stores)
    await stores.journal.trim(clock.now() + MINUTE)
    one = await claim(stores, clock, to)
    assert one is not None
    assert one.body is None


async def test_without_webhooks_nothing_is_written_per_event(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """A server that has none pays nothing for them."""
    await fan_out(stores)
    start = await stores.journal.cursor("webhooks")
    await deliver(stores, mia)
    assert await stores.hooks.fan_out(100) == (0, False)
    assert await stores.journal.cursor("webhooks") == start
