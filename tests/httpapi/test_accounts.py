"""Agents, identities, domains, the workspace, the queue's buttons and the audit log."""

from pathlib import Path

import pytest

from tests.support.http_live import running


async def test_a_new_agent_answers_as_the_contract_says(tmp_path: Path) -> None:
    """The operating contract's fields; key and password work for what they are for."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.post(
            "/v1/agents",
            json={"name": "Mia.2", "role": "secretary", "owner_name": "Ann", "metadata": {"a": 1}},
        ) as answer:
            assert answer.status == 201
            agent = await answer.json()
        assert agent["name"] == "Mia.2"
        assert agent["role"] == "secretary"
        assert agent["email"] == "mia.2@agents.example"
        assert agent["metadata"] == {"a": 1}
        assert set(agent["inbox"]) == {"id", "address", "username", "password"}
        assert agent["inbox"]["address"] == agent["inbox"]["username"] == agent["email"]
        login = await live.services.credentials.login(
            agent["email"], agent["inbox"]["password"], peer="192.0.2.1"
        )
        assert login.inbox.id == agent["inbox"]["id"]
        async with live.client(agent["api_key"]) as own, own.get("/v1/workspace") as answer:
            assert (await answer.json())["caller"]["agent_id"] == agent["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "mia"}, 409, "name_taken"),
        ({"name": "postmaster"}, 409, "reserved_address"),
        ({"name": "a b"}, 400, "invalid"),
        ({"name": "x" * 65}, 400, "invalid"),
        ({"name": "bob", "domain": "other.example"}, 400, "invalid"),
        ({"name": "bob", "metadata": {str(n): n for n in range(101)}}, 400, "invalid_fields"),
        ({"name": "bob", "is_persistent": "yes"}, 400, "invalid_fields"),
    ],
)
async def test_a_bad_agent_is_refused(
    tmp_path: Path, body: dict[str, object], status: int, code: str
) -> None:
    """Each with its status and code."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await live.agent("mia")
        async with client.post("/v1/agents", json=body) as answer:
            assert (answer.status, (await answer.json())["code"]) == (status, code)


async def test_agents_are_listed_stopped_and_deleted(tmp_path: Path) -> None:
    """By name or id; the last one stays."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        mia = await live.agent("mia")
        await live.agent("bob")
        async with client.post("/v1/agents/bob/stop", json={"reason": "odd"}) as answer:
            assert (await answer.json())["status"] == "stopped"
        async with client.get("/v1/agents?status=stopped") as answer:
            assert [one["name"] for one in (await answer.json())["data"]] == ["bob"]
        assert (await client.delete("/v1/agents/bob?reason=done")).status == 204
        assert (await client.get("/v1/agents/bob")).status == 404
        async with client.delete(f"/v1/agents/{mia.agent.id}") as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "last_agent")


async def test_an_agent_makes_itself_an_identity(tmp_path: Path) -> None:
    """The curl line of seed 001, and another password; not for others."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with live.client(mia.api_key) as client:
            async with client.get("/v1/domains") as answer:
                (domain,) = (await answer.json())["data"]
            body = {
                "domain_id": domain["id"],
                "local_part": "assistant",
                "display_name": "Mia (AI Assistant)",
            }
            async with client.post("/v1/identities", json=body) as answer:
                assert answer.status == 201
                made = await answer.json()
            assert made["email"] == made["username"] == "assistant@agents.example"
            assert made["agent_id"] == mia.agent.id
            async with client.post(f"/v1/identities/{made['id']}/password") as answer:
                assert answer.status == 201
                assert (await answer.json())["password"] != made["password"]
            async with client.post("/v1/identities", json=body) as answer:
                assert answer.status == 409
            body |= {"local_part": "other", "agent_id": bob.agent.id}
            assert (await client.post("/v1/identities", json=body)).status == 403
            async with client.get("/v1/identities?limit=1&offset=1&status=active") as answer:
                page = await answer.json()
            assert (page["total"], len(page["data"])) == (2, 1)


async def test_a_domain_says_what_its_dns_must_say(tmp_path: Path) -> None:
    """Added once, with records to create; by name or id; nothing verified without DNS."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.post("/v1/domains", json={"domain": "Ai.Example.COM"}) as answer:
            assert answer.status == 201
            domain = await answer.json()
        assert (domain["name"], domain["status"]) == ("ai.example.com", "PENDING")
        assert {one["type"] for one in domain["records"]} == {"TXT", "MX", "CNAME", "SRV"}
        async with client.get("/v1/domains/ai.example.com/records") as answer:
            records = (await answer.json())["data"]
        assert records[0]["relative_name"] == "_countersign.ai"
        assert records[0]["status"] == "unknown"
        async with client.post(f"/v1/domains/{domain['id']}/verify") as answer:
            verified = await answer.json()
        assert (answer.status, verified["status"]) == (200, "PENDING")
        assert {one["status"] for one in verified["records"]} == {"unknown"}
        async with client.post("/v1/domains", json={"domain": "ai.example.com"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "domain_taken")


async def test_the_queue_has_two_buttons(tmp_path: Path) -> None:
    """Try now and give up, each once per row that waits; the audit log has them."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        mia = await live.agent("mia")
        mail = {"identity_id": mia.inbox.id, "to": "b@example.com", "subject": "x", "text": "x"}
        assert (await client.post("/v1/messages", json=mail)).status == 202
        async with client.get("/v1/queue") as answer:
            (row,) = (await answer.json())["data"]
        assert (row["recipient"], row["state"]) == ("b@example.com", "due")
        async with client.post(f"/v1/queue/{row['id']}/retry") as answer:
            assert (answer.status, (await answer.json())["state"]) == (200, "due")
        assert (await client.delete(f"/v1/queue/{row['id']}")).status == 204
        async with client.get("/v1/queue?state=canceled") as answer:
            assert (await answer.json())["total"] == 1
        assert (await client.post("/v1/queue/999/retry")).status == 404
        assert (await client.post("/v1/queue/x/retry")).status == 400
        async with client.get("/v1/audit?limit=200") as answer:
            actions = [one["action"] for one in (await answer.json())["data"]]
        assert actions[-2:] == ["queue.retry", "queue.drop"]


async def test_the_audit_log_is_read_in_pieces(tmp_path: Path) -> None:
    """`next` goes on where the answer ended."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await live.agent("mia")
        seen, after = [], 0
        while True:
            async with client.get(f"/v1/audit?after={after}&limit=1") as answer:
                page = await answer.json()
            if not page["data"]:
                break
            seen += [one["id"] for one in page["data"]]
            after = page["next"]
        assert seen == sorted(set(seen))
        assert len(seen) == 3
