"""People: owners, approvers and viewers, and the keys with which they decide."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import (
    Flag,
    Input,
    Instant,
    Line,
    Listing,
    Output,
    Page,
    Timestamp,
    by_age,
    sliced,
    view,
)
from httpapi.operation import MASTER, PEOPLE, READERS, Call, operation
from httpapi.operations.keys import CreatedKey, KeyList, key_info
from mailcore.ids import PersonId
from mailcore.model import KeyRole, Person, PersonRole


class ListPeople(Page):
    """Which people to list."""

    role: PersonRole | None = None
    """Only those with this role."""


class OnePerson(Input):
    """Which person."""

    person_id: str
    """The id of a person."""


class CreatePerson(Input):
    """A new person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Ann", "email": "ann@example.net", "role": "approver"}]
        }
    )

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    """What they are called."""
    email: Annotated[Line, Field(min_length=3, max_length=320)]
    """The outside address that notices go to and answers come from."""
    role: PersonRole = PersonRole.APPROVER
    """`owner` and `approver` decide about held mail, `viewer` does not."""


class ChangePerson(OnePerson):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "viewer"}]})

    name: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    """What they are called."""
    email: Annotated[Line, Field(min_length=3, max_length=320)] | None = None
    """The outside address."""
    role: PersonRole | None = None
    """What they may do; keys that decide end for a viewer."""


class ListPersonKeys(OnePerson, Page):
    """Whose keys to list."""


class CreatePersonKey(OnePerson):
    """A key to decide or to read with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "phone"}]})

    name: Annotated[Line, Field(max_length=100)] = ""
    """What you will know it by; the person's name when left out."""
    expires_at: Instant | None = None
    """When it stops working by itself."""
    is_viewer: Flag = False
    """A key that reads everything and decides nothing; a viewer's always is."""


class PersonInfo(Output):
    """A person."""

    id: str
    name: str
    email: str
    role: PersonRole
    created_at: Timestamp


class PersonList(Listing[PersonInfo]):
    """A page of people, the oldest first."""


async def list_people(call: Call, given: ListPeople) -> PersonList:
    """Everybody who may be told or asked."""
    people = await call.services.accounts.list_people(call.actor)
    found = [one for one in people if given.role in (None, one.role)]
    return PersonList.of(given, sliced(found, given, by_age), _info)


async def get_person(call: Call, given: OnePerson) -> PersonInfo:
    """One person."""
    return _info(await call.services.accounts.person(call.actor, PersonId(given.person_id)))


async def create_person(call: Call, given: CreatePerson) -> PersonInfo:
    """Add a person; an owner or approver is asked about held mail from now on."""
    return _info(
        await call.services.accounts.create_person(
            call.actor, name=given.name, email=given.email, role=given.role
        )
    )


async def change_person(call: Call, given: ChangePerson) -> PersonInfo:
    """Change a person. The last owner stays one; keys that decide end at once for a viewer."""
    return _info(
        await call.services.accounts.change_person(
            call.actor,
            PersonId(given.person_id),
            name=given.name,
            email=given.email,
            role=given.role,
        )
    )


async def delete_person(call: Call, given: OnePerson) -> None:
    """Remove a person and end their keys. The last owner stays."""
    await call.services.accounts.delete_person(call.actor, PersonId(given.person_id))


async def list_person_keys(call: Call, given: ListPersonKeys) -> KeyList:
    """A person's keys without their secrets."""
    accounts = call.services.accounts
    person = await accounts.person(call.actor, PersonId(given.person_id))
    found = [one for one in await accounts.keys(call.actor) if one.person_id == person.id]
    return KeyList.of(given, sliced(found, given, by_age), key_info)


async def create_person_key(call: Call, given: CreatePersonKey) -> CreatedKey:
    """A key with which this person decides, or only reads; its secret is in the answer alone."""
    accounts = call.services.accounts
    person = await accounts.person(call.actor, PersonId(given.person_id))
    is_viewer = given.is_viewer or person.role is PersonRole.VIEWER
    created = await accounts.create_key(
        call.actor,
        role=KeyRole.VIEWER if is_viewer else KeyRole.APPROVER,
        name=given.name or person.name,
        person_id=person.id,
        expires_at=given.expires_at,
    )
    return view(CreatedKey, key_info(created.key), api_key=created.token)


def _info(person: Person) -> PersonInfo:
    return view(PersonInfo, person, email=str(person.email))


OPERATIONS = (
    operation(
        name="list_people",
        method="GET",
        path="/v1/people",
        summary="List people",
        tag="People",
        input=ListPeople,
        output=PersonList,
        roles=PEOPLE,
        function=list_people,
    ),
    operation(
        name="create_person",
        method="POST",
        path="/v1/people",
        summary="Add a person",
        tag="People",
        input=CreatePerson,
        output=PersonInfo,
        roles=MASTER,
        success=201,
        conflicts=("person_exists",),
        function=create_person,
    ),
    operation(
        name="get_person",
        method="GET",
        path="/v1/people/{person_id}",
        summary="See a person",
        tag="People",
        input=OnePerson,
        output=PersonInfo,
        roles=PEOPLE,
        function=get_person,
    ),
    operation(
        name="change_person",
        method="PATCH",
        path="/v1/people/{person_id}",
        summary="Change a person",
        tag="People",
        input=ChangePerson,
        output=PersonInfo,
        roles=MASTER,
        conflicts=("person_exists", "last_owner"),
        function=change_person,
    ),
    operation(
        name="delete_person",
        method="DELETE",
        path="/v1/people/{person_id}",
        summary="Remove a person",
        tag="People",
        input=OnePerson,
        output=None,
        roles=MASTER,
        success=204,
        conflicts=("last_owner", "has_inboxes"),
        function=delete_person,
    ),
    operation(
        name="list_person_keys",
        method="GET",
        path="/v1/people/{person_id}/keys",
        summary="List a person's keys",
        tag="People",
        input=ListPersonKeys,
        output=KeyList,
        roles=READERS,
        function=list_person_keys,
    ),
    operation(
        name="create_person_key",
        method="POST",
        path="/v1/people/{person_id}/keys",
        summary="Create a person's key",
        tag="People",
        input=CreatePersonKey,
        output=CreatedKey,
        roles=MASTER,
        success=201,
        function=create_person_key,
    ),
)
