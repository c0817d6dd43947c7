"""What is posted, what counts, and when it is tried again. Real requests, a clock that stands still."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from mailcore.ids import DEFAULT_POD, new_id
from mailcore.model import (
    JsonObject,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryId,
    WebhookDeliveryState,
    WebhookId,
)
from mailcore.net.dns import Resolver
from mailcore.net.fetch import Fetcher
from mailcore.store.ports import HookClaim, HookResult
from mailcore.webhooks.sender import MAX_BODY_BYTES, SCHEDULE, Sender, jitter, render
from mailcore.webhooks.signing import new_secret, seal_headers, seal_ring
from tests.support.clock import START, FakeClock
from tests.support.hook_live import SECRETS, Receiver, receiving, statuses

SECRET = new_secret()


def keep(text: str) -> tuple[str, list[JsonObject]]:
    return text, []


def webhook(receiver: Receiver) -> Webhook:
    return Webhook(
        id=WebhookId(new_id()),
        pod_id=DEFAULT_POD,
        agent_id=None,
        url=receiver.url(),
        description="",
        event_names=(),
        inbox_ids=(),
        header_names=("Authorization",),
        sealed_headers=seal_headers(SECRETS, {"Authorization": "Bearer x"}),
        sealed_secrets=seal_ring(SECRETS, [SECRET]),
        is_enabled=True,
        disabled_reason="",
        failures=0,
        failing_since=None,
        last_success_at=None,
        version=1,
        created_at=START,
        updated_at=START,
    )


def delivery(*, round_: int = 0) -> WebhookDelivery:
    return WebhookDelivery(
        id=WebhookDeliveryId(1),
        webhook_id=WebhookId("w"),
        event_id="evt_7",
        event_name="email.received",
        event_at=START,
        state=WebhookDeliveryState.SENDING,
        attempts=round_ + 1,
        round=round_,
        next_at=START,
        created_at=START,
        last_attempt_at=None,
        last_status=0,
        last_reply="",
        duration_ms=0,
    )


async def attempt(
    hook: Webhook,
    *,
    round_: int = 0,
    body: JsonObject | None = None,
    clock: FakeClock | None = None,
    allow: tuple[str, ...] = ("127.0.0.0/8",),
    schedule: Sequence[timedelta] = SCHEDULE,
    is_test: bool = False,
) -> HookResult:
    """One attempt with the given body, or one of an event that is gone."""
    async with Fetcher(
        resolver=Resolver("127.0.0.1:9", timeout_seconds=0.2),
        user_agent="Countersign/test",
        allow_networks=allow,
        timeout_seconds=1,
    ) as fetcher:
        sender = Sender(
            fetcher=fetcher,
            secrets=SECRETS,
            safe_text=keep,
            clock=clock or FakeClock(),
            schedule=schedule,
        )
        claim = HookClaim(webhook=hook, delivery=delivery(round_=round_), body=body)
        return await sender.attempt(claim, is_test=is_test)


async def test_the_request_is_signed_and_says_what_happened() -> None:
    """Id, type, time and data in the body; the custom headers beside ours."""
    async with receiving() as receiver:
        result = await attempt(webhook(receiver), body={"subject": "Grüße"})
        (post,) = receiver.posts
    assert post.json == {
        "id": "evt_7",
        "type": "email.received",
        "timestamp": "2024-03-04T09:30:00.000Z",
        "data": {"subject": "Grüße"},
    }
    assert post.event_id == "evt_7"
    assert post.is_signed_with(SECRET.text)
    assert not post.is_signed_with(new_secret().text)
    assert post.headers["authorization"] == "Bearer x"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["user-agent"] == "Countersign/test"
    assert result.state is WebhookDeliveryState.DELIVERED
    assert (result.status, result.reply, result.retry_at) == (200, "taken", None)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_2xx_is_success(status: int) -> None:
    """Whatever it says."""
    async with receiving() as receiver:
        receiver.answers["/hook"] = statuses(status)
        result = await attempt(webhook(receiver), body={})
    assert result.state is WebhookDeliveryState.DELIVERED


@pytest.mark.parametrize("status", [301, 302, 304, 400, 401, 404, 429, 500, 503])
async def test_everything_else_is_tried_again(status: int) -> None:
    """Also what looks final: configurations are repaired within a day."""
    async with receiving() as receiver:
        receiver.answers["/hook"] = statuses(status, headers={"Location": "/other"})
        result = await attempt(webhook(receiver), body={})
        assert len(receiver.posts) == 1
    assert (result.state, result.status) == (WebhookDeliveryState.PENDING, status)
    assert result.retry_at is not None
    assert START < result.retry_at < START + timedelta(seconds=6)
    assert result.disable == ""


async def test_gone_ends_delivery_and_webhook() -> None:
    """410 is how a receiver takes its leave."""
    async with receiving() as receiver:
        receiver.answers["/hook"] = statuses(410)
        result = await attempt(webhook(receiver), body={})
    assert (result.state, result.disable) == (WebhookDeliveryState.DEAD, "gone")


async def test_after_the_last_delay_the_delivery_is_dead() -> None:
    """Nine attempts in all."""
    async with receiving() as receiver:
        receiver.answers["/hook"] = statuses(*[500] * 20)
        hook = webhook(receiver)
        for round_ in range(len(SCHEDULE)):
            result = await attempt(hook, body={}, round_=round_)
            assert result.state is WebhookDeliveryState.PENDING
        assert (await attempt(hook, body={}, round_=8)).state is WebhookDeliveryState.DEAD


def test_the_delays_grow_over_more_than_a_day() -> None:
    """A receiver that is down over night misses nothing."""
    assert all(one < other for one, other in pairwise(SCHEDULE))
    assert sum(SCHEDULE, timedelta()) * 0.9 > timedelta(hours=24)


def test_the_jitter_is_small_and_the_same_every_time() -> None:
    """Retries of many events spread out; a test can tell when they come."""
    factors = [jitter(f"evt_{n}", 3) for n in range(200)]
    assert all(0.9 <= one <= 1.1 for one in factors)
    assert len(set(factors)) > 150
    assert factors == [jitter(f"evt_{n}", 3) for n in range(200)]


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("999999", 3600), ("soon", 0), ("-5", 0), ("²", 0)]
)
async def test_a_receiver_may_ask_for_more_time(text: str, seconds: int) -> None:
    """RFC 9110 §10.2.3, up to an hour; nonsense is ignored."""
    async with receiving() as receiver:
        receiver.answers["/hook"] = statuses(503, headers={"Retry-After": text})
        result = await attempt(webhook(receiver), body={})
    assert result.retry_at is not None
    if seconds:
        assert result.retry_at == START + timedelta(seconds=seconds)
    else:
        assert result.retry_at < START + timedelta(seconds=6)


async def test_five_days_of_failures_alone_end_the_webhook() -> None:
    """Not five days less a second, and not a few failures far apart."""
    async with receiving() as receiver:
        receiver.answers["/hook"] = statuses(*[500] * 9)
        began = START - timedelta(days=5)
        sick = replace(webhook(receiver), failures=30, failing_since=began)
        assert (await attempt(sick, body={})).disable == "failing"
        younger = replace(sick, failing_since=began + timedelta(seconds=1))
        assert (await attempt(younger, body={})).disable == ""
        rare = replace(sick, failures=3)
        assert (await attempt(rare, body={})).disable == ""


async def test_a_private_address_is_never_posted_to() -> None:
    """Nothing arrives, and the owner reads why."""
    async with receiving() as receiver:
        result = await attempt(webhook(receiver), body={}, allow=())
        assert receiver.posts == []
    assert (result.state, result.status) == (WebhookDeliveryState.PENDING, 0)
    assert result.reply == "127.0.0.1 is not a public address"


async def test_an_event_that_is_gone_is_dead_at_once_and_nobodys_fault() -> None:
    """There is nothing to send."""
    async with receiving() as receiver:
        result = await attempt(webhook(receiver), body=None)
        assert receiver.posts == []
    assert (result.state, result.counts) == (WebhookDeliveryState.DEAD, False)


async def test_a_test_is_tried_once_and_leaves_the_health_alone() -> None:
    """It says how things are and changes nothing."""
    async with receiving() as receiver:
        receiver.answers["/hook"] = statuses(410)
        result = await attempt(webhook(receiver), body={}, is_test=True)
    assert (result.state, result.disable, result.counts) == (WebhookDeliveryState.DEAD, "", False)


async def test_secrets_of_another_server_key_are_a_failure_in_words() -> None:
    """A restored database without its key does not stop the sender."""
    async with receiving() as receiver:
        hook = replace(webhook(receiver), sealed_secrets=b"not ours")
        result = await attempt(hook, body={})
        assert receiver.posts == []
    assert result.reply == "a stored secret cannot be opened with this server key"


def test_a_body_too_large_keeps_its_short_values() -> None:
    """At most a megabyte; the receiver learns that something is missing, and what to fetch."""
    many: JsonObject = {
        "inbox_id": "i",
        "count": 7,
        "text": "x" * 5000,
        "message_ids": ["x" * 100 for _ in range(20_000)],
    }
    body = render(delivery(), many, keep)
    assert len(body) <= MAX_BODY_BYTES
    assert json.loads(body)["data"] == {"inbox_id": "i", "count": 7, "truncated": True}


def test_a_body_is_valid_utf_8_whatever_a_subject_holds() -> None:
    """A lone surrogate does not stop the event."""
    body = render(delivery(), {"subject": "a\ud800b"}, keep)
    assert json.loads(body)["data"] == {"subject": "a?b"}


def test_texts_of_strangers_are_made_safe() -> None:
    """As in every other way events are read."""
    body = render(
        delivery(),
        {"subject": "a\u200bb", "count": 1},
        lambda text: (text.replace("\u200b", ""), []),
    )
    assert json.loads(body)["data"] == {"subject": "ab", "count": 1}
