"""One signature field of DKIM or ARC: reading it, fetching its key, checking it (RFC 6376 §3.5, §6.1).

Knows nothing of what a result means for a message: `dkim_verify` and `arc` do. A verdict that is no
pass is raised as SignatureError, whose text is fit for our own header.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailcore.address import parse_domain
from mailcore.errors import MailError
from mailcore.mailauth.body import Canonical
from mailcore.mailauth.dkim import SignedMessage, TagListError, canonical_field, read_tags
from mailcore.mailauth.keys import (
    ED25519_SHA256,
    MAX_RSA_BITS,
    MIN_RSA_BITS,
    RSA_SHA256,
    PublishedKey,
    UnusableKeyError,
    read_record,
)
from mailcore.net.dns import DnsTemporaryError, Resolver

MAX_SIGNATURE_OCTETS: Final = 16 * 1024
MAX_SIGNED_FIELDS: Final = 1000
_CACHED_RECORD: Final = 1024
"""Key records up to this length are remembered with their keys: reading one costs as much as using it."""

type KeyLookup = Callable[[str], bytes | None]
"""The TXT value at a name, or None; raises DnsTemporaryError."""


class DkimVerdict(StrEnum):
    """Results of one signature (RFC 8601 §2.7.1)."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    FAIL = "fail"
    POLICY = "policy"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class SignatureError(Exception):
    """Why a signature proves nothing."""

    def __init__(self, verdict: DkimVerdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason


def bad(reason: str) -> SignatureError:
    """The error for a field or key outside the rules."""
    return SignatureError(DkimVerdict.PERMERROR, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature field, read and found well-formed."""

    name: bytes
    value: bytes
    domain: str
    selector: str
    algorithm: str
    header_form: Canonical
    body_form: Canonical
    body_hash: bytes
    signature: bytes
    fields: tuple[bytes, ...]
    limit_bytes: int | None
    expires_at: int | None
    is_exact_identity: bool

    @property
    def key_name(self) -> str:
        """Where the public key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


async def fetch_keys(names: Iterable[str], resolver: Resolver) -> KeyLookup:
    """Ask for the key records at `names`, all at once. The resolver's time-out bounds the wait."""
    records: dict[str, bytes | DnsTemporaryError | None] = {}

    async def fetch(name: str) -> None:
        try:
            records[name] = _key_record(await resolver.txt(name))
        except DnsTemporaryError as error:
            records[name] = error

    async with asyncio.TaskGroup() as group:
        for name in dict.fromkeys(names):
            group.create_task(fetch(name))

    def lookup(name: str) -> bytes | None:
        found = records.get(name)
        if isinstance(found, DnsTemporaryError):
            raise found
        return found

    return lookup


def _key_record(values: Sequence[bytes]) -> bytes | None:
    """The key among the TXT records at its name; other records there are not ours to judge."""
    likely = [value for value in values if b"p=" in value]
    return likely[0] if likely else None


def tags_of(value: bytes) -> dict[bytes, bytes]:
    """The tags of a signature field; raises SignatureError."""
    if len(value) > MAX_SIGNATURE_OCTETS:
        raise bad("the signature field is too long")
    try:
        return read_tags(value)
    except TagListError as error:
        raise bad("the tags cannot be read") from error


def read_algorithm(tags: Mapping[bytes, bytes]) -> str:
    """The `a=`, one that proves something (RFC 8301)."""
    algorithm = tags.get(b"a", b"").decode("ascii", "replace").lower()
    if algorithm == "rsa-sha1":
        raise SignatureError(DkimVerdict.POLICY, "rsa-sha1 proves nothing")
    if algorithm not in (RSA_SHA256, ED25519_SHA256):
        raise bad("the algorithm is unknown")
    return algorithm


def read_signature(
    name: bytes, value: bytes, tags: Mapping[bytes, bytes], *, is_exact_identity: bool = True
) -> Signature:
    """The field of these tags, over header fields and body; raises SignatureError."""
    if b"q" in tags and b"dns/txt" not in [one.strip() for one in tags[b"q"].split(b":")]:
        raise bad("the query method is unknown")
    header_form, body_form = _forms(tags.get(b"c", b"simple/simple"))
    fields = tuple(one.strip().lower() for one in tags.get(b"h", b"").split(b":"))
    if b"from" not in fields:
        raise bad("From is not signed")
    if len(fields) > MAX_SIGNED_FIELDS:
        raise bad("too many fields are signed")
    expires_at = _number(tags, b"x")
    signed_at = _number(tags, b"t")
    if expires_at is not None and signed_at is not None and expires_at < signed_at:
        raise bad("it expired before it was made")
    return Signature(
        name=name,
        value=value,
        domain=read_name(tags, b"d"),
        selector=read_name(tags, b"s"),
        algorithm=read_algorithm(tags),
        header_form=header_form,
        body_form=body_form,
        body_hash=read_octets(tags, b"bh"),
        signature=read_octets(tags, b"b"),
        fields=fields,
        limit_bytes=_number(tags, b"l"),
        expires_at=expires_at,
        is_exact_identity=is_exact_identity,
    )


def read_name(tags: Mapping[bytes, bytes], tag: bytes) -> str:
    """A domain or selector; labels may begin with an underscore (RFC 8616 §4 for U-labels)."""
    text = tags.get(tag, b"").decode("utf-8", "replace")
    if not text or len(text) > 200:
        raise bad(f"{tag.decode()}= is missing or too long")
    try:
        parse_domain(text.replace("_", "a") if text.isascii() else text)
        return text.lower() if text.isascii() else parse_domain(text)
    except MailError as error:
        raise bad(f"{tag.decode()}= is not a domain name") from error


def _forms(value: bytes) -> tuple[Canonical, Canonical]:
    header, _, body = value.decode("ascii", "replace").lower().partition("/")
    try:
        return Canonical(header), Canonical(body or "simple")
    except ValueError as error:
        raise bad("the canonicalization is unknown") from error


def _number(tags: Mapping[bytes, bytes], tag: bytes) -> int | None:
    text = tags.get(tag)
    if text is None:
        return None
    if not text.isdigit() or len(text) > 76:
        raise bad(f"{tag.decode()}= is not a number")
    return int(text)


def read_octets(tags: Mapping[bytes, bytes], tag: bytes) -> bytes:
    """The octets of a base64 tag, which must be there."""
    try:
        octets = base64.b64decode(b"".join(tags.get(tag, b"").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad(f"{tag.decode()}= is not base64") from error
    if not octets:
        raise bad(f"{tag.decode()}= is missing")
    return octets


def check(message: SignedMessage, signature: Signature, lookup: KeyLookup, now: int) -> bool:
    """Check header fields and body: whether the pass is partial; raises for everything that is no pass."""
    if signature.expires_at is not None and now > signature.expires_at:
        raise SignatureError(DkimVerdict.POLICY, "the signature has expired")
    published = find_key(signature.key_name, signature.algorithm, lookup)
    if published.needs_exact_identity and not signature.is_exact_identity:
        raise bad("the key is not for subdomains")
    failed = DkimVerdict.NEUTRAL if published.is_testing else DkimVerdict.FAIL
    body = message.body(signature.body_form, signature.limit_bytes)
    if signature.limit_bytes is not None and signature.limit_bytes > body.size_bytes:
        raise SignatureError(failed, "the body is shorter than signed")
    if body.digest != signature.body_hash:
        raise SignatureError(failed, "the body was changed")
    if not _is_signed(message, signature, published):
        raise SignatureError(failed, "the signature does not verify")
    return signature.limit_bytes is not None and signature.limit_bytes < body.size_bytes


def find_key(name: str, algorithm: str, lookup: KeyLookup) -> PublishedKey:
    """The key at `name` for signatures of `algorithm`; raises SignatureError."""
    try:
        record = lookup(name)
    except DnsTemporaryError as error:
        raise SignatureError(DkimVerdict.TEMPERROR, "the key could not be fetched") from error
    if record is None:
        raise bad("there is no key")
    try:
        is_short = len(record) <= _CACHED_RECORD
        published = (_known_key if is_short else _published)(record, algorithm)
    except TagListError as error:
        raise bad("the key record cannot be read") from error
    except UnusableKeyError as error:
        raise bad(str(error)) from error
    if algorithm == RSA_SHA256 and not MIN_RSA_BITS <= published.bits <= MAX_RSA_BITS:
        raise SignatureError(DkimVerdict.POLICY, f"a key of {published.bits} bits proves nothing")
    return published


def _published(record: bytes, algorithm: str) -> PublishedKey:
    return read_record(read_tags(record), wanted=algorithm)


_known_key = lru_cache(maxsize=256)(_published)


def _is_signed(message: SignedMessage, signature: Signature, published: PublishedKey) -> bool:
    """RFC 6376 §3.7; one more From than signed breaks it, as if it were oversigned (§8.15)."""
    own = canonical_field(signature.name, without_signature(signature.value), signature.header_form)
    selected = message.select((*signature.fields, b"from"), signature.header_form)
    signed = b"".join([*selected, own.removesuffix(b"\r\n")])
    return verifies(published, signature.signature, signed)


def verifies(published: PublishedKey, signature: bytes, signed: bytes) -> bool:
    """Whether the key made `signature` over `signed`."""
    try:
        if isinstance(published.key, rsa.RSAPublicKey):
            published.key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            published.key.verify(signature, sha256(signed).digest())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def without_signature(value: bytes) -> bytes:
    """The field with an empty `b=`."""
    specs = value.split(b";")
    for at, spec in enumerate(specs):
        tag, equals, _ = spec.partition(b"=")
        if tag.strip() == b"b":
            specs[at] = tag + equals
            break
    return b";".join(specs)
