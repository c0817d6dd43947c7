"""Searching messages over HTTP: the language of `q`, what is shown of a match, and whose mail it is."""

from pathlib import Path

import pytest

from mailcore.fulltext import Indexer
from mailcore.ids import InboxId
from mailcore.model import JsonObject
from tests.support.http_live import Live, running
from tests.support.mail_samples import crlf, plain


async def fill(live: Live, inbox_id: InboxId) -> None:
    """Four messages with little in common."""
    await live.receive(inbox_id, plain(subject="Invoice 7", message_id="<1@x>"))
    await live.receive(
        inbox_id,
        crlf(
            "From: Zoë <zoe@example.net>\nTo: mia@agents.example\nSubject: Reise\nMessage-ID: <2@x>\n"
            "Content-Type: text/html; charset=utf-8\n\n<p>Der <b>Flug</b> nach K\u00f6ln,\n"
            "the invoice\u200b follows</p>\n"
        ),
        folder="Archive",
    )
    await live.receive(
        inbox_id,
        crlf(
            "From: bob@example.org\nTo: mia@agents.example\nSubject: files\nMessage-ID: <3@x>\n"
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee attached\n--b\n"
            "Content-Type: application/pdf\nContent-Disposition: attachment; filename=budget.pdf\n\n"
            "%PDF\n--b--\n"
        ),
    )


async def index(live: Live) -> None:
    """Let the index catch up."""
    await Indexer(
        index=live.stores.fulltext, blobs=live.stores.blobs, journal=live.services.journal
    ).catch_up()


async def search(live: Live, key: str, **query: str) -> JsonObject:
    async with live.client(key) as client, client.get("/v1/messages", params=query) as answer:
        assert answer.status == 200, await answer.text()
        found: JsonObject = await answer.json()
        return found


def subjects(found: JsonObject) -> list[object]:
    rows = found["data"]
    assert isinstance(rows, list)
    assert found["total"] == len(rows)
    return [one["subject"] for one in rows if isinstance(one, dict)]


QUERIES = [
    ("invoice", ["Reise", "Invoice 7"]),
    ("subject:invoice", ["Invoice 7"]),
    ('"flug nach köln"', ["Reise"]),
    ("flug invoice", ["Reise"]),
    ("flug noon", []),
    ("flug OR noon", ["Reise", "Invoice 7"]),
    ("invoice -flug", ["Invoice 7"]),
    ("from:zoe", ["Reise"]),
    ("zoë", ["Reise"]),
    ("budget.pdf", ["files"]),
    ("has:attachment", ["files"]),
    ("is:unread in:archive", ["Reise"]),
    ("after:2999-01-01", []),
    ("to:mia before:2999-01-01 larger:1", ["files", "Reise", "Invoice 7"]),
    ("kö", ["Reise"]),
]


@pytest.mark.parametrize("is_indexed", [False, True])
async def test_queries_find_what_they_say(tmp_path: Path, is_indexed: bool) -> None:
    """The same with and without the index, newest first."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await fill(live, mia.inbox.id)
        if is_indexed:
            await index(live)
        for query, expected in QUERIES:
            assert subjects(await search(live, mia.api_key, q=query)) == expected, query


@pytest.mark.parametrize("is_indexed", [False, True])
async def test_a_match_is_shown_where_it_stands(tmp_path: Path, is_indexed: bool) -> None:
    """Positions are those of the cleaned text; a list without `q` has none."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await fill(live, mia.inbox.id)
        if is_indexed:
            await index(live)
        (row, other) = (await search(live, mia.api_key, q="INVOICE"))["data"]  # type: ignore[misc] # a list of two
        assert isinstance(row, dict)
        assert row["highlights"] == [
            {
                "field": "text",
                "text": "Der Flug nach Köln, the invoice follows",
                "matches": [[24, 31]],
            }
        ]
        assert isinstance(other, dict)
        assert other["highlights"] == [
            {"field": "subject", "text": "Invoice 7", "matches": [[0, 7]]}
        ]
        (row, *_) = (await search(live, mia.api_key))["data"]  # type: ignore[misc] # a list
        assert isinstance(row, dict)
        assert row["highlights"] == []


async def test_relevance_puts_subjects_first(tmp_path: Path) -> None:
    """`sort=relevance`; pages go on where they should."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await fill(live, mia.inbox.id)
        await index(live)
        found = await search(live, mia.api_key, q="invoice", sort="relevance")
        assert subjects(found) == ["Invoice 7", "Reise"]
        second = await search(
            live, mia.api_key, q="invoice", sort="relevance", offset="1", limit="1"
        )
        assert second["total"] == 2
        (row,) = second["data"]  # type: ignore[misc] # a list of one
        assert isinstance(row, dict)
        assert row["subject"] == "Reise"


async def test_nobody_finds_another_s_mail(tmp_path: Path) -> None:
    """The index holds everybody's text; an answer only the caller's."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        ben = await live.agent("ben")
        await fill(live, mia.inbox.id)
        await index(live)
        for query in ("invoice", "-absent", "in", "from:zoe"):
            assert subjects(await search(live, ben.api_key, q=query)) == []
        assert subjects(await search(live, live.master, q="flug")) == ["Reise"]


@pytest.mark.parametrize("query", ["before:soon", "is:odd", "x" * 1001])
async def test_a_query_without_meaning_is_refused(tmp_path: Path, query: str) -> None:
    """422 or 400 with the field, never a traceback."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            client.get("/v1/messages", params={"q": query}) as answer,
        ):
            assert answer.status in (400, 422)
            assert "q" in await answer.text()
