"""Tokens of one-click links: whoever has one decides in the name of one approver.

35 octets as 56 base32 characters in lower case: the id of the hold (or of mail in quarantine), the
hour it ends, then a MAC over both, the version and the approver with a server secret of its own. The
token in the address of a notice is no such token: that one travels back and forth by mail.
"""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mailcore.credentials import ServerSecrets

LINK_CHARS: Final = 56
LINK_LIFETIME: Final = timedelta(days=7)
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToken:
    """A token taken apart; not yet verified."""

    about_id: str
    ends_at: datetime
    mac: bytes

    @property
    def token_id(self) -> str:
        """The name its spending is recorded under."""
        return f"{self.about_id}:{self.mac.hex()}"


class LinkTokens:
    """Makes and verifies tokens of links."""

    def __init__(self, secrets: ServerSecrets) -> None:
        self._secrets = secrets

    def issue(self, about_id: str, version: int, approver: str, ends_at: datetime) -> str:
        """The token for one approver (their folded address); it ends at the next full hour."""
        hours = -(-int(ends_at.timestamp()) // _HOUR)
        mac = self._mac(about_id, version, approver, hours)
        raw = uuid.UUID(about_id).bytes + hours.to_bytes(4) + mac
        return base64.b32encode(raw).decode("ascii").lower()

    @staticmethod
    def read(text: str) -> LinkToken | None:
        """Take a token apart; None when it cannot be one. Case does not matter."""
        if len(text) != LINK_CHARS or not text.isascii():
            return None
        try:
            raw = base64.b32decode(text.upper())
            ends_at = datetime.fromtimestamp(int.from_bytes(raw[16:20]) * _HOUR, UTC)
        except (binascii.Error, ValueError, OverflowError):
            return None
        return LinkToken(about_id=str(uuid.UUID(bytes=raw[:16])), ends_at=ends_at, mac=raw[20:])

    def is_for(self, token: LinkToken, version: int, approver: str) -> bool:
        """Whether the token was issued for this version to this approver, whatever the time is."""
        hours = int(token.ends_at.timestamp()) // _HOUR
        return hmac.compare_digest(token.mac, self._mac(token.about_id, version, approver, hours))

    def _mac(self, about_id: str, version: int, approver: str, hours: int) -> bytes:
        return self._secrets.link_mac(f"{about_id}|{version}|{approver}|{hours}".encode())
