"""The mirror: a journal consumer that makes the Maildir++ tree follow the index.

Never in the path of a delivery, a STORE or a MOVE. It writes bytes that wait in the database into
files and drops them there, gives files the folder and the letters of their rows, removes what was
expunged and no session shows, and writes the files that Dovecot keeps beside.

Each batch goes: disk, then database, then old names off the disk. A crash between two steps is put
right by the next run, so at every moment every row has its bytes in the database or in a file that
the database knows. Memory is bounded by the batch.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from mailcore import log
from mailcore.clock import Clock
from mailcore.errors import MailError
from mailcore.ids import BlobRef, InboxId, MailboxId, Seq
from mailcore.journal import Journal
from mailcore.metrics import Metrics
from mailcore.store.dovecot import KEYWORDS, UIDLIST, keyword_lines, uid_header, uid_lines
from mailcore.store.layout import (
    SPOOL,
    base_name,
    file_path,
    flag_letters,
    folder_directory,
    folder_path,
    keyword_letters,
    with_keywords,
)
from mailcore.store.ports import (
    Files,
    MirroredFolder,
    MirroredName,
    MirrorStore,
    NewFile,
    NewLink,
    PendingBytes,
)

MANIFEST: Final = "countersign-inbox.json"
BATCH_FILES: Final = 256
BATCH_BYTES: Final = 8 << 20
LAGGING_BYTES: Final = 64 << 20
"""With more than this in no file yet, batches follow each other without a pause."""
GATHER_SECONDS: Final = 0.3
"""After the first change, others are waited for: a batch costs little more than a single file."""
LONGEST_GATHER_SECONDS: Final = 5.0
"""While changes stream in without a break, they are waited for so long."""
GATHERED_BYTES: Final = 32 << 20
"""Or until so much is in no file."""
GATHERED_ROWS: Final = 5000
"""Or until so many rows of the journal tell of changes."""
IDLE_SECONDS: Final = 5.0
"""How often it looks without a hint: sessions move on, and system mail writes no journal row."""
PAUSE_SECONDS: Final = 5.0
"""Between tries while the disk or the store does not work."""
LINES: Final = 10_000
"""Of a UID list, written at once."""
SMALL_LIST: Final = 2000
"""Up to so many messages a UID list is written anew whenever its header is behind."""

type IsShown = Callable[[MailboxId, Seq], bool]

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What a folder's UID list on the disk says."""

    path: str
    uid_validity: int
    uid_next: int
    last_uid: int
    count: int


