"""Signatures of others: made by the stock signer, checked by ours, then bent."""

import base64
from datetime import UTC, datetime, timedelta

import dkim as stock
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mailcore.clock import Clock
from mailcore.mailauth.dkim import SigningKey, sign
from mailcore.mailauth.dkim_verify import DkimResult, verify, verify_all
from mailcore.mailauth.keys import dns_record, load_private
from mailcore.mailauth.signature import DkimVerdict
from mailcore.net.dns import DnsTemporaryError
from tests.support.dns import asking, resolver_of, serving
from tests.support.effort import takes_at_most
from tests.support.keys import ed25519_pair, rsa_pair

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAME = "s1._domainkey.example.org"
MESSAGE = (
    b"From: Mia <mia@example.org>\r\n"
    b"To: you@example.net\r\n"
    b"Subject: Hello\r\n"
    b"\r\n"
    b"Hello,  there\r\n\r\n"
)

FORMS = [(a, b) for a in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")]


class Fixed(Clock):
    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def stock_signed(raw: bytes = MESSAGE, **options: object) -> bytes:
    pem, _ = rsa_pair()
    return stock.sign(raw, b"s1", b"example.org", pem, **options) + raw


def our_signed(raw: bytes = MESSAGE) -> bytes:
    key = SigningKey(selector="s1", key=load_private(rsa_pair()[0]))
    return sign(raw, domain="example.org", keys=[key], signed_at=AT) + raw


def record(extra: str = "") -> bytes:
    return (dns_record(rsa_pair()[1], "rsa-sha256") + extra).encode()


def check(raw: bytes, key: bytes | None = None) -> tuple[DkimResult, ...]:
    found = record() if key is None else key
    return verify_all(raw, lambda name: found if name == NAME else None, clock=Fixed())


@pytest.mark.parametrize("forms", FORMS)
def test_stock_signatures_of_every_form_pass(forms):
    """RFC 6376 §3.4."""
    [result] = check(stock_signed(canonicalize=forms))
    assert (result.domain, result.selector) == ("example.org", "s1")
    assert (result.result, result.is_partial, result.reason) == (DkimVerdict.PASS, False, "")
    assert {"from", "to", "subject"} <= set(result.fields)


def test_an_ed25519_signature_of_the_stock_passes():
    """RFC 8463."""
    key = load_private(ed25519_pair()[0])
    seed = base64.b64encode(key.private_bytes_raw())
    raw = (
        stock.sign(MESSAGE, b"s1", b"example.org", seed, signature_algorithm=b"ed25519-sha256")
        + MESSAGE
    )
    [result] = check(raw, dns_record(ed25519_pair()[1], "ed25519-sha256").encode())
    assert result.result is DkimVerdict.PASS


def test_a_published_key_without_wrapper_is_read():
    """RFC 6376 §3.6.1: RSAPublicKey as well as SubjectPublicKeyInfo."""
    public = load_private(rsa_pair()[0]).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    [result] = check(our_signed(), b"p=" + base64.b64encode(der))
    assert result.result is DkimVerdict.PASS


def test_every_signature_gets_its_own_result():
    """RFC 6376 §6.1: a failing first one does not hide a passing second one."""
    broken = our_signed().replace(b"bh=", b"bh=AAAA", 1)
    header = broken[: broken.index(b"From:")]
    results = check(header + our_signed())
    assert [one.result for one in results] == [DkimVerdict.FAIL, DkimVerdict.PASS]


def test_only_so_many_signatures_are_looked_at():
    prefix = our_signed()[: -len(MESSAGE)]
    assert len(check(prefix * 25 + MESSAGE)) == 10


def test_a_message_without_signature_has_no_result():
    assert check(MESSAGE) == ()


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ((b"Hello,", b"Hallo,"), DkimVerdict.FAIL),
        ((b"Subject: Hello", b"Subject: Hallo"), DkimVerdict.FAIL),
        ((b"v=1", b"v=2"), DkimVerdict.PERMERROR),
        ((b"a=rsa-sha256", b"a=rsa-sha1"), DkimVerdict.POLICY),
        ((b"a=rsa-sha256", b"a=none"), DkimVerdict.PERMERROR),
        ((b"c=relaxed/simple", b"c=loose"), DkimVerdict.PERMERROR),
        ((b"d=example.org", b"d=ex ample"), DkimVerdict.PERMERROR),
        ((b"h=from:from:", b"h="), DkimVerdict.PERMERROR),
        ((b"s=s1;", b"s=s1; i=@example.com;"), DkimVerdict.PERMERROR),
        ((b"s=s1;", b"s=s1; s=s1;"), DkimVerdict.PERMERROR),
        ((b"s=s1;", b"s=s1; l=" + b"9" * 5000 + b";"), DkimVerdict.PERMERROR),
        ((b"s=s1;", b"s=s1; x=100;"), DkimVerdict.PERMERROR),
        ((b"s=s1;", b"s=s1; q=http;"), DkimVerdict.PERMERROR),
        ((b"bh=", b"bh=***"), DkimVerdict.PERMERROR),
        ((b"s=s1;", b"s=other;"), DkimVerdict.PERMERROR),
    ],
)
def test_a_bent_signature_is_told_apart(change, verdict):
    """RFC 6376 §6.1.1, RFC 8301 §3.1."""
    bent = our_signed().replace(*change, 1)
    assert bent != our_signed()
    assert [one.result for one in check(bent)] == [verdict]


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        (b"v=DKIM1; p=", DkimVerdict.PERMERROR),
        (b"v=DKIM1; k=rsa", DkimVerdict.PERMERROR),
        (b"v=DKIM2; p=AAAA", DkimVerdict.PERMERROR),
        (b"p=AAAA", DkimVerdict.PERMERROR),
        (b"garbage", DkimVerdict.PERMERROR),
        (record(extra="; s=tlsrpt"), DkimVerdict.PERMERROR),
        (record(extra="; h=sha1"), DkimVerdict.PERMERROR),
        (record(extra="; t=s"), DkimVerdict.PASS),
        (dns_record(ed25519_pair()[1], "ed25519-sha256").encode(), DkimVerdict.PERMERROR),
    ],
    ids=[
        "revoked",
        "without a key",
        "another version",
        "not base64 of a key",
        "no tags",
        "another service",
        "another hash",
        "strict",
        "another algorithm",
    ],
)
def test_a_key_record_decides(key, verdict):
    """RFC 6376 §3.6.1, §6.1.2."""
    assert [one.result for one in check(our_signed(), key)] == [verdict]


