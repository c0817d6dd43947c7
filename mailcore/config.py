"""The configuration: one TOML file plus `COUNTERSIGN_SECTION__KEY`, checked whole at start.

Unknown keys are errors that name the nearest known one. Nothing here touches the network; relative
paths are relative to the file. The field docstrings are the documentation of the keys.
"""

import difflib
import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from mailcore.address import parse_address, parse_domain
from mailcore.errors import ErrorKind, FieldError, MailError

ENV_PREFIX: Final = "COUNTERSIGN_"
_MAX_SOCKET_PATH: Final = 107
_HTTPS: Final = 443
LISTENERS: Final = (
    *("smtp", "submission", "submissions", "imap", "imaps", "http"),
    *("https", "acme"),
)
"""The keys of `[ports]` that are listeners."""
_ENV_OTHER: Final = frozenset({"COUNTERSIGN_CONFIG", "COUNTERSIGN_URL", "COUNTERSIGN_KEY"})


def _domain(value: str) -> str:
    try:
        return parse_domain(value)
    except MailError as error:
        raise ValueError(error.message) from error


def _email(value: str) -> str:
    try:
        return str(parse_address(value))
    except MailError as error:
        raise ValueError(error.message) from error


def _host_port(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("write it as ADDRESS:PORT")
    return value


def _resolver(value: str) -> str:
    host = _host_port(value).rpartition(":")[0].strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError as error:
        raise ValueError("write it as ADDRESS:PORT, the address as a number") from error
    return value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


def _listen(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("name at least one address, as in 127.0.0.1 or ::")
    for value in values:
        try:
            ipaddress.ip_address(value)
        except ValueError as error:
            raise ValueError(
                f"{value} is not an IP address; write 127.0.0.1, not a name"
            ) from error
    return values


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc):
        raise ValueError("write it as https://HOST, with a port or path if there is one")
    if parts.query or parts.fragment:
        raise ValueError("leave out what comes after ? or #")
    return value.rstrip("/")


type WebAddress = Annotated[str, AfterValidator(_web_address)]
type ListenAddresses = Annotated[tuple[str, ...], AfterValidator(_listen)]
type DomainName = Annotated[str, AfterValidator(_domain)]
type Email = Annotated[str, AfterValidator(_email)]
type HostPort = Annotated[str, AfterValidator(_host_port)]
type ResolverAddress = Annotated[str, AfterValidator(_resolver)]
type Network = Annotated[str, AfterValidator(_network)]
type OptionalPort = Annotated[int, Field(ge=0, le=65535)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ServerSection(_Section):
    """`[server]`: who we are and where we listen."""

    domain: DomainName
    """The first local domain."""
    hostname: DomainName
    """Our name in EHLO, Received and certificates."""
    owner: Email
    """Where notices to the owner go: an outside address."""
    data_dir: Path
    """Where everything is kept."""
    listen: ListenAddresses = ("0.0.0.0", "::")  # noqa: S104 - a mail server listens to the world
    """Addresses to listen on."""

    @model_validator(mode="after")
    def _owner_outside(self) -> Self:
        """An agent could have the address, and read the notices by which its own mail is approved."""
        if self.owner.rpartition("@")[2].lower() == self.domain:
            raise ValueError(
                "server.owner is an address on this server; set one outside of it, where approvals come from"
            )
        return self


class PortsSection(_Section):
    """`[ports]`: 0 turns a listener off."""

    offset: Annotated[int, Field(ge=0, le=60000)] = 0
    """Added to every standard port."""
    smtp: OptionalPort = 25
    """Mail from other servers."""
    submission: OptionalPort = 587
    """Mail from our own users, STARTTLS."""
    submissions: OptionalPort = 465
    """Mail from our own users, TLS."""
    imap: OptionalPort = 143
    """Mailboxes, STARTTLS."""
    imaps: OptionalPort = 993
    """Mailboxes, TLS."""
    http: OptionalPort = 8080
    """API and dashboard."""
    https: OptionalPort = 0
    """The same with TLS for programs that look for their settings, and MTA-STS; 443 to turn it on."""
    acme: OptionalPort = 0
    """Plain HTTP that leads to `https`; 80 to turn it on."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        taken: dict[int, str] = {}
        for name in LISTENERS:
            port: int = getattr(self, name)
            if port and taken.setdefault(port, name) != name:
                raise ValueError(f"{taken[port]} and {name} cannot share port {port}")
        return self

    def actual(self, name: str) -> int:
        """The port to bind for a listener, offset included; 0 when off."""
        port: int = getattr(self, name)
        return port + self.offset if port else 0


class TlsSection(_Section):
    """`[tls]`: your own certificate; without one the server makes one, of a local authority."""

    cert: Path | None = None
    """PEM file with the chain; read again twice a day and on SIGHUP."""
    key: Path | None = None
    """PEM file with the private key."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.cert is None) != (self.key is None):
            raise ValueError("set both tls.cert and tls.key, or neither")
        return self


class DnsSection(_Section):
    """`[dns]`: whom to ask."""

    resolver: ResolverAddress | None = None
    """`ADDRESS:PORT` of the resolver; the system's when unset."""
    trust_ad: bool | None = None
    """Believe the resolver when it says that DNSSEC vouches for an answer (AD), which DANE needs. Unset: when it is on loopback."""


class SmtpSection(_Section):
    """`[smtp]`: limits of receiving."""

    max_message_bytes: Annotated[int, Field(ge=65536)] = 50 * 1024 * 1024
    """The largest message accepted (SIZE, RFC 1870)."""
    max_recipients: Annotated[int, Field(ge=1)] = 100
    """Recipients per message."""
    max_connections: Annotated[int, Field(ge=1)] = 1000
    """Connections at once over all SMTP ports."""
    max_connections_per_ip: Annotated[int, Field(ge=1)] = 50
    """Connections at once from one address."""
    timeout_seconds: Annotated[int, Field(ge=5)] = 300
    """Silence after which a connection is closed (RFC 5321 §4.5.3.2)."""
    max_receiving_bytes: Annotated[int, Field(ge=65536)] = 256 * 1024 * 1024
    """Octets of messages in memory while they arrive, over all connections; above it 452. One client gets a quarter."""
    proxy_protocol_networks: tuple[Network, ...] = ()
    """Networks of proxies: their connections to 25 and 587 begin with a PROXY line or header (version 1 or 2)."""
    xclient_networks: tuple[Network, ...] = ()
    """Networks that may say with XCLIENT whom they speak for."""

    connections_per_minute: Annotated[int, Field(ge=0)] | None = None
    """Connections of one address in a minute, 0 for any number. Unset: 120, and any number where only loopback is listened on. This and the next four count wider networks too, with 4 times (/26, IPv6 /48) and 16 times (/21, IPv6 /32) the limit."""
    messages_per_minute: Annotated[int, Field(ge=0)] | None = None
    """Messages from one address to port 25 in a minute, 0 for any number; above it 450. Unset: 600, as above."""
    bytes_per_minute: Annotated[int, Field(ge=0)] | None = None
    """Octets of messages from one address to port 25 in a minute, 0 for any number; above it 452. Unset: 512 MiB, as above."""
    mistakes_per_quarter_hour: Annotated[int, Field(ge=0)] | None = None
    """Protocol errors and refused recipients of one address in 15 minutes, over all sessions, after which it must wait; 0 for any number. Unset: 200, as above."""
    greeting_delay_seconds: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] | None = None
    """How long a client whose mail was never taken waits for the greeting of port 25; who talks before it is turned away. Unset: 1, and 0 where only loopback is listened on."""
    tarpit_seconds: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] | None = None
    """The pause before each answer from the fourth mistake of a session on; at most 200 sessions wait at once. Unset: 1, as above."""

    @model_validator(mode="after")
    def _fits_one(self) -> Self:
        if self.max_receiving_bytes < self.max_message_bytes:
            raise ValueError("set smtp.max_receiving_bytes to at least smtp.max_message_bytes")
        return self


