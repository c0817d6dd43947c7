"""Events over a WebSocket: who may, what is heard, how it ends."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from httpapi.streams import Ending
from mailcore.credentials import OPERATOR
from mailcore.delivery import Target
from mailcore.model import Direction, Flag
from mailcore.store.ports import FlagMode
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain

PATH = "/v1/events/ws"


@asynccontextmanager
async def connected(
    live: Live, key: str | None = None, query: str = "", **options: Any
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connection, its key in the header field."""
    async with live.client(key) as client, client.ws_connect(PATH + query, **options) as opened:
        yield opened


async def heard(opened: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """The next message."""
    async with asyncio.timeout(60):
        document: dict[str, Any] = await opened.receive_json()
        return document


async def closed(opened: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
    """How the connection was closed, after what else was told."""
    async with asyncio.timeout(60):
        while (message := await opened.receive()).type is WSMsgType.TEXT:
            pass
    assert message.type is WSMsgType.CLOSE
    return int(message.data), str(message.extra)


async def received(live: Live, inbox_id: str, number: int) -> str:
    placed = await live.receive(
        inbox_id, plain(subject=f"number {number}", message_id=f"<{number}@example.org>")
    )
    return placed.id


async def test_events_come_with_their_ids_as_they_happen(tmp_path: Path) -> None:
    """The key is in the header field; what is new is told from the start."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live, mia.api_key) as opened:
            start = await heard(opened)
            assert start == {"type": "subscribed", "since": await live.services.journal.head()}
            wanted = await received(live, mia.inbox.id, 1)
            event = await heard(opened)
            assert event["type"] == "email.received"
            assert event["id"] > start["since"]
            assert event["data"]["message_id"] == wanted
            assert event["created_at"].endswith("Z")


async def test_a_browser_gives_its_key_as_a_subprotocol(tmp_path: Path) -> None:
    """The key is never the subprotocol that is agreed on."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        offered = ("countersign.events", f"countersign.key.{mia.api_key}")
        async with connected(live, protocols=offered) as opened:
            assert opened.protocol == "countersign.events"
            assert (await heard(opened))["type"] == "subscribed"


async def test_the_key_may_come_in_the_first_message(tmp_path: Path) -> None:
    """With it comes what to hear."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        wanted = await received(live, mia.inbox.id, 1)
        async with connected(live) as opened:
            await opened.send_json(
                {"type": "auth", "key": mia.api_key, "since": 0, "events": ["email.received"]}
            )
            assert await heard(opened) == {"type": "subscribed", "since": 0}
            assert (await heard(opened))["data"]["message_id"] == wanted


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ('{"type": "auth", "key": "cs_agent_wrong"}', "unauthenticated"),
        ('{"type": "subscribe"}', "key_required"),
        ('{"type": "auth"}', "invalid_fields"),
        ("no json", "malformed_json"),
        ("[]", "malformed_json"),
    ],
)
async def test_nothing_is_told_to_strangers(tmp_path: Path, first: str, code: str) -> None:
    """The error is a message, and the code of the close is 4000 and its status."""
    async with running(tmp_path) as live, connected(live) as opened:
        await opened.send_str(first)
        error = await heard(opened)
        assert (error["type"], error["code"]) == ("error", code)
        assert (await closed(opened))[0] in (4400, 4401)


async def test_a_wrong_key_in_the_handshake_is_401(tmp_path: Path) -> None:
    """As everywhere else; a request that is no handshake is 400."""
    async with running(tmp_path) as live, live.client("cs_agent_wrong") as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(PATH)
        assert refused.value.status == 401
        async with client.get(PATH) as answer:
            assert answer.status == 400
            assert (await answer.json())["code"] == "websocket_expected"


async def test_a_key_that_may_not_read_hears_nothing(tmp_path: Path) -> None:
    """By whichever way the key comes: 403 in the handshake, 4403 after it."""
    async with running(tmp_path) as live:
        await live.agent("mia")
        async with live.client(live.master) as owner:
            given = {"role": "agent", "agent": "mia", "name": "sender", "permissions": ["send"]}
            async with owner.post("/v1/keys", json=given) as answer:
                made = await answer.json()
                assert answer.status == 201, made
        async with live.client(made["api_key"]) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(PATH)
            assert refused.value.status == 403
        async with connected(live) as opened:
            await opened.send_json({"type": "auth", "key": made["api_key"]})
            assert (await heard(opened))["code"] == "permission_missing"
            assert (await closed(opened))[0] == 4403


async def test_pages_of_other_origins_may_not_connect(tmp_path: Path) -> None:
    """The rule for the API holds here as well, where browsers do not ask first."""
    async with running(tmp_path, cors_origins=["https://desk.example"]) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(PATH, origin="https://evil.example")
            assert refused.value.status == 403
            for origin in ("https://desk.example", live.url):
                async with client.ws_connect(PATH, origin=origin) as opened:
                    assert (await heard(opened))["type"] == "subscribed"


async def test_only_what_was_asked_for_is_told(tmp_path: Path) -> None:
    """By name and by inbox; a later message replaces it and may go back."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        query = f"?events=email.received&inbox_ids={bob.inbox.id}"
        async with connected(live, live.master, query) as opened:
            start = await heard(opened)
            first = await received(live, mia.inbox.id, 1)
            second = await received(live, bob.inbox.id, 2)
            assert (await heard(opened))["data"]["message_id"] == second
            again = {"type": "subscribe", "since": start["since"], "inbox_ids": [mia.inbox.id]}
            await opened.send_json(again)
            assert await heard(opened) == {"type": "subscribed", "since": start["since"]}
            assert (await heard(opened))["data"]["message_id"] == first


async def test_an_agent_hears_of_its_own_only(tmp_path: Path) -> None:
    """Foreign inboxes do not exist; unknown names are told with the nearest one."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with connected(live, mia.api_key) as opened:
            await heard(opened)
            await received(live, bob.inbox.id, 1)
            own = await received(live, mia.inbox.id, 2)
            assert (await heard(opened))["data"]["message_id"] == own
            await opened.send_json({"type": "subscribe", "inbox_ids": [bob.inbox.id]})
            assert (await heard(opened))["code"] == "not_found"
            assert (await closed(opened))[0] == 4404
        async with connected(live, mia.api_key, "?events=email.recieved") as opened:
            error = await heard(opened)
            assert "email.received" in error["errors"][0]["message"]
            assert (await closed(opened))[0] == 4400


async def test_it_resumes_after_a_break_without_a_gap(tmp_path: Path) -> None:
    """What was missed, then what pours in, once each and in order."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        wanted = [await received(live, mia.inbox.id, number) for number in range(20)]
        async with asyncio.TaskGroup() as group:

            async def pour() -> list[str]:
                return [await received(live, mia.inbox.id, number) for number in range(20, 60)]

            pouring = group.create_task(pour())
            async with connected(live, mia.api_key, "?since=0&events=email.received") as opened:
                assert (await heard(opened))["since"] == 0
                seen = [await heard(opened) for _ in range(60)]
            wanted += await pouring
        assert [one["data"]["message_id"] for one in seen] == wanted
        assert [one["id"] for one in seen] == sorted({one["id"] for one in seen})


async def test_a_cursor_too_old_is_told_and_closes(tmp_path: Path) -> None:
    """As the stream and the poll answer 409."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await received(live, mia.inbox.id, 1)
        await live.stores.journal.trim(live.services.clock.now())
        async with connected(live, mia.api_key, "?since=1") as opened:
            assert (await heard(opened))["code"] == "cursor_too_old"
            assert (await closed(opened))[0] == 4409


async def test_it_counts_as_one_of_the_agents_streams(tmp_path: Path) -> None:
    """WebSockets and event streams share the cap; one that is closed leaves room."""
    async with running(tmp_path, max_streams_per_agent=2) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            stream = await client.get("/v1/events", headers={"Accept": "text/event-stream"})
            assert stream.status == 200
            async with client.ws_connect(PATH) as opened:
                await heard(opened)
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await client.ws_connect(PATH)
                assert refused.value.status == 429
                async with connected(live) as third:
                    await third.send_json({"type": "auth", "key": mia.api_key})
                    assert (await heard(third))["code"] == "too_many_streams"
                    assert (await closed(third))[0] == 4429
            async with client.ws_connect(PATH) as again:
                assert (await heard(again))["type"] == "subscribed"
            stream.close()


async def test_a_revoked_key_ends_it_at_once(tmp_path: Path) -> None:
    """Not at the next ping: the pings are half a minute apart."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live, mia.api_key) as opened, live.client(live.master) as owner:
            await heard(opened)
            (key,) = [
                one
                for one in (await (await owner.get("/v1/keys")).json())["data"]
                if one["role"] == "agent"
            ]
            assert (await owner.delete(f"/v1/keys/{key['id']}")).status == 204
            assert (await closed(opened))[0] == 4401


async def test_stopping_the_agent_is_told_and_ends_it(tmp_path: Path) -> None:
    """The last event is the reason."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live, mia.api_key) as opened, live.operator() as operator:
            await heard(opened)
            assert (await operator.post("/v1/agents/mia/stop")).status == 200
            assert (await heard(opened))["type"] == "agent.stopped"
            assert (await closed(opened))[0] == 4401


async def test_stopping_the_server_says_going_away(tmp_path: Path) -> None:
    """1001 (RFC 6455 §7.4.1), to those as well who have not said who they are."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live, mia.api_key) as opened, connected(live) as stranger:
            await heard(opened)
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                group.create_task(live.server.stop(5))
                assert (await closed(opened))[0] == 1001
                assert (await closed(stranger))[0] == 1001


async def test_a_client_that_does_not_read_is_dropped(tmp_path: Path) -> None:
    """Nothing is kept for it but what its connection holds, and the others do not notice."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        mailboxes = live.services.mailboxes
        await live.delivery.deliver(
            plain(subject="many"),
            [Target(inbox_id=mia.inbox.id, mailbox="INBOX")] * 1000,
            internal_date=mailboxes.now(),
            direction=Direction.APPENDED,
        )
        inbox = await mailboxes.mailbox(OPERATOR, mia.inbox.id, "INBOX")
        async with live.client(live.master) as client:
            slow = await client.ws_connect(PATH)
            await heard(slow)
            (stream,) = live.server._streams._live
            transport = slow.get_extra_info("socket")
            transport.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow._conn.transport.pause_reading()  # type: ignore[union-attr]
            async with connected(live, live.master, max_msg_size=0) as other:
                await heard(other)
                mode = FlagMode.ADD
                async with asyncio.timeout(60):
                    while stream.ending is None:
                        await mailboxes.set_flags(inbox, [(1, 1000)], mode, Flag.FLAGGED)
                        assert (await heard(other))["data"]["count"] == 1000
                        mode = FlagMode.REMOVE if mode is FlagMode.ADD else FlagMode.ADD
            assert stream.ending is Ending.TOO_SLOW
            slow._conn.transport.abort()  # type: ignore[union-attr]
