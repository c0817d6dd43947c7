"""Which notices a sender gets about a recipient (RFC 3461 §4.1). Pure: no clock, no sockets.

Without NOTIFY a sender hears of failures, and once of a delay.
"""

from datetime import datetime, timedelta

from mailcore.message.dsn import Action
from mailcore.model import Attempt, Notify, Outcome, QueueItem, Terms


def action_of(
    item: QueueItem, attempt: Attempt, terms: Terms, now: datetime, *, late_after: timedelta | None
) -> Action | None:
    """What to tell after this attempt; None for nothing.

    A message that waits is late from the age `late_after`; never with None.
    """
    asked = terms.of(item.recipient)
    match attempt.outcome:
        case Outcome.FAILED:
            return Action.FAILED if asked.wants(Notify.FAILURE) else None
        case Outcome.DELIVERED:
            return _success(item, attempt) if asked.wants(Notify.SUCCESS) else None
        case Outcome.DEFERRED:
            first_at = max(item.created_at, terms.release_at or item.created_at)
            is_late = late_after is not None and now - first_at >= late_after
            return Action.DELAYED if is_late and asked.wants(Notify.DELAY) else None


def _success(item: QueueItem, attempt: Attempt) -> Action | None:
    """The last host tells of success itself when it can, and we when it cannot (RFC 3461 §5.2.2)."""
    if item.is_local:
        return Action.DELIVERED
    return None if attempt.is_reported_on else Action.RELAYED
