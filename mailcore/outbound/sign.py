"""Signs what leaves, with the keys of the domain in From.

Not the cryptography (`mailauth.dkim`) and not the place keys are kept: those come from `KeySource`.
Loaded keys are remembered; a stored key is read again only when it changes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from mailcore.clock import Clock, SystemClock
from mailcore.mailauth.dkim import SigningKey, sign
from mailcore.mailauth.keys import load_private

INLINE_OCTETS: Final = 64 * 1024
"""Larger messages are signed in a worker thread."""
_MAX_LOADED: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateDkimKey:
    """An active key of a domain with its private half opened."""

    selector: str
    private_pem: bytes = field(repr=False)


class KeySource(Protocol):
    """Where the active keys of a domain come from."""

    async def signing_keys(self, domain: str) -> Sequence[PrivateDkimKey]:
        """The active keys; empty for a domain that is not ours or has none."""
        ...


class Signer:
    """Makes the DKIM-Signature fields that stand in front of a message."""

    def __init__(self, keys: KeySource, *, clock: Clock | None = None) -> None:
        self._keys = keys
        self._clock = clock or SystemClock()
        self._loaded: dict[PrivateDkimKey, SigningKey] = {}
        self._loading = asyncio.Lock()

    async def prefix(self, raw: bytes, domain: str) -> bytes:
        """One field for each active key of `domain`, whole lines with CRLF; empty without keys.

        The message that leaves is this prefix and then `raw`. Raises INVALID for a key that cannot
        be read. Safe to cancel.
        """
        keys = [await self._load(one) for one in await self._keys.signing_keys(domain)]
        if not keys:
            return b""
        now = self._clock.now()
        if len(raw) > INLINE_OCTETS:
            return await asyncio.to_thread(sign, raw, domain=domain, keys=keys, signed_at=now)
        return sign(raw, domain=domain, keys=keys, signed_at=now)

    async def _load(self, key: PrivateDkimKey) -> SigningKey:
        """Reading an RSA key takes tens of milliseconds, so it is done once and not on the loop."""
        found = self._loaded.get(key)
        if found is not None:
            return found
        async with self._loading:
            if (found := self._loaded.get(key)) is not None:
                return found
            if len(self._loaded) >= _MAX_LOADED:
                self._loaded.clear()
            private = await asyncio.to_thread(load_private, key.private_pem)
            found = self._loaded[key] = SigningKey(selector=key.selector, key=private)
            return found
