"""Checking the DKIM signatures of a message, every one of them (RFC 6376 §6, RFC 8301, RFC 8463).

Never raises on hostile mail, takes linear time, and looks at `MAX_SIGNATURES` signatures. A pass with
`is_partial` says nothing about the end of the body.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailcore.address import parse_domain
from mailcore.clock import Clock, SystemClock
from mailcore.errors import MailError
from mailcore.mailauth.dkim import SignedMessage
from mailcore.mailauth.signature import (
    DkimVerdict,
    KeyLookup,
    Signature,
    SignatureError,
    bad,
    check,
    fetch_keys,
    read_name,
    read_signature,
    tags_of,
)
from mailcore.net.dns import Resolver

MAX_SIGNATURES: Final = 10
INLINE_OCTETS: Final = 64 * 1024
"""Larger messages are hashed in a worker thread."""


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


def verify_all(
    raw: bytes, lookup: KeyLookup, *, clock: Clock | None = None
) -> tuple[DkimResult, ...]:
    """Check every signature, in the order of the message; empty without one. Never raises."""
    message, found = _found(raw)
    return _verify(message, found, lookup, clock)


async def verify(
    raw: bytes, resolver: Resolver, *, clock: Clock | None = None
) -> tuple[DkimResult, ...]:
    """`verify_all` with keys from DNS, asked for all at once; large messages in a worker thread.

    Safe to cancel. The resolver's time-out bounds the wait.
    """
    is_large = len(raw) > INLINE_OCTETS
    message, found = await asyncio.to_thread(_found, raw) if is_large else _found(raw)
    names = dict.fromkeys(one.key_name for one in found if isinstance(one, Signature))
    lookup = await fetch_keys(names, resolver)
    if names and is_large:
        return await asyncio.to_thread(_verify, message, found, lookup, clock)
    return _verify(message, found, lookup, clock)


def _found(raw: bytes) -> tuple[SignedMessage, list[Signature | DkimResult]]:
    message = SignedMessage.read(raw)
    return message, _signatures(message)


def _signatures(message: SignedMessage) -> list[Signature | DkimResult]:
    found = [one for one in message.fields if one[0].lower() == b"dkim-signature"]
    return [_read(name, value) for name, value in found[:MAX_SIGNATURES]]


def _verify(
    message: SignedMessage,
    found: Sequence[Signature | DkimResult],
    lookup: KeyLookup,
    clock: Clock | None,
) -> tuple[DkimResult, ...]:
    now = int((clock or SystemClock()).now().timestamp())
    results: list[DkimResult] = []
    for signature in found:
        if isinstance(signature, DkimResult):
            results.append(signature)
            continue
        is_partial = False
        verdict, reason = DkimVerdict.PASS, ""
        try:
            is_partial = check(message, signature, lookup, now)
        except SignatureError as error:
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


def _read(name: bytes, value: bytes) -> Signature | DkimResult:
    """Read one field; a malformed one is a result already."""
    domain = selector = ""
    try:
        tags = tags_of(value)
        domain, selector = read_name(tags, b"d"), read_name(tags, b"s")
        if tags.get(b"v") != b"1":
            raise bad("the version is not 1")
        return read_signature(name, value, tags, is_exact_identity=_identity(tags, domain))
    except SignatureError as error:
        return DkimResult(
            domain=domain, selector=selector, result=error.verdict, reason=error.reason
        )


def _identity(tags: Mapping[bytes, bytes], domain: str) -> bool:
    """Whether `i=` is exactly in `domain`; one in a subdomain is allowed, another is not."""
    text = tags.get(b"i")
    if text is None:
        return True
    found = text.decode("utf-8", "replace").rpartition("@")[2].strip().lower()
    try:
        found = found if found.isascii() else parse_domain(found)
    except MailError as error:
        raise bad("i= is not in the domain of d=") from error
    if found != domain and not found.endswith(f".{domain}"):
        raise bad("i= is not in the domain of d=")
    return found == domain
