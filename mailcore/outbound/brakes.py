"""Brakes on mail to the outside: caps on volume, first contact, look-alike domains.

Policies as data and one read of facts; a brake holds or refuses, and never lets anything through.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from mailcore.address import Address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError
from mailcore.model import Inbox
from mailcore.outbound.look_alike import look_alike
from mailcore.outbound.sending_policy import SendingPolicies, SendingPolicy
from mailcore.policy import Finding, Severity
from mailcore.store.ports import OutboundStore, SendingFacts

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Brakes:
    """Looks at where a message goes and how many went before."""

    def __init__(
        self, *, store: OutboundStore, policies: SendingPolicies, config: Config, clock: Clock
    ) -> None:
        self._store = store
        self._policies = policies
        self._config = config
        self._clock = clock

    async def look(
        self, inbox: Inbox, outside: Sequence[Address], *, may_refuse: bool
    ) -> tuple[Finding, ...]:
        """Why a message to these recipients outside is to be held; OVER_LIMIT `sending_cap`."""
        if not outside:
            return ()
        policy = await self._policies.of(inbox.id)
        now = self._clock.now()
        since = (now - _HOUR, now - _DAY) if self._is_capped(policy) else None
        facts = await self._store.sending_facts(inbox, outside, since)
        found = [*self._contacts(inbox, policy, facts)]
        over = self._over(policy, facts)
        if over and policy.over_cap == "refuse" and may_refuse:
            raise MailError(
                ErrorKind.OVER_LIMIT,
                f"{inbox.address} may send no more now: {over}",
                code="sending_cap",
                fix="Wait, or ask the owner to raise the cap",
                retry_after_seconds=int(_HOUR.total_seconds()),
            )
        if over:
            found.append(_finding("brake.cap", "volume", over))
        return tuple(found)

    def _is_capped(self, policy: SendingPolicy) -> bool:
        section = self._config.sending
        return any(
            (
                *(policy.max_per_hour, policy.max_per_day),
                *(section.max_per_hour_agent, section.max_per_day_agent),
            )
        )

    def _over(self, policy: SendingPolicy, facts: SendingFacts) -> str:
        section = self._config.sending
        for cap, count, words in (
            (policy.max_per_hour, facts.inbox_hour, "messages an hour from one inbox"),
            (policy.max_per_day, facts.inbox_day, "messages a day from one inbox"),
            (section.max_per_hour_agent, facts.agent_hour, "messages an hour from one agent"),
            (section.max_per_day_agent, facts.agent_day, "messages a day from one agent"),
        ):
            if cap and count >= cap:
                return f"the cap is {cap} {words}"
        return ""

    @staticmethod
    def _contacts(inbox: Inbox, policy: SendingPolicy, facts: SendingFacts) -> list[Finding]:
        found: list[Finding] = []
        if policy.new_recipient == "hold":
            found += [
                _finding("brake.new_recipient", "first_contact", f"{one} is new to this inbox")
                for one in facts.new_recipients
            ]
        for domain in facts.new_domains:
            known = [*facts.known_domains, inbox.address.domain]
            alike = look_alike(domain, known) if policy.look_alike == "hold" else ""
            if alike:
                words = f"{domain} looks like {alike}, which this inbox knows"
                found.append(_finding("brake.look_alike", "look_alike_domain", words))
            elif policy.new_domain == "hold":
                words = f"{domain} is new to this inbox"
                found.append(_finding("brake.new_domain", "first_contact", words))
        return found


def _finding(rule: str, category: str, message: str) -> Finding:
    return Finding(
        rule=rule,
        category=category,
        severity=Severity.MEDIUM,
        place="recipient",
        message=message[:300],
    )
