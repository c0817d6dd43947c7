"""A client that knows of its mailbox only what it was told, and finds fault with what it may not be.

It keeps UIDs and flags by message number and changes them by untagged responses alone; its own silent
STORE it works out as it is sent, as clients do. What it holds is to equal the mailbox after a NOOP.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from imapd import seqset
from tests.support.imap_live import Client

_NUMBER = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE|RECENT)")
_FETCH = re.compile(rb"\* (\d+) FETCH \((.*)\)", re.DOTALL)
_UID = re.compile(rb"\bUID (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_MODSEQ = re.compile(rb"\bMODSEQ \((\d+)\)")
_VANISHED = re.compile(rb"\* VANISHED( \(EARLIER\))? ([\d:,]+)")
_BODY = re.compile(rb"BODY\[\] \{\d+\}\r\n(.*)", re.DOTALL)
_CODES = re.compile(rb"\[(UIDVALIDITY|HIGHESTMODSEQ) (\d+)\]")
_SEARCH = re.compile(rb"\* (?:SEARCH|ESEARCH \(TAG \"\w+\"\)(?: UID)?(?: ALL)?) ?([\d ,:]*)")


class Manner(Enum):
    """How the client wants to be spoken to, and what it sends for that after its login."""

    PLAIN = ""
    REV2 = "ENABLE IMAP4rev2"
    QRESYNC = "ENABLE QRESYNC"
    NOTIFY = "NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))"


@dataclass(slots=True)
class Shown:
    """One message as the client knows it; a message it has only heard the number of has no UID."""

    uid: int | None = None
    flags: frozenset[str] = frozenset()


@dataclass(slots=True)
class Replica:
    """One session."""

    client: Client
    manner: Manner
    messages: list[Shown] = field(default_factory=list)
    bodies: dict[int, bytes] = field(default_factory=dict)
    """Octets by UID; the same UID never has others."""
    found: list[int] = field(default_factory=list)
    """What the last SEARCH found."""
    validity: int = 0
    modseq: int = 0
    """Everything up to here is known (RFC 7162 §3.2.5)."""
    is_idling: bool = False
    _heard: int = 0

    async def start(self) -> None:
        """Say how to be spoken to."""
        if self.manner.value:
            await self.client.ok(self.manner.value)

    # What the client knows -------------------------------------------------------------------

    def known(self) -> list[tuple[int | None, frozenset[str]]]:
        """UIDs with flags, by message number."""
        return [(one.uid, one.flags) for one in self.messages]

    def uids(self) -> list[int]:
        """The UIDs it knows of."""
        return [one.uid for one in self.messages if one.uid is not None]

    # Commands --------------------------------------------------------------------------------

    async def open(self, mailbox: str, *, is_resync: bool = False) -> None:
        """SELECT; as QRESYNC from what was known, else anew."""
        if is_resync and self.manner is Manner.QRESYNC and self.validity:
            uids = self.uids()
            self.messages = [Shown(one.uid, one.flags) for one in self.messages if one.uid]
            known = f" {seqset.render(seqset.of_numbers(uids)).decode()}" if uids else ""
            await self.resync(f"SELECT {mailbox} (QRESYNC ({self.validity} {self.modseq}{known}))")
        else:
            if self.manner is not Manner.NOTIFY:  # it may be told of the old mailbox up to CLOSED
                self.messages = []
            await self.command(f"SELECT {mailbox}")
        await self.learn()

    async def resync(self, command: str) -> None:
        """EXISTS tells the number now, VANISHED what is gone of before, FETCH what changed."""
        said = await self.client.ok(command)
        before = {one.uid: one for one in self.messages}
        (count,) = (int(line.split()[1]) for line in said if line.endswith(b" EXISTS"))
        for line in said:
            if match := _VANISHED.fullmatch(line):
                assert match[1], "EARLIER is missing"
                for uid in _numbers(match[2]):
                    before.pop(uid, None)
        for line in said:
            if match := _FETCH.fullmatch(line):
                uid, flags = _UID.search(match[2]), _FLAGS.search(match[2])
                assert uid, line
                assert flags, line
                assert _MODSEQ.search(match[2]), line
                before[int(uid[1])] = Shown(int(uid[1]), _names(flags[1]))
        self.messages = [before[uid] for uid in sorted(before)]
        assert len(self.messages) <= count, f"{count} EXISTS, but {len(self.messages)} are known"
        self.messages += [Shown() for _ in range(count - len(self.messages))]
        for line in said:
            self._codes(line)

    async def command(self, text: str | bytes, *, may_expunge: bool = True) -> bytes:
        """Send, take every response in, and return the tagged one."""
        await self.end_idle()
        *told, answer = await self.client.command(text)
        for line in told:
            self.hear(line, may_expunge=may_expunge)
        assert not answer.startswith(b"BAD"), (text, answer)
        self._codes(answer)
        if text in ("CLOSE", "UNSELECT") and self.manner is Manner.NOTIFY:
            self.messages = []
        return answer

    async def learn(self) -> None:
        """Ask for UID and flags of what only the number is known of."""
        for _ in range(10):
            unknown = [at for at, one in enumerate(self.messages, 1) if one.uid is None]
            if not unknown:
                return
            numbers = f"{unknown[0]}:{unknown[-1]}"
            answer = await self.command(f"FETCH {numbers} (UID FLAGS)", may_expunge=False)
            if not answer.startswith(b"OK"):
                await self.command("NOOP")
        raise AssertionError(f"never told the UIDs: {self.messages}")

    async def sync(self) -> None:
        """NOOP; after it everything is known."""
        await self.command("NOOP")
        await self.learn()
        self.modseq = max(self.modseq, self._heard)

    async def store(
        self, place: int, mode: str, flag: str, *, by_uid: bool, is_silent: bool
    ) -> None:
        """STORE of one message, by its place in what is known.

        Flags may be on their way to who is told unasked, so what a silent STORE makes of them cannot
        be worked out.
        """
        is_silent = is_silent and self.manner is not Manner.NOTIFY
        shown = self.messages[place]
        item = f"{mode}FLAGS{'.SILENT' if is_silent else ''} ({flag})"
        number = shown.uid if by_uid else place + 1
        if is_silent:
            shown.flags = _changed(shown.flags, mode, flag)
        text = f"{'UID ' if by_uid else ''}STORE {number} {item}"
        answer = await self.command(text, may_expunge=by_uid)
        await self.learn()
        if not answer.startswith(b"OK"):
            await self.refresh()

    async def refresh(self) -> None:
        """Ask for all flags: a command failed half way."""
        await self.command("NOOP")
        if self.messages:
            answer = await self.command("FETCH 1:* (UID FLAGS)", may_expunge=False)
            if not answer.startswith(b"OK"):
                await self.refresh()

    async def search(self, key: str, *, by_uid: bool) -> list[int]:
        """What a SEARCH finds, numbers or UIDs."""
        self.found = []
        await self.command(f"{'UID ' if by_uid else ''}SEARCH {key}", may_expunge=by_uid)
        found = self.found
        if not by_uid:
            assert all(1 <= one <= len(self.messages) for one in found), found
        await self.learn()
        return found

    async def begin_idle(self) -> None:
        """IDLE; what comes is taken in by `hear_until` or when it ends."""
        await self.end_idle()
        await self.client.send(b"i IDLE\r\n")
        while not (line := await self.client.line()).startswith(b"+"):
            self.hear(line)
        self.is_idling = True

    async def end_idle(self) -> None:
        """DONE."""
        if self.is_idling:
            self.is_idling = False
            await self.client.send(b"DONE\r\n")
            for line in await self.client.until(b"i"):
                self.hear(line)

    async def hear_until(self, expected: list[tuple[int, frozenset[str]]]) -> None:
        """Listen in IDLE until all of that was told without a question."""
        while not self._is_told(expected):
            self.hear(await self.client.line())

    def _is_told(self, expected: list[tuple[int, frozenset[str]]]) -> bool:
        if len(expected) != len(self.messages):
            return False
        pairs = zip(self.messages, expected, strict=True)
        return all(one.uid is None or (one.uid, one.flags) == wanted for one, wanted in pairs)

    # Responses -------------------------------------------------------------------------------

    def hear(self, line: bytes, *, may_expunge: bool = True) -> None:
        """Take in one untagged response."""
        if match := _NUMBER.fullmatch(line):
            self._number(int(match[1]), match[2], may_expunge=may_expunge)
        elif match := _FETCH.fullmatch(line):
            self._fetched(int(match[1]), match[2])
        elif match := _VANISHED.fullmatch(line):
            assert may_expunge, line
            assert self.manner is Manner.QRESYNC, line
            self._vanished(_numbers(match[2]))
        elif match := _SEARCH.fullmatch(line):
            self.found = sorted(_numbers(match[1].replace(b" ", b",")))
        else:
            self._codes(line)

    def _codes(self, line: bytes) -> None:
        if b"[CLOSED]" in line and self.manner is Manner.NOTIFY:
            self.messages = []
        for word, number in _CODES.findall(line):
            if word == b"UIDVALIDITY":
                self.validity = int(number)
            else:
                self.modseq = max(self.modseq, int(number))

    def _number(self, number: int, word: bytes, *, may_expunge: bool) -> None:
        match word:
            case b"EXISTS":
                assert number >= len(self.messages), f"EXISTS fell to {number}"
                self.messages += [Shown() for _ in range(number - len(self.messages))]
            case b"EXPUNGE":
                assert may_expunge, "EXPUNGE where numbers are being used"
                assert self.manner is not Manner.QRESYNC, "EXPUNGE after ENABLE QRESYNC"
                del self.messages[number - 1]
            case _:
                assert self.manner is not Manner.REV2, "RECENT after ENABLE IMAP4rev2"

    def _fetched(self, number: int, items: bytes) -> None:
        assert 1 <= number <= len(self.messages), f"FETCH of {number} among {len(self.messages)}"
        shown = self.messages[number - 1]
        if body := _BODY.search(items):
            items = items[: body.start()]
        if uid := _UID.search(items):
            assert shown.uid in (None, int(uid[1])), f"{number} was UID {shown.uid}, now {uid[1]!r}"
            shown.uid = int(uid[1])
        if flags := _FLAGS.search(items):
            shown.flags = _names(flags[1])
        if modseq := _MODSEQ.search(items):
            self._heard = max(self._heard, int(modseq[1]))
        if body and shown.uid is not None:
            raw = body[1]
            assert self.bodies.setdefault(shown.uid, raw) == raw, (
                f"UID {shown.uid} has other octets"
            )

    def _vanished(self, uids: Iterable[int]) -> None:
        for uid in uids:
            del self.messages[self._place(uid)]

    def _place(self, uid: int) -> int:
        """Where it is; a UID never told is one of the unknown between its neighbours, as UIDs ascend."""
        found = None
        for at, one in enumerate(self.messages):
            if one.uid is None:
                found = at if found is None else found
            elif one.uid == uid:
                return at
            elif one.uid > uid:
                break
            else:
                found = None
        assert found is not None, f"VANISHED {uid}, which was not there"
        return found


def _numbers(text: bytes) -> list[int]:
    if not text.strip(b", "):
        return []
    ranges = seqset.parse(text.strip(b", ")).resolve(2**32 - 1)
    return [one for low, high in ranges for one in range(low, high + 1)]


def _names(text: bytes) -> frozenset[str]:
    return frozenset(text.decode().split()) - {"\\Recent"}


def _changed(flags: frozenset[str], mode: str, flag: str) -> frozenset[str]:
    match mode:
        case "+":
            return flags | {flag}
        case "-":
            return flags - {flag}
        case _:
            return frozenset([flag])
