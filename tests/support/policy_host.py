"""A web server with a certificate that hands out MTA-STS policies and takes TLS reports."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from mailcore.net.tls import server_context
from tests.support.authority import Issued


def policy(*mx: str, mode: str = "enforce", max_age: int = 86400) -> str:
    """A policy file."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {one}" for one in mx)]
    return "\r\n".join([*lines, f"max_age: {max_age}", ""])


@dataclass
class PolicyHost:
    """What it says, and what it was asked and given."""

    port: int = 0
    text: str = ""
    status: int = 200
    content_type: str = "text/plain"
    asked: int = 0
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    async def get(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(
            body=self.text.encode(), status=self.status, headers={"Content-Type": self.content_type}
        )

    async def post(self, request: web.Request) -> web.Response:
        self.posted.append((request.content_type, await request.read()))
        return web.Response(status=self.status)


@asynccontextmanager
async def policy_host(issued: Issued) -> AsyncIterator[PolicyHost]:
    """The host on a free port of 127.0.0.1."""
    host = PolicyHost()
    app = web.Application()
    app.router.add_get("/.well-known/mta-sts.txt", host.get)
    app.router.add_post("/reports", host.post)
    runner = web.AppRunner(app)
    await runner.setup()
    context: ssl.SSLContext = server_context(issued.cert, issued.key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    host.port = runner.addresses[0][1]
    try:
        yield host
    finally:
        await runner.cleanup()
