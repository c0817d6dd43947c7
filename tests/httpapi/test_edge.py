"""What surrounds every operation: bodies, limits, headers, pages, start and stop."""

import asyncio
import gzip
import socket
from pathlib import Path

import aiohttp
import pytest

from httpapi.fields import Nothing, Output
from httpapi.operation import EVERYONE, Call, Operation, operation
from mailcore.errors import ErrorKind, MailError
from tests.support.clock import FakeClock
from tests.support.http_live import running


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"name": "x",}', "line 1 column 13"),
        (b'{"name": \n "x"', "line 2"),
        (b"\xff\xfe", "line 1"),
        (b'{"a":' * 3000, "line 1"),
        (b'{"name": "\\ud800"}', "line 1"),
        (b"NaN", "line 1"),
    ],
)
async def test_malformed_json_is_400_with_the_position(
    tmp_path: Path, body: bytes, detail: str
) -> None:
    """Where it broke, not only that."""
    async with (
        running(tmp_path) as live,
        live.client(live.master) as client,
        client.post("/v1/agents", data=body) as answer,
    ):
        problem = await answer.json()
        assert (answer.status, problem["code"]) == (400, "malformed_json")
        assert detail in problem["detail"]


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
async def test_a_body_is_an_object(tmp_path: Path, body: bytes) -> None:
    """Other JSON is not what any operation takes."""
    async with (
        running(tmp_path) as live,
        live.client(live.master) as client,
        client.post("/v1/agents", data=body) as answer,
    ):
        assert answer.status == 400


async def test_an_empty_body_is_an_empty_object(tmp_path: Path) -> None:
    """The curl lines of seed 001 send none; what is missing is named."""
    async with (
        running(tmp_path) as live,
        live.client(live.master) as client,
        client.post("/v1/agents") as answer,
    ):
        assert (await answer.json())["errors"] == [
            {"path": "name", "message": "this field is required"}
        ]


async def test_a_field_of_the_path_is_not_taken_from_the_body(tmp_path: Path) -> None:
    """The body cannot name another thing than the URL."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await live.agent("mia")
        async with client.post("/v1/agents/mia/stop", json={"agent": "bob"}) as answer:
            assert answer.status == 400


async def test_a_body_over_the_limit_is_413(tmp_path: Path) -> None:
    """By its announced length, by its real one, and unpacked."""

    async def chunks() -> object:
        for _ in range(20):
            yield b" " * 8192

    async with (
        running(tmp_path, max_body_bytes=65536) as live,
        live.client(live.master) as client,
    ):
        packed = gzip.compress(b" " * 1_000_000)
        bodies: list[tuple[object, dict[str, str]]] = [
            (b" " * 65537, {}),
            (chunks(), {}),
            (packed, {"Content-Encoding": "gzip"}),
        ]
        for body, headers in bodies:
            async with client.post("/v1/agents", data=body, headers=headers) as answer:
                assert answer.status == 413
                assert (await answer.json())["code"] == "too_large"
        assert (await client.post("/v1/agents", data=b" " * 65536)).status == 400


async def test_unknown_paths_and_methods_are_problems(tmp_path: Path) -> None:
    """404 and 405 with what is allowed (RFC 9110 §15.5.6)."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.get("/v1/nothing") as answer:
            assert (answer.status, answer.content_type) == (404, "application/problem+json")
        async with client.put("/v1/agents", json={}) as answer:
            assert (answer.status, answer.content_type) == (405, "application/problem+json")
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
            assert "GET, HEAD, OPTIONS, POST" in (await answer.json())["fix"]


async def test_a_query_field_is_given_once(tmp_path: Path) -> None:
    """Nobody has to guess which of two counts; lists are comma-separated or repeated."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        assert (await client.get("/v1/agents?limit=1&limit=2")).status == 400
        assert (await client.get("/v1/queue?state=due,held&state=failed")).status == 200
        assert (await client.get("/v1/queue?state=due,nothing")).status == 400


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "offset=-1", "offset=99999999999"])
async def test_pages_have_bounds(tmp_path: Path, query: str) -> None:
    """1 to 200 at once."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        assert (await client.get(f"/v1/messages?{query}")).status == 400


