"""What a leak rule is: data, no behavior.

A rule is found by its patterns (RE2 syntax, no lookaround), confirmed by the validator it names and
kept honest by its own examples and near misses, which the tests run.
"""

from dataclasses import dataclass
from enum import IntEnum

from guard.publication import NO_PAGES, Pages
from mailcore.policy import Severity


class Scope(IntEnum):
    """How far a rule reaches. A text has a scope too: a rule applies where its own is at least that.

    The order is that of distinctiveness: what cannot be mistaken may be looked for everywhere.
    """

    PROSE = 0
    """Only in what people read: subject, text, the text of HTML, text attachments."""
    TEXT = 1
    """Also in HTML source, file names, display names and addresses."""
    TURNED = 2
    """Also in what people read when it is reversed or rotated."""
    ANYWHERE = 3
    """Also in machine-made headers and strings of binary files."""
    DISTINCT = 4
    """Also in text whose white space was taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of leak. A pattern's group `v`, where there is one, is the value to validate and mask."""

    id: str
    """Stable: `credential.github_token`."""
    category: str
    severity: Severity
    description: str
    """One sentence for the person who decides."""
    patterns: tuple[str, ...]
    validator: str = ""
    """A name in `guard.validators.VALIDATORS`; empty accepts every match."""
    scope: Scope = Scope.TEXT
    is_generic: bool = False
    """Gives way to a specific rule that matched the same characters."""
    least: int = 1
    """How many different matches make a finding."""
    reach: int = 120
    """Octets on either side of a match that its validator sees."""
    examples: tuple[str, ...]
    """Texts in which the rule must hit."""
    near_misses: tuple[str, ...] = ()
    """Texts in which it must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A match as its validator sees it, with what stands around it."""

    value: str
    whole: str
    before: str
    """What stands in front of the match, as far as the rule reaches."""
    after: str
    """What stands behind the value, as far as the rule reaches."""
    pages: Pages = NO_PAGES
    """The texts it was found in."""
    position: int = 0

    @property
    def is_in_publication(self) -> bool:
        """Whether the whole text it stands in was written for many."""
        return self.pages.is_publication(self.position)

    @property
    def lead(self) -> str:
        """What the match has in front of its value."""
        return self.whole.removesuffix(self.value)

    def paragraph(self, ahead: int, behind: int) -> tuple[str, str]:
        """What stands in front of the match and behind it in its paragraph, so many characters at most."""
        return self.before[-ahead:].rpartition("\n\n")[2], self.after[:behind].partition("\n\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What was looked for stands near the match, not in it."""

    value: str


type Judgement = bool | Severity | Beside
"""False rejects, True keeps the rule's severity, a severity replaces it, another value is shown."""
