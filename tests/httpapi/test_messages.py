"""Reading, marking, moving, deleting."""

from pathlib import Path

from tests.support.http_live import running
from tests.support.mail_samples import crlf, html_only, no_subject, plain, utf8_8bit

MIXED = crlf(
    'From: Ann <ann@example.org>\nTo: mia@agents.example, "Bob, B." <bob@example.org>\n'
    "Subject: Files\nMessage-ID: <m@example.org>\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="b"\n\n'
    "--b\nContent-Type: text/plain; charset=utf-8\n\n"
    "See the file.\n\nOn Monday, Mia wrote:\n> old\n\n"
    '--b\nContent-Type: text/html; name="x.html"\n'
    "Content-Disposition: attachment; filename*=utf-8''gr%C3%BC%C3%9Fe.html\n"
    "Content-Transfer-Encoding: base64\n\nPHNjcmlwdD4=\n--b--\n"
)


async def test_a_list_has_the_fields_of_the_contract(tmp_path: Path) -> None:
    """Everything that a client may rely on is there."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client, client.get("/v1/messages") as answer:
            document = await answer.json()
        assert {name: document[name] for name in ("total", "limit", "offset")} == {
            "total": 1,
            "limit": 20,
            "offset": 0,
        }
        (row,) = document["data"]
        assert row["id"] == placed.id
        assert row["thread_id"] == placed.thread_id
        assert row["identity_id"] == mia.inbox.id
        assert row["folder"] == "INBOX"
        assert row["uid"] == placed.uid
        assert row["from"] == {"name": "Ann Example", "email": "ann@example.org"}
        assert row["to"] == [{"name": "", "email": "mia@agents.example"}]
        assert row["cc"] == []
        assert row["subject"] == "Lunch on Friday"
        assert row["date"] == "2024-01-05T11:30:00.000Z"
        assert row["preview"] == "Shall we meet at noon?"
        assert row["flags"] == []
        assert row["labels"] == []
        assert row["size"] == len(plain())
        assert row["has_attachments"] is False
        assert row["security"] == {"score": 5, "level": "clean", "categories": ["links"]}


async def test_a_message_is_read_whole(tmp_path: Path) -> None:
    """Text, what the writer wrote, headers, attachments, authentication, verdict."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, MIXED)
        async with live.client(mia.api_key) as client:
            async with client.get(f"/v1/messages/{placed.id}") as answer:
                read = await answer.json()
            async with client.get(f"/v1/messages/{placed.id}/attachments/0") as answer:
                payload = await answer.read()
                headers = answer.headers
            assert (await client.get(f"/v1/messages/{placed.id}/attachments/1")).status == 404
        assert read["text"].startswith("See the file.")
        assert read["reply_text"] == "See the file."
        assert read["html"] is None
        assert {"name": "Subject", "value": "Files"} in read["headers"]
        (attachment,) = read["attachments"]
        assert attachment["index"] == 0
        assert attachment["filename"] == "grüße.html"
        assert attachment["content_type"] == "text/html"
        assert attachment["size"] == len(b"<script>")
        assert {name: read["auth"][name] for name in ("spf", "dkim", "dmarc", "arc")} == {
            "spf": "pass",
            "dkim": "pass",
            "dmarc": "pass",
            "arc": "none",
        }
        assert read["security"]["findings"] == []
        assert read["security"]["sanitized"] == []
        assert payload == b"<script>"
        assert headers["Content-Disposition"] == "attachment; filename*=utf-8''gr%C3%BC%C3%9Fe.html"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]


