"""Paths with a fixed name where another path has a parameter: neither is ever taken for the other."""

from pathlib import Path

import pytest

from httpapi.operations import OPERATIONS
from httpapi.routes import is_shadowing
from mailcore.accounts import RESERVED_NAMES
from mailcore.ids import is_id
from tests.support.http_live import running

CHOSEN = {"agent": RESERVED_NAMES}
"""Parameters that people choose, and the words that they cannot choose."""
GIVEN = {"key_id", "message_id", "queue_id", "rule_id", "task_id"}
"""Parameters that the server makes: a UUID or a number is no word."""


def _collisions() -> list[tuple[str, str]]:
    """Each parameter, and a fixed name that stands in its place on a path of the same length."""
    paths = sorted({one.path for one in OPERATIONS})
    found: set[tuple[str, str]] = set()
    for path in paths:
        for other in paths:
            if path == other or not is_shadowing(path, [_at(path), _at(other)]):
                continue
            pairs = zip(path.split("/"), other.split("/"), strict=True)
            found |= {(two[1:-1], one) for one, two in pairs if one != two}
    return sorted(found)


def _at(path: str) -> object:
    return next(one for one in OPERATIONS if one.path == path)


@pytest.mark.parametrize(("parameter", "word"), _collisions())
def test_no_thing_has_the_name_of_a_path(parameter: str, word: str) -> None:
    """A thing that is called like a path would be out of reach."""
    assert parameter in GIVEN or parameter in CHOSEN, (
        f"{word!r} stands where {{{parameter}}} may stand: add the parameter to GIVEN when the server"
        " makes its values, else reserve the word where they are chosen and add both to CHOSEN"
    )
    assert not is_id(word)
    if parameter in CHOSEN:
        assert word in CHOSEN[parameter], f"reserve {word!r}: it is a path of the API"


def test_there_are_such_paths() -> None:
    """The list above is not empty by mistake."""
    assert {("agent", "directory"), ("message_id", "digest")} <= set(_collisions())


async def test_no_agent_is_called_like_a_path(tmp_path: Path) -> None:
    """Refused with what to do, whatever the case; an id is no name either."""
    names = [*sorted(RESERVED_NAMES), "Directory", "01a1fa90-91c4-743c-b040-ebca48354356"]
    async with running(tmp_path) as live, live.client(live.master) as client:
        for name in names:
            async with client.post("/v1/agents", json={"name": name}) as answer:
                problem = await answer.json()
            assert (answer.status, problem["code"]) == (409, "reserved_name")
            assert problem["fix"]


async def test_a_fixed_path_takes_its_own_methods_only(tmp_path: Path) -> None:
    """DELETE of the directory deletes nothing, and means no agent."""
    async with (
        running(tmp_path) as live,
        live.client(live.master) as client,
        client.delete("/v1/agents/directory") as answer,
    ):
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