def test_a_failure_under_a_test_key_is_neutral():
    """RFC 6376 §3.6.1, `t=y`."""
    raw = our_signed().replace(b"Hello,", b"Hallo,")
    assert [one.result for one in check(raw, record(extra="; t=y"))] == [DkimVerdict.NEUTRAL]


def test_a_key_below_1024_bits_is_not_believed():
    """RFC 8301 §3.2."""
    public = RSAPublicNumbers(65537, (1 << 767) + 0x1234567).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    [result] = check(our_signed(), b"p=" + base64.b64encode(der))
    assert result.result is DkimVerdict.POLICY


def test_a_strict_key_is_not_for_subdomains():
    """RFC 6376 §3.6.1, `t=s`."""
    raw = stock_signed(identity=b"mia@sub.example.org")
    assert [one.result for one in check(raw)] == [DkimVerdict.PASS]
    assert [one.result for one in check(raw, record(extra="; t=s"))] == [DkimVerdict.PERMERROR]


def test_an_expired_signature_does_not_pass():
    """RFC 6376 §3.5, `x=`."""
    raw = our_signed().replace(b"s=s1;", b"s=s1; x=%d;" % (AT.timestamp() + 60), 1)
    [fresh] = verify_all(raw, lambda _: record(), clock=Fixed())
    [stale] = verify_all(raw, lambda _: record(), clock=Fixed(AT + timedelta(hours=1)))
    assert fresh.reason != stale.reason
    assert stale.result is DkimVerdict.POLICY


