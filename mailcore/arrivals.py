"""Mail that was taken and is placed a moment later, in groups.

A message from outside is written to a log of its own and synced; then the sender is answered. Its rows
follow within milliseconds, many in one transaction, which costs a fraction of one each. Who asks for
anything after an answer calls `settle` first, so that nobody sees the moment in between. After a crash
what the log has and the database does not is placed at the next start.

Invariants: placed in the order of the log, each once; a message that was taken is placed or set aside in
a file, never dropped, but for an inbox that is gone.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final

from mailcore import log
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import InboxId
from mailcore.message.analyze import analyze
from mailcore.model import INBOX
from mailcore.store.arrival_log import ArrivalLog, Logged
from mailcore.store.arrival_records import pack, unpack
from mailcore.store.ports import LogPlace, MailStore, NewMessage, Placed

MAX_LOGGED_OCTETS: Final = 256 * 1024
"""Larger messages are not worth writing twice."""
GROUP_SECONDS: Final = 0.005
"""How long the first of a group waits for others while nobody asks."""
GROUP: Final = 24
"""Messages in one transaction: some milliseconds of the loop."""
GROUP_OCTETS: Final = 128 * 1024
AT_ONCE: Final = 2
"""Messages on their way up to which the log is used: of more, a transaction has many without it."""
MAX_WAITING: Final = 256
SILENCE_SECONDS: Final = 60.0
"""After so long without mail the log's files are emptied."""
_RETRY_SECONDS: Final = 1.0

_log = log.get(__name__)

