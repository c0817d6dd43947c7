"""SPF over real DNS (RFC 7208)."""

import pytest

from mailcore.address import Address, parse_address
from mailcore.mailauth.spf import SpfResult, check_host
from tests.support.dns import asking, resolver_of, serving


async def judge(
    record: str | None,
    *more: tuple[str, str, str],
    ip: str = "192.0.2.1",
    sender: str = "mia@example.org",
    helo: str = "mx.example.org",
) -> SpfResult:
    records = [] if record is None else [("example.org", "TXT", record)]
    mail_from: Address | None = parse_address(sender) if sender else None
    async with asking(*records, *more) as resolver:
        return await check_host(ip=ip, mail_from=mail_from, helo=helo, resolver=resolver)


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (None, "none"),
        ("some other text", "none"),
        ("v=spf10 -all", "none"),
        ("v=spf1", "neutral"),
        ("v=spf1 -all", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("V=SPF1 ?ALL", "neutral"),
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 ip4:192.0.2.1 -all", "pass"),
        ("v=spf1 -ip4:192.0.2.1 +all", "fail"),
        ("v=spf1 ip4:198.51.100.0/24 -all", "fail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "fail"),
        ("v=spf1 unknown-modifier=x ip4:192.0.2.1 -all", "pass"),
        ("v=spf1 ip4:192.0.2.1/33 -all", "permerror"),
        ("v=spf1 ip4:192.0.2 -all", "permerror"),
        ("v=spf1 ip4 -all", "permerror"),
        ("v=spf1 all:x", "permerror"),
        ("v=spf1 bogus", "permerror"),
        ("v=spf1 include", "permerror"),
        ("v=spf1 a:museum -all", "permerror"),
        ("v=spf1 a/33", "permerror"),
        ("v=spf1 ip4:192.0.2.1 bogus:x", "permerror"),
        ("v=spf1 redirect=a.test redirect=b.test", "permerror"),
        ("v=spf1 exists:%{x}.test", "permerror"),
        ("v=spf1 exists:%(i).test", "permerror"),
        ("v=spf1 a:\u00e9.test", "permerror"),
    ],
)
async def test_a_record_means_what_it_says(record, result):
    """RFC 7208 §4.6, §5."""
    assert (await judge(record)).result == result


@pytest.mark.parametrize(
    ("record", "more", "result"),
    [
        ("v=spf1 a -all", [("example.org", "A", "192.0.2.1")], "pass"),
        ("v=spf1 a/24 -all", [("example.org", "A", "192.0.2.99")], "pass"),
        ("v=spf1 a:h.test/24//64 -all", [("h.test", "A", "192.0.2.99")], "pass"),
        ("v=spf1 a:h.test -all", [("h.test", "A", "192.0.2.99")], "fail"),
        (
            "v=spf1 mx -all",
            [("example.org", "MX", "10 mx.test"), ("mx.test", "A", "192.0.2.1")],
            "pass",
        ),
        (
            "v=spf1 ptr -all",
            [
                ("1.2.0.192.in-addr.arpa", "PTR", "host.example.org."),
                ("host.example.org", "A", "192.0.2.1"),
            ],
            "pass",
        ),
        (
            "v=spf1 ptr -all",
            [
                ("1.2.0.192.in-addr.arpa", "PTR", "host.example.org."),
                ("host.example.org", "A", "192.0.2.2"),
            ],
            "fail",
        ),
        (
            "v=spf1 exists:%{ir}.%{v}.%{d} -all",
            [("1.2.0.192.in-addr.example.org", "A", "127.0.0.2")],
            "pass",
        ),
        (
            "v=spf1 exists:%{l1r-}.%{o2}._%{h} -all",
            [("mia.example.org._mx.example.org", "A", "127.0.0.2")],
            "pass",
        ),
        ("v=spf1 include:_spf.test -all", [("_spf.test", "TXT", "v=spf1 ip4:192.0.2.1")], "pass"),
        ("v=spf1 include:_spf.test ~all", [("_spf.test", "TXT", "v=spf1 -all")], "softfail"),
        ("v=spf1 include:missing.test -all", [], "permerror"),
        ("v=spf1 redirect=_spf.test", [("_spf.test", "TXT", "v=spf1 -all")], "fail"),
        ("v=spf1 redirect=missing.test", [], "permerror"),
        ("v=spf1 redirect=example.org", [], "permerror"),
        ("v=spf1 include:example.org", [], "permerror"),
        ("v=spf1 -all", [("example.org", "TXT", "v=spf1 +all")], "permerror"),
    ],
)
async def test_mechanisms_ask_dns(record, more, result):
    """RFC 7208 §5, §6.1, §7."""
    assert (await judge(record, *more)).result == result


async def test_ipv6_peers_are_matched():
    more = ("h.test", "AAAA", "2001:db8::5")
    assert (await judge("v=spf1 a:h.test -all", more, ip="2001:db8::5")).result == "pass"
    assert (await judge("v=spf1 ip6:2001:db8::/32 -all", ip="2001:db8::9")).result == "pass"
    assert (await judge("v=spf1 ip4:192.0.2.1 -all", ip="::ffff:192.0.2.1")).result == "pass"


async def test_a_null_sender_is_judged_by_helo():
    """RFC 7208 §2.4."""
    more = ("mx.example.org", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    found = await judge(None, more, sender="")
    assert (found.result, found.domain) == ("pass", "mx.example.org")


@pytest.mark.parametrize("helo", ["", "localhost", "[192.0.2.1]", "a..b", "x" * 300])
async def test_a_helo_that_is_no_domain_has_no_policy(helo):
    assert (await judge(None, sender="", helo=helo)).result == "none"


async def test_more_than_ten_lookups_are_a_permanent_error():
    """RFC 7208 §4.6.4."""
    hosts = [(f"h{n}.test", "A", "192.0.2.9") for n in range(11)]
    ten = "v=spf1 " + " ".join(f"a:h{n}.test" for n in range(10)) + " -all"
    eleven = "v=spf1 " + " ".join(f"a:h{n}.test" for n in range(11)) + " -all"
    assert (await judge(ten, *hosts)).result == "fail"
    assert (await judge(eleven, *hosts)).result == "permerror"


async def test_more_than_two_void_lookups_are_a_permanent_error():
    """RFC 7208 §4.6.4."""
    assert (await judge("v=spf1 a:x.test a:y.test -all")).result == "fail"
    assert (await judge("v=spf1 a:x.test a:y.test a:z.test -all")).result == "permerror"


async def test_more_than_ten_mail_hosts_are_a_permanent_error():
    """RFC 7208 §4.6.4."""
    more = [("example.org", "MX", f"10 h{n}.test") for n in range(11)]
    assert (await judge("v=spf1 mx -all", *more)).result == "permerror"


async def test_dns_trouble_is_a_temporary_error():
    async with serving(("example.org", "TXT", "v=spf1 a:h.test -all")) as zone:
        zone.fail("h.test")
        found = await check_host(
            ip="192.0.2.1",
            mail_from=parse_address("a@example.org"),
            helo="x.test",
            resolver=resolver_of(zone),
        )
    assert found.result == "temperror"
