"""Maildir++: the files behind `BlobStore`. The only module that knows paths.

Not the truth about mailboxes: the index is. A file is immutable; its name says where it was
delivered. What waits to be written is written together, in one hop to a bounded pool of threads:
each file is written, synced and renamed, then each directory is synced once for all of them.
While the disk syncs quickly one thread does it all, for handing over costs more than it gains;
on a slow disk several lanes sync side by side.

Invariants: a file that `put` or `link` returned is durable, data and name; after an error nothing
of it is left; a name never comes from a user's text except as an encoded folder level.

Layout below the data directory: `mail/<inbox-id>/{cur,new,tmp}`, one `.Folder.Sub` directory per
folder beside them, and `spool/{cur,new,tmp}`.
"""

import asyncio
import base64
import errno
import os
import secrets
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final, override

from mailcore.clock import Clock, SystemClock, to_micros
from mailcore.errors import ErrorKind, MailError, invalid, not_found
from mailcore.ids import BlobRef, is_id
from mailcore.model import INBOX
from mailcore.store.ports import BlobStore, Place

POOL_THREADS: Final = 8
MAX_TOGETHER: Final = 64
"""Messages written in one hop."""
SYNC_SECONDS_PER_LANE: Final = 0.0005
"""For each so long that one file takes to sync, one more thread may write beside the first."""
MAX_DIRECTORY_OCTETS: Final = 255
STALE_TMP_AFTER: Final = timedelta(hours=36)
"""When a file in `tmp` is a leftover; the customary age for Maildirs."""

_TMP = "tmp"
_SYNC_WEIGHT = 0.05
_JOIN_BELOW = 1 << 20
_LINK_REFUSED = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def folder_directory(mailbox: str) -> str:
    """The directory of a mailbox inside its inbox: empty for INBOX, else `.Level.Level`.

    Levels are modified UTF-7 (RFC 3501 §5.1.3) with `.` encoded too. INVALID when a level is empty or
    the directory's name is over 255 octets.
    """
    if mailbox == INBOX:
        return ""
    levels = mailbox.split("/")
    if not all(levels):
        raise invalid("mailbox", "a level of the name is empty")
    name = "".join(f".{_encode_level(level)}" for level in levels)
    if len(name) > MAX_DIRECTORY_OCTETS:
        raise invalid(
            "mailbox",
            "the name is too long to be a directory",
            fix=f"Use at most {MAX_DIRECTORY_OCTETS} octets in the encoded name.",
        )
    return name


class _Put:
    """One message waiting for its files, and what came of it."""

    __slots__ = ("chunks", "error", "folders", "future", "made", "places", "targets")

    def __init__(
        self,
        places: Sequence[Place],
        chunks: Sequence[bytes],
        future: "asyncio.Future[tuple[BlobRef, ...]]",
    ) -> None:
        self.places = places
        self.chunks = chunks
        self.future = future
        self.folders: list[str] = []
        self.targets: list[str] = []
        self.made: list[str] = []
        self.error: BaseException | None = None

    def undo(self, error: BaseException) -> None:
        """Leave nothing of it."""
        self.error = error
        _unlink_all(self.made)


