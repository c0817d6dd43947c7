"""Whom a pod knows by a name: trusted, written to, or one of its people, and never by a first name."""

from contextlib import closing
from pathlib import Path

import pytest

from mailcore.address import Address
from mailcore.clock import to_micros
from mailcore.ids import DEFAULT_POD, ContactId, PersonId, PodId, new_id
from mailcore.model import Contact, ContactStatus, Inbox, Person, PersonRole
from mailcore.store.maildir import Maildir
from mailcore.store.ports import ContactChange, Stores
from mailcore.store.sqlite import DATABASE_FILE, SqliteStore
from mailcore.store.sqlite.db import connect_writer
from mailcore.store.sqlite.migrate import migrate
from tests.support.build import NOW, audit
from tests.support.clock import FakeClock

BEFORE = 37
"""The last schema without the keys of names."""
BERG = Address("anna", "berg.example")
OTHER_POD = PodId("other")
OLD = """
INSERT INTO contacts (
  id, pod_id, inbox_id, local, domain, folded, name, notes, tags, status, searchable, created_at, updated_at
) VALUES ('c1', ?, 'i1', 'anna', 'berg.example', 'anna@berg.example', 'Änna Berg', '', '[]', 'trusted', '', ?, ?)
"""


async def save(
    stores: Stores, inbox: Inbox, name: str, status: ContactStatus = ContactStatus.TRUSTED
) -> None:
    contact = Contact(
        id=ContactId(new_id()),
        pod_id=DEFAULT_POD,
        inbox_id=inbox.id,
        address=BERG,
        name="",
        notes="",
        tags=(),
        status=ContactStatus.PENDING,
        message_count=0,
        created_at=NOW,
        updated_at=NOW,
        last_message_at=None,
    )
    change = ContactChange(name=name, status=status, by_person=True)
    await stores.contacts.put_contact(contact, change, audit())


async def test_who_is_trusted_is_known_by_name_however_spelled(stores: Stores, mia: Inbox) -> None:
    await save(stores, mia, "Änna Berg")
    for name in ("anna berg", "Berg, Anna", "\u0410nna Berg"):
        assert await stores.contacts.namesakes(DEFAULT_POD, name) == (BERG,)
    for name in ("Anna", "Anna Berger", ""):
        assert await stores.contacts.namesakes(DEFAULT_POD, name) == ()
    assert await stores.contacts.namesakes(OTHER_POD, "Anna Berg") == ()


@pytest.mark.parametrize("status", [ContactStatus.PENDING, ContactStatus.BLOCKED])
async def test_a_stranger_is_known_by_no_name(
    stores: Stores, mia: Inbox, status: ContactStatus
) -> None:
    """Or whoever writes first would own it."""
    await save(stores, mia, "Anna Berg", status)
    assert await stores.contacts.namesakes(DEFAULT_POD, "Anna Berg") == ()


async def test_a_new_name_takes_the_place_of_the_old(stores: Stores, mia: Inbox) -> None:
    await save(stores, mia, "Anna Berg")
    await save(stores, mia, "Anna Tal")
    assert await stores.contacts.namesakes(DEFAULT_POD, "Anna Berg") == ()
    assert await stores.contacts.namesakes(DEFAULT_POD, "Anna Tal") == (BERG,)


async def test_people_of_the_pod_are_known(stores: Stores) -> None:
    email = Address("olga", "owner.example")
    person = Person(
        id=PersonId(new_id()),
        pod_id=DEFAULT_POD,
        name="Olga Ovner",
        email=email,
        role=PersonRole.OWNER,
        created_at=NOW,
    )
    await stores.accounts.create_person(person, audit())
    assert await stores.contacts.namesakes(DEFAULT_POD, "OLGA OVNER") == (email,)
    assert await stores.contacts.namesakes(OTHER_POD, "Olga Ovner") == ()


async def test_contacts_of_an_older_database_are_known(tmp_path: Path) -> None:
    clock = FakeClock()
    with closing(connect_writer(tmp_path / DATABASE_FILE)) as connection:
        migrate(connection, clock.now(), until=BEFORE)
        at = to_micros(clock.now())
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(OLD, (DEFAULT_POD, at, at))
    maildir = Maildir(tmp_path, clock=clock)
    async with SqliteStore.open(tmp_path, maildir, clock) as stores:
        assert await stores.contacts.namesakes(DEFAULT_POD, "Anna Berg") == (BERG,)
    maildir.close()
