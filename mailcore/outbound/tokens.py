"""Approval tokens: what the local part `approve+TOKEN` carries.

25 octets as 40 base32 characters, case-folded: the hold's UUID, then a MAC over hold, version and
approver with a server secret. A reminder can carry the same token again, nothing secret is stored,
and an edit (a new version) voids the old ones. A code of six digits goes with a token: who is asked
again repeats it with the word, so that no quotation can be taken for an answer.
"""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass
from typing import Final

from mailcore.credentials import ServerSecrets
from mailcore.ids import HoldId, TaskId

TOKEN_CHARS: Final = 40
CODE_DIGITS: Final = 6
QUARANTINE_VERSION: Final = 0
"""The version in tokens about mail in quarantine, which has none; those of holds begin with 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalToken:
    """A token taken apart; not yet verified."""

    hold_id: HoldId
    mac: bytes

    @property
    def token_id(self) -> str:
        """The name its spending is recorded under."""
        return f"{self.hold_id}:{self.mac.hex()}"


class ApprovalTokens:
    """Makes and verifies tokens."""

    def __init__(self, secrets: ServerSecrets) -> None:
        self._secrets = secrets

    def issue(self, hold_id: HoldId, version: int, approver: str) -> str:
        """The token for one approver (their folded address), 40 lower-case characters."""
        raw = uuid.UUID(hold_id).bytes + self._mac(hold_id, version, approver)
        return base64.b32encode(raw).decode("ascii").lower()

    @staticmethod
    def read(text: str) -> ApprovalToken | None:
        """Take a token apart; None when it cannot be one. Case does not matter."""
        if len(text) != TOKEN_CHARS:
            return None
        try:
            raw = base64.b32decode(text.upper())
        except (binascii.Error, ValueError):
            return None
        return ApprovalToken(hold_id=HoldId(str(uuid.UUID(bytes=raw[:16]))), mac=raw[16:])

    def is_for(self, token: ApprovalToken, version: int, approver: str) -> bool:
        """Whether the token was issued for this version of the hold to this approver."""
        return hmac.compare_digest(token.mac, self._mac(token.hold_id, version, approver))

    def code(self, hold_id: HoldId, version: int, approver: str) -> str:
        """The digits that make an approver's word clear wherever it stands; no secret without the token."""
        mac = self._secrets.approval_mac(f"code|{hold_id}|{version}|{approver}".encode())
        return f"{int.from_bytes(mac) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"

    def _mac(self, hold_id: HoldId, version: int, approver: str) -> bytes:
        return self._secrets.approval_mac(f"{hold_id}|{version}|{approver}".encode())


class ClaimTokens:
    """What lets another agent take a task in the place of its assignee, who may pass it on."""

    def __init__(self, secrets: ServerSecrets) -> None:
        self._secrets = secrets

    def issue(self, task_id: TaskId) -> str:
        """The token of a task: always the same, and stored nowhere."""
        mac = self._secrets.approval_mac(f"task|{task_id}".encode())
        return base64.b32encode(mac).decode("ascii").rstrip("=").lower()

    def is_for(self, token: str, task_id: TaskId) -> bool:
        """Whether it is the task's token. Case does not matter."""
        given = token.strip().lower().encode("utf-8", "replace")
        return hmac.compare_digest(given, self.issue(task_id).encode())
