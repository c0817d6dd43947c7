"""The promises of `ContactStore` and `TagStore`, and of the verbs that take many messages."""

from datetime import timedelta

import pytest

from mailcore.address import Address
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, ContactId, MessageId, PersonId, TagId, new_id
from mailcore.message.analyze import analyze
from mailcore.model import (
    Contact,
    ContactStatus,
    Inbox,
    Person,
    PersonRole,
    Security,
    Slice,
    Tag,
)
from mailcore.store.ports import ContactChange, ContactQuery, Sighting, Stores
from tests.support.build import NOW, audit, create_inbox, new_message
from tests.support.build import deliver as deliver_one


def contact(inbox: Inbox, local: str) -> Contact:
    return Contact(
        id=ContactId(new_id()),
        pod_id=DEFAULT_POD,
        inbox_id=inbox.id,
        address=Address(local, "example.org"),
        name="",
        notes="",
        tags=(),
        status=ContactStatus.PENDING,
        message_count=0,
        created_at=NOW,
        updated_at=NOW,
        last_message_at=None,
    )


def seen(inbox: Inbox, local: str, name: str = "", minutes: int = 0, count: int = 1) -> Sighting:
    at = NOW + timedelta(minutes=minutes)
    return Sighting(
        pod_id=DEFAULT_POD,
        inbox_id=inbox.id,
        address=Address(local, "example.org"),
        name=name,
        at=at,
        last_at=at + timedelta(seconds=count - 1),
        count=count,
    )


async def test_a_contact_survives_the_round_trip(stores: Stores, mia: Inbox) -> None:
    """Every field, also text that SQLite does not like."""
    change = ContactChange(
        name="Zoë \0", notes="a\nb", tags=("x", "ÿ"), status=ContactStatus.TRUSTED
    )
    saved, is_new = await stores.contacts.put_contact(contact(mia, "zoe"), change, audit())
    found = await stores.contacts.contact(saved.id)
    assert is_new
    assert found is not None
    assert (found.name, found.notes, found.tags) == ("Zoë \ufffd", "a\nb", ("x", "ÿ"))
    assert found.status is ContactStatus.TRUSTED
    assert await stores.contacts.contact_by_address(mia.id, "zoe@example.org") == found


async def test_the_same_address_changes_the_contact(stores: Stores, mia: Inbox) -> None:
    """The id stays; what the change leaves out stays; other inboxes have their own."""
    first, _ = await stores.contacts.put_contact(
        contact(mia, "ann"), ContactChange(name="Ann", notes="x"), audit()
    )
    second, is_new = await stores.contacts.put_contact(
        contact(mia, "ANN"), ContactChange(notes="y"), audit()
    )
    assert (second.id, second.name, second.notes, is_new) == (first.id, "Ann", "y", False)
    other = await create_inbox(stores, "other")
    _, is_new = await stores.contacts.put_contact(contact(other, "ann"), ContactChange(), audit())
    assert is_new


async def test_senders_are_counted_from_where_the_cursor_is(stores: Stores, mia: Inbox) -> None:
    """A batch counts once; the first name that is given is kept."""
    start = await stores.journal.cursor("c")
    batch = [seen(mia, "ann"), seen(mia, "Ann", "Ann", 5, 4), seen(mia, "ann", "Other", 2)]
    await deliver_one(stores, mia)
    until = await stores.journal.head()
    assert await stores.contacts.note_senders("c", start, until, batch)
    assert not await stores.contacts.note_senders("c", start, until, batch)
    found = await stores.contacts.contact_by_address(mia.id, "ann@example.org")
    assert found is not None
    assert (found.message_count, found.name) == (6, "Ann")
    assert found.last_message_at == NOW + timedelta(minutes=5, seconds=3)
    assert await stores.journal.cursor("c") == until
    query = ContactQuery(inbox_ids=(mia.id,), text="ann")
    (listed,) = (await stores.contacts.contacts(query)).rows
    assert listed.id == found.id


async def test_contacts_are_paged_without_overlap(stores: Stores, mia: Inbox) -> None:
    """By name, with the total of all pages."""
    for number in range(7):
        await stores.contacts.put_contact(contact(mia, f"p{number}"), ContactChange(), audit())
    locals_: list[str] = []
    for offset in (0, 3, 6):
        page = await stores.contacts.contacts(
            ContactQuery(inbox_ids=(mia.id,), part=Slice(limit=3, offset=offset))
        )
        page, total = page.rows, page.total
        assert total == 7
        locals_ += [one.address.local for one in page]
    assert locals_ == [f"p{number}" for number in range(7)]


