"""What callers do with webhooks: make, change, test and look at them, and deliver again.

Authorization is decided here from the actor: the owner's webhooks get every event of the pod, an
agent's only that agent's events, and an agent sees its own webhooks alone. Secrets are shown when
they are made; header values never.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, get_args

from mailcore import events
from mailcore.accounts import Accounts, audit
from mailcore.clock import Clock, to_iso
from mailcore.credentials import ServerSecrets
from mailcore.errors import ErrorKind, FieldError, MailError, conflict, denied, invalid, not_found
from mailcore.ids import AgentId, InboxId, new_id
from mailcore.model import (
    FIRST_PAGE,
    Actor,
    JsonObject,
    Listed,
    Permission,
    Role,
    Slice,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryId,
    WebhookDeliveryState,
    WebhookId,
)
from mailcore.net.fetch import Fetcher, FetchError
from mailcore.store.ports import HookClaim, HookStore
from mailcore.webhooks.dispatcher import LEASE, Dispatcher
from mailcore.webhooks.sender import TEST_EVENT, Sender
from mailcore.webhooks.signing import (
    new_secret,
    rotate,
    seal_headers,
    seal_ring,
    unseal_ring,
)

EVENT_NAMES: Final[tuple[str, ...]] = tuple(
    sorted(one.name for one in get_args(events.PublicEvent.__value__))
)
"""What a webhook can ask for."""

MAX_WEBHOOKS: Final = 100
MAX_WEBHOOKS_PER_AGENT: Final = 10
MAX_HEADERS: Final = 20
MAX_HEADER_CHARS: Final = 4096
MAX_DESCRIPTION_CHARS: Final = 200
KEEP_FINISHED: Final = timedelta(days=14)
KEEP_ALL: Final = timedelta(days=28)
"""Shorter than the journal is kept: a delivery's event is read from there."""

_TOKEN_CHARS: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_OURS: Final = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OUR_PREFIXES: Final = ("webhook-", "proxy-")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedWebhook:
    """A webhook with a new signing secret, which is shown this once."""

    webhook: Webhook
    secret: str


