"""Connections: how many, and how slow a client may be."""

import asyncio
from pathlib import Path

import orjson
import pytest

from httpapi.connections import Patience
from tests.support.http_live import Live, running

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HASTY = Patience(header=0.2, idle=0.4, write=0.2)


async def _connect(live: Live) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", live.server.port)


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The header of one answer and its body."""
    header = await reader.readuntil(b"\r\n\r\n")
    length = next(one for one in header.split(b"\r\n") if one.startswith(b"Content-Length"))
    return header + await reader.readexactly(int(length.partition(b":")[2]))


async def _ask_for_ever(writer: asyncio.StreamWriter) -> None:
    """Requests, and nothing is read."""
    async with asyncio.timeout(30):
        while True:
            writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
            await writer.drain()
            await asyncio.sleep(0)


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_ip"])
async def test_one_connection_too_many_is_told_so(tmp_path: Path, limit: str) -> None:
    """503 before any request is read; when another has gone there is room again."""
    async with running(tmp_path, **{limit: 2}) as live:
        first, second = await _connect(live), await _connect(live)
        for reader, writer in (first, second):
            writer.write(ASK)
            assert b" 200 OK" in await _answer(reader)
        reader, writer = await _connect(live)
        writer.write(ASK)
        refusal = await reader.read()
        assert refusal.startswith(b"HTTP/1.1 503 ")
        assert b"too_many_connections" in refusal
        assert b"Retry-After: " in refusal
        writer.close()
        async with live.operator() as operator:
            assert (await operator.get("/v1/workspace")).status == 200
        first[1].close()
        await first[1].wait_closed()
        async with asyncio.timeout(60):
            while True:
                reader, writer = await _connect(live)
                writer.write(ASK)
                if b" 200 OK" in await _answer(reader):
                    break
                writer.close()
        writer.close()
        second[1].close()


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHo", b"\x16\x03\x01"])
async def test_a_header_that_does_not_come_whole_ends_the_connection(
    tmp_path: Path, sent: bytes
) -> None:
    """408, then closed (RFC 9110 §15.5.9); octets one by one do not buy time."""
    async with running(tmp_path, patience=HASTY) as live:
        reader, writer = await _connect(live)
        writer.write(sent)
        async with asyncio.timeout(60):
            assert (await reader.read()).startswith((b"HTTP/1.1 408 ", b"HTTP/1.0 400 "))
        writer.close()


async def test_the_next_header_on_a_connection_has_no_more_time(tmp_path: Path) -> None:
    """After an answer the client may be idle, but not slow."""
    async with running(tmp_path, patience=Patience(header=0.2)) as live:
        reader, writer = await _connect(live)
        writer.write(ASK)
        assert b" 200 OK" in await _answer(reader)
        writer.write(ASK[:-2])
        async with asyncio.timeout(60):
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        writer.close()


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b"GET /v1/keys?cursor=" + b"a" * 9000 + b" HTTP/1.1", "too long"),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 9000, "too long"),
        ("GET /v1/keys?cursor=ä HTTP/1.1".encode(), "not HTTP"),
        (b"\x16\x03\x01\x02\x00\x01", "not HTTP"),
        (b"GET / HTTP/1.1\r\nno colon", "not HTTP"),
    ],
)
async def test_what_is_no_http_is_answered_with_a_problem(
    tmp_path: Path, line: bytes, detail: str
) -> None:
    """Nothing of the request comes back, and no word about what the server is made of."""
    async with running(tmp_path) as live:
        reader, writer = await _connect(live)
        writer.write(line + b"\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(60):
            header, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    problem = orjson.loads(body)
    assert b" 400 Bad Request\r\nContent-Type: application/problem+json\r\n" in header
    assert f"Trace-Id: {problem['trace_id']}".encode() in header
    assert b"aiohttp" not in header + body
    assert (problem["status"], problem["code"]) == (400, "malformed_request")
    assert detail in problem["detail"]


async def test_a_slow_operation_is_no_slow_header(tmp_path: Path) -> None:
    """A call that is held open far longer than a header may take is answered."""
    async with running(tmp_path, patience=HASTY) as live:
        mia = await live.agent("mia")
        async with (
            live.client(mia.api_key) as client,
            client.get("/v1/messages/wait?timeout=1") as answer,
        ):
            assert (await answer.json())["is_timeout"]


async def test_an_idle_connection_ends(tmp_path: Path) -> None:
    """Between requests nobody keeps a place for long."""
    async with running(tmp_path, patience=HASTY) as live:
        reader, writer = await _connect(live)
        writer.write(ASK)
        assert b" 200 OK" in await _answer(reader)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()


async def test_who_does_not_read_its_answers_is_cut(tmp_path: Path) -> None:
    """Answers that nobody takes do not stay in memory; the place is free again."""
    async with running(tmp_path, patience=HASTY, max_connections=1) as live:
        _, writer = await asyncio.open_connection("127.0.0.1", live.server.port, limit=1024)
        with pytest.raises(ConnectionError):
            await _ask_for_ever(writer)
        writer.close()
