"""What every class of verbs here has: the database and the clock."""

import sqlite3
from collections.abc import Callable

from mailcore.clock import Clock, to_micros
from mailcore.store.ports import Files
from mailcore.store.sqlite.db import Database


class Part:
    """A group of a port's verbs on one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def _now(self) -> int:
        """The clock's time as the store keeps it."""
        return to_micros(self._clock.now())

    async def _write[T](self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """`fn` in the next transaction."""
        return await self._database.run(fn)


class FilePart(Part):
    """A group of verbs that name bytes."""

    def __init__(self, database: Database, clock: Clock, files: Files) -> None:
        super().__init__(database, clock)
        self._files = files
