"""Where List-Unsubscribe leads: a page with one button for people, and the same POST for mail programs.

No key: the token in the path is the proof. Looking changes nothing, so scanners and prefetchers take
nobody off; only POST does (RFC 8058 §3.2).
"""

from html import escape
from typing import Final

from aiohttp import web

from mailcore.outbound.suppressions import Suppressions

_POLICY: Final = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


class Unsubscribing:
    """The page."""

    def __init__(self, suppressions: Suppressions) -> None:
        self._suppressions = suppressions

    def install(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/unsubscribe/{token}", self.show)
        app.router.add_post("/unsubscribe/{token}", self.leave)

    async def show(self, request: web.Request) -> web.Response:
        """Who would get no more mail from whom, and the button; NOT_FOUND for a token of others."""
        address, inbox = await self._suppressions.leaver(request.match_info["token"])
        return _page(
            f"<p>{escape(str(address))} gets no more mail from {escape(str(inbox.address))}.</p>"
            "<form method=post><button name=List-Unsubscribe value=One-Click>Unsubscribe</button>"
            "</form>"
        )

    async def leave(self, request: web.Request) -> web.Response:
        """Take the address off; again changes nothing."""
        address, inbox = await self._suppressions.leave(request.match_info["token"])
        return _page(
            f"<p>Done. {escape(str(address))} gets no more mail from {escape(str(inbox.address))}.</p>"
        )


def _page(body: str) -> web.Response:
    return web.Response(
        text="<!doctype html><html lang=en><head><meta charset=utf-8><title>Unsubscribe</title>"
        '<meta name=viewport content="width=device-width,initial-scale=1"></head>'
        f"<body><h1>Unsubscribe</h1>{body}</body></html>",
        content_type="text/html",
        headers={
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )
