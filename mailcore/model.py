"""What the product is made of: frozen facts, no behavior beyond simple questions.

Times are aware UTC datetimes, sizes are octets, ids are those of `mailcore.ids`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntFlag, StrEnum
from typing import Final, NamedTuple, NewType

from mailcore.address import Address
from mailcore.errors import denied
from mailcore.ids import (
    AgentId,
    AliasId,
    BlobRef,
    ChannelId,
    ChannelLinkId,
    ContactId,
    DomainId,
    DraftId,
    GrantId,
    HoldId,
    InboxId,
    KeyId,
    MailboxId,
    MessageId,
    PauseId,
    PersonId,
    PodId,
    QuarantineId,
    QueueId,
    ReportId,
    Seq,
    SignatureId,
    SmarthostId,
    SubmissionId,
    SuppressionId,
    TagId,
    TaskId,
    TemplateId,
    ThreadId,
    Uid,
)

type JsonValue = str | int | float | bool | list["JsonValue"] | dict[str, "JsonValue"] | None
type JsonObject = dict[str, JsonValue]


# Actors ------------------------------------------------------------------------------------------


class Role(StrEnum):
    """What an authenticated caller is."""

    MASTER = "master"
    """The owner with the master key, or an operator on the unix socket."""
    APPROVER = "approver"
    VIEWER = "viewer"
    AGENT = "agent"
    SYSTEM = "system"
    """The server itself: notices, DSNs, jobs."""


class Permission(StrEnum):
    """What a key may do with what it can see."""

    READ = "read"
    """Look at mail, people and settings."""
    SEND = "send"
    """Send mail and write drafts."""
    MANAGE = "manage"
    """Mark, move and delete mail; contacts, tags, webhooks, addresses."""


EVERYTHING = frozenset(Permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. Services decide from this alone what may be done.

    `inbox_id` narrows the actor to one inbox (a login with that inbox's password). `label` is what
    the audit log shows: `master`, `agent:mia`, `person:you@example.net`, `system:notices`.
    """

    role: Role
    pod_id: PodId
    label: str
    agent_id: AgentId | None = None
    person_id: PersonId | None = None
    inbox_id: InboxId | None = None
    key_id: KeyId | None = None
    permissions: frozenset[Permission] = EVERYTHING

    def require(self, permission: Permission) -> None:
        """DENIED `permission_missing` unless this actor has the permission."""
        if permission not in self.permissions:
            raise denied(
                f"this key may not {permission.value}",
                code="permission_missing",
                fix="Use a key that has the permission, or ask the owner for one",
            )

    @property
    def reads_pod(self) -> bool:
        """Whether this actor sees everything of the pod: the master, and a viewer's key."""
        return self.is_master or (self.role is Role.VIEWER and self.inbox_id is None)

    @property
    def is_master(self) -> bool:
        """Whether everything in the pod is open to this actor."""
        return self.role in (Role.MASTER, Role.SYSTEM)

    @property
    def may_decide(self) -> bool:
        """Whether this actor may approve or reject a hold. Never true for an agent's key."""
        return self.role in (Role.MASTER, Role.APPROVER)

    def may_use(self, inbox: "Inbox") -> bool:
        """Whether this actor may read the inbox, and act in it as far as its permissions go."""
        if inbox.pod_id != self.pod_id:
            return False
        if self.inbox_id is not None:
            return self.inbox_id == inbox.id
        if self.reads_pod:
            return True
        return self.agent_id is not None and self.agent_id == inbox.agent_id


class AgentStatus(StrEnum):
    """Whether an agent works."""

    ACTIVE = "active"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A program with its own keys, owning one or more inboxes."""

    id: AgentId
    pod_id: PodId
    name: str
    role: str
    owner_name: str
    status: AgentStatus
    is_persistent: bool
    metadata: JsonObject
    created_at: datetime
    last_activity_at: datetime | None


class PersonRole(StrEnum):
    """What a person may do."""

    OWNER = "owner"
    APPROVER = "approver"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An owner, approver or viewer. `email` is the outside address notices go to."""

    id: PersonId
    pod_id: PodId
    name: str
    email: Address
    role: PersonRole
    created_at: datetime


class TrustGate(StrEnum):
    """What happens to mail from a sender never seen."""

    HOLD = "hold"
    TAG = "tag"
    OFF = "off"


