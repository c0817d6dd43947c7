"""An operator's own certificate, issued by a private authority that clients are told to trust."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """PEM files: the authority's certificate, the server's, and the server's key."""

    authority: Path
    cert: Path
    key: Path


def issue(folder: Path, names: Sequence[str], *, with_chain: bool = False) -> Issued:
    """A new authority and a certificate of it for the names, with the authority's behind it if wished."""
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issued = Issued(folder / "authority.pem", folder / "cert.pem", folder / "key.pem")
    folder.mkdir(parents=True, exist_ok=True)
    issued.authority.write_bytes(_certificate("Private authority", root, root))
    chain = issued.authority.read_bytes() if with_chain else b""
    issued.cert.write_bytes(_certificate("Private authority", root, leaf, names) + chain)
    issued.key.write_bytes(
        leaf.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return issued


def _certificate(
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str] = (),
) -> bytes:
    """PEM; without names it is the issuer's own."""
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - a certificate is valid in real time
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(names[0] if names else issuer))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 2 * _DAY)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
