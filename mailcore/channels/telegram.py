"""Telegram: the Bot API, with inline buttons (core.telegram.org/bots/api).

A person is linked by `/start CODE` in the chat where they want to be asked. Only a linked account
decides, and only in a chat that a link names. The token stands in the path of every URL: it is part of
no message and no log line.
"""

import asyncio
import contextlib
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, override

from mailcore.channels.json_fields import table, text
from mailcore.channels.port import (
    ApprovalChannel,
    ChannelError,
    Desk,
    Hello,
    Press,
    ServiceCall,
    Verb,
)
from mailcore.channels.questions import Question
from mailcore.channels.telegram_text import asked, keyboard, pressed, whole
from mailcore.model import Channel, JsonObject, JsonValue
from mailcore.net.fetch import Fetcher, FetchError

POLL_SECONDS: Final = 25
_WANTED: Final[list[JsonValue]] = ["message", "callback_query"]
_MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
_MAX_POPUP: Final = 200
_MAX_REASON: Final = 200
_OFF: Final[JsonObject] = {"is_disabled": True}


class Telegram(ApprovalChannel):
    """One bot. `webhook_url` empty means that it asks for updates."""

    def __init__(
        self,
        *,
        channel: Channel,
        token: str,
        webhook_secret: str,
        webhook_url: str,
        base_url: str,
        fetcher: Fetcher,
        desk: Desk,
    ) -> None:
        self._channel = channel
        self._token = token
        self._webhook_secret = webhook_secret
        self._webhook_url = webhook_url
        self._base_url = base_url
        self._fetcher = fetcher
        self._desk = desk
        self._offset = 0
        self._is_polling = False

    @override
    async def check(self) -> str:
        return text(await self._table("getMe", {}), "username")

    @override
    async def show(self, target: str, ref: str, question: Question) -> str:
        body: JsonObject = {
            "chat_id": target,
            "text": asked(question),
            "parse_mode": "HTML",
            "link_preview_options": _OFF,
            "reply_markup": keyboard(question),
        }
        if not ref:
            body["disable_notification"] = question.is_silent
            return text(await self._table("sendMessage", body), "message_id")
        try:
            await self._ask("editMessageText", {**body, "message_id": int(ref)})
        except ChannelError as error:
            if "message is not modified" not in error.reason:
                raise
        return ref

    @override
    async def call(self, call: ServiceCall) -> None:
        await self._ask(call.method, call.body)

    def is_from_service(self, secret: str) -> bool:
        """Whether a call of our webhook carries the secret that Telegram was given."""
        return hmac.compare_digest(secret.encode(), self._webhook_secret.encode())

    # What comes in -----------------------------------------------------------------------------

    @override
    async def take(self, document: JsonObject) -> Sequence[ServiceCall]:
        query = table(document, "callback_query")
        if query:
            return await self._take_press(query)
        return await self._take_message(table(document, "message"))

    async def _take_press(self, query: JsonObject) -> Sequence[ServiceCall]:
        found = pressed(text(query, "data"))
        target = text(table(table(query, "message"), "chat"), "id")
        if found is None:
            return (_popup(query, "This button is not known here."),)
        verb, about_id, version = found
        press = Press(
            user_id=text(table(query, "from"), "id"),
            target=target,
            about_id=about_id,
            version=version,
            verb=verb,
        )
        if verb is not Verb.SHOW:
            answer = await self._desk.press(self._channel, press)
            return (_popup(query, answer.text, is_loud=answer.refused is not None),)
        question = await self._desk.look(self._channel, press)
        if question is None:
            return (_popup(query, "You may not see this.", is_loud=True),)
        texts = whole(question) if question.is_open else iter((asked(question),))
        return (_popup(query, ""), *(_message(target, one) for one in texts))

    async def _take_message(self, message: JsonObject) -> Sequence[ServiceCall]:
        """A code, or anything else: that is answered in private chats only."""
        sender, chat = table(message, "from"), table(message, "chat")
        words = text(message, "text").split()
        target = text(chat, "id")
        if not words or not target or sender.get("is_bot") is True:
            return ()
        command, _, account = words[0].partition("@")
        if account and account.lower() != self._channel.account.lower():
            return ()
        if command != "/start":
            hint = "Decide with the buttons below a message, or by mail."
            return (_message(target, hint),) if text(chat, "type") == "private" else ()
        hello = Hello(
            user_id=text(sender, "id"),
            user_name=text(sender, "username") or text(sender, "first_name"),
            target=target,
            code=words[1] if len(words) > 1 else "",
        )
        return (_message(target, await self._desk.hello(self._channel, hello)),)

    @override
    async def listen(self) -> None:
        if self._webhook_url:
            body: JsonObject = {
                "url": self._webhook_url,
                "secret_token": self._webhook_secret,
                "allowed_updates": _WANTED,
                "max_connections": 10,
            }
            await self._ask("setWebhook", body)
            await asyncio.Event().wait()
        if not self._is_polling:
            await self._ask("deleteWebhook", {})
            self._is_polling = True
        await self._poll()

    async def _poll(self) -> None:
        """Ask once. Telegram forgets an update when a later one is asked for: after it was carried out."""
        body: JsonObject = {
            "offset": self._offset,
            "timeout": POLL_SECONDS,
            "allowed_updates": _WANTED,
        }
        updates = await self._ask("getUpdates", body)
        for update in updates if isinstance(updates, list) else []:
            if not isinstance(update, dict):
                continue
            calls = await self.take(update)
            number = update.get("update_id")
            if isinstance(number, int):
                self._offset = number + 1
            for call in calls:
                with contextlib.suppress(ChannelError):
                    await self.call(call)

    @override
    async def leave(self) -> None:
        if self._webhook_url:
            await self._ask("deleteWebhook", {})

    # The Bot API -------------------------------------------------------------------------------

    async def _table(self, method: str, body: JsonObject) -> JsonObject:
        result = await self._ask(method, body)
        return result if isinstance(result, dict) else {}

    async def _ask(self, method: str, body: JsonObject) -> JsonValue:
        try:
            answer = await self._fetcher.request(
                "POST",
                f"{self._base_url}/bot{self._token}/{method}",
                headers={"Content-Type": "application/json"},
                body=json.dumps(body).encode(),
                max_bytes=_MAX_ANSWER_BYTES,
            )
        except FetchError as error:
            raise ChannelError(str(error)) from error
        try:
            document = json.loads(answer.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ChannelError(f"{method}: the answer {answer.status} is not Telegram's")
        if document.get("ok") is True:
            result: JsonValue = document.get("result")
            return result
        raise _failure(method, document)


def _failure(method: str, document: JsonObject) -> ChannelError:
    """400 and 403 are about this message; a wrong token, too much and trouble of theirs are not."""
    code = document.get("error_code")
    seconds = table(document, "parameters").get("retry_after")
    reason = "".join(one for one in text(document, "description") if one.isprintable())
    return ChannelError(
        f"{method}: {reason[:_MAX_REASON] or code}",
        is_final=code in (400, 403),
        retry_after=timedelta(seconds=seconds if isinstance(seconds, int) else 0),
    )


def _popup(query: JsonObject, shown: str, *, is_loud: bool = False) -> ServiceCall:
    body: JsonObject = {
        "callback_query_id": text(query, "id"),
        "text": shown[:_MAX_POPUP],
        "show_alert": is_loud,
    }
    return ServiceCall(method="answerCallbackQuery", body=body)


def _message(target: str, shown: str) -> ServiceCall:
    """`shown` is HTML already."""
    body: JsonObject = {
        "chat_id": target,
        "text": shown,
        "parse_mode": "HTML",
        "link_preview_options": _OFF,
    }
    return ServiceCall(method="sendMessage", body=body)
