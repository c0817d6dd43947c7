"""How a command ended: the tagged status line, without its tag."""

from dataclasses import dataclass
from enum import StrEnum

from imapd import responses
from mailcore.errors import ErrorKind, MailError


class Word(StrEnum):
    """The three ways a command ends (RFC 9051 §7.1)."""

    OK = "OK"
    NO = "NO"
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status with its text and code."""

    word: Word
    text: str
    code: bytes = b""
    tells_modseq: bool = False
    """HIGHESTMODSEQ goes into the answer when the client keeps one (RFC 7162 §3.2.7)."""

    def line(self, tag: bytes) -> bytes:
        """The status line."""
        match self.word:
            case Word.OK:
                return responses.ok(tag, self.text, self.code)
            case Word.NO:
                return responses.no(tag, self.text, self.code)
            case Word.BAD:
                return responses.bad(tag, self.text, self.code)


def done(text: str, code: bytes = b"") -> Outcome:
    """OK."""
    return Outcome(Word.OK, text, code)


def refused(text: str, code: bytes = b"") -> Outcome:
    """NO."""
    return Outcome(Word.NO, text, code)


def wrong(text: str, code: bytes = b"") -> Outcome:
    """BAD."""
    return Outcome(Word.BAD, text, code)


READ_ONLY = refused("the mailbox is open read-only; use SELECT to change it", b"CANNOT")
EXPUNGED = refused("some of the messages no longer exist", b"EXPUNGEISSUED")
BEYOND_END = wrong("a message number is larger than the mailbox")


def try_create(error: MailError) -> Outcome:
    """NO [TRYCREATE] for a target mailbox that is missing; other errors are raised again."""
    if error.kind is ErrorKind.NOT_FOUND and error.code == "no_such_mailbox":
        return refused(error.message, b"TRYCREATE")
    raise error