class ImapSection(_Section):
    """`[imap]`: limits of mailbox access."""

    max_connections: Annotated[int, Field(ge=1)] = 10000
    """Connections at once."""
    max_connections_per_ip: Annotated[int, Field(ge=1)] = 100
    """Connections at once from one address."""
    idle_timeout_seconds: Annotated[int, Field(ge=60)] = 1800
    """Silence after which a session ends (RFC 9051 §5.4)."""
    max_append_bytes: Annotated[int, Field(ge=65536)] = 50 * 1024 * 1024
    """The largest message APPEND takes."""


class HttpSection(_Section):
    """`[http]`: the API."""

    max_body_bytes: Annotated[int, Field(ge=65536)] = 10 * 1024 * 1024
    """The largest request body."""
    rate_limit_per_minute: Annotated[int, Field(ge=1)] = 100
    """Requests a minute per key."""
    max_connections: Annotated[int, Field(ge=1)] = 5000
    """Connections at once."""
    max_connections_per_ip: Annotated[int, Field(ge=1)] = 500
    """Connections at once from one address; proxies and trusted networks have no such limit."""
    max_streams_per_agent: Annotated[int, Field(ge=1)] = 5
    """Event streams at once per agent."""
    max_waits_per_agent: Annotated[int, Field(ge=1)] = 10
    """Calls at once per agent that wait for a message or for events."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks whose `X-Forwarded-*` headers count."""
    fetch_allowed_networks: tuple[Network, ...] = ()
    """Private networks that webhooks and other outgoing requests may reach all the same."""
    message_cache_bytes: Annotated[int, Field(ge=0)] = 16 * 1024 * 1024
    """Memory for messages that were read before, ready to be answered again; 0 for none."""
    cors_origins: tuple[str, ...] = ()
    """Origins allowed to call the API from a browser; `*` for all."""
    public_url: WebAddress = ""
    """Where people and chat services reach the API from outside, as in `https://mail.example.com`; links to decide begin with it. Unset: our host name and port."""


