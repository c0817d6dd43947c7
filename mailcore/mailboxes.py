"""Mailboxes and messages for IMAP and the API alike: one set of verbs, one authorization.

A `Mailbox` obtained here through an actor is the permission to use the methods that take one. Every
change goes through the store in one transaction and is announced by the journal alone.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from mailcore.clock import Clock
from mailcore.delivery import Arrival, Delivery, Target
from mailcore.errors import ErrorKind, MailError, denied, invalid, not_found
from mailcore.ids import BlobRef, InboxId, MailboxId, MessageId, Seq, ThreadId, new_id
from mailcore.message.headers import Headers
from mailcore.message.kept_fields import pack
from mailcore.message.searchtext import MAX_KEPT_CHARS, fold, needle, search_text
from mailcore.metadata import check_values
from mailcore.model import (
    INBOX,
    Actor,
    Direction,
    Flag,
    Inbox,
    Listed,
    Mailbox,
    MailboxChanges,
    MailboxContents,
    Message,
    MessageFacts,
    Permission,
    Quota,
    SpamEntry,
    SpecialUse,
    Thread,
)
from mailcore.search import (
    And,
    Body,
    Header,
    Not,
    Or,
    SearchNode,
    Text,
    UidIn,
    Words,
    needs_bytes,
)
from mailcore.store.ports import (
    AccountStore,
    BlobStore,
    Copied,
    Expunged,
    FetchColumns,
    FetchRow,
    FlagMode,
    FlagsChanged,
    Located,
    MailStore,
    MessageQuery,
    MessageState,
    NewMessage,
    Placed,
    Replaced,
    SortColumns,
    SortRow,
    SpamQuery,
    ThreadQuery,
    UidRanges,
)

MAX_NAME_CHARS: Final = 200
MAX_KEYWORD_CHARS: Final = 64
MAX_KEYWORDS: Final = 100
MAX_READ_UNINDEXED: Final = 1500
"""Messages that a search of the API reads because the index does not have them yet; of older ones
only subject, addresses and preview count. More than the index lets gather while mail streams in."""
_SHOWN_FIELDS: Final = ("From", "To", "Cc", "Bcc", "Subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appending:
    """A message to store as it is. `internal_date` None means now."""

    raw: bytes
    flags: Flag
    keywords: tuple[str, ...] = ()
    internal_date: datetime | None = None


class Readers(Protocol):
    """Who is told what mail is shown to whom."""

    async def shown(self, actor: Actor, messages: Sequence[Message]) -> None:
        """Messages are about to be handed to the actor."""

    async def fetched(self, actor: Actor, mailbox: Mailbox, uids: UidRanges) -> None:
        """The content of messages is about to be sent to the actor's mail client."""


