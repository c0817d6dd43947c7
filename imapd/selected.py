r"""What one session was told about its mailbox, and what it must be told next. No I/O.

Message numbers are positions in the array of UIDs kept here (RFC 9051 §2.3.1.2). Changes come as
`MailboxChanges`; `sync` turns the difference to what the client knows into untagged responses.
Invariants: UIDs ascend; a message expunged elsewhere keeps its number until its EXPUNGE may be sent
(RFC 9051 §7.5.1); the count never falls by other means; nothing is told twice.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from imapd import responses
from imapd.commands import StoreMode
from imapd.manner import Manner
from imapd.seqset import Range, SequenceSet, intersect, of_numbers
from mailcore.model import Entry, Flag, MailboxChanges, MailboxContents

type Span = tuple[int, int]
"""Positions from, up to but not including, counted from 0."""

_MANY: Final = 8
"""From an eighth of the mailbox on, one pass over all of it is cheaper than many look-ups."""


class FlagSets:
    r"""Every combination of flags, keywords and `\Recent` in a mailbox, with its prepared octets.

    A message is then one small number, and FLAGS of 100,000 messages is a table lookup each.
    """

    def __init__(self) -> None:
        self._ids: dict[tuple[int, str, bool], int] = {}
        self.keys: list[tuple[int, str, bool]] = []
        self.texts: list[bytes] = []
        self.keywords: dict[str, None] = {}
        self.is_grown = False
        """A keyword has come up since this was last cleared."""

    def id_of(self, flags: int, keywords: str, *, is_recent: bool) -> int:
        """The number of a combination, made when it is new."""
        key = (flags, keywords, is_recent)
        found = self._ids.get(key)
        return self._add(key) if found is None else found

    def _add(self, key: tuple[int, str, bool]) -> int:
        number = self._ids[key] = len(self.keys)
        flags, keywords, is_recent = key
        self.keys.append(key)
        self.texts.append(responses.flag_list(flags, keywords, is_recent=is_recent))
        for keyword in keywords.split():
            if keyword not in self.keywords:
                self.keywords[keyword] = None
                self.is_grown = True
        return number

    def with_flag(self, flag: Flag, *, is_set: bool) -> list[int]:
        """The combinations that have the flag, or that lack it."""
        return [number for number, key in enumerate(self.keys) if bool(key[0] & flag) is is_set]

    def copy(self) -> "FlagSets":
        """An independent copy."""
        twin = FlagSets()
        twin._ids = dict(self._ids)
        twin.keys = list(self.keys)
        twin.texts = list(self.texts)
        twin.keywords = dict(self.keywords)
        return twin


class SelectedView:
    """The array of UIDs and flags of one session."""

    def __init__(self, whole: MailboxContents, *, recent_from_uid: int) -> None:
        self.head = whole.head
        self.manner = Manner()
        self.saved: list[Range] = []
        """The UIDs that `$` stands for (RFC 5182)."""
        self.sets = FlagSets()
        self.uids = array("I", whole.uids)
        pairs = dict.fromkeys(zip(whole.flags, whole.keywords, strict=True))
        ids = {pair: self.sets.id_of(*pair, is_recent=False) for pair in pairs}
        numbers = map(ids.__getitem__, zip(whole.flags, whole.keywords, strict=True))
        self._flags = array("I", numbers)
        self.last_uid = self.uids[-1] if self.uids else 0
        """The highest UID that was ever told."""
        self._held: set[int] = set()
        self._recent_count = 0
        self._set_recent(recent_from_uid)
        self.sets.is_grown = False

    def _ids_of(self, entries: Iterable[Entry], recent_from_uid: int) -> list[int]:
        id_of = self.sets.id_of
        return [
            id_of(entry.flags, entry.keywords, is_recent=entry.uid >= recent_from_uid)
            for entry in entries
        ]

    def twin(self, *, recent_from_uid: int) -> "SelectedView":
        r"""A copy for another session, where `\Recent` begins at another UID."""
        twin = SelectedView.__new__(SelectedView)
        twin.head = self.head
        twin.manner = Manner()
        twin.saved = []
        twin.sets = self.sets.copy()
        twin.uids = self.uids[:]
        twin._flags = self._flags[:]  # noqa: SLF001 - a copy of its own kind
        twin.last_uid = self.last_uid
        twin._held = set(self._held)  # noqa: SLF001
        twin._set_recent(recent_from_uid)  # noqa: SLF001
        return twin

    def _set_recent(self, recent_from_uid: int) -> None:
        start = bisect_left(self.uids, recent_from_uid)
        if self._recent_ids():
            self._mark(slice(start), is_recent=False)
        self._mark(slice(start, None), is_recent=True)
        self._recent_count = len(self.uids) - start

    def _mark(self, part: slice, *, is_recent: bool) -> None:
        r"""Make messages `\Recent`, or not."""
        before, keys = self._flags[part], self.sets.keys
        after = {one: self.sets.id_of(*keys[one][:2], is_recent=is_recent) for one in set(before)}
        self._flags[part] = array("I", map(after.__getitem__, before))

    # Questions -------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """How many messages the client knows of."""
        return len(self.uids)

    @property
    def recent_count(self) -> int:
        r"""How many of them are `\Recent`."""
        return self._recent_count

    @property
    def keywords(self) -> tuple[str, ...]:
        """Every keyword seen in the mailbox."""
        return tuple(self.sets.keywords)

    def first_unseen(self) -> int:
        """The number of the first message that is not seen, or 0."""
        found = []
        for number in self.sets.with_flag(Flag.SEEN, is_set=False):
            try:
                found.append(self._flags.index(number))
            except ValueError:
                continue
        return min(found) + 1 if found else 0

    def position(self, uid: int) -> int | None:
        """Where a UID stands, counted from 0."""
        found = bisect_left(self.uids, uid)
        return found if found < len(self.uids) and self.uids[found] == uid else None

    def positions(self, uids: Sequence[int]) -> Sequence[int | None]:
        """Where UIDs, ascending, stand: one comparison when they follow each other here too."""
        return self._run(uids) or [self.position(uid) for uid in uids]

    def _run(self, uids: Sequence[int]) -> range | None:
        """Where UIDs stand that follow each other here too."""
        start = self.position(uids[0]) if uids else None
        if start is None or self.uids[start : start + len(uids)] != array("I", uids):
            return None
        return range(start, start + len(uids))

    def numbers_of(self, uids: Sequence[int]) -> list[int]:
        """The message numbers of those UIDs that the client knows of, ascending."""
        if len(uids) * _MANY > len(self.uids):
            if run := self._run(uids):
                return [*range(run.start + 1, run.stop + 1)]
            wanted = frozenset(uids)
            return [number for number, uid in enumerate(self.uids, 1) if uid in wanted]
        places = [self.position(uid) for uid in uids]
        return [place + 1 for place in places if place is not None]

    def uids_known(self, uids: Sequence[int]) -> list[int]:
        """Those UIDs that the client knows of."""
        if len(uids) * _MANY > len(self.uids):
            if self._run(uids):
                return [*uids]
            known = frozenset(self.uids)
            return [uid for uid in uids if uid in known]
        return [uid for uid in uids if self.position(uid) is not None]

    def flags_text(self, position: int) -> bytes:
        """The flag list at a position, in parentheses."""
        return self.sets.texts[self._flags[position]]

    def flags_texts(self, span: Span) -> list[bytes]:
        """The flag lists of a span."""
        texts = self.sets.texts
        return [texts[number] for number in self._flags[span[0] : span[1]]]

    def spans(self, numbers: SequenceSet, *, by_uid: bool) -> list[Span]:
        """Where the messages are that a set names, ascending.

        UIDs that do not exist are left out, and so are numbers beyond the end: whether those are an
        error is the command's affair.
        """
        found: list[Span] = []
        is_by_uid = by_uid or numbers.is_saved
        for low, high in self._resolved(numbers, by_uid=by_uid):
            if is_by_uid:
                start, end = bisect_left(self.uids, low), bisect_right(self.uids, high)
            else:
                start, end = low - 1, min(high, len(self.uids))
            if start < end:
                found.append((start, end))
        return found

    def _resolved(self, numbers: SequenceSet, *, by_uid: bool) -> list[Range]:
        if numbers.is_saved:
            return self.saved
        return numbers.resolve(self._largest(by_uid=by_uid))

    def _largest(self, *, by_uid: bool) -> int:
        if not by_uid:
            return len(self.uids)
        return self.uids[-1] if self.uids else 0

    def uid_ranges(self, spans: Sequence[Span]) -> list[Range]:
        """The UIDs between the ends of each span; what lies in between and is unknown here too."""
        return [(self.uids[start], self.uids[end - 1]) for start, end in spans]

    def uids_at(self, numbers: SequenceSet) -> list[Range]:
        """UID ranges of messages by number."""
        return self.uid_ranges(self.spans(numbers, by_uid=False))

    def uids_in(self, uids: SequenceSet) -> list[Range]:
        """UID ranges with `*` replaced by the last UID."""
        return self._resolved(uids, by_uid=True)

    def missing(self, ranges: Sequence[Range]) -> list[Range]:
        """What of the ranges, ascending and disjoint, is the UID of no message here."""
        gaps: list[Range] = []
        following = 1
        for low, high in of_numbers(self.uids):
            if following < low:
                gaps.append((following, low - 1))
            following = high + 1
        return intersect(ranges, [*gaps, (following, 2**32 - 1)])

    def recent_uids(self) -> list[Range]:
        r"""UID ranges of what is `\Recent`."""
        recent = self._recent_ids()
        if not recent:
            return []
        pairs = zip(self.uids, self._flags, strict=True)
        return of_numbers(uid for uid, number in pairs if number in recent)

    def _recent_ids(self) -> frozenset[int]:
        return frozenset(number for number, key in enumerate(self.sets.keys) if key[2])

    def _recent_among(self, numbers: Iterable[int]) -> int:
        """How many of these combinations are of what is recent: the cost is theirs alone."""
        keys = self.sets.keys
        return sum(keys[number][2] for number in numbers)

    # Changes ---------------------------------------------------------------------------------

    def sync(
        self,
        changes: MailboxChanges,
        *,
        may_expunge: bool,
        recent_from_uid: int | None = None,
        tells_flags: bool = True,
    ) -> list[bytes]:
        """Take what happened and return what the client must be told of it, in order.

        Without `tells_flags` the client asks for flags when it wants to know them.
        """
        if recent_from_uid is None:
            recent_from_uid = changes.mailbox.recent_from_uid
        self.head = changes.head
        self._held.update(uid for uid in changes.vanished if self.position(uid) is not None)
        told = self._expunge() if may_expunge and self._held else []
        split = bisect_right(changes.entries, self.last_uid, key=lambda entry: entry.uid)
        updates = self._update(changes.entries[:split])
        if not tells_flags:
            updates = []
        told += self._arrivals(changes.entries[split:], recent_from_uid)
        if self.sets.is_grown:
            self.sets.is_grown = False
            told.append(responses.flags(self.keywords))
        return told + updates

    def leaving(self, changes: MailboxChanges) -> list[int]:
        """The UIDs that a `sync` that may expunge would tell gone."""
        return self.uids_known(sorted(self._held.union(changes.vanished)))

    def removed(self, uids: Iterable[int]) -> None:
        """Take the session's own expunge: the next `sync` that may tells it."""
        self._held.update(uid for uid in uids if self.position(uid) is not None)

    def _expunge(self) -> list[bytes]:
        """Let the held messages go: numbers count down as they are told."""
        positions = sorted(
            position for uid in self._held if (position := self.position(uid)) is not None
        )
        if self.manner.has_vanished or self.manner.is_uid_only:
            told = [responses.vanished(of_numbers(self.uids[one] for one in positions))]
        else:
            told = [responses.expunge(one + 1 - gone) for gone, one in enumerate(positions)]
        self._recent_count -= self._recent_among([self._flags[one] for one in positions])
        self.uids = _without(self.uids, positions)
        self._flags = _without(self._flags, positions)
        self._held.clear()
        return told

    def _update(self, entries: Sequence[Entry]) -> list[bytes]:
        told: list[bytes] = []
        for entry in entries:
            position = self.position(entry.uid)
            if position is not None and self._set(position, entry):
                told.append(self.fetch_flags(position, entry.modseq))
        return told

    def _arrivals(self, entries: Sequence[Entry], recent_from_uid: int) -> list[bytes]:
        if not entries:
            return []
        self.uids.extend([entry.uid for entry in entries])
        numbers = self._ids_of(entries, recent_from_uid)
        self._flags.extend(numbers)
        self.last_uid = self.uids[-1]
        self._recent_count += self._recent_among(numbers)
        if self.manner.is_rev2:
            return [responses.exists(self.count)]
        return [responses.exists(self.count), responses.recent(self._recent_count)]

    def _set(self, position: int, entry: Entry) -> bool:
        """Note an entry's flags; whether they differ from what the client was told."""
        is_recent = self.sets.keys[self._flags[position]][2]
        number = self.sets.id_of(entry.flags, entry.keywords, is_recent=is_recent)
        if number == self._flags[position]:
            return False
        self._flags[position] = number
        return True

    def fetch_flags(self, position: int, modseq: int) -> bytes:
        """`* n FETCH` with UID and FLAGS, and MODSEQ for who wants it."""
        flags = self.flags_text(position)
        if self.manner.is_uid_only:
            more = b" MODSEQ (%d)" % modseq if self.manner.has_modseq else b""
            return b"* %d UIDFETCH (FLAGS %b%b)\r\n" % (self.uids[position], flags, more)
        known = position + 1, self.uids[position], flags
        if self.manner.has_modseq:
            return b"* %d FETCH (UID %d FLAGS %b MODSEQ (%d))\r\n" % (*known, modseq)
        return b"* %d FETCH (UID %d FLAGS %b)\r\n" % known

    def resynced(self, entries: Iterable[Entry]) -> list[bytes]:
        """The FETCH responses of what changed before the mailbox was selected."""
        told: list[bytes] = []
        for entry in entries:
            position = self.position(entry.uid)
            if position is not None:
                self._set(position, entry)
                told.append(self.fetch_flags(position, entry.modseq))
        return told

    def stored(
        self,
        entries: Sequence[Entry],
        mode: StoreMode,
        flags: Flag,
        keywords: Sequence[str],
        *,
        is_silent: bool,
        seq: int = 0,
    ) -> list[bytes]:
        """Take the result of the session's own STORE and return its FETCH responses.

        `.SILENT` silences what the client can work out for itself; a flag that somebody else
        changed meanwhile is told all the same (RFC 9051 §6.4.6), and so is the MODSEQ of what
        changed with `seq` to a client that wants it (RFC 7162 §3.1.3).
        """
        told: list[bytes] = []
        as_expected: dict[tuple[int, int, str], bool] = {}
        places = self.positions([entry.uid for entry in entries])
        for entry, position in zip(entries, places, strict=True):
            if position is None:
                continue
            before = self._flags[position]
            self._set(position, entry)
            if is_silent:
                case = (before, entry.flags, entry.keywords)
                if case not in as_expected:
                    expected = _expected(self.sets.keys[before], mode, flags, keywords)
                    as_expected[case] = expected == _plain(entry)
                if as_expected[case]:
                    if self.manner.has_modseq and entry.modseq == seq:
                        told.append(self._fetch_modseq(position, entry))
                    continue
            told.append(self.fetch_flags(position, entry.modseq))
        if self.sets.is_grown:
            self.sets.is_grown = False
            told.insert(0, responses.flags(self.keywords))
        return told

    @property
    def is_whole(self) -> bool:
        """Whether nothing waits to be told gone: what is here is what was there at `head`."""
        return not self._held

    def became(
        self, span: Span, became: Mapping[tuple[int, str], tuple[int, str]], *, is_silent: bool
    ) -> list[bytes]:
        """Take what the session's own STORE made of flags that nobody else had changed.

        Returns the FETCH responses, which `.SILENT` leaves out.
        """
        before = self._flags[span[0] : span[1]]
        after: dict[int, int] = {}
        for number in set(before):
            flags, keywords, is_recent = self.sets.keys[number]
            new = became.get((flags, keywords), (flags, keywords))
            after[number] = self.sets.id_of(*new, is_recent=is_recent)
        self._flags[span[0] : span[1]] = array("I", map(after.__getitem__, before))
        told: list[bytes] = []
        if not is_silent:
            told = [self.fetch_flags(position, 0) for position in range(*span)]
        if self.sets.is_grown:
            self.sets.is_grown = False
            told.insert(0, responses.flags(self.keywords))
        return told

    def _fetch_modseq(self, position: int, entry: Entry) -> bytes:
        is_uid_only = self.manner.is_uid_only
        head = responses.fetch_head(position + 1, entry.uid, is_uid_only=is_uid_only)
        uid = b"" if is_uid_only else b"UID %d " % entry.uid
        return b"%b%bMODSEQ (%d))\r\n" % (head, uid, entry.modseq)

    def seen(self, entries: Sequence[Entry]) -> set[int]:
        r"""Take `\Seen` set by the session's own FETCH; the UIDs whose flags are new to it."""
        changed: set[int] = set()
        for entry in entries:
            position = self.position(entry.uid)
            if position is not None and self._set(position, entry):
                changed.add(entry.uid)
        return changed


def portions(spans: Iterable[Span], size: int) -> Iterator[Span]:
    """The spans in pieces of at most so many messages."""
    for start, end in spans:
        for first in range(start, end, size):
            yield first, min(first + size, end)


def _without(numbers: "array[int]", positions: Sequence[int]) -> "array[int]":
    kept = array(numbers.typecode)
    start = 0
    for position in positions:
        kept.extend(numbers[start:position])
        start = position + 1
    kept.extend(numbers[start:])
    return kept


def _plain(entry: Entry) -> tuple[int, set[str]]:
    return entry.flags, {keyword.lower() for keyword in entry.keywords.split()}


def _expected(
    known: tuple[int, str, bool], mode: StoreMode, flags: Flag, keywords: Sequence[str]
) -> tuple[int, set[str]]:
    """What a STORE should have made of flags as the client knew them."""
    named = {keyword.lower() for keyword in keywords}
    before = {keyword.lower() for keyword in known[1].split()}
    match mode:
        case StoreMode.ADD:
            return known[0] | flags, before | named
        case StoreMode.REMOVE:
            return known[0] & ~flags, before - named
        case StoreMode.REPLACE:
            return int(flags), named