class ChannelsSection(_Section):
    """`[channels]`: chat services where people decide."""

    telegram_url: WebAddress = "https://api.telegram.org"
    """The Bot API; another one for a server of your own."""
    slack_url: WebAddress = "https://slack.com/api"
    """The Web API of Slack."""
    telegram_updates: Literal["auto", "poll", "webhook"] = "auto"
    """How presses come in: `webhook` has Telegram call `http.public_url`, `poll` asks it. `auto` takes the webhook where `http.public_url` begins with https."""


class InboundSection(_Section):
    """`[inbound]`: mail that arrives."""

    verify: bool = True
    """Check SPF, DKIM, DMARC and ARC of external mail. Without it the trust gate takes From at its word."""
    dmarc_enforce: Literal["reject", "quarantine", "off"] = "reject"
    """Mail that fails DMARC: `reject` does what its domain asks for, `quarantine` puts in Junk what it would refuse, `off` does nothing. An address can have its own setting."""
    trusted_arc_sealers: tuple[DomainName, ...] = ()
    """Forwarders and mailing lists (`d=` of their ARC-Seal) whose word counts when they changed a message."""
    on_dns_trouble: Literal["defer", "quarantine", "accept"] | None = None
    """When DNS does not say whether mail is forged: `defer` asks to try again (451), `quarantine` puts it in Junk. Unset: `accept` where only loopback is listened on, else `defer`."""
    backscatter: Literal["refuse", "quarantine", "accept"] = "quarantine"
    """Bounces that do not come back to a signed return path, so of mail we never sent: `refuse` them, put them in Junk (`quarantine`), or `accept` them as any mail."""
    dmarc_reports: bool = True
    """Send daily aggregate reports to domains that ask for them (`rua`)."""
    dnsbl: tuple[DomainName, ...] = ()
    """DNS block lists, as in `zen.spamhaus.org`: mail from listed addresses is refused, but for postmaster and abuse. A list that does not answer lists nobody."""
    greylist: bool = False
    """Ask new senders to try again (451) the first time they write to somebody."""
    greylist_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    """How long greylisted mail has to wait."""
    webhook_secret_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """SHA-256, in hex, of the secret for `POST /mail/inbound`; `countersign inbound secret` makes one. Unset: mail is not taken there."""
    warning_score: Annotated[int, Field(ge=1, le=1000)] = 20
    """The score from which a message carries a warning."""
    spam_score: Annotated[int, Field(ge=1, le=1000)] = 40
    """The score from which a message is spam and goes to Junk."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.warning_score > self.spam_score:
            raise ValueError("set inbound.warning_score to no more than inbound.spam_score")
        return self


class ParserSection(_Section):
    """`[parser]`: how far into a message its readers look. What lies beyond is delivered unread, as octets; nothing is refused for it."""

    max_depth: Annotated[int, Field(ge=2, le=200)] = 50
    """MIME entities inside each other; deeper ones are opaque attachments."""
    max_parts: Annotated[int, Field(ge=10, le=100_000)] = 10_000
    """MIME entities of a message; the rest of a multipart with more is one part."""
    max_header_bytes: Annotated[int, Field(ge=16_384, le=16 * 1024 * 1024)] = 1024 * 1024
    """Header fields that begin beyond these octets are not read."""
    max_header_fields: Annotated[int, Field(ge=100, le=100_000)] = 10_000
    """Header fields beyond these are not read."""
    max_text_bytes: Annotated[int, Field(ge=65_536, le=64 * 1024 * 1024)] = 4 * 1024 * 1024
    """Octets of one text part that are shown, scored and indexed."""
    max_decoded_bytes: Annotated[int, Field(ge=1024 * 1024, le=1024 * 1024 * 1024)] = (
        64 * 1024 * 1024
    )
    """Octets that are decoded of all parts of a message together."""


class DomainsSection(_Section):
    """`[domains]`: what the DNS of local domains says."""

    mta_sts: Literal["off", "none", "testing", "enforce"] = "testing"
    """Our own policy on TLS towards us (RFC 8461); `enforce` needs a certificate that all trust."""
    dkim_rotate_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days after which new signing keys are made by themselves; 0 for never."""
    dkim_overlap_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Days a signing key stays published after the next one took over."""


class OutboundSection(_Section):
    """`[outbound]`: mail that leaves."""

    port: Annotated[int, Field(ge=1, le=65535)] = 25
    """The port of remote mail hosts."""
    require_verified_domain: bool = True
    """Refuse mail to the outside from a domain whose DNS is not verified."""
    smarthost: HostPort | None = None
    """Send everything through this host instead of looking up MX records."""
    smarthost_user: str | None = None
    """Login at the smart host."""
    smarthost_password: SecretStr | None = None
    """Password at the smart host."""
    signed_return_path: bool | None = None
    """Send as `bounce+TOKEN` of the sender's domain, so that later bounces and complaints find their message. Unset: unless a smart host asks for a login, which may allow known senders only."""
    max_recipients: Annotated[int, Field(ge=1)] = 50
    """Recipients over to, cc and bcc of one message."""
    max_attachment_bytes: Annotated[int, Field(ge=65536)] = 10 * 1024 * 1024
    """Octets of all attachments of one message, by base64 and by URL."""
    repeat_seconds: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 10.0
    """The same content to the same recipients within this time is a retry: it is not sent again. 0 turns it off."""
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 20
    """Deliveries at once."""
    concurrency_per_destination: Annotated[int, Field(ge=1, le=1000)] = 10
    """Deliveries at once to the same domain; mail for others passes by."""
    concurrency_per_host: Annotated[int, Field(ge=1, le=1000)] = 10
    """Connections at once to the same address, whatever domains it serves."""
    messages_per_connection: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Messages that one connection carries, one after the other, before it is closed."""
    idle_connection_seconds: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = 5.0
    """How long a connection waits for the next message to the same host. 0 closes it at once."""
    delay_notice_hours: Annotated[int, Field(ge=0, le=96)] = 4
    """Hours after which the sender is told, once, that a message still waits. 0 tells nobody."""
    tls_fall: Literal["note", "defer"] = "note"
    """When TLS with a domain would be worse than in the last 30 days: `note` it in the log, or `defer` the mail."""
    tls_reports: bool = True
    """Send daily reports on TLS to domains that ask for them (`_smtp._tls`, RFC 8460)."""
    ca_file: Path | None = None
    """PEM file with authorities that are trusted beside those of the system: for mail hosts, smart host and MTA-STS."""
    hold_expiry_days: Annotated[int, Field(ge=1, le=90)] = 7
    """Days until an undecided hold counts as rejected."""
    hold_reminder_hours: tuple[Annotated[int, Field(ge=1, le=2000)], ...] = (4, 24, 72)
    """Hours after which a hold that still waits is told of again; empty for never."""
    low_risk_digest_hours: Annotated[int, Field(ge=0, le=168)] = 0
    """Low-risk holds are told together, when the oldest has waited so many hours; 0 tells each at once."""
    quiet_hours: Annotated[
        str, Field(pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d)?$")
    ] = ""
    """When approvers are not asked, such as `22:00-07:00`, but for what is critical; told together afterwards."""
    quiet_timezone: str = "UTC"
    """The time zone of `quiet_hours`, such as `Europe/Berlin`."""
    two_people: bool = False
    """Whether what has a critical finding needs the approval of two different people."""

    @model_validator(mode="after")
    def _known_zone(self) -> Self:
        if self.quiet_timezone != "UTC" and self.quiet_timezone not in available_timezones():
            raise ValueError("set outbound.quiet_timezone to a zone such as Europe/Berlin, or UTC")
        return self


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("write it as Europe/Berlin or UTC")
    return value


type TimezoneName = Annotated[str, AfterValidator(_timezone)]


class SendingSection(_Section):
    """`[sending]`: what an inbox does that has no sending policy of its own."""

    default_timezone: TimezoneName = "UTC"
    """What times of scheduled mail mean that have no zone of their own."""
    send_delay_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    """How long mail waits in which it can be taken back; 0 for not at all."""
    max_per_hour: Annotated[int, Field(ge=0)] = 0
    """Messages an inbox sends in 60 minutes; 0 for any number."""
    max_per_day: Annotated[int, Field(ge=0)] = 0
    """Messages an inbox sends in 24 hours; 0 for any number."""
    max_per_hour_agent: Annotated[int, Field(ge=0)] = 0
    """Messages all inboxes of an agent send in 60 minutes; 0 for any number."""
    max_per_day_agent: Annotated[int, Field(ge=0)] = 0
    """Messages all inboxes of an agent send in 24 hours; 0 for any number."""
    over_cap: Literal["hold", "refuse"] = "hold"
    """What becomes of a message over a cap."""
    new_recipient: Literal["allow", "hold"] = "allow"
    """Mail to an address that the inbox has never written to nor heard from."""
    new_domain: Literal["allow", "hold"] = "allow"
    """Mail to a domain that the inbox has never written to nor heard from."""
    look_alike: Literal["allow", "hold"] = "hold"
    """Mail to a new domain that looks like one the inbox knows."""


class GuardSection(_Section):
    """`[guard]`: what judges mail."""

    inbound: bool = True
    """Score external mail."""
    hold_at: Literal["medium", "high", "critical"] = "high"
    """The lowest severity that holds an outgoing message."""
    timeout_seconds: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 10.0
    """Longer than this means hold (out) or quarantine (in)."""
    cache_dir: Path | None = None
    """Where compiled rules are kept between starts; `cache` in the data directory when not set."""
    resubmission_hours: Annotated[float, Field(ge=0, le=720, allow_inf_nan=False)] = 24.0
    """How long mail that is nearly what was stopped before is recognized and held; 0: never."""
    resubmission_critical_at: Annotated[int, Field(ge=0)] = 3
    """From so many attempts of an agent within that time on they count as critical; 0: never."""
    resubmission_pause_at: Annotated[int, Field(ge=0)] = 20
    """From so many attempts within that time on the agent's mail is paused and its owner told; 0: never."""
    taint_hours: Annotated[float, Field(ge=0, le=8760, allow_inf_nan=False)] = 24.0
    """How long an agent's mail is held after it read mail flagged as prompt injection; 0: never."""