class Mailboxes:
    """The mailbox service."""

    def __init__(
        self,
        *,
        mail: MailStore,
        accounts: AccountStore,
        blobs: BlobStore,
        delivery: Delivery,
        clock: Clock,
        readers: Readers | None = None,
    ) -> None:
        self._readers = readers
        self._mail = mail
        self._accounts = accounts
        self._blobs = blobs
        self._delivery = delivery
        self._clock = clock
        self._open: dict[MailboxId, Counter[Seq]] = {}

    def now(self) -> datetime:
        """The present, by the clock that dates messages."""
        return self._clock.now()

    async def settle(self) -> None:
        """Wait until all mail whose senders were answered before now is here. Edges call it first."""
        await self._delivery.settle()

    # Who may -----------------------------------------------------------------------------------

    async def inbox(self, actor: Actor, inbox_id: InboxId) -> Inbox:
        """The inbox, when the actor may read it; foreign ones are NOT_FOUND."""
        inbox = await self._accounts.inbox(inbox_id)
        if inbox is None or not may_use(actor, inbox):
            raise not_found("inbox")
        return inbox

    async def inboxes(self, actor: Actor) -> tuple[Inbox, ...]:
        """Every inbox the actor may read."""
        found = await self._accounts.inboxes(actor.pod_id)
        return tuple(one for one in found if may_use(actor, one))

    # Mailboxes ---------------------------------------------------------------------------------

    async def list(self, actor: Actor, inbox_id: InboxId) -> tuple[Mailbox, ...]:
        """All mailboxes of an inbox, INBOX first, then by name."""
        await self.inbox(actor, inbox_id)
        return tuple(_as_for(actor, one) for one in await self._mail.mailboxes(inbox_id))

    async def mailbox(self, actor: Actor, inbox_id: InboxId, name: str) -> Mailbox:
        """One mailbox by name; INBOX in any case. NOT_FOUND `no_such_mailbox`."""
        await self.inbox(actor, inbox_id)
        found = await self._mail.mailbox(inbox_id, canonical_name(name))
        if found is None:
            raise MailError(
                ErrorKind.NOT_FOUND, f"no mailbox named {name[:100]!r}", code="no_such_mailbox"
            )
        return _as_for(actor, found)

    async def create(
        self, actor: Actor, inbox_id: InboxId, name: str, special_use: SpecialUse | None = None
    ) -> Mailbox:
        """Create a mailbox and its missing parents; CONFLICT when it exists."""
        actor.require(Permission.MANAGE)
        await self.inbox(actor, inbox_id)
        return await self._mail.create_mailbox(inbox_id, check_name(name), special_use)

    async def delete(self, actor: Actor, inbox_id: InboxId, name: str) -> None:
        """Delete a mailbox and its messages."""
        actor.require(Permission.MANAGE)
        mailbox = await self.mailbox(actor, inbox_id, name)
        if mailbox.name == INBOX:
            raise MailError(ErrorKind.DENIED, "INBOX cannot be deleted")
        await self._mail.delete_mailbox(inbox_id, mailbox.name)

    async def rename(self, actor: Actor, inbox_id: InboxId, name: str, new_name: str) -> None:
        """Rename a mailbox with its children; INBOX gives its messages to the new one."""
        actor.require(Permission.MANAGE)
        mailbox = await self.mailbox(actor, inbox_id, name)
        await self._mail.rename_mailbox(inbox_id, mailbox.name, check_name(new_name))

    async def dissolve(self, actor: Actor, inbox_id: InboxId, name: str, into: Mailbox) -> None:
        """Delete a mailbox; its messages go to `into` in the same step."""
        actor.require(Permission.MANAGE)
        mailbox = await self.mailbox(actor, inbox_id, name)
        if mailbox.name == INBOX:
            raise MailError(ErrorKind.DENIED, "INBOX cannot be deleted")
        await self._mail.dissolve_mailbox(inbox_id, mailbox.name, into.id)

    async def special(self, actor: Actor, inbox_id: InboxId, use: SpecialUse) -> Mailbox:
        """The mailbox for this use; made when a client has deleted it."""
        found = await self.list(actor, inbox_id)
        for mailbox in found:
            if mailbox.special_use is use and mailbox.is_selectable:
                return mailbox
        for mailbox in found:
            if mailbox.name == use.value and mailbox.is_selectable:
                return mailbox
        actor.require(Permission.MANAGE)
        return await self._mail.create_mailbox(inbox_id, use.value, use)

    async def subscribe(
        self, actor: Actor, inbox_id: InboxId, name: str, *, is_subscribed: bool
    ) -> None:
        """Set or clear the subscription."""
        actor.require(Permission.MANAGE)
        mailbox = await self.mailbox(actor, inbox_id, name)
        await self._mail.set_subscribed(inbox_id, mailbox.name, is_subscribed)

    async def metadata(
        self, actor: Actor, inbox_id: InboxId, mailbox: Mailbox | None
    ) -> Mapping[str, bytes]:
        """The annotations of one of its mailboxes, or of the inbox itself, by entry (RFC 5464)."""
        await self.inbox(actor, inbox_id)
        return await self._mail.metadata(inbox_id, mailbox.id if mailbox else None)

    async def annotate(
        self,
        actor: Actor,
        inbox_id: InboxId,
        mailbox: Mailbox | None,
        values: Mapping[str, bytes | None],
    ) -> None:
        """Set annotations, or remove those given as None; all or none."""
        actor.require(Permission.MANAGE)
        await self.inbox(actor, inbox_id)
        check_values(values, is_of_inbox=mailbox is None)
        await self._mail.set_metadata(inbox_id, mailbox.id if mailbox else None, values)

    # Sessions ----------------------------------------------------------------------------------

    async def open(self, actor: Actor, inbox_id: InboxId, name: str) -> MailboxContents:
        """Everything in a mailbox at one instant (SELECT)."""
        mailbox = await self.mailbox(actor, inbox_id, name)
        if not mailbox.is_selectable:
            raise MailError(
                ErrorKind.NOT_FOUND, f"{mailbox.name!r} holds no messages", code="no_such_mailbox"
            )
        found = await self._mail.contents(mailbox.id)
        return replace(found, mailbox=_as_for(actor, found.mailbox))

    async def changes(self, mailbox: Mailbox, since: Seq) -> MailboxChanges:
        """What happened after `since`; NOT_FOUND when the mailbox is gone."""
        found = await self._mail.changes(mailbox.id, since)
        if mailbox.may_change:
            return found
        return replace(found, mailbox=replace(found.mailbox, may_change=False))

    async def claim_recent(self, mailbox: Mailbox) -> int:
        r"""Take `\Recent` for a read-write session: the first UID that is recent."""
        return await self._mail.claim_recent(mailbox.id)

    def retain(self, mailbox_id: MailboxId, seen: Seq) -> None:
        """A session shows the mailbox as of `seen`: files expunged later stay until it moves on."""
        self._open.setdefault(mailbox_id, Counter())[seen] += 1

    def release(self, mailbox_id: MailboxId, seen: Seq) -> None:
        """The session moved on from `seen` (pair every `retain` with one `release`)."""
        counts = self._open[mailbox_id]
        counts[seen] -= 1
        if counts[seen] <= 0:
            del counts[seen]
        if not counts:
            del self._open[mailbox_id]

    def is_shown(self, mailbox_id: MailboxId, expunged_at: Seq) -> bool:
        """Whether a session may still show what was expunged then."""
        return any(seen < expunged_at for seen in self._open.get(mailbox_id, ()))

    # Messages of a mailbox ---------------------------------------------------------------------

    async def fetch(
        self, mailbox: Mailbox, uids: UidRanges, columns: FetchColumns
    ) -> tuple[FetchRow, ...]:
        """Prepared facts by UID; never opens a file."""
        return await self._mail.fetch(mailbox.id, uids, columns)

    async def keep_fields(self, headers: Sequence[tuple[BlobRef, bytes]]) -> None:
        """Remember whole headers that had to be read, so that next time no file is opened."""
        await self._mail.keep_fields(await asyncio.to_thread(_blocks, headers))

    async def expose(self, actor: Actor, mailbox: Mailbox, uids: UidRanges) -> None:
        """Say that what these messages say goes to the actor's mail client."""
        if self._readers is not None:
            await self._readers.fetched(actor, mailbox, uids)

    async def sort_rows(
        self, mailbox: Mailbox, uids: UidRanges, columns: SortColumns
    ) -> tuple[SortRow, ...]:
        """What sorting and threading compare, by UID; never opens a file."""
        return await self._mail.sort_rows(mailbox.id, uids, columns)

    async def read(self, blob: BlobRef, start: int = 0, length: int | None = None) -> bytes:
        """A range of a message's bytes. NOT_FOUND when it was expunged, or is not kept any more."""
        if not blob:
            raise not_found("message")
        return await self._blobs.read(blob, start, length)

    async def read_many(
        self, wanted: Sequence[tuple[BlobRef, int, int]]
    ) -> tuple[bytes | None, ...]:
        """A range of the bytes of each message, given as (name, start, length); None of what is gone."""
        return await self._blobs.read_many(wanted)

    async def append(
        self, actor: Actor, inbox_id: InboxId, name: str, messages: Sequence[Appending]
    ) -> tuple[Placed, ...]:
        """Store messages as they are, all or none (APPEND, RFC 3502).

        Into Sent, a Message-ID that is there already returns that placement: clients store a copy
        of what the server has stored on submission.
        """
        actor.require(Permission.MANAGE)
        mailbox = await self.mailbox(actor, inbox_id, name)
        present: dict[int, Placed] = {}
        arrivals: list[Arrival] = []
        for index, one in enumerate(messages):
            target = Target(
                inbox_id=inbox_id,
                mailbox=mailbox.name,
                flags=one.flags,
                keywords=check_keywords(one.keywords),
            )
            facts = await self._delivery.facts(one.raw)
            found = await self._present(mailbox, facts)
            if found is not None:
                present[index] = found
                continue
            at = one.internal_date or self._clock.now()
            arrivals.append(Arrival(raw=one.raw, target=target, internal_date=at, facts=facts))
        placed = iter(await self._delivery.append(arrivals) if arrivals else ())
        return tuple(present.get(index) or next(placed) for index in range(len(messages)))

    async def replace(
        self, actor: Actor, source: Mailbox, uid: int, name: str, one: Appending
    ) -> Replaced:
        """Store a message in the mailbox of this name, and remove the one of `source` for it.

        Both or neither (RFC 8508). NOT_FOUND when the one to remove is gone.
        """
        actor.require(Permission.MANAGE)
        _require_change(source)
        target = await self.mailbox(actor, source.inbox_id, name)
        new = await self.stage(target, replace(one, keywords=check_keywords(one.keywords)))
        return await self._mail.replace(source.id, uid, new)

    async def stage(self, mailbox: Mailbox, one: Appending) -> NewMessage:
        """A message made ready for a transaction that places it."""
        facts = await self._delivery.facts(one.raw)
        return NewMessage(
            id=MessageId(new_id()),
            inbox_id=mailbox.inbox_id,
            mailbox=mailbox.name,
            raw=one.raw,
            facts=facts,
            flags=one.flags,
            keywords=one.keywords,
            internal_date=one.internal_date or self._clock.now(),
            direction=Direction.APPENDED,
        )

    async def _present(self, mailbox: Mailbox, facts: MessageFacts) -> Placed | None:
        """The copy of a sent message that is in Sent already."""
        if mailbox.special_use is not SpecialUse.SENT or not facts.message_id:
            return None
        return await self._mail.find_message_id(mailbox.inbox_id, mailbox.name, facts.message_id)

    async def set_flags(
        self,
        mailbox: Mailbox,
        uids: UidRanges,
        mode: FlagMode,
        flags: Flag,
        keywords: Sequence[str] = (),
        *,
        unchanged_since: int | None = None,
        known: Seq | None = None,
    ) -> FlagsChanged:
        """Change flags and keywords of messages, or of those not changed since (RFC 7162).

        `known` says how much of the mailbox the caller knows: it may be told less.
        """
        _require_change(mailbox)
        return await self._mail.set_flags(
            mailbox.id, uids, mode, flags, check_keywords(keywords), unchanged_since, known
        )

    async def copy(self, source: Mailbox, uids: UidRanges, target: Mailbox) -> Copied:
        """Copy messages within the inbox; flags and dates go along (RFC 9051 §6.4.7)."""
        _require_change(target)
        return await self._mail.copy(source.id, uids, target.id)

    async def quota(self, actor: Actor, inbox_id: InboxId) -> Quota:
        """What the inbox may hold and what it holds."""
        await self.inbox(actor, inbox_id)
        return await self._accounts.quota(inbox_id)

    async def deleted_bytes(self, mailbox: Mailbox) -> int:
        r"""The octets that an expunge of the messages with `\Deleted` would free."""
        return await self._mail.deleted_bytes(mailbox.id) if mailbox.deleted else 0

    async def move(self, source: Mailbox, uids: UidRanges, target: Mailbox) -> Copied:
        """Move messages within the inbox (RFC 6851): ids are kept, UIDs are new."""
        _require_change(source)
        return await self._mail.move(source.id, uids, target.id)

    async def expunge(
        self, mailbox: Mailbox, uids: UidRanges | None = None, *, only_deleted: bool = True
    ) -> Expunged:
        r"""Remove messages for good, by default those with `\Deleted`."""
        _require_change(mailbox)
        return await self._mail.expunge(mailbox.id, uids, only_deleted=only_deleted)

    async def search(self, mailbox: Mailbox, where: SearchNode) -> tuple[int, ...]:
        """UIDs that match, ascending. Bytes are read only of what columns and index cannot decide."""
        found = await self._mail.search(mailbox.id, where)
        if not found.unsure:
            return tuple(found.uids)
        unsure = {one.uid: one.blob for one in found.unsure}
        confirmed = await self._evaluate(mailbox.id, where, unsure)
        return tuple(sorted([*found.uids, *confirmed]))

    async def _evaluate(
        self, mailbox_id: MailboxId, node: SearchNode, candidates: dict[int, BlobRef]
    ) -> dict[int, BlobRef]:
        if not candidates:
            return candidates
        if not needs_bytes(node):
            among = UidIn(tuple((uid, uid) for uid in sorted(candidates)))
            hits = frozenset((await self._mail.search(mailbox_id, And((among, node)))).uids)
            return {uid: blob for uid, blob in candidates.items() if uid in hits}
        match node:
            case And(children):
                for child in sorted(children, key=needs_bytes):
                    candidates = await self._evaluate(mailbox_id, child, candidates)
                return candidates
            case Or(left, right):
                found = await self._evaluate(mailbox_id, left, candidates)
                rest = {uid: blob for uid, blob in candidates.items() if uid not in found}
                return found | await self._evaluate(mailbox_id, right, rest)
            case Not(child):
                found = await self._evaluate(mailbox_id, child, candidates)
                return {uid: blob for uid, blob in candidates.items() if uid not in found}
            case _:
                return await self._scan(node, candidates)

    async def _scan(self, node: SearchNode, candidates: dict[int, BlobRef]) -> dict[int, BlobRef]:
        found: dict[int, BlobRef] = {}
        for uid, blob in candidates.items():
            raw = await self._read_if_there(blob)
            if raw is not None and await asyncio.to_thread(bytes_match, node, raw):
                found[uid] = blob
        return found

    async def _read_if_there(self, blob: BlobRef) -> bytes | None:
        try:
            return await self._blobs.read(blob)
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise

    # Messages and threads for the API -----------------------------------------------------------

    async def message(self, actor: Actor, message_id: MessageId) -> Message:
        """One message by id; NOT_FOUND when missing or foreign."""
        message = await self._mail.message(message_id)
        if message is None:
            raise not_found("message")
        try:
            await self.inbox(actor, message.inbox_id)
        except MailError as error:
            raise not_found("message") from error
        await self._show(actor, (message,))
        return message

    async def _show(self, actor: Actor, messages: Sequence[Message]) -> None:
        if self._readers is not None:
            await self._readers.shown(actor, messages)

    async def state(self, actor: Actor, message_id: MessageId) -> MessageState:
        """What of a message can change; NOT_FOUND when missing or foreign."""
        state = await self._mail.message_state(message_id)
        if state is None:
            raise not_found("message")
        try:
            await self.inbox(actor, state.inbox_id)
        except MailError as error:
            raise not_found("message") from error
        return state

    async def messages(self, actor: Actor, query: MessageQuery) -> Listed[Message]:
        """A part, newest first, over the inboxes the actor may read (all of them when none is named)."""
        ids = await self._allowed(actor, query.inbox_ids)
        if not ids:
            return Listed()
        query = _with_inboxes(query, ids)
        if query.where is not None:
            query = replace(query, confirmed=await self._confirmed(query, query.where))
        found = await self._mail.list_messages(query)
        await self._show(actor, found.rows)
        return found

    async def _confirmed(
        self, query: MessageQuery, where: SearchNode
    ) -> frozenset[tuple[MailboxId, int]]:
        """Of the newest messages that are not indexed yet, those whose bytes match."""
        unsure: dict[MailboxId, dict[int, BlobRef]] = {}
        for mailbox_id, one in await self._mail.unsure(query, MAX_READ_UNINDEXED):
            unsure.setdefault(mailbox_id, {})[one.uid] = one.blob
        confirmed: set[tuple[MailboxId, int]] = set()
        for mailbox_id, candidates in unsure.items():
            matching = await self._evaluate(mailbox_id, where, candidates)
            confirmed.update((mailbox_id, uid) for uid in matching)
        return frozenset(confirmed)

    async def searched_texts(self, messages: Sequence[Message]) -> dict[MessageId, str]:
        """The text that a search looked through, of messages the caller has been given."""
        kept = await self._mail.kept_bodies([one.id for one in messages])
        found: dict[MessageId, str] = {}
        for one in messages:
            if one.id in kept:
                found[one.id] = kept[one.id]
            elif (raw := await self._read_if_there(one.blob)) is not None:
                text = await asyncio.to_thread(search_text, raw, MAX_KEPT_CHARS)
                found[one.id] = text.body
        return found

    async def spam_log(self, actor: Actor, query: SpamQuery) -> Listed[SpamEntry]:
        """Scores of arriving mail, newest first, over the inboxes the actor may read."""
        ids = await self._allowed(actor, query.inbox_ids)
        return await self._mail.spam_log(replace(query, inbox_ids=ids)) if ids else Listed()

    async def locate(self, actor: Actor, message_ids: Sequence[MessageId]) -> tuple[Located, ...]:
        """Where messages are, in the order asked for; missing and foreign ones are left out."""
        allowed = {one.id for one in await self.inboxes(actor)}
        found = {
            one.id: one for one in await self._mail.locate(message_ids) if one.inbox_id in allowed
        }
        return tuple(found[one] for one in dict.fromkeys(message_ids) if one in found)

    async def raw(self, message: Message) -> bytes:
        """The bytes of a message, exactly as stored."""
        return await self._blobs.read(message.blob)

    async def beginning(self, message_id: MessageId, size_bytes: int) -> bytes | None:
        """The first octets of a message, for callers that may read it; None when it is gone."""
        message = await self._mail.message(message_id)
        if message is None:
            return None
        try:
            return await self._blobs.read(message.blob, 0, size_bytes)
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise

    async def by_id(self, actor: Actor, mailbox_id: MailboxId) -> Mailbox | None:
        """A mailbox by its id, for callers that hold a message in it."""
        found = await self._mail.mailbox_by_id(mailbox_id)
        return None if found is None else _as_for(actor, found)

    async def threads(self, actor: Actor, query: ThreadQuery) -> Listed[Thread]:
        """A part, latest first, over the inboxes the actor may read."""
        ids = await self._allowed(actor, query.inbox_ids)
        if not ids:
            return Listed()
        return await self._mail.threads(replace(query, inbox_ids=ids))

    async def thread(self, actor: Actor, thread_id: ThreadId) -> Thread:
        """One thread; a merged one answers with the thread it became part of."""
        thread = await self._mail.thread(thread_id)
        if thread is None:
            raise not_found("thread")
        try:
            await self.inbox(actor, thread.inbox_id)
        except MailError as error:
            raise not_found("thread") from error
        return thread

    async def thread_messages(self, actor: Actor, thread: Thread) -> tuple[Message, ...]:
        """Its messages, oldest first, for an actor that was given the thread."""
        found = await self._mail.thread_messages(thread.id)
        await self._show(actor, found)
        return found

    async def _allowed(self, actor: Actor, wanted: tuple[InboxId, ...]) -> tuple[InboxId, ...]:
        allowed = [one.id for one in await self.inboxes(actor)]
        if not wanted:
            return tuple(allowed)
        foreign = [one for one in wanted if one not in allowed]
        if foreign:
            raise not_found("inbox")
        return wanted


