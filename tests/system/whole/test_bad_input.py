"""What may not be sent is an error of its field, and nothing is queued."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.support.running import ANA, running

BIG = base64.b64encode(b"x" * 70_000).decode()
FILE = {"filename": "a.bin", "content": BIG}
BAD: list[tuple[str, dict[str, Any], int, str]] = [
    ("no recipient", {"to": []}, 400, "to"),
    ("not an address", {"to": ["ana"]}, 400, "to[0]"),
    ("two in one", {"to": ["ana@x.example, bo@x.example"]}, 400, "to"),
    ("a space inside", {"cc": ["ana smith@x.example"]}, 400, "cc[0]"),
    ("a line break", {"bcc": ["ana@x.example\r\nBcc: bo@x.example"]}, 400, "bcc"),
    ("a break in the name", {"to": ["Ana\r\nX: y <ana@x.example>"]}, 400, "to"),
    ("no such user here", {"to": ["nobody@example.org"]}, 400, ""),
    ("too many", {"to": [f"a{n}@x.example" for n in range(51)]}, 400, ""),
    ("a long local part", {"to": ["a" * 65 + "@x.example"]}, 400, "to[0]"),
    ("a break in the subject", {"subject": "a\r\nBcc: b@x.example"}, 400, "subject"),
    ("a break in a header", {"headers": {"X-Ticket": "1\r\nBcc: b@x.example"}}, 400, "headers"),
    ("a header name", {"headers": {"X Ticket": "1"}}, 400, "header"),
    ("a field of ours", {"headers": {"From": "b@x.example"}}, 400, "headers"),
    ("neither text nor html", {"text": None}, 400, "text"),
    ("the past", {"send_at": "2020-01-01T00:00:00Z"}, 400, "send_at"),
    ("no time", {"send_at": "soon"}, 400, "send_at"),
    ("no base64", {"attachments": [{"filename": "a", "content": "%%%"}]}, 400, "attachments"),
    ("no source", {"attachments": [{"filename": "a"}]}, 400, "attachments"),
    ("two sources", {"attachments": [{**FILE, "url": "http://x.example/"}]}, 400, "attachments"),
    ("too large", {"attachments": [FILE, FILE]}, 413, "attachments"),
    ("a file URL", {"attachments": [{"url": "file:///etc/passwd"}]}, 400, "attachments[0].url"),
    ("metadata", {"attachments": [{"url": "http://169.254.169.254/"}]}, 400, "attachments[0].url"),
    ("private", {"attachments": [FILE, {"url": "http://10.1.2.3/"}]}, 400, "attachments[1].url"),
    ("v6 loopback", {"attachments": [{"url": "http://[::1]/"}]}, 400, "attachments[0].url"),
    ("a name that leads inside", {"attachments": [{"url": "http://inside.example/"}]}, 400, "attachments[0].url"),
    ("no such host", {"attachments": [{"url": "http://nowhere.example/"}]}, 400, "attachments[0].url"),
    ("a login in the URL", {"attachments": [{"url": "http://a:b@x.example/"}]}, 400, "attachments[0].url"),
]  # fmt: skip


async def test_every_bad_input_names_its_field_and_nothing_is_queued(tmp_path: Path) -> None:
    async with running(
        tmp_path, sections={"outbound": {"max_attachment_bytes": 100_000}}
    ) as server:
        server.world.zone.add("inside.example", "A", "10.0.0.1")
        mia = await server.agent("mia")
        wrong = []
        for name, changes, wanted, path in BAD:
            body = {"to": [ANA], "subject": "Lamps", "text": "hello", **changes}
            status, problem = await server.api("POST", "/v1/messages", body, key=mia.api_key)
            paths = [one["path"] for one in problem.get("errors", [])]
            is_named = not path or any(one.startswith(path) for one in paths)
            if status != wanted or not is_named:
                wrong.append((name, status, problem))
        assert not wrong
        queued = await server.ok("GET", "/v1/queue", key=mia.api_key)
        held = await server.ok("GET", "/v1/holds", key=mia.api_key)
        assert (queued["total"], held["total"]) == (0, 0)
        twice = {"to": [ANA, ANA.upper()], "cc": [ANA], "text": 'to "Ana, (the) <boss>"'}
        sent = await server.ok("POST", "/v1/messages", twice, key=mia.api_key)
        path = f"/v1/messages/{sent['id']}/delivery"
        assert len((await server.ok("GET", path, key=mia.api_key))["recipients"]) == 1


@pytest.fixture
async def files() -> AsyncIterator[tuple[str, list[str]]]:
    """A web server with a file, and what it was asked for."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        if request.path == "/moved":
            raise web.HTTPFound("/plan%20b.txt")
        if request.path == "/inside":
            raise web.HTTPFound("http://10.1.2.3/")
        if request.path == "/plan b.txt":
            return web.Response(text="password-free plan", content_type="text/plain")
        if request.path == "/leak.txt":
            return web.Response(text="the database password is hunter2-Xk9!")
        if request.path == "/large":
            return web.Response(body=b"x" * 200_000)
        raise web.HTTPNotFound

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    await runner.cleanup()


async def test_an_attachment_by_url_is_fetched_frozen_and_judged(
    tmp_path: Path, files: tuple[str, list[str]]
) -> None:
    """Also over a redirect; a URL that holds a secret is not asked."""
    base, asked = files
    sections: dict[str, dict[str, object]] = {
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"]},
        "outbound": {"max_attachment_bytes": 100_000},
    }
    async with running(tmp_path, sections=sections) as server:
        mia = await server.agent("mia")

        async def send(url: str) -> tuple[int, Any]:
            body = {"to": [ANA], "text": url, "attachments": [{"url": url}]}
            return await server.api("POST", "/v1/messages", body, key=mia.api_key)

        status, sent = await send(f"{base}/moved")
        assert (status, sent["status"]) == (202, "queued")
        got = await server.world.sink.wait_for(lambda one: ANA in one.recipients)
        assert b'filename="plan b.txt"' in got.raw
        assert base64.b64encode(b"password-free plan") in got.raw or b"password-free" in got.raw
        assert (await send(f"{base}/leak.txt"))[1]["status"] == "held"
        for path, wanted in (("missing", 400), ("large", 413), ("inside", 400)):
            status, problem = await send(f"{base}/{path}")
            assert (status, problem["errors"][0]["path"]) == (wanted, "attachments[0].url")
        asked.clear()
        key = "AKIA" + "Q3EGRIJ5YTN7ZXWB"
        status, problem = await send(f"{base}/x?key={key}")
        assert (status, asked) == (400, [])
        assert key not in str(problem)
