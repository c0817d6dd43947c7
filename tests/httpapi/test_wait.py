"""The digest, codes and links in what is read, and waiting for a message."""

import asyncio
from pathlib import Path

import aiohttp

from mailcore.model import JsonObject
from tests.support.http_live import running
from tests.support.mail_samples import html_only, plain

CODE = plain(
    sender="Example <no-reply@example.org>",
    subject="Your verification code",
    text="Your verification code is 493817. It expires in 10 minutes.\n",
    message_id="<code@example.org>",
)


async def _wait(client: aiohttp.ClientSession, **query: str) -> JsonObject:
    async with client.get("/v1/messages/wait", params=query) as answer:
        assert answer.status == 200, await answer.text()
        document: JsonObject = await answer.json()
        return document


async def test_the_digest_has_the_beginning_of_each_text(tmp_path: Path) -> None:
    """As long as asked for, also beyond what is stored, quoted text left out."""
    words = " ".join(f"word{number}" for number in range(200))
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await live.receive(mia.inbox.id, plain(text=f"{words}\n\n> quoted\n"))
        async with live.client(mia.api_key) as client:
            lengths = []
            for length in ("50", "200", "500"):
                async with client.get(f"/v1/messages/digest?preview_length={length}") as answer:
                    (row,) = (await answer.json())["data"]
                assert words.startswith(row["preview"].rstrip("…"))
                lengths.append(len(row["preview"]))
            assert 30 < lengths[0] <= 50 < lengths[1] <= 200 < lengths[2] <= 500
            for wrong in ("preview_length=49", "preview_length=501", "limit=51"):
                assert (await client.get(f"/v1/messages/digest?{wrong}")).status == 400


async def test_a_read_message_tells_its_code(tmp_path: Path) -> None:
    """Value, confidence, and from when it counts and how long it holds."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, CODE)
        async with (
            live.client(mia.api_key) as client,
            client.get(f"/v1/messages/{placed.id}") as answer,
        ):
            document = await answer.json()
        found = document["extracted"]
        assert [one["value"] for one in found["codes"]] == ["493817"]
        assert found["codes"][0]["confidence"] >= 0.5
        assert found["received_at"] == document["received_at"]
        assert (found["valid_for_seconds"], found["is_expired"]) == (600, False)
        assert found["age_seconds"] < 60


async def test_a_read_message_tells_its_confirmation_link(tmp_path: Path) -> None:
    """With its kind, and whether it leads to where the mail says it comes from."""
    html = '<p>Hi</p><a href="https://id.example.org/verify?t=0123456789abcdefXYZ">Verify email</a>'
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, html_only(html=html))
        async with (
            live.client(mia.api_key) as client,
            client.get(f"/v1/messages/{placed.id}") as answer,
        ):
            (link,) = (await answer.json())["extracted"]["links"]
        assert link["url"] == "https://id.example.org/verify?t=0123456789abcdefXYZ"
        assert (link["kind"], link["is_sender_domain"]) == ("confirm", True)


async def test_a_call_waits_for_the_message_that_fits(tmp_path: Path) -> None:
    """Others pass by; the answer has the code, and the cursor goes on after it."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with live.client(mia.api_key) as client:
            head = str(await live.services.journal.head())
            async with asyncio.TaskGroup() as group:
                waiting = group.create_task(
                    _wait(client, cursor=head, timeout="20", contains_code="true", subject="CODE")
                )
                await client.get("/healthz")
                await live.receive(mia.inbox.id, plain())
                await live.receive(bob.inbox.id, CODE)
                placed = await live.receive(mia.inbox.id, CODE)
            answer = waiting.result()
            message = answer["message"]
            assert isinstance(message, dict)
            assert message["id"] == placed.id
            assert answer["is_timeout"] is False
            again = await _wait(client, timeout="0", cursor=str(answer["cursor"]))
            assert (again["message"], again["is_timeout"]) == (None, True)


