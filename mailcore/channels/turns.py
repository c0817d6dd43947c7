"""Whose turn it is to be asked about what waits, and when: the one place that mail and chats look.

What can wait is told later and together. The policy of an inbox may name a channel that is asked before
the others (`approval_channel`); the store knows whether it is of use now.
"""

from datetime import datetime
from typing import Final

from mailcore.channels.patience import Patience
from mailcore.model import Event, Hold, Quarantined
from mailcore.outbound.approvals import EDITED
from mailcore.store.ports import ChannelStore, First

DASHBOARD: Final = "dashboard"
"""Nobody is told before the first reminder: people look by themselves."""


def is_urgent(event: Event) -> bool:
    """Whether an event asks to tell of a hold again, everywhere and now."""
    return event.name == "hold.reminded" and event.body.get("reason") != EDITED


class Turns:
    """Begins to ask, once that is due."""

    def __init__(self, *, store: ChannelStore, patience: Patience) -> None:
        self._store = store
        self._patience = patience

    async def begin(self, hold: Hold, now: datetime, *, is_urgent: bool = False) -> bool:
        """Whether people are to be asked about a hold now, which is written down; False if it can wait."""
        if hold.asked_at is not None:
            return True
        if not is_urgent and self.can_wait(hold, now):
            return False
        await self._store.begin_asking([hold.id], now)
        return True

    async def begin_together(self, holds: list[Hold], now: datetime) -> None:
        """People are being asked about all of them from now on."""
        await self._store.begin_asking([one.id for one in holds], now)

    async def begin_about_senders(self, items: list[Quarantined], now: datetime) -> None:
        """The same for mail in quarantine."""
        await self._store.begin_asking_about_senders([one.id for one in items], now)

    async def first(self, about_id: str, now: datetime) -> First:
        """Who is asked before the others about a hold or a sender."""
        return await self._store.asked_first(about_id, now)

    def can_wait(self, hold: Hold, now: datetime) -> bool:
        """Whether approvers are told of it later, with others."""
        return self._patience.can_wait(hold, now)

    def is_quiet(self, now: datetime) -> bool:
        """Whether it is a time in which people are not asked."""
        return self._patience.is_quiet(now)
