"""The promises of `OutboundStore`: one door, holds by compare-and-set, leases, drafts."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, DraftId, HoldId, QueueId, Seq, new_id
from mailcore.model import (
    AgentStatus,
    Attempt,
    Claim,
    DraftStatus,
    Event,
    HoldStatus,
    Inbox,
    Lane,
    Outcome,
    RecipientState,
    Slice,
    SubmissionStatus,
)
from mailcore.store.ports import (
    ClaimRequest,
    DecideRequest,
    EventFilter,
    IdempotencyEntry,
    NewSubmission,
    QueueQuery,
    ReleaseRequest,
    Stores,
)
from tests.support.build import (
    NOW,
    audit,
    create_inbox,
    decision,
    deliver,
    draft,
    hold,
    message_facts,
    new_submission,
    sent_copy,
)
from tests.support.clock import FakeClock

LEASE = NOW + timedelta(minutes=10)


async def events(stores: Stores, *names: str) -> list[Event]:
    found, _ = await stores.journal.since(Seq(0), EventFilter(names=names or None), 1000)
    return list(found)


async def states(stores: Stores, new: NewSubmission) -> list[RecipientState]:
    return [item.state for item in await stores.outbound.recipients(new.id)]


def attempt(queue_id: QueueId, outcome: Outcome, *, retry_at: datetime | None = None) -> Attempt:
    return Attempt(
        queue_id=queue_id,
        outcome=outcome,
        code=250 if outcome is Outcome.DELIVERED else 450,
        enhanced_code="2.0.0",
        reply="as they said",
        remote="mx.outside.test[192.0.2.1]:25",
        tls="TLSv1.3",
        retry_at=retry_at,
    )


async def claim_due(
    stores: Stores, now: datetime, owner: str, until: datetime, limit: int, **more: Any
) -> tuple[Claim, ...]:
    request = ClaimRequest(now=now, owner=owner, lease_until=until, limit=limit, **more)
    return await stores.outbound.claim_due(request)


async def held(stores: Stores, mia: Inbox) -> NewSubmission:
    new = await new_submission(stores, mia, held=hold(agent_id=mia.agent_id))
    await stores.outbound.submit(new)
    return new


async def release(stores: Stores, mia: Inbox, new: NewSubmission) -> DecideRequest:
    return decision(new, copy=await sent_copy(stores, mia, new.id, new.facts))


# Submitting --------------------------------------------------------------------------------------


async def test_a_clean_submission_is_queued_with_its_sent_copy(stores: Stores, mia: Inbox) -> None:
    """One transaction: rows, copy, thread, journal, audit. The copy has the submission's id."""
    new = await new_submission(stores, mia, to=["ann@outside.test", "bob@outside.test"])
    submitted = await stores.outbound.submit(new)
    assert submitted.status is SubmissionStatus.QUEUED
    assert submitted.envelope == new.envelope
    assert await states(stores, new) == [RecipientState.DUE] * 2
    copy = await stores.mail.message(new.sent_copy.id if new.sent_copy else new.id)  # type: ignore[arg-type] # the ids are one
    assert copy is not None
    assert str(copy.id) == new.id
    assert (copy.mailbox_name, copy.thread_id) == ("Sent", submitted.thread_id)
    (sent,) = await events(stores, "email.sent")
    assert sent.body["recipients"] == ["ann@outside.test", "bob@outside.test"]
    rows = await stores.policy.audit(DEFAULT_POD)
    assert rows[-1].action == "message.submit"
    assert await stores.outbound.submission_facts(new.id) == new.facts


async def test_a_held_submission_reaches_no_queue_and_no_sent_folder(
    stores: Stores, mia: Inbox
) -> None:
    """`email.held` and `hold.created`, never `email.sent`."""
    new = await held(stores, mia)
    submitted = await stores.outbound.submission(new.id)
    assert submitted is not None
    assert submitted.status is SubmissionStatus.HELD
    assert await states(stores, new) == [RecipientState.HELD]
    assert await claim_due(stores, NOW + timedelta(days=9), "w", LEASE, 10) == ()
    assert [one.name for one in await events(stores)][-2:] == ["email.held", "hold.created"]
    assert new.hold is not None
    found = await stores.outbound.hold(new.hold.id)
    assert found is not None
    assert (found.status, found.digest, found.categories) == (
        HoldStatus.PENDING,
        new.digest,
        ("credentials",),
    )


