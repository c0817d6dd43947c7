"""Mail for postmaster@ and its like while the owner has no inbox here: sent on to the owner's address.

The message travels whole inside one of our own, so that no signature breaks and nobody is
impersonated. It is in the queue, durable, before the sender hears 250. A bounce is refused: it could
be of one of these, and would go around for ever.
"""

from collections.abc import Sequence

from mailcore import log
from mailcore.address import Address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import new_message_id
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.message.dsn import is_auto_generated
from mailcore.message.headers import Headers
from mailcore.model import Envelope, MailboxAddress
from mailcore.outbound.submit import Submission

_log = log.get(__name__)


class RoleMail:
    """Sends mail for roles on to the owner."""

    def __init__(self, *, submission: Submission, config: Config, clock: Clock) -> None:
        self._submission = submission
        self._config = config
        self._clock = clock
        self._actor = system("role-mail")

    async def send_on(self, raw: bytes, envelope: Envelope, owners: Sequence[Address]) -> None:
        """Queue it for the owners; DENIED `mail_loop` for bounces and automatic answers."""
        if envelope.mail_from is None or is_auto_generated(Headers.read(raw)):
            raise MailError(
                ErrorKind.DENIED, "no bounces or automatic answers here", code="mail_loop"
            )
        own = Address("postmaster", self._config.server.domain)
        to = tuple(dict.fromkeys(owners))
        outline = Outline(
            sender=MailboxAddress(name="", address=str(own)),
            to=tuple(MailboxAddress(name="", address=str(one)) for one in to),
            subject=f"Mail for {', '.join(map(str, envelope.recipients))}",
            text=(
                f"The attached message from {envelope.mail_from} came for "
                f"{', '.join(map(str, envelope.recipients))}.\n"
                "It is sent on because you have no inbox on this server: make one with\n"
                f"`countersign inbox create owner@{own.domain}`, or an alias.\n"
            ),
            attachments=(
                OutgoingAttachment(
                    filename="message.eml", content_type="message/rfc822", content=raw
                ),
            ),
            headers=(("Auto-Submitted", "auto-generated"),),
            message_id=new_message_id(own.domain),
            date=self._clock.now(),
        )
        sent = await self._submission.notify(self._actor, own, to, render(outline))
        _log.info("mail.sent_on", submission_id=sent.id, size_bytes=len(raw))
