"""Numbered schema migrations, forward only; each is one transaction.

`migrations/NNNN_name.sql` files are applied in order, each once: one with a lower number that a
later program brings is applied as well. The write lock is taken before the versions are read, so two
processes that start together apply each file once.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Final

from mailcore.clock import to_micros
from mailcore.errors import ErrorKind, MailError
from mailcore.message.names import name_key

_TABLE = """
CREATE TABLE IF NOT EXISTS schema_version (
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
) STRICT
"""
_EXISTS = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'"
_VERSIONS = "SELECT version FROM schema_version"
_RECORD = "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)"
_SHAPE: Final = """
SELECT type, name, '' FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'
UNION ALL
SELECT 'column', owner.name, part.name FROM sqlite_schema owner, pragma_table_xinfo(owner.name) part
 WHERE owner.type = 'table' AND owner.name NOT LIKE 'sqlite_%'
"""

type _Shape = frozenset[tuple[str, str, str]]


def migrations() -> tuple[tuple[int, str, str], ...]:
    """All migrations as (number, name, SQL), ascending."""
    folder = resources.files(__package__).joinpath("migrations")
    found = []
    for file in folder.iterdir():
        stem, dot, suffix = file.name.rpartition(".")
        if dot and suffix == "sql":
            number, _, name = stem.partition("_")
            found.append((int(number), name, file.read_text(encoding="utf-8")))
    return tuple(sorted(found))


def migrate(connection: sqlite3.Connection, at: datetime, *, until: int | None = None) -> int:
    """Bring the schema up to date and return its version. UNAVAILABLE when it is newer than us.

    With `until` only up to that number.
    """
    for number, name, sql in migrations():
        if until is not None and number > until:
            return until
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(_TABLE)
            if number not in _applied(connection):
                _apply(connection, sql)
                connection.execute(_RECORD, (number, name, to_micros(at)))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return require_current(connection)


def require_current(connection: sqlite3.Connection) -> int:
    """The schema's version; UNAVAILABLE unless it is exactly the one this program knows."""
    known = {number for number, _, _ in migrations()}
    applied = _applied(connection)
    version = max(applied, default=0)
    if applied - known:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"the database has schema {version}, this program knows {max(known)}",
            code="schema_too_new",
            fix="Run the version of the server that wrote it, or a later one.",
        )
    if known - applied:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"the database has schema {version}, this program needs {max(known)}",
            code="schema_too_old",
            fix="Start the server once: it migrates the database.",
        )
    _require_shape(connection, version)
    return version


def _require_shape(connection: sqlite3.Connection, version: int) -> None:
    """A database of an unfinished program has the number but not the tables."""
    missing = sorted(_expected_shape() - _shape(connection))
    if missing:
        kind, name, column = missing[0]
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"the database says schema {version} but has no {kind} {'.'.join(filter(None, (name, column)))}",
            code="schema_differs",
            fix="A development version wrote it: run that one, or `countersign check --rebuild`",
        )


@cache
def _expected_shape() -> _Shape:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(_TABLE)
        for _, _, sql in migrations():
            _apply(connection, sql)
        return _shape(connection)


def _shape(connection: sqlite3.Connection) -> _Shape:
    return frozenset(tuple(row) for row in connection.execute(_SHAPE))


def _apply(connection: sqlite3.Connection, sql: str) -> None:
    connection.create_function("name_key", 1, name_key, deterministic=True)
    for statement in statements(sql):
        connection.execute(statement)


def _applied(connection: sqlite3.Connection) -> frozenset[int]:
    if not connection.execute(_EXISTS).fetchone()[0]:
        return frozenset()
    return frozenset(row[0] for row in connection.execute(_VERSIONS))


def statements(sql: str) -> Iterator[str]:
    """The single statements of a script, in order."""
    lines: list[str] = []
    for line in sql.splitlines():
        lines.append(line)
        text = "\n".join(lines)
        if line.rstrip().endswith(";") and sqlite3.complete_statement(text):
            yield text
            lines = []
    if any(line.strip() and not line.lstrip().startswith("--") for line in lines):
        yield "\n".join(lines)
