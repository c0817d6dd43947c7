"""Where chat services call us about presses. Each call proves first that it is the service's."""

from typing import Final

import orjson
from aiohttp import web

from httpapi.body import read_body
from mailcore.channels.service import Channels
from mailcore.errors import ErrorKind, MailError

_MAX_OCTETS: Final = 1024 * 1024
_BODY_SECONDS: Final = 15.0


class ChatHooks:
    """The paths below `/chat/`."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def install(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/chat/telegram/{channel_id}", self.telegram)
        app.router.add_post("/chat/slack/{channel_id}", self.slack)

    async def telegram(self, request: web.Request) -> web.Response:
        """An update; it is carried out before it is answered, so none is lost."""
        raw = await read_body(request, max_octets=_MAX_OCTETS, seconds=_BODY_SECONDS)
        try:
            update = orjson.loads(raw)
        except orjson.JSONDecodeError:
            update = None
        if not isinstance(update, dict):
            raise MailError(ErrorKind.INVALID, "this is not an update", code="malformed_json")
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        await self._channels.take_telegram(request.match_info["channel_id"], secret, update)
        return web.Response()

    async def slack(self, request: web.Request) -> web.Response:
        """An interaction."""
        raw = await read_body(request, max_octets=_MAX_OCTETS, seconds=_BODY_SECONDS)
        await self._channels.take_slack(
            request.match_info["channel_id"],
            request.headers.get("X-Slack-Request-Timestamp", ""),
            request.headers.get("X-Slack-Signature", ""),
            raw,
        )
        return web.Response()
