"""Who is calling: keys, inbox passwords, and the brake on guessing.

Tokens are random, so they are stored as keyed BLAKE2b hashes and looked up by hash; nothing secret
is kept in clear. A token ends in a checksum, which lets leak scanners (the guard among them)
recognize it. Failed logins are counted over SMTP, IMAP and HTTP together.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import os
import secrets as stdlib_secrets
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from mailcore.address import try_address
from mailcore.clients import FACTORS, Networks, read_ip, tiers_of
from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, InboxId
from mailcore.model import Actor, Agent, AgentStatus, Inbox, Key, KeyRole, Role
from mailcore.scram import ITERATIONS, SALT_BYTES, ClientFirst, Exchange, ScramKeys
from mailcore.store.ports import AccountStore, StoredPassword, Unsubscribe

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TOUCH_EVERY: Final = timedelta(seconds=60)
_WINDOW: Final = timedelta(minutes=15)
_MAX_PEERS: Final = 50_000
MAX_TOKEN_CHARS: Final = 512

type Ask = Callable[[bytes], Awaitable[bytes]]
"""Sends a message of an exchange and returns the client's next."""


def new_token(kind: str) -> str:
    """A new secret `cs_KIND_…`: at least 190 random bits in base62, then six of checksum."""
    length = 32 if kind == "inbox" else 43
    body = "".join(stdlib_secrets.choice(_ALPHABET) for _ in range(length))
    head = f"cs_{kind}_{body}"
    return head + _checksum(head)


def _checksum(head: str) -> str:
    number = zlib.crc32(head.encode("ascii"))
    digits: list[str] = []
    while number:
        number, rest = divmod(number, 62)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits)).rjust(6, "0")


class ServerSecrets:
    """The server's root secret and what is derived from it; the file is `DATA/server.key`, mode 0600."""

    def __init__(self, root: bytes) -> None:
        self._token_key = self._derive(root, b"token")
        self._approval_key = self._derive(root, b"approval")
        self._return_key = self._derive(root, b"return-path")
        self._audit_key = self._derive(root, b"audit")
        self._link_key = self._derive(root, b"link")
        self._fingerprint_key = self._derive(root, b"fingerprt")
        self._salt_key = self._derive(root, b"salt")
        self.likeness_key = self._derive(root, b"likeness")
        """What messages are compared by is hashed with this."""
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derive(root, b"seal")))

    @staticmethod
    def _derive(root: bytes, purpose: bytes) -> bytes:
        return hashlib.blake2b(key=root, person=b"cs-" + purpose, digest_size=32).digest()

    @classmethod
    def load(cls, path: Path) -> "ServerSecrets":
        """Read the file; NOT_FOUND or UNAVAILABLE with the fix when that fails."""
        try:
            root = path.read_bytes()
        except OSError as error:
            raise MailError(
                ErrorKind.UNAVAILABLE,
                f"cannot read the server key {path}: {error.strerror}",
                fix="Restore it from the backup, or run `countersign init`",
            ) from error
        if len(root) != 32:
            raise MailError(
                ErrorKind.INVALID,
                f"the server key {path} is damaged",
                fix="Restore it from the backup",
            )
        return cls(root)

    @staticmethod
    def create(path: Path) -> None:
        """Write a new root secret durably; never overwrites."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, stdlib_secrets.token_bytes(32))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def token_hash(self, token: str) -> bytes:
        """The form a key or password is stored and looked up in."""
        return hashlib.blake2b(
            token.encode("utf-8", "replace"), key=self._token_key, digest_size=32
        ).digest()

    def fingerprint(self, candidate: bytes) -> bytes:
        """The keyed hash by which a known secret is recognized in outgoing mail."""
        return hashlib.blake2b(candidate, key=self._fingerprint_key, digest_size=16).digest()

    def salt(self, name: str) -> bytes:
        """The SCRAM salt of a user who is not there: the same for the same name, as if there were one."""
        return hmac.digest(self._salt_key, name.encode("utf-8", "replace"), "sha256")[:SALT_BYTES]

    def approval_mac(self, message: bytes) -> bytes:
        """The MAC of approval tokens (9 octets)."""
        return hmac.digest(self._approval_key, message, "sha256")[:9]

    def return_path_mac(self, message: bytes) -> bytes:
        """The MAC of the addresses that bounces come back to (12 octets)."""
        return hmac.digest(self._return_key, message, "sha256")[:12]

    def audit_mac(self, message: bytes) -> str:
        """The MAC of the head of the audit log, in hex."""
        return hmac.digest(self._audit_key, message, "sha256").hex()

    def is_audit_mac(self, given: str, message: bytes) -> bool:
        """Whether that is its MAC."""
        return hmac.compare_digest(given.encode(), self.audit_mac(message).encode())

    def link_mac(self, message: bytes) -> bytes:
        """The MAC of one-click links, which alone let their reader decide (15 octets)."""
        return hmac.digest(self._link_key, message, "sha256")[:15]

    def seal(self, plain: bytes) -> bytes:
        """Encrypt something that must be kept, such as a DKIM key."""
        return self._fernet.encrypt(plain)

    def unseal(self, sealed: bytes) -> bytes:
        """The inverse of `seal`; UNAVAILABLE when it was sealed with another server key."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise MailError(
                ErrorKind.UNAVAILABLE,
                "a stored secret cannot be opened with this server key",
                fix="Restore server.key from the backup that belongs to this database",
            ) from error


