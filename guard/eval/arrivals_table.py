"""How many attacks that arrive are noticed, by category, and how much ordinary mail is suspected."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from guard.eval.arrivals import Arrival, arrivals
from mailcore.model import JsonObject, JsonValue
from mailcore.policy import Guard, InboundFacts

INNOCENT: Final = frozenset({"ordinary", "newsletter"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalRow:
    """Of so many messages, how many were noticed at all, and how many as spam."""

    name: str
    total: int
    noticed: int
    spam: int

    @property
    def rate(self) -> float:
        """The share that is a warning or spam, 0 to 1."""
        return self.noticed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalTable:
    """The result of one evaluation."""

    attacks: tuple[ArrivalRow, ...]
    innocent: tuple[ArrivalRow, ...]
    missed: tuple[str, ...]
    """The category of every attack that passed as clean."""

    @property
    def recall(self) -> float:
        """The share of all attacks that were noticed."""
        total = sum(row.total for row in self.attacks)
        return sum(row.noticed for row in self.attacks) / total if total else 0.0

    def lines(self) -> list[str]:
        """The table as text."""
        head = f"{'arriving':28}{'warned':>7}{'spam':>7}{'of':>7}{'%':>7}"
        rows = [_line(row) for row in self.attacks]
        wrong = [_line(row) for row in self.innocent]
        return [head, *rows, "", *wrong, f"attacks noticed {self.recall:.1%}"]

    def document(self) -> JsonObject:
        """The table as data."""
        attacks: list[JsonValue] = [_shown(row) for row in self.attacks]
        innocent: list[JsonValue] = [_shown(row) for row in self.innocent]
        return {"recall": self.recall, "attacks": attacks, "innocent": innocent}


def evaluate_arrivals(guard: Guard, samples: Iterable[Arrival] | None = None) -> ArrivalTable:
    """Score every message; the standard corpus where none is given."""
    levels: dict[str, list[str]] = {}
    for one in arrivals() if samples is None else samples:
        levels.setdefault(one.category, []).append(_level(guard, one))
    rows = [_row(name, found) for name, found in levels.items()]
    return ArrivalTable(
        attacks=tuple(row for row in rows if row.name not in INNOCENT),
        innocent=tuple(row for row in rows if row.name in INNOCENT),
        missed=tuple(
            name
            for name, found in levels.items()
            if name not in INNOCENT
            for level in found
            if level == "clean"
        ),
    )


def _level(guard: Guard, one: Arrival) -> str:
    facts = InboundFacts(
        raw=one.raw, mail_from=None, recipients=(), is_external=True, auth=one.auth
    )
    return guard.judge_inbound(facts).level


def _row(name: str, levels: list[str]) -> ArrivalRow:
    spam = levels.count("spam")
    return ArrivalRow(
        name=name, total=len(levels), noticed=spam + levels.count("warning"), spam=spam
    )


def _line(row: ArrivalRow) -> str:
    return f"{row.name:28}{row.noticed - row.spam:7d}{row.spam:7d}{row.total:7d}{row.rate:7.1%}"


def _shown(row: ArrivalRow) -> JsonObject:
    return {"name": row.name, "noticed": row.noticed, "spam": row.spam, "of": row.total}
