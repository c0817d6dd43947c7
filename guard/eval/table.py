"""The table: how much is found by kind and carrier, how much is held without reason, how fast."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from guard.eval.corpus import Sample, corpus
from mailcore.address import Address
from mailcore.model import JsonObject
from mailcore.policy import Guard, NoFingerprints, OutboundFacts, Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How many of so many samples were held."""

    name: str
    total: int
    held: int

    @property
    def rate(self) -> float:
        """The share held, 0 to 1."""
        return self.held / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalTable:
    """The result of one evaluation."""

    by_kind: tuple[Row, ...]
    by_carrier: tuple[Row, ...]
    plain: Row
    hard: Row
    near_misses: Row
    ham: Row
    seconds: float
    """Processor time, that of children included: on a busy machine the clock says little."""
    octets: int
    missed: tuple[tuple[str, str], ...] = field(default=())
    """Kind and carrier of every leak that passed."""

    @property
    def recall(self) -> float:
        """The share of all leaks that were held."""
        total = self.plain.total + self.hard.total
        return (self.plain.held + self.hard.held) / total if total else 0.0

    def document(self) -> JsonObject:
        """The table as data."""
        return {
            "recall": self.recall,
            "precision": self.precision,
            "kinds": [_shown(row) for row in self.by_kind],
            "carriers": [_shown(row) for row in self.by_carrier],
            "plain": _shown(self.plain),
            "hard": _shown(self.hard),
            "near_misses": _shown(self.near_misses),
            "ham": _shown(self.ham),
            "megabytes_per_second": self.rate,
            "messages_per_second": self.messages / self.seconds if self.seconds else 0.0,
            "missed": [list(pair) for pair in self.missed],
        }

    @property
    def messages(self) -> int:
        """How many were judged."""
        return sum(one.total for one in (self.plain, self.hard, self.near_misses, self.ham))

    @property
    def rate(self) -> float:
        """Megabytes of messages a second."""
        return self.octets / self.seconds / 1e6 if self.seconds else 0.0

    @property
    def precision(self) -> float:
        """The share of leaks in what was held."""
        right = self.plain.held + self.hard.held
        wrong = self.near_misses.held + self.ham.held
        return right / (right + wrong) if right + wrong else 0.0

    def lines(self) -> list[str]:
        """The table as text."""
        rows = [f"{'kind':28}{'held':>7}{'of':>7}{'%':>7}"]
        rows += [_line(row) for row in self.by_kind]
        rows += ["", f"{'carrier':28}{'held':>7}{'of':>7}{'%':>7}"]
        rows += [_line(row) for row in self.by_carrier]
        return [*rows, "", *self.summary()]

    def summary(self) -> list[str]:
        """The sums alone."""
        rows = [_line(row) for row in (self.plain, self.hard, self.near_misses, self.ham)]
        per_second = self.messages / self.seconds if self.seconds else 0.0
        speed = f"{per_second:.0f} messages/s, {self.rate:.2f} MB/s of processor time"
        rows.append(f"recall {self.recall:.1%}, precision {self.precision:.1%}, {speed}")
        return rows


def evaluate(guard: Guard, samples: Iterable[Sample] | None = None) -> EvalTable:
    """Judge every sample; the standard corpus where none is given."""
    return measure(lambda raw: _is_held(guard, raw), samples)


def measure(is_held: Callable[[bytes], bool], samples: Iterable[Sample] | None = None) -> EvalTable:
    """The table of anything that holds messages or lets them go."""
    judged: list[tuple[Sample, bool]] = []
    octets = 0
    started = os.times()
    for sample in corpus() if samples is None else samples:
        octets += len(sample.raw)
        judged.append((sample, is_held(sample.raw)))
    seconds = sum(os.times()[:4]) - sum(started[:4])
    leaks = [(sample, held) for sample, held in judged if sample.is_leak]
    return EvalTable(
        by_kind=_rows((sample.kind, held) for sample, held in leaks),
        by_carrier=_rows((sample.carrier, held) for sample, held in leaks),
        plain=_row("plain carriers", [held for sample, held in leaks if not sample.is_hard]),
        hard=_row("hard carriers", [held for sample, held in leaks if sample.is_hard]),
        near_misses=_row("near misses held", [h for s, h in judged if s.kind == "near miss"]),
        ham=_row("ordinary mail held", [h for s, h in judged if s.kind == "ham"]),
        seconds=seconds,
        octets=octets,
        missed=tuple((sample.kind, sample.carrier) for sample, held in leaks if not held),
    )


def _is_held(guard: Guard, raw: bytes) -> bool:
    facts = OutboundFacts(
        raw=raw,
        mail_from=Address("mia", "agents.example"),
        recipients=(Address("bob", "partner.example"),),
        is_internal=False,
        fingerprints=NoFingerprints(),
    )
    return guard.judge_outbound(facts).ruling is not Ruling.ALLOW


def _rows(pairs: Iterable[tuple[str, bool]]) -> tuple[Row, ...]:
    grouped: dict[str, list[bool]] = {}
    for name, held in pairs:
        grouped.setdefault(name, []).append(held)
    return tuple(_row(name, held) for name, held in grouped.items())


def _shown(row: Row) -> JsonObject:
    return {"name": row.name, "held": row.held, "of": row.total, "rate": row.rate}


def _row(name: str, held: list[bool]) -> Row:
    return Row(name=name, total=len(held), held=sum(held))


def _line(row: Row) -> str:
    return f"{row.name:28}{row.held:7d}{row.total:7d}{row.rate:7.1%}"
