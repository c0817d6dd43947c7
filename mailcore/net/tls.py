"""TLS contexts for both ends, and the self-signed certificate of a server without its own.

No ACME here. Contexts can be reloaded in place: connections made afterwards get the new certificate.
The self-signed certificate is its own authority, so that clients can name its file as `ca_file`.
"""

import ipaddress
import os
import ssl
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailcore.clock import Clock, SystemClock
from mailcore.errors import ErrorKind, MailError

VALIDITY: Final = timedelta(days=825)
"""The longest lifetime that all mail programs accept."""
_RENEW_BEFORE: Final = timedelta(days=30)
_ALWAYS: Final = ("localhost", "127.0.0.1", "::1")
_COMMON_NAME_LIMIT: Final = 64


def server_context(cert: Path, key: Path, *, is_mx: bool = False) -> ssl.SSLContext:
    """A context for a listener: TLS 1.2 and newer (RFC 8996, RFC 9325).

    With `is_mx` no session tickets: with them some large senders fail to resume and defer their mail.
    Raises MailError naming the file that is missing or does not fit. Reads files: not on the loop.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if is_mx:
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
    reload(context, cert, key)
    return context


def reload(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    """Make new connections of a server's context use these files; on error the old ones stay."""
    for what, path in (("certificate", cert), ("key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise MailError(
                ErrorKind.INVALID,
                f"cannot read the TLS {what} {path}: {error.strerror}",
                fix=f"Check tls.{'cert' if what == 'certificate' else 'key'} in the configuration",
            ) from error
    try:
        context.load_cert_chain(cert, key, password=_refuse_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise MailError(
            ErrorKind.INVALID,
            f"the TLS certificate {cert} and the key {key} cannot be used together",
            fix="Give a PEM certificate chain and its own PEM private key without a password",
            detail=str(error),
        ) from error


def _refuse_password() -> str:
    raise ValueError("the private key has a password")


def signed_document(content: bytes, cert: Path, key: Path) -> bytes:
    """`content` inside a PKCS #7 signature with the certificate and its chain, DER (RFC 5652).

    Raises MailError when the files cannot be used. Reads files: not on the loop.
    """
    try:
        leaf, *chain = x509.load_pem_x509_certificates(cert.read_bytes())
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(leaf, _document_key(key), hashes.SHA256())
        for one in chain:
            builder = builder.add_certificate(one)
        return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
    except (OSError, ValueError, TypeError) as error:
        raise MailError(
            ErrorKind.UNAVAILABLE, "the certificate cannot sign documents", detail=str(error)
        ) from error


def _document_key(path: Path) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise TypeError("neither RSA nor ECDSA")


def client_context(*, ca_file: Path | None = None, is_verified: bool) -> ssl.SSLContext:
    """A context for connections we make.

    Without `is_verified` any certificate is taken: opportunistic TLS of mail hosts (RFC 7435), better
    than none and never a proof of who is there. `ca_file` adds authorities to those of the system;
    INVALID when it cannot be read.
    """
    if not is_verified:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
        # As strict as other mail programs, with every Python: private authorities lack extensions.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if ca_file is not None:
            _trust(context, ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _trust(context: ssl.SSLContext, ca_file: Path) -> None:
    try:
        context.load_verify_locations(cafile=ca_file)
    except OSError as error:
        raise MailError(
            ErrorKind.INVALID,
            f"the authorities in {ca_file} cannot be read",
            fix="Give a PEM file with certificates",
            detail=str(error),
        ) from error


def self_signed(
    hostname: str, names: Iterable[str], data_dir: Path, *, clock: Clock | None = None
) -> tuple[Path, Path]:
    """The certificate and key in `data_dir/tls`, made when missing, nearly expired or lacking a name.

    Covers `hostname`, `names` (DNS names or addresses) and loopback. The key file has mode 0600.
    Reads, writes and syncs files: not on the loop.
    """
    folder = data_dir / "tls"
    cert_path, key_path = folder / "self-signed.pem", folder / "self-signed.key"
    wanted = list(dict.fromkeys(str(_general(one).value) for one in (hostname, *names, *_ALWAYS)))
    now = (clock or SystemClock()).now()
    if not _is_usable(cert_path, key_path, wanted, now):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        cert, key = _make(hostname, wanted, now)
        _write(key_path, key, mode=0o600)
        _write(cert_path, cert, mode=0o644)
    return cert_path, key_path


def _is_usable(cert_path: Path, key_path: Path, wanted: list[str], now: datetime) -> bool:
    try:
        cert = x509.load_pem_x509_certificate(cert_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    covered = {*names.get_values_for_type(x509.DNSName)}
    covered.update(str(one) for one in names.get_values_for_type(x509.IPAddress))
    return (
        cert.public_key() == key.public_key()
        and covered.issuperset(wanted)
        and cert.not_valid_before_utc <= now < cert.not_valid_after_utc - _RENEW_BEFORE
    )


def _make(hostname: str, names: list[str], now: datetime) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:_COMMON_NAME_LIMIT])])
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    cert = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([_general(one) for one in names]), critical=False
        )
        .add_extension(key_id, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return cert.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]").removeprefix("IPv6:")))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replace the file whole: a reader sees the old one or the new one."""
    staged = path.with_name(path.name + ".new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
