"""Secrets and signatures in the format of Standard Webhooks (standardwebhooks.com).

A webhook has a ring of secrets, newest first. Rotation puts a new one in front; the one before it
stays valid for a day, and while it does every request carries a signature by each.
"""

import base64
import hmac
import json
import secrets as stdlib_secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from mailcore.clock import from_micros, to_micros
from mailcore.credentials import ServerSecrets

PREFIX: Final = "whsec_"
OVERLAP: Final = timedelta(hours=24)
_KEY_BYTES: Final = 32
_MAX_SECRETS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSecret:
    """One secret; `until` is set once a newer one has taken its place."""

    key: bytes
    until: datetime | None = None

    @property
    def text(self) -> str:
        """As its owner is shown it, once."""
        return PREFIX + base64.b64encode(self.key).decode("ascii")


def new_secret() -> SigningSecret:
    """A fresh secret of 256 bits."""
    return SigningSecret(key=stdlib_secrets.token_bytes(_KEY_BYTES))


def rotate(ring: Sequence[SigningSecret], new: SigningSecret, at: datetime) -> list[SigningSecret]:
    """The ring with `new` in front; the others end a day from now or when they would have anyway."""
    until = at + OVERLAP
    kept = [replace(one, until=min(one.until or until, until)) for one in valid(ring, at)]
    return [new, *kept][:_MAX_SECRETS]


def valid(ring: Sequence[SigningSecret], at: datetime) -> list[SigningSecret]:
    """Those that sign at this time."""
    return [one for one in ring if one.until is None or one.until > at]


def sign(ring: Sequence[SigningSecret], event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt: id, time in seconds, one signature for every valid secret."""
    timestamp = str(to_micros(at) // 1_000_000)
    signed = f"{event_id}.{timestamp}.".encode() + body
    signatures = (
        base64.b64encode(hmac.digest(one.key, signed, "sha256")).decode("ascii")
        for one in valid(ring, at)
    )
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def seal_ring(server: ServerSecrets, ring: Sequence[SigningSecret]) -> bytes:
    """The ring as it is stored."""
    plain = [
        {
            "key": base64.b64encode(one.key).decode("ascii"),
            "until": to_micros(one.until) if one.until else None,
        }
        for one in ring
    ]
    return server.seal(json.dumps(plain).encode())


def unseal_ring(server: ServerSecrets, sealed: bytes) -> list[SigningSecret]:
    """The inverse of `seal_ring`; UNAVAILABLE when it was sealed with another server key."""
    return [
        SigningSecret(
            key=base64.b64decode(one["key"]),
            until=from_micros(one["until"]) if one["until"] is not None else None,
        )
        for one in json.loads(server.unseal(sealed))
    ]


def seal_headers(server: ServerSecrets, headers: dict[str, str]) -> bytes:
    """Custom headers as they are stored."""
    return server.seal(json.dumps(headers).encode())


def unseal_headers(server: ServerSecrets, sealed: bytes) -> dict[str, str]:
    """The inverse of `seal_headers`."""
    headers: dict[str, str] = json.loads(server.unseal(sealed))
    return headers
