"""Certificates and contexts, used by real handshakes."""

import asyncio
import shutil
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from mailcore.clock import Clock, SystemClock
from mailcore.errors import MailError
from mailcore.net.tls import (
    AUTHORITY_VALIDITY,
    VALIDITY,
    authority_file,
    client_context,
    reload,
    self_signed,
    server_context,
    signed_document,
)


class At(Clock):
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


async def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """The TLS version two contexts agree on over a real socket."""

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=server)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname=name
        )
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
    return version


@pytest.mark.parametrize("name", ["mail.example.org", "localhost", "127.0.0.1", "::1"])
async def test_a_client_that_trusts_the_file_can_verify_every_name(tmp_path, name):
    cert, key = self_signed("mail.example.org", ["example.org"], tmp_path)
    client = client_context(is_verified=True, ca_file=cert)
    assert await handshake(server_context(cert, key), client, name) == "TLSv1.3"


async def test_a_client_that_does_not_trust_the_file_refuses(tmp_path):
    cert, key = self_signed("mail.example.org", [], tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        await handshake(server_context(cert, key), client_context(is_verified=True), "localhost")


async def test_opportunistic_tls_takes_any_certificate(tmp_path):
    """RFC 7435."""
    cert, key = self_signed("other.test", [], tmp_path)
    client = client_context(is_verified=False)
    assert await handshake(server_context(cert, key), client, "mail.example.org") == "TLSv1.3"


def test_the_certificate_is_made_once(tmp_path):
    first = self_signed("mail.example.org", [], tmp_path)[0].read_bytes()
    assert self_signed("mail.example.org", [], tmp_path)[0].read_bytes() == first


def test_the_certificate_is_made_again_for_a_new_name(tmp_path):
    first = self_signed("mail.example.org", [], tmp_path)[0].read_bytes()
    second = self_signed("mail.example.org", ["example.net"], tmp_path)[0].read_bytes()
    assert second != first


def test_the_certificate_is_made_again_before_it_expires(tmp_path):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    first = self_signed("mail.example.org", [], tmp_path, clock=At(now))[0].read_bytes()
    later = At(now + VALIDITY - timedelta(days=10))
    assert self_signed("mail.example.org", [], tmp_path, clock=later)[0].read_bytes() != first


async def test_who_trusts_the_authority_trusts_every_later_certificate(tmp_path):
    """As strict as Python can be; the certificate itself is no authority."""
    now = SystemClock().now()
    self_signed("mail.example.org", [], tmp_path, clock=At(now - VALIDITY))
    trusted = authority_file(tmp_path).read_bytes()
    cert, key = self_signed("mail.example.org", ["example.net"], tmp_path)
    assert authority_file(tmp_path).read_bytes() == trusted
    client = ssl.create_default_context(cafile=authority_file(tmp_path))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    assert await handshake(server_context(cert, key), client, "example.net") == "TLSv1.3"
    leaf, authority = x509.load_pem_x509_certificates(cert.read_bytes())
    basic = [
        one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        for one in (leaf, authority)
    ]
    assert basic == [False, True]


def test_a_new_authority_is_made_before_one_could_end_too_soon(tmp_path):
    """It must outlive what it issues; its name is another one then."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    self_signed("mail.example.org", [], tmp_path, clock=At(now))
    first = x509.load_pem_x509_certificate(authority_file(tmp_path).read_bytes())
    later = At(now + AUTHORITY_VALIDITY - VALIDITY + timedelta(days=1))
    cert, _ = self_signed("mail.example.org", [], tmp_path, clock=later)
    second = x509.load_pem_x509_certificate(authority_file(tmp_path).read_bytes())
    assert second.subject != first.subject
    x509.load_pem_x509_certificates(cert.read_bytes())[0].verify_directly_issued_by(second)


def test_only_the_owner_can_read_the_key(tmp_path):
    _, key = self_signed("mail.example.org", [], tmp_path)
    for path in (key, authority_file(tmp_path).with_suffix(".key")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_listener_of_other_servers_gives_no_tickets(tmp_path):
    cert, key = self_signed("mail.example.org", [], tmp_path)
    context = server_context(cert, key, is_mx=True)
    assert context.num_tickets == 0
    assert context.options & ssl.OP_NO_TICKET
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_a_reloaded_context_shows_the_new_certificate(tmp_path):
    cert, key = self_signed("old.test", [], tmp_path / "old")
    context = server_context(cert, key)
    new_cert, new_key = self_signed("new.test", [], tmp_path / "new")
    reload(context, new_cert, new_key)
    client = client_context(is_verified=True, ca_file=new_cert)
    assert await handshake(context, client, "new.test") == "TLSv1.3"


def test_a_missing_key_file_is_named(tmp_path):
    cert, _ = self_signed("mail.example.org", [], tmp_path)
    with pytest.raises(MailError, match=r"cannot read the TLS key .*nowhere\.key"):
        server_context(cert, tmp_path / "nowhere.key")


def test_a_key_of_another_certificate_is_refused(tmp_path):
    cert, _ = self_signed("mail.example.org", [], tmp_path / "a")
    _, key = self_signed("mail.example.org", [], tmp_path / "b")
    with pytest.raises(MailError, match="cannot be used together"):
        server_context(cert, key)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_signed_document_is_read_by_openssl(tmp_path):
    """With the certificate as its authority; not when a byte is changed."""
    cert, key = self_signed("mail.example.org", [], tmp_path)
    content = b"<plist>\n settings \r\n</plist>\n"
    signed = signed_document(content, cert, key)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"]
    for given, status in ((signed, 0), (signed.replace(b"set", b"bet"), 4)):
        done = subprocess.run(
            [*command, "-CAfile", str(cert)], input=given, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout == content) == (status, status == 0), done.stderr


def test_a_document_is_not_signed_with_a_key_that_does_not_fit(tmp_path):
    cert, _ = self_signed("mail.example.org", [], tmp_path)
    with pytest.raises(MailError):
        signed_document(b"x", cert, cert)
