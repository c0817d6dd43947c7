"""The guard: what leaves and what arrives, judged. Pure policy behind `mailcore.policy.Guard`.

Not I/O: no sockets, files, clock or memory of its own; the same octets give the same verdict.
`build` compiles the rules, or takes them from the cache, and returns an object that threads may share.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final, override

from guard.inbound import InboundJudge
from guard.known import shape_of
from guard.outbound import OutboundJudge
from guard.patterns import OTHER_FINDINGS, RULES
from guard.provenance import trace
from guard.settings import GuardSettings
from guard.sniff import kind_of
from mailcore.model import JsonObject
from mailcore.policy import (
    NO_FINGERPRINTS,
    NO_RULE_CACHE,
    Extractor,
    Fingerprints,
    Guard,
    InboundFacts,
    NoExtractor,
    OutboundFacts,
    RuleCache,
    Severity,
    Verdict,
)

__all__ = [
    "GuardSettings",
    "PolicyGuard",
    "build",
    "catalog",
    "kind_of",
    "rule_ids",
    "shape_of",
    "trace",
]


class PolicyGuard(Guard):
    """The guard of this product: leak rules outbound, threat scoring inbound."""

    def __init__(self, settings: GuardSettings, extractor: Extractor, cache: RuleCache) -> None:
        """The rules of both directions are compiled side by side."""
        with ThreadPoolExecutor(max_workers=1) as other:
            inbound = other.submit(InboundJudge, settings, cache, extractor)
            self._outbound: Final = OutboundJudge(settings, extractor, cache)
            self._inbound: Final = inbound.result()

    def learn(self) -> None:
        """Compile the words of all languages into the cache, so that no mail in one waits for them."""
        self._inbound.learn()

    @override
    def judge_outbound(self, facts: OutboundFacts) -> Verdict:
        """A verdict over everything a recipient would get."""
        return self._outbound.judge(facts)

    @override
    def judge_inbound(self, facts: InboundFacts) -> Verdict:
        """A verdict over a message that arrived from outside."""
        return self._inbound.judge(facts)

    @override
    def redact(
        self,
        text: str,
        hold_at: Severity | None = None,
        fingerprints: Fingerprints = NO_FINGERPRINTS,
    ) -> str:
        """The text with every match that would hold masked; for notices that quote mail."""
        return self._outbound.redact(text, hold_at, fingerprints)


def catalog() -> list[JsonObject]:
    """The rules for mail that leaves, sorted by id, with what they hit and what they leave alone."""
    rows: list[JsonObject] = [
        {
            "rule": rule.id,
            "category": rule.category,
            "severity": rule.severity.value,
            "description": rule.description,
            "patterns": list(rule.patterns),
            "examples": list(rule.examples),
            "near_misses": list(rule.near_misses),
        }
        for rule in RULES
    ]
    for name, (severity, description) in OTHER_FINDINGS.items():
        rows.append(
            {
                "rule": name,
                "category": _CATEGORIES.get(name.partition(".")[0], name.partition(".")[0]),
                "severity": severity,
                "description": description,
                "patterns": [],
                "examples": [],
                "near_misses": [],
            }
        )
    return sorted(rows, key=lambda row: str(row["rule"]))


_CATEGORIES: Final = {"credential": "credentials"}


def rule_ids() -> frozenset[str]:
    """The ids of everything the guard may find in mail that leaves."""
    return frozenset(rule.id for rule in RULES) | frozenset(OTHER_FINDINGS)


def build(
    settings: GuardSettings | None = None,
    extractor: Extractor | None = None,
    cache: RuleCache = NO_RULE_CACHE,
) -> PolicyGuard:
    """A ready guard; rules are compiled here or come from the cache, so that no message waits for it.

    Without an extractor PDF files and binary workbooks cannot be looked into, and hold.
    """
    return PolicyGuard(settings or GuardSettings(), extractor or NoExtractor(), cache)
