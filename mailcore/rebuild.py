"""Making the index again from the Maildir++ tree, and adopting what others delivered into it.

The tree has messages, folders, flags, keywords, UIDs and dates; everything else comes from the copy
of the state, which is in the store already when the tree is read. Of inboxes that the copy does not
know, or when there is none, `countersign-inbox.json` says whose they are: their passwords and keys
are made anew, for what is secret is not there.
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts, audit
from mailcore.address import Address, parse_address
from mailcore.clock import Clock, from_micros
from mailcore.credentials import OPERATOR
from mailcore.delivery import Delivery, Target
from mailcore.domains.service import Domains
from mailcore.errors import MailError
from mailcore.ids import AgentId, InboxId, MessageId, PersonId, new_id
from mailcore.mirror import MANIFEST
from mailcore.model import (
    DEFAULT_MAILBOXES,
    INBOX,
    Agent,
    AgentStatus,
    Direction,
    Domain,
    Inbox,
    JsonObject,
    Mailbox,
    Person,
    PersonRole,
    SpecialUse,
    TrustGate,
)
from mailcore.store.dovecot import KEYWORDS, UIDLIST, UidList, read_keywords, read_uid_list
from mailcore.store.layout import base_name, folder_path, mailbox_name, parse_letters
from mailcore.store.ports import NewMessage, RestoredMessage, Stores

BATCH: Final = 100
_LAST_UID: Final = 2**32 - 2

_log = log.get(__name__)


@dataclass(slots=True)
class Rebuilt:
    """What came back, and the secrets that were made anew: shown this once."""

    inboxes: list[JsonObject] = field(default_factory=list)
    messages: int = 0
    adopted: int = 0
    skipped: list[str] = field(default_factory=list)


class Rebuild:
    """Reads the tree. Nothing else may write the store meanwhile."""

    def __init__(
        self,
        *,
        stores: Stores,
        accounts: Accounts,
        domains: Domains,
        delivery: Delivery,
        domain: str,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._accounts = accounts
        self._domains = domains
        self._delivery = delivery
        self._domain = domain
        self._clock = clock
        self._seen: set[str] = set()

    async def rebuild(self, copy: Path | None, detail: JsonObject) -> Rebuilt:
        """Everything in the tree, into a store that is empty, or has what this copy of the state says.

        `detail` goes into the audit log.
        """
        done = Rebuilt()
        if copy is not None:
            await self._stores.rebuild.consult(copy)
        await self._domain_named(self._domain)
        for inbox_id, directories in (await self._stores.files.folders()).items():
            manifest = await self._manifest(inbox_id)
            inbox = await self._stores.accounts.inbox(inbox_id)
            stored = await self._stored(inbox_id) if inbox is not None else {}
            if inbox is None and (
                manifest.get("is_deleted") or await self._stores.rebuild.knows_inbox(inbox_id)
            ):
                done.skipped.append(folder_path(inbox_id, ""))
                continue
            if inbox is None:
                inbox = await self._restore_inbox(inbox_id, manifest, done)
            known = {**_mailboxes(manifest), **stored}
            for directory in directories:
                name = mailbox_name(directory)
                if name is None:
                    done.skipped.append(folder_path(inbox_id, directory))
                    continue
                await self._restore_folder(inbox, directory, name, known.get(name, {}), done)
        await self._stores.rebuild.settle(
            audit(OPERATOR, "store.rebuild", "store", {**detail, "messages": done.messages})
        )
        return done

    async def adopt(self) -> Rebuilt:
        """Files in the tree that no row names become messages; then the files are removed."""
        done = Rebuilt()
        for inbox_id, directories in (await self._stores.files.folders()).items():
            inbox = await self._stores.accounts.inbox(inbox_id)
            for directory in directories if inbox is not None else ():
                name = mailbox_name(directory)
                if name is None:
                    done.skipped.append(folder_path(inbox_id, directory))
                    continue
                await self._adopt_folder(inbox_id, directory, name, done)
        return done

    # Accounts --------------------------------------------------------------------------------

    async def _manifest(self, inbox_id: InboxId) -> JsonObject:
        raw = await self._stores.files.read(f"{folder_path(inbox_id, '')}/{MANIFEST}")
        try:
            found = json.loads(raw or b"{}")
        except ValueError:
            found = {}
        return found if isinstance(found, dict) else {}

    async def _stored(self, inbox_id: InboxId) -> dict[str, JsonObject]:
        """The mailboxes as the copy of the state knows them, which needs no manifest."""
        return {
            one.name: {
                "uid_validity": one.uid_validity,
                "special_use": one.special_use,
                "is_subscribed": one.is_subscribed,
            }
            for one in await self._stores.mail.mailboxes(inbox_id)
        }

    async def _restore_inbox(self, inbox_id: InboxId, manifest: JsonObject, done: Rebuilt) -> Inbox:
        """The inbox as its manifest says; without one it gets an address of its id."""
        short = inbox_id.replace("-", "")[-12:]
        address = parse_address(str(manifest.get("address") or f"rebuilt-{short}@{self._domain}"))
        domain = await self._domain_named(address.domain)
        person = _person(manifest.get("person"), domain)
        agent = _agent(manifest.get("agent"), domain)
        if person is None and agent is None:
            agent = _agent({"id": new_id(), "name": f"rebuilt-{short}"}, domain)
        now = self._clock.now()
        inbox = Inbox(
            id=inbox_id,
            pod_id=domain.pod_id,
            agent_id=agent.id if agent else None,
            person_id=person.id if person else None,
            domain_id=domain.id,
            address=address,
            display_name=str(manifest.get("display_name", "")),
            is_active=bool(manifest.get("is_active", True)),
            trust_gate=TrustGate(str(manifest.get("trust_gate", TrustGate.OFF.value))),
            created_at=_instant(manifest.get("created_at"), now),
        )
        password, key = await self._accounts.restore_inbox(OPERATOR, inbox, agent, person)
        document: JsonObject = {"id": inbox_id, "address": str(address), "password": password}
        if agent is not None and key:
            document |= {"agent": agent.name, "api_key": key}
        done.inboxes.append(document)
        return inbox

    async def _domain_named(self, name: str) -> Domain:
        found = await self._stores.accounts.domain_by_name(name)
        return found if found is not None else await self._domains.add(OPERATOR, name)

    # Messages --------------------------------------------------------------------------------

    async def _restore_folder(
        self, inbox: Inbox, directory: str, name: str, known: JsonObject, done: Rebuilt
    ) -> None:
        folder = folder_path(inbox.id, directory)
        listed = await self._uid_list(folder)
        use = known.get("special_use", dict(DEFAULT_MAILBOXES).get(name))
        validity = known.get("uid_validity")
        if listed is not None:
            validity = listed.uid_validity
        mailbox = await self._stores.rebuild.restore_mailbox(
            inbox.id,
            name,
            special_use=SpecialUse(str(use)) if use else None,
            uid_validity=validity if isinstance(validity, int) else None,
            uid_next=listed.uid_next if listed else 1,
            is_subscribed=bool(known.get("is_subscribed", True)),
        )
        uids = listed.uids if listed else {}
        names = await self._stores.files.list_folder(folder)
        ordered = sorted(names, key=lambda one: (uids.get(base_name(one), _LAST_UID), one))
        keywords = await self._keywords(folder)
        ready: list[RestoredMessage] = []
        for one in ordered:
            base = base_name(one)
            if base in self._seen:
                done.skipped.append(f"{folder}/cur/{one}")
                continue
            self._seen.add(base)
            path = f"{folder}/cur/{one}"
            message = await self._message(inbox, mailbox, path, keywords)
            ready.append(  # those without a UID follow, above every UID that was given out
                RestoredMessage(path=path, uid=uids.get(base), message=message, letters=keywords)
            )
            if len(ready) >= BATCH:
                await self._stores.rebuild.restore_messages(mailbox, ready)
                done.messages += len(ready)
                ready = []
        await self._stores.rebuild.restore_messages(mailbox, ready)
        done.messages += len(ready)
        await self._adopt(inbox.id, folder, "new", name, done)

    async def _message(
        self, inbox: Inbox, mailbox: Mailbox, path: str, known: Sequence[str]
    ) -> NewMessage:
        raw = await self._stores.files.read(path) or b""
        flags, keywords = parse_letters(path, known)
        is_sent = mailbox.special_use is SpecialUse.SENT
        return NewMessage(
            id=MessageId(new_id()),
            inbox_id=inbox.id,
            mailbox=mailbox.name,
            raw=b"",
            facts=await self._delivery.facts(raw),
            flags=flags,
            keywords=tuple(one for one in keywords if one),
            internal_date=from_micros(self._stores.files.modified_at(path)),
            direction=Direction.OUTBOUND if is_sent else Direction.INBOUND,
        )

    async def _uid_list(self, folder: str) -> UidList | None:
        raw = await self._stores.files.read(f"{folder}/{UIDLIST}")
        return read_uid_list(raw.decode("utf-8", "replace")) if raw else None

    async def _keywords(self, folder: str) -> tuple[str, ...]:
        raw = await self._stores.files.read(f"{folder}/{KEYWORDS}")
        return read_keywords(raw.decode("utf-8", "replace")) if raw else ()

    # What others delivered -------------------------------------------------------------------

    async def _adopt_folder(
        self, inbox_id: InboxId, directory: str, name: str, done: Rebuilt
    ) -> None:
        if await self._stores.mail.mailbox(inbox_id, name) is None:
            await self._stores.mail.create_mailbox(inbox_id, name)
        folder = folder_path(inbox_id, directory)
        for part in ("new", "cur"):
            await self._adopt(inbox_id, folder, part, name, done)

    async def _adopt(
        self, inbox_id: InboxId, folder: str, part: str, name: str, done: Rebuilt
    ) -> None:
        """Deliver files that no row names, each at most once, and remove them."""
        files = self._stores.files
        listed = [f"{folder}/{part}/{one}" for one in await files.list_folder(folder, part)]
        orphans = await self._stores.check.strangers(listed)
        keywords = await self._keywords(folder)
        for path in sorted(orphans):
            raw = await files.read(path) or b""
            flags, found = parse_letters(path, keywords)
            target = Target(
                inbox_id=inbox_id,
                mailbox=name,
                flags=flags,
                keywords=tuple(one for one in found if one),
                dedupe_key=hashlib.sha256(f"adopt {path}\n".encode() + raw).digest(),
                event="email.received" if name == INBOX else None,
            )
            try:
                await self._delivery.deliver(
                    raw,
                    [target],
                    internal_date=from_micros(files.modified_at(path)),
                    direction=Direction.INBOUND,
                )
            except MailError as error:
                _log.error("adopt.failed", path=path, reason=error.message)
                done.skipped.append(path)
                continue
            await files.remove([path])
            done.adopted += 1
            await asyncio.sleep(0)


def _mailboxes(manifest: JsonObject) -> dict[str, JsonObject]:
    found = manifest.get("mailboxes")
    rows = found if isinstance(found, list) else []
    return {str(row["name"]): row for row in rows if isinstance(row, dict) and "name" in row}


def _agent(row: object, domain: Domain) -> Agent | None:
    if not isinstance(row, dict):
        return None
    metadata = row.get("metadata")
    return Agent(
        id=AgentId(str(row["id"])),
        pod_id=domain.pod_id,
        name=str(row["name"]),
        role=str(row.get("role", "assistant")),
        owner_name=str(row.get("owner_name", "")),
        status=AgentStatus(str(row.get("status", AgentStatus.ACTIVE.value))),
        is_persistent=bool(row.get("is_persistent")),
        metadata=metadata if isinstance(metadata, dict) else {},
        created_at=_instant(row.get("created_at"), domain.created_at),
        last_activity_at=None,
    )


def _person(row: object, domain: Domain) -> Person | None:
    if not isinstance(row, dict):
        return None
    email: Address = parse_address(str(row["email"]))
    return Person(
        id=PersonId(str(row["id"])),
        pod_id=domain.pod_id,
        name=str(row.get("name", "")),
        email=email,
        role=PersonRole(str(row.get("role", PersonRole.OWNER.value))),
        created_at=domain.created_at,
    )


def _instant(value: object, otherwise: datetime) -> datetime:
    return from_micros(value) if isinstance(value, int) else otherwise
