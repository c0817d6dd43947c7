"""Events: polled, waited for, streamed."""

import asyncio
import json
from pathlib import Path

import aiohttp

from tests.support.http_live import Live, running
from tests.support.mail_samples import plain

STREAM = {"Accept": "text/event-stream"}


async def _frame(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """The next event of a stream; comments and settings are skipped."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(60):
        while True:
            line = (await answer.content.readline()).decode().rstrip("\n")
            name, colon, value = line.partition(": ")
            if colon and name:
                fields[name] = value
            if not line and "id" in fields:
                return fields
            if not line:
                fields.clear()


async def _hello(answer: aiohttp.ClientResponse) -> None:
    """Until the stream is on."""
    async with asyncio.timeout(60):
        while (await answer.content.readline()) != b": connected\n":
            pass


async def _received(live: Live, inbox_id: str, number: int) -> str:
    placed = await live.receive(
        inbox_id, plain(subject=f"number {number}", message_id=f"<{number}@example.org>")
    )
    return placed.id


async def test_polling_sees_every_event_once_in_order(tmp_path: Path) -> None:
    """`next` goes on exactly where the answer ended."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        wanted = [await _received(live, mia.inbox.id, number) for number in range(5)]
        async with live.client(mia.api_key) as client:
            seen, cursor = [], 0
            for _ in range(5):
                async with client.get(f"/v1/events?since={cursor}&limit=2") as answer:
                    document = await answer.json()
                seen += document["data"]
                cursor = document["next"]
        assert [
            one["data"]["message_id"] for one in seen if one["type"] == "email.received"
        ] == wanted
        assert [one["id"] for one in seen] == sorted(one["id"] for one in seen)


async def test_a_long_poll_answers_as_soon_as_something_happens(tmp_path: Path) -> None:
    """The request is there first, the event after; what was before does not count."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await _received(live, mia.inbox.id, 1)
        async with live.client(mia.api_key) as client, asyncio.TaskGroup() as group:

            async def poll() -> dict[str, object]:
                async with client.get("/v1/events?wait=30") as answer:
                    document: dict[str, object] = await answer.json()
                    return document

            task = group.create_task(poll())
            await live.waiting()
            wanted = await _received(live, mia.inbox.id, 2)
            async with asyncio.timeout(60):
                document = await task
        (event,) = document["data"]
        assert event["data"]["message_id"] == wanted
        assert document["next"] >= event["id"]


async def test_a_long_poll_without_news_answers_empty_in_time(tmp_path: Path) -> None:
    """Nothing happened is an answer too."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            async with client.get("/v1/events?wait=0.05") as answer:
                document = await answer.json()
            assert document["data"] == []
            assert document["next"] == await live.services.journal.head()
            assert (await client.get("/v1/events?wait=61")).status == 400


async def test_a_long_poll_tells_nothing_to_a_key_that_was_revoked_meanwhile(
    tmp_path: Path,
) -> None:
    """The key was good when the request came and is not when there is something to tell."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            live.operator() as operator,
            asyncio.TaskGroup() as group,
        ):
            (key,) = (await (await client.get("/v1/keys")).json())["data"]
            task = group.create_task(client.get("/v1/events?wait=30"))
            await live.waiting()
            assert (await operator.delete(f"/v1/keys/{key['id']}")).status == 204
            await _received(live, mia.inbox.id, 1)
            async with asyncio.timeout(60), await task as answer:
                assert answer.status == 401
                assert "ended" in (await answer.json())["detail"]


async def test_a_stream_gets_new_events_with_their_ids(tmp_path: Path) -> None:
    """Id, name and one line of JSON (HTML Living Standard §9.2.6)."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            client.get("/v1/events", headers=STREAM) as answer,
        ):
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/event-stream"
            assert answer.headers["Cache-Control"] == "no-store"
            await _hello(answer)
            wanted = await _received(live, mia.inbox.id, 1)
            frame = await _frame(answer)
            assert frame["event"] == "email.received"
            event = json.loads(frame["data"])
            assert event["id"] == int(frame["id"])
            assert event["type"] == "email.received"
            assert event["data"]["message_id"] == wanted


async def test_a_stream_resumes_after_its_last_event(tmp_path: Path) -> None:
    """`Last-Event-ID`: all that was missed, then what is new, nothing twice."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        missed = [await _received(live, mia.inbox.id, number) for number in range(3)]
        async with live.client(mia.api_key) as client:
            async with client.get("/v1/events?since=0") as polled:
                first = (await polled.json())["data"][1]["id"]
            headers = {**STREAM, "Last-Event-ID": str(first)}
            async with client.get("/v1/events", headers=headers) as answer:
                seen = [json.loads((await _frame(answer))["data"]) for _ in range(2)]
                new = await _received(live, mia.inbox.id, 4)
                seen.append(json.loads((await _frame(answer))["data"]))
        assert [one["data"]["message_id"] for one in seen] == [*missed[1:], new]


async def test_a_stream_has_no_gap_while_events_pour_in(tmp_path: Path) -> None:
    """Catching up and following meet without a missing or repeated event."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        wanted = [await _received(live, mia.inbox.id, number) for number in range(20)]
        async with live.client(mia.api_key) as client, asyncio.TaskGroup() as group:

            async def pour() -> list[str]:
                return [await _received(live, mia.inbox.id, number) for number in range(20, 60)]

            pouring = group.create_task(pour())
            async with client.get("/v1/events?since=0", headers=STREAM) as answer:
                frames = [json.loads((await _frame(answer))["data"]) for _ in range(61)]
            wanted += await pouring
        assert frames[0]["type"] == "agent.created"
        assert [one["data"]["message_id"] for one in frames[1:]] == wanted


