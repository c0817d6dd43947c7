"""Webhooks of the whole server: mail by SMTP in, events out, across a restart and kill -9."""

import asyncio
import signal
import smtplib
from pathlib import Path

import aiohttp

from tests.support.hook_live import receiving, statuses
from tests.support.process import Server, init, spawn

EVENT = "email.received"


def send(server: Server, to: str, numbers: range) -> None:
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=20) as client:
        for number in numbers:
            client.sendmail(
                "ann@outside.test",
                [to],
                f"From: ann@outside.test\r\nTo: {to}\r\nSubject: {number}\r\n\r\nHello {number}.\r\n",
            )


async def test_twenty_webhooks_get_every_event_across_restart_and_kill(tmp_path: Path) -> None:
    """One dead, one failing twice, the others well: each event at least once, first arrivals in order."""
    sections = {
        "limits": {"trusted_networks": ["127.0.0.0/8"]},
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"], "rate_limit_per_minute": 100000},
        "inbound": {"verify": False},
    }
    server = init(tmp_path, sections=sections)
    server.start()
    try:
        async with receiving() as gone:
            dead = gone.url()
        async with receiving() as receiver:
            receiver.answers["/twice"] = statuses(500, 500)
            mia = server.json("agent", "create", "mia")
            url = f"http://127.0.0.1:{server.ports['http']}"
            key = {"Authorization": f"Bearer {server.made['master_key']}"}
            well = [f"/well{n}" for n in range(18)]
            secrets: dict[str, str] = {}
            async with aiohttp.ClientSession(url, headers=key) as client:
                for path in ["/dead", "/twice", *well]:
                    target = dead if path == "/dead" else receiver.url(path)
                    given = {"url": target, "events": [EVENT]}
                    async with client.post("/v1/webhooks", json=given) as answer:
                        made = await answer.json()
                        assert answer.status == 201, made
                        secrets[path] = made["secret"]
            for start, how in ((0, signal.SIGTERM), (20, signal.SIGKILL)):
                await asyncio.to_thread(send, server, mia["email"], range(start, start + 20))
                await receiver.until(start + 3, well[0])
                await asyncio.to_thread(server.stop, how)
                await asyncio.to_thread(server.start)
            async with (
                aiohttp.ClientSession(url, headers=key) as client,
                client.get("/v1/events", params={"since": 0, "limit": 1000}) as answer,
            ):
                events = (await answer.json())["data"]
            wanted = [f"evt_{one['id']}" for one in events if one["type"] == EVENT]
            assert len(wanted) == 40
            for path in well:
                await receiver.until_ids(wanted, path)
                assert list(dict.fromkeys(receiver.ids(path))) == wanted
            await receiver.until_ids(wanted, "/twice")
            assert all(one.is_signed_with(secrets[one.path]) for one in receiver.posts)
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
    assert spawn("check", "--config", server.config).returncode == 0