class InboxSection(_Section):
    """`[inbox]`: what new inboxes of agents get."""

    trust_gate: Literal["hold", "tag", "off"] = "hold"
    """Mail of senders nobody has decided about: `hold` keeps it in quarantine, `tag` labels it, `off` neither."""
    reuse_after_days: Annotated[int, Field(ge=0, le=3650)] = 90
    """Days in which an agent cannot take the address of a deleted inbox that was another's; the owner can."""
    quota_bytes: Annotated[int, Field(ge=0, le=2**62)] = 0
    """Octets a new inbox may hold; 0 is unlimited."""
    quota_messages: Annotated[int, Field(ge=0, le=2**31)] = 0
    """Messages a new inbox may hold; 0 is unlimited."""


class LimitsSection(_Section):
    """`[limits]`: protection against abuse."""

    trusted_networks: tuple[Network, ...] = ()
    """Networks free of connection, rate and brute-force limits."""
    failed_logins_per_address: Annotated[int, Field(ge=1)] = 10
    """Failed logins in 15 minutes, over all protocols, after which an address must wait."""


class StorageSection(_Section):
    """`[storage]`: the backend."""

    url: str = ""
    """`sqlite:////path`, four slashes for an absolute path; in the data directory when empty."""
    min_free_bytes: Annotated[int, Field(ge=0)] = 64 * 1024 * 1024
    """Free space on the disk below which `/readyz` says that the server is not ready."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.url.startswith(("postgres://", "postgresql://")):
            raise ValueError("PostgreSQL is not supported by this release; leave storage.url out")
        if self.url and not self.url.startswith("sqlite:////"):
            raise ValueError("write storage.url as sqlite:////path/of/the/database")
        return self


class LogSection(_Section):
    """`[log]`: what is logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The lowest level that is written."""
    format: Literal["json", "console"] = "json"
    """One JSON document a line, or text for people."""


class ShutdownSection(_Section):
    """`[shutdown]`: how stopping works."""

    grace_seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 5.0
    """Time for running work before connections are closed by force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontDoor:
    """How strangers are treated who connect to SMTP; 0 is no limit and no wait."""

    connections_per_minute: int
    messages_per_minute: int
    bytes_per_minute: int
    mistakes_per_quarter_hour: int
    greeting_delay_seconds: float
    tarpit_seconds: float


