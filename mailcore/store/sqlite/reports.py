"""What is going to be told to domains that ask for reports on DMARC or TLS, and what others told."""

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.ids import DEFAULT_POD, PodId, ReportId
from mailcore.model import Listed, ReceivedReport, ReportKind
from mailcore.store.ports import ReceivedQuery, ReportCount, ReportStore
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import clean, dump, load

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


_KEEP: Final = """
INSERT INTO received_reports (
  id, pod_id, kind, domain, organization, report_id, begins_at, ends_at, sender, is_authenticated,
  passed, failed, document, received_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_TRIM: Final = """
DELETE FROM received_reports WHERE received_at < ?1 OR id IN (
  SELECT id FROM received_reports ORDER BY is_authenticated DESC, received_at DESC LIMIT -1 OFFSET ?2
)
"""
_RECEIVED_BY_ID: Final = "SELECT * FROM received_reports WHERE id = ?"
_RECEIVED_ORDER: Final = Order(columns=("received_at", "id"), is_descending=True)


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

    @override
    async def keep_received(self, report: ReceivedReport) -> bool:
        values = (
            *(report.id, report.pod_id, report.kind, clean(report.domain)),
            *(clean(report.organization), clean(report.report_id)),
            *(to_micros(report.begins_at), to_micros(report.ends_at), clean(report.sender)),
            *(report.is_authenticated, report.passed, report.failed, dump(report.document)),
            to_micros(report.received_at),
        )

        def write(connection: sqlite3.Connection) -> bool:
            return connection.execute(_KEEP, values).rowcount > 0

        return await self._write(write)

    @override
    async def received(self, query: ReceivedQuery) -> Listed[ReceivedReport]:
        return await self._database.read_slow(partial(_list, query=query))

    @override
    async def received_one(self, report_id: ReportId) -> ReceivedReport | None:
        row = self._database.read(
            lambda connection: connection.execute(_RECEIVED_BY_ID, (clean(report_id),)).fetchone()
        )
        return _received(row) if row else None

    @override
    async def trim_received(self, before: datetime, at_most: int) -> int:
        values = (to_micros(before), at_most)

        def write(connection: sqlite3.Connection) -> int:
            return connection.execute(_TRIM, values).rowcount

        return await self._write(write)


def _list(connection: sqlite3.Connection, query: ReceivedQuery) -> Listed[ReceivedReport]:
    wanted = {"kind": query.kind or "", "domain": query.domain}
    found = {name: value for name, value in wanted.items() if value}
    selection = Selection(
        source="FROM received_reports",
        groups=[Group(where="pod_id = ?", values=(query.pod_id,))],
        order=_RECEIVED_ORDER,
        key="id",
        by_key=_RECEIVED_BY_ID,
        clauses=[f"{name} = ?" for name in found],
        values=[clean(one) for one in found.values()],
        is_filtered=bool(found),
    )
    return listed(connection, selection, query.part, _received)


def _received(row: sqlite3.Row) -> ReceivedReport:
    return ReceivedReport(
        id=ReportId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        kind=ReportKind(row["kind"]),
        domain=row["domain"],
        organization=row["organization"],
        report_id=row["report_id"],
        begins_at=from_micros(row["begins_at"]),
        ends_at=from_micros(row["ends_at"]),
        sender=row["sender"],
        is_authenticated=bool(row["is_authenticated"]),
        passed=row["passed"],
        failed=row["failed"],
        document=load(row["document"]),
        received_at=from_micros(row["received_at"]),
    )
