"""The promises of `MailStore` about threads."""

from datetime import timedelta

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import ThreadId, new_id
from mailcore.model import Direction, Inbox, Listed, Thread, ThreadStatus
from mailcore.store.ports import Placed, Stores, ThreadQuery
from tests.support.build import (
    NOW,
    create_inbox,
    decision,
    deliver,
    hold,
    message_facts,
    new_submission,
)


async def received(
    stores: Stores,
    mia: Inbox,
    message_id: str,
    *references: str,
    in_reply_to: str = "",
    minutes: int = 0,
    subject: str = "Hello",
) -> Placed:
    facts = message_facts(
        message_id=message_id, references=references, in_reply_to=in_reply_to, subject=subject
    )
    return await deliver(stores, mia, facts=facts, internal_date=NOW + timedelta(minutes=minutes))


async def thread(stores: Stores, thread_id: ThreadId) -> Thread:
    found = await stores.mail.thread(thread_id)
    assert found is not None
    return found


async def test_replies_join_by_in_reply_to_and_references(stores: Stores, mia: Inbox) -> None:
    """RFC 5322 §3.6.4."""
    first = await received(stores, mia, "a@x")
    second = await received(stores, mia, "b@x", in_reply_to="a@x")
    third = await received(stores, mia, "c@x", "zzz@x", "b@x")
    assert first.thread_id == second.thread_id == third.thread_id


async def test_a_late_parent_joins_its_replies(stores: Stores, mia: Inbox) -> None:
    """Order of arrival does not matter."""
    reply = await received(stores, mia, "b@x", "a@x")
    parent = await received(stores, mia, "a@x")
    assert parent.thread_id == reply.thread_id


async def test_messages_without_ids_stay_apart(stores: Stores, mia: Inbox) -> None:
    """An equal subject proves nothing."""
    first = await deliver(stores, mia)
    second = await deliver(stores, mia)
    assert first.thread_id != second.thread_id


async def test_threads_are_per_inbox(stores: Stores, mia: Inbox) -> None:
    """The same mail in two inboxes is in two threads."""
    ben = await create_inbox(stores, "ben")
    mine = await received(stores, mia, "a@x")
    his = await received(stores, ben, "b@x", "a@x")
    assert mine.thread_id != his.thread_id


async def test_two_threads_proven_one_keep_the_older_id(stores: Stores, mia: Inbox) -> None:
    """The newer id redirects, its messages and drafts come along."""
    older = await received(stores, mia, "a@x")
    newer = await received(stores, mia, "b@x", minutes=1)
    bridge = await received(stores, mia, "c@x", "a@x", "b@x", minutes=2)
    assert bridge.thread_id == older.thread_id
    merged = await thread(stores, newer.thread_id)
    assert (merged.id, merged.message_count) == (older.thread_id, 3)
    messages = await stores.mail.thread_messages(newer.thread_id)
    assert [one.id for one in messages] == [older.id, newer.id, bridge.id]
    page = await stores.mail.threads(ThreadQuery(inbox_ids=(mia.id,)))
    listed, total = page.rows, page.total
    assert ([one.id for one in listed], total) == ([older.thread_id], 1)


async def test_chains_of_merges_redirect_to_the_oldest(stores: Stores, mia: Inbox) -> None:
    """A redirect never leads to a redirect."""
    first, second, third = [await received(stores, mia, f"{name}@x") for name in "abc"]
    await received(stores, mia, "d@x", "b@x", "c@x")
    await received(stores, mia, "e@x", "a@x", "c@x")
    for placed in (first, second, third):
        assert (await thread(stores, placed.thread_id)).id == first.thread_id


async def test_inbound_mail_opens_a_thread_for_review(stores: Stores, mia: Inbox) -> None:
    """Status `open`, needs review; participants, subject and preview are shown."""
    placed = await received(stores, mia, "a@x", subject="Plans")
    found = await thread(stores, placed.thread_id)
    assert (found.status, found.needs_review) == (ThreadStatus.OPEN, True)
    assert (found.subject, found.preview, found.last_inbound_id) == ("Plans", "Hello.", placed.id)
    assert [one.address for one in found.participants] == ["ann@outside.test", "mia@here.test"]


async def test_sending_makes_a_thread_wait_and_an_answer_opens_it(
    stores: Stores, mia: Inbox
) -> None:
    """`waiting` after our mail, `open` after theirs."""
    placed = await received(stores, mia, "a@x")
    reply = message_facts(message_id="b@here", in_reply_to="a@x", sender="mia@here.test")
    new = await new_submission(stores, mia, facts=reply)
    await stores.outbound.submit(new)
    waiting = await thread(stores, placed.thread_id)
    assert (waiting.status, waiting.needs_review) == (ThreadStatus.WAITING, False)
    await received(stores, mia, "c@x", in_reply_to="b@here")
    assert (await thread(stores, placed.thread_id)).status is ThreadStatus.OPEN


