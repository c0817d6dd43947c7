"""What a text means to its reader: concepts where they stand, joined into combinations.

A concept counts only where it does something: an English verb behind a word that asks, an order that
is not denied. Sentences about attackers, what they quote, and what a sentence only names are talk
about attacks and count for nothing. Linear in the text; the same octets give the same meaning.
"""

import functools
import re
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from guard.combinations import COMBINATIONS, Combination
from guard.concepts import IMPERATIVE, Concept
from guard.concepts_asked import ASKED, ASKING
from guard.concepts_things import THINGS
from guard.concepts_told import TOLD
from guard.lexicon import words
from guard.matching import Spotter
from guard.sentences import Sentences, is_wrapped, nearness
from guard.tongues import ENGLISH, tongues
from mailcore.policy import NO_RULE_CACHE, RuleCache

CONCEPTS: Final[tuple[Concept, ...]] = (ASKING, *ASKED, *THINGS, *TOLD)
_FEWEST_CONCEPTS: Final = 2
_PER_SENTENCE: Final = 80
"""Characters of the reach for which one more sentence may end."""
_VERB_REACH: Final = 32
_DENIAL_REACH: Final = 16
_FORBIDDEN_REACH: Final = 8
_ADVERB_AND_VERB: Final = 2
_FIRST_OF_TWO: Final = frozenset(
    b"make send set process go look write hand pass get reply respond log sign fill follow turn switch release approve keep use come pull".split()
)
"""Verbs that are nothing without the next word."""
_SUBJECTS: Final = frozenset(
    b"i we he she they it who which that there the a an my our your their his her its how when whether why where".split()
)
"""Whose verb is told, not asked; what stands before a noun that looks like a verb; how something is done."""
_DUTIES: Final = frozenset(b"must should shall".split())
_TELLING: Final = frozenset(b"i we he she they".split())
"""Whose duty is told of: `I must pay` asks nobody."""
_MODALS: Final = _DUTIES | frozenset(b"will can may".split())
FOLLOWS: Final = (
    ("frame", "machine", 60, "machine.addressed"),
    ("machine", "directive", 40, "machine.addressed"),
    ("machine.weak", "machine", 30, "machine.addressed"),
    ("earlier", "order", 48, "orders"),
    ("order", "given", 24, "orders"),
    ("bank", "change", 40, "bank.changed"),
    ("change", "bank", 36, "bank.changed"),
    ("ask.reveal", "self", 56, "self.asked"),
    ("ask.transfer", "self", 56, "self.asked"),
    ("ask.reveal", "self.weak", 40, "self.asked"),
    ("everything", "mail", 48, "mail.bulk"),
    ("everything", "records", 56, "records.bulk"),
    ("ask.transfer", "secret", 64, "secret.asked"),
    ("ask.search", "secret", 80, "secret.asked"),
    ("ask.transfer", "records", 72, "records.asked"),
    ("ask.search", "records", 72, "records.asked"),
    ("ask.transfer", "mail.bulk", 72, "mail.asked"),
    ("ask.search", "mail.bulk", 72, "mail.asked"),
    ("ask.destroy", "mail.bulk", 64, "mail.destroyed"),
    ("ask.transfer", "mail", 64, "mail.meant"),
    ("ask.destroy", "mail", 64, "mail.meant"),
    ("ask.search", "mail", 64, "mail.meant"),
    ("ask.search", "mail", 64, "mail.searched"),
    ("ask.reveal", "mail", 64, "mail.meant"),
    ("ask.login", "work.password", 60, "password.entered"),
    ("ask.login", "bank", 40, "password.entered"),
    ("ask.transfer", "people", 90, "people.asked"),
    ("ask.search", "people", 90, "people.asked"),
    ("code.ask", "code", 64, "code.asked"),
    ("ask.transfer", "code", 64, "code.asked"),
    ("void", "orders", 48, "orders.voided"),
    ("orders", "void", 28, "orders.voided"),
    ("ask.login", "card", 90, "card.asked"),
    ("ask.transfer", "card", 70, "card.asked"),
)
"""A concept made of two others, the second ending at most so many characters behind the first."""
_KIN: Final = dict.fromkeys(("cs", "fi", "hu", "id", "nl", "pl", "ro", "sv", "sw", "tr"), "others")
"""Languages with few sayings are read as one."""
_TURNED: Final = frozenset({"ja", "ko", "hi", "zh", "de", "others"})
"""Languages in which what is asked may stand behind what it is asked of."""
_QUOTED: Final = re.compile(
    rb"\"[^\"\n]{3,400}(?:\n[^\"\n]{1,200}){0,3}\"|`[^`\n]{2,300}`|```.{0,4000}?```|(?<=[\s(:])'[^'\n]{8,300}'(?=[\s.,;:!?)])|<(?:code|pre|blockquote)\b",
    re.DOTALL,
)
_MENTIONED: Final = re.compile(
    rb"(?<=[a-z]\s)\(\"[^\"\n]{3,200}(?:\n[^\"\n]{1,200})?\"\)|"
    rb"(?<=[a-z] )\"[^\"\n.!?]{3,100}(?:\n[^\"\n.!?]{1,100})?\"(?=[,;)]|[ \n][a-z])"
)
"""What is named inside a sentence that goes on behind it."""
_NAMING: Final = frozenset(
    b"is was are were still called named titled subject string phrase sentence words word wording line lines text texts mail mails message messages prompt prompts why says say said saying reads read like about drop dropped removed".split()
)
"""What stands before it."""


