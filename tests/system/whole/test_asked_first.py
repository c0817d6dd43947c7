"""Who is asked first, when, and who is asked when that does not work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.clock import FakeClock
from tests.support.fake_telegram import TOKEN, FakeTelegram, telegram
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, decoded, running
from tests.system.whole.test_telegram import CHAT, link, question

SECOND = "two@owner.example"


@asynccontextmanager
async def served(
    tmp_path: Path, fake: FakeTelegram, **outbound: object
) -> AsyncIterator[tuple[Running, Agent]]:
    """A server whose owner is linked in Telegram, and an agent that prefers it."""
    sections: dict[str, dict[str, object]] = {
        "channels": {"telegram_url": fake.url},
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"]},
        "outbound": outbound,
        "inbox": {"trust_gate": "hold"},
    }
    async with running(tmp_path, sections=sections) as server:
        body = {"kind": "telegram", "name": "phone", "token": TOKEN}
        made = await server.ok("POST", "/v1/channels", body)
        mia = await server.agent("mia")
        await server.ok("PATCH", f"/v1/identities/{mia.inbox_id}", {"approval_channel": "telegram"})
        await link(server, made["id"], fake)
        yield server, mia


async def held(server: Running, mia: Agent, number: int = 1) -> str:
    body = {"to": [ANA], "subject": f"Number {number}", "text": f"{number}: {LEAK}"}
    return str((await server.ok("POST", "/v1/messages", body, key=mia.api_key))["hold_id"])


async def shown(server: Running, hold_id: str) -> dict[str, Any]:
    return dict(await server.ok("GET", f"/v1/holds/{hold_id}"))


def notices(server: Running, address: str, about: str = "") -> int:
    return sum(
        address in one.recipients and about.encode() in decoded(one.raw)
        for one in server.world.sink.received
    )


async def test_the_chat_that_an_inbox_prefers_takes_the_place_of_mail(tmp_path: Path) -> None:
    """Only for those it reaches; a reminder goes everywhere."""
    async with telegram() as fake, served(tmp_path, fake) as (server, mia):
        person = {"name": "Second", "email": SECOND, "role": "approver"}
        await server.ok("POST", "/v1/people", person)
        hold_id = await held(server, mia)
        await question(fake, hold_id)
        await server.world.sink.wait_for(lambda one: SECOND in one.recipients)
        await server.until(
            f"/v1/holds/{hold_id}", lambda one: one["asked_in"][0]["state"] == "asked"
        )
        detail = await shown(server, hold_id)
        assert (detail["asked_first"], detail["asked_in"][0]["channel"]) == ("telegram", "phone")
        await server.queue_is_empty()
        assert notices(server, OWNER, hold_id) == 0
        assert (await server.ok("GET", f"/v1/holds/{hold_id}", key=mia.api_key))["asked_in"] == []
        await server.ok("POST", f"/v1/holds/{hold_id}/notify", {})
        await server.notice(hold_id)
        assert (await shown(server, hold_id))["asked_first"] == ""


async def test_what_a_chat_does_not_show_is_told_by_mail(tmp_path: Path) -> None:
    """In time, once, and the chat shows it when it is back."""
    async with telegram() as fake, served(tmp_path, fake) as (server, mia):
        fake.is_down = True
        hold_id = await held(server, mia)
        await server.until("/v1/channels", lambda page: page["data"][0]["is_failing"])
        detail = await server.until(f"/v1/holds/{hold_id}", lambda one: one["asked_in"])
        assert detail["asked_in"][0]["state"] == "waiting"
        channel, now = server.core.channel, server.core.clock.now()
        told = []
        for minutes in (0, 2.5, 2.6):
            channel._clock = FakeClock(now + timedelta(minutes=minutes))
            told.append(await channel.digest())
        assert told == [0, 1, 0]
        await server.notice(hold_id)
        fake.is_down = False
        await question(fake, hold_id)
        assert notices(server, OWNER, hold_id) == 1


async def test_a_dashboard_is_looked_at_before_anybody_is_told(tmp_path: Path) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, mia):
        bob = await server.agent("bob")
        for agent, asked in ((mia, "dashboard"), (bob, "mail")):
            path = f"/v1/identities/{agent.inbox_id}"
            await server.ok("PATCH", path, {"approval_channel": asked})
        quiet = await held(server, mia)
        await server.until(f"/v1/holds/{quiet}", lambda one: one["asked_first"] == "dashboard")
        loud = await held(server, bob, 2)
        await server.notice(loud)
        assert (notices(server, OWNER, quiet), fake.asked(CHAT)) == (0, [])
        assert await server.core.channel.digest() == 0


async def test_what_can_wait_comes_to_a_chat_later_and_with_one_sound(tmp_path: Path) -> None:
    async with (
        telegram() as fake,
        served(tmp_path, fake, low_risk_digest_hours=4) as (server, mia),
    ):
        await server.ok(
            "PATCH",
            f"/v1/identities/{mia.inbox_id}",
            {"approval": "always", "approval_channel": ""},
        )
        body = {"to": [ANA], "subject": "Lamps", "text": "Hello."}
        waiting = [
            (await server.ok("POST", "/v1/messages", {**body, "text": f"{n}"}, key=mia.api_key))[
                "hold_id"
            ]
            for n in range(3)
        ]
        at_once = await held(server, mia)
        await question(fake, at_once)
        await server.notice(at_once)
        assert [str(at_once) in str(one) for _, one in fake.asked(CHAT)] == [True]
        assert (await shown(server, waiting[0]))["asked_at"] is None
        later = FakeClock(server.core.clock.now() + timedelta(hours=5))
        server.core.channel._clock = later
        assert await server.core.channel.digest() == 3
        await fake.until(lambda: len(fake.asked(CHAT)) == 4)
        sounds = [not one.get("disable_notification") for _, one in fake.asked(CHAT)]
        assert sounds == [True, True, False, False]
        notice = await server.world.sink.wait_for(
            lambda one: b"Subject: 3 messages wait for you" in one.raw
        )
        assert notice.raw.count(b"Decide: http") == 3


async def test_a_crowd_of_strangers_is_one_message_in_the_chat_and_none_at_night(
    tmp_path: Path,
) -> None:
    async with (
        telegram() as fake,
        served(tmp_path, fake, quiet_hours="22:00-07:00") as (
            server,
            mia,
        ),
    ):
        strangers = server.core.strangers
        night = server.core.clock.now().replace(hour=23)
        strangers._clock = FakeClock(night)
        server.world.add_domain("crowd.example")
        for number in range(7):
            sender = f"n{number}@crowd.example"
            raw = server.world.letter(sender=sender, to=[mia.email], subject="Buy", text="Now.")
            await server.world.send(
                raw, mail_from=sender, recipients=[mia.email], port=server.ports["smtp"]
            )
        assert await strangers.tell() == 0
        strangers._clock = FakeClock(night + timedelta(hours=9))
        assert await strangers.tell() == 7
        await fake.until(lambda: any("7 new senders" in one for one in fake.texts(CHAT)))
        (message,) = [one for one in fake.messages.values() if "7 new senders" in one["text"]]
        assert "n6@crowd.example" in message["text"]
        assert message["reply_markup"] == {"inline_keyboard": []}
        assert await strangers.tell() == 0
        await server.queue_is_empty()
        assert notices(server, OWNER) == 0


async def test_a_stranger_is_asked_about_in_the_chat_and_by_mail_when_it_is_down(
    tmp_path: Path,
) -> None:
    async with telegram() as fake, served(tmp_path, fake) as (server, mia):
        await server.letter_from_ana(mia.email)
        await fake.until(lambda: any(ANA in one for one in fake.texts(CHAT)))
        await server.queue_is_empty()
        assert notices(server, OWNER) == 0
        fake.is_down = True
        server.world.add_domain("late.example")
        raw = server.world.letter(
            sender="bo@late.example", to=[mia.email], subject="Late", text="Hello."
        )
        await server.world.send(
            raw, mail_from="bo@late.example", recipients=[mia.email], port=server.ports["smtp"]
        )
        await server.until("/v1/channels", lambda page: page["data"][0]["is_failing"])
        strangers, now = server.core.strangers, server.core.clock.now()
        assert await strangers.tell() == 0
        strangers._clock = FakeClock(now + timedelta(minutes=3))
        assert [await strangers.tell(), await strangers.tell()] == [1, 0]
        await server.world.sink.wait_for(
            lambda one: OWNER in one.recipients and b"bo@late.example" in one.raw
        )
