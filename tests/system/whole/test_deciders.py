"""Fifty people at once, by five ways: one decision, one message, and every try written down."""

import asyncio
import re
from pathlib import Path
from typing import Any

from mailcore.credentials import OPERATOR
from tests.support import fake_slack, fake_telegram
from tests.support.running import ANA, LEAK, Running, decoded, running

USER, SLACK_USER = 4711, "U0123ABCD"
TRIES = 10


async def tried(server: Running, about: str) -> list[dict[str, Any]]:
    """The audit rows of tries to decide."""
    rows = (await server.ok("GET", "/v1/audit?limit=200"))["data"]
    return [
        row
        for row in rows
        if row["subject"] == about and row["action"] in ("hold.approve", "hold.decision_ignored")
    ]


async def test_fifty_deciders_make_one_decision(tmp_path: Path) -> None:
    async with fake_slack.slack() as slack, fake_telegram.telegram() as telegram:
        sections: dict[str, dict[str, object]] = {
            "channels": {
                "slack_url": slack.url,
                "telegram_url": telegram.url,
                "telegram_updates": "webhook",
            },
            "http": {"fetch_allowed_networks": ["127.0.0.0/8"]},
        }
        async with running(tmp_path, sections=sections) as server:
            await decide_fifty_times(server, slack, telegram)


async def decide_fifty_times(
    server: Running, slack: fake_slack.FakeSlack, telegram: fake_telegram.FakeTelegram
) -> None:
    mia = await server.agent("mia")
    (owner,) = await server.core.accounts.approvers(OPERATOR)
    made = await server.ok(
        "POST",
        "/v1/channels",
        {
            "kind": "slack",
            "name": "slack",
            "token": fake_slack.TOKEN,
            "signing_secret": fake_slack.SIGNING_SECRET,
            "target": fake_slack.CHANNEL,
        },
    )
    slack.hook_url = made["hook_url"]
    person = {"person_id": owner.id}
    path = f"/v1/channels/{made['id']}/links"
    await server.ok("POST", path, {**person, "user_id": SLACK_USER})
    made = await server.ok(
        "POST",
        "/v1/channels",
        {"kind": "telegram", "name": "telegram", "token": fake_telegram.TOKEN},
    )
    await telegram.until(lambda: telegram.webhook.get("url"))
    code = (await server.ok("POST", f"/v1/channels/{made['id']}/links", person))["code"]
    await telegram.says(USER, f"/start {code}")
    body = {"to": [ANA], "subject": "Access", "text": LEAK}
    hold_id = (await server.ok("POST", "/v1/messages", body, key=mia.api_key))["hold_id"]
    notice = await server.notice(hold_id)
    found = re.search(rb"https?://[^\s]+/a/[a-z2-7]{56}", decoded(notice.raw))
    assert found is not None
    url = found[0].decode()
    ts, _ = await slack.until(lambda: next(iter(slack.asked()), None))
    number, _ = await telegram.until(lambda: next(iter(telegram.asked(str(USER))), None))

    async def by_link() -> None:
        form = {"decision": "approve", "version": "1"}
        async with server.http.post(url, data=form) as answer:
            assert answer.status in (200, 410)

    async with asyncio.TaskGroup() as group:
        for _ in range(TRIES):
            group.create_task(server.ok("POST", f"/v1/holds/{hold_id}/approve"))
            group.create_task(by_link())
            group.create_task(telegram.presses(USER, USER, number, "", data=f"a|{hold_id}|1"))
            group.create_task(slack.presses(SLACK_USER, ts, "approve", value=f"{hold_id}|1"))
            group.create_task(server.answer(notice, "approve"))

    await server.queue_is_empty()
    rows = await tried(server, hold_id)
    assert len(rows) == 5 * TRIES, [row["action"] for row in rows]
    assert [row["action"] for row in rows].count("hold.approve") == 1
    ways = [row["detail"]["via"] for row in rows]
    assert {way: ways.count(way) for way in ways} == dict.fromkeys(
        ("api", "link", "telegram", "slack", "mail"), TRIES
    )
    document = await server.ok("GET", f"/v1/holds/{hold_id}")
    assert document["status"] == "released"
    arrived = [one for one in server.world.sink.received if ANA in one.recipients]
    assert len(arrived) == 1
    await slack.until(lambda: "Approved and sent" in str(slack.messages[ts]))
    await telegram.until(
        lambda: "Approved and sent" in telegram.messages[str(USER), number]["text"]
    )
