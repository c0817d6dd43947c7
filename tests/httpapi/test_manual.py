"""The documentation that the server has with it."""

import re
import tomllib
from pathlib import Path

from httpapi.manual import folder
from tests.support.documents import DOCS, ROOT
from tests.support.http_live import running

LINK = re.compile(r"\]\((/[\w./-]+)\)")


async def test_a_model_finds_every_page_without_a_key(tmp_path: Path) -> None:
    """From the list, byte for byte as written, and as text."""
    async with running(tmp_path) as live, live.client() as client:
        async with client.get("/llms.txt") as answer:
            index = await answer.text()
            assert (answer.status, answer.content_type) == (200, "text/plain")
        links = LINK.findall(index)
        assert len(links) == len(set(links)) > 20
        for path in links:
            async with client.get(path) as answer:
                assert answer.status == 200, path
                if path.endswith(".md"):
                    assert answer.content_type == "text/markdown"
                    assert await answer.read() == (ROOT / path.lstrip("/")).read_bytes()
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with client.get("/llms-full.txt") as answer:
            whole = await answer.text()
        assert whole.startswith(index)
        assert all(page.read_text("utf-8") in whole for page in DOCS.glob("*.md"))
        for twin, name in (("/docs.md", "api.md"), ("/SKILL.md", "SKILL.md")):
            async with client.get(twin) as answer:
                assert await answer.read() == (DOCS / name).read_bytes()


async def test_links_between_the_pages_work_on_the_server_too(tmp_path: Path) -> None:
    """They are relative; what they lead to is served under the same name."""
    async with running(tmp_path) as live, live.client() as client:
        for page in sorted(DOCS.rglob("*.md")):
            for target in re.findall(r"\]\((?!https?:|/)([\w./-]+\.md)", page.read_text("utf-8")):
                found = (page.parent / target).resolve()
                async with client.get(f"/{found.relative_to(ROOT)}") as answer:
                    assert answer.status == 200, (page.name, target)


async def test_nothing_but_the_pages_is_served(tmp_path: Path) -> None:
    async with running(tmp_path) as live, live.client() as client:
        for path in (
            "/docs/generate",
            "/docs/../pyproject.toml",
            "/docs/%2e%2e/README.md",
            "/docs/..%2fREADME.md",
            "/docs/missing.md",
        ):
            async with client.get(path) as answer:
                assert answer.status == 404, path
        async with client.get("/docs/api.md") as answer:
            tag = answer.headers["ETag"]
        async with client.get("/docs/api.md", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304


def test_the_skill_has_its_head() -> None:
    """A name and a description, as programs that load skills want them."""
    head = (DOCS / "SKILL.md").read_text("utf-8").split("---\n")[1]
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    assert re.fullmatch(r"[a-z0-9-]{1,64}", fields["name"])
    assert 20 < len(fields["description"]) <= 1024


def test_the_wheel_has_the_pages() -> None:
    """Beside the code that serves them, which is where it looks first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"docs": "httpapi/docs"}
    assert folder() == DOCS
