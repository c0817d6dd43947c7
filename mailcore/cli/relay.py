"""The Model Context Protocol from stdio to a server's `/mcp` and back, message by message.

It knows the envelope of messages and no tool: what they mean is the server's affair. Each request is
a POST of its own; a cancelled one hangs up, and so does the end of stdin, which cancels it over there.
Only messages go to stdout.
"""

import asyncio
import base64
import contextlib
import os
import re
import ssl
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import aiohttp
import orjson

from mailcore.model import JsonObject, JsonValue

type RequestId = str | int

_AT_ONCE: Final = 64
_READ_BYTES: Final = 65536
_CONNECT_SECONDS: Final = 10
_SILENCE_SECONDS: Final = 180
_LAST_SECONDS: Final = 5.0
"""A piped question is answered though its stdin ended; a busy server takes more than a moment."""
_PARSE_ERROR: Final = -32700
_INVALID_REQUEST: Final = -32600
_FAILED: Final = -32000
_VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
_NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_PLAIN: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """The server to relay to."""

    url: str
    key: str
    socket: Path | None = None
    """Its unix socket, instead of the host in the URL."""
    ca_file: Path | None = None
    """A certificate to trust beside the system's."""

    def connector(self) -> aiohttp.BaseConnector:
        """How to reach it; within a running loop."""
        if self.socket is not None:
            return aiohttp.UnixConnector(str(self.socket), limit=_AT_ONCE)
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(cafile=self.ca_file)
        return aiohttp.TCPConnector(limit=_AT_ONCE, ssl=context)

    @property
    def where(self) -> str:
        """What a person calls it."""
        return str(self.socket or self.url)


def run(upstream: Upstream) -> None:
    """Relay stdin and stdout until stdin ends. Whatever else is printed goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        asyncio.run(Relay(upstream, out).run(_lines(0)))
    except* BrokenPipeError:
        pass  # the client has gone
    finally:
        sys.stdout = sys.__stdout__


async def _lines(source: int) -> AsyncIterator[bytes]:
    """Lines as they come. A thread reads, so that stdin may be a pipe, a file or a terminal."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while chunk := os.read(source, _READ_BYTES):
                loop.call_soon_threadsafe(waiting.put_nowait, chunk)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(waiting.put_nowait, b"")

    threading.Thread(target=read, name="stdin", daemon=True).start()
    part: list[bytes] = []
    while chunk := await waiting.get():
        first, *rest = chunk.split(b"\n")
        part.append(first)
        for following in rest:
            yield b"".join(part)
            part = [following]
    yield b"".join(part)