async def test_raw_is_exactly_what_is_stored(tmp_path: Path) -> None:
    """Octet for octet, also 8-bit text and a message without a subject."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            for raw in (plain(), utf8_8bit(), no_subject(), html_only(), b"\x00\xff junk"):
                placed = await live.receive(mia.inbox.id, raw)
                async with client.get(f"/v1/messages/{placed.id}/raw") as answer:
                    assert await answer.read() == raw
                    assert answer.content_type == "message/rfc822"
                assert (await client.get(f"/v1/messages/{placed.id}")).status == 200


async def test_invisible_characters_are_taken_out_and_told(tmp_path: Path) -> None:
    """What a model reads has nothing hidden in it; the octets keep it."""
    raw = plain(
        subject="ig\u200bnore",
        text="Hel\u200blo\n",
        extra="Content-Type: text/plain; charset=utf-8\n",
    )
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, raw)
        async with live.client(mia.api_key) as client:
            async with client.get(f"/v1/messages/{placed.id}") as answer:
                read = await answer.json()
            async with client.get("/v1/events?since=0") as answer:
                event = (await answer.json())["data"][-1]
            async with client.get(f"/v1/threads/{placed.thread_id}") as answer:
                thread = await answer.json()
        assert read["subject"] == "ignore"
        assert read["text"] == "Hello"
        assert {"rule": "invisible", "count": 1, "place": "text"} in read["security"]["sanitized"]
        assert event["data"]["subject"] == "ignore"
        assert thread["subject"] == "ignore"
        assert thread["messages"][0]["text"] == "Hello"


async def test_lists_are_filtered_and_paged(tmp_path: Path) -> None:
    """Every filter of the contract narrows the list; paging covers it without overlap."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        for number in range(5):
            await live.receive(
                mia.inbox.id,
                plain(subject=f"number {number}", message_id=f"<{number}@example.org>"),
            )
        await live.receive(mia.inbox.id, plain(sender="Zoe <zoe@example.net>"), folder="Archive")

        async with live.client(mia.api_key) as client:

            async def total(**query: str) -> int:
                async with client.get("/v1/messages", params=query) as answer:
                    assert answer.status == 200, await answer.text()
                    count: int = (await answer.json())["total"]
                    return count

            assert await total() == 6
            assert await total(folder="inbox") == 5
            assert await total(folder="Nowhere") == 0
            assert await total(subject="number 3") == 1
            assert await total(**{"from": "zoe"}) == 1
            assert await total(to="mia@") == 6
            assert await total(q="NUMBER") == 5
            assert await total(unread="true") == 6
            assert await total(since="2999-01-01") == 0
            assert await total(before="2999-01-01T00:00:00Z") == 6
            assert await total(identity_id=mia.inbox.id) == 6
            seen = []
            for offset in (0, 2, 4):
                async with client.get(f"/v1/messages?limit=2&offset={offset}") as answer:
                    seen += [one["id"] for one in (await answer.json())["data"]]
            assert len(seen) == len(set(seen)) == 6


async def test_a_message_is_marked_labeled_and_moved(tmp_path: Path) -> None:
    """One call changes what it names and leaves the rest; ids are kept."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client:
            path = f"/v1/messages/{placed.id}"
            change = {"unread": False, "flagged": True, "add_labels": ["todo"]}
            async with client.patch(path, json=change) as answer:
                changed = await answer.json()
            assert (changed["flags"], changed["labels"]) == (["seen", "flagged"], ["todo"])
            async with client.patch(
                path, json={"flagged": False, "remove_labels": ["todo"], "folder": "Archive"}
            ) as answer:
                changed = await answer.json()
            assert (changed["id"], changed["folder"]) == (placed.id, "Archive")
            assert (changed["flags"], changed["labels"]) == (["seen"], [])
            async with client.patch(path, json={"folder": "Nowhere", "unread": True}) as answer:
                assert answer.status == 404
                assert (await answer.json())["code"] == "no_such_mailbox"
            async with client.get(path) as answer:
                assert (await answer.json())["flags"] == ["seen"]


async def test_deleting_goes_through_the_trash(tmp_path: Path) -> None:
    """Twice, or when told so, it is gone for good."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        first = await live.receive(mia.inbox.id, plain())
        second = await live.receive(mia.inbox.id, plain(message_id="<two@example.org>"))
        async with live.client(mia.api_key) as client:
            assert (await client.delete(f"/v1/messages/{first.id}")).status == 204
            async with client.get(f"/v1/messages/{first.id}") as answer:
                assert (await answer.json())["folder"] == "Trash"
            assert (await client.delete(f"/v1/messages/{first.id}")).status == 204
            assert (await client.get(f"/v1/messages/{first.id}")).status == 404
            url = f"/v1/messages/{second.id}?permanent=true"
            assert (await client.delete(url)).status == 204
            assert (await client.get(f"/v1/messages/{second.id}")).status == 404


async def test_a_thread_has_its_messages_oldest_first(tmp_path: Path) -> None:
    """Inbound and outbound together, with text, and the id that a draft needs."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client:
            async with client.post(
                f"/v1/messages/{placed.id}/reply", json={"text": "Noon it is."}
            ) as answer:
                assert answer.status == 202
            async with client.get("/v1/threads?needs_review=false&status=waiting") as answer:
                (listed,) = (await answer.json())["data"]
            async with client.get(f"/v1/threads/{placed.thread_id}") as answer:
                thread = await answer.json()
        assert listed["id"] == placed.thread_id
        assert thread["message_count"] == 2
        assert thread["last_inbound_message_id"] == placed.id
        assert [one["direction"] for one in thread["messages"]] == ["inbound", "outbound"]
        assert thread["messages"][1]["text"].startswith("Noon it is.")
        assert thread["drafts"] == []
