"""One client: who it is, what it has selected, what it was told. The operations act on this.

A session is used by one task only. Invariant: the files of the mailbox as the client sees it stay
readable until `sync` has moved the view on (`Mailboxes.retain`).
"""

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from imapd import responses
from imapd.connection import Connection
from imapd.contexts import Contexts
from imapd.limits import PROGRESS_SECONDS
from imapd.manner import Manner
from imapd.selected import SelectedView
from imapd.snapshots import NOT_RECENT, Snapshots
from imapd.watch import Watch
from mailcore.credentials import Credentials, Login
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import MailboxId, Seq
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
from mailcore.metrics import Metrics
from mailcore.model import Mailbox, MailboxChanges

_CHUNK: Final = 64 * 1024
_CONFIRM_SECONDS: Final = 1.0
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
    hostname: str
    max_append_bytes: int
    idle_timeout_seconds: float
    progress_seconds: float = PROGRESS_SECONDS
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


def _nothing_new(selected: Selected) -> MailboxChanges:
    """As if nobody else had done anything."""
    head = selected.view.head
    return MailboxChanges(mailbox=selected.mailbox, entries=(), vanished=(), head=head)


def _require_same(found: Mailbox | None, selected: Mailbox) -> None:
    """MailboxGone unless what was found is the mailbox that was selected."""
    if found is None or found.uid_validity != selected.uid_validity or not found.is_selectable:
        raise MailboxGone


class Session:
    """The state of one connection."""

    def __init__(self, services: Services, connection: Connection) -> None:
        self.services = services
        self.connection = connection
        self.login: Login | None = None
        self.selected: Selected | None = None
        self.manner = Manner()
        self.switched_off: frozenset[str] = frozenset()
        """Capabilities the inbox does without, since the login."""
        self.tag = b""
        """The tag of the command that runs."""
        self.watch: Watch | None = None
        """What NOTIFY has asked for; None until it is used."""
        self.contexts = Contexts()
        self.arrived: list[int] = []
        """UIDs that came to be known since `notices.show_arrived`."""
        self.stored: set[int] = set()
        """UIDs in the selected mailbox of messages that this session itself has stored there."""
        self.is_over = False
        """No further command is read."""
        self.is_stopping = False
        """The server ends the session."""
        self.is_revoked = False
        """The login is not good any more."""
        self._confirmed_at = 0.0

    async def confirm(self) -> None:
        """UNAUTHENTICATED when the login has ended since; looked up once a second at most."""
        now = asyncio.get_running_loop().time()
        if self.login is not None and now >= self._confirmed_at + _CONFIRM_SECONDS:
            await self.services.credentials.confirm(self.login)
            self._confirmed_at = now

    def revoke(self) -> None:
        """The login has ended: say so and close, after the running command."""
        self.is_over = self.is_revoked = True
        self.connection.wake()

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
        view.manner = self.manner
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
            self.contexts.clear()
            self.arrived.clear()
            self.stored.clear()
            selected.watching.close()
            self.services.mailboxes.release(selected.mailbox.id, selected.view.head)

    def unwatch(self) -> None:
        """Forget what NOTIFY has asked for."""
        if self.watch is not None:
            self.watch.watching.close()
            self.watch = None

    def want_modseq(self) -> None:
        """The client has used CONDSTORE: from now on it is told MODSEQ (RFC 7162 §3.1)."""
        if self.manner.has_modseq:
            return
        self.manner.has_modseq = True
        if self.selected is not None:
            code = responses.highest_modseq(self.selected.mailbox.highest_modseq)
            self.write(responses.untagged_ok("modifications are counted", code))

    def has_stored(self, mailbox_id: MailboxId, uids: Iterable[int]) -> None:
        """The session itself has put messages somewhere: nobody need show them to it."""
        if self.selected is not None and self.selected.mailbox.id == mailbox_id:
            self.stored.update(uids)

    def advance(self, previous: Seq, seq: Seq) -> None:
        """The view holds what this session itself changed: no need to read it again.

        Only when nothing of others lies between what the view knows and the change.
        """
        selected = self.selected
        if selected is None or selected.view.head < previous or seq <= selected.view.head:
            return
        if self.contexts:
            return  # the next `sync` looks at what changed in them
        before, selected.view.head = selected.view.head, seq
        self._moved_on(selected, before)

    # Telling ---------------------------------------------------------------------------------

    async def sync(self, *, may_expunge: bool) -> bool:
        """Tell the client what happened in the selected mailbox; whether anything was told.

        Raises MailboxGone.
        """
        selected = self.selected
        if selected is None:
            return False
        selected.is_stale = False
        view, before = selected.view, selected.view.head
        if self.watch is None or self.watch.wants_messages:
            changes = await self._changes(selected)
        else:
            changes = _nothing_new(selected)
        leaving: list[bytes] = []
        if self.contexts and may_expunge:
            leaving = self.contexts.leaving(view, view.leaving(changes))
        last = view.last_uid
        told = view.sync(
            changes,
            may_expunge=may_expunge,
            recent_from_uid=NOT_RECENT if self.manner.is_rev2 else None,
            tells_flags=self.watch is None or self.watch.wants_flags,
        )
        self._moved_on(selected, before)
        selected.mailbox = changes.mailbox
        if leaving or told:
            await self.write_all([*leaving, *told])
        if view.last_uid > last:
            selected.has_unclaimed = not selected.is_read_only
        await self._follow(selected, changes, last)
        now = asyncio.get_running_loop().time()
        if selected.has_unclaimed and now >= selected.claimed_at + _CLAIM_SECONDS:
            selected.has_unclaimed, selected.claimed_at = False, now
            await self.claim_recent(changes.mailbox)
        return bool(told)

    async def _follow(self, selected: Selected, changes: MailboxChanges, last: int) -> None:
        """Note what arrived after a UID, and bring the contexts up to date."""
        uids = [entry.uid for entry in changes.entries]
        if self.watch is not None or self.contexts:
            self.arrived += [uid for uid in uids if uid > last]
        if self.contexts and uids:
            mailboxes = self.services.mailboxes
            known = selected.view.uids_known(uids)
            await self.write_all(
                await self.contexts.changed(mailboxes, selected.mailbox, selected.view, known)
            )

    def _moved_on(self, selected: Selected, before: Seq) -> None:
        """Files expunged before the view's new head are not needed for it any more."""
        if selected.view.head != before:
            mailboxes = self.services.mailboxes
            mailboxes.retain(selected.mailbox.id, selected.view.head)
            mailboxes.release(selected.mailbox.id, before)

    async def _changes(self, selected: Selected) -> MailboxChanges:
        """What happened since the view's head; the mailbox alone is looked at where that may be nothing."""
        mailboxes, head = self.services.mailboxes, selected.view.head
        if not self.stored:
            mailbox = await mailboxes.by_id(self.user.actor, selected.mailbox.id)
            _require_same(mailbox, selected.mailbox)
            if mailbox is not None and mailbox.highest_modseq <= head:
                return MailboxChanges(mailbox=mailbox, entries=(), vanished=(), head=head)
        try:
            changes = await mailboxes.changes(selected.mailbox, head)
        except MailError as error:
            if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.CONFLICT):
                raise MailboxGone from error
            raise
        _require_same(changes.mailbox, selected.mailbox)
        return changes

    async def claim_recent(self, mailbox: Mailbox) -> None:
        r"""Take `\Recent` when there is anything to take: later sessions do not get it."""
        if mailbox.recent_from_uid < mailbox.uid_next:
            await self.services.mailboxes.claim_recent(mailbox)
