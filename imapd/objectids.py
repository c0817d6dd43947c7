"""Object ids (RFC 8474): lasting names of mailboxes, messages and conversations on the wire.

EMAILID names the bytes, so copies share it; MAILBOXID is made of UIDVALIDITY, which no two mailboxes
share; THREADID is the id that the API shows, with a letter before it.
"""

import base64
import binascii

from mailcore.model import Mailbox

_LENGTH = 43


def mailbox_id(mailbox: Mailbox) -> str:
    """MAILBOXID: kept by RENAME, new after DELETE and CREATE."""
    return f"F{mailbox.uid_validity}"


def email_id(sha256: bytes) -> bytes:
    """EMAILID."""
    return b"M" + base64.urlsafe_b64encode(sha256).rstrip(b"=")


def digest_of(text: str) -> bytes | None:
    """The SHA-256 that an EMAILID stands for; None for what cannot be one of ours."""
    if len(text) != _LENGTH + 1 or not text.startswith("M"):
        return None
    try:
        sha256 = base64.urlsafe_b64decode(text[1:] + "=")
    except binascii.Error:
        return None
    return sha256 if email_id(sha256) == text.encode("ascii") else None


def thread_id(identifier: str) -> bytes:
    """THREADID."""
    return b"T" + identifier.encode("ascii")


def thread_of(text: str) -> str:
    """The id of the conversation, empty for what cannot be one of ours."""
    return text[1:] if text.startswith("T") else ""
