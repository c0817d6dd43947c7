"""The table of the shell's commands."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mailcore.cli.failure import WrongUse
from mailcore.cli.shell import acting, reading
from mailcore.cli.shell.lines import Lines
from mailcore.cli.shell.session import Kind, Session

_READABLE: Final = (Kind.HOLD, Kind.MESSAGE, Kind.THREAD, Kind.QUARANTINED)
_WAITING: Final = (Kind.HOLD, Kind.QUARANTINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One command."""

    name: str
    argument: str
    """How its argument is written, in brackets when it may be left out; empty: it takes none."""
    about: str
    run: Callable[[Session, str, Lines], None]
    completes: tuple[Kind, ...] = ()
    """Whose ids its argument may be."""
    takes_address: bool = False

    @property
    def usage(self) -> str:
        """How it is written."""
        return f"{self.name} {self.argument}".rstrip()


def _looks(look: Callable[[Session, str], None]) -> Callable[[Session, str, Lines], None]:
    """A command that asks nothing back."""
    return lambda session, given, _: look(session, given)


def _help(session: Session, _: str, lines: Lines) -> None:
    del lines
    if session.screen.document({one.usage: one.about for one in VERBS.values()}):
        return
    width = max(len(one.usage) for one in VERBS.values())
    session.screen.lines(f"{one.usage.ljust(width)}  {one.about}" for one in VERBS.values())


def _quit(session: Session, _: str, lines: Lines) -> None:
    del session, lines
    raise EOFError


_TABLE: Final = (
    Verb(
        name="/pending",
        argument="",
        about="what waits for a person",
        run=_looks(reading.pending),
    ),
    Verb(
        name="/quarantine",
        argument="",
        about="mail of senders nobody has decided about",
        run=_looks(reading.quarantine),
    ),
    Verb(
        name="/inbox",
        argument="[ADDRESS]",
        about="the newest messages",
        run=_looks(reading.inbox),
        takes_address=True,
    ),
    Verb(
        name="/threads",
        argument="",
        about="the latest conversations",
        run=_looks(reading.threads),
    ),
    Verb(
        name="/agents",
        argument="",
        about="the agents of this server",
        run=_looks(reading.agents),
    ),
    Verb(
        name="/read",
        argument="NUMBER|ID",
        about="a message, hold or thread with all that it says",
        run=_looks(reading.read),
        completes=_READABLE,
    ),
    Verb(
        name="/approve",
        argument="NUMBER|ID [REASON]",
        about="send a held message as it is; in quarantine: trust the sender",
        run=acting.approve,
        completes=_WAITING,
    ),
    Verb(
        name="/reject",
        argument="NUMBER|ID [REASON]",
        about="discard a held message; in quarantine: block the sender",
        run=acting.reject,
        completes=_WAITING,
    ),
    Verb(
        name="/send",
        argument="TO[,TO…] [SUBJECT]",
        about="write a message; its text follows, up to a line with a single dot",
        run=acting.send,
        takes_address=True,
    ),
    Verb(
        name="/use",
        argument="[ADDRESS]",
        about="look at one inbox and send from it; without an address: at all",
        run=_looks(acting.use),
        takes_address=True,
    ),
    Verb(name="/help", argument="", about="this list", run=_help),
    Verb(name="/quit", argument="", about="leave, as Ctrl-D does", run=_quit),
)
VERBS: Final[Mapping[str, Verb]] = {one.name: one for one in _TABLE}


def find(word: str) -> Verb:
    """The command of this name; WrongUse names the nearest."""
    if word in VERBS:
        return VERBS[word]
    near = difflib.get_close_matches(f"/{word.lstrip('/')}", VERBS, 1)
    fix = f"Did you mean {near[0]}?" if near else "/help lists the commands"
    raise WrongUse(f"there is no command {word}", fix=fix)


def carry_out(session: Session, line: str, lines: Lines) -> None:
    """Carry out one line; EOFError: the person leaves."""
    word, _, given = line.strip().partition(" ")
    verb, given = find(word), given.strip()
    if given and not verb.argument:
        raise WrongUse(f"{verb.name} takes nothing", fix=f"Write {verb.usage}")
    if not given and verb.argument and not verb.argument.startswith("["):
        raise WrongUse(f"{verb.name} needs more", fix=f"Write {verb.usage}")
    verb.run(session, given, lines)
