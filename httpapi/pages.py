"""The pages without a key: health, figures, the OpenAPI document, and Swagger UI on it for people.

The docs page loads its own files only (`httpapi/swagger`): no inline script or style, no other origin.
"""

import asyncio
import functools
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Final

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from httpapi import openapi
from httpapi.auth import Authenticator
from httpapi.errors import MEANINGS
from httpapi.middleware import Handler
from httpapi.operation import Operation
from httpapi.visit import VISIT
from mailcore.errors import denied
from mailcore.metrics import Metrics
from mailcore.readiness import Readiness

_FILES: Final = Path(__file__).with_name("swagger")
_SERVED: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "page.css": "text/css",
    "favicon-32x32.png": "image/png",
    "LICENSE": "text/plain",
}
_DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Pages:
    """Everything that is not an operation."""

    def __init__(
        self,
        *,
        table: Sequence[Operation],
        version: str,
        readiness: Readiness,
        authenticator: Authenticator,
        metrics: Metrics,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._table = tuple(table)
        self._version = version
        self._making = asyncio.Lock()
        self._docs = _docs().encode()
        self._readiness = readiness
        self._authenticator = authenticator
        self._metrics = metrics
        self._is_stopping = is_stopping

    def install(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/metrics", self.metrics)
        app.router.add_get("/openapi.json", self.openapi)
        app.router.add_get("/docs", self.docs)
        for name, kind in _SERVED.items():
            app.router.add_get(f"/docs/{name}", _serve(name, kind))

    async def healthz(self, request: web.Request) -> web.Response:
        """The process answers."""
        del request
        return _json({"status": "ok"})

    async def readyz(self, request: web.Request) -> web.Response:
        """Mail can be taken and kept, and we are not stopping; 503 says why not."""
        del request
        if self._is_stopping():
            return _json({"status": "stopping"}, 503)
        reason = await self._readiness.reason()
        if reason:
            return _json({"status": "unavailable", "reason": reason}, 503)
        if self._metrics.registry.get_sample_value("countersign_mirror_paused"):
            return _json({"status": "ready", "mirror": "paused"})
        return _json({"status": "ready"})

    async def metrics(self, request: web.Request) -> web.Response:
        """Figures for Prometheus: open to this machine and trusted networks, else for the master key."""
        peer = request[VISIT].peer
        if not (peer.is_loopback or peer.is_trusted):
            actor = await self._authenticator.actor(request, peer)
            if not actor.is_master:
                raise denied("this needs the master key", code="master_key_required")
        body = await asyncio.to_thread(generate_latest, self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def openapi(self, request: web.Request) -> web.Response:
        """The OpenAPI document, made in a thread when the first one asks."""
        del request
        async with self._making:
            body = await asyncio.to_thread(_openapi, self._table, self._version)
        return web.Response(body=body, content_type="application/json")

    async def docs(self, request: web.Request) -> web.Response:
        """The operations for people."""
        del request
        return web.Response(
            body=self._docs,
            content_type="text/html",
            charset="utf-8",
            headers={"Content-Security-Policy": _DOCS_POLICY},
        )


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


# The docs page -----------------------------------------------------------------------------------


def _serve(name: str, kind: str) -> Handler:
    """A file of the docs page; browsers ask whether theirs is still good."""

    async def serve(request: web.Request) -> web.StreamResponse:
        del request
        headers = {"Content-Type": kind, "Cache-Control": "no-cache"}
        return web.FileResponse(_FILES / name, headers=headers)

    return serve


@functools.cache
def _openapi(table: tuple[Operation, ...], version: str) -> bytes:
    """The document as octets, made once in a process: it takes a second."""
    return orjson.dumps(openapi.document(table, version=version))


def _docs() -> str:
    return "".join(
        [
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>Countersign API</title>",
            '<meta name=viewport content="width=device-width,initial-scale=1">',
            "<link rel=icon href=/docs/favicon-32x32.png>",
            "<link rel=stylesheet href=/docs/swagger-ui.css>",
            "<link rel=stylesheet href=/docs/page.css></head><body>",
            "<noscript><p class=note>This page needs JavaScript; the same for programs is at ",
            "<a href=/openapi.json>/openapi.json</a> and <a href=/docs.md>/docs.md</a>.</p></noscript>",
            "<div id=operations></div><section class=errors><h2>Errors</h2>",
            "<p>Every error is a problem document (RFC 9457); these are its kinds.</p><dl>",
            *(
                f'<dt id="problem-{kind.value}">{found.status} {kind.value}</dt>'
                f"<dd>{escape(found.title)}.</dd>"
                for kind, found in MEANINGS.items()
            ),
            "</dl><p><small>Shown with Swagger UI, <a href=/docs/LICENSE>Apache License 2.0</a>.",
            "</small></p></section><script src=/docs/swagger-ui-bundle.js></script>",
            "<script src=/docs/start.js></script></body></html>",
        ]
    )