async def test_scheduled_mail_waits_for_its_time(stores: Stores, mia: Inbox) -> None:
    """`send_at` makes recipients SCHEDULED; the worker gets them when they were judged again."""
    later = NOW + timedelta(hours=1)
    new = await new_submission(stores, mia, send_at=later)
    assert (await stores.outbound.submit(new)).status is SubmissionStatus.SCHEDULED
    assert await claim_due(stores, NOW, "w", LEASE, 10) == ()
    until = later + timedelta(minutes=5)
    assert await stores.outbound.next_due_at() is None
    assert await claim_due(stores, later, "w", until, 10) == ()
    assert await stores.outbound.due_scheduled(NOW, 10) == ()
    [due] = await stores.outbound.due_scheduled(later, 10)
    assert (due.submitted.id, due.was_decided) == (new.id, False)
    released = await stores.outbound.release_scheduled(release_request(new, later))
    assert released.status is SubmissionStatus.QUEUED
    assert len(await claim_due(stores, later, "w", until, 10)) == 1


async def test_what_was_moved_or_taken_back_meanwhile_is_not_let_go(
    stores: Stores, mia: Inbox
) -> None:
    """The release looks again in its own transaction."""
    later = NOW + timedelta(hours=1)
    moved = await new_submission(stores, mia, send_at=later)
    canceled = await new_submission(stores, mia, send_at=later)
    for one in (moved, canceled):
        await stores.outbound.submit(one)
    assert len(await stores.outbound.due_scheduled(later, 10)) == 2
    await stores.outbound.reschedule(moved.id, later + timedelta(hours=1), audit())
    await stores.outbound.cancel_scheduled(canceled.id, audit())
    for one, status in ((moved, "scheduled"), (canceled, "canceled")):
        after = await stores.outbound.release_scheduled(release_request(one, later))
        assert after.status.value == status
    assert await claim_due(stores, later, "w", later + timedelta(hours=3), 10) == ()
    with pytest.raises(MailError) as caught:
        await stores.outbound.cancel_scheduled(canceled.id, audit())
    assert caught.value.code == "not_scheduled"


async def test_scheduled_mail_leaves_without_who_gets_no_mail_any_more(
    stores: Stores, mia: Inbox
) -> None:
    """And when nobody is left, it is canceled."""
    later = NOW + timedelta(hours=1)
    new = await new_submission(stores, mia, send_at=later)
    await stores.outbound.submit(new)
    items = await stores.outbound.recipients(new.id)
    request = replace(release_request(new, later), suppressed=tuple(one.id for one in items))
    assert (await stores.outbound.release_scheduled(request)).status is SubmissionStatus.CANCELED


def release_request(new: NewSubmission, at: datetime) -> ReleaseRequest:
    return ReleaseRequest(
        submission_id=new.id,
        at=at,
        verdict=new.verdict,
        hold=None,
        sent_copy=None,
        suppressed=(),
        audit=audit(),
    )


async def test_system_mail_has_no_thread_and_no_public_events(stores: Stores, mia: Inbox) -> None:
    """Notices belong to the pod alone."""
    before = len(await events(stores))
    new = await new_submission(stores, None)
    submitted = await stores.outbound.submit(new)
    (claim,) = await claim_due(stores, NOW, "w", LEASE, 10)
    await stores.outbound.record_attempts(
        new.id, [attempt(claim.items[0].id, Outcome.DELIVERED)], NOW
    )
    assert (submitted.thread_id, submitted.inbox_id) == (None, None)
    assert len(await events(stores)) == before


async def test_nothing_is_queued_without_a_verdict(stores: Stores, mia: Inbox) -> None:
    """The schema refuses it, and the Sent copy goes with it."""
    new = replace(await new_submission(stores, mia), verdict={})
    with pytest.raises(Exception, match="CHECK"):
        await stores.outbound.submit(new)
    assert await stores.outbound.submission(new.id) is None


async def test_the_same_idempotency_key_submits_once(stores: Stores, mia: Inbox) -> None:
    """The second answer is the first submission; another request is a conflict."""
    entry = IdempotencyEntry(scope="key1", key="abc", request_hash=b"1")
    first = await stores.outbound.submit(await new_submission(stores, mia, idempotency=entry))
    again = await stores.outbound.submit(await new_submission(stores, mia, idempotency=entry))
    assert again.id == first.id
    other = replace(entry, request_hash=b"2")
    with pytest.raises(MailError) as caught:
        await stores.outbound.submit(await new_submission(stores, mia, idempotency=other))
    assert caught.value.code == "idempotency_mismatch"
    scoped = replace(other, scope="key2")
    mine = await stores.outbound.submit(await new_submission(stores, mia, idempotency=scoped))
    assert mine.id != first.id