async def test_a_key_is_limited_and_told_so(tmp_path: Path) -> None:
    """429 with Retry-After; other keys and the unix socket go on."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock, rate_limit_per_minute=3) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            for left in (2, 1, 0):
                async with client.get("/v1/workspace") as answer:
                    assert answer.headers["RateLimit"].startswith(f'"key";r={left};')
            async with client.get("/v1/workspace") as answer:
                assert answer.status == 429
                problem = await answer.json()
                assert problem["code"] == "rate_limited"
                wait = int(answer.headers["Retry-After"])
            async with live.client(live.master) as other:
                assert (await other.get("/v1/workspace")).status == 200
            async with live.operator() as operator:
                for _ in range(10):
                    assert (await operator.get("/v1/workspace")).status == 200
            clock.advance(wait)
            assert (await client.get("/v1/workspace")).status == 200


async def test_an_address_is_limited_before_it_has_a_key(tmp_path: Path) -> None:
    """Ten times a key's rate; health answers all the same."""
    async with (
        running(tmp_path, clock=FakeClock(), rate_limit_per_minute=1) as live,
        live.client() as client,
    ):
        statuses = [(await client.get("/docs")).status for _ in range(11)]
        assert statuses == [200] * 10 + [429]
        assert (await client.get("/healthz")).status == 200


async def test_a_proxy_counts_only_when_it_is_trusted(tmp_path: Path) -> None:
    """X-Forwarded-For of a stranger is a wish, not a fact."""
    clock = FakeClock()
    async with (
        running(tmp_path, clock=clock, rate_limit_per_minute=1) as live,
        live.client() as client,
    ):
        for number in range(11):
            headers = {"X-Forwarded-For": f"192.0.2.{number}"}
            last = (await client.get("/docs", headers=headers)).status
        assert last == 429
    trusted = {"trusted_proxies": ["127.0.0.0/8"]}
    other = tmp_path / "other"
    other.mkdir()
    async with (
        running(other, clock=clock, rate_limit_per_minute=1, **trusted) as live,
        live.client() as client,
    ):
        for number in range(11):
            headers = {"X-Forwarded-For": f"10.0.0.1, 192.0.2.{number}, 127.0.0.9"}
            last = (await client.get("/docs", headers=headers)).status
        assert last == 200


async def test_answers_carry_a_trace_id_and_say_nothing_of_the_inside(tmp_path: Path) -> None:
    """Every answer, good or bad, with headers that keep browsers tame."""
    async with running(tmp_path) as live, live.client() as client:
        for path in ("/healthz", "/nothing", "/v1/messages", "/openapi.json"):
            async with client.get(path) as answer:
                assert len(answer.headers["Trace-Id"]) == 16
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Server"] == "countersign"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_an_unexpected_error_is_500_with_its_trace_id(tmp_path: Path) -> None:
    """The stranger learns the id, the log the rest, and the counter goes up."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        live.services.accounts._store = None
        async with client.get("/v1/agents") as answer:
            problem = await answer.json()
            assert answer.status == 500
            assert problem["trace_id"] == answer.headers["Trace-Id"]
            assert "NoneType" not in str(problem)
        live.services.accounts._store = live.stores.accounts
        async with client.get("/metrics") as answer:
            assert 'countersign_unexpected_errors_total{edge="http"} 1.0' in await answer.text()


async def test_browsers_of_allowed_origins_may_call(tmp_path: Path) -> None:
    """The CORS protocol (Fetch §3.2): preflight and answer; others get no permission."""
    async with (
        running(tmp_path, cors_origins=["https://app.example"]) as live,
        live.client() as client,
    ):
        ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}
        async with client.options("/v1/drafts/1", headers=ask) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
            assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
            assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        async with client.get("/v1/drafts", headers=ask) as answer:
            assert answer.status == 401
            assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
        ask["Origin"] = "https://evil.example"
        async with client.options("/v1/drafts/1", headers=ask) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_health_readiness_and_figures(tmp_path: Path) -> None:
    """The pages that watchers ask for, by the template of the route."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 200
        await client.get("/v1/messages/anything")
        async with client.get("/metrics") as answer:
            text = await answer.text()
        assert 'route="/v1/messages/{message_id}",status="404"' in text
        assert "anything" not in text


