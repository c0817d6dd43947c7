"""A conversation within a budget of tokens."""

from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from mailcore.message.gist import token_estimate
from mailcore.model import Security
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain
from tests.support.mcp_client import connected

UTF8 = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"


def letter(number: int, text: str) -> bytes:
    extra = UTF8 + (f"In-Reply-To: <{number - 1}@example.org>\n" if number else "")
    return plain(
        text=f"{text}\n\n-- \nAnn\n\nOn Mon, 1 Jan 2024, Mia wrote:\n> quoted words\n",
        subject="Re: The flat" if number else "The flat",
        message_id=f"<{number}@example.org>",
        date=f"Fri, 05 Jan 2024 12:{number:02}:00 +0000",
        extra=extra,
    )


async def converse(live: Live, inbox_id: Any, texts: list[str]) -> Any:
    thread_id: Any = None
    for number, text in enumerate(texts):
        placed = await live.receive(inbox_id, letter(number, text), security=Security())
        thread_id = placed.thread_id
    return thread_id


async def digest(client: aiohttp.ClientSession, thread_id: str, budget: int) -> dict[str, Any]:
    path = f"/v1/threads/{thread_id}/digest?budget_tokens={budget}"
    async with client.get(path, headers={"Prefer": "marked-text"}) as answer:
        assert answer.status == 200, await answer.text()
        document: dict[str, Any] = await answer.json()
        return document


WORDS = (
    "The kitchen was painted again. Please send 12 EUR by Friday. The garden is as it was before. "
)


async def test_a_short_thread_is_whole(tmp_path: Path) -> None:
    """Oldest first; no quotations, no signatures."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        thread_id = await converse(live, mia.inbox.id, ["Shall we meet?", "At noon.", "Fine."])
        async with live.client(mia.api_key) as client:
            found = await digest(client, thread_id, 1000)
    word = found["marking"]["word"]
    gists = [one["gist"] for one in found["messages"]]
    assert gists == [
        f"<untrusted-{word}>{text}</untrusted-{word}>"
        for text in ("Shall we meet?", "At noon.", "Fine.")
    ]
    assert [one["left_out_chars"] for one in found["messages"]] == [0, 0, 0]
    assert found["left_out_messages"] == 0
    assert found["messages"][0]["from"] == "Ann Example <ann@example.org>"


async def test_the_budget_is_kept_and_the_newest_gets_most(tmp_path: Path) -> None:
    """Counted over the whole answer as a model gets it, marks and all; what is missing is told."""
    texts = [
        WORDS * 20,
        "東京で会いましょう。明日お願いします。" * 60,
        '"quotes" \\ ' * 100,
        *[WORDS * 9] * 9,
    ]
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        thread_id = await converse(live, mia.inbox.id, texts)
        async with live.client(mia.api_key) as client:
            for budget in (400, 700, 1000, 2500, 6000, 50_000):
                found = await digest(client, thread_id, budget)
                cost = token_estimate(orjson.dumps(found).decode())
                assert cost <= budget
                assert cost <= found["estimated_tokens"] <= budget
                shown = found["messages"]
                assert shown
                assert len(shown) + found["left_out_messages"] == len(texts)
                sizes = [len(one["gist"]) for one in shown[-9:]]
                assert sizes[-1] == max(sizes)
                again = await digest(client, thread_id, budget)
                assert [one["left_out_chars"] for one in again["messages"]] == [
                    one["left_out_chars"] for one in shown
                ]
        async with connected(live.url, mia.api_key) as client:
            arguments = {"thread_id": thread_id, "budget_tokens": 700}
            result = await client.call_tool("get_thread_digest", arguments)
            assert token_estimate(result.content[0].text) <= 700


async def test_internal_mail_is_marked_as_such(tmp_path: Path) -> None:
    """By how it arrived."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(
            mia.inbox.id, letter(0, "Hello"), security=Security(level="internal")
        )
        async with live.client(mia.api_key) as client:
            found = await digest(client, str(placed.thread_id), 1000)
    assert found["messages"][0]["origin"] == "internal"
    assert found["messages"][0]["gist"].startswith("<internal-")


@pytest.mark.parametrize("budget", ["0", "399", "50001", "x", "-1"])
async def test_a_wrong_budget_names_the_field(tmp_path: Path, budget: str) -> None:
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        thread_id = await converse(live, mia.inbox.id, ["Hi"])
        async with live.client(mia.api_key) as client:
            path = f"/v1/threads/{thread_id}/digest?budget_tokens={budget}"
            async with client.get(path) as answer:
                assert answer.status == 400
                assert (await answer.json())["errors"][0]["path"] == "budget_tokens"


async def test_the_thread_of_another_is_not_found(tmp_path: Path) -> None:
    """Foreign ids are 404."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        thread_id = await converse(live, mia.inbox.id, ["Hi"])
        async with (
            live.client(bob.api_key) as client,
            client.get(f"/v1/threads/{thread_id}/digest") as answer,
        ):
            assert answer.status == 404
