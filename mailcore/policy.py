"""The guard's port: facts in, verdict out. Pure decisions; the implementation is plugged in by `app`.

Nothing here does I/O. `Guard` is synchronous and runs in a worker thread; its callers treat an
exception or a timeout as hold (outbound) or quarantine (inbound), never as clean.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, override

from mailcore.address import Address
from mailcore.ids import AgentId, GuardPolicyId, InboxId, MessageId, PodId, SecretId
from mailcore.model import AuthReport


class Severity(StrEnum):
    """How bad a finding is. By default `critical` and `high` hold, `medium` warns."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Order of badness, 0 for low."""
        return ("low", "medium", "high", "critical").index(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the guard saw. `masked` shows the match with its middle hidden, never the whole."""

    rule: str
    category: str
    severity: Severity
    place: str
    """Where: `subject`, `text`, `html`, `attachment notes.txt`, `header X-Note`, `recipient`."""
    message: str
    """One sentence for a person."""
    masked: str = ""
    pattern: str = ""
    """What of the rule matched, for who asks why."""
    policy_id: GuardPolicyId | None = None
    """The owner's word by which it counts as it does."""
    was: Severity | None = None
    """How severe it would be without that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What a message is compared by with others: keyed hashes, which say nothing without the key."""

    text: frozenset[int]
    """Of short runs of letters and digits in all that can be read in it, the smallest."""
    turned: frozenset[int] = frozenset()
    """The same of its text reversed and rotated."""
    matches: frozenset[int] = frozenset()
    """Of what was found in it, where that is high or critical."""
    critical: frozenset[int] = frozenset()
    """Of what was found and is critical."""


class Ruling(StrEnum):
    """What the guard asks for."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The guard's answer about one message. `score` and `level` are about inbound mail only."""

    ruling: Ruling
    findings: tuple[Finding, ...] = ()
    score: int = 0
    level: str = "clean"
    likeness: Likeness | None = field(default=None, repr=False)
    """What it is compared by, where the facts ask for it."""

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories found, sorted, each once."""
        return tuple(sorted({finding.category for finding in self.findings}))


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretShape:
    """A secret in the form in which the guard looks for it: undisguised, without white space."""

    whole: bytes
    word_count: int
    """How many words it had."""
    piece_octets: int
    pieces: tuple[bytes, ...]
    """Its octets in order, cut into pieces of that size; the rest that fills no piece is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSecret:
    """A registered secret, or a decoy that nobody has a reason to send."""

    name: str
    is_decoy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPiece:
    """The piece of a registered secret with this number, of so many different ones."""

    secret: KnownSecret
    number: int
    of: int


class SecretKind(StrEnum):
    """What a registered secret is."""

    SECRET = "secret"  # noqa: S105 - a kind, not a secret
    DECOY = "decoy"
    """Planted where nobody has a reason to take it from: its appearance is an alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSecret:
    """A registered secret as kept: keyed hashes of its shape."""

    id: SecretId
    pod_id: PodId
    name: str
    kind: SecretKind
    whole: bytes
    word_count: int
    piece_octets: int
    pieces: tuple[bytes, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """The owner's word that a rule counts differently for some mail, until some day."""

    id: GuardPolicyId
    pod_id: PodId
    rule: str
    severity: Severity
    inbox_id: InboxId | None
    """Only mail from here; all where None."""
    recipient: str
    """Only mail whose recipients are all this address or in this `@domain`; all where empty."""
    reason: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """An agent saw a message that tries to give it instructions."""

    pod_id: PodId
    agent_id: AgentId
    message_id: MessageId
    inbox_id: InboxId
    read_at: datetime
    """The first time it was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What the words of a message are known by."""

    runs: frozenset[int]
    """Hashes of runs of words."""
    addresses: frozenset[str]
    """The mail addresses in its text, in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An arrived message that words or recipients may have been taken from."""

    sender: str
    """In small letters; empty when it names none."""
    is_shared: bool
    """Whether it is of the conversation that is answered, or from a recipient."""
    is_trusted: bool
    """Whether its sender is trusted and nothing was found in it."""
    trace: Trace


class Fingerprints(Protocol):
    """Known secrets, kept only as keyed hashes: the server's own and those the owner registers."""

    @property
    def word_counts(self) -> frozenset[int]:
        """How many words they have: other runs of words need not be asked about."""
        ...

    @property
    def piece_sizes(self) -> frozenset[int]:
        """How many octets their pieces have."""
        ...

    def match(self, candidate: bytes) -> KnownSecret | None:
        """The secret whose normal form `candidate` is, or None."""
        ...

    def pieces(self, candidate: bytes) -> Sequence[KnownPiece]:
        """The pieces of secrets that `candidate` is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What a document says. `trouble` is why it is not all, in words for a person; empty when it is."""

    texts: tuple[str, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    """Files attached to the document, by name."""
    trouble: str = ""


class Extractor(Protocol):
    """Reads documents that no part of this process should parse."""

    def extract(self, kind: str, payload: bytes) -> Extraction:
        """The text of a `pdf` or a binary `workbook`. Bounded in time and memory; never raises."""
        ...


class NoExtractor(Extractor):
    """Looks into nothing, and says so."""

    @override
    def extract(self, kind: str, payload: bytes) -> Extraction:
        """Always trouble."""
        del payload
        return Extraction(trouble="a PDF document" if kind == "pdf" else "a binary office document")


class RuleCache(Protocol):
    """Keeps what takes seconds to compile from one start to the next."""

    def get(self, key: str) -> bytes | None:
        """What was kept under this key, unchanged; None when there is nothing. Never raises."""
        ...

    def put(self, key: str, compiled: bytes) -> None:
        """Keep it if possible. Never raises."""
        ...


class NoRuleCache(RuleCache):
    """Keeps nothing."""

    @override
    def get(self, key: str) -> bytes | None:
        """Nothing."""
        return None

    @override
    def put(self, key: str, compiled: bytes) -> None:
        """Forget it."""


NO_RULE_CACHE: Final = NoRuleCache()


class NoFingerprints(Fingerprints):
    """Nothing registered."""

    @property
    @override
    def word_counts(self) -> frozenset[int]:
        """None."""
        return frozenset()

    @property
    @override
    def piece_sizes(self) -> frozenset[int]:
        """None."""
        return frozenset()

    @override
    def match(self, candidate: bytes) -> KnownSecret | None:
        """Always None."""
        return None

    @override
    def pieces(self, candidate: bytes) -> Sequence[KnownPiece]:
        """Always none."""
        return ()


NO_FINGERPRINTS: Final = NoFingerprints()


@dataclass(frozen=True, slots=True, kw_only=True)
class Easing:
    """What the owner says of a rule for this message: it counts as `severity`."""

    rule: str
    """An id, or all of a group as in `pii.*`."""
    severity: Severity
    policy_id: GuardPolicyId | None = None

    def covers(self, rule: str) -> bool:
        """Whether it speaks of this rule."""
        return rule == self.rule or (
            self.rule.endswith(".*") and rule.startswith(self.rule.removesuffix("*"))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundFacts:
    """What is known of a message about to leave. `raw` is exactly what the recipients will get."""

    raw: bytes
    mail_from: Address | None
    recipients: tuple[Address, ...]
    is_internal: bool
    """Every envelope recipient is local."""
    fingerprints: Fingerprints
    hold_at: Severity | None = None
    """The lowest severity that holds; None leaves it to how the guard was built."""
    easings: tuple[Easing, ...] = ()
    """The last that covers a rule counts."""
    origins: tuple[Origin, ...] = ()
    """The latest mail of the inbox it leaves from; empty for people's mail."""
    new_recipients: tuple[Address, ...] = ()
    """Recipients that are in nobody's address book and never wrote."""
    is_tainted: bool = False
    """Whether it is an agent's that read mail which tries to give it instructions."""
    likeness_key: bytes = field(default=b"", repr=False)
    """What the message's likeness is hashed with; empty asks for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundFacts:
    """What is known of a message that arrived. `raw` is as received, without our own header."""

    raw: bytes
    mail_from: Address | None
    recipients: tuple[Address, ...]
    is_external: bool
    """Decided by how it arrived, never by a header."""
    auth: AuthReport
    warning_at: int | None = None
    """The score from which it carries a warning; None leaves it to how the guard was built."""
    spam_at: int | None = None
    """The score from which it is spam."""
    namesakes: tuple[Address, ...] = ()
    """The addresses of whom the pod knows by the name that From shows."""


class Guard(Protocol):
    """Judges mail. Pure and synchronous: no sockets, files, clock or memory of its own."""

    def judge_outbound(self, facts: OutboundFacts) -> Verdict:
        """A verdict over everything a recipient would get."""
        ...

    def judge_inbound(self, facts: InboundFacts) -> Verdict:
        """A verdict over a message that arrived from outside."""
        ...

    def redact(
        self,
        text: str,
        hold_at: Severity | None = None,
        fingerprints: Fingerprints = NO_FINGERPRINTS,
    ) -> str:
        """The text with every match that would hold, and every known secret, masked; for notices."""
        ...