async def test_an_idempotency_key_lives_a_day(stores: Stores, mia: Inbox, clock: FakeClock) -> None:
    """After 24 hours it may be used again."""
    entry = IdempotencyEntry(scope="key1", key="abc", request_hash=b"1")
    first = await stores.outbound.submit(await new_submission(stores, mia, idempotency=entry))
    clock.advance(timedelta(hours=24, seconds=1))
    again = await stores.outbound.submit(await new_submission(stores, mia, idempotency=entry))
    assert again.id != first.id


async def test_fifty_racing_submissions_with_one_key_make_one(stores: Stores, mia: Inbox) -> None:
    """The key is checked in the transaction that uses it."""
    entry = IdempotencyEntry(scope="key1", key="abc", request_hash=b"1")
    new = [await new_submission(stores, mia, idempotency=entry) for _ in range(50)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(stores.outbound.submit(one)) for one in new]
    assert len({task.result().id for task in tasks}) == 1
    total = (await stores.outbound.queue(QueueQuery(pod_id=DEFAULT_POD))).total
    assert total == 1


# Deciding ----------------------------------------------------------------------------------------


async def test_a_release_queues_the_mail_and_places_the_copy(stores: Stores, mia: Inbox) -> None:
    """`hold.decided` and `email.sent`; the audit row in the same transaction."""
    new = await held(stores, mia)
    decided = await stores.outbound.decide(await release(stores, mia, new))
    submitted = await stores.outbound.submission(new.id)
    assert submitted is not None
    assert (decided.changed, decided.hold.status) == (True, HoldStatus.RELEASED)
    assert (decided.hold.decided_by, decided.hold.decided_via) == ("master", "api")
    assert submitted.status is SubmissionStatus.QUEUED
    assert await states(stores, new) == [RecipientState.DUE]
    assert [one.name for one in await events(stores)][-2:] == ["hold.decided", "email.sent"]
    assert (await stores.policy.audit(DEFAULT_POD))[-1].action == "hold.decide"


async def test_fifty_racing_releases_change_the_hold_once(stores: Stores, mia: Inbox) -> None:
    """Compare-and-set: one Sent copy, one `email.sent`, one due row."""
    new = await held(stores, mia)
    requests = [await release(stores, mia, new) for _ in range(50)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(stores.outbound.decide(one)) for one in requests]
    assert sum(task.result().changed for task in tasks) == 1
    sent = await stores.mail.mailbox(mia.id, "Sent")
    assert sent is not None
    assert sent.messages == 1
    assert len(await events(stores, "email.sent")) == 1


async def test_racing_approvals_and_rejections_have_one_winner(stores: Stores, mia: Inbox) -> None:
    """The others hear that it was decided the other way, or that it stands."""
    new = await held(stores, mia)

    async def outcome(approve: bool) -> str:
        try:
            decided = await stores.outbound.decide(decision(new, approve=approve))
        except MailError as error:
            return error.code
        return "changed" if decided.changed else "stands"

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(n % 2 == 0)) for n in range(20)]
    outcomes = [task.result() for task in tasks]
    assert sorted(set(outcomes)) == ["already_decided", "changed", "stands"]
    assert outcomes.count("changed") == 1


async def test_rejecting_cancels_the_mail(stores: Stores, mia: Inbox) -> None:
    """Nothing can release it afterwards."""
    new = await held(stores, mia)
    await stores.outbound.decide(decision(new, approve=False))
    submitted = await stores.outbound.submission(new.id)
    assert submitted is not None
    assert submitted.status is SubmissionStatus.REJECTED
    assert await states(stores, new) == [RecipientState.CANCELED]
    with pytest.raises(MailError) as caught:
        await stores.outbound.decide(decision(new))
    assert caught.value.code == "already_decided"
    assert not (await stores.outbound.decide(decision(new, approve=False))).changed


@pytest.mark.parametrize("field", ["digest", "version"])
async def test_a_decision_on_something_else_changes_nothing(
    stores: Stores, mia: Inbox, field: str
) -> None:
    """Bound to the digest and the version that were shown."""
    new = await held(stores, mia)
    request = decision(new, token_id="t")
    wrong = replace(request, digest=b"x") if field == "digest" else replace(request, version=2)
    with pytest.raises(MailError) as caught:
        await stores.outbound.decide(wrong)
    assert (caught.value.kind, caught.value.code) == (ErrorKind.CONFLICT, "changed")
    assert await states(stores, new) == [RecipientState.HELD]
    assert (await stores.outbound.decide(request)).changed