_OF_LISTS: Final = words("threat held unless remember")
"""What says nothing where it is said of a subscription: who leaves a list is removed from it."""


type _Places = dict[str, list[int]]
"""Where each concept ends, from left to right."""
_NEUTRAL: Final = words(
    """
    machine mail secret records people card outside self account money crypto giftcard link agentic
    fake.system remote document code iban untraceable archive program.link placeholder device.login
    chat.app ranking password.told
    """
)
"""Concepts whose English words are used in other languages, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    pattern: str
    concept: str
    language: str
    is_verb: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spots:
    """What a text speaks of, before it is asked what it means."""

    octets: bytes
    languages: dict[str, _Places]

    @property
    def is_plain(self) -> bool:
        """Whether nothing in it denies or speaks of attacks, so that no place in it is quiet."""
        return not any(self.ends(name) for name in ("attackers", "discussed", "denied"))

    def ends(self, concept: str) -> list[int]:
        """Where the concept ends in any language."""
        return sorted(end for places in self.languages.values() for end in places.get(concept, ()))

    def subjects(self) -> set[bytes]:
        """The kinds of attacks spoken of."""
        return {self.octets[max(end - 6, 0) : end] for end in self.ends("discussed")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in which concepts were found."""

    languages: dict[str, _Places]
    """The concepts by language: a meaning is said in one."""
    scale: float
    """Octets per character."""
    nearness: float
    """Octets within which words must stand, for each character of a reach."""
    sentences: Sentences
    talk: tuple[tuple[int, int], ...]
    """Stretches that talk about attacks."""
    denied: frozenset[int]
    """Where a denial ends, whatever it denies."""

    def is_quiet(self, position: int) -> bool:
        """Whether what stands there is only talked about."""
        index = bisect_left(self.talk, (position, 0))
        return any(
            start <= position <= end for start, end in self.talk[max(index - 1, 0) : index + 1]
        )

    def is_only_mentioned(self, start: int, end: int) -> bool:
        """Whether what stands there is denied or talked about."""
        return self.is_quiet(end) or self.is_quiet(start) or start in self.denied


