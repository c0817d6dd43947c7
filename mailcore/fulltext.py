"""Keeps the full-text index up to date: a durable consumer of the journal, behind every reply.

It is never in the path of a delivery. It reads the octets of what arrived, takes the text of some
of it out in a thread at once, waits while mail streams in, and rests between batches. Its place
is kept in the index's own file and moves with what was added: killed at any time, it goes on where
it was. An index that is missing or stale is filled again.
"""

import asyncio
import time
from collections.abc import Sequence
from itertools import accumulate, islice
from typing import Final

from mailcore import log
from mailcore.errors import MailError
from mailcore.journal import Journal
from mailcore.message.searchtext import MAX_KEPT_CHARS, SearchText, search_text
from mailcore.store.ports import BlobStore, Document, Lacking, TextIndex

BATCH: Final = 250
"""Messages of one step: bounds its transaction and what it holds in memory."""
_MAX_OCTETS: Final = 4 * 1024 * 1024
"""Held before their text is written, whatever the number of messages."""
_GATHER_SECONDS: Final = 0.5
"""After news, so that a burst of arrivals is a few transactions."""
_LONGEST_GATHER_SECONDS: Final = 5.0
"""While mail streams in without a break, it is waited for so long."""
_GATHERED_ROWS: Final = 1000
"""Or until so many rows of the journal came: a search reads a bounded number of new messages itself."""
_REST_SHARE: Final = 0.25
"""Of the time a batch took."""
_MAX_REST_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 1.0
_MERGE_EVERY_SECONDS: Final = 3600.0
_MERGE_REST_SECONDS: Final = 0.05

type _Octets = tuple[Lacking, bytes | None]

_log = log.get(__name__)


class Indexer:
    """The consumer. `run()` must be running for the index to follow."""

    def __init__(self, *, index: TextIndex, blobs: BlobStore, journal: Journal) -> None:
        self._index = index
        self._blobs = blobs
        self._journal = journal
        self._merged_at = float("-inf")
        self._is_behind = False
        self._grown = asyncio.Event()

    async def run(self) -> None:
        """Follow the journal; returns only on cancellation."""
        with self._journal.watch(self._grown.set):
            while True:
                self._grown.clear()
                started = time.monotonic()
                try:
                    has_more = await self.step()
                except MailError as error:
                    _log.error("fulltext.delayed", reason=error.message, detail=error.detail)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                if has_more and (self._is_behind or not self._grown.is_set()):
                    took = time.monotonic() - started
                    await asyncio.sleep(min(took * _REST_SHARE, _MAX_REST_SECONDS))
                    continue
                await self._grown.wait()
                await self._journal.lull(
                    gather_seconds=_GATHER_SECONDS,
                    longest_seconds=_LONGEST_GATHER_SECONDS,
                    most_rows=_GATHERED_ROWS,
                )

    async def catch_up(self) -> None:
        """Do all there is to do, without a rest."""
        while await self.step():
            pass

    async def step(self) -> bool:
        """The next batch; whether there was anything to do. UNAVAILABLE while the store does not work."""
        work = await self._index.work(BATCH)
        self._is_behind = len(work.lacking) == BATCH
        if work.is_idle:
            now = time.monotonic()
            if work.merge and now - self._merged_at > _MERGE_EVERY_SECONDS:
                self._merged_at = now
                await self._merge()
            return False
        lacking = list(work.lacking)
        while lacking:
            group, lacking = await self._read(lacking)
            texts = await asyncio.to_thread(_texts, group)
            documents = [_document(one, text) for (one, _), text in zip(group, texts, strict=True)]
            await self._index.keep(work, documents, is_done=not lacking)
        if not work.lacking:
            await self._index.keep(work, ())
        return True

    async def _read(self, lacking: Sequence[Lacking]) -> tuple[list[_Octets], list[Lacking]]:
        """The first of them with their octets, as many as are held at once, and the others."""
        before = accumulate((one.size_bytes for one in lacking), initial=0)
        count = sum(held <= _MAX_OCTETS for held in islice(before, len(lacking)))
        group = lacking[:count]
        raws = await self._blobs.read_many([(one.blob, 0, one.size_bytes) for one in group])
        return [*zip(group, raws, strict=True)], [*lacking[count:]]

    async def _merge(self) -> None:
        has_more = await self._index.merge(is_first=True)
        while has_more:
            await asyncio.sleep(_MERGE_REST_SECONDS)
            has_more = await self._index.merge(is_first=False)


def _texts(group: Sequence[_Octets]) -> list[SearchText]:
    """Their text; of a file that is gone none, marked as cut, so that nobody relies on it."""
    gone = SearchText(head="", body="", is_whole=False)
    return [gone if raw is None else search_text(raw, MAX_KEPT_CHARS) for _, raw in group]


def _document(lacking: Lacking, text: SearchText) -> Document:
    return Document(
        content_id=lacking.content_id,
        pod_id=lacking.pod_id,
        sha256=lacking.sha256,
        fields=lacking.fields,
        text=text,
    )