def _blocks(headers: Sequence[tuple[BlobRef, bytes]]) -> list[tuple[BlobRef, bytes]]:
    return [(blob, pack(raw, Headers.read(raw))) for blob, raw in headers]


def may_use(actor: Actor, inbox: Inbox) -> bool:
    """Whether the actor may read this inbox and act in it."""
    return actor.may_use(inbox)


def _as_for(actor: Actor, mailbox: Mailbox) -> Mailbox:
    """The mailbox as this actor holds it: who may not manage is given one that cannot be changed."""
    if Permission.MANAGE in actor.permissions:
        return mailbox
    return replace(mailbox, may_change=False)


def _require_change(mailbox: Mailbox) -> None:
    if not mailbox.may_change:
        raise denied(
            "this key may not change mailboxes",
            code="permission_missing",
            fix="Use a key that may manage mail",
        )


def canonical_name(name: str) -> str:
    """The name with INBOX, alone or as the first level, in upper case (RFC 9051 §5.1)."""
    first, slash, rest = name.partition("/")
    return f"{INBOX}{slash}{rest}" if first.upper() == INBOX else name


def check_name(name: str) -> str:
    """A name a mailbox may have, canonical; INVALID otherwise."""
    trimmed = name.removesuffix("/")
    if not trimmed or len(trimmed) > MAX_NAME_CHARS:
        raise invalid("name", f"a mailbox name has 1 to {MAX_NAME_CHARS} characters")
    if any(ord(char) < 32 or ord(char) == 127 or char in "*%\\" for char in trimmed):
        raise invalid("name", "a mailbox name has no control characters and none of * % \\")
    if any(not level or level != level.strip() for level in trimmed.split("/")):
        raise invalid("name", "a level of a mailbox name is empty or begins or ends with a space")
    return canonical_name(trimmed)


