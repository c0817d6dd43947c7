"""Our mail at Debian's Postfix: authenticated by OpenDKIM and OpenDMARC, over DANE and MTA-STS, by login."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from mailcore.message.headers import Headers
from tests.interop.postfix import DOMAIN, HOSTNAME, PASSWORD, USER, Postfix, postfix
from tests.support.authority import Issued, issue
from tests.support.policy_host import policy, policy_host
from tests.support.running import Agent, Running, running

ANN = f"ann@{DOMAIN}"
SETTLED = ("due", "delivered", "failed")


def issued_for(folder: Path) -> Issued:
    return issue(folder, [HOSTNAME, f"mta-sts.{DOMAIN}"])


@asynccontextmanager
async def met(tmp_path: Path, issued: Issued) -> AsyncIterator[tuple[Running, Agent, Postfix]]:
    """A server whose mail to far.example goes to a Postfix with that certificate."""
    sections: dict[str, dict[str, object]] = {
        "outbound": {"ca_file": str(issued.authority)},
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"]},
    }
    async with running(tmp_path / "server", sections=sections) as server:
        zone = server.world.zone
        zone.add(DOMAIN, "MX", f"10 {HOSTNAME}")
        zone.add(HOSTNAME, "A", "127.0.0.1")
        zone.add(f"mta-sts.{DOMAIN}", "A", "127.0.0.1")
        async with postfix(zone, issued) as far:
            yield server, await server.agent("mia"), far


def go_to(server: Running, far: Postfix, **outbound: object) -> None:
    """Make Postfix's port that of mail hosts, from now on."""
    remote = server.core.worker._remote
    config = remote._config
    section = config.outbound.model_copy(update={"port": far.port, **outbound})
    remote._config = config.model_copy(update={"outbound": section})
    remote._client._port = far.port


async def send(server: Running, mia: Agent, subject: str, to: str = ANN) -> Any:
    body = {"to": [to], "subject": subject, "text": "They come on Friday.", "html": "<p>Friday</p>"}
    message = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    found = await server.until(
        f"/v1/messages/{message['id']}/delivery",
        lambda one: one["recipients"][0]["attempts"] and one["recipients"][0]["state"] in SETTLED,
        key=mia.api_key,
    )
    return found["recipients"][0]


async def test_postfix_opendkim_and_opendmarc_find_our_mail_good(tmp_path: Path) -> None:
    """Every signature of ours verifies, and DMARC passes; by DANE, MTA-STS and neither."""
    issued = issued_for(tmp_path / "far")
    key = x509.load_pem_x509_certificate(issued.cert.read_bytes()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    async with met(tmp_path, issued) as (server, mia, far), policy_host(issued) as host:
        go_to(server, far)
        zone = server.world.zone
        levels = [(await send(server, mia, "Any TLS"))["tls_level"]]
        server.core.worker._remote._policies.sts._https_port = host.port
        host.text = policy(HOSTNAME)
        zone.add(f"_mta-sts.{DOMAIN}", "TXT", "v=STSv1; id=1;")
        levels.append((await send(server, mia, "MTA-STS"))["tls_level"])
        zone.sign(DOMAIN)
        record = f"3 1 1 {hashlib.sha256(spki).hexdigest()}"
        zone.add(f"_{far.port}._tcp.{HOSTNAME}", "TLSA", record)
        levels.append((await send(server, mia, "DANE"))["tls_level"])
        assert levels == ["opportunistic", "mta_sts", "dane"]
        for raw in await far.mail(3):
            results = [
                value
                for name, value in Headers.read(raw).fields
                if name.lower() == b"authentication-results"
            ]
            text = b" ".join(b" ".join(results).split()).decode()
            assert text.count("dkim=pass") == 2, text
            assert "dmarc=pass" in text, text
            assert "dkim=fail" not in text
            assert b"TLSv1.3" in raw


async def test_postfix_with_a_wrong_certificate_gets_nothing(tmp_path: Path) -> None:
    """MTA-STS by name and authority, DANE by key."""
    issued = issue(tmp_path / "wrong", ["other.example", f"mta-sts.{DOMAIN}"])
    async with met(tmp_path, issued) as (server, mia, far), policy_host(issued) as host:
        go_to(server, far)
        server.core.worker._remote._policies.sts._https_port = host.port
        host.text = policy(HOSTNAME)
        server.world.zone.add(f"_mta-sts.{DOMAIN}", "TXT", "v=STSv1; id=1;")
        wrong = await send(server, mia, "MTA-STS")
        assert wrong["state"] == "due"
        assert "Hostname mismatch" in wrong["reply"]
        server.world.zone.sign(DOMAIN)
        server.world.zone.add(f"_{far.port}._tcp.{HOSTNAME}", "TLSA", "3 1 1 " + "ab" * 32)
        other = await send(server, mia, "DANE")
        assert other["state"] == "due"
        assert "does not match its TLSA records" in other["reply"]
        assert not list(far.folder.glob("mail/inbox/new/*"))


async def test_postfix_as_a_smart_host_asks_for_our_login(tmp_path: Path) -> None:
    """AUTH after STARTTLS; without it mail to the rest of the world would be refused."""
    async with met(tmp_path, issued_for(tmp_path / "far")) as (server, mia, far):
        smarthost = f"127.0.0.1:{far.port}"
        go_to(server, far, smarthost=smarthost)
        refused = await send(server, mia, "No login", to="you@elsewhere.example")
        assert refused["state"] == "failed"
        assert "Relay access denied" in refused["reply"]
        login = {"smarthost_user": USER, "smarthost_password": SecretStr(PASSWORD)}
        go_to(server, far, smarthost=smarthost, **login)
        found = await send(server, mia, "With login")
        assert found["state"] == "delivered"
        [raw] = await far.mail()
        assert f"(Authenticated sender: {USER})".encode() in raw
