"""Templates: messages to send again, with `{{ name }}` for what differs."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, StrictStr

from httpapi.fields import Input, Line, Listing, Output, Page, Recipients, Text, Timestamp, sliced
from httpapi.operation import Call, operation
from httpapi.operations.folders import the_inbox
from httpapi.operations.sending import Carried, Sent, sent
from mailcore.ids import InboxId, TemplateId
from mailcore.model import JsonObject, Permission, Template
from mailcore.outbound.outgoing import OutgoingMail
from mailcore.templates import (
    MAX_NAME_CHARS,
    MAX_SUBJECT_CHARS,
    MAX_TEXT_CHARS,
    TemplateChange,
    fill,
    variables,
)

_MAX_VARIABLES: Final = 200
_EXAMPLE: Final[JsonObject] = {
    "name": "Delivery date",
    "subject": "Your order {{ order }}",
    "text": "Hello,\n\nyour order {{ order }} comes on {{ day }}.",
}

type Name = Annotated[Line, Field(min_length=1, max_length=MAX_NAME_CHARS)]
type Subject = Annotated[Line, Field(max_length=MAX_SUBJECT_CHARS)]
type Body = Annotated[Text, Field(max_length=MAX_TEXT_CHARS)]
type Variables = Annotated[dict[str, StrictStr], Field(max_length=_MAX_VARIABLES)]


class ListTemplates(Page):
    """Whose templates to list."""

    identity_id: str | None = None
    """Only this inbox; all that you may read otherwise."""


class OneTemplate(Input):
    """Which template."""

    template_id: str
    """The id of a template."""


class CreateTemplate(Input):
    """A new template; it needs `text` or `html`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Name
    """What it is called; each inbox has a name once."""
    subject: Subject = ""
    """The subject, with `{{ name }}` where a value comes."""
    text: Body | None = None
    """The text; made from `html` when left out."""
    html: Body | None = None
    """The HTML form; values are escaped in it."""
    identity_id: str | None = None
    """In which inbox, which also sends it; needed when you have several."""


class ChangeTemplate(OneTemplate):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"subject": "Order {{ order }}"}]})

    name: Name | None = None
    """What it is called."""
    subject: Subject | None = None
    """Another subject."""
    text: Body | None = None
    """Another text."""
    html: Body | None = None
    """Another HTML form."""


class PreviewTemplate(OneTemplate):
    """What to fill in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"variables": {"order": "4711", "day": "Friday"}}]}
    )

    variables: Variables = Field(default_factory=dict)
    """A value for each `{{ name }}`."""


class SendTemplate(Carried, PreviewTemplate):
    """What to fill in, and whom it is for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"to": "ann@example.net", "variables": {"order": "4711", "day": "Friday"}}]
        }
    )

    to: Recipients
    """Whom it is for."""
    reply_to: Recipients = ()
    """Where answers go, when not to the sender."""


class TemplateInfo(Output):
    """A template."""

    id: str
    identity_id: str
    name: str
    subject: str
    text: str | None
    html: str | None
    variables: list[str]
    """The names that want a value."""
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, template: Template) -> Self:
        """The template as the API shows it."""
        return cls(
            id=template.id,
            identity_id=template.inbox_id,
            name=template.name,
            subject=template.subject,
            text=template.text,
            html=template.html,
            variables=list(variables(template)),
            created_at=template.created_at,
            updated_at=template.updated_at,
        )


class TemplateList(Listing[TemplateInfo]):
    """A page of templates by name."""


class Preview(Output):
    """A template with its values in place, without a signature."""

    subject: str
    text: str | None
    html: str | None


async def list_templates(call: Call, given: ListTemplates) -> TemplateList:
    """The templates of an inbox, or of all that you may read."""
    inbox_id = InboxId(given.identity_id) if given.identity_id else None
    found = await call.services.templates.templates(call.actor, inbox_id)
    rows = sliced(found, given, lambda one: (one.name.casefold(), one.id))
    return TemplateList.of(given, rows, TemplateInfo.of)


async def create_template(call: Call, given: CreateTemplate) -> TemplateInfo:
    """Save a message to send again. `{{ name }}` stands for a value; there is no code in it."""
    inbox_id = await the_inbox(call, given.identity_id)
    new = TemplateChange(name=given.name, subject=given.subject, text=given.text, html=given.html)
    return TemplateInfo.of(await call.services.templates.create(call.actor, inbox_id, new))


