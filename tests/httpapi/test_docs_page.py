"""`/docs` in a real browser: Swagger UI from our own origin under a strict policy, and it works."""

import asyncio
import os
import shutil
import subprocess
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import override
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, async_playwright, expect

from httpapi.operations import OPERATIONS
from httpapi.pages import _FILES, _SERVED
from tests.support.http_live import running

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
IDS = "blocks => blocks.map(block => block.id)"
ROOT = Path(__file__).resolve().parents[2]


class _Loaded(HTMLParser):
    """What a page loads, and whether any script or style stands in it."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.inline: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link"):
            self.sources.append(given.get("src") or given.get("href") or "(inline)")
        self.inline += [tag] * (tag == "style")
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


async def test_everything_on_the_page_is_ours(tmp_path: Path) -> None:
    """No inline script or style, no other origin, and the policy says so too."""
    async with running(tmp_path) as live, live.client() as client:
        async with client.get("/docs") as answer:
            assert answer.content_type == "text/html"
            policy = answer.headers["Content-Security-Policy"]
            loaded = _Loaded()
            loaded.feed(await answer.text())
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "default-src 'none'" in policy
        assert loaded.inline == []
        for source in loaded.sources:
            assert source.startswith("/docs/")
            async with client.get(source) as answer:
                assert answer.status == 200, source
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                tag = answer.headers["ETag"]
            async with client.get(source, headers={"If-None-Match": tag}) as answer:
                assert answer.status == 304
        for path in ("/docs/README.md", "/docs/../pages.py", "/docs/%2e%2e/pages.py"):
            assert (await client.get(path)).status == 404


def test_the_wheel_has_the_files_and_their_license() -> None:
    """Its packages are taken whole, but for what git ignores; so nothing here may be ignored."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "httpapi" in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    wanted = {*_SERVED, "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"}
    for name in wanted:
        assert (_FILES / name).stat().st_size, name
    licenses = {f"httpapi/swagger/{name}" for name in wanted if name.isupper() or "LICENSE" in name}
    assert licenses <= set(project["project"]["license-files"])
    if (ROOT / ".git").exists():
        ignored = subprocess.run(
            ["git", "check-ignore", *(_FILES / name for name in wanted)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ignored.stdout == ""


@pytest.mark.interop
@pytest.mark.skipif(
    CHROMIUM is None and "REQUIRE_PEERS" not in os.environ, reason="chromium is not installed"
)
async def test_a_person_finds_an_operation_authorizes_and_calls_it(tmp_path: Path) -> None:
    """Every operation is listed; a call is answered; the browser refused nothing and went nowhere."""
    async with running(tmp_path) as live, _page() as (page, said, asked):
        mia = await live.agent("mia")
        await page.goto(f"{live.url}/docs")
        await expect(page.locator(".opblock-tag").first).to_be_visible()
        tags = {one.name: one.tag.replace(" ", "_") for one in OPERATIONS}
        await _scroll_past(page, {f"operations-{tag}-{name}" for name, tag in tags.items()})
        await page.locator(".operation-filter-input").fill("Workspace")

        await page.locator(".auth-wrapper .authorize").first.click()
        await page.locator(".auth-container input").fill(mia.api_key)
        await page.locator(".auth-btn-wrapper .authorize").click()
        await page.locator(".auth-btn-wrapper .btn-done").click()

        block = page.locator("#operations-Workspace-get_workspace")
        await block.locator(".opblock-summary-control").click()
        await block.locator("button.execute").click()
        live_answer = block.locator(".live-responses-table")
        await expect(live_answer.locator("tbody .response-col_status").first).to_contain_text("200")
        await expect(live_answer).to_contain_text(mia.agent.id)
        await page.screenshot(path=tmp_path / "docs.png")
        assert (tmp_path / "docs.png").stat().st_size > 10_000
        assert said == []
        assert {urlsplit(url).netloc for url in asked} == {urlsplit(live.url).netloc}


async def _scroll_past(page: Page, wanted: set[str]) -> None:
    """Scroll until all have been seen: a long list shows only what is near the window."""
    seen: set[str] = set()
    async with asyncio.timeout(60):
        while not wanted <= seen:
            seen.update(await page.locator(".opblock").evaluate_all(IDS))
            await page.mouse.wheel(0, 500)
            await page.wait_for_timeout(50)
    assert seen == wanted


@asynccontextmanager
async def _page() -> AsyncIterator[tuple[Page, list[str], list[str]]]:
    """A page of Chromium, what its console complains of, and where it went."""
    expect.set_options(timeout=60_000)
    said: list[str] = []
    asked: list[str] = []
    async with async_playwright() as playwright, asyncio.timeout(90):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1280, "height": 1600})
        page.on("console", lambda one: said.append(one.text) if one.type != "log" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda one: asked.append(one.url) if "://" in one.url else None)
        try:
            yield page, said, asked
        finally:
            await browser.close()