def stored_password(secrets: ServerSecrets, inbox_id: InboxId, password: str) -> StoredPassword:
    """A password as it is kept: its keyed hash, and its SCRAM keys sealed. Call it off the loop."""
    keys = ScramKeys.derive(password, stdlib_secrets.token_bytes(SALT_BYTES))
    return StoredPassword(
        inbox_id=inbox_id,
        hash=secrets.token_hash(password).hex(),
        sealed_scram=secrets.seal(keys.pack()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login to one inbox by IMAP or SMTP."""

    actor: Actor
    inbox: Inbox
    proof: str = field(default="", repr=False)
    """The stored form of the password or key it was made with."""


class Throttle:
    """Counts failures in a sliding quarter of an hour, by the tiers of `mailcore.clients`."""

    def __init__(self, clock: Clock, limit: int, trusted_networks: tuple[str, ...] = ()) -> None:
        self._clock = clock
        self._limit = limit
        self._trusted = Networks(trusted_networks)
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, peer: str) -> None:
        """Raises OVER_LIMIT when this peer, or a network around it, has failed too often."""
        for key, factor in zip(self._keys(peer), FACTORS, strict=False):
            recent = self._recent(key)
            if len(recent) < self._limit * factor:
                continue
            last = recent[-self._limit * factor]
            wait = int(last + _WINDOW.total_seconds() - self._clock.monotonic()) + 1
            raise MailError(
                ErrorKind.OVER_LIMIT,
                "too many failed logins from this address",
                code="too_many_failures",
                fix=f"Wait {wait} seconds",
                retry_after_seconds=wait,
            )

    def failed(self, peer: str) -> None:
        """Count one failure."""
        for key, factor in zip(self._keys(peer), FACTORS, strict=False):
            recent = [*self._recent(key), self._clock.monotonic()]
            self._failures[key] = recent[-self._limit * factor :]
            self._failures.move_to_end(key)
        while len(self._failures) > _MAX_PEERS:
            self._failures.popitem(last=False)

    def _recent(self, key: str) -> list[float]:
        start = self._clock.monotonic() - _WINDOW.total_seconds()
        return [at for at in self._failures.get(key, []) if at > start]

    def _keys(self, peer: str) -> tuple[str, ...]:
        return () if read_ip(peer) is None or peer in self._trusted else tiers_of(peer)


class Credentials:
    """Turns a token or a password into an `Actor`, or raises UNAUTHENTICATED."""

    def __init__(
        self, *, accounts: AccountStore, secrets: ServerSecrets, throttle: Throttle, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._secrets = secrets
        self._throttle = throttle
        self._clock = clock

    async def bearer(self, token: str, *, peer: str) -> Actor:
        """The actor of an API key. `peer` is the caller's IP address, empty on the unix socket.

        A good key works whatever others at the same address have tried; a guess does not get far.
        """
        actor = await self._actor_of(token)
        if actor is None:
            self._throttle.check(peer)
            self._throttle.failed(peer)
            raise MailError(
                ErrorKind.UNAUTHENTICATED,
                "the API key is not valid",
                fix="Send a current key as `Authorization: Bearer KEY`",
            )
        return actor

    async def is_good(self, token: str) -> bool:
        """Whether an API key that was accepted before still is; a failure counts against nobody."""
        try:
            return await self._actor_of(token) is not None
        except MailError:
            return False

    def watch(self, callback: Callable[[], None]) -> Unsubscribe:
        """Call `callback` whenever an actor may have lost or won rights; it must be quick."""
        return self._accounts.watch(callback)

    async def login(self, username: str, password: str, *, peer: str) -> Login:
        """A login with an inbox address and its password, or with an API key as the password."""
        self._throttle.check(peer)
        login = await self._login(username, password)
        if login is None:
            self._throttle.failed(peer)
            raise _wrong_login()
        return login

    async def scram(self, first: ClientFirst, ask: Ask, *, peer: str) -> Login:
        """A login by SCRAM-SHA-256 with an inbox address and its password (RFC 5802 §5).

        `ask` sends a message and returns the client's next. An unknown user gets a plausible salt
        and is refused as late as a known one. Raises as `login`; ValueError for broken messages.
        """
        self._throttle.check(peer)
        inbox, stored = await self._scram_password(first.username)
        keys = self._scram_keys(first.username, stored)
        exchange = Exchange(first, keys, stdlib_secrets.token_urlsafe(18))
        answer = exchange.finish(await ask(exchange.challenge))
        if answer is None or inbox is None or stored is None:
            self._throttle.failed(peer)
            raise _wrong_login(
                "Use the inbox's password; API keys work by PLAIN, LOGIN and as bearer tokens"
            )
        owner = await self._agent_of(inbox)
        if owner is not None:
            _require_active(owner)
        if await ask(answer):
            raise ValueError("the exchange is over")
        return Login(actor=self._inbox_actor(inbox, owner), inbox=inbox, proof=stored.hash)

    async def _scram_password(self, username: str) -> tuple[Inbox | None, StoredPassword | None]:
        """The inbox of that name and its password, if it has one with SCRAM keys."""
        address = try_address(username)
        inbox = await self._accounts.inbox_by_address(address.folded) if address else None
        if inbox is None or (inbox.agent_id is not None and await self._agent_of(inbox) is None):
            return None, None
        stored = await self._accounts.passwords(inbox.id)
        return inbox, next((one for one in stored if one.sealed_scram is not None), None)

    def _scram_keys(self, username: str, stored: StoredPassword | None) -> ScramKeys:
        if stored is not None and stored.sealed_scram is not None:
            return ScramKeys.unpack(self._secrets.unseal(stored.sealed_scram))
        address = try_address(username)
        return ScramKeys(
            salt=self._secrets.salt(address.folded if address else username),
            iterations=ITERATIONS,
            stored_key=stdlib_secrets.token_bytes(32),
            server_key=stdlib_secrets.token_bytes(32),
        )

    async def confirm(self, login: Login) -> None:
        """UNAUTHENTICATED once what a login rests on has ended: for sessions that outlive it.

        The agent was stopped or deleted, the inbox is gone, the password replaced, the key revoked.
        """
        inbox = await self._accounts.inbox(login.inbox.id)
        owner = await self._agent_of(inbox) if inbox is not None else None
        if inbox is None or (inbox.agent_id is not None and owner is None):
            raise _ended()
        if owner is not None:
            _require_active(owner)
        stored = await self._accounts.passwords(inbox.id)
        if any(hmac.compare_digest(login.proof, one.hash) for one in stored):
            return
        key = await self._accounts.key_by_hash(bytes.fromhex(login.proof))
        if key is None or not self._is_current(key.key):
            raise _ended()

    async def _login(self, username: str, password: str) -> Login | None:
        address = try_address(username)
        if address is None or len(password) > MAX_TOKEN_CHARS:
            return None
        inbox = await self._accounts.inbox_by_address(address.folded)
        if inbox is None:
            return None
        owner = await self._agent_of(inbox)
        if inbox.agent_id is not None and owner is None:
            return None
        proof = self._secrets.token_hash(password).hex()
        stored = await self._password(inbox.id, proof)
        if stored is not None:
            if owner is not None:
                _require_active(owner)
            if stored.sealed_scram is None:
                await self._add_scram(inbox.id, password)
            return Login(actor=self._inbox_actor(inbox, owner), inbox=inbox, proof=proof)
        actor = await self._actor_of(password)
        if actor is not None and actor.pod_id == inbox.pod_id and self._covers(actor, inbox):
            return Login(actor=actor, inbox=inbox, proof=proof)
        return None

    async def _password(self, inbox_id: InboxId, given: str) -> StoredPassword | None:
        stored = await self._accounts.passwords(inbox_id)
        return next((one for one in stored if hmac.compare_digest(given, one.hash)), None)

    async def _add_scram(self, inbox_id: InboxId, password: str) -> None:
        """Give a password of an earlier version its SCRAM keys; a login does not fail for them."""
        made = await asyncio.to_thread(stored_password, self._secrets, inbox_id, password)
        with contextlib.suppress(MailError):
            await self._accounts.set_scram(made)

    @staticmethod
    def _covers(actor: Actor, inbox: Inbox) -> bool:
        return actor.may_use(inbox)

    @staticmethod
    def _inbox_actor(inbox: Inbox, agent: Agent | None) -> Actor:
        return Actor(
            role=Role.AGENT if agent else Role.VIEWER,
            pod_id=inbox.pod_id,
            label=f"agent:{agent.name}" if agent else f"inbox:{inbox.address}",
            agent_id=inbox.agent_id,
            person_id=inbox.person_id,
            inbox_id=inbox.id,
        )

    async def _agent_of(self, inbox: Inbox) -> Agent | None:
        return await self._accounts.agent(inbox.agent_id) if inbox.agent_id else None

    async def _actor_of(self, token: str) -> Actor | None:
        if not token or len(token) > MAX_TOKEN_CHARS:
            return None
        stored = await self._accounts.key_by_hash(self._secrets.token_hash(token))
        now = self._clock.now()
        if stored is None or not self._is_current(stored.key):
            return None
        key = stored.key
        label = "master"
        if key.role is KeyRole.AGENT:
            agent = await self._accounts.agent(key.agent_id) if key.agent_id else None
            if agent is None:
                return None
            _require_active(agent)
            label = f"agent:{agent.name}"
            if agent.last_activity_at is None or now - agent.last_activity_at >= _TOUCH_EVERY:
                await self._accounts.touch_agent(agent.id, now)
        elif key.role in (KeyRole.APPROVER, KeyRole.VIEWER):
            label = f"{key.role.value}:{key.name}"
        if key.last_used_at is None or now - key.last_used_at >= _TOUCH_EVERY:
            await self._accounts.touch_key(key.id, now)
        return Actor(
            role=Role(key.role.value),
            pod_id=key.pod_id,
            label=label,
            agent_id=key.agent_id,
            person_id=key.person_id,
            inbox_id=key.inbox_id,
            key_id=key.id,
            permissions=key.permissions,
        )

    def _is_current(self, key: Key) -> bool:
        return key.revoked_at is None and (
            key.expires_at is None or key.expires_at > self._clock.now()
        )


def _wrong_login(
    fix: str = "Use the inbox's full address and its password, or an API key as the password",
) -> MailError:
    return MailError(ErrorKind.UNAUTHENTICATED, "the user name or password is wrong", fix=fix)


def _ended() -> MailError:
    return MailError(
        ErrorKind.UNAUTHENTICATED,
        "this login is not valid any more",
        code="login_ended",
        fix="Log in again with a current password or key",
    )


def key_ended() -> MailError:
    """The caller's key was revoked, or its agent stopped, while it waited."""
    return MailError(
        ErrorKind.UNAUTHENTICATED, "the key ended while waiting", fix="Send a current key"
    )


def _require_active(agent: Agent) -> None:
    if agent.status is AgentStatus.STOPPED:
        raise MailError(
            ErrorKind.UNAUTHENTICATED,
            f"the agent {agent.name} is stopped",
            code="agent_stopped",
            fix="Ask the owner to resume it",
        )


OPERATOR: Final = Actor(role=Role.MASTER, pod_id=DEFAULT_POD, label="operator")
"""Whoever can open the unix socket: the server's own user, or root."""


def system(purpose: str) -> Actor:
    """The server itself, for a purpose that the audit log shows."""
    return Actor(role=Role.SYSTEM, pod_id=DEFAULT_POD, label=f"system:{purpose}")
