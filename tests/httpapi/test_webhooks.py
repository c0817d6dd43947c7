"""Webhooks over HTTP: whose they are, what is checked, and what is shown."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from mailcore.credentials import OPERATOR
from mailcore.model import KeyRole
from tests.support.hook_live import receiving, statuses
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain

type Json = dict[str, object]


async def create(client: aiohttp.ClientSession, url: str, **more: object) -> Json:
    async with client.post("/v1/webhooks", json={"url": url, **more}) as answer:
        document: Json = await answer.json()
        assert answer.status == 201, document
        return document


async def refused(client: aiohttp.ClientSession, **body: object) -> Json:
    """The problem that a creation ends in."""
    body = {"url": "https://example.org/hook", **body}
    async with client.post("/v1/webhooks", json=body) as answer:
        assert answer.status == 400
        document: Json = await answer.json()
        return document


async def listed(client: aiohttp.ClientSession, hook: Json, **query: str) -> list[Json]:
    path = f"/v1/webhooks/{hook['id']}/deliveries"
    async with client.get(path, params=query) as answer:
        document = await answer.json()
        assert answer.status == 200, document
        found: list[Json] = document["data"]
        assert document["total"] >= len(found)
        return found


async def settled(client: aiohttp.ClientSession, hook: Json, state: str, count: int) -> list[Json]:
    """The deliveries in a state, once there are so many."""
    async with asyncio.timeout(60):
        while len(found := await listed(client, hook, state=state)) < count:
            await asyncio.sleep(0.01)
    return found


async def receive(live: Live, inbox_id: str) -> None:
    await live.receive(inbox_id, plain())  # type: ignore[arg-type]


async def test_a_message_that_arrives_is_posted_with_a_signature(tmp_path: Path) -> None:
    """From the creation by the owner to the request at the receiver."""
    async with receiving() as receiver, running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(live.master) as client:
            made = await create(
                client,
                receiver.url(),
                events=["email.received"],
                headers={"Authorization": "Bearer mine"},
                description="the archive",
            )
            await receive(live, mia.inbox.id)
            (post,) = await receiver.until(1)
            assert post.is_signed_with(str(made["secret"]))
            assert post.headers["authorization"] == "Bearer mine"
            assert post.json["type"] == "email.received"
            async with client.get("/v1/events") as answer:
                events = (await answer.json())["data"]
            (event,) = [one for one in events if one["type"] == "email.received"]
            assert post.json["data"] == event["data"]
            assert post.event_id == f"evt_{event['id']}"
            (row,) = await settled(client, made, "delivered", 1)
            assert (row["event_id"], row["last_status"], row["next_at"]) == (
                post.event_id,
                200,
                None,
            )


async def test_a_secret_and_header_values_are_shown_never_again(tmp_path: Path) -> None:
    """The secret once, the values not at all."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        made = await create(client, "https://example.org/", headers={"X-Key": "very-secret"})
        assert str(made["secret"]).startswith("whsec_")
        assert made["header_names"] == ["X-Key"]
        path = f"/v1/webhooks/{made['id']}"
        async with client.get(path) as one, client.get("/v1/webhooks") as many:
            texts = await one.text() + await many.text()
        assert "very-secret" not in texts
        assert str(made["secret"]) not in texts
        async with client.get("/v1/audit") as answer:
            audit = await answer.text()
        assert "webhook.create" in audit
        assert "very-secret" not in audit
        database = b"".join(one.read_bytes() for one in (tmp_path / "db").iterdir())
        assert b"very-secret" not in database
        assert str(made["secret"]).removeprefix("whsec_").encode() not in database


