"""The guard as the configuration wants it, and what commands ask of it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import override

import guard as guard_package
from guard.render import safe_text
from httpapi.rendering import agent_reading
from mailcore.compiled import CompiledFiles, give_back
from mailcore.config import Config
from mailcore.message.removals import removal_json
from mailcore.model import JsonObject
from mailcore.policy import (
    NO_FINGERPRINTS,
    Fingerprints,
    Guard,
    InboundFacts,
    OutboundFacts,
    Severity,
    Verdict,
)
from mailcore.sandbox import Sandbox
from mailcore.store.layout import CACHE


class LazyGuard(Guard):
    """A guard that is built on first use: commands that judge nothing need not wait for its rules."""

    def __init__(self, build: Callable[[], Guard]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: Guard | None = None

    def learn(self) -> None:
        """Compile the words of other languages in a thread of its own, which nobody waits for."""
        built = self.warm_up()
        if isinstance(built, guard_package.PolicyGuard):
            threading.Thread(target=_learn, args=(built,), name="languages", daemon=True).start()

    def warm_up(self) -> Guard:
        """Build it now, once; other threads wait."""
        with self._lock:
            if self._built is None:
                self._built = self._build()
            return self._built

    @override
    def judge_outbound(self, facts: OutboundFacts) -> Verdict:
        return self.warm_up().judge_outbound(facts)

    @override
    def judge_inbound(self, facts: InboundFacts) -> Verdict:
        return self.warm_up().judge_inbound(facts)

    @override
    def redact(
        self,
        text: str,
        hold_at: Severity | None = None,
        fingerprints: Fingerprints = NO_FINGERPRINTS,
    ) -> str:
        return self.warm_up().redact(text, hold_at, fingerprints)


def _learn(built: guard_package.PolicyGuard) -> None:
    built.learn()
    give_back()


def build_guard(config: Config) -> LazyGuard:
    """The guard as configured; its rules are compiled when it first judges, or by `warm_up`."""
    settings = guard_package.GuardSettings(
        hold_at=Severity(config.guard.hold_at),
        scores_inbound=config.guard.inbound,
        warning_at=config.inbound.warning_score,
        spam_at=config.inbound.spam_score,
    )
    program = Path(guard_package.__file__).with_name("extract.py")
    cache = CompiledFiles(config.guard.cache_dir or config.server.data_dir / CACHE)
    return LazyGuard(lambda: guard_package.build(settings, Sandbox(program), cache))


def agent_view(raw: bytes) -> JsonObject:
    """What an agent would read of a message, the words of others marked."""
    return agent_reading(raw, readable)


def guard_rules() -> list[JsonObject]:
    """Every rule of the guard for mail that leaves, as data."""
    return guard_package.catalog()


def kind_of(payload: bytes) -> str:
    """What octets are, by looking at them, in words for a person."""
    return guard_package.kind_of(payload).value


def readable(text: str) -> tuple[str, list[JsonObject]]:
    """Text as an agent may read it, and what was taken out of it."""
    clean, removals = safe_text(text)
    return clean, [removal_json(one) for one in removals]
