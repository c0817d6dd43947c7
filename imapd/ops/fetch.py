r"""FETCH and UID FETCH (RFC 9051 §6.4.5).

UID and FLAGS are answered from the session's view alone, the rest of the metadata and most header
fields from prepared columns, and only other `BODY[…]` opens files. Output goes in chunks and waits
for slow clients.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from imapd import objectids, responses
from imapd.commands import Fetch
from imapd.connection import Disconnected
from imapd.fetch import Attribute, BinarySection, BodySection, FetchItem
from imapd.ops import binaries, sections
from imapd.ops.kept import Kept, is_of_header
from imapd.ops.outcome import BEYOND_END, EXPUNGED, Outcome, done, refused, wrong
from imapd.ops.resync import past, positions
from imapd.ops.sections import Block, Located, Octets
from imapd.selected import SelectedView, Span, portions
from imapd.seqset import intersect, merge, of_numbers
from imapd.session import Session
from mailcore import log
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import BlobRef
from mailcore.model import Entry, Flag, Mailbox
from mailcore.store.ports import FetchColumns, FetchRow, FlagMode

_BATCH: Final = 1000
"""Messages whose columns are held at a time."""
_READ_AHEAD: Final = 64
"""Messages read at once."""
_READ_OCTETS: Final = 1024 * 1024
"""And octets of them after which no further message is read along."""
_WRITE_AT: Final = 64 * 1024
_PLANS: Final = 16
"""Kept for those who ask the same again."""
_MANY_HEADERS: Final = 10
"""Headers read of which it is worth a commit to keep what is asked for."""

_log = log.get(__name__)

_COLUMNS: Final = {
    Attribute.ENVELOPE: FetchColumns.ENVELOPE,
    Attribute.BODY: FetchColumns.BODY,
    Attribute.BODYSTRUCTURE: FetchColumns.BODY_STRUCTURE,
    Attribute.EMAILID: FetchColumns.DIGEST,
    Attribute.PREVIEW: FetchColumns.PREVIEW,
    Attribute.SAVEDATE: FetchColumns.SAVED_AT,
    Attribute.THREADID: FetchColumns.THREAD,
}
_FROM_VIEW: Final = frozenset({Attribute.UID, Attribute.FLAGS})
_RESYNCED: Final = _FROM_VIEW | {Attribute.MODSEQ}
"""What mail programs ask for of messages that have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of every message."""

    attributes: tuple[Attribute, ...]
    sections: tuple[BodySection, ...]
    binaries: tuple[BinarySection, ...]
    columns: FetchColumns
    is_of_headers: bool
    """The sections are of headers alone: `Kept` may answer them."""
    marks_seen: bool

    @property
    def opens_files(self) -> bool:
        """Whether rows are not enough."""
        return bool(self.sections or self.binaries)


@lru_cache(maxsize=_PLANS)
def plan_of(items: tuple[FetchItem, ...], *, shows_uid: bool, is_read_only: bool) -> Plan:
    """Sort the items by where their answers come from; `shows_uid` adds UID, as UID FETCH does."""
    attributes = [one for one in items if isinstance(one, Attribute)]
    if shows_uid and Attribute.UID not in attributes:
        attributes.insert(0, Attribute.UID)
    wanted = tuple(one for one in items if isinstance(one, BodySection))
    decoded = tuple(one for one in items if isinstance(one, BinarySection))
    columns = FetchColumns(0)
    for attribute in attributes:
        columns |= _COLUMNS.get(attribute, FetchColumns(0))
    if decoded or any(sections.needs_parts(one) for one in wanted):
        columns |= FetchColumns.PARTS
    is_of_headers = bool(wanted) and not decoded and all(map(is_of_header, wanted))
    if is_of_headers:
        columns |= FetchColumns.KEPT_FIELDS
    peeks = [*(one.is_peek for one in wanted), *(one.is_peek for one in decoded)]
    marks_seen = not is_read_only and not all(peeks)
    if peeks and (not is_of_headers or marks_seen):
        columns |= FetchColumns.OCTETS
    return Plan(
        attributes=tuple(attributes),
        sections=wanted,
        binaries=decoded,
        columns=columns,
        is_of_headers=is_of_headers,
        marks_seen=marks_seen,
    )


async def fetch(session: Session, command: Fetch) -> Outcome:
    """Answer every message that the set names and that still exists."""
    selected = session.current
    view = selected.view
    if not command.by_uid and command.numbers.exceeds(view.count):
        return BEYOND_END
    if command.wants_vanished and not (command.by_uid and session.manner.has_vanished):
        return wrong("VANISHED is for UID FETCH after ENABLE QRESYNC")
    items = command.items
    if command.changed_since is not None:
        items = (*items, *([] if Attribute.MODSEQ in items else [Attribute.MODSEQ]))
    if Attribute.MODSEQ in items:
        session.want_modseq()
    spans = view.spans(command.numbers, by_uid=command.by_uid)
    shows_uid = command.by_uid and not session.manner.is_uid_only
    plan = plan_of(items, shows_uid=shows_uid, is_read_only=selected.is_read_only)
    if command.changed_since is not None:
        entries = await _changed(session, command, command.changed_since, spans)
        if shows_uid and not plan.opens_files and set(plan.attributes) == _RESYNCED:
            await _from_entries(session, entries)
            return done("fetched")
        places = of_numbers([place + 1 for place in positions(view, entries)])
        spans = intersect_spans(spans, [(low - 1, high) for low, high in places])
    if not plan.opens_files and _FROM_VIEW.issuperset(plan.attributes):
        await _from_view(session, plan, spans)
        return done("fetched")
    fetching = _Fetching(session, plan, selected.mailbox, view)
    for batch in _batches(spans):
        await fetching.batch(batch)
    await fetching.flush()
    if fetching.is_missing and not command.by_uid:
        return EXPUNGED
    if fetching.is_undecodable:
        return refused("a part is in an encoding that is not known", b"UNKNOWN-CTE")
    return done("fetched")


async def _changed(
    session: Session, command: Fetch, modseq: int, spans: Sequence[Span]
) -> list[Entry]:
    """The messages of the spans changed since; tells first what is gone, when that is wanted."""
    selected = session.current
    view = selected.view
    ranges = view.uid_ranges(spans)
    if command.wants_vanished:
        asked = command.numbers.resolve(selected.mailbox.uid_next - 1)
        ranges = merge([*ranges, *(view.saved if command.numbers.is_saved else asked)])
    found = await past(session, modseq, ranges)
    if command.wants_vanished and found.vanished:
        await session.write_all([responses.vanished(found.vanished, is_earlier=True)])
    return found.entries


async def _from_entries(session: Session, entries: Sequence[Entry]) -> None:
    """Tell flags and MODSEQ of what has changed, which were read with what had changed."""
    for start in range(0, len(entries), _BATCH):
        await session.write_all(session.current.view.resynced(entries[start : start + _BATCH]))
        await asyncio.sleep(0)


def intersect_spans(first: Sequence[Span], second: Sequence[Span]) -> list[Span]:
    """The positions in both."""
    ranges = [[(start + 1, end) for start, end in spans] for spans in (first, second)]
    return [(low - 1, high) for low, high in intersect(*ranges)]


def _batches(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The spans in portions of at most `_BATCH` messages."""
    batch: list[Span] = []
    room = _BATCH
    for start, end in spans:
        position = start
        while position < end:
            stop = min(end, position + room)
            batch.append((position, stop))
            room -= stop - position
            position = stop
            if not room:
                yield batch
                batch, room = [], _BATCH
    if batch:
        yield batch