class ApprovalMode(StrEnum):
    """Which outgoing mail of an inbox waits for a person."""

    FLAGGED = "flagged"
    """What the guard or a policy finds fault with."""
    ALWAYS = "always"
    """All of it."""
    NEVER = "never"
    """Only what is critical: drafts and other findings pass."""


class DmarcEnforcement(StrEnum):
    """What becomes of mail to an inbox that fails DMARC."""

    DEFAULT = "default"
    """What `inbound.dmarc_enforce` says."""
    REJECT = "reject"
    """What the sender's domain asks for: refused, or Junk."""
    QUARANTINE = "quarantine"
    """Junk, even where the domain asks to refuse."""
    OFF = "off"
    """Nothing; the result is kept with the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """An address with mailboxes and a sending policy, owned by an agent or a person."""

    id: InboxId
    pod_id: PodId
    agent_id: AgentId | None
    person_id: PersonId | None
    domain_id: DomainId
    address: Address
    display_name: str
    is_active: bool
    trust_gate: TrustGate
    created_at: datetime
    can_send_cold: bool = True
    """Whether it may write first to somebody who has never written to it; held otherwise."""
    approval: ApprovalMode = ApprovalMode.FLAGGED
    auto_approve_replies: bool = False
    """Drafts that only answer people who wrote, and that nothing is wrong with, need no person."""
    approval_channel: str = ""
    """Where approvers are asked first: `mail`, `telegram`, `slack`, `dashboard`; everywhere if empty."""
    two_people: bool = False
    """Critical findings need the approval of two different people."""
    quota_bytes: int = 0
    """Octets its mailboxes may hold together; 0 is unlimited."""
    quota_messages: int = 0
    disabled_capabilities: tuple[str, ...] = ()
    """IMAP capabilities that sessions of this inbox do without."""
    dmarc_enforce: DmarcEnforcement = DmarcEnforcement.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What an inbox may hold, with what it holds; a limit of 0 is none."""

    limit_bytes: int
    limit_messages: int
    used_bytes: int
    used_messages: int

    def has_room(self, *, messages: int, size_bytes: int) -> bool:
        """Whether so many messages of so many octets together fit beside what is there."""
        return not (
            0 < self.limit_bytes < self.used_bytes + size_bytes
            or 0 < self.limit_messages < self.used_messages + messages
        )


class KeyRole(StrEnum):
    """What a key opens."""

    MASTER = "master"
    APPROVER = "approver"
    AGENT = "agent"
    VIEWER = "viewer"
    """Reads everything, changes and decides nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key as stored: only its keyed hash is kept, `prefix` is what people recognize it by."""

    id: KeyId
    pod_id: PodId
    role: KeyRole
    name: str
    prefix: str
    agent_id: AgentId | None
    person_id: PersonId | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    inbox_id: InboxId | None = None
    """The one inbox an agent's key is for; all of the agent's otherwise."""
    permissions: frozenset[Permission] = EVERYTHING


