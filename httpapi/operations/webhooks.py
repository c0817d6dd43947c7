"""Webhooks: events posted to a URL, what became of each, and sending again."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field, StrictStr, WithJsonSchema

from httpapi.fields import (
    MAX_NUMBER,
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
from httpapi.operation import Call, operation
from mailcore.model import (
    Role,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryId,
    WebhookDeliveryState,
    WebhookId,
)
from mailcore.webhooks.service import EVENT_NAMES

_ROLES: Final = frozenset({Role.MASTER, Role.VIEWER, Role.AGENT})

_Url = Annotated[Line, Field(min_length=1, max_length=2048)]
_Names = Annotated[list[Annotated[Line, Field(max_length=100)]], Field(max_length=100)]
_Events = Annotated[
    list[
        Annotated[
            Line,
            Field(max_length=100),
            WithJsonSchema({"type": "string", "enum": sorted(EVENT_NAMES)}),
        ]
    ],
    Field(max_length=100),
]
_Headers = Annotated[dict[StrictStr, StrictStr], Field(max_length=20)]
_Description = Annotated[Line, Field(max_length=200)]


class ListWebhooks(Page):
    """Which part of the list."""


class OneWebhook(Input):
    """Which webhook."""

    webhook_id: str
    """The id of a webhook."""


class CreateWebhook(Input):
    """A new webhook."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://shop.example.net/hook", "events": ["email.received"]}]
        }
    )

    url: _Url
    """Where events are posted: a public https:// (or http://) address."""
    events: _Events = Field(default_factory=list)
    """The events wanted, such as `email.received`; none means every event."""
    inbox_ids: _Names = Field(default_factory=list)
    """Only events of these inboxes; none means all that the key may see."""
    headers: _Headers = Field(default_factory=dict)
    """Headers to send along, such as `Authorization`. Their values are never shown again."""
    description: _Description = ""
    """What you will know it by."""


class ChangeWebhook(Input):
    """What to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_enabled": False}]})

    webhook_id: str
    """The id of a webhook."""
    url: _Url | None = None
    """Another address."""
    events: _Events | None = None
    """The events wanted from now on; an empty list means every event."""
    inbox_ids: _Names | None = None
    """The inboxes wanted from now on; an empty list means all that the key may see."""
    headers: _Headers | None = None
    """All headers to send along; they replace the ones before."""
    description: _Description | None = None
    """What you will know it by."""
    is_enabled: Flag | None = None
    """Whether events are posted. Those that happen while it is disabled are not made up for."""


class ListDeliveries(Page):
    """Which deliveries to list."""

    webhook_id: str
    """The id of a webhook."""
    state: WebhookDeliveryState | None = None
    """Only those in this state."""


class OneDelivery(Input):
    """Which delivery."""

    webhook_id: str
    """The id of a webhook."""
    delivery_id: Annotated[int, Field(ge=0, le=MAX_NUMBER)]
    """The number of a delivery."""


class RedeliverDead(Input):
    """What to send again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-01-31"}]})

    webhook_id: str
    """The id of a webhook."""
    since: Instant | None = None
    """Only events that happened since then."""


class WebhookInfo(Output):
    """A webhook without its secrets."""

    id: str
    url: str
    description: str
    agent_id: str | None
    """The agent whose events it gets; null for the owner's, which gets those of all."""
    events: list[str]
    """Empty: every event."""
    inbox_ids: list[str]
    """Empty: all inboxes."""
    header_names: list[str]
    is_enabled: bool
    disabled_reason: str
    """`user`, `gone` (it answered 410) or `failing` (five days of failures only)."""
    failures: int
    """Failed attempts since the last success."""
    failing_since: Timestamp | None
    last_success_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class WebhookWithSecret(WebhookInfo):
    """A webhook with its new signing secret."""

    secret: str
    """`whsec_…`: shown this once."""


class WebhookList(Listing[WebhookInfo]):
    """A page of webhooks."""