async def test_a_token_is_spent_once(stores: Stores, mia: Inbox) -> None:
    """Fifty at once with one token: one change, forty-nine refusals."""
    new = await held(stores, mia)

    async def outcome() -> str:
        try:
            decided = await stores.outbound.decide(decision(new, token_id="token"))
        except MailError as error:
            return error.code
        return "changed" if decided.changed else "stands"

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome()) for _ in range(50)]
    outcomes = [task.result() for task in tasks]
    assert (outcomes.count("changed"), outcomes.count("token_spent")) == (1, 49)


async def test_a_failed_decision_does_not_spend_its_token(stores: Stores, mia: Inbox) -> None:
    """The savepoint takes the token back with the rest."""
    new = await held(stores, mia)
    copy = await sent_copy(stores, mia, new.id, new.facts)
    broken = decision(new, token_id="t", copy=replace(copy, mailbox="Nowhere"))
    with pytest.raises(MailError):
        await stores.outbound.decide(broken)
    assert (await stores.outbound.decide(decision(new, token_id="t", copy=copy))).changed


async def test_an_unknown_hold_is_not_found(stores: Stores, mia: Inbox) -> None:
    """Whatever else the request says."""
    new = await held(stores, mia)
    request = replace(decision(new), hold_id=HoldId(new_id()))
    with pytest.raises(MailError) as caught:
        await stores.outbound.decide(request)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_approving_without_release_keeps_the_mail_held(stores: Stores, mia: Inbox) -> None:
    """APPROVED is decided; the release comes later and cannot be rejected any more."""
    new = await held(stores, mia)
    first = await stores.outbound.decide(decision(new, release=False))
    assert first.hold.status is HoldStatus.APPROVED
    assert await states(stores, new) == [RecipientState.HELD]
    assert not (await stores.outbound.decide(decision(new, release=False))).changed
    with pytest.raises(MailError) as caught:
        await stores.outbound.decide(decision(new, approve=False))
    assert caught.value.code == "already_decided"
    assert (await stores.outbound.decide(await release(stores, mia, new))).changed
    assert await states(stores, new) == [RecipientState.DUE]


async def test_held_mail_keeps_its_schedule_after_release(stores: Stores, mia: Inbox) -> None:
    """A time in the future is honored."""
    later = NOW + timedelta(hours=2)
    new = await new_submission(stores, mia, held=hold(), send_at=later)
    await stores.outbound.submit(new)
    await stores.outbound.decide(decision(new))
    assert await states(stores, new) == [RecipientState.SCHEDULED]


async def test_holds_expire_as_rejected(stores: Stores, mia: Inbox, clock: FakeClock) -> None:
    """`hold.expired`, once; a decided hold does not expire."""
    new = await held(stores, mia)
    other = await held(stores, mia)
    await stores.outbound.decide(decision(other, release=False))
    assert await stores.outbound.expire_holds(NOW) == ()
    later = NOW + timedelta(days=4)
    (expired,) = await stores.outbound.expire_holds(later)
    assert new.hold is not None
    assert (expired.id, expired.status) == (new.hold.id, HoldStatus.EXPIRED)
    assert await stores.outbound.expire_holds(later) == ()
    assert len(await events(stores, "hold.expired")) == 1
    submitted = await stores.outbound.submission(new.id)
    assert submitted is not None
    assert submitted.status is SubmissionStatus.EXPIRED


async def test_holds_are_listed_newest_first_and_by_owner(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """An agent sees its own."""
    ben = await create_inbox(stores, "ben")
    first = await held(stores, mia)
    clock.advance(1)
    second = await held(stores, ben)
    page = await stores.outbound.holds(DEFAULT_POD)
    everything, total = page.rows, page.total
    assert [one.submission_id for one in everything] == [second.id, first.id]
    assert total == 2
    mine = (await stores.outbound.holds(DEFAULT_POD, agent_id=mia.agent_id)).rows
    assert [one.submission_id for one in mine] == [first.id]
    await stores.outbound.decide(decision(first, approve=False))
    pending = (await stores.outbound.holds(DEFAULT_POD, status=HoldStatus.PENDING)).rows
    assert [one.submission_id for one in pending] == [second.id]


# The queue ---------------------------------------------------------------------------------------


async def test_claims_group_recipients_by_destination(stores: Stores, mia: Inbox) -> None:
    """One claim per domain, one for all local recipients; the attempt counts at the claim."""
    ben = await create_inbox(stores, "ben")
    new = await new_submission(
        stores, mia, to=["a@one.test", "b@two.test", "c@one.test"], local=[str(ben.address)]
    )
    await stores.outbound.submit(new)
    claims = await claim_due(stores, NOW, "w", LEASE, 10)
    groups = sorted([str(item.recipient) for item in claim.items] for claim in claims)
    assert groups == [["a@one.test", "c@one.test"], ["b@two.test"], ["ben@here.test"]]
    assert {item.attempts for claim in claims for item in claim.items} == {1}
    assert await states(stores, new) == [RecipientState.LEASED] * 4
    assert await claim_due(stores, NOW, "other", LEASE, 10) == ()


async def test_racing_workers_never_claim_the_same_recipient(stores: Stores, mia: Inbox) -> None:
    """Ten workers, twenty submissions, twenty claims."""
    for _ in range(20):
        await stores.outbound.submit(await new_submission(stores, mia))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(claim_due(stores, NOW, f"w{n}", LEASE, 5)) for n in range(10)]
    claimed = [item.id for task in tasks for claim in task.result() for item in claim.items]
    assert len(claimed) == len(set(claimed)) == 20


