"""The pages without a key: health, figures, the OpenAPI document, and the list of operations for people.

The docs page is made on start from the table. It runs no script; its style sheet is allowed by hash.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from httpapi import openapi
from httpapi.auth import Authenticator
from httpapi.errors import MEANINGS
from httpapi.operation import DECIDERS, MASTER, Operation
from httpapi.visit import VISIT
from mailcore.errors import MailError, denied
from mailcore.journal import Journal
from mailcore.metrics import Metrics

_READY_SECONDS: Final = 2.0
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
h2{margin-top:2.5rem;border-bottom:1px solid #ccc}
code,th{font:14px/1.5 ui-monospace,monospace}
.method{display:inline-block;min-width:4.5rem;font-weight:bold}
article{margin:1.2rem 0}
article p{margin:.2rem 0 .2rem 4.5rem;white-space:pre-line}
table{margin:.4rem 0 .4rem 4.5rem;border-collapse:collapse}
td,th{padding:.1rem .8rem .1rem 0;text-align:left;vertical-align:top;font-weight:normal}
small{color:#666}
""".strip()


class Pages:
    """Everything that is not an operation."""

    def __init__(
        self,
        *,
        table: Sequence[Operation],
        version: str,
        journal: Journal,
        authenticator: Authenticator,
        metrics: Metrics,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._openapi = orjson.dumps(openapi.document(table, version=version))
        self._docs = _docs(table).encode()
        digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
        self._docs_policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )
        self._journal = journal
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

    async def healthz(self, request: web.Request) -> web.Response:
        """The process answers."""
        del request
        return _json({"status": "ok"})

    async def readyz(self, request: web.Request) -> web.Response:
        """The store answers too, and we are not stopping."""
        del request
        if self._is_stopping():
            return _json({"status": "stopping"}, 503)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._journal.head()
        except (MailError, TimeoutError):
            return _json({"status": "unavailable", "store": "not answering"}, 503)
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
        """The OpenAPI document."""
        del request
        return web.Response(body=self._openapi, content_type="application/json")

    async def docs(self, request: web.Request) -> web.Response:
        """The operations for people."""
        del request
        return web.Response(
            body=self._docs,
            content_type="text/html",
            charset="utf-8",
            headers={"Content-Security-Policy": self._docs_policy},
        )


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


# The docs page -----------------------------------------------------------------------------------


def _docs(table: Sequence[Operation]) -> str:
    tags = dict.fromkeys(one.tag for one in table)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Countersign API</title>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<style>{_STYLE}</style><h1>Countersign API</h1>",
        "<p>Send your key as <code>Authorization: Bearer KEY</code>. The machine-readable form of "
        "this page is <a href=/openapi.json>/openapi.json</a>.</p>",
    ]
    for tag in tags:
        parts.append(f"<h2>{escape(tag)}</h2>")
        parts += [_article(one) for one in table if one.tag == tag]
    parts.append("<h2>Errors</h2><p>Every error is a problem document (RFC 9457).</p>")
    parts += [
        f'<article id="problem-{kind.value}"><span class=method>{found.status}</span>'
        f"<code>{kind.value}</code><p>{escape(found.title)}.</p></article>"
        for kind, found in MEANINGS.items()
    ]
    return "".join(parts)


def _article(one: Operation) -> str:
    rows = "".join(_row(name, one) for name in one.input.model_fields)
    who = {MASTER: " <small>master key</small>", DECIDERS: " <small>master or approver key</small>"}
    return (
        f'<article id="{escape(one.name)}"><span class=method>{one.method}</span>'
        f"<code>{escape(one.path)}</code>{who.get(one.roles, '')}"
        f"<p><b>{escape(one.summary)}</b>\n{escape(one.description)}</p>"
        f"{f'<table>{rows}</table>' if rows else ''}</article>"
    )


def _row(name: str, one: Operation) -> str:
    info = one.input.model_fields[name]
    wire = info.validation_alias if isinstance(info.validation_alias, str) else name
    place = "path" if name in one.path_names else ("body" if one.has_body else "query")
    need = "required" if info.is_required() else ""
    return (
        f"<tr><th>{escape(wire)}</th><td><small>{place} {need}</small></td>"
        f"<td>{escape(info.description or '')}</td></tr>"
    )
