"""Which notices a sender gets: NOTIFY against what became of the message."""

from datetime import UTC, datetime, timedelta

import pytest

from mailcore.address import parse_address
from mailcore.ids import QueueId, SubmissionId
from mailcore.message.dsn import Action
from mailcore.model import (
    Attempt,
    Notify,
    Outcome,
    QueueItem,
    RecipientState,
    RecipientTerms,
    Terms,
)
from mailcore.outbound.notices import action_of

START = datetime(2026, 11, 20, tzinfo=UTC)
YOU = parse_address("you@example.net")
DELAY_AFTER = timedelta(hours=4)
S, F, D = Notify.SUCCESS, Notify.FAILURE, Notify.DELAY


def told(
    outcome: Outcome,
    notify: set[Notify] | None,
    *,
    age: timedelta = timedelta(0),
    is_local: bool = False,
    is_reported_on: bool = False,
    release_at: datetime | None = None,
    late_after: timedelta | None = DELAY_AFTER,
) -> Action | None:
    item = QueueItem(
        id=QueueId(1),
        submission_id=SubmissionId("s"),
        recipient=YOU,
        state=RecipientState.LEASED,
        is_local=is_local,
        attempts=1,
        next_at=START,
        created_at=START,
        last_code=0,
        last_reply="",
    )
    attempt = Attempt(
        queue_id=item.id,
        outcome=outcome,
        code=0,
        enhanced_code="",
        reply="",
        remote="",
        tls="",
        is_reported_on=is_reported_on,
    )
    asked = RecipientTerms(address=YOU, notify=None if notify is None else frozenset(notify))
    terms = Terms(by_recipient=(asked,), release_at=release_at)
    return action_of(item, attempt, terms, START + age, late_after=late_after)


@pytest.mark.parametrize(
    ("outcome", "notify", "action"),
    [
        (Outcome.FAILED, None, Action.FAILED),
        (Outcome.FAILED, {F}, Action.FAILED),
        (Outcome.FAILED, {S, D}, None),
        (Outcome.FAILED, set(), None),
        (Outcome.DELIVERED, None, None),
        (Outcome.DELIVERED, {F, D}, None),
        (Outcome.DELIVERED, {S}, Action.RELAYED),
        (Outcome.DELIVERED, set(), None),
        (Outcome.DEFERRED, {D}, None),
    ],
)
def test_a_sender_hears_what_it_asked_for(
    outcome: Outcome, notify: set[Notify] | None, action: Action | None
) -> None:
    """RFC 3461 §4.1."""
    assert told(outcome, notify) is action


def test_success_is_told_by_the_last_host_that_can() -> None:
    """RFC 3461 §5.2.1, §5.2.2: never twice, never nobody."""
    assert told(Outcome.DELIVERED, {S}, is_local=True) is Action.DELIVERED
    assert told(Outcome.DELIVERED, {S}, is_reported_on=True) is None


def test_a_delay_counts_from_the_moment_a_message_may_leave() -> None:
    """RFC 4865: what was kept on purpose is not late."""
    assert told(Outcome.DEFERRED, {D}, age=DELAY_AFTER) is Action.DELAYED
    assert told(Outcome.DEFERRED, None, age=DELAY_AFTER) is Action.DELAYED
    assert told(Outcome.DEFERRED, {F}, age=DELAY_AFTER) is None
    assert told(Outcome.DEFERRED, None, age=DELAY_AFTER, late_after=None) is None
    later = START + timedelta(hours=1)
    assert told(Outcome.DEFERRED, {D}, age=DELAY_AFTER, release_at=later) is None