async def test_a_limit_bounds_the_claims(stores: Stores, mia: Inbox) -> None:
    """The rest stays due."""
    for _ in range(3):
        await stores.outbound.submit(await new_submission(stores, mia))
    assert len(await claim_due(stores, NOW, "w", LEASE, 2)) == 2
    assert len(await claim_due(stores, NOW, "w", LEASE, 2)) == 1


async def test_a_lease_that_ended_is_due_again(stores: Stores, mia: Inbox) -> None:
    """A worker that died does not keep the mail."""
    await stores.outbound.submit(await new_submission(stores, mia))
    await claim_due(stores, NOW, "dead", LEASE, 10)
    assert await stores.outbound.next_due_at() == LEASE
    (claim,) = await claim_due(stores, LEASE, "alive", LEASE + timedelta(minutes=5), 10)
    assert claim.items[0].attempts == 2


async def test_a_lease_is_renewed_only_by_who_holds_it(stores: Stores, mia: Inbox) -> None:
    """A worker that lost its lease does not get it back."""
    await stores.outbound.submit(await new_submission(stores, mia))
    later = LEASE + timedelta(minutes=5)
    (claim,) = await claim_due(stores, NOW, "slow", LEASE, 10)
    ids = [item.id for item in claim.items]
    assert await stores.outbound.renew_leases("other", ids, later) == frozenset()
    assert await stores.outbound.renew_leases("slow", ids, later) == frozenset(ids)
    assert await claim_due(stores, LEASE, "other", later, 10) == ()
    assert len(await claim_due(stores, later, "other", later + timedelta(hours=1), 10)) == 1
    assert await stores.outbound.renew_leases("slow", ids, later) == frozenset()


async def test_a_busy_destination_lets_others_pass(stores: Stores, mia: Inbox) -> None:
    """What is leased counts until it is recorded or its lease ends; local mail is not counted."""
    ben = await create_inbox(stores, "ben")
    for number in range(4):
        to = [f"a{number}@busy.test"]
        await stores.outbound.submit(
            await new_submission(stores, mia, to=to, local=[str(ben.address)])
        )
    await stores.outbound.submit(await new_submission(stores, mia, to=["b@other.test"]))

    async def claimed(at: datetime, until: datetime) -> list[str]:
        claims = await claim_due(stores, at, "w", until, 50, per_destination=2)
        return sorted(item.recipient.domain for claim in claims for item in claim.items)

    assert await claimed(NOW, LEASE) == ["busy.test"] * 2 + ["here.test"] * 4 + ["other.test"]
    assert await claimed(NOW, LEASE) == []
    assert await stores.outbound.next_due_at(NOW) == LEASE
    later = LEASE + timedelta(minutes=5)
    assert (await claimed(LEASE, later)).count("busy.test") == 2


async def test_leases_are_released_at_start_or_by_owner(stores: Stores, mia: Inbox) -> None:
    """Due again at once."""
    for _ in range(2):
        await stores.outbound.submit(await new_submission(stores, mia))
    await claim_due(stores, NOW, "a", LEASE, 1)
    await claim_due(stores, NOW, "b", LEASE, 1)
    assert await stores.outbound.release_leases("a") == 1
    assert await stores.outbound.release_leases() == 1
    assert len(await claim_due(stores, NOW, "c", LEASE, 10)) == 2


async def test_a_stopped_agent_sends_nothing(stores: Stores, mia: Inbox) -> None:
    """Its rows wait; they go on when it is resumed."""
    await stores.outbound.submit(await new_submission(stores, mia))
    assert mia.agent_id is not None
    agent = await stores.accounts.agent(mia.agent_id)
    assert agent is not None
    await stores.accounts.update_agent(replace(agent, status=AgentStatus.STOPPED), audit())
    assert await claim_due(stores, NOW, "w", LEASE, 10) == ()
    assert await stores.outbound.next_due_at() is None
    await stores.accounts.update_agent(agent, audit())
    assert len(await claim_due(stores, NOW, "w", LEASE, 10)) == 1


