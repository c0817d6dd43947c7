"""The address book of each inbox: kept by its owner, filled by itself from arriving mail.

Trust is a person's to give: an agent may add, describe and block, but only the master key sets
`trusted` or lifts a block. A durable consumer of the journal counts senders, each message once, however many run;
spam makes no contact. Nothing here decides about mail.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Final

from mailcore import log
from mailcore.address import Address, parse_address, try_address
from mailcore.clock import Clock
from mailcore.errors import MailError, denied, invalid, not_found
from mailcore.ids import ContactId, InboxId, Seq, new_id
from mailcore.journal import Journal
from mailcore.model import (
    Actor,
    Contact,
    ContactStatus,
    Inbox,
    JsonObject,
    Listed,
    Permission,
    Thread,
)
from mailcore.store.ports import (
    AccountStore,
    Arrived,
    Audit,
    ContactChange,
    ContactQuery,
    ContactStore,
    JournalStore,
    MailStore,
    Sighting,
)

CONSUMER: Final = "contacts"
MAX_NAME_CHARS: Final = 100
MAX_TAGS: Final = 50
MAX_TAG_CHARS: Final = 64
_BATCH: Final = 500
_RETRY_SECONDS: Final = 1.0
_GATHER_SECONDS: Final = 0.5
"""After news, so that a burst of arrivals is one transaction."""
_NAMES: Final = ("email.received",)
_NOBODY: Final = frozenset({"mailer-daemon", "postmaster"})

_log = log.get(__name__)


class Contacts:
    """The contact service. `run()` must be running for senders to become contacts."""

    def __init__(
        self,
        *,
        store: ContactStore,
        accounts: AccountStore,
        mail: MailStore,
        cursors: JournalStore,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._mail = mail
        self._cursors = cursors
        self._journal = journal
        self._clock = clock

    # What callers do ---------------------------------------------------------------------------

    async def contacts(self, actor: Actor, query: ContactQuery) -> Listed[Contact]:
        """A part by name, over the inboxes the actor may read (all of them when none is named).

        Whoever wrote before the call is among them.
        """
        ids = tuple(
            one.id for one in await self._accounts.inboxes(actor.pod_id) if actor.may_use(one)
        )
        wanted = query.inbox_ids or ids
        if not set(wanted) <= set(ids):
            raise not_found("inbox")
        if not wanted:
            return Listed()
        try:
            await self.catch_up()
        except MailError as error:
            _log.error("contacts.delayed", reason=error.message)
        return await self._store.contacts(replace(query, inbox_ids=wanted))

    async def contact(self, actor: Actor, contact_id: ContactId) -> Contact:
        """One contact; foreign ones are NOT_FOUND."""
        contact = await self._store.contact(contact_id)
        inbox = await self._accounts.inbox(contact.inbox_id) if contact else None
        if contact is None or inbox is None or not actor.may_use(inbox):
            raise not_found("contact")
        return contact

    async def of_thread(self, thread: Thread) -> Contact | None:
        """The contact on the other end of a thread that the caller has been given."""
        inbox = await self._accounts.inbox(thread.inbox_id)
        last = await self._mail.message(thread.last_inbound_id) if thread.last_inbound_id else None
        people = ((last.facts.sender,) if last and last.facts.sender else ()) + thread.participants
        for one in people:
            address = try_address(one.address)
            if address is None or (inbox and address.folded == inbox.address.folded):
                continue
            contact = await self._store.contact_by_address(thread.inbox_id, address.folded)
            if contact is not None:
                return contact
        return None

    async def add(
        self, actor: Actor, inbox_id: InboxId, email: str, change: ContactChange
    ) -> tuple[Contact, bool]:
        """A new contact, or the change made to the one with this address; whether it is new."""
        actor.require(Permission.MANAGE)
        inbox = await self._accounts.inbox(inbox_id)
        if inbox is None or not actor.may_use(inbox):
            raise not_found("inbox")
        address = parse_address(email, path="email")
        known = await self._store.contact_by_address(inbox_id, address.folded)
        change = _check(actor, change)
        _require_person(actor, known, change)
        now = self._clock.now()
        new = _new_contact(inbox, address, now)
        detail = _audit(actor, "contact.save", str(address), change)
        return await self._store.put_contact(new, change, detail)

    async def change(self, actor: Actor, contact_id: ContactId, change: ContactChange) -> Contact:
        """Change what is given."""
        actor.require(Permission.MANAGE)
        contact = await self.contact(actor, contact_id)
        change = _check(actor, change)
        _require_person(actor, contact, change)
        return await self._store.update_contact(
            contact.id,
            change,
            self._clock.now(),
            _audit(actor, "contact.update", str(contact.address), change),
        )

    async def delete(self, actor: Actor, contact_id: ContactId) -> None:
        """Forget a contact; the next message from it makes a new one. A block is a person's to lift."""
        actor.require(Permission.MANAGE)
        contact = await self.contact(actor, contact_id)
        _require_person(actor, contact, ContactChange(status=ContactStatus.PENDING))
        address = str(contact.address)
        await self._store.delete_contact(
            contact.id, _audit(actor, "contact.delete", address, ContactChange())
        )

    # What happens by itself --------------------------------------------------------------------

    async def run(self) -> None:
        """Turn senders into contacts; returns only on cancellation."""
        grown = asyncio.Event()
        with self._journal.watch(grown.set, names=_NAMES, within_seconds=_GATHER_SECONDS):
            cursor = None
            while True:
                grown.clear()
                try:
                    cursor = await self.catch_up(cursor)
                except MailError as error:
                    _log.error("contacts.delayed", reason=error.message)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                await grown.wait()

    async def catch_up(self, after: Seq | None = None) -> Seq:
        """Take what arrived until now, of which nothing up to `after` is for us; returns how far it got."""
        until = await self._journal.head()
        saved = await self._cursors.cursor(CONSUMER)
        cursor = max(saved, after or saved)
        while cursor < until:
            following = await self._take(saved, cursor)
            saved = await self._cursors.cursor(CONSUMER)
            cursor = saved if following is None else following
        return cursor

    async def _take(self, saved: Seq, cursor: Seq) -> Seq | None:
        """Count the senders of one batch of arrivals; where to go on, None when another got there first."""
        arrived, following = await self._store.arrived(cursor, _BATCH)
        seen: dict[tuple[InboxId, str], Sighting] = {}
        inboxes: dict[InboxId, Inbox | None] = {}
        for one in arrived:
            if one.inbox_id not in inboxes:
                inboxes[one.inbox_id] = await self._accounts.inbox(one.inbox_id)
            sighting = _sighting(one, inboxes[one.inbox_id])
            if sighting is not None:
                key = (one.inbox_id, sighting.address.folded)
                seen[key] = _both(seen[key], sighting) if key in seen else sighting
        if not arrived and following - saved < _BATCH:
            return following
        is_first = await self._store.note_senders(CONSUMER, saved, following, [*seen.values()])
        return following if is_first else None


