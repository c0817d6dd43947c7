"""The gist of what somebody wrote, by taking its most telling sentences; and what text costs a model.

No model is asked: the same text gives the same gist. Sentences are kept as they are and in their
order, `…` stands where some were left out. Linear in the text.
"""

import re
from dataclasses import dataclass
from typing import Final

_MAX_CHARS: Final = 200_000
_MAX_SENTENCES: Final = 2000
_SENTENCE_END: Final = re.compile(r"(?<=[.?!؟۔।])[\"')\]]?\s+|(?<=[。！？])|\n+")
_GAP: Final = "…"
_DIGIT: Final = re.compile(r"\d")
_WHEN: Final = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:today|tomorrow|tonight|deadline|until|by the|due|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|heute|morgen|bis zum|frist|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|avant le|"
    r"lunes|martes|miércoles|jueves|viernes|sábado|domingo|hoy|mañana|antes del|plazo|"
    r"сегодня|завтра|до конца|срок)|今日|明日|今天|明天|期限|截止",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"\b(?:please|could you|can you|would you|need|must|should|urgent|asap|confirm|decide|approve|"
    r"bitte|könntest|können sie|muss|dringend|bestätigen|s'il (?:te|vous) plaît|pouvez|merci de|urgent|"
    r"por favor|puedes|podría|urgente|confirmar|per favore|пожалуйста|срочно|нужно)\b|"
    r"ください|お願い|请|請|부탁",
    re.IGNORECASE,
)
_COURTESY: Final = re.compile(
    r"^(?:hi|hello|hey|dear|hallo|liebe[r]?|sehr geehrte|bonjour|hola|ciao|thanks|thank you|danke|merci|"
    r"gracias|best|kind regards|regards|cheers|viele grüße|mit freundlichen|i hope this)\b.{0,60}$",
    re.IGNORECASE,
)
_SHORT: Final = 12
_LAST_WIDE: Final = 0x30000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gist:
    """The sentences that were kept; `left_out_chars` of the text are not in it."""

    text: str
    left_out_chars: int


def token_estimate(text: str) -> int:
    """How many tokens a text costs a model, on the safe side.

    Four ASCII characters are one token, one of Chinese, Japanese or Korean is one, an emoji two, any
    other character a half.
    """
    ascii_count = len(text.encode("ascii", "ignore"))
    quarters = ascii_count
    if ascii_count < len(text):
        quarters += sum(_quarters(ord(char)) for char in text if not char.isascii())
    return -(-quarters // 4)


def _quarters(code: int) -> int:
    if 0x2E80 <= code <= 0xA4CF or 0xAC00 <= code <= 0xD7FF or 0xF900 <= code <= 0xFFEF:
        return 4
    if code >= 0x10000:
        return 4 if 0x20000 <= code < _LAST_WIDE else 8
    return 2


def gist(text: str, max_tokens: int) -> Gist:
    """The most telling sentences of what was written, at most `max_tokens` of them by the estimate."""
    written = " ".join(text[:_MAX_CHARS].split())
    if len(text) <= _MAX_CHARS and token_estimate(written) <= max_tokens:
        return Gist(text=written, left_out_chars=0)
    sentences = _sentences(text[:_MAX_CHARS])
    telling = [at for at, one in enumerate(sentences) if not _COURTESY.match(one)]
    first = telling[0] if telling else 0
    worth = {at: _worth(sentences[at]) + 2 * (at == first) for at in telling}
    ranked = sorted(telling, key=lambda at: (-worth[at], at))
    kept: set[int] = set()
    left = max_tokens - 1
    for at in ranked:
        cost = token_estimate(sentences[at]) + 2
        if cost <= left:
            kept.add(at)
            left -= cost
    if not kept:
        shown = cut(sentences[ranked[0]] if ranked else written, max_tokens)
        return Gist(text=shown, left_out_chars=max(0, len(text) - len(shown)))
    shown = _joined(sentences, kept)
    return Gist(
        text=shown, left_out_chars=max(0, len(text) - sum(len(sentences[at]) for at in kept))
    )


def cut(text: str, max_tokens: int) -> str:
    """The beginning of a text within a number of tokens, at a word where one ends nearby."""
    if token_estimate(text) <= max_tokens:
        return text
    low, high = 0, min(len(text), 4 * max_tokens)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if token_estimate(text[:middle]) < max_tokens else (low, middle - 1)
        )
    space = text.rfind(" ", low * 3 // 4, low)
    return f"{text[: space if space > 0 else low].rstrip()}{_GAP}"


def _sentences(text: str) -> list[str]:
    found = (" ".join(one.split()) for one in _SENTENCE_END.split(text))
    return [one for one in found if one][:_MAX_SENTENCES]


def _worth(sentence: str) -> int:
    """How much a sentence tells: questions and requests, then times and figures."""
    one = sentence[:1000]
    return (
        3 * one.rstrip("\"')").endswith(("?", "？", "؟"))
        + 3 * bool(_ASKS.search(one))
        + 2 * bool(_WHEN.search(one))
        + bool(_DIGIT.search(one))
        - (len(one) < _SHORT)
    )


def _joined(sentences: list[str], kept: set[int]) -> str:
    pieces: list[str] = []
    before = -1
    for at in sorted(kept):
        if at > before + 1:
            pieces.append(_GAP)
        pieces.append(sentences[at])
        before = at
    if before < len(sentences) - 1:
        pieces.append(_GAP)
    return " ".join(pieces)
