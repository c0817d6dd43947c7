"""The data directory: its lock, and whether its database is there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError
from mailcore.store.layout import MAIL
from mailcore.store.sqlite import DATABASE_FILE


def database_file(config: Config) -> Path:
    """The database as configured."""
    return config.database or config.server.data_dir / DATABASE_FILE


def require_database(config: Config) -> None:
    """UNAVAILABLE `database_missing` when there is mail without its database."""
    mail = config.server.data_dir / MAIL
    if not database_file(config).exists() and mail.is_dir() and any(mail.iterdir()):
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"the database {database_file(config)} is missing, but there is mail",
            code="database_missing",
            fix="Restore the database, or run `countersign check --rebuild`",
        )


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Only one process writes in a data directory; UNAVAILABLE `locked` while another does."""
    path = data_dir / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"cannot write in {data_dir}: {error.strerror}",
            fix="Give the server's user write access",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MailError(
                ErrorKind.UNAVAILABLE,
                f"another server is running on {data_dir}",
                code="locked",
                fix="Stop it first",
            ) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def unlocked() -> Iterator[None]:
    """For who holds the lock already."""
    yield