async def get_template(call: Call, given: OneTemplate) -> TemplateInfo:
    """One template, with the names of its variables."""
    return TemplateInfo.of(await _template(call, given))


async def change_template(call: Call, given: ChangeTemplate) -> TemplateInfo:
    """Change a template's name or texts."""
    change = TemplateChange(
        name=given.name, subject=given.subject, text=given.text, html=given.html
    )
    template_id = TemplateId(given.template_id)
    return TemplateInfo.of(await call.services.templates.change(call.actor, template_id, change))


async def delete_template(call: Call, given: OneTemplate) -> None:
    """Delete a template."""
    await call.services.templates.delete(call.actor, TemplateId(given.template_id))


async def preview_template(call: Call, given: PreviewTemplate) -> Preview:
    """What would be sent with these values. 400 `template_variables` names all missing and unknown ones."""
    filled = fill(await _template(call, given), given.variables)
    return Preview(subject=filled.subject, text=filled.text, html=filled.html)


async def send_template(call: Call, given: SendTemplate) -> Sent:
    """Send a message made from a template, by the same door as every other.

    400 `template_variables` names all missing and unknown variables; nothing is sent then.
    """
    template = await _template(call, given)
    filled = fill(template, given.variables)
    submitted = await call.services.submission.send(
        call.actor,
        OutgoingMail(
            inbox_id=template.inbox_id,
            to=given.to,
            cc=given.cc,
            bcc=given.bcc,
            subject=filled.subject,
            text=filled.text,
            html=filled.html,
            attachments=given.files(),
            reply_to=given.reply_to,
            headers=tuple(given.headers.items()),
            send_at=given.send_at,
            list_unsubscribe=given.list_unsubscribe,
            allow_sensitive=given.allow_sensitive and call.actor.is_master,
            signature=given.signature,
        ),
        idempotency=call.idempotency,
    )
    return await sent(call, submitted)


async def _template(call: Call, given: OneTemplate) -> Template:
    return await call.services.templates.template(call.actor, TemplateId(given.template_id))


OPERATIONS = (
    operation(
        name="list_templates",
        method="GET",
        path="/v1/templates",
        summary="List templates",
        tag="Templates",
        input=ListTemplates,
        output=TemplateList,
        function=list_templates,
        tool="List the templates you can send, with the names of their variables.",
    ),
    operation(
        name="create_template",
        method="POST",
        path="/v1/templates",
        summary="Create a template",
        tag="Templates",
        input=CreateTemplate,
        output=TemplateInfo,
        success=201,
        conflicts=("template_exists",),
        function=create_template,
        tool="Save a message to send again, with {{ name }} for what differs.",
    ),
    operation(
        name="get_template",
        method="GET",
        path="/v1/templates/{template_id}",
        summary="See a template",
        tag="Templates",
        input=OneTemplate,
        output=TemplateInfo,
        function=get_template,
    ),
    operation(
        name="change_template",
        method="PATCH",
        path="/v1/templates/{template_id}",
        summary="Change a template",
        tag="Templates",
        input=ChangeTemplate,
        output=TemplateInfo,
        conflicts=("template_exists",),
        function=change_template,
    ),
    operation(
        name="delete_template",
        method="DELETE",
        path="/v1/templates/{template_id}",
        summary="Delete a template",
        tag="Templates",
        input=OneTemplate,
        output=None,
        success=204,
        function=delete_template,
    ),
    operation(
        name="preview_template",
        method="POST",
        path="/v1/templates/{template_id}/preview",
        summary="Preview a template",
        tag="Templates",
        input=PreviewTemplate,
        output=Preview,
        needs=Permission.SEND,
        function=preview_template,
        tool="See a template with values filled in, without sending it.",
    ),
    operation(
        name="send_template",
        method="POST",
        path="/v1/templates/{template_id}/send",
        summary="Send a template",
        tag="Templates",
        input=SendTemplate,
        output=Sent,
        success=202,
        conflicts=("idempotency_mismatch",),
        takes_idempotency_key=True,
        needs=Permission.SEND,
        function=send_template,
        tool="Send a message made from a template. It may be held until a person approves it.",
    ),
)
