"""`countersign mcp`: the server's tools for clients that start a program and speak to it on stdio."""

from typing import TYPE_CHECKING

import click

from mailcore.cli.failure import WrongUse
from mailcore.cli.settings import Settings, with_settings

if TYPE_CHECKING:
    from mailcore.cli.relay import Upstream


@click.command()
@with_settings
def mcp(settings: Settings) -> None:
    """Speak the Model Context Protocol on stdin and stdout, with an agent's key, until stdin ends."""
    if not settings.key:
        raise WrongUse(
            "tools need a key, so that a model never acts as the operator",
            fix="Give an agent's key with --key or COUNTERSIGN_KEY",
        )
    upstream = _upstream(settings, settings.key)
    from mailcore.cli import relay  # noqa: PLC0415 - it brings the HTTP client

    relay.run(upstream)


def _upstream(settings: Settings, key: str) -> "Upstream":
    from mailcore.cli.relay import Upstream  # noqa: PLC0415

    if settings.url is None:
        from mailcore.config import socket_path  # noqa: PLC0415 - slow, and not for --url

        return Upstream(url="http://localhost/mcp", key=key, socket=socket_path(settings.load()))
    url = settings.url.rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise WrongUse(f"{url} is not an http or https URL", fix="Write --url http://HOST:PORT")
    return Upstream(url=f"{url}/mcp", key=key, ca_file=settings.ca_file())