async def test_a_change_replaces_what_is_given_and_keeps_the_rest(tmp_path: Path) -> None:
    """Field by field."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        made = await create(
            client, "https://example.org/", events=["email.sent"], headers={"X-A": "1"}
        )
        path = f"/v1/webhooks/{made['id']}"
        change = {"url": "https://Example.ORG/other#x", "headers": {"X-B": "2"}}
        async with client.patch(path, json=change) as answer:
            after = await answer.json()
        assert after["url"] == "https://example.org/other"
        assert after["header_names"] == ["X-B"]
        assert after["events"] == ["email.sent"]
        assert after["is_enabled"] is True
        async with client.patch(path, json={"is_enabled": False}) as answer:
            assert (await answer.json())["disabled_reason"] == "user"
        async with client.patch(path, json={"is_enabled": True, "events": []}) as answer:
            after = await answer.json()
        assert (after["is_enabled"], after["disabled_reason"], after["events"]) == (True, "", [])
        async with client.delete(path) as answer:
            assert answer.status == 204
        async with client.get(path) as answer:
            assert answer.status == 404


async def test_an_unknown_event_names_the_nearest(tmp_path: Path) -> None:
    """Every wrong one is named at once."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        problem = await refused(client, events=["email.recieved", "email.sent", "webhook.test"])
    assert isinstance(problem["errors"], list)
    assert [one["path"] for one in problem["errors"]] == ["events[0]", "events[2]"]
    assert "did you mean email.received?" in problem["errors"][0]["message"]
    assert "email.received" in str(problem["fix"])


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "https://user:word@example.org/",
        "http://example.org:25/",
        "ftp://example.org/",
        "example.org",
    ],
)
async def test_a_url_into_our_network_is_refused(tmp_path: Path, url: str) -> None:
    """When it is given, not only when it is posted to."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        problem = await refused(client, url=url)
        assert isinstance(problem["errors"], list)
        assert problem["errors"][0]["path"] == "url"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "x"},
        {"content-type": "x"},
        {"Webhook-Signature": "v1,x"},
        {"Transfer-Encoding": "chunked"},
        {"X A": "x"},
        {"": "x"},
        {"X-A": "x\r\nX-B: y"},
        {"X-A": "é"},
        {"X-A": "1", "x-a": "2"},
        {"X-A": "x" * 5000},
    ],
)
async def test_a_header_that_is_ours_or_malformed_is_refused(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    """RFC 9110 §5: nobody forges a signature or a second request."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await refused(client, headers=headers)


async def test_an_agents_webhook_gets_the_agents_events_only(tmp_path: Path) -> None:
    """The owner's gets those of all."""
    async with receiving() as receiver, running(tmp_path) as live:
        mia, ben = await live.agent("mia"), await live.agent("ben")
        async with live.client(live.master) as owner, live.client(mia.api_key) as agent:
            await create(owner, receiver.url("/all"), events=["email.received"])
            await create(agent, receiver.url("/mia"), events=["email.received"])
            await receive(live, ben.inbox.id)
            await receive(live, mia.inbox.id)
            await receiver.until(2, "/all")
            (post,) = await receiver.until(1, "/mia")
            data = post.json["data"]
            assert isinstance(data, dict)
            assert data["inbox_id"] == mia.inbox.id


async def test_foreign_webhooks_and_inboxes_do_not_exist(tmp_path: Path) -> None:
    """Every operation, for another agent; and for an agent, those of the owner."""
    async with running(tmp_path) as live:
        mia, ben = await live.agent("mia"), await live.agent("ben")
        async with (
            live.client(live.master) as owner,
            live.client(mia.api_key) as agent,
            live.client(ben.api_key) as other,
        ):
            hooks = [
                await create(owner, "https://example.org/"),
                await create(agent, "https://example.org/"),
            ]
            for hook in hooks:
                path = f"/v1/webhooks/{hook['id']}"
                for method, where, body in (
                    ("GET", path, None),
                    ("PATCH", path, {"url": "https://evil.example/"}),
                    ("DELETE", path, None),
                    ("POST", f"{path}/rotate-secret", None),
                    ("POST", f"{path}/test", None),
                    ("GET", f"{path}/deliveries", None),
                    ("POST", f"{path}/deliveries/1/redeliver", None),
                    ("POST", f"{path}/redeliver-dead", None),
                ):
                    async with other.request(method, where, json=body) as answer:
                        assert answer.status == 404, (method, where)
            async with other.get("/v1/webhooks") as answer:
                assert (await answer.json())["data"] == []
            async with agent.get("/v1/webhooks") as answer:
                assert [one["id"] for one in (await answer.json())["data"]] == [hooks[1]["id"]]
            async with owner.get("/v1/webhooks") as answer:
                assert (await answer.json())["total"] == 2
            given = {"url": "https://example.org/", "inbox_ids": [mia.inbox.id]}
            async with other.post("/v1/webhooks", json=given) as answer:
                assert answer.status == 404


