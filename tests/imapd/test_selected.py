"""The session's view: numbers, flags, and what must be told when."""

from collections.abc import Sequence

from imapd.commands import StoreMode
from imapd.selected import SelectedView
from imapd.seqset import parse
from mailcore.ids import InboxId, MailboxId, Seq
from mailcore.model import Entry, Flag, Mailbox, MailboxChanges, MailboxContents

NEVER = 2**32


def changes(
    entries: Sequence[Entry] = (),
    *,
    vanished: Sequence[int] = (),
    head: int = 10,
    recent_from_uid: int = NEVER,
) -> MailboxChanges:
    """What the service reports."""
    mailbox = Mailbox(
        id=MailboxId(1),
        inbox_id=InboxId("i"),
        name="INBOX",
        uid_validity=1,
        uid_next=100,
        highest_modseq=Seq(head),
        messages=0,
        unseen=0,
        deleted=0,
        size_bytes=0,
        recent_from_uid=recent_from_uid,
        special_use=None,
        is_subscribed=True,
        is_selectable=True,
    )
    return MailboxChanges(
        mailbox=mailbox, entries=tuple(entries), vanished=tuple(vanished), head=Seq(head)
    )


def whole(*entries: Entry) -> MailboxContents:
    """What there is when a mailbox is selected."""
    found = changes(entries)
    return MailboxContents(
        mailbox=found.mailbox,
        uids=[one.uid for one in entries],
        flags=[one.flags for one in entries],
        keywords=[one.keywords for one in entries],
        head=found.head,
    )


def entry(uid: int, flags: int = 0, keywords: str = "") -> Entry:
    """One message."""
    return Entry(uid=uid, modseq=1, flags=flags, keywords=keywords)


def view(*uids: int, recent_from_uid: int = NEVER) -> SelectedView:
    """A view of messages without flags."""
    return SelectedView(whole(*map(entry, uids)), recent_from_uid=recent_from_uid)


def test_nothing_new_says_nothing() -> None:
    """No response without a change."""
    assert view(1, 2).sync(changes([entry(2)]), may_expunge=True) == []


def test_new_messages_are_exists_and_recent() -> None:
    """RFC 9051 §7.4.1, RFC 3501 §7.3.2."""
    one = view(1)
    told = one.sync(changes([entry(4), entry(7)], recent_from_uid=7), may_expunge=False)
    assert told == [b"* 3 EXISTS\r\n", b"* 1 RECENT\r\n"]
    assert one.flags_text(2) == b"(\\Recent)"


def test_an_expunge_counts_down_the_numbers() -> None:
    """RFC 9051 §7.5.1: each number is as of that moment."""
    one = view(1, 2, 3, 4, 5)
    told = one.sync(changes(vanished=[2, 3, 5]), may_expunge=True)
    assert told == [b"* 2 EXPUNGE\r\n", b"* 2 EXPUNGE\r\n", b"* 3 EXPUNGE\r\n"]
    assert list(one.uids) == [1, 4]


def test_an_expunge_is_held_until_it_may_be_told() -> None:
    """RFC 9051 §7.5.1: not during FETCH, STORE or SEARCH."""
    one = view(1, 2, 3)
    assert one.sync(changes(vanished=[1]), may_expunge=False) == []
    assert (one.count, one.position(3)) == (3, 2)
    assert one.sync(changes(), may_expunge=True) == [b"* 1 EXPUNGE\r\n"]
    assert (one.count, one.position(3)) == (2, 1)


def test_exists_counts_messages_whose_expunge_is_held() -> None:
    """RFC 9051 §7.4.1: the number never falls by itself."""
    one = view(1, 2)
    told = one.sync(changes([entry(3)], vanished=[1, 2]), may_expunge=False)
    assert told[0] == b"* 3 EXISTS\r\n"
    assert one.sync(changes(), may_expunge=True) == [b"* 1 EXPUNGE\r\n", b"* 1 EXPUNGE\r\n"]


