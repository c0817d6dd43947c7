"""The verdict on mail about to leave: every passage in every reading against the rule table.

Same bytes, same verdict. Findings are masked, in the order of severity and place, each once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from guard.carriers import UNDER_SUBJECT, Collector, unscannable
from guard.decode import JOINED, Decoder, Reading
from guard.known import known_secrets
from guard.leaks import LeakScanner, Match
from guard.likeness import likeness
from guard.markup import Stripper
from guard.patterns import RULES
from guard.provenance import origins_found
from guard.redact import redact
from guard.settings import GuardSettings
from mailcore.policy import (
    Easing,
    Extractor,
    Finding,
    Fingerprints,
    OutboundFacts,
    RuleCache,
    Ruling,
    Severity,
    Verdict,
)

_NAME: Final = " (name)"
MAX_FINDINGS: Final = 200
_MAX_BLOBS: Final = 50
TAINTED: Final = Finding(
    rule="provenance.tainted",
    category="provenance",
    severity=Severity.CRITICAL,
    place="message",
    message="Its author read mail that tries to give it instructions; what it sends is held for a while.",
)
_MUTED_INSIDE: Final = frozenset({"pii", "financial", "system"})


class OutboundJudge:
    """Judges outgoing mail. Holds compiled rules only; safe to share between threads."""

    def __init__(self, settings: GuardSettings, extractor: Extractor, cache: RuleCache) -> None:
        self._settings = settings
        self._extractor = extractor
        self._scanner = LeakScanner([r for r in RULES if r.category in settings.categories], cache)
        self._decoder = Decoder(cache)
        self._stripper = Stripper()

    def judge(self, facts: OutboundFacts) -> Verdict:
        """ALLOW, or HOLD when a finding is at least as bad as the setting."""
        collector = Collector(self._stripper, self._extractor)
        collector.envelope(facts.mail_from, facts.recipients)
        collector.message(facts.raw)
        readings = self._read_all(collector)
        matches = list(self._scanner.scan(readings))
        found = collector.evidence.findings + _merged(matches)
        found += known_secrets(readings, facts.fingerprints)
        found.extend(origins_found(facts))
        if facts.is_tainted:
            found.append(TAINTED)
        findings = _ordered(
            _eased(finding, facts.easings)
            for finding in _with_hidden_names(found)
            if finding.category in self._settings.categories and _counts(finding, facts)
        )
        limit = facts.hold_at or self._settings.hold_at
        key = facts.likeness_key
        return Verdict(
            ruling=_ruling(findings, limit),
            findings=findings,
            likeness=likeness(readings, matches, findings, key) if key else None,
        )

    def redact(self, text: str, hold_at: Severity | None, fingerprints: Fingerprints) -> str:
        """The text with everything masked that would hold it; see `guard.redact`."""
        limit = hold_at or self._settings.hold_at
        return redact(text, self._scanner, self._decoder, limit, fingerprints)

    def _read_all(self, collector: Collector) -> list[Reading]:
        """Readings of all passages, those of archives found in encoded runs included."""
        readings: list[Reading] = []
        done, blobs = 0, 0
        passages = collector.evidence.passages
        while done < len(passages):
            passage = passages[done]
            done += 1
            read = self._decoder.read(passage)
            readings.extend(read.readings)
            for what in read.left_unread:
                collector.evidence.findings.append(unscannable(passage.place, what))
            for blob in read.blobs:
                blobs += 1
                if blobs > _MAX_BLOBS:
                    collector.evidence.findings.append(
                        unscannable(passage.place, "more encoded files than can be looked into")
                    )
                    break
                collector.payload(blob, f"{passage.place} (encoded file)", "", depth=2)
        return readings


def _ruling(findings: Sequence[Finding], hold_at: Severity) -> Ruling:
    worst = max((finding.severity.rank for finding in findings), default=-1)
    return Ruling.HOLD if worst >= hold_at.rank else Ruling.ALLOW


def _eased(finding: Finding, easings: Sequence[Easing]) -> Finding:
    """The finding as severe as the owner's last word on its rule."""
    words = [easing for easing in easings if easing.covers(finding.rule)]
    if not words:
        return finding
    last = words[-1]
    return replace(finding, severity=last.severity, policy_id=last.policy_id, was=finding.severity)


def _counts(finding: Finding, facts: OutboundFacts) -> bool:
    """Between inboxes of this server mild findings say nothing, and opaque files stay inside."""
    if not facts.is_internal:
        return True
    if finding.category == "encoding" and finding.rule.startswith("encoding.unscann"):
        return False
    return finding.category not in _MUTED_INSIDE or finding.severity.rank >= Severity.HIGH.rank


def _merged(matches: Sequence[Match]) -> list[Finding]:
    """One finding a rule, place and value: the plain reading's before those of derived readings.

    Joined lines tell nothing new of what was found without joining them.
    """
    findings: dict[tuple[str, str, str], Finding] = {}
    told: set[tuple[str, str]] = set()
    unjoined = {(one.rule.id, one.place) for one in matches if JOINED not in one.how}
    for match in matches:
        if JOINED in match.how and (match.rule.id, match.place) in unjoined:
            continue
        place = match.place.removesuffix(" source")
        masked = mask(match.value)
        if place.endswith(UNDER_SUBJECT) and (
            (match.rule.id, masked) in told or not _is_named_by_subject(match)
        ):
            continue
        told.add((match.rule.id, masked))
        key = (match.rule.id, place, masked)
        if key not in findings or match.severity.rank > findings[key].severity.rank:
            findings[key] = Finding(
                rule=match.rule.id,
                category=match.rule.category,
                severity=match.severity,
                place=f"{place} ({match.how})" if match.how else place,
                message=match.rule.description,
                masked=masked,
                pattern=match.pattern,
            )
    return list(findings.values())


def _is_named_by_subject(match: Match) -> bool:
    """Whether a subject can say what the value is: a secret, an account, a number of a person."""
    if match.rule.id in _TOLD_IN_THE_TEXT:
        return False
    is_number = sum(map(str.isdigit, match.value)) >= _DIGITS_OF_A_NUMBER
    return match.rule.category in _NAMED_BY_SUBJECT or (match.rule.category == "pii" and is_number)


_NAMED_BY_SUBJECT: Final = frozenset({"credentials", "financial"})
_TOLD_IN_THE_TEXT: Final = frozenset(
    {"pii.named_number", "credential.random_near_key", "credential.login_pair"}
)
_DIGITS_OF_A_NUMBER: Final = 6


def _with_hidden_names(findings: Sequence[Finding]) -> list[Finding]:
    """Places without the names of files whose name is itself a finding."""
    secret = sorted(
        {
            finding.place.partition(_NAME)[0]
            for finding in findings
            if _NAME in finding.place and finding.severity.rank >= Severity.MEDIUM.rank
        },
        key=len,
    )
    if not secret:
        return list(findings)
    shown: list[Finding] = []
    for finding in findings:
        place = finding.place
        for name in secret:
            place = place.replace(name, "attachment with a hidden name")
        shown.append(replace(finding, place=place))
    return shown


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    unique = dict.fromkeys(findings)
    ranked = sorted(unique, key=lambda f: (-f.severity.rank, f.rule, f.place, f.masked))
    return tuple(ranked[:MAX_FINDINGS])


def mask(value: str) -> str:
    """The value with its middle hidden: never more than the first two and the last two characters."""
    text = " ".join(value.split())
    if len(text) < 6:
        return "…"
    if len(text) < 12:
        return f"{text[0]}…{text[-1]}"
    return f"{text[:2]}…{text[-2:]}"
