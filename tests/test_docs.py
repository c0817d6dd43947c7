"""The docs name everything there is, and say what the code says."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from httpapi.mcp.prompts import PROMPTS
from httpapi.mcp.resources import RESOURCES
from httpapi.mcp.tools import tools_of
from httpapi.operations import OPERATIONS
from mailcore.cli.shell.verbs import VERBS
from mailcore.config import known_keys, parse
from mailcore.errors import ErrorKind

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PACKAGES = ("mailcore", "smtpd", "imapd", "httpapi")
CODE = re.compile(r'code="([a-z_]+)"')
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMON = {"--config", "--data", "--url", "--key", "--json"}
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.name, body)
        for page in PAGES
        for kind, body in BLOCK.findall(page.read_text("utf-8"))
        if kind == language
    ]


def test_the_generated_parts_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "generate", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_configuration_key_is_documented() -> None:
    page = text("configuration.md")
    assert [
        key for key, meaning in known_keys().items() if f"| `{key}` | {meaning}" not in page
    ] == []


def test_every_operation_is_documented() -> None:
    page = text("api.md")
    assert [one.name for one in OPERATIONS if f"#### `{one.method} {one.path}`" not in page] == []


def test_every_command_of_the_shell_is_documented() -> None:
    page = text("cli.md")
    written = {one.usage.replace("|", "\\|") for one in VERBS.values()}
    assert [usage for usage in written if f"`{usage}`" not in page] == []


def test_every_tool_resource_and_prompt_is_documented() -> None:
    page = text("mcp.md")
    names = [*tools_of(OPERATIONS), *(one.name for one in PROMPTS), *(one.uri for one in RESOURCES)]
    assert [name for name in names if f"\n| `{name}` |" not in page] == []


def test_every_error_kind_is_documented() -> None:
    page = text("errors.md")
    assert [kind.value for kind in ErrorKind if f"\n| `{kind.value}` |" not in page] == []


def test_every_error_code_is_documented() -> None:
    page = text("errors.md")
    used = {
        code
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for code in CODE.findall(path.read_text("utf-8"))
    }
    assert sorted(code for code in used if f"\n| `{code}` |" not in page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize(("page", "body"), blocks("toml"))
def test_toml_examples_are_valid_configurations(page: str, body: str) -> None:
    parse(tomllib.loads(body), {}, base_dir=ROOT)


@pytest.mark.parametrize(("page", "body"), blocks("json"))
def test_json_examples_are_json(page: str, body: str) -> None:
    json.loads(body)


@pytest.mark.parametrize(("page", "body"), blocks("sh"))
def test_commands_in_examples_exist(page: str, body: str) -> None:
    """Every `countersign …` line of an example names a command and options that there are."""
    commands = text("cli.md")
    joined = body.replace("\\\n", " ")
    for line in re.findall(r"^(?:.*-- )?countersign ([^#&\n]+)", joined, re.MULTILINE):
        words = line.split()
        path = next(
            (
                " ".join(words[:count])
                for count in (2, 1)
                if f"`countersign {' '.join(words[:count])}" in commands
            ),
            None,
        )
        assert path is not None, line
        section = commands[commands.index(f"### `countersign {path}") :]
        section = section[: section.index("\n### ", 5)] if "\n### " in section[5:] else section
        for option in re.findall(r"--[a-z-]+", line):
            assert f"`{option}`" in section or option in COMMON, f"{option} in: {line}"
