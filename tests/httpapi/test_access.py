"""Who gets in, and what they may touch."""

import stat
from pathlib import Path

import pytest

from httpapi.operation import DECIDERS, MASTER, Operation
from httpapi.operations import OPERATIONS
from mailcore.accounts import CreatedAgent
from mailcore.credentials import OPERATOR
from mailcore.ids import KeyId
from mailcore.model import KeyRole
from tests.support.http_live import SECRET, Live, running
from tests.support.mail_samples import plain


def _url(one: Operation, ids: dict[str, str] | None = None) -> str:
    path = one.path
    for name in one.path_names:
        path = path.replace(f"{{{name}}}", (ids or {}).get(name, "1"))
    return path


async def test_every_operation_needs_a_key(tmp_path: Path) -> None:
    """RFC 6750 §3: 401 with a challenge, whatever the path holds."""
    async with running(tmp_path) as live, live.client() as client:
        for one in OPERATIONS:
            async with client.request(one.method, _url(one), data=b"{not json") as answer:
                assert answer.status == 401, one.name
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert (await answer.json())["code"] == "key_required"


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer cs_master_wrong", "Basic YTpi", "Bearer " + "x" * 4000]
)
async def test_a_wrong_key_is_refused(tmp_path: Path, value: str) -> None:
    """Nothing that looks like a key is one."""
    async with (
        running(tmp_path) as live,
        live.client() as client,
        client.get("/v1/workspace", headers={"Authorization": value}) as answer,
    ):
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"


async def test_a_revoked_key_and_a_stopped_agent_are_refused_at_once(tmp_path: Path) -> None:
    """The kill switch works between two requests."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client, live.client(live.master) as master:
            assert (await client.get("/v1/workspace")).status == 200
            assert (await master.post("/v1/agents/mia/stop", json={})).status == 200
            assert (await client.get("/v1/workspace")).status == 401
            assert (await master.post("/v1/agents/mia/resume")).status == 200
            assert (await client.get("/v1/workspace")).status == 200
            (key,) = (await (await client.get("/v1/keys")).json())["data"]
            assert (await master.delete(f"/v1/keys/{key['id']}")).status == 204
            assert (await client.get("/v1/workspace")).status == 401


async def test_ten_wrong_keys_lock_the_address_out(tmp_path: Path) -> None:
    """Guessing is slow, and the answer says how slow."""
    async with running(tmp_path) as live, live.client("cs_master_wrong") as client:
        statuses = [(await client.get("/v1/workspace")).status for _ in range(10)]
        assert set(statuses) == {401}
        async with client.get("/v1/workspace") as answer:
            assert answer.status == 429
            assert int(answer.headers["Retry-After"]) > 0


async def test_the_unix_socket_is_the_operators(tmp_path: Path) -> None:
    """No key is needed where only our own user gets to; the audit log says `operator`."""
    async with running(tmp_path) as live, live.operator() as client:
        assert stat.S_IMODE(live.socket_path.stat().st_mode) == 0o600
        async with client.post("/v1/agents", json={"name": "mia"}) as answer:
            assert answer.status == 201
        async with client.get("/v1/audit") as answer:
            rows = (await answer.json())["data"]
        assert rows[-1]["actor"] == "operator"
        assert rows[-1]["action"] == "agent.create"


async def test_a_key_on_the_unix_socket_acts_with_what_it_may(tmp_path: Path) -> None:
    """An operator can see what an agent sees."""
    async with running(tmp_path) as live, live.operator() as client:
        mia = await live.agent("mia")
        headers = {"Authorization": f"Bearer {mia.api_key}"}
        async with client.get("/v1/audit", headers=headers) as answer:
            assert answer.status == 403


async def test_an_agent_is_refused_what_needs_the_master_key(tmp_path: Path) -> None:
    """Every row of the table that is the master's or a person's, before anything else is looked at."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            for one in OPERATIONS:
                if one.roles not in (MASTER, DECIDERS):
                    continue
                async with client.request(one.method, _url(one), data=b"{not json") as answer:
                    assert answer.status == 403, one.name
                    assert (await answer.json())["code"] in (
                        "master_key_required",
                        "approver_required",
                    )