# From the view ---------------------------------------------------------------------------------


async def _from_view(session: Session, plan: Plan, spans: Sequence[Span]) -> None:
    view = session.current.view
    for part in portions(spans, _BATCH):
        session.write(b"".join(_view_lines(view, plan.attributes, part)))
        await session.connection.drain()
        await asyncio.sleep(0)


def _view_lines(view: SelectedView, attributes: Sequence[Attribute], span: Span) -> list[bytes]:
    numbers = range(span[0] + 1, span[1] + 1)
    uids = view.uids[span[0] : span[1]]
    texts = view.flags_texts(span)
    if view.manner.is_uid_only:
        return _lines_by_uid(attributes, uids, texts)
    match attributes:
        case [Attribute.UID]:
            return [b"* %d FETCH (UID %d)\r\n" % pair for pair in zip(numbers, uids, strict=True)]
        case [Attribute.FLAGS]:
            return [
                b"* %d FETCH (FLAGS %b)\r\n" % pair for pair in zip(numbers, texts, strict=True)
            ]
        case _:
            rows = zip(numbers, uids, texts, strict=True)
            return [b"* %d FETCH (UID %d FLAGS %b)\r\n" % row for row in rows]


def _lines_by_uid(
    attributes: Sequence[Attribute], uids: Sequence[int], texts: Sequence[bytes]
) -> list[bytes]:
    """The same for a client that knows no numbers (RFC 9586)."""
    shows_uid, shows_flags = Attribute.UID in attributes, Attribute.FLAGS in attributes
    lines: list[bytes] = []
    for uid, text in zip(uids, texts, strict=True):
        pieces = [b"UID %d" % uid] if shows_uid else []
        pieces += [b"FLAGS " + text] if shows_flags else []
        lines.append(b"* %d UIDFETCH (%b)\r\n" % (uid, b" ".join(pieces)))
    return lines


