"""A small Web API of Slack with interactivity: the calls we make, its limits, its signatures."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

TOKEN = "xoxb-0123456789-abcdefghij"
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
CHANNEL = "C0123ABCD"
WAIT_SECONDS = 60

type Json = dict[str, Any]


@dataclass
class FakeSlack:
    """One workspace with one channel. `moods` are answers given instead of the right ones."""

    port: int = 0
    hook_url: str = ""
    calls: list[tuple[str, Json]] = field(default_factory=list)
    messages: dict[str, Json] = field(default_factory=dict)
    whispers: list[Json] = field(default_factory=list)
    moods: list[web.Response] = field(default_factory=list)
    is_down: bool = False
    _numbers: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    async def until(self, is_so: Callable[[], Any]) -> Any:
        """What `is_so` says once it is true."""
        async with asyncio.timeout(WAIT_SECONDS), self._changed:
            await self._changed.wait_for(is_so)
        return is_so()

    def asked(self) -> list[tuple[str, Json]]:
        """Messages that have buttons."""
        return [(ts, one) for ts, one in self.messages.items() if buttons(one)]

    # What people do ----------------------------------------------------------------------------

    async def presses(
        self, user: str, ts: str, action: str, *, channel: str = CHANNEL, value: str = ""
    ) -> int:
        """Somebody presses a button; the status of our answer."""
        value = value or buttons(self.messages[ts])[action]
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": "somebody", "team_id": "T1"},
            "api_app_id": "A1",
            "container": {"type": "message", "message_ts": ts, "channel_id": channel},
            "trigger_id": "1.2.3",
            "team": {"id": "T1"},
            "channel": {"id": channel, "name": "approvals"},
            "message": {"ts": ts},
            "response_url": "https://hooks.slack.invalid/actions/1",
            "actions": [
                {
                    "action_id": action,
                    "block_id": "b",
                    "type": "button",
                    "value": value,
                    "action_ts": f"{self._next()}.0",
                }
            ],
        }
        return await self.post(urlencode({"payload": json.dumps(payload)}).encode())

    async def post(
        self, body: bytes, *, at: int | None = None, secret: str = SIGNING_SECRET, **headers: str
    ) -> int:
        """A signed request; the status of our answer."""
        stamp = str(int(time.time()) if at is None else at)  # noqa: TID251 - Slack's own clock
        signed = f"v0:{stamp}:".encode() + body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        given = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
            "Content-Type": "application/x-www-form-urlencoded",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.hook_url, data=body, headers=given) as answer,
        ):
            return answer.status

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers

    # The API -----------------------------------------------------------------------------------

    async def take(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        body: Json = json.loads(await request.read() or b"{}")
        if self.is_down:
            return web.Response(status=503, text="unavailable")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error("invalid_auth")
        self.calls.append((method, body))
        if self.moods:
            return self.moods.pop(0)
        async with self._changed:
            answer = self._method(method)(body)
            self._changed.notify_all()
        return answer if isinstance(answer, web.Response) else _ok(answer)

    def _method(self, name: str) -> Callable[[Json], Any]:
        return {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.postEphemeral": self._post_ephemeral,
        }[name]

    def _auth_test(self, _: Json) -> Json:
        return {"user": "countersign", "team": "Acme", "user_id": "UBOT"}

    def _post_message(self, body: Json) -> Json | web.Response:
        if body["channel"] != CHANNEL:
            return _error("channel_not_found")
        if problem := _problem(body):
            return _error(problem)
        ts = f"1700000000.{self._next():06}"
        self.messages[ts] = body
        return {"channel": CHANNEL, "ts": ts}

    def _update(self, body: Json) -> Json | web.Response:
        if body["ts"] not in self.messages:
            return _error("message_not_found")
        if problem := _problem(body):
            return _error(problem)
        self.messages[body["ts"]] = body
        return {"channel": CHANNEL, "ts": body["ts"]}

    def _post_ephemeral(self, body: Json) -> Json | web.Response:
        if problem := _problem({"blocks": [], **body}):
            return _error(problem)
        self.whispers.append(body)
        return {"message_ts": "1.1"}


def buttons(message: Json) -> dict[str, str]:
    """The values of a message's buttons by action."""
    return {
        element["action_id"]: element["value"]
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    }


def _problem(body: Json) -> str:
    """Why Slack would not take a message."""
    if len(body["blocks"]) > 50:
        return "invalid_blocks"
    for block in body["blocks"]:
        limit = {"header": 150, "section": 3000}.get(block["type"])
        if limit is not None and not 0 < len(block["text"]["text"]) <= limit:
            return "invalid_blocks"
        for element in block.get("elements", []):
            if len(element["value"]) > 2000 or len(element["text"]["text"]) > 75:
                return "invalid_blocks"
    return ""


def _ok(result: Json) -> web.Response:
    return web.json_response({"ok": True, **result})


def _error(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error})


def too_many(seconds: int) -> web.Response:
    """Slack asks for a pause."""
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
    )


@asynccontextmanager
async def slack() -> AsyncIterator[FakeSlack]:
    """A fake Slack for the length of a test."""
    fake = FakeSlack()
    app = web.Application()
    app.router.add_post("/api/{method}", fake.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.port = runner.addresses[0][1]
    try:
        yield fake
    finally:
        await runner.cleanup()
