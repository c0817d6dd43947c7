"""Making files durable: one directory, or at once everything that was written to a file system.

`fsync` of many small files commits the file system's own journal for each of them, and every other
`fsync` on that disk waits meanwhile. `syncfs(2)` commits once for all.
"""

import ctypes
import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from mailcore.errors import ErrorKind, MailError

_TELLS_ERRORS_SINCE: Final = (5, 8)
"""Older kernels lose the errors of `syncfs`."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def disk_error(error: OSError) -> MailError:
    """What callers are told of a failure of the disk: OVER_LIMIT `disk_full`, or UNAVAILABLE."""
    if error.errno in _NO_ROOM:
        return MailError(
            ErrorKind.OVER_LIMIT,
            "the server's disk is full",
            code="disk_full",
            fix="Free space on the data directory's file system and try again.",
            detail=str(error),
        )
    return MailError(
        ErrorKind.UNAVAILABLE,
        "the mail store is not available",
        fix="Try again later.",
        detail=str(error),
    )


def sync_directory(path: str) -> None:
    """Wait until the names in a directory are on the disk. OSError."""
    with _opened(path) as descriptor:
        os.fsync(descriptor)


def can_sync_together(system: str | None = None, release: str | None = None) -> bool:
    """Whether a whole file system can be synced, with errors told, on this system or the one named."""
    here = os.uname()
    version = re.match(r"(\d+)\.(\d+)", release or here.release)
    if (system or here.sysname) != "Linux" or version is None:
        return False
    is_told = (int(version[1]), int(version[2])) >= _TELLS_ERRORS_SINCE
    return is_told and hasattr(_libc(), "syncfs")


@contextmanager
def synced_together(directories: Iterable[str]) -> Iterator[Callable[[], None]]:
    """Gives what waits until all that was written meanwhile below these directories is durable. OSError.

    Opened before anything is written: an error of the disk is told once to each open descriptor.
    """
    with ExitStack() as stack:
        of_device: dict[int, int] = {}
        for path in directories:
            device = os.stat(path).st_dev  # noqa: PTH116 - paths are plain strings here
            if device not in of_device:
                of_device[device] = stack.enter_context(_opened(path))

        def sync() -> None:
            for descriptor in of_device.values():
                if _libc().syncfs(descriptor) != 0:
                    number = ctypes.get_errno()
                    raise OSError(number, os.strerror(number))

        yield sync


@contextmanager
def _opened(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
