"""What mail programs are told: which of our listeners they may use, best first."""

from dataclasses import dataclass
from typing import Final

from mailcore.config import Config

DISCOVERY_PREFIXES: Final = ("autoconfig", "autodiscover", "mta-sts")
"""The names below a domain that lead to this server's pages for programs."""
HTTPS_PORT: Final = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientService:
    """A listener for mail programs. `srv` is its label in DNS (RFC 6186, RFC 8314)."""

    srv: str
    protocol: str
    """`imap` or `smtp`."""
    port: int
    is_implicit_tls: bool


_LISTENERS: Final = (
    ("_imaps", "imap", "imaps", True),
    ("_imap", "imap", "imap", False),
    ("_submissions", "smtp", "submissions", True),
    ("_submission", "smtp", "submission", False),
)


def client_services(config: Config) -> tuple[ClientService, ...]:
    """The listeners that are on, with the ports they really have; TLS from the start comes first."""
    return tuple(
        ClientService(
            srv=srv,
            protocol=protocol,
            port=config.ports.actual(listener),
            is_implicit_tls=is_implicit_tls,
        )
        for srv, protocol, listener, is_implicit_tls in _LISTENERS
        if config.ports.actual(listener)
    )


def discovery_names(domain: str) -> tuple[str, ...]:
    """The host names under which a domain's pages for programs are asked for."""
    return tuple(f"{prefix}.{domain}" for prefix in DISCOVERY_PREFIXES)


def certificate_names(config: Config) -> tuple[str, ...]:
    """The names a certificate of this server should cover."""
    return (config.server.hostname, config.server.domain, *discovery_names(config.server.domain))


def https_authority(config: Config) -> str:
    """Our host name with the port of `ports.https`, as it stands in a URL; 443 when that is off."""
    return at_https(config, config.server.hostname)


def at_https(config: Config, host: str) -> str:
    """`host` with the port of `ports.https`, which is left out when it is 443 or off."""
    port = config.ports.actual("https") or HTTPS_PORT
    return host if port == HTTPS_PORT else f"{host}:{port}"