class DomainStatus(StrEnum):
    """Whether a domain's DNS has been seen to be ours."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A local domain."""

    id: DomainId
    pod_id: PodId
    name: str
    status: DomainStatus
    ownership_token: str
    created_at: datetime
    verified_at: datetime | None
    catch_all: InboxId | None = None
    """The inbox for names of the domain that nobody has or had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An address that is no inbox; its mail goes to all of `inbox_ids`."""

    id: AliasId
    pod_id: PodId
    domain_id: DomainId
    address: Address
    inbox_ids: tuple[InboxId, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerInbox:
    """The last one that had an address which takes no mail now."""

    agent_id: AgentId | None
    person_id: PersonId | None
    deleted_at: datetime | None
    """None when it was only switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCheck:
    """What was last seen in the DNS of a domain, and when it is looked at again."""

    domain_id: DomainId
    pod_id: PodId
    checked_at: datetime
    next_at: datetime
    attempts: int
    """Looks by itself since somebody last asked for one."""
    findings: JsonObject
    """What was found for each wanted record, by the record's key."""


class DkimState(StrEnum):
    """Where a signing key is in its life."""

    PENDING = "pending"
    """To be published; signs nothing yet."""
    ACTIVE = "active"
    RETIRED = "retired"
    """Signs nothing any more; published for the mail under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A signing key: `sealed_private_key` is encrypted with the server's key, `public_key` is the base64 of `p=`."""

    domain_id: DomainId
    selector: str
    algorithm: str
    """`rsa-sha256` or `ed25519-sha256` (RFC 6376, RFC 8463)."""
    sealed_private_key: bytes
    public_key: str
    state: DkimState
    created_at: datetime
    published_until: datetime | None = None
    """When a retired key may go from DNS."""


# Mailboxes and messages --------------------------------------------------------------------------


class Flag(IntFlag):
    r"""The system flags of a message (RFC 9051 §2.3.2); `\Recent` is a session's affair."""

    SEEN = 1
    ANSWERED = 2
    FLAGGED = 4
    DELETED = 8
    DRAFT = 16


class SpecialUse(StrEnum):
    r"""RFC 6154 attributes; the value is the attribute without its backslash."""

    ARCHIVE = "Archive"
    DRAFTS = "Drafts"
    JUNK = "Junk"
    SENT = "Sent"
    TRASH = "Trash"


INBOX = "INBOX"
JUNK = "Junk"
DEFAULT_MAILBOXES: tuple[tuple[str, SpecialUse | None], ...] = (
    (INBOX, None),
    ("Archive", SpecialUse.ARCHIVE),
    ("Drafts", SpecialUse.DRAFTS),
    ("Junk", SpecialUse.JUNK),
    ("Sent", SpecialUse.SENT),
    ("Trash", SpecialUse.TRASH),
)
"""What every new inbox has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One IMAP folder with its counters. `name` is Unicode with `/` as separator; INBOX is upper case."""

    id: MailboxId
    inbox_id: InboxId
    name: str
    uid_validity: int
    uid_next: int
    highest_modseq: Seq
    messages: int
    unseen: int
    deleted: int
    size_bytes: int
    recent_from_uid: int
    r"""UIDs from here on have been shown to no read-write session: `\Recent`."""
    special_use: SpecialUse | None
    is_subscribed: bool
    is_selectable: bool
    may_change: bool = True
    """Whether whoever was given this may change what is in it."""


class Direction(StrEnum):
    """How a message came to be in a mailbox."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    APPENDED = "appended"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAddress:
    """A header mailbox: decoded display name and address text as written (RFC 5322 §3.4)."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentFact:
    """One attachment: `index` counts from 0 in document order, `part` is its IMAP section."""

    index: int
    part: str
    filename: str
    content_type: str
    size_bytes: int
    """Octets after transfer decoding."""
    content_id: str
    is_inline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """Everything about stored bytes that is computed once, at delivery, and never again.

    `envelope`, `body` and `body_structure` are ready IMAP bytes (RFC 9051 §7.5.2); `parts` is the
    MIME tree with octet offsets in the form `mailcore.message.structure` reads back.
    `message_id`, `in_reply_to` and `references` are without angle brackets.
    """

    size_bytes: int
    header_size_bytes: int
    """Octets of the header including the empty line after it."""
    sha256: bytes
    subject: str
    sender: MailboxAddress | None
    """The first mailbox of From."""
    to: tuple[MailboxAddress, ...]
    cc: tuple[MailboxAddress, ...]
    bcc: tuple[MailboxAddress, ...]
    reply_to: tuple[MailboxAddress, ...]
    date: datetime | None
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    envelope: bytes
    body: bytes
    body_structure: bytes
    parts: bytes
    preview: str
    attachments: tuple[AttachmentFact, ...]
    kept_fields: bytes = b""
    """Header fields that are answered without the message; see `mailcore.message.kept_fields`. Empty
    also where they were not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthReport:
    """What mail authentication found, as data (RFC 8601 result names: pass, fail, none, …)."""

    spf: str = "none"
    spf_domain: str = ""
    dkim: str = "none"
    dkim_domains: tuple[str, ...] = ()
    """d= of every signature that verified over the whole body."""
    dmarc: str = "none"
    dmarc_policy: str = ""
    dmarc_domain: str = ""
    arc: str = "none"
    arc_sealers: tuple[str, ...] = ()
    """Who sealed a chain that passes, the newest first."""
    vouched_by: str = ""
    """The trusted ARC sealer that saw DMARC pass for the domain of From."""
    is_aligned: bool = False
    """An aligned DKIM signature verified for the domain of From."""
    signed_fields: tuple[str, ...] = ()
    """Header fields, in lower case, that a signature of the domain of From covers."""
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """The guard's verdict as kept with a message."""

    score: int = 0
    level: str = "clean"
    """`clean`, `warning`, `spam`, or `internal` for mail that was never scored."""
    categories: tuple[str, ...] = ()
    findings: tuple[JsonObject, ...] = ()

    @property
    def is_injection(self) -> bool:
        """Whether the message was flagged, and tries to give instructions to an agent."""
        return self.level in {"warning", "spam"} and "prompt_injection" in self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamEntry:
    """What one arriving message was scored; it outlives the message."""

    id: int
    inbox_id: InboxId
    message_id: MessageId
    at: datetime
    sender: str
    subject: str
    score: int
    level: str
    categories: tuple[str, ...]
    findings: tuple[JsonObject, ...]
    """Without what was matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One placement of immutable bytes: in one inbox, one mailbox, one thread."""

    id: MessageId
    inbox_id: InboxId
    mailbox_id: MailboxId
    mailbox_name: str
    thread_id: ThreadId
    uid: Uid
    modseq: Seq
    flags: Flag
    keywords: tuple[str, ...]
    internal_date: datetime
    saved_at: datetime
    direction: Direction
    blob: BlobRef
    facts: MessageFacts
    auth: AuthReport | None
    security: Security


class Entry(NamedTuple):
    """What a session knows of every message: a row of a mailbox's array. `keywords` is sorted, space-separated."""

    uid: int
    modseq: int
    flags: int
    keywords: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxContents:
    """Everything in a mailbox at one instant, by UID: a column for each fact, whatever its size."""

    mailbox: Mailbox
    uids: Sequence[int]
    flags: Sequence[int]
    keywords: Sequence[str]
    head: Seq


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxChanges:
    """What happened in a mailbox after a MODSEQ: entries new or changed by UID, and the UIDs gone."""

    mailbox: Mailbox
    entries: tuple[Entry, ...]
    vanished: tuple[int, ...]
    head: Seq


class ThreadStatus(StrEnum):
    """Where a conversation stands (product words)."""

    OPEN = "open"
    WAITING = "waiting"
    DRAFT_PENDING = "draft_pending"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation in one inbox."""

    id: ThreadId
    inbox_id: InboxId
    subject: str
    status: ThreadStatus
    needs_review: bool
    message_count: int
    participants: tuple[MailboxAddress, ...]
    preview: str
    created_at: datetime
    last_message_at: datetime
    last_inbound_id: MessageId | None


# Contacts and tags -------------------------------------------------------------------------------


class ContactStatus(StrEnum):
    """Whether a correspondent is trusted. Only a person trusts; anybody may block."""

    TRUSTED = "trusted"
    PENDING = "pending"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An outside correspondent of one inbox. `message_count` counts what came from the address."""

    id: ContactId
    pod_id: PodId
    inbox_id: InboxId
    address: Address
    name: str
    notes: str
    tags: tuple[str, ...]
    status: ContactStatus
    message_count: int
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None
    is_discarded: bool = False
    """Whether it was blocked by a person, so that its mail is discarded."""
    vouched_tags: tuple[str, ...] = ()
    """The tags as a person last gave them, whatever an agent made of them since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """An IMAP keyword of one inbox with a name for people and a color (`#rrggbb`)."""

    id: TagId
    pod_id: PodId
    inbox_id: InboxId
    keyword: str
    name: str
    color: str
    created_at: datetime


# Quarantine --------------------------------------------------------------------------------------


class QuarantineStatus(StrEnum):
    """How mail in quarantine stands."""

    PENDING = "pending"
    APPROVED = "approved"
    """A person let it in."""
    BLOCKED = "blocked"
    EXPIRED = "expired"


class QuarantineReason(StrEnum):
    """Why mail is in quarantine."""

    UNKNOWN_SENDER = "unknown_sender"
    """Nobody has decided about its sender."""
    UNAUTHENTICATED = "unauthenticated"
    """It names a trusted sender and proves nothing."""
    UNSCANNED = "unscanned"
    """The guard failed or took too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Mail that is kept away from its inbox until a person decides, or time does."""

    id: QuarantineId
    pod_id: PodId
    inbox_id: InboxId
    status: QuarantineStatus
    reason: QuarantineReason
    sender: Address | None
    """The one address of From; None when there is not exactly one."""
    sender_name: str
    subject: str
    mail_from: Address | None
    recipients: tuple[str, ...]
    is_proven: bool
    """Whether DMARC passed for the sender, by DKIM or SPF."""
    auth: AuthReport
    security: Security
    dedupe_key: bytes
    size_bytes: int
    received_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    decided_by: str = ""
    decided_via: str = ""
    asked_at: datetime | None = None
    """When people began to be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedDomain:
    """Mail that proves to come from this domain passes every trust gate of the pod."""

    name: str
    created_at: datetime


# Sending -----------------------------------------------------------------------------------------


class Notify(StrEnum):
    """When a sender wants to hear of a recipient (RFC 3461 §4.1)."""

    SUCCESS = "success"
    FAILURE = "failure"
    DELAY = "delay"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientTerms:
    """What a sender asked for about one recipient.

    `notify` is None when nothing was said, which means failures, and empty for NEVER.
    `original_recipient` is ORCPT as sent, in xtext (RFC 3461 §4.2).
    """

    address: Address
    notify: frozenset[Notify] | None = None
    original_recipient: str = ""

    def wants(self, notify: Notify) -> bool:
        """Whether to tell the sender of this; without a word of its own, of failure and delay."""
        default = (Notify.FAILURE, Notify.DELAY)
        return notify in (self.notify if self.notify is not None else default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a sender wants a message handled, beyond its envelope.

    `returned` is RET, `FULL` or `HDRS` or empty; `envelope_id` is ENVID as sent, in xtext
    (RFC 3461 §4.3, §4.4).
    """

    returned: str = ""
    envelope_id: str = ""
    requires_tls: bool = False
    """Not a hop without TLS and REQUIRETLS (RFC 8689)."""
    release_at: datetime | None = None
    """Not before then (RFC 4865)."""
    by_recipient: tuple[RecipientTerms, ...] = ()

    def of(self, address: Address) -> RecipientTerms:
        """What was asked for about a recipient."""
        for one in self.by_recipient:
            if one.address == address:
                return one
        return RecipientTerms(address=address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The SMTP envelope. `mail_from` is None for the null reverse-path (RFC 5321 §4.5.5)."""

    mail_from: Address | None
    recipients: tuple[Address, ...]
    terms: Terms = Terms()


class SubmissionStatus(StrEnum):
    """What became of something submitted."""

    QUEUED = "queued"
    HELD = "held"
    SCHEDULED = "scheduled"
    SENT = "sent"
    """Every recipient is terminal and at least one was delivered."""
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    """Taken back before it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """One outgoing message behind the one door. The id is also the id of its copy in Sent."""

    id: SubmissionId
    pod_id: PodId
    inbox_id: InboxId | None
    thread_id: ThreadId | None
    actor_label: str
    status: SubmissionStatus
    envelope: Envelope
    blob: BlobRef
    size_bytes: int
    digest: bytes
    """SHA-256 over the stored bytes and the envelope; see `mailcore.outbound.submit`."""
    message_id: str
    subject: str
    hold_id: HoldId | None
    created_at: datetime


class RecipientState(StrEnum):
    """The life of one recipient of one submission."""

    HELD = "held"
    SCHEDULED = "scheduled"
    DUE = "due"
    LEASED = "leased"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"
    BOUNCED = "bounced"
    """It was accepted, and came back later."""
    COMPLAINED = "complained"
    """It arrived, and the recipient called it spam."""


class SuppressionReason(StrEnum):
    """Why an address gets no mail any more."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that gets no mail: from one inbox, or from all (`inbox_id` None)."""

    id: SuppressionId
    pod_id: PodId
    inbox_id: InboxId | None
    address: Address
    reason: SuppressionReason
    source: str
    """The remote's words, or who asked for it."""
    created_at: datetime
    expires_at: datetime | None


BOUNCE_SUPPRESSES_FOR: Final = timedelta(days=90)
"""How long an address gets no mail after it was said not to exist."""


class Lane(StrEnum):
    """What waits for the same kind of thing; every lane has places of its own. In order of urgency."""

    PRIORITY = "priority"
    """What the owner wants tried now."""
    SYSTEM = "system"
    """Notices of the server itself."""
    LOCAL = "local"
    REMOTE = "remote"


class TlsLevel(StrEnum):
    """How well a connection to a mail host was protected, from worst to best."""

    NONE = ""
    """There was no connection, or it did not leave this machine's inboxes."""
    PLAIN = "plain"
    OPPORTUNISTIC = "opportunistic"
    """TLS without a proof of who is there (RFC 7435)."""
    VERIFIED = "verified"
    """TLS with a valid certificate for the name, because the sender or the route asks for it."""
    MTA_STS = "mta_sts"
    """TLS with a valid certificate for a name that the domain's policy allows (RFC 8461)."""
    DANE = "dane"
    """TLS with a certificate that DNSSEC vouches for (RFC 7672)."""

    @property
    def rank(self) -> int:
        """Higher is better."""
        return list(TlsLevel).index(self)


class ReportKind(StrEnum):
    """What a report between mail hosts is about."""

    DMARC = "dmarc"
    """Who sends in a domain's name (RFC 9990)."""
    TLS = "tls"
    """How connections to a domain's mail hosts were secured (RFC 8460)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedReport:
    """What another organization told about mail in the name of, or to, a domain of ours."""

    id: ReportId
    pod_id: PodId
    kind: ReportKind
    domain: str
    organization: str
    report_id: str
    """As the organization names it."""
    begins_at: datetime
    ends_at: datetime
    sender: str
    """The domain of the mail that brought it."""
    is_authenticated: bool
    """Whether DMARC passed for that mail: else anybody may have written it."""
    passed: int
    failed: int
    document: JsonObject
    """What it says: policies, and records with their counts."""
    received_at: datetime


class StsMode(StrEnum):
    """What a sender does when a host does not fulfill an MTA-STS policy (RFC 8461 §5)."""

    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class StsPolicy:
    """The MTA-STS policy of another domain (RFC 8461 §3.2)."""

    domain: str
    policy_id: str
    mode: StsMode
    mx: tuple[str, ...]
    """Names of mail hosts; `*.` in front stands for one label."""
    fetched_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedLevel:
    """The best protection that mail to a domain had, and when last."""

    level: TlsLevel
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """One recipient in the queue."""

    id: QueueId
    submission_id: SubmissionId
    recipient: Address
    state: RecipientState
    is_local: bool
    attempts: int
    next_at: datetime
    created_at: datetime
    last_code: int
    last_reply: str
    lane: Lane = Lane.REMOTE
    destination: str = ""
    sender_id: str = ""
    """Whose turn it takes: an agent or a person; empty for the server itself."""
    last_tls: str = ""
    """`TLSv1.3 TLS_AES_256_GCM_SHA384` of the last attempt, or empty."""
    last_tls_level: TlsLevel = TlsLevel.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A leased batch: recipients of one submission that share a destination."""

    submission: Submitted
    items: tuple[QueueItem, ...]
    lease_until: datetime
    lane: Lane = Lane.REMOTE


class ScopeKind(StrEnum):
    """Which part of the queue is meant."""

    ALL = "all"
    """Everything but notices of the server itself."""
    AGENT = "agent"
    DOMAIN = "domain"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueScope:
    """A part of the queue; `value` is an agent's id, a domain, a message's id, or empty."""

    kind: ScopeKind
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePause:
    """A part of the queue that waits until the owner resumes it."""

    id: PauseId
    pod_id: PodId
    scope: QueueScope
    reason: str
    actor: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Smarthost:
    """The host that everything of one agent, or of one domain of ours, leaves through."""

    id: SmarthostId
    pod_id: PodId
    scope: QueueScope
    host: str
    port: int
    user: str
    """Empty without a login."""
    sealed_secret: bytes = field(repr=False)
    is_token: bool
    created_at: datetime


class Outcome(StrEnum):
    """How an attempt ended for one recipient."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The result of one attempt for one recipient: a value, not an exception."""

    queue_id: QueueId
    outcome: Outcome
    code: int
    enhanced_code: str
    reply: str
    remote: str
    """`host[address]:port`, or `local`."""
    tls: str
    tls_level: TlsLevel = TlsLevel.NONE
    retry_at: datetime | None = None
    is_reported_on: bool = False
    """Whether the next host took over to tell the sender of success (RFC 3461 §5.2.1)."""


RESTORED: Final = "restored"
"""Why a hold waits that a rebuild made: its message may have left already."""


class HoldStatus(StrEnum):
    """The states of a hold; only PENDING and APPROVED can change."""

    PENDING = "pending"
    APPROVED = "approved"
    """Decided, not yet released (a draft's approval)."""
    RELEASED = "released"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An outgoing message waiting for a person, bound to the digest of its bytes and envelope."""

    id: HoldId
    pod_id: PodId
    submission_id: SubmissionId
    inbox_id: InboxId | None
    thread_id: ThreadId | None
    agent_id: AgentId | None
    draft_id: DraftId | None
    digest: bytes
    version: int
    status: HoldStatus
    reason: str
    """Why it was held: `guard`, `manual`, `policy`, `rule`."""
    categories: tuple[str, ...]
    findings: tuple[JsonObject, ...]
    """Masked matches; what an approver may see."""
    subject: str
    sender: str
    recipients: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str
    decided_via: str
    decision_reason: str
    reminders: int = 0
    """How often it was told of again by itself."""
    told_at: datetime | None = None
    """When somebody last asked to tell of it again."""
    approved_once_by: tuple[str, ...] = ()
    """Who approved it while it needs one more person."""
    like_hold_id: HoldId | None = None
    """The first hold that it is nearly the same as."""
    attempt: int = 1
    """Which attempt it is at what that holds."""
    asked_at: datetime | None = None
    """When people began to be asked; None while it waits to be told with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An approval that is remembered: mail of an inbox to this address or `@domain`, for a time.

    It covers mail without findings, and findings of the rules that were approved with it; never
    critical ones.
    """

    id: GrantId
    pod_id: PodId
    inbox_id: InboxId
    recipient: str
    rules: tuple[str, ...]
    hold_id: HoldId
    created_by: str
    created_at: datetime
    expires_at: datetime


class Decision(StrEnum):
    """What a person says to a hold."""

    APPROVE = "approve"
    REJECT = "reject"


class DraftStatus(StrEnum):
    """A draft's state; from submission on it derives from its hold."""

    EDITING = "editing"
    PENDING = "pending"
    APPROVED = "approved"
    SENT = "sent"
    STALE = "stale"
    REJECTED = "rejected"
    FAILED = "failed"


class DraftSource(StrEnum):
    """Where a draft was written."""

    API = "api"
    IMAP = "imap"
    """In a mail client, which saved it to Drafts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An outgoing message still being written or decided."""

    id: DraftId
    pod_id: PodId
    inbox_id: InboxId
    thread_id: ThreadId | None
    based_on_message_id: MessageId | None
    status: DraftStatus
    content: JsonObject
    """What the author wrote: to, cc, bcc, subject, text, html, attachments."""
    rationale: str
    metadata: JsonObject
    version: int
    """0 while it is only a message that a mail client saved."""
    hold_id: HoldId | None
    submission_id: SubmissionId | None
    created_at: datetime
    updated_at: datetime
    source: DraftSource = DraftSource.API
    message_id: MessageId | None = None
    """The message in Drafts that shows it."""


# Journal -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the journal. `is_public` rows are what API consumers see."""

    seq: Seq
    at: datetime
    pod_id: PodId
    name: str
    is_public: bool
    agent_id: AgentId | None
    inbox_id: InboxId | None
    mailbox_id: MailboxId | None
    body: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One row of the audit log; `hash` chains over the previous row's hash."""

    seq: int
    at: datetime
    pod_id: PodId
    actor: str
    action: str
    subject: str
    detail: JsonObject
    hash: str


# Webhooks ----------------------------------------------------------------------------------------

WebhookId = NewType("WebhookId", str)
WebhookDeliveryId = NewType("WebhookDeliveryId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A URL that events are posted to. Header values and signing secrets are kept sealed."""

    id: WebhookId
    pod_id: PodId
    agent_id: AgentId | None
    """Whose it is: an agent's gets that agent's events only, the owner's (None) everything."""
    url: str
    description: str
    event_names: tuple[str, ...]
    """Empty means every public event."""
    inbox_ids: tuple[InboxId, ...]
    """Empty means no filter by inbox."""
    header_names: tuple[str, ...]
    sealed_headers: bytes
    sealed_secrets: bytes
    is_enabled: bool
    disabled_reason: str
    """`user`, `gone` (410) or `failing`; empty while enabled."""
    failures: int
    """Failed attempts since the last success."""
    failing_since: datetime | None
    last_success_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class WebhookDeliveryState(StrEnum):
    """The life of one event on its way to one webhook."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One event for one webhook. `event_id` is what the receiver sees, the same on every attempt."""

    id: WebhookDeliveryId
    webhook_id: WebhookId
    event_id: str
    event_name: str
    event_at: datetime
    state: WebhookDeliveryState
    attempts: int
    round: int
    """Failures since the schedule was last started: what the next delay depends on."""
    next_at: datetime
    created_at: datetime
    last_attempt_at: datetime | None
    last_status: int
    """The last HTTP status; 0 when there was no answer."""
    last_reply: str
    """How the last answer began, or why there was none."""
    duration_ms: int


# Tasks -------------------------------------------------------------------------------------------


class TaskStatus(StrEnum):
    """The life of a task."""

    PENDING = "pending"
    CLAIMED = "claimed"
    """Somebody works on it."""
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"

    @property
    def is_open(self) -> bool:
        """Whether it can still change."""
        return self in (TaskStatus.PENDING, TaskStatus.CLAIMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskParty:
    """Who gives, gets or works on a task; the owner has neither agent nor inbox."""

    name: str
    agent_id: AgentId | None
    inbox_id: InboxId | None

    def is_actor(self, actor: Actor) -> bool:
        """Whether the actor is this agent, with a key that reaches as far as this inbox."""
        return (
            actor.agent_id is not None
            and actor.agent_id == self.agent_id
            and actor.inbox_id in (None, self.inbox_id)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work that an agent or the owner gives to an agent."""

    id: TaskId
    pod_id: PodId
    type: str
    payload: JsonValue
    result_schema: JsonObject | None
    status: TaskStatus
    is_mailed: bool
    """Whether the assignee is also told by mail."""
    assigner: TaskParty
    assignee: TaskParty
    created_at: datetime
    expires_at: datetime
    claimant: TaskParty | None = None
    result: JsonValue = None
    error: str = ""
    """Why it failed."""
    claimed_at: datetime | None = None
    finished_at: datetime | None = None


# Templates and signatures ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A message to send again; `{{ name }}` in its texts stands for a value given at sending."""

    id: TemplateId
    pod_id: PodId
    inbox_id: InboxId
    name: str
    subject: str
    text: str | None
    html: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What stands below the mail of an inbox."""

    id: SignatureId
    pod_id: PodId
    inbox_id: InboxId
    name: str
    text: str
    html: str | None
    """The HTML form; made from `text` when there is none."""
    is_default: bool
    is_automatic: bool
    """Whether the default is put below mail that does not say anything about it."""
    created_at: datetime
    updated_at: datetime


# Chat channels -----------------------------------------------------------------------------------


class ChannelKind(StrEnum):
    """The chat services that are spoken."""

    TELEGRAM = "telegram"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A bot at a chat service, which asks people and takes their answers."""

    id: ChannelId
    pod_id: PodId
    kind: ChannelKind
    name: str
    account: str
    """How the bot is called there."""
    target: str
    """Where everybody is asked; empty when each person is asked in a chat of their own."""
    sealed_secrets: bytes = field(repr=False)
    created_at: datetime
    failures: int = 0
    """In a row."""
    failing_since: datetime | None = None
    last_error: str = ""
    last_success_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLink:
    """An account at the chat service that is a person here."""

    id: ChannelLinkId
    channel_id: ChannelId
    person_id: PersonId
    user_id: str
    user_name: str
    target: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage:
    """What is to be shown at one place: a new message, or another text for the one there is."""

    channel_id: ChannelId
    about_id: str
    target: str
    ref: str
    """The service's name of the message; empty before it was posted."""


# Lists -------------------------------------------------------------------------------------------

type Position = tuple[int | str, ...]
"""Where a row stands in the order of its list: the values it is sorted by, unique together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Which part of a list: what follows a position, or else what follows `offset` rows."""

    limit: int = 20
    offset: int = 0
    after: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed[T]:
    """A part of a list, and how long the whole is."""

    rows: tuple[T, ...] = ()
    total: int = 0
    is_total_exact: bool = True
    """False when counting stopped at `total`: there are more."""
    following: Position | None = None
    """The position of the last row when others follow it."""


FIRST_PAGE = Slice()
"""What is given when nobody says which part."""