class DeliveryInfo(Output):
    """One event on its way to one webhook."""

    id: int
    webhook_id: str
    event_id: str
    """The `webhook-id` header: the same on every attempt."""
    event: str
    """The name of the event."""
    event_at: Timestamp
    state: WebhookDeliveryState
    attempts: int
    next_at: Timestamp | None
    """When it is tried next; null when it is not."""
    created_at: Timestamp
    last_attempt_at: Timestamp | None
    last_status: int
    """The last HTTP status; 0 when there was no answer."""
    last_reply: str
    """How the last answer began, or why there was none."""
    duration_ms: int


class DeliveryList(Listing[DeliveryInfo]):
    """A page of deliveries, newest first."""


class RedeliverCount(Output):
    """How many deliveries are on their way again."""

    count: int


async def list_webhooks(call: Call, given: ListWebhooks) -> WebhookList:
    """The webhooks, oldest first; an agent sees its own."""
    found = await call.services.webhooks.webhooks(call.actor)
    return WebhookList.of(given, sliced(found, given, by_age), _info)


async def create_webhook(call: Call, given: CreateWebhook) -> WebhookWithSecret:
    """Post events to a URL from now on; the answer holds the secret to check signatures with.

    Requests follow Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`, and a
    body of `id`, `type`, `timestamp` and `data`. Answer 2xx within 15 seconds; anything else is tried
    again over a day and a half. An event can arrive more than once, always with the same id.
    """
    created = await call.services.webhooks.create(
        call.actor,
        url=given.url,
        event_names=given.events,
        inbox_ids=given.inbox_ids,
        headers=given.headers,
        description=given.description,
    )
    return _with_secret(created.webhook, created.secret)


async def get_webhook(call: Call, given: OneWebhook) -> WebhookInfo:
    """One webhook."""
    return _info(await call.services.webhooks.webhook(call.actor, WebhookId(given.webhook_id)))


async def change_webhook(call: Call, given: ChangeWebhook) -> WebhookInfo:
    """Change what is given. A changed filter concerns events from now on."""
    changed = await call.services.webhooks.update(
        call.actor,
        WebhookId(given.webhook_id),
        url=given.url,
        event_names=given.events,
        inbox_ids=given.inbox_ids,
        headers=given.headers,
        description=given.description,
        is_enabled=given.is_enabled,
    )
    return _info(changed)


async def delete_webhook(call: Call, given: OneWebhook) -> None:
    """Remove a webhook and everything it was still owed."""
    await call.services.webhooks.delete(call.actor, WebhookId(given.webhook_id))


async def rotate_secret(call: Call, given: OneWebhook) -> WebhookWithSecret:
    """A new secret. For 24 hours requests carry a signature by the old one as well."""
    created = await call.services.webhooks.rotate_secret(call.actor, WebhookId(given.webhook_id))
    return _with_secret(created.webhook, created.secret)


async def run_test(call: Call, given: OneWebhook) -> DeliveryInfo:
    """Post a `webhook.test` event now, once, and answer how that went."""
    return _delivery(await call.services.webhooks.test(call.actor, WebhookId(given.webhook_id)))


async def list_deliveries(call: Call, given: ListDeliveries) -> DeliveryList:
    """What the webhook was and is owed, newest first; finished deliveries are kept for 14 days."""
    found = await call.services.webhooks.deliveries(
        call.actor,
        WebhookId(given.webhook_id),
        state=given.state,
        part=given.part,
    )
    return DeliveryList.of(given, found, _delivery)


async def redeliver(call: Call, given: OneDelivery) -> DeliveryInfo:
    """Send one delivery again as soon as possible, whatever became of it, with the same event id."""
    again = await call.services.webhooks.redeliver(
        call.actor, WebhookId(given.webhook_id), WebhookDeliveryId(given.delivery_id)
    )
    return _delivery(again)


async def redeliver_dead(call: Call, given: RedeliverDead) -> RedeliverCount:
    """Send everything again that was given up after the last attempt."""
    count = await call.services.webhooks.redeliver_dead(
        call.actor, WebhookId(given.webhook_id), given.since
    )
    return RedeliverCount(count=count)


