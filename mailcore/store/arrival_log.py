"""The log of arrivals: mail that was taken and has no rows yet, in two files beside the database.

A record is on the disk when `append` returns; records of callers that wait together are written and
synced together. The files are used in turn and from their beginning again, so that what is written
has its place on the disk already: a sync costs no change of the file system's own tables. Each time
a file begins anew it gets a larger number, its epoch; what an older one left in it ends the reading.
The database says up to which record everything is placed.

Invariants: a file begins anew only when all of it is placed; nothing behind a record that cannot be
read counts, for its caller was never answered.
"""

import asyncio
import os
import queue
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from mailcore.clock import Clock, to_micros
from mailcore.store.durable import disk_error, sync_directory
from mailcore.store.ports import LogPlace

TURN_OCTETS: Final = 16 << 20
"""From here on the other file is used, once all of it is placed."""
FULL_OCTETS: Final = 64 << 20
"""More than this is never waiting in one file."""
_REWIND_OCTETS: Final = 1 << 20
"""A file of which all is placed begins anew from here on."""
_GROWTH_OCTETS: Final = 4 << 20
_MAX_RECORD: Final = 1 << 24
_MAGIC: Final = b"CSA1"
_HEAD: Final = struct.Struct(">4sQQI")
"""Magic, epoch, offset of the record, octets of its content; the sum over these and it follows, which
goes on from that of the record before: what an attempt that failed left behind fits nothing."""
_SUM: Final = struct.Struct(">I")
_OVERHEAD: Final = _HEAD.size + _SUM.size
_FILES: Final = ("arrivals-0.log", "arrivals-1.log")


type _Work = tuple[asyncio.AbstractEventLoop, Callable[[], None], Callable[[], None]]


class Logged(NamedTuple):
    """A record as it is read again."""

    place: LogPlace
    record: bytes
    sum: int


class _Waiting(NamedTuple):
    record: bytes
    future: asyncio.Future[LogPlace]


class _Segment:
    """One of the files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.epoch = 0
        self.end = 0
        self.sum = 0
        """Of the last record."""
        self._descriptor = -1
        self._allocated = 0

    def write(self, octets: bytes, at: int) -> None:
        """In the log's thread: octets at an offset, on the disk when it returns. OSError."""
        if self._descriptor < 0:
            self._open()
        end = at + len(octets)
        if end > self._allocated:
            growth = max(_GROWTH_OCTETS, end - self._allocated)
            _write_all(self._descriptor, bytes(growth), self._allocated)
            self._allocated += growth
        _write_all(self._descriptor, octets, at)
        os.fdatasync(self._descriptor)

    def empty(self) -> None:
        """Forget what is in the file. OSError."""
        if self._descriptor >= 0 or self.path.exists():
            if self._descriptor < 0:
                self._open()
            os.ftruncate(self._descriptor, 0)
            os.fdatasync(self._descriptor)
            self._allocated = 0

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._allocated = os.fstat(self._descriptor).st_size
        sync_directory(str(self.path.parent))


