"""When to try again: pure arithmetic."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.address import parse_address
from mailcore.ids import QueueId, SubmissionId
from mailcore.model import Attempt, Outcome, QueueItem, RecipientState
from mailcore.outbound.retry import (
    DELAYS,
    GIVE_UP_AFTER,
    JITTER,
    classify,
    delay,
    next_attempt_at,
)

START = datetime(2026, 11, 20, tzinfo=UTC)


def judge(code: int, *, attempts: int = 1, age: timedelta = timedelta(0)):
    return classify(code, attempts=attempts, first_at=START, now=START + age, seed=7)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (250, Outcome.DELIVERED),
        (251, Outcome.DELIVERED),
        (421, Outcome.DEFERRED),
        (451, Outcome.DEFERRED),
        (550, Outcome.FAILED),
        (554, Outcome.FAILED),
        (0, Outcome.DEFERRED),
        (354, Outcome.DEFERRED),
    ],
)
def test_the_first_digit_decides(code, outcome):
    """RFC 5321 §4.2.1."""
    assert judge(code).outcome is outcome


def test_only_a_deferral_has_a_next_time():
    assert judge(250).retry_at is None
    assert judge(550).retry_at is None
    assert judge(450).retry_at is not None


def test_delays_grow_and_then_repeat():
    waits = [delay(attempt, seed=1) for attempt in range(1, 12)]
    assert all(base <= wait for base, wait in zip(DELAYS, waits, strict=False))
    assert waits[0] < timedelta(minutes=1.5)
    assert all(DELAYS[-1] <= wait <= DELAYS[-1] * (1 + JITTER) for wait in waits[7:])


def test_entries_of_one_outage_do_not_come_back_together():
    assert len({delay(3, seed=seed) for seed in range(50)}) == 50


def test_the_same_entry_waits_the_same():
    assert delay(4, seed=9) == delay(4, seed=9)


def test_after_four_days_a_deferral_is_a_failure():
    """RFC 5321 §4.5.4.1."""
    assert judge(450, attempts=20, age=GIVE_UP_AFTER - timedelta(minutes=1)).retry_at is not None
    late = judge(450, attempts=20, age=GIVE_UP_AFTER)
    assert (late.outcome, late.has_expired) == (Outcome.FAILED, True)


@given(attempts=st.integers(-3, 200), age=st.timedeltas(timedelta(0), GIVE_UP_AFTER * 2))
def test_the_next_time_is_later_and_never_past_the_end(attempts, age):
    found = judge(450, attempts=attempts, age=age)
    if found.retry_at is not None:
        assert START + age < found.retry_at <= START + GIVE_UP_AFTER


def test_an_attempt_is_judged_by_the_age_of_its_entry():
    item = QueueItem(
        id=QueueId(1),
        submission_id=SubmissionId("s"),
        recipient=parse_address("a@example.net"),
        state=RecipientState.LEASED,
        is_local=False,
        attempts=1,
        next_at=START,
        created_at=START,
        last_code=0,
        last_reply="",
    )
    attempt = Attempt(
        queue_id=QueueId(1),
        outcome=Outcome.DEFERRED,
        code=451,
        enhanced_code="4.3.0",
        reply="later",
        remote="",
        tls="",
    )
    early = next_attempt_at(item, attempt, START)
    late = next_attempt_at(item, attempt, START + GIVE_UP_AFTER)
    assert early == replace(attempt, retry_at=early.retry_at)
    assert (late.outcome, late.enhanced_code, late.retry_at) == (Outcome.FAILED, "4.4.7", None)
