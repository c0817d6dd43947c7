"""Mail that comes by HTTP: a worker at the edge of another network forwards it with a shared secret.

The way is that of mail from outside, marked external: routing, DKIM, DMARC, scoring, trust gate,
duplicates. Only the address of the first client is missing, so SPF says nothing here and a failed
DMARC puts in Junk what it would have refused. Off until a secret is set; only its hash is kept.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailcore import log
from mailcore.address import Address, parse_address
from mailcore.config import Config
from mailcore.credentials import Throttle, new_token
from mailcore.errors import ErrorKind, MailError, denied, invalid
from mailcore.inbound.pipeline import OVER_HTTP, Inbound
from mailcore.model import Envelope

_BARE: Final = re.compile(rb"\r\n|\r|\n")
_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forwarder:
    ip: str
    tls: str = ""
    helo: str = ""
    protocol: str = OVER_HTTP


class InboundHook:
    """Takes forwarded mail."""

    def __init__(self, *, inbound: Inbound, throttle: Throttle, config: Config) -> None:
        self._inbound = inbound
        self._throttle = throttle
        self._hash = config.inbound.webhook_secret_hash
        self._max_recipients = config.smtp.max_recipients
        self.max_bytes = config.smtp.max_message_bytes
        """The largest message taken."""

    def require(self, secret: str | None, *, ip: str) -> None:
        """NOT_FOUND `no_inbound_secret` while it is off, UNAUTHENTICATED `wrong_inbound_secret`.

        Wrong ones count with failed logins: OVER_LIMIT after too many.
        """
        if self._hash is None:
            raise MailError(
                ErrorKind.NOT_FOUND,
                "mail is not taken here",
                code="no_inbound_secret",
                fix="Run `countersign inbound secret` and set inbound.webhook_secret_hash",
            )
        self._throttle.check(ip)
        given = hash_of(secret or "")
        if secret is None or not hmac.compare_digest(given.encode(), self._hash.encode()):
            self._throttle.failed(ip)
            _log.warning("inbound_hook.wrong_secret", peer=ip)
            raise MailError(
                ErrorKind.UNAUTHENTICATED,
                "X-Inbound-Secret is missing or wrong",
                code="wrong_inbound_secret",
                fix="Send the secret that `countersign inbound secret` printed",
            )

    async def take(self, mail_from: str, recipients: Sequence[str], raw: bytes, *, ip: str) -> str:
        """Take one message; its id when it is durable. Repeating it stores nothing twice.

        Raises what `Inbound.accept` raises, INVALID for a bad envelope and TOO_LARGE.
        """
        envelope = Envelope(mail_from=_sender(mail_from), recipients=self._recipients(recipients))
        if envelope.mail_from is None and len(envelope.recipients) > 1:
            raise invalid("to", "mail without a sender has one recipient")
        if len(raw) > self.max_bytes:
            raise MailError(ErrorKind.TOO_LARGE, f"the message is over {self.max_bytes} octets")
        if not raw.strip():
            raise invalid("rawEmail", "the message is empty")
        for one in envelope.recipients:
            await self._inbound.recipient(one, len(raw))
        trace_id = await self._inbound.accept(envelope, _with_crlf(raw), _Forwarder(ip=ip))
        _log.info("inbound_hook.accepted", trace=trace_id, peer=ip, size_bytes=len(raw))
        return trace_id

    def _recipients(self, texts: Sequence[str]) -> tuple[Address, ...]:
        if not texts:
            raise invalid("to", "name the envelope recipient", fix="Send X-Envelope-To")
        if len(texts) > self._max_recipients:
            raise denied(f"more than {self._max_recipients} recipients", code="too_many_recipients")
        return tuple(dict.fromkeys(parse_address(one.strip(), path="to") for one in texts))


def new_secret() -> tuple[str, str]:
    """A new secret and the hash to keep of it."""
    secret = new_token("inbound")
    return secret, hash_of(secret)


def hash_of(secret: str) -> str:
    """SHA-256 in hex. The secret has 250 random bits: nothing slower is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _sender(text: str) -> Address | None:
    bare = text.strip()
    return None if bare in ("", "<>") else parse_address(bare, path="from")


def _with_crlf(raw: bytes) -> bytes:
    """Lines as mail has them; signatures were made over these (RFC 6376 §5.3)."""
    if raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n"):
        return raw
    return _BARE.sub(b"\r\n", raw)
