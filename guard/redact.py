"""Text with its secrets masked, for notices that quote mail to a person outside.

What remains would not be held: plain matches are masked by their characters, lines that hold an
encoded match go whole, and if that is not enough the text goes. Never returns more than it was
given; fails closed.
"""

import re
from collections.abc import Sequence
from typing import Final

from guard.decode import Decoder, Passage
from guard.folding import plain, plain_with_origins
from guard.known import known_secrets, stripped
from guard.leaks import LeakScanner, Span
from guard.publication import Pages
from mailcore.policy import Fingerprints, Severity

MASK: Final = "••••••"
_WORD: Final = re.compile(r"\S{6,300}")
_ROUNDS: Final = 8
_MAX_CHARACTERS: Final = 1024 * 1024
_MAX_LINES: Final = 400
_WHOLE: Final = "[hidden: this text holds a secret]"
_LINE: Final = "[hidden: this line holds an encoded secret]"
_KEY_RULES: Final = frozenset({"credential.private_key", "credential.private_key_body"})


def redact(
    text: str,
    scanner: LeakScanner,
    decoder: Decoder,
    hold_at: Severity,
    fingerprints: Fingerprints,
) -> str:
    """`text` with every match of at least `hold_at`, and every known secret, hidden."""
    return _Redactor(scanner, decoder, hold_at, fingerprints).redact(text)


class _Redactor:
    def __init__(
        self,
        scanner: LeakScanner,
        decoder: Decoder,
        hold_at: Severity,
        fingerprints: Fingerprints,
    ) -> None:
        self._scanner = scanner
        self._decoder = decoder
        self._limit = hold_at.rank
        self._fingerprints = fingerprints

    def redact(self, text: str) -> str:
        if len(text) > _MAX_CHARACTERS:
            return _WHOLE
        text = self._known(self._plain(text))
        return self._lines(text) if self._holds(text) else text

    def _plain(self, text: str) -> str:
        """Mask plain matches, in rounds since a rule reports only so many at once."""
        for _ in range(_ROUNDS):
            octets, origins = plain_with_origins(text)
            found = self._scanner.spans(Pages(octets)).spans
            spans = [s for s in found if s.severity.rank >= self._limit]
            if not spans:
                break
            text = _masked(text, [_characters(span, octets, origins) for span in spans])
        return text

    def _known(self, text: str) -> str:
        """Mask known secrets that stand as a word."""
        if not self._fingerprints.word_counts:
            return text
        return _WORD.sub(self._masked_word, text)

    def _masked_word(self, word: re.Match[str]) -> str:
        asked = plain(word[0]).encode("utf-8", "replace")
        bare = stripped(asked)
        if not any(one and self._fingerprints.match(one) for one in (asked, bare)):
            return word[0]
        before, found, after = word[0].partition(bare.decode("utf-8", "replace"))
        return f"{before}{MASK}{after}" if found else MASK

    def _lines(self, text: str) -> str:
        lines = text.split("\n")
        if len(lines) > _MAX_LINES:
            return _WHOLE
        kept = "\n".join(_LINE if self._holds(line) else line for line in lines)
        return _WHOLE if self._holds(kept) else kept

    def _holds(self, text: str) -> bool:
        """Whether any reading of the text would hold it."""
        if not text.strip():
            return False
        read = self._decoder.read(Passage(place="text", text=text))
        if read.left_unread or read.blobs or known_secrets(read.readings, self._fingerprints):
            return True
        return any(m.severity.rank >= self._limit for m in self._scanner.scan(read.readings))


def _characters(span: Span, octets: bytes, origins: Sequence[int]) -> tuple[int, int]:
    """The characters to hide: the value, for a private key everything to its end line."""
    low, high = span.value
    if span.rule.id in _KEY_RULES:
        end = octets.find(b"-----END", high)
        line_end = octets.find(b"\n", end) if end >= 0 else -1
        high = line_end if line_end >= 0 else len(octets)
    return origins[low], origins[high - 1] + 1


def _masked(text: str, ranges: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    done = 0
    for low, high in sorted(ranges):
        if high <= done:
            continue
        pieces.append(text[done : max(low, done)])
        pieces.append(MASK)
        done = high
    pieces.append(text[done:])
    return "".join(pieces)
