"""Everything about one message: real DNS, real signatures."""

from dataclasses import replace

import pytest

from mailcore.address import parse_address
from mailcore.clock import SystemClock
from mailcore.mailauth.dkim import SigningKey, sign
from mailcore.mailauth.keys import dns_record, load_private
from mailcore.mailauth.verify import Authenticator
from mailcore.model import AuthReport
from tests.support.dns import resolver_of, serving
from tests.support.keys import rsa_pair

RECORDS = (
    ("s1._domainkey.example.net", "TXT", dns_record(rsa_pair()[1], "rsa-sha256")),
    ("s1._domainkey.mail.example.net", "TXT", dns_record(rsa_pair()[1], "rsa-sha256")),
    ("s1._domainkey.evil.test", "TXT", dns_record(rsa_pair()[1], "rsa-sha256")),
    ("_dmarc.example.net", "TXT", "v=DMARC1; p=reject"),
    ("example.net", "TXT", "v=spf1 ip4:192.0.2.1 -all"),
)
KEY = SigningKey(selector="s1", key=load_private(rsa_pair()[0]))


def message(sender: str = "You <you@example.net>", *, extra: str = "") -> bytes:
    return (
        f"From: {sender}\r\nTo: mia@example.org\r\nSubject: Re: hold\r\n{extra}\r\nyes\r\n"
    ).encode()


def signed(raw: bytes, domain: str = "example.net") -> bytes:
    return sign(raw, domain=domain, keys=[KEY], signed_at=SystemClock().now()) + raw


async def check(
    raw: bytes, *, ip: str = "198.51.100.9", mail_from: str = "you@example.net"
) -> AuthReport:
    async with serving(*RECORDS) as zone:
        authenticator = Authenticator(resolver_of(zone), "mail.example.org")
        return await authenticator.check(
            raw, mail_from=parse_address(mail_from), helo="mx.example.net", peer_ip=ip
        )


async def test_a_signed_message_of_the_author_is_aligned():
    report = await check(signed(message()))
    assert {"from", "subject"} <= set(report.signed_fields)
    assert replace(report, signed_fields=()) == AuthReport(
        spf="fail",
        spf_domain="example.net",
        dkim="pass",
        dkim_domains=("example.net",),
        dmarc="pass",
        dmarc_policy="reject",
        dmarc_domain="example.net",
        is_aligned=True,
        failures=("spf example.net fail",),
    )


async def test_a_signature_of_a_subdomain_aligns():
    """RFC 9989 §4.4.1, relaxed."""
    assert (await check(signed(message(), "mail.example.net"))).is_aligned


async def test_spf_alone_passes_dmarc_but_proves_no_author():
    report = await check(message(), ip="192.0.2.1")
    assert (report.spf, report.dmarc, report.is_aligned) == ("pass", "pass", False)


async def test_a_signature_of_somebody_else_is_not_aligned():
    report = await check(signed(message(), "evil.test"))
    assert (report.dkim, report.dmarc, report.is_aligned) == ("pass", "fail", False)


async def test_an_unsigned_message_is_not_aligned():
    report = await check(message())
    assert (report.dkim, report.dmarc, report.is_aligned) == ("none", "fail", False)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: boss@example.net\r\n" + signed(message()),
        signed(message("you@example.net, bob@example.net")),
        signed(message("you@example.net\r\nFrom: bob@example.net")),
        signed(message("")),
        signed(message("no address here")),
        b" leading\r\n" + signed(message()),
        signed(message(extra="Subject: another\r\n")),
        signed(message(extra="In-Reply-To: <a@b>\r\nIn-Reply-To: <c@d>\r\n")),
        signed(message()).replace(b"yes", b"no, yes"),
    ],
)
async def test_whatever_can_be_read_twice_or_was_changed_is_not_aligned(raw):
    assert not (await check(raw)).is_aligned


async def test_two_authors_fail_dmarc():
    """RFC 9989 §4.2."""
    report = await check(signed(message("you@example.net, bob@example.net")))
    assert (report.dmarc, report.dmarc_domain) == ("fail", "")


async def test_a_display_name_that_looks_like_an_address_decides_nothing():
    report = await check(signed(message('"you@example.net" <bob@evil.test>'), "evil.test"))
    assert report.dmarc_domain == "evil.test"


async def test_silent_dns_is_a_temporary_error_within_the_limit():
    async with serving(*RECORDS) as zone:
        for name in ("s1._domainkey.example.net", "example.net", "_dmarc.example.net"):
            zone.silence(name)
        authenticator = Authenticator(resolver_of(zone), "mail.example.org", timeout_seconds=0.2)
        report = await authenticator.check(
            signed(message()),
            mail_from=parse_address("you@example.net"),
            helo="mx.example.net",
            peer_ip="192.0.2.1",
        )
    assert (report.spf, report.dkim, report.dmarc) == ("temperror",) * 3
    assert not report.is_aligned


async def test_the_header_is_in_our_name():
    async with serving(*RECORDS) as zone:
        authenticator = Authenticator(resolver_of(zone), "mail.example.org")
        assert authenticator.header(AuthReport()).startswith("mail.example.org; ")


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\x00" * 100, b"From:" + b'"' * 5000 + b"\r\n\r\n"])
async def test_odd_messages_raise_nothing(raw):
    assert not (await check(raw)).is_aligned
