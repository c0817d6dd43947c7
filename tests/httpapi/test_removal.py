"""Agents and addresses that go: what is kept for the owner, and what is really gone."""

from datetime import timedelta
from pathlib import Path

from mailcore.credentials import OPERATOR
from mailcore.model import Agent
from tests.support.clock import FakeClock
from tests.support.http_live import SECRET, Live, running
from tests.support.mail_samples import plain
from tests.support.mirroring import mirror

MAIL = {"to": "bob@example.com", "subject": "Hello", "text": "Hi Bob."}


def _letters(live: Live) -> int:
    """Files of mailboxes on the disk."""
    files = live.config.server.data_dir.rglob("cur/*")
    return sum(1 for one in files if one.is_file() and "spool" not in one.parts)


async def test_an_archived_agents_mail_is_the_owners_to_read(tmp_path: Path) -> None:
    """Nothing arrives or leaves, nobody logs in; deleting the address removes the rest."""
    async with running(tmp_path) as live, live.client(live.master) as master:
        await live.agent("keeper")
        mia = await live.agent("mia")
        letter = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client:
            held = {**MAIL, "text": SECRET}
            async with client.post("/v1/messages", json=held) as answer:
                hold_id = (await answer.json())["hold_id"]
        query = {"archive": "true", "reason": "done"}
        assert (await master.delete("/v1/agents/mia", params=query)).status == 204
        async with live.client(mia.api_key) as client:
            assert (await client.get("/v1/messages")).status == 401
        async with master.get(f"/v1/holds/{hold_id}") as answer:
            assert (await answer.json())["status"] == "rejected"
        await live.services.accounts.remove_leftovers()
        await mirror(live.stores).drain()
        async with master.get(f"/v1/messages/{letter.id}") as answer:
            assert (answer.status, (await answer.json())["subject"]) == (200, "Lunch on Friday")
        path = f"/v1/identities/{mia.inbox.id}"
        async with master.get(path) as answer:
            assert (await answer.json())["status"] == "disabled"
        send = {**MAIL, "identity_id": mia.inbox.id}
        async with master.post("/v1/messages", json=send) as answer:
            assert (await answer.json())["code"] == "inbox_disabled"
        async with master.post("/v1/agents", json={"name": "mia"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "address_taken")
        async with master.get("/v1/agents/deletions") as answer:
            (row,) = (await answer.json())["data"]
        assert (row["name"], row["reason"], row["is_archived"]) == ("mia", "done", True)
        async with live.client((await live.agent("other")).api_key) as client:
            assert (await client.delete(path)).status == 403
        assert (await master.delete(path)).status == 204
        assert (await master.get(path)).status == 404
        assert (await master.get(f"/v1/messages/{letter.id}")).status == 404
        assert (await master.post("/v1/agents", json={"name": "mia"})).status == 201


async def test_mail_of_a_deleted_agent_is_removed_with_its_files(tmp_path: Path) -> None:
    """By the periodic job, in bounded steps; others keep theirs."""
    async with running(tmp_path) as live, live.client(live.master) as master:
        keeper, mia = await live.agent("keeper"), await live.agent("mia")
        await live.receive(keeper.inbox.id, plain())
        for number in range(3):
            letter = plain(message_id=f"<{number}@example.org>")
            await live.receive(mia.inbox.id, letter, folder="INBOX" if number else "Archive")
        async with live.client(mia.api_key) as client:
            assert (await client.post("/v1/tags", json={"name": "x"})).status == 201
            assert (await client.post("/v1/messages", json=MAIL)).status == 202
        await mirror(live.stores).drain()
        assert _letters(live) == 5
        assert (await master.delete("/v1/agents/mia")).status == 204
        assert await live.services.accounts.remove_leftovers() > 4
        await mirror(live.stores).drain()
        assert await live.services.accounts.remove_leftovers() == 0
        assert _letters(live) == 1


async def test_files_of_finished_mail_go_after_a_month(tmp_path: Path) -> None:
    """The copy in Sent stays; what waits keeps its bytes however long."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live, live.client(live.master) as master:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            ids = []
            for text in (f"one {SECRET}", f"two {SECRET}"):
                async with client.post("/v1/messages", json={**MAIL, "text": text}) as answer:
                    ids.append(await answer.json())
        rejected, waiting = ids
        assert (await master.post(f"/v1/holds/{rejected['hold_id']}/reject")).status == 200
        assert (await master.get(f"/v1/messages/{rejected['id']}")).status == 200
        assert await live.services.accounts.remove_leftovers() == 0
        clock.advance(timedelta(days=31))
        assert await live.services.accounts.remove_leftovers() == 1
        assert (await master.get(f"/v1/messages/{rejected['id']}")).status == 404
        assert (await master.get(f"/v1/messages/{waiting['id']}")).status == 200
        async with master.get(f"/v1/holds/{rejected['hold_id']}") as answer:
            assert (await answer.json())["status"] == "rejected"


async def test_activity_is_written_once_a_minute(tmp_path: Path) -> None:
    """`last_activity_at` follows the agent's calls, but not each of them."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live:
        mia = await live.agent("mia")

        async def seen() -> Agent:
            return await live.services.accounts.agent(OPERATOR, mia.agent.id)

        async with live.client(mia.api_key) as client:
            await client.get("/v1/messages")
            first = (await seen()).last_activity_at
            assert first == clock.now()
            clock.advance(59)
            await client.get("/v1/messages")
            assert (await seen()).last_activity_at == first
            clock.advance(1)
            await client.get("/v1/messages")
            assert (await seen()).last_activity_at == clock.now()
