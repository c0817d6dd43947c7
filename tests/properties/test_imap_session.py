"""Two sessions and the world change one mailbox; what each session was told must add up to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from imapd.commands import StoreMode
from imapd.selected import SelectedView
from mailcore.ids import InboxId, MailboxId, Seq
from mailcore.model import Entry, Flag, Mailbox, MailboxChanges, MailboxContents

_FETCH = re.compile(rb"\* (\d+) FETCH \(UID (\d+) FLAGS \(([^)]*)\)\)\r\n")
_NUMBER = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE|RECENT)\r\n")
FLAGS = (Flag.SEEN, Flag.DELETED, Flag.FLAGGED)


@dataclass
class World:
    """The mailbox as the store has it."""

    entries: dict[int, Entry] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)
    head: int = 1
    uid_next: int = 1

    def deliver(self) -> None:
        self.head += 1
        self.entries[self.uid_next] = Entry(self.uid_next, self.head, 0, "")
        self.uid_next += 1

    def toggle(self, position: int, flag: Flag) -> tuple[Entry, ...]:
        if not self.entries:
            return ()
        uid = sorted(self.entries)[position % len(self.entries)]
        self.head += 1
        self.entries[uid] = Entry(uid, self.head, self.entries[uid].flags ^ flag, "")
        return (self.entries[uid],)

    def expunge(self, position: int) -> None:
        if self.entries:
            self.head += 1
            uid = sorted(self.entries)[position % len(self.entries)]
            del self.entries[uid]
            self.gone[uid] = self.head

    def since(self, seq: int) -> MailboxChanges:
        mailbox = Mailbox(
            id=MailboxId(1),
            inbox_id=InboxId("i"),
            name="INBOX",
            uid_validity=1,
            uid_next=self.uid_next,
            highest_modseq=Seq(self.head),
            messages=len(self.entries),
            unseen=0,
            deleted=0,
            size_bytes=0,
            recent_from_uid=2**32,
            special_use=None,
            is_subscribed=True,
            is_selectable=True,
        )
        return MailboxChanges(
            mailbox=mailbox,
            entries=tuple(e for _, e in sorted(self.entries.items()) if e.modseq > seq),
            vanished=tuple(uid for uid, at in sorted(self.gone.items()) if at > seq),
            head=Seq(self.head),
        )

    def whole(self) -> MailboxContents:
        """Everything, for a session that begins."""
        found = self.since(0)
        return MailboxContents(
            mailbox=found.mailbox,
            uids=[one.uid for one in found.entries],
            flags=[one.flags for one in found.entries],
            keywords=[one.keywords for one in found.entries],
            head=found.head,
        )


class Replay:
    """A client that believes what it is told, and the view that tells it."""

    def __init__(self, world: World) -> None:
        self.view = SelectedView(world.whole(), recent_from_uid=2**32)
        self.known: list[set[bytes] | None] = [
            _names(self.view.flags_text(position)) for position in range(self.view.count)
        ]

    def hear(self, told: Sequence[bytes], *, may_expunge: bool) -> None:
        for line in told:
            if match := _NUMBER.fullmatch(line):
                self._count(int(match[1]), match[2], may_expunge=may_expunge)
            elif match := _FETCH.fullmatch(line):
                number = int(match[1])
                assert 1 <= number <= len(self.known)
                assert self.view.uids[number - 1] == int(match[2])
                self.known[number - 1] = set(match[3].split())

    def _count(self, number: int, word: bytes, *, may_expunge: bool) -> None:
        if word == b"EXISTS":
            assert number >= len(self.known)
            for position in range(len(self.known), number):
                self.known.append(_names(self.view.flags_text(position)))
        elif word == b"EXPUNGE":
            assert may_expunge
            del self.known[number - 1]

    def sync(self, world: World, *, may_expunge: bool) -> None:
        told = self.view.sync(world.since(self.view.head), may_expunge=may_expunge)
        self.hear(told, may_expunge=may_expunge)


def _names(text: bytes) -> set[bytes]:
    return set(text.strip(b"()").split())


steps = st.lists(
    st.tuples(
        st.sampled_from(["deliver", "toggle", "store", "silent", "expunge", "sync", "hold"]),
        st.integers(0, 1),
        st.integers(0, 20),
        st.sampled_from(FLAGS),
    ),
    max_size=40,
)


@given(st.integers(0, 4), steps)
def test_what_a_session_was_told_adds_up_to_the_mailbox(
    start: int, actions: list[tuple[str, int, int, Flag]]
) -> None:
    """RFC 9051 §7.4, §7.5: numbers and flags, whatever happens in between."""
    world = World()
    for _ in range(start):
        world.deliver()
    sessions = [Replay(world), Replay(world)]
    for action, which, position, flag in actions:
        session = sessions[which]
        match action:
            case "deliver":
                world.deliver()
            case "toggle":
                world.toggle(position, flag)
            case "store" | "silent":
                _store(world, session, position, flag, is_silent=action == "silent")
            case "expunge":
                world.expunge(position)
            case "sync" | "hold":
                session.sync(world, may_expunge=action == "sync")
    for session in sessions:
        session.sync(world, may_expunge=True)
        assert list(session.view.uids) == sorted(world.entries)
        expected = [world.entries[uid].flags for uid in sorted(world.entries)]
        assert [_bits(one) for one in session.known] == expected


def _store(world: World, session: Replay, position: int, flag: Flag, *, is_silent: bool) -> None:
    """The session toggles a flag by STORE +FLAGS or -FLAGS as it believes right."""
    if not world.entries:
        return
    uid = sorted(world.entries)[position % len(world.entries)]
    place = session.view.position(uid)
    if place is None:
        return
    is_set = bool(_bits(session.known[place]) & flag)
    mode = StoreMode.REMOVE if is_set else StoreMode.ADD
    before = world.entries[uid].flags
    after = before & ~flag if is_set else before | flag
    if after != before:
        world.head += 1
        world.entries[uid] = Entry(uid, world.head, after, "")
    told = session.view.stored([world.entries[uid]], mode, flag, (), is_silent=is_silent)
    session.hear(told, may_expunge=False)
    if is_silent and not told:
        known = session.known[place] or set()
        name = {Flag.SEEN: b"\\Seen", Flag.DELETED: b"\\Deleted", Flag.FLAGGED: b"\\Flagged"}[flag]
        session.known[place] = known - {name} if is_set else known | {name}


def _bits(names: set[bytes] | None) -> int:
    table = {b"\\Seen": 1, b"\\Flagged": 4, b"\\Deleted": 8}
    return sum(table[name] for name in names or ())
