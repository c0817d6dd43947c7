"""What of the guard can be set. Values only; `mailcore.config` fills them."""

from dataclasses import dataclass
from typing import Final

from mailcore.policy import Severity

CATEGORIES: Final = frozenset(
    {"credentials", "pii", "financial", "system", "owner", "attachment", "encoding", "provenance"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """The defaults are those of the product: critical and high hold, medium warns."""

    hold_at: Severity = Severity.HIGH
    categories: frozenset[str] = CATEGORIES
    """Outbound categories looked at. Leave `credentials` and `encoding` in unless you mean it."""
    scores_inbound: bool = True
    """Score mail from outside; when off it passes as `clean`, unscored."""
    warning_at: int = 20
    """Inbound score from which a message carries a warning."""
    spam_at: int = 40
    """Inbound score from which a message is spam."""
