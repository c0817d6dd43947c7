"""TLS contexts for both ends, and the certificate of a server without its own: of a local authority.

No ACME here. Contexts can be reloaded in place: connections made afterwards get the new certificate.
The authority (`ca.pem`) is what people and clients trust, and stays; the server's certificate below it is
made again for new names and before it expires, and nobody has to trust anything again.
"""

import functools
import ipaddress
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mailcore.clock import Clock, SystemClock
from mailcore.errors import ErrorKind, MailError

VALIDITY: Final = timedelta(days=825)
"""The longest lifetime that all mail programs accept."""
AUTHORITY_VALIDITY: Final = timedelta(days=3650)
EXPIRES_SOON: Final = timedelta(days=14)
"""When somebody should have renewed a certificate."""
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
    INVALID when it cannot be read. With the authorities of the system alone it is one for all callers.
    """
    if is_verified:
        if ca_file is None:
            return _system_context()
        context = _verified_context()
        _trust(context, ca_file)
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _verified_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    # As strict as other mail programs, with every Python: private authorities lack extensions.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@functools.cache
def _system_context() -> ssl.SSLContext:
    """Made once: reading the authorities takes far longer than a handshake, and megabytes."""
    return _verified_context()


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


def expires_at(cert: Path) -> datetime | None:
    """When the first certificate of a PEM file ends; None for a file that has none."""
    try:
        return x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def authority_file(data_dir: Path) -> Path:
    """The certificate of the local authority, PEM: what clients are told to trust."""
    return data_dir / "tls" / "ca.pem"


def self_signed(
    hostname: str, names: Iterable[str], data_dir: Path, *, clock: Clock | None = None
) -> tuple[Path, Path]:
    """The server's certificate and key in `data_dir/tls`, made when missing, nearly expired or lacking a name.

    Issued by the local authority, whose certificate stands behind it in the file. Covers `hostname`,
    `names` (DNS names or addresses) and loopback. Key files have mode 0600. Reads, writes and syncs
    files: not on the loop.
    """
    folder = data_dir / "tls"
    cert_path, key_path = folder / "self-signed.pem", folder / "self-signed.key"
    wanted = list(dict.fromkeys(str(_general(one).value) for one in (hostname, *names, *_ALWAYS)))
    now = (clock or SystemClock()).now()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority(hostname, data_dir, now)
    if not _is_usable(cert_path, key_path, authority.cert, wanted, now):
        key = ec.generate_private_key(ec.SECP256R1())
        cert = _issue(hostname, wanted, key, authority, now)
        chain = _pem(cert) + _pem(authority.cert)
        _write(key_path, _private_pem(key), mode=0o600)
        _write(cert_path, chain, mode=0o644)
    return cert_path, key_path


@dataclass(frozen=True, slots=True)
class _Authority:
    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def _authority(hostname: str, data_dir: Path, now: datetime) -> _Authority:
    """The local authority, made when missing, or when it ends before what it would issue."""
    cert_path = authority_file(data_dir)
    key_path = cert_path.with_suffix(".key")
    try:
        cert = x509.load_pem_x509_certificate(cert_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return _new_authority(hostname, cert_path, key_path, now)
    is_whole = isinstance(key, ec.EllipticCurvePrivateKey) and cert.public_key() == key.public_key()
    if not is_whole or not cert.not_valid_before_utc <= now < cert.not_valid_after_utc - VALIDITY:
        return _new_authority(hostname, cert_path, key_path, now)
    return _Authority(cert, cast(ec.EllipticCurvePrivateKey, key))  # checked just above


def _new_authority(hostname: str, cert_path: Path, key_path: Path, now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    number = x509.random_serial_number()
    # Programs tell authorities apart by name: a later one must not be taken for this one.
    name = f"Countersign {number:x}"[:20] + f" {hostname}"
    subject = _name(name)
    cert = (
        _builder(subject, subject, key.public_key(), now, AUTHORITY_VALIDITY, number)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _private_pem(key), mode=0o600)
    _write(cert_path, _pem(cert), mode=0o644)
    return _Authority(cert, key)


def _issue(
    hostname: str,
    names: list[str],
    key: ec.EllipticCurvePrivateKey,
    authority: _Authority,
    now: datetime,
) -> x509.Certificate:
    alternatives = x509.SubjectAlternativeName([_general(one) for one in names])
    issuer = authority.cert.subject
    number = x509.random_serial_number()
    return (
        _builder(_name(hostname), issuer, key.public_key(), now, VALIDITY, number)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternatives, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
        .sign(authority.key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    validity: timedelta,
    number: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(number)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + validity)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_COMMON_NAME_LIMIT])])


def _pem(cert: x509.Certificate) -> bytes:
    return cert.public_bytes(serialization.Encoding.PEM)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _is_usable(
    cert_path: Path,
    key_path: Path,
    authority: x509.Certificate,
    wanted: list[str],
    now: datetime,
) -> bool:
    try:
        cert, *_ = x509.load_pem_x509_certificates(cert_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        cert.verify_directly_issued_by(authority)
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    covered = {*names.get_values_for_type(x509.DNSName)}
    covered.update(str(one) for one in names.get_values_for_type(x509.IPAddress))
    return (
        cert.public_key() == key.public_key()
        and covered.issuperset(wanted)
        and cert.not_valid_before_utc <= now < cert.not_valid_after_utc - _RENEW_BEFORE
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
