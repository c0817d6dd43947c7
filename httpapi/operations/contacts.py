"""The address book of each inbox: who writes to it, and who is trusted."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Input, Line, Listing, Output, Page, Text, Timestamp, view
from httpapi.operation import Call, operation
from httpapi.operations.folders import the_inbox
from mailcore.contacts import MAX_NAME_CHARS, MAX_TAG_CHARS, MAX_TAGS
from mailcore.ids import ContactId, InboxId
from mailcore.model import Contact, ContactStatus
from mailcore.store.ports import ContactChange, ContactQuery

type Tags = Annotated[
    tuple[Annotated[Line, Field(max_length=MAX_TAG_CHARS)], ...], Field(max_length=MAX_TAGS)
]


class ListContacts(Page):
    """Which contacts to list."""

    q: Annotated[str, Field(max_length=200)] = ""
    """Text in the name or address; similar ones when nobody has it."""
    status: ContactStatus | None = None
    """Only those that stand so."""
    tag: Annotated[str, Field(max_length=MAX_TAG_CHARS)] = ""
    """Only those with this tag."""
    identity_id: str | None = None
    """Only this inbox."""


class OneContact(Input):
    """Which contact."""

    contact_id: str
    """The id of a contact."""


class ContactFields(Input):
    """What is known of a contact; fields left out stay as they are."""

    name: Annotated[Line, Field(max_length=MAX_NAME_CHARS)] | None = None
    """What they are called."""
    notes: Annotated[Text, Field(max_length=10_000)] | None = None
    """What you want to remember."""
    tags: Tags | None = None
    """All their tags."""
    status: ContactStatus | None = None
    """Whether they are trusted; only the master key trusts or lifts a block."""


class SaveContact(ContactFields):
    """A contact by address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "ann@example.net", "name": "Ann", "tags": ["supplier"]}]
        }
    )

    email: Annotated[Line, Field(min_length=3, max_length=320)]
    """Their address; when it is known already, that contact is changed."""
    identity_id: str | None = None
    """In which inbox's address book; needed when you have several."""


class ChangeContact(OneContact, ContactFields):
    """What to change."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"notes": "Prefers mornings", "tags": ["supplier"]}]}
    )


class ContactInfo(Output):
    """A correspondent."""

    id: str
    identity_id: str
    email: str
    name: str
    notes: str
    tags: list[str]
    status: ContactStatus
    is_discarded: bool
    """Whether a person blocked it, so that its mail is discarded. What an agent blocked goes to Junk."""
    message_count: int
    """How many messages came from this address."""
    created_at: Timestamp
    updated_at: Timestamp
    last_message_at: Timestamp | None


class SavedContact(ContactInfo):
    """A correspondent, and whether it is a new one."""

    is_new: bool


class ContactList(Listing[ContactInfo]):
    """A page of contacts by name; similar ones the most similar first."""


async def list_contacts(call: Call, given: ListContacts) -> ContactList:
    """The address book, by name. Senders of arriving mail are in it by themselves."""
    found = await call.services.contacts.contacts(
        call.actor,
        ContactQuery(
            inbox_ids=(InboxId(given.identity_id),) if given.identity_id else (),
            text=given.q,
            status=given.status,
            tag=given.tag.strip().casefold(),
            part=given.part,
        ),
    )
    return ContactList.of(given, found, lambda one: contact_info(call, one))


async def get_contact(call: Call, given: OneContact) -> ContactInfo:
    """One contact."""
    found = await call.services.contacts.contact(call.actor, ContactId(given.contact_id))
    return contact_info(call, found)


async def save_contact(call: Call, given: SaveContact) -> SavedContact:
    """Add a contact, or change the one with this address."""
    inbox_id = await the_inbox(call, given.identity_id)
    saved, is_new = await call.services.contacts.add(
        call.actor, inbox_id, given.email, _change(given)
    )
    return view(SavedContact, contact_info(call, saved), is_new=is_new)


async def change_contact(call: Call, given: ChangeContact) -> ContactInfo:
    """Change what is known of a contact, or whether it is trusted."""
    found = await call.services.contacts.change(
        call.actor, ContactId(given.contact_id), _change(given)
    )
    return contact_info(call, found)


async def delete_contact(call: Call, given: OneContact) -> None:
    """Forget a contact. Its messages stay, and the next one makes a new contact."""
    await call.services.contacts.delete(call.actor, ContactId(given.contact_id))


def _change(given: ContactFields) -> ContactChange:
    return ContactChange(name=given.name, notes=given.notes, tags=given.tags, status=given.status)


def contact_info(call: Call, contact: Contact) -> ContactInfo:
    """A contact as the API shows it; the name was chosen by a stranger."""
    name = contact.name if contact.name.isascii() else call.services.safe_text(contact.name)[0]
    return ContactInfo(
        id=contact.id,
        identity_id=contact.inbox_id,
        email=str(contact.address),
        name=name,
        notes=contact.notes,
        tags=list(contact.tags),
        status=contact.status,
        is_discarded=contact.is_discarded,
        message_count=contact.message_count,
        created_at=contact.created_at,
        updated_at=contact.updated_at,
        last_message_at=contact.last_message_at,
    )


OPERATIONS = (
    operation(
        name="list_contacts",
        method="GET",
        path="/v1/contacts",
        summary="List contacts",
        tag="Contacts",
        input=ListContacts,
        output=ContactList,
        function=list_contacts,
        tool="Look up correspondents by name, address, tag or trust.",
    ),
    operation(
        name="save_contact",
        method="POST",
        path="/v1/contacts",
        summary="Add or update a contact",
        tag="Contacts",
        input=SaveContact,
        output=SavedContact,
        success=201,
        function=save_contact,
        tool="Add a correspondent to the address book, or update the one with this address.",
    ),
    operation(
        name="get_contact",
        method="GET",
        path="/v1/contacts/{contact_id}",
        summary="See a contact",
        tag="Contacts",
        input=OneContact,
        output=ContactInfo,
        function=get_contact,
        tool="Look up one correspondent.",
    ),
    operation(
        name="change_contact",
        method="PATCH",
        path="/v1/contacts/{contact_id}",
        summary="Change a contact",
        tag="Contacts",
        input=ChangeContact,
        output=ContactInfo,
        function=change_contact,
    ),
    operation(
        name="delete_contact",
        method="DELETE",
        path="/v1/contacts/{contact_id}",
        summary="Delete a contact",
        tag="Contacts",
        input=OneContact,
        output=None,
        success=204,
        function=delete_contact,
    ),
)
