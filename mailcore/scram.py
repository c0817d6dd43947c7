"""SCRAM-SHA-256, the server's side (RFC 5802, RFC 7677): messages, keys and proofs. Pure.

No channel binding: Python's `ssl` gives servers none that TLS 1.3 has. What a client sends wrong is
a ValueError. Proofs are compared in constant time.
"""

import base64
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass, field
from typing import Final

ITERATIONS: Final = 4096
"""The least that RFC 7677 §4 allows; it is plenty for passwords of 190 random bits."""
SALT_BYTES: Final = 16
MAX_MESSAGE_BYTES: Final = 4096

_HASH: Final = "sha256"
_HASH_BYTES: Final = 32
_PACKED: Final = struct.Struct(f">I{SALT_BYTES}s{_HASH_BYTES}s{_HASH_BYTES}s")
_NONCE: Final = re.compile(r"[!-+\--~]{8,512}")
_ESCAPED: Final = re.compile(r"=(?!2C|3D)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScramKeys:
    """What a server keeps of a password (RFC 5802 §3): it proves nothing to another server."""

    salt: bytes = field(repr=False)
    iterations: int
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)

    @classmethod
    def derive(cls, password: str, salt: bytes, iterations: int = ITERATIONS) -> "ScramKeys":
        """The keys of a password. Takes milliseconds: call it off the loop."""
        salted = hashlib.pbkdf2_hmac(_HASH, password.encode("utf-8"), salt, iterations)
        client_key = hmac.digest(salted, b"Client Key", _HASH)
        return cls(
            salt=salt,
            iterations=iterations,
            stored_key=hashlib.sha256(client_key).digest(),
            server_key=hmac.digest(salted, b"Server Key", _HASH),
        )

    def pack(self) -> bytes:
        """As octets, for keeping; `salt` has `SALT_BYTES`."""
        return _PACKED.pack(self.iterations, self.salt, self.stored_key, self.server_key)

    @classmethod
    def unpack(cls, packed: bytes) -> "ScramKeys":
        """The inverse of `pack`."""
        iterations, salt, stored_key, server_key = _PACKED.unpack(packed)
        return cls(salt=salt, iterations=iterations, stored_key=stored_key, server_key=server_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFirst:
    """The first message of a client. `header` is its GS2 header as sent."""

    header: str
    bare: str
    username: str
    authorize: str
    """Whom the client wants to act for, empty for itself."""
    nonce: str

    @classmethod
    def parse(cls, message: bytes) -> "ClientFirst":
        """RFC 5802 §7 `client-first-message`; ValueError for others, and for channel binding."""
        text = _text(message)
        binding, authorize, *fields = text.split(",")
        if binding not in ("n", "y"):
            raise ValueError("channel binding is not supported")
        if authorize and not authorize.startswith("a="):
            raise ValueError("not a GS2 header")
        if len(fields) < 2 or not fields[0].startswith("n=") or not fields[1].startswith("r="):
            raise ValueError("not a first message")
        nonce = fields[1][2:]
        if not _NONCE.fullmatch(nonce):
            raise ValueError("not a nonce")
        return cls(
            header=f"{binding},{authorize},",
            bare=",".join(fields),
            username=_name(fields[0][2:]),
            authorize=_name(authorize[2:]) if authorize else "",
            nonce=nonce,
        )


class Exchange:
    """One login from the client's first message on. `nonce` is ours, random and printable."""

    def __init__(self, first: ClientFirst, keys: ScramKeys, nonce: str) -> None:
        self._first = first
        self._keys = keys
        self._nonce = first.nonce + nonce
        salt = base64.b64encode(keys.salt).decode("ascii")
        self._challenge = f"r={self._nonce},s={salt},i={keys.iterations}"

    @property
    def challenge(self) -> bytes:
        """RFC 5802 §7 `server-first-message`."""
        return self._challenge.encode("ascii")

    def finish(self, message: bytes) -> bytes | None:
        """The last word to a client whose proof is right, None when it is wrong.

        ValueError when the message is none or belongs to another exchange.
        """
        text = _text(message)
        unproved, mark, encoded = text.rpartition(",p=")
        binding, nonce, *_ = [*unproved.split(","), ""]
        header = base64.b64encode(self._first.header.encode("ascii")).decode("ascii")
        if not mark or binding != f"c={header}" or nonce != f"r={self._nonce}":
            raise ValueError("not a final message of this exchange")
        proof = base64.b64decode(encoded, validate=True)
        if len(proof) != _HASH_BYTES:
            raise ValueError("not a proof")
        spoken = f"{self._first.bare},{self._challenge},{unproved}".encode()
        signature = hmac.digest(self._keys.stored_key, spoken, _HASH)
        client_key = bytes(left ^ right for left, right in zip(proof, signature, strict=True))
        is_right = hmac.compare_digest(hashlib.sha256(client_key).digest(), self._keys.stored_key)
        answer = base64.b64encode(hmac.digest(self._keys.server_key, spoken, _HASH))
        return b"v=" + answer if is_right else None


def _text(message: bytes) -> str:
    if len(message) > MAX_MESSAGE_BYTES or b"\0" in message:
        raise ValueError("not a SCRAM message")
    return message.decode("utf-8")


def _name(text: str) -> str:
    """A user name without its escapes (RFC 5802 §5.1)."""
    if not text or _ESCAPED.search(text):
        raise ValueError("not a user name")
    return text.replace("=2C", ",").replace("=3D", "=")
