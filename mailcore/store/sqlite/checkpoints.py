"""Checkpoints: what was committed moves from the log into the database behind the replies.

They run on a thread and a connection of their own while the writer goes on, so that hardly a commit
waits for one. What came meanwhile is moved after the next commit: only when nothing is left in the
log does it begin anew. How many pages it has is told by a checkpoint alone; between two of them it is
reckoned from the batches. Where that is far from the truth, or one fails, the checkpoint that SQLite
makes by itself sets a limit to the log.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from mailcore import log

PAGES: Final = 4000
"""Of the log, about, after which a checkpoint is made: 16 MiB. One delivery alone writes some 30."""
MOST_PAGES: Final = 16_000
"""At which a commit makes one itself."""
_FIRST: Final = 10
_MOST: Final = 4000
"""Batches that may pass between two checkpoints, at the start and at most."""

_log = log.get(__name__)


class Checkpoint(NamedTuple):
    """What a checkpoint came to."""

    pages: int
    """That the log has."""
    moved: int
    """Of them, that are in the database."""


type _Post = Callable[[Callable[[sqlite3.Connection], Checkpoint]], asyncio.Future[Checkpoint]]


class Checkpoints:
    """Makes checkpoints of a database that is written through another connection."""

    def __init__(self, post: _Post, *, after_pages: int = PAGES) -> None:
        self._post = post
        self._after_pages = after_pages
        self._is_running = False
        self._is_last_due = False
        self._batches = 0
        self._every = _FIRST
        self._known = 0

    def note_batch(self) -> None:
        """A batch was committed. For the loop."""
        self._batches += 1
        if self._batches >= self._every and not self._is_running:
            self._is_running = True
            batches, self._batches = self._batches, 0
            self._post(checkpoint).add_done_callback(partial(self._ended, batches))

    def finish(self, connection: sqlite3.Connection) -> None:
        """Move what came while a checkpoint was made, once after each. For the writer's thread."""
        if not self._is_last_due:
            return
        self._is_last_due = False
        try:
            pages, moved = checkpoint(connection)
        except sqlite3.Error as error:
            _log.warning("checkpoint.failed", reason=str(error))
        else:
            self._known = pages if moved < pages else 0

    def _ended(self, batches: int, future: asyncio.Future[Checkpoint]) -> None:
        """Reckon when the next one is due."""
        self._is_running = False
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            _log.warning("checkpoint.failed", reason=str(error))
            self._every = min(2 * self._every, _MOST)
            return
        self._is_last_due = True
        pages = future.result().pages
        added, self._known = max(pages - self._known, 1), pages
        self._every = min(max(self._after_pages * batches // added, 1), _MOST)


def checkpoint(connection: sqlite3.Connection) -> Checkpoint:
    """Move what no reader needs in the log, as far as that goes without waiting."""
    _, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return Checkpoint(pages, moved)
