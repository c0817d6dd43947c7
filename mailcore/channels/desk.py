"""Who pressed, and may they: takes presses and codes of every chat service to the one decision.

Only an account that its person has linked with a code, or that the owner has named, decides, and only
at a place where questions of the channel are asked.
"""

from collections.abc import Awaitable, Callable
from typing import Final, override

from mailcore import log
from mailcore.accounts import audit
from mailcore.channels.port import Desk, Hello, Press, Verb
from mailcore.channels.questions import Answer, Question, Questions, Refused
from mailcore.clock import Clock
from mailcore.credentials import ServerSecrets
from mailcore.ids import ChannelLinkId, new_id
from mailcore.inbound.decisions import as_approver
from mailcore.model import Actor, Channel, ChannelLink, JsonObject, Person, PersonRole
from mailcore.store.ports import Audit, ChannelStore

MAX_USER_CHARS: Final = 100
_log = log.get(__name__)


class ChatDesk(Desk):
    """The desk for all channels."""

    def __init__(
        self,
        *,
        store: ChannelStore,
        questions: Questions,
        secrets: ServerSecrets,
        on_linked: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._questions = questions
        self._secrets = secrets
        self._on_linked = on_linked
        self._clock = clock

    @override
    async def press(self, channel: Channel, press: Press) -> Answer:
        return await self._questions.answer(
            await self._person(channel, press),
            press.about_id,
            version=press.version,
            approve=press.verb is Verb.APPROVE,
            via=channel.kind.value,
            named=f"{channel.kind.value}:{press.user_id[:MAX_USER_CHARS]}",
        )

    @override
    async def look(self, channel: Channel, press: Press) -> Question | None:
        person = await self._person(channel, press)
        if person is None or person.role is PersonRole.VIEWER:
            question = await self._questions.find(press.about_id)
            named = f"{channel.kind.value}:{press.user_id[:MAX_USER_CHARS]}"
            refused, via = Refused.NOT_THE_APPROVER, channel.kind.value
            await self._questions.refuse(refused, question, via, person, named)
            return None
        return await self._questions.find(press.about_id)

    @override
    async def hello(self, channel: Channel, hello: Hello) -> str:
        if not hello.code:
            return "Send /start with the code that the owner of the mail server gave you."
        now = self._clock.now()
        person_id = await self._store.take_code(
            channel.id, self._secrets.token_hash(hello.code.upper()), now
        )
        person = await self._questions.person(person_id) if person_id else None
        if person is None:
            _log.warning("channel.wrong_code", channel_id=channel.id)
            return "This code is not valid, or it was used already. Ask for a new one."
        link = ChannelLink(
            id=ChannelLinkId(new_id()),
            channel_id=channel.id,
            person_id=person.id,
            user_id=hello.user_id,
            user_name=hello.user_name[:MAX_USER_CHARS],
            target=hello.target,
            created_at=now,
        )
        await self._store.add_link(link, linked(channel, link, as_approver(person)))
        await self._on_linked()
        return "You are asked here from now on. Approve or reject with the buttons."

    async def _person(self, channel: Channel, press: Press) -> Person | None:
        """Who an account is, if it pressed where the channel asks."""
        links = await self._store.links(channel.id)
        places = {channel.target, *(one.target for one in links)} - {""}
        if press.target not in places:
            return None
        for link in links:
            if link.user_id == press.user_id:
                return await self._questions.person(link.person_id)
        return None


def linked(channel: Channel, link: ChannelLink, by: Actor) -> Audit:
    """The audit entry of a new link."""
    detail: JsonObject = {
        "channel": channel.name,
        "person_id": link.person_id,
        "user_id": link.user_id,
    }
    return audit(by, "channel.link", channel.id, detail)