async def test_attempts_end_in_delivered_failed_or_another_try(stores: Stores, mia: Inbox) -> None:
    """Status derives: queued until all are final, then sent if one got through."""
    to = ["a@one.test", "b@one.test", "c@one.test"]
    new = await new_submission(stores, mia, to=to)
    await stores.outbound.submit(new)
    (claim,) = await claim_due(stores, NOW, "w", LEASE, 10)
    ids = [item.id for item in claim.items]
    retry_at = NOW + timedelta(minutes=15)
    after = await stores.outbound.record_attempts(
        new.id,
        [
            attempt(ids[0], Outcome.DELIVERED),
            attempt(ids[1], Outcome.FAILED),
            attempt(ids[2], Outcome.DEFERRED, retry_at=retry_at),
        ],
        NOW,
    )
    assert after.status is SubmissionStatus.QUEUED
    assert await stores.outbound.next_due_at() == retry_at
    items = await stores.outbound.recipients(new.id)
    assert [(one.state, one.last_code, one.last_reply) for one in items] == [
        (RecipientState.DELIVERED, 250, "as they said"),
        (RecipientState.FAILED, 450, "as they said"),
        (RecipientState.DUE, 450, "as they said"),
    ]
    await claim_due(stores, retry_at, "w", retry_at + timedelta(minutes=5), 10)
    after = await stores.outbound.record_attempts(
        new.id, [attempt(ids[2], Outcome.FAILED)], retry_at
    )
    assert after.status is SubmissionStatus.SENT
    bounced = await events(stores, "email.bounced")
    assert [one.body["recipient"] for one in bounced] == ["b@one.test", "c@one.test"]
    (delivered,) = await events(stores, "email.delivered")
    assert delivered.body["remote"] == "mx.outside.test[192.0.2.1]:25"


async def test_recording_twice_does_not_deliver_twice(stores: Stores, mia: Inbox) -> None:
    """A final recipient keeps its state and is announced once."""
    new = await new_submission(stores, mia)
    await stores.outbound.submit(new)
    (claim,) = await claim_due(stores, NOW, "w", LEASE, 10)
    for outcome in (Outcome.DELIVERED, Outcome.FAILED, Outcome.DELIVERED):
        await stores.outbound.record_attempts(new.id, [attempt(claim.items[0].id, outcome)], NOW)
    assert await states(stores, new) == [RecipientState.DELIVERED]
    assert len(await events(stores, "email.delivered", "email.bounced")) == 1


async def test_an_attempt_for_a_foreign_recipient_is_refused(stores: Stores, mia: Inbox) -> None:
    """The whole record is undone."""
    new = await new_submission(stores, mia)
    other = await new_submission(stores, mia)
    await stores.outbound.submit(new)
    await stores.outbound.submit(other)
    (foreign,) = await stores.outbound.recipients(other.id)
    with pytest.raises(MailError) as caught:
        await stores.outbound.record_attempts(new.id, [attempt(foreign.id, Outcome.DELIVERED)], NOW)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_an_operator_retries_and_drops(stores: Stores, mia: Inbox) -> None:
    """What waits can be sent now or dropped; what is held must be decided."""
    later = await new_submission(stores, mia, send_at=NOW + timedelta(days=1))
    await stores.outbound.submit(later)
    (scheduled,) = await stores.outbound.recipients(later.id)
    with pytest.raises(MailError):  # its time is not the queue's to change
        await stores.outbound.retry_now(scheduled.id, NOW, audit())
    new = await new_submission(stores, mia)
    await stores.outbound.submit(new)
    (item,) = await stores.outbound.recipients(new.id)
    assert (await stores.outbound.retry_now(item.id, NOW, audit())).state is RecipientState.DUE
    assert (await stores.outbound.drop(item.id, audit())).state is RecipientState.CANCELED
    with pytest.raises(MailError) as caught:
        await stores.outbound.retry_now(item.id, NOW, audit())
    assert caught.value.code == "wrong_state"
    waiting = await held(stores, mia)
    (held_item,) = await stores.outbound.recipients(waiting.id)
    with pytest.raises(MailError):
        await stores.outbound.drop(held_item.id, audit())


