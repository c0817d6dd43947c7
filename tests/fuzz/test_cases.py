"""What the fuzzer has found, and what it begins with, run as ordinary tests."""

from itertools import count

import pytest

from tests.fuzz import cases
from tests.fuzz.targets import TARGETS, Target, TooSlowError, check


@pytest.mark.parametrize("name", TARGETS)
def test_no_case_fails_or_takes_long(name: str) -> None:
    target = TARGETS[name]
    for octets in (*target.seeds, *cases.load(name)):
        check(target, octets)


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_may_be_cut_and_repeated(name: str) -> None:
    """A cheap share of what the fuzzer does: what is cut off, doubled or changed by one octet."""
    target = TARGETS[name]
    for seed in target.seeds:
        for at in range(0, len(seed), 3):
            check(target, seed[:at])
            check(target, seed[at:])
            check(target, seed[:at] + bytes([seed[at] ^ 0x15]) + seed[at + 1 :])
        check(target, seed * 50)


def test_a_failure_and_a_slow_input_are_found() -> None:
    """The check itself can fail."""

    def fail(_: bytes) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        check(Target(run=fail, seeds=()), b"")
    with pytest.raises(TooSlowError):
        check(Target(run=len, seeds=()), b"", clock=count(0, 2).__next__)
    check(Target(run=len, seeds=()), b"", clock=count().__next__)
