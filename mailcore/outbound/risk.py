"""How much attention a held message asks for: from what the guard found and why it waits. Pure."""

from enum import StrEnum
from typing import Final

from mailcore.model import RESTORED, Hold

_SEVERE: Final = ("critical", "high", "medium")
_ASKED: Final = ("policy", "rule", RESTORED)


class Risk(StrEnum):
    """The tier of a hold. Critical ones are never remembered and may ask for two people."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def risk_of(hold: Hold) -> Risk:
    """The worst finding counts; what a policy, a rule or a rebuild holds is at least `medium`."""
    found = {str(one.get("severity")) for one in hold.findings}
    for severity in _SEVERE:
        if severity in found:
            return Risk(severity)
    return Risk.MEDIUM if hold.reason in _ASKED else Risk.LOW