# From rows and files ---------------------------------------------------------------------------

_VALUES: Final[dict[Attribute, tuple[bytes, Callable[[FetchRow], bytes | int]]]] = {
    Attribute.UID: (b"UID %d", attrgetter("uid")),
    Attribute.INTERNALDATE: (
        b"INTERNALDATE %b",
        lambda row: responses.internal_date(row.internal_date),
    ),
    Attribute.RFC822_SIZE: (b"RFC822.SIZE %d", attrgetter("size_bytes")),
    Attribute.ENVELOPE: (b"ENVELOPE %b", attrgetter("envelope")),
    Attribute.BODY: (b"BODY %b", attrgetter("body")),
    Attribute.BODYSTRUCTURE: (b"BODYSTRUCTURE %b", attrgetter("body_structure")),
    Attribute.MODSEQ: (b"MODSEQ (%d)", attrgetter("modseq")),
    Attribute.EMAILID: (b"EMAILID (%b)", lambda row: objectids.email_id(row.sha256)),
    Attribute.THREADID: (b"THREADID (%b)", lambda row: objectids.thread_id(row.thread_id)),
    Attribute.SAVEDATE: (b"SAVEDATE %b", lambda row: responses.internal_date(row.saved_at)),
    Attribute.PREVIEW: (b"PREVIEW %b", lambda row: responses.string(_preview(row))),
}
"""How an attribute is written, and its value; FLAGS are the view's."""
_FLAGS: Final = b"FLAGS %b"


def _preview(row: FetchRow) -> bytes:
    """At most 200 characters (RFC 8970 §4)."""
    return row.preview[:200].replace("\0", "").encode("utf-8", "replace")


type _Placed = tuple[int, FetchRow]
"""A message and its position."""


class _Wanted(NamedTuple):
    """A message some of whose octets are asked for."""

    position: int
    row: FetchRow
    located: list[Located]
    octets: Octets | None
    """What is read in one piece; None when that is too much."""


