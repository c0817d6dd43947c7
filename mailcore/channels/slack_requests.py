"""Requests from Slack: whether they are Slack's, and what was pressed.

The signature (version 0) is an HMAC over the time and the body; one older than five minutes is refused,
and so is one that was seen before.
"""

import hmac
import json
from collections import OrderedDict
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs

from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError
from mailcore.model import JsonObject

WINDOW: Final = timedelta(minutes=5)
_MAX_REMEMBERED: Final = 10_000


class SlackSignatures:
    """Checks requests for one signing secret, each once."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._seen: OrderedDict[str, int] = OrderedDict()

    def require(self, timestamp: str, signature: str, body: bytes) -> None:
        """UNAUTHENTICATED unless Slack sent this lately and it is here for the first time."""
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise _refused()
        signed = b"v0:" + timestamp.encode() + b":" + body
        wanted = "v0=" + hmac.digest(self._secret, signed, "sha256").hex()
        if not hmac.compare_digest(wanted.encode(), signature.encode()):
            raise _refused()
        now = int(self._clock.now().timestamp())
        if abs(now - int(timestamp)) > WINDOW.total_seconds():
            raise _refused()
        self._require_new(wanted, now)

    def _require_new(self, signature: str, now: int) -> None:
        span = 2 * int(WINDOW.total_seconds())
        while self._seen and (
            len(self._seen) >= _MAX_REMEMBERED or next(iter(self._seen.values())) < now - span
        ):
            self._seen.popitem(last=False)
        if signature in self._seen:
            raise _refused()
        self._seen[signature] = now


def read_payload(body: bytes) -> JsonObject:
    """The document of an interaction; empty when there is none."""
    try:
        form = parse_qs(body.decode("utf-8"), max_num_fields=20)
        document = json.loads(form.get("payload", ["{}"])[0])
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _refused() -> MailError:
    return MailError(
        ErrorKind.UNAUTHENTICATED,
        "the signature is not valid",
        code="bad_signature",
        fix="Check the signing secret of the channel and the clocks",
    )
