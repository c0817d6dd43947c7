"""DANE: certificates of real handshakes against TLSA records (RFC 7672)."""

import asyncio
import hashlib
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailcore.clock import SystemClock
from mailcore.net.dns import TlsaRecord
from mailcore.net.tls import client_context, server_context
from mailcore.outbound import dane
from tests.support.authority import Issued, issue
from tests.support.dns import resolver_of, serving

HOST = "mx.far.example"
NOW = SystemClock().now()
needs_chain = pytest.mark.skipif(sys.version_info < (3, 13), reason="chains need Python 3.13")


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return issue(tmp_path_factory.mktemp("ca"), [HOST], with_chain=True)


def record(pem: Path, usage: int, selector: int, matching: int) -> TlsaRecord:
    """The record that the first certificate of a file needs."""
    found = x509.load_pem_x509_certificates(pem.read_bytes())[0]
    octets = (
        found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if selector
        else found.public_bytes(Encoding.DER)
    )
    if matching:
        octets = {1: hashlib.sha256, 2: hashlib.sha512}[matching](octets).digest()
    return TlsaRecord(usage=usage, selector=selector, matching=matching, value=octets)


@asynccontextmanager
async def handshake(issued: Issued) -> AsyncIterator[ssl.SSLObject]:
    """A connection to a server with that certificate, nothing verified yet."""

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(
        wait, "127.0.0.1", 0, ssl=server_context(issued.cert, issued.key)
    )
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=client_context(is_verified=False), server_hostname=HOST
    )
    try:
        yield writer.get_extra_info("ssl_object")
    finally:
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()


async def verdict(issued: Issued, *records: TlsaRecord, name: str = HOST, days: int = 0) -> str:
    async with handshake(issued) as connection:
        found = dane.usable(records)
        now = NOW + timedelta(days=days)
        return dane.problem(found, connection, names=(name,), now=now)


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
async def test_the_hosts_own_certificate_in_every_form(
    issued: Issued, selector: int, matching: int
) -> None:
    assert await verdict(issued, record(issued.cert, 3, selector, matching)) == ""


async def test_with_its_own_certificate_neither_name_nor_date_matters(issued: Issued) -> None:
    """RFC 7672 §3.1.1."""
    own = record(issued.cert, 3, 1, 1)
    assert await verdict(issued, own, name="other.example", days=4000) == ""


async def test_another_key_is_refused(issued: Issued, tmp_path: Path) -> None:
    other = issue(tmp_path, [HOST])
    assert "does not match" in await verdict(issued, record(other.cert, 3, 1, 1))


async def test_one_record_that_fits_is_enough(issued: Issued, tmp_path: Path) -> None:
    """Keys are changed with two records (RFC 7671 §8.1)."""
    other = issue(tmp_path, [HOST])
    records = [record(other.cert, 3, 1, 1), record(issued.cert, 3, 1, 1)]
    assert await verdict(issued, *records) == ""


@needs_chain
@pytest.mark.parametrize("matching", [0, 1, 2])
async def test_an_authority_in_the_chain(issued: Issued, matching: int) -> None:
    assert await verdict(issued, record(issued.authority, 2, 0, matching)) == ""


@needs_chain
async def test_below_an_authority_the_name_counts(issued: Issued) -> None:
    """RFC 7672 §3.2.3."""
    found = await verdict(issued, record(issued.authority, 2, 1, 1), name="other.example")
    assert "not valid below the authority" in found


@needs_chain
async def test_below_an_authority_the_date_counts(issued: Issued) -> None:
    found = await verdict(issued, record(issued.authority, 2, 1, 1), days=30)
    assert "not valid below the authority" in found


@needs_chain
async def test_the_name_of_an_authority_is_not_its_signature(
    issued: Issued, tmp_path: Path
) -> None:
    """A stranger's authority of the same name, sent along, vouches for nothing."""
    stranger = issue(tmp_path, [HOST])
    joined = tmp_path / "joined.pem"
    first = issued.cert.read_bytes().split(b"-----BEGIN", 2)
    joined.write_bytes(b"-----BEGIN" + first[1] + stranger.authority.read_bytes())
    mixed = Issued(stranger.authority, joined, issued.key)
    assert "not valid below" in await verdict(mixed, record(stranger.authority, 2, 0, 1))


def test_what_smtp_does_not_use_is_unusable(issued: Issued) -> None:
    """RFC 7672 §3.1.3, and records that are broken."""
    good = record(issued.cert, 3, 1, 1)
    short = TlsaRecord(usage=3, selector=1, matching=1, value=good.value[:-1])
    strange = [
        record(issued.cert, 0, 1, 1),
        record(issued.cert, 1, 1, 1),
        TlsaRecord(usage=3, selector=2, matching=1, value=good.value),
        TlsaRecord(usage=3, selector=1, matching=9, value=good.value),
        TlsaRecord(usage=3, selector=1, matching=0, value=b""),
        short,
    ]
    assert dane.usable([*strange, good]) == (good,)


async def test_records_count_only_where_dnssec_vouches_for_all() -> None:
    """RFC 7672 §2.1.1, §2.2.2: addresses and records; an alias leads to the records of its target."""
    value = "3 1 1 " + "ab" * 32
    async with serving(
        (HOST, "A", "127.0.0.1"),
        (f"_25._tcp.{HOST}", "TLSA", value),
        ("alias.signed.example", "CNAME", HOST),
        ("far.example", "MX", f"10 {HOST}"),
    ) as zone:
        resolver = resolver_of(zone)
        assert await resolver.tlsa(HOST, 25) == ()
        assert not await resolver.is_mx_secure("far.example")
        zone.sign("signed.example")
        assert await resolver.tlsa("alias.signed.example", 25) == ()
        zone.sign("far.example")
        assert await resolver.is_mx_secure("far.example")
        [one] = await resolver.tlsa(HOST, 25)
        assert (one.usage, one.selector, one.matching, one.value) == (3, 1, 1, b"\xab" * 32)
        assert await resolver.tlsa("alias.signed.example", 25) == (one,)
        doubting = type(resolver)(zone.nameserver, trusts_ad=False, cache_size=0)
        assert await doubting.tlsa(HOST, 25) == ()
        assert not await doubting.is_mx_secure("far.example")
