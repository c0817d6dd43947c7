"""One shape for every list: cursors, offsets, totals."""

import base64
from pathlib import Path

import aiohttp
import pytest

from httpapi.fields import Listing, Page
from httpapi.operations import OPERATIONS
from tests.support.http_live import running
from tests.support.mail_samples import plain


async def _walk(client: aiohttp.ClientSession, path: str, **query: str) -> list[dict[str, object]]:
    """Every row, two at a time, by cursor."""
    rows: list[dict[str, object]] = []
    cursor = ""
    while True:
        given = {"limit": "2", **query, **({"cursor": cursor} if cursor else {})}
        async with client.get(path, params=given) as answer:
            assert answer.status == 200, await answer.text()
            document = await answer.json()
        rows += document["data"]
        assert document["total_is_exact"] is True
        if document["next_cursor"] is None:
            assert len(rows) == document["total"]
            return rows
        assert len(document["data"]) == 2
        cursor = document["next_cursor"]


def test_every_list_has_the_one_shape() -> None:
    """Whatever takes a page answers a listing, and the other way round."""
    for one in OPERATIONS:
        takes_page = issubclass(one.input, Page)
        is_listing = one.output is not None and issubclass(one.output, Listing)
        assert takes_page == is_listing, one.name


async def test_lists_are_walked_by_cursor(tmp_path: Path) -> None:
    """Each row once, in the order of the whole list."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        for name in ("bob", "ann", "carl", "zoe"):
            await live.agent(name)
        for number in range(5):
            await live.receive(
                mia.inbox.id,
                plain(subject=f"Letter {number}", message_id=f"<letter-{number}@example.com>"),
            )
        async with live.client(mia.api_key) as client:
            for name in ("one", "two", "three"):
                assert (await client.post("/v1/tags", json={"name": name})).status == 201
            for path in ("/v1/messages", "/v1/threads", "/v1/folders", "/v1/tags", "/v1/agents"):
                async with client.get(path, params={"limit": "200"}) as answer:
                    whole = (await answer.json())["data"]
                assert len(whole) > 2
                assert await _walk(client, path) == whole, path
        async with live.client(live.master) as client:
            for path in ("/v1/identities", "/v1/keys", "/v1/audit", "/v1/agents/inactive"):
                async with client.get(path, params={"limit": "200"}) as answer:
                    whole = (await answer.json())["data"]
                assert await _walk(client, path) == whole, path
            newest = await _walk(client, "/v1/audit", order="newest", action="agent.")
            assert [str(one["detail"]["name"]) for one in newest] == [  # type: ignore[index] # a document
                "zoe",
                "carl",
                "ann",
                "bob",
                "mia",
            ]


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%",
        "ä",
        _encoded("{}"),
        _encoded("[]"),
        _encoded("[1.5,2]"),
        _encoded("[true,2]"),
        _encoded("[99999999999999999999,2]"),
        _encoded("[[1],2]"),
        _encoded('["a"]'),
        _encoded("[1,2,3,4,5]"),
        _encoded('["\\ud800",1]'),
    ],
)
async def test_a_cursor_that_is_none_is_400(tmp_path: Path, cursor: str) -> None:
    """On stored lists and on short ones alike; so is a cursor beside an offset."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await live.receive(mia.inbox.id, plain())
        async with live.client(live.master) as client:
            for path in ("/v1/messages", "/v1/threads", "/v1/agents", "/v1/contacts?q=zzz"):
                mark = "&" if "?" in path else "?"
                async with client.get(f"{path}{mark}cursor={cursor}") as answer:
                    document = await answer.json()
                    assert answer.status in (400, 200), (path, document)
                    if answer.status == 400:
                        assert document["errors"][0]["path"] == "cursor"
            async with client.get("/v1/messages", params={"cursor": cursor}) as answer:
                assert answer.status == 400
            async with client.get("/v1/messages?offset=1&cursor=WzEsMl0") as answer:
                assert answer.status == 400