def check_keywords(keywords: Sequence[str]) -> tuple[str, ...]:
    """Keywords sorted, each once; INVALID when one is not an atom (RFC 9051 §2.3.2)."""
    if len(keywords) > MAX_KEYWORDS:
        raise MailError(ErrorKind.OVER_LIMIT, f"at most {MAX_KEYWORDS} keywords")
    for keyword in keywords:
        if (
            not 0 < len(keyword) <= MAX_KEYWORD_CHARS
            or not keyword.isascii()
            or any(char <= " " or char in '(){%*"\\]\x7f' for char in keyword)
        ):
            raise invalid("keywords", f"{keyword[:64]!r} is not a keyword")
    return tuple(sorted(set(keywords)))


def bytes_match(node: SearchNode, raw: bytes) -> bool:
    """Decide a node that columns cannot on the bytes (RFC 9051 §6.4.4): decoded, caseless substring."""
    match node:
        case Header(name, text):
            return _contains(Headers.read(raw).all(name), text)
        case Body(text):
            return needle(text) in fold(search_text(raw).body)
        case Text(text):
            wanted, found = needle(text), search_text(raw)
            return wanted in fold(found.head) or wanted in fold(found.body)
        case Words(text):
            headers = Headers.read(raw)
            shown = [value for name in _SHOWN_FIELDS for value in headers.all(name)]
            return _contains(shown, text) or needle(text) in fold(search_text(raw).body)
        case _:
            return True


def _contains(values: Sequence[str], text: str) -> bool:
    return any(needle(text) in needle(value) for value in values)


def _with_inboxes(query: MessageQuery, ids: tuple[InboxId, ...]) -> MessageQuery:
    mailbox = canonical_name(query.mailbox) if query.mailbox else None
    return replace(query, inbox_ids=ids, mailbox=mailbox)
