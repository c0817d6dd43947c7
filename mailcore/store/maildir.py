"""Maildir++: the files. The only module that opens paths; `layout` names them.

Not the truth about mailboxes: the index is. A file is immutable. Large messages are written here
before their rows; everything else is written by the mirror, many files in one hop to a small pool
of threads: all are written, the file system is synced once, then each directory.

Invariants: a file that `put` or `apply` returned for is durable, data and name; `put` leaves nothing
after an error, `apply` only what a second run puts right; a name never comes from a user's text
except as an encoded folder level.
"""

import asyncio
import errno
import os
import secrets
import socket
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count, starmap
from pathlib import Path
from typing import Final, override

from mailcore.clock import Clock, SystemClock, to_micros
from mailcore.errors import MailError, not_found
from mailcore.ids import BlobRef, InboxId, is_id
from mailcore.store.durable import can_sync_together, disk_error, sync_directory, synced_together
from mailcore.store.layout import MAIL, SPOOL, TMP, base_name, file_path, folder_directory, is_ours
from mailcore.store.ports import Files, NewFile, NewLink

POOL_THREADS: Final = 8
INLINE_READ: Final = 64 * 1024
"""Octets up to which a range is read on the loop, when the system has it in memory."""
WRITE_LANES: Final = 4
"""Threads that write and sync files of one batch side by side, where each must be synced alone."""
SYNC_TOGETHER_FROM: Final = 4
"""Files of a batch from which one sync of the whole file system costs less than theirs."""
STALE_TMP_AFTER: Final = timedelta(hours=36)
"""When a file in `tmp` is a leftover; the customary age for Maildirs."""

_LINK_REFUSED = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS})
_NO_WAIT: Final = getattr(os, "RWF_NOWAIT", 0)


