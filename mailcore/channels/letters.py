"""Letters of the server to people: what they are asked, and where their answer goes."""

from mailcore.address import APPROVAL_LOCAL_PART, Address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.ids import new_message_id
from mailcore.message.compose import Outline, render
from mailcore.model import Actor, MailboxAddress, Person
from mailcore.outbound.submit import Submission


class Letters:
    """Writes and submits them."""

    def __init__(self, *, submission: Submission, config: Config, clock: Clock) -> None:
        self._submission = submission
        self._domain = config.server.domain
        self._clock = clock

    async def send(
        self, actor: Actor, person: Person, subject: str, text: str, *, token: str = ""
    ) -> None:
        """Queue one letter; an answer to it carries `token`. Raises what `Submission.notify` raises."""
        own = Address(APPROVAL_LOCAL_PART, self._domain)
        answer_to = f"{APPROVAL_LOCAL_PART}+{token}" if token else APPROVAL_LOCAL_PART
        outline = Outline(
            sender=MailboxAddress(name="Countersign", address=str(own)),
            to=(MailboxAddress(name=person.name, address=str(person.email)),),
            cc=(),
            bcc=(),
            reply_to=(MailboxAddress(name="", address=f"{answer_to}@{self._domain}"),),
            subject=subject,
            text=text,
            html=None,
            attachments=(),
            in_reply_to="",
            references=(),
            headers=(("Auto-Submitted", "auto-generated"),),
            message_id=new_message_id(self._domain),
            date=self._clock.now(),
        )
        await self._submission.notify(actor, own, [person.email], render(outline))
