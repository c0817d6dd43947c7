"""The Authenticated Received Chain of a message: who handled it, and what they found (RFC 8617 §5.2).

A chain is as good as its sealers: `vouching` reads what trusted ones saw and nothing else. Never raises
on hostile mail; a chain has at most `MAX_SETS` sets and each field at most 16 KiB, or it fails.
"""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailcore.clock import Clock, SystemClock
from mailcore.mailauth.body import Canonical
from mailcore.mailauth.claims import read_claims
from mailcore.mailauth.dkim import SignedMessage, canonical_field
from mailcore.mailauth.dkim_verify import INLINE_OCTETS
from mailcore.mailauth.signature import (
    MAX_SIGNATURE_OCTETS,
    DkimVerdict,
    KeyLookup,
    Signature,
    SignatureError,
    bad,
    check,
    fetch_keys,
    find_key,
    read_algorithm,
    read_name,
    read_octets,
    read_signature,
    tags_of,
    verifies,
    without_signature,
)
from mailcore.net.dns import Resolver

MAX_SETS: Final = 50
_INLINE_SETS: Final = 5
RESULTS: Final = b"arc-authentication-results"
MESSAGE: Final = b"arc-message-signature"
SEAL: Final = b"arc-seal"
CHAIN_FIELDS: Final = (RESULTS, MESSAGE, SEAL)
"""Without any of these there is no chain."""
_INSTANCE = re.compile(rb"[ \t\r\n]*+i[ \t\r\n]*+=[ \t\r\n]*+(\d{1,2})[ \t\r\n]*+;")