class Maildir(Files):
    """The mail directory and the spool. Safe to cancel: file work that began is finished."""

    def __init__(
        self,
        data_dir: Path,
        *,
        clock: Clock | None = None,
        failpoint: Callable[[str], None] | None = None,
    ) -> None:
        self._root = str(data_dir)
        self._clock = clock or SystemClock()
        self._failpoint = failpoint or _pass
        self._pool = ThreadPoolExecutor(POOL_THREADS, thread_name_prefix="maildir")
        self._can_sync_together = can_sync_together()
        self._ready: set[str] = set()
        self._lock = threading.Lock()
        self._numbers = count(1)
        host = socket.gethostname()[:64].replace("/", "\\057").replace(":", "\\072")
        self._unique = f"P{os.getpid()}R{secrets.token_hex(4)}"
        self._host = host.replace(",", "\\054") or "localhost"

    def close(self) -> None:
        """Wait for file work under way and end the threads."""
        self._pool.shutdown(wait=True)

    @override
    def new_ref(self, size_bytes: int) -> BlobRef:
        seconds, micros = divmod(to_micros(self._clock.now()), 1_000_000)
        number = next(self._numbers)
        name = f"{seconds}.M{micros:06}{self._unique}Q{number}.{self._host},S={size_bytes}"
        return BlobRef(name)

    @override
    def check_name(self, mailbox: str) -> None:
        folder_directory(mailbox)

    @override
    async def put(self, folder: str, raw: bytes, modified_at: int) -> str:
        return await self._hop(partial(self._put, folder, raw, modified_at))

    @override
    async def read(self, path: str, start: int = 0, length: int | None = None) -> bytes | None:
        if _NO_WAIT and length is not None and length <= INLINE_READ:
            raw = self._read_cached(path, start, length)
            if raw is not None:
                return raw
        return await self._hop(partial(self._read, path, start, length))

    @override
    async def read_many(self, wanted: Sequence[tuple[str, int, int]]) -> tuple[bytes | None, ...]:
        return await self._hop(lambda: tuple(starmap(self._read, wanted)))

    @override
    async def remove(self, paths: Sequence[str]) -> None:
        await self._hop(partial(self._remove, tuple(paths)))

    @override
    async def apply(self, new: Sequence[NewFile], links: Sequence[NewLink]) -> frozenset[str]:
        if self._can_sync_together and len(new) >= SYNC_TOGETHER_FROM:
            await self._hop(partial(self._write_together, new))
        else:
            await self._write_side_by_side(new)
        return await self._hop(partial(self._link_all, new, links))

    async def _write_side_by_side(self, new: Sequence[NewFile]) -> None:
        lanes = [new[lane::WRITE_LANES] for lane in range(WRITE_LANES) if new[lane::WRITE_LANES]]
        try:
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    group.create_task(self._hop(partial(self._write_all, lane)))
        except* MailError as errors:
            raise errors.exceptions[0] from errors

    @override
    async def replace(self, path: str, text: str) -> None:
        await self._hop(partial(self._replace, path, text))

    @override
    async def append(self, path: str, text: str) -> None:
        await self._hop(partial(self._append, path, text))

    @override
    async def make_folder(self, folder: str) -> None:
        await self._hop(partial(self._ensure, folder))

    @override
    async def remove_folder(self, folder: str) -> bool:
        return await self._hop(partial(self._remove_folder, folder))

    @override
    async def list_folder(self, folder: str, part: str = "cur") -> tuple[str, ...]:
        return await self._hop(partial(self._list_folder, folder, part))

    @override
    async def folders(self) -> dict[InboxId, tuple[str, ...]]:
        return await self._hop(self._inboxes)

    @override
    def modified_at(self, path: str) -> int:
        return os.stat(self._path(path)).st_mtime_ns // 1000  # noqa: PTH116 - paths are plain strings here

    async def recover(self) -> int:
        """At start: remove leftovers of `tmp` directories; returns how many."""
        return await self._hop(self._recover)

    @override
    def size(self, path: str) -> int | None:
        try:
            return os.stat(self._path(path)).st_size  # noqa: PTH116 - paths are plain strings here
        except FileNotFoundError:
            return None

    @override
    def files(self, older_than: datetime) -> Iterator[str]:
        limit = older_than.timestamp()
        for folder in self._folders():
            for path in self._aged(f"{folder}/cur", limit):
                if is_ours(path.rpartition("/")[2]):
                    yield path

    # In the pool ---------------------------------------------------------------------------------

    async def _hop[T](self, work: Callable[[], T]) -> T:
        """Run `work` in the pool and turn the failures of a disk into MailErrors."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except OSError as error:
            if error.errno == errno.ENOENT:  # a directory was removed: make it again next time
                self._ready.clear()
            raise disk_error(error) from error

    def _put(self, folder: str, raw: bytes, modified_at: int) -> str:
        """One durable file, or nothing."""
        self._ensure(folder)
        target = file_path(folder, self.new_ref(len(raw)))
        staged = f"{self._root}/{folder}/{TMP}/{base_name(target)}"
        made = [staged]
        try:
            self._stage(staged, raw, modified_at)
            self._failpoint("staged")
            made.append(self._path(target))
            os.rename(staged, self._path(target))  # noqa: PTH104 - paths are plain strings here
            self._failpoint("renamed")
            sync_directory(f"{self._root}/{folder}/cur")
            self._failpoint("published")
        except BaseException:
            _unlink_all(made)
            raise
        return target

    def _write_all(self, new: Sequence[NewFile]) -> None:
        """Each file written, synced and named."""
        for one in new:
            folder = _folder_of(one)
            self._ensure(folder)
            staged = self._staged(one)
            self._stage(staged, one.raw, one.modified_at)
            self._failpoint("staged")
            os.rename(staged, self._path(one.path))  # noqa: PTH104 - paths are plain strings here
            self._failpoint("renamed")

    def _write_together(self, new: Sequence[NewFile]) -> None:
        """All files written, synced at once, then named."""
        folders = {_folder_of(one) for one in new}
        for folder in folders:
            self._ensure(folder)
        with synced_together(f"{self._root}/{folder}/{TMP}" for folder in folders) as sync:
            for one in new:
                self._stage(self._staged(one), one.raw, one.modified_at, is_synced=False)
            sync()
        for one in new:
            self._failpoint("staged")
            os.rename(self._staged(one), self._path(one.path))  # noqa: PTH104 - plain strings
            self._failpoint("renamed")

    def _staged(self, one: NewFile) -> str:
        """Where a file is written before it gets its name."""
        return f"{self._root}/{_folder_of(one)}/{TMP}/{base_name(one.path)}"

    def _link_all(self, new: Sequence[NewFile], links: Sequence[NewLink]) -> frozenset[str]:
        """The links, then every directory synced; returns the sources that are gone."""
        missing: set[str] = set()
        for one in links:
            self._ensure(one.path.rpartition("/cur/")[0])
            try:
                self._link_or_copy(self._path(one.source), self._path(one.path))
            except FileNotFoundError:
                if self.size(one.source) is not None:
                    raise
                missing.add(one.source)
        self._failpoint("linked")
        touched = [one.path for one in new] + [one.path for one in links]
        for directory in sorted({path.rpartition("/")[0] for path in touched}):
            sync_directory(f"{self._root}/{directory}")
        self._failpoint("published")
        return frozenset(missing)

    def _stage(
        self, path: str, raw: bytes, modified_at: int | None = None, *, is_synced: bool = True
    ) -> None:
        """A new file in place of whatever a crash left under this name."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileExistsError:
            _unlink_all([path])
            descriptor = os.open(path, flags, 0o600)
        try:
            self._failpoint("opened")
            _write_all(descriptor, raw)
            if modified_at is not None:
                os.utime(descriptor, ns=(modified_at * 1000, modified_at * 1000))
            self._failpoint("written")
            if is_synced:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _link_or_copy(self, source: str, target: str) -> None:
        """A second name for a file, or a synced copy where the file system has no hard links."""
        try:
            os.link(source, target)
        except FileExistsError:
            if not os.path.samefile(source, target):  # noqa: PTH121 - paths are plain strings here
                os.unlink(target)  # noqa: PTH108 - a leftover of a crash
                self._link_or_copy(source, target)
        except OSError as error:
            if error.errno not in _LINK_REFUSED:
                raise
            with open(source, "rb") as file:  # noqa: PTH123 - paths are plain strings here
                found = os.fstat(file.fileno())
                self._stage(target, file.read(), found.st_mtime_ns // 1000)

    def _read_cached(self, path: str, start: int, length: int) -> bytes | None:
        """The whole range if it is in memory already: reading it costs less than asking a thread."""
        octets = bytearray(length)
        try:
            descriptor = os.open(self._path(path), os.O_RDONLY | os.O_CLOEXEC)
            try:
                count = os.preadv(descriptor, [octets], start, _NO_WAIT)
            finally:
                os.close(descriptor)
        except OSError:
            return None
        return bytes(octets) if count == length else None

    def _read(self, path: str, start: int, length: int | None) -> bytes | None:
        try:
            descriptor = os.open(self._path(path), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            end = os.fstat(descriptor).st_size
            if length is not None:
                end = min(end, start + length)
            return _read_range(descriptor, start, end - start)
        finally:
            os.close(descriptor)

    def _remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            with suppress(FileNotFoundError):
                os.unlink(self._path(path))  # noqa: PTH108 - paths are plain strings here

    def _replace(self, path: str, text: str) -> None:
        whole = self._path(path)
        _make_directories(whole.rpartition("/")[0])
        staged = f"{whole}.new"
        self._stage(staged, text.encode())
        os.rename(staged, whole)  # noqa: PTH104 - paths are plain strings here

    def _append(self, path: str, text: str) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self._path(path), flags)
        try:
            _write_all(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _remove_folder(self, folder: str) -> bool:
        """The whole Maildir when no message is in it; False, and nothing done, otherwise."""
        whole = self._path(folder)
        for name in ("cur", "new"):
            with suppress(FileNotFoundError), os.scandir(f"{whole}/{name}") as entries:
                if next(entries, None) is not None:
                    return False
        self._ready.discard(folder)
        for name in ("cur", "new", TMP):
            with suppress(FileNotFoundError), os.scandir(f"{whole}/{name}") as entries:
                _unlink_all([entry.path for entry in entries])
            with suppress(FileNotFoundError):
                os.rmdir(f"{whole}/{name}")  # noqa: PTH106 - paths are plain strings here
        with suppress(FileNotFoundError), os.scandir(whole) as entries:
            _unlink_all([entry.path for entry in entries if entry.is_file(follow_symlinks=False)])
        with suppress(FileNotFoundError):
            os.rmdir(whole)  # noqa: PTH106 - paths are plain strings here
        return True

    def _list_folder(self, folder: str, part: str) -> tuple[str, ...]:
        with suppress(FileNotFoundError), os.scandir(f"{self._path(folder)}/{part}") as entries:
            return tuple(one.name for one in entries if one.is_file(follow_symlinks=False))
        return ()

    def _inboxes(self) -> dict[InboxId, tuple[str, ...]]:
        found: dict[InboxId, tuple[str, ...]] = {}
        for inbox in _directories(f"{self._root}/{MAIL}"):
            name = inbox.rpartition("/")[2]
            if is_id(name):
                below = (one.rpartition("/")[2] for one in _directories(inbox))
                found[InboxId(name)] = ("", *sorted(one for one in below if one.startswith(".")))
        return found

    def _recover(self) -> int:
        limit = (self._clock.now() - STALE_TMP_AFTER).timestamp()
        stale = [
            path for folder in self._folders() for path in self._aged(f"{folder}/{TMP}", limit)
        ]
        self._remove(stale)
        return len(stale)

    # Directories ---------------------------------------------------------------------------------

    def _ensure(self, folder: str) -> None:
        """The Maildir, made durably the first time."""
        if folder in self._ready:
            return
        with self._lock:
            whole = self._path(folder)
            for name in ("cur", "new", TMP):
                _make_directories(f"{whole}/{name}")
            if "/." in folder:
                marker = f"{whole}/maildirfolder"
                os.close(os.open(marker, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
                sync_directory(whole)
            self._ready.add(folder)

    def _folders(self) -> Iterator[str]:
        """Every Maildir that exists: the spool, each inbox and its folders."""
        yield f"{self._root}/{SPOOL}"
        for inbox in _directories(f"{self._root}/{MAIL}"):
            yield inbox
            yield from (path for path in _directories(inbox) if "/." in path[len(inbox) :])

    def _aged(self, folder: str, limit: float) -> Iterator[str]:
        """Regular files whose inode last changed before `limit`; their mtime is a message's date."""
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode) and found.st_ctime < limit:
                        yield entry.path[len(self._root) + 1 :]

    def _path(self, path: str) -> str:
        if path.startswith("/") or ".." in path.split("/"):
            raise not_found("the message file")
        return f"{self._root}/{path}"


def _folder_of(one: NewFile) -> str:
    """The Maildir that a file belongs to."""
    return one.path.rpartition("/cur/")[0]


def _pass(_step: str) -> None:
    """The failpoint of production."""


def _write_all(descriptor: int, raw: bytes) -> None:
    """Every octet."""
    rest = memoryview(raw)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read_range(descriptor: int, start: int, length: int) -> bytes:
    parts: list[bytes] = []
    while length > 0:
        part = os.pread(descriptor, length, start)
        if not part:
            break
        parts.append(part)
        start += len(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _make_directories(path: str) -> None:
    """`mkdir -p`, each new name synced into its parent."""
    try:
        os.mkdir(path, 0o700)  # noqa: PTH102 - paths are plain strings here
    except FileExistsError:
        return None
    except FileNotFoundError:
        _make_directories(path.rpartition("/")[0])
        return _make_directories(path)
    sync_directory(path.rpartition("/")[0])
    return None


def _unlink_all(paths: Sequence[str]) -> None:
    """Clean up after a failure; what cannot be removed is left to the janitor."""
    for path in paths:
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108 - paths are plain strings here


def _directories(path: str) -> Iterator[str]:
    with suppress(FileNotFoundError), os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield entry.path