type OnPlaced = Callable[[Placed], None]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that its sender was told we have."""

    place: LogPlace
    message: NewMessage
    on_placed: OnPlaced


class Arrivals:
    """Takes messages into the log and places them."""

    def __init__(self, *, arrival_log: ArrivalLog, mail: MailStore) -> None:
        self._log = arrival_log
        self._mail = mail
        self._is_running = False
        self._waiting: deque[_Taken] = deque()
        self._on_the_way = 0
        self._taken = 0
        self._settled = 0
        self._asked: list[tuple[int, asyncio.Future[None]]] = []
        self._arrived = asyncio.Event()
        self._hurry = asyncio.Event()

    def takes(self, size_bytes: int) -> bool:
        """Whether a message of this size may be taken now; else it is placed before the answer."""
        return (
            self._is_running
            and self._on_the_way <= AT_ONCE
            and size_bytes <= MAX_LOGGED_OCTETS
            and len(self._waiting) < MAX_WAITING
            and self._log.has_room
        )

    @contextmanager
    def on_the_way(self) -> Iterator[None]:
        """While a message is made durable, in whatever way."""
        self._on_the_way += 1
        try:
            yield
        finally:
            self._on_the_way -= 1

    async def take(self, new: NewMessage, on_placed: OnPlaced) -> None:
        """Returns when the message survives a power cut; `on_placed` is called once it has rows.

        Raises what the log raises, and ValueError for a message that it cannot carry; then nothing was taken.
        """
        place = await self._log.append(pack(new))
        self._waiting.append(_Taken(place, new, on_placed))
        self._taken += 1
        self._arrived.set()
        if len(self._waiting) >= GROUP:
            self._hurry.set()

    @property
    def is_settled(self) -> bool:
        """Whether all that was taken is placed."""
        return not self._waiting

    async def settle(self) -> None:
        """Wait until all that was taken before now is placed, or placing it failed for now or has ended."""
        if not self._waiting or not self._is_running:
            return
        future = asyncio.get_running_loop().create_future()
        self._asked.append((self._taken, future))
        self._hurry.set()
        await future

    async def run(self) -> None:
        """Place what is taken. Returns only on cancellation."""
        self._is_running = True
        try:
            while True:
                await self._next()
                await self._gather()
                self._arrived.clear()
                self._hurry.clear()
                if not await self._place_all():
                    await asyncio.sleep(_RETRY_SECONDS)
                    self._arrived.set()
        finally:
            self._is_running = False
            self._answer(self._taken)

    async def stop(self) -> None:
        """Place what was taken, when nothing more comes. What cannot be placed stays in the log."""
        await self.settle()
        if self.is_settled:
            await self._log.empty()

    def close(self) -> None:
        """End the log's thread."""
        self._log.close()

    async def recover(self) -> int:
        """Place what an earlier process took and did not place; how many that were. Before `run`.

        A database that was never told how far it is, because it was made anew, may have it from the tree.
        """
        known = await self._mail.placed_up_to()
        self._log.release(known or LogPlace(0, 0))
        found = await asyncio.to_thread(self._log.read)
        left = [one for one in found if known is None or one.place > known]
        messages = [await self._read_again(one) for one in left]
        there = (
            await self._there([one for one in messages if one]) if known is None else frozenset()
        )
        count = 0
        for logged, new in zip(left, messages, strict=True):
            if new is None:
                await self._set_aside(logged.place, logged.record)
            elif (new.inbox_id, new.facts.sha256) in there:
                await self._pass_over(logged.place)
            else:
                await self._place_alone(_Taken(logged.place, new, _placed_late))
                count += 1
            self._log.release(logged.place)
        if count:
            _log.warning("arrivals.recovered", messages=count)
        if found:
            await self._log.empty()
        return count

    @staticmethod
    async def _read_again(logged: Logged) -> NewMessage | None:
        """The message of a record; None where it is not one that can be read."""
        try:
            recorded = unpack(logged.record)
        except ValueError as error:
            _log.error("arrivals.unreadable", reason=str(error))
            return None
        return recorded.message(await asyncio.to_thread(analyze, recorded.raw))

    async def _there(self, messages: Sequence[NewMessage]) -> frozenset[tuple[InboxId, bytes]]:
        """The bytes, by inbox and digest, that are in their inbox already."""
        wanted: dict[InboxId, list[bytes]] = {}
        for one in messages:
            wanted.setdefault(one.inbox_id, []).append(one.facts.sha256)
        there: set[tuple[InboxId, bytes]] = set()
        for inbox_id, digests in wanted.items():
            there |= {(inbox_id, one) for one in await self._mail.known_bytes(inbox_id, digests)}
        return frozenset(there)

    async def _next(self) -> None:
        """Wait for a message. What was deleted meanwhile leaves the log as well, after a while of silence."""
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self._arrived.wait()
        except TimeoutError:
            with suppress(MailError):
                await self._log.empty()
            await self._arrived.wait()

    async def _gather(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GROUP_SECONDS):
                await self._hurry.wait()

    async def _place_all(self) -> bool:
        """Place all that waits; False when the store is not available."""
        try:
            while self._waiting:
                await self._place(self._group())
                self._answer(self._settled)
        except MailError as error:
            _log.error("arrivals.not_placed", waiting=len(self._waiting), reason=error.detail)
            self._answer(self._taken)
            return False
        return True

    def _group(self) -> list[_Taken]:
        """The next messages for one transaction."""
        group: list[_Taken] = []
        octets = 0
        for one in self._waiting:
            octets += one.message.facts.size_bytes
            if group and (len(group) >= GROUP or octets > GROUP_OCTETS):
                break
            group.append(one)
        return group

    def _answer(self, settled: int) -> None:
        """Wake those who asked for no more than that."""
        waiting, self._asked = self._asked, []
        for wanted, future in waiting:
            if wanted > settled:
                self._asked.append((wanted, future))
            elif not future.done():
                future.set_result(None)

    async def _place(self, group: list[_Taken]) -> None:
        """Place a group together, or each alone when one of them cannot be placed."""
        try:
            placed = await self._mail.deliver_logged(
                [one.message for one in group], group[-1].place
            )
        except Exception:  # noqa: BLE001 - alone each shows what is wrong with it
            for one in group:
                await self._place_alone(one)
                self._is_placed(one)
            return
        for one, where in zip(group, placed, strict=True):
            self._is_placed(one)
            one.on_placed(where)

    def _is_placed(self, one: _Taken) -> None:
        self._waiting.popleft()
        self._settled += 1
        self._log.release(one.place)

    async def _place_alone(self, one: _Taken) -> None:
        """Place one, in INBOX where its mailbox is gone. UNAVAILABLE and `disk_full` when that must wait."""
        new = one.message
        for attempt in (new, replace(new, mailbox=INBOX, is_exempt=True)):
            try:
                (placed,) = await self._mail.deliver_logged([attempt], one.place)
            except MailError as error:
                if error.kind is ErrorKind.UNAVAILABLE or error.code == "disk_full":
                    raise
                _log.warning("arrivals.refused", message_id=new.id, reason=error.code)
            except Exception:  # noqa: BLE001 - one message must not keep all others waiting
                _log.exception("arrivals.failed", message_id=new.id)
                await self._set_aside(one.place, new.raw)
                return
            else:
                one.on_placed(placed)
                return
        _log.error("arrivals.inbox_gone", message_id=new.id, inbox_id=new.inbox_id)
        await self._pass_over(one.place)

    async def _set_aside(self, place: LogPlace, octets: bytes) -> None:
        """Keep what cannot be placed in a file beside the log."""
        path = await asyncio.to_thread(self._log.set_aside, place, octets)
        _log.error("arrivals.set_aside", file=str(path))
        await self._pass_over(place)

    async def _pass_over(self, place: LogPlace) -> None:
        await self._mail.deliver_logged([], place)


def _placed_late(placed: Placed) -> None:
    _log.info(
        "mail.received",
        message_id=placed.id,
        inbox_id=placed.inbox_id,
        is_duplicate=placed.is_duplicate,
        is_recovered=True,
    )
