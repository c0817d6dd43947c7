"""The table of operations as tools, without a server."""

import pytest

from httpapi.mcp.tools import IDEMPOTENCY_KEY, LISTED_BY, tools_of
from httpapi.operation import MASTER
from httpapi.operations import OPERATIONS
from mailcore.model import Role
from tests.support.mcp_client import SEED_TOOLS

TOOLS = tools_of(OPERATIONS)
NAMES = {one.name for one in OPERATIONS}


@pytest.mark.parametrize("name", [name for name in SEED_TOOLS if name in NAMES])
def test_the_thirteen_tools_take_their_parameters(name: str) -> None:
    """By name; what we take beside them is never required."""
    assert SEED_TOOLS[name] <= TOOLS[name].fields.keys()
    assert set(TOOLS[name].required) <= SEED_TOOLS[name]


@pytest.mark.parametrize("name", TOOLS)
def test_the_example_of_a_tool_is_right(name: str) -> None:
    """What an error shows as right must be accepted."""
    tool = TOOLS[name]
    tool.operation.parse(tool.example())


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_is_described_shortly(name: str) -> None:
    """A model reads all of them before it does anything."""
    tool = TOOLS[name]
    assert tool.description.endswith(".")
    assert len(tool.description) <= 120
    assert "\n" not in tool.description


@pytest.mark.parametrize("name", TOOLS)
def test_a_schema_stands_alone(name: str) -> None:
    """No references: some clients do not follow them."""
    text = str(TOOLS[name].schema)
    assert "$ref" not in text
    assert "$defs" not in text
    assert TOOLS[name].schema["type"] == "object"


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_that_gives_an_id_exists(name: str) -> None:
    """Errors send a model there."""
    fields = TOOLS[name].fields.keys() & LISTED_BY.keys()
    assert [one for one in fields if LISTED_BY[one] not in TOOLS] == []


def test_what_only_the_master_may_do_is_no_tool() -> None:
    """Approving is listed and refused; managing keys and agents is not even listed."""
    assert [one.name for one in OPERATIONS if one.name in TOOLS and one.roles == MASTER] == []
    closed = {one.name for one in OPERATIONS if one.name in TOOLS and Role.AGENT not in one.roles}
    assert closed == {"approve_draft", "reject_draft"}


def test_asking_to_let_secrets_through_is_not_offered() -> None:
    assert [name for name, tool in TOOLS.items() if "allow_sensitive" in tool.fields] == []


def test_only_sending_can_be_made_repeatable() -> None:
    repeatable = {name for name, tool in TOOLS.items() if IDEMPOTENCY_KEY in tool.fields}
    assert repeatable == {one.name for one in OPERATIONS if one.takes_idempotency_key}


def test_hints_follow_the_method() -> None:
    assert TOOLS["get_thread"].is_read_only
    assert not TOOLS["send_draft"].is_read_only
    assert TOOLS["delete_message"].is_destructive
