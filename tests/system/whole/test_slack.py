"""Slack: a question in one channel, decided by the accounts that are somebody here."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

from mailcore.credentials import OPERATOR
from tests.support.fake_slack import (
    CHANNEL,
    SIGNING_SECRET,
    TOKEN,
    FakeSlack,
    slack,
    too_many,
)
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, running

USER = "U0123ABCD"
STRANGER = "U6666ZZZZ"


@asynccontextmanager
async def served(tmp_path: Path, fake: FakeSlack) -> AsyncIterator[tuple[Running, str]]:
    """A server with the bot and its owner linked, and the id of its channel."""
    sections: dict[str, dict[str, object]] = {
        "channels": {"slack_url": fake.url},
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"]},
    }
    async with running(tmp_path, sections=sections) as server:
        body = {
            "kind": "slack",
            "name": "approvals",
            "token": TOKEN,
            "signing_secret": SIGNING_SECRET,
            "target": CHANNEL,
        }
        made = await server.ok("POST", "/v1/channels", body)
        fake.hook_url = made["hook_url"]
        (owner,) = await server.core.accounts.approvers(OPERATOR)
        path = f"/v1/channels/{made['id']}/links"
        linked = await server.ok("POST", path, {"person_id": owner.id, "user_id": USER})
        assert linked["link"]["user_id"] == USER
        yield server, str(made["id"])


async def hold(server: Running, agent: Agent, subject: str = "Access") -> str:
    body = {"to": [ANA], "subject": subject, "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=agent.api_key)
    return str(held["hold_id"])


async def question(fake: FakeSlack, about: str) -> str:
    """The time stamp of the message that asks about a hold."""
    return str(
        await fake.until(lambda: next((ts for ts, one in fake.asked() if about in str(one)), ""))
    )


async def status(server: Running, hold_id: str) -> str:
    return str((await server.ok("GET", f"/v1/holds/{hold_id}"))["status"])


async def test_a_press_approves_and_the_message_says_so(tmp_path: Path) -> None:
    async with slack() as fake, served(tmp_path, fake) as (server, _):
        mia = await server.agent("mia")
        hold_id = await hold(server, mia, "<!channel> & *now*")
        ts = await question(fake, hold_id)
        message = fake.messages[ts]
        assert "<!channel>" not in message["text"]
        assert "&lt;!channel&gt; &amp; *now*" in message["text"]
        texts = [one["text"] for one in message["blocks"] if "text" in one]
        assert all(one["type"] == "plain_text" for one in texts)
        assert "hunter2" not in str(message)
        assert await fake.presses(USER, ts, "show") == 200
        shown = await fake.until(lambda: fake.whispers)
        assert (shown[0]["user"], "risk:" in str(shown[0]["blocks"])) == (USER, True)
        assert await fake.presses(USER, ts, "approve") == 200
        document = await server.ok("GET", f"/v1/holds/{hold_id}")
        assert (document["status"], document["decided_via"]) == ("released", "slack")
        assert document["decided_by"] == f"person:{OWNER}"
        await fake.until(lambda: "Approved and sent" in str(fake.messages[ts]))
        assert fake.asked() == []
        assert await fake.presses(USER, ts, "reject", value=f"{hold_id}|1") == 200
        await fake.until(lambda: "decided before" in str(fake.whispers[-1]))
        # What is decided elsewhere is marked here.
        other = await hold(server, mia, "Two")
        ts = await question(fake, other)
        await server.ok("POST", f"/v1/holds/{other}/reject")
        await fake.until(lambda: "Rejected" in str(fake.messages[ts]))


async def test_the_first_of_two_approvals_is_told_where_the_question_stands(
    tmp_path: Path,
) -> None:
    async with slack() as fake, served(tmp_path, fake) as (server, _):
        mia = await server.agent("mia")
        await server.ok("PATCH", f"/v1/identities/{mia.inbox_id}", {"two_people": True})
        key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq8" * 20
        body = {"to": [ANA], "subject": "Key", "text": key}
        held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
        ts = await question(fake, held["hold_id"])
        assert "one more person has to" not in str(fake.messages[ts])
        assert await fake.presses(USER, ts, "approve") == 200
        assert await status(server, held["hold_id"]) == "pending"
        await fake.until(
            lambda: f"approved by {OWNER}; one more person has to" in str(fake.messages[ts])
        )


async def test_only_signed_fresh_and_linked_presses_decide(tmp_path: Path) -> None:
    async with slack() as fake, served(tmp_path, fake) as (server, channel_id):
        mia = await server.agent("mia")
        hold_id = await hold(server, mia)
        ts = await question(fake, hold_id)
        body = urlencode({"payload": "{}"}).encode()
        now = int(time.time())  # noqa: TID251 - Slack's own clock
        refused = [
            await fake.post(body, secret="another"),
            await fake.post(body, at=now - 301),
            await fake.post(body, at=now + 310),
            await fake.post(body, X_Slack_Signature=""),
            await fake.post(body, X_Slack_Signature="v0=" + "0" * 64),
            await fake.post(body, X_Slack_Request_Timestamp=str(now - 1)),
            await fake.post(body, X_Slack_Request_Timestamp="soon"),
        ]
        assert refused == [401] * 7
        assert await fake.post(body, at=now) == 200
        assert await fake.post(body, at=now) == 401  # a replay
        for odd in (b"", b"payload=", b"payload=%7B", b"payload=[1]", b"\xff\xfe", b"x=1"):
            assert await fake.post(odd) == 200
        assert await fake.presses(STRANGER, ts, "approve") == 200
        await fake.until(lambda: "may not decide" in str(fake.whispers))
        assert await fake.presses(USER, ts, "approve", channel="C9999ZZZZ") == 200
        assert await fake.presses(USER, ts, "approve", value=f"{hold_id}|2") == 200
        assert await fake.presses(USER, ts, "maybe", value=f"{hold_id}|1") == 200
        assert await status(server, hold_id) == "pending"
        fake.hook_url = fake.hook_url.replace(channel_id, mia.id)
        assert await fake.post(body) == 404


async def test_an_outage_delays_a_question(tmp_path: Path) -> None:
    async with slack() as fake, served(tmp_path, fake) as (server, _):
        mia = await server.agent("mia")
        fake.is_down = True
        hold_id = await hold(server, mia)
        await server.notice(hold_id)
        fake.moods = [too_many(1)]
        fake.is_down = False
        ts = await question(fake, hold_id)
        fake.is_down = True
        await server.ok("POST", f"/v1/holds/{hold_id}/approve")
        fake.is_down = False
        await fake.until(lambda: "Approved and sent" in str(fake.messages[ts]))
