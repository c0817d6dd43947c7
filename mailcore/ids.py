"""Identifiers: names for the kinds of id, and how new ones are made.

Public ids are UUIDv7 in canonical text form (RFC 9562 §5.7), so they sort by creation time.
Mailbox ids and UIDs are integers (RFC 9051 §2.3.1.1).
"""

import secrets
from typing import NewType

import uuid_utils

PodId = NewType("PodId", str)
AgentId = NewType("AgentId", str)
PersonId = NewType("PersonId", str)
InboxId = NewType("InboxId", str)
DomainId = NewType("DomainId", str)
KeyId = NewType("KeyId", str)
ThreadId = NewType("ThreadId", str)
MessageId = NewType("MessageId", str)
"""The public id of one placement of a message; not the Message-ID header field."""
SubmissionId = NewType("SubmissionId", str)
HoldId = NewType("HoldId", str)
DraftId = NewType("DraftId", str)
QueueId = NewType("QueueId", int)
SuppressionId = NewType("SuppressionId", str)
PauseId = NewType("PauseId", str)
SmarthostId = NewType("SmarthostId", str)
ContactId = NewType("ContactId", str)
QuarantineId = NewType("QuarantineId", str)
ReportId = NewType("ReportId", str)
"""The public id of a report that others sent; not the one that they gave it."""
TagId = NewType("TagId", str)
AliasId = NewType("AliasId", str)
TaskId = NewType("TaskId", str)
TemplateId = NewType("TemplateId", str)
SignatureId = NewType("SignatureId", str)
RuleId = NewType("RuleId", str)
ApplicationId = NewType("ApplicationId", str)
SecretId = NewType("SecretId", str)
GuardPolicyId = NewType("GuardPolicyId", str)
GrantId = NewType("GrantId", str)
ChannelId = NewType("ChannelId", str)
ChannelLinkId = NewType("ChannelLinkId", str)
MailboxId = NewType("MailboxId", int)
Uid = NewType("Uid", int)
Seq = NewType("Seq", int)
"""A number of the journal; it is also the MODSEQ (RFC 7162), the SSE id and the cursor."""
BlobRef = NewType("BlobRef", str)
"""The bytes of a message or submission: the name that their file keeps wherever it moves."""

DEFAULT_POD = PodId("00000000-0000-7000-8000-000000000000")


def new_id() -> str:
    """A new UUIDv7 as text."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in the canonical form that `new_id` makes."""
    if len(text) != 36:
        return False
    try:
        return str(uuid_utils.UUID(text)) == text
    except ValueError:
        return False


def new_message_id(domain: str) -> str:
    """A new Message-ID with its angle brackets, unguessable (RFC 5322 §3.6.4)."""
    return f"<{uuid_utils.uuid7().hex}.{secrets.token_hex(6)}@{domain}>"
