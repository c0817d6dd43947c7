"""Signatures: what stands below the mail of an inbox."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Flag, Input, Line, Listing, Output, Page, Text, Timestamp, sliced, view
from httpapi.operation import Call, operation
from httpapi.operations.folders import the_inbox
from mailcore.ids import InboxId, SignatureId
from mailcore.model import Signature
from mailcore.signatures import MAX_NAME_CHARS, MAX_TEXT_CHARS, SignatureChange

type Name = Annotated[Line, Field(min_length=1, max_length=MAX_NAME_CHARS)]
type Body = Annotated[Text, Field(max_length=MAX_TEXT_CHARS)]


class ListSignatures(Page):
    """Whose signatures to list."""

    identity_id: str | None = None
    """Only this inbox; all that you may read otherwise."""


class OneSignature(Input):
    """Which signature."""

    signature_id: str
    """The id of a signature."""


class CreateSignature(Input):
    """A new signature."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Short", "text": "Mia\nAcme Support", "is_default": True}]
        }
    )

    name: Name
    """What it is called; each inbox has a name once."""
    text: Body
    """The text, without the line of two dashes above it."""
    html: Body | None = None
    """The HTML form; made from `text` when left out."""
    is_default: Flag = False
    """Whether it is the one that `"signature": true` means. Another default ceases to be one."""
    is_automatic: Flag = False
    """Whether it is, as the default, put below mail that says nothing about a signature."""
    identity_id: str | None = None
    """In which inbox; needed when you have several."""


class ChangeSignature(OneSignature):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_default": True}]})

    name: Name | None = None
    """What it is called."""
    text: Body | None = None
    """Another text."""
    html: Body | None = None
    """Another HTML form; empty for the one made from `text`."""
    is_default: Flag | None = None
    """Whether it is the one that `"signature": true` means."""
    is_automatic: Flag | None = None
    """Whether it is, as the default, put below mail that says nothing about a signature."""


class SignatureInfo(Output):
    """A signature."""

    id: str
    identity_id: str
    name: str
    text: str
    html: str | None
    is_default: bool
    is_automatic: bool
    created_at: Timestamp
    updated_at: Timestamp


class SignatureList(Listing[SignatureInfo]):
    """A page of signatures by name."""


async def list_signatures(call: Call, given: ListSignatures) -> SignatureList:
    """The signatures of an inbox, or of all that you may read."""
    inbox_id = InboxId(given.identity_id) if given.identity_id else None
    found = await call.services.signatures.signatures(call.actor, inbox_id)
    rows = sliced(found, given, lambda one: (one.name.casefold(), one.id))
    return SignatureList.of(given, rows, _info)


async def create_signature(call: Call, given: CreateSignature) -> SignatureInfo:
    """Make a signature. It stands below what you write, above what you quote."""
    inbox_id = await the_inbox(call, given.identity_id)
    new = _change(given)
    return _info(await call.services.signatures.create(call.actor, inbox_id, new))


async def get_signature(call: Call, given: OneSignature) -> SignatureInfo:
    """One signature."""
    signature_id = SignatureId(given.signature_id)
    return _info(await call.services.signatures.signature(call.actor, signature_id))


async def change_signature(call: Call, given: ChangeSignature) -> SignatureInfo:
    """Change a signature, or make it the default."""
    signature_id = SignatureId(given.signature_id)
    changed = await call.services.signatures.change(call.actor, signature_id, _change(given))
    return _info(changed)


async def delete_signature(call: Call, given: OneSignature) -> None:
    """Delete a signature."""
    await call.services.signatures.delete(call.actor, SignatureId(given.signature_id))


def _change(given: CreateSignature | ChangeSignature) -> SignatureChange:
    return SignatureChange(
        name=given.name,
        text=given.text,
        html=given.html,
        is_default=given.is_default,
        is_automatic=given.is_automatic,
    )


def _info(signature: Signature) -> SignatureInfo:
    return view(SignatureInfo, signature, identity_id=signature.inbox_id)


OPERATIONS = (
    operation(
        name="list_signatures",
        method="GET",
        path="/v1/signatures",
        summary="List signatures",
        tag="Signatures",
        input=ListSignatures,
        output=SignatureList,
        function=list_signatures,
        tool="List the signatures of your mail.",
    ),
    operation(
        name="create_signature",
        method="POST",
        path="/v1/signatures",
        summary="Create a signature",
        tag="Signatures",
        input=CreateSignature,
        output=SignatureInfo,
        success=201,
        conflicts=("signature_exists",),
        function=create_signature,
    ),
    operation(
        name="get_signature",
        method="GET",
        path="/v1/signatures/{signature_id}",
        summary="See a signature",
        tag="Signatures",
        input=OneSignature,
        output=SignatureInfo,
        function=get_signature,
    ),
    operation(
        name="change_signature",
        method="PATCH",
        path="/v1/signatures/{signature_id}",
        summary="Change a signature",
        tag="Signatures",
        input=ChangeSignature,
        output=SignatureInfo,
        conflicts=("signature_exists",),
        function=change_signature,
    ),
    operation(
        name="delete_signature",
        method="DELETE",
        path="/v1/signatures/{signature_id}",
        summary="Delete a signature",
        tag="Signatures",
        input=OneSignature,
        output=None,
        success=204,
        function=delete_signature,
    ),
)
