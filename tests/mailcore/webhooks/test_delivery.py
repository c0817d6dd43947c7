"""Events on their way: in order, again after failures, across restarts, nobody held up by others."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from mailcore.clock import SystemClock
from mailcore.credentials import OPERATOR
from mailcore.ids import Seq
from mailcore.model import WebhookDeliveryState, WebhookId
from mailcore.store.maildir import Maildir
from mailcore.store.ports import EventFilter, Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.build import create_inbox, deliver
from tests.support.hook_live import (
    QUICK,
    Live,
    Post,
    build,
    opened,
    receiving,
    running,
    statuses,
)

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("webhook_child.py")
RECEIVED = ("email.received",)


async def event_ids(stores: Stores) -> list[str]:
    """The ids of all arrivals, in the order of the journal."""
    rows, _ = await stores.journal.since(Seq(0), EventFilter(names=RECEIVED), 10_000)
    return [f"evt_{one.seq}" for one in rows]


async def settled(live: Live, webhook_id: WebhookId, count: int) -> None:
    """Wait until so many deliveries are delivered or dead."""
    async with asyncio.timeout(60):
        while True:
            done = 0
            for state in (WebhookDeliveryState.DELIVERED, WebhookDeliveryState.DEAD):
                total = (await live.webhooks.deliveries(OPERATOR, webhook_id, state=state)).total
                done += total
            if done >= count:
                return
            await asyncio.sleep(0.01)


def firsts(ids: Sequence[str]) -> list[str]:
    """Every id once, where it came first."""
    return list(dict.fromkeys(ids))


async def test_events_arrive_in_the_order_of_the_journal_and_once(tmp_path: Path) -> None:
    """Signed with the secret that was shown."""
    async with receiving() as receiver, opened(tmp_path) as live:
        mia = await create_inbox(live.stores)
        made = await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
        for _ in range(20):
            await deliver(live.stores, mia)
        posts = await receiver.until(20)
        await settled(live, made.webhook.id, 20)
        assert receiver.ids() == await event_ids(live.stores)
        assert all(one.is_signed_with(made.secret) for one in posts)
        assert posts[0].json["type"] == "email.received"


async def test_a_receiver_that_fails_twice_gets_it_the_third_time(tmp_path: Path) -> None:
    """With the same id and a new signature each time."""
    async with receiving() as receiver, opened(tmp_path) as live:
        receiver.answers["/hook"] = statuses(500, 503)
        mia = await create_inbox(live.stores)
        made = await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
        await deliver(live.stores, mia)
        posts = await receiver.until(3)
        await settled(live, made.webhook.id, 1)
        assert len({one.event_id for one in posts}) == 1
        assert all(one.is_signed_with(made.secret) for one in posts)
        (row,) = (await live.webhooks.deliveries(OPERATOR, made.webhook.id)).rows
        assert (row.state, row.attempts, row.last_status) == (
            WebhookDeliveryState.DELIVERED,
            3,
            200,
        )


async def test_a_dead_and_a_slow_webhook_delay_nobody(tmp_path: Path) -> None:
    """The healthy one has everything while the others have hardly begun."""
    release = asyncio.Event()

    async def slow(_post: Post) -> web.Response:
        await release.wait()
        return web.Response()

    async with receiving() as gone:
        dead_url = gone.url()
    async with receiving() as receiver, opened(tmp_path) as live:
        receiver.answers["/slow"] = slow
        receiver.answers["/twice"] = statuses(500, 500)
        mia = await create_inbox(live.stores)
        well = [f"/well{n}" for n in range(17)]
        urls = [dead_url, *(receiver.url(path) for path in ("/slow", "/twice", *well))]
        made = [await live.webhooks.create(OPERATOR, url=url, event_names=RECEIVED) for url in urls]
        for _ in range(5):
            await deliver(live.stores, mia)
        wanted = await event_ids(live.stores)
        for path in well:
            await receiver.until(5, path)
            assert receiver.ids(path) == wanted
        await receiver.until_ids(wanted, "/twice")
        assert firsts(receiver.ids("/twice")) == wanted
        assert receiver.ids("/slow") == wanted[:1]
        release.set()
        await receiver.until(5, "/slow")
        assert receiver.ids("/slow") == wanted
        await settled(live, made[0].webhook.id, 5)
        page = await live.webhooks.deliveries(
            OPERATOR, made[0].webhook.id, state=WebhookDeliveryState.DEAD
        )
        dead, total = page.rows, page.total
        assert total == 5
        assert dead[0].last_reply.startswith("cannot connect")
        assert dead[0].attempts == len(QUICK) + 1


async def test_a_dead_letter_is_delivered_when_asked_for(tmp_path: Path) -> None:
    """One, and then all of them; with the ids they had."""
    async with receiving() as receiver, opened(tmp_path) as live:
        receiver.answers["/hook"] = statuses(*[500] * 8)
        mia = await create_inbox(live.stores)
        made = await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
        for _ in range(2):
            await deliver(live.stores, mia)
        await settled(live, made.webhook.id, 2)
        dead = (
            await live.webhooks.deliveries(
                OPERATOR, made.webhook.id, state=WebhookDeliveryState.DEAD
            )
        ).rows
        assert len(dead) == 2
        before = len(receiver.posts)
        await live.webhooks.redeliver(OPERATOR, made.webhook.id, dead[0].id)
        posts = await receiver.until(before + 1)
        assert posts[-1].event_id == dead[0].event_id
        assert await live.webhooks.redeliver_dead(OPERATOR, made.webhook.id) == 1
        posts = await receiver.until(before + 2)
        assert posts[-1].event_id == dead[1].event_id


async def test_what_was_under_way_at_a_restart_is_delivered_after_it(tmp_path: Path) -> None:
    """Canceled in the middle of a request; nothing is missed, the order stays."""
    held = asyncio.Event()

    async def hold(_post: Post) -> web.Response:
        await held.wait()
        return web.Response()

    async with receiving() as receiver:
        async with opened(tmp_path) as live:
            receiver.answers["/hook"] = hold
            mia = await create_inbox(live.stores)
            await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
            for _ in range(5):
                await deliver(live.stores, mia)
            await receiver.until(1)
        del receiver.answers["/hook"]
        async with opened(tmp_path) as live:
            wanted = await event_ids(live.stores)
            await receiver.until(6)
            assert receiver.ids() == [wanted[0], *wanted]


async def test_events_of_a_time_without_sender_are_made_up_for(tmp_path: Path) -> None:
    """The journal remembers; the cursor says from where."""
    async with (
        receiving() as receiver,
        SqliteStore.open(tmp_path, Maildir(tmp_path), SystemClock()) as stores,
    ):
        mia = await create_inbox(stores)
        live = build(stores, tmp_path, clock=SystemClock(), schedule=QUICK)
        await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
        for _ in range(30):
            await deliver(stores, mia)
        assert receiver.posts == []
        async with running(live):
            await receiver.until(30)
            assert receiver.ids() == await event_ids(stores)


@pytest.mark.parametrize("after", [1, 7, 25])
async def test_kill_minus_nine_loses_no_event(tmp_path: Path, after: int) -> None:
    """Each event at least once with the same id, first arrivals in order."""
    async with receiving() as receiver:
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(tmp_path), receiver.url(), "40"], cwd=ROOT
        )
        try:
            await receiver.until(after)
        finally:
            child.send_signal(signal.SIGKILL)
            await asyncio.to_thread(child.wait)
        async with opened(tmp_path) as live:
            wanted = await event_ids(live.stores)
            assert len(wanted) >= after
            await receiver.until_ids(wanted)
            assert firsts(receiver.ids()) == wanted
            await live.stores.check.check()


async def test_a_gone_receiver_is_left_alone(tmp_path: Path) -> None:
    """410 disables the webhook; enabling it again continues with what waited."""
    async with receiving() as receiver, opened(tmp_path) as live:
        receiver.answers["/hook"] = statuses(410)
        mia = await create_inbox(live.stores)
        made = await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
        await deliver(live.stores, mia)
        await settled(live, made.webhook.id, 1)
        found = await live.webhooks.webhook(OPERATOR, made.webhook.id)
        assert (found.is_enabled, found.disabled_reason) == (False, "gone")
        await deliver(live.stores, mia)
        on = await live.webhooks.update(OPERATOR, made.webhook.id, is_enabled=True)
        assert (on.is_enabled, on.disabled_reason, on.failures) == (True, "", 0)
        last = await deliver(live.stores, mia)
        posts = await receiver.until(2)
        assert posts[-1].event_id == f"evt_{last.seq}"


async def test_after_a_rotation_requests_carry_both_signatures(tmp_path: Path) -> None:
    """A receiver that knows either secret goes on."""
    async with receiving() as receiver, opened(tmp_path) as live:
        mia = await create_inbox(live.stores)
        made = await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
        rotated = await live.webhooks.rotate_secret(OPERATOR, made.webhook.id)
        assert rotated.secret != made.secret
        await deliver(live.stores, mia)
        (post,) = await receiver.until(1)
        assert post.is_signed_with(made.secret)
        assert post.is_signed_with(rotated.secret)


async def test_a_test_is_posted_at_once_even_when_disabled(tmp_path: Path) -> None:
    """The answer says how it went."""
    async with receiving() as receiver, opened(tmp_path) as live:
        made = await live.webhooks.create(OPERATOR, url=receiver.url())
        await live.webhooks.update(OPERATOR, made.webhook.id, is_enabled=False)
        row = await live.webhooks.test(OPERATOR, made.webhook.id)
        (post,) = receiver.posts
        assert (row.state, row.last_status, row.last_reply) == (
            WebhookDeliveryState.DELIVERED,
            200,
            "taken",
        )
        assert post.json["type"] == "webhook.test"
        assert post.event_id == row.event_id
        assert post.is_signed_with(made.secret)


async def test_a_retry_comes_when_its_time_has_come(tmp_path: Path) -> None:
    """The sender sleeps until then and wakes by itself."""
    delay = timedelta(milliseconds=200)
    async with receiving() as receiver, opened(tmp_path, schedule=(delay,)) as live:
        receiver.answers["/hook"] = statuses(500)
        mia = await create_inbox(live.stores)
        await live.webhooks.create(OPERATOR, url=receiver.url(), event_names=RECEIVED)
        await deliver(live.stores, mia)
        await receiver.until(1)
        loop = asyncio.get_running_loop()
        start = loop.time()
        await receiver.until(2)
        assert 0.1 < loop.time() - start < 5