def test_a_message_that_came_and_went_is_never_told() -> None:
    """Its UID alone has vanished."""
    assert view(1).sync(changes(vanished=[2]), may_expunge=True) == []


def test_flags_changed_by_others_are_told_once() -> None:
    """RFC 9051 §7.5.2: FETCH with FLAGS, unasked."""
    one = view(5, 9)
    update = changes([entry(9, Flag.SEEN)])
    assert one.sync(update, may_expunge=False) == [b"* 2 FETCH (UID 9 FLAGS (\\Seen))\r\n"]
    assert one.sync(update, may_expunge=False) == []


def test_flags_are_told_with_the_numbers_after_the_expunges() -> None:
    """Order matters to the client."""
    one = view(5, 9)
    told = one.sync(changes([entry(9, Flag.SEEN)], vanished=[5]), may_expunge=True)
    assert told == [b"* 1 EXPUNGE\r\n", b"* 1 FETCH (UID 9 FLAGS (\\Seen))\r\n"]


def test_a_new_keyword_is_announced_before_its_use() -> None:
    """RFC 9051 §7.3.5: FLAGS lists what is in use."""
    told = view(1).sync(changes([entry(1, keywords="$A")]), may_expunge=False)
    assert told[0] == b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $A)\r\n"
    assert told[1] == b"* 1 FETCH (UID 1 FLAGS ($A))\r\n"


def test_a_store_tells_every_message_named() -> None:
    """RFC 9051 §6.4.6: the new value, changed or not."""
    one = view(1, 2)
    told = one.stored(
        [entry(1, Flag.SEEN), entry(2)], StoreMode.ADD, Flag.SEEN, (), is_silent=False
    )
    assert told == [
        b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n",
        b"* 2 FETCH (UID 2 FLAGS ())\r\n",
    ]


def test_a_silent_store_is_silent_and_stays_so() -> None:
    """RFC 9051 §6.4.6 .SILENT; the echo in the journal is no news."""
    one = view(1)
    after = entry(1, Flag.SEEN, "$A")
    assert one.stored([after], StoreMode.ADD, Flag.SEEN, ("$A",), is_silent=True)[1:] == []
    assert one.sync(changes([after]), may_expunge=False) == []


def test_a_silent_store_tells_what_others_did() -> None:
    """RFC 9051 §6.4.6: a change by somebody else must not be hidden."""
    one = view(1)
    after = entry(1, Flag.SEEN | Flag.FLAGGED)
    told = one.stored([after], StoreMode.ADD, Flag.SEEN, (), is_silent=True)
    assert told == [b"* 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen))\r\n"]


def test_a_silent_removal_and_replacement_are_foreseen() -> None:
    """Each mode has its own expectation."""
    one = SelectedView(whole(entry(1, Flag.SEEN | Flag.DRAFT, "a b")), recent_from_uid=NEVER)
    removed = entry(1, Flag.DRAFT, "b")
    assert one.stored([removed], StoreMode.REMOVE, Flag.SEEN, ("A",), is_silent=True) == []
    replaced = entry(1, Flag.FLAGGED)
    assert one.stored([replaced], StoreMode.REPLACE, Flag.FLAGGED, (), is_silent=True) == []


def test_spans_by_number_and_by_uid() -> None:
    """RFC 9051 §6.4.9: UIDs that do not exist are left out."""
    one = view(10, 20, 30, 40)
    assert one.spans(parse(b"2:3"), by_uid=False) == [(1, 3)]
    assert one.spans(parse(b"15:35,99"), by_uid=True) == [(1, 3)]
    assert one.spans(parse(b"99:*"), by_uid=True) == [(3, 4)]
    assert one.spans(parse(b"9:*"), by_uid=False) == [(3, 4)]
    assert view().spans(parse(b"1:*"), by_uid=True) == []


def test_recent_is_a_range_of_uids() -> None:
    r"""RFC 3501 §2.3.2 \\Recent, for SEARCH."""
    one = view(1, 2, 3, 5, recent_from_uid=3)
    assert one.recent_uids() == [(3, 3), (5, 5)]
    assert one.recent_count == 2


