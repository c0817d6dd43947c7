"""What the owner says of one address: reply only, everything approved, disabled."""

from pathlib import Path

import aiohttp

from tests.support.http_live import Live, running
from tests.support.mail_samples import plain

MAIL = {"to": "bob@example.com", "subject": "Hello", "text": "Hi Bob."}


async def _send(client: aiohttp.ClientSession, **fields: object) -> tuple[str, str | None]:
    """The status of a new message, and the reason of its hold."""
    async with client.post("/v1/messages", json={**MAIL, **fields}) as answer:
        sent = await answer.json()
    if sent["hold_id"] is None:
        return sent["status"], None
    async with client.get(f"/v1/holds/{sent['hold_id']}") as answer:
        return sent["status"], (await answer.json())["reason"]


async def _set(live: Live, identity_id: str, **fields: object) -> None:
    async with (
        live.client(live.master) as client,
        client.patch(f"/v1/identities/{identity_id}", json=fields) as answer,
    ):
        assert answer.status == 200, await answer.text()
        document = await answer.json()
        assert {name: document[name] for name in fields} == fields


async def test_an_inbox_that_only_replies_holds_first_mail(tmp_path: Path) -> None:
    """One recipient who never wrote is enough; an answer leaves at once, before anybody counted."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await _set(live, mia.inbox.id, can_send_cold=False)
        letter = await live.receive(mia.inbox.id, plain(sender="Ann <ann@Example.org>"))
        async with live.client(mia.api_key) as client:
            assert await _send(client) == ("held", "policy")
            path = f"/v1/messages/{letter.id}/reply"
            async with client.post(path, json={"text": "Yes."}) as answer:
                assert (await answer.json())["status"] == "queued"
            async with client.post(
                path, json={"text": "All.", "cc": ["carl@example.com"]}
            ) as answer:
                assert (await answer.json())["status"] == "held"
            forged = {"headers": {"X-In-Reply-To": "<one@example.org>"}}
            assert await _send(client, text="Again.", **forged) == ("held", "policy")
        await _set(live, mia.inbox.id, can_send_cold=True)
        async with live.client(mia.api_key) as client:
            assert await _send(client, text="Now.") == ("queued", None)


async def test_everything_of_an_inbox_can_wait_for_a_person(tmp_path: Path) -> None:
    """The agent can neither send past it nor change it."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await _set(live, mia.inbox.id, approval="always")
        path = f"/v1/identities/{mia.inbox.id}"
        async with live.client(mia.api_key) as client:
            assert await _send(client) == ("held", "manual")
            for change in ({"approval": "flagged"}, {"can_send_cold": True}, {"status": "active"}):
                assert (await client.patch(path, json=change)).status == 403
            async with client.patch(path, json={"display_name": "Mia the Great"}) as answer:
                assert (await answer.json())["display_name"] == "Mia the Great"
            async with client.patch(path, json={"display_name": "boss@bank.example"}) as answer:
                assert answer.status == 400
        async with live.client(live.master) as client:
            async with client.get("/v1/audit?action=inbox.update") as answer:
                details = [one["detail"] for one in (await answer.json())["data"]]
            assert details == [{"approval": "always"}, {"display_name": "Mia the Great"}]


async def test_a_disabled_address_neither_sends_nor_receives(tmp_path: Path) -> None:
    """Until it is active again; that of a deleted agent stays as it is."""
    async with running(tmp_path) as live, live.client(live.master) as master:
        await live.agent("keeper")
        mia = await live.agent("mia")
        await _set(live, mia.inbox.id, status="disabled")
        async with (
            live.client(mia.api_key) as client,
            client.post("/v1/messages", json=MAIL) as answer,
        ):
            assert (answer.status, (await answer.json())["code"]) == (403, "inbox_disabled")
        assert await live.stores.accounts.inbox_by_address(mia.inbox.address.folded) is None
        await _set(live, mia.inbox.id, status="active")
        async with live.client(mia.api_key) as client:
            assert await _send(client) == ("queued", None)
        await master.delete("/v1/agents/mia", params={"archive": "true"})
        path = f"/v1/identities/{mia.inbox.id}"
        async with master.patch(path, json={"status": "active"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "agent_deleted")
