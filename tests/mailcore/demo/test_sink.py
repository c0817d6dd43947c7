"""The outside world: what it sends authenticates for real, what it gets is kept."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mailcore.address import parse_address
from mailcore.demo.sink import OutsideWorld, Sink
from mailcore.mailauth.keys import load_private
from mailcore.mailauth.verify import Authenticator
from mailcore.message.headers import Headers
from mailcore.model import AuthReport
from mailcore.outbound import mx
from tests.support.dns import resolver_of
from tests.support.keys import rsa_pair


@asynccontextmanager
async def outside() -> AsyncIterator[OutsideWorld]:
    world = OutsideWorld()
    await world.start()
    world.add_domain("example.net", private_key=load_private(rsa_pair()[0]))
    try:
        yield world
    finally:
        await world.stop()


async def report_of(world: OutsideWorld, raw: bytes, mail_from: str) -> AuthReport:
    authenticator = Authenticator(resolver_of(world.zone), "mail.example.org")
    return await authenticator.check(
        raw, mail_from=parse_address(mail_from), helo="mx.outside.test", peer_ip="127.0.0.1"
    )


def letter(world: OutsideWorld, sender: str = "You <you@example.net>") -> bytes:
    return world.letter(
        sender=sender, to=["mia@example.org"], subject="Grüße", text="yes\n.\nthanks"
    )


async def test_what_it_sends_is_signed_and_aligned():
    async with outside() as world, asyncio.timeout(60):
        receiver = Sink()
        port = await receiver.start()
        result = await world.send(
            letter(world), mail_from="you@example.net", recipients=["mia@example.org"], port=port
        )
        arrived = await receiver.wait_for()
        report = await report_of(world, arrived.raw, arrived.mail_from)
        await receiver.stop()
    assert result.is_delivered
    assert (report.spf, report.dkim, report.dmarc, report.is_aligned) == (
        "pass",
        "pass",
        "pass",
        True,
    )


async def test_a_forger_does_not_pass():
    """The right address without the key."""
    async with outside() as world:
        raw = letter(world)
        report = await report_of(world, raw, "mallory@evil.test")
    assert (report.dkim, report.dmarc, report.is_aligned) == ("none", "fail", False)


async def test_its_domains_lead_to_its_sink():
    async with outside() as world:
        route = await mx.resolve("example.net", resolver_of(world.zone))
    assert route == mx.Route(hosts=(mx.Host(name="mx.outside.test", addresses=("127.0.0.1",)),))


async def test_a_letter_reads_as_it_was_written():
    async with outside() as world:
        raw = world.letter(
            sender="You <you@example.net>",
            to=["mia@example.org"],
            subject="Grüße",
            text="yes",
            in_reply_to="<b@x>",
            references=["<a@x>"],
        )
    headers = Headers.read(raw)
    assert headers.get("Subject") == "Grüße"
    assert headers.get("References") == "<a@x> <b@x>"
    assert raw.endswith(b"\r\n\r\nyes\r\n")


async def test_a_waiting_test_is_woken_by_the_message():
    async with outside() as world, asyncio.TaskGroup() as group:
        waiting = group.create_task(
            world.sink.wait_for(lambda one: one.recipients == ("b@example.net",))
        )
        for name in ("a", "b"):
            await world.send(
                letter(world),
                mail_from="you@example.net",
                recipients=[f"{name}@example.net"],
                port=world.sink.port,
            )
        assert (await waiting).raw.endswith(b"yes\r\n.\r\nthanks\r\n")


async def test_nothing_coming_is_a_timeout():
    async with outside() as world:
        with pytest.raises(TimeoutError):
            await world.sink.wait_for(timeout_seconds=0.05)


async def test_refusals_can_be_set_and_lifted():
    async with outside() as world:

        async def code() -> int:
            result = await world.send(
                letter(world), mail_from="", recipients=["x@full.test"], port=world.sink.port
            )
            return result.replies[0].code

        world.sink.refuse("*@full.test", "452 4.2.2 full")
        assert await code() == 452
        world.sink.accept_all()
        assert await code() == 250


async def test_a_blocking_client_is_served_too():
    """smtplib in a thread, as the interop tests use it."""
    async with outside() as world:

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", world.sink.port) as client:
                client.sendmail("a@x.test", ["b@example.net"], b"Subject: x\r\n\r\ny\r\n")

        await asyncio.to_thread(send)
        assert (await world.sink.wait_for()).mail_from == "a@x.test"
