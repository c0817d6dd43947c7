"""The project's own documentation, served as it is written: for models and the programs that feed them.

`/llms.txt` lists the pages, `/llms-full.txt` has all of them, `/docs/NAME.md` is one, `/docs.md` the twin of the
page for people, `/SKILL.md` what a model needs in short. No key is needed: nothing of this server is in them.
"""

import asyncio
import re
from pathlib import Path
from typing import Final

from aiohttp import web

from httpapi.middleware import Handler

_INDEX: Final = "llms.txt"
_TWIN: Final = "api.md"
_SKILL: Final = "SKILL.md"
_LISTED: Final = re.compile(r"\]\(/docs/([\w-]+\.md)\)")
_MARKDOWN: Final = "text/markdown; charset=utf-8"
_PLAIN: Final = "text/plain; charset=utf-8"


def folder() -> Path:
    """Where the pages are: in the installed package, else in the checkout."""
    installed = Path(__file__).with_name("docs")
    return installed if installed.is_dir() else Path(__file__).resolve().parents[1] / "docs"


class Manual:
    """The pages, found once: what is not among them has no route."""

    def __init__(self, pages: Path) -> None:
        self._folder = pages
        self._names = [str(one.relative_to(pages)) for one in sorted(pages.rglob("*.md"))]

    def install(self, app: web.Application) -> None:
        """Add the routes."""
        if not (self._folder / _INDEX).is_file():
            return
        app.router.add_get("/llms.txt", self._page(_INDEX, _PLAIN))
        app.router.add_get("/llms-full.txt", self.everything)
        app.router.add_get("/docs.md", self._page(_TWIN, _MARKDOWN))
        app.router.add_get("/SKILL.md", self._page(_SKILL, _MARKDOWN))
        for name in self._names:
            app.router.add_get(f"/docs/{name}", self._page(name, _MARKDOWN))

    def _page(self, name: str, kind: str) -> Handler:
        """One file; whoever has it asks whether it is still good."""

        async def serve(request: web.Request) -> web.StreamResponse:
            del request
            headers = {"Content-Type": kind, "Cache-Control": "no-cache"}
            return web.FileResponse(self._folder / name, headers=headers)

        return serve

    async def everything(self, request: web.Request) -> web.Response:
        """The list and all pages in it, one after another."""
        del request
        return web.Response(
            text=await asyncio.to_thread(self._joined), headers={"Content-Type": _PLAIN}
        )

    def _joined(self) -> str:
        index = (self._folder / _INDEX).read_text("utf-8")
        texts = [index]
        for name in _LISTED.findall(index):
            page = (self._folder / name).read_text("utf-8")
            texts.append(f"<!-- /docs/{name} -->\n\n{page}")
        return "\n".join(texts)
