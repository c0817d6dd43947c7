"""A small Bot API of Telegram: the calls we make, with its answers, its limits and its moods."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, override

import aiohttp
from aiohttp import web

TOKEN = "123456789:AAExampleExampleExampleExample_0123"
BOT = "countersign_test_bot"
WAIT_SECONDS = 60
_TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote"}

type Json = dict[str, Any]


class _Shown(HTMLParser):
    """Text after entities, as Telegram counts it; wrong markup is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise ValueError(f"can't parse entities: unsupported start tag {tag}")
        self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"can't parse entities: unexpected end tag {tag}")

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass
class FakeTelegram:
    """One bot's world. `moods` are answers given instead of the right ones, first come."""

    port: int = 0
    token: str = TOKEN
    calls: list[tuple[str, Json]] = field(default_factory=list)
    messages: dict[tuple[str, int], Json] = field(default_factory=dict)
    popups: dict[str, Json] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    moods: list[web.Response] = field(default_factory=list)
    is_down: bool = False
    webhook: Json = field(default_factory=dict)
    _updates: list[Json] = field(default_factory=list)
    _numbers: int = 100
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def until(self, is_so: Callable[[], Any]) -> Any:
        """What `is_so` says once it is true."""
        async with asyncio.timeout(WAIT_SECONDS), self._changed:
            await self._changed.wait_for(is_so)
        return is_so()

    def asked(self, chat: str) -> list[tuple[int, Json]]:
        """Messages of a chat that have buttons."""
        return [
            (number, message)
            for (where, number), message in self.messages.items()
            if where == chat and message.get("reply_markup", {}).get("inline_keyboard")
        ]

    def texts(self, chat: str) -> list[str]:
        return [str(one["text"]) for (where, _), one in self.messages.items() if where == chat]

    # What people do ----------------------------------------------------------------------------

    async def says(self, user: int, text: str, *, chat: int | None = None) -> None:
        """Somebody writes to the bot; in private unless a group is named."""
        where = {"id": chat or user, "type": "group" if chat else "private"}
        message = {
            "message_id": self._next(),
            "from": {"id": user, "is_bot": False, "first_name": f"User {user}"},
            "chat": where,
            "text": text,
        }
        await self._deliver({"message": message})

    async def presses(
        self, user: int, chat: int, number: int, label: str, *, data: str = ""
    ) -> str:
        """Somebody presses a button of a message; the id of the query."""
        if not data:
            keyboard = self.messages[str(chat), number]["reply_markup"]["inline_keyboard"]
            data = next(
                one["callback_data"] for row in keyboard for one in row if one["text"] == label
            )
        query = f"q{self._next()}"
        await self._deliver(
            {
                "callback_query": {
                    "id": query,
                    "from": {"id": user, "is_bot": False, "first_name": f"User {user}"},
                    "message": {"message_id": number, "chat": {"id": chat, "type": "private"}},
                    "chat_instance": "1",
                    "data": data,
                }
            }
        )
        return query

    async def popup(self, query: str) -> str:
        """What the one who pressed is told."""
        found = await self.until(lambda: self.popups.get(query))
        return str(found["text"])

    async def _deliver(self, update: Json) -> None:
        update = {"update_id": self._next(), **update}
        if self.webhook.get("url"):
            await self.call_webhook(update)
            return
        async with self._changed:
            self._updates.append(update)
            self._changed.notify_all()

    async def call_webhook(self, update: Json, *, secret: str | None = None) -> int:
        """Post an update where we were told to; the status."""
        given = self.webhook["secret_token"] if secret is None else secret
        headers = {"X-Telegram-Bot-Api-Secret-Token": given}
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.webhook["url"], json=update, headers=headers) as answer,
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
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        if request.match_info["token"] != self.token:
            return _error(401, "Unauthorized")
        self.calls.append((method, body))
        if self.moods and method != "getUpdates":
            return self.moods.pop(0)
        if method == "getUpdates":
            return await self._get_updates(body)
        async with self._changed:
            answer = self._method(method)(body)
            self._changed.notify_all()
        return answer if isinstance(answer, web.Response) else _ok(answer)

    async def _get_updates(self, body: Json) -> web.Response:
        if self.webhook.get("url"):
            return _error(409, "Conflict: can't use getUpdates method while webhook is active")
        async with self._changed:
            self._updates = [
                one for one in self._updates if one["update_id"] >= body.get("offset", 0)
            ]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(body.get("timeout", 0)):
                    await self._changed.wait_for(lambda: self._updates)
            return _ok(list(self._updates))

    def _method(self, name: str) -> Callable[[Json], Any]:
        return {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message_text,
            "answerCallbackQuery": self._answer_callback_query,
        }[name]

    def _get_me(self, _: Json) -> Json:
        return {"id": 1, "is_bot": True, "username": BOT}

    def _set_webhook(self, body: Json) -> bool:
        self.webhook = body
        return True

    def _delete_webhook(self, _: Json) -> bool:
        self.webhook = {}
        return True

    def _send_message(self, body: Json) -> Json | web.Response:
        if body["chat_id"] in self.blocked:
            return _error(403, "Forbidden: bot was blocked by the user")
        if problem := _problem(body):
            return _error(400, f"Bad Request: {problem}")
        number = self._next()
        self.messages[str(body["chat_id"]), number] = body
        return {"message_id": number, "chat": {"id": body["chat_id"]}}

    def _edit_message_text(self, body: Json) -> Json | web.Response:
        key = (str(body["chat_id"]), int(body["message_id"]))
        old = self.messages.get(key)
        if old is None:
            return _error(400, "Bad Request: message to edit not found")
        if problem := _problem(body):
            return _error(400, f"Bad Request: {problem}")
        if (old["text"], old.get("reply_markup")) == (body["text"], body.get("reply_markup")):
            return _error(400, "Bad Request: message is not modified")
        self.messages[key] = body
        return {"message_id": key[1]}

    def _answer_callback_query(self, body: Json) -> bool | web.Response:
        if len(body.get("text", "")) > 200:
            return _error(400, "Bad Request: MESSAGE_TOO_LONG")
        self.popups[body["callback_query_id"]] = body
        return True


def _problem(body: Json) -> str:
    """Why Telegram would not take a message."""
    shown = _Shown()
    try:
        shown.feed(body["text"])
        shown.close()
    except ValueError as error:
        return str(error)
    if shown.open or not 0 < len(shown.text) <= 4096:
        return "message is too long" if shown.text else "message text is empty"
    for row in body.get("reply_markup", {}).get("inline_keyboard", []):
        if any(not 0 < len(one["callback_data"].encode()) <= 64 for one in row):
            return "BUTTON_DATA_INVALID"
    return ""


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _error(code: int, description: str) -> web.Response:
    return web.json_response(
        {"ok": False, "error_code": code, "description": description}, status=code
    )


def too_many(seconds: int) -> web.Response:
    """Telegram asks for a pause."""
    document = {
        "ok": False,
        "error_code": 429,
        "description": f"Too Many Requests: retry after {seconds}",
        "parameters": {"retry_after": seconds},
    }
    return web.json_response(document, status=429)


@asynccontextmanager
async def telegram() -> AsyncIterator[FakeTelegram]:
    """A fake Telegram for the length of a test."""
    fake = FakeTelegram()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", fake.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.port = runner.addresses[0][1]
    try:
        yield fake
    finally:
        await runner.cleanup()
