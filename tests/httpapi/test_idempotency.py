"""The same request many times at once is one mail, whichever way it is sent."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.http_live import Live, running
from tests.support.mail_samples import plain

TIMES = 50
KEY = {"Idempotency-Key": "order 1"}
BODIES: dict[str, dict[str, object]] = {
    "": {"to": "bob@example.com", "subject": "Hello", "text": "Hi Bob."},
    "/{id}/reply": {"text": "Hi."},
    "/{id}/reply-all": {"text": "Hi all."},
    "/{id}/forward": {"to": ["bob@example.com"], "text": "See below."},
}


async def post(
    client: aiohttp.ClientSession, path: str, json: object, headers: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    async with client.post(path, json=json, headers=headers) as answer:
        return answer.status, await answer.json()


async def at_once(
    client: aiohttp.ClientSession, path: str, json: object, headers: Mapping[str, str]
) -> list[tuple[int, dict[str, Any]]]:
    """The same request over as many connections."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(post(client, path, json, headers)) for _ in range(TIMES)]
    return [task.result() for task in tasks]


async def sent(client: aiohttp.ClientSession) -> int:
    async with client.get("/v1/messages?folder=Sent") as answer:
        total: int = (await answer.json())["total"]
        return total


async def queued(live: Live) -> int:
    async with live.client(live.master) as owner, owner.get("/v1/queue") as answer:
        total: int = (await answer.json())["total"]
        return total


@pytest.mark.parametrize("way", BODIES)
async def test_fifty_at_once_under_one_key_are_one_mail(tmp_path: Path, way: str) -> None:
    """All answers are equal; another body under the key is refused, and sends nothing."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain(message_id="<1@example.org>"))
        path = "/v1/messages" + way.format(id=placed.id)
        connector = aiohttp.TCPConnector(limit=0)
        headers = {"Authorization": f"Bearer {mia.api_key}"}
        async with aiohttp.ClientSession(live.url, headers=headers, connector=connector) as client:
            answers = await at_once(client, path, BODIES[way], KEY)
            assert answers[0][0] == 202
            assert all(one == answers[0] for one in answers)
            other = {**BODIES[way], "text": "Something else."}
            status, refused = await post(client, path, other, KEY)
            assert (status, refused["code"]) == (409, "idempotency_mismatch")
            assert await sent(client) == 1
            assert await post(client, path, BODIES[way], KEY) == answers[0]
            long = {"Idempotency-Key": "x" * 256}
            assert (await post(client, path, BODIES[way], long))[0] == 400
        assert await queued(live) == 1


async def test_a_draft_sent_fifty_times_at_once_leaves_once(tmp_path: Path) -> None:
    """It needs no key: a draft is sent or it is not."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain(message_id="<1@example.org>"))
        async with live.client(mia.api_key) as client:
            given = {
                "thread_id": placed.thread_id,
                "identity_id": mia.inbox.id,
                "based_on_message_id": placed.id,
                "body_text": "Proposed.",
            }
            status, draft = await post(client, "/v1/drafts", given, {})
            assert status == 201, draft
            connector = aiohttp.TCPConnector(limit=0)
            headers = {"Authorization": f"Bearer {live.master}"}
            async with aiohttp.ClientSession(
                live.url, headers=headers, connector=connector
            ) as owner:
                answers = await at_once(owner, f"/v1/drafts/{draft['id']}/send", {}, {})
            assert {status for status, _ in answers} == {202}
            assert all(one == answers[0] for one in answers)
            assert await sent(client) == 1
        assert await queued(live) == 1
