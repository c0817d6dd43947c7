"""Delivery to other servers: trace field and signature in front, a route, one typed reply each.

The stored bytes stay as they are; what stands in front of them on the wire is made for each attempt.
Not the queue and not the decision when to try again: those are the worker's and `retry`'s.
"""

import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from mailcore.address import Address
from mailcore.clock import Clock, to_rfc5322
from mailcore.config import Config
from mailcore.credentials import ServerSecrets
from mailcore.errors import MailError
from mailcore.message.headers import Headers, prepend
from mailcore.model import Attempt, Claim, DkimState, Outcome, QueueItem
from mailcore.net.dns import Resolver
from mailcore.outbound import mx
from mailcore.outbound.sign import PrivateDkimKey, Signer
from mailcore.outbound.smarthosts import Smarthosts, Via
from mailcore.outbound.smtp_client import Access, DeliveryResult, SmtpClient, TlsMode
from mailcore.outbound.tls_policy import Protected, TlsPolicies
from mailcore.outbound.tokens import ReturnTokens
from mailcore.store.ports import AccountStore

_MAX_REMEMBERED: Final = 10_000
TLS_REQUIRED: Final = "TLS-Required"
"""The header field of system mail that goes even where a TLS policy fails: reports about TLS."""


class StoredKeys:
    """The signing keys of local domains, opened with the server's secret and kept until one changes."""

    def __init__(self, accounts: AccountStore, secrets: ServerSecrets) -> None:
        self._accounts = accounts
        self._secrets = secrets
        self._found: dict[str, tuple[PrivateDkimKey, ...]] = {}
        self._changes = 0
        accounts.watch(self._forget)

    async def signing_keys(self, domain: str) -> tuple[PrivateDkimKey, ...]:
        """The active keys of a domain; empty when it is not ours."""
        keys = self._found.get(domain)
        if keys is None:
            changes = self._changes
            keys = await self._read(domain)
            if keys and changes == self._changes:
                self._found[domain] = keys
        return keys

    def _forget(self) -> None:
        self._changes += 1
        self._found.clear()

    async def _read(self, domain: str) -> tuple[PrivateDkimKey, ...]:
        found = await self._accounts.domain_by_name(domain)
        if found is None:
            return ()
        return tuple(
            PrivateDkimKey(
                selector=key.selector, private_pem=self._secrets.unseal(key.sealed_private_key)
            )
            for key in await self._accounts.dkim_keys(found.id)
            if key.state is DkimState.ACTIVE
        )


