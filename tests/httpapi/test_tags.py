"""Tags are keywords with a name and a color."""

from pathlib import Path

import pytest

from mailcore.tags import slug
from tests.support.http_live import running
from tests.support.mail_samples import plain


async def test_a_tag_is_put_on_messages_and_found_by_them(tmp_path: Path) -> None:
    """By id, keyword or name; it stands among the labels that IMAP shows."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        await live.receive(mia.inbox.id, plain(message_id="<two@example.org>"))
        async with live.client(mia.api_key) as client:
            given = {"name": "To do!", "color": "#FF8800"}
            async with client.post("/v1/tags", json=given) as answer:
                assert answer.status == 201
                tag = await answer.json()
            assert (tag["name"], tag["keyword"], tag["color"]) == ("To do!", "to-do", "#ff8800")
            for reference in (tag["id"], "to-do", "TO DO!"):
                url = f"/v1/messages/{placed.id}/tags/{reference}"
                async with client.post(url) as answer:
                    assert (await answer.json())["labels"] == ["to-do"]
                async with client.delete(url) as answer:
                    assert (await answer.json())["labels"] == []
            await client.post(f"/v1/messages/{placed.id}/tags/to-do")
            async with client.get(f"/v1/tags/{tag['id']}/messages") as answer:
                document = await answer.json()
            assert [one["id"] for one in document["data"]] == [placed.id]
            async with client.get("/v1/messages?label=to-do") as answer:
                assert (await answer.json())["total"] == 1
            async with client.get(f"/v1/tags/{tag['id']}") as answer:
                assert (await answer.json())["message_count"] == 1
            assert (await client.post(f"/v1/messages/{placed.id}/tags/nothing")).status == 404


async def test_a_tag_is_changed_and_deleted(tmp_path: Path) -> None:
    """The keyword stays under another name; deleting takes it off every message."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain(), folder="Archive")
        async with live.client(mia.api_key) as client:
            async with client.post("/v1/tags", json={"name": "Work"}) as answer:
                tag = await answer.json()
            async with client.post("/v1/tags", json={"name": "work!"}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (409, "tag_exists")
            path = f"/v1/tags/{tag['id']}"
            async with client.patch(path, json={"name": "Job", "color": "#000000"}) as answer:
                changed = await answer.json()
            assert (changed["name"], changed["keyword"]) == ("Job", "work")
            await client.patch(f"/v1/messages/{placed.id}", json={"add_labels": ["work", "other"]})
            assert (await client.delete(path)).status == 204
            async with client.get(f"/v1/messages/{placed.id}") as answer:
                assert (await answer.json())["labels"] == ["other"]
            async with client.get("/v1/tags") as answer:
                assert (await answer.json())["total"] == 0
            for wrong in ({"name": "x", "color": "red"}, {"name": "!!"}, {"name": ""}):
                assert (await client.post("/v1/tags", json=wrong)).status == 400


async def test_foreign_tags_are_not_there(tmp_path: Path) -> None:
    """Neither the tag, nor its messages, nor a message to put it on."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        placed = await live.receive(mia.inbox.id, plain())
        own = await live.receive(bob.inbox.id, plain())
        async with (
            live.client(mia.api_key) as client,
            client.post("/v1/tags", json={"name": "Work"}) as answer,
        ):
            tag = await answer.json()
        async with live.client(bob.api_key) as client:
            path = f"/v1/tags/{tag['id']}"
            assert (await client.get(path)).status == 404
            assert (await client.get(f"{path}/messages")).status == 404
            assert (await client.patch(path, json={"name": "x"})).status == 404
            assert (await client.delete(path)).status == 404
            assert (await client.post(f"/v1/messages/{placed.id}/tags/work")).status == 404
            assert (await client.post(f"/v1/messages/{own.id}/tags/{tag['id']}")).status == 404
            listed = {"identity_id": mia.inbox.id}
            assert (await client.get("/v1/tags", params=listed)).status == 404


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        ("Work", "work"),
        ("Zu tun: Grüße", "zu-tun-grusse"),
        ("重要", "u91cd8981"),
        ("2026 / Q1", "2026-q1"),
    ],
)
def test_a_keyword_is_an_atom(name: str, keyword: str) -> None:
    """RFC 9051 §2.3.2: whatever the name, its keyword is plain ASCII."""
    assert slug(name) == keyword
    assert slug(name).isascii()
