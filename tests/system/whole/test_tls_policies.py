"""Mail to domains with TLS policies: MTA-STS and DANE enforced, falls, and the reports about it."""

import asyncio
import gzip
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailcore.demo.sink import Received
from mailcore.message.headers import Headers
from mailcore.message.parse import leaves
from mailcore.model import ReportKind
from mailcore.net.tls import server_context
from tests.support.authority import Issued, issue
from tests.support.policy_host import PolicyHost, policy, policy_host
from tests.support.running import Agent, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOMAINS = [f"d{number}.example" for number in range(20)]
NAMES = [f"{first}.{domain}" for domain in DOMAINS for first in ("mx", "mta-sts")]
SETTLED = ("due", "delivered", "failed")
_fresh = iter(DOMAINS)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return issue(tmp_path_factory.mktemp("ca"), NAMES)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Of an authority that nobody trusts."""
    return issue(tmp_path_factory.mktemp("foreign"), NAMES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(issued: Issued) -> AsyncIterator[PolicyHost]:
    async with policy_host(issued) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(
    tmp_path_factory: pytest.TempPathFactory, issued: Issued, host: PolicyHost
) -> AsyncIterator[Running]:
    sections: dict[str, dict[str, object]] = {
        "outbound": {
            "ca_file": str(issued.authority),
            "repeat_seconds": 0,
            "idle_connection_seconds": 0,
        },
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"]},
    }
    async with running(tmp_path_factory.mktemp("server"), sections=sections) as one:
        one.core.worker._remote._policies.sts._https_port = host.port
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mia(server: Running) -> Agent:
    return await server.agent("mia")


@dataclass
class Far:
    """A domain of others that no test has used before, and what is done with it."""

    server: Running
    mia: Agent
    host: PolicyHost
    domain: str

    @property
    def mx(self) -> str:
        return f"mx.{self.domain}"

    @property
    def tlsa_name(self) -> str:
        return f"_{self.server.world.sink.port}._tcp.{self.mx}"

    def has_policy(self, *mx: str, mode: str = "enforce") -> None:
        self.host.text = policy(*(mx or (self.mx,)), mode=mode)
        self.server.world.zone.add(f"_mta-sts.{self.domain}", "TXT", "v=STSv1; id=1;")

    def has_tlsa(self, issued: Issued) -> None:
        self.server.world.zone.sign(self.domain)
        self.server.world.zone.add(self.tlsa_name, "TLSA", tlsa(issued))

    def shows(self, issued: Issued | None) -> None:
        """What the world's mail host has from now on: a certificate, or no TLS."""
        context: ssl.SSLContext | None = None
        if issued is not None:
            context = server_context(issued.cert, issued.key, is_mx=True)
        self.server.world.sink._tls_context = context

    def took(self) -> list[Received]:
        """What arrived for the domain."""
        received = self.server.world.sink.received
        return [one for one in received if one.recipients[0].endswith(f"@{self.domain}")]

    async def send(self) -> Any:
        """The recipient after the first attempt of a message."""
        body = {"to": [f"ann@{self.domain}"], "subject": "Lamps", "text": "They come on Friday."}
        message = await self.server.ok("POST", "/v1/messages", body, key=self.mia.api_key)
        found = await self.server.until(
            f"/v1/messages/{message['id']}/delivery",
            lambda one: (
                one["recipients"][0]["attempts"] and one["recipients"][0]["state"] in SETTLED
            ),
            key=self.mia.api_key,
        )
        recipient = found["recipients"][0]
        if recipient["state"] == "delivered":
            await self._is_remembered()
        return recipient

    async def _is_remembered(self) -> None:
        """Wait for what is written behind the delivery."""
        async with asyncio.timeout(60):
            while await self.server.core.stores.tls.tls_level(self.domain) is None:
                await asyncio.sleep(0.01)

    async def report(self, *, mail_to: str = "") -> Any:
        """Let the day be over; the report that was posted."""
        core = self.server.core
        mailto = f"mailto:{mail_to}," if mail_to else ""
        url = f"https://mta-sts.{self.domain}:{self.host.port}/reports"
        record = f"v=TLSRPTv1; rua={mailto}{url}"
        self.server.world.zone.add(f"_smtp._tls.{self.domain}", "TXT", record)
        await core.tls_tally.store()
        today = core.clock.now().date()
        store = core.stores.reports
        rows = await store.counts_of(ReportKind.TLS, today, self.domain)
        yesterday = [replace(one, day=today - timedelta(days=1)) for one in rows]
        await store.add_counts(ReportKind.TLS, yesterday)
        await store.forget_counts(ReportKind.TLS, today, self.domain)
        self.host.posted.clear()
        assert await core.tls_reports.send() == 1
        [(kind, body)] = self.host.posted
        assert kind == "application/tlsrpt+gzip"
        return json.loads(gzip.decompress(body))


