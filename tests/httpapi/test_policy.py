"""Quotas and capabilities of an address over the API and on the command line."""

from pathlib import Path

from mailcore.accounts import CreatedAgent
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain


def path_of(agent: CreatedAgent) -> str:
    return f"/v1/identities/{agent.inbox.id}/policy"


async def limit(live: Live, agent: CreatedAgent, **fields: object) -> None:
    async with (
        live.client(live.master) as owner,
        owner.patch(path_of(agent), json=fields) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def test_the_owner_sets_what_the_agent_sees(tmp_path: Path) -> None:
    """With the usage; fields left out stay."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await live.receive(mia.inbox.id, plain())
        await limit(live, mia, quota_bytes=10_000, disabled_capabilities=["idle", "MOVE"])
        await limit(live, mia, quota_messages=3)
        async with live.client(mia.api_key) as client:
            async with client.get(path_of(mia)) as answer:
                found = await answer.json()
            async with client.patch(path_of(mia), json={"quota_bytes": 0}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (
                    403,
                    "master_key_required",
                )
        assert found["disabled_capabilities"] == ["IDLE", "MOVE"]
        assert (found["quota_bytes"], found["quota_messages"]) == (10_000, 3)
        assert (found["used_bytes"], found["used_messages"]) == (len(plain()), 1)
        async with live.client(live.master) as owner, owner.get("/v1/audit?limit=100") as answer:
            rows = (await answer.json())["data"]
        assert [one["detail"] for one in rows if one["action"] == "inbox.policy"] == [
            {"quota_bytes": 10_000, "disabled_capabilities": ["IDLE", "MOVE"]},
            {"quota_messages": 3},
        ]


async def test_a_capability_that_cannot_be_switched_off_is_named(tmp_path: Path) -> None:
    """With those that can."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(live.master) as owner:
            body = {"disabled_capabilities": ["IDLE", "UIDPLUS"]}
            async with owner.patch(path_of(mia), json=body) as answer:
                problem = await answer.json()
        assert answer.status == 400
        assert problem["errors"][0]["path"] == "disabled_capabilities"
        assert "'UIDPLUS'" in problem["detail"]
        assert "CONDSTORE" in problem["fix"]


async def test_a_foreign_address_is_not_found(tmp_path: Path) -> None:
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with live.client(bob.api_key) as client, client.get(path_of(mia)) as answer:
            assert answer.status == 404


async def test_a_full_inbox_sends_nothing_and_says_why(tmp_path: Path) -> None:
    """507 `over_quota`: there is no room for the copy in Sent; nothing was queued."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await live.receive(mia.inbox.id, plain())
        await limit(live, mia, quota_messages=1)
        async with live.client(mia.api_key) as client:
            body = {"to": ["ann@outside.test"], "subject": "Hi", "text": "hi"}
            async with client.post("/v1/messages", json=body) as answer:
                problem = await answer.json()
            assert (answer.status, problem["code"]) == (507, "over_quota")
            assert "raise its quota" in problem["fix"]
        async with live.client(live.master) as owner, owner.get("/v1/queue") as answer:
            assert (await answer.json())["total"] == 0


async def test_a_colleague_s_full_inbox_is_said_at_once(tmp_path: Path) -> None:
    """422 `recipient_over_quota`, counting the size of what is sent."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        await limit(live, bob, quota_bytes=2000)
        async with live.client(mia.api_key) as client:
            body = {"to": [str(bob.inbox.address)], "subject": "Hi", "text": "x" * 3000}
            async with client.post("/v1/messages", json=body) as answer:
                problem = await answer.json()
            assert (answer.status, problem["code"]) == (422, "recipient_over_quota")
            async with client.post("/v1/messages", json={**body, "text": "hi"}) as answer:
                assert answer.status == 202 or answer.status == 200, await answer.text()
