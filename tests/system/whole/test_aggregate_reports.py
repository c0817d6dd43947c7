"""Aggregate reports of a whole day: mail in, report out, to those who may have it (RFC 9990)."""

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from mailcore.message.parse import leaves
from mailcore.model import ReportKind
from tests.support.running import Agent, Running
from tests.system.whole.test_forged_mail import letter, send

DOMAIN = "customer.example"
ASKS = f"v=DMARC1; p=reject; sp=quarantine; adkim=s; rua=mailto:dmarc@{DOMAIN},mailto:in@reports.example"
NS = {"r": "urn:ietf:params:xml:ns:dmarc-2.0"}


def ask(server: Running, record: str = ASKS) -> None:
    server.world.zone.remove(f"_dmarc.{DOMAIN}")
    server.world.zone.add(f"_dmarc.{DOMAIN}", "TXT", record)


async def yesterday(server: Running) -> date:
    """Make what was counted today into a day that is over."""
    core = server.core
    await core.tally.store()
    today = core.clock.now().date()
    day = today - timedelta(days=1)
    rows = await core.stores.reports.counts_of(ReportKind.DMARC, today, DOMAIN)
    await core.stores.reports.add_counts(ReportKind.DMARC, [replace(one, day=day) for one in rows])
    await core.stores.reports.forget_counts(ReportKind.DMARC, today, DOMAIN)
    return day


async def mail(server: Running, mia: Agent) -> None:
    """Two good messages and a forged one."""
    for text in ("One.", "Two."):
        await server.letter_from_ana(mia.email, text=text)
    assert (await send(server, letter(server, mia.email), mia.email)).startswith("550 5.7.26")


async def report(server: Running) -> tuple[Sequence[str], ET.Element]:
    received = await server.world.sink.wait_for(
        lambda one: b"Report Domain:" in one.raw, timeout_seconds=20
    )
    (content,) = [one.payload for one in leaves(received.raw) if one.payload[:2] == b"\x1f\x8b"]
    return received.recipients, ET.fromstring(gzip.decompress(content))


async def test_a_domain_that_asks_gets_one_report_of_its_day(server: Running, mia: Agent):
    ask(server)
    await mail(server, mia)
    day = await yesterday(server)
    assert await server.core.reports.send() == 1
    recipients, root = await report(server)
    assert list(recipients) == [f"dmarc@{DOMAIN}"]
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    assert root.findtext("r:report_metadata/r:date_range/r:begin", "", NS) == str(int(begin))
    published = {one.tag.partition("}")[2]: one.text for one in root.find("r:policy_published", NS)}
    assert published == {
        "domain": DOMAIN,
        "p": "reject",
        "sp": "quarantine",
        "adkim": "s",
        "aspf": "r",
        "testing": "n",
        "discovery_method": "treewalk",
    }
    rows = {
        tuple(
            one.findtext(f"r:row/{path}", "", NS)
            for path in ("r:count", "r:policy_evaluated/r:disposition", "r:policy_evaluated/r:dkim")
        )
        for one in root.findall("r:record", NS)
    }
    assert rows == {("2", "pass", "pass"), ("1", "reject", "fail")}
    assert await server.core.reports.send() == 0


async def test_an_address_elsewhere_gets_it_when_it_agrees(server: Running, mia: Agent):
    """RFC 9990 §4."""
    ask(server)
    server.world.zone.add(f"{DOMAIN}._report._dmarc.reports.example", "TXT", "v=DMARC1")
    server.world.add_domain("reports.example")
    await mail(server, mia)
    await yesterday(server)
    await server.core.reports.send()
    await server.world.sink.wait_for(
        lambda one: "in@reports.example" in one.recipients, timeout_seconds=20
    )


async def test_trouble_in_dns_keeps_the_report_for_later(server: Running, mia: Agent):
    ask(server)
    await mail(server, mia)
    day = await yesterday(server)
    server.world.zone.fail(f"{DOMAIN}._report._dmarc.reports.example")
    assert await server.core.reports.send() == 0
    assert await server.core.stores.reports.due_reports(ReportKind.DMARC, date.max) == (
        (day, DOMAIN),
    )


@pytest.mark.parametrize("record", ["v=DMARC1; p=reject", "v=DMARC1; p=none; rua=https://x.test/"])
async def test_who_does_not_ask_by_mail_is_not_counted(server: Running, mia: Agent, record: str):
    ask(server, record)
    await server.letter_from_ana(mia.email)
    assert await server.core.tally.store() == 0


async def test_what_could_not_be_sent_is_forgotten_in_time(server: Running, mia: Agent):
    ask(server)
    await mail(server, mia)
    day = await yesterday(server)
    store = server.core.stores.reports
    rows = await store.counts_of(ReportKind.DMARC, day, DOMAIN)
    await store.forget_counts(ReportKind.DMARC, day, DOMAIN)
    await store.add_counts(
        ReportKind.DMARC, [replace(one, day=day - timedelta(days=9)) for one in rows]
    )
    assert await server.core.reports.send() == 0
    assert await store.due_reports(ReportKind.DMARC, date.max) == ()