@pytest.fixture
def far(server: Running, mia: Agent, host: PolicyHost) -> Far:
    one = Far(server, mia, host, next(_fresh))
    zone = server.world.zone
    zone.add(one.domain, "MX", f"10 {one.mx}")
    zone.add(one.mx, "A", "127.0.0.1")
    zone.add(f"mta-sts.{one.domain}", "A", "127.0.0.1")
    return one


def tlsa(issued: Issued) -> str:
    key = x509.load_pem_x509_certificate(issued.cert.read_bytes()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"3 1 1 {hashlib.sha256(spki).hexdigest()}"


async def test_mta_sts_with_the_right_certificate_delivers(far: Far, issued: Issued) -> None:
    far.has_policy()
    far.shows(issued)
    found = await far.send()
    assert (found["state"], found["tls_level"]) == ("delivered", "mta_sts")
    assert found["tls"].startswith("TLSv1.3 ")
    assert [one.is_tls for one in far.took()] == [True]
    listed = await far.server.ok("GET", "/v1/queue?state=delivered&limit=100")
    [row] = [one for one in listed["data"] if one["id"] == found["queue_id"]]
    assert (row["tls"], row["tls_level"]) == (found["tls"], "mta_sts")


async def test_mta_sts_defers_what_it_cannot_protect(far: Far, foreign: Issued) -> None:
    """RFC 8461 §5: a wrong certificate, no TLS; never in plain text."""
    far.has_policy()
    far.shows(foreign)
    demand = f"(the MTA-STS policy of {far.domain} demands it)"
    wrong = await far.send()
    assert wrong["state"] == "due"
    assert "certificate signature failure" in wrong["reply"]
    assert demand in wrong["reply"]
    far.shows(None)
    bare = await far.send()
    assert bare["state"] == "due"
    assert f"offers no TLS {demand}" in bare["reply"]
    assert far.took() == []


async def test_mta_sts_excludes_hosts_that_it_does_not_name(far: Far, issued: Issued) -> None:
    far.has_policy(f"other.{far.domain}")
    far.shows(issued)
    found = await far.send()
    assert found["state"] == "due"
    assert f"the MTA-STS policy of {far.domain} does not name it" in found["reply"]
    assert found["tls_level"] == ""
    assert far.took() == []


async def test_mta_sts_in_testing_delivers_and_reports(far: Far, foreign: Issued) -> None:
    far.has_policy(mode="testing")
    far.shows(foreign)
    found = await far.send()
    assert (found["state"], found["tls_level"]) == ("delivered", "opportunistic")
    [told] = (await far.report())["policies"]
    assert told["policy"]["policy-type"] == "sts"
    assert "mode: testing" in told["policy"]["policy-string"]
    assert told["summary"] == {
        "total-successful-session-count": 0,
        "total-failure-session-count": 1,
    }
    [detail] = told["failure-details"]
    assert detail["result-type"] == "certificate-not-trusted"
    assert detail["receiving-mx-hostname"] == far.mx


async def test_a_policy_that_cannot_be_had_is_reported(far: Far, issued: Issued) -> None:
    far.has_policy()
    far.host.text = "nothing"
    far.shows(issued)
    assert (await far.send())["tls_level"] == "opportunistic"
    told = {one["policy"]["policy-type"]: one for one in (await far.report())["policies"]}
    assert set(told) == {"sts", "no-policy-found"}
    assert told["sts"]["failure-details"][0]["result-type"] == "sts-policy-invalid"


async def test_dane_with_the_right_key_delivers(far: Far, foreign: Issued) -> None:
    """RFC 7672 §3.1.1: an unknown authority does not matter."""
    far.shows(foreign)
    far.has_tlsa(foreign)
    found = await far.send()
    assert (found["state"], found["tls_level"]) == ("delivered", "dane")


async def test_dane_defers_what_it_cannot_protect(
    far: Far, issued: Issued, foreign: Issued
) -> None:
    far.shows(issued)
    far.has_tlsa(foreign)
    wrong = await far.send()
    assert wrong["state"] == "due"
    assert "does not match its TLSA records" in wrong["reply"]
    assert f"(DANE for {far.mx} demands it)" in wrong["reply"]
    far.shows(None)
    bare = await far.send()
    assert bare["state"] == "due"
    assert f"offers no TLS (DANE for {far.mx} demands it)" in bare["reply"]
    far.server.world.zone.fail(far.tlsa_name, "TLSA")
    unknown = await far.send()
    assert unknown["state"] == "due"
    assert "TLSA records cannot be looked up now" in unknown["reply"]
    assert far.took() == []


async def test_dane_without_dnssec_means_nothing(far: Far, issued: Issued, foreign: Issued) -> None:
    far.shows(issued)
    far.server.world.zone.add(far.tlsa_name, "TLSA", tlsa(foreign))
    found = await far.send()
    assert (found["state"], found["tls_level"]) == ("delivered", "opportunistic")


async def test_dane_comes_before_mta_sts(far: Far, issued: Issued, foreign: Issued) -> None:
    """RFC 8461 §2: what DANE refuses no policy lets through, what it allows none refuses."""
    far.has_policy()
    far.has_tlsa(foreign)
    far.shows(foreign)
    assert (await far.send())["tls_level"] == "dane"
    far.shows(issued)
    assert (await far.send())["state"] == "due"


async def test_records_that_nobody_can_use_still_demand_tls(far: Far, foreign: Issued) -> None:
    """RFC 7672 §2.2."""
    far.server.world.zone.sign(far.domain)
    far.server.world.zone.add(far.tlsa_name, "TLSA", "1 1 1 " + "00" * 32)
    far.shows(None)
    assert (await far.send())["state"] == "due"
    far.shows(foreign)
    found = await far.send()
    assert (found["state"], found["tls_level"]) == ("delivered", "opportunistic")


async def test_plain_text_is_told(far: Far) -> None:
    far.shows(None)
    found = await far.send()
    assert (found["state"], found["tls"], found["tls_level"]) == ("delivered", "", "plain")


@pytest.fixture
def deferring(server: Running) -> Iterator[None]:
    """A fall of the level defers."""
    policies = server.core.worker._remote._policies
    before = policies._config
    section = before.outbound.model_copy(update={"tls_fall": "defer"})
    policies._config = before.model_copy(update={"outbound": section})
    yield
    policies._config = before


async def test_a_fall_is_only_noted_at_first(far: Far, issued: Issued) -> None:
    far.shows(issued)
    assert (await far.send())["tls_level"] == "opportunistic"
    far.shows(None)
    assert (await far.send())["tls_level"] == "plain"


async def test_a_fall_to_plain_text_is_deferred_where_wished(
    far: Far, issued: Issued, deferring: None
) -> None:
    far.shows(issued)
    assert (await far.send())["tls_level"] == "opportunistic"
    far.shows(None)
    bare = await far.send()
    assert bare["state"] == "due"
    assert f"{far.domain} had TLS before" in bare["reply"]


async def test_a_policy_that_vanishes_is_a_fall(far: Far, issued: Issued, deferring: None) -> None:
    far.has_policy()
    far.shows(issued)
    assert (await far.send())["tls_level"] == "mta_sts"
    far.server.world.zone.remove(f"_mta-sts.{far.domain}")
    core = far.server.core
    await core.stores.tls.forget_sts_policies(core.clock.now() + timedelta(days=99))
    fallen = await far.send()
    assert fallen["state"] == "due"
    assert f"{far.domain} had MTA-STS on" in fallen["reply"]


async def test_tls_is_reported_once_a_day_by_mail_and_https(far: Far, issued: Issued) -> None:
    """RFC 8460: signed mail with a multipart/report, and a POST; success is counted."""
    far.has_policy()
    far.shows(issued)
    for _ in range(2):
        assert (await far.send())["state"] == "delivered"
    whom = f"tls@{far.domain}"
    report = await far.report(mail_to=whom)
    assert report["organization-name"] == "mail.example.org"
    [told] = report["policies"]
    lines = ["version: STSv1", "mode: enforce", f"mx: {far.mx}", "max_age: 86400"]
    assert told["policy"]["policy-string"] == lines
    assert told["summary"]["total-successful-session-count"] == 2
    core = far.server.core
    mail = await far.server.world.sink.wait_for(lambda one: whom in one.recipients)
    fields = Headers.read(mail.raw)
    assert fields.get("TLS-Report-Domain") == far.domain
    assert 'report-type="tlsrpt"' in (fields.get("Content-Type") or "")
    assert "dkim-signature" in mail.raw.decode().lower()
    [carried] = [one for one in leaves(mail.raw) if one.content_type == "application/tlsrpt+gzip"]
    assert json.loads(gzip.decompress(carried.payload)) == report
    await core.tls_tally.store()
    tomorrow = core.clock.now().date() + timedelta(days=1)
    due = await core.stores.reports.due_reports(ReportKind.TLS, tomorrow)
    assert far.domain not in [domain for _, domain in due]


async def test_reports_about_tls_arrive_where_tls_fails(far: Far, foreign: Issued) -> None:
    """RFC 8460 §3: else nobody would learn of it."""
    far.has_policy()
    far.shows(foreign)
    assert (await far.send())["state"] == "due"
    whom = f"tls@{far.domain}"
    report = await far.report(mail_to=whom)
    assert report["policies"][0]["summary"]["total-failure-session-count"] == 1
    mail = await far.server.world.sink.wait_for(lambda one: whom in one.recipients)
    assert Headers.read(mail.raw).get("TLS-Required") == "No"