class _Fetching:
    """One FETCH under way: what is written and not yet sent, and what was missing."""

    def __init__(self, session: Session, plan: Plan, mailbox: Mailbox, view: SelectedView) -> None:
        self._session = session
        self._mailboxes = session.services.mailboxes
        self._plan = plan
        self._kept = Kept(plan.sections) if plan.is_of_headers else None
        self._mailbox = mailbox
        self._view = view
        self._headers: list[tuple[BlobRef, bytes]] = []
        """Headers read of which nothing was kept yet."""
        self._pieces: list[bytes] = []
        self._size = 0
        self.is_missing = False
        self.is_undecodable = False

    async def batch(self, spans: Sequence[Span]) -> None:
        """Answer the messages of some spans."""
        ranges = self._view.uid_ranges(spans)
        if self._plan.opens_files or Attribute.PREVIEW in self._plan.attributes:
            await self._mailboxes.expose(self._session.user.actor, self._mailbox, ranges)
        rows = await self._mailboxes.fetch(self._mailbox, ranges, self._plan.columns)
        places = self._view.positions([row.uid for row in rows])
        placed = [
            (position, row)
            for position, row in zip(places, rows, strict=True)
            if position is not None
        ]
        if len(placed) < sum(end - start for start, end in spans):
            self.is_missing = True
        if Attribute.MODSEQ in self._plan.attributes:
            self._view.seen([_entry(row) for _, row in placed])
        if not self._plan.opens_files:
            await self._session.write_all(self._lines(placed))
            return
        changed = await self._mark_seen([row for _, row in placed])
        if changed:
            placed = [
                (position, row._replace(modseq=changed.get(row.uid, row.modseq)))
                for position, row in placed
            ]
        if self._kept is None or changed:
            await self._from_files(placed, changed)
        else:
            await self._from_kept(self._kept, placed)
        await self._keep_headers()

    async def _from_kept(self, kept: Kept, placed: Sequence[_Placed]) -> None:
        """Answer messages from their kept fields, in order; the files of the others are read."""
        answers = [kept.answer(row.kept_fields or b"") for _, row in placed]
        pairs = zip(placed, answers, strict=True)
        for has_answer, run in groupby(pairs, lambda pair: pair[1] is not None):
            together = list(run)
            some = [one for one, _ in together]
            if has_answer:
                values = [answer for _, answer in together if answer is not None]
                await self.flush()
                await self._session.write_all(self._lines(some, kept.template, values))
            else:
                await self._from_files(await self._with_octets(some), {})

    async def _with_octets(self, placed: Sequence[_Placed]) -> list[_Placed]:
        """The same messages with what their octets are read by, those that are still there."""
        ranges = of_numbers(row.uid for _, row in placed)
        columns = self._plan.columns | FetchColumns.OCTETS
        rows = await self._mailboxes.fetch(self._mailbox, ranges, columns)
        places = {row.uid: position for position, row in placed}
        if len(rows) < len(placed):
            self.is_missing = True
        return [(places[row.uid], row) for row in rows]

    async def _from_files(self, placed: Sequence[_Placed], changed: Mapping[int, int]) -> None:
        for window in self._windows(placed):
            await self._window(window, changed)

    async def _keep_headers(self) -> None:
        """Remember the headers that were read, if they are worth a commit."""
        headers, self._headers = self._headers, []
        if len(headers) < _MANY_HEADERS:
            return
        await self.flush()
        try:
            await self._mailboxes.keep_fields(headers)
        except MailError as error:
            _log.warning("imap.fields_not_kept", reason=error.message, detail=error.detail)

    async def _mark_seen(self, rows: Sequence[FetchRow]) -> dict[int, int]:
        r"""Set `\Seen` where a section that is no PEEK is read; UIDs changed, with their MODSEQ."""
        if not self._plan.marks_seen:
            return {}
        unseen = [(row.uid, row.uid) for row in rows if not row.flags & Flag.SEEN]
        if not unseen:
            return {}
        try:
            stored = await self._mailboxes.set_flags(self._mailbox, unseen, FlagMode.ADD, Flag.SEEN)
        except MailError as error:
            if not error.is_outage:
                raise
            return {}  # mail can be read on a full disk
        changed = self._view.seen(stored.entries)
        self._session.advance(stored.previous_modseq, stored.seq)
        return {entry.uid: entry.modseq for entry in stored.entries if entry.uid in changed}

    def _lines(
        self,
        placed: Sequence[_Placed],
        kept: bytes = b"",
        answers: Sequence[Sequence[bytes | int]] = (),
    ) -> list[bytes]:
        """The answers when no file is opened: a template, and a column for each of its gaps.

        `kept` is the template of the sections, `answers` their values for each message.
        """
        attributes = self._plan.attributes
        is_uid_only = self._session.manner.is_uid_only
        rows = [row for _, row in placed]
        columns: list[Iterable[bytes | int]] = [
            [row.uid for row in rows] if is_uid_only else [place + 1 for place, _ in placed]
        ]
        for attribute in attributes:
            if attribute is Attribute.FLAGS:
                columns.append([self._view.flags_text(place) for place, _ in placed])
            else:
                columns.append(map(_VALUES[attribute][1], rows))
        columns.extend(zip(*answers, strict=True))
        gaps = [_FLAGS if one is Attribute.FLAGS else _VALUES[one][0] for one in attributes]
        gaps += [kept] if kept else []
        name = b"UIDFETCH" if is_uid_only else b"FETCH"
        template = b"* %%d %b (%b)\r\n" % (name, b" ".join(gaps))
        return [template % values for values in zip(*columns, strict=True)]

    def _windows(self, placed: Sequence[_Placed]) -> Iterator[list[_Wanted]]:
        """Portions of messages that are read together: few, or as many as are small."""
        window: list[_Wanted] = []
        total = 0
        for position, row in placed:
            located = sections.locate(row, self._plan.sections)
            octets = sections.block_of(located)
            window.append(_Wanted(position, row, located, octets))
            total += octets[1] - octets[0] if octets is not None else 0
            if len(window) == _READ_AHEAD or total > _READ_OCTETS:
                yield window
                window, total = [], 0
        if window:
            yield window

    async def _window(self, window: Sequence[_Wanted], changed: Mapping[int, int]) -> None:
        """Answer a few messages; small ones are read together."""
        blocks = await self._read(window)
        for (position, row, located, _), block in zip(window, blocks, strict=True):
            head = self._head(position, row, shows_flags=row.uid in changed)
            if self._plan.binaries:
                await self._decoded(head, row, located)
            elif block is None:
                await self._stream(head, row, located)
            elif block is _GONE:
                self.is_missing = True
            else:
                if self._kept is not None and row.kept_fields is None:
                    self._note_header(row, block)
                answers = [sections.answer(one, block) for one in located]
                self._put(head + _joint(head) + b" ".join(answers) + b")\r\n")
                await self._breathe()

    def _note_header(self, row: FetchRow, block: Block) -> None:
        """Note a header that was read whole."""
        header = block.raw[: row.header_size_bytes]
        if block.start == 0 and len(header) == row.header_size_bytes:
            self._headers.append((row.blob, header))

    async def _decoded(self, head: bytes, row: FetchRow, located: Sequence[Located]) -> None:
        """Answer a message some of whose parts are asked for without their encoding."""
        pieces: list[bytes] = []
        try:
            for one in located:
                pieces += [chunk async for chunk in sections.stream(self._mailboxes, row, one)]
                pieces.append(b" ")
            for binary in self._plan.binaries:
                answer = await binaries.answer(self._mailboxes, row, binary)
                if answer is None:
                    self.is_undecodable = True
                else:
                    pieces += [answer, b" "]
        except MailError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            self.is_missing = True
            return
        if pieces:
            head += _joint(head)
        self._put(head + b"".join(pieces[:-1]) + b")\r\n")
        await self._breathe()

    async def _read(self, window: Sequence[_Wanted]) -> list[Block | None]:
        """The small messages' octets; None for a large one, `_GONE` for one that is gone."""
        if self._plan.binaries:
            return [None] * len(window)
        wanted = [(one.row, one.octets) for one in window if one.octets is not None]
        blocks = iter(await sections.read_blocks(self._mailboxes, wanted))
        return [next(blocks) or _GONE if one.octets is not None else None for one in window]

    async def _stream(self, head: bytes, row: FetchRow, located: Sequence[Located]) -> None:
        """Answer a large message in chunks; once begun it cannot be taken back."""
        has_begun = False
        try:
            for one in located:
                before = b" " if has_begun else head + _joint(head)
                async for chunk in sections.stream(self._mailboxes, row, one):
                    self._put(before + chunk if before else chunk)
                    before, has_begun = b"", True
                    await self._breathe()
        except (MailError, EOFError) as error:
            if has_begun or isinstance(error, EOFError):
                self._session.connection.abort()
                raise Disconnected from error
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            self.is_missing = True
            return
        self._put(b")\r\n")

    def _head(self, position: int, row: FetchRow, *, shows_flags: bool) -> bytes:
        """`* n FETCH (` and the attributes; FLAGS when asked for or just changed."""
        pieces = [
            _FLAGS % self._view.flags_text(position)
            if attribute is Attribute.FLAGS
            else _VALUES[attribute][0] % _VALUES[attribute][1](row)
            for attribute in self._plan.attributes
        ]
        if shows_flags:
            pieces += self._changed(position, row)
        is_uid_only = self._session.manner.is_uid_only
        head = responses.fetch_head(position + 1, row.uid, is_uid_only=is_uid_only)
        return head + b" ".join(pieces)

    def _changed(self, position: int, row: FetchRow) -> list[bytes]:
        r"""What a client is told of `\Seen` that its FETCH has set, beside what it asked for."""
        manner, asked, pieces = self._session.manner, self._plan.attributes, list[bytes]()
        if manner.has_vanished and not manner.is_uid_only and Attribute.UID not in asked:
            pieces.append(b"UID %d" % row.uid)
        if Attribute.FLAGS not in asked:
            pieces.append(b"FLAGS " + self._view.flags_text(position))
        if manner.has_modseq and Attribute.MODSEQ not in asked:
            pieces.append(b"MODSEQ (%d)" % row.modseq)
        return pieces

    def _put(self, octets: bytes) -> None:
        self._pieces.append(octets)
        self._size += len(octets)

    async def _breathe(self) -> None:
        if self._size >= _WRITE_AT:
            await self.flush()

    async def flush(self) -> None:
        """Send what is written."""
        if self._pieces:
            self._session.write(b"".join(self._pieces))
            self._pieces, self._size = [], 0
            await self._session.connection.drain()


_GONE: Final = Block(0, b"")


def _entry(row: FetchRow) -> Entry:
    return Entry(row.uid, row.modseq, row.flags, row.keywords)


def _joint(head: bytes) -> bytes:
    """A space between attributes and sections, if there are attributes."""
    return b"" if head.endswith(b"(") else b" "
