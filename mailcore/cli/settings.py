"""The options every command takes, and what they lead to: a configuration, a server to talk to.

Order of places for the configuration: `--config` or `COUNTERSIGN_CONFIG`, `countersign.toml` in the
directory of `--data`, `./countersign.toml`, `/etc/countersign/countersign.toml`.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final

import click

from mailcore.cli.failure import WrongUse
from mailcore.errors import MailError

if TYPE_CHECKING:
    from mailcore.cli.api import Api
    from mailcore.config import Config

FILE_NAME: Final = "countersign.toml"
SYSTEM_CONFIG: Final = Path("/etc/countersign/countersign.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The common options of one call."""

    config: Path | None
    data: Path | None
    url: str | None
    key: str | None
    as_json: bool
    offline: bool

    def config_path(self) -> Path | None:
        """The configuration file that counts, or None."""
        if self.config is not None:
            return self.config
        places = [Path(FILE_NAME), SYSTEM_CONFIG]
        if self.data is not None:
            places.insert(0, self.data / FILE_NAME)
        return next((place for place in places if place.is_file()), None)

    def load(self) -> "Config":
        """The checked configuration; everything wrong with it is wrong use."""
        from mailcore import config as configuration  # noqa: PLC0415 - slow, and not for --url

        path = self.config_path()
        if path is None:
            raise WrongUse(
                f"no configuration: neither ./{FILE_NAME} nor {SYSTEM_CONFIG} exists",
                fix="Run `countersign init`, or name the file with --config",
            )
        try:
            config = configuration.load(path.absolute(), os.environ)
        except MailError as error:
            raise WrongUse(error.message, fix=error.fix or f"Correct it in {path}") from error
        if self.data is None:
            return config
        server = config.server.model_copy(update={"data_dir": self.data.absolute()})
        return config.model_copy(update={"server": server})

    def api(self) -> "Api":
        """The server to talk to: by `--url` and key, else over its unix socket."""
        from mailcore.cli.api import Api  # noqa: PLC0415 - not for commands without a server

        if self.offline:
            raise WrongUse("this command needs the running server", fix="Leave --offline out")
        if self.url is not None:
            api = Api.over_http(self.url, self.key, self.ca_file())
        else:
            api = Api.over_socket(self.load(), self.key)
        click.get_current_context().call_on_close(api.close)
        return api

    def ca_file(self) -> Path | None:
        """The configured server's own authority, when there is one to be read."""
        if self.config_path() is None:
            return None
        path = self.load().server.data_dir / "tls" / "ca.pem"
        return path if os.access(path, os.R_OK) else None


def with_settings[**P](
    function: Callable[Concatenate[Settings, P], None],
) -> Callable[..., None]:
    """Give a command the common options; it receives them as its first argument."""
    return _with_options(function, can_be_offline=False)


def with_offline[**P](
    function: Callable[Concatenate[Settings, P], None],
) -> Callable[..., None]:
    """The common options and `--offline`."""
    return _with_options(function, can_be_offline=True)


def _with_options[**P](
    function: Callable[Concatenate[Settings, P], None], *, can_be_offline: bool
) -> Callable[..., None]:
    @functools.wraps(function)
    def wrapped(
        config: Path | None,
        data: Path | None,
        url: str | None,
        key: str | None,
        as_json: bool,
        offline: bool = False,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        settings = Settings(
            config=config, data=data, url=url, key=key, as_json=as_json, offline=offline
        )
        function(settings, *args, **kwargs)

    command: Callable[..., None] = wrapped
    if can_be_offline:
        command = click.option(
            "--offline", is_flag=True, help="Work on the data directory of a stopped server."
        )(command)
    for option in _OPTIONS:
        command = option(command)
    return command


_OPTIONS: Final = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
    click.option("--key", envvar="COUNTERSIGN_KEY", help="API key to act with."),
    click.option("--url", envvar="COUNTERSIGN_URL", help="Talk to the server at this URL instead."),
    click.option("--data", type=click.Path(path_type=Path), help="The data directory."),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar="COUNTERSIGN_CONFIG",
        help="The configuration file.",
    ),
)