class Understanding:
    """Holds compiled patterns only; safe to share between threads."""

    def __init__(self, cache: RuleCache = NO_RULE_CACHE) -> None:
        self._cache = cache
        self._rows: Final = _rows_by_language()
        self._spotters = {ENGLISH: self._made(ENGLISH)}
        self._making = {language: threading.Lock() for language in self._rows}

    def spot(self, octets: bytes) -> Spots:
        """What is spoken of in a text in lower case."""
        found: dict[str, _Places] = {ENGLISH: {}}
        verbs: _Places = {}
        for language in tongues(octets):
            places = found.setdefault(language, {})
            rows = self._rows[language]
            for end, index in self._spotter(language).ends(octets):
                row = rows[index]
                (verbs if row.is_verb else places).setdefault(row.concept, []).append(end)
        asking = [end for end in found[ENGLISH].pop("asking", []) if not is_wrapped(octets, end)]
        for name, ends in verbs.items():
            asked = [end for end in ends if _is_asked(octets, asking, end)]
            if asked:
                found[ENGLISH][name] = asked
        return Spots(octets=octets, languages=found)

    def _spotter(self, language: str) -> Spotter:
        """That of a language, made when the first text in it comes: once, however many come together."""
        known = self._spotters.get(language)
        if known is None:
            with self._making[language]:
                known = self._spotters.get(language)
                if known is None:
                    known = self._spotters[language] = self._made(language)
        return known

    def learn(self) -> None:
        """Compile every language into the cache; a text in one that is being compiled waits for that one."""
        for language, making in self._making.items():
            with making:
                if language not in self._spotters:
                    self._made(language)

    def _made(self, language: str) -> Spotter:
        return Spotter([row.pattern for row in self._rows[language]], self._cache)

    def read(self, spots: Spots, *, is_talk: bool) -> Text:
        """What a text means; `is_talk` where the message it belongs to is about attacks."""
        scale = _scale(spots.octets)
        found = spots.languages
        neutral = {name: ends for name, ends in found[ENGLISH].items() if name in _NEUTRAL}
        sentences = Sentences(spots.octets)
        text = Text(
            languages=found,
            scale=scale,
            nearness=scale * nearness(len(spots.octets) / scale),
            sentences=sentences,
            talk=tuple(_talk(spots.octets, spots.ends("attackers"), sentences, is_talk=is_talk)),
            denied=frozenset(spots.ends("denied")),
        )
        lists = spots.ends("subscribing")
        for language, places in found.items():
            if language != ENGLISH:
                for name, ends in neutral.items():
                    places[name] = [*places.get(name, ()), *ends]
            for ends in places.values():
                ends.sort()
            _quieten(spots.octets, text, places)
            for name in _OF_LISTS & places.keys() if lists else ():
                places[name] = sentences.others(places[name], lists)
            _follow(places, text, language)
        return text

    def combined(self, text: Text) -> Iterator[Combination]:
        """The combinations that occur, each once."""
        said: set[str] = set()
        for places in text.languages.values():
            present = {name for name, ends in places.items() if ends}
            if len(present) < _FEWEST_CONCEPTS:
                continue
            for one in COMBINATIONS:
                if one.id in said or not all(present & needed for needed in one.needed):
                    continue
                if one.excused and present & one.excused:
                    continue
                if _is_together(places, one, int(one.within * text.nearness), text.sentences):
                    said.add(one.id)
                    yield one


@functools.cache
def _rows_by_language() -> dict[str, list[_Row]]:
    """What every language is looked for by: made once, and the same for all."""
    rows: dict[str, list[_Row]] = {}
    for one in CONCEPTS:
        for row in _rows(one):
            rows.setdefault(row.language, []).append(row)
    return rows


def _rows(one: Concept) -> Iterator[_Row]:
    languages = [
        *(ENGLISH for _ in one.expressions),
        *(_KIN.get(language, language) for language, _ in one.sayings),
    ]
    for index, (language, pattern) in enumerate(zip(languages, one.patterns(), strict=True)):
        is_verb = index < len(one.expressions) and one.expressions[index].startswith(IMPERATIVE)
        yield _Row(pattern=pattern, concept=one.id, language=language, is_verb=is_verb)


def _quieten(octets: bytes, text: Text, places: _Places) -> None:
    """Take out what is denied and what is only talked about."""
    denied = places.get("denied", [])
    for name, ends in places.items():
        kept = ends
        if name.startswith("ask.") and denied:
            bad = set(_behind(denied, ends, _DENIAL_REACH))
            kept = [end for end in kept if end not in bad]
        if name == "machine.weak" and denied:
            kept = [end for end in kept if not _is_forbidden(octets, denied, end)]
        if text.talk:
            kept = [end for end in kept if not text.is_quiet(end)]
        places[name] = kept


def _is_forbidden(octets: bytes, denied: Sequence[int], end: int) -> bool:
    """Whether it is `an agent must not`, which speaks of machines, not to one."""
    if octets[max(end - 8, 0) : end].rpartition(b" ")[2] not in _MODALS:
        return False
    index = bisect_left(denied, end)
    return index < len(denied) and denied[index] - end <= _FORBIDDEN_REACH


def _is_asked(octets: bytes, asking: Sequence[int], end: int) -> bool:
    """Whether something that asks stands right before a verb, or an adverb away."""
    index = bisect_left(asking, end)
    start = asking[index - 1] if index else 0
    if not index or end - start > _VERB_REACH:
        return False
    between = octets[start:end].split()
    if between and (between[0] in _SUBJECTS or _is_by(octets, start, between[-1])):
        return False
    if _is_told(octets, start) or any(b"`" in word for word in between[:-1]):
        return False
    return len(between) <= _ADVERB_AND_VERB + (bool(between) and between[0] in _FIRST_OF_TWO)