class Maildir(BlobStore):
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
        self._ready: set[str] = set()
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._waiting: list[_Put] = []
        self._lanes_busy = 0
        self._sync_seconds = 0.0
        host = socket.gethostname()[:64].replace("/", "\\057").replace(":", "\\072")
        self._unique = f"P{os.getpid()}R{secrets.token_hex(4)}"
        self._host = host.replace(",", "\\054") or "localhost"

    def close(self) -> None:
        """Wait for file work under way and end the threads."""
        self._pool.shutdown(wait=True)

    @override
    async def put(
        self, places: Sequence[Place], raw: bytes | Sequence[bytes]
    ) -> tuple[BlobRef, ...]:
        chunks = (raw,) if isinstance(raw, bytes) else tuple(raw)
        loop = asyncio.get_running_loop()
        put = _Put(places, chunks, loop.create_future())
        self._waiting.append(put)
        if self._lanes_busy < self._lanes():
            self._lanes_busy += 1
            loop.call_soon(self._start_lane, loop)
        try:
            return await put.future
        except OSError as error:
            raise self._failure(error) from error

    @override
    async def link(self, sources: Sequence[BlobRef], place: Place) -> tuple[BlobRef, ...]:
        return await self._hop(partial(self._link, tuple(sources), place))

    @override
    async def read(self, blob: BlobRef, start: int = 0, length: int | None = None) -> bytes:
        return await self._hop(partial(self._read, blob, start, length))

    @override
    async def remove(self, blobs: Sequence[BlobRef]) -> None:
        await self._hop(partial(self._remove, tuple(blobs)))

    def check_name(self, mailbox: str) -> None:
        """INVALID when a mailbox of this name could have no directory."""
        folder_directory(mailbox)

    async def recover(self) -> int:
        """At start: remove leftovers of `tmp` directories; returns how many."""
        return await self._hop(self._recover)

    def size(self, blob: BlobRef) -> int | None:
        """The size of a stored file, or None when it is gone. Blocks; for checks in a thread."""
        try:
            return os.stat(self._path(blob)).st_size  # noqa: PTH116 - paths are plain strings here
        except FileNotFoundError:
            return None

    def files(self, older_than: datetime) -> Iterator[BlobRef]:
        """Every delivered file last linked or written before `older_than`. Blocks; for a thread."""
        limit = older_than.timestamp()
        for folder in self._folders():
            for name in ("cur", "new"):
                yield from self._aged(f"{folder}/{name}", limit)

    # In the pool ---------------------------------------------------------------------------------

    async def _hop[T](self, work: Callable[[], T]) -> T:
        """Run `work` in the pool and turn the failures of a disk into MailErrors."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> MailError:
        if error.errno == errno.ENOENT:  # someone removed a directory: make it again next time
            self._ready.clear()
        return _disk_error(error)

    def _lanes(self) -> int:
        """How many threads may write at once: one, unless waiting for the disk is the cost."""
        return min(POOL_THREADS - 1, 1 + int(self._sync_seconds / SYNC_SECONDS_PER_LANE))

    def _start_lane(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write what waits in one hop; the lane ends when nothing does."""
        share = -(-len(self._waiting) // max(1, self._lanes() - self._lanes_busy + 1))
        taken = min(share, MAX_TOGETHER)
        puts, self._waiting = self._waiting[:taken], self._waiting[taken:]
        if not puts:
            self._lanes_busy -= 1
            return
        done = loop.run_in_executor(self._pool, self._put_together, puts)
        done.add_done_callback(partial(self._end_lane, loop, puts))

    def _end_lane(
        self,
        loop: asyncio.AbstractEventLoop,
        puts: Sequence[_Put],
        done: "asyncio.Future[None]",
    ) -> None:
        failed = done.exception()
        for put in puts:
            error = failed or put.error
            if put.future.done():
                continue
            if error is not None:
                put.future.set_exception(error)
            else:
                put.future.set_result(tuple(map(self._ref, put.targets)))
        self._start_lane(loop)

    def _put_together(self, puts: Sequence[_Put]) -> None:
        """All their files, then each directory once; a failure is that of its messages only."""
        for put in puts:
            try:
                self._write(put)
            except BaseException as error:  # noqa: BLE001 - it is handed to the caller
                put.undo(error)
        broken: dict[str, BaseException] = {}
        for folder in dict.fromkeys(one for put in puts if not put.error for one in put.folders):
            try:
                _sync_directory(f"{folder}/cur")
            except BaseException as error:  # noqa: BLE001 - it is handed to the callers
                broken[folder] = error
        for put in puts:
            if put.error is None:
                self._publish(put, broken)

    def _publish(self, put: _Put, broken: Mapping[str, BaseException]) -> None:
        unsynced = next((broken[one] for one in put.folders if one in broken), None)
        if unsynced is not None:
            put.undo(unsynced)
            return
        try:
            self._failpoint("published")
        except BaseException as error:  # noqa: BLE001 - it is handed to the caller
            put.undo(error)

    def _write(self, put: _Put) -> None:
        """The files of one message, durable but for their names."""
        if not put.places:
            return
        size = sum(map(len, put.chunks))
        put.folders = [self._ensure(place) for place in put.places]
        names = [self._new_name(size) for _ in put.places]
        pairs = zip(put.folders, names, strict=True)
        put.targets = [f"{folder}/cur/{name}" for folder, name in pairs]
        staged = f"{put.folders[0]}/{_TMP}/{names[0].partition(':')[0]}"
        put.made.append(staged)
        self._stage(staged, put.chunks)
        self._failpoint("staged")
        for target in put.targets[1:]:
            put.made.append(target)
            self._link_or_copy(staged, target)
        put.made.append(put.targets[0])
        os.rename(staged, put.targets[0])  # noqa: PTH104 - paths are plain strings here
        self._failpoint("renamed")

    def _stage(self, path: str, chunks: Sequence[bytes]) -> None:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            self._failpoint("opened")
            _write_all(descriptor, chunks)
            self._failpoint("written")
            start = self._clock.monotonic()
            os.fsync(descriptor)
            took = self._clock.monotonic() - start
            self._sync_seconds += (took - self._sync_seconds) * _SYNC_WEIGHT
        finally:
            os.close(descriptor)

    def _link(self, sources: Sequence[BlobRef], place: Place) -> tuple[BlobRef, ...]:
        if not sources:
            return ()
        folder = self._ensure(place)
        made: list[str] = []
        try:
            for source in sources:
                path = self._path(source)
                try:
                    size = os.stat(path).st_size  # noqa: PTH116 - paths are plain strings here
                except FileNotFoundError as error:
                    raise not_found("the message file") from error
                target = f"{folder}/cur/{self._new_name(size)}"
                made.append(target)
                self._link_or_copy(path, target)
            self._failpoint("linked")
            _sync_directory(f"{folder}/cur")
            self._failpoint("published")
        except BaseException:
            _unlink_all(made)
            raise
        return tuple(map(self._ref, made))

    def _link_or_copy(self, source: str, target: str) -> None:
        """A second name for a file, or a synced copy where the file system has no hard links."""
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _LINK_REFUSED:
                raise
            with open(source, "rb") as file:  # noqa: PTH123 - paths are plain strings here
                self._stage(target, (file.read(),))

    def _read(self, blob: BlobRef, start: int, length: int | None) -> bytes:
        try:
            descriptor = os.open(self._path(blob), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise not_found("the message file") from error
        try:
            end = os.fstat(descriptor).st_size
            if length is not None:
                end = min(end, start + length)
            return _read_range(descriptor, start, end - start)
        finally:
            os.close(descriptor)

    def _remove(self, blobs: Sequence[BlobRef]) -> None:
        for blob in blobs:
            with suppress(FileNotFoundError):
                os.unlink(self._path(blob))  # noqa: PTH108 - paths are plain strings here

    def _recover(self) -> int:
        limit = (self._clock.now() - STALE_TMP_AFTER).timestamp()
        stale = [ref for folder in self._folders() for ref in self._aged(f"{folder}/{_TMP}", limit)]
        self._remove(stale)
        return len(stale)

    # Names and directories -----------------------------------------------------------------------

    def _new_name(self, size: int) -> str:
        """A unique name in the customary form; no flags, which live in the index."""
        seconds, micros = divmod(to_micros(self._clock.now()), 1_000_000)
        number = next(self._numbers)
        return f"{seconds}.M{micros:06}{self._unique}Q{number}.{self._host},S={size}:2,"

    def _ensure(self, place: Place) -> str:
        """The place's directory, made durably the first time."""
        name = ""
        if place.inbox_id is None:
            folder = f"{self._root}/spool"
        elif is_id(place.inbox_id):
            name = folder_directory(place.mailbox)
            folder = f"{self._root}/mail/{place.inbox_id}" + (f"/{name}" if name else "")
        else:
            raise invalid("inbox_id", "not an id")
        if folder not in self._ready:
            with self._lock:
                self._make(folder, is_folder=bool(name))
                self._ready.add(folder)
        return folder

    def _make(self, folder: str, *, is_folder: bool) -> None:
        for name in ("cur", "new", _TMP):
            _make_directories(f"{folder}/{name}")
        if is_folder:
            marker = f"{folder}/maildirfolder"
            os.close(os.open(marker, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            _sync_directory(folder)

    def _folders(self) -> Iterator[str]:
        """Every Maildir that exists: the spool, each inbox and its folders."""
        yield f"{self._root}/spool"
        for inbox in _directories(f"{self._root}/mail"):
            yield inbox
            yield from (path for path in _directories(inbox) if "/." in path[len(inbox) :])

    def _aged(self, folder: str, limit: float) -> Iterator[BlobRef]:
        """Regular files whose inode last changed before `limit`: linking counts, unlike mtime."""
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode) and max(found.st_ctime, found.st_mtime) < limit:
                        yield self._ref(entry.path)

    def _ref(self, path: str) -> BlobRef:
        return BlobRef(path[len(self._root) + 1 :])

    def _path(self, blob: BlobRef) -> str:
        if blob.startswith("/") or ".." in blob.split("/"):
            raise not_found("the message file")
        return f"{self._root}/{blob}"


def _pass(_step: str) -> None:
    """The failpoint of production."""


def _encode_level(level: str) -> str:
    """One folder level in modified UTF-7; `.` and `/` count as unprintable."""
    out: list[str] = []
    run: list[str] = []
    for char in (*level, ""):
        if char and not (" " <= char <= "~" and char not in "./"):
            run.append(char)
            continue
        if run:
            utf16 = "".join(run).encode("utf-16-be", "surrogatepass")
            text = base64.b64encode(utf16).decode("ascii").rstrip("=").replace("/", ",")
            out.append(f"&{text}-")
            run = []
        out.append("&-" if char == "&" else char)
    return "".join(out)


def _disk_error(error: OSError) -> MailError:
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


def _write_all(descriptor: int, chunks: Sequence[bytes]) -> None:
    """Every octet; small messages in one call."""
    if sum(map(len, chunks)) <= _JOIN_BELOW:
        chunks = (b"".join(chunks),)
    for chunk in chunks:
        rest = memoryview(chunk)
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
    _sync_directory(path.rpartition("/")[0])
    return None


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
