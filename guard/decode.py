"""Every reading of a text: as it is, undisguised, and what its encoded runs say.

A passage goes in, passages come out: folded (`guard.folding`), without white space, reversed,
rotated by 13, and whatever base64, base32, hex, percent, quoted-printable, escapes, entities or
spaced-out letters in it decode to, again and again to a bounded depth. Encoded archives come out as
blobs. Work is linear: each level of decoding is shorter than what it came from, and a budget holds
for the sum.
"""

import binascii
import re
from base64 import b32decode
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html.entities import html5
from itertools import pairwise
from typing import Final
from urllib.parse import unquote_to_bytes

from guard import dumps
from guard.folding import latin, plain
from guard.matching import Pattern, PatternSet
from guard.rule import Scope
from guard.tags import unshown
from mailcore.policy import NO_RULE_CACHE, RuleCache

MAX_DEPTH: Final = 4
_MINIMUM_BUDGET: Final = 256 * 1024
ENTITIES: Final = "entities"
PERCENT_ENCODED: Final = "percent-encoded"
FORM_ENCODED: Final = "form-encoded"
ESCAPED: Final = "escaped"
QUOTED_PRINTABLE: Final = "quoted-printable"
SPACED_OUT: Final = "spaced out"
REVERSED: Final = "reversed"
ROT13: Final = "rot13"
JOINED: Final = "lines joined"
BROKEN_UP: Final = "broken up"
_WITHIN: Final = " in "
_THEN: Final = ", "
_STEPS: Final = re.compile(f"{_WITHIN}|{_THEN}")
_NARROWEST: Final = 8
_NARROW: Final = 40
"""Columns up to which no mail program breaks lines: whoever does cuts words."""
_WIDEST: Final = 100
_FEWEST_CUTS: Final = 2
_FEWEST_STACKED: Final = 8
_SHORT_WORD: Final = 6
"""Letters of the end of a word that look like hexadecimal digits in front of a run."""
_SHORTEST_TURNED: Final = 8
"""Octets of the shortest secret that can be registered."""

_BASE64: Final = (
    r"(?:[A-Za-z0-9+/_\-]{16,}\n[ \t>]{0,8}){0,}[A-Za-z0-9+/_\-]{10,}={0,2}"
    r"|(?:[A-Za-z0-9+/]{4}[ \n]){3,}[A-Za-z0-9+/]{2,4}={0,2}"
)
_HEX: Final = r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s,:;\-]{0,2}){6,}"
_PERCENT: Final = r"%[0-9A-Fa-f]{2}"
_QUOTED: Final = r"(?:^|[^=])=(?:[0-9A-F]{2}|\n)"
_ESCAPE: Final = r"\\{1,7}(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f]{1,6}\}|[0-3][0-7]{2}|[\"/nt])"
_STANDS_FOR: Final = {"n": "\n", "t": "\t", '"': '"', "/": "/"}
_ENTITY: Final = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,24});?"
_OCTETS: Final = re.compile("[\x80-\xff]{2,}")
_BASE32: Final = r"[A-Z2-7]{16,}={0,6}"
_QUOTED_OCTET: Final = re.compile(rb"(?<!=)=(?:([0-9A-F]{2})|\n)")
_SPACED: Final = r"(?:(?:[!-~]|[^\x00-\x7f]{1,4})[ \t._\-|]{1,3}){5,}(?:[!-~]|[^\x00-\x7f]{1,4})"
"""Up to four octets outside ASCII are one letter; whether they are is decided where it is closed up."""
_SEPARATORS: Final = " \t._-|"
_DECIMAL: Final = r"(?:[0-9]{2,3}[\s,;]{1,2}){6,}[0-9]{2,3}"