class Relay:
    """One client on stdio."""

    def __init__(self, upstream: Upstream, out: BinaryIO) -> None:
        self._upstream = upstream
        self._out = out
        self._writing = asyncio.Lock()
        self._running: dict[RequestId, asyncio.Task[None]] = {}
        self._negotiated = ""

    async def run(self, lines: AsyncIterator[bytes]) -> None:
        """Relay every line; at the end running requests get a moment, then are cancelled."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS
        )
        headers = {
            "Authorization": f"Bearer {self._upstream.key}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "User-Agent": "countersign-mcp",
        }
        async with (
            aiohttp.ClientSession(
                connector=self._upstream.connector(), timeout=timeout, headers=headers
            ) as session,
            asyncio.TaskGroup() as group,
        ):
            async for line in lines:
                if line.strip():
                    await self._take(line, session, group)
            if self._running:
                await asyncio.wait(self._running.values(), timeout=_LAST_SECONDS)
            for task in tuple(self._running.values()):
                task.cancel()

    # From the client ---------------------------------------------------------------------------

    async def _take(
        self, line: bytes, session: aiohttp.ClientSession, group: asyncio.TaskGroup
    ) -> None:
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            await self._fail(None, _PARSE_ERROR, f"the line is not JSON: {error}")
            return
        if not isinstance(message, dict):
            await self._fail(None, _INVALID_REQUEST, "send one JSON-RPC object per line")
            return
        method, number = message.get("method"), message.get("id")
        if not isinstance(method, str):
            return  # an answer, and we ask nothing
        if not isinstance(number, str | int):
            if method == "notifications/cancelled":
                self._cancel(message)
            else:
                group.create_task(self._notify(message, session))
            return
        task = group.create_task(self._request(number, message, session))
        self._running[number] = task
        task.add_done_callback(lambda done: self._forget(number, done))

    def _forget(self, number: RequestId, task: asyncio.Task[None]) -> None:
        if self._running.get(number) is task:
            del self._running[number]

    def _cancel(self, message: JsonObject) -> None:
        params = message.get("params")
        number = params.get("requestId") if isinstance(params, dict) else None
        task = self._running.get(number) if isinstance(number, str | int) else None
        if task is not None:
            task.cancel()

    # To the server -----------------------------------------------------------------------------

    async def _notify(self, message: JsonObject, session: aiohttp.ClientSession) -> None:
        """Pass a notification on; nobody waits to hear what became of it."""
        try:
            async with session.post(
                self._upstream.url, data=orjson.dumps(message), headers=self._headers(message)
            ) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return

    async def _request(
        self, number: RequestId, message: JsonObject, session: aiohttp.ClientSession
    ) -> None:
        """Pass a request on and its answer back: always exactly one, unless it is cancelled."""
        try:
            async with session.post(
                self._upstream.url, data=orjson.dumps(message), headers=self._headers(message)
            ) as answer:
                if answer.content_type == "text/event-stream":
                    await self._stream(number, message, answer)
                else:
                    await self._whole(number, message, answer)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            await self._fail(number, _FAILED, self._unreachable(error))

    async def _whole(
        self, number: RequestId, message: JsonObject, answer: aiohttp.ClientResponse
    ) -> None:
        try:
            document = orjson.loads(await answer.read())
        except orjson.JSONDecodeError:
            document = None
        if isinstance(document, dict) and "jsonrpc" in document:
            await self._pass_on(number, message, document)
        elif isinstance(document, dict) and "detail" in document:
            told = ". ".join(
                str(document[name]) for name in ("detail", "fix") if document.get(name)
            )
            await self._fail(number, _FAILED, told, {"code": document.get("code")})
        else:
            await self._fail(
                number,
                _FAILED,
                f"status {answer.status} from {self._upstream.where}: no Countersign server",
            )

    async def _stream(
        self, number: RequestId, message: JsonObject, answer: aiohttp.ClientResponse
    ) -> None:
        async for data in _events(answer.content):
            try:
                document = orjson.loads(data)
            except orjson.JSONDecodeError:
                continue
            if not isinstance(document, dict):
                continue
            if "result" in document or "error" in document:
                await self._pass_on(number, message, document)
                return
            await self._write(document)
        await self._fail(number, _FAILED, "the server ended the answer early. Try again")

    def _headers(self, message: JsonObject) -> dict[str, str]:
        """What the protocol mirrors from the message into headers, by its generation."""
        params = message.get("params")
        given = params if isinstance(params, dict) else {}
        meta = given.get("_meta")
        version = meta.get(_VERSION_KEY) if isinstance(meta, dict) else None
        method = str(message["method"])
        if not isinstance(version, str):
            if method == "initialize" or not self._negotiated:
                return {}
            return {"MCP-Protocol-Version": self._negotiated}
        headers = {"MCP-Protocol-Version": _header(version), "Mcp-Method": _header(method)}
        name = given.get(_NAMED_BY.get(method, ""))
        if isinstance(name, str):
            headers["Mcp-Name"] = _header(name)
        return headers

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, aiohttp.ClientConnectorError):
            return (
                f"no server answers at {self._upstream.where}. "
                "Have it started with `countersign serve`, then try again"
            )
        reason = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        return f"the call to {self._upstream.where} failed: {reason}. Try again"

    # To the client -----------------------------------------------------------------------------

    async def _pass_on(self, number: RequestId, message: JsonObject, document: JsonObject) -> None:
        result = document.get("result")
        if message["method"] == "initialize" and isinstance(result, dict):
            self._negotiated = _header(str(result.get("protocolVersion", "")))
        await self._write({**document, "id": number})

    async def _fail(
        self, number: RequestId | None, code: int, text: str, data: JsonValue = None
    ) -> None:
        error: JsonObject = {"code": code, "message": text}
        if data is not None:
            error["data"] = data
        await self._write({"jsonrpc": "2.0", "id": number, "error": error})

    async def _write(self, document: JsonObject) -> None:
        line = orjson.dumps(document) + b"\n"
        async with self._writing:
            await asyncio.to_thread(self._put, line)

    def _put(self, line: bytes) -> None:
        self._out.write(line)
        self._out.flush()


async def _events(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The data of each server-sent event; comments and other fields are left out."""
    data: list[bytes] = []
    part: list[bytes] = []
    async for chunk in content.iter_any():
        first, *rest = chunk.split(b"\n")
        part.append(first)
        for following in rest:
            line = b"".join(part).removesuffix(b"\r")
            part = [following]
            if line.startswith(b"data:"):
                data.append(line[5:].removeprefix(b" "))
            elif not line and data:
                yield b"\n".join(data)
                data = []


def _header(value: str) -> str:
    """Text as a header: as it is when that survives, else as the protocol encodes it."""
    if _PLAIN.fullmatch(value) and not value.startswith("=?base64?"):
        return value
    return f"=?base64?{base64.b64encode(value.encode('utf-8', 'replace')).decode()}?="
