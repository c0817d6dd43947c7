"""DKIM, the part that knows messages: canonical fields, and making our own signatures (RFC 6376, 8463).

The only file that imports dkimpy, for tag lists; bodies are hashed by
`body`, keys come from `keys`, signatures of others are checked in `dkim_verify`.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dkim.util import InvalidTagValueList, parse_tag_value

from mailcore.mailauth.body import BodyHash, Canonical, hash_body
from mailcore.mailauth.keys import PrivateKey, algorithm_of
from mailcore.message.headers import split

OVERSIGNED: Final = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)
"""Signed once more than present, so that none can be added (RFC 6376 §8.15)."""
SIGNED: Final = (
    "Content-Disposition",
    "Content-ID",
    "Content-Description",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Subscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
    "Auto-Submitted",
)
"""Signed where present."""

_FOLD_AT: Final = 76
_LINE_OCTETS: Final = 72


class TagListError(Exception):
    """Octets that are no tag list (RFC 6376 §3.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key with the selector its public half is published at."""

    selector: str
    key: PrivateKey


@dataclass(slots=True)
class SignedMessage:
    """A message and what several signatures of it share."""

    raw: bytes
    fields: list[tuple[bytes, bytes]]
    body_start: int
    _bodies: dict[tuple[Canonical, int | None], BodyHash] = field(default_factory=dict)
    _indexes: dict[Canonical, dict[bytes, list[bytes]]] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: bytes) -> "SignedMessage":
        """The fields of `raw` as everything else here reads them."""
        fields, body_start = split(raw)
        return cls(raw, fields, body_start)

    def body(self, form: Canonical, limit_bytes: int | None) -> BodyHash:
        """The hash of the body, made once for each form and limit."""
        found = self._bodies.get((form, limit_bytes))
        if found is None:
            found = hash_body(self.raw, self.body_start, form, limit_bytes)
            self._bodies[form, limit_bytes] = found
        return found

    def select(self, names: Sequence[bytes], form: Canonical) -> list[bytes]:
        """The canonical fields of `h=`, each name taken from the bottom up (RFC 6376 §5.4.2)."""
        index = self._indexes.get(form)
        if index is None:
            index = self._indexes[form] = {}
            for name, value in self.fields:
                index.setdefault(name.lower(), []).append(canonical_field(name, value, form))
        taken: dict[bytes, int] = {}
        chosen: list[bytes] = []
        for name in names:
            count = taken[name] = taken.get(name, 0) + 1
            present = index.get(name, ())
            if count <= len(present):
                chosen.append(present[-count])
        return chosen


def read_tags(text: bytes) -> dict[bytes, bytes]:
    """The tags of a signature or key record (RFC 6376 §3.2); raises TagListError."""
    try:
        tags: dict[bytes, bytes] = parse_tag_value(text)
    except InvalidTagValueList as error:
        raise TagListError("not a tag list") from error
    return tags


def canonical_field(name: bytes, value: bytes, form: Canonical) -> bytes:
    """A field as it is hashed, with its CRLF (RFC 6376 §3.4.1, §3.4.2)."""
    if form is Canonical.SIMPLE:
        return b"%b:%b\r\n" % (name, value)
    line = value.replace(b"\r\n", b"").replace(b"\n", b"") if b"\n" in value else value
    words = line.replace(b"\t", b" ").split(b" ")
    return b"%b:%b\r\n" % (name.lower().rstrip(), b" ".join(filter(None, words)).strip())


def sign(raw: bytes, *, domain: str, keys: Sequence[SigningKey], signed_at: datetime) -> bytes:
    """A DKIM-Signature field for each key, to stand in front of `raw`: whole lines with CRLF.

    c=relaxed/simple. Nothing is written into `raw`. The time is that of hashing the body once plus
    one private operation for each key: larger messages off the loop.
    """
    message = SignedMessage.read(raw)
    body_hash = base64.b64encode(message.body(Canonical.SIMPLE, None).digest).decode("ascii")
    names = _names_to_sign(message)
    signed = b"".join(message.select([one.encode() for one in names], Canonical.RELAXED))
    lines: list[bytes] = []
    for key in keys:
        unsigned = (
            f" v=1; a={algorithm_of(key.key)}; c=relaxed/simple; d={domain};\r\n"
            f"\ts={key.selector}; t={int(signed_at.timestamp())};\r\n"
            f"\th={_folded_names(names)};\r\n"
            f"\tbh={body_hash};\r\n"
            f"\tb="
        ).encode("ascii")
        own = canonical_field(b"DKIM-Signature", unsigned, Canonical.RELAXED)
        signature = _private_operation(key.key, signed + own.removesuffix(b"\r\n"))
        lines.append(b"DKIM-Signature:" + unsigned + _folded_base64(signature) + b"\r\n")
    return b"".join(lines)


def _private_operation(key: PrivateKey, signed: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(sha256(signed).digest())


def _names_to_sign(message: SignedMessage) -> list[str]:
    counts: dict[bytes, int] = {}
    for present, _ in message.fields:
        counts[present.lower()] = counts.get(present.lower(), 0) + 1
    names: list[str] = []
    for group, extra in ((OVERSIGNED, 1), (SIGNED, 0)):
        for name in group:
            lower = name.lower()
            names.extend([lower] * (min(counts.get(lower.encode(), 0), 20) + extra))
    return names


def _folded_names(names: Sequence[str]) -> str:
    out: list[str] = []
    column = 10
    for at, name in enumerate(names):
        piece = name + (":" if at + 1 < len(names) else "")
        if column + len(piece) > _FOLD_AT:
            out.append("\r\n\t ")
            column = 10
        out.append(piece)
        column += len(piece)
    return "".join(out)


def _folded_base64(octets: bytes) -> bytes:
    text = base64.b64encode(octets)
    pieces = [text[at : at + _LINE_OCTETS] for at in range(0, len(text), _LINE_OCTETS)]
    return b"\r\n\t ".join(pieces)
