"""Telegram: people link their chat, are asked there, and decide by a button."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mailcore.credentials import OPERATOR
from mailcore.model import PersonRole
from tests.support.fake_telegram import BOT, TOKEN, FakeTelegram, telegram, too_many
from tests.support.process import run
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, running

USER = 4711
CHAT = str(USER)
STRANGER = 666


@asynccontextmanager
async def served(
    tmp_path: Path, fake: FakeTelegram, **http: object
) -> AsyncIterator[tuple[Running, str]]:
    """A server with the bot, and the id of its channel."""
    sections: dict[str, dict[str, object]] = {
        "channels": {"telegram_url": fake.url, "telegram_updates": "webhook" if http else "auto"},
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"], **http},
        "inbox": {"trust_gate": "hold"},
    }
    async with running(tmp_path, sections=sections) as server:
        body = {"kind": "telegram", "name": "phone", "token": TOKEN}
        made = await server.ok("POST", "/v1/channels", body)
        assert made["account"] == BOT
        yield server, str(made["id"])


async def link(server: Running, channel_id: str, fake: FakeTelegram, user: int = USER) -> None:
    (owner,) = [
        one for one in await server.core.accounts.approvers(OPERATOR) if str(one.email) == OWNER
    ]
    path = f"/v1/channels/{channel_id}/links"
    made = await server.ok("POST", path, {"person_id": owner.id})
    assert made["url"] == f"https://t.me/{BOT}?start={made['code']}"
    await fake.says(user, f"/start {made['code']}")
    await fake.until(lambda: fake.texts(str(user)))


async def hold(server: Running, agent: Agent, subject: str = "Access") -> str:
    body = {"to": [ANA], "subject": subject, "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=agent.api_key)
    return str(held["hold_id"])


async def question(fake: FakeTelegram, about: str, chat: str = CHAT) -> int:
    """The number of the message that asks about a hold."""

    def found() -> int:
        for number, message in fake.asked(chat):
            if about in str(message["reply_markup"]):
                return number
        return 0

    return int(await fake.until(found))


async def refusals(server: Running) -> list[tuple[str, str]]:
    rows = (await server.ok("GET", "/v1/audit?limit=100"))["data"]
    return [
        (row["actor"], row["detail"]["refusal"])
        for row in rows
        if row["action"].endswith("_ignored")
    ]


async def test_a_press_approves_and_the_message_says_so(tmp_path: Path) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, channel_id):
        mia = await server.agent("mia")
        await link(server, channel_id, fake)
        hold_id = await hold(server, mia, "A <b>& </i> subject")
        number = await question(fake, hold_id)
        shown = str(fake.messages[CHAT, number]["text"])
        assert "A &lt;b&gt;&amp; &lt;/i&gt; subject" in shown
        assert ANA in shown
        assert "hunter2" not in shown
        query = await fake.presses(USER, USER, number, "Show")
        await fake.popup(query)
        await fake.until(lambda: any("risk:" in one for one in fake.texts(CHAT)[-1:]))
        query = await fake.presses(USER, USER, number, "Approve")
        assert "Approved and sent" in await fake.popup(query)
        await fake.until(lambda: "Approved and sent" in fake.messages[CHAT, number]["text"])
        assert fake.asked(CHAT) == []
        await server.world.sink.wait_for(lambda one: ANA in one.recipients)
        document = await server.ok("GET", f"/v1/holds/{hold_id}")
        assert (document["decided_by"], document["decided_via"]) == (f"person:{OWNER}", "telegram")
        query = await fake.presses(USER, USER, number, "", data=f"r|{hold_id}|1")
        assert "decided before" in await fake.popup(query)
        assert await refusals(server) == [(f"person:{OWNER}", "already_decided")]


async def test_who_is_not_linked_decides_nothing(tmp_path: Path) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, channel_id):
        mia = await server.agent("mia")
        await link(server, channel_id, fake)
        hold_id = await hold(server, mia)
        number = await question(fake, hold_id)
        presses = [
            await fake.presses(STRANGER, USER, number, "Approve"),
            await fake.presses(STRANGER, STRANGER, 1, "", data=f"a|{hold_id}|1"),
            await fake.presses(USER, STRANGER, 1, "", data=f"a|{hold_id}|1"),
        ]
        for query in presses:
            assert "may not decide" in await fake.popup(query)
        query = await fake.presses(STRANGER, USER, number, "Show")
        assert "may not see" in await fake.popup(query)
        for odd in ("a|1|1", "x", f"a|{hold_id}|x", f"z|{hold_id}|1", "a||"):
            query = await fake.presses(USER, USER, number, "", data=odd)
            assert "not known" in await fake.popup(query)
        query = await fake.presses(USER, USER, number, "", data=f"a|{hold_id}|2")
        assert "has changed" in await fake.popup(query)
        query = await fake.presses(USER, USER, number, "", data=f"a|{mia.id}|1")
        assert "no such question" in await fake.popup(query)
        assert (await server.ok("GET", f"/v1/holds/{hold_id}"))["status"] == "pending"
        who = await refusals(server)
        assert who.count((f"telegram:{STRANGER}", "not_the_approver")) == 3
        assert len(who) == 6
        # A person who loses the role, and a link that ends, decide nothing either.
        (row,) = (await server.ok("GET", f"/v1/channels/{channel_id}/links"))["data"]
        await server.ok("DELETE", f"/v1/channels/{channel_id}/links/{row['id']}")
        query = await fake.presses(USER, USER, number, "Approve")
        assert "may not decide" in await fake.popup(query)


async def test_codes_work_once_and_only_whole(tmp_path: Path) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, channel_id):
        mia = await server.agent("mia")
        hold_id = await hold(server, mia)
        for text in ("/start", "/start WRONGCODEWRONGCO", "hello"):
            await fake.says(STRANGER, text)
        await fake.until(lambda: len(fake.texts(str(STRANGER))) == 3)
        (owner,) = await server.core.accounts.approvers(OPERATOR)
        made = await server.ok("POST", f"/v1/channels/{channel_id}/links", {"person_id": owner.id})
        assert (await server.ok("GET", f"/v1/channels/{channel_id}/links"))["total"] == 0
        await fake.says(USER, f"/start@{BOT} {made['code']}", chat=-100)
        number = await question(fake, hold_id, "-100")  # what waited already is asked now
        await fake.says(STRANGER, f"/start {made['code']}")
        await fake.until(lambda: "not valid" in fake.texts(str(STRANGER))[-1])
        query = await fake.presses(STRANGER, -100, number, "Reject")
        assert "may not decide" in await fake.popup(query)
        query = await fake.presses(USER, -100, number, "Reject")
        assert "Rejected" in await fake.popup(query)
        bo = await server.core.accounts.create_person(
            OPERATOR, name="Bo", email="bo@owner.example", role=PersonRole.VIEWER
        )
        body: dict[str, Any] = {"person_id": bo.id}
        status, _ = await server.api("POST", f"/v1/channels/{channel_id}/links", body)
        assert status == 422 or status == 400
        for path in ("/v1/channels", f"/v1/channels/{channel_id}"):
            assert (await server.api("GET", path, key=mia.api_key))[0] == 403


async def test_what_is_decided_elsewhere_is_marked_here(tmp_path: Path) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, channel_id):
        mia = await server.agent("mia")
        await link(server, channel_id, fake)
        hold_id = await hold(server, mia)
        number = await question(fake, hold_id)
        await server.ok("POST", f"/v1/holds/{hold_id}/reject")
        await fake.until(lambda: "Rejected" in fake.messages[CHAT, number]["text"])
        # A stranger's mail is asked about in the same way.
        await server.letter_from_ana(mia.email, text="Hello <script>")
        (row,) = (await server.until("/v1/quarantine", lambda page: page["total"] == 1))["data"]
        number = await question(fake, row["id"])
        assert "Hello &lt;script&gt;" in fake.messages[CHAT, number]["text"]
        query = await fake.presses(USER, USER, number, "Approve")
        assert "trusted" in await fake.popup(query)
        assert len(await server.messages(mia, 1)) == 1
        await fake.until(lambda: "trusted" in fake.messages[CHAT, number]["text"])


async def test_an_outage_delays_a_question_and_is_seen(tmp_path: Path) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, channel_id):
        mia = await server.agent("mia")
        await link(server, channel_id, fake)
        fake.is_down = True
        hold_id = await hold(server, mia)
        await server.notice(hold_id)  # the mail does not wait for the chat
        async with asyncio.timeout(60):
            while True:
                (row,) = (await server.ok("GET", "/v1/channels"))["data"]
                if row["is_failing"]:
                    break
                await asyncio.sleep(0.05)
        assert "502" in row["last_error"]
        assert TOKEN not in str(row)
        fake.moods = [too_many(1)]
        fake.is_down = False
        number = await question(fake, hold_id)
        query = await fake.presses(USER, USER, number, "Approve")
        assert "Approved" in await fake.popup(query)
        (row,) = (await server.ok("GET", "/v1/channels"))["data"]
        assert (row["is_failing"], row["last_error"]) == (False, "")
        # A chat that blocked the bot is given up; the others are not.
        fake.blocked.add(CHAT)
        blocked, (owner,) = (
            await hold(server, mia, "Two"),
            await server.core.accounts.approvers(OPERATOR),
        )
        made = await server.ok("POST", f"/v1/channels/{channel_id}/links", {"person_id": owner.id})
        await fake.says(USER, f"/start {made['code']}", chat=-5)
        await question(fake, blocked, "-5")


async def test_a_webhook_is_registered_and_takes_only_telegram_at_its_word(
    tmp_path: Path,
) -> None:
    async with (
        telegram() as fake,
        served(tmp_path, fake, public_url="") as (server, channel_id),
    ):
        await fake.until(lambda: fake.webhook.get("url"))
        hook = fake.webhook
        assert hook["url"] == f"{server.app.http_url}/chat/telegram/{channel_id}"
        assert set(hook["allowed_updates"]) == {"message", "callback_query"}
        mia = await server.agent("mia")
        await link(server, channel_id, fake)
        hold_id = await hold(server, mia)
        number = await question(fake, hold_id)
        update = {
            "update_id": 1,
            "callback_query": {
                "id": "forged",
                "from": {"id": USER},
                "message": {"message_id": number, "chat": {"id": USER}},
                "data": f"a|{hold_id}|1",
            },
        }
        for secret in ("", "wrong", hook["secret_token"][:-1]):
            assert await fake.call_webhook(update, secret=secret) == 401
        assert (await server.ok("GET", f"/v1/holds/{hold_id}"))["status"] == "pending"
        for odd in ({}, {"callback_query": 1}, {"message": {"chat": []}}):
            assert await fake.call_webhook(odd) == 200
        assert await fake.call_webhook(update) == 200
        assert await fake.call_webhook(update) == 200
        assert (await server.ok("GET", f"/v1/holds/{hold_id}"))["status"] == "released"
        fake.webhook = {**hook, "url": hook["url"][:-36] + mia.id}
        assert await fake.call_webhook(update) == 404
        fake.webhook = hook
        await server.ok("DELETE", f"/v1/channels/{channel_id}")
        assert fake.webhook == {}
        assert (await server.ok("GET", "/v1/channels"))["total"] == 0


async def test_a_token_that_telegram_does_not_know_is_told_at_once(tmp_path: Path) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, channel_id):
        body = {"kind": "telegram", "name": "other", "token": TOKEN + "x"}
        status, problem = await server.api("POST", "/v1/channels", body)
        assert (status, problem["code"]) == (409, "channel_failed")
        assert "Unauthorized" in problem["detail"]
        for wrong in ({"token": "no"}, {"target": "C0123ABCD"}, {"kind": "slack"}):
            assert (await server.api("POST", "/v1/channels", {**body, **wrong}))[0] in (400, 422)
        status, problem = await server.api(
            "POST", "/v1/channels", {**body, "name": "phone", "token": TOKEN}
        )
        assert (status, problem["code"]) == (409, "channel_exists")
        tested = await server.ok("POST", f"/v1/channels/{channel_id}/test")
        assert tested == {"works": True, "account": BOT, "error": ""}
        config = ("--config", server.config)
        listed = await asyncio.to_thread(run, "channel", "list", *config)
        assert (listed.returncode, "phone" in listed.stdout, BOT in listed.stdout) == (
            0,
            True,
            True,
        )
        done = await asyncio.to_thread(run, "channel", "test", channel_id, *config)
        assert done.stdout.endswith(f"it works: the bot is {BOT}\n")
        coded = await asyncio.to_thread(run, "channel", "link", channel_id, OWNER, *config)
        assert "/start " in coded.stdout, coded.stderr
        added = ("--name", "third", "--token", TOKEN + "x", *config)
        failed = await asyncio.to_thread(run, "channel", "add", "telegram", *added)
        assert (failed.returncode, "Unauthorized" in failed.stderr) == (1, True)
        fake.is_down = True
        done = await asyncio.to_thread(run, "channel", "test", channel_id, *config)
        assert (done.returncode, "does not work: getMe" in done.stderr) == (1, True)
        fake.is_down = False
        removed = await asyncio.to_thread(run, "channel", "remove", channel_id, *config)
        assert removed.stdout.endswith("removed\n")
        database = tmp_path / "data" / "db" / "countersign.sqlite3"
        assert TOKEN.encode() not in database.read_bytes()
