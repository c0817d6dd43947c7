"""Looks at an installation from outside, as a mail host or a mail program would: what is wrong, and what to do.

Nothing is changed, and no key is needed. Everything that is asked has a limit in time.
"""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from datetime import timedelta

from cryptography import x509

from mailcore.app import upkeep
from mailcore.app.finding import Finding, ok, problem, warning
from mailcore.app.reach import host_name, is_running, listener, way_out
from mailcore.clock import SystemClock
from mailcore.config import LISTENERS, Config
from mailcore.errors import MailError
from mailcore.net import tls
from mailcore.net.dns import Resolver
from mailcore.readiness import free_bytes


async def examine(config: Config) -> AsyncIterator[Finding]:
    """Every finding as soon as it is known; raises nothing."""
    for finding in await asyncio.to_thread(_files, config):
        yield finding
    yield await _store(config)
    if await is_running(config):
        for name in LISTENERS:
            if config.ports.actual(name):
                yield await listener(config, name)
    else:
        yield problem("server", "is not running", "Start it with `countersign serve`")
    if config.is_loopback_only:
        message = (
            f"only {', '.join(config.server.listen)} is listened on: no mail comes from outside"
        )
        yield warning("network", message, "Set server.listen to reach the world")
        return
    resolver = Resolver(nameserver=config.dns.resolver, cache_size=0)
    yield await host_name(config, resolver)
    yield await way_out(config, resolver)


# Files -------------------------------------------------------------------------------------------


def _files(config: Config) -> list[Finding]:
    return [_data_dir(config), _certificate(config)]


def _data_dir(config: Config) -> Finding:
    folder = config.server.data_dir
    subject = f"data directory {folder}"
    try:
        free = free_bytes(folder)
        for path in (folder, folder / "server.key"):
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                return problem(subject, f"others may read {path}", f"chmod go= {path}")
    except OSError as error:
        return problem(subject, f"cannot be read: {error.strerror}", "Run as the server's user")
    if not os.access(folder, os.W_OK):
        return problem(subject, "cannot be written to", "Run as the server's user")
    if free < config.storage.min_free_bytes:
        return problem(subject, f"only {free >> 20} MiB are free", "Free some space on its disk")
    return ok(subject, f"{free >> 20} MiB free")


def _certificate(config: Config) -> Finding:
    own = config.tls.cert
    path = own or config.server.data_dir / "tls" / "self-signed.pem"
    subject = f"certificate {path}"
    try:
        cert = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no PEM certificate"
        return problem(
            subject, f"cannot be used: {reason}", "Correct tls.cert, or start the server"
        )
    left = cert.not_valid_after_utc - SystemClock().now()
    until = cert.not_valid_after_utc.date().isoformat()
    if left <= timedelta(0):
        return problem(subject, f"has expired on {until}", "Renew it, then send the server SIGHUP")
    if not _covers(cert, config.server.hostname):
        message = f"is not for {config.server.hostname}"
        return problem(subject, message, "Get one for server.hostname")
    if own is None:
        ca_file = tls.authority_file(config.server.data_dir)
        message = f"is trusted only where {ca_file} is"
        return warning(subject, message, "Import that file, or set tls.cert and tls.key")
    if left < tls.EXPIRES_SOON:
        return warning(subject, f"expires on {until}", "Renew it, then send the server SIGHUP")
    return ok(subject, f"valid until {until}")


def _covers(cert: x509.Certificate, hostname: str) -> bool:
    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    found = {one.lower() for one in names.get_values_for_type(x509.DNSName)}
    return bool(found & {hostname, f"*.{hostname.partition('.')[2]}"})


async def _store(config: Config) -> Finding:
    try:
        violations = await upkeep.check(config, deep=False)
    except MailError as error:
        return problem("store", error.message, error.fix or "Run `countersign check`")
    if violations:
        return problem("store", violations[0].message, "Run `countersign check --fix`")
    return ok("store", "every invariant of the database holds")
