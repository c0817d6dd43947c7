"""What one run showed, and several runs together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from mailcore.model import JsonObject


@dataclass(slots=True)
class Run:
    """One measured run of one load."""

    operations: int = 0
    errors: int = 0
    seconds: float = 0.0
    server_cpu_seconds: float | None = None
    server_rss_bytes: int | None = None
    client_cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    """Seconds from asking to the answer, one for each operation."""
    first_error: str = ""
    kib_per_client: float | None = None
    """Memory of the server for each client that stays connected, where that was measured."""

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds if self.seconds else 0.0

    @property
    def client_share(self) -> float:
        """How much of one core the load generator used: near 1 it is the limit itself."""
        return self.client_cpu_seconds / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The runs of one load on one server."""

    server: str
    load: str
    runs: tuple[Run, ...]

    def figures(self) -> JsonObject:
        """Medians over the runs, with the spread of the rate."""
        rates = sorted(run.rate for run in self.runs)
        cpu = [
            run.server_cpu_seconds / run.operations * 1000
            for run in self.runs
            if run.server_cpu_seconds is not None and run.operations
        ]
        held = [run.kib_per_client for run in self.runs if run.kib_per_client is not None]
        rss = [run.server_rss_bytes for run in self.runs if run.server_rss_bytes is not None]
        return {
            "server": self.server,
            "load": self.load,
            "runs": len(self.runs),
            "operations": sum(run.operations for run in self.runs),
            "errors": sum(run.errors for run in self.runs),
            "first_error": next((run.first_error for run in self.runs if run.first_error), ""),
            "rate": round(median(rates), 1),
            "rate_min": round(rates[0], 1),
            "rate_max": round(rates[-1], 1),
            "seconds": round(median(run.seconds for run in self.runs), 4),
            "p50_ms": _median_ms(self.runs, 0.50),
            "p99_ms": _median_ms(self.runs, 0.99),
            "cpu_ms_per_operation": round(median(cpu), 3) if cpu else None,
            "rss_mib": round(max(rss) / 2**20, 1) if rss else None,
            "kib_per_client": round(median(held), 1) if held else None,
            "generator_share": round(median(run.client_share for run in self.runs), 2),
        }


def _median_ms(runs: Sequence[Run], share: float) -> float | None:
    found = [percentile(run.latencies, share) for run in runs if run.latencies]
    return round(median(found) * 1000, 3) if found else None


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