def _is_told(octets: bytes, start: int) -> bool:
    """Whether somebody tells of a duty: his own, or that of others."""
    before = octets[max(start - 16, 0) : start].split()[-2:]
    return len(before) > 1 and before[0] in _TELLING and before[1] in _DUTIES


def _is_by(octets: bytes, start: int, verb: bytes) -> bool:
    """Whether it is `by mail`, which asks nothing, and not `by clicking`."""
    return octets[max(start - 8, 0) : start].split()[-1:] == [b"by"] and not verb.endswith(b"ing")


def _behind(
    first: Sequence[int], ends: Iterable[int], reach: int, sentences: Sentences | None = None
) -> Iterator[int]:
    """Those of `ends` with one of `first` at most `reach` before them, in the same sentence."""
    for end in ends:
        index = bisect_left(first, end)
        if not index or end - first[index - 1] > reach:
            continue
        if sentences is None or not sentences.between(first[index - 1], end):
            yield end


def _follow(places: _Places, text: Text, language: str) -> None:
    """Add the concepts that are made of two others."""
    sentences = text.sentences
    for first, second, reach, made in FOLLOWS:
        if first not in places or second not in places:
            continue
        octets = int(reach * text.scale)
        found = set(_behind(places[first], places[second], octets, sentences))
        if language in _TURNED and first.startswith(("ask.", "void")):
            found.update(_behind(places[second], places[first], octets, sentences))
        if found:
            places[made] = sorted({*places.get(made, ()), *found})


def _scale(octets: bytes) -> float:
    characters = len(octets.translate(None, _CONTINUED))
    return len(octets) / characters if characters else 1.0


_CONTINUED: Final = bytes(range(0x80, 0xC0))


def _talk(
    octets: bytes, attackers: Sequence[int], sentences: Sentences, *, is_talk: bool
) -> Iterator[tuple[int, int]]:
    """Sentences about attackers; where attacks are the subject, the one behind and what is quoted."""
    mentioned = list(_mentioned(octets))
    if not attackers and not is_talk:
        yield from _merged(mentioned)
        return
    bounds = sentences.bounds
    stretches = mentioned
    for end in attackers:
        index = bisect_left(bounds, end)
        stretches.append((bounds[max(index - 1, 0)], bounds[min(index + is_talk, len(bounds) - 1)]))
    said = sorted(stretches)
    for hit in _QUOTED.finditer(octets):
        start, end = hit.span()
        index = bisect_left(said, (start, len(octets)))
        if is_talk or (index and said[index - 1][1] > start):
            stretches.append((start, end))
    yield from _merged(stretches)


def _mentioned(octets: bytes) -> Iterator[tuple[int, int]]:
    """Short quotations that a sentence names instead of saying them."""
    if b'"' not in octets:
        return
    for hit in _MENTIONED.finditer(octets):
        start, end = hit.span()
        before = octets[max(start - 16, 0) : start].split()[-1:]
        if octets[start : start + 1] == b"(" or (before and before[0] in _NAMING):
            yield start, end


def _merged(stretches: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start = end = -1
    for first, last in sorted(stretches):
        if first > end:
            if end >= 0:
                yield start, end
            start, end = first, last
        else:
            end = max(end, last)
    if end >= 0:
        yield start, end


def _is_together(places: _Places, one: Combination, reach: int, sentences: Sentences) -> bool:
    """Whether all that is needed stands somewhere within the reach and a few sentences."""
    events = sorted(
        {
            (end, number)
            for number, needed in enumerate(one.needed)
            for name in needed
            for end in places.get(name, ())
        }
    )
    most = 1 + reach // _PER_SENTENCE
    last = [(-reach - 1, -reach - 1)] * len(one.needed)
    for end, number in events:
        last[number] = (end, last[number][0])
        start = min(latest for latest, _ in last)
        if end - start > reach or sentences.between(start, end) > most:
            continue
        if not one.is_distinct or _is_each_own(last, end - reach):
            return True
    return False


def _is_each_own(
    last: Sequence[tuple[int, int]], first: int, taken: frozenset[int] = frozenset()
) -> bool:
    """Whether every need is met by words of its own: what is said once is one piece of evidence."""
    return not last or any(
        end >= first and end not in taken and _is_each_own(last[1:], first, taken | {end})
        for end in last[0]
    )
