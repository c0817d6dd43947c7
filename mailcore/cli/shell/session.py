"""What a shell remembers between two lines: the last list, what was seen, and the inbox in use."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mailcore.cli.api import Api, segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.inboxes import find
from mailcore.cli.shell.screen import Screen
from mailcore.errors import ErrorKind, MailError, not_found
from mailcore.model import JsonObject


class Kind(StrEnum):
    """What a number or an id stands for."""

    HOLD = "hold"
    QUARANTINED = "message in quarantine"
    MESSAGE = "message"
    THREAD = "thread"
    AGENT = "agent"


PATHS: Final = {
    Kind.HOLD: "/v1/holds",
    Kind.QUARANTINED: "/v1/quarantine",
    Kind.MESSAGE: "/v1/messages",
    Kind.THREAD: "/v1/threads",
    Kind.AGENT: "/v1/agents",
}
_PASSED: Final = (ErrorKind.NOT_FOUND, ErrorKind.DENIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something with an id."""

    kind: Kind
    id: str

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"{PATHS[self.kind]}/{segment(self.id)}"


@dataclass(slots=True, kw_only=True)
class Session:
    """One shell."""

    api: Api
    screen: Screen
    inbox: JsonObject | None = None
    """The inbox in use; None: all."""
    shown: list[Thing] = field(default_factory=list)
    """The rows of the last list, in their order."""
    known: dict[str, Kind] = field(default_factory=dict)
    """Every id seen so far."""
    digests: dict[str, str] = field(default_factory=dict)
    """What a hold was when it was seen last."""

    def keep(self, kind: Kind, rows: list[JsonObject]) -> None:
        """Remember the rows of a list."""
        self.shown = [Thing(kind=kind, id=str(row["id"])) for row in rows]
        for row in rows:
            self.saw(kind, row)

    def saw(self, kind: Kind, row: JsonObject) -> None:
        """Remember one thing as it was seen."""
        self.known[str(row["id"])] = kind
        if kind is Kind.HOLD:
            self.digests[str(row["id"])] = str(row.get("digest", ""))

    def thing(self, word: str, kinds: tuple[Kind, ...]) -> Thing:
        """What a number of the last list, or an id, stands for; it must be one of these kinds."""
        if word.isdecimal():
            return self._numbered(int(word), kinds)
        kind = self.known.get(word)
        if kind in kinds:
            return Thing(kind=kind, id=word)
        for one in kinds:
            thing = Thing(kind=one, id=word)
            try:
                self.saw(one, self.api.get(thing.path))
            except MailError as error:
                if error.kind not in _PASSED:
                    raise
            else:
                return thing
        raise not_found(
            f"a {' or '.join(kinds)} with the id {word}", fix="Take a number of the last list"
        )

    def _numbered(self, number: int, kinds: tuple[Kind, ...]) -> Thing:
        if not 1 <= number <= len(self.shown):
            raise WrongUse(
                f"the last list has no number {number}", fix="List again: /pending, /inbox, …"
            )
        thing = self.shown[number - 1]
        if thing.kind not in kinds:
            raise WrongUse(
                f"number {number} of the last list is a {thing.kind}, not a {' or '.join(kinds)}",
                fix="List again: /pending or /quarantine",
            )
        return thing

    def choose(self, address: str) -> None:
        """Use one inbox from now on; empty: all."""
        self.inbox = find(self.api, address) if address else None

    @property
    def inbox_id(self) -> str | None:
        """The id of the inbox in use."""
        return str(self.inbox["id"]) if self.inbox else None

    def sender_id(self) -> str:
        """The inbox that sends: the one in use, or the only one."""
        if self.inbox:
            return str(self.inbox["id"])
        found = self.api.every("/v1/identities")
        if len(found) != 1:
            raise WrongUse("which inbox shall send?", fix="Choose one with /use ADDRESS")
        return str(found[0]["id"])
