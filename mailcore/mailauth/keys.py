"""DKIM keys: making them, loading them, publishing them, and reading what others publish.

RSA and Ed25519 through `cryptography`; nothing here knows messages or DNS.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from mailcore.errors import ErrorKind, MailError

RSA_SHA256: Final = "rsa-sha256"
ED25519_SHA256: Final = "ed25519-sha256"
RSA_BITS: Final = 2048
"""RFC 8301 §3.2: signers use at least this."""
MIN_RSA_BITS: Final = 1024
MAX_RSA_BITS: Final = 8192

type PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
type PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey


class UnusableKeyError(Exception):
    """A published key that verifies nothing; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKey:
    """A key record (RFC 6376 §3.6.1)."""

    key: PublicKey
    is_testing: bool
    needs_exact_identity: bool
    """`t=s`: the domain of `i=` must equal `d=`."""

    @property
    def bits(self) -> int:
        """The size of an RSA key; 256 for Ed25519."""
        return self.key.key_size if isinstance(self.key, rsa.RSAPublicKey) else 256


def generate_rsa(bits: int = RSA_BITS) -> tuple[bytes, str]:
    """A new RSA key: the private one as PEM, the public one as base64 for `p=`. Takes ~100 ms."""
    return _pair(rsa.generate_private_key(public_exponent=65537, key_size=bits))


def generate_ed25519() -> tuple[bytes, str]:
    """A new Ed25519 key (RFC 8463): the private one as PEM, the public one as base64 for `p=`."""
    return _pair(ed25519.Ed25519PrivateKey.generate())


def public_base64(key: PrivateKey) -> str:
    """The public half for `p=`: SubjectPublicKeyInfo of RSA, the 32 octets of Ed25519."""
    if isinstance(key, rsa.RSAPrivateKey):
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode("ascii")
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")


def _pair(key: PrivateKey) -> tuple[bytes, str]:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, public_base64(key)


def load_private(pem: bytes) -> PrivateKey:
    """The key of a PEM without password; raises INVALID when it is no RSA or Ed25519 key."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MailError(ErrorKind.INVALID, "the DKIM private key cannot be read") from error
    if isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        return key
    raise MailError(ErrorKind.INVALID, "a DKIM key must be RSA or Ed25519")


def algorithm_of(key: PrivateKey) -> str:
    """The `a=` that goes with the key."""
    return RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ED25519_SHA256


def dns_record(public_b64: str, algorithm: str) -> str:
    """The TXT value to publish at `selector._domainkey.domain`."""
    kind = "ed25519" if algorithm == ED25519_SHA256 else "rsa"
    return f"v=DKIM1; k={kind}; p={public_b64}"


def read_record(tags: Mapping[bytes, bytes], *, wanted: str) -> PublishedKey:
    """The key of a record's tags, for signatures of algorithm `wanted`.

    Raises UnusableKeyError: revoked, of another kind, not for mail or not readable.
    """
    if tags.get(b"v", b"DKIM1") != b"DKIM1":
        raise UnusableKeyError("the key record has another version")
    kind = tags.get(b"k", b"rsa").lower()
    if kind != wanted.partition("-")[0].encode("ascii"):
        raise UnusableKeyError("the key is of another type")
    if not _list(tags, b"h", b"sha256") & {b"sha256"}:
        raise UnusableKeyError("the key is not for sha256")
    if not _list(tags, b"s", b"*") & {b"*", b"email"}:
        raise UnusableKeyError("the key is not for mail")
    encoded = b"".join(tags.get(b"p", b"").split())
    if not encoded:
        raise UnusableKeyError(
            "the key was revoked" if b"p" in tags else "the key record has no p="
        )
    flags = _list(tags, b"t", b"")
    return PublishedKey(
        key=_public(encoded, kind), is_testing=b"y" in flags, needs_exact_identity=b"s" in flags
    )


def _list(tags: Mapping[bytes, bytes], tag: bytes, default: bytes) -> set[bytes]:
    return {one.strip().lower() for one in tags.get(tag, default).split(b":")}


def _public(encoded: bytes, kind: bytes) -> PublicKey:
    try:
        octets = base64.b64decode(encoded, validate=True)
        if kind == b"ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(octets)
        key = load_der_public_key(octets)
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise UnusableKeyError("the key cannot be read") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise UnusableKeyError("the key is of another type")
    return key
