"""Known secrets: words of the message, in every reading, asked of the registered fingerprints.

Only this module calls `Fingerprints.match`. What is asked is bounded; what is not asked for that
reason is a finding.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from guard.carriers import unscannable
from guard.decode import Reading
from guard.rule import Scope
from mailcore.policy import Finding, Fingerprints, Severity

MAX_CANDIDATES: Final = 100_000
_MINIMUM: Final = 6
_LONG: Final = 12
_MAXIMUM: Final = 256
_EDGES: Final = b"\"'`.,;:!?()[]{}<>*_|/\\=&-+#@$%^~"
_BREAKS: Final = bytes.maketrans(b"\"'`,;:()[]{}<>|=&/\\", b" " * 19)


def known_secrets(readings: Sequence[Reading], fingerprints: Fingerprints) -> list[Finding]:
    """A finding for each registered secret that is a word or a line of any reading."""
    asked: set[bytes] = set()
    findings: list[Finding] = []
    for reading in readings:
        if reading.scope is Scope.DISTINCT:
            continue
        is_turned = reading.scope in {Scope.TURNED, Scope.ANYWHERE}
        for candidate in _candidates(reading.octets):
            if candidate in asked or (is_turned and _is_word(candidate)):
                continue
            if len(asked) >= MAX_CANDIDATES:
                findings.append(
                    unscannable("message", "more words than can be compared with known secrets")
                )
                return findings
            asked.add(candidate)
            name = fingerprints.match(candidate)
            if name is not None:
                findings.append(_finding(reading, name))
    return findings


def _is_word(candidate: bytes) -> bool:
    """A short word of small letters: not asked of turned text, where every word would be a new one."""
    return len(candidate) < _LONG and candidate.isalpha() and candidate.islower()


def _finding(reading: Reading, name: str) -> Finding:
    place = reading.place.removesuffix(" source")
    return Finding(
        rule="credential.registered_secret",
        category="credentials",
        severity=Severity.CRITICAL,
        place=f"{place} ({reading.how})" if reading.how else place,
        message=f"The registered secret {name} is in the message.",
        masked="…",
    )


def _candidates(octets: bytes) -> Iterator[bytes]:
    """Words as they stand, without punctuation at their edges, and split at it; short lines whole."""
    yield from _fitting(octets.split())
    yield from _fitting(octets.translate(_BREAKS).split())
    yield from _fitting(line.strip() for line in octets.split(b"\n") if b" " in line)


def _fitting(words: Iterable[bytes]) -> Iterator[bytes]:
    for word in words:
        if _MINIMUM <= len(word) <= _MAXIMUM:
            yield word
            bare = word.strip(_EDGES)
            if bare != word and len(bare) >= _MINIMUM:
                yield bare