async def test_an_approvers_key_has_nothing_to_do_with_webhooks(tmp_path: Path) -> None:
    """Neither to see nor to make them."""
    async with running(tmp_path) as live:
        created = await live.services.accounts.create_key(
            OPERATOR, role=KeyRole.APPROVER, name="ann"
        )
        async with live.client(created.token) as client:
            assert (await client.get("/v1/webhooks")).status == 403
            given = {"url": "https://example.org/"}
            assert (await client.post("/v1/webhooks", json=given)).status == 403


async def test_an_agent_cannot_make_webhooks_without_end(tmp_path: Path) -> None:
    """Ten for each."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            for _ in range(10):
                await create(client, "https://example.org/")
            given = {"url": "https://example.org/"}
            async with client.post("/v1/webhooks", json=given) as answer:
                assert answer.status == 409
                assert (await answer.json())["code"] == "too_many_webhooks"


async def test_a_test_says_how_it_went(tmp_path: Path) -> None:
    """The receiver's answer is in ours."""
    async with receiving() as receiver, running(tmp_path) as live:
        receiver.answers["/hook"] = statuses(418)
        async with live.client(live.master) as client:
            made = await create(client, receiver.url())
            path = f"/v1/webhooks/{made['id']}/test"
            async with client.post(path) as answer:
                bad = await answer.json()
            async with client.post(path) as answer:
                good = await answer.json()
            assert (bad["state"], bad["last_status"], bad["last_reply"]) == ("dead", 418, "reply")
            assert (good["state"], good["last_status"], good["event"]) == (
                "delivered",
                200,
                "webhook.test",
            )


async def test_dead_deliveries_are_listed_and_sent_again(tmp_path: Path) -> None:
    """One, then all since a time; ids stay."""
    async with receiving() as receiver, running(tmp_path) as live:
        receiver.answers["/hook"] = statuses(*[500] * 8)
        mia = await live.agent("mia")
        async with live.client(live.master) as client:
            made = await create(client, receiver.url(), events=["email.received"])
            await receive(live, mia.inbox.id)
            await receive(live, mia.inbox.id)
            dead = await settled(client, made, "dead", 2)
            path = f"/v1/webhooks/{made['id']}"
            where = f"{path}/deliveries/{dead[0]['id']}/redeliver"
            async with client.post(where) as answer:
                assert (answer.status, (await answer.json())["state"]) == (200, "pending")
            (back,) = await settled(client, made, "delivered", 1)
            assert back["event_id"] == dead[0]["event_id"]
            late = {"since": "2199-01-01"}
            async with client.post(f"{path}/redeliver-dead", json=late) as answer:
                assert await answer.json() == {"count": 0}
            async with client.post(f"{path}/redeliver-dead", json={}) as answer:
                assert await answer.json() == {"count": 1}
            assert len(await settled(client, made, "delivered", 2)) == 2
            async with client.post(f"{path}/deliveries/999999/redeliver") as answer:
                assert answer.status == 404


async def test_a_rotated_secret_is_shown_once_and_signs_beside_the_old_one(tmp_path: Path) -> None:
    """For a day."""
    async with (
        receiving() as receiver,
        running(tmp_path) as live,
        live.client(live.master) as client,
    ):
        made = await create(client, receiver.url())
        async with client.post(f"/v1/webhooks/{made['id']}/rotate-secret") as answer:
            rotated = await answer.json()
        assert rotated["id"] == made["id"]
        assert rotated["secret"] != made["secret"]
        async with client.post(f"/v1/webhooks/{made['id']}/test") as answer:
            assert answer.status == 200
        (post,) = receiver.posts
        assert post.is_signed_with(str(made["secret"]))
        assert post.is_signed_with(rotated["secret"])
