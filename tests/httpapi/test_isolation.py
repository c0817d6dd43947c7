"""Two agents, every operation, every place where an id can stand: the other's ids open nothing.

The cases are made from the table of operations. What a field names is said in `NAMES` and
`NAMES_NOTHING`, what an answer is when it is not 404 in `ELSEWISE`.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson
import pytest

from httpapi import openapi
from httpapi.operation import Operation
from httpapi.operations import OPERATIONS
from mailcore.credentials import OPERATOR
from mailcore.model import KeyRole, Role
from tests.support import hook_live
from tests.support.http_live import Live, running
from tests.support.http_world import Belongings, furnish

NAMES: Mapping[str, str] = {
    "agent": "agent",
    "agent_id": "agent",
    "alias_id": "alias_id",
    "based_on_message_id": "message_id",
    "contact_id": "contact_id",
    "delivery_id": "delivery_id",
    "draft_id": "draft_id",
    "folder_id": "folder_id",
    "hold_id": "hold_id",
    "identity_id": "identity_id",
    "ids": "message_id",
    "in_reply_to": "message_id",
    "inbox_id": "identity_id",
    "inbox_ids": "identity_id",
    "key_id": "key_id",
    "message_id": "message_id",
    "queue_id": "queue_id",
    "tag": "tag_id",
    "tag_id": "tag_id",
    "rule_id": "rule_id",
    "signature_id": "signature_id",
    "task_id": "task_id",
    "template_id": "template_id",
    "thread_id": "thread_id",
    "webhook_id": "webhook_id",
}
"""Fields that name something an agent has, and what of its belongings that is."""

NAMES_NOTHING = frozenset(
    {
        *("channel_id", "link_id", "user_id"),
        *("domain", "domain_id", "grant_id", "index", "pause_id", "person_id", "policy_id"),
        *("quarantine_id", "report_id", "secret_id", "smarthost_id", "suppression_id"),
    }
)
"""Fields that look like an id and name nothing of an agent's."""

ALSO: Mapping[tuple[str, str], str] = {
    ("get_delivery", "message_id"): "sent_id",
    ("reschedule_message", "message_id"): "scheduled_id",
    ("cancel_scheduled", "message_id"): "scheduled_id",
}
"""Where a field names something else than usual."""

NOT_AN_ID = frozenset({("list_contacts", "tag")})
"""Fields of a name above that hold text to look for."""

ELSEWISE: Mapping[tuple[str, str], str] = {
    **{
        (f"batch_{verb}", "ids"): "missing"
        for verb in ("read", "seen", "unseen", "move", "archive", "trash", "delete")
    },
    ("get_agent", "agent"): "directory",
    ("create_identity", "agent_id"): "denied",
    ("list_drafts", "thread_id"): "empty",
    ("list_identities", "agent_id"): "empty",
    ("list_messages", "thread_id"): "empty",
    ("list_queue", "agent"): "empty",
    ("list_rule_applications", "message_id"): "empty",
    ("list_rule_applications", "rule_id"): "empty",
    ("submit_draft", "based_on_message_id"): "wrong",
    ("wait_for_message", "in_reply_to"): "nothing",
}
"""Where another's id is not 404: listed as missing, an empty list, a wait in vain, a message that is
not in the thread; or an agent, whom everybody may look up in the directory and nobody may act for."""

LIKE_NOTHING: Mapping[str, Callable[[Mapping[str, object]], bool]] = {
    "missing": lambda given: (
        bool(given["missing"]) and not given.get("done") and not given.get("data")
    ),
    "empty": lambda given: given["data"] == [] and given["total"] == 0,
    "nothing": lambda given: given["message"] is None,
    "wrong": lambda given: given["status"] == 400,
    "denied": lambda given: given["status"] == 403,
    "directory": lambda given: given["metadata"] is None and given["owner_name"] is None,
}

SEEN_BY_APPROVERS = frozenset(
    {
        *("get_draft", "get_hold", "get_raw_hold", "list_drafts", "list_events", "list_holds"),
        *("notify_draft", "notify_hold"),
        *("edit_hold", "list_draft_versions", "list_hold_versions"),
    }
)
"""What a person who decides sees of an agent: what waits for a decision."""

FOR_OWNERS = frozenset({"change_identity"})
"""Operations whose example asks for what only an owner may change."""

NOBODYS = {
    **dict.fromkeys(
        set(NAMES.values()) | {"sent_id", "scheduled_id"}, "01a1fa90-91c4-743c-b040-ebca48354356"
    ),
    **dict.fromkeys(("folder_id", "queue_id", "delivery_id"), 2**40),
}
"""Ids that nothing has: what another has must read the same."""

DOCUMENT = openapi.document(OPERATIONS, version="1")


@dataclass(frozen=True, slots=True)
class Case:
    """One operation with one field in which an id stands."""

    one: Operation
    field: str


def _cases() -> Iterator[Case]:
    for one in OPERATIONS:
        for field in one.input.model_fields:
            if field in NAMES and (one.name, field) not in NOT_AN_ID:
                yield Case(one, field)


CASES = tuple(_cases())


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_every_field_that_may_be_an_id_is_known_here(one: Operation) -> None:
    """A new operation brings its ids into this test, or says that they are none."""
    for field in one.input.model_fields:
        looks_like_one = (
            field in one.path_names or field.endswith(("_id", "_ids")) or field == "ids"
        )
        assert not looks_like_one or field in NAMES or field in NAMES_NOTHING, (
            f"{one.name} has the field {field!r}: add it to NAMES with what it names of an agent's"
            " (and give each agent one in tests/support/http_world.py), or to NAMES_NOTHING"
        )