class Config(_Section):
    """The whole configuration."""

    server: ServerSection
    ports: PortsSection = PortsSection()
    tls: TlsSection = TlsSection()
    dns: DnsSection = DnsSection()
    smtp: SmtpSection = SmtpSection()
    imap: ImapSection = ImapSection()
    http: HttpSection = HttpSection()
    channels: ChannelsSection = ChannelsSection()
    inbound: InboundSection = InboundSection()
    parser: ParserSection = ParserSection()
    domains: DomainsSection = DomainsSection()
    outbound: OutboundSection = OutboundSection()
    sending: SendingSection = SendingSection()
    guard: GuardSection = GuardSection()
    inbox: InboxSection = InboxSection()
    limits: LimitsSection = LimitsSection()
    storage: StorageSection = StorageSection()
    log: LogSection = LogSection()
    shutdown: ShutdownSection = ShutdownSection()

    @property
    def is_loopback_only(self) -> bool:
        """Whether every listen address is on loopback: then HTTP is plain."""
        return all(ipaddress.ip_address(one).is_loopback for one in self.server.listen)

    @property
    def signs_return_path(self) -> bool:
        """`outbound.signed_return_path` with its default."""
        if self.outbound.signed_return_path is not None:
            return self.outbound.signed_return_path
        return self.outbound.smarthost is None or self.outbound.smarthost_user is None

    @property
    def on_dns_trouble(self) -> Literal["defer", "quarantine", "accept"]:
        """`inbound.on_dns_trouble` with its default."""
        if self.inbound.on_dns_trouble is not None:
            return self.inbound.on_dns_trouble
        return "accept" if self.is_loopback_only else "defer"

    @property
    def front_door(self) -> FrontDoor:
        """What `[smtp]` says of strangers, with defaults: without strangers there are no limits."""
        smtp = self.smtp

        def chosen[N: (int, float)](given: N | None, default: N) -> N:
            return given if given is not None else default * (not self.is_loopback_only)

        return FrontDoor(
            connections_per_minute=chosen(smtp.connections_per_minute, 120),
            messages_per_minute=chosen(smtp.messages_per_minute, 600),
            bytes_per_minute=chosen(smtp.bytes_per_minute, 512 * 1024 * 1024),
            mistakes_per_quarter_hour=chosen(smtp.mistakes_per_quarter_hour, 200),
            greeting_delay_seconds=chosen(smtp.greeting_delay_seconds, 1.0),
            tarpit_seconds=chosen(smtp.tarpit_seconds, 1.0),
        )

    @property
    def database(self) -> Path | None:
        """The database file that `storage.url` names; None for the one in the data directory."""
        return Path(self.storage.url.removeprefix("sqlite:///")) if self.storage.url else None


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read and check the file and the environment; raises INVALID with one entry per wrong key."""
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise MailError(
            ErrorKind.NOT_FOUND,
            f"no configuration at {path}",
            fix="Run `countersign init`, or name the file with --config",
        ) from error
    except OSError as error:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"cannot read {path}: {error.strerror}",
            fix="Check its permissions",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MailError(ErrorKind.INVALID, f"{path} is not valid TOML: {error}") from error
    return parse(tree, environ, base_dir=path.parent)


def parse(tree: dict[str, object], environ: Mapping[str, str], *, base_dir: Path) -> Config:
    """Check a parsed file merged with the environment; paths become absolute."""
    merged = _merge_environment(tree, environ)
    try:
        config = Config.model_validate(merged)
    except ValidationError as error:
        raise _explain(error) from error
    return _absolute(config, base_dir)


def _merge_environment(tree: dict[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    merged: dict[str, object] = {
        name: dict(section) if isinstance(section, dict) else section
        for name, section in tree.items()
    }
    for name, text in sorted(environ.items()):
        if not name.startswith(ENV_PREFIX) or name in _ENV_OTHER:
            continue
        section_name, separator, key = name.removeprefix(ENV_PREFIX).lower().partition("__")
        if not separator or not _is_known(section_name, key):
            raise _unknown_key(
                f"{section_name}.{key}" if separator else section_name, variable=name
            )
        section = merged.setdefault(section_name, {})
        if isinstance(section, dict):
            section[key] = _environment_value(text)
    return merged


def _environment_value(text: str) -> object:
    if text.startswith(("[", "{")) or text in ("true", "false", "null"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def socket_path(config: Config) -> Path:
    """The unix socket of the server's own commands, in the data directory when the path fits."""
    path = config.server.data_dir / "countersign.sock"
    if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
        return path
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/run/countersign")
    return runtime / f"countersign-{config.server.data_dir.name[:40]}.sock"


