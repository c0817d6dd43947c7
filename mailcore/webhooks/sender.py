"""One attempt: what is posted, what counts as success, and when to try again.

Any 2xx is success. Everything else fails; the delays grow over a day and a half, then the delivery
is dead until somebody asks for it again. 410 Gone ends the webhook at once, five days of nothing but
failures end it as well.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from mailcore.clock import Clock, to_iso
from mailcore.credentials import ServerSecrets
from mailcore.errors import MailError
from mailcore.model import JsonObject, Webhook, WebhookDelivery, WebhookDeliveryState
from mailcore.net.fetch import Fetched, Fetcher, FetchError
from mailcore.store.ports import HookClaim, HookResult
from mailcore.webhooks.signing import sign, unseal_headers, unseal_ring

SCHEDULE: Final = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
"""How long to wait after the first, second, … failure."""
DISABLE_AFTER: Final = timedelta(days=5)
MAX_BODY_BYTES: Final = 1_000_000
TEST_EVENT: Final = "webhook.test"
_DISABLE_FAILURES: Final = 10
_MAX_RETRY_AFTER: Final = timedelta(hours=1)
_REPLY_BYTES: Final = 2048
_REPLY_CHARS: Final = 500
_SHORT_TEXT: Final = 1000

type SafeText = Callable[[str], tuple[str, list[JsonObject]]]
"""Text as an agent may see it, and a note on everything that was taken out."""


class Sender:
    """Carries attempts out. It remembers nothing: the caller records the result."""

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        secrets: ServerSecrets,
        safe_text: SafeText,
        clock: Clock,
        schedule: Sequence[timedelta] = SCHEDULE,
    ) -> None:
        self._fetcher = fetcher
        self._secrets = secrets
        self._safe_text = safe_text
        self._clock = clock
        self._schedule = schedule

    async def attempt(self, claim: HookClaim, *, is_test: bool = False) -> HookResult:
        """Post the event once. A result always comes back; a test is never retried."""
        started = self._clock.monotonic()
        status, reply, wait = 0, "", timedelta()
        if claim.body is None:
            reply = "the event is no longer kept"
        else:
            try:
                answer = await self._post(claim.webhook, claim.delivery, claim.body)
            except (FetchError, MailError) as error:
                reply = str(error)
            else:
                status, reply, wait = answer.status, _head(answer), _retry_after(answer)
        return self._result(
            claim,
            status=status,
            reply=reply,
            wait=wait,
            duration_ms=round((self._clock.monotonic() - started) * 1000),
            is_test=is_test,
        )

    async def _post(self, webhook: Webhook, delivery: WebhookDelivery, data: JsonObject) -> Fetched:
        body = render(delivery, data, self._safe_text)
        ring = unseal_ring(self._secrets, webhook.sealed_secrets)
        headers = {
            **unseal_headers(self._secrets, webhook.sealed_headers),
            "Content-Type": "application/json",
            **sign(ring, delivery.event_id, self._clock.now(), body),
        }
        return await self._fetcher.request(
            "POST", webhook.url, headers=headers, body=body, max_bytes=_REPLY_BYTES
        )

    def _result(
        self,
        claim: HookClaim,
        *,
        status: int,
        reply: str,
        wait: timedelta,
        duration_ms: int,
        is_test: bool,
    ) -> HookResult:
        now = self._clock.now()
        state, retry_at, disable = WebhookDeliveryState.DEAD, None, ""
        if 200 <= status < 300:
            state = WebhookDeliveryState.DELIVERED
        elif not is_test:
            if status != 410 and claim.body is not None:
                retry_at = self._retry_at(claim.delivery, now, wait)
            state = WebhookDeliveryState.PENDING if retry_at else WebhookDeliveryState.DEAD
            disable = "gone" if status == 410 else _verdict(claim.webhook, now)
        return HookResult(
            delivery_id=claim.delivery.id,
            state=state,
            at=now,
            status=status,
            reply=reply,
            duration_ms=duration_ms,
            retry_at=retry_at,
            disable=disable,
            counts=not is_test and claim.body is not None,
        )

    def _retry_at(
        self, delivery: WebhookDelivery, now: datetime, wait: timedelta
    ) -> datetime | None:
        if delivery.round >= len(self._schedule):
            return None
        delay = self._schedule[delivery.round] * jitter(delivery.event_id, delivery.round)
        return now + max(delay, wait)


def _verdict(webhook: Webhook, now: datetime) -> str:
    """`failing` when this failure is one too many."""
    since = webhook.failing_since
    is_over = since is not None and now - since >= DISABLE_AFTER
    return "failing" if is_over and webhook.failures + 1 >= _DISABLE_FAILURES else ""


def jitter(event_id: str, round_: int) -> float:
    """A factor from 0.9 to 1.1 that depends on the event alone, so that retries do not march in step."""
    digest = hashlib.blake2b(f"{event_id}:{round_}".encode(), digest_size=4).digest()
    return 0.9 + 0.2 * int.from_bytes(digest) / 0xFFFFFFFF


def render(delivery: WebhookDelivery, data: JsonObject, safe_text: SafeText) -> bytes:
    """The body, at most a megabyte: of an event too large only short values are sent.

    The UID sets that IMAP sessions read from the journal are no part of it.
    """
    cleaned: JsonObject = {
        name: value if not isinstance(value, str) or value.isascii() else safe_text(value)[0]
        for name, value in data.items()
        if name != "uids"
    }
    body = _dump(delivery, cleaned)
    if len(body) <= MAX_BODY_BYTES:
        return body
    short: JsonObject = {name: value for name, value in cleaned.items() if _is_short(value)}
    return _dump(delivery, {**short, "truncated": True})


def _is_short(value: object) -> bool:
    return not isinstance(value, list | dict) and len(str(value)) <= _SHORT_TEXT


def _dump(delivery: WebhookDelivery, data: JsonObject) -> bytes:
    whole = {
        "id": delivery.event_id,
        "type": delivery.event_name,
        "timestamp": to_iso(delivery.event_at),
        "data": data,
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _head(answer: Fetched) -> str:
    """How the answer began, on one line and without control characters."""
    text = answer.body.decode("utf-8", "replace")[:_REPLY_CHARS]
    return "".join(char if char.isprintable() else " " for char in text).strip()


def _retry_after(answer: Fetched) -> timedelta:
    """What the receiver asks for in seconds (RFC 9110 §10.2.3), at most an hour."""
    text = answer.headers.get("retry-after", "")
    if answer.status not in (429, 503) or not (text.isascii() and text.isdigit()):
        return timedelta()
    return min(timedelta(seconds=int(text[:6])), _MAX_RETRY_AFTER)
