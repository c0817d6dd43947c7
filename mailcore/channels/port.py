"""What a chat service is to us: it shows questions, and hands over what people do with them.

Showing is the only thing that talks to the network. Reading what came in is pure, so it works the same
whether the service called us or we asked it; what is to be said in return are calls made afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from mailcore.channels.questions import Answer, Question
from mailcore.model import Channel, JsonObject


class ChannelError(Exception):
    """The service did not do it; the text says why, without secrets."""

    def __init__(
        self, reason: str, *, is_final: bool = False, retry_after: timedelta = timedelta()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        """Trying the same again is of no use."""
        self.retry_after = retry_after
        """What the service asks us to wait at least."""


class Verb(StrEnum):
    """What the buttons say."""

    APPROVE = "approve"
    REJECT = "reject"
    SHOW = "show"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button was pressed. The user id is the service's own, proven by its way in."""

    user_id: str
    target: str
    about_id: str
    version: int
    verb: Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Somebody sent a code to say who they are."""

    user_id: str
    user_name: str
    target: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall:
    """One call of the service's API."""

    method: str
    body: JsonObject


class Desk(Protocol):
    """Where presses and codes are taken to."""

    async def press(self, channel: Channel, press: Press) -> Answer:
        """Decide, or refuse with the reason."""
        ...

    async def look(self, channel: Channel, press: Press) -> Question | None:
        """The question in full, for who may decide it."""
        ...

    async def hello(self, channel: Channel, hello: Hello) -> str:
        """Link the account to the person whose code it is; what to answer."""
        ...


class ApprovalChannel(Protocol):
    """One bot at one service."""

    async def check(self) -> str:
        """How the bot is called there; `ChannelError` when the service does not know it."""
        ...

    async def show(self, target: str, ref: str, question: Question) -> str:
        """Post the question, or write it anew where `ref` says; the message's reference."""
        ...

    async def call(self, call: ServiceCall) -> None:
        """Make a call that `take` asked for."""
        ...

    async def take(self, document: JsonObject) -> Sequence[ServiceCall]:
        """Carry out what came in, durably; what to say in return. Never raises for odd documents."""
        ...

    async def listen(self) -> None:
        """One round of bringing in what people do: asks once, or waits where the service calls us."""
        ...

    async def leave(self) -> None:
        """Have the service forget us."""
        ...