def public_url(config: Config) -> str:
    """Where a browser reaches us, without a slash at its end; empty when HTTP is off."""
    if config.http.public_url:
        return config.http.public_url
    host = config.server.hostname
    if config.ports.https:
        port = config.ports.actual("https")
        return f"https://{host}" if port == _HTTPS else f"https://{host}:{port}"
    port = config.ports.actual("http")
    if not port:
        return ""
    return f"http://127.0.0.1:{port}" if config.is_loopback_only else f"https://{host}:{port}"


def known_keys() -> dict[str, str]:
    """Every key as `section.key` with its documentation."""
    keys: dict[str, str] = {}
    for section_name, section in Config.model_fields.items():
        model = section.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for key, info in model.model_fields.items():
                keys[f"{section_name}.{key}"] = info.description or ""
    return keys


def _is_known(section: str, key: str) -> bool:
    return f"{section}.{key}" in known_keys()


def _unknown_key(key: str, *, variable: str = "") -> MailError:
    candidates = [*known_keys(), *Config.model_fields]
    nearest = difflib.get_close_matches(key, candidates, n=1, cutoff=0.4)
    shown = variable or key
    hint = f"did you mean {nearest[0]}?" if nearest else "see docs/configuration.md"
    return MailError(
        ErrorKind.INVALID,
        f"unknown configuration key {shown}: {hint}",
        code="unknown_key",
        fields=(FieldError(path=shown, message=hint),),
    )


def _explain(error: ValidationError) -> MailError:
    fields: list[FieldError] = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            return _unknown_key(path)
        message = problem["msg"].removeprefix("Value error, ")
        fields.append(FieldError(path=path or "configuration", message=message))
    text = "; ".join(f"{one.path}: {one.message}" for one in fields)
    return MailError(ErrorKind.INVALID, f"wrong configuration: {text}", fields=tuple(fields))


def _absolute(config: Config, base_dir: Path) -> Config:
    def absolute(path: Path) -> Path:
        return path if path.is_absolute() else (base_dir / path).resolve()

    server = config.server.model_copy(update={"data_dir": absolute(config.server.data_dir)})
    tls = config.tls
    if tls.cert is not None and tls.key is not None:
        tls = tls.model_copy(update={"cert": absolute(tls.cert), "key": absolute(tls.key)})
    outbound = config.outbound
    if outbound.ca_file is not None:
        outbound = outbound.model_copy(update={"ca_file": absolute(outbound.ca_file)})
    guard = config.guard
    if guard.cache_dir is not None:
        guard = guard.model_copy(update={"cache_dir": absolute(guard.cache_dir)})
    sections = {"server": server, "tls": tls, "outbound": outbound, "guard": guard}
    return config.model_copy(update=sections)