async def test_a_missing_contact_is_not_found(stores: Stores) -> None:
    """Changing and deleting say so."""
    gone = ContactId(new_id())
    with pytest.raises(MailError) as changed:
        await stores.contacts.update_contact(gone, ContactChange(name="x"), NOW, audit())
    with pytest.raises(MailError) as deleted:
        await stores.contacts.delete_contact(gone, audit())
    assert changed.value.kind is deleted.value.kind is ErrorKind.NOT_FOUND


async def test_a_keyword_has_one_tag(stores: Stores, mia: Inbox) -> None:
    """In any case, within an inbox."""
    tag = Tag(
        id=TagId(new_id()),
        pod_id=DEFAULT_POD,
        inbox_id=mia.id,
        keyword="work",
        name="Work",
        color="#000000",
        created_at=NOW,
    )
    await stores.tags.create_tag(tag, audit())
    assert await stores.tags.tags([mia.id]) == (tag,)
    again = Tag(
        id=TagId(new_id()),
        pod_id=DEFAULT_POD,
        inbox_id=mia.id,
        keyword="WORK",
        name="W",
        color="#000000",
        created_at=NOW,
    )
    with pytest.raises(MailError) as raised:
        await stores.tags.create_tag(again, audit())
    assert raised.value.code == "tag_exists"
    await stores.tags.delete_tag(tag.id, audit())
    assert await stores.tags.tag(tag.id) is None


async def test_messages_are_located_by_id(stores: Stores, mia: Inbox) -> None:
    """Those that exist, also when more are asked for than fit one statement."""
    placed = [await deliver_one(stores, mia) for _ in range(3)]
    wanted = [*(MessageId(new_id()) for _ in range(1200)), *(one.id for one in placed)]
    found = await stores.mail.locate(wanted)
    assert {(one.id, one.uid) for one in found} == {(one.id, one.uid) for one in placed}


async def test_arrivals_are_told_by_sender_and_name(stores: Stores, mia: Inbox) -> None:
    """Counted, from a cursor on, as far as asked for; without spam, which makes no contact."""
    start = await stores.journal.head()
    raws = [
        b"From: Ann Smith <ann@far.example>\r\n\r\n1\r\n",
        b"From: ann@far.example\r\n\r\n2\r\n",
        b"From: Ann Smith <ann@far.example>\r\n\r\n3\r\n",
        b"Subject: nobody\r\n\r\n4\r\n",
    ]
    for raw in raws:
        await deliver_one(stores, mia, raw=raw, facts=analyze(raw))
    spam = b"From: spammer@far.example\r\n\r\n5\r\n"
    marked = Security(level="spam", score=99)
    await stores.mail.deliver([new_message(mia, spam, facts=analyze(spam), security=marked)])
    found, until = await stores.contacts.arrived(start, 100)
    assert [(one.inbox_id, one.sender, one.name, one.count) for one in found] == [
        (mia.id, "ann@far.example", "Ann Smith", 2),
        (mia.id, "ann@far.example", "", 1),
        (mia.id, "", "", 1),
    ]
    assert until == await stores.journal.head()
    ((first,), half) = await stores.contacts.arrived(start, 1)
    assert (first.name, first.count, half) == ("Ann Smith", 1, start + 1)
    assert await stores.contacts.arrived(until, 100) == ((), until)


async def test_a_dissolved_mailbox_leaves_its_messages(stores: Stores, mia: Inbox) -> None:
    """They are in the other mailbox, and the name is gone, in one step."""
    await stores.mail.create_mailbox(mia.id, "Old")
    placed = await deliver_one(stores, mia, mailbox="Old")
    trash = await stores.mail.mailbox(mia.id, "Trash")
    assert trash is not None
    await stores.mail.dissolve_mailbox(mia.id, "Old", trash.id)
    assert await stores.mail.mailbox(mia.id, "Old") is None
    message = await stores.mail.message(placed.id)
    assert message is not None
    assert message.mailbox_name == "Trash"
    with pytest.raises(MailError):
        await stores.mail.dissolve_mailbox(mia.id, "INBOX", trash.id)
    inbox = await stores.mail.mailbox(mia.id, "INBOX")
    assert inbox is not None


async def test_the_last_owner_stays(stores: Stores) -> None:
    """The one before them may go."""
    people = [
        Person(
            id=PersonId(new_id()),
            pod_id=DEFAULT_POD,
            name=name,
            email=Address(name, "example.org"),
            role=PersonRole.OWNER,
            created_at=NOW,
        )
        for name in ("ann", "bob")
    ]
    for person in people:
        await stores.accounts.create_person(person, audit())
    await stores.accounts.delete_person(people[0].id, NOW, audit())
    with pytest.raises(MailError) as raised:
        await stores.accounts.delete_person(people[1].id, NOW, audit())
    assert raised.value.code == "last_owner"
    assert await stores.accounts.people(DEFAULT_POD) == (people[1],)
