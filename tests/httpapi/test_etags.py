"""Entity tags: 304 for what is known, 412 for what has changed (RFC 9110 §13)."""

from pathlib import Path

from tests.support.clock import FakeClock
from tests.support.http_live import running
from tests.support.mail_samples import plain


async def test_what_is_known_is_not_sent_again(tmp_path: Path) -> None:
    """The tag follows changes, not the passing of time."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live:
        mia = await live.agent("mia")
        letter = await live.receive(mia.inbox.id, plain(text="Your code is 482913.\n"))
        path = f"/v1/messages/{letter.id}"
        async with live.client(mia.api_key) as client:
            async with client.get(path) as answer:
                tag = answer.headers["ETag"]
            assert tag.startswith('"')
            clock.advance(5)
            for known in (tag, f'"x", W/{tag}', "*"):
                async with client.get(path, headers={"If-None-Match": known}) as answer:
                    assert (answer.status, await answer.read()) == (304, b"")
                    assert answer.headers["ETag"] == tag
            await client.patch(path, json={"is_read": True})
            async with client.get(path, headers={"If-None-Match": tag}) as answer:
                assert (answer.status, answer.headers["ETag"] != tag) == (200, True)
            async with client.get("/v1/messages") as answer:
                assert "ETag" not in answer.headers


async def test_nothing_is_changed_that_was_not_seen(tmp_path: Path) -> None:
    """A stale tag is 412 and changes nothing; the current one and `*` pass."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            async with client.post("/v1/tags", json={"name": "To do"}) as answer:
                path = f"/v1/tags/{(await answer.json())['id']}"
            async with client.get(path) as answer:
                old = answer.headers["ETag"]
            body = {"color": "#112233"}
            async with client.patch(path, json=body, headers={"If-Match": old}) as answer:
                assert answer.status == 200
            for method in ("PATCH", "DELETE"):
                async with client.request(
                    method, path, json=body, headers={"If-Match": old}
                ) as answer:
                    document = await answer.json()
                    assert (answer.status, document["code"]) == (412, "precondition_failed")
            missing = path[:-1] + ("0" if path[-1] != "0" else "1")
            async with client.delete(missing, headers={"If-Match": "*"}) as answer:
                assert answer.status == 404
            async with client.get(path) as answer:
                new = answer.headers["ETag"]
            async with client.delete(path, headers={"If-Match": f'"x", {new}'}) as answer:
                assert answer.status == 204
