"""How one client wants to be spoken to: what it has switched on with ENABLE or implied otherwise.

Nothing is ever switched off again (RFC 5161 §3.1).
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Manner:
    """The switches of one session, shared with its view."""

    has_modseq: bool = False
    """FETCH responses about flags carry MODSEQ (RFC 7162 §3.1)."""
    has_vanished: bool = False
    """VANISHED stands for EXPUNGE (RFC 7162 §3.2.10)."""
    is_utf8: bool = False
    """Mailbox names are UTF-8 (RFC 6855 §3, RFC 9051 §5.1)."""
    is_rev2: bool = False
    """RFC 9051 replaces RFC 3501: no RECENT, and SEARCH answers with ESEARCH."""
    is_uid_only: bool = False
    """Messages are named by UID alone: UIDFETCH and VANISHED (RFC 9586)."""
    enabled: set[str] = field(default_factory=set)
    """What ENABLE was told, by name."""
