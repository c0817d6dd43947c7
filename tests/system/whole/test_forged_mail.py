"""Forged mail at the door, with real DNS, signatures and chains."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailcore.mailauth.keys import dns_record
from tests.support.arc import Sealer
from tests.support.keys import rsa_pair
from tests.support.running import ANA, HOSTNAME, Agent, Running, running

LIST = "lists.example"
NOBODY = "someone@nowhere.example"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    settings = {"trusted_arc_sealers": [LIST], "on_dns_trouble": "defer"}
    async with running(tmp_path, sections={"inbound": settings}) as one:
        one.world.zone.add(f"arc._domainkey.{LIST}", "TXT", dns_record(rsa_pair()[1], "rsa-sha256"))
        yield one


def letter(server: Running, to: str, *, text: str = "Pay me.", sender: str = ANA) -> bytes:
    return server.world.letter(sender=sender, to=[to], subject="Lamps", text=text)


async def send(server: Running, raw: bytes, *recipients: str) -> str:
    """The answer to the data, from a host that is none of the author's."""

    def deliver() -> str:
        with smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=60) as client:
            try:
                client.sendmail(NOBODY, list(recipients), raw)
            except smtplib.SMTPDataError as error:
                return f"{error.smtp_code} {error.smtp_error.decode()}"
            return "250"

    return await asyncio.to_thread(deliver)


async def folders(server: Running, agent: Agent) -> list[str]:
    page = await server.ok("GET", "/v1/messages?folder=Junk", key=agent.api_key)
    inbox = await server.ok("GET", "/v1/messages?folder=INBOX", key=agent.api_key)
    return ["Junk"] * page["total"] + ["INBOX"] * inbox["total"]


async def test_forged_mail_is_refused_when_its_domain_asks_for_it(server: Running, mia: Agent):
    answer = await send(server, letter(server, mia.email), mia.email)
    assert answer.startswith("550 5.7.26 customer.example")
    assert await folders(server, mia) == []


async def test_a_domain_that_asks_for_quarantine_gets_it(server: Running, mia: Agent):
    server.world.zone.remove("_dmarc.customer.example")
    server.world.zone.add("_dmarc.customer.example", "TXT", "v=DMARC1; p=quarantine")
    assert await send(server, letter(server, mia.email), mia.email) == "250"
    assert await folders(server, mia) == ["Junk"]


async def test_an_address_can_have_its_own_setting(server: Running, mia: Agent):
    """And a message to two addresses gets what is right for each."""
    noa = await server.agent("noa")
    body = {"dmarc_enforce": "off"}
    status, _ = await server.api("PATCH", f"/v1/identities/{mia.inbox_id}", body, key=mia.api_key)
    assert status == 403
    changed = await server.ok("PATCH", f"/v1/identities/{mia.inbox_id}", body)
    assert changed["dmarc_enforce"] == "off"
    assert (await send(server, letter(server, noa.email), noa.email)).startswith("550 5.7.26")
    assert await send(server, letter(server, mia.email), mia.email, noa.email) == "250"
    assert (await folders(server, mia), await folders(server, noa)) == (["INBOX"], ["Junk"])


async def test_a_trusted_list_may_change_what_it_forwards(server: Running, mia: Agent):
    results = "dmarc=pass header.from=customer.example"
    sealer = Sealer(domain=LIST, results=results)
    assert await send(server, sealer.seal(letter(server, mia.email)), mia.email) == "250"
    (head,) = await server.messages(mia, 1)
    auth = (await server.ok("GET", f"/v1/messages/{head['id']}", key=mia.api_key))["auth"]
    assert (auth["dmarc"], auth["arc"], auth["vouched_by"]) == ("fail", "pass", LIST)
    assert auth["arc_sealers"] == [LIST]
    assert not auth["is_aligned"]


@pytest.mark.parametrize(
    "sealer",
    [
        Sealer(domain="evil.example", results="dmarc=pass header.from=customer.example"),
        Sealer(domain=LIST, results="dmarc=fail header.from=customer.example"),
        Sealer(domain=LIST, results="dmarc=pass header.from=other.example"),
        Sealer(domain=LIST, results="dmarc=pass header.from=customer.example", state="fail"),
    ],
)
async def test_no_other_chain_gets_forged_mail_in(server: Running, mia: Agent, sealer: Sealer):
    server.world.zone.add(
        "arc._domainkey.evil.example", "TXT", dns_record(rsa_pair()[1], "rsa-sha256")
    )
    answer = await send(server, sealer.seal(letter(server, mia.email)), mia.email)
    assert answer.startswith("550 5.7.26")


@pytest.mark.parametrize("name", ["_dmarc.customer.example", "sink._domainkey.customer.example"])
async def test_trouble_in_dns_asks_to_try_again(server: Running, mia: Agent, name: str):
    raw = server.world.signed(letter(server, mia.email), "customer.example")
    selector = raw.split(b"s=", 1)[1].split(b";")[0].decode()
    server.world.zone.fail(name.replace("sink.", f"{selector}."))
    assert (await send(server, raw, mia.email)).startswith("451 4.7.0")
    server.world.zone.heal()
    assert await send(server, raw, mia.email) == "250"


async def test_results_in_our_name_are_removed_and_ours_stands(server: Running, mia: Agent):
    forged = f"Authentication-Results: {HOSTNAME}; dmarc=pass header.from=evil.example\r\n"
    other = "Authentication-Results: mx.other.example; dmarc=pass\r\n"
    raw = server.world.signed(letter(server, mia.email), "customer.example")
    assert await send(server, (forged + other).encode() + raw, mia.email) == "250"
    (head,) = await server.messages(mia, 1)
    stored = await server.ok("GET", f"/v1/messages/{head['id']}/raw", key=mia.api_key)
    assert b"evil.example" not in stored
    assert b"mx.other.example; dmarc=pass" in stored
    assert stored.count(b"Authentication-Results: " + HOSTNAME.encode()) == 1
    assert b"header.from=customer.example" in stored
