"""Numbered schema migrations, forward only; each is one transaction.

`migrations/NNNN_name.sql` files are applied in order. The write lock is taken before the version
is read, so two processes that start together apply each file once.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from importlib import resources

from mailcore.clock import to_micros
from mailcore.errors import ErrorKind, MailError

_TABLE = """
CREATE TABLE IF NOT EXISTS schema_version (
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL
) STRICT
"""
_EXISTS = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'"
_VERSION = "SELECT coalesce(max(version), 0) FROM schema_version"
_RECORD = "INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)"


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
            if number > connection.execute(_VERSION).fetchone()[0]:
                for statement in statements(sql):
                    connection.execute(statement)
                connection.execute(_RECORD, (number, name, to_micros(at)))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return require_current(connection)


def require_current(connection: sqlite3.Connection) -> int:
    """The schema's version; UNAVAILABLE unless it is exactly the one this program knows."""
    known = migrations()[-1][0]
    has_table = connection.execute(_EXISTS).fetchone()[0]
    version: int = connection.execute(_VERSION).fetchone()[0] if has_table else 0
    if version > known:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"the database has schema {version}, this program knows {known}",
            code="schema_too_new",
            fix="Run the version of the server that wrote it, or a later one.",
        )
    if version < known:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"the database has schema {version}, this program needs {known}",
            code="schema_too_old",
            fix="Start the server once: it migrates the database.",
        )
    return version


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
