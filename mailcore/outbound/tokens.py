"""Tokens in our own addresses: `approve+TOKEN` for answers, `bounce+TOKEN` for what comes back.

Approval tokens: 25 octets as 40 base32 characters, case-folded: the hold's UUID, then a MAC over hold, version and
approver with a server secret. A reminder can carry the same token again, nothing secret is stored,
and an edit (a new version) voids the old ones. A code of six digits goes with a token: who is asked
again repeats it with the word, so that no quotation can be taken for an answer.

Return tokens: 20 octets as 32 characters: the number of a queue row, then a MAC over it and its
message. They name the recipients that were sent one message together, and are good for as long as its row is kept.
"""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass
from typing import Final

from mailcore.address import BOUNCE_LOCAL_PART, Address, try_address
from mailcore.credentials import ServerSecrets
from mailcore.ids import HoldId, InboxId, QueueId, SubmissionId, TaskId
from mailcore.model import Claim

TOKEN_CHARS: Final = 40
RETURN_TOKEN_CHARS: Final = 32
MAX_UNSUBSCRIBE_CHARS: Final = 1000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnToken:
    """A return token taken apart; not yet verified."""

    queue_id: QueueId
    mac: bytes


class ReturnTokens:
    """Makes and verifies the envelope senders that bounces come back to."""

    def __init__(self, secrets: ServerSecrets, *, is_on: bool = True) -> None:
        self._secrets = secrets
        self.is_on = is_on

    def return_path(self, claim: Claim) -> Address | None:
        """The envelope sender on the wire: `bounce+TOKEN` in the sender's own domain.

        None stays None: nothing comes back for a null sender (RFC 5321 §4.5.5).
        """
        sender = claim.submission.envelope.mail_from
        if sender is None or not self.is_on:
            return sender
        token = self.issue(claim.items[0].id, claim.submission.id)
        return Address(f"{BOUNCE_LOCAL_PART}+{token}", sender.domain)

    def issue(self, queue_id: QueueId, submission_id: SubmissionId) -> str:
        """The token of a queue row, 32 lower-case characters."""
        raw = queue_id.to_bytes(8) + self._mac(queue_id, submission_id)
        return base64.b32encode(raw).decode("ascii").lower()

    @staticmethod
    def read(text: str) -> ReturnToken | None:
        """Take a token apart; None when it cannot be one. Case does not matter."""
        if len(text) != RETURN_TOKEN_CHARS:
            return None
        try:
            raw = base64.b32decode(text.upper())
        except (binascii.Error, ValueError):
            return None
        queue_id = int.from_bytes(raw[:8])
        return ReturnToken(queue_id=QueueId(queue_id), mac=raw[8:]) if queue_id < 2**63 else None

    def is_for(self, token: ReturnToken, submission_id: SubmissionId) -> bool:
        """Whether the token was issued for a row of this message."""
        return hmac.compare_digest(token.mac, self._mac(token.queue_id, submission_id))

    def _mac(self, queue_id: QueueId, submission_id: SubmissionId) -> bytes:
        return self._secrets.return_path_mac(f"{queue_id}|{submission_id}".encode())


class UnsubscribeTokens:
    """Makes and verifies what stands in List-Unsubscribe: an inbox and a recipient, then a MAC over both."""

    def __init__(self, secrets: ServerSecrets) -> None:
        self._secrets = secrets

    def issue(self, inbox_id: InboxId, address: Address) -> str:
        """The token, safe in a URL."""
        about = uuid.UUID(inbox_id).bytes + address.folded.encode("utf-8", "replace")
        return base64.urlsafe_b64encode(self._mac(about) + about).decode("ascii").rstrip("=")

    def read(self, text: str) -> tuple[InboxId, Address] | None:
        """What the token is about; None when we never made it."""
        if len(text) > MAX_UNSUBSCRIBE_CHARS or not text.isascii():
            return None
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return None
        mac, about = raw[:12], raw[12:]
        if len(about) < 16 or not hmac.compare_digest(mac, self._mac(about)):
            return None
        address = try_address(about[16:].decode("utf-8", "replace"))
        return (InboxId(str(uuid.UUID(bytes=about[:16]))), address) if address else None

    def _mac(self, about: bytes) -> bytes:
        return self._secrets.return_path_mac(b"unsubscribe|" + about)


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