class Mirror:
    """The mirror service. `run` follows the journal; `drain` follows it to its end once."""

    def __init__(
        self,
        *,
        store: MirrorStore,
        files: Files,
        journal: Journal,
        is_shown: IsShown,
        metrics: Metrics,
        clock: Clock,
        failpoint: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._files = files
        self._journal = journal
        self._is_shown = is_shown
        self._metrics = metrics
        self._clock = clock
        self._failpoint = failpoint or (lambda _step: None)
        self._grown = asyncio.Event()
        self._stopping = asyncio.Event()
        self._drained = asyncio.Event()
        self._passed = asyncio.Event()
        self._listed: dict[MailboxId, _Listed] = {}
        self._is_whole = False
        self.is_paused = False

    async def run(self) -> None:
        """Follow the journal; returns only on cancellation."""
        self._grown.set()
        with self._journal.watch(self._grown.set):
            while True:
                is_last = self._stopping.is_set()
                await self._follow()
                if is_last:
                    self._drained.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE_SECONDS if self.is_paused else IDLE_SECONDS):
                        await self._grown.wait()
                await self._gather()

    async def stop(self, grace_seconds: float) -> None:
        """Take what is left without pauses; returns when nothing is, or after the grace."""
        self._stopping.set()
        self._grown.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._drained.wait()

    async def settle(self) -> None:
        """Wait until a pass that began after this call has ended; for use while it runs."""
        for _ in range(2):
            self._passed.clear()
            self._grown.set()
            await self._passed.wait()

    async def drain(self, *, everything: bool = False) -> None:
        """Follow the index until the tree equals it. Raises what the disk or the store raise."""
        self._stopping.set()
        await self._pass(everything=everything)

    # One pass --------------------------------------------------------------------------------

    async def _gather(self) -> None:
        await self._journal.lull(
            gather_seconds=GATHER_SECONDS,
            longest_seconds=LONGEST_GATHER_SECONDS,
            most_rows=GATHERED_ROWS,
            is_enough=self._has_gathered,
            cut=self._stopping,
        )

    async def _has_gathered(self) -> bool:
        try:
            return await self._measure() > GATHERED_BYTES
        except MailError:
            return True

    async def _follow(self) -> None:
        """One pass; what goes wrong is logged, shown and tried again later."""
        self._grown.clear()
        try:
            await self._pass(everything=False)
            self.is_paused = False
        except MailError as error:
            self.is_paused = True
            _log.error("mirror.paused", reason=error.message, detail=error.detail)
        except Exception:  # noqa: BLE001 - a supervisor: the next pass may work
            self.is_paused = True
            _log.exception("mirror.failed")
        self._metrics.mirror_paused.set(self.is_paused)
        with suppress(MailError):
            await self._measure()
        self._passed.set()

    async def _measure(self) -> int:
        pending, behind = await self._store.lag()
        self._metrics.mirror_lag_bytes.set(pending)
        self._metrics.mirror_lag_events.set(behind)
        return pending

    async def _pass(self, *, everything: bool) -> None:
        changes = await self._store.mirror_changes(everything=everything)
        if not self._is_whole:
            await self._reconcile(changes.mailboxes)
        self._is_whole = False
        await self._write_pending(changes.last_pending)
        for mailbox_id, since in changes.mailboxes.items():
            await self._follow_mailbox(mailbox_id, since)
        await self._write_manifests(changes.inbox_ids)
        await self._remove_doomed()
        await self._remove_folders()
        await self._store.mirrored(changes.until)
        self._is_whole = True
        self._failpoint("mirrored")

    async def _pace(self, started: float) -> None:
        """Leave the disk to deliveries for as long as the batch took, unless there is much to do."""
        if self._stopping.is_set() or await self._measure() > LAGGING_BYTES:
            return
        took = self._clock.monotonic() - started
        with suppress(TimeoutError):
            async with asyncio.timeout(min(took, 1.0)):
                await self._stopping.wait()

    # Files -----------------------------------------------------------------------------------

    async def _write_pending(self, last: int) -> None:
        """Write what is in the database alone, in the order it came; what comes meanwhile waits for more."""
        after = 0
        while after < last:
            started = self._clock.monotonic()
            batch = await self._store.pending_bytes(
                after, max_count=BATCH_FILES, max_bytes=BATCH_BYTES
            )
            if not batch:
                return
            after = batch[-1].content_id
            if any(one.names for one in batch):
                await self._apply(batch, ())
                await self._pace(started)

    async def _follow_mailbox(self, mailbox_id: MailboxId, since: Seq) -> None:
        """Files of messages that changed, then what Dovecot keeps beside them."""
        place = (since, 0) if since == 0 else (since, 2**32)
        while True:
            started = self._clock.monotonic()
            names, place = await self._store.names(mailbox_id, place, BATCH_FILES)
            if names:
                await self._apply((), names)
            if len(names) < BATCH_FILES:
                break
            await self._pace(started)
        folder = await self._store.folder(mailbox_id)
        if folder is not None and folder.is_selectable:
            await self._files.make_folder(_path_of(folder))
            if not folder.mirrored:
                await self._store.record_files({}, (), [replace(folder, mirrored=_path_of(folder))])
            await self._list_uids(folder)

    async def _apply(
        self, pending: Sequence[PendingBytes], changed: Sequence[MirroredName]
    ) -> None:
        """Bring the files of one batch where their rows want them."""
        folders = await self._folders([*(n for one in pending for n in one.names), *changed])
        new: list[NewFile] = []
        links: list[NewLink] = []
        paths: dict[BlobRef, str] = {}
        for one in pending:
            source = ""
            for name in one.names:
                path = self._wanted(name, folders)
                if not source:
                    at = name.internal_date
                    new.append(NewFile(path=path, raw=one.raw, modified_at=at))
                    source = path
                else:
                    links.append(NewLink(source=source, path=path))
                paths[name.ref] = path
        old: list[str] = []
        for name in changed:
            path = self._wanted(name, folders)
            source = name.path or name.source or ""
            if path == name.path or not source:
                continue
            links.append(NewLink(source=source, path=path))
            paths[name.ref] = path
            old += [name.path] if name.path else []
        if not paths:
            await self._record_letters(folders)
            return
        missing = await self._files.apply(new, links)
        if missing:
            _log.error("mirror.file_missing", count=len(missing), first=min(missing))
            lost = {link.path for link in links if link.source in missing}
            paths = {ref: path for ref, path in paths.items() if path not in lost}
        self._failpoint("applied")
        written = [one.content_id for one in pending if one.names]
        await self._store.record_files(paths, written, [*folders.values()])
        self._failpoint("recorded")
        await self._files.remove([path for path in old if path not in missing])
        self._failpoint("removed")

    async def _record_letters(self, folders: dict[MailboxId, MirroredFolder]) -> None:
        """Letters that were given out though every file has its name already, as after a rebuild."""
        given = [
            folder
            for mailbox_id, folder in folders.items()
            if folder.keywords and folder != await self._store.folder(mailbox_id)
        ]
        if given:
            await self._store.record_files({}, (), given)

    async def _folders(self, names: Sequence[MirroredName]) -> dict[MailboxId, MirroredFolder]:
        """The folders of names, their letters given out and written down."""
        wanted: dict[MailboxId, dict[str, None]] = {}
        for name in names:
            if name.mailbox_id is not None:
                wanted.setdefault(name.mailbox_id, {}).update(dict.fromkeys(name.keywords))
        found: dict[MailboxId, MirroredFolder] = {}
        for mailbox_id, keywords in wanted.items():
            folder = await self._store.folder(mailbox_id)
            if folder is None:
                continue
            known = with_keywords(folder.keywords, keywords)
            path = _path_of(folder)
            if known and (known != folder.keywords or folder.mirrored != path):
                await self._files.make_folder(path)
                await self._files.replace(f"{path}/{KEYWORDS}", keyword_lines(known))
            mirrored = folder.mirrored or path
            found[mailbox_id] = replace(folder, keywords=known, mirrored=mirrored)
        return found

    @staticmethod
    def _wanted(name: MirroredName, folders: dict[MailboxId, MirroredFolder]) -> str:
        """Where the file belongs; one whose mailbox went meanwhile goes to the spool until it is removed."""
        folder = folders.get(name.mailbox_id) if name.mailbox_id is not None else None
        if folder is None:
            return name.path or file_path(SPOOL, name.ref)
        letters = flag_letters(name.flags) + keyword_letters(name.keywords, folder.keywords)
        return file_path(_path_of(folder), name.ref, letters)

    # What was expunged -----------------------------------------------------------------------

    async def _remove_doomed(self) -> None:
        """Forget what no session shows, then unlink it: a name that is known always has its bytes."""
        while True:
            doomed = await self._store.doomed(BATCH_FILES)
            free = [ref for ref, mailbox_id, seq in doomed if not self._is_shown(mailbox_id, seq)]
            gone = await self._store.forget_doomed(free) if free else ()
            self._failpoint("forgotten")
            if gone:
                await self._files.remove(gone)
            if len(doomed) < BATCH_FILES or not gone:
                return

    async def _remove_folders(self) -> None:
        for stale in await self._store.stale_folders():
            if stale.is_taken or await self._files.remove_folder(stale.path):
                await self._store.settle_folder(stale.mailbox_id, stale.wanted)
                self._listed.pop(stale.mailbox_id, None)

    # Beside the messages ---------------------------------------------------------------------

    async def _list_uids(self, folder: MirroredFolder) -> None:
        """Bring `dovecot-uidlist` up to date: lines are added; now and then it is written anew."""
        path = _path_of(folder)
        known = self._listed.get(folder.mailbox_id)
        if known is None or (known.path, known.uid_validity) != (path, folder.uid_validity):
            await self._write_uids(folder)
            return
        known = await self._add_uids(folder, known)
        is_behind = folder.uid_next > max(known.last_uid + 1, known.uid_next)
        if is_behind and (known.count <= SMALL_LIST or self._stopping.is_set()):
            await self._write_uids(folder)

    async def _write_uids(self, folder: MirroredFolder) -> None:
        path = _path_of(folder)
        lines = await self._store.uid_lines(folder.mailbox_id, 0, LINES)
        header = uid_header(path, folder.uid_validity, folder.uid_next)
        text = header + uid_lines((uid, base_name(ref)) for uid, ref in lines)
        await self._files.replace(f"{path}/{UIDLIST}", text)
        listed = _Listed(
            path=path,
            uid_validity=folder.uid_validity,
            uid_next=folder.uid_next,
            last_uid=lines[-1][0] if lines else 0,
            count=len(lines),
        )
        await self._add_uids(folder, listed)

    async def _add_uids(self, folder: MirroredFolder, known: _Listed) -> _Listed:
        """Add the lines of messages above the last one listed."""
        while added := await self._store.uid_lines(folder.mailbox_id, known.last_uid, LINES):
            text = uid_lines((uid, base_name(ref)) for uid, ref in added)
            await self._files.append(f"{known.path}/{UIDLIST}", text)
            count = known.count + len(added)
            known = replace(known, last_uid=added[-1][0], count=count)
        self._listed[folder.mailbox_id] = known
        return known

    async def _write_manifests(self, inbox_ids: frozenset[InboxId]) -> None:
        """What a rebuild needs beside the messages, for inboxes that changed."""
        for start in range(0, len(inbox_ids), BATCH_FILES):
            some = sorted(inbox_ids)[start : start + BATCH_FILES]
            for inbox_id, manifest in (await self._store.manifests(some)).items():
                text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
                await self._files.replace(f"{folder_path(inbox_id, '')}/{MANIFEST}", text)

    # After a crash ---------------------------------------------------------------------------

    async def _reconcile(self, mailbox_ids: Iterable[MailboxId]) -> None:
        """Remove second names that a pass which broke off left behind, in the folders it was in."""
        paths: set[str] = set()
        for mailbox_id in mailbox_ids:
            folder = await self._store.folder(mailbox_id)
            if folder is not None:
                paths |= {_path_of(folder), folder.mirrored or _path_of(folder)}
        for path in sorted(paths):
            listed = await self._files.list_folder(path)
            known = await self._store.locate_files([BlobRef(base_name(one)) for one in listed])
            second = [
                f"{path}/cur/{one}"
                for one in listed
                if self._is_second(f"{path}/cur/{one}", known.get(BlobRef(base_name(one)), ""))
            ]
            if second:
                await self._files.remove(second)

    def _is_second(self, path: str, known: str | None) -> bool:
        """Whether the bytes of a file that is known are known to be elsewhere.

        None as its path means that: in the database, or in the file of another name.
        """
        if known is None:
            return True
        return known not in ("", path) and self._files.size(known) is not None


def _path_of(folder: MirroredFolder) -> str:
    """The Maildir that a mailbox should have."""
    return folder_path(folder.inbox_id, folder_directory(folder.name))
