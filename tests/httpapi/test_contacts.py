"""The address book: filled by mail, kept by its owner, trusted by a person."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from mailcore.contacts import CONSUMER
from mailcore.ids import InboxId, new_id
from mailcore.model import JsonObject, Security
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain


async def _caught_up(live: Live) -> None:
    """Until the consumer has taken every arrival."""
    head = await live.services.journal.head()
    async with asyncio.timeout(60):
        while await live.stores.journal.cursor(CONSUMER) < head:
            await asyncio.sleep(0.01)


async def _receive(live: Live, inbox_id: InboxId, *senders: str) -> None:
    for sender in senders:
        raw = plain(sender=sender, message_id=f"<{new_id()}@example.org>")
        await live.receive(inbox_id, raw)
    await _caught_up(live)


def _lister(client: aiohttp.ClientSession) -> Callable[..., Awaitable[list[JsonObject]]]:
    async def listed(**query: str) -> list[JsonObject]:
        async with client.get("/v1/contacts", params=query) as answer:
            assert answer.status == 200, await answer.text()
            rows: list[JsonObject] = (await answer.json())["data"]
            return rows

    return listed


async def test_senders_become_contacts(tmp_path: Path) -> None:
    """Once each, counted, with the name they give; nobody trusts them yet."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await _receive(
            live, mia.inbox.id, "ann@example.org", "Ann Example <ANN@example.org>", "Zoe <z@e.org>"
        )
        async with live.client(mia.api_key) as client:
            ann, zoe = await _lister(client)()
        assert (ann["name"], ann["email"]) == ("Ann Example", "ann@example.org")
        assert (ann["status"], ann["message_count"]) == ("pending", 2)
        assert ann["last_message_at"] is not None
        assert (zoe["name"], zoe["message_count"]) == ("Zoe", 1)


async def test_spam_and_bounces_make_no_contact(tmp_path: Path) -> None:
    """Nor does a mail from oneself."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        spam = plain(sender="Spam <spam@example.org>")
        await live.receive(mia.inbox.id, spam, security=Security(score=90, level="spam"))
        await _receive(
            live, mia.inbox.id, "MAILER-DAEMON@example.org", "mia@agents.example", "broken"
        )
        async with live.client(mia.api_key) as client:
            assert await _lister(client)() == []


async def test_two_consumers_count_nothing_twice(tmp_path: Path) -> None:
    """The count and the cursor move in one transaction, from where the cursor was."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with asyncio.TaskGroup() as group:
            second = group.create_task(live.services.contacts.run())
            senders = [f"Ann <ann{number % 3}@example.org>" for number in range(12)]
            await _receive(live, mia.inbox.id, *senders)
            second.cancel()
        async with live.client(mia.api_key) as client:
            counts = [one["message_count"] for one in await _lister(client)()]
        assert counts == [4, 4, 4]


async def test_adding_a_known_address_changes_it(tmp_path: Path) -> None:
    """By address in any case; what is left out stays."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await _receive(live, mia.inbox.id, "Ann <ann@example.org>")
        async with live.client(mia.api_key) as client:
            given: JsonObject = {
                "email": "Ann@Example.ORG",
                "notes": "VIP",
                "tags": ["Boss", "boss "],
            }
            async with client.post("/v1/contacts", json=given) as answer:
                assert answer.status == 201
                saved = await answer.json()
            assert (saved["is_new"], saved["name"], saved["notes"]) == (False, "Ann", "VIP")
            assert (saved["tags"], saved["message_count"]) == (["boss"], 1)
            async with client.post("/v1/contacts", json={"email": "new@example.org"}) as answer:
                assert (await answer.json())["is_new"] is True
            listed = _lister(client)
            assert len(await listed()) == 2
            assert len(await listed(tag="BOSS")) == 1
            assert await listed(tag="bo") == []
            path = f"/v1/contacts/{saved['id']}"
            async with client.patch(path, json={"name": "Ann E.", "tags": []}) as answer:
                changed = await answer.json()
            assert (changed["name"], changed["notes"], changed["tags"]) == ("Ann E.", "VIP", [])
            assert (await client.delete(path)).status == 204
            assert (await client.get(path)).status == 404
            for wrong in ({"email": "nobody"}, {"email": "a@b.c", "tags": ["x"] * 51}):
                assert (await client.post("/v1/contacts", json=wrong)).status == 400


async def test_a_search_forgives_a_typo(tmp_path: Path) -> None:
    """Who has the text comes alone; when nobody has, similar ones come, the nearest first."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            for name, email in (
                ("Jörg Müller", "joerg.mueller@example.org"),
                ("Katharina Schmidt", "ks@example.net"),
                ("Catherine Smith", "smith@example.com"),
            ):
                await client.post("/v1/contacts", json={"name": name, "email": email})
            listed = _lister(client)
            assert [one["name"] for one in await listed(q="MÜLLER")] == ["Jörg Müller"]
            assert [one["name"] for one in await listed(q="example.net")] == ["Katharina Schmidt"]
            nearest, *_ = await listed(q="Katarina Schmitt")
            assert nearest["name"] == "Katharina Schmidt"
            assert await listed(q="Wolfgang") == []


async def test_only_a_person_trusts(tmp_path: Path) -> None:
    """An agent blocks; the master key trusts and lifts the block."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await _receive(live, mia.inbox.id, "Ann <ann@example.org>")
        async with live.client(mia.api_key) as client, live.client(live.master) as master:
            (ann,) = await _lister(client)()
            path = f"/v1/contacts/{ann['id']}"
            async with client.patch(path, json={"status": "trusted"}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (
                    403,
                    "master_key_required",
                )
            trusted = {"email": "evil@example.org", "status": "trusted"}
            assert (await client.post("/v1/contacts", json=trusted)).status == 403
            assert (await client.patch(path, json={"status": "blocked"})).status == 200
            assert (await client.patch(path, json={"status": "pending"})).status == 403
            assert (await client.delete(path)).status == 403
            async with master.patch(path, json={"status": "trusted"}) as answer:
                assert (await answer.json())["status"] == "trusted"
            assert len(await _lister(client)(status="trusted")) == 1
            async with master.get("/v1/audit?limit=200") as answer:
                last = (await answer.json())["data"][-1]
            assert (last["action"], last["subject"]) == ("contact.update", "ann@example.org")


async def test_a_thread_has_its_contact(tmp_path: Path) -> None:
    """Who is on the other end, with what is known of them."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        await _caught_up(live)
        async with (
            live.client(mia.api_key) as client,
            client.get(f"/v1/threads/{placed.thread_id}") as answer,
        ):
            contact = (await answer.json())["contact"]
        assert (contact["email"], contact["name"]) == ("ann@example.org", "Ann Example")


async def test_foreign_contacts_are_not_there(tmp_path: Path) -> None:
    """Each inbox has its own book."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        await _receive(live, mia.inbox.id, "Ann <ann@example.org>")
        async with live.client(mia.api_key) as client:
            (ann,) = await _lister(client)()
        async with live.client(bob.api_key) as client:
            assert await _lister(client)() == []
            path = f"/v1/contacts/{ann['id']}"
            assert (await client.get(path)).status == 404
            assert (await client.patch(path, json={"name": "x"})).status == 404
            assert (await client.delete(path)).status == 404
            for method, query in (("GET", {"identity_id": mia.inbox.id}),):
                async with client.request(method, "/v1/contacts", params=query) as answer:
                    assert answer.status == 404
            given = {"email": "x@example.org", "identity_id": mia.inbox.id}
            assert (await client.post("/v1/contacts", json=given)).status == 404
