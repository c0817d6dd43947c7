"""Known secrets: words of the message, in every reading, asked of the registered fingerprints.

A secret is found as a word, as a run of as many words as it had, or by its pieces: inside other text,
broken into lines, or spread over subject, text and attachments. Only this module calls `Fingerprints`.
Whole words are bounded, and what is not asked for that reason is a finding; pieces are looked for in
the first 200,000 places of words that are no plain prose, the shortest texts first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from guard.carriers import unscannable
from guard.decode import Reading
from guard.folding import plain
from guard.rule import Scope
from mailcore.policy import Finding, Fingerprints, KnownSecret, SecretShape, Severity

MAX_CANDIDATES: Final = 100_000
MAX_PIECES: Final = 200_000
_MINIMUM: Final = 6
_LONG: Final = 12
_MAXIMUM: Final = 256
_MAX_STORED_PIECES: Final = 64
_EDGES: Final = b"\"'`.,;:!?()[]{}<>*_|/\\=&-+#@$%^~"
_BREAKS: Final = bytes.maketrans(b"\"'`,;:()[]{}<>|=&/\\", b" " * 19)
_MAX_RUN: Final = 32
"""A secret of more words is found by its pieces only."""


def shape_of(secret: str) -> SecretShape:
    """The form in which a secret is looked for; pieces are long enough that they are no accident."""
    words = plain(secret).encode("utf-8", "replace").split()
    whole = b"".join(words)
    size = len(whole) if len(whole) < 12 else 6 if len(whole) < 24 else 8
    ends = range(size, len(whole) + 1, size) if size else ()
    return SecretShape(
        whole=whole,
        word_count=len(words),
        piece_octets=size,
        pieces=tuple(whole[end - size : end] for end in ends)[:_MAX_STORED_PIECES],
    )


def known_secrets(readings: Sequence[Reading], fingerprints: Fingerprints) -> list[Finding]:
    """A finding for each registered secret that is in any reading, whole or in pieces."""
    if not fingerprints.word_counts:
        return []
    findings = _whole(readings, fingerprints)
    named = {finding.message for finding in findings}
    return findings + [one for one in _pieced(readings, fingerprints) if one.message not in named]


def _whole(readings: Sequence[Reading], fingerprints: Fingerprints) -> list[Finding]:
    asked: set[bytes] = set()
    findings: list[Finding] = []
    runs = sorted(count for count in fingerprints.word_counts if 1 < count <= _MAX_RUN)
    for reading in readings:
        if reading.scope is Scope.DISTINCT:
            continue
        is_turned = reading.scope in {Scope.TURNED, Scope.ANYWHERE}
        for candidate in _candidates(reading.octets, runs):
            if candidate in asked or (is_turned and _is_word(candidate)):
                continue
            if len(asked) >= MAX_CANDIDATES:
                findings.append(
                    unscannable("message", "more words than can be compared with known secrets")
                )
                return findings
            asked.add(candidate)
            secret = fingerprints.match(candidate)
            if secret is not None:
                findings.append(_finding(reading, secret))
    return findings


def _pieced(readings: Sequence[Reading], fingerprints: Fingerprints) -> Iterator[Finding]:
    """Secrets of whose pieces enough turn up, wherever in the message each of them stands."""
    seen: dict[KnownSecret, set[int]] = defaultdict(set)
    first: dict[KnownSecret, Reading] = {}
    asked: set[bytes] = set()
    for reading in sorted(readings, key=lambda one: len(one.octets)):
        for piece in _windows(reading, sorted(fingerprints.piece_sizes)):
            if piece in asked:
                continue
            if len(asked) >= MAX_PIECES:
                return
            asked.add(piece)
            for known in fingerprints.pieces(piece):
                first.setdefault(known.secret, reading)
                seen[known.secret].add(known.number)
                if len(seen[known.secret]) == _enough(known.of):
                    yield _finding(first[known.secret], known.secret)


def _enough(pieces: int) -> int:
    """A cut may fall into one piece; of long secrets four fifths are enough."""
    return pieces if pieces < 3 else max(pieces - 1, 2) if pieces < 5 else -(-pieces * 4 // 5)


def _windows(reading: Reading, sizes: Sequence[int]) -> Iterator[bytes]:
    is_unbroken = reading.scope is Scope.DISTINCT
    for word in reading.octets.split():
        if len(word) < _MINIMUM or (word.isalpha() and word[1:].islower() and not is_unbroken):
            continue
        for size in sizes:
            for start in range(len(word) - size + 1):
                yield word[start : start + size]


def _is_word(candidate: bytes) -> bool:
    """A short word of small letters: not asked of turned text, where every word would be a new one."""
    return len(candidate) < _LONG and candidate.isalpha() and candidate.islower()


def _finding(reading: Reading, secret: KnownSecret) -> Finding:
    place = reading.place.removesuffix(" source")
    what = "decoy" if secret.is_decoy else "registered secret"
    return Finding(
        rule="credential.decoy" if secret.is_decoy else "credential.registered_secret",
        category="credentials",
        severity=Severity.CRITICAL,
        place=f"{place} ({reading.how})" if reading.how else place,
        message=f"The {what} {secret.name} is in the message.",
        masked="…",
    )


def _candidates(octets: bytes, runs: Sequence[int]) -> Iterator[bytes]:
    """Words as they stand, without punctuation at their edges, and split at it; runs of words."""
    words = octets.split()
    yield from _fitting(words)
    yield from _fitting(octets.translate(_BREAKS).split())
    for count in runs:
        joined = (b"".join(words[at : at + count]) for at in range(len(words) - count + 1))
        yield from _fitting(joined)


def stripped(word: bytes) -> bytes:
    """A word without punctuation at its edges."""
    return word.strip(_EDGES)


def _fitting(words: Iterable[bytes]) -> Iterator[bytes]:
    for word in words:
        if _MINIMUM <= len(word) <= _MAXIMUM:
            yield word
            bare = stripped(word)
            if bare != word and len(bare) >= _MINIMUM:
                yield bare