async def test_the_queue_is_listed_by_state_and_inbox(stores: Stores, mia: Inbox) -> None:
    """Oldest first, with the total."""
    ben = await create_inbox(stores, "ben")
    mine = await new_submission(stores, mia)
    await stores.outbound.submit(mine)
    his = await new_submission(stores, ben, held=hold())
    await stores.outbound.submit(his)
    page = await stores.outbound.queue(QueueQuery(pod_id=DEFAULT_POD, part=Slice(limit=1)))
    listed, total = page.rows, page.total
    assert ([one.submission_id for one in listed], total) == ([mine.id], 2)
    query = QueueQuery(pod_id=DEFAULT_POD, states=(RecipientState.HELD,), inbox_ids=(ben.id,))
    page = await stores.outbound.queue(query)
    listed, total = page.rows, page.total
    assert ([one.submission_id for one in listed], total) == ([his.id], 1)


async def test_deleting_an_agent_cancels_its_queue_and_holds(stores: Stores, mia: Inbox) -> None:
    """Nothing of it leaves afterwards."""
    await create_inbox(stores, "ben")
    due, waiting = await new_submission(stores, mia), await held(stores, mia)
    await stores.outbound.submit(due)
    assert mia.agent_id is not None
    await stores.accounts.delete_agent(mia.agent_id, audit())
    assert await states(stores, due) == await states(stores, waiting) == [RecipientState.CANCELED]
    assert waiting.hold is not None
    found = await stores.outbound.hold(waiting.hold.id)
    assert found is not None
    assert found.status is HoldStatus.REJECTED


# Drafts ------------------------------------------------------------------------------------------


async def submitted_draft(stores: Stores, mia: Inbox) -> tuple[DraftId, NewSubmission]:
    saved = draft(mia)
    await stores.outbound.save_draft(saved, audit())
    new = await new_submission(stores, mia, held=hold(draft_id=saved.id))
    await stores.outbound.submit(new)
    return saved.id, new


async def status(stores: Stores, draft_id: DraftId) -> DraftStatus:
    found = await stores.outbound.draft(draft_id)
    assert found is not None
    return found.status


async def test_drafts_are_replaced_version_by_version(stores: Stores, mia: Inbox) -> None:
    """Two editors: the second one to save is told."""
    first = draft(mia)
    await stores.outbound.save_draft(first, audit())
    await stores.outbound.save_draft(draft(mia, version=2, draft_id=first.id), audit())
    with pytest.raises(MailError) as caught:
        await stores.outbound.save_draft(draft(mia, version=2, draft_id=first.id), audit())
    assert caught.value.kind is ErrorKind.CONFLICT
    found = await stores.outbound.draft(first.id)
    assert found is not None
    assert (found.version, found.content["subject"]) == (2, "Version 2")
    assert len(await events(stores, "draft.created")) == 1


async def test_a_draft_s_status_follows_its_hold(stores: Stores, mia: Inbox) -> None:
    """Pending, approved, sent; each with its event."""
    draft_id, new = await submitted_draft(stores, mia)
    assert await status(stores, draft_id) is DraftStatus.PENDING
    await stores.outbound.decide(decision(new, release=False))
    assert await status(stores, draft_id) is DraftStatus.APPROVED
    await stores.outbound.decide(await release(stores, mia, new))
    assert await status(stores, draft_id) is DraftStatus.SENT
    names = [one.name for one in await events(stores) if one.name.startswith("draft.")]
    assert names == ["draft.created", "draft.approved", "draft.sent"]


async def test_a_rejected_draft_is_rejected(stores: Stores, mia: Inbox) -> None:
    """With the reason in its event."""
    draft_id, new = await submitted_draft(stores, mia)
    await stores.outbound.decide(decision(new, approve=False))
    assert await status(stores, draft_id) is DraftStatus.REJECTED
    (event,) = await events(stores, "draft.rejected")
    assert event.body["reason"] == "looked at it"


async def test_drafts_are_listed_by_derived_status(stores: Stores, mia: Inbox) -> None:
    """The filter sees what readers see."""
    draft_id, _ = await submitted_draft(stores, mia)
    editing = draft(mia)
    await stores.outbound.save_draft(editing, audit())
    page = await stores.outbound.drafts([mia.id], status=DraftStatus.PENDING)
    listed, total = page.rows, page.total
    assert ([one.id for one in listed], total) == ([draft_id], 1)
    total = (await stores.outbound.drafts([mia.id])).total
    assert total == 2


