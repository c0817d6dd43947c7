"""Which tables the copy of the state has, and why the others are left out.

Every table is named here once: a new one that nobody decided about fails a test, and the copy.
"""

from dataclasses import dataclass
from typing import Final

_OF_SUBMISSIONS: Final = "IN (SELECT content_id FROM live.submissions)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """How the rows of one table are followed."""

    compare: tuple[str, ...] | None = None
    """Columns that tell a changed row; None for all, empty where rows never change. The others of
    `threads` are found again in the messages."""
    where: str = ""
    """Which rows are wanted, of `l`."""
    grows: bool = False
    """Numbers are never given out again and rows never change: only those above the last are read."""


_WHOLE: Final = Copied()
_FIXED: Final = Copied(compare=())

COPIED: Final[dict[str, Copied]] = {
    "schema_version": _WHOLE,
    "counters": _WHOLE,
    # Who there is, and what they may do.
    "domains": _WHOLE,
    "dkim_keys": _WHOLE,
    "domain_checks": _WHOLE,
    "agents": _WHOLE,
    "people": _WHOLE,
    "inboxes": _WHOLE,
    "passwords": _WHOLE,
    "keys": _WHOLE,
    "aliases": _WHOLE,
    "alias_inboxes": _WHOLE,
    "settings": _WHOLE,
    "sending_policies": _WHOLE,
    "smarthosts": _WHOLE,
    "trusted_domains": _WHOLE,
    "guard_secrets": _WHOLE,
    "guard_policies": _WHOLE,
    "taints": _WHOLE,
    # What people and agents keep beside their mail.
    "contacts": _WHOLE,
    "tags": _WHOLE,
    "templates": _WHOLE,
    "signatures": _WHOLE,
    "metadata": _WHOLE,
    "mailboxes": _WHOLE,
    "threads": Copied(compare=("status", "needs_review", "merged_into", "subject")),
    "tasks": _WHOLE,
    "rules": _WHOLE,
    "rule_applications": _WHOLE,
    "rule_replies": _WHOLE,
    # What waits for a person, a time or another server, and what became of it.
    "quarantine": _WHOLE,
    "quarantine_bytes": _FIXED,
    "submissions": _WHOLE,
    "recipients": _WHOLE,
    "attempts": Copied(grows=True),
    "contents": Copied(compare=("sha256",), where=f"l.id {_OF_SUBMISSIONS}"),
    "searchables": Copied(where=f"l.content_id {_OF_SUBMISSIONS}"),
    "pending_bytes": Copied(where=f"l.content_id {_OF_SUBMISSIONS}"),
    "files": Copied(where="l.ref IN (SELECT blob FROM live.submissions WHERE blob <> '')"),
    "holds": _WHOLE,
    "hold_copies": _WHOLE,
    "hold_versions": _FIXED,
    "likenesses": _FIXED,
    "spent_tokens": _FIXED,
    "drafts": _WHOLE,
    "draft_versions": _FIXED,
    "idempotency": _WHOLE,
    "dedupe": Copied(compare=("at", "message_id")),
    "queue_pauses": _WHOLE,
    "suppressions": _WHOLE,
    # Where events and questions go.
    "webhooks": _WHOLE,
    "channels": _WHOLE,
    "channel_links": _WHOLE,
    "channel_messages": _WHOLE,
    "stranger_digests": _FIXED,
    # What was seen and done.
    "audit": Copied(grows=True),
    "spam_log": _FIXED,
    "sts_policies": _WHOLE,
    "tls_levels": _WHOLE,
    "report_counts": _WHOLE,
    "received_reports": _WHOLE,
}

FOLLOWED: Final = ("messages", "judgments")
"""Followed by MODSEQ: what the tree cannot say of a message, its id, thread, verdict and time."""

LEFT_OUT: Final[dict[str, str]] = {
    "kept_fields": "made again from the headers",
    "thread_refs": "found again in the messages and submissions",
    "thread_totals": "counted by triggers",
    "folders": "the mirror finds it in the tree",
    "tombstones": "mail clients are told to look at everything again",
    "doomed": "files that no row names are removed in time",
    "journal": "events end with the database; numbers go on above all old ones",
    "cursors": "every consumer begins at the new journal's head",
    "webhook_deliveries": "they repeat events of the old journal",
    "leases": "they belong to processes that ended",
    "queue_turns": "whose turn it is begins anew",
    "approval_grants": "a grant that was taken back must not come back: people are asked anew",
    "hold_votes": "approvals are never assumed: people are asked anew",
    "channel_codes": "they are good for minutes and used once",
    "greylist": "senders try again",
    "arrivals_placed": "what the log of arrivals still has is looked for in the inbox",
}
