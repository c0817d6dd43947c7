"""What becomes of forged mail: DMARC enforced for several inboxes at once (RFC 9989 §5.4).

One message has one answer. It is refused only when every inbox refuses it; otherwise those that would
have refused it get it in Junk, so that nothing is lost and nothing bounces to a forged sender.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import InboxId
from mailcore.mailauth.dmarc import Policy
from mailcore.model import AuthReport, DmarcEnforcement, Inbox


class Disposition(StrEnum):
    """What a message gets on behalf of DMARC (RFC 9990 §3.1.1.6)."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


_UNDECIDED: Final = "temperror"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The disposition of the whole message, and the inboxes that get it in Junk."""

    disposition: Disposition = Disposition.NONE
    junked: frozenset[InboxId] = frozenset()
    error: MailError | None = None
    """What the client is told instead of taking the message."""


_TAKEN: Final = Ruling()


def rule(auth: AuthReport, inboxes: Sequence[Inbox], config: Config) -> Ruling:
    """What to do with a message of this report; trusted ARC sealers override a failure."""
    if auth.dmarc not in (_UNDECIDED, "fail"):
        return _TAKEN
    settings = {one.id: _setting(one, config) for one in inboxes}
    enforcing = frozenset(key for key, one in settings.items() if one is not DmarcEnforcement.OFF)
    if not enforcing or auth.vouched_by:
        return Ruling()
    if auth.dmarc == _UNDECIDED:
        return _undecided(enforcing, config)
    if auth.dmarc != "fail" or auth.dmarc_policy not in (Policy.QUARANTINE, Policy.REJECT):
        return Ruling()
    is_refused = auth.dmarc_policy == Policy.REJECT and all(
        one is DmarcEnforcement.REJECT for one in settings.values()
    )
    if is_refused:
        return Ruling(disposition=Disposition.REJECT, error=_refusal(auth.dmarc_domain))
    return Ruling(disposition=Disposition.QUARANTINE, junked=enforcing)


def _setting(inbox: Inbox, config: Config) -> DmarcEnforcement:
    if inbox.dmarc_enforce is DmarcEnforcement.DEFAULT:
        return DmarcEnforcement(config.inbound.dmarc_enforce)
    return inbox.dmarc_enforce


def _undecided(enforcing: frozenset[InboxId], config: Config) -> Ruling:
    match config.on_dns_trouble:
        case "accept":
            return Ruling()
        case "quarantine":
            return Ruling(disposition=Disposition.QUARANTINE, junked=enforcing)
        case "defer":
            error = MailError(
                ErrorKind.UNAVAILABLE,
                "the sender's domain could not be checked now, try again later",
                code="dmarc_unknown",
            )
            return Ruling(error=error)


def _refusal(domain: str) -> MailError:
    return MailError(
        ErrorKind.DENIED,
        f"{domain} asks to refuse mail that it did not authenticate (DMARC)",
        code="dmarc_reject",
    )
