"""Room for messages on their way in: octets in memory over all connections, and each client's share.

A `Room` belongs to one message, from its first octet until the message is committed or refused.
Nothing here waits; a message that finds no room is read to its end without being kept.
"""

from collections import Counter
from typing import Final

from mailcore.clients import network_of

_SHARES: Final = 4
"""A client that is not trusted gets at most this part of the whole, but always one message."""


class ReceivingLimit:
    """Counts octets of messages that are being received."""

    def __init__(self, *, max_bytes: int, max_message_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._max_share = max(max_bytes // _SHARES, max_message_bytes)
        self._held: Counter[str] = Counter()
        self._total = 0

    def room(self, ip: str, *, is_trusted: bool) -> "Room":
        """Room for one message of a client."""
        return Room(self, network_of(ip), is_trusted=is_trusted)

    def has_room(self, key: str, octets: int, *, is_trusted: bool) -> bool:
        """Whether so many more can be held for a client."""
        is_over_share = not is_trusted and self._held[key] + octets > self._max_share
        return self._total + octets <= self._max_bytes and not is_over_share

    def change(self, key: str, octets: int) -> None:
        """Count octets taken or, below zero, given back."""
        self._total += octets
        self._held[key] += octets
        if self._held[key] <= 0:
            del self._held[key]

    @property
    def total(self) -> int:
        """Octets held now."""
        return self._total


class Room:
    """What one message holds."""

    __slots__ = ("_held", "_is_trusted", "_key", "_limit")

    def __init__(self, limit: ReceivingLimit, key: str, *, is_trusted: bool) -> None:
        self._limit = limit
        self._key = key
        self._is_trusted = is_trusted
        self._held = 0

    def could_take(self, octets: int) -> bool:
        """Whether a message of this size would find room now."""
        return self._limit.has_room(self._key, octets, is_trusted=self._is_trusted)

    def take(self, octets: int) -> bool:
        """Count octets; False, and nothing counted, when there is no room for them."""
        if not self.could_take(octets):
            return False
        self._limit.change(self._key, octets)
        self._held += octets
        return True

    def release(self) -> None:
        """Give everything back; doing it again changes nothing."""
        if self._held:
            self._limit.change(self._key, -self._held)
            self._held = 0