_FORM: Final = r"[?&;][A-Za-z0-9_.\-]{1,40}=[^\s\"'<>]*\+"
_ESCAPES: Final = {
    ENTITIES: _ENTITY,
    PERCENT_ENCODED: _PERCENT,
    FORM_ENCODED: _FORM,
    ESCAPED: _ESCAPE,
    QUOTED_PRINTABLE: _QUOTED,
}
"""Escapes inside a text that is otherwise readable, in the order in which they are undone."""
_RUNS: Final = {
    "base64": _BASE64,
    "hex": _HEX,
    "base32": _BASE32,
    SPACED_OUT: _SPACED,
    "character codes": _DECIMAL,
    "uuencode": dumps.UUENCODED,
    "base 85": dumps.ASCII85,
    "hex dump": dumps.HEX_DUMP,
    "binary digits": dumps.BITS,
}
"""Stretches of text that are something else altogether."""
_KINDS: Final = (*_ESCAPES, *_RUNS)
_ARCHIVES: Final = (
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf",
    b"Rar!",
    b"%PDF-",
)
_CONTROLS: Final = bytes(range(9)) + bytes((11, 12)) + bytes(range(14, 32)) + b"\x7f"
_PRINTABLE: Final = bytes(range(32, 127)) + b"\t\n\r"
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_ROT13: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    b"NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
)
_ROT13_LETTERS: Final = dict(enumerate(_ROT13.decode("latin-1")[:128]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of text, where it stands, and how much of the rule table applies to it."""

    place: str
    text: str
    scope: Scope = Scope.PROSE
    is_source: bool = False
    """Markup, of which what it shows is a passage of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read a passage: UTF-8 octets. `how` is empty for the text itself."""

    place: str
    how: str
    octets: bytes
    scope: Scope
    source: str = ""
    """The whole text, where the octets are parts of it or turned."""

    @property
    def ways(self) -> frozenset[str]:
        """What was undone, one after the other; an empty word for nothing."""
        return frozenset(_STEPS.split(self.how))


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """All readings of a passage, binary runs found inside, and whether something was left unread."""

    readings: list[Reading] = field(default_factory=list)
    blobs: list[bytes] = field(default_factory=list)
    left_unread: list[str] = field(default_factory=list)


class Decoder:
    """Makes readings. Holds compiled patterns only; safe to share between threads."""

    def __init__(self, cache: RuleCache = NO_RULE_CACHE, *, is_whole: bool = False) -> None:
        """`is_whole` where a text counts as a whole, not only what its undone escapes changed."""
        self._set = PatternSet((*_ESCAPES.values(), *_RUNS.values()), cache)
        self._is_whole = is_whole

    def read(self, passage: Passage) -> Readings:
        """Every reading of `passage`, the plain one first, less encoded ones before more encoded."""
        out = Readings()
        budget = max(_MINIMUM_BUDGET, len(passage.text) * 8)
        first = plain(passage.text).strip("\n")
        mark = "<" if passage.is_source else "\n\n"
        waiting = deque([(first, "", 0, "")])
        seen: set[str] = set()
        out.readings.extend(_accented(passage))
        while waiting:
            text, how, depth, known = waiting.popleft()
            if text in seen:
                continue
            seen.add(text)
            budget -= len(text)
            if budget < 0:
                out.left_unread.append("too much encoded text")
                break
            octets = text.encode("utf-8", "replace")
            shown = octets
            if known and not self._is_whole:
                shown = _changed(text, known, mark, around=1).encode("utf-8", "replace")
            out.readings.append(_reading(passage, how, shown, passage.scope))
            out.readings.extend(_turned(passage, _changed(text, known, mark), how))
            for kind, decoded in self._decoded(octets, out.blobs):
                if depth >= MAX_DEPTH:
                    out.left_unread.append("encoded more than four times over")
                    break
                known = text if kind in _ESCAPES else ""
                waiting.append(
                    (plain(decoded), f"{kind}{_WITHIN}{how}" if how else kind, depth + 1, known)
                )
        return out

    def _decoded(self, octets: bytes, blobs: list[bytes]) -> Iterator[tuple[str, str]]:
        """The text with its escapes undone, and what the runs of each kind say."""
        indices = self._set.occurring(octets)
        escapes = [index for index in indices if _KINDS[index] in _ESCAPES]
        if escapes:
            undone = octets
            for index in escapes:
                undone = _undo(_KINDS[index], undone, self._set.patterns[index])
            if undone != octets:
                yield _KINDS[escapes[0]], undone.decode("utf-8", "replace")
        for index in indices:
            kind, pattern = _KINDS[index], self._set.patterns[index]
            if kind == SPACED_OUT:
                pieces = _closed_up(pattern, octets)
            elif kind in _RUNS:
                pieces = _runs(pattern, octets, _RUN_DECODERS[kind], blobs)
            else:
                continue
            if pieces:
                yield kind, "\n\x1e\n".join(pieces)


def _undo(kind: str, octets: bytes, pattern: Pattern) -> bytes:
    if kind == PERCENT_ENCODED:
        return unquote_to_bytes(octets)
    if kind == FORM_ENCODED:
        return octets.replace(b"+", b" ")
    if kind == QUOTED_PRINTABLE:
        return _QUOTED_OCTET.sub(_quoted_octet, octets)
    text = unescape(octets, pattern)
    return (_OCTETS.sub(_of_octets, text) if kind == ESCAPED else text).encode("utf-8", "replace")


def _of_octets(found: re.Match[str]) -> str:
    """Octets that were escaped one by one, as the UTF-8 they are; as they stand where they are none."""
    with suppress(UnicodeDecodeError):
        return found[0].encode("latin-1").decode("utf-8")
    return found[0]


def _quoted_octet(found: re.Match[bytes]) -> bytes:
    """What one escape stands for. Only it is undone: lines of equal signs are lines in plain text.

    Nobody escapes a control character: `id=01…` is what it looks like.
    """
    if not found[1]:
        return b""
    octet = bytes.fromhex(found[1].decode())
    return found[0] if octet < b" " and octet not in b"\t\r\n" else octet


def _reading(passage: Passage, how: str, octets: bytes, scope: Scope, source: str = "") -> Reading:
    return Reading(place=passage.place, how=how, octets=octets, scope=scope, source=source)


def _changed(text: str, known: str, mark: str, around: int = 0) -> str:
    """The paragraphs or tags that are not in the text it was decoded from, and some around each.

    What stands elsewhere is judged in that text.
    """
    if not known:
        return text
    before, pieces = set(known.split(mark)), text.split(mark)
    kept: list[str] = []
    done = 0
    for at, piece in enumerate(pieces):
        if piece not in before:
            start, end = max(done, at - around), min(at + around + 1, len(pieces))
            kept += pieces[start:end]
            done = max(done, end)
    return mark.join(kept)


def _turned(passage: Passage, text: str, how: str) -> Iterator[Reading]:
    """The readings that need no decoding, in which only unmistakable rules apply.

    Of a source, what it shows is turned where it is a text.
    """
    folded = latin(text)
    if folded != text:
        yield _reading(passage, how, folded.encode("utf-8", "replace"), passage.scope)
    if passage.is_source:
        text = unshown(text)
    octets = text.encode("utf-8", "replace")
    if len(octets) < _SHORTEST_TURNED:
        return
    suffix = f"{how}{_THEN}" if how else ""
    backwards = octets[::-1] if text.isascii() else text[::-1].encode("utf-8", "replace")
    if passage.scope is Scope.ANYWHERE and "header " in passage.place:
        return  # identifiers that programs make, which nobody reads backwards
    turned = max(passage.scope, Scope.TURNED)
    yield _reading(passage, f"{suffix}{REVERSED}", backwards, turned, text)
    yield _reading(passage, f"{suffix}{ROT13}", octets.translate(_ROT13), turned, text)
    for joined in () if passage.is_source else rejoined(text):
        yield _reading(
            passage, f"{suffix}{JOINED}", joined.encode("utf-8", "replace"), passage.scope, text
        )
    unbroken = octets.replace(b"=\n", b"").translate(None, b" \t\n>")
    if len(unbroken) < len(octets):
        yield _reading(passage, f"{suffix}{BROKEN_UP}", unbroken, Scope.DISTINCT)


def rejoined(text: str) -> list[str]:
    """The text with the breaks undone that made its lines; each way to undo them, none when there are none.

    Lines cut at one width continue each other. Lines filled with words up to a width continue each
    other with a space; where that is narrow, a full line may as well end inside a word.
    """
    lines = _unquoted(text).split("\n")
    found = dict.fromkeys(
        (
            text.replace("\\\n", ""),
            _stacked(lines, len(text)),
            _uncut(lines),
            _refilled(lines, cuts=False),
            _refilled(lines, cuts=True),
        )
    )
    return [one for one in found if one and one != text]


def _unquoted(text: str) -> str:
    """The text without the marks of quotation in front of its lines."""
    if not text.startswith(">") and "\n>" not in text:
        return text
    return "\n".join(line.lstrip("> ") if line[:1] == ">" else line for line in text.split("\n"))


def _stacked(lines: list[str], letters: int) -> str:
    """Letters that stand below each other, a line each; a line without one is a space."""
    if letters > len(lines) * 3 or len(lines) < _FEWEST_STACKED:
        return ""
    if sum(len(line) <= 1 for line in lines) * 5 < len(lines) * 4:
        return ""
    return "".join(line if line or not after else " " for line, after in pairwise((*lines, "")))


def _uncut(lines: list[str]) -> str:
    """Half of the lines have one width: no prose does, that is broken between words."""
    widths = Counter(map(len, lines))
    del widths[0]
    width = max(
        (one for one in widths if one >= _NARROWEST), key=lambda one: widths[one], default=0
    )
    cut = widths[width] + widths[width - 1]
    if width == 0 or widths[width] < _FEWEST_CUTS or cut * 2 < widths.total():
        return ""
    ends = {width: "", width - 1: " "}
    return "".join(line + ends.get(len(line), "\n") for line in lines)


def _refilled(lines: list[str], *, cuts: bool) -> str:
    """Each paragraph whose lines are as full as words let them be, its lines joined; no other text.

    With `cuts` a line as wide as the widest is cut inside a word; only narrow ones are.
    """
    paragraphs = ("\n".join(lines)).split("\n\n")
    return "\n\n".join(filter(None, (_paragraph(one.split("\n"), cuts=cuts) for one in paragraphs)))


def _paragraph(lines: list[str], *, cuts: bool) -> str:
    width = max(map(len, lines))
    if len(lines) < _FEWEST_CUTS or not _NARROWEST <= width <= (_NARROW if cuts else _WIDEST):
        return ""
    pieces: list[str] = []
    joins = 0
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        is_full = bool(line and after) and len(line) + 1 + len(after.partition(" ")[0]) > width
        joins += is_full
        pieces.append(line)
        pieces.append("\n" if not is_full else "" if cuts and len(line) == width else " ")
    return "".join(pieces) if joins else ""


def _accented(passage: Passage) -> Iterator[Reading]:
    """Text with accents rotated before they are folded: they stand where plain letters stood."""
    if not passage.text.isascii():
        rotated = plain(passage.text.translate(_ROT13_LETTERS)).encode("utf-8", "replace")
        yield _reading(passage, ROT13, rotated, max(passage.scope, Scope.TURNED), passage.text)


# Encoded runs ------------------------------------------------------------------------------------


def _runs(
    pattern: Pattern,
    octets: bytes,
    decode: Callable[[bytes], Iterator[bytes]],
    blobs: list[bytes],
) -> list[str]:
    """Decode every run; what is an archive goes to `blobs`, what is text is returned."""
    pieces: list[str] = []
    for hit in pattern.finditer(octets):
        for decoded in decode(hit.group()):
            if len(decoded) >= 20 and decoded.startswith(_ARCHIVES):
                blobs.append(decoded)
                break
            text = lenient(decoded)
            if text is not None:
                pieces.append(text)
                break
    return pieces


def _from_base64(run: bytes) -> Iterator[bytes]:
    """The run at its own alignment, and when it is no plain word at the three others."""
    compact = run.translate(_URL_SAFE, b" \t\n>=")
    is_word = compact.isalpha() and (compact.islower() or compact[1:].islower())
    shifts = 1 if is_word or len(compact) < 20 else 4
    for shift in range(shifts):
        part = compact[shift:]
        part = part[:-1] if len(part) % 4 == 1 else part
        yield binascii.a2b_base64(part + b"=" * (-len(part) % 4))


def _from_hex(run: bytes) -> Iterator[bytes]:
    compact = run.replace(b"0x", b"").translate(None, b" \t\n,:;-\\x")
    yield binascii.unhexlify(compact[: len(compact) & ~1])
    _, _, rest = run.partition(b"\n")
    if rest:
        yield from _from_hex(rest.lstrip()[: len(rest)]) if run.index(b"\n") < _SHORT_WORD else ()


def _from_base32(run: bytes) -> Iterator[bytes]:
    compact = run.rstrip(b"=")
    compact = compact[: len(compact) - {1: 1, 3: 1, 6: 1}.get(len(compact) % 8, 0)]
    yield b32decode(compact + b"=" * (-len(compact) % 8))


def _from_decimal(run: bytes) -> Iterator[bytes]:
    numbers = run.replace(b",", b" ").replace(b";", b" ").split()
    yield bytes(number for number in map(int, numbers) if number < 256)


_RUN_DECODERS: Final[dict[str, Callable[[bytes], Iterator[bytes]]]] = {
    "base64": _from_base64,
    "hex": _from_hex,
    "base32": _from_base32,
    "character codes": _from_decimal,
    "uuencode": dumps.from_uuencode,
    "base 85": dumps.from_ascii85,
    "hex dump": dumps.from_hex_dump,
    "binary digits": dumps.from_bits,
}


def _closed_up(pattern: Pattern, octets: bytes) -> list[str]:
    """The text with its runs of single letters closed up; none where it has no such run.

    A letter at either end that is part of a longer word belongs to that.
    """
    pieces: list[str] = []
    done = 0
    for hit in pattern.finditer(octets):
        start, end = hit.span()
        run = hit.group()
        if octets[start - 1 : start].isalnum() and start:
            start += len(run) - len(run.partition(b" ")[2])
        if octets[end : end + 1].isalnum():
            end -= len(run) - len(run.rpartition(b" ")[0])
        closed = _close_up(octets[start:end]) if end > start else ""
        if closed:
            pieces += [octets[done:start].decode("utf-8", "replace"), closed]
            done = end
    pieces.append(octets[done:].decode("utf-8", "replace"))
    return ["".join(pieces)] if done else []


def _close_up(run: bytes) -> str:
    """`p a s s  w o r d` → `pass word`: single separators go, wider ones become a space.

    Empty where it is no run of single letters, but of short words of a script without spaces.
    """
    text = run.decode("utf-8", "replace")
    separators = Counter(char for char in text if char in _SEPARATORS)
    if not separators:
        return ""
    mark = separators.most_common(1)[0][0]
    letters = sum(not one or len(one) == 1 for one in text.split(mark))
    if letters * 5 < (separators[mark] + 1) * 4:
        return ""
    wide = text.replace(mark * 3, "\0").replace(mark * 2, "\0")
    return wide.replace(mark, "").replace("\0", " ")


def unescape(octets: bytes, pattern: Pattern) -> str:
    """Replace HTML entities and backslash escapes, also entities without their semicolon."""
    pieces: list[str] = []
    done = 0
    for hit in pattern.finditer(octets):
        start, end = hit.span()
        pieces.append(octets[done:start].decode("utf-8", "replace"))
        pieces.append(_character(hit.group().decode("ascii", "replace")))
        done = end
    pieces.append(octets[done:].decode("utf-8", "replace"))
    return "".join(pieces)


def _character(escape: str) -> str:
    if escape.startswith("&") and not escape.startswith("&#"):
        name = escape[1:].rstrip(";") + ";"
        return html5.get(name, escape)
    if escape[-1] in _STANDS_FOR:
        return _STANDS_FOR[escape[-1]]
    number = escape.strip("&#\\uUxX{};")
    is_decimal = escape.startswith("&#") and escape[2] not in "xX"
    is_octal = escape[0] == "\\" and escape[-4] == "\\" and escape[-3].isdigit()
    code = int(number, 10 if is_decimal else 8 if is_octal else 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "


def lenient(octets: bytes) -> str | None:
    """`readable`, or text with a few octets in it that are none: one bad octet hides nothing."""
    text = readable(octets)
    if text is not None or len(octets) < 24:
        return text
    if (len(octets) - len(octets.translate(None, _PRINTABLE))) * 4 < len(octets) * 3:
        return None
    return octets.decode("utf-8", "replace")


def readable(octets: bytes) -> str | None:
    """The text these octets are, or None when they are not text."""
    if len(octets) < 6:
        return None
    if not octets.translate(None, _PRINTABLE):
        return octets.decode("ascii")
    wide = _utf16(octets)
    if wide is not None:
        return wide
    if len(octets.translate(None, _CONTROLS)) < len(octets):
        return None
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if len(octets) >= 12 else None


def _utf16(octets: bytes) -> str | None:
    """UTF-16 with or without a byte order mark, of mostly Latin text."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", "replace")
    half = len(octets) // 2
    for name, zeros in (("utf-16-le", octets[1::2]), ("utf-16-be", octets[::2])):
        if half >= 6 and zeros.count(0) > half * 0.7:
            return octets.decode(name, "replace")
    return None