def test_the_first_unseen_message_is_found() -> None:
    """RFC 3501 §7.1 UNSEEN."""
    one = SelectedView(whole(entry(1, Flag.SEEN), entry(2), entry(3)), recent_from_uid=NEVER)
    assert one.first_unseen() == 2
    assert view().first_unseen() == 0


def test_a_twin_is_independent() -> None:
    """A snapshot serves many sessions."""
    one = view(1, 2, 3)
    twin = one.twin(recent_from_uid=3)
    one.sync(changes([entry(4, keywords="k")], vanished=[1]), may_expunge=True)
    assert list(twin.uids) == [1, 2, 3]
    assert (twin.recent_count, twin.keywords) == (1, ())


def test_a_copy_of_a_copy_has_its_own_recent_messages() -> None:
    r"""What was `\Recent` for one session is not for another; flags stay."""
    one = SelectedView(
        whole(entry(1, Flag.SEEN), entry(2, keywords="k"), entry(3)), recent_from_uid=2
    )
    twin = one.twin(recent_from_uid=3)
    assert (one.recent_count, twin.recent_count) == (2, 1)
    assert [twin.flags_text(place) for place in range(3)] == [b"(\\Seen)", b"(k)", b"(\\Recent)"]
    assert twin.twin(recent_from_uid=NEVER).recent_uids() == []


def test_found_uids_become_numbers_either_way() -> None:
    """Few and many hits take different ways to the same answer."""
    one = view(*range(2, 202, 2))
    assert one.numbers_of([4, 7, 200]) == [2, 100]
    assert one.uids_known([4, 7, 200]) == [4, 200]
    every = list(range(1, 202))
    assert one.numbers_of(every) == list(range(1, 101))
    assert one.uids_known(every) == list(range(2, 202, 2))


def test_a_store_that_nobody_came_between_needs_no_entries() -> None:
    """The view works out what became of every combination, and tells it unless that is silent."""
    known = SelectedView(
        whole(entry(1), entry(2, Flag.SEEN), entry(3, keywords="work")), recent_from_uid=3
    )
    became = {(0, ""): (4, ""), (int(Flag.SEEN), ""): (5, ""), (0, "work"): (4, "work")}
    assert known.became((0, 1), became, is_silent=True) == []
    told = known.became((1, 3), became, is_silent=False)
    assert [line.partition(b" (")[0] for line in told] == [b"* 2 FETCH", b"* 3 FETCH"]
    assert [known.sets.keys[number] for number in known._flags] == [
        (4, "", False),
        (5, "", False),
        (4, "work", True),
    ]


def test_a_keyword_that_a_store_brought_is_announced_first() -> None:
    """RFC 9051 §7.3.5: FLAGS before its first use."""
    told = view(1).became((0, 1), {(0, ""): (0, "work")}, is_silent=False)
    assert told[0].startswith(b"* FLAGS (")
    assert b"work" in told[1]


def test_positions_of_uids_with_gaps_and_strangers() -> None:
    """One comparison when they follow each other, else each by itself."""
    known = view(2, 4, 6, 8)
    assert list(known.positions([4, 6])) == [1, 2]
    assert list(known.positions([2, 6])) == [0, 2]
    assert list(known.positions([4, 5, 6])) == [1, None, 2]
    assert list(known.positions([3])) == [None]
    assert list(known.positions([8, 9])) == [3, None]
    assert list(known.positions([])) == []


def test_what_is_recent_is_counted_as_messages_come_and_go() -> None:
    """Of what arrives and of what is expunged, without looking at the others."""
    known = view(1, 2, 3, recent_from_uid=3)
    known.sync(changes([entry(4), entry(5)], recent_from_uid=3), may_expunge=True)
    assert known.recent_count == 3
    known.sync(changes(vanished=[1, 4], recent_from_uid=3), may_expunge=True)
    assert known.recent_count == 2
