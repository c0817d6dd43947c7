"""The head of the audit log, kept outside of its table so that a cut at the end shows.

The chain in the table finds changed, inserted and removed rows, but a log whose newest rows are gone
is a whole chain too. So a file beside the database says, with a MAC of the server's key, how far
the log had come. It follows the log within a second and never goes back: while the row it names is
missing or other, it stays as evidence.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from mailcore import log
from mailcore.credentials import ServerSecrets
from mailcore.errors import MailError
from mailcore.store.ports import AuditHead, PolicyStore

_log = log.get(__name__)
SUFFIX: Final = "-audit-head"
_EVERY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verifying the log came to; `trouble` is empty when it is whole."""

    first_wrong_row: int | None
    trouble: str


class Auditing:
    """Keeps the head of the log, and verifies both."""

    def __init__(self, *, store: PolicyStore, secrets: ServerSecrets, path: Path) -> None:
        self._store = store
        self._secrets = secrets
        self._path = path
        self._written: AuditHead | None = None

    async def run(self) -> None:
        """Follow the log; returns only on cancellation, after writing how far it came."""
        try:
            while True:
                await self.follow()
                await asyncio.sleep(_EVERY_SECONDS)
        finally:
            await self.follow()

    async def follow(self) -> None:
        """Write the head when it has moved, unless the log contradicts what was written before."""
        try:
            head = await self._store.audit_head()
            if head is None or head == self._written:
                return
            trouble = await self._contradiction()
        except MailError as error:
            _log.error("audit_head.paused", reason=error.message, detail=error.detail)
            return
        if trouble:
            _log.error("audit_head.contradicted", reason=trouble)
            return
        try:
            await asyncio.to_thread(self._write, head)
        except OSError as error:
            _log.error("audit_head.not_written", reason=str(error))
            return
        self._written = head

    async def verify(self) -> Verdict:
        """Recompute the chain and hold it against the head that was kept."""
        wrong = await self._store.verify_audit()
        if wrong is not None:
            return Verdict(first_wrong_row=wrong, trouble=f"row {wrong} does not fit the chain")
        trouble = await self._contradiction()
        if not trouble and await self._store.audit_head() and not self._path.exists():
            trouble = "the file that says how far the log had come is gone"
        return Verdict(first_wrong_row=None, trouble=trouble)

    async def _contradiction(self) -> str:
        """What speaks against the log in the file; empty for nothing."""
        try:
            text = await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            return await self._against(self._written) if self._written else ""
        except OSError as error:
            return f"the head of the log cannot be read: {error.strerror}"
        kept = self._read(text)
        if kept is None:
            return "the file that says how far the log had come was changed"
        return await self._against(kept)

    async def _against(self, kept: AuditHead) -> str:
        found = await self._store.audit_head(kept.seq)
        if found is None:
            return f"rows up to {kept.seq} were there and are gone"
        if found != kept:
            return f"row {kept.seq} is not the one that was written"
        return ""

    def _write(self, head: AuditHead) -> None:
        document = {"seq": head.seq, "hash": head.hash, "mac": self._mac(head)}
        fresh = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _read(self, text: bytes) -> AuditHead | None:
        try:
            document = orjson.loads(text)
            head = AuditHead(seq=int(document["seq"]), hash=str(document["hash"]))
            given = str(document["mac"])
        except (ValueError, KeyError, TypeError):
            return None
        return head if self._secrets.is_audit_mac(given, self._message(head)) else None

    def _mac(self, head: AuditHead) -> str:
        return self._secrets.audit_mac(self._message(head))

    @staticmethod
    def _message(head: AuditHead) -> bytes:
        return f"{head.seq}|{head.hash}".encode()
