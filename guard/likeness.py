"""What a message is compared by with others: hashes of short runs of what it says, in every reading.

Only letters and digits count, in small letters and without disguise, and neither what is quoted nor a
signature: spacing, encoding, carrier and marks change nothing. Of all hashes the smallest are kept,
the same ones of the same text wherever it stands. Pure; linear in the text, of which the beginning counts.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from guard.decode import Reading
from guard.leaks import Match
from guard.rule import Scope
from mailcore.message.quoting import reply_text
from mailcore.policy import Finding, Likeness, Severity

RUN_CHARS: Final = 6
KEPT_HASHES: Final = 256
_MAX_CHARS: Final = 16 * 1024
_MAX_TURNED_CHARS: Final = 8 * 1024
_HASH_OCTETS: Final = 8
_REST: Final = re.compile(r"[\W_]+")
_SOURCE: Final = " source"
_OWN_WORDS: Final = ("recipient", "envelope sender", "header ")
"""Places that say nothing of what is written, and are the same in mail after mail."""


def likeness(
    readings: Sequence[Reading], matches: Iterable[Match], findings: Iterable[Finding], key: bytes
) -> Likeness:
    """The likeness of a message from its readings, and of what counts as found in it."""
    written = [one for one in readings if not one.place.startswith(_OWN_WORDS)]
    plain = [one for one in written if one.scope is Scope.PROSE]
    turned = [
        one for one in written if one.scope is Scope.TURNED and not one.place.endswith(_SOURCE)
    ]
    severe = sorted(
        (one for one in findings if one.severity.rank >= Severity.HIGH.rank),
        key=lambda one: one.severity.rank,
    )
    found = {one.rule: one.severity for one in severe}
    values = {(one.rule.id, bare(one.value)) for one in matches if one.rule.id in found}
    values |= {(one.rule, bare(one.message)) for one in severe if one.rule in _NAMED}
    critical = {one for one in values if found[one[0]] is Severity.CRITICAL}
    return Likeness(
        text=_runs(plain, key, _MAX_CHARS),
        turned=_runs(turned, key, _MAX_TURNED_CHARS),
        matches=frozenset(_hash(value.encode("utf-8", "replace"), key) for _, value in values),
        critical=frozenset(_hash(value.encode("utf-8", "replace"), key) for _, value in critical),
    )


_NAMED: Final = frozenset({"credential.decoy", "credential.registered_secret"})
"""Findings without a value, which say by name what they found."""


def _runs(readings: Iterable[Reading], key: bytes, left: int) -> frozenset[int]:
    runs: set[bytes] = set()
    for reading in readings:
        if left <= 0:
            break
        text = reading.octets[: left * 4].decode("utf-8", "replace")
        octets = bare(reply_text(text) or text)[:left].encode("utf-32-le", "replace")
        left -= len(octets) // 4
        width = RUN_CHARS * 4
        runs.update(octets[at : at + width] for at in range(0, len(octets) - width + 4, 4))
    return frozenset(sorted([_hash(run, key) for run in runs])[:KEPT_HASHES])


def bare(text: str) -> str:
    """Its letters and digits alone."""
    return _REST.sub("", text).casefold()


def _hash(octets: bytes, key: bytes) -> int:
    return int.from_bytes(blake2b(octets, key=key, digest_size=_HASH_OCTETS).digest())
