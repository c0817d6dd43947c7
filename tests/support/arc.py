"""Sealing messages as a forwarder does (RFC 8617 §5.1), well or badly."""

import base64
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailcore.mailauth.body import Canonical, hash_body
from mailcore.mailauth.dkim import canonical_field
from mailcore.mailauth.keys import PrivateKey, algorithm_of, load_private
from mailcore.message.headers import split
from tests.support.keys import rsa_pair

SIGNED = (b"from", b"to", b"subject")


@dataclass(frozen=True, kw_only=True)
class Sealer:
    """A forwarder. `results` is what it says it found; `{i}` in tags stands for the instance."""

    domain: str = "lists.example"
    selector: str = "arc"
    results: str = "dmarc=pass header.from=example.net"
    state: str | None = None
    """The `cv=`; by default what is right for the instance."""
    instance: int | None = None
    """Another instance than the next."""
    message_tags: str = ""
    seal_tags: str = ""
    signed: tuple[bytes, ...] = SIGNED
    key: PrivateKey = field(default_factory=lambda: load_private(rsa_pair()[0]))

    def seal(self, raw: bytes) -> bytes:
        """The message with one more set in front."""
        at = self.instance or _count(raw) + 1
        state = self.state or ("none" if at == 1 else "pass")
        results = f" i={at}; mx.{self.domain}; {self.results}".encode()
        raw_with = self._message_signature(raw, at)
        sets = _sets(raw_with)
        seal = (
            f" i={at}; a={algorithm_of(self.key)}; cv={state}; d={self.domain};"
            f" s={self.selector}; t=1789000000;{self.seal_tags} b="
        ).encode()
        _, own_message = split(raw_with)[0][0]
        signed = b"".join(
            canonical_field(name, value, Canonical.RELAXED)
            for name, value in [
                *sets,
                (b"ARC-Authentication-Results", results),
                (b"ARC-Message-Signature", own_message),
            ]
        )
        own = canonical_field(b"ARC-Seal", seal, Canonical.RELAXED).removesuffix(b"\r\n")
        value = seal + _sign(self.key, signed + own)
        return (
            b"ARC-Seal:%b\r\n" % value
            + raw_with[: raw_with.index(b"\r\n") + 2]
            + b"ARC-Authentication-Results:%b\r\n" % results
            + raw
        )

    def _message_signature(self, raw: bytes, at: int) -> bytes:
        fields, start = split(raw)
        digest = base64.b64encode(hash_body(raw, start, Canonical.RELAXED).digest).decode()
        names = b":".join(self.signed).decode()
        value = (
            f" i={at}; a={algorithm_of(self.key)}; c=relaxed/relaxed; d={self.domain};"
            f" s={self.selector}; h={names};{self.message_tags} bh={digest}; b="
        ).encode()
        chosen: list[bytes] = []
        for wanted in self.signed:
            found = [one for one in fields if one[0].lower() == wanted]
            chosen.extend(canonical_field(*one, Canonical.RELAXED) for one in found[-1:])
        own = canonical_field(b"ARC-Message-Signature", value, Canonical.RELAXED)
        signed = b"".join([*chosen, own.removesuffix(b"\r\n")])
        return b"ARC-Message-Signature:%b\r\n" % (value + _sign(self.key, signed)) + raw


def _sign(key: PrivateKey, signed: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return base64.b64encode(key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(signed)
    return base64.b64encode(key.sign(digest.finalize()))


def _count(raw: bytes) -> int:
    return sum(name.lower() == b"arc-seal" for name, _ in split(raw)[0])


def _sets(raw: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of the sets that are there, the first instance first, each in the order it is sealed."""
    found = split(raw)[0]
    in_order: list[tuple[bytes, bytes]] = []
    kinds = (b"arc-authentication-results", b"arc-message-signature", b"arc-seal")
    columns = [[one for one in found if one[0].lower() == kind] for kind in kinds]
    columns[1] = columns[1][1:]
    for together in reversed(list(zip(*columns, strict=False))):
        in_order.extend(together)
    return in_order
