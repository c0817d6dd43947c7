"""The score of mail from outside: threats in what it says plus signs in how it is made.

The ruling is always ALLOW: mail is accepted and stored; score and level decide where it goes.
Text and HTML are read in every form `guard.decode` knows. An instruction that was hidden or encoded
counts more than one in plain sight. Mail that did not come from outside is `internal`, never scored.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from guard import signs
from guard.carriers import Collector
from guard.combinations import SAME_FACT, Combination
from guard.decode import (
    BROKEN_UP,
    ENTITIES,
    ESCAPED,
    FORM_ENCODED,
    JOINED,
    PERCENT_ENCODED,
    QUOTED_PRINTABLE,
    REVERSED,
    ROT13,
    SPACED_OUT,
    Decoder,
    Passage,
    Reading,
)
from guard.folding import plain
from guard.impostors import Impostors
from guard.markup import Stripper
from guard.matching import Pattern, PatternSet
from guard.rule import Scope
from guard.settings import GuardSettings
from guard.signs import Sign, sign
from guard.threat_table import ALL_THREATS
from guard.threats import Threat
from guard.understanding import Spots, Text, Understanding
from mailcore.message.headers import Headers
from mailcore.message.htmltext import read_html
from mailcore.message.parse import Leaf, leaves
from mailcore.policy import (
    NO_RULE_CACHE,
    Extractor,
    Finding,
    InboundFacts,
    NoExtractor,
    RuleCache,
    Ruling,
    Severity,
    Verdict,
)

MAX_LEAVES: Final = 100
MAX_TEXT: Final = 512 * 1024
MAX_DOCUMENTS: Final = 4
MAX_DOCUMENT: Final = 4 * 1024 * 1024
_PICTURES: Final = ("image/", "audio/", "video/", "font/")
_SPOKEN_FIELDS: Final = ("Comments", "Keywords", "Organization", "Thread-Topic", "X-Note")
"""Fields besides the usual ones that readers may be shown."""
_MAX_VALUES: Final = 5
_WORDLESS: Final = (BROKEN_UP, REVERSED, ROT13)
"""Readings that phrases are looked for in, and nothing else."""
_MAX_HITS: Final = 50
_OPEN: Final = frozenset({"text", "html"})
"""Where the subject is read as the first sentence."""
_SHOWN: Final = _OPEN | {"subject"}
"""Where talk about attacks may stand."""
_MILD: Final = frozenset({"", JOINED, ENTITIES, QUOTED_PRINTABLE})
"""How what is shown is read."""
_PARTLY: Final = _MILD | {PERCENT_ENCODED, FORM_ENCODED, ESCAPED, SPACED_OUT}
"""How all that is shown is read, and what is written in between."""
_LINKED: Final = frozenset({"text", "html source"})
"""Where links are looked for."""
_DISGUISED: Final = frozenset({"prompt_injection", "data_exfiltration"})
"""What nobody hides without knowing why."""
_ATTRIBUTES: Final = (
    r"(?is)<!--(?P<v>.{3,1000}?)-->|"
    r"\s(?:alt|title|aria-label|content|value|placeholder|summary|label|data-[a-z\-]{1,30})\s{0,3}=\s{0,3}(?:\"[^\"]{12,1000}\"|'[^']{12,1000}')"
)
"""What HTML says without showing it."""
_MASKED_INPUT: Final = r"(?i)<input[^>]{1,300}type\s{0,3}=\s{0,3}[\"']?password"
_HIDING: Final = (
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0|"
    r"[\s\"']hidden[\s>=\"']|mso-hide|color\s*[:=]|<font|<dialog|"
    r"(?:height|width)\s*:\s*0|:\s*-[0-9]{3,}|aria-hidden|clip"
)
"""What hidden text needs; without it the costlier comparison is left out."""


class InboundJudge:
    """Scores arriving mail. Holds compiled rules only; safe to share between threads."""

    def __init__(
        self,
        settings: GuardSettings,
        cache: RuleCache = NO_RULE_CACHE,
        extractor: Extractor | None = None,
    ) -> None:
        self._settings = settings
        self._extractor = extractor or NoExtractor()
        self._threats: Final = tuple(
            (threat, pattern) for threat in ALL_THREATS for pattern in threat.patterns
        )
        self._set: Final = PatternSet([pattern for _, pattern in self._threats], cache)
        self._of_links: Final = frozenset(
            index for index, (_, pattern) in enumerate(self._threats) if "://" in pattern
        )
        self._understanding = Understanding(cache)
        self._decoder = Decoder(cache, is_whole=True)
        self._stripper = Stripper()
        self._links = signs.Links()
        self._impostors = Impostors()
        self._hiding = Pattern(_HIDING)
        self._attributes = Pattern(_ATTRIBUTES)
        self._masked_input = Pattern(_MASKED_INPUT)

    def learn(self) -> None:
        """Compile what only mail in other languages needs; see `Understanding.learn`."""
        self._understanding.learn()

    def judge(self, facts: InboundFacts) -> Verdict:
        """Score, level and findings."""
        if not facts.is_external:
            return Verdict(ruling=Ruling.ALLOW, level="internal")
        if not self._settings.scores_inbound:
            return Verdict(ruling=Ruling.ALLOW)
        seen = {(one.rule, one.place): one for one in self._signs(facts)}
        scored: dict[str, int] = {}
        for one in seen.values():
            fact = SAME_FACT.get(one.rule, one.rule)
            scored[fact] = max(scored.get(fact, 0), one.points)
        score = sum(scored.values())
        findings = tuple(_finding(one) for one in sorted(seen.values(), key=_order))
        return Verdict(
            ruling=Ruling.ALLOW, findings=findings, score=score, level=self._level(score, facts)
        )

    def _level(self, score: int, facts: InboundFacts) -> str:
        if score >= (facts.spam_at or self._settings.spam_at):
            return "spam"
        return "warning" if score >= (facts.warning_at or self._settings.warning_at) else "clean"

    def _signs(self, facts: InboundFacts) -> Iterator[Sign]:
        fields = Headers.read(facts.raw)
        found = leaves(facts.raw, max_bytes=16 * 1024 * 1024)[:MAX_LEAVES]
        subject = fields.get("Subject") or ""
        senders = fields.mailboxes("From")
        own = signs.organization(senders[0].address) if senders else ""
        yield from signs.authentication(facts.auth)
        yield from signs.headers(fields, facts.auth)
        yield from signs.shouting(subject)
        yield from self._impostors.senders(fields, facts)
        passages = list(_passages(fields, subject, found))
        for leaf in [leaf for leaf in found if _is_document(leaf)][:MAX_DOCUMENTS]:
            passages.extend(self._documents(leaf))
        for leaf in found:
            yield from signs.files(leaf)
            if leaf.content_type == "text/html" and leaf.text:
                html = leaf.text[:MAX_TEXT]
                yield from self._links.mismatches(html, own if facts.auth.is_aligned else "")
                if self._masked_input.search(html.encode("utf-8", "replace")) is not None:
                    yield sign("phishing.password_field", "html")
                passages.extend(self._html_passages(html))
        for passage in passages:
            yield from signs.invisible(passage.text, passage.place)
        texts = [
            one.text.encode("utf-8", "replace")
            for one in passages
            if one.place in _LINKED or one.place.startswith("attachment ")
        ]
        yield from self._impostors.links(texts, own)
        yield from self._said(passages, subject)

    def _documents(self, leaf: Leaf) -> Iterator[Passage]:
        """What is written in an attached document, archive or message."""
        collector = Collector(self._stripper, self._extractor)
        place = f"attachment {leaf.filename[:80] or leaf.content_type}"
        collector.payload(leaf.payload, place, leaf.filename, 0)
        left = MAX_TEXT
        for passage in collector.evidence.passages:
            if passage.scope is Scope.PROSE and left > 0:
                yield Passage(place=place, text=passage.text[:left])
                left -= len(passage.text)

    def _html_passages(self, html: str) -> Iterator[Passage]:
        """What HTML shows, what it hides, and its source."""
        everything = self._stripper.text_of(html)
        yield Passage(place="html source", text=html)
        unseen = [hit.group() for hit in self._attributes.finditer(html.encode("utf-8", "replace"))]
        if unseen:
            yield Passage(
                place="html attributes", text=b"\n\n".join(unseen).decode("utf-8", "replace")
            )
        if self._hiding.search(html.encode("utf-8", "replace")) is None:
            yield Passage(place="html", text=everything)
            return
        reading = read_html(html)
        yield Passage(place="html", text=reading.text)
        yield Passage(place="hidden html", text=reading.hidden)
        yield Passage(place="html source", text=everything)

    def _said(self, passages: Iterable[Passage], subject: str) -> Iterator[Sign]:
        """Threats by what is said, and once more where it was disguised."""
        readings = [
            reading for passage in passages for reading in self._decoder.read(passage).readings
        ]
        open_text: set[str] = set()
        disguised: list[tuple[Threat | Combination, Reading]] = []
        for threat, reading in self._occurring(readings, subject):
            is_open = reading.ways <= _MILD and reading.place in _SHOWN
            place = reading.place.removesuffix(" source")
            yield Sign(
                rule=threat.id,
                category=threat.category,
                points=threat.points,
                place=f"{place} ({reading.how})" if reading.how else place,
                message=threat.description,
            )
            if is_open:
                open_text.add(threat.id)
            elif threat.category in _DISGUISED:
                disguised.append((threat, reading))
        for threat, reading in disguised:
            if threat.id not in open_text:
                yield sign("injection.disguised", reading.place.removesuffix(" source"))

    def _occurring(
        self, readings: Sequence[Reading], subject: str
    ) -> Iterator[tuple[Threat | Combination, Reading]]:
        head = _lowered(plain(subject).encode("utf-8", "replace")) + b".\n\n"
        hushed: set[str] = set()
        spotted = list(self._spotted(readings, head))
        about = {
            kind
            for reading, spots in spotted
            if spots is not None and _is_shown(reading)
            for kind in spots.subjects()
        }
        phrased: list[tuple[Threat, Reading]] = []
        is_headed = any(
            spots is not None and reading.place in _OPEN and _is_shown(reading)
            for reading, spots in spotted
        )
        for reading, spots in spotted:
            text = None
            if spots is not None:
                text = self._understanding.read(spots, is_talk=bool(about) and _is_shown(reading))
                is_read_below = is_headed and reading.place == "subject" and _is_shown(reading)
                if not is_read_below:
                    yield from ((one, reading) for one in self._understanding.combined(text))
            shift = len(head) if _is_shown(reading) and reading.place in _OPEN else 0
            for one, is_meant in self._phrased(reading, text, shift):
                if is_meant:
                    phrased.append((one, reading))
                elif _is_shown(reading):
                    hushed.add(one.id)
        for one, reading in phrased:
            if one.id not in hushed or reading.place.removesuffix(" source") not in _SHOWN:
                yield one, reading

    def _phrased(
        self, reading: Reading, text: Text | None, shift: int
    ) -> Iterator[tuple[Threat, bool]]:
        """The phrases that occur, and whether they are more than talked about."""
        confirmed: set[str] = set()
        is_run_together = reading.how.endswith(BROKEN_UP)
        for index in self._set.occurring(reading.octets):
            threat, _ = self._threats[index]
            if threat.id in confirmed or (is_run_together and index in self._of_links):
                continue
            found = _found(self._set.patterns[index], reading.octets, text, shift)
            if found is not None:
                if found:
                    confirmed.add(threat.id)
                yield threat, found

    def _spotted(
        self, readings: Iterable[Reading], head: bytes
    ) -> Iterator[tuple[Reading, Spots | None]]:
        """Each reading with what it speaks of; the same words are looked at once."""
        known: dict[tuple[bytes, bool], Spots] = {}
        for reading in readings:
            if reading.place == "html source" or reading.how.endswith(_WORDLESS):
                yield reading, None
                continue
            octets = _lowered(reading.octets)
            if reading.place in _OPEN and _is_shown(reading):
                octets = head + octets
            key = (b" ".join(octets.split()), _is_shown(reading))
            if key not in known:
                known[key] = self._understanding.spot(octets)
                yield reading, known[key]
            elif known[key].is_plain:
                yield reading, None
            else:
                yield reading, self._understanding.spot(octets)


def _is_shown(reading: Reading) -> bool:
    return reading.ways <= _PARTLY and reading.place in _SHOWN


def _found(pattern: Pattern, octets: bytes, text: Text | None, shift: int) -> bool | None:
    """None where it does not occur; False where it only stands in talk about attacks."""
    if text is None or not (text.talk or text.denied):
        return True if pattern.search(octets) is not None else None
    hits = list(itertools.islice(pattern.finditer(octets), _MAX_HITS))
    if not hits:
        return None
    spans = (hit.span() for hit in hits)
    return any(not text.is_only_mentioned(start + shift, end + shift) for start, end in spans)


def _lowered(octets: bytes) -> bytes:
    octets = octets.replace(b"_", b" ")
    if octets.isascii():
        return octets.lower()
    return octets.decode("utf-8", "replace").lower().encode("utf-8", "replace")


def _is_document(leaf: Leaf) -> bool:
    """Whether something may be written in it that no other part of this module reads."""
    return (
        leaf.text is None
        and 0 < len(leaf.payload) <= MAX_DOCUMENT
        and not leaf.content_type.startswith(_PICTURES)
    )


def _passages(fields: Headers, subject: str, found: Iterable[Leaf]) -> Iterator[Passage]:
    """Everything people or agents read, but HTML."""
    yield Passage(place="subject", text=subject)
    names = [
        mailbox.name
        for field in ("From", "Reply-To", "Sender")
        for mailbox in fields.mailboxes(field)
    ]
    yield Passage(place="header From", text="\n".join(name for name in names if name))
    for field in _SPOKEN_FIELDS:
        for value in fields.all(field)[:_MAX_VALUES]:
            yield Passage(place=f"header {field}", text=value)
    for leaf in found:
        if leaf.filename:
            yield Passage(place="attachment name", text=leaf.filename)
        if leaf.text is not None and leaf.content_type != "text/html":
            place = f"attachment {leaf.filename[:80]}" if leaf.is_attachment else "text"
            yield Passage(place=place, text=_unfolded(leaf)[:MAX_TEXT])


def _unfolded(leaf: Leaf) -> str:
    """The text; that of calendars and contacts without folding and escapes (RFC 5545 §3.1)."""
    text = leaf.text or ""
    if leaf.content_type not in {"text/calendar", "text/vcard", "text/x-vcard"}:
        return text
    joined = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    return joined.replace("\\n", "\n").replace("\\N", "\n").replace("\\,", ",")


def _order(sign: Sign) -> tuple[int, str, str]:
    return (-sign.points, sign.rule, sign.place)


def _finding(sign: Sign) -> Finding:
    severity = (
        Severity.HIGH
        if sign.points >= 20
        else Severity.MEDIUM
        if sign.points >= 10
        else Severity.LOW
    )
    return Finding(
        rule=sign.rule,
        category=sign.category,
        severity=severity,
        place=sign.place,
        message=sign.message,
    )
