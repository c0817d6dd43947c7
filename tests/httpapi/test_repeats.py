"""The same content to the same recipients, seconds later, is a retry and no second message."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.support.clock import FakeClock
from tests.support.http_live import SECRET, running
from tests.support.mail_samples import plain

MAIL: dict[str, object] = {
    "to": ["bob@example.com", "ann@example.com"],
    "subject": "Hello",
    "text": "Hi.",
    "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGVsbG8="}],
}


async def _send(client: aiohttp.ClientSession, mail: object, **headers: str) -> dict[str, object]:
    async with client.post("/v1/messages", json=mail, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
        document: dict[str, object] = await answer.json()
        return document


async def _sent(client: aiohttp.ClientSession) -> int:
    async with client.get("/v1/queue?limit=1") as answer:
        total: int = (await answer.json())["total"]
        return total // 2


async def test_fifty_equal_posts_at_once_are_one_message(tmp_path: Path) -> None:
    """All answer the same ids; the order of recipients says nothing."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(_send(client, MAIL)) for _ in range(50)]
        async with live.client(mia.api_key) as client:
            assert len({str(task.result()) for task in tasks}) == 1
            assert await _sent(client) == 1
            async with client.get("/v1/messages?folder=Sent") as answer:
                assert (await answer.json())["total"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Hi!"},
        {"subject": "Hello!"},
        {"html": "<p>Hi.</p>"},
        {"to": ["bob@example.com", "carl@example.com"]},
        {"to": ["bob@example.com"], "bcc": ["ann@example.com"]},
        {"headers": {"X-Ticket": "1"}},
        {"attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGV5"}]},
        {"attachments": [{"filename": "b.txt", "content_type": "text/plain", "content": "aGVsbG8="}]},
    ],
)  # fmt: skip
async def test_what_differs_is_another_message(tmp_path: Path, change: dict[str, object]) -> None:
    """One octet, one field or one recipient is enough."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            first = await _send(client, MAIL)
            assert (await _send(client, MAIL))["id"] == first["id"]
            assert (await _send(client, {**MAIL, **change}))["id"] != first["id"]


async def test_a_retry_of_a_held_message_answers_its_hold(tmp_path: Path) -> None:
    """One hold, one question to the owner; the master's `allow_sensitive` is another request."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        leak = {**MAIL, "text": f"the password is {SECRET}", "identity_id": mia.inbox.id}
        async with live.client(mia.api_key) as client:
            first = await _send(client, leak)
            assert first["status"] == "held"
            assert await _send(client, leak) == first
            async with client.get("/v1/holds") as answer:
                assert (await answer.json())["total"] == 1
        async with live.client(live.master) as client:
            bypassed = await _send(client, {**leak, "allow_sensitive": True})
            assert (bypassed["status"], bypassed["id"] != first["id"]) == ("queued", True)


async def test_later_or_under_other_keys_it_is_meant_twice(tmp_path: Path) -> None:
    """After the time is over, with Idempotency-Keys of their own, and when it is turned off."""
    clock = FakeClock()
    async with running(tmp_path / "a", clock=clock) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            first = await _send(client, MAIL)
            clock.advance(9.9)
            assert (await _send(client, MAIL))["id"] == first["id"]
            clock.advance(0.2)
            assert (await _send(client, MAIL))["id"] != first["id"]
            keyed = [(await _send(client, MAIL, **{"Idempotency-Key": key}))["id"] for key in "ab"]
            assert len({*keyed, first["id"]}) == 3
    async with running(tmp_path / "b", outbound={"repeat_seconds": 0}) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            assert (await _send(client, MAIL))["id"] != (await _send(client, MAIL))["id"]


async def test_replies_repeat_too_and_agents_are_apart(tmp_path: Path) -> None:
    """A reply is known by its text and what it answers; another inbox sends its own."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        letter = await live.receive(mia.inbox.id, plain())
        other = await live.receive(mia.inbox.id, plain(message_id="<two@example.org>"))
        async with live.client(mia.api_key) as client:
            ids: list[str] = []
            for message_id in (letter.id, letter.id, other.id):
                path = f"/v1/messages/{message_id}/reply"
                async with client.post(path, json={"text": "Yes."}) as answer:
                    ids.append((await answer.json())["id"])
            assert (ids[0] == ids[1], ids[1] != ids[2]) == (True, True)
            mine = await _send(client, MAIL)
        async with live.client(bob.api_key) as client:
            assert (await _send(client, MAIL))["id"] != mine["id"]