async def test_an_approver_decides_and_does_nothing_else(tmp_path: Path) -> None:
    """A person's key opens the holds, not the mailboxes."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        held = await _held(live, mia.api_key)
        created = await live.services.accounts.create_key(
            OPERATOR, role=KeyRole.APPROVER, name="ann"
        )
        async with live.client(created.token) as client:
            assert (await client.post("/v1/agents", json={"name": "x"})).status == 403
            assert (await (await client.get("/v1/messages")).json())["total"] == 0
            async with client.get(f"/v1/holds/{held['hold_id']}") as answer:
                assert (await answer.json())["message"]["text"] == f"it is {SECRET}"
            async with client.post(f"/v1/holds/{held['hold_id']}/approve") as answer:
                decided = await answer.json()
            assert decided["status"] == "released"
            assert decided["decided_by"] == "approver:ann"
            assert decided["decided_via"] == "api"


async def test_an_approver_sees_and_sends_the_drafts_that_wait(tmp_path: Path) -> None:
    """Of every agent, submitted ones only; /send decides and releases, unless it is stale."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        drafts = [
            await _draft(live, one, name) for one, name in ((mia, "a"), (mia, "b"), (bob, "c"))
        ]
        ann = await live.services.accounts.create_key(OPERATOR, role=KeyRole.APPROVER, name="ann")
        async with live.client(ann.token) as client:

            async def listed(query: str = "") -> set[str]:
                async with client.get(f"/v1/drafts{query}") as answer:
                    document = await answer.json()
                    assert document["total"] == len(document["data"])
                    return {one["id"] for one in document["data"]}

            assert await listed() == set(drafts)
            assert await listed(f"?identity_id={bob.inbox.id}") == {drafts[2]}
            async with client.post(f"/v1/drafts/{drafts[0]}/send") as answer:
                sent = await answer.json()
                assert (answer.status, sent["status"]) == (202, "sent")
            assert (await client.post(f"/v1/drafts/{drafts[2]}/approve")).status == 200
            assert await listed() == {drafts[1]}
            assert await listed("?status=approved") == {drafts[2]}
            assert await listed("?status=sent") == set()
            newer = plain(message_id="<newer@example.org>", extra="References: <b@example.org>\n")
            await live.receive(mia.inbox.id, newer)
            async with client.post(f"/v1/drafts/{drafts[1]}/send") as answer:
                assert (answer.status, (await answer.json())["code"]) == (409, "stale_draft")
            assert await listed() == set()


async def _draft(live: Live, agent: CreatedAgent, name: str) -> str:
    """A draft of this agent that waits, in answer to a letter of this name."""
    letter = plain(subject=name, message_id=f"<{name}@example.org>")
    placed = await live.receive(agent.inbox.id, letter)
    body = {
        "thread_id": placed.thread_id,
        "identity_id": agent.inbox.id,
        "based_on_message_id": placed.id,
        "body_text": f"Yes, {agent.agent.name}.",
    }
    async with live.client(agent.api_key) as client, client.post("/v1/drafts", json=body) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


async def test_a_foreign_inbox_cannot_send(tmp_path: Path) -> None:
    """Naming another's inbox is naming nothing."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        mail = {"identity_id": mia.inbox.id, "to": "x@example.org", "subject": "x", "text": "x"}
        async with (
            live.client(bob.api_key) as client,
            client.post("/v1/messages", json=mail) as answer,
        ):
            assert answer.status == 404


async def test_the_directory_shows_names_and_addresses_only(tmp_path: Path) -> None:
    """Agents find each other; what is private stays so."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with live.client(bob.api_key) as client:
            async with client.get("/v1/agents/mia") as answer:
                other = await answer.json()
            async with client.get(f"/v1/agents/{bob.agent.id}") as answer:
                own = await answer.json()
        assert other["email"] == str(mia.inbox.address)
        assert other["metadata"] is None
        assert own["metadata"] == {}


async def test_a_key_is_shown_once_and_listed_without_its_secret(tmp_path: Path) -> None:
    """A revoked key stays in the list with its time, without its secret."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.post(
            "/v1/keys",
            json={"role": "approver", "name": "ann", "expires_at": "2999-01-01T00:00:00Z"},
        ) as answer:
            assert answer.status == 201
            created = await answer.json()
        assert created["api_key"].startswith(created["prefix"])
        await live.services.accounts.revoke_key(OPERATOR, KeyId(created["id"]))
        async with client.get("/v1/keys?is_revoked=true") as answer:
            (listed,) = (await answer.json())["data"]
        assert listed["id"] == created["id"]
        assert "api_key" not in listed
        past = {"role": "approver", "name": "x", "expires_at": "2001-01-01T00:00:00Z"}
        assert (await client.post("/v1/keys", json=past)).status == 400


async def _held(live: Live, key: str) -> dict[str, str]:
    async with (
        live.client(key) as client,
        client.post(
            "/v1/messages",
            json={"to": "out@example.org", "subject": "x", "text": f"it is {SECRET}"},
        ) as answer,
    ):
        assert answer.status == 202
        held: dict[str, str] = await answer.json()
        return held
