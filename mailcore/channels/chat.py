"""Keeps every chat channel going: shows what waits, closes what is decided, brings in what is pressed.

What is due follows from the store, so a restart or an outage delays a question and loses none. Each
channel has tasks of its own: one that is down is tried again with growing pauses, holds up no other,
and its state is kept where the owner sees it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.channels.bots import Bots
from mailcore.channels.desk import ChatDesk
from mailcore.channels.port import ApprovalChannel, ChannelError, ServiceCall
from mailcore.channels.questions import Questions
from mailcore.channels.turns import Turns, is_urgent
from mailcore.clock import Clock
from mailcore.credentials import ServerSecrets
from mailcore.errors import MailError
from mailcore.ids import DEFAULT_POD, ChannelId, HoldId, PodId, QuarantineId
from mailcore.journal import Journal
from mailcore.model import Channel, ChannelKind, ChannelMessage, Event
from mailcore.store.ports import ChannelStore, EventFilter, OutboundStore

KEEP_ENDED: Final = timedelta(days=30)
_ASKING: Final = ("hold.created", "hold.reminded")
_EVENTS: Final = (*_ASKING, "hold.decided", "hold.expired", "sender.approved", "sender.blocked")
_BATCH: Final = 50
_LOOK_SECONDS: Final = 30.0
"""What no event tells of, as the end of mail in quarantine by time, is seen so late."""
_PAUSE_SECONDS: Final = 2.0
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 120.0
_LONGEST_ASKED: Final = timedelta(hours=1)
_MAX_CALLS: Final = 1000

_log = log.get(__name__)


class ChatChannels:
    """All chat channels of this server."""

    def __init__(
        self,
        *,
        store: ChannelStore,
        journal: Journal,
        questions: Questions,
        turns: Turns,
        outbound: OutboundStore,
        bots: Bots,
        secrets: ServerSecrets,
        clock: Clock,
    ) -> None:
        self._store = store
        self._journal = journal
        self._questions = questions
        self._turns = turns
        self._outbound = outbound
        self._bots = bots
        self._clock = clock
        self._desk = ChatDesk(
            store=store, questions=questions, secrets=secrets, on_linked=self.ask, clock=clock
        )
        self._changed = asyncio.Event()
        self._bells: dict[ChannelId, asyncio.Event] = {}
        self._calls: dict[ChannelId, asyncio.Queue[ServiceCall]] = {}
        self._failing: set[ChannelId] = set()

    def bot(self, channel: Channel) -> ApprovalChannel:
        """The bot of a channel."""
        return self._bots.of(channel, self._desk)

    def ring(self) -> None:
        """Look now: channels, or what they should show, may have changed."""
        self._changed.set()
        for bell in self._bells.values():
            bell.set()

    async def ask(self) -> None:
        """Have the holds that people are asked about shown wherever it is their turn."""
        if await self._store.channels(DEFAULT_POD):
            await self._store.ask_about_holds(self._clock.now())
        self.ring()

    async def ask_about_sender(self, quarantine_id: QuarantineId) -> None:
        """The same for mail in quarantine."""
        if await self._store.channels(DEFAULT_POD):
            await self._store.ask_about_sender(quarantine_id, self._clock.now())
        self.ring()

    async def ask_about_senders(
        self, pod_id: PodId, ids: Sequence[QuarantineId], kind: ChannelKind | None
    ) -> None:
        """Tell of many in one message, in every chat or in those of a kind."""
        await self._store.ask_about_senders(pod_id, ids, kind, self._clock.now())
        self.ring()

    def say(self, channel: Channel, calls: Sequence[ServiceCall]) -> None:
        """Make calls soon; when too many wait, they are dropped: nothing is decided by them."""
        waiting = self._calls.get(channel.id)
        for call in calls:
            if waiting is None or waiting.full():
                _log.warning("channel.call_dropped", channel_id=channel.id, method=call.method)
            else:
                waiting.put_nowait(call)

    async def prune(self) -> int:
        """Forget messages about what was decided long ago; a periodic job."""
        return await self._store.forget_messages(self._clock.now() - KEEP_ENDED)

    # Tasks -------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve every channel; returns only on cancellation."""
        serving: dict[ChannelId, asyncio.Task[None]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(), name="channels-follow")
                while True:
                    self._changed.clear()
                    channels = await self._channels()
                    for gone in serving.keys() - {one.id for one in channels}:
                        serving.pop(gone).cancel()
                        self._drop(gone)
                    for channel in channels:
                        if channel.id not in serving:
                            name = f"channel-{channel.id}"
                            serving[channel.id] = group.create_task(self._serve(channel), name=name)
                    await self._changed.wait()
        finally:
            await self._bots.close()

    async def _channels(self) -> tuple[Channel, ...]:
        while True:
            try:
                return await self._store.channels(DEFAULT_POD)
            except MailError as error:
                _log.error("channels.paused", reason=error.message, detail=error.detail)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _follow(self) -> None:
        """Ask about new holds, and have a look at every decision."""
        where = EventFilter(names=_EVENTS, public_only=True)
        while True:
            try:
                await self.ask()
                await self._journal.consume("channels.chat", where, self._take)
            except MailError as error:
                _log.error("channels.paused", reason=error.message, detail=error.detail)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _take(self, event: Event) -> None:
        if event.name in _ASKING:
            hold = await self._outbound.hold(HoldId(str(event.body["hold_id"])))
            if hold is not None:
                now = self._clock.now()
                await self._turns.begin(hold, now, is_urgent=is_urgent(event))
            await self.ask()
        else:
            self.ring()

    def _drop(self, channel_id: ChannelId) -> None:
        self._bells.pop(channel_id, None)
        self._calls.pop(channel_id, None)
        self._failing.discard(channel_id)
        self._bots.forget(channel_id)

    async def _serve(self, channel: Channel) -> None:
        self._bells[channel.id] = asyncio.Event()
        self._calls[channel.id] = asyncio.Queue(_MAX_CALLS)
        if channel.failing_since is not None:
            self._failing.add(channel.id)
        async with asyncio.TaskGroup() as group:
            for work in (self._show, self._speak, self._listen):
                group.create_task(self._keep(channel, work))

    async def _keep(self, channel: Channel, work: Callable[[Channel], Awaitable[None]]) -> None:
        """Do something again and again, with growing pauses while it fails."""
        failures = 0
        while True:
            asked = timedelta()
            try:
                await work(channel)
            except ChannelError as error:
                failures, asked = failures + 1, min(error.retry_after, _LONGEST_ASKED)
                await self._note_failure(channel, error.reason)
            except MailError as error:
                failures += 1
                _log.error("channel.paused", channel_id=channel.id, reason=error.message)
            except Exception:  # noqa: BLE001 - a supervisor: the next try may work
                failures += 1
                _log.exception("channel.failed", channel_id=channel.id)
            else:
                failures = 0
                continue
            pause = min(_FIRST_PAUSE * 2 ** min(failures - 1, 10), _LONGEST_PAUSE)
            await asyncio.sleep(max(pause, asked.total_seconds()))

    async def _listen(self, channel: Channel) -> None:
        await self.bot(channel).listen()
        if channel.id in self._failing:
            await self._note_success(channel)

    async def _speak(self, channel: Channel) -> None:
        call = await self._calls[channel.id].get()
        try:
            await self.bot(channel).call(call)
        except ChannelError as error:
            _log.warning("channel.call_failed", channel_id=channel.id, reason=error.reason)

    async def _show(self, channel: Channel) -> None:
        """Bring what is shown up to date, or wait until there is something to show."""
        bell = self._bells[channel.id]
        bell.clear()
        due = await self._store.due_messages(channel.id, _BATCH)
        sounding = {one.target: one for one in reversed(due) if not one.ref}
        for message in due:
            is_silent = sounding.get(message.target) is not message
            await self._show_one(channel, message, is_silent=is_silent)
        if due:
            await self._note_success(channel)
            return
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await bell.wait()
        except TimeoutError:
            return

    async def _show_one(
        self, channel: Channel, message: ChannelMessage, *, is_silent: bool
    ) -> None:
        """Show one question; of those for one place that are shown together only the first is heard."""
        question = await self._questions.find(message.about_id)
        ref, error = message.ref, ""
        is_open = question is not None and question.is_open
        if question is not None and (is_open or message.ref):
            shown = replace(question, is_silent=is_silent)
            try:
                ref = await self.bot(channel).show(message.target, message.ref, shown)
            except ChannelError as failure:
                if not failure.is_final:
                    raise
                error = failure.reason
                _log.warning("channel.not_shown", channel_id=channel.id, reason=error)
        await self._store.note_shown(
            message,
            ref=ref,
            version=question.version if question else 0,
            votes=question.votes if question else 0,
            is_open=is_open and question is not None and question.can_be_answered,
            at=self._clock.now(),
            error=error,
        )

    async def _note_failure(self, channel: Channel, reason: str) -> None:
        self._failing.add(channel.id)
        _log.warning("channel.failed", channel_id=channel.id, name=channel.name, reason=reason)
        try:
            await self._store.record_channel(channel.id, self._clock.now(), reason or "failed")
        except MailError as error:
            _log.error("channel.paused", channel_id=channel.id, reason=error.message)

    async def _note_success(self, channel: Channel) -> None:
        self._failing.discard(channel.id)
        await self._store.record_channel(channel.id, self._clock.now(), "")
