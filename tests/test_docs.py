"""The docs name everything there is, and say what the code says."""

import json
import re
import subprocess
import sys
import tomllib
import typing
from pathlib import Path

import click
import pytest

from httpapi.mcp.prompts import PROMPTS
from httpapi.mcp.resources import RESOURCES
from httpapi.mcp.tools import tools_of
from httpapi.operations import OPERATIONS
from mailcore import events
from mailcore.cli.root import root
from mailcore.cli.shell.verbs import VERBS
from mailcore.config import known_keys, parse
from mailcore.errors import ErrorKind
from mailcore.message import removals
from tests.support import documents
from tests.support.documents import DOCS, ROOT

PACKAGES = ("mailcore", "smtpd", "imapd", "httpapi")
CODE = re.compile(r'code="([a-z_]+)"')
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
COMMON = {"--config", "--data", "--url", "--key", "--json"}
PAGES = documents.pages()


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def blocks(language: str) -> list[tuple[str, str]]:
    return [(str(one), one.body) for one in documents.blocks(language)]


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


def test_every_resource_has_an_example() -> None:
    page = text("api-examples.md")
    tags = dict.fromkeys(one.tag for one in OPERATIONS)
    assert [tag for tag in tags if f"\n## {tag}\n" not in page] == []
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert [one.partition("\n")[0] for one in sections if "```sh\ncurl" not in one] == []


def test_every_event_is_documented() -> None:
    page = text("events.md")
    names = [event.name for event in typing.get_args(events.PublicEvent.__value__)]
    assert [name for name in names if f"\n| `{name}` |" not in page] == []


@pytest.mark.parametrize("name", ["for-agents.md", "SKILL.md", "mcp.md", "webhooks.md"])
def test_events_that_pages_name_are_there(name: str) -> None:
    known = {event.name for event in typing.get_args(events.PublicEvent.__value__)}
    named = set(re.findall(r"`((?:email|hold|draft|task)\.[a-z_]+)`", text(name)))
    assert named <= known


def test_every_command_is_documented() -> None:
    page = text("cli.md")
    context = click.Context(root)
    paths: list[str] = []
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        children = command.commands if isinstance(command, click.Group) else {"": None}
        paths += [f"{name} {child}".strip() for child in children]
    assert [path for path in paths if f"### `countersign {path}" not in page] == []


def test_every_page_is_in_the_list_for_models() -> None:
    listed = (DOCS / "llms.txt").read_text("utf-8")
    names = [page.name for page in DOCS.glob("*.md")]
    assert [name for name in names if listed.count(f"](/docs/{name})") != 1] == []


def test_every_tool_resource_and_prompt_is_documented() -> None:
    page = text("mcp.md")
    names = [*tools_of(OPERATIONS), *(one.name for one in PROMPTS), *(one.uri for one in RESOURCES)]
    assert [name for name in names if f"\n| `{name}` |" not in page] == []


def test_everything_left_out_for_readers_is_documented() -> None:
    page = text("safe-reading.md")
    assert [kind for kind in removals.kinds() if f"\n| `render.{kind}` |" not in page] == []


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