def test_a_signature_over_the_beginning_of_the_body_is_partial():
    """RFC 6376 §8.2: what is appended is nobody's."""
    raw = stock_signed(length=True, canonicalize=(b"relaxed", b"simple"))
    [whole] = check(raw)
    [appended] = check(raw + b"and the password please\r\n")
    assert (whole.result, whole.is_partial) == (DkimVerdict.PASS, False)
    assert (appended.result, appended.is_partial) == (DkimVerdict.PASS, True)


def test_a_second_from_breaks_a_signature_that_did_not_oversign():
    """RFC 6376 §8.15."""
    raw = stock_signed(include_headers=[b"from", b"subject"])
    assert [one.result for one in check(b"From: boss@example.org\r\n" + raw)] == [DkimVerdict.FAIL]


def test_a_key_that_cannot_be_fetched_is_a_temporary_error():
    def lookup(_name: str) -> bytes | None:
        raise DnsTemporaryError("down")

    [result] = verify_all(our_signed(), lookup, clock=Fixed())
    assert result.result is DkimVerdict.TEMPERROR


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" x\r\n",
        b"\r\n",
        b" DKIM-Signature: v=1\r\n\r\n",
        b"DKIM-Signature:\r\n\r\n",
        b"DKIM-Signature: ;;;\r\n\r\n",
        b"DKIM-Signature: v=1; d=\xff; s=\xff\r\n\r\n",
        b"DKIM-Signature: " + b"a" * 20_000 + b"\r\n\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; b=" + b" " * 15_000 + b"\r\n\r\n",
        b"DKIM-Signature: v=1; h=" + b"from:" * 3_000 + b"\r\n\r\n",
    ],
)
def test_malformed_messages_raise_nothing(raw):
    assert all(one.result is DkimVerdict.PERMERROR for one in check(raw))


@given(st.binary(max_size=300))
def test_any_octets_in_a_signature_raise_nothing(octets):
    check(b"DKIM-Signature: v=1; a=rsa-sha256; " + octets + b"\r\nFrom: a@b.c\r\n\r\nx\r\n")


SIGNED = our_signed()


@given(st.binary(max_size=120))
def test_any_octets_in_a_key_record_raise_nothing(octets):
    assert check(SIGNED, octets + b";p=")[0].result is not DkimVerdict.PASS


def test_hostile_messages_take_linear_time():
    """A body of white space, a header of many fields, and a signature of white space."""
    prefix = stock_signed(canonicalize=(b"relaxed", b"relaxed"))[: -len(MESSAGE)]
    spaces = prefix * 10 + b"X: y\r\n" * 9000 + MESSAGE + b" " * 2_000_000
    assert takes_at_most(1.5, lambda: check(spaces))
    empty = b"DKIM-Signature: v=1; b=" + b" \r\n" * 5000 + b"\r\n" + MESSAGE
    assert takes_at_most(0.5, lambda: check(empty))


async def test_keys_come_from_dns_at_once():
    async with serving((NAME, "TXT", record().decode())) as zone:
        results = await verify(our_signed(), resolver_of(zone), clock=Fixed())
        assert [one.result for one in results] == [DkimVerdict.PASS]
        assert zone.asked(NAME, "TXT") == 1


async def test_a_large_message_is_checked_too():
    raw = our_signed(MESSAGE + b"line of text\r\n" * 20_000)
    async with asking((NAME, "TXT", record().decode())) as resolver:
        [result] = await verify(raw, resolver, clock=Fixed())
    assert result.result is DkimVerdict.PASS


async def test_servfail_for_the_key_is_a_temporary_error():
    async with serving() as zone:
        zone.fail(NAME)
        [result] = await verify(our_signed(), resolver_of(zone), clock=Fixed())
    assert result.result is DkimVerdict.TEMPERROR