def _sighting(arrived: Arrived, inbox: Inbox | None) -> Sighting | None:
    """What arrivals say of their sender; nothing where that is nobody to write to."""
    address = try_address(arrived.sender)
    if inbox is None or address is None or address.folded == inbox.address.folded:
        return None
    if address.local.lower() in _NOBODY:
        return None
    return Sighting(
        pod_id=arrived.pod_id,
        inbox_id=inbox.id,
        address=address,
        name=_one_line(arrived.name),
        at=arrived.first_at,
        last_at=arrived.last_at,
        count=arrived.count,
    )


def _both(known: Sighting, more: Sighting) -> Sighting:
    """What two sightings of one sender say together."""
    return replace(
        known,
        name=known.name or more.name,
        last_at=max(known.last_at, more.last_at),
        count=known.count + more.count,
    )


def _new_contact(inbox: Inbox, address: Address, at: datetime) -> Contact:
    return Contact(
        id=ContactId(new_id()),
        pod_id=inbox.pod_id,
        inbox_id=inbox.id,
        address=address,
        name="",
        notes="",
        tags=(),
        status=ContactStatus.PENDING,
        message_count=0,
        created_at=at,
        updated_at=at,
        last_message_at=None,
    )


def _require_person(actor: Actor, known: Contact | None, change: ContactChange) -> None:
    """DENIED when the change would give trust, and the actor is no person who may."""
    old = known.status if known else ContactStatus.PENDING
    if change.status is None or change.status is old or actor.is_master:
        return
    if change.status is ContactStatus.TRUSTED or old is ContactStatus.BLOCKED:
        raise denied(
            "only the master key trusts a contact or lifts a block",
            code="master_key_required",
            fix="Ask the owner",
        )


def _check(actor: Actor, change: ContactChange) -> ContactChange:
    """The change with who makes it and its tags folded, each once; INVALID when there are too many."""
    change = replace(change, by_person=actor.is_master or actor.may_decide)
    if change.tags is None:
        return change
    tags = tuple(sorted({one.strip().casefold() for one in change.tags} - {""}))
    if len(tags) > MAX_TAGS:
        raise invalid("tags", f"a contact has {MAX_TAGS} tags at most")
    if any(len(one) > MAX_TAG_CHARS for one in tags):
        raise invalid("tags", f"a tag has {MAX_TAG_CHARS} characters at most")
    return replace(change, tags=tags)


def _audit(actor: Actor, action: str, subject: str, change: ContactChange) -> Audit:
    detail: JsonObject = {} if change.status is None else {"status": change.status.value}
    return Audit(
        pod_id=actor.pod_id, actor=actor.label, action=action, subject=subject, detail=detail
    )


def _one_line(name: str) -> str:
    """The sender's own name for itself, on one line and short."""
    shown = "".join(char if char.isprintable() else " " for char in name)
    return " ".join(shown.split())[:MAX_NAME_CHARS]
