"""The root command and the end of every call: exit status and the one line of an error.

Commands are named here and imported when they are called, so that `countersign queue list` does not
pay for the server.
"""

import contextlib
import importlib
import sys
from collections.abc import Sequence
from typing import Final, NoReturn, override

import click
from click.exceptions import NoArgsIsHelpError

from mailcore.cli.failure import (
    FAILED,
    INTERRUPTED,
    WRONG_USE,
    WrongUse,
    report,
    status_of,
)
from mailcore.errors import MailError

_COMMANDS: Final = {
    "init": ("mailcore.cli.initialize", "init", "Set up a new server."),
    "serve": ("mailcore.cli.serve", "serve", "Run the server."),
    "demo": ("mailcore.cli.demo", "demo", "Play the main job with a fake outside world."),
    "agent": ("mailcore.cli.agents", "agent", "Agents: programs with their own address and key."),
    "inbox": ("mailcore.cli.inboxes", "inbox", "Inboxes: addresses with their mailboxes."),
    "key": ("mailcore.cli.keys", "key", "API keys."),
    "domain": ("mailcore.cli.domains", "domain", "Local domains and their DNS records."),
    "alias": (
        "mailcore.cli.aliases",
        "alias",
        "Addresses that lead to inboxes of other names.",
    ),
    "inbound": ("mailcore.cli.inbound", "inbound", "Mail that a worker forwards by HTTP."),
    "hold": ("mailcore.cli.holds", "hold", "Mail that waits for a person."),
    "draft": ("mailcore.cli.drafts", "draft", "Replies that wait for a person."),
    "quarantine": (
        "mailcore.cli.quarantine",
        "quarantine",
        "Mail of senders nobody has decided about.",
    ),
    "reports": ("mailcore.cli.reports", "reports", "Reports of others about our domains."),
    "person": ("mailcore.cli.people", "person", "People: who decides, and who only looks."),
    "webhook": ("mailcore.cli.webhooks", "webhook", "Where events are posted."),
    "channel": ("mailcore.cli.channels", "channel", "Chat services where people decide."),
    "queue": ("mailcore.cli.queue", "queue", "Mail that is on its way."),
    "scheduled": ("mailcore.cli.scheduled", "scheduled", "Mail that waits for its time."),
    "suppression": (
        "mailcore.cli.suppressions",
        "suppression",
        "Addresses that get no mail any more.",
    ),
    "smarthost": (
        "mailcore.cli.smarthosts",
        "smarthost",
        "Hosts that the mail of single agents and domains leaves through.",
    ),
    "rule": ("mailcore.cli.rules", "rule", "What happens to mail by itself."),
    "settings": ("mailcore.cli.policies", "policies", "Policies changed while the server runs."),
    "send": ("mailcore.cli.send", "send", "Send a message."),
    "template": ("mailcore.cli.templates", "template", "Messages to send again."),
    "shell": ("mailcore.cli.shell.command", "shell", "Look after the mail line by line."),
    "mcp": ("mailcore.cli.mcp", "mcp", "Tools for a model, on stdin and stdout."),
    "check": ("mailcore.cli.check", "check", "Prove the invariants of the store."),
    "doctor": ("mailcore.cli.doctor", "doctor", "Find out what is wrong with the installation."),
    "guard": ("mailcore.cli.scan", "guard", "The engine that judges mail."),
    "bench": ("mailcore.cli.bench", "bench", "Measure this server, and others beside it."),
    "audit": ("mailcore.cli.audit", "audit", "The log of every decision."),
}


class _Lazy(click.Group):
    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, _, help_) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="countersign-mail", prog_name="countersign")
def root() -> None:
    """A mail server for AI agents that sends nothing a policy or a person has not let through."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its status."""
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status, after the one line of an error."""
    try:
        result = root.main(args=argv, prog_name="countersign", standalone_mode=False)
    except click.Abort:
        report("stopped")
        return INTERRUPTED
    except NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return WRONG_USE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "countersign"
        report(error.format_message(), fix=f"See `{path} --help`")
        return WRONG_USE
    except click.ClickException as error:
        report(error.format_message())
        return FAILED
    except WrongUse as error:
        report(error.message, error.fix)
        return WRONG_USE
    except MailError as error:
        report(error.message, error.fix)
        return status_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return FAILED
    return result if isinstance(result, int) else 0


def _close_stdout() -> None:
    """The reader has gone: keep the interpreter from complaining at exit."""
    with contextlib.suppress(OSError):
        sys.stdout.close()
