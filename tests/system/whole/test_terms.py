"""What a sender asks for by SMTP, from its mail program to the notice it gets back."""

import asyncio
import smtplib
from collections.abc import Sequence

from mailcore.message.dsn import DeliveryReport, parse
from tests.support.running import ANA, Agent, Running


async def submit(
    server: Running, mia: Agent, to: Sequence[tuple[str, str]], *parameters: str
) -> str:
    """Submit a message as mia's mail program; what the server said to it."""

    def run() -> str:
        with smtplib.SMTP("127.0.0.1", server.ports["submission"]) as client:
            client.starttls(context=server.tls())
            client.login(mia.email, mia.password)
            code, said = client.mail(mia.email, list(parameters))
            assert code == 250, said
            for address, wishes in to:
                code, said = client.rcpt(address, wishes.split())
                assert code == 250, said
            whole = f"From: {mia.email}\r\nTo: {to[0][0]}\r\nSubject: Lamps\r\n\r\nHello\r\n"
            code, said = client.data(whole)
            assert code == 250, said
            return said.decode()

    return await asyncio.to_thread(run)


async def reports(server: Running, mia: Agent, count: int) -> list[tuple[DeliveryReport, bytes]]:
    """The notices in mia's inbox once there are so many."""
    found = []
    for row in await server.messages(mia, count):
        raw = await server.ok("GET", f"/v1/messages/{row['id']}/raw", key=mia.api_key)
        report = parse(raw)
        assert report is not None
        found.append((report, raw))
    return found


async def test_success_is_told_where_it_was_asked_for(server: Running, mia: Agent) -> None:
    """Delivered here, relayed to a host that does not report; both name what the sender named."""
    bob = await server.agent("bob")
    wishes = "NOTIFY=SUCCESS ORCPT=rfc822;Ana+2Bx@customer.example"
    to = [(ANA, wishes), (bob.email, "NOTIFY=SUCCESS")]
    await submit(server, mia, to, "RET=HDRS", "ENVID=QQ+3D7")
    told = {one.recipients[0].action: (one, raw) for one, raw in await reports(server, mia, 2)}
    assert set(told) == {"relayed", "delivered"}
    relayed, raw = told["relayed"]
    assert relayed.envelope_id == "QQ=7"
    assert relayed.recipients[0].original_recipient == "Ana+x@customer.example"
    assert relayed.recipients[0].status == "2.0.0"
    assert b"Your mail was delivered" in raw
    assert told["delivered"][0].recipients[0].address == bob.email


async def test_failures_come_back_whole_or_not_at_all(server: Running, mia: Agent) -> None:
    """RET=FULL, and NOTIFY=NEVER."""
    server.world.sink.refuse("gone@customer.example")
    server.world.sink.refuse("quiet@customer.example")
    to = [("gone@customer.example", ""), ("quiet@customer.example", "NOTIFY=NEVER")]
    await submit(server, mia, to, "RET=FULL")
    await server.queue_is_empty()
    ((report, raw),) = await reports(server, mia, 1)
    assert [one.address for one in report.recipients] == ["gone@customer.example"]
    assert b"message/rfc822" in raw
    assert b"\r\n\r\nHello\r\n" in raw


async def test_required_tls_that_nobody_offers_comes_back(server: Running, mia: Agent) -> None:
    """RFC 8689: back at once, and never in the clear."""
    await submit(server, mia, [(ANA, "")], "REQUIRETLS")
    ((report, _),) = await reports(server, mia, 1)
    assert report.recipients[0].status == "5.7.30"
    assert server.world.sink.received == []


async def test_mail_for_later_waits_in_the_queue(server: Running, mia: Agent) -> None:
    """RFC 4865: kept across the answer, not yet sent."""
    said = await submit(server, mia, [(ANA, "")], "HOLDFOR=3600")
    assert "scheduled" in said
    page = await server.ok("GET", "/v1/queue?state=scheduled")
    assert [one["recipient"] for one in page["data"]] == [ANA]
    assert server.world.sink.received == []