class Remote:
    """Hands claims to mail hosts, directly or through the smart host."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        signer: Signer,
        client: SmtpClient,
        tokens: ReturnTokens,
        smarthosts: Smarthosts,
        policies: TlsPolicies,
        config: Config,
        clock: Clock,
    ) -> None:
        self._resolver = resolver
        self._signer = signer
        self._client = client
        self._tokens = tokens
        self._smarthosts = smarthosts
        self._policies = policies
        self._config = config
        self._clock = clock
        self._served: dict[str, set[str]] = {}
        self._remembered = 0

    @asynccontextmanager
    async def delivering(self, claim: Claim, raw: bytes) -> AsyncIterator[tuple[Attempt, ...]]:
        """One attempt for every item of the claim, in its order, to be recorded inside the block.

        Behind it the connection carries the next message. Raises nothing for what remotes do.
        """
        try:
            via = await self._smarthosts.of(claim)
        except MailError as error:
            yield tuple(
                _attempt(item, 451, "4.3.5", f"no smart host: {error.message}", "", "")
                for item in claim.items
            )
            return
        route = await self._route(claim, via)
        if isinstance(route, mx.NoRoute):
            yield tuple(
                _attempt(item, route.code, route.enhanced_code, route.reply, "", "")
                for item in claim.items
            )
            return
        if via is None:
            self._remember(claim.items[0].destination, route)
        try:
            whole = await self._signed(claim, raw)
        except MailError as error:
            yield tuple(
                _attempt(item, 451, "4.7.5", f"cannot sign: {error.message}", "", "")
                for item in claim.items
            )
            return
        protected = await self._protected(claim, raw, route.hosts) if via is None else None
        async with self._client.delivering(
            protected.hosts if protected else route.hosts,
            mail_from=self._return_path(claim, via),
            recipients=[item.recipient for item in claim.items],
            raw=whole,
            port=via.port if via is not None else self._config.outbound.port,
            access=_access(via),
            terms=claim.submission.envelope.terms,
        ) as result:
            if protected is not None:
                self._policies.note(protected, result)
            yield _attempts(claim, result)
        if protected is not None:
            await self._policies.remember(protected, result)

    def _return_path(self, claim: Claim, via: Via | None) -> Address | None:
        """A host that asks for a login may take its known senders only, unless told otherwise."""
        is_known = via is not None and via.login is not None
        if is_known and self._config.outbound.signed_return_path is None:
            return claim.submission.envelope.mail_from
        return self._tokens.return_path(claim)

    def busy(self) -> frozenset[str]:
        """Destinations whose first host has no room for another message, as far as is known."""
        full = (self._served[one] for one in self._client.full() if one in self._served)
        return frozenset().union(*full)

    def _remember(self, destination: str, route: mx.Route) -> None:
        """Which destinations share an address; forgotten as a whole when it grows too large."""
        if self._remembered >= _MAX_REMEMBERED:
            self._served.clear()
            self._remembered = 0
        domains = self._served.setdefault(route.hosts[0].addresses[0], set())
        self._remembered += destination not in domains
        domains.add(destination)

    async def close(self) -> None:
        """Say goodbye to the hosts that wait for a next message."""
        await self._client.close()

    async def _route(self, claim: Claim, via: Via | None) -> mx.Route | mx.NoRoute:
        if via is not None:
            return await mx.direct(via.host, self._resolver)
        return await mx.resolve(
            claim.items[0].recipient.domain,
            self._resolver,
            own_names=(self._config.server.hostname,),
            shuffle=mx.shuffled_by(claim.submission.id),
        )

    async def _protected(self, claim: Claim, raw: bytes, hosts: Sequence[mx.Host]) -> Protected:
        """The hosts with their policies; reports about TLS are told even where TLS fails."""
        is_relaxed = claim.submission.inbox_id is None and _does_without_tls(raw)
        domain = claim.items[0].recipient.domain
        port = self._config.outbound.port
        return await self._policies.protect(domain, hosts, port=port, is_relaxed=is_relaxed)

    async def _signed(self, claim: Claim, raw: bytes) -> bytes:
        hostname = self._config.server.hostname
        trace = f"by {hostname} (Countersign) id {claim.submission.id}; "
        stamped = prepend(raw, [("Received", trace + to_rfc5322(self._clock.now()))])
        sender = claim.submission.envelope.mail_from
        domain = sender.domain if sender else self._config.server.domain
        return await self._signer.prefix(raw, domain) + stamped


def _access(via: Via | None) -> Access:
    """A password goes only to a host whose certificate is good, or over loopback."""
    if via is None:
        return Access()
    is_open = via.login is None or is_loopback(via.host)
    return Access(
        tls=TlsMode.OPPORTUNISTIC if is_open else TlsMode.VERIFIED,
        login=via.login,
        is_implicit_tls=via.port == 465,
    )


def _attempts(claim: Claim, result: DeliveryResult) -> tuple[Attempt, ...]:
    replies = {one.recipient.folded: one for one in result.replies}
    return tuple(
        replace(
            _attempt(item, reply.code, reply.enhanced_code, reply.reply, reply.remote, reply.tls),
            tls_level=reply.tls_level,
            is_reported_on=reply.is_reported_on,
        )
        for item in claim.items
        for reply in (replies[item.recipient.folded],)
    )


def _does_without_tls(raw: bytes) -> bool:
    """RFC 8689 §5."""
    return (Headers.read(raw).get(TLS_REQUIRED) or "").strip().lower() == "no"


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _attempt(
    item: QueueItem, code: int, enhanced_code: str, reply: str, remote: str, tls: str
) -> Attempt:
    outcome = Outcome.DEFERRED
    if 200 <= code < 300:
        outcome = Outcome.DELIVERED
    elif 500 <= code < 600:
        outcome = Outcome.FAILED
    return Attempt(
        queue_id=item.id,
        outcome=outcome,
        code=code,
        enhanced_code=enhanced_code,
        reply=reply,
        remote=remote,
        tls=tls,
    )
