"""One client: who it is, what it has selected, what it was told. The operations act on this.

A session is used by one task only. Invariant: the files of the mailbox as the client sees it stay
readable until `sync` has moved the view on (`Mailboxes.retain`).
"""

import asyncio
import ssl
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from imapd.connection import Connection
from imapd.selected import SelectedView
from imapd.snapshots import Snapshots
from mailcore.credentials import Credentials, Login
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import Seq
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
from mailcore.metrics import Metrics
from mailcore.model import Mailbox, MailboxChanges

_CHUNK: Final = 64 * 1024
_CLAIM_SECONDS: Final = 1.0
r"""`\Recent` is claimed at most so often: each claim is a commit, and a message may be recent twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the sessions of a server share."""

    credentials: Credentials
    mailboxes: Mailboxes
    journal: Journal
    metrics: Metrics
    snapshots: Snapshots
    max_append_bytes: int
    idle_timeout_seconds: float
    tls_context: ssl.SSLContext


@dataclass(slots=True, kw_only=True)
class Selected:
    """The selected mailbox. `is_stale` is set by the journal's hint, and before the first `sync`."""

    mailbox: Mailbox
    view: SelectedView
    is_read_only: bool
    is_stale: bool = True
    has_unclaimed: bool = False
    r"""Messages were shown as `\Recent` and not yet claimed."""
    claimed_at: float = -_CLAIM_SECONDS
    watching: ExitStack = field(default_factory=ExitStack)


class MailboxGone(Exception):  # noqa: N818 - an event, not a fault
    """The selected mailbox was deleted by somebody else."""


class Session:
    """The state of one connection."""

    def __init__(self, services: Services, connection: Connection) -> None:
        self.services = services
        self.connection = connection
        self.login: Login | None = None
        self.selected: Selected | None = None
        self.is_over = False
        """No further command is read."""
        self.is_stopping = False
        """The server ends the session."""

    def stop(self) -> None:
        """End after the running command."""
        self.is_over = self.is_stopping = True
        self.connection.wake()

    # Output ----------------------------------------------------------------------------------

    def write(self, octets: bytes) -> None:
        """Send octets; they are small or few."""
        self.connection.write(octets)

    async def write_all(self, pieces: list[bytes]) -> None:
        """Send many pieces, waiting for a slow client now and then."""
        batch: list[bytes] = []
        size = 0
        for piece in pieces:
            batch.append(piece)
            size += len(piece)
            if size >= _CHUNK:
                self.connection.write(b"".join(batch))
                batch, size = [], 0
                await self.connection.drain()
        if batch:
            self.connection.write(b"".join(batch))
            await self.connection.drain()

    # Who and where ---------------------------------------------------------------------------

    @property
    def user(self) -> Login:
        """The login; the dispatcher lets nobody here without one."""
        if self.login is None:
            raise MailError(ErrorKind.UNAUTHENTICATED, "log in first")
        return self.login

    @property
    def current(self) -> Selected:
        """The selected mailbox; the dispatcher checks that there is one."""
        if self.selected is None:
            raise MailError(ErrorKind.INVALID, "select a mailbox first")
        return self.selected

    def select(self, mailbox: Mailbox, view: SelectedView, *, is_read_only: bool) -> Selected:
        """Make a mailbox the selected one and watch it."""
        self.unselect()
        selected = Selected(mailbox=mailbox, view=view, is_read_only=is_read_only)
        self.services.mailboxes.retain(mailbox.id, view.head)
        watch = self.services.journal.watch(self._hint, mailbox_id=mailbox.id)
        selected.watching.enter_context(watch)
        self.selected = selected
        return selected

    def _hint(self) -> None:
        if self.selected is not None:
            self.selected.is_stale = True
            self.connection.wake()

    def unselect(self) -> None:
        """Let go of the selected mailbox, if there is one."""
        if self.selected is not None:
            selected, self.selected = self.selected, None
            selected.watching.close()
            self.services.mailboxes.release(selected.mailbox.id, selected.view.head)

    # Telling ---------------------------------------------------------------------------------

    async def sync(self, *, may_expunge: bool) -> None:
        """Tell the client what happened in the selected mailbox. Raises MailboxGone."""
        selected = self.selected
        if selected is None:
            return
        selected.is_stale = False
        view, before = selected.view, selected.view.head
        changes = await self._changes(selected)
        count = view.count
        told = view.sync(changes, may_expunge=may_expunge)
        self._moved_on(selected, before)
        selected.mailbox = changes.mailbox
        if told:
            await self.write_all(told)
        if view.count > count:
            selected.has_unclaimed = not selected.is_read_only
        now = asyncio.get_running_loop().time()
        if selected.has_unclaimed and now >= selected.claimed_at + _CLAIM_SECONDS:
            selected.has_unclaimed, selected.claimed_at = False, now
            await self.claim_recent(changes.mailbox)

    def knows(self, before: Seq, seq: Seq) -> None:
        """Take note that the view has a change of its own: the one from `before` to `seq`.

        Nothing is skipped unless the view was complete up to `before`.
        """
        selected = self.selected
        if selected is not None and before <= selected.view.head < seq:
            head, selected.view.head = selected.view.head, seq
            self._moved_on(selected, head)

    def _moved_on(self, selected: Selected, before: Seq) -> None:
        """Files expunged before the view's new head are not needed for it any more."""
        if selected.view.head != before:
            mailboxes = self.services.mailboxes
            mailboxes.retain(selected.mailbox.id, selected.view.head)
            mailboxes.release(selected.mailbox.id, before)

    async def _changes(self, selected: Selected) -> MailboxChanges:
        """What happened since the view's head; the entries are asked for only if anything did."""
        mailboxes, head = self.services.mailboxes, selected.view.head
        mailbox = await mailboxes.by_id(selected.mailbox.id)
        if mailbox is None or mailbox.uid_validity != selected.mailbox.uid_validity:
            raise MailboxGone
        if not mailbox.is_selectable:
            raise MailboxGone
        if mailbox.highest_modseq <= head:
            return MailboxChanges(mailbox=mailbox, entries=(), vanished=(), head=head)
        try:
            return await mailboxes.changes(mailbox, head)
        except MailError as error:
            if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.CONFLICT):
                raise MailboxGone from error
            raise

    async def claim_recent(self, mailbox: Mailbox) -> None:
        r"""Take `\Recent` when there is anything to take: later sessions do not get it."""
        if mailbox.recent_from_uid < mailbox.uid_next:
            await self.services.mailboxes.claim_recent(mailbox)