async def test_a_held_answer_makes_the_thread_pending_and_rejecting_opens_it(
    stores: Stores, mia: Inbox
) -> None:
    """`draft_pending` while a person decides."""
    placed = await received(stores, mia, "a@x")
    reply = message_facts(in_reply_to="a@x", sender="mia@here.test")
    new = await new_submission(stores, mia, facts=reply, held=hold())
    await stores.outbound.submit(new)
    assert (await thread(stores, placed.thread_id)).status is ThreadStatus.DRAFT_PENDING
    await stores.outbound.decide(decision(new, approve=False))
    assert (await thread(stores, placed.thread_id)).status is ThreadStatus.OPEN


async def test_a_held_first_message_is_listed_while_it_is_pending(
    stores: Stores, mia: Inbox
) -> None:
    """A thread without messages shows only as long as someone must decide."""
    new = await new_submission(stores, mia, held=hold())
    submitted = await stores.outbound.submit(new)
    pending = ThreadQuery(inbox_ids=(mia.id,), status=ThreadStatus.DRAFT_PENDING)
    listed = (await stores.mail.threads(pending)).rows
    assert [one.id for one in listed] == [submitted.thread_id]
    await stores.outbound.decide(decision(new, approve=False))
    assert await stores.mail.threads(ThreadQuery(inbox_ids=(mia.id,))) == Listed()


async def test_an_append_does_not_change_the_status(stores: Stores, mia: Inbox) -> None:
    """Old mail copied in by a client is no news."""
    placed = await received(stores, mia, "a@x")
    await stores.mail.set_thread(placed.thread_id, status=ThreadStatus.CLOSED, needs_review=False)
    facts = message_facts(in_reply_to="a@x")
    await deliver(stores, mia, facts=facts, direction=Direction.APPENDED, event=None)
    found = await thread(stores, placed.thread_id)
    assert (found.status, found.needs_review) == (ThreadStatus.CLOSED, False)


async def test_expunging_the_newest_message_shows_the_one_before(
    stores: Stores, mia: Inbox
) -> None:
    """Count, date and last inbound message follow."""
    first = await received(stores, mia, "a@x")
    second = await received(stores, mia, "b@x", "a@x", minutes=5)
    await stores.mail.expunge(second.mailbox_id, [(2, 2)], only_deleted=False)
    found = await thread(stores, first.thread_id)
    assert (found.message_count, found.last_message_at) == (1, NOW)
    assert found.last_inbound_id == first.id


async def test_listing_filters_by_text_and_review(stores: Stores, mia: Inbox) -> None:
    """Latest first; subject, people and preview are searched without case."""
    await received(stores, mia, "a@x", subject="Budget")
    await received(stores, mia, "b@x", subject="Lunch", minutes=5)
    query = ThreadQuery(inbox_ids=(mia.id,))
    page = await stores.mail.threads(query)
    everything, total = page.rows, page.total
    assert ([one.subject for one in everything], total) == (["Lunch", "Budget"], 2)
    found = (await stores.mail.threads(ThreadQuery(inbox_ids=(mia.id,), text="BUDG"))).rows
    assert [one.subject for one in found] == ["Budget"]
    await stores.mail.set_thread(found[0].id, needs_review=False)
    to_review = ThreadQuery(inbox_ids=(mia.id,), needs_review=True)
    listed = (await stores.mail.threads(to_review)).rows
    assert [one.subject for one in listed] == ["Lunch"]


async def test_a_missing_thread(stores: Stores, mia: Inbox) -> None:
    """None when read, NOT_FOUND when changed."""
    strange = ThreadId(new_id())
    assert await stores.mail.thread(strange) is None
    assert await stores.mail.thread_messages(strange) == ()
    with pytest.raises(MailError) as caught:
        await stores.mail.set_thread(strange, status=ThreadStatus.CLOSED)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_hundreds_of_references_are_bounded(stores: Stores, mia: Inbox) -> None:
    """A hostile References list joins by its newest ids and stays cheap."""
    parent = await received(stores, mia, "parent@x")
    many = [f"r{number}@x" for number in range(5000)]
    child = await received(stores, mia, "child@x", *many, "parent@x")
    assert child.thread_id == parent.thread_id


async def test_moving_a_message_leaves_its_thread_alone(stores: Stores, mia: Inbox) -> None:
    """The folder is not the thread's business."""
    placed = await received(stores, mia, "a@x")
    before = await thread(stores, placed.thread_id)
    archive = await stores.mail.mailbox(mia.id, "Archive")
    assert archive is not None
    await stores.mail.move(placed.mailbox_id, [(1, 1)], archive.id)
    assert await thread(stores, placed.thread_id) == before
