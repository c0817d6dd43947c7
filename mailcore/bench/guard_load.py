"""The guard without a server: what judging costs, and what it leaves in memory.

By processor time of this process, so that children that read documents are not in the figures.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from mailcore.address import Address
from mailcore.bench.usage import own_rss
from mailcore.model import JsonObject
from mailcore.policy import Guard, NoFingerprints, OutboundFacts

_FROM: Final = Address("agent", "bench.example")
_TO: Final = (Address("somebody", "remote.example"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRow:
    """What a number of judgements cost."""

    work: str
    count: int
    cpu_seconds: float
    octets: int
    rss_bytes: int

    def figures(self) -> JsonObject:
        """As one row of a table."""
        return {
            "work": self.work,
            "count": self.count,
            "cpu_ms_each": round(self.cpu_seconds / self.count * 1000, 2),
            "mb_per_second": round(self.octets / 1e6 / self.cpu_seconds, 2)
            if self.octets
            else None,
            "rss_mib": round(self.rss_bytes / 2**20, 1),
        }


def made(work: str, make: Callable[[], Guard]) -> tuple[Guard, GuardRow]:
    """A guard, and what it took until it could judge."""
    begun = time.process_time()
    guard = make()
    spent = time.process_time() - begun
    return guard, GuardRow(work=work, count=1, cpu_seconds=spent, octets=0, rss_bytes=own_rss())


def judged(work: str, guard: Guard, mails: Iterable[bytes]) -> GuardRow:
    """What it takes to judge these as they leave."""
    count = octets = 0
    spent = 0.0
    for raw in mails:
        facts = OutboundFacts(
            raw=raw,
            mail_from=_FROM,
            recipients=_TO,
            is_internal=False,
            fingerprints=NoFingerprints(),
        )
        begun = time.process_time()
        guard.judge_outbound(facts)
        spent += time.process_time() - begun
        count += 1
        octets += len(raw)
    return GuardRow(work=work, count=count, cpu_seconds=spent, octets=octets, rss_bytes=own_rss())


def typical(number: int) -> bytes:
    """A mail of some 4 KiB that says the same as text and as HTML; mails of different numbers differ."""
    fields = (
        f"From: agent@bench.example\r\nTo: somebody@remote.example\r\nSubject: Week {number}\r\n"
        f"Message-ID: <{number}@bench.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    )
    turned = _LETTER[number % len(_LETTER) :] + _LETTER[: number % len(_LETTER)]
    text = "\r\n\r\n".join(turned)
    html = "\r\n".join(f'<p style="margin:0 0 12px">{one}</p>' for one in turned)
    return (
        f"{fields}--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        f"<html><body>\r\n{html}\r\n</body></html>\r\n--b--\r\n"
    ).encode()


def prose(megabytes: int) -> bytes:
    """A mail of so much plain text."""
    fields = "Subject: All weeks\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    text = "\r\n\r\n".join(_LETTER) + "\r\n\r\n"
    return (fields + text * (megabytes * 1_000_000 // len(text))).encode()


_LETTER: Final = (
    "Hello everybody,",
    "the second week went as planned. We moved the old pages to the new layout and asked four readers what they "
    "missed. Three of them looked for the opening hours first, so these stand at the top now. The fourth wanted "
    "larger pictures, which we will try once the photographs from the spring have arrived.",
    "On Tuesday the heating in the small meeting room stopped again. The caretaker has ordered a part, and until "
    "it is here we meet in the kitchen on the first floor. Bring a cup. The talk about gardens on balconies takes "
    "place there as well and begins at half past five.",
    "There were two questions about the timetable. The bus leaves a quarter of an hour earlier from December on, "
    "and the train in the evening stays as it is. Whoever comes by bicycle finds the stand behind the house, where "
    "the light has been repaired. Please leave the gate as you found it.",
    "The shop would like to know how many of the green notebooks we need next year. Last year it was forty, and "
    "some were left over. I suggest thirty. If nobody objects by the end of the week, I will write to them on "
    "Monday and ask for the thicker paper, which took the ink better.",
    "The translation of the guide is nearly done. Chapters one to six have been read by two people, chapter seven "
    "waits for the drawings. The index will follow last, because the page numbers may still move a little. Many "
    "thanks to all who sent corrections, even the short ones helped.",
    "Next week is quiet. I will be in the office from Tuesday to Thursday and answer letters in the morning.",
    "Kind regards and a good weekend",
)
"""Ordinary words."""
