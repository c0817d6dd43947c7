"""Folders and filing: what IMAP shows, over HTTP."""

from pathlib import Path

from mailcore.credentials import OPERATOR
from mailcore.mailboxes import Mailboxes
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain


async def _names(mailboxes: Mailboxes, live: Live) -> list[str]:
    (inbox,) = await mailboxes.inboxes(OPERATOR)
    return [one.name for one in await mailboxes.list(OPERATOR, inbox.id)]


async def test_the_folders_are_listed_with_their_counts(tmp_path: Path) -> None:
    """Those that every inbox has, INBOX first, with what is in them."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await live.receive(mia.inbox.id, plain())
        async with (
            live.client(mia.api_key) as client,
            client.get("/v1/folders", params={"identity_id": mia.inbox.id}) as answer,
        ):
            document = await answer.json()
        assert document["total"] == 6
        assert [one["use"] for one in document["data"]] == [
            "inbox",
            "archive",
            "drafts",
            "junk",
            "sent",
            "trash",
        ]
        first = document["data"][0]
        assert (first["name"], first["total"], first["unread"]) == ("INBOX", 1, 1)
        assert first["size"] == len(plain())


async def test_a_folder_is_made_renamed_and_deleted(tmp_path: Path) -> None:
    """Its messages go to Trash with the folder, under the same ids."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client:
            async with client.post("/v1/folders", json={"name": "Projekte/Grün"}) as answer:
                assert answer.status == 201
                made = await answer.json()
            assert made["name"] == "Projekte/Grün"
            async with client.post("/v1/folders", json={"name": "Projekte/Grün"}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (409, "mailbox_exists")
            path = f"/v1/folders/{made['id']}"
            async with client.patch(path, json={"name": "Garden"}) as answer:
                assert (await answer.json())["name"] == "Garden"
            move = {"folder": "Garden"}
            async with client.post(f"/v1/messages/{placed.id}/move", json=move) as answer:
                moved = await answer.json()
            assert (moved["id"], moved["folder"]) == (placed.id, "Garden")
            async with client.get(path) as answer:
                assert (await answer.json())["total"] == 1
            assert (await client.delete(path)).status == 204
            assert (await client.get(path)).status == 404
            async with client.get(f"/v1/messages/{placed.id}") as answer:
                assert (await answer.json())["folder"] == "Trash"
        assert "Projekte" in await _names(live.services.mailboxes, live)


async def test_a_folder_is_deleted_for_good_when_asked(tmp_path: Path) -> None:
    """`permanent` takes the messages along."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            async with client.post("/v1/folders", json={"name": "Old"}) as answer:
                made = await answer.json()
            placed = await live.receive(mia.inbox.id, plain(), folder="Old")
            assert (await client.delete(f"/v1/folders/{made['id']}?permanent=true")).status == 204
            assert (await client.get(f"/v1/messages/{placed.id}")).status == 404


async def test_the_folders_of_every_inbox_stay(tmp_path: Path) -> None:
    """Sent cannot be renamed nor INBOX deleted here; a wrong name is told."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            async with client.get("/v1/folders") as answer:
                ids = {one["use"]: one["id"] for one in (await answer.json())["data"]}
            for use in ("inbox", "sent", "trash"):
                assert (await client.delete(f"/v1/folders/{ids[use]}")).status == 403
                async with client.patch(f"/v1/folders/{ids[use]}", json={"name": "X"}) as answer:
                    assert (await answer.json())["code"] == "special_folder"
            for name in ("a*b", "50%", " ", "x" * 201):
                assert (await client.post("/v1/folders", json={"name": name})).status == 400


async def test_a_message_is_filed_with_one_call(tmp_path: Path) -> None:
    """Archive, Trash, Junk with its keyword, and back; the flags of the issue."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        path = f"/v1/messages/{placed.id}"
        async with live.client(mia.api_key) as client:
            for verb, folder, labels in (
                ("archive", "Archive", []),
                ("trash", "Trash", []),
                ("junk", "Junk", ["$Junk"]),
                ("junk", "Junk", ["$Junk"]),
                ("not-junk", "INBOX", ["$NotJunk"]),
            ):
                async with client.post(f"{path}/{verb}") as answer:
                    assert answer.status == 200
                    filed = await answer.json()
                assert (filed["id"], filed["folder"], filed["labels"]) == (
                    placed.id,
                    folder,
                    labels,
                )
            assert (await client.post(f"{path}/move", json={"folder": "Nowhere"})).status == 404
            async with client.patch(path, json={"is_read": True, "is_starred": True}) as answer:
                assert (await answer.json())["flags"] == ["seen", "flagged"]
            async with client.get("/v1/messages?is_starred=true&label=%24notjunk") as answer:
                assert (await answer.json())["total"] == 1
            async with client.get("/v1/messages?is_starred=false") as answer:
                assert (await answer.json())["total"] == 0
            contradiction = {"is_read": True, "unread": True}
            assert (await client.patch(path, json=contradiction)).status == 400


async def test_a_deleted_trash_is_made_again(tmp_path: Path) -> None:
    """A client may have deleted it by IMAP."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        await live.services.mailboxes.delete(OPERATOR, mia.inbox.id, "Trash")
        async with live.client(mia.api_key) as client:
            assert (await client.delete(f"/v1/messages/{placed.id}")).status == 204
            async with client.get(f"/v1/messages/{placed.id}") as answer:
                assert (await answer.json())["folder"] == "Trash"


async def test_foreign_folders_are_not_there(tmp_path: Path) -> None:
    """Neither by id nor by inbox."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with live.client(mia.api_key) as client, client.get("/v1/folders") as answer:
            folder = (await answer.json())["data"][0]
        async with live.client(bob.api_key) as client:
            path = f"/v1/folders/{folder['id']}"
            assert (await client.get(path)).status == 404
            assert (await client.patch(path, json={"name": "X"})).status == 404
            assert (await client.delete(path)).status == 404
            listed = {"identity_id": mia.inbox.id}
            assert (await client.get("/v1/folders", params=listed)).status == 404
            made = {"name": "X", "identity_id": mia.inbox.id}
            assert (await client.post("/v1/folders", json=made)).status == 404


async def test_several_inboxes_need_a_name(tmp_path: Path) -> None:
    """Which inbox is meant is said, not guessed."""
    async with running(tmp_path) as live:
        await live.agent("mia")
        await live.agent("bob")
        async with (
            live.client(live.master) as client,
            client.post("/v1/folders", json={"name": "X"}) as answer,
        ):
            assert answer.status == 400
            assert (await answer.json())["errors"][0]["path"] == "identity_id"
