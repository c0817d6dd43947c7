"""What services may ask of the store: verbs of the domain, each one transaction.

Every method is atomic and durable when it returns. Methods that change what others can see write
their journal rows, and their audit row when given one, in the same transaction. No connection,
cursor or row type crosses these lines. All methods are safe to cancel: a change that had begun is
committed all the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntFlag, StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from mailcore.address import Address
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
    GuardPolicyId,
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
    RuleId,
    SecretId,
    Seq,
    SignatureId,
    SmarthostId,
    SubmissionId,
    SuppressionId,
    TagId,
    TaskId,
    TemplateId,
    ThreadId,
)
from mailcore.message.searchtext import SearchText
from mailcore.model import (
    FIRST_PAGE,
    Agent,
    Alias,
    Attempt,
    AuditRow,
    AuthReport,
    Channel,
    ChannelKind,
    ChannelLink,
    ChannelMessage,
    Claim,
    Contact,
    ContactStatus,
    Decision,
    Direction,
    DkimKey,
    Domain,
    DomainCheck,
    DomainStatus,
    Draft,
    DraftStatus,
    Entry,
    Envelope,
    Event,
    Flag,
    FormerInbox,
    Grant,
    Hold,
    HoldStatus,
    Inbox,
    JsonObject,
    JsonValue,
    Key,
    Lane,
    Listed,
    Mailbox,
    MailboxChanges,
    MailboxContents,
    Message,
    MessageFacts,
    Outcome,
    Person,
    Quarantined,
    QuarantineStatus,
    QueueItem,
    QueuePause,
    QueueScope,
    Quota,
    ReachedLevel,
    ReceivedReport,
    RecipientState,
    ReportKind,
    Security,
    Signature,
    Slice,
    Smarthost,
    SpamEntry,
    SpecialUse,
    StsPolicy,
    Submitted,
    Suppression,
    SuppressionReason,
    Tag,
    Task,
    TaskParty,
    TaskStatus,
    Template,
    Thread,
    ThreadStatus,
    TlsLevel,
    TrustedDomain,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryId,
    WebhookDeliveryState,
    WebhookId,
)
from mailcore.policy import GuardPolicy, Likeness, StoredSecret, Taint
from mailcore.rules.applied import Application, Sorted
from mailcore.rules.rule import Rule
from mailcore.search import SearchNode

MAX_PLACES: Final = 10_000
"""Groups of one lane in a claim that names no places."""
IDEMPOTENCY_FOR: Final = timedelta(hours=24)
"""How long an Idempotency-Key is known."""

type UidRanges = Sequence[tuple[int, int]]
"""Inclusive ranges, ascending, never expanded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What to write into the audit log beside the change: who did what to which thing."""

    pod_id: PodId
    actor: str
    action: str
    """Dotted: `hold.approve`, `agent.create`, `key.revoke`."""
    subject: str
    detail: JsonObject = field(default_factory=dict)


# Bytes -------------------------------------------------------------------------------------------


class BlobStore(Protocol):
    """The bytes of messages and submissions, wherever they are: with their rows, or in a file."""

    async def read(self, blob: BlobRef, start: int = 0, length: int | None = None) -> bytes:
        """A range of the bytes. NOT_FOUND when they are gone."""
        ...

    async def read_many(
        self, wanted: Sequence[tuple[BlobRef, int, int]]
    ) -> tuple[bytes | None, ...]:
        """A range of each, given as (name, start, length); None of what is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file to write; `modified_at` (microseconds since 1970) is the message's INTERNALDATE."""

    path: str
    raw: bytes
    modified_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """One more name for a file."""

    source: str
    path: str


class Files(Protocol):
    """The files themselves. Paths are relative to the data directory, as `layout` makes them.

    Raises OVER_LIMIT (`code="disk_full"`) when there is no room and UNAVAILABLE on I/O errors.
    """

    def new_ref(self, size_bytes: int) -> BlobRef:
        """A unique name for bytes of this size."""
        ...

    def check_name(self, mailbox: str) -> None:
        """INVALID when a mailbox of this name could have no directory."""
        ...

    async def put(self, folder: str, raw: bytes, modified_at: int) -> str:
        """One new file of that time, durable before the call returns; its path.

        Nothing is left after an error.
        """
        ...

    async def read(self, path: str, start: int = 0, length: int | None = None) -> bytes | None:
        """A range of a file, None when it is not there."""
        ...

    async def read_many(self, wanted: Sequence[tuple[str, int, int]]) -> tuple[bytes | None, ...]:
        """A range of each file, given as (path, start, length); None of those that are not there."""
        ...

    async def remove(self, paths: Sequence[str]) -> None:
        """Unlink; missing files are fine."""
        ...

    async def apply(self, new: Sequence[NewFile], links: Sequence[NewLink]) -> frozenset[str]:
        """Write and link, durable before the call returns; doing it again is fine.

        Returns the sources of links that are not there.
        """
        ...

    async def replace(self, path: str, text: str) -> None:
        """Write a small file anew, atomically."""
        ...

    async def append(self, path: str, text: str) -> None:
        """Add lines to a file that exists."""
        ...

    async def make_folder(self, folder: str) -> None:
        """A Maildir, made when it is missing."""
        ...

    async def remove_folder(self, folder: str) -> bool:
        """Remove a Maildir without messages; False when there are some."""
        ...

    async def list_folder(self, folder: str, part: str = "cur") -> tuple[str, ...]:
        """The names of the files in its `cur` or `new`."""
        ...

    async def folders(self) -> dict[InboxId, tuple[str, ...]]:
        """Every inbox that has a directory, with those of its mailboxes; INBOX's is empty."""
        ...

    def modified_at(self, path: str) -> int:
        """A file's time in microseconds since 1970: the message's INTERNALDATE. Blocks."""
        ...

    def size(self, path: str) -> int | None:
        """The size of a file, None when it is gone. Blocks; for checks in a thread."""
        ...

    def files(self, older_than: datetime) -> Iterator[str]:
        """Every delivered file of ours last written or linked before that time. Blocks; for a thread."""
        ...


# Accounts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key with the keyed hash it is looked up by."""

    key: Key
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassword:
    """An inbox's password as stored (argon2 string)."""

    inbox_id: InboxId
    hash: str
    sealed_scram: bytes | None = None
    """The SCRAM keys of the password (RFC 5802 §3), encrypted; None when they were never made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What an owner changes of an inbox; None leaves it."""

    quota_bytes: int | None = None
    quota_messages: int | None = None
    disabled_capabilities: tuple[str, ...] | None = None


class AccountStore(Protocol):
    """Domains, agents, people, inboxes, keys. Names and addresses are unique: CONFLICT otherwise."""

    async def create_domain(
        self, domain: Domain, keys: Sequence[DkimKey], audit: Audit
    ) -> None: ...
    def watch(self, callback: Callable[[], None]) -> "Unsubscribe":
        """Call `callback` on the loop after every change of accounts, before its caller is answered."""
        ...

    async def domains(self, pod_id: PodId) -> tuple[Domain, ...]: ...
    async def domain_by_name(self, name: str) -> Domain | None: ...
    async def set_domain_status(
        self, domain_id: DomainId, status: DomainStatus, at: datetime, audit: Audit
    ) -> Domain:
        """Writes `domain.verified` when it becomes VERIFIED."""
        ...

    async def remove_domain(self, domain_id: DomainId, at: datetime, audit: Audit) -> None:
        """The domain and its keys are gone and its name is free; journal `domain.removed`.

        CONFLICT `domain_in_use` while it has inboxes.
        """
        ...

    async def add_dkim_keys(self, keys: Sequence[DkimKey], audit: Audit) -> None:
        """New keys of one domain; CONFLICT when one of the selectors is taken."""
        ...

    async def activate_dkim_keys(
        self,
        domain_id: DomainId,
        selectors: Sequence[str],
        published_until: datetime,
        audit: Audit,
    ) -> tuple[DkimKey, ...]:
        """Pending keys become active, the active ones of the same algorithms retired.

        Returns all keys of the domain; journal `domain.keys_changed` when something changed.
        """
        ...

    async def drop_dkim_keys(self, domain_id: DomainId, at: datetime, audit: Audit) -> int:
        """Forget the retired keys whose `published_until` has come; returns how many."""
        ...

    async def dkim_keys(self, domain_id: DomainId) -> tuple[DkimKey, ...]:
        """All keys, oldest first."""
        ...

    async def save_domain_check(self, check: DomainCheck) -> None:
        """Keep this one in the place of the last; nothing when the domain is gone."""
        ...

    async def domain_check(self, domain_id: DomainId) -> DomainCheck | None: ...
    async def domains_to_check(self, at: datetime, limit: int) -> tuple[Domain, ...]:
        """Domains of every pod that were never looked at, or are due, longest waiting first."""
        ...

    async def create_agent(
        self,
        agent: Agent,
        inbox: Inbox,
        key: StoredKey,
        password: StoredPassword,
        audit: Audit,
    ) -> Agent:
        """Agent, inbox with `DEFAULT_MAILBOXES`, key and password in one step; journal `agent.created`.

        The first agent of a pod comes back with `is_persistent` set.
        """
        ...

    async def agents(self, pod_id: PodId) -> tuple[Agent, ...]: ...
    async def agent(self, agent_id: AgentId) -> Agent | None: ...
    async def agent_by_name(self, pod_id: PodId, name: str) -> Agent | None: ...
    async def update_agent(self, agent: Agent, audit: Audit) -> None:
        """Journal `agent.updated`, or `agent.stopped` / `agent.resumed` when the status changed."""
        ...

    async def delete_agent(
        self, agent_id: AgentId, audit: Audit, *, keep_mail: bool = False
    ) -> None:
        """Agent, keys, passwords and inboxes become unusable; journal `agent.deleted`.

        CONFLICT (`last_agent`) when it is the pod's last. Queued and held mail of its inboxes is
        canceled; their mail is for `remove_deleted_mail`, unless `keep_mail` leaves the inboxes
        there, inactive.
        """
        ...

    async def delete_inbox(self, inbox_id: InboxId, audit: Audit) -> None:
        """The inbox and its passwords become unusable; queued and held mail is canceled."""
        ...

    async def remove_deleted_mail(self) -> int:
        """Take some of what deleted inboxes left; how much, 0 when nothing is left."""
        ...

    async def drop_finished(self, before: datetime) -> int:
        """Let go of the files of submissions that old which are finished; how many."""
        ...

    async def touch_agent(self, agent_id: AgentId, at: datetime) -> None: ...

    async def create_person(self, person: Person, audit: Audit) -> None: ...
    async def people(self, pod_id: PodId) -> tuple[Person, ...]: ...
    async def person(self, person_id: PersonId) -> Person | None: ...
    async def update_person(self, person: Person, audit: Audit) -> None:
        """Name, address and role. CONFLICT `last_owner` when the pod would have no owner.

        A viewer's keys are revoked: they would decide.
        """
        ...

    async def delete_person(self, person_id: PersonId, at: datetime, audit: Audit) -> None:
        """Their keys are revoked. CONFLICT `last_owner`, or `has_inboxes` while an inbox is theirs."""
        ...

    async def deletions(self, pod_id: PodId, part: Slice) -> Listed[AuditRow]:
        """The audit rows of deleted agents, newest first."""
        ...

    async def create_inbox(self, inbox: Inbox, password: StoredPassword, audit: Audit) -> None: ...
    async def inboxes(
        self, pod_id: PodId, agent_id: AgentId | None = None
    ) -> tuple[Inbox, ...]: ...
    async def inbox(self, inbox_id: InboxId) -> Inbox | None: ...
    async def inbox_by_address(self, folded: str) -> Inbox | None:
        """By `Address.folded`; only active and undeleted ones."""
        ...

    async def former_inbox(self, folded: str) -> FormerInbox | None:
        """Who had this address last, by `Address.folded`, when it is switched off or deleted."""
        ...

    async def alias_by_address(self, folded: str) -> Alias | None:
        """By `Address.folded`, with those of its inboxes that take mail; None when none does."""
        ...

    async def aliases(self, pod_id: PodId) -> tuple[Alias, ...]:
        """By address, with all inboxes that are not deleted."""
        ...

    async def create_alias(self, alias: Alias, audit: Audit) -> None:
        """CONFLICT `address_taken` when an inbox or another alias has the address."""
        ...

    async def change_alias(self, alias: Alias, audit: Audit) -> None:
        """Other inboxes for the same address."""
        ...

    async def delete_alias(self, alias_id: AliasId, audit: Audit) -> None: ...
    async def set_catch_all(
        self, domain_id: DomainId, inbox_id: InboxId | None, audit: Audit
    ) -> Domain:
        """The inbox for names that nobody has; None for none."""
        ...

    async def update_inbox(self, inbox: Inbox, audit: Audit) -> None: ...
    async def change_policy(self, inbox_id: InboxId, change: PolicyChange, audit: Audit) -> Inbox:
        """Set what is given and leave the rest, in one step."""
        ...

    async def quota(self, inbox_id: InboxId) -> Quota:
        """Limits and usage of an inbox."""
        ...

    async def set_password(self, password: StoredPassword, audit: Audit) -> None: ...
    async def set_scram(self, password: StoredPassword) -> None:
        """Keep the SCRAM keys of a password that is still the inbox's."""
        ...

    async def passwords(self, inbox_id: InboxId) -> tuple[StoredPassword, ...]: ...

    async def create_key(self, key: StoredKey, audit: Audit) -> None: ...
    async def key_by_hash(self, hash_: bytes) -> StoredKey | None: ...
    async def keys(self, pod_id: PodId) -> tuple[Key, ...]: ...
    async def revoke_key(self, key_id: KeyId, at: datetime, audit: Audit) -> None: ...
    async def rotate_key(
        self, key_id: KeyId, new: StoredKey, ends_at: datetime, audit: Audit
    ) -> None:
        """The new key, and the end of the old one, in one step; CONFLICT `key_ended`."""
        ...

    async def touch_key(self, key_id: KeyId, at: datetime) -> None: ...