class ArrivalLog:
    """The two files in a folder. Used from one loop; a thread of its own writes."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._segments = tuple(_Segment(folder / name) for name in _FILES)
        self._current = self._segments[0]
        self._placed = LogPlace(0, 0)
        self._newest = 0
        self._is_used = False
        self._waiting: list[_Waiting] = []
        self._is_busy = False
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def read(self) -> list[Logged]:
        """Every record that is whole, in the order in which they were written; before the first `append`.

        UNAVAILABLE when a file cannot be read.
        """
        found: list[Logged] = []
        for segment in self._segments:
            try:
                octets = segment.path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise disk_error(error) from error
            records = list(_records(octets))
            found += records
            if records:
                segment.epoch, segment.end = records[-1].place
                segment.sum = records[-1].sum
                self._newest = max(self._newest, segment.epoch)
        return sorted(found, key=lambda one: one.place)

    def release(self, place: LogPlace) -> None:
        """Everything up to this record is placed, which is on the disk."""
        self._placed = max(self._placed, place)
        self._newest = max(self._newest, place.epoch)

    @property
    def has_room(self) -> bool:
        """Whether one more record may be appended."""
        return self._current.end < FULL_OCTETS or self._is_free(self._other)

    async def append(self, record: bytes) -> LogPlace:
        """Write a record; where it is, once it is on the disk.

        OVER_LIMIT `disk_full` or UNAVAILABLE when it cannot be written. Safe to cancel: it may be there
        all the same.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[LogPlace] = loop.create_future()
        self._waiting.append(_Waiting(record, future))
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._begin, loop)
        return await future

    async def empty(self) -> None:
        """Forget the octets of what is placed, when that is everything. OVER_LIMIT, UNAVAILABLE."""
        if self._is_busy or not all(self._is_free(one) for one in self._segments):
            return
        loop = asyncio.get_running_loop()
        emptied: asyncio.Future[None] = loop.create_future()
        failures: list[OSError] = []

        def write() -> None:
            try:
                for segment in self._segments:
                    segment.empty()
            except OSError as error:
                failures.append(error)

        def end() -> None:
            for segment in self._segments:
                segment.end = segment.sum = 0
            self._is_used = False
            if not emptied.done():
                emptied.set_result(None)
            self._go_on(loop)

        self._is_busy = True
        self._post(loop, write, end)
        await emptied
        if failures:
            raise disk_error(failures[0])

    def set_aside(self, place: LogPlace, octets: bytes) -> Path:
        """Keep octets in a file of their own beside the log; blocks. UNAVAILABLE, OVER_LIMIT."""
        path = self._segments[0].path.with_name(f"arrival-{place.epoch}-{place.end}.eml")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                _write_all(descriptor, octets, 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_directory(str(path.parent))
        except OSError as error:
            raise disk_error(error) from error
        return path

    def close(self) -> None:
        """End the thread. Nothing may be waiting."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None
        for segment in self._segments:
            segment.close()

    @property
    def _other(self) -> _Segment:
        first, second = self._segments
        return second if self._current is first else first

    def _is_free(self, segment: _Segment) -> bool:
        return not segment.end or (segment.epoch, segment.end) <= self._placed

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give all that waits to the thread."""
        waiting, self._waiting = self._waiting, []
        self._turn()
        segment = self._current
        batch = _Batch(segment, segment.end, waiting)
        self._post(loop, batch.write, partial(self._end, loop, batch))

    def _turn(self) -> None:
        """Begin a file anew where that is possible and worth it; the first time wherever it is possible."""
        if not self._is_used:
            self._is_used = True
            self._current = max(self._segments, key=lambda one: one.epoch)
            least = 0
        else:
            least = _REWIND_OCTETS
        segment, other = self._current, self._other
        if segment.end >= least and self._is_free(segment):
            self._begin_anew(segment)
        elif segment.end >= TURN_OCTETS and self._is_free(other):
            self._begin_anew(other)

    def _begin_anew(self, segment: _Segment) -> None:
        """Larger than every epoch before, also one that only a lost database knew."""
        self._newest = max(self._newest + 1, to_micros(self._clock.now()))
        segment.epoch, segment.end, segment.sum = self._newest, 0, 0
        self._current = segment

    def _post(
        self, loop: asyncio.AbstractEventLoop, write: Callable[[], None], end: Callable[[], None]
    ) -> None:
        """`write` in the thread, then `end` on the loop."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name="arrival-log", daemon=True)
            self._thread.start()
        self._work.put((loop, write, end))

    def _write(self) -> None:
        """The thread."""
        while (work := self._work.get()) is not None:
            loop, write, end = work
            write()
            loop.call_soon_threadsafe(end)

    def _end(self, loop: asyncio.AbstractEventLoop, batch: "_Batch") -> None:
        """On the loop: answer those whose records were written, and begin with the next."""
        if batch.failure is None:
            batch.segment.end, batch.segment.sum = batch.places[-1].end, batch.sum
        for one, place in zip(batch.waiting, batch.places, strict=True):
            if one.future.done():
                continue
            if batch.failure is not None:
                one.future.set_exception(disk_error(batch.failure))
            else:
                one.future.set_result(place)
        self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            loop.call_soon(self._begin, loop)
        else:
            self._is_busy = False


class _Batch:
    """Records that are written together."""

    def __init__(self, segment: _Segment, at: int, waiting: Sequence[_Waiting]) -> None:
        self.segment = segment
        self.waiting = waiting
        self.places: list[LogPlace] = []
        self.failure: OSError | None = None
        self.sum = segment.sum
        self._epoch = segment.epoch
        self._at = at
        end = at
        for one in waiting:
            end += _OVERHEAD + len(one.record)
            self.places.append(LogPlace(self._epoch, end))

    def write(self) -> None:
        """In the log's thread."""
        pieces: list[bytes] = []
        at = self._at
        for one, place in zip(self.waiting, self.places, strict=True):
            head = _HEAD.pack(_MAGIC, self._epoch, at, len(one.record))
            self.sum = _sum(head, one.record, self.sum)
            pieces += (head, _SUM.pack(self.sum), one.record)
            at = place.end
        try:
            self.segment.write(b"".join(pieces), self._at)
        except OSError as error:
            self.failure = error


def _sum(head: bytes, record: bytes, before: int) -> int:
    return zlib.crc32(record, zlib.crc32(head, before))


def _records(octets: bytes) -> Iterable[Logged]:
    """The whole records of a file, up to the first that is not or is of another epoch."""
    at = first = total = 0
    while at + _OVERHEAD <= len(octets):
        head = octets[at : at + _HEAD.size]
        magic, epoch, offset, size = _HEAD.unpack(head)
        start = at + _OVERHEAD
        record = octets[start : start + size]
        is_whole = magic == _MAGIC and offset == at and size <= _MAX_RECORD
        if not is_whole or len(record) != size or (first and epoch != first):
            return
        (told,) = _SUM.unpack_from(octets, at + _HEAD.size)
        total = _sum(head, record, total)
        if told != total:
            return
        first, at = epoch, start + size
        yield Logged(LogPlace(epoch, at), record, total)


def _write_all(descriptor: int, octets: bytes, at: int) -> None:
    rest = memoryview(octets)
    while rest:
        written = os.pwrite(descriptor, rest, at)
        rest, at = rest[written:], at + written
