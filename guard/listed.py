"""People listed in any layout: names, each with an address, a number, an amount or a date beside it.

Names and what belongs to them take turns, whatever stands between: commas, lines, bars, tags, keys.
"""

import re
from itertools import pairwise
from typing import Final

from guard.rule import Candidate, Judgement

_FEWEST: Final = 3
_APART: Final = 90
"""Octets between a name and what belongs to it."""
_TITLE: Final = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|M|Mlle|Sra?|Srta|Sig|Sig\.ra|Pani?|Dhr|Mevr|Fru|Hr)\.? "
_NO_NAME: Final = r"(?!(?:The|This|Our|My|Your|Their|We|You|Here|Please|Dear|Hi|Hello|Best|Kind|Many|Thanks|From|To|For|With|On|In|At|New|Tel|Phone|Mobile|Fax|Email|Mail|Die|Der|Das|Unsere|Les|Nos|Los|Las)\b)"
_WORD: Final = r"[A-Z][\w'’\-]{1,20}"
_NAME: Final = re.compile(
    rf"\b(?:{_TITLE}{_WORD}|{_NO_NAME}{_WORD} (?:(?:van|von|de|del|da|di|der|den|la|le|el|bin|al) ){{0,2}}{_WORD}(?: {_WORD})?)"
    r"|\b[А-ЯЇІЄ][а-яїіє]{1,20} [А-ЯЇІЄ][а-яїіє]{1,20}"
)
_MAIL: Final = r"[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[A-Za-z]{2,10}"
_PHONE: Final = r"(?<![0-9A-Za-z.,/])(?:\+[0-9]|\(?0[0-9]|[1-9][0-9]{2}[ \-])[0-9 ()/.\-]{6,16}[0-9](?![0-9A-Za-z])"
_AMOUNT: Final = r"[$€£¥₹] ?[0-9][0-9.,']*k?|\b[A-Z]?[0-9]{1,3}(?:[.,' ]?[0-9]{3})*(?:[.,][0-9]{1,2})? ?(?:€|\$|£|zl\b|kr\b|k\b|EUR\b|[Ee]uros?\b|USD\b|CHF\b|GBP\b|PLN\b)"
_BORN: Final = r"\b[0-9]{1,2}[./\-][0-9]{1,2}[./\-](?:19[2-9]|20[01])[0-9]\b|\b(?:19[2-9]|20[01])[0-9]-[0-9]{2}-[0-9]{2}\b"
_HELD: Final = re.compile(
    rf"(?P<mail>{_MAIL})|(?P<born>{_BORN})|(?P<phone>{_PHONE})|(?P<amount>{_AMOUNT})"
)
_SURNAME_KEY: Final = re.compile(
    r"[\"']\s*,\s*[\"'](?:last|sur|family)[a-z_ ]{0,8}[\"']\s*:\s*[\"']"
)
_HEADER: Final = re.compile(
    r"(?im)^[>\s|*]*(?:from|to|b?cc|sent|reply-to|von|an|de|para|da|a|van|aan|od|do|fra|til|[a-z]{2,16}[- ]by|author|copyright)\*?\s?:|copyright|\(c\)|©|\b(?:wrote|schrieb|ecrit|escribio|scritto|napisal)\b"
)
_OF_A_FIRM: Final = re.compile(
    r"(?i)\b(?:speakers?|referent[a-z]{0,3}|agenda|imprint|impressum|press contacts?|contact us|our (?:team|offices|staff|contacts)|editors?|authors?|directions|hotlines?|departments?|sales team|pgp|gpg|key ?server|maintainers?|contributors?|upstream|licen[cs]es?|mailing list|staff|written by|edited by|copyedit[a-z]*|marketing|newsletter|unsubscribe|editorial|publisher|invoice|delivery note)\b"
)


def people_listed(found: Candidate) -> Judgement:
    """Three people or more, each with an address, a telephone or a birth; amounts do where a word says who they are."""
    text = _SURNAME_KEY.sub(" ", f"{found.before}{found.whole}")
    if not _listed(text, with_amounts=False):
        return False
    return not (_HEADER.search(text) or _OF_A_FIRM.search(text) or _is_of_one(text))


def _is_of_one(text: str) -> bool:
    """Whether different kinds of numbers are named, each but once: they belong to one person."""
    kinds = [kind.lower() for kind in _KIND.findall(text)]
    return len(kinds) > 1 and len(set(kinds)) == len(kinds)


_KIND: Final = re.compile(
    r"(?i)\b(tel|telephone|phone|voice|fax|mob|mobile|cell|internet|office)\.?\s{0,3}:"
)


def clients_listed(found: Candidate) -> Judgement:
    """The same behind a word for customers, members, patients."""
    text = _SURNAME_KEY.sub(" ", found.whole)
    if not _listed(text, with_amounts=True):
        return False
    return not (_HEADER.search(text) or _OF_A_FIRM.search(text))


def _listed(text: str, *, with_amounts: bool) -> bool:
    if sum(map(str.isupper, text)) < _FEWEST:  # a name has a capital; to look for names costs more
        return False
    names = [(hit.start(), hit.end(), hit[0]) for hit in _NAME.finditer(text)]
    if len(names) < _FEWEST:
        return False
    held = [
        (hit.start(), hit.end(), hit[0])
        for hit in _HELD.finditer(text)
        if with_amounts or hit.lastgroup != "amount"
    ]
    return max(_pairs(names, held), _pairs(held, names)) >= _FEWEST


def _pairs(first: list[tuple[int, int, str]], second: list[tuple[int, int, str]]) -> int:
    """How many different pairs there are of one thing and another right behind it."""
    marked = sorted([(*one, True) for one in first] + [(*one, False) for one in second])
    found: set[tuple[str, str]] = set()
    for (_, end, text, is_first), (start, _, other, is_other_first) in pairwise(marked):
        if is_first and not is_other_first and 0 <= start - end <= _APART:
            found.add((text, other))
    return min(len({text for text, _ in found}), len({other for _, other in found}))
