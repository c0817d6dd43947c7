"""Filling a mailbox through the store's own port, many messages in a transaction, without a server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailcore.address import Address
from mailcore.app.core import Core, open_core
from mailcore.config import load
from mailcore.delivery import Arrival, Target
from mailcore.errors import not_found

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """A mailbox and what is to be in it."""

    mailbox: str
    messages: int
    make: Callable[[int], bytes]
    """The message of a number."""


async def fill(config: Path, recipient: tuple[str, str], filling: Filling) -> None:
    """Put the messages into a mailbox of this address, and make it when it is not there.

    What a server does behind its replies is done too: files are written and texts indexed.
    """
    async with open_core(load(config, {})) as core:
        inbox = await core.stores.accounts.inbox_by_address(Address(*recipient).folded)
        if inbox is None:
            raise not_found("inbox")
        if await core.stores.mail.mailbox(inbox.id, filling.mailbox) is None:
            await core.stores.mail.create_mailbox(inbox.id, filling.mailbox)
        target = Target(inbox_id=inbox.id, mailbox=filling.mailbox)
        for start in range(0, filling.messages, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, filling.messages))
            raws = [filling.make(number) for number in numbers]
            await core.delivery.append([await _arrival(core, target, raw) for raw in raws])
            await core.mirror.drain()
        await core.indexer.catch_up()


async def _arrival(core: Core, target: Target, raw: bytes) -> Arrival:
    facts = await core.delivery.facts(raw)
    return Arrival(raw=raw, target=target, internal_date=core.clock.now(), facts=facts)