async def test_each_filter_narrows(tmp_path: Path) -> None:
    """Sender, thread, inbox, answered message and the lack of a code."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        first = await live.receive(mia.inbox.id, plain())
        start = str(await live.services.journal.head())
        reply = plain(
            sender="Zoe <zoe@example.net>",
            subject="Re: Lunch on Friday",
            message_id="<two@example.net>",
            extra="In-Reply-To: <one@example.org>\n",
        )
        second = await live.receive(mia.inbox.id, reply)

        async with live.client(mia.api_key) as client:

            async def finds(**query: str) -> bool:
                answer = await _wait(client, timeout="0", cursor=start, **query)
                message = answer["message"]
                return isinstance(message, dict) and message["id"] == second.id

            assert await finds()
            assert await finds(**{"from": "ZOE@"})
            assert not await finds(**{"from": "ann@"})
            assert await finds(in_reply_to=first.id)
            assert await finds(in_reply_to="<one@example.org>")
            assert not await finds(in_reply_to="<other@example.org>")
            assert await finds(thread_id=first.thread_id)
            assert await finds(identity_id=mia.inbox.id)
            assert await finds(contains_code="false")
            assert not await finds(contains_code="true")


async def test_since_looks_back(tmp_path: Path) -> None:
    """A message that came before the call is found when it is asked for; else it is not."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, CODE)
        async with live.client(mia.api_key) as client:
            assert (await _wait(client, timeout="0"))["message"] is None
            found = (await _wait(client, timeout="0", since="2020-01-01"))["message"]
            assert isinstance(found, dict)
            assert found["id"] == placed.id


async def test_foreign_things_cannot_be_waited_for(tmp_path: Path) -> None:
    """Another's inbox or thread reads as missing; a bound is kept."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(bob.api_key) as client:
            for query in (
                {"identity_id": mia.inbox.id},
                {"thread_id": placed.thread_id},
            ):
                async with client.get("/v1/messages/wait", params=query) as answer:
                    assert answer.status == 404
            for wrong in ("301", "-1", "nan", "inf"):
                async with client.get(f"/v1/messages/wait?timeout={wrong}") as answer:
                    assert answer.status == 400


async def test_a_stopped_agent_waits_in_vain(tmp_path: Path) -> None:
    """The kill switch reaches a call that is being held open."""
    async with running(tmp_path) as live:
        mia, _ = await live.agent("mia"), await live.agent("bob")
        async with live.client(mia.api_key) as client, live.client(live.master) as master:
            head = await live.services.journal.head()
            query = {"timeout": "20", "cursor": str(head)}
            async with asyncio.TaskGroup() as group:
                call = group.create_task(client.get("/v1/messages/wait", params=query))
                await client.get("/v1/workspace")
                await master.post("/v1/agents/mia/stop", json={})
                await live.receive(mia.inbox.id, CODE)
            assert call.result().status == 401


async def test_an_agent_holds_only_so_many_calls_open(tmp_path: Path) -> None:
    """Waiting for messages and polling for events count together; nobody else's do."""
    async with running(tmp_path, max_waits_per_agent=1) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        held = {"timeout": "60"}
        async with (
            live.client(mia.api_key) as client,
            live.client(bob.api_key) as other,
            asyncio.TaskGroup() as group,
        ):
            call = group.create_task(client.get("/v1/messages/wait", params=held))
            async with asyncio.timeout(60):
                while (await client.get("/v1/messages/wait?timeout=0")).status != 429:
                    pass
            async with client.get("/v1/events?wait=1") as answer:
                problem = await answer.json()
                assert (answer.status, problem["code"]) == (429, "too_many_waits")
                assert int(answer.headers["Retry-After"]) > 0
            assert (await client.get("/v1/events?since=0")).status == 200
            assert (await _wait(other, timeout="0"))["is_timeout"]
            await live.receive(mia.inbox.id, CODE)
            assert (await call).status == 200
            assert (await _wait(client, timeout="0"))["is_timeout"]
