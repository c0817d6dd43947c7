"""Debian's Postfix as somebody else's mail host: it checks DKIM and DMARC, or takes mail of a login.

Runs in a directory of its own, in a mount namespace where `/etc/resolv.conf` names the test's zone:
OpenDMARC asks nobody else. Needs root and the right to make the namespace.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailcore.demo.zone import Zone
from tests.interop.conftest import find
from tests.support.authority import Issued
from tests.support.process import free_port

HOSTNAME = "mx.far.example"
DOMAIN = "far.example"
USER, PASSWORD = "relay", "s3cret-Relay"
_RESOLVER = f"127.53.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
"""Of this process alone: the port is the same for all."""
_INSIDE = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'


@dataclass(frozen=True)
class Postfix:
    """A running one: its port, and where it puts mail."""

    port: int
    folder: Path

    def kept(self) -> list[bytes]:
        """What was delivered so far."""
        return [one.read_bytes() for one in self.folder.glob("mail/inbox/new/*")]

    async def mail(self, subject: str) -> bytes:
        """The message with that subject, once it was delivered."""
        line = f"\nSubject: {subject}\n".encode()
        async with asyncio.timeout(30):
            while True:
                if found := [one for one in self.kept() if line in one]:
                    return found[0]
                await asyncio.sleep(0.05)  # Postfix tells nobody


@contextlib.asynccontextmanager
async def postfix(zone: Zone, issued: Issued) -> AsyncIterator[Postfix]:
    """Postfix with OpenDKIM and OpenDMARC, and with Dovecot for logins, on free ports of 127.0.0.1."""
    programs = [find(name) for name in ("postfix", "opendkim", "opendmarc", "dovecot", "unshare")]
    _require_namespace()
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    folder.chmod(0o755)
    front = await _name_server(zone)
    ports = [free_port() for _ in range(3)]
    _configure(folder, issued, *ports)
    inside = ["unshare", "-m", "sh", "-c", _INSIDE, "sh", str(folder / "resolv.conf")]
    commands = (
        [programs[1], "-f", "-x", folder / "opendkim.conf"],
        [programs[2], "-f", "-c", folder / "opendmarc.conf"],
        [programs[3], "-F", "-c", folder / "dovecot.conf"],
        [programs[0], "-c", folder, "start-fg"],
    )
    started = [await _start(folder, [*inside, *map(str, command)]) for command in commands]
    try:
        for port in ports:
            await _listens(port, folder)
        yield Postfix(ports[0], folder)
    finally:
        subprocess.run([programs[0], "-c", folder, "stop"], capture_output=True, check=False)
        for process in reversed(started):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
        await front.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _require_namespace() -> None:
    done = subprocess.run(
        ["unshare", "-m", "mount", "--bind", "/etc/hostname", "/etc/resolv.conf"],
        capture_output=True,
        check=False,
    )
    if os.geteuid() != 0 or done.returncode != 0:
        pytest.skip("needs root and mount namespaces")


async def _name_server(zone: Zone) -> Zone:
    """The same records on the port where system resolvers ask."""
    front = Zone()
    front._records = zone._records
    try:
        await front.start(_RESOLVER, 53)
    except OSError as error:
        pytest.skip(f"needs {_RESOLVER}:53: {error.strerror}")
    return front


async def _start(folder: Path, command: Sequence[str]) -> asyncio.subprocess.Process:
    with (folder / "log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )


async def _listens(port: int, folder: Path) -> None:
    try:
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)  # the programs tell nobody that they are ready
    except TimeoutError:
        pytest.fail((folder / "log").read_text(errors="replace")[-3000:])


def _configure(folder: Path, issued: Issued, port: int, dkim: int, dmarc: int) -> None:
    for name in ("queue", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "nobody")
    shutil.copy(issued.cert, folder / "cert.pem")
    shutil.copy(issued.key, folder / "key.pem")
    files = {
        "resolv.conf": f"nameserver {_RESOLVER}\noptions timeout:2 attempts:2\n",
        "nobody-is-inside": "192.0.2.1\n",
        "opendkim.conf": f"""Mode v
Socket inet:{dkim}@127.0.0.1
UserID nobody
Syslog no
Nameservers {_RESOLVER}
AuthservID {HOSTNAME}
AlwaysAddARHeader yes
InternalHosts {folder}/nobody-is-inside
ExternalIgnoreList {folder}/nobody-is-inside
""",
        "opendmarc.conf": f"""Socket inet:{dmarc}@127.0.0.1
UserID nobody
Syslog false
AuthservID {HOSTNAME}
TrustedAuthservIDs {HOSTNAME}
IgnoreHosts {folder}/nobody-is-inside
SPFIgnoreResults true
SPFSelfValidate true
""",
        "dovecot.conf": f"""protocols =
base_dir = {folder}/dovecot
ssl = no
log_path = {folder}/log
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
service auth {{
  unix_listener {folder}/login {{
    mode = 0666
  }}
}}
""",
        "users": f"{USER}:{{PLAIN}}{PASSWORD}\n",
        "main.cf": f"""compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = {HOSTNAME}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = {DOMAIN} wrong.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_security_level = may
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_received_header = yes
smtpd_milters = inet:127.0.0.1:{dkim}, inet:127.0.0.1:{dmarc}
milter_default_action = tempfail
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/login
smtpd_sasl_authenticated_header = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
""",
        "master.cf": f"""127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
""",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
