"""What is going to be told to domains that ask for DMARC aggregate reports."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Final, override

from mailcore.ids import DEFAULT_POD
from mailcore.store.ports import DmarcCount, ReportStore
from mailcore.store.sqlite.part import Part

MAX_ROWS_OF_DAY: Final = 5_000
"""Different rows kept for a domain and a day; what a flood adds beyond is not reported."""

_ADD: Final = f"""
INSERT INTO dmarc_seen (pod_id, day, domain, published, seen, count)
SELECT :pod, :day, :domain, :published, :seen, :count
WHERE (SELECT count(*) FROM dmarc_seen
       WHERE pod_id = :pod AND day = :day AND domain = :domain) < {MAX_ROWS_OF_DAY}
ON CONFLICT DO UPDATE SET count = count + excluded.count
"""
_DUE: Final = """
SELECT DISTINCT day, domain FROM dmarc_seen WHERE pod_id = ? AND day < ? ORDER BY day, domain
"""


class SqliteReports(Part, ReportStore):
    """`ReportStore` in SQLite."""

    @override
    async def add_dmarc(self, counts: Sequence[DmarcCount]) -> None:
        values = [
            {
                "pod": DEFAULT_POD,
                "day": one.day.isoformat(),
                "domain": one.domain,
                "published": one.published,
                "seen": one.seen,
                "count": one.count,
            }
            for one in counts
        ]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(_ADD, values)

        await self._write(write)

    @override
    async def due_dmarc(self, before: date) -> tuple[tuple[date, str], ...]:
        values = (DEFAULT_POD, before.isoformat())
        return self._database.read(
            lambda connection: tuple(
                (date.fromisoformat(row["day"]), row["domain"])
                for row in connection.execute(_DUE, values)
            )
        )

    @override
    async def dmarc_of(self, day: date, domain: str) -> tuple[DmarcCount, ...]:
        sql = "SELECT * FROM dmarc_seen WHERE pod_id = ? AND day = ? AND domain = ?"
        values = (DEFAULT_POD, day.isoformat(), domain)
        return self._database.read(
            lambda connection: tuple(
                DmarcCount(
                    day=day,
                    domain=domain,
                    published=row["published"],
                    seen=row["seen"],
                    count=row["count"],
                )
                for row in connection.execute(sql, values)
            )
        )

    @override
    async def forget_dmarc(self, day: date, domain: str) -> None:
        sql = "DELETE FROM dmarc_seen WHERE pod_id = ? AND day = ? AND domain = ?"
        values = (DEFAULT_POD, day.isoformat(), domain)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        await self._write(write)

    @override
    async def forget_dmarc_before(self, day: date) -> None:
        values = (DEFAULT_POD, day.isoformat())

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM dmarc_seen WHERE pod_id = ? AND day < ?", values)

        await self._write(write)
