"""Our mail at Debian's Postfix: authenticated by OpenDKIM and OpenDMARC, over DANE and MTA-STS, by login."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from mailcore.message.headers import Headers
from tests.interop.postfix import DOMAIN, HOSTNAME, PASSWORD, USER, Postfix, postfix
from tests.support.authority import Issued, issue
from tests.support.policy_host import PolicyHost, policy, policy_host
from tests.support.running import Agent, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANN = f"ann@{DOMAIN}"
SETTLED = ("due", "delivered", "failed")


@dataclass
class Met:
    """A server, its agent, a Postfix that takes mail for far.example, and its policy host."""

    server: Running
    mia: Agent
    far: Postfix
    host: PolicyHost
    issued: Issued

    def change(self, **outbound: object) -> None:
        """Other settings of the way out, from now on."""
        core = self.server.core
        config = core.worker._remote._config
        section = config.outbound.model_copy(update=outbound)
        changed = config.model_copy(update={"outbound": section})
        core.worker._remote._config = core.smarthosts._config = changed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def met(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Met]:
    folder = tmp_path_factory.mktemp("postfix")
    issued = issue(folder / "ca", [HOSTNAME, f"mta-sts.{DOMAIN}", "mta-sts.wrong.example"])
    sections: dict[str, dict[str, object]] = {
        "outbound": {"ca_file": str(issued.authority), "idle_connection_seconds": 0},
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"]},
    }
    async with running(folder / "server", sections=sections) as server, policy_host(issued) as host:
        zone = server.world.zone
        for domain, mx in ((DOMAIN, HOSTNAME), ("wrong.example", "mx.wrong.example")):
            zone.add(domain, "MX", f"10 {mx}")
            zone.add(mx, "A", "127.0.0.1")
            zone.add(f"mta-sts.{domain}", "A", "127.0.0.1")
        async with postfix(zone, issued) as far:
            mia = await server.agent("mia")
            one = Met(server, mia, far, host, issued)
            one.change(port=far.port)
            remote = server.core.worker._remote
            remote._client._port = far.port
            remote._policies.sts._https_port = host.port
            yield one


async def send(met: Met, subject: str, to: str = ANN) -> Any:
    """The recipient after the first attempt."""
    body = {"to": [to], "subject": subject, "text": "They come on Friday.", "html": "<p>Friday</p>"}
    message = await met.server.ok("POST", "/v1/messages", body, key=met.mia.api_key)
    found = await met.server.until(
        f"/v1/messages/{message['id']}/delivery",
        lambda one: one["recipients"][0]["attempts"] and one["recipients"][0]["state"] in SETTLED,
        key=met.mia.api_key,
    )
    return found["recipients"][0]


async def test_postfix_opendkim_and_opendmarc_find_our_mail_good(met: Met) -> None:
    """Every signature of ours verifies, and DMARC passes; by DANE, MTA-STS and neither."""
    key = x509.load_pem_x509_certificate(met.issued.cert.read_bytes()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    zone = met.server.world.zone
    levels = [(await send(met, "Any TLS"))["tls_level"]]
    met.host.text = policy(HOSTNAME)
    zone.add(f"_mta-sts.{DOMAIN}", "TXT", "v=STSv1; id=1;")
    levels.append((await send(met, "MTA-STS"))["tls_level"])
    zone.sign(DOMAIN)
    record = f"3 1 1 {hashlib.sha256(spki).hexdigest()}"
    zone.add(f"_{met.far.port}._tcp.{HOSTNAME}", "TLSA", record)
    levels.append((await send(met, "DANE"))["tls_level"])
    assert levels == ["opportunistic", "mta_sts", "dane"]
    for subject in ("Any TLS", "MTA-STS", "DANE"):
        raw = await met.far.mail(subject)
        fields = Headers.read(raw).fields
        results = [value for name, value in fields if name.lower() == b"authentication-results"]
        text = b" ".join(b" ".join(results).split()).decode()
        assert text.count("dkim=pass") == 2, text
        assert "dmarc=pass" in text, text
        assert "dkim=fail" not in text
        assert b"TLSv1.3" in raw


async def test_postfix_with_a_wrong_certificate_gets_nothing(met: Met) -> None:
    """MTA-STS by name, DANE by key."""
    met.host.text = policy("mx.wrong.example")
    zone = met.server.world.zone
    zone.add("_mta-sts.wrong.example", "TXT", "v=STSv1; id=1;")
    wrong = await send(met, "Wrong name", to="ann@wrong.example")
    assert wrong["state"] == "due"
    assert "Hostname mismatch" in wrong["reply"]
    zone.sign("wrong.example")
    zone.add(f"_{met.far.port}._tcp.mx.wrong.example", "TLSA", "3 1 1 " + "ab" * 32)
    other = await send(met, "Wrong key", to="ann@wrong.example")
    assert other["state"] == "due"
    assert "does not match its TLSA records" in other["reply"]
    assert not [raw for raw in met.far.kept() if b"Subject: Wrong" in raw]


async def test_postfix_as_a_smart_host_asks_for_our_login(met: Met) -> None:
    """AUTH after STARTTLS; without it mail to the rest of the world would be refused."""
    met.change(smarthost=f"127.0.0.1:{met.far.port}")
    refused = await send(met, "No login", to="you@elsewhere.example")
    assert refused["state"] == "failed"
    assert "Relay access denied" in refused["reply"]
    met.change(smarthost_user=USER, smarthost_password=SecretStr(PASSWORD))
    found = await send(met, "With login")
    met.change(smarthost=None)
    assert found["state"] == "delivered"
    assert f"(Authenticated sender: {USER})".encode() in await met.far.mail("With login")