async def test_figures_are_not_for_strangers_behind_a_proxy(tmp_path: Path) -> None:
    """Seen through a proxy, only the master key opens them."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        headers = {"X-Forwarded-For": "192.0.2.1"}
        for key, status in ((None, 401), (mia.api_key, 403), (live.master, 200)):
            async with live.client(key) as client:
                assert (await client.get("/metrics", headers=headers)).status == status


# Start and stop ----------------------------------------------------------------------------------


async def test_a_taken_port_is_one_clear_error(tmp_path: Path) -> None:
    """Nothing stays half-open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with running(tmp_path) as live:
            await live.server.stop(1)
            live.server._wanted_port = taken.getsockname()[1]
            live.server.ports.clear()
            with pytest.raises(MailError, match="another program uses it") as caught:
                await live.server.start()
            assert caught.value.kind is ErrorKind.UNAVAILABLE
            assert not live.socket_path.exists()


async def test_a_stale_socket_file_is_replaced(tmp_path: Path) -> None:
    """What a crash left behind does not keep the server from starting."""
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(tmp_path / "api.sock"))
    stale.close()
    async with running(tmp_path) as live, live.operator() as client:
        assert (await client.get("/v1/workspace")).status == 200


async def test_stopping_lets_running_requests_finish(tmp_path: Path) -> None:
    """A request that began is answered; a new one finds nobody."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        started, release = asyncio.Event(), asyncio.Event()

        async def slow() -> list[object]:
            started.set()
            await release.wait()
            return []

        live.services.domains.domains = lambda _actor: slow()
        async with asyncio.TaskGroup() as group:
            request = group.create_task(client.get("/v1/domains"))
            await started.wait()
            stopping = group.create_task(live.server.stop(10))
            while not live.server._edge.is_stopping:
                await asyncio.sleep(0)
            release.set()
            assert (await request).status == 200
            await stopping
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get("/healthz")


async def test_a_long_poll_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    """Waiting ends soon after the server begins to stop."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client, asyncio.TaskGroup() as group:
            poll = group.create_task(client.get("/v1/events?wait=60"))
            await live.waiting()
            await live.server.stop(30)
            assert (await poll).status == 200


# The table ---------------------------------------------------------------------------------------


class _Echo(Output):
    via: str


async def _echo(call: Call, given: Nothing) -> _Echo:
    """Says how the caller came in."""
    del given
    return _Echo(via=call.via)


async def test_an_operation_refuses_another_models_input() -> None:
    """A row is called with what its own model checked."""
    row: Operation = operation(
        name="echo",
        method="GET",
        path="/echo",
        summary="Echo",
        tag="Test",
        input=Nothing,
        output=_Echo,
        function=_echo,
        roles=EVERYONE,
    )
    with pytest.raises(TypeError):
        await row.run(None, _Echo(via="x"))


async def test_nonsense_on_the_wire_is_400_and_no_news_for_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Strangers cannot fill the log with tracebacks."""
    async with running(tmp_path) as live:
        for nonsense in (b"\x16\x03\x01\r\n\r\n", b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", live.server.port)
            writer.write(nonsense)
            assert (await reader.readline()).startswith(b"HTTP/1.0 400")
            writer.close()
            await writer.wait_closed()
    assert not [one for one in caplog.records if one.name == "httpapi.protocol"]
