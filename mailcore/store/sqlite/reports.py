"""What is going to be told to domains that ask for reports on DMARC or TLS."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Final, override

from mailcore.ids import DEFAULT_POD
from mailcore.model import ReportKind
from mailcore.store.ports import ReportCount, ReportStore
from mailcore.store.sqlite.part import Part

MAX_ROWS_OF_DAY: Final = 5_000
"""Different rows kept for a domain and a day; what a flood adds beyond is not reported."""

_ADD: Final = f"""
INSERT INTO report_counts (pod_id, kind, day, domain, published, seen, count)
SELECT :pod, :kind, :day, :domain, :published, :seen, :count
WHERE (SELECT count(*) FROM report_counts
       WHERE pod_id = :pod AND kind = :kind AND day = :day AND domain = :domain) < {MAX_ROWS_OF_DAY}
ON CONFLICT DO UPDATE SET count = count + excluded.count
"""
_DUE: Final = """
SELECT DISTINCT day, domain FROM report_counts WHERE pod_id = ? AND kind = ? AND day < ? ORDER BY day, domain
"""


class SqliteReports(Part, ReportStore):
    """`ReportStore` in SQLite."""

    @override
    async def add_counts(self, kind: ReportKind, counts: Sequence[ReportCount]) -> None:
        values = [
            {
                "pod": DEFAULT_POD,
                "kind": kind,
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
    async def due_reports(self, kind: ReportKind, before: date) -> tuple[tuple[date, str], ...]:
        values = (DEFAULT_POD, kind, before.isoformat())
        return self._database.read(
            lambda connection: tuple(
                (date.fromisoformat(row["day"]), row["domain"])
                for row in connection.execute(_DUE, values)
            )
        )

    @override
    async def counts_of(self, kind: ReportKind, day: date, domain: str) -> tuple[ReportCount, ...]:
        sql = "SELECT * FROM report_counts WHERE pod_id = ? AND kind = ? AND day = ? AND domain = ?"
        values = (DEFAULT_POD, kind, day.isoformat(), domain)
        return self._database.read(
            lambda connection: tuple(
                ReportCount(
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
    async def forget_counts(self, kind: ReportKind, day: date, domain: str) -> None:
        sql = "DELETE FROM report_counts WHERE pod_id = ? AND kind = ? AND day = ? AND domain = ?"
        values = (DEFAULT_POD, kind, day.isoformat(), domain)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        await self._write(write)

    @override
    async def forget_counts_before(self, kind: ReportKind, day: date) -> None:
        sql = "DELETE FROM report_counts WHERE pod_id = ? AND kind = ? AND day < ?"
        values = (DEFAULT_POD, kind, day.isoformat())

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        await self._write(write)
