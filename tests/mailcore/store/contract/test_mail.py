"""The promises of `MailStore`: UIDs, MODSEQ, counters, placement, flags, copies, moves."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import BlobRef, InboxId, Seq, new_id
from mailcore.model import (
    AuthReport,
    Direction,
    Flag,
    Inbox,
    Listed,
    Mailbox,
    Security,
    Slice,
    SpecialUse,
)
from mailcore.search import Words
from mailcore.store.ports import (
    EventFilter,
    FetchColumns,
    FlagMode,
    MessageQuery,
    SortColumns,
    Stores,
)
from mailcore.store.sqlite import mailboxes
from tests.support.build import NOW, RAW, create_inbox, deliver, message_facts, new_message
from tests.support.clock import FakeClock

EVERY = [(1, 2**32 - 1)]
EVERYTHING = ~SortColumns(0)


async def box(stores: Stores, mia: Inbox, name: str = "INBOX") -> Mailbox:
    found = await stores.mail.mailbox(mia.id, name)
    assert found is not None
    return found


async def names_of_events(stores: Stores, *, public_only: bool = True) -> list[str]:
    events, _ = await stores.journal.since(Seq(0), EventFilter(public_only=public_only), 1000)
    return [event.name for event in events]


# UIDs and counters -------------------------------------------------------------------------------


async def test_uids_ascend_from_one_and_the_counters_follow(stores: Stores, mia: Inbox) -> None:
    """RFC 9051 §2.3.1.1."""
    placed = [await deliver(stores, mia) for _ in range(3)]
    inbox = await box(stores, mia)
    assert [one.uid for one in placed] == [1, 2, 3]
    assert (inbox.uid_next, inbox.messages, inbox.unseen) == (4, 3, 3)
    assert inbox.size_bytes == 3 * len(RAW)
    assert inbox.highest_modseq == placed[-1].seq


async def test_a_uid_is_never_given_again(stores: Stores, mia: Inbox) -> None:
    """Not even after the message with the highest UID is gone."""
    await deliver(stores, mia)
    last = await deliver(stores, mia, flags=Flag.DELETED)
    await stores.mail.expunge(last.mailbox_id)
    assert (await deliver(stores, mia)).uid == 3


async def test_concurrent_deliveries_get_distinct_uids_in_seq_order(
    stores: Stores, mia: Inbox
) -> None:
    """Fifty at once: UID order is journal order."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(deliver(stores, mia)) for _ in range(50)]
    placed = sorted((task.result() for task in tasks), key=lambda one: one.uid)
    assert [one.uid for one in placed] == list(range(1, 51))
    assert [one.seq for one in placed] == sorted(one.seq for one in placed)


async def test_one_delivery_to_many_inboxes_is_all_or_none(stores: Stores, mia: Inbox) -> None:
    """A missing mailbox of one recipient undoes the others."""
    ben = await create_inbox(stores, "ben")
    facts = message_facts()
    good = new_message(mia, facts=facts)
    bad = new_message(ben, facts=facts, mailbox="Nowhere")
    with pytest.raises(MailError) as caught:
        await stores.mail.deliver([good, bad])
    assert (caught.value.kind, caught.value.code) == (ErrorKind.NOT_FOUND, "no_such_mailbox")
    assert (await box(stores, mia)).messages == 0
    placed = await stores.mail.deliver([good, replace(bad, mailbox="INBOX")])
    assert [one.uid for one in placed] == [1, 1]


async def test_a_delivered_message_reads_back_whole(stores: Stores, mia: Inbox) -> None:
    """Facts, verdict and authentication survive the round trip."""
    facts = message_facts(
        cc=["Bob <bob@outside.test>"], references=["a@x", "b@x"], subject="Füße 😀"
    )
    new = replace(
        new_message(mia, facts=facts, keywords=["$Junk", "work"]),
        auth=AuthReport(dkim="pass", dkim_domains=("outside.test",)),
        security=Security(score=7, level="warning", categories=("spam",), findings=({"a": 1},)),
    )
    await stores.mail.deliver([new])
    found = await stores.mail.message(new.id)
    assert found is not None
    assert (found.facts, found.auth, found.security) == (facts, new.auth, new.security)
    assert found.keywords == ("$Junk", "work")
    assert await stores.mail.message_at(found.mailbox_id, 1) == found


