"""What every service stands on: configuration, stores, clock, accounts, and how others are reached.

The services are cut into parts, each a class on the one before it: `Ground`, `Mail`, `Outgoing`,
`Asking`, `Incoming`, `Leaving`, `Working` and, with nothing to add, `Core`. A service is made when it is
first asked for and only once, with what it needs taken from the same object: a circle would be an
endless recursion at the first call, so there is none.
"""

import asyncio
import os
import ssl
from functools import cached_property
from pathlib import Path
from typing import Final

from mailcore.accounts import Accounts
from mailcore.aliases import Aliases
from mailcore.app.datadir import database_file
from mailcore.app.guarding import LazyGuard, build_guard
from mailcore.auditing import SUFFIX, Auditing
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import Credentials, ServerSecrets, Throttle
from mailcore.domains.service import Domains
from mailcore.ids import new_id
from mailcore.journal import Journal
from mailcore.message.limits import ParserLimits, use_parser_limits
from mailcore.metrics import Metrics
from mailcore.net import tls
from mailcore.net.dns import Resolver
from mailcore.net.fetch import FETCH_SECONDS, Fetcher
from mailcore.readiness import Readiness
from mailcore.settings import Settings
from mailcore.store.ports import Stores

_POLICY_SECONDS: Final = 30.0


class Ground:
    """What is given, and what needs no mail."""

    def __init__(
        self,
        config: Config,
        stores: Stores,
        secrets: ServerSecrets,
        clock: Clock,
        *,
        guard: LazyGuard | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """The guard and the resolver are as configured when not given."""
        _limit_parsers(config)
        self.config = config
        self.stores = stores
        self.secrets = secrets
        self.clock = clock
        self.guard = guard or build_guard(config)
        self.metrics = Metrics()
        self.doorbell = asyncio.Event()
        """Set when there may be something to deliver."""
        self.owner = f"{config.server.hostname}:{os.getpid()}:{new_id()}"
        """Whose leases are ours."""
        self._given_resolver = resolver

    @cached_property
    def throttle(self) -> Throttle:
        limits = self.config.limits
        return Throttle(self.clock, limits.failed_logins_per_address, limits.trusted_networks)

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials(
            accounts=self.stores.accounts,
            secrets=self.secrets,
            throttle=self.throttle,
            clock=self.clock,
        )

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(
            store=self.stores.accounts,
            policy=self.stores.policy,
            secrets=self.secrets,
            config=self.config,
            clock=self.clock,
        )

    @cached_property
    def aliases(self) -> Aliases:
        return Aliases(store=self.stores.accounts, clock=self.clock)

    @cached_property
    def auditing(self) -> Auditing:
        return Auditing(
            store=self.stores.policy,
            secrets=self.secrets,
            path=Path(f"{database_file(self.config)}{SUFFIX}"),
        )

    @cached_property
    def settings(self) -> Settings:
        return Settings(store=self.stores.policy, config=self.config)

    @cached_property
    def journal(self) -> Journal:
        return Journal(store=self.stores.journal, wakeups=self.stores.wakeups)

    @cached_property
    def readiness(self) -> Readiness:
        return Readiness(
            leases=self.stores.leases,
            data_dir=self.config.server.data_dir,
            min_free_bytes=self.config.storage.min_free_bytes,
            clock=self.clock,
        )

    @cached_property
    def domains(self) -> Domains:
        """Asks name servers anew each time: an owner who mended a record wants to see it."""
        return Domains(
            store=self.stores.accounts,
            secrets=self.secrets,
            resolver=self._given_resolver
            or Resolver(nameserver=self.config.dns.resolver, cache_size=0),
            config=self.config,
            clock=self.clock,
        )

    # Others -----------------------------------------------------------------------------------------

    @cached_property
    def resolver(self) -> Resolver:
        dns = self.config.dns
        return self._given_resolver or Resolver(nameserver=dns.resolver, trusts_ad=dns.trust_ad)

    def fetcher(
        self,
        timeout_seconds: float = FETCH_SECONDS,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Fetcher:
        """A client for URLs that somebody named, which reaches no private network."""
        return Fetcher(
            resolver=self.resolver,
            user_agent="Countersign",
            allow_networks=self.config.http.fetch_allowed_networks,
            timeout_seconds=timeout_seconds,
            ssl_context=ssl_context,
        )

    def policy_fetcher(self) -> Fetcher:
        """A client for policies and reports of other domains, for a few requests."""
        return self.fetcher(_POLICY_SECONDS, self._policy_context)

    @cached_property
    def _policy_context(self) -> ssl.SSLContext:
        return tls.client_context(is_verified=True, ca_file=self.config.outbound.ca_file)


def _limit_parsers(config: Config) -> None:
    parser = config.parser
    use_parser_limits(
        ParserLimits(
            depth=parser.max_depth,
            parts=parser.max_parts,
            header_octets=parser.max_header_bytes,
            header_fields=parser.max_header_fields,
            text_octets=parser.max_text_bytes,
            decoded_octets=parser.max_decoded_bytes,
        )
    )