class Webhooks:
    """The webhook service."""

    def __init__(
        self,
        *,
        store: HookStore,
        accounts: Accounts,
        fetcher: Fetcher,
        sender: Sender,
        dispatcher: Dispatcher,
        secrets: ServerSecrets,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._fetcher = fetcher
        self._sender = sender
        self._dispatcher = dispatcher
        self._secrets = secrets
        self._clock = clock

    async def run(self) -> None:
        """Deliver for as long as the process lives; returns only on cancellation."""
        try:
            await self._dispatcher.run()
        finally:
            await self._fetcher.close()

    async def prune(self) -> int:
        """Forget old deliveries; a periodic job."""
        now = self._clock.now()
        return await self._store.prune_hooks(now - KEEP_FINISHED, now - KEEP_ALL)

    # Webhooks ----------------------------------------------------------------------------------

    async def webhooks(self, actor: Actor) -> tuple[Webhook, ...]:
        """Those of the pod, or the agent's own; oldest first."""
        return await self._store.webhooks(actor.pod_id, _owner_of(actor))

    async def webhook(self, actor: Actor, webhook_id: WebhookId) -> Webhook:
        """One webhook; foreign ones are NOT_FOUND."""
        owner = _owner_of(actor)
        webhook = await self._store.webhook(webhook_id)
        if webhook is None or webhook.pod_id != actor.pod_id:
            raise not_found("webhook")
        if owner is not None and webhook.agent_id != owner:
            raise not_found("webhook")
        return webhook

    async def create(
        self,
        actor: Actor,
        *,
        url: str,
        event_names: Sequence[str] = (),
        inbox_ids: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        description: str = "",
    ) -> CreatedWebhook:
        """A new webhook with its first secret; it gets what is committed from now on."""
        actor.require(Permission.MANAGE)
        owner = _owner_of(actor)
        await self._require_room(actor, owner)
        now, secret = self._clock.now(), new_secret()
        custom = check_headers(headers or {})
        webhook = Webhook(
            id=WebhookId(new_id()),
            pod_id=actor.pod_id,
            agent_id=owner,
            url=self._check_url(url),
            description=_check_description(description),
            event_names=check_event_names(event_names),
            inbox_ids=await self._check_inboxes(actor, inbox_ids),
            header_names=tuple(custom),
            sealed_headers=seal_headers(self._secrets, custom),
            sealed_secrets=seal_ring(self._secrets, [secret]),
            is_enabled=True,
            disabled_reason="",
            failures=0,
            failing_since=None,
            last_success_at=None,
            version=1,
            created_at=now,
            updated_at=now,
        )
        await self._store.create_webhook(
            webhook, audit(actor, "webhook.create", webhook.id, {"url": webhook.url})
        )
        return CreatedWebhook(webhook=webhook, secret=secret.text)

    async def update(
        self,
        actor: Actor,
        webhook_id: WebhookId,
        *,
        url: str | None = None,
        event_names: Sequence[str] | None = None,
        inbox_ids: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
        description: str | None = None,
        is_enabled: bool | None = None,
    ) -> Webhook:
        """Change what is given; `headers` replaces all of them. Filters concern later events.

        Enabling continues with the deliveries that waited; what happened while it was disabled is
        not made up for.
        """
        actor.require(Permission.MANAGE)
        old = await self.webhook(actor, webhook_id)
        new = replace(old, version=old.version + 1, updated_at=self._clock.now())
        changed: JsonObject = {}
        if url is not None:
            new = replace(new, url=self._check_url(url))
            changed["url"] = new.url
        if event_names is not None:
            new = replace(new, event_names=check_event_names(event_names))
            changed["events"] = list(new.event_names)
        if inbox_ids is not None:
            new = replace(new, inbox_ids=await self._check_inboxes(actor, inbox_ids))
            changed["inbox_ids"] = list(new.inbox_ids)
        if headers is not None:
            custom = check_headers(headers)
            sealed = seal_headers(self._secrets, custom)
            new = replace(new, header_names=tuple(custom), sealed_headers=sealed)
            changed["headers"] = list(custom)
        if description is not None:
            new = replace(new, description=_check_description(description))
        if is_enabled is not None and is_enabled != old.is_enabled:
            new = replace(new, is_enabled=is_enabled, disabled_reason="" if is_enabled else "user")
            changed["is_enabled"] = is_enabled
        await self._store.update_webhook(new, audit(actor, "webhook.update", new.id, changed))
        self._dispatcher.ring()
        return await self.webhook(actor, webhook_id)

    async def delete(self, actor: Actor, webhook_id: WebhookId) -> None:
        """Remove it with its deliveries."""
        actor.require(Permission.MANAGE)
        webhook = await self.webhook(actor, webhook_id)
        await self._store.delete_webhook(
            webhook.id, audit(actor, "webhook.delete", webhook.id, {"url": webhook.url})
        )

    async def rotate_secret(self, actor: Actor, webhook_id: WebhookId) -> CreatedWebhook:
        """A new secret; for a day every request is signed with the old one as well."""
        actor.require(Permission.MANAGE)
        old = await self.webhook(actor, webhook_id)
        now, secret = self._clock.now(), new_secret()
        ring = rotate(unseal_ring(self._secrets, old.sealed_secrets), secret, now)
        new = replace(
            old,
            sealed_secrets=seal_ring(self._secrets, ring),
            version=old.version + 1,
            updated_at=now,
        )
        await self._store.update_webhook(new, audit(actor, "webhook.rotate_secret", new.id, {}))
        return CreatedWebhook(webhook=new, secret=secret.text)

    # Deliveries --------------------------------------------------------------------------------

    async def test(self, actor: Actor, webhook_id: WebhookId) -> WebhookDelivery:
        """Post a `webhook.test` event now, once, enabled or not, and say how that went."""
        actor.require(Permission.MANAGE)
        webhook = await self.webhook(actor, webhook_id)
        now = self._clock.now()
        body: JsonObject = {"webhook_id": webhook.id, "sent_at": to_iso(now)}
        delivery = await self._store.add_test(
            webhook,
            event_id=f"evt_test_{new_id()}",
            name=TEST_EVENT,
            body=body,
            at=now,
            lease_until=now + LEASE,
            audit=audit(actor, "webhook.test", webhook.id, {}),
        )
        claim = HookClaim(webhook=webhook, delivery=delivery, body=body)
        recorded = await self._store.record_hook(await self._sender.attempt(claim, is_test=True))
        if recorded is None:
            raise not_found("webhook")
        return recorded

    async def deliveries(
        self,
        actor: Actor,
        webhook_id: WebhookId,
        *,
        state: WebhookDeliveryState | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[WebhookDelivery]:
        """What the webhook was and is owed, newest first."""
        webhook = await self.webhook(actor, webhook_id)
        return await self._store.deliveries(webhook.id, state=state, part=part)

    async def redeliver(
        self, actor: Actor, webhook_id: WebhookId, delivery_id: WebhookDeliveryId
    ) -> WebhookDelivery:
        """Send one again, as soon as possible, with the same event id and a fresh schedule."""
        actor.require(Permission.MANAGE)
        webhook = await self.webhook(actor, webhook_id)
        delivery = await self._store.delivery(delivery_id)
        if delivery is None or delivery.webhook_id != webhook.id:
            raise not_found("delivery")
        detail: JsonObject = {"delivery_id": delivery.id, "event_id": delivery.event_id}
        again = await self._store.redeliver(
            delivery.id, self._clock.now(), audit(actor, "webhook.redeliver", webhook.id, detail)
        )
        self._dispatcher.ring()
        return again

    async def redeliver_dead(
        self, actor: Actor, webhook_id: WebhookId, since: datetime | None = None
    ) -> int:
        """Send again what was given up, of events since then (all by default); how many."""
        actor.require(Permission.MANAGE)
        webhook = await self.webhook(actor, webhook_id)
        detail: JsonObject = {"since": to_iso(since) if since else None}
        count = await self._store.redeliver_dead(
            webhook.id,
            since,
            self._clock.now(),
            audit(actor, "webhook.redeliver_dead", webhook.id, detail),
        )
        self._dispatcher.ring()
        return count

    # Checks ------------------------------------------------------------------------------------

    async def _require_room(self, actor: Actor, owner: AgentId | None) -> None:
        limit = MAX_WEBHOOKS if owner is None else MAX_WEBHOOKS_PER_AGENT
        if (
            len(await self._store.webhooks(actor.pod_id, owner)) >= limit
            or len(await self._store.webhooks(actor.pod_id)) >= MAX_WEBHOOKS
        ):
            raise conflict(
                f"there are {limit} webhooks already, no more can be made",
                code="too_many_webhooks",
                fix="Delete one that is no longer needed",
            )

    def _check_url(self, url: str) -> str:
        try:
            return self._fetcher.check(url)
        except FetchError as error:
            raise invalid(
                "url",
                str(error),
                fix="Use a public https:// address, or have the operator allow the network",
            ) from error

    async def _check_inboxes(self, actor: Actor, inbox_ids: Sequence[str]) -> tuple[InboxId, ...]:
        if actor.inbox_id is not None and not inbox_ids:
            return (actor.inbox_id,)
        wanted = dict.fromkeys(InboxId(one) for one in inbox_ids)
        for inbox_id in wanted:
            await self._accounts.inbox(actor, inbox_id)
        return tuple(wanted)


def _owner_of(actor: Actor) -> AgentId | None:
    """Whose webhooks the actor may touch: None means all of the pod's."""
    if actor.reads_pod:
        return None
    if actor.inbox_id is not None:
        raise denied("a key for one inbox has no webhooks")
    if actor.role is Role.AGENT and actor.agent_id is not None:
        return actor.agent_id
    raise denied("webhooks are for the owner and for agents")


def check_event_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names without repetition; INVALID with the nearest known name for each unknown one."""
    wrong: list[FieldError] = []
    for index, name in enumerate(names):
        if name not in EVENT_NAMES:
            nearest = difflib.get_close_matches(name[:100], EVENT_NAMES, n=1, cutoff=0.4)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            wrong.append(
                FieldError(path=f"events[{index}]", message=f"there is no such event{hint}")
            )
    if wrong:
        text = "; ".join(f"{one.path}: {one.message}" for one in wrong)
        raise MailError(
            ErrorKind.INVALID,
            text,
            fix=f"Known events: {', '.join(EVENT_NAMES)}",
            fields=tuple(wrong),
        )
    return tuple(dict.fromkeys(names))


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Custom headers (RFC 9110 §5); those that we set ourselves, and odd characters, are INVALID."""
    if len(headers) > MAX_HEADERS:
        raise invalid("headers", f"at most {MAX_HEADERS} headers")
    seen: set[str] = set()
    for name, text in headers.items():
        folded, path = name.lower(), f"headers.{name[:100]}"
        if not name or len(name) > 100 or not set(name) <= _TOKEN_CHARS:
            raise invalid(path, "this is not the name of a header")
        if folded in _OURS or folded.startswith(_OUR_PREFIXES):
            raise invalid(path, "this header is set by the server")
        if folded in seen:
            raise invalid(path, "the header is given twice")
        seen.add(folded)
        if len(text) > MAX_HEADER_CHARS or not all(" " <= char <= "~" for char in text):
            raise invalid(path, f"use up to {MAX_HEADER_CHARS} printable ASCII characters")
    return {name: text.strip() for name, text in headers.items()}


def _check_description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION_CHARS:
        raise invalid("description", f"at most {MAX_DESCRIPTION_CHARS} characters")
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise invalid("description", "no line breaks or control characters")
    return text.strip()
