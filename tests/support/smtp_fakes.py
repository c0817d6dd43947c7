"""Services for tests of the SMTP edge, and a server on them. The sockets, TLS and files are real."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mailcore.address import Address
from mailcore.clock import SystemClock
from mailcore.config import Config, ServerSection
from mailcore.credentials import Login
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, AgentId, BlobRef, DomainId, HoldId, InboxId, SubmissionId
from mailcore.metrics import Metrics
from mailcore.model import (
    Actor,
    Envelope,
    Inbox,
    Role,
    SubmissionStatus,
    Submitted,
    TrustGate,
)
from smtpd.server import SmtpServer
from smtpd.session import Peer

LOCAL = "example.org"
EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
MIA = Inbox(
    id=InboxId("inbox-mia"),
    pod_id=DEFAULT_POD,
    agent_id=AgentId("agent-mia"),
    person_id=None,
    domain_id=DomainId("domain"),
    address=Address("mia", LOCAL),
    display_name="Mia",
    is_active=True,
    trust_gate=TrustGate.OFF,
    created_at=EPOCH,
)


@dataclass
class Taken:
    """One message a service took."""

    envelope: Envelope
    raw: bytes
    peer: Peer


@dataclass
class FakeInbound:
    """Knows `mia`, `bob` and `postmaster`; can be told to fail or to wait."""

    taken: list[Taken] = field(default_factory=list)
    error: Exception | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    waits: bool = False

    async def recipient(self, address: Address, size_bytes: int = 0) -> None:
        if address.domain != LOCAL:
            raise MailError(ErrorKind.DENIED, "no relaying", code="relay_denied")
        if address.base.local.lower() not in {"mia", "bob", "postmaster", "jörg"}:
            raise MailError(ErrorKind.NOT_FOUND, f"there is no inbox {address} here")

    async def accept(self, envelope: Envelope, raw: bytes, peer: Peer) -> str:
        self.started.set()
        if self.waits:
            await self.go_on.wait()
        if self.error is not None:
            raise self.error
        self.taken.append(Taken(envelope, raw, peer))
        return f"id-{len(self.taken)}"


@dataclass
class FakeSubmission:
    """Lets mia send as herself; holds what contains `hunter2`."""

    taken: list[Taken] = field(default_factory=list)

    async def check_sender(self, actor: Actor, inbox: Inbox, mail_from: Address | None) -> None:
        if mail_from != inbox.address:
            raise MailError(ErrorKind.DENIED, "not your address", fix=f"Send as {inbox.address}")

    async def check_recipient(
        self, actor: Actor, inbox: Inbox, address: Address, size_bytes: int = 0
    ) -> None:
        if address.domain == LOCAL and address.local not in {"mia", "bob"}:
            raise MailError(ErrorKind.NOT_FOUND, f"there is no inbox {address} here")

    async def submit_raw(
        self, actor: Actor, inbox: Inbox, envelope: Envelope, raw: bytes, peer: Peer
    ) -> Submitted:
        self.taken.append(Taken(envelope, raw, peer))
        is_held = b"hunter2" in raw
        return Submitted(
            id=SubmissionId(f"sub-{len(self.taken)}"),
            pod_id=DEFAULT_POD,
            inbox_id=inbox.id,
            thread_id=None,
            actor_label=actor.label,
            status=SubmissionStatus.HELD if is_held else SubmissionStatus.QUEUED,
            envelope=envelope,
            blob=BlobRef("spool/x"),
            size_bytes=len(raw),
            digest=b"",
            message_id="",
            subject="",
            hold_id=HoldId(f"hold-{len(self.taken)}") if is_held else None,
            created_at=EPOCH,
        )


@dataclass
class FakeLogins:
    """Knows mia with the password `s3cret`; raises `error` instead when it is set."""

    error: Exception | None = None

    async def login(self, username: str, password: str, *, peer: str) -> Login:
        if self.error is not None:
            raise self.error
        if (username, password) != (f"mia@{LOCAL}", "s3cret"):
            raise MailError(ErrorKind.UNAUTHENTICATED, "the user name or password is wrong")
        return Login(actor=Actor(role=Role.AGENT, pod_id=DEFAULT_POD, label="agent:mia"), inbox=MIA)

    async def confirm(self, login: Login) -> None:
        """Every login stays good."""


@cache
def pem() -> bytes:
    """A self-signed certificate for localhost with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 - a certificate is valid in real time
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def server_context() -> ssl.SSLContext:
    """A server context on that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(pem())
        context.load_cert_chain(path)
    return context


def client_context() -> ssl.SSLContext:
    """A client that takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def config(**smtp: float) -> Config:
    """A configuration on loopback; `smtp` overrides keys of `[smtp]`, even below their minimum."""
    server = ServerSection(
        domain=LOCAL,
        hostname="mail.example.org",
        owner="you@example.net",
        data_dir=Path("/nonexistent"),
        listen=("127.0.0.1",),
    )
    base = Config(server=server)
    return base.model_copy(update={"smtp": base.smtp.model_copy(update=dict(smtp))})


@dataclass
class Setup:
    """A server that listens, and the services behind it."""

    server: SmtpServer
    inbound: FakeInbound
    submission: FakeSubmission
    logins: FakeLogins
    metrics: Metrics


def setup(settings: Config | None = None, *, bind: Mapping[str, int] | None = None) -> Setup:
    """A server that does not listen yet; by default every port is any free one."""
    inbound, submission, logins, metrics = FakeInbound(), FakeSubmission(), FakeLogins(), Metrics()
    server = SmtpServer(
        config=settings or config(),
        inbound=inbound,
        submission=submission,
        credentials=logins,
        metrics=metrics,
        clock=SystemClock(),
        mx_context=server_context(),
        submission_context=server_context(),
        bind=bind if bind is not None else {"smtp": 0, "submission": 0, "submissions": 0},
    )
    return Setup(server, inbound, submission, logins, metrics)


@asynccontextmanager
async def serving(settings: Config | None = None) -> AsyncIterator[Setup]:
    """A server that listens, for the length of a block."""
    made = setup(settings)
    async with made.server.listening():
        yield made
