"""Many messages in one call."""

from pathlib import Path

from mailcore.ids import InboxId
from mailcore.store.ports import EventFilter
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain


async def _receive(live: Live, inbox_id: InboxId, count: int, folder: str = "INBOX") -> list[str]:
    ids: list[str] = []
    for number in range(count):
        raw = plain(message_id=f"<{folder}{number}@example.org>", subject=f"number {number}")
        ids.append((await live.receive(inbox_id, raw, folder=folder)).id)
    return ids


async def test_marking_writes_one_event_for_each_mailbox(tmp_path: Path) -> None:
    """Three messages in INBOX and two in Archive are two changes; unknown ids are named."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        ids = await _receive(live, mia.inbox.id, 3)
        ids += await _receive(live, mia.inbox.id, 2, "Archive")
        (foreign,) = await _receive(live, bob.inbox.id, 1)
        before = await live.services.journal.head()
        async with live.client(mia.api_key) as client:
            given = {"ids": [*ids, foreign, "nothing", ids[0]]}
            async with client.post("/v1/messages/batch/seen", json=given) as answer:
                assert answer.status == 200, await answer.text()
                done = await answer.json()
            assert done == {"done": ids, "missing": [foreign, "nothing"]}
            events, _ = await live.services.journal.since(
                before, EventFilter(names=("email.updated",))
            )
            assert {str(event.body["count"]) for event in events} == {"2", "3"}
            assert len(events) == 2
            async with client.get("/v1/messages?unread=true") as answer:
                assert (await answer.json())["total"] == 0
            await client.post("/v1/messages/batch/unseen", json={"ids": ids[:1]})
            async with client.get("/v1/messages?unread=true") as answer:
                assert [one["id"] for one in (await answer.json())["data"]] == ids[:1]
        async with (
            live.client(bob.api_key) as client,
            client.get("/v1/messages?unread=true") as answer,
        ):
            assert (await answer.json())["total"] == 1


async def test_moving_and_deleting(tmp_path: Path) -> None:
    """Archive, a folder, Trash; what is in Trash already goes for good."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        ids = await _receive(live, mia.inbox.id, 4)

        async with live.client(mia.api_key) as client:

            async def folders() -> list[str]:
                async with client.get("/v1/messages") as answer:
                    rows = {one["id"]: one["folder"] for one in (await answer.json())["data"]}
                return [rows.get(one, "") for one in ids]

            async def batch(verb: str, status: int = 200, **given: object) -> None:
                async with client.post(f"/v1/messages/batch/{verb}", json=given) as answer:
                    assert answer.status == status, await answer.text()

            await batch("archive", ids=ids[:2])
            await batch("move", ids=ids[2:3], folder="Junk")
            await batch("trash", ids=ids[3:])
            await batch("trash", ids=ids[3:])
            assert await folders() == ["Archive", "Archive", "Junk", "Trash"]
            await batch("move", 404, ids=ids, folder="Nowhere")
            assert await folders() == ["Archive", "Archive", "Junk", "Trash"]
            await batch("delete", ids=ids[1:])
            assert await folders() == ["Archive", "Trash", "Trash", ""]
            await batch("delete", ids=ids[:1], permanent=True)
            assert await folders() == ["", "Trash", "Trash", ""]


async def test_reading_many_at_once(tmp_path: Path) -> None:
    """Whole messages in the order asked for, unread as before."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        ids = await _receive(live, mia.inbox.id, 3)
        given = {"ids": [ids[2], "gone", ids[0]]}
        async with (
            live.client(mia.api_key) as client,
            client.post("/v1/messages/batch/read", json=given) as answer,
        ):
            document = await answer.json()
        assert [one["subject"] for one in document["data"]] == ["number 2", "number 0"]
        assert document["data"][0]["text"].startswith("Shall we meet")
        assert document["data"][0]["flags"] == []
        assert (document["missing"], document["remaining"]) == (["gone"], [])


async def test_a_large_reading_is_continued(tmp_path: Path) -> None:
    """What does not fit into one answer is named, and nothing is lost."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        text = ("x" * 70 + "\n") * 60_000
        ids = []
        for number in range(4):
            raw = plain(text=text, message_id=f"<large{number}@example.org>")
            ids.append((await live.receive(mia.inbox.id, raw)).id)
        async with live.client(mia.api_key) as client:
            async with client.post("/v1/messages/batch/read", json={"ids": ids}) as answer:
                first = await answer.json()
            assert [one["id"] for one in first["data"]] == ids[:2]
            assert first["remaining"] == ids[2:]


async def test_a_thousand_ids_and_no_more(tmp_path: Path) -> None:
    """The bound of a call, below and above."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            many = [f"id{number}" for number in range(1001)]
            url = "/v1/messages/batch/seen"
            async with client.post(url, json={"ids": many[:1000]}) as answer:
                assert len((await answer.json())["missing"]) == 1000
            assert (await client.post(url, json={"ids": many})).status == 400
            assert (await client.post(url, json={"ids": []})).status == 400
            assert (await client.post(url, json={"ids": [5]})).status == 400