type _Field = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One hop of a valid chain: the domain that sealed it and what it had found."""

    domain: str
    results: bytes
    """The value of ARC-Authentication-Results behind the instance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcResult:
    """`result` is none, pass, fail or temperror; `seals` are those of a pass, the newest first."""

    result: str = "none"
    seals: tuple[Seal, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """The three fields of one instance, well-formed."""

    results: _Field
    message: _Field
    seal: _Field
    claims: bytes
    signature: Signature
    domain: str
    selector: str
    algorithm: str
    sealed: bytes
    state: bytes


async def verify_chain(raw: bytes, resolver: Resolver, *, clock: Clock | None = None) -> ArcResult:
    """Validate the chain, keys asked for all at once; large messages in a worker thread.

    Safe to cancel. The resolver's time-out bounds the wait.
    """
    is_large = len(raw) > INLINE_OCTETS
    try:
        message, sets = await asyncio.to_thread(_read, raw) if is_large else _read(raw)
    except SignatureError as error:
        return ArcResult(result="fail", reason=error.reason)
    if not sets:
        return ArcResult()
    names = [f"{one.selector}._domainkey.{one.domain}" for one in sets]
    lookup = await fetch_keys([*names, sets[-1].signature.key_name], resolver)
    now = int((clock or SystemClock()).now().timestamp())
    if is_large or len(sets) > _INLINE_SETS:
        return await asyncio.to_thread(_judge, message, sets, lookup, now)
    return _judge(message, sets, lookup, now)


def _read(raw: bytes) -> tuple[SignedMessage, list[_Set]]:
    message = SignedMessage.read(raw)
    return message, _sets(message.fields)


def vouching(chain: ArcResult, trusted: Collection[str], from_domain: str) -> str:
    """The trusted sealer that saw DMARC pass for `from_domain`, or empty (RFC 8617 §7.2.1).

    Only what comes after the last sealer that is not trusted counts: it could have made up the rest.
    """
    for seal in chain.seals:
        if seal.domain not in trusted:
            return ""
        for claim in read_claims(seal.results):
            named = claim.properties.get("header.from", "").lower().rstrip(".")
            if claim.method == "dmarc" and claim.result == "pass" and named == from_domain:
                return seal.domain
    return ""


def _judge(message: SignedMessage, sets: Sequence[_Set], lookup: KeyLookup, now: int) -> ArcResult:
    """RFC 8617 §5.2, the steps 2 to 7."""
    try:
        if sets[-1].state == b"fail":
            raise bad("the newest sealer found the chain broken")
        for at, one in enumerate(sets):
            if one.state != (b"pass" if at else b"none"):
                raise bad(f"cv= of instance {at + 1} is wrong")
        if check(message, sets[-1].signature, lookup, now):
            raise bad("a part of the body is not signed")
        _check_seals(sets, lookup)
    except SignatureError as error:
        is_passing = error.verdict is DkimVerdict.TEMPERROR
        return ArcResult(result="temperror" if is_passing else "fail", reason=error.reason)
    seals = tuple(Seal(domain=one.domain, results=one.claims) for one in reversed(sets))
    return ArcResult(result="pass", seals=seals)


def _check_seals(sets: Sequence[_Set], lookup: KeyLookup) -> None:
    """Every seal, the newest first, over all fields up to itself (RFC 8617 §5.1.1)."""
    covered: list[bytes] = []
    signed: list[bytes] = []
    for one in sets:
        name, value = one.seal
        own = canonical_field(name, without_signature(value), Canonical.RELAXED)
        covered.extend(
            canonical_field(*part, Canonical.RELAXED) for part in (one.results, one.message)
        )
        signed.append(b"".join(covered) + own.removesuffix(b"\r\n"))
        covered.append(canonical_field(name, value, Canonical.RELAXED))
    for one, text in reversed(tuple(zip(sets, signed, strict=True))):
        key = find_key(f"{one.selector}._domainkey.{one.domain}", one.algorithm, lookup)
        if not verifies(key, one.sealed, text):
            raise SignatureError(DkimVerdict.FAIL, f"the seal of {one.domain} does not verify")


def _sets(fields: Sequence[_Field]) -> list[_Set]:
    """The sets from the first instance on; raises SignatureError when they make no chain."""
    found: dict[bytes, dict[int, _Field]] = {RESULTS: {}, MESSAGE: {}, SEAL: {}}
    for name, value in fields:
        kind = found.get(name.lower())
        if kind is None:
            continue
        instance = _instance(name.lower(), value)
        if instance in kind:
            raise bad(f"instance {instance} is there twice")
        kind[instance] = (name, value)
    count = max(map(len, found.values()))
    if any(sorted(kind) != list(range(1, count + 1)) for kind in found.values()):
        raise bad("the sets of the chain are not whole")
    return [
        _read_set(found[RESULTS][at], found[MESSAGE][at], found[SEAL][at])
        for at in range(1, count + 1)
    ]


def _instance(kind: bytes, value: bytes) -> int:
    """The instance a field says it belongs to, 1 to `MAX_SETS`."""
    if len(value) > MAX_SIGNATURE_OCTETS:
        raise bad("a field of the chain is too long")
    if kind == RESULTS:
        match = _INSTANCE.match(value)
        text = match[1] if match else b""
    else:
        text = tags_of(value).get(b"i", b"")
    if not text.isdigit() or len(text) > 2 or not 1 <= int(text) <= MAX_SETS:
        raise bad("a field of the chain has no usable instance")
    return int(text)


def _read_set(results: _Field, message: _Field, seal: _Field) -> _Set:
    tags = tags_of(seal[1])
    if not {b"h", b"bh"}.isdisjoint(tags):
        raise bad("a seal covers the chain and nothing else")
    signature = read_signature(*message, tags_of(message[1]))
    if SEAL in signature.fields:
        raise bad("a seal is signed by ARC-Message-Signature")
    return _Set(
        results=results,
        message=message,
        seal=seal,
        claims=_INSTANCE.sub(b"", results[1], count=1),
        signature=signature,
        domain=read_name(tags, b"d"),
        selector=read_name(tags, b"s"),
        algorithm=read_algorithm(tags),
        sealed=read_octets(tags, b"b"),
        state=_state(tags),
    )


def _state(tags: Mapping[bytes, bytes]) -> bytes:
    state = tags.get(b"cv", b"").lower()
    if state not in (b"none", b"pass", b"fail"):
        raise bad("cv= is missing or unknown")
    return state
