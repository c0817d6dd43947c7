"""What the guard is told of where an agent's words may come from: the latest mail of its inbox.

One read of the store a message, and the bytes of arrived mail that was not looked at before; at most
a hundred messages of the latest conversations count. What a message is known by is kept in memory.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mailcore.address import Address
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import MessageId
from mailcore.message import headers
from mailcore.model import Actor, Inbox, Role
from mailcore.policy import Origin, Trace
from mailcore.store.ports import BlobStore, GuardStore, Source

_MAX_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Origins of a message that is about to leave, and who of its recipients never wrote."""

    origins: tuple[Origin, ...] = ()
    new_recipients: tuple[Address, ...] = ()


class Origins:
    """The service. Only what agents send is looked at."""

    def __init__(
        self, *, store: GuardStore, blobs: BlobStore, trace: Callable[[bytes], Trace]
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._trace = trace
        self._kept: dict[MessageId, Trace] = {}

    async def of(
        self, actor: Actor, inbox: Inbox | None, recipients: Sequence[Address], raw: bytes
    ) -> Provenance:
        """The facts about one message."""
        if inbox is None or actor.role is not Role.AGENT:
            return Provenance()
        view = headers.Headers.read(raw)
        fields = (view.get("In-Reply-To") or "", view.get("References") or "")
        answered = [one for text in fields for one in headers.parse_message_ids(text)]
        found = await self._store.sources(inbox.id, recipients, answered)
        unknown = [one for one in found.sources if one.message_id not in self._kept]
        if len(self._kept) + len(unknown) > _MAX_KEPT:
            self._kept.clear()
            unknown = list(found.sources)
        pairs = [(one, await self._read(one)) for one in unknown]
        if pairs:
            await asyncio.to_thread(self._keep, pairs)
        origins = tuple(
            Origin(
                sender=one.sender,
                is_shared=one.is_shared,
                is_trusted=one.is_trusted,
                trace=self._kept[one.message_id],
            )
            for one in found.sources
        )
        return Provenance(origins=origins, new_recipients=found.new_recipients)

    def _keep(self, pairs: Sequence[tuple[Source, bytes]]) -> None:
        for source, raw in pairs:
            self._kept[source.message_id] = self._trace(raw)

    async def _read(self, source: Source) -> bytes:
        try:
            return await self._blobs.read(source.blob)
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return b""
            raise
