"""HEAD, OPTIONS, media types and repeated names, as HTTP and JSON say."""

import asyncio
from pathlib import Path

from httpapi.operations import OPERATIONS
from tests.support.http_live import running

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OCTETS = "application/octet-stream"
ACCEPTS = {
    "*/*": 200,
    "application/*;q=0.1": 200,
    "text/html, application/json;q=0.5": 200,
    "application/json;q=x": 200,
    "": 200,
    "text/html": 406,
    "text/event-stream": 406,
    "application/json;q=0, */*;q=0.1": 406,
    "*/*;q=0": 406,
    ";;;,,,": 406,
}


async def test_head_is_get_without_a_body(tmp_path: Path) -> None:
    """The same status and header fields (RFC 9110 §9.3.2), on every path that GET has."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        for path in ("/v1/agents", "/v1/agents/nobody", "/openapi.json", "/docs", "/healthz"):
            async with client.get(path) as answer:
                await answer.read()
            async with client.head(path) as head:
                assert await head.read() == b""
            assert head.status == answer.status
            assert head.content_type == answer.content_type
            assert head.headers["Content-Length"] == answer.headers["Content-Length"]


async def test_head_of_the_stream_ends(tmp_path: Path) -> None:
    """A stream without a body is no stream."""
    async with (
        running(tmp_path) as live,
        live.client(live.master) as client,
        client.head("/v1/events", headers={"Accept": "text/event-stream"}) as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "text/event-stream")


async def test_every_path_tells_its_methods(tmp_path: Path) -> None:
    """OPTIONS with success, any other method with 405; both with Allow (RFC 9110 §9.3.7, §15.5.6)."""
    table: dict[str, set[str]] = {}
    for one in OPERATIONS:
        table.setdefault(one.path, {"OPTIONS"}).update(
            {"GET", "HEAD"} if one.method == "GET" else {one.method}
        )
    async with running(tmp_path) as live, live.client() as client:
        for path, methods in table.items():
            url = path.replace("{", "").replace("}", "")
            allow = ", ".join(sorted(methods))
            async with client.options(url) as answer:
                assert (answer.status, answer.headers.get("Allow")) == (204, allow), path
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - methods:
                async with client.request(method, url) as answer:
                    got = (answer.status, answer.headers.get("Allow"))
                    assert got == (405, allow), f"{method} {path}"
                    assert (await answer.json())["code"] == "method_not_allowed"


async def test_the_server_as_a_whole_is_asked_with_a_star(tmp_path: Path) -> None:
    """RFC 9110 §9.3.7: `OPTIONS *` is a ping."""
    async with running(tmp_path) as live:
        reader, writer = await asyncio.open_connection("127.0.0.1", live.server.port)
        writer.write(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 204")
        writer.close()
        await writer.wait_closed()


async def test_a_body_of_another_type_is_415(tmp_path: Path) -> None:
    """Nothing of a form reaches an operation; what to send instead is said."""
    wrong = (FORM, "text/plain", "application/xml", "multipart/form-data", f"{JSON}; charset=x")
    async with running(tmp_path) as live, live.client(live.master) as client:
        for kind in wrong:
            headers = {"Content-Type": kind}
            async with client.post("/v1/agents", data=b'{"name":"mia"}', headers=headers) as answer:
                problem = await answer.json()
            assert (answer.status, problem["code"]) == (415, "unsupported_media_type")
            assert JSON in problem["fix"]


async def test_json_is_taken_under_its_names(tmp_path: Path) -> None:
    """With a charset, with a suffix (RFC 6839 §3.1), as octets, and without any type."""
    right = (JSON, f"{JSON}; charset=UTF-8", "application/merge-patch+json", None, OCTETS)
    async with running(tmp_path) as live, live.client(live.master) as client:
        for number, kind in enumerate(right):
            async with client.post(
                "/v1/agents",
                data=b'{"name":"mia%d"}' % number,
                headers={} if kind is None else {"Content-Type": kind},
                skip_auto_headers=("Content-Type",),
            ) as answer:
                assert answer.status == 201, kind


async def test_a_body_that_is_not_there_has_no_type(tmp_path: Path) -> None:
    """A client that always sends its type may send no body."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await live.agent("mia")
        async with client.post("/v1/agents/mia/stop", headers={"Content-Type": FORM}) as answer:
            assert answer.status == 200


async def test_the_answer_is_one_that_is_accepted(tmp_path: Path) -> None:
    """The most specific range decides (RFC 9110 §12.5.1); the problem itself is always sent."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        for accept, status in ACCEPTS.items():
            async with client.get("/v1/agents", headers={"Accept": accept}) as answer:
                assert answer.status == status, accept
                if status == 406:
                    assert (await answer.json())["code"] == "not_acceptable"


async def test_of_a_name_given_twice_the_last_value_counts(tmp_path: Path) -> None:
    """RFC 8259 §4 leaves it open; this is what the docs say."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        body = b'{"name": "mia", "role": "one", "name": "bob"}'
        async with client.post("/v1/agents", data=body) as answer:
            assert (await answer.json())["name"] == "bob"


async def test_depth_and_size_of_numbers_are_only_wrong(tmp_path: Path) -> None:
    """Whatever is nested or counted: a problem with a place, and the server goes on."""
    deep = b'{"a":'
    bodies = (
        deep * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000,
        b'{"name": ' + b"9" * 100_000 + b"}",
        b'{"name": 1e999}',
        b'{"hours": -0}',
        b'{"hours": 1e400}',
        b'{"hours": 123456789012345678901234567890}',
        b'{"metadata": ' + deep * 900 + b"1" + b"}" * 900 + b"}",
    )
    async with running(tmp_path) as live, live.client(live.master) as client:
        for body in bodies:
            for path in ("/v1/agents", "/v1/agents/cleanup"):
                async with client.post(path, data=body) as answer:
                    assert answer.status == 400, (path, body[:30])
                    assert (await answer.json())["errors"]
        assert (await client.get("/v1/workspace")).status == 200


async def test_numbers_of_a_query_are_plain(tmp_path: Path) -> None:
    """A number is written in digits; anything else is told."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        for number in ("1" * 5000, "1e5", "0x10", "１x", "-0", "nan", "1.5", ""):
            async with client.get("/v1/agents", params={"limit": number}) as answer:
                assert answer.status == 400, number
                assert (await answer.json())["errors"][0]["path"] == "limit"


async def test_unknown_query_fields_name_the_nearest(tmp_path: Path) -> None:
    """On every operation that takes a query; nothing is ignored in silence."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        for one in OPERATIONS:
            if one.has_body:
                continue
            url = one.path.replace("{", "").replace("}", "")
            names = [name for name in one.input.model_fields if name not in one.path_names]
            wrong = f"{names[0]}x" if names else "zzz"
            async with client.request(one.method, url, params={wrong: "1"}) as answer:
                problem = await answer.json()
            assert answer.status == 400, one.name
            (found,) = [each for each in problem["errors"] if each["path"] == wrong]
            assert found["message"].startswith("unknown field"), one.name
            assert not names or "did you mean" in found["message"], one.name


async def test_a_query_beside_a_body_is_refused(tmp_path: Path) -> None:
    """A field in the wrong place is not passed over."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.post("/v1/agents?name=mia", json={"name": "bob"}) as answer:
            assert answer.status == 400
            assert (await answer.json())["errors"][0]["path"] == "name"
        async with client.post("/v1/agents", json={"name": "bob"}) as answer:
            assert answer.status == 201
