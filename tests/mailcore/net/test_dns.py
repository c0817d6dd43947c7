"""The resolver against a real name server on loopback."""

import pytest

from mailcore.net.dns import DnsTemporaryError, MxRecord, Resolver
from tests.support.dns import asking, resolver_of, serving


async def test_the_strings_of_a_txt_record_are_joined():
    """RFC 7208 §3.3: without spaces."""
    long = "v=DKIM1; p=" + "A" * 600
    async with asking(("s._domainkey.example.org", "TXT", long)) as resolver:
        assert await resolver.txt("s._domainkey.example.org") == (long.encode(),)


async def test_an_answer_too_large_for_udp_comes_over_tcp():
    """RFC 7766 §5."""
    records = [("big.test", "TXT", f"{n:03d}" + "x" * 300) for n in range(20)]
    async with asking(*records) as resolver:
        assert len(await resolver.txt("big.test")) == 20


async def test_mx_records_have_lower_case_names_without_final_dot():
    async with asking(("example.org", "MX", "10 MX.Example.org.")) as resolver:
        assert await resolver.mx("example.org") == (MxRecord(preference=10, host="mx.example.org"),)


async def test_a_null_mx_is_a_dot():
    """RFC 7505 §3."""
    async with asking(("example.org", "MX", "0 .")) as resolver:
        assert await resolver.mx("example.org") == (MxRecord(preference=0, host="."),)


async def test_addresses_are_ipv4_then_ipv6():
    async with asking(("h.test", "AAAA", "2001:db8::1"), ("h.test", "A", "192.0.2.1")) as resolver:
        assert await resolver.addresses("h.test") == ("192.0.2.1", "2001:db8::1")


async def test_an_alias_is_followed():
    async with asking(("www.test", "CNAME", "h.test"), ("h.test", "A", "192.0.2.7")) as resolver:
        assert await resolver.ipv4("www.test") == ("192.0.2.7",)


async def test_a_missing_name_and_a_missing_type_are_empty():
    async with asking(("h.test", "A", "192.0.2.1")) as resolver:
        assert await resolver.txt("missing.test") == ()
        assert await resolver.txt("h.test") == ()


@pytest.mark.parametrize("name", ["", "a..b", "x" * 70 + ".test", ".".join(["ab"] * 120), "\x00é."])
async def test_a_name_that_cannot_exist_has_no_records(name):
    async with asking() as resolver:
        assert await resolver.txt(name) == ()


async def test_servfail_is_a_temporary_error():
    async with serving() as zone:
        zone.fail("broken.test")
        with pytest.raises(DnsTemporaryError):
            await resolver_of(zone).txt("broken.test")


async def test_silence_is_a_temporary_error():
    async with serving() as zone:
        zone.silence("mute.test")
        with pytest.raises(DnsTemporaryError):
            await resolver_of(zone, timeout_seconds=0.2).mx("mute.test")


async def test_nobody_listening_is_a_temporary_error():
    async with serving() as zone:
        resolver = resolver_of(zone, timeout_seconds=0.3)
    with pytest.raises(DnsTemporaryError):
        await resolver.txt("example.org")


async def test_an_answer_is_asked_for_once_while_it_lives():
    async with serving(("example.org", "TXT", "hello"), ttl_seconds=60) as zone:
        resolver = resolver_of(zone, cache_size=100)
        assert await resolver.txt("example.org") == await resolver.txt("example.org")
        assert zone.asked("example.org", "TXT") == 1


async def test_names_of_an_address_are_found():
    async with asking(("1.2.0.192.in-addr.arpa", "PTR", "mail.example.org.")) as resolver:
        assert await resolver.ptr("192.0.2.1") == ("mail.example.org",)
        assert await resolver.ptr("not an address") == ()


async def test_a_name_exists_when_it_has_an_address_or_a_mail_host():
    async with asking(("h.test", "A", "192.0.2.1"), ("m.test", "MX", "1 h.test")) as resolver:
        assert await resolver.exists("h.test")
        assert await resolver.exists("m.test")
        assert not await resolver.exists("nothing.test")


@pytest.mark.parametrize(
    ("nameserver", "trusts_ad", "is_believed"),
    [
        ("127.0.0.1:53", None, True),
        ("[::1]:53", None, True),
        ("127.0.0.11:53", None, False),
        ("192.0.2.1:53", None, False),
        ("192.0.2.1:53", True, True),
        ("127.0.0.1:53", False, False),
    ],
)
def test_whose_word_about_dnssec_counts(
    nameserver: str, trusts_ad: bool | None, is_believed: bool
) -> None:
    """RFC 6840 §5.8: only over a way that nobody else is on; Docker's forwarder is on loopback, too."""
    assert Resolver(nameserver, trusts_ad=trusts_ad)._trusts_ad is is_believed
