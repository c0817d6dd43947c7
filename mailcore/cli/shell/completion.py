"""What the tab key offers: commands, ids, addresses."""

import readline
from collections.abc import Callable, Iterable

from mailcore.cli.shell.session import PATHS, Kind, Session
from mailcore.cli.shell.verbs import VERBS
from mailcore.errors import MailError
from mailcore.model import JsonObject


def install(session: Session) -> None:
    """Let the tab key complete what is typed in this session; keep no mail in the history."""
    readline.set_completer(_completer(session))
    readline.set_completer_delims(" \t\n,")
    readline.parse_and_bind(
        "bind ^I rl_complete" if readline.backend == "editline" else "tab: complete"
    )
    readline.set_auto_history(False)


def remember(line: str) -> None:
    """Offer a line again with the arrow keys, until the shell ends."""
    readline.add_history(line)


def _completer(session: Session) -> Callable[[str, int], str | None]:
    found: list[str] = []

    def complete(text: str, state: int) -> str | None:
        if state == 0:
            line = readline.get_line_buffer()[: readline.get_begidx()]
            found[:] = [one for one in candidates(session, line) if one.startswith(text)]
        return found[state] if state < len(found) else None

    return complete


def candidates(session: Session, before: str) -> list[str]:
    """What may follow these words; nothing when the server does not answer."""
    words = before.split()
    if not words:
        return [f"{name} " for name in VERBS]
    verb = VERBS.get(words[0])
    if verb is None or len(words) > 1:
        return []
    try:
        if verb.takes_address:
            return sorted(_addresses(session))
        return [one for kind in verb.completes for one in _ids(session, kind)]
    except MailError:
        return []
    finally:
        session.api.close()


def _ids(session: Session, kind: Kind) -> Iterable[str]:
    """The ids of a kind that were shown; those that wait, whether shown or not."""
    if kind in (Kind.HOLD, Kind.QUARANTINED):
        rows = session.api.get(PATHS[kind], status="pending", limit=50).get("data")
        return (
            [str(one["id"]) for one in rows if isinstance(one, dict)]
            if isinstance(rows, list)
            else []
        )
    return [one for one, of in session.known.items() if of is kind]


def _addresses(session: Session) -> set[str]:
    found: list[JsonObject] = session.api.every("/v1/identities")
    return {str(one.get("email")) for one in found}
