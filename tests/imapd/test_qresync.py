"""A client that keeps a mailbox by QRESYNC alone, while another one changes it."""

import hashlib
import re
from pathlib import Path

from tests.support.imap_live import Client, live

_FLAGS = (r"\Seen", r"\Flagged", r"\Deleted", "$Todo")
_FETCH = re.compile(rb"\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) MODSEQ \((\d+)\)\)")
_VANISHED = re.compile(rb"\* VANISHED (?:\(EARLIER\) )?([0-9:,]+)")
_MODSEQ = re.compile(rb"\[HIGHESTMODSEQ (\d+)\]")
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]")


class Cache:
    """UIDs with flags, as the server told them; `\\Recent` aside."""

    def __init__(self) -> None:
        self.flags: dict[int, frozenset[bytes]] = {}
        self.validity = 0
        self.modseq = 0

    def hear(self, said: list[bytes]) -> None:
        """Take responses in their order."""
        for line in said:
            if found := _FETCH.fullmatch(line):
                self.flags[int(found[1])] = frozenset(found[2].split()) - {rb"\Recent"}
                self.modseq = max(self.modseq, int(found[3]))
            elif found := _VANISHED.fullmatch(line):
                for piece in found[1].split(b","):
                    low, _, high = piece.partition(b":")
                    for uid in range(int(low), int(high or low) + 1):
                        self.flags.pop(uid, None)
            elif found := _MODSEQ.search(line):
                self.modseq = max(self.modseq, int(found[1]))
            if found := _VALIDITY.search(line):
                self.validity = int(found[1])

    async def select(self, client: Client) -> None:
        """Come back after a while."""
        if not self.validity:
            self.hear(await client.ok("SELECT INBOX"))
            self.hear(await client.ok("UID FETCH 1:* (FLAGS MODSEQ)"))
        else:
            self.hear(await client.ok(f"SELECT INBOX (QRESYNC ({self.validity} {self.modseq}))"))

    async def refresh(self, client: Client) -> None:
        """What a client does when EXISTS has grown: ask for what is new since it knew all."""
        question = f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {self.modseq} VANISHED)"
        self.hear(await client.ok("NOOP"))
        self.hear(await client.ok(question))


def _choices(count: int) -> list[tuple[int, int]]:
    """Numbers that look random and are the same in every run."""
    digests = (hashlib.sha256(b"%d" % step).digest() for step in range(count))
    return [(one[0], int.from_bytes(one[1:4])) for one in digests]


async def _act(writer: Client, kind: int, choice: int) -> None:
    """One change by somebody else."""
    flag = _FLAGS[choice % len(_FLAGS)]
    match kind % 6:
        case 0 | 1:
            await writer.append(b"Subject: x\r\n\r\n%d\r\n" % choice)
        case 2 | 3:
            sign = "+" if kind & 64 else "-"
            await writer.ok(f"UID STORE {choice % 40 + 1}:{choice % 40 + 3} {sign}FLAGS ({flag})")
        case 4:
            await writer.ok("EXPUNGE")
        case _:
            await writer.ok(f"UID MOVE {choice % 40 + 1} Archive")


async def _truth(client: Client) -> dict[int, frozenset[bytes]]:
    said = await client.ok("UID FETCH 1:* (FLAGS MODSEQ)")
    truth = Cache()
    truth.hear(said)
    return truth.flags


async def test_a_cache_kept_by_qresync_equals_the_mailbox(tmp_path: Path) -> None:
    """RFC 7162 §3.2: coming back and staying both tell everything, once modifications are counted."""
    async with live(tmp_path) as server:
        for number in range(10):
            await server.deliver(b"Subject: x\r\n\r\n%d\r\n" % number)
        writer = await server.login("INBOX")
        staying, returning = Cache(), Cache()
        reader = await server.login()
        await reader.ok("ENABLE QRESYNC")
        await staying.select(reader)
        for step, (kind, choice) in enumerate(_choices(80)):
            await _act(writer, kind, choice)
            if step % 4 == 3:
                await staying.refresh(reader)
                assert staying.flags == await _truth(reader)
            if step % 10 == 9:
                visitor = await server.login()
                await visitor.ok("ENABLE QRESYNC")
                await returning.select(visitor)
                assert returning.flags == await _truth(visitor)
                await visitor.ok("LOGOUT")


async def test_a_client_whose_past_is_forgotten_learns_what_is_gone(tmp_path: Path) -> None:
    """RFC 7162 §3.2.5.1: without the removals of that time, what is not there is told as gone."""
    async with live(tmp_path) as server:
        for number in range(4):
            await server.deliver(b"Subject: x\r\n\r\n%d\r\n" % number)
        cache = Cache()
        first = await server.login()
        await first.ok("ENABLE QRESYNC")
        await cache.select(first)
        await first.ok(r"STORE 2:3 +FLAGS.SILENT (\Deleted)")
        await first.ok("EXPUNGE")
        await first.ok("LOGOUT")
        await server.stores.journal.trim(server.clock.now())
        second = await server.login()
        await second.ok("ENABLE QRESYNC")
        await cache.select(second)
        assert cache.flags == await _truth(second)
        assert sorted(cache.flags) == [1, 4]
