"""The command loop of one session: read, understand, act, tell what happened elsewhere, answer.

Commands run one after the other, in the order they came. Invariants: every command with a tag gets
exactly one tagged answer; EXPUNGE is never told during FETCH, STORE or SEARCH by number (RFC 9051
§7.5.1); an unexpected error is logged once and costs the command, not the session.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, assert_never, get_args

from imapd import limits, responses, switches
from imapd.commands import (
    Append,
    Authenticate,
    Authenticated,
    CancelUpdate,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Copy,
    Create,
    Delete,
    Enable,
    Esearch,
    Expunge,
    Fetch,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Id,
    Idle,
    List,
    Login,
    Logout,
    Lsub,
    Move,
    Namespace,
    Noop,
    NotAuthenticated,
    Notify,
    Rename,
    Replace,
    Resync,
    Search,
    Select,
    Selected,
    SetMetadata,
    SetQuota,
    Sort,
    StartTls,
    Status,
    Store,
    Subscribe,
    Thread,
    Unselect,
)
from imapd.connection import Disconnected, Silence
from imapd.fetch import Attribute
from imapd.ops import (
    append,
    auth,
    compress,
    copy,
    enable,
    fetch,
    idle,
    listing,
    mailbox,
    metadata,
    multisearch,
    notices,
    quota,
    search,
    select,
    sort,
    store,
)
from imapd.ops.outcome import Outcome, Word, done, wrong
from imapd.parser import BadCommand, Parsed, parse
from imapd.search import mentions_numbers
from imapd.session import MailboxGone, Session
from imapd.wire import Continue, Frame, Refused, WireError
from mailcore import log
from mailcore.errors import MailError

_log = log.get(__name__)
_NOT_AUTHENTICATED: Final = frozenset(get_args(NotAuthenticated.__value__))
_SELECTED: Final = frozenset(get_args(Selected.__value__))
_WITH_LOGIN: Final = _SELECTED | frozenset(get_args(Authenticated.__value__))
_SILENT: Final = (
    Append,
    Copy,
    Delete,
    Expunge,
    Move,
    Rename,
    Replace,
    Search,
    Select,
    Sort,
    Thread,
)
"""Commands that may take long and say nothing before they have an answer, or whole lines only."""


def _uses_numbers(command: Command) -> bool:
    """Whether a command names messages, or is answered, by number (RFC 9586 §3.2)."""
    match command:
        case Search() | Sort() | Thread():
            return not command.by_uid or mentions_numbers(command.key)
        case Fetch() | Store() | Copy() | Move() | Replace():
            return not command.by_uid
        case Esearch():
            return mentions_numbers(command.key)
        case Select(resync=Resync(has_numbers=True)):
            return True
        case _:
            return False


class Dispatcher:
    """Runs one session from its greeting to its end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection
        self._bad = 0
        self._failed_logins = 0
        self._is_first = True
        self._login_deadline = asyncio.get_running_loop().time() + limits.LOGIN_SECONDS

    async def run(self) -> None:
        """Serve until the client leaves, is silent too long, or the server stops."""
        session = self._session
        try:
            await self._serve()
        except Disconnected:
            self._explain()
        except Silence:
            self._bye("nothing was said for too long")
        except WireError as error:
            self._bye(error.message, b"TOOBIG")
        except MailboxGone:
            self._bye("the selected mailbox was deleted")
        finally:
            session.unselect()
            session.unwatch()
            self._connection.close()

    def _bye(self, text: str, code: bytes = b"") -> None:
        self._session.is_over = True
        self._session.write(responses.bye(text, code))

    async def _serve(self) -> None:
        session = self._session
        greeting = auth.capability_code(session)
        session.write(responses.untagged_ok("Countersign ready", greeting))
        turn = 0
        while not session.is_over:
            frame = await self._next()
            if frame is None:
                break
            await self._one(frame)
            await self._connection.drain()
            turn += 1
            if turn % limits.COMMANDS_PER_TURN == 0:
                await asyncio.sleep(0)
        self._explain()

    def _explain(self) -> None:
        """Say why we end the session, when it was us."""
        if self._session.is_stopping:
            self._bye("the server is shutting down", b"UNAVAILABLE")
        elif self._session.is_revoked:
            self._bye("the login is not valid any more", b"UNAVAILABLE")

    # Reading ---------------------------------------------------------------------------------

    async def _next(self) -> Frame | Refused | None:
        """The next command; None when the session is over."""
        framer = self._connection.framer
        while True:
            step = framer.next_frame()
            if isinstance(step, Continue):
                self._session.write(responses.CONTINUE)
            elif step is not None:
                return step
            else:
                await notices.tell(self._session)
                await self._connection.wait(self._patience())
                if self._session.is_over:
                    return None

    def _patience(self) -> float:
        if self._session.login is not None:
            return self._session.services.idle_timeout_seconds
        return max(0.0, self._login_deadline - asyncio.get_running_loop().time())

    # One command -----------------------------------------------------------------------------

    async def _one(self, frame: Frame | Refused) -> None:
        is_first, self._is_first = self._is_first, False
        if isinstance(frame, Refused):
            self._refused(frame)
            return
        try:
            parsed = parse(frame, is_utf8=self._session.manner.is_utf8)
        except BadCommand as error:
            self._misunderstood(error, is_first=is_first)
            return
        word = await self._answer(parsed)
        self._session.services.metrics.imap_command(parsed.name.lower(), word.value.lower())
        if word is not Word.BAD:
            self._bad = 0
        else:
            self._count_bad()

    def _refused(self, refused: Refused) -> None:
        if refused.is_too_big:
            self._session.write(responses.no(refused.tag, refused.message, b"TOOBIG"))
        else:
            self._session.write(responses.bad(refused.tag, refused.message))
        self._count_bad()

    def _misunderstood(self, error: BadCommand, *, is_first: bool) -> None:
        session = self._session
        if error.is_charset:
            session.write(responses.no(error.tag, error.message, b"BADCHARSET (UTF-8 US-ASCII)"))
            return
        session.write(responses.bad(error.tag, error.message))
        if is_first and error.is_unknown and session.login is None:
            self._bye("this is an IMAP server")
            return
        self._count_bad()

    def _count_bad(self) -> None:
        self._bad += 1
        is_known = self._session.login is not None
        if self._bad >= (limits.MAX_BAD_IN_A_ROW if is_known else limits.MAX_BAD_BEFORE_LOGIN):
            self._bye("too many bad commands")

    async def _answer(self, parsed: Parsed) -> Word:
        """Act, tell, answer; the word says how it ended."""
        session, tag, command = self._session, parsed.tag, parsed.command
        session.tag = tag
        await session.services.mailboxes.settle()
        try:
            await session.confirm()
        except MailError as error:
            session.write(responses.error(tag, error))
            session.revoke()
            return Word.NO
        try:
            outcome = self._out_of_place(command) or self._switched_off(parsed)
            if outcome is None:
                await self._before(command)
                if isinstance(command, StartTls):
                    return await self._start_tls(tag)
                if isinstance(command, Compress):
                    return compress.compress(session, command)
                if isinstance(command, _SILENT):
                    with self._progress():
                        outcome = await self._act(command)
                else:
                    outcome = await self._act(command)
                await self._after(command)
                await notices.show_arrived(session)
        except MailError as error:
            await self._after(command)
            session.write(responses.error(tag, error))
            self._count_failed_login(command)
            return Word.NO
        except (Disconnected, Silence, WireError, MailboxGone):
            raise
        except Exception:  # noqa: BLE001 - the edge: one command, or one session, is lost
            _log.exception("imap.command_failed", command=parsed.name)
            session.services.metrics.errors.labels("imap").inc()
            session.write(responses.server_bug(tag))
            return Word.NO
        session.write(self._completed(outcome).line(tag))
        return outcome.word

    @contextmanager
    def _progress(self) -> Iterator[None]:
        """Say now and then that a command which answers only at its end still runs (RFC 9585).

        Answers that come in pieces are not broken into.
        """
        loop, seconds = asyncio.get_running_loop(), self._session.services.progress_seconds
        waiting: asyncio.TimerHandle | None = None

        def tell() -> None:
            nonlocal waiting
            code = b"INPROGRESS (%b NIL NIL)" % responses.string(self._session.tag)
            self._session.write(responses.untagged_ok("still at it", code))
            waiting = loop.call_later(seconds, tell)

        if self._session.login is not None:
            waiting = loop.call_later(seconds, tell)
        try:
            yield
        finally:
            if waiting is not None:
                waiting.cancel()

    def _completed(self, outcome: Outcome) -> Outcome:
        """The outcome, with the highest MODSEQ that the client now knows all of."""
        session = self._session
        if not outcome.tells_modseq or not session.manner.has_vanished or session.selected is None:
            return outcome
        code = responses.highest_modseq(session.selected.mailbox.highest_modseq)
        return replace(outcome, code=code)

    def _count_failed_login(self, command: Command) -> None:
        if isinstance(command, Login | Authenticate):
            self._failed_logins += 1
            if self._failed_logins >= limits.MAX_FAILED_LOGINS:
                self._bye("too many failed logins")

    def _out_of_place(self, command: Command) -> Outcome | None:
        """BAD for a command that the present state does not allow (RFC 9051 §3)."""
        session, kind = self._session, type(command)
        if kind in _NOT_AUTHENTICATED:
            return wrong("already logged in") if session.login is not None else None
        if kind in _WITH_LOGIN and session.login is None:
            return wrong("log in first")
        if kind in _SELECTED and session.selected is None:
            return wrong("select a mailbox first")
        if session.manner.is_uid_only and _uses_numbers(command):
            return wrong("messages are named by UID only", b"UIDREQUIRED")
        return None

    def _switched_off(self, parsed: Parsed) -> Outcome | None:
        """BAD for what the inbox does without, as for what is not known."""
        off = self._session.switched_off
        if off and not off.isdisjoint(switches.needed(parsed.command)):
            return wrong(f"{parsed.name} or what it asks for is not known")
        return None

    async def _start_tls(self, tag: bytes) -> Word:
        session = self._session
        if self._connection.is_tls:
            session.write(responses.bad(tag, "TLS is on already"))
            return Word.BAD
        session.write(responses.ok(tag, "begin TLS now"))
        await self._connection.start_tls(session.services.tls_context)
        return Word.OK

    # What happened elsewhere -----------------------------------------------------------------

    async def _before(self, command: Command) -> None:
        """Bring the view up to date for commands that answer from it; numbers stay as they are."""
        selected = self._session.selected
        if selected is None:
            return
        is_asking = isinstance(command, Search | Sort | Thread) or (
            isinstance(command, Fetch)
            and (Attribute.FLAGS in command.items or command.changed_since is not None)
        )
        if is_asking or (selected.is_stale and isinstance(command, Fetch | Copy | Move)):
            await self._session.sync(may_expunge=False)

    async def _after(self, command: Command) -> None:
        """Tell what happened; after FETCH and SEARCH only when there is a hint of something."""
        selected = self._session.selected
        match command:
            case Select() | Close() | Unselect() | Logout() | Idle():
                return
            case Fetch() | Search() | Sort() | Thread():
                if selected is not None and selected.is_stale:
                    await self._session.sync(may_expunge=command.by_uid)
            case Store():
                await self._session.sync(may_expunge=command.by_uid)
            case Esearch():
                if selected is not None and selected.is_stale:
                    await self._session.sync(may_expunge=True)
            case _:
                await self._session.sync(may_expunge=True)

    # The table -------------------------------------------------------------------------------

    async def _act(self, command: Command) -> Outcome:  # noqa: C901, PLR0912 - a table
        session = self._session
        match command:
            case Capability():
                return await auth.capability(session)
            case Noop():
                return done("nothing done")
            case Logout():
                return await auth.logout(session)
            case Id():
                return await auth.identify(session, command)
            case StartTls():
                return wrong("TLS is on already")
            case Login():
                return await auth.login(session, command)
            case Authenticate():
                return await auth.authenticate(session, command)
            case Enable():
                return enable.enable(session, command)
            case Compress():
                return wrong("compression comes by itself")
            case Namespace():
                return await mailbox.namespace(session)
            case Select():
                return await select.select(session, command)
            case Create():
                return await mailbox.create(session, command)
            case Delete():
                return await mailbox.delete(session, command)
            case Rename():
                return await mailbox.rename(session, command)
            case Subscribe():
                return await mailbox.subscribe(session, command)
            case List():
                return await listing.list_(session, command)
            case Lsub():
                return await listing.lsub(session, command)
            case Status():
                return await mailbox.status(session, command)
            case GetQuota():
                return await quota.get_quota(session, command)
            case GetQuotaRoot():
                return await quota.get_quota_root(session, command)
            case SetQuota():
                return quota.set_quota(session, command)
            case GetMetadata():
                return await metadata.get_metadata(session, command)
            case SetMetadata():
                return await metadata.set_metadata(session, command)
            case Append():
                return await append.append(session, command)
            case Replace():
                return await append.replace(session, command)
            case Idle():
                return await idle.idle(session)
            case Check():
                return done("checked")
            case Close():
                return await select.close(session)
            case Unselect():
                return await select.unselect(session)
            case Expunge():
                return await store.expunge(session, command)
            case Esearch():
                return await multisearch.esearch(session, command)
            case CancelUpdate():
                return search.cancel_update(session, command)
            case Notify():
                return await notices.notify(session, command)
            case Search():
                return await search.search(session, command)
            case Sort():
                return await sort.sort(session, command)
            case Thread():
                return await sort.thread(session, command)
            case Fetch():
                return await fetch.fetch(session, command)
            case Store():
                return await store.store(session, command)
            case Copy():
                return await copy.copy(session, command)
            case Move():
                return await copy.move(session, command)
            case _:
                assert_never(command)