async def test_a_draft_s_thread_survives_a_merge(stores: Stores, mia: Inbox) -> None:
    """Listing by either id finds it."""
    older = await deliver(stores, mia, facts=message_facts(message_id="a@x"))
    newer = await deliver(stores, mia, facts=message_facts(message_id="b@x"))
    saved = replace(draft(mia), thread_id=newer.thread_id)
    await stores.outbound.save_draft(saved, audit())
    await deliver(stores, mia, facts=message_facts(references=["a@x", "b@x"]))
    for thread_id in (older.thread_id, newer.thread_id):
        listed = (await stores.outbound.drafts([mia.id], thread_id=thread_id)).rows
        assert [one.id for one in listed] == [saved.id]


async def test_a_stale_draft_stays_stale(stores: Stores, mia: Inbox) -> None:
    """`draft.stale` once."""
    saved = draft(mia)
    await stores.outbound.save_draft(saved, audit())
    stale = replace(draft(mia, version=2, draft_id=saved.id), status=DraftStatus.STALE)
    await stores.outbound.save_draft(stale, audit())
    assert await status(stores, saved.id) is DraftStatus.STALE
    assert len(await events(stores, "draft.stale")) == 1


# Turns -------------------------------------------------------------------------------------------


async def test_senders_take_turns_however_much_each_has_queued(stores: Stores, mia: Inbox) -> None:
    """One that sends to thousands does not keep a colleague's one letter waiting."""
    for number in range(12):
        to = [f"a@many{number}.test"]
        await stores.outbound.submit(await new_submission(stores, mia, to=to))
    ben = await create_inbox(stores, "ben")
    for number in range(3):
        to = [f"b@few{number}.test"]
        await stores.outbound.submit(await new_submission(stores, ben, to=to))
    whose = {mia.agent_id: "mia", ben.agent_id: "ben"}
    turns = []
    for _ in range(7):
        (claim,) = await claim_due(stores, NOW, "w", LEASE, 1)
        turns.append(whose[claim.items[0].sender_id])
    assert turns[:6] in (["mia", "ben"] * 3, ["ben", "mia"] * 3)
    rest = await claim_due(stores, NOW, "w", LEASE, 50)
    assert {whose[one.items[0].sender_id] for one in rest} == {"mia"}


async def test_a_sender_leaves_places_for_others(stores: Stores, mia: Inbox) -> None:
    """Its slow hosts do not take all of them."""
    for number in range(5):
        to = [f"a@slow{number}.test"]
        await stores.outbound.submit(await new_submission(stores, mia, to=to))
    assert len(await claim_due(stores, NOW, "w", LEASE, 4, per_sender=3)) == 3
    ben = await create_inbox(stores, "ben")
    await stores.outbound.submit(await new_submission(stores, ben, to=["b@few.test"]))
    (claim,) = await claim_due(stores, NOW, "w", LEASE, 4, per_sender=3)
    assert claim.items[0].sender_id == ben.agent_id


async def test_every_lane_has_places_of_its_own(stores: Stores, mia: Inbox) -> None:
    """Mail for colleagues and notices passes by what waits for the outside."""
    ben = await create_inbox(stores, "ben")
    for number in range(4):
        to = [f"a@far{number}.test"]
        local = [str(ben.address)]
        await stores.outbound.submit(await new_submission(stores, mia, to=to, local=local))
    notice = await new_submission(stores, mia, to=["owner@far.test"])
    await stores.outbound.submit(replace(notice, is_system=True))
    places = {Lane.REMOTE: 1, Lane.LOCAL: 2, Lane.SYSTEM: 1}
    claims = await claim_due(stores, NOW, "w", LEASE, 50, places=places)
    assert [one.lane for one in claims] == [Lane.SYSTEM, Lane.LOCAL, Lane.LOCAL, Lane.REMOTE]


async def test_what_the_owner_retries_goes_first(stores: Stores, mia: Inbox) -> None:
    first = await new_submission(stores, mia, to=["a@one.test"])
    second = await new_submission(stores, mia, to=["b@two.test"])
    for one in (first, second):
        await stores.outbound.submit(one)
    (item,) = await stores.outbound.recipients(second.id)
    await stores.outbound.retry_now(item.id, NOW, audit())
    (claim,) = await claim_due(stores, NOW, "w", LEASE, 1)
    assert (claim.lane, claim.submission.id) == (Lane.PRIORITY, second.id)


async def test_destinations_whose_host_is_full_wait(stores: Stores, mia: Inbox) -> None:
    for to in ("a@one.test", "b@two.test"):
        await stores.outbound.submit(await new_submission(stores, mia, to=[to]))
    (claim,) = await claim_due(stores, NOW, "w", LEASE, 9, busy=frozenset({"one.test"}))
    assert claim.items[0].destination == "two.test"
