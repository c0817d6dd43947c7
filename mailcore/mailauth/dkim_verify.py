"""Checking the DKIM signatures of a message, every one of them (RFC 6376 §6, RFC 8301, RFC 8463).

Never raises on hostile mail, takes linear time, and looks at `MAX_SIGNATURES` signatures. A pass with
`is_partial` says nothing about the end of the body.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailcore.address import parse_domain
from mailcore.clock import Clock, SystemClock
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

MAX_SIGNATURES: Final = 10
MAX_SIGNATURE_OCTETS: Final = 16 * 1024
MAX_SIGNED_FIELDS: Final = 1000
INLINE_OCTETS: Final = 64 * 1024
"""Larger messages are hashed in a worker thread."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimResult:
    """What one signature proves. `domain` is lower case; `reason` is fit for our own header."""

    domain: str
    selector: str
    result: DkimVerdict
    is_partial: bool = False
    """`l=` leaves a part of the body unsigned."""
    reason: str = ""
    fields: tuple[str, ...] = ()
    """The names in `h=`, in lower case."""


class _SignatureError(Exception):
    def __init__(self, verdict: DkimVerdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason


def _bad(reason: str) -> _SignatureError:
    return _SignatureError(DkimVerdict.PERMERROR, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
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
        return f"{self.selector}._domainkey.{self.domain}"


def key_names(raw: bytes) -> tuple[str, ...]:
    """The names whose TXT records `verify_all` is going to ask for, each once."""
    read = [_read(name, value) for name, value in _signature_fields(SignedMessage.read(raw))]
    return tuple(dict.fromkeys(one.key_name for one in read if isinstance(one, _Signature)))


def verify_all(
    raw: bytes, lookup: KeyLookup, *, clock: Clock | None = None
) -> tuple[DkimResult, ...]:
    """Check every signature, in the order of the message; empty without one. Never raises."""
    return _verify(SignedMessage.read(raw), lookup, int((clock or SystemClock()).now().timestamp()))


async def verify(
    raw: bytes, resolver: Resolver, *, clock: Clock | None = None
) -> tuple[DkimResult, ...]:
    """`verify_all` with keys from DNS, asked for all at once; large messages in a worker thread.

    Safe to cancel. The resolver's time-out bounds the wait.
    """
    names = await asyncio.to_thread(key_names, raw) if len(raw) > INLINE_OCTETS else key_names(raw)
    records: dict[str, bytes | DnsTemporaryError | None] = {}

    async def fetch(name: str) -> None:
        try:
            records[name] = _key_record(await resolver.txt(name))
        except DnsTemporaryError as error:
            records[name] = error

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(fetch(name))

    def lookup(name: str) -> bytes | None:
        found = records.get(name)
        if isinstance(found, DnsTemporaryError):
            raise found
        return found

    if names and len(raw) > INLINE_OCTETS:
        return await asyncio.to_thread(verify_all, raw, lookup, clock=clock)
    return verify_all(raw, lookup, clock=clock)


def _key_record(values: Sequence[bytes]) -> bytes | None:
    """The key among the TXT records at its name; other records there are not ours to judge."""
    likely = [value for value in values if b"p=" in value]
    return likely[0] if likely else None


def _signature_fields(message: SignedMessage) -> list[tuple[bytes, bytes]]:
    found = [one for one in message.fields if one[0].lower() == b"dkim-signature"]
    return found[:MAX_SIGNATURES]


def _verify(message: SignedMessage, lookup: KeyLookup, now: int) -> tuple[DkimResult, ...]:
    results: list[DkimResult] = []
    for name, value in _signature_fields(message):
        signature = _read(name, value)
        if isinstance(signature, DkimResult):
            results.append(signature)
            continue
        is_partial = False
        verdict, reason = DkimVerdict.PASS, ""
        try:
            is_partial = _check(message, signature, lookup, now)
        except _SignatureError as error:
            verdict, reason = error.verdict, error.reason
        results.append(
            DkimResult(
                domain=signature.domain,
                selector=signature.selector,
                result=verdict,
                is_partial=is_partial,
                reason=reason,
                fields=tuple(one.decode("latin-1").lower() for one in signature.fields),
            )
        )
    return tuple(results)


def _read(name: bytes, value: bytes) -> _Signature | DkimResult:
    """Read one field; a malformed one is a result already."""
    domain = selector = ""
    try:
        if len(value) > MAX_SIGNATURE_OCTETS:
            raise _bad("the signature field is too long")
        try:
            tags = read_tags(value)
        except TagListError as error:
            raise _bad("the tags cannot be read") from error
        domain, selector = _name(tags, b"d"), _name(tags, b"s")
        return _signature(name, value, tags, domain, selector)
    except _SignatureError as error:
        return DkimResult(
            domain=domain, selector=selector, result=error.verdict, reason=error.reason
        )


def _signature(
    name: bytes, value: bytes, tags: Mapping[bytes, bytes], domain: str, selector: str
) -> _Signature:
    if tags.get(b"v") != b"1":
        raise _bad("the version is not 1")
    algorithm = tags.get(b"a", b"").decode("ascii", "replace").lower()
    if algorithm == "rsa-sha1":
        raise _SignatureError(DkimVerdict.POLICY, "rsa-sha1 proves nothing")
    if algorithm not in (RSA_SHA256, ED25519_SHA256):
        raise _bad("the algorithm is unknown")
    if b"q" in tags and b"dns/txt" not in [one.strip() for one in tags[b"q"].split(b":")]:
        raise _bad("the query method is unknown")
    header_form, body_form = _forms(tags.get(b"c", b"simple/simple"))
    fields = tuple(one.strip().lower() for one in tags.get(b"h", b"").split(b":"))
    if b"from" not in fields:
        raise _bad("From is not signed")
    if len(fields) > MAX_SIGNED_FIELDS:
        raise _bad("too many fields are signed")
    expires_at = _number(tags, b"x")
    signed_at = _number(tags, b"t")
    if expires_at is not None and signed_at is not None and expires_at < signed_at:
        raise _bad("it expired before it was made")
    return _Signature(
        name=name,
        value=value,
        domain=domain,
        selector=selector,
        algorithm=algorithm,
        header_form=header_form,
        body_form=body_form,
        body_hash=_octets(tags, b"bh"),
        signature=_octets(tags, b"b"),
        fields=fields,
        limit_bytes=_number(tags, b"l"),
        expires_at=expires_at,
        is_exact_identity=_identity(tags, domain),
    )


def _name(tags: Mapping[bytes, bytes], tag: bytes) -> str:
    """A domain or selector; labels may begin with an underscore (RFC 8616 §4 for U-labels)."""
    text = tags.get(tag, b"").decode("utf-8", "replace")
    if not text or len(text) > 200:
        raise _bad(f"{tag.decode()}= is missing or too long")
    try:
        parse_domain(text.replace("_", "a") if text.isascii() else text)
        return text.lower() if text.isascii() else parse_domain(text)
    except MailError as error:
        raise _bad(f"{tag.decode()}= is not a domain name") from error


def _forms(value: bytes) -> tuple[Canonical, Canonical]:
    header, _, body = value.decode("ascii", "replace").lower().partition("/")
    try:
        return Canonical(header), Canonical(body or "simple")
    except ValueError as error:
        raise _bad("the canonicalization is unknown") from error


def _number(tags: Mapping[bytes, bytes], tag: bytes) -> int | None:
    text = tags.get(tag)
    if text is None:
        return None
    if not text.isdigit() or len(text) > 76:
        raise _bad(f"{tag.decode()}= is not a number")
    return int(text)


def _octets(tags: Mapping[bytes, bytes], tag: bytes) -> bytes:
    try:
        octets = base64.b64decode(b"".join(tags.get(tag, b"").split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad(f"{tag.decode()}= is not base64") from error
    if not octets:
        raise _bad(f"{tag.decode()}= is missing")
    return octets


def _identity(tags: Mapping[bytes, bytes], domain: str) -> bool:
    """Whether `i=` is exactly in `domain`; one in a subdomain is allowed, another is not."""
    text = tags.get(b"i")
    if text is None:
        return True
    found = text.decode("utf-8", "replace").rpartition("@")[2].strip().lower()
    try:
        found = found if found.isascii() else parse_domain(found)
    except MailError as error:
        raise _bad("i= is not in the domain of d=") from error
    if found != domain and not found.endswith(f".{domain}"):
        raise _bad("i= is not in the domain of d=")
    return found == domain


def _check(message: SignedMessage, signature: _Signature, lookup: KeyLookup, now: int) -> bool:
    """Whether the pass is partial; raises for everything that is no pass."""
    if signature.expires_at is not None and now > signature.expires_at:
        raise _SignatureError(DkimVerdict.POLICY, "the signature has expired")
    published = _find_key(signature, lookup)
    failed = DkimVerdict.NEUTRAL if published.is_testing else DkimVerdict.FAIL
    body = message.body(signature.body_form, signature.limit_bytes)
    if signature.limit_bytes is not None and signature.limit_bytes > body.size_bytes:
        raise _SignatureError(failed, "the body is shorter than signed")
    if body.digest != signature.body_hash:
        raise _SignatureError(failed, "the body was changed")
    if not _is_signed(message, signature, published):
        raise _SignatureError(failed, "the signature does not verify")
    return signature.limit_bytes is not None and signature.limit_bytes < body.size_bytes


def _find_key(signature: _Signature, lookup: KeyLookup) -> PublishedKey:
    try:
        record = lookup(signature.key_name)
    except DnsTemporaryError as error:
        raise _SignatureError(DkimVerdict.TEMPERROR, "the key could not be fetched") from error
    if record is None:
        raise _bad("there is no key")
    try:
        published = read_record(read_tags(record), wanted=signature.algorithm)
    except TagListError as error:
        raise _bad("the key record cannot be read") from error
    except UnusableKeyError as error:
        raise _bad(str(error)) from error
    if published.needs_exact_identity and not signature.is_exact_identity:
        raise _bad("the key is not for subdomains")
    if signature.algorithm == RSA_SHA256 and not MIN_RSA_BITS <= published.bits <= MAX_RSA_BITS:
        raise _SignatureError(DkimVerdict.POLICY, f"a key of {published.bits} bits proves nothing")
    return published


def _is_signed(message: SignedMessage, signature: _Signature, published: PublishedKey) -> bool:
    """RFC 6376 §3.7; one more From than signed breaks it, as if it were oversigned (§8.15)."""
    own = canonical_field(
        signature.name, _without_signature(signature.value), signature.header_form
    )
    selected = message.select((*signature.fields, b"from"), signature.header_form)
    signed = b"".join([*selected, own.removesuffix(b"\r\n")])
    try:
        if isinstance(published.key, rsa.RSAPublicKey):
            published.key.verify(signature.signature, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            published.key.verify(signature.signature, sha256(signed).digest())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _without_signature(value: bytes) -> bytes:
    """The field with an empty `b=`."""
    specs = value.split(b";")
    for at, spec in enumerate(specs):
        tag, equals, _ = spec.partition(b"=")
        if tag.strip() == b"b":
            specs[at] = tag + equals
            break
    return b";".join(specs)
