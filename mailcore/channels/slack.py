"""Slack: a bot in one channel, with buttons (docs.slack.dev: Web API, Block Kit, interactivity).

Everybody in the channel sees a question; only accounts that are linked to an approver decide, and only
in this channel. Slack calls us about presses, so it needs a public URL.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, override

from mailcore.channels.json_fields import first, table, text
from mailcore.channels.port import (
    ApprovalChannel,
    ChannelError,
    Desk,
    Press,
    ServiceCall,
    Verb,
)
from mailcore.channels.questions import Question
from mailcore.channels.slack_blocks import asked, escape, pressed, summary, whole
from mailcore.channels.slack_requests import SlackSignatures
from mailcore.model import Channel, JsonObject, JsonValue
from mailcore.net.fetch import Fetched, Fetcher, FetchError

_MAX_ANSWER_BYTES: Final = 1024 * 1024
_PASSING: Final = frozenset(
    {
        *("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"),
        *("request_timeout", "team_added_to_org", "accesslimited"),
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        *("missing_scope", "channel_not_found", "not_in_channel", "is_archived"),
    }
)
"""About the bot, its channel or Slack itself, and not about one message."""


class Slack(ApprovalChannel):
    """One bot."""

    def __init__(
        self,
        *,
        channel: Channel,
        token: str,
        signatures: SlackSignatures,
        base_url: str,
        fetcher: Fetcher,
        desk: Desk,
    ) -> None:
        self._channel = channel
        self._token = token
        self.signatures = signatures
        self._base_url = base_url
        self._fetcher = fetcher
        self._desk = desk

    @override
    async def check(self) -> str:
        return text(await self._ask("auth.test", {}), "user")

    @override
    async def show(self, target: str, ref: str, question: Question) -> str:
        body: JsonObject = {
            "channel": target,
            "text": summary(question),
            "blocks": asked(question),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if not ref:
            posted = await self._ask("chat.postMessage", body)
            return f"{text(posted, 'channel') or target}:{text(posted, 'ts')}"
        where, _, at = ref.partition(":")
        await self._ask("chat.update", {**body, "channel": where, "ts": at})
        return ref

    @override
    async def call(self, call: ServiceCall) -> None:
        await self._ask(call.method, call.body)

    @override
    async def take(self, document: JsonObject) -> Sequence[ServiceCall]:
        action = first(document, "actions")
        found = pressed(text(action, "action_id"), text(action, "value"))
        if text(document, "type") != "block_actions" or found is None:
            return ()
        verb, about_id, version = found
        where = text(table(document, "channel"), "id")
        press = Press(
            user_id=text(table(document, "user"), "id"),
            target=where,
            about_id=about_id,
            version=version,
            verb=verb,
        )
        if verb is Verb.SHOW:
            return (await self._show_whole(press),)
        answer = await self._desk.press(self._channel, press)
        return () if answer.refused is None else (_whisper(press, answer.text),)

    async def _show_whole(self, press: Press) -> ServiceCall:
        question = await self._desk.look(self._channel, press)
        if question is None:
            return _whisper(press, "You may not see this.")
        return _whisper(press, summary(question), whole(question) if question.is_open else [])

    @override
    async def listen(self) -> None:
        await asyncio.Event().wait()

    @override
    async def leave(self) -> None:
        return

    # The Web API -------------------------------------------------------------------------------

    async def _ask(self, method: str, body: JsonObject) -> JsonObject:
        try:
            answer = await self._fetcher.request(
                "POST",
                f"{self._base_url}/{method}",
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "Authorization": f"Bearer {self._token}",
                },
                body=json.dumps(body).encode(),
                max_bytes=_MAX_ANSWER_BYTES,
            )
        except FetchError as error:
            raise ChannelError(str(error)) from error
        if answer.status == 429:
            raise ChannelError(f"{method}: too many requests", retry_after=_retry_after(answer))
        try:
            document = json.loads(answer.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ChannelError(f"{method}: the answer {answer.status} is not Slack's")
        if document.get("ok") is True:
            return document
        reason = "".join(one for one in text(document, "error")[:100] if one.isprintable())
        raise ChannelError(f"{method}: {reason}", is_final=reason not in _PASSING)


def _whisper(press: Press, shown: str, blocks: Sequence[JsonValue] = ()) -> ServiceCall:
    """Something for the eyes of who pressed."""
    body: JsonObject = {"channel": press.target, "user": press.user_id, "text": escape(shown)}
    if blocks:
        body["blocks"] = list(blocks)
    return ServiceCall(method="chat.postEphemeral", body=body)


def _retry_after(answer: Fetched) -> timedelta:
    given = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(given[:6]) if given.isascii() and given.isdigit() else 0)