async def test_hostile_text_is_stored_without_failing(stores: Stores, mia: Inbox) -> None:
    """Lone surrogates and NULs from broken mail do not refuse the message."""
    facts = message_facts(subject="a\ud800b\0c", preview="\udcff", message_id="\udc80@x")
    placed = await deliver(stores, mia, facts=facts)
    assert await stores.mail.message(placed.id) is not None


async def test_a_known_dedupe_key_stores_nothing(stores: Stores, mia: Inbox) -> None:
    """The second answer names the first placement, wherever it is now."""
    first = await deliver(stores, mia, dedupe_key=b"k")
    archive = await box(stores, mia, "Archive")
    await stores.mail.move(first.mailbox_id, [(1, 1)], archive.id)
    again = await deliver(stores, mia, dedupe_key=b"k")
    assert again.is_duplicate
    assert (again.id, again.mailbox_id, again.uid) == (first.id, archive.id, 1)
    assert (await box(stores, mia)).messages == 0


async def test_a_dedupe_key_is_forgotten_after_thirty_days(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """Then the same key is a new message."""
    await deliver(stores, mia, dedupe_key=b"k")
    clock.advance(timedelta(days=30, seconds=1))
    assert not (await deliver(stores, mia, dedupe_key=b"k")).is_duplicate


async def test_a_dedupe_key_counts_in_its_inbox_only(stores: Stores, mia: Inbox) -> None:
    """Another inbox may get the same message."""
    ben = await create_inbox(stores, "ben")
    await deliver(stores, mia, dedupe_key=b"k")
    assert not (await deliver(stores, ben, dedupe_key=b"k")).is_duplicate


async def test_received_mail_is_a_public_event_and_an_append_is_not(
    stores: Stores, mia: Inbox
) -> None:
    """Both wake sessions of the mailbox."""
    placed = await deliver(stores, mia)
    await deliver(stores, mia, event=None, direction=Direction.APPENDED)
    where = EventFilter(mailbox_id=placed.mailbox_id, public_only=False)
    events, _ = await stores.journal.since(Seq(0), where, 10)
    assert [(one.name, one.body["uids"]) for one in events] == [
        ("email.received", "1"),
        ("message.placed", "2"),
    ]
    assert events[0].body["message_id"] == placed.id
    assert events[0].agent_id == mia.agent_id


# Sessions ----------------------------------------------------------------------------------------


async def test_entries_and_changes_agree(stores: Stores, mia: Inbox) -> None:
    """Replaying changes over old entries gives the new entries (RFC 7162)."""
    placed = [await deliver(stores, mia) for _ in range(4)]
    mailbox_id = placed[0].mailbox_id
    before = (await stores.mail.contents(mailbox_id)).head
    view = {one.uid: one for one in (await stores.mail.changes(mailbox_id, Seq(0))).entries}
    await stores.mail.set_flags(mailbox_id, [(2, 2)], FlagMode.ADD, Flag.SEEN, ["work"])
    await stores.mail.expunge(mailbox_id, [(1, 1)], only_deleted=False)
    await deliver(stores, mia)
    changes = await stores.mail.changes(mailbox_id, before)
    view |= {one.uid: one for one in changes.entries}
    after = await stores.mail.contents(mailbox_id)
    assert changes.vanished == (1,)
    kept = [view[uid] for uid in sorted(view) if uid not in changes.vanished]
    assert [(one.uid, one.flags, one.keywords) for one in kept] == [
        *zip(after.uids, after.flags, after.keywords, strict=True)
    ]
    assert after.mailbox.messages == len(after.uids)


async def test_large_mailboxes_are_read_in_a_thread_with_the_same_answer(
    stores: Stores, mia: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the inline limit the answer comes from another connection, and in portions."""
    monkeypatch.setattr(mailboxes, "PORTION", 256)
    placed = await deliver(stores, mia)
    for _ in range(10):
        await stores.mail.copy(placed.mailbox_id, EVERY, placed.mailbox_id)
    loaded = await stores.mail.contents(placed.mailbox_id)
    assert [*loaded.uids] == list(range(1, 1025))


async def test_trimmed_tombstones_are_reported(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """CURSOR_TOO_OLD instead of silently missing what vanished."""
    placed = await deliver(stores, mia)
    await stores.mail.expunge(placed.mailbox_id, only_deleted=False)
    clock.advance(timedelta(days=31))
    fresh = await deliver(stores, mia)
    assert await stores.journal.trim(clock.now() - timedelta(days=30)) > 0
    with pytest.raises(MailError) as caught:
        await stores.mail.changes(placed.mailbox_id, placed.seq)
    assert caught.value.code == "cursor_too_old"
    assert (await stores.mail.changes(placed.mailbox_id, fresh.seq)).vanished == ()


async def test_recent_is_claimed_once(stores: Stores, mia: Inbox) -> None:
    r"""`\Recent` belongs to the first read-write session."""
    placed = await deliver(stores, mia)
    assert await stores.mail.claim_recent(placed.mailbox_id) == 1
    assert await stores.mail.claim_recent(placed.mailbox_id) == 2
    await deliver(stores, mia)
    assert await stores.mail.claim_recent(placed.mailbox_id) == 2


async def test_fetch_gives_only_the_columns_asked_for(stores: Stores, mia: Inbox) -> None:
    """By UID, ascending, missing UIDs left out, overlapping ranges once."""
    for _ in range(3):
        await deliver(stores, mia)
    inbox = await box(stores, mia)
    ranges = [(2, 4294967295), (1, 2)]
    rows = await stores.mail.fetch(inbox.id, ranges, FetchColumns.ENVELOPE)
    assert [row.uid for row in rows] == [1, 2, 3]
    assert (rows[0].envelope, rows[0].body, rows[0].size_bytes) == (b"(ENVELOPE)", b"", len(RAW))
    (plain,) = await stores.mail.fetch(inbox.id, [(3, 3)], FetchColumns(0))
    assert (plain.envelope, plain.blob, plain.size_bytes) == (b"", "", len(RAW))
    (placed,) = await stores.mail.fetch(inbox.id, [(3, 3)], FetchColumns.OCTETS)
    assert (placed.header_size_bytes, placed.envelope) == (RAW.find(b"\r\n\r\n") + 4, b"")
    assert await stores.blobs.read(placed.blob) == RAW


async def test_header_fields_are_kept_once_for_all_copies(stores: Stores, mia: Inbox) -> None:
    """By content; the first block stays."""
    await deliver(stores, mia)
    inbox, archive = await box(stores, mia), await box(stores, mia, "Archive")
    await stores.mail.copy(inbox.id, EVERY, archive.id)
    columns = FetchColumns.KEPT_FIELDS | FetchColumns.OCTETS
    (row,) = await stores.mail.fetch(inbox.id, EVERY, columns)
    assert row.kept_fields is None
    await stores.mail.keep_fields([(row.blob, b"first"), (BlobRef("unknown"), b"no")])
    await stores.mail.keep_fields([(row.blob, b"second")])
    for mailbox in (inbox, archive):
        (row,) = await stores.mail.fetch(mailbox.id, EVERY, columns)
        assert row.kept_fields == b"first"


# Flags -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "flags", "keywords", "expected"),
    [
        (FlagMode.ADD, Flag.SEEN, ["b"], (Flag.FLAGGED | Flag.SEEN, "a b")),
        (FlagMode.REMOVE, Flag.FLAGGED, ["A"], (Flag(0), "")),
        (FlagMode.REPLACE, Flag.DELETED, ["c", "b"], (Flag.DELETED, "b c")),
        (FlagMode.ADD, Flag(0), ["A"], (Flag.FLAGGED, "a")),
    ],
)
async def test_store_changes_flags(
    stores: Stores,
    mia: Inbox,
    mode: FlagMode,
    flags: Flag,
    keywords: list[str],
    expected: tuple[Flag, str],
) -> None:
    """RFC 9051 §6.4.6; keywords are compared without case."""
    placed = await deliver(stores, mia, flags=Flag.FLAGGED, keywords=["a"])
    changed = await stores.mail.set_flags(placed.mailbox_id, [(1, 1)], mode, flags, keywords)
    (entry,) = changed.entries
    assert (entry.flags, entry.keywords) == expected


async def test_a_conditional_store_leaves_alone_what_has_changed(
    stores: Stores, mia: Inbox
) -> None:
    """RFC 7162 §3.1.3: decided in the transaction that changes the rest."""
    first = await deliver(stores, mia)
    second = await deliver(stores, mia)
    changed = await stores.mail.set_flags(
        first.mailbox_id, [(1, 9)], FlagMode.ADD, Flag.SEEN, unchanged_since=first.seq
    )
    assert (changed.modified, changed.previous_modseq) == ((2,), second.seq)
    assert [(one.uid, one.flags) for one in changed.entries] == [(1, Flag.SEEN)]
    left = await stores.mail.message_at(first.mailbox_id, 2)
    assert left is not None
    assert (left.flags, left.modseq) == (Flag(0), second.seq)


async def test_removals_tell_what_was_the_highest_modseq_before(stores: Stores, mia: Inbox) -> None:
    """Who knew everything up to it needs to read nothing again."""
    await deliver(stores, mia)
    placed = await deliver(stores, mia)
    archive = await box(stores, mia, "Archive")
    moved = await stores.mail.move(placed.mailbox_id, [(1, 1)], archive.id)
    assert moved.previous_modseq == placed.seq
    gone = await stores.mail.expunge(placed.mailbox_id, only_deleted=False)
    assert (gone.uids, gone.previous_modseq) == ((2,), moved.source_seq)
    changes = await stores.mail.changes(placed.mailbox_id, placed.seq)
    assert changes.vanished == (1, 2)


async def test_a_move_is_a_new_saving(stores: Stores, mia: Inbox, clock: FakeClock) -> None:
    """RFC 8514 §4: the save date is when the message came into this mailbox."""
    placed = await deliver(stores, mia)
    archive = await box(stores, mia, "Archive")
    clock.advance(timedelta(hours=1))
    await stores.mail.move(placed.mailbox_id, [(1, 1)], archive.id)
    moved = await stores.mail.message_at(archive.id, 1)
    assert moved is not None
    assert moved.saved_at == clock.now()


async def test_sort_rows_hold_what_is_compared(stores: Stores, mia: Inbox) -> None:
    """RFC 5256 §3: the first mailboxes, the subject, the ids."""
    placed = await deliver(stores, mia)
    (row,) = await stores.mail.sort_rows(placed.mailbox_id, [(1, 9)], EVERYTHING)
    found = await stores.mail.message_at(placed.mailbox_id, 1)
    assert found is not None
    facts = found.facts
    assert facts.sender is not None
    assert (row.uid, row.subject, row.message_id) == (1, facts.subject, facts.message_id)
    assert row.sender == (facts.sender.name, facts.sender.address)
    assert row.references == facts.references
    (narrow,) = await stores.mail.sort_rows(placed.mailbox_id, [(1, 9)], SortColumns.SUBJECT)
    assert narrow == row._replace(
        sent_at=None,
        size_bytes=0,
        sender=("", ""),
        to=("", ""),
        message_id="",
        in_reply_to="",
        references=(),
    )


async def test_a_store_is_one_journal_row_and_unchanged_messages_keep_their_modseq(
    stores: Stores, mia: Inbox
) -> None:
    """RFC 7162 §3.1: a MODSEQ moves only with a change."""
    await deliver(stores, mia, flags=Flag.SEEN)
    placed = await deliver(stores, mia)
    await deliver(stores, mia, keywords=["x"])
    changed = await stores.mail.set_flags(placed.mailbox_id, [(1, 9)], FlagMode.ADD, Flag.SEEN)
    assert [one.modseq == changed.seq for one in changed.entries] == [False, True, True]
    events, _ = await stores.journal.since(placed.seq, EventFilter(names=("email.updated",)), 10)
    assert [(one.seq, one.body["uids"], one.body["count"]) for one in events] == [
        (changed.seq, "2:3", 2)
    ]


async def test_a_store_that_changes_nothing_leaves_no_trace(stores: Stores, mia: Inbox) -> None:
    """No journal row, no new MODSEQ."""
    placed = await deliver(stores, mia, flags=Flag.SEEN)
    head = await stores.journal.head()
    changed = await stores.mail.set_flags(placed.mailbox_id, [(1, 1)], FlagMode.ADD, Flag.SEEN)
    assert changed.seq == placed.seq
    assert await stores.journal.head() == head


async def test_many_keyword_sets_are_changed_row_by_row(stores: Stores, mia: Inbox) -> None:
    """More combinations than the grouped path takes give the same result."""
    for number in range(70):
        await deliver(stores, mia, keywords=[f"k{number}"])
    inbox = await box(stores, mia)
    changed = await stores.mail.set_flags(inbox.id, [(1, 70)], FlagMode.ADD, Flag.DELETED, ["z"])
    assert all(one.flags == Flag.DELETED for one in changed.entries)
    assert changed.entries[5].keywords == "k5 z"
    assert (await box(stores, mia)).deleted == 70


@pytest.mark.parametrize("keyword", ["two words", "", "a(b", "ü", "\\Seen", "a\x7f"])
async def test_a_keyword_must_be_an_atom(stores: Stores, mia: Inbox, keyword: str) -> None:
    """INVALID, and nothing changes."""
    placed = await deliver(stores, mia)
    with pytest.raises(MailError) as caught:
        await stores.mail.set_flags(placed.mailbox_id, [(1, 1)], FlagMode.ADD, Flag(0), [keyword])
    assert caught.value.kind is ErrorKind.INVALID


# Copy, move, expunge -----------------------------------------------------------------------------


async def test_a_copy_has_a_new_id_and_the_old_flags_and_date(stores: Stores, mia: Inbox) -> None:
    """RFC 9051 §6.4.7."""
    placed = await deliver(stores, mia, flags=Flag.SEEN, keywords=["work"])
    archive = await box(stores, mia, "Archive")
    answer = await stores.mail.copy(placed.mailbox_id, EVERY, archive.id)
    copy = await stores.mail.message_at(archive.id, 1)
    assert copy is not None
    assert (answer.pairs, answer.uid_validity) == (((1, 1),), archive.uid_validity)
    assert copy.id != placed.id
    assert (copy.flags, copy.keywords, copy.internal_date) == (Flag.SEEN, ("work",), NOW)
    thread = await stores.mail.thread(placed.thread_id)
    assert thread is not None
    assert thread.message_count == 2


async def test_a_copy_outlives_its_source(stores: Stores, mia: Inbox) -> None:
    """Shared facts stay while one placement needs them."""
    placed = await deliver(stores, mia)
    archive = await box(stores, mia, "Archive")
    await stores.mail.copy(placed.mailbox_id, EVERY, archive.id)
    await stores.mail.expunge(placed.mailbox_id, only_deleted=False)
    copy = await stores.mail.message_at(archive.id, 1)
    assert copy is not None
    assert copy.facts.subject == "Hello"
    assert await stores.blobs.read(copy.blob) == RAW


async def test_a_move_keeps_the_id_and_the_file(stores: Stores, mia: Inbox) -> None:
    """RFC 6851: gone from the source with a tombstone, new UID in the target."""
    first, second = [await deliver(stores, mia) for _ in range(2)]
    before = await stores.mail.message(second.id)
    archive = await box(stores, mia, "Archive")
    answer = await stores.mail.move(first.mailbox_id, [(2, 7)], archive.id)
    after = await stores.mail.message(second.id)
    changes = await stores.mail.changes(first.mailbox_id, second.seq)
    assert before is not None
    assert after is not None
    assert (after.blob, after.mailbox_name, after.modseq) == (before.blob, "Archive", answer.seq)
    assert answer.pairs == ((2, 1),)
    assert changes.vanished == (2,)


async def test_a_move_into_another_inbox_is_refused(stores: Stores, mia: Inbox) -> None:
    """The store keeps inboxes apart whatever a service asks."""
    ben = await create_inbox(stores, "ben")
    placed = await deliver(stores, mia)
    target = await box(stores, ben)
    with pytest.raises(MailError) as caught:
        await stores.mail.move(placed.mailbox_id, [(1, 1)], target.id)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_expunge_takes_deleted_messages_and_dooms_their_files(
    stores: Stores, mia: Inbox
) -> None:
    r"""Row first, bytes later: their name waits in `doomed` until the mirror forgets it."""
    placed = [await deliver(stores, mia, flags=flag) for flag in (Flag.DELETED, Flag(0))]
    gone = await stores.mail.message(placed[0].id)
    assert gone is not None
    seq, uids, _ = await stores.mail.expunge(placed[0].mailbox_id)
    assert uids == (1,)
    assert await stores.mirror.doomed(10) == ((gone.blob, placed[0].mailbox_id, seq),)
    assert await stores.blobs.read(gone.blob) == RAW
    assert await stores.mirror.forget_doomed([gone.blob]) == ()
    assert await stores.mirror.doomed(10) == ()
    with pytest.raises(MailError) as caught:
        await stores.blobs.read(gone.blob)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_expunge_keeps_to_the_uids_given(stores: Stores, mia: Inbox) -> None:
    """UID EXPUNGE (RFC 4315 §2.1)."""
    placed = [await deliver(stores, mia, flags=Flag.DELETED) for _ in range(3)]
    _, uids, _ = await stores.mail.expunge(placed[0].mailbox_id, [(2, 2)])
    assert uids == (2,)
    assert (await stores.mail.expunge(placed[0].mailbox_id, [(9, 9)]))[1] == ()


# Mailboxes ---------------------------------------------------------------------------------------


async def test_a_new_inbox_has_the_default_mailboxes(stores: Stores, mia: Inbox) -> None:
    """INBOX first, then by name, each with its own UIDVALIDITY."""
    found = await stores.mail.mailboxes(mia.id)
    assert [one.name for one in found] == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]
    assert len({one.uid_validity for one in found}) == 6
    assert found[4].special_use is SpecialUse.SENT


async def test_creating_a_mailbox_creates_its_parents(stores: Stores, mia: Inbox) -> None:
    """RFC 9051 §6.3.4."""
    made = await stores.mail.create_mailbox(mia.id, "a/b/c")
    names = [one.name for one in await stores.mail.mailboxes(mia.id)]
    assert made.name == "a/b/c"
    assert {"a", "a/b", "a/b/c"} <= set(names)


@pytest.mark.parametrize("name", ["INBOX", "inbox", "Sent"])
async def test_an_existing_name_is_a_conflict(stores: Stores, mia: Inbox, name: str) -> None:
    """INBOX in any case."""
    with pytest.raises(MailError) as caught:
        await stores.mail.create_mailbox(mia.id, name)
    assert caught.value.kind is ErrorKind.CONFLICT


@pytest.mark.parametrize("name", ["", "a//b", "/a", "a\x00b", "a\r\nb", "x" * 300, "\ud800"])
async def test_a_name_that_cannot_be_stored_is_invalid(
    stores: Stores, mia: Inbox, name: str
) -> None:
    """Before anything is written."""
    with pytest.raises(MailError) as caught:
        await stores.mail.create_mailbox(mia.id, name)
    assert caught.value.kind is ErrorKind.INVALID


async def test_a_mailbox_made_again_has_a_larger_uidvalidity(stores: Stores, mia: Inbox) -> None:
    """RFC 9051 §2.3.1.1: UIDs of the old one mean nothing in the new one."""
    first = await stores.mail.create_mailbox(mia.id, "work")
    await deliver(stores, mia, mailbox="work")
    await stores.mail.delete_mailbox(mia.id, "work")
    second = await stores.mail.create_mailbox(mia.id, "work")
    assert second.uid_validity > first.uid_validity
    assert second.messages == 0
    assert len(await stores.mirror.doomed(10)) == 1


async def test_a_deleted_parent_stays_as_a_name(stores: Stores, mia: Inbox) -> None:
    r"""RFC 9051 §6.3.5: `\Noselect`, without messages, and it can come back."""
    old = await stores.mail.create_mailbox(mia.id, "a")
    await stores.mail.create_mailbox(mia.id, "a/b")
    await deliver(stores, mia, mailbox="a")
    await stores.mail.delete_mailbox(mia.id, "a")
    parent = await box(stores, mia, "a")
    assert (parent.is_selectable, parent.messages) == (False, 0)
    with pytest.raises(MailError):
        await deliver(stores, mia, mailbox="a")
    with pytest.raises(MailError) as caught:
        await stores.mail.delete_mailbox(mia.id, "a")
    assert caught.value.kind is ErrorKind.CONFLICT
    revived = await stores.mail.create_mailbox(mia.id, "a")
    assert revived.is_selectable
    assert revived.uid_validity > old.uid_validity


async def test_inbox_cannot_be_deleted(stores: Stores, mia: Inbox) -> None:
    """RFC 9051 §6.3.5."""
    with pytest.raises(MailError) as caught:
        await stores.mail.delete_mailbox(mia.id, "Inbox")
    assert caught.value.kind is ErrorKind.DENIED


async def test_renaming_takes_the_children_along(stores: Stores, mia: Inbox) -> None:
    """Same mailbox, same UIDVALIDITY, same messages; missing parents of the new name are made."""
    await stores.mail.create_mailbox(mia.id, "a/b")
    await stores.mail.create_mailbox(mia.id, "ab")
    placed = await deliver(stores, mia, mailbox="a/b")
    await stores.mail.rename_mailbox(mia.id, "a", "x/y")
    names = {one.name for one in await stores.mail.mailboxes(mia.id)}
    moved = await box(stores, mia, "x/y/b")
    assert {"x", "x/y", "x/y/b", "ab"} <= names
    assert not {"a", "a/b"} & names
    assert (moved.id, moved.uid_validity) == (placed.mailbox_id, placed.uid_validity)


async def test_renaming_inbox_moves_its_messages(stores: Stores, mia: Inbox) -> None:
    """RFC 9051 §6.3.6: INBOX stays, empty; its children stay where they are."""
    placed = await deliver(stores, mia)
    await stores.mail.create_mailbox(mia.id, "INBOX/child")
    await stores.mail.rename_mailbox(mia.id, "inbox", "old")
    assert (await box(stores, mia)).messages == 0
    assert (await box(stores, mia, "old")).messages == 1
    assert (await box(stores, mia, "INBOX/child")).is_selectable
    found = await stores.mail.message(placed.id)
    assert found is not None
    assert found.mailbox_name == "old"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("nowhere", "x", ErrorKind.NOT_FOUND),
        ("Sent", "Trash", ErrorKind.CONFLICT),
        ("Sent", "Sent/below", ErrorKind.INVALID),
        ("Sent", "INBOX", ErrorKind.CONFLICT),
    ],
)
async def test_renames_that_cannot_be(
    stores: Stores, mia: Inbox, old: str, new: str, kind: ErrorKind
) -> None:
    """Each with its kind, and nothing changed."""
    before = await stores.mail.mailboxes(mia.id)
    with pytest.raises(MailError) as caught:
        await stores.mail.rename_mailbox(mia.id, old, new)
    assert caught.value.kind is kind
    assert await stores.mail.mailboxes(mia.id) == before


async def test_mailbox_changes_are_internal_events(stores: Stores, mia: Inbox) -> None:
    """Sessions hear of them, API consumers do not."""
    await stores.mail.create_mailbox(mia.id, "a")
    await stores.mail.set_subscribed(mia.id, "a", False)
    await stores.mail.rename_mailbox(mia.id, "a", "b")
    await stores.mail.delete_mailbox(mia.id, "b")
    everything = await names_of_events(stores, public_only=False)
    assert everything[-4:] == [
        "mailbox.created",
        "mailbox.subscribed",
        "mailbox.renamed",
        "mailbox.deleted",
    ]
    assert await names_of_events(stores) == ["agent.created"]


# Listing and finding -----------------------------------------------------------------------------


async def test_listing_is_newest_first_over_all_folders_with_a_total(
    stores: Stores, mia: Inbox
) -> None:
    """Pages do not overlap."""
    for number in range(5):
        at = NOW + timedelta(minutes=number)
        folder = "Archive" if number % 2 else "INBOX"
        facts = message_facts(subject=f"n{number}")
        await deliver(stores, mia, facts=facts, internal_date=at, mailbox=folder)
    page = await stores.mail.list_messages(MessageQuery(inbox_ids=(mia.id,), part=Slice(limit=3)))
    first, total = page.rows, page.total
    rest = (
        await stores.mail.list_messages(
            MessageQuery(inbox_ids=(mia.id,), part=Slice(limit=3, offset=3))
        )
    ).rows
    assert [one.facts.subject for one in (*first, *rest)] == ["n4", "n3", "n2", "n1", "n0"]
    assert total == 5


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"where": Words("INVOICE")}, ["invoice"]),
        ({"where": Words("straße")}, ["street"]),
        ({"sender": "carl"}, ["street"]),
        ({"recipient": "boss@"}, ["invoice"]),
        ({"subject": "plain"}, ["plain"]),
        ({"is_unread": False}, ["street"]),
        ({"is_unread": True, "where": Words("plain")}, ["plain"]),
        ({"mailbox": "Archive"}, ["plain"]),
        ({"since": NOW + timedelta(minutes=1)}, ["plain", "street"]),
        ({"before": NOW + timedelta(minutes=1)}, ["invoice"]),
        ({"where": Words("absent")}, []),
    ],
)
async def test_listing_filters(
    stores: Stores, mia: Inbox, fields: dict[str, object], expected: list[str]
) -> None:
    """Substrings without case, in subject, addresses and preview."""
    facts = message_facts(subject="Your Invoice 7", cc=["Boss <boss@x.test>"])
    await deliver(stores, mia, facts=facts)
    at = NOW + timedelta(minutes=1)
    facts = message_facts(subject="street", sender="Carl <c@x.test>", preview="STRASSE 7")
    await deliver(stores, mia, facts=facts, flags=Flag.SEEN, internal_date=at)
    at = NOW + timedelta(minutes=2)
    await deliver(
        stores, mia, facts=message_facts(subject="plain"), mailbox="Archive", internal_date=at
    )
    query = replace(MessageQuery(inbox_ids=(mia.id,)), **fields)  # type: ignore[arg-type] # a table of fields
    page = await stores.mail.list_messages(query)
    found, total = page.rows, page.total
    subjects = [
        one.facts.subject.lower().split()[1 if "7" in one.facts.subject else 0] for one in found
    ]
    assert subjects == expected
    assert total == len(expected)


async def test_listing_no_inbox_is_empty(stores: Stores, mia: Inbox) -> None:
    """An agent without inboxes, or a strange id."""
    await deliver(stores, mia)
    assert await stores.mail.list_messages(MessageQuery(inbox_ids=())) == Listed()
    strange = MessageQuery(inbox_ids=(InboxId(new_id()),))
    assert await stores.mail.list_messages(strange) == Listed()


async def test_a_message_is_found_by_its_message_id(stores: Stores, mia: Inbox) -> None:
    """With or without angle brackets, in the mailbox named only."""
    placed = await deliver(stores, mia, facts=message_facts(message_id="one@x"), mailbox="Sent")
    found = await stores.mail.find_message_id(mia.id, "Sent", "<one@x>")
    assert found is not None
    assert (found.id, found.uid) == (placed.id, placed.uid)
    assert await stores.mail.find_message_id(mia.id, "INBOX", "one@x") is None
    assert await stores.mail.find_message_id(mia.id, "Sent", "two@x") is None


# Many at once ------------------------------------------------------------------------------------


async def test_who_knows_everything_is_told_what_flags_became(stores: Stores, mia: Inbox) -> None:
    """Combinations instead of entries; entries as soon as something came in between."""
    placed = [await deliver(stores, mia) for _ in range(3)]
    box_id, head = placed[0].mailbox_id, placed[-1].seq
    first = await stores.mail.set_flags(box_id, EVERY, FlagMode.ADD, Flag.SEEN, known=head)
    assert first.became == {(0, ""): (int(Flag.SEEN), "")}
    assert first.entries == ()
    late = await stores.mail.set_flags(box_id, EVERY, FlagMode.ADD, Flag.FLAGGED, known=head)
    assert late.became is None
    assert [entry.flags for entry in late.entries] == [int(Flag.SEEN | Flag.FLAGGED)] * 3


async def test_ranges_of_many_messages_are_read_together(stores: Stores, mia: Inbox) -> None:
    """In the order asked, each with its own range; None stands for what is gone."""
    small = await deliver(stores, mia)
    large_raw = RAW + b"x" * 300_000
    large = await deliver(stores, mia, raw=large_raw)
    refs = [(await stores.mail.message(one.id)).blob for one in (small, large)]  # type: ignore[union-attr] # both are there
    wanted = [(refs[1], 10, 299_000), (BlobRef("nothing"), 0, 5), (refs[0], 0, 7), (refs[0], 3, 2)]
    assert await stores.blobs.read_many(wanted) == (
        large_raw[10:299_010],
        None,
        RAW[:7],
        RAW[3:5],
    )


async def test_expunging_many_counts_their_threads_again(stores: Stores, mia: Inbox) -> None:
    """Of a thread that loses a part of its messages the rest is counted."""
    first = await deliver(stores, mia)
    await stores.mail.copy(first.mailbox_id, [(1, 1)], first.mailbox_id)
    await stores.mail.copy(first.mailbox_id, [(1, 2)], first.mailbox_id)
    gone = await stores.mail.expunge(first.mailbox_id, [(2, 4)], only_deleted=False)
    assert gone.uids == (2, 3, 4)
    thread = await stores.mail.thread(first.thread_id)
    assert thread is not None
    assert thread.message_count == 1
    assert (await box(stores, mia)).messages == 1