async def test_anothers_ids_open_nothing(tmp_path: Path) -> None:
    """404, or 403 where the role never may; nothing told, and nothing changed."""
    async with _world(tmp_path) as (live, mia, bob):
        before = await _everything(live, mia)
        async with live.client(bob.key) as client:
            for case in CASES:
                status, raw = await _ask(client, case.one, bob.ids, {case.field: mia.ids})
                _judge(case, status, raw)
                if case.field not in ("agent", "agent_id"):
                    nobodys = await _ask(client, case.one, bob.ids, {case.field: NOBODYS})
                    assert (status, _told(raw)) == (nobodys[0], _told(nobodys[1])), case
                assert mia.mark.encode() not in raw, f"{case} tells what is another's"
            for one in OPERATIONS:
                status, raw = await _ask(client, one, mia.ids, {})
                assert mia.mark.encode() not in raw, f"{one.name} tells what is another's"
        after = await _everything(live, mia)
        assert [name for name, seen in before.items() if after[name] != seen] == []


async def test_ones_own_ids_open_everything(tmp_path: Path) -> None:
    """The same requests with one's own ids find what they name, so that the test above means something."""
    async with _world(tmp_path) as (live, _, bob), live.client(bob.key) as client:
        for case in sorted(CASES, key=_gentlest_first):
            status, raw = await _ask(client, case.one, bob.ids, {case.field: bob.ids})
            is_denied = Role.AGENT not in case.one.roles or case.one.name in FOR_OWNERS
            allowed = (403,) if is_denied else (200, 201, 202, 204, 409)
            assert status in allowed, (case.one.name, case.field, status, raw)


async def test_people_who_decide_see_what_waits_and_no_more(tmp_path: Path) -> None:
    """An approver's key with an agent's ids: mail that was let through or never held stays closed."""
    async with _world(tmp_path) as (live, mia, _):
        ann = await live.services.accounts.create_key(OPERATOR, role=KeyRole.APPROVER, name="ann")
        telling = set()
        async with live.client(ann.token) as client:
            for one in OPERATIONS:
                if one.name.startswith(("approve_", "reject_", "send_draft")):
                    continue
                _, raw = await _ask(client, one, mia.ids, {})
                if mia.mark.encode() in raw:
                    telling.add(one.name)
        assert telling == SEEN_BY_APPROVERS


# Pieces ------------------------------------------------------------------------------------------


@asynccontextmanager
async def _world(data_dir: Path) -> AsyncIterator[tuple[Live, Belongings, Belongings]]:
    async with running(data_dir) as live, hook_live.receiving() as hooks:
        yield live, await furnish(live, "mia", hooks), await furnish(live, "bob", hooks)


def _judge(case: Case, status: int, raw: bytes) -> None:
    one = case.one
    like = ELSEWISE.get((one.name, case.field))
    if Role.AGENT not in one.roles:
        assert status == 403, (case, raw)
    elif like is not None:
        assert LIKE_NOTHING[like](orjson.loads(raw)), (case, raw)
    else:
        assert status == 404, (
            f"{one.name} answers {status} to another's {case.field}: {raw!r}. Make it 404; only when"
            " it rightly is something else, add it to ELSEWISE"
        )


def _told(raw: bytes) -> object:
    """An answer without what differs every time: the trace id, the id asked for, how far the log is."""
    changing = ("trace_id", "missing", "next", "cursor")
    found = orjson.loads(raw) if raw else {}
    return {name: value for name, value in found.items() if name not in changing}


def _gentlest_first(case: Case) -> tuple[bool, int]:
    """What destroys comes last, the smallest thing first."""
    is_last = case.one.method == "DELETE" or case.one.name == "batch_delete"
    return is_last, -len(case.one.path)


async def _ask(
    client: aiohttp.ClientSession,
    one: Operation,
    own: Mapping[str, object],
    foreign: Mapping[str, Mapping[str, object]],
) -> tuple[int, bytes]:
    """A good request with one's own ids, but for these fields."""
    given = _example(one)
    for field in one.input.model_fields:
        is_wanted = field in given or field in one.path_names or field in foreign
        source = foreign.get(field, own)
        if field in NAMES and is_wanted and (one.name, field) not in NOT_AN_ID:
            value = source[ALSO.get((one.name, field), NAMES[field])]
            given[field] = [value] if field in ("ids", "inbox_ids") else value
        elif field in one.path_names or (field == "folder" and field in given):
            given[field] = own[field]
    path = one.path
    for name in one.path_names:
        path = path.replace(f"{{{name}}}", str(given.pop(name)))
    json, query = (given, None) if one.has_body else (None, given)
    async with client.request(one.method, path, json=json, params=query) as answer:
        return answer.status, await answer.read()


def _example(one: Operation) -> dict[str, object]:
    """The request that the document shows; waiting is kept short."""
    described = DOCUMENT["paths"][one.path][one.method.lower()]
    if one.has_body:
        content = described["requestBody"]["content"]["application/json"]
        return dict(content["example"])
    return {"timeout": "0"} if "timeout" in one.input.model_fields else {}


async def _everything(live: Live, owner: Belongings) -> dict[str, object]:
    """All that there is of an agent's, as it sees it itself, and who changed anything."""
    found: dict[str, object] = {}
    async with live.client(owner.key) as client:
        for one in OPERATIONS:
            if one.method == "GET" and Role.AGENT in one.roles and one.name not in _MOVING:
                status, raw = await _ask(client, one, owner.ids, {})
                assert status == 200, (one.name, raw)
                found[one.name] = raw if one.output is None else _told(raw)
    return found


_MOVING = frozenset({"get_agent", "get_message", "list_agents"})
"""Answers with times that go on by themselves."""