async def test_an_agent_hears_of_its_own_mail_only(tmp_path: Path) -> None:
    """The next event of mia's stream is mia's, though bob's came first; the master hears both."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with (
            live.client(mia.api_key) as client,
            live.client(live.master) as owner,
            client.get("/v1/events", headers=STREAM) as hers,
            owner.get("/v1/events", headers=STREAM) as all_,
        ):
            await _hello(hers)
            await _hello(all_)
            foreign = await _received(live, bob.inbox.id, 1)
            own = await _received(live, mia.inbox.id, 2)
            assert json.loads((await _frame(hers))["data"])["data"]["message_id"] == own
            heard = [json.loads((await _frame(all_))["data"])["data"]["message_id"] for _ in "ab"]
            assert heard == [foreign, own]


async def test_an_agent_has_five_streams_and_a_closed_one_does_not_count(tmp_path: Path) -> None:
    """The sixth is 429; when one hangs up there is room again at once."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            answers = [await client.get("/v1/events", headers=STREAM) for _ in range(5)]
            for answer in answers:
                await _hello(answer)
            async with client.get("/v1/events", headers=STREAM) as sixth:
                assert sixth.status == 429
                assert (await sixth.json())["code"] == "too_many_streams"
            answers[0].close()
            async with asyncio.timeout(60):
                while True:
                    async with client.get("/v1/events", headers=STREAM) as again:
                        if again.status == 200:
                            break
            for answer in answers:
                answer.close()


async def test_a_quiet_stream_is_pinged(tmp_path: Path) -> None:
    """Proxies and clients see that it lives."""
    async with running(tmp_path, ping_seconds=0.05) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            client.get("/v1/events", headers=STREAM) as answer,
        ):
            await _hello(answer)
            async with asyncio.timeout(60):
                while (await answer.content.readline()) != b": ping\n":
                    pass


async def test_stopping_an_agent_ends_its_streams(tmp_path: Path) -> None:
    """The kill switch closes what is open (product §5.9)."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            live.operator() as operator,
            client.get("/v1/events", headers=STREAM) as answer,
        ):
            await _hello(answer)
            assert (await operator.post("/v1/agents/mia/stop")).status == 200
            async with asyncio.timeout(60):
                rest = await answer.content.read()
            assert b"agent.stopped" in rest


async def test_a_revoked_key_ends_its_stream_at_the_next_ping(tmp_path: Path) -> None:
    """A stream does not outlive its key for long."""
    async with running(tmp_path, ping_seconds=0.05) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            live.operator() as operator,
            client.get("/v1/events", headers=STREAM) as answer,
        ):
            await _hello(answer)
            (key,) = (await (await client.get("/v1/keys")).json())["data"]
            assert (await operator.delete(f"/v1/keys/{key['id']}")).status == 204
            async with asyncio.timeout(60):
                await answer.content.read()


async def test_stopping_the_server_ends_streams_cleanly(tmp_path: Path) -> None:
    """The last chunk is there: the client sees an end, not a broken connection."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            client.get("/v1/events", headers=STREAM) as answer,
        ):
            await _hello(answer)
            async with asyncio.timeout(60):
                await live.server.stop(5)
                assert await answer.content.read() == b"\n"


async def test_a_wrong_last_event_id_is_refused(tmp_path: Path) -> None:
    """A number, or nothing."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        headers = {**STREAM, "Last-Event-ID": "abc"}
        async with client.get("/v1/events", headers=headers) as answer:
            assert answer.status == 400
            assert (await answer.json())["errors"][0]["path"] == "Last-Event-ID"


async def test_fifty_streams_each_hear_of_everything(tmp_path: Path) -> None:
    """One reader, many listeners, all in order."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        connector = aiohttp.TCPConnector(limit=0)
        headers = {**STREAM, "Authorization": f"Bearer {live.master}"}
        async with aiohttp.ClientSession(live.url, headers=headers, connector=connector) as client:
            answers = [await client.get("/v1/events") for _ in range(50)]
            for answer in answers:
                await _hello(answer)
            wanted = [await _received(live, mia.inbox.id, number) for number in range(5)]
            for answer in answers:
                heard = [json.loads((await _frame(answer))["data"]) for _ in range(5)]
                assert [one["data"]["message_id"] for one in heard] == wanted
                answer.close()
