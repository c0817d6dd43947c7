"""Parts of lists: after a position, under changes, with totals that end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD
from mailcore.model import Inbox, Listed, Message, Position, Slice, ThreadStatus
from mailcore.store.ports import AuditQuery, MessageQuery, QueueQuery, Stores, ThreadQuery
from mailcore.store.sqlite import paging
from tests.support.build import (
    NOW,
    audit,
    create_inbox,
    deliver,
    hold,
    message_facts,
    new_submission,
)


async def _fill(stores: Stores, inbox: Inbox, count: int, *, folder: str = "INBOX") -> None:
    for number in range(count):
        facts = message_facts(subject=f"{folder} {number}", message_id=f"{folder}-{number}@x.test")
        at = NOW + timedelta(minutes=number // 2)
        await deliver(stores, inbox, facts=facts, mailbox=folder, internal_date=at)


async def _page(stores: Stores, inbox: Inbox, after: Position | None) -> Listed[Message]:
    query = MessageQuery(inbox_ids=(inbox.id,), part=Slice(limit=3, after=after))
    return await stores.mail.list_messages(query)


async def test_cursors_walk_a_list_once_while_it_grows(stores: Stores, mia: Inbox) -> None:
    """What arrives meanwhile neither repeats nor hides a message; equal times are no trouble."""
    await _fill(stores, mia, 5)
    await _fill(stores, mia, 4, folder="Archive")
    everything = await stores.mail.list_messages(MessageQuery(inbox_ids=(mia.id,)))
    assert (len(everything.rows), everything.following) == (9, None)
    seen: list[str] = []
    page = await _page(stores, mia, None)
    for number in range(3):
        seen += [one.id for one in page.rows]
        late = message_facts(message_id=f"late-{number}@x.test")
        await deliver(stores, mia, facts=late, internal_date=NOW + timedelta(days=1))
        page = await _page(stores, mia, page.following)
    assert seen == [one.id for one in everything.rows]
    assert page.total == 12


async def test_threads_walk_by_cursor_over_several_inboxes(stores: Stores, mia: Inbox) -> None:
    """The inboxes are merged by time; the total needs no counting and follows what happens."""
    ben = await create_inbox(stores, "ben")
    await _fill(stores, mia, 4)
    await _fill(stores, ben, 3)
    query = ThreadQuery(inbox_ids=(mia.id, ben.id), part=Slice(limit=2))
    whole = await stores.mail.threads(replace(query, part=Slice()))
    found = []
    page = await stores.mail.threads(query)
    while True:
        found += [one.id for one in page.rows]
        assert (page.total, page.is_total_exact) == (7, True)
        if page.following is None:
            break
        page = await stores.mail.threads(replace(query, part=Slice(limit=2, after=page.following)))
    assert found == [one.id for one in whole.rows]
    assert [one.last_message_at for one in whole.rows] == sorted(
        (one.last_message_at for one in whole.rows), reverse=True
    )


async def test_the_total_of_threads_follows_joins_and_removals(stores: Stores, mia: Inbox) -> None:
    """Two threads that prove to be one count once; without messages a thread counts no more."""
    query = ThreadQuery(inbox_ids=(mia.id,))
    first = await deliver(stores, mia, facts=message_facts(message_id="a@x.test"))
    await deliver(stores, mia, facts=message_facts(message_id="b@x.test"))
    assert (await stores.mail.threads(query)).total == 2
    joining = message_facts(message_id="c@x.test", references=("a@x.test", "b@x.test"))
    await deliver(stores, mia, facts=joining)
    assert (await stores.mail.threads(query)).total == 1
    await stores.mail.expunge(first.mailbox_id, only_deleted=False)
    assert await stores.mail.threads(query) == Listed()
    await stores.outbound.submit(await new_submission(stores, mia, held=hold()))
    assert (await stores.mail.threads(query)).rows[0].status is ThreadStatus.DRAFT_PENDING


async def test_counting_what_fits_a_filter_ends(
    stores: Stores, mia: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The total says so when there is more than it counted."""
    monkeypatch.setattr(paging, "MAX_COUNTED", 4)
    await _fill(stores, mia, 6)
    query = MessageQuery(inbox_ids=(mia.id,), subject="inbox", part=Slice(limit=2))
    page = await stores.mail.list_messages(query)
    assert (page.total, page.is_total_exact) == (4, False)
    query = replace(query, subject="inbox 1")
    page = await stores.mail.list_messages(query)
    assert (page.total, page.is_total_exact) == (1, True)


async def test_other_lists_go_on_after_a_position(stores: Stores, mia: Inbox) -> None:
    """The queue and the audit log, oldest or newest first."""
    new = await new_submission(stores, mia, to=["a@one.test", "b@one.test", "c@one.test"])
    await stores.outbound.submit(new)
    first = await stores.outbound.queue(QueueQuery(pod_id=DEFAULT_POD, part=Slice(limit=2)))
    assert first.following is not None
    rest = await stores.outbound.queue(
        QueueQuery(pod_id=DEFAULT_POD, part=Slice(limit=2, after=first.following))
    )
    assert [str(one.recipient) for one in (*first.rows, *rest.rows)] == [
        "a@one.test",
        "b@one.test",
        "c@one.test",
    ]
    assert rest.following is None
    for number in range(3):
        await stores.policy.append_audit(audit("thing.made", str(number)))
    await stores.policy.append_audit(audit("thinges.made", "other"))
    query = AuditQuery(
        pod_id=DEFAULT_POD, action="thing.", is_newest_first=True, part=Slice(limit=2)
    )
    page = await stores.policy.list_audit(query)
    assert ([one.subject for one in page.rows], page.total) == (["2", "1"], 3)
    rest_of_log = await stores.policy.list_audit(
        replace(query, part=Slice(limit=2, after=page.following))
    )
    assert [one.subject for one in rest_of_log.rows] == ["0"]


@pytest.mark.parametrize("after", [(1,), (1, 2, 3), ("a",)])
async def test_a_position_of_another_list_is_invalid(
    stores: Stores, mia: Inbox, after: Position
) -> None:
    """A wrong number of values names the field."""
    await _fill(stores, mia, 1)
    with pytest.raises(MailError) as caught:
        await _page(stores, mia, after)
    assert (caught.value.kind, caught.value.fields[0].path) == (ErrorKind.INVALID, "cursor")