def _info(webhook: Webhook) -> WebhookInfo:
    return view(WebhookInfo, webhook, **_lists(webhook))


def _with_secret(webhook: Webhook, secret: str) -> WebhookWithSecret:
    return view(WebhookWithSecret, webhook, secret=secret, **_lists(webhook))


def _lists(webhook: Webhook) -> dict[str, list[str]]:
    return {
        "events": list(webhook.event_names),
        "inbox_ids": list(webhook.inbox_ids),
        "header_names": list(webhook.header_names),
    }


def _delivery(one: WebhookDelivery) -> DeliveryInfo:
    is_waiting = one.state is WebhookDeliveryState.PENDING
    next_at = one.next_at if is_waiting else None
    return view(DeliveryInfo, one, event=one.event_name, next_at=next_at)


OPERATIONS = (
    operation(
        name="list_webhooks",
        method="GET",
        path="/v1/webhooks",
        summary="List webhooks",
        tag="Webhooks",
        input=ListWebhooks,
        output=WebhookList,
        roles=_ROLES,
        function=list_webhooks,
    ),
    operation(
        name="create_webhook",
        method="POST",
        path="/v1/webhooks",
        summary="Create a webhook",
        tag="Webhooks",
        input=CreateWebhook,
        output=WebhookWithSecret,
        roles=_ROLES,
        success=201,
        conflicts=("too_many_webhooks",),
        function=create_webhook,
    ),
    operation(
        name="get_webhook",
        method="GET",
        path="/v1/webhooks/{webhook_id}",
        summary="See a webhook",
        tag="Webhooks",
        input=OneWebhook,
        output=WebhookInfo,
        roles=_ROLES,
        function=get_webhook,
    ),
    operation(
        name="change_webhook",
        method="PATCH",
        path="/v1/webhooks/{webhook_id}",
        summary="Change a webhook",
        tag="Webhooks",
        input=ChangeWebhook,
        output=WebhookInfo,
        roles=_ROLES,
        conflicts=("version_mismatch",),
        function=change_webhook,
    ),
    operation(
        name="delete_webhook",
        method="DELETE",
        path="/v1/webhooks/{webhook_id}",
        summary="Delete a webhook",
        tag="Webhooks",
        input=OneWebhook,
        output=None,
        roles=_ROLES,
        success=204,
        function=delete_webhook,
    ),
    operation(
        name="rotate_webhook_secret",
        method="POST",
        path="/v1/webhooks/{webhook_id}/rotate-secret",
        summary="Rotate a webhook's secret",
        tag="Webhooks",
        input=OneWebhook,
        output=WebhookWithSecret,
        roles=_ROLES,
        conflicts=("version_mismatch",),
        function=rotate_secret,
    ),
    operation(
        name="test_webhook",
        method="POST",
        path="/v1/webhooks/{webhook_id}/test",
        summary="Test a webhook",
        tag="Webhooks",
        input=OneWebhook,
        output=DeliveryInfo,
        roles=_ROLES,
        function=run_test,
    ),
    operation(
        name="list_webhook_deliveries",
        method="GET",
        path="/v1/webhooks/{webhook_id}/deliveries",
        summary="List a webhook's deliveries",
        tag="Webhooks",
        input=ListDeliveries,
        output=DeliveryList,
        roles=_ROLES,
        function=list_deliveries,
    ),
    operation(
        name="redeliver_webhook_delivery",
        method="POST",
        path="/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
        summary="Deliver again",
        tag="Webhooks",
        input=OneDelivery,
        output=DeliveryInfo,
        roles=_ROLES,
        conflicts=("being_sent",),
        function=redeliver,
    ),
    operation(
        name="redeliver_dead_webhook_deliveries",
        method="POST",
        path="/v1/webhooks/{webhook_id}/redeliver-dead",
        summary="Deliver everything again that was given up",
        tag="Webhooks",
        input=RedeliverDead,
        output=RedeliverCount,
        roles=_ROLES,
        function=redeliver_dead,
    ),
)