# Mail --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to place with its bytes. The thread is found by the store.

    Bytes of the same digest in one step are kept once.

    `dedupe_key`: a known key within 30 days in this inbox makes the placement a duplicate, which
    stores nothing. `event` is the public journal name (`email.received`, `email.sent`) or None.
    """

    id: MessageId
    inbox_id: InboxId
    mailbox: str
    raw: bytes
    facts: MessageFacts
    flags: Flag
    keywords: tuple[str, ...]
    internal_date: datetime
    direction: Direction
    auth: AuthReport | None = None
    security: Security = Security()  # noqa: RUF009 - frozen and empty
    is_scored: bool = True
    """Whether the guard looked at it: mail from outside has a line in the spam log then."""
    dedupe_key: bytes | None = None
    event: str | None = None
    is_exempt: bool = False
    """Placed in a full inbox too: what the server itself must tell or keep."""
    ruled: Sorted | None = None
    """What rules make of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a message went. For a duplicate these are the values of the one already there."""

    id: MessageId
    inbox_id: InboxId
    mailbox_id: MailboxId
    uid: int
    uid_validity: int
    thread_id: ThreadId
    seq: Seq
    is_duplicate: bool = False


class LogPlace(NamedTuple):
    """How far the log of arrivals is meant: the epoch of a file in it, and the end of a record there."""

    epoch: int
    end: int


class FetchColumns(IntFlag):
    """Which columns a fetch needs beside what it always has; the rest may come back empty."""

    ENVELOPE = 1
    BODY = 2
    BODY_STRUCTURE = 4
    PARTS = 8
    PREVIEW = 16
    DIGEST = 32
    KEPT_FIELDS = 64
    OCTETS = 128
    """What octets are read by: `blob` and `header_size_bytes`."""
    SAVED_AT = 256
    THREAD = 512


class FetchRow(NamedTuple):
    """Prepared facts of one message of a mailbox; what `FetchColumns` did not name may be empty."""

    uid: int
    modseq: int
    flags: int
    keywords: str
    internal_date: int
    """Microseconds since 1970."""
    size_bytes: int
    kept_fields: bytes | None = None
    """None where nothing was made of the header yet."""
    envelope: bytes = b""
    header_size_bytes: int = 0
    blob: BlobRef = BlobRef("")
    saved_at: int = 0
    """Microseconds since 1970."""
    thread_id: str = ""
    body: bytes = b""
    body_structure: bytes = b""
    parts: bytes = b""
    preview: str = ""
    sha256: bytes = b""


class SortColumns(IntFlag):
    """Which columns of a `SortRow` are read beside what it always has; the rest are empty."""

    SENT_AT = 1
    SUBJECT = 2
    PEOPLE = 4
    REFERENCES = 8
    """What the message is called, and what it answers."""
    SIZE = 16


class SortRow(NamedTuple):
    """What SORT and THREAD compare (RFC 5256)."""

    uid: int
    internal_date: int
    """Microseconds since 1970."""
    sent_at: int | None
    """The Date field, in microseconds since 1970."""
    size_bytes: int
    subject: str
    sender: tuple[str, str]
    """Display name and address of the first mailbox of From, empty without one."""
    to: tuple[str, str]
    cc: tuple[str, str]
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]


class FlagMode(StrEnum):
    """How STORE changes flags (RFC 9051 §6.4.6)."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagsChanged:
    """The new entries of every message named that exists (changed or not).

    `previous_modseq` is the mailbox's highest before: who knows everything up to it knows
    everything up to `seq` with these entries. `modified` are the UIDs left alone, and not among
    the entries, because they had changed after `unchanged_since` (RFC 7162 §3.1.3).

    With `became` there are no entries: flags and keywords as they were known, and as they are now.
    """

    seq: Seq
    entries: tuple[Entry, ...]
    previous_modseq: Seq
    modified: tuple[int, ...] = ()
    became: Mapping[tuple[int, str], tuple[int, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """COPYUID data (RFC 4315): target UIDVALIDITY and the pairs (source UID, target UID), ascending.

    `source_seq` is the source's highest MODSEQ after a move, `previous_modseq` the one before.
    """

    uid_validity: int
    pairs: tuple[tuple[int, int], ...]
    seq: Seq
    source_seq: Seq
    previous_modseq: Seq


class Candidate(NamedTuple):
    """A message that a search may have found; its bytes have the last word."""

    uid: int
    blob: BlobRef


class Found(NamedTuple):
    """What a search found, both ascending by UID."""

    uids: Sequence[int]
    """Those that match."""
    unsure: Sequence[Candidate] = ()


class Expunged(NamedTuple):
    """What an expunge removed; `previous_modseq` is the mailbox's highest before it."""

    seq: Seq
    uids: tuple[int, ...]
    previous_modseq: Seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A message stored, and the one removed for it."""

    placed: Placed
    gone: Expunged


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """Which messages the API lists, newest first. Empty fields do not filter.

    `where` may hold anything; `confirmed` are messages not indexed yet, as (mailbox, UID), whose
    octets were found to match it. Of the others not indexed yet only columns and preview count.
    """

    inbox_ids: tuple[InboxId, ...]
    mailbox: str | None = None
    is_unread: bool | None = None
    where: SearchNode | None = None
    confirmed: frozenset[tuple[MailboxId, int]] = frozenset()
    sender: str = ""
    recipient: str = ""
    subject: str = ""
    since: datetime | None = None
    before: datetime | None = None
    thread_id: ThreadId | None = None
    is_flagged: bool | None = None
    keyword: str = ""
    """Messages with this keyword, in any case."""
    by_relevance: bool = False
    """With `where`: those first that name what is sought in subject or addresses."""
    part: Slice = FIRST_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadQuery:
    """Which threads the API lists, latest message first."""

    inbox_ids: tuple[InboxId, ...]
    status: ThreadStatus | None = None
    needs_review: bool | None = None
    text: str = ""
    part: Slice = FIRST_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamQuery:
    """Which scores to list, newest first. Empty fields do not filter."""

    inbox_ids: tuple[InboxId, ...]
    level: str = ""
    min_score: int = 0
    category: str = ""
    sender: str = ""
    since: datetime | None = None
    before: datetime | None = None
    part: Slice = FIRST_PAGE


class MailStore(Protocol):
    """Mailboxes, messages, threads. UID, UIDNEXT, UIDVALIDITY and MODSEQ are allocated in the row's transaction."""

    async def deliver(self, messages: Sequence[NewMessage]) -> tuple[Placed, ...]:
        """Rows and bytes, all or none. Missing mailboxes: NOT_FOUND (`code="no_such_mailbox"`).

        Bytes beyond what a transaction carries are durable in a file before it begins.
        OVER_LIMIT `over_quota` when the inbox has no room for them, as in `copy`.
        """
        ...

    async def deliver_logged(
        self, messages: Sequence[NewMessage], up_to: LogPlace
    ) -> tuple[Placed, ...]:
        """`deliver`, and in the same transaction the note that the log is placed up to there."""
        ...

    async def placed_up_to(self) -> LogPlace | None:
        """What `deliver_logged` noted last; None in a database that never was told."""
        ...

    async def known_bytes(self, inbox_id: InboxId, digests: Sequence[bytes]) -> frozenset[bytes]:
        """Those of the SHA-256 digests whose bytes a message of the inbox has. Reads all of its messages."""
        ...

    async def replace(self, mailbox_id: MailboxId, uid: int, new: NewMessage) -> Replaced:
        """Place a message and remove another for it, both or neither (RFC 8508).

        Raises like `deliver`, and NOT_FOUND when there is nothing to remove. Of the quota only what
        the new message has more than the old one counts.
        """
        ...

    async def mailboxes(self, inbox_id: InboxId) -> tuple[Mailbox, ...]:
        """All, sorted by name with INBOX first."""
        ...

    async def mailbox(self, inbox_id: InboxId, name: str) -> Mailbox | None: ...
    async def mailbox_by_id(self, mailbox_id: MailboxId) -> Mailbox | None: ...
    async def create_mailbox(
        self, inbox_id: InboxId, name: str, special_use: SpecialUse | None = None
    ) -> Mailbox:
        """With missing parents (selectable too). CONFLICT when it exists. A fresh, larger UIDVALIDITY."""
        ...

    async def delete_mailbox(self, inbox_id: InboxId, name: str) -> None:
        r"""With its messages; a mailbox with children stays as `\Noselect`. INBOX: DENIED."""
        ...

    async def dissolve_mailbox(self, inbox_id: InboxId, name: str, target: MailboxId) -> None:
        """Like `delete_mailbox`, its messages moved to `target` in the same transaction."""
        ...

    async def rename_mailbox(self, inbox_id: InboxId, name: str, new_name: str) -> None:
        """With its children; INBOX moves its messages to a new mailbox (RFC 9051 §6.3.6)."""
        ...

    async def set_subscribed(self, inbox_id: InboxId, name: str, is_subscribed: bool) -> None: ...

    async def metadata(
        self, inbox_id: InboxId, mailbox_id: MailboxId | None
    ) -> Mapping[str, bytes]:
        """The annotations of a mailbox, or of the inbox itself, by entry in lower case."""
        ...

    async def set_metadata(
        self,
        inbox_id: InboxId,
        mailbox_id: MailboxId | None,
        values: Mapping[str, bytes | None],
    ) -> None:
        """Set annotations, or remove those given as None; all or none. OVER_LIMIT `metadata_too_many`."""
        ...

    async def contents(self, mailbox_id: MailboxId) -> MailboxContents:
        """Everything in it, by UID, with the mailbox as of the same instant (SELECT)."""
        ...

    async def changes(self, mailbox_id: MailboxId, since: Seq) -> MailboxChanges:
        """What is new, changed or gone after `since`. CURSOR_TOO_OLD as CONFLICT when tombstones are trimmed."""
        ...

    async def deleted_bytes(self, mailbox_id: MailboxId) -> int:
        r"""The octets of the messages with `\Deleted`."""
        ...

    async def claim_recent(self, mailbox_id: MailboxId) -> int:
        r"""Takes `\Recent`: the first UID no read-write session had seen before."""
        ...

    async def fetch(
        self, mailbox_id: MailboxId, uids: UidRanges, columns: FetchColumns
    ) -> tuple[FetchRow, ...]:
        """By UID, ascending; UIDs that do not exist are left out."""
        ...

    async def keep_fields(self, blocks: Sequence[tuple[BlobRef, bytes]]) -> None:
        """Keep what was made of the headers of messages that had `kept_fields` None."""
        ...

    async def sort_rows(
        self, mailbox_id: MailboxId, uids: UidRanges, columns: SortColumns
    ) -> tuple[SortRow, ...]:
        """What sorting and threading compare, by UID, ascending."""
        ...

    async def message(self, message_id: MessageId) -> Message | None: ...
    async def message_state(self, message_id: MessageId) -> "MessageState | None":
        """Whether and how a message is there, without reading it."""
        ...

    async def locate(self, message_ids: Sequence[MessageId]) -> tuple["Located", ...]:
        """Where messages are, those that exist, in no particular order."""
        ...

    async def message_at(self, mailbox_id: MailboxId, uid: int) -> Message | None: ...
    async def find_message_id(
        self, inbox_id: InboxId, mailbox: str, header_id: str
    ) -> Placed | None:
        """The placement in a mailbox of the message with this Message-ID, if there is one."""
        ...

    async def list_messages(self, query: MessageQuery) -> Listed[Message]:
        """A part, newest first."""
        ...

    async def search(self, mailbox_id: MailboxId, where: SearchNode) -> Found:
        """What matches, and what may match.

        A node that neither columns nor the full-text index can decide counts as true; those found
        because of that are unsure, and the caller verifies them against the bytes.
        """
        ...

    async def unsure(
        self, query: MessageQuery, limit: int
    ) -> tuple[tuple[MailboxId, Candidate], ...]:
        """The newest messages that may match `query.where` but are not indexed yet."""
        ...

    async def kept_bodies(self, message_ids: Sequence[MessageId]) -> Mapping[str, str]:
        """The searchable text of messages (`mailcore.message.searchtext`), of those indexed whole."""
        ...

    async def set_flags(
        self,
        mailbox_id: MailboxId,
        uids: UidRanges,
        mode: FlagMode,
        flags: Flag,
        keywords: Sequence[str] = (),
        unchanged_since: int | None = None,
        known: Seq | None = None,
    ) -> FlagsChanged:
        """One journal row per call; messages whose flags do not change keep their MODSEQ.

        With `unchanged_since`, messages with a higher MODSEQ are left alone. A caller that knows
        everything up to `known` may get `became` instead of entries, if nothing came after it.
        """
        ...

    async def copy(self, mailbox_id: MailboxId, uids: UidRanges, target: MailboxId) -> Copied:
        """Place copies; they share the bytes of their sources."""
        ...

    async def move(self, mailbox_id: MailboxId, uids: UidRanges, target: MailboxId) -> Copied:
        """Ids and files are kept, UIDs are new."""
        ...

    async def expunge(
        self, mailbox_id: MailboxId, uids: UidRanges | None = None, *, only_deleted: bool = True
    ) -> Expunged:
        r"""Remove messages (those with `\Deleted` unless told otherwise); their files wait in `doomed`."""
        ...

    async def spam_log(self, query: SpamQuery) -> Listed[SpamEntry]: ...
    async def trim_spam_log(self, before: datetime) -> int: ...

    async def threads(self, query: ThreadQuery) -> Listed[Thread]: ...
    async def thread(self, thread_id: ThreadId) -> Thread | None:
        """Follows the redirect of a merged thread."""
        ...

    async def thread_messages(self, thread_id: ThreadId) -> tuple[Message, ...]:
        """Oldest first."""
        ...

    async def set_thread(
        self,
        thread_id: ThreadId,
        *,
        status: ThreadStatus | None = None,
        needs_review: bool | None = None,
    ) -> None: ...


class MessageState(NamedTuple):
    """What of a message can change: equal states show the same message."""

    inbox_id: InboxId
    mailbox_name: str
    thread_id: ThreadId
    modseq: int


def state_of(message: Message) -> MessageState:
    """The state in which this message was read."""
    return MessageState(message.inbox_id, message.mailbox_name, message.thread_id, message.modseq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a message is."""

    id: MessageId
    inbox_id: InboxId
    mailbox_id: MailboxId
    uid: int


# Contacts and tags -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQuery:
    """Which contacts to list, by name. `text` finds similar names and addresses too."""

    inbox_ids: tuple[InboxId, ...]
    text: str = ""
    status: ContactStatus | None = None
    tag: str = ""
    part: Slice = FIRST_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """What to change of a contact; None leaves it."""

    name: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] | None = None
    status: ContactStatus | None = None
    by_person: bool = False
    """Whether a person says it; only then does a block discard mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Mail that came to an inbox from one sender, whose name was the same in all of it."""

    pod_id: PodId
    inbox_id: InboxId
    sender: str
    name: str
    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Messages came from this address."""

    pod_id: PodId
    inbox_id: InboxId
    address: Address
    name: str
    """Of the first that has one."""
    at: datetime
    """When the first came."""
    last_at: datetime
    count: int = 1


class ContactStore(Protocol):
    """The address book of each inbox."""

    async def contacts(self, query: ContactQuery) -> Listed[Contact]:
        """A part. Similar ones are looked for when no one has the text itself."""
        ...

    async def contact(self, contact_id: ContactId) -> Contact | None: ...
    async def contact_by_address(self, inbox_id: InboxId, folded: str) -> Contact | None: ...
    async def namesakes(self, pod_id: PodId, name: str) -> tuple[Address, ...]:
        """Addresses of people of the pod, and of who it trusts or has written to, by this name.

        A bounded number. None for a name that many are called by.
        """
        ...

    async def put_contact(
        self, new: Contact, change: ContactChange, audit: Audit
    ) -> tuple[Contact, bool]:
        """Insert, or apply `change` to the one with this address; whether it was inserted."""
        ...

    async def update_contact(
        self, contact_id: ContactId, change: ContactChange, at: datetime, audit: Audit
    ) -> Contact: ...
    async def delete_contact(self, contact_id: ContactId, audit: Audit) -> None: ...
    async def arrived(self, after: Seq, limit: int) -> tuple[tuple[Arrived, ...], Seq]:
        """What the next rows of the journal say came, spam left out, oldest first; how far they go."""
        ...

    async def note_senders(
        self, consumer: str, after: Seq, until: Seq, seen: Sequence[Sighting]
    ) -> bool:
        """Count senders, unknown ones as PENDING, and move the cursor from `after` to `until`.

        One transaction; False, and nothing done, when the cursor is somewhere else by now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a sender at one inbox."""

    is_person: bool = False
    """It is the address of an owner or approver."""
    status: ContactStatus | None = None
    """Its contact's; None without one."""
    is_discarded: bool = False
    """It was blocked by a person, not only by an agent."""
    is_domain_trusted: bool = False
    is_answer: bool = False
    """It answers a conversation in which the inbox wrote to this very address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineQuery:
    """Which mail in quarantine to list; newest first."""

    pod_id: PodId
    status: QuarantineStatus | None = None
    inbox_id: InboxId | None = None
    part: Slice = FIRST_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderDecision:
    """A person's word about the sender of mail in quarantine."""

    quarantine_id: QuarantineId
    is_approved: bool
    at: datetime
    by: str
    via: str
    audit: Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderDecided:
    """What a decision did; `changed` is False when it stood already."""

    item: Quarantined
    changed: bool


class QuarantineStore(Protocol):
    """Mail of senders nobody has decided about, and what the gate knows."""

    async def standing(self, inbox: Inbox, sender: Address, answered: Sequence[str]) -> Standing:
        """What is known of a sender whose mail answers the messages with these Message-IDs."""
        ...

    async def quarantine(self, item: Quarantined, raw: bytes, audit: Audit) -> bool:
        """Keep an item with its octets; False when it is there already. Journal `sender.pending`.

        OVER_LIMIT `quarantine_full` when so much of its sender or for its inbox waits already.
        """
        ...

    async def quarantined(self, query: QuarantineQuery) -> Listed[Quarantined]: ...
    async def quarantined_one(self, quarantine_id: QuarantineId) -> Quarantined | None: ...
    async def octets(self, quarantine_id: QuarantineId) -> bytes | None:
        """What arrived; None once it was delivered or discarded."""
        ...

    async def decide_sender(self, decision: SenderDecision) -> SenderDecided:
        """The contact trusted or blocked, and everything that waits of it in the inbox with it.

        An approval lets in the item itself and what else of the sender is proven. NOT_FOUND;
        CONFLICT `already_decided` when it was decided the other way. Journal `sender.approved` or
        `sender.blocked`.
        """
        ...

    async def approved_arrivals(self) -> tuple[Quarantined, ...]:
        """Approved and not delivered yet, oldest first."""
        ...

    async def forget_octets(self, quarantine_id: QuarantineId) -> None:
        """They were delivered."""
        ...

    async def expire_quarantine(self, now: datetime, forget_before: datetime) -> int:
        """Close what nobody decided in time, and drop rows decided before that; how many it closed."""
        ...

    async def untold_senders(self, limit: int) -> tuple[Quarantined, ...]:
        """Pending items somebody must be told of, oldest first.

        Left out is spam, and what follows an item of the same sender that still waits.
        """
        ...

    async def told_since(self, since: datetime) -> int:
        """How many items somebody was told of since."""
        ...

    async def mark_told(self, ids: Sequence[QuarantineId], at: datetime) -> None: ...
    async def trusted_domains(self, pod_id: PodId) -> tuple[TrustedDomain, ...]: ...
    async def trust_domain(self, pod_id: PodId, domain: TrustedDomain, audit: Audit) -> bool:
        """Whether it is new."""
        ...

    async def distrust_domain(self, pod_id: PodId, name: str, audit: Audit) -> None:
        """NOT_FOUND when it is not listed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Who is asked about something before the others."""

    channel: str = ""
    """`mail`, `dashboard` or a kind of chat, which is asked alone; empty when all are asked."""
    people: frozenset[PersonId] = frozenset()
    """Those whom that chat reaches."""

    @property
    def is_chat(self) -> bool:
        """Whether a chat is asked before mail is."""
        return self.channel in tuple(ChannelKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPlace:
    """Where a chat was asked about something, or is about to be."""

    kind: ChannelKind
    name: str
    state: str
    """`waiting`, `asked`, `closed`, or `failed` for good."""
    error: str
    at: datetime


class ChannelStore(Protocol):
    """Chat channels, who is who there, and what is shown where."""

    async def channels(self, pod_id: PodId) -> tuple[Channel, ...]:
        """By name."""
        ...

    async def channel(self, channel_id: ChannelId) -> Channel | None: ...
    async def create_channel(self, channel: Channel, audit: Audit) -> None:
        """CONFLICT `channel_exists`."""
        ...

    async def remove_channel(self, channel_id: ChannelId, audit: Audit) -> None:
        """With its links and what it remembers of messages; NOT_FOUND."""
        ...

    async def record_channel(self, channel_id: ChannelId, at: datetime, error: str) -> None:
        """How the last try to reach the service went; `error` is empty when it worked."""
        ...

    async def links(self, channel_id: ChannelId) -> tuple[ChannelLink, ...]:
        """Oldest first."""
        ...

    async def add_link(self, link: ChannelLink, audit: Audit) -> None:
        """An account is one person: an earlier link of it ends."""
        ...

    async def remove_link(
        self, channel_id: ChannelId, link_id: ChannelLinkId, audit: Audit
    ) -> None: ...
    async def add_code(
        self, channel_id: ChannelId, person_id: PersonId, hash_: bytes, ends_at: datetime
    ) -> None: ...
    async def take_code(self, channel_id: ChannelId, hash_: bytes, at: datetime) -> PersonId | None:
        """Whose code it is; it is gone afterwards, as is every code whose time is over."""
        ...

    async def ask_about_holds(self, at: datetime) -> int:
        """Note every hold that people are being asked about, wherever its turn is; how many are new."""
        ...

    async def begin_asking(self, hold_ids: Sequence[HoldId], at: datetime) -> None:
        """People are being asked about these holds, unless they were already."""
        ...

    async def begin_asking_about_senders(self, ids: Sequence[QuarantineId], at: datetime) -> None:
        """The same for items in quarantine."""
        ...

    async def asked_first(self, about_id: str, at: datetime) -> First:
        """Who is asked before the others about a hold or an item in quarantine, as things are now.

        Nobody before the others once it was told of again, when the chosen chat reaches nobody or
        fails, or when it has not shown it in time.
        """
        ...

    async def asked_places(self, about_id: str) -> tuple[AskedPlace, ...]:
        """Where chats were asked about it, by name."""
        ...

    async def ask_about_senders(
        self, pod_id: PodId, ids: Sequence[QuarantineId], kind: ChannelKind | None, at: datetime
    ) -> int:
        """Note many items for one message in every chat, or in those of a kind; at how many places."""
        ...

    async def senders_of_digest(self, about_id: str) -> tuple[QuarantineId, ...] | None:
        """What such a message is about; None when the id is of something else."""
        ...

    async def ask_about_sender(self, quarantine_id: QuarantineId, at: datetime) -> int:
        """The same for one item in quarantine."""
        ...

    async def due_messages(self, channel_id: ChannelId, limit: int) -> tuple[ChannelMessage, ...]:
        """What is not shown as it stands, oldest first."""
        ...

    async def note_shown(
        self,
        message: ChannelMessage,
        *,
        ref: str,
        version: int,
        votes: int = 0,
        is_open: bool,
        at: datetime,
        error: str = "",
    ) -> None:
        """What is shown now; with an `error` it is given up.

        What the channel shows that its inbox prefers, approvers were told of.
        """
        ...

    async def forget_messages(self, before: datetime) -> int:
        """Drop what ended before that; how many."""
        ...


class TagStore(Protocol):
    """The tags of each inbox; a keyword has one tag (CONFLICT `tag_exists`)."""

    async def tags(self, inbox_ids: Sequence[InboxId]) -> tuple[Tag, ...]:
        """By name."""
        ...

    async def tag(self, tag_id: TagId) -> Tag | None: ...
    async def create_tag(self, tag: Tag, audit: Audit) -> None: ...
    async def update_tag(self, tag: Tag, audit: Audit) -> None:
        """Name and color."""
        ...

    async def delete_tag(self, tag_id: TagId, audit: Audit) -> None: ...


class GreylistStore(Protocol):
    """What greylisting remembers."""

    async def greylist(self, pair: bytes, at: datetime, passes_before: datetime) -> datetime | None:
        """None when the pair may pass: it did before, or was first seen before `passes_before`.

        Otherwise when it was first seen, which is `at` for a new one.
        """
        ...

    async def forget_greylist(self, waiting_before: datetime, passed_before: datetime) -> int:
        """Drop pairs last seen before; how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Which tasks to list: of the whole pod, or those that an agent gives, gets or works on."""

    pod_id: PodId
    agent_id: AgentId | None = None
    inbox_id: InboxId | None = None
    """Only where the agent's side is this inbox."""
    side: str = ""
    """`assigner` or `assignee` (who also works on what it has claimed); both when empty."""
    status: TaskStatus | None = None
    type: str = ""
    part: Slice = FIRST_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """The step of a task from `before` to `after`, which must not have been taken by another."""

    before: TaskStatus
    after: TaskStatus
    claimant: TaskParty | None = None
    """Who works on it from now on; nobody else when None."""
    result: JsonValue = None
    error: str = ""


class TaskStore(Protocol):
    """Tasks. Every change writes its event, for the other side, and its audit row."""

    async def create_task(
        self, task: Task, idempotency: "IdempotencyEntry | None", audit: Audit, *, most_open: int
    ) -> Task:
        """The new task, or the earlier one that the same key made.

        OVER_LIMIT `too_many_tasks` when its assigner has so many open ones already; CONFLICT
        `idempotency_mismatch`.
        """
        ...

    async def task(self, task_id: TaskId) -> Task | None: ...
    async def tasks(self, query: TaskQuery) -> Listed[Task]:
        """Newest first, without payload, schema and result."""
        ...

    async def change_task(self, task_id: TaskId, change: TaskChange, audit: Audit) -> Task | None:
        """The changed task; None when it is not as it was, or its time is over."""
        ...

    async def expire_tasks(self, now: datetime) -> int:
        """End the open ones whose time is over, a bounded number; how many."""
        ...

    async def forget_tasks(self, before: datetime) -> int:
        """Delete those that were finished before then, a bounded number; how many."""
        ...


class TemplateStore(Protocol):
    """Templates and signatures of inboxes; names are unique in an inbox, whatever their case."""

    async def templates(self, inbox_ids: Sequence[InboxId]) -> tuple[Template, ...]:
        """By name."""
        ...

    async def template(self, template_id: TemplateId) -> Template | None: ...
    async def put_template(self, template: Template, audit: Audit) -> None:
        """New or changed; CONFLICT `template_exists`."""
        ...

    async def delete_template(self, template_id: TemplateId, audit: Audit) -> None: ...

    async def signatures(self, inbox_ids: Sequence[InboxId]) -> tuple[Signature, ...]:
        """By name."""
        ...

    async def signature(self, signature_id: SignatureId) -> Signature | None: ...
    async def put_signature(self, signature: Signature, audit: Audit) -> None:
        """New or changed; a new default takes the place of the old one. CONFLICT `signature_exists`."""
        ...

    async def delete_signature(self, signature_id: SignatureId, audit: Audit) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationQuery:
    """Which applications of rules to list, newest first. Empty fields do not filter."""

    inbox_ids: tuple[InboxId, ...]
    agent_id: AgentId | None = None
    """Only of this agent's rules."""
    rule_id: str = ""
    about: str = ""
    """Only about this message or draft."""
    part: Slice = FIRST_PAGE


class RuleStore(Protocol):
    """Rules, what they did, and what they have still to do."""

    async def rules(self, pod_id: PodId) -> tuple[Rule, ...]:
        """By priority. One that cannot be read any more is disabled."""
        ...

    async def put_rule(self, rule: Rule, audit: Audit, *, most: int) -> None:
        """New or changed; OVER_LIMIT `too_many_rules` when its maker has so many others."""
        ...

    async def delete_rule(self, rule_id: RuleId, audit: Audit) -> None: ...
    async def thread_joined(self, inbox_id: InboxId, facts: MessageFacts) -> Thread | None:
        """The thread that a message with these facts would join."""
        ...

    async def apply(self, applications: Sequence[Application]) -> None:
        """Write them with their audit rows; those of a rule and occurrence that are there stay."""
        ...

    async def claim_application(self, now: datetime, again_at: datetime) -> Application | None:
        """The next one with something due to do; the attempt is counted, another follows then."""
        ...

    async def next_application_at(self) -> datetime | None:
        """When the next one is due."""
        ...

    async def settle_application(self, application: Application, again_at: datetime | None) -> None:
        """Its steps as they are now; None when nothing is left to do."""
        ...

    async def may_reply(self, application: Application, sender: str, since: datetime) -> bool:
        """Whether its rule has not answered this sender since; True again for the same application."""
        ...

    async def applications(self, query: ApplicationQuery) -> Listed[Application]:
        """A part, newest first."""
        ...

    async def forget_applications(self, before: datetime) -> int:
        """Drop what is done and that old, and the rules of deleted agents; how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An arrived message of an inbox, by what matters to where words come from."""

    message_id: MessageId
    blob: BlobRef
    sender: str
    is_shared: bool
    """Whether it is of a conversation that is answered, or from a recipient."""
    is_trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The latest arrived messages of an inbox, and the recipients it does not know."""

    sources: tuple[Source, ...] = ()
    new_recipients: tuple[Address, ...] = ()


class GuardStore(Protocol):
    """What the owner tells the guard. A pod's names of secrets are unique: CONFLICT `secret_exists`."""

    async def secrets(self, pod_id: PodId) -> tuple[StoredSecret, ...]:
        """By name."""
        ...

    async def add_secret(self, secret: StoredSecret, audit: Audit) -> None: ...
    async def remove_secret(self, pod_id: PodId, secret_id: SecretId, audit: Audit) -> None:
        """NOT_FOUND when the pod has none of this id."""
        ...

    async def policies(self, pod_id: PodId) -> tuple[GuardPolicy, ...]:
        """Oldest first."""
        ...

    async def add_policy(self, policy: GuardPolicy, audit: Audit) -> None: ...
    async def remove_policy(self, pod_id: PodId, policy_id: GuardPolicyId, audit: Audit) -> None:
        """NOT_FOUND when the pod has none of this id."""
        ...

    async def sources(
        self, inbox_id: InboxId, recipients: Sequence[Address], answered: Sequence[str]
    ) -> Sources:
        """At most a hundred, of the latest conversations and of those with these Message-IDs."""
        ...

    async def suspects(self, mailbox_id: MailboxId, uids: UidRanges) -> tuple[MessageId, ...]:
        """Of these messages those that arrived and were flagged as prompt injection."""
        ...

    async def add_taint(self, taint: Taint, audit: Audit) -> bool:
        """Keep the first reading of a message by an agent; False, and nothing kept, for later ones."""
        ...

    async def is_tainted(self, agent_id: AgentId, since: datetime) -> bool:
        """Whether a reading from then on is not cleared."""
        ...

    async def taints(self, pod_id: PodId, since: datetime) -> tuple[Taint, ...]:
        """Readings from then on that are not cleared, newest first."""
        ...

    async def clear_taints(
        self, pod_id: PodId, agent_id: AgentId, at: datetime, audit: Audit
    ) -> bool:
        """Clear an agent's readings; False, and no audit row, when there were none."""
        ...


# Outbound ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecipient:
    """One recipient of a submission and the state its queue row starts in."""

    address: Address
    is_local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """The hold that a submission opens. `subject` is as notices and events may show it: secrets masked."""

    id: HoldId
    reason: str
    subject: str
    categories: tuple[str, ...]
    findings: tuple[JsonObject, ...]
    expires_at: datetime
    agent_id: AgentId | None
    draft_id: DraftId | None = None
    draft_version: int = 1
    like_hold_id: HoldId | None = None
    """The first hold that it is like."""
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLikeness:
    """What later mail of the agent is compared with, and what this one is like itself.

    `pause` stops the agent's mail in the same transaction, unless it is stopped already.
    """

    agent_id: AgentId
    likeness: Likeness
    recipients: tuple[Address, ...]
    categories: tuple[str, ...]
    is_stopped: bool
    """The guard held or refused it."""
    like_id: str | None = None
    is_counted: bool = False
    pause: "NewPause | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPause:
    """A pause that the server makes, with its audit row; `attempts` is why."""

    pause: QueuePause
    attempts: int
    audit: Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierMail:
    """Mail that an agent sent, tried to send, or was refused."""

    id: str
    """That of its hold, where there is one."""
    likeness: Likeness
    recipients: tuple[str, ...]
    """In small letters."""
    is_stopped: bool
    """The guard held or refused it."""
    is_counted: bool
    like_id: str | None
    status: HoldStatus | None
    """How its hold stands; None for mail without one."""
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    draft_id: DraftId | None
    categories: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMail:
    """A message that went through the door, with its verdict; `blob` is None when its bytes are gone."""

    submitted: Submitted
    verdict: JsonObject
    hold_status: HoldStatus | None
    blob: BlobRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """Everything one passage through the door writes.

    With `hold` the recipients start HELD; with `send_at` SCHEDULED; else DUE at once. `sent_copy` is
    placed in the same transaction (never with a hold). `facts` feed thread and listing.
    """

    id: SubmissionId
    pod_id: PodId
    inbox_id: InboxId | None
    actor: str
    envelope: Envelope
    recipients: tuple[NewRecipient, ...]
    raw: bytes
    digest: bytes
    facts: MessageFacts
    verdict: JsonObject
    hold: NewHold | None
    send_at: datetime | None
    sent_copy: NewMessage | None
    is_system: bool
    idempotency: "IdempotencyEntry | None"
    audit: Audit
    draft_id: DraftId | None = None
    """The draft it is the message of, when that needs no hold."""
    applications: tuple[Application, ...] = ()
    """The rules that decided whether it waits."""
    likeness: NewLikeness | None = None
    """For mail that an agent sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyEntry:
    """What makes a repeated request known: `scope` is the key or inbox that used `key`.

    It is kept for 24 hours and holds `within` that time.
    """

    scope: str
    key: str
    request_hash: bytes
    within: timedelta = IDEMPOTENCY_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingFacts:
    """What brakes are decided on: messages to the outside since an hour and a day, and who is new."""

    inbox_hour: int = 0
    inbox_day: int = 0
    agent_hour: int = 0
    agent_day: int = 0
    new_recipients: tuple[Address, ...] = ()
    """Those that the inbox has never written to nor heard from."""
    new_domains: tuple[str, ...] = ()
    known_domains: frozenset[str] = frozenset()
    """Some thousands at most; empty when nobody is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMail:
    """A message whose time has come, with the verdict it has; `was_decided` when a person let it through."""

    submitted: Submitted
    verdict: JsonObject
    was_decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """What becomes of a message whose time has come: held with `hold`, else let go.

    `at` is when it was found due; `suppressed` are the recipients that get no mail any more.
    """

    submission_id: SubmissionId
    at: datetime
    verdict: JsonObject
    hold: NewHold | None
    sent_copy: NewMessage | None
    suppressed: tuple[QueueId, ...]
    audit: Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFate:
    """What a report that came back says of one recipient: BOUNCED or COMPLAINED.

    `suppression` says why the address gets no mail from now on; None when it does.
    """

    queue_id: QueueId
    state: RecipientState
    enhanced_code: str
    reply: str
    suppression: SuppressionReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The hold after a decision, and whether this call was the one that decided."""

    hold: Hold
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A held message after a person changed it: its new bytes and envelope, and their digest."""

    hold_id: HoldId
    version: int
    """The version that was looked at: CONFLICT `changed` when it is not that any more."""
    before: bytes
    """The bytes of that version, which are kept."""
    raw: bytes
    facts: MessageFacts
    envelope: Envelope
    added: tuple[NewRecipient, ...] = ()
    """Recipients that it did not have."""
    digest: bytes
    judged: NewHold | None = None
    """Why it waits now; None when it was not judged again."""
    verdict: JsonObject | None = None
    reason: str = ""
    """In the words of who changed it."""
    audit: Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldVersion:
    """What a held message was before it was changed, and by whom it was."""

    version: int
    digest: bytes
    recipients: tuple[str, ...]
    subject: str
    raw: bytes
    ended_by: str
    ended_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftVersion:
    """What a draft said at one version, and who wrote it."""

    version: int
    content: JsonObject
    rationale: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTime:
    """When a hold was made and when it ended, and how."""

    created_at: datetime
    decided_at: datetime
    status: HoldStatus
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCopy:
    """The message that shows a version of a hold in a person's inbox; its bytes tell it from others."""

    hold_id: HoldId
    inbox_id: InboxId
    version: int
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LyingCopy:
    """Where such a message lies, and how its hold stands."""

    hold_id: HoldId
    inbox_id: InboxId
    message_id: MessageId
    uid: int
    folder: str
    status: HoldStatus
    is_current: bool
    """It shows the version that is to be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest:
    """A decision to carry out by compare-and-set.

    `digest` and `version` must equal the hold's or nothing happens (CONFLICT `changed`).
    `token_id` is spent in the same transaction: used before means CONFLICT `token_spent`.
    `release` False with APPROVE only marks it APPROVED; `sent_copy` goes with a release.
    """

    hold_id: HoldId
    decision: Decision
    digest: bytes
    version: int
    decided_by: str
    decided_via: str
    """`api`, `cli`, `mail`, `dashboard`, `link`, `telegram`, `slack`, `imap`."""
    reason: str
    release: bool
    sent_copy: NewMessage | None
    token_id: str | None
    at: datetime
    audit: Audit
    is_withdrawal: bool = False
    """A REJECT by the author or the server, which closes an approved hold too."""
    needs_two: bool = False
    """An APPROVE counts as one of two, and decides once somebody else has approved."""
    same_person: tuple[str, ...] = ()
    """Labels under which the decider may have approved before."""
    grants: tuple[Grant, ...] = ()
    """What an APPROVE makes pass from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """Which queue rows to list, oldest first."""

    pod_id: PodId
    states: tuple[RecipientState, ...] = ()
    submission_id: SubmissionId | None = None
    inbox_ids: tuple[InboxId, ...] | None = None
    scope: QueueScope | None = None
    part: Slice = FIRST_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAttempt:
    """An attempt as it was recorded."""

    at: datetime
    outcome: Outcome
    code: int
    enhanced_code: str
    reply: str
    remote: str
    tls: str
    tls_level: TlsLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """What a worker can begin now.

    Of groups for one remote destination no more than `per_destination` are leased at a time, of one
    sender no more than `per_sender` in the lane REMOTE, whoever leased them; others pass by.
    """

    now: datetime
    owner: str
    lease_until: datetime
    limit: int
    places: Mapping[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, MAX_PLACES))
    """Groups for each lane; `limit` is for all together."""
    per_destination: int | None = None
    per_sender: int | None = None
    busy: frozenset[str] = frozenset()
    """Destinations whose host has no room."""


class OutboundStore(Protocol):
    """Submissions, their recipients, holds and drafts."""

    async def submit(self, new: NewSubmission) -> Submitted:
        """ONE transaction: submission, recipients, hold or Sent copy, thread, verdict, journal, audit.

        Journal: `email.sent` rows come with the Sent copy; `email.held` and `hold.created` with a hold.
        With an idempotency entry already used: the same `request_hash` returns the earlier submission
        (check `id`), another raises CONFLICT `idempotency_mismatch`.
        """
        ...

    async def strangers(
        self, inbox_id: InboxId, recipients: Sequence[Address], answered: Sequence[str]
    ) -> tuple[Address, ...]:
        """The recipients that have never written to the inbox; `answered` are Message-IDs."""
        ...

    async def submission(self, submission_id: SubmissionId) -> Submitted | None: ...
    async def submission_facts(self, submission_id: SubmissionId) -> MessageFacts | None: ...
    async def recipients(self, submission_id: SubmissionId) -> tuple[QueueItem, ...]: ...

    async def holds(
        self,
        pod_id: PodId,
        *,
        status: HoldStatus | None = None,
        agent_id: AgentId | None = None,
        inbox_id: InboxId | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Hold]:
        """Newest first."""
        ...

    async def hold(self, hold_id: HoldId) -> Hold | None: ...
    async def decide(self, request: DecideRequest) -> Decided:
        """Compare-and-set on PENDING (or APPROVED, for a release).

        Already decided the same way: `changed` False. Decided the other way: CONFLICT `already_decided`.
        Release makes the held recipients DUE and places `sent_copy`; reject cancels them and sets the
        thread `open`. Journal: `hold.decided` and, for a release, `email.sent`.
        """
        ...

    async def revise_hold(self, revised: Revised) -> Hold:
        """A new version of a pending hold; recipients that it has not any more are canceled.

        Where it was judged again, `hold.reminded` tells everybody.
        """
        ...

    async def hold_versions(self, hold_id: HoldId) -> tuple[HoldVersion, ...]:
        """What it was before, oldest first."""
        ...

    async def draft_versions(self, draft_id: DraftId) -> tuple[DraftVersion, ...]:
        """What it said and says, oldest first."""
        ...

    async def remind_holds(self, now: datetime, steps: Sequence[timedelta]) -> tuple[Hold, ...]:
        """Count the reminders that are due, `steps` after a hold was made; journal `hold.reminded`.

        Of steps that were missed together only the last counts.
        """
        ...

    async def tell_again(
        self, hold_id: HoldId, now: datetime, not_since: datetime | None, audit: Audit
    ) -> bool:
        """Journal `hold.reminded` for a pending hold; False when it was told of after `not_since`."""
        ...

    async def untold_holds(self, before: datetime) -> tuple[Hold, ...]:
        """Pending holds of that age that approvers were not told of, oldest first."""
        ...

    async def mark_told(self, hold_ids: Sequence[HoldId]) -> None:
        """Approvers know of them."""
        ...

    async def decision_times(self, pod_id: PodId, since: datetime) -> tuple[DecisionTime, ...]:
        """Every hold that ended since then, oldest first."""
        ...

    async def holds_to_show(self, inbox_id: InboxId) -> tuple[Hold, ...]:
        """Pending holds of the inbox's pod that it has no message of, oldest first."""
        ...

    async def keep_hold_copy(self, copy: HoldCopy) -> None:
        """Know the message by which a hold is shown; it takes the place of an earlier version's."""
        ...

    async def lying_copies(
        self, inbox_id: InboxId, folders: Sequence[str]
    ) -> tuple[LyingCopy, ...]:
        """The messages that show holds in these folders, but for settled ones."""
        ...

    async def settle_hold_copy(self, hold_id: HoldId, inbox_id: InboxId) -> None:
        """The message lies where the decision says; it is the person's own from now on."""
        ...

    async def grants(self, pod_id: PodId, now: datetime) -> tuple[Grant, ...]:
        """Those that count, the newest first."""
        ...

    async def grants_for(
        self, inbox_id: InboxId, recipients: Sequence[Address], now: datetime
    ) -> tuple[Grant, ...]:
        """Those that count for any of the recipients."""
        ...

    async def revoke_grant(self, pod_id: PodId, grant_id: GrantId, audit: Audit) -> None:
        """NOT_FOUND unless the pod has it."""
        ...

    async def expire_holds(self, now: datetime) -> tuple[Hold, ...]:
        """Rejects what nobody decided in time; journal `hold.expired`."""
        ...

    async def claim_due(self, request: "ClaimRequest") -> tuple[Claim, ...]:
        """Lease due recipients, grouped by submission and destination; the attempt is counted now.

        In each lane the senders take turns. What is paused is not claimed.
        """
        ...

    async def renew_leases(
        self, owner: str, queue_ids: Sequence[QueueId], until: datetime
    ) -> frozenset[QueueId]:
        """Move the end of leases that the owner still holds; returns which."""
        ...

    async def next_due_at(self, after: datetime | None = None) -> datetime | None:
        """When the next recipient is due; with `after` only what is due later than that."""
        ...

    async def record_attempts(
        self, submission_id: SubmissionId, attempts: Sequence[Attempt], at: datetime
    ) -> Submitted:
        """States, attempts and journal (`email.delivered`, `email.bounced`) in one transaction."""
        ...

    async def sending_facts(
        self,
        inbox: Inbox,
        outside: Sequence[Address],
        since: tuple[datetime, datetime] | None,
    ) -> SendingFacts:
        """Which recipients are new to the inbox, and what it and its agent sent to the outside.

        `since` is an hour and a day ago; None when nothing is to be counted.
        """
        ...

    async def past_mail(
        self,
        pod_id: PodId,
        *,
        agent_id: AgentId | None,
        before: SubmissionId | None,
        limit: int,
    ) -> tuple[PastMail, ...]:
        """What people and agents submitted, newest first, older than `before`; no system mail."""
        ...

    async def earlier_mail(
        self, agent_id: AgentId, since: datetime, most: int
    ) -> tuple[EarlierMail, ...]:
        """What an agent was held or refused for, newest first, then what it sent: at most so many of each.

        Nothing when nothing was held.
        """
        ...

    async def note_refused(self, pod_id: PodId, new: NewLikeness) -> None:
        """Keep the likeness of what was refused and is stored nowhere."""
        ...

    async def forget_likenesses(self, before: datetime) -> int:
        """Returns how many were forgotten."""
        ...

    async def due_scheduled(self, now: datetime, limit: int) -> tuple[DueMail, ...]:
        """Messages whose time has come, the earliest first; not those of stopped agents."""
        ...

    async def release_scheduled(self, request: ReleaseRequest) -> Submitted:
        """ONE transaction: recipients DUE with the Sent copy, or HELD with a hold; verdict, journal, audit.

        A hold that was decided already is opened again as a new version. Nothing happens to a message
        that was moved or taken back meanwhile.
        """
        ...

    async def reschedule(
        self, submission_id: SubmissionId, send_at: datetime, audit: Audit
    ) -> Submitted:
        """Another time for what is scheduled or held; CONFLICT `not_scheduled`. Journal `email.scheduled`."""
        ...

    async def cancel_scheduled(self, submission_id: SubmissionId, audit: Audit) -> Submitted:
        """Take back what is scheduled; CONFLICT `not_scheduled`. Journal `email.canceled`."""
        ...

    async def scheduled(
        self,
        pod_id: PodId,
        *,
        inbox_ids: Sequence[InboxId] | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Submitted]:
        """What waits for its time, or is held and has one; the earliest first."""
        ...

    async def sending_policy(self, inbox_id: InboxId) -> JsonObject:
        """What was chosen for an inbox, by name."""
        ...

    async def change_sending_policy(
        self,
        pod_id: PodId,
        inbox_id: InboxId,
        changes: Mapping[str, JsonValue],
        audit: Audit,
    ) -> JsonObject:
        """Set what is given; None goes back to the default. Returns what is chosen now."""
        ...

    async def sent_together(
        self, queue_id: QueueId
    ) -> tuple[Submitted, tuple[QueueItem, ...]] | None:
        """A queue row's message, with all recipients that it was sent to together."""
        ...

    async def record_fates(
        self, submission_id: SubmissionId, fates: Sequence["RecipientFate"], at: datetime
    ) -> tuple[QueueItem, ...]:
        """What came back later: states, journal (`email.bounced`, `email.complained`), suppression, audit.

        ONE transaction. Returns the recipients that changed; one that has its final state keeps it.
        """
        ...

    async def release_leases(self, owner: str | None = None) -> int:
        """Make leased rows due again: all (`owner` None, at start), or one owner's."""
        ...

    async def queue(self, query: QueueQuery) -> Listed[QueueItem]: ...
    async def queue_item(self, pod_id: PodId, queue_id: QueueId) -> QueueItem | None: ...
    async def past_attempts(self, queue_id: QueueId) -> tuple[PastAttempt, ...]:
        """Oldest first, at most the last 200."""
        ...

    async def retry_scope(
        self, pod_id: PodId, scope: QueueScope, now: datetime, audit: Audit
    ) -> int:
        """What waits there is due now; returns how many recipients."""
        ...

    async def drop_scope(self, pod_id: PodId, scope: QueueScope, audit: Audit) -> int:
        """What waits there is canceled; returns how many recipients."""
        ...

    async def pause(self, pause: QueuePause, audit: Audit) -> None:
        """Nothing of its scope is claimed from now on. CONFLICT `already_paused`."""
        ...

    async def pauses(self, pod_id: PodId) -> tuple[QueuePause, ...]:
        """Oldest first."""
        ...

    async def resume(self, pod_id: PodId, pause_id: PauseId, audit: Audit) -> None:
        """End a pause; NOT_FOUND."""
        ...

    async def add_smarthost(self, smarthost: Smarthost, audit: Audit) -> None:
        """CONFLICT `smarthost_exists` when its agent or domain has one."""
        ...

    async def smarthosts(self, pod_id: PodId) -> tuple[Smarthost, ...]:
        """Oldest first."""
        ...

    async def smarthost_for(self, pod_id: PodId, sender_id: str, domain: str) -> Smarthost | None:
        """The agent's own, or else its domain's."""
        ...

    async def remove_smarthost(
        self, pod_id: PodId, smarthost_id: SmarthostId, audit: Audit
    ) -> None:
        """NOT_FOUND when there is none."""
        ...

    async def retry_now(self, queue_id: QueueId, now: datetime, audit: Audit) -> QueueItem: ...
    async def drop(self, queue_id: QueueId, audit: Audit) -> QueueItem: ...

    async def save_draft(self, draft: Draft, audit: Audit, shown: NewMessage | None = None) -> None:
        """Insert, or replace when `version` is one more than stored (CONFLICT otherwise); keeps old versions.

        `shown` takes the place of the draft's message in Drafts, in the same transaction. A decision
        that ends the draft takes the message out; a message that leaves Drafts deletes its draft.
        """
        ...

    async def delete_draft(self, draft_id: DraftId, actor: str) -> None:
        """The draft, its message in Drafts, and its hold when that is open."""
        ...

    async def draft(self, draft_id: DraftId) -> Draft | None:
        """Its status derives from its hold and submission once it was submitted.

        A message in Drafts that shows no draft is one itself, under the message's id.
        """
        ...

    async def drafts(
        self,
        inbox_ids: Sequence[InboxId],
        *,
        thread_id: ThreadId | None = None,
        status: DraftStatus | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Draft]: ...


# Suppression -------------------------------------------------------------------------------------


class SuppressionStore(Protocol):
    """Addresses that get no mail. What has expired is not there."""

    async def suppressed(
        self, pod_id: PodId, inbox_id: InboxId, address: Address
    ) -> Suppression | None:
        """Why this inbox sends nothing to the address now."""
        ...

    async def suppressions(
        self,
        pod_id: PodId,
        *,
        inbox_ids: Sequence[InboxId] | None = None,
        address: Address | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Suppression]:
        """Newest first; with `inbox_ids` only those of these inboxes."""
        ...

    async def suppression(self, suppression_id: SuppressionId) -> Suppression | None: ...
    async def suppress(self, new: Suppression, audit: Audit) -> Suppression:
        """Add it; one without an end that is there already stays. Returns what counts."""
        ...

    async def lift(self, suppression_id: SuppressionId, audit: Audit) -> None:
        """NOT_FOUND when it is not there."""
        ...


# Webhooks ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HookLane:
    """One of a webhook's two queues with its earliest time: first attempts in order, or retries."""

    webhook_id: WebhookId
    is_retry: bool
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HookClaim:
    """A leased delivery with what is sent; `body` is None when the journal no longer has the event."""

    webhook: Webhook
    delivery: WebhookDelivery
    body: JsonObject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookResult:
    """How an attempt ended. PENDING means once more at `retry_at`.

    `disable` ends the webhook for that reason in the same transaction; `counts` False leaves the
    webhook's health alone (a test).
    """

    delivery_id: WebhookDeliveryId
    state: WebhookDeliveryState
    at: datetime
    status: int
    reply: str
    duration_ms: int
    retry_at: datetime | None = None
    disable: str = ""
    counts: bool = True


class HookStore(Protocol):
    """Webhooks and the deliveries they are owed: exactly one row per webhook and event.

    Every change of a webhook first records what it was owed until then, so a filter is judged as it
    was when the event was committed.
    """

    async def create_webhook(self, webhook: Webhook, audit: Audit) -> None: ...
    async def webhooks(self, pod_id: PodId, agent_id: AgentId | None = None) -> tuple[Webhook, ...]:
        """Oldest first, all or one agent's; without those of deleted agents."""
        ...

    async def webhook(self, webhook_id: WebhookId) -> Webhook | None: ...
    async def update_webhook(self, webhook: Webhook, audit: Audit) -> None:
        """Replace what a user sets; CONFLICT `version_mismatch` unless `version` is one more than stored.

        Enabling clears the failures.
        """
        ...

    async def delete_webhook(self, webhook_id: WebhookId, audit: Audit) -> None:
        """With its deliveries."""
        ...

    async def fan_out(self, limit: int) -> tuple[int, bool]:
        """Rows for the next `limit` journal rows and the cursor behind them, in one transaction.

        Returns how many deliveries were made, and whether there is more to read.
        """
        ...

    async def hook_lanes(self) -> tuple[HookLane, ...]:
        """The lanes that have something waiting, of enabled webhooks whose agent is not stopped."""
        ...

    async def claim_hook(
        self, webhook_id: WebhookId, *, is_retry: bool, now: datetime, lease_until: datetime
    ) -> HookClaim | None:
        """Lease the lane's next due delivery; the attempt is counted now."""
        ...

    async def record_hook(self, result: HookResult) -> WebhookDelivery | None:
        """State, webhook health and (when disabled) journal and audit; None when it was deleted."""
        ...

    async def release_hook_leases(self) -> int:
        """Make leased deliveries due again, at start: nothing is under way then."""
        ...

    async def add_test(
        self,
        webhook: Webhook,
        *,
        event_id: str,
        name: str,
        body: JsonObject,
        at: datetime,
        lease_until: datetime,
        audit: Audit,
    ) -> WebhookDelivery:
        """A leased delivery of an event that is not in the journal."""
        ...

    async def delivery(self, delivery_id: WebhookDeliveryId) -> WebhookDelivery | None: ...
    async def deliveries(
        self,
        webhook_id: WebhookId,
        *,
        state: WebhookDeliveryState | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[WebhookDelivery]:
        """Newest first."""
        ...

    async def redeliver(
        self, delivery_id: WebhookDeliveryId, at: datetime, audit: Audit
    ) -> WebhookDelivery:
        """Due at once with a fresh schedule; CONFLICT `being_sent` while an attempt is under way."""
        ...

    async def redeliver_dead(
        self, webhook_id: WebhookId, since: datetime | None, at: datetime, audit: Audit
    ) -> int:
        """All dead ones of events since then; how many."""
        ...

    async def prune_hooks(self, finished_before: datetime, all_before: datetime) -> int:
        """Forget old deliveries, and the webhooks of deleted agents."""
        ...


# Full text ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A content whose text is not in the index, and one of its files."""

    content_id: int
    pod_id: PodId
    sha256: bytes
    size_bytes: int
    blob: BlobRef
    fields: str
    """Subject and addresses, folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The text of a content, for the index."""

    content_id: int
    pod_id: PodId
    sha256: bytes
    fields: str
    text: SearchText


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWork:
    """What the index needs next, and where it stands once that is done."""

    cursor: Seq
    filled_to: int | None = None
    lacking: tuple[Lacking, ...] = ()
    gone: tuple[int, ...] = ()
    is_sweeping: bool = False
    is_idle: bool = False
    restart: bool = False
    merge: bool = False


class TextIndex(Protocol):
    """The full-text index: follows the journal, may lag, can be made again from the messages."""

    async def work(self, limit: int) -> TextWork:
        """The next thing to do, of at most `limit` messages."""
        ...

    async def keep(
        self, work: TextWork, documents: Sequence[Document], *, is_done: bool = True
    ) -> None:
        """Add documents and, when the work is done, take out what is gone and move on; one transaction."""
        ...

    async def merge(self, *, is_first: bool) -> bool:
        """A bounded step towards an index with no trace of what was taken out; whether more are needed."""
        ...


# Journal, audit, leases --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which rows a reader wants; None means all."""

    pod_id: PodId | None = None
    agent_id: AgentId | None = None
    inbox_ids: tuple[InboxId, ...] | None = None
    mailbox_id: MailboxId | None = None
    names: tuple[str, ...] | None = None
    public_only: bool = True


class Touched(NamedTuple):
    """What one row of the journal is about."""

    name: str
    inbox_id: InboxId | None
    mailbox_id: MailboxId | None


class JournalStore(Protocol):
    """The one ordered log. A reader that saw n never later sees a new row ≤ n."""

    async def head(self) -> Seq: ...
    async def since(
        self, cursor: Seq, where: EventFilter, limit: int
    ) -> tuple[tuple[Event, ...], Seq]:
        """Rows after `cursor`, ascending, and the cursor to go on from (advances past filtered rows).

        CONFLICT `cursor_too_old` when rows after the cursor were trimmed.
        """
        ...

    async def cursor(self, consumer: str) -> Seq:
        """A durable consumer's place; a new consumer starts at the head."""
        ...

    async def set_cursor(self, consumer: str, seq: Seq) -> None: ...
    async def trim(self, before: datetime) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which rows of the audit log to list; empty fields do not filter."""

    pod_id: PodId
    actor: str = ""
    action: str = ""
    """Exactly this, or all that begin so when it ends in a dot."""
    subject: str = ""
    is_newest_first: bool = False
    part: Slice = FIRST_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """How far the audit log has come: a row's number with its hash."""

    seq: int
    hash: str


class PolicyStore(Protocol):
    """The audit log and what policies remember."""

    async def append_audit(self, audit: Audit) -> None: ...
    async def audit(
        self, pod_id: PodId, *, after: int = 0, limit: int = 100
    ) -> tuple[AuditRow, ...]: ...
    async def list_audit(self, query: AuditQuery) -> Listed[AuditRow]: ...
    async def verify_audit(self) -> int | None:
        """The number of the first row whose hash is wrong, or None."""
        ...

    async def audit_head(self, seq: int | None = None) -> AuditHead | None:
        """The newest row, or the one with that number; None when there is none."""
        ...

    async def settings(self, pod_id: PodId) -> JsonObject:
        """What is set in a pod, by name."""
        ...

    async def change_settings(
        self, pod_id: PodId, changes: Mapping[str, JsonValue], audit: Audit
    ) -> None:
        """Set what is given; None takes a setting away."""
        ...


class LeaseStore(Protocol):
    """Who does a periodic job: one owner at a time."""

    async def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool: ...
    async def release(self, name: str, owner: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCount:
    """How many messages or connections of one UTC day had the same to tell.

    `published` is the policy and `seen` what happened, both JSON.
    """

    day: date
    domain: str
    published: str
    seen: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedQuery:
    """Which received reports to list; newest first."""

    pod_id: PodId
    kind: ReportKind | None = None
    domain: str = ""
    part: Slice = FIRST_PAGE


class TlsStore(Protocol):
    """What is known of TLS with other domains."""

    async def sts_policy(self, domain: str) -> StsPolicy | None: ...
    async def keep_sts_policy(self, policy: StsPolicy) -> None: ...
    async def sts_policies_before(
        self, fetched_before: datetime, limit: int
    ) -> tuple[StsPolicy, ...]:
        """Policies fetched before that, the oldest first."""
        ...

    async def forget_sts_policies(self, expired_at: datetime) -> int: ...
    async def tls_level(self, domain: str) -> ReachedLevel | None: ...
    async def keep_tls_level(self, domain: str, reached: ReachedLevel) -> None: ...


class ReportStore(Protocol):
    """What is going to be told to other domains, and what they told."""

    async def add_counts(self, kind: ReportKind, counts: Sequence[ReportCount]) -> None:
        """Add to what is counted already."""
        ...

    async def due_reports(self, kind: ReportKind, before: date) -> tuple[tuple[date, str], ...]:
        """The days before that one, and domains, with something to tell."""
        ...

    async def counts_of(
        self, kind: ReportKind, day: date, domain: str
    ) -> tuple[ReportCount, ...]: ...
    async def forget_counts(self, kind: ReportKind, day: date, domain: str) -> None: ...
    async def forget_counts_before(self, kind: ReportKind, day: date) -> None: ...
    async def keep_received(self, report: ReceivedReport) -> bool:
        """Whether it is new: the same report is kept once."""
        ...

    async def received(self, query: ReceivedQuery) -> Listed[ReceivedReport]: ...
    async def received_one(self, report_id: ReportId) -> ReceivedReport | None: ...
    async def trim_received(self, before: datetime, at_most: int) -> int:
        """Forget what came before that, and what is too many: first what nobody vouched for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken invariant of architecture §9: its number, what is wrong, where."""

    invariant: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredFolder:
    """A mailbox and what the tree knows of it; `mirrored` is its Maildir there, empty for none yet."""

    mailbox_id: MailboxId
    inbox_id: InboxId
    name: str
    uid_validity: int
    uid_next: int
    is_selectable: bool
    mirrored: str
    keywords: tuple[str, ...]
    """In the order of their letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredName:
    """One name of some bytes: where its file is, and what it should say.

    `folder` is None for a submission. `source` is any file of the same bytes.
    """

    ref: BlobRef
    path: str | None
    source: str | None
    mailbox_id: MailboxId | None
    flags: int
    keywords: tuple[str, ...]
    internal_date: int
    """Microseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingBytes:
    """Bytes that are in no file yet, with their names."""

    content_id: int
    raw: bytes
    names: tuple[MirroredName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorChanges:
    """What happened after the mirror's cursor: `until` is the journal's head then.

    `last_pending` is the newest content in the database alone then, 0 for none. `mailboxes` maps
    those touched to the number after which their messages may have changed.
    """

    until: Seq
    last_pending: int
    mailboxes: dict[MailboxId, Seq]
    inbox_ids: frozenset[InboxId]


class StaleFolder(NamedTuple):
    """A Maildir whose mailbox is gone, renamed or cannot be selected any more."""

    mailbox_id: MailboxId
    path: str
    wanted: str
    """Its Maildir now; empty for none."""
    is_taken: bool
    """Another mailbox has this Maildir now."""


class MirrorStore(Protocol):
    """What the tree of files follows, and where every file is."""

    async def mirror_changes(self, *, everything: bool = False) -> MirrorChanges:
        """All mailboxes when the cursor was never set, or rows after it are no longer kept."""
        ...

    async def mirrored(self, until: Seq) -> None:
        """Move the cursor."""
        ...

    async def lag(self) -> tuple[int, int]:
        """Octets in no file yet, and journal rows not mirrored."""
        ...

    async def pending_bytes(
        self, after: int, *, max_count: int, max_bytes: int
    ) -> tuple[PendingBytes, ...]:
        """The next ones by content id; those whose names are all doomed come without names."""
        ...

    async def names(
        self, mailbox_id: MailboxId, since: tuple[Seq, int], limit: int
    ) -> tuple[tuple[MirroredName, ...], tuple[Seq, int]]:
        """Messages changed after (MODSEQ, UID), in that order, and where to go on."""
        ...

    async def folder(self, mailbox_id: MailboxId) -> MirroredFolder | None: ...
    async def stale_folders(self) -> tuple[StaleFolder, ...]: ...
    async def settle_folder(self, mailbox_id: MailboxId, path: str) -> None:
        """A mailbox's only Maildir is this one now; empty for none."""
        ...

    async def uid_lines(
        self, mailbox_id: MailboxId, after: int, limit: int
    ) -> tuple[tuple[int, BlobRef], ...]:
        """UIDs above `after`, ascending."""
        ...

    async def record_files(
        self,
        paths: Mapping[BlobRef, str],
        written: Sequence[int],
        folders: Sequence[MirroredFolder],
    ) -> None:
        """Where files are now; the bytes of `written` contents are dropped from the database."""
        ...

    async def doomed(self, limit: int) -> tuple[tuple[BlobRef, MailboxId, Seq], ...]:
        """Names no row points at any more, with the mailbox and number of their expunge."""
        ...

    async def forget_doomed(self, blobs: Sequence[BlobRef]) -> tuple[str, ...]:
        """Forget those whose bytes nothing else needs; the files to unlink now."""
        ...

    async def locate_files(self, refs: Sequence[BlobRef]) -> dict[BlobRef, str | None]:
        """Where the files of those references are that are known."""
        ...

    async def manifests(
        self, inbox_ids: Sequence[InboxId] | None = None
    ) -> dict[InboxId, JsonObject]:
        """What a rebuild needs to know of inboxes beside their messages; nothing secret."""
        ...


class StateStore(Protocol):
    """The copy of what the Maildir tree cannot say, for a rebuild."""

    async def follow(self) -> float:
        """Make the copy equal to the store as it is now, durably.

        Returns the seconds of processor time it took, 0 when nothing had changed. UNAVAILABLE or OVER_LIMIT when it cannot be written: it stays as it was.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredMessage:
    """A message of the tree to index where it is. `uid` None means the next one."""

    path: str
    uid: int | None
    message: NewMessage
    letters: tuple[str, ...] = ()
    """The keywords that file names of its folder can show."""


class RebuildStore(Protocol):
    """Indexing a tree again."""

    async def consult(self, copy: Path) -> None:
        """Take from this copy of the state what it says of messages, until `settle`."""
        ...

    async def knows_inbox(self, inbox_id: InboxId) -> bool:
        """Whether there is or was such an inbox."""
        ...

    async def restore_mailbox(
        self,
        inbox_id: InboxId,
        name: str,
        *,
        special_use: SpecialUse | None,
        uid_validity: int | None,
        uid_next: int,
        is_subscribed: bool,
    ) -> Mailbox:
        """Made when it is missing, with this UIDVALIDITY; UIDNEXT is at least `uid_next` then."""
        ...

    async def restore_messages(self, mailbox: Mailbox, messages: Sequence[RestoredMessage]) -> None:
        """Index files where they are, with what the copy of the state says of them."""
        ...

    async def settle(self, audit: Audit) -> None:
        """After the last message: threads and drafts fit the messages, nothing is new."""
        ...


class CheckStore(Protocol):
    """Proof of the store's invariants, and putting right what is safe."""

    async def check(self, *, deep: bool = True) -> tuple[Violation, ...]:
        """Every invariant; `deep` also reads every file's size and part offsets."""
        ...

    async def strangers(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of the files that no row names."""
        ...

    async def recount(self) -> int:
        """Make every mailbox's counters those of its messages; how many were wrong."""
        ...

    async def orphans(self, older_than: datetime) -> tuple[str, ...]:
        """Files of ours older than that which no row points at."""
        ...


class Wakeups(Protocol):
    """Hints that the journal grew; never the truth."""

    def subscribe(self, callback: "WakeCallback") -> "Unsubscribe": ...


class WakeCallback(Protocol):
    """Called on the loop after a commit that wrote journal rows, with what they are about."""

    def __call__(self, rows: Sequence[Touched]) -> None: ...


class Unsubscribe(Protocol):
    """Ends a subscription."""

    def __call__(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """One backend, all ports."""

    accounts: AccountStore
    contacts: ContactStore
    quarantine: QuarantineStore
    channels: ChannelStore
    tags: TagStore
    greylist: GreylistStore
    tasks: TaskStore
    templates: TemplateStore
    rules: RuleStore
    guarding: GuardStore
    mail: MailStore
    outbound: OutboundStore
    policy: PolicyStore
    journal: JournalStore
    hooks: HookStore
    leases: LeaseStore
    reports: ReportStore
    suppressions: SuppressionStore
    tls: TlsStore
    blobs: BlobStore
    files: Files
    mirror: MirrorStore
    state: StateStore
    rebuild: RebuildStore
    check: CheckStore
    wakeups: Wakeups
    fulltext: TextIndex
