"""Block lists and greylisting, with a name server and a store that are real."""

import asyncio
import smtplib
from datetime import timedelta
from pathlib import Path
from typing import override

from mailcore.address import Address
from mailcore.inbound.doorkeeper import Doorkeeper
from mailcore.metrics import Metrics
from mailcore.net.dns import DnsTemporaryError, Resolver
from tests.support.clock import FakeClock
from tests.support.running import Agent, Running, running

ZONE = "list.example"
MIA = Address("mia", "example.org")
ANN = Address("ann", "outside.example")


def said_to(server: Running, *recipients: str, ip: str = "192.0.2.7") -> list[str]:
    """What each recipient is answered when mail for it comes from this address."""
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"]) as client:
        client.ehlo("proxy.example")
        client.docmd("XCLIENT", f"ADDR={ip}")
        client.ehlo("outside.example")
        client.mail("ann@outside.example")
        answers = [client.rcpt(one) for one in recipients]
        return [f"{code} {text.decode()}" for code, text in answers]


async def test_listed_clients_are_refused_but_may_tell_postmaster(tmp_path: Path) -> None:
    """RFC 5782; an answer that is an error of the list lists nobody."""
    sections = {
        "inbound": {"dnsbl": [ZONE, "silent.example"]},
        "smtp": {"xclient_networks": ["127.0.0.0/8"]},
        "limits": {"trusted_networks": ["10.0.0.0/8"]},
    }
    async with running(tmp_path, sections=sections) as server:
        mia = await server.agent("mia")
        add = server.world.zone.add
        add(f"7.2.0.192.{ZONE}", "A", "127.0.0.2")
        add(f"8.2.0.192.{ZONE}", "A", "127.255.255.254")
        add(f"1.0.0.10.{ZONE}", "A", "127.0.0.2")
        add("1." + "0." * 23 + f"8.b.d.0.1.0.0.2.{ZONE}", "A", "127.0.0.4")
        to = (mia.email, "postmaster@example.org", "nobody@example.org")
        listed = await asyncio.to_thread(said_to, server, *to)
        assert listed == [
            "550 5.7.1 mail from 192.0.2.7 is not taken because it is listed by list.example. "
            "See the site of list.example",
            "250 2.1.5 recipient ok",
            "550 5.1.1 there is no inbox nobody@example.org here. Check the address",
        ]
        for ip, code in (("2001:db8::1", "550"), ("192.0.2.8", "250"), ("10.0.0.1", "250")):
            (said,) = await asyncio.to_thread(said_to, server, mia.email, ip=ip)
            assert said[:3] == code, ip


async def test_greylisting_asks_new_senders_to_come_again(server: Running, mia: Agent) -> None:
    """From the same /24 later it passes, and then always; what never came back is forgotten."""
    clock = FakeClock()
    inbound = server.app.config.inbound.model_copy(update={"greylist": True})
    keeper = Doorkeeper(
        resolver=Resolver(),
        store=server.core.stores.greylist,
        config=server.app.config.model_copy(update={"inbound": inbound}),
        metrics=Metrics(),
        clock=clock,
    )

    async def come(ip: str = "192.0.2.7", *, sender: Address | None = ANN) -> str:
        try:
            await keeper.admit(ip, sender, MIA, is_known=False)
        except Exception as error:  # noqa: BLE001 - whatever it says
            return str(getattr(error, "code", error))
        return "welcome"

    assert await come() == "greylisted"
    clock.advance(299)
    assert await come() == "greylisted"
    clock.advance(2)
    assert await come("192.0.2.8") == "welcome"
    clock.advance(timedelta(days=30))
    assert await come() == "welcome"
    assert await come(sender=None) == "greylisted"
    await keeper.admit("192.0.2.7", None, MIA, is_known=True)
    await keeper.admit("192.0.2.7", None, Address("abuse", "example.org"), is_known=False)
    clock.advance(timedelta(days=3))
    assert await keeper.forget() == 1
    clock.advance(timedelta(days=34))
    assert await keeper.forget() == 1
    assert await come() == "greylisted"


class _Broken(Resolver):
    """A name server that fails, and one that is never heard of again."""

    @override
    async def ipv4(self, host: str) -> tuple[str, ...]:
        if host.endswith("failing.example"):
            raise DnsTemporaryError(host)
        await asyncio.get_running_loop().create_future()
        return ()


async def test_block_lists_that_fail_list_nobody(server: Running) -> None:
    inbound = server.app.config.inbound.model_copy(update={"dnsbl": ("failing.example",)})
    keeper = Doorkeeper(
        resolver=_Broken(),
        store=server.core.stores.greylist,
        config=server.app.config.model_copy(update={"inbound": inbound}),
        metrics=Metrics(),
        clock=FakeClock(),
    )
    assert await keeper.listed("192.0.2.7") == ""
    assert await keeper.listed("no address") == ""
