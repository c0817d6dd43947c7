from collections.abc import Callable
from pathlib import Path

import pytest

import guard as guard_package
from guard import GuardSettings, build
from guard.decode import Decoder, Passage
from guard.leaks import LeakScanner, Match
from guard.patterns import RULES
from guard.rule import Scope
from mailcore.address import Address
from mailcore.compiled import CompiledFiles
from mailcore.model import AuthReport
from mailcore.policy import (
    Fingerprints,
    Guard,
    InboundFacts,
    NoFingerprints,
    OutboundFacts,
    RuleCache,
    Verdict,
)
from mailcore.sandbox import Sandbox
from tests.support.compiled import CACHE_DIR

EXTRACT = Path(guard_package.__file__).with_name("extract.py")


def sandbox(seconds: int = 20) -> Sandbox:
    """The real child, with time for a busy machine."""
    return Sandbox(EXTRACT, seconds=seconds)


_MIA = Address("mia", "agents.example")
Judge = Callable[..., Verdict]


@pytest.fixture(scope="session")
def compiled() -> RuleCache:
    """Rules compiled once for all tests and servers under test."""
    return CompiledFiles(CACHE_DIR)


@pytest.fixture(scope="session")
def guard(compiled: RuleCache) -> Guard:
    return build(GuardSettings(), sandbox(), compiled)


@pytest.fixture(scope="session")
def scan(compiled: RuleCache) -> Callable[..., list[Match]]:
    """Matches of the whole rule table in every reading of a text."""
    scanner, decoder = LeakScanner(RULES, compiled), Decoder()

    def run(text: str, scope: Scope = Scope.PROSE) -> list[Match]:
        read = decoder.read(Passage(place="text", text=text, scope=scope))
        return list(scanner.scan(read.readings))

    return run


@pytest.fixture(scope="session")
def judge(guard: Guard) -> Judge:
    """The outbound verdict on raw bytes to somebody outside."""

    def run(
        raw: bytes,
        *,
        recipients: tuple[Address, ...] = (Address("bob", "partner.example"),),
        is_internal: bool = False,
        fingerprints: Fingerprints | None = None,
    ) -> Verdict:
        return guard.judge_outbound(
            OutboundFacts(
                raw=raw,
                mail_from=Address("mia", "agents.example"),
                recipients=recipients,
                is_internal=is_internal,
                fingerprints=fingerprints or NoFingerprints(),
            )
        )

    return run


@pytest.fixture(scope="session")
def score(guard: Guard) -> Judge:
    """The inbound verdict on raw bytes from outside."""

    def run(
        raw: bytes,
        *,
        auth: AuthReport | None = None,
        is_external: bool = True,
        to: Address = _MIA,
    ) -> Verdict:
        return guard.judge_inbound(
            InboundFacts(
                raw=raw,
                mail_from=None,
                recipients=(to,),
                is_external=is_external,
                auth=auth or AuthReport(dmarc="pass", is_aligned=True),
            )
        )

    return run
