"""The command and its loop: read a line, carry it out, say in one line what went wrong."""

import click

from mailcore.cli.failure import WRONG_USE, WrongUse, report, status_of
from mailcore.cli.output import clean
from mailcore.cli.settings import Settings, with_settings
from mailcore.cli.shell.lines import Lines
from mailcore.cli.shell.screen import Screen
from mailcore.cli.shell.session import Session
from mailcore.cli.shell.verbs import carry_out
from mailcore.errors import MailError


@click.command()
@with_settings
def shell(settings: Settings) -> None:
    """Look after the mail line by line: /pending, /read, /approve, … (/help lists all). Lines may be piped in; then the first that fails is the last."""
    screen = Screen(as_json=settings.as_json)
    session = Session(api=settings.api(), screen=screen)
    lines = Lines(is_terminal=screen.is_terminal)
    if lines.is_terminal:
        _welcome(session)
    status = _run(session, lines)
    if status:
        click.get_current_context().exit(status)


def _welcome(session: Session) -> None:
    """Who is talking to what, and what waits; fails when no server answers."""
    from mailcore.cli.shell import completion  # noqa: PLC0415 - for terminals only

    page = session.api.get("/v1/holds", status="pending", limit=1)
    session.api.close()
    session.screen.lines(
        [f"{clean(page.get('total'))} waiting. /pending shows them, /help the commands."]
    )
    completion.install(session)


def _run(session: Session, lines: Lines) -> int:
    """Until the end of the lines. In a pipe the first that fails is the last: its status.

    What follows was written for a success, and may be the text of a message.
    """
    while True:
        where = clean(session.inbox["email"]) if session.inbox else "countersign"
        try:
            line = lines.next(session.screen.prompt(where))
            if line is None:
                return 0
            status = _one(session, line, lines)
            if status and not lines.is_terminal:
                return status
        except KeyboardInterrupt:
            print()
            if not lines.is_terminal:
                raise
        except EOFError:
            return 0
        finally:
            session.api.close()


def _one(session: Session, line: str, lines: Lines) -> int:
    """One line; empty ones and comments do nothing."""
    if not line.strip() or line.lstrip().startswith("#"):
        return 0
    if lines.is_terminal:
        from mailcore.cli.shell import completion  # noqa: PLC0415 - for terminals only

        completion.remember(line)
    try:
        carry_out(session, line, lines)
    except WrongUse as error:
        report(error.message, error.fix)
        return WRONG_USE
    except MailError as error:
        report(error.message, error.fix)
        return status_of(error)
    return 0
