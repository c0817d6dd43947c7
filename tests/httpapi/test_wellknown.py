"""Mail programs find their settings, strangers find nothing else."""

import asyncio
import plistlib
import ssl
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from tests.support import running as whole
from tests.support.http_live import Live, running

DOMAIN = "agents.example"
HOSTNAME = "mail.agents.example"
AUTOCONFIG = "/mail/config-v1.1.xml"
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"
AUTODISCOVER = "/autodiscover/autodiscover.xml"
PROFILE = "/mail/profile.mobileconfig"
OUTLOOK = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
QUESTION = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
  <Request><EMailAddress>{address}</EMailAddress>
  <AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></Autodiscover>"""


async def get(live: Live, path: str, *, host: str = "127.0.0.1", **query: str) -> tuple[int, bytes]:
    async with (
        live.client() as client,
        client.get(path, params=query, headers={"Host": host}) as answer,
    ):
        return answer.status, await answer.read()


async def ask(live: Live, body: str | bytes, path: str = AUTODISCOVER) -> tuple[int, bytes]:
    async with live.client() as client, client.post(path, data=body) as answer:
        return answer.status, await answer.read()


def question(address: str, schema: str = OUTLOOK.strip("{}")) -> str:
    return QUESTION.format(address=address, schema=schema)


async def test_thunderbird_gets_every_listener_best_first(tmp_path: Path) -> None:
    """By the address or by the name of the host; the user name is left to the program."""
    async with running(tmp_path) as live:
        status, first = await get(live, WELL_KNOWN, emailaddress=f"mia@{DOMAIN}")
        assert status == 200
        for host in (DOMAIN, f"autoconfig.{DOMAIN}", f"AUTOCONFIG.{DOMAIN}:8080"):
            assert await get(live, AUTOCONFIG, host=host) == (200, first)
    (provider,) = ET.fromstring(first)
    assert provider.get("id") == provider.findtext("domain") == DOMAIN
    servers = [
        (one.get("type"), one.findtext("port"), one.findtext("socketType"))
        for one in provider
        if one.tag.endswith("Server")
    ]
    assert servers == [
        ("imap", "993", "SSL"),
        ("imap", "143", "STARTTLS"),
        ("smtp", "465", "SSL"),
        ("smtp", "587", "STARTTLS"),
    ]
    assert {one.text for one in provider.iter("hostname")} == {HOSTNAME}
    assert {one.text for one in provider.iter("username")} == {"%EMAILADDRESS%"}


@pytest.mark.parametrize("path", [AUTOCONFIG, PROFILE, "/autodiscover/autodiscover.json"])
async def test_domains_of_others_are_404_and_nobody_is_enumerated(
    tmp_path: Path, path: str
) -> None:
    """An address that exists answers as one that does not."""
    query = {"Protocol": "AutodiscoverV1"}
    async with running(tmp_path) as live:
        agent = await live.agent("mia")
        assert str(agent.inbox.address) == f"mia@{DOMAIN}"
        bodies: list[bytes] = []
        for local in ("mia", "bob"):
            status, body = await get(
                live, path, emailaddress=f"{local}@{DOMAIN}", Email=f"{local}@{DOMAIN}", **query
            )
            assert status == 200
            bodies.append(body.replace(local.encode(), b"*"))
        if path != PROFILE:
            assert bodies[0] == bodies[1]
        other = f"mia@{DOMAIN}.evil.example"
        status, _ = await get(live, path, emailaddress=other, Email=other, host=DOMAIN, **query)
        assert status == 404
    async with running(tmp_path / "again") as live:
        assert (await get(live, AUTOCONFIG, host="evil.example"))[0] == 404
        assert (await get(live, AUTOCONFIG))[0] == 404
        assert (await get(live, AUTOCONFIG, emailaddress="x" * 5000))[0] == 404


async def test_a_host_that_is_no_name_is_404(tmp_path: Path) -> None:
    """Octets that are no text too, and no host at all."""
    async with running(tmp_path) as live:
        for head in (b"HTTP/1.1\r\nHost: \xff\xfe", b"HTTP/1.1\r\nHost: a..b", b"HTTP/1.0"):
            reader, writer = await asyncio.open_connection("127.0.0.1", live.server.port)
            writer.write(b"GET /mail/config-v1.1.xml " + head + b"\r\n\r\n")
            assert b" 404 " in await reader.readline()
            writer.close()


async def test_outlook_gets_one_listener_of_each_protocol(tmp_path: Path) -> None:
    """Under the spellings of the path and in the encodings that its versions use."""
    asked = question(f"mia@{DOMAIN}")
    async with running(tmp_path) as live:
        status, body = await ask(live, asked)
        for encoding in ("utf-8-sig", "utf-16"):
            again = await ask(live, asked.encode(encoding), "/AutoDiscover/AutoDiscover.xml")
            assert again == (status, body)
    assert status == 200
    protocols = [
        {child.tag.removeprefix(OUTLOOK): child.text for child in one}
        for one in ET.fromstring(body).iter(f"{OUTLOOK}Protocol")
    ]
    assert [(one["Type"], one["Port"], one["Encryption"]) for one in protocols] == [
        ("IMAP", "993", "SSL"),
        ("SMTP", "465", "SSL"),
    ]
    assert {(one["Server"], one["LoginName"]) for one in protocols} == {(HOSTNAME, f"mia@{DOMAIN}")}


STRANGE = (
    (question("mia@evil.example"), 404),
    (question("nobody"), 400),
    (question(f"&lt;b&gt;@{DOMAIN}"), 400),
    (question(f"\x00@{DOMAIN}"), 400),
    ("", 400),
    ("<" * 10_000, 400),
    ("<EMailAddress>" * 1000, 400),
    ("x" * 20_000, 413),
)


async def test_strange_questions_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as live:
        answers = [(body, (await ask(live, body))[0]) for body, _ in STRANGE]
    assert answers == list(STRANGE)


async def test_what_a_stranger_gives_cannot_change_a_document(tmp_path: Path) -> None:
    """Markup comes back as text, in each of the formats that repeat the address."""
    address = f"o'neil&x@{DOMAIN}"
    quoted = f'"a<b>&c"@{DOMAIN}'
    async with running(tmp_path) as live:
        _, profile = await get(live, PROFILE, emailaddress=quoted)
        status, answer = await ask(live, question(address.replace("&", "&amp;")))
    account = plistlib.loads(profile)["PayloadContent"][0]
    assert account["EmailAddress"] == quoted
    assert status == 200
    names = {one.text for one in ET.fromstring(answer).iter(f"{OUTLOOK}LoginName")}
    assert names == {address}


async def test_a_program_that_wants_exchange_is_told_there_is_none(tmp_path: Path) -> None:
    schema = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
    async with running(tmp_path) as live:
        status, body = await ask(live, question(f"mia@{DOMAIN}", schema))
        code = [one.text for one in ET.fromstring(body).iter() if one.tag.endswith("ErrorCode")]
        assert (status, code) == (200, ["601"])
        path = "/autodiscover/autodiscover.json"
        given = {"Email": f"mia@{DOMAIN}", "Protocol": "ActiveSync"}
        assert (await get(live, path, **given))[0] == 400


async def test_apple_gets_a_profile_without_a_password(tmp_path: Path) -> None:
    """The same one each time, so that it takes the place of itself."""
    async with running(tmp_path) as live:
        status, body = await get(live, PROFILE, emailaddress=f"mia@{DOMAIN}")
        assert (status, await get(live, PROFILE, emailaddress=f"mia@{DOMAIN}")) == (
            200,
            (200, body),
        )
        assert (await get(live, PROFILE))[0] == 400
    profile: dict[str, Any] = plistlib.loads(body)
    (account,) = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration"
    assert account["IncomingMailServerPortNumber"] == 993
    assert account["OutgoingMailServerPortNumber"] == 465
    assert account["IncomingMailServerHostName"] == HOSTNAME
    assert not [name for name in account if name.endswith("Password") and "SameAs" not in name]


async def test_the_policy_on_tls_stands_at_its_own_name_only(tmp_path: Path) -> None:
    path = "/.well-known/mta-sts.txt"
    async with running(tmp_path) as live:
        status, body = await get(live, path, host=f"mta-sts.{DOMAIN}")
        assert (status, body.decode().splitlines()) == (
            200,
            ["version: STSv1", "mode: testing", f"mx: {HOSTNAME}", "max_age: 86400"],
        )
        for host in (DOMAIN, HOSTNAME, "mta-sts.evil.example", "mta-sts.mta-sts." + DOMAIN):
            assert (await get(live, path, host=host))[0] == 404


async def test_programs_are_served_on_their_own_ports(tmp_path: Path) -> None:
    """TLS for the names of the certificate; plain HTTP gives settings and leads to TLS otherwise."""
    ports = {"https": 443, "acme": 80}
    async with whole.running(tmp_path, sections={"ports": ports}) as server:
        context = await asyncio.to_thread(
            ssl.create_default_context, cafile=str(server.app.ca_file)
        )
        secure, plain = (f"127.0.0.1:{server.ports[name]}" for name in ("https", "acme"))
        async with aiohttp.ClientSession() as client:
            for host, path in (
                ("autoconfig.example.org", AUTOCONFIG),
                ("mta-sts.example.org", "/.well-known/mta-sts.txt"),
                ("mail.example.org", "/healthz"),
            ):
                async with client.get(
                    f"https://{secure}{path}",
                    ssl=context,
                    server_hostname=host,
                    headers={"Host": host},
                ) as answer:
                    assert answer.status == 200, host
            names = {"Host": "autoconfig.example.org"}
            async with client.get(f"http://{plain}{AUTOCONFIG}", headers=names) as answer:
                settings = ET.fromstring(await answer.read())
            assert f"{server.ports['imaps']}" in {one.text for one in settings.iter("port")}
            path = "/autodiscover/autodiscover.xml?a=b"
            names = {"Host": "autodiscover.example.org"}
            async with client.get(
                f"http://{plain}{path}", headers=names, allow_redirects=False
            ) as answer:
                assert answer.status == 301
                where = f"https://autodiscover.example.org:{server.ports['https']}{path}"
                assert answer.headers["Location"] == where
            for target in ("/v1/domains", "//evil.example/", "/docs"):
                async with client.get(
                    f"http://{plain}{target}", headers={"Host": "evil.example"}
                ) as answer:
                    assert answer.status == 404
