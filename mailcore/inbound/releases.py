"""Delivers what people let in: from the rows in quarantine, so that no crash loses or doubles it."""

import asyncio
from typing import Final

from mailcore import log
from mailcore.errors import ErrorKind, MailError
from mailcore.inbound.pipeline import Inbound
from mailcore.journal import Journal
from mailcore.model import Quarantined
from mailcore.store.ports import QuarantineStore

_PAUSE_SECONDS: Final = 2.0
"""Between tries while something could not be delivered."""
_LOST: Final = (ErrorKind.NOT_FOUND, ErrorKind.INVALID, ErrorKind.DENIED)
"""Failures that no later try will not meet: the inbox is gone."""

_log = log.get(__name__)


class Releases:
    """The way from quarantine to the mailbox."""

    def __init__(self, *, store: QuarantineStore, inbound: Inbound, journal: Journal) -> None:
        self._store = store
        self._inbound = inbound
        self._journal = journal

    async def run(self) -> None:
        """Deliver after every approval, and first what was left; returns only on cancellation."""
        approved = asyncio.Event()
        with self._journal.watch(approved.set, names=("sender.approved",)):
            while True:
                approved.clear()
                if await self.deliver_all():
                    await approved.wait()
                else:
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def deliver_all(self) -> bool:
        """Deliver what is approved; False when something is left for another try."""
        is_done = True
        try:
            items = await self._store.approved_arrivals()
        except MailError as error:
            _log.error("release.paused", reason=error.message, detail=error.detail)
            return False
        for item in items:
            try:
                await self._deliver(item)
            except MailError as error:
                _log.error("release.failed", quarantine_id=item.id, reason=error.message)
                is_done = False
            except Exception:  # noqa: BLE001 - a supervisor: one message must not stop the others
                _log.exception("release.failed", quarantine_id=item.id)
                is_done = False
        return is_done

    async def _deliver(self, item: Quarantined) -> None:
        raw = await self._store.octets(item.id)
        if raw is None:
            return
        try:
            await self._inbound.release(item, raw)
        except MailError as error:
            if error.kind not in _LOST:
                raise
            _log.error("release.undeliverable", quarantine_id=item.id, reason=error.message)
        await self._store.forget_octets(item.id)
