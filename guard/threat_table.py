"""Every threat of the tables, with what is said in other languages."""

from dataclasses import replace
from typing import Final

from guard.threats import THREATS, Threat
from guard.threats_further import FURTHER_THREATS
from guard.threats_languages import SAYINGS


def _with_sayings(threat: Threat) -> Threat:
    found = [one for one in SAYINGS if one.threat == threat.id]
    return replace(
        threat,
        patterns=(*threat.patterns, *(one.pattern for one in found)),
        examples=(*threat.examples, *(one.example for one in found)),
    )


ALL_THREATS: Final[tuple[Threat, ...]] = tuple(
    _with_sayings(threat) for threat in (*THREATS, *FURTHER_THREATS)
)
