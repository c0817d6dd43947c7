"""After a rebuild nothing leaves, and nothing counts as approved, without a person's word."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.errors import MailError
from mailcore.ids import QueueId
from mailcore.model import (
    RESTORED,
    Attempt,
    Hold,
    HoldStatus,
    Inbox,
    Outcome,
    RecipientState,
    SubmissionStatus,
)
from mailcore.store.maildir import Maildir
from mailcore.store.ports import ClaimRequest, NewSubmission, Stores
from mailcore.store.sqlite import SqliteStore
from mailcore.store.sqlite.restore import Restored, restore
from mailcore.store.sqlite.state_copy import STATE_FILE
from tests.support.build import NOW, decision, hold, new_submission
from tests.support.clock import FakeClock
from tests.support.invariants import check_invariants
from tests.support.mirroring import mirror

HELD, DUE = RecipientState.HELD, RecipientState.DUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """The store made of the copy."""

    stores: Stores
    restored: Restored


@asynccontextmanager
async def made_anew(stores: Stores, folder: Path) -> AsyncIterator[Anew]:
    """What a rebuild makes of the state as it is now, proven whole."""
    await mirror(stores).drain(everything=True)
    await stores.state.follow()
    async with made_anew_of_copy(folder) as anew:
        yield anew


@asynccontextmanager
async def made_anew_of_copy(folder: Path) -> AsyncIterator[Anew]:
    """What a rebuild makes of the copy alone."""
    database = folder / "fresh" / "db.sqlite3"
    done = restore(
        folder / STATE_FILE,
        database,
        folder,
        now=NOW + timedelta(days=1),
        decide_within=timedelta(days=7),
        is_exact=False,
    )
    async with SqliteStore.open(folder, Maildir(folder), FakeClock(), database=database) as fresh:
        yield Anew(stores=fresh, restored=done)
        await check_invariants(fresh)


async def the_hold(stores: Stores, new: NewSubmission) -> Hold:
    submitted = await stores.outbound.submission(new.id)
    assert submitted is not None
    assert submitted.status is SubmissionStatus.HELD
    assert submitted.hold_id is not None
    found = await stores.outbound.hold(submitted.hold_id)
    assert found is not None
    assert (found.status, found.reason, found.digest) == (HoldStatus.PENDING, RESTORED, new.digest)
    assert found.expires_at == NOW + timedelta(days=8)
    return found


async def states(stores: Stores, new: NewSubmission) -> list[RecipientState]:
    return [item.state for item in await stores.outbound.recipients(new.id)]


async def nothing_is_due(stores: Stores) -> bool:
    until = NOW + timedelta(days=99)
    request = ClaimRequest(now=until, owner="w", lease_until=until, limit=10)
    return not await stores.outbound.claim_due(request) and not await stores.outbound.due_scheduled(
        until, 10
    )


async def test_what_was_due_or_waited_for_its_time_is_held(
    stores: Stores, mia: Inbox, tmp_path: Path
) -> None:
    """It may have left after the copy; the hold has the digest of the same bytes."""
    due = await new_submission(stores, mia)
    later = await new_submission(stores, mia, send_at=NOW + timedelta(days=30))
    for one in (due, later):
        await stores.outbound.submit(one)
    async with made_anew(stores, tmp_path) as anew:
        assert anew.restored.asked.held == 2
        for one in (due, later):
            found = await the_hold(anew.stores, one)
            assert found.recipients == ("ann@outside.test",)
            assert await states(anew.stores, one) == [HELD]
        assert await nothing_is_due(anew.stores)


async def test_only_the_rest_of_what_left_in_part_is_asked_about(
    stores: Stores, mia: Inbox, tmp_path: Path
) -> None:
    """What was delivered stays delivered."""
    new = await new_submission(stores, mia, to=["ann@outside.test", "bob@outside.test"])
    await stores.outbound.submit(new)
    first = QueueId((await stores.outbound.recipients(new.id))[0].id)
    delivered = Attempt(
        queue_id=first,
        outcome=Outcome.DELIVERED,
        code=250,
        enhanced_code="2.0.0",
        reply="taken",
        remote="mx.outside.test[192.0.2.1]:25",
        tls="TLSv1.3",
    )
    await stores.outbound.record_attempts(new.id, [delivered], NOW)
    async with made_anew(stores, tmp_path) as anew:
        assert await states(anew.stores, new) == [RecipientState.DELIVERED, HELD]
        assert (await the_hold(anew.stores, new)).recipients == ("bob@outside.test",)


async def test_an_approval_of_before_counts_no_more(
    stores: Stores, mia: Inbox, tmp_path: Path
) -> None:
    """Approved and not released, and approved and on its way: both are asked about, as a new version."""
    approved = await new_submission(stores, mia, held=hold(agent_id=mia.agent_id))
    released = await new_submission(stores, mia, held=hold(agent_id=mia.agent_id))
    for one in (approved, released):
        await stores.outbound.submit(one)
    await stores.outbound.decide(decision(approved, release=False))
    await stores.outbound.decide(decision(released))
    async with made_anew(stores, tmp_path) as anew:
        for one in (approved, released):
            found = await the_hold(anew.stores, one)
            assert (found.version, found.decided_by, found.approved_once_by) == (2, "", ())
            assert await states(anew.stores, one) == [HELD]
            with pytest.raises(MailError) as refused:
                await anew.stores.outbound.decide(decision(one))
            assert refused.value.code == "changed"
            done = await anew.stores.outbound.decide(decision(one, version=2))
            assert done.changed
            assert await states(anew.stores, one) == [DUE]


async def test_what_was_rejected_stays_rejected(stores: Stores, mia: Inbox, tmp_path: Path) -> None:
    """Nobody is asked about it again."""
    new = await new_submission(stores, mia, held=hold(agent_id=mia.agent_id))
    await stores.outbound.submit(new)
    await stores.outbound.decide(decision(new, approve=False))
    async with made_anew(stores, tmp_path) as anew:
        assert anew.restored.asked.held == 0
        submitted = await anew.stores.outbound.submission(new.id)
        assert submitted is not None
        assert submitted.status is SubmissionStatus.REJECTED


async def test_notices_of_the_server_are_not_sent_again(stores: Stores, tmp_path: Path) -> None:
    """What is still to be told is told anew."""
    new = await new_submission(stores, None)
    await stores.outbound.submit(new)
    async with made_anew(stores, tmp_path) as anew:
        assert await states(anew.stores, new) == [RecipientState.CANCELED]
        assert (anew.restored.asked.held, anew.restored.asked.lost) == (0, ())


async def test_mail_whose_bytes_are_lost_is_named(
    stores: Stores, mia: Inbox, tmp_path: Path
) -> None:
    """It cannot leave, and its hold is closed."""
    new = await new_submission(stores, mia, held=hold(agent_id=mia.agent_id))
    await stores.outbound.submit(new)
    await mirror(stores).drain(everything=True)
    spool = [*(tmp_path / "spool" / "cur").iterdir()]
    kept = [(one, one.read_bytes()) for one in spool]
    await stores.state.follow()
    for one in spool:
        one.unlink()
    async with made_anew_of_copy(tmp_path) as anew:
        assert anew.restored.asked.lost == (new.id,)
        assert await states(anew.stores, new) == [RecipientState.CANCELED]
    for one, raw in kept:
        one.write_bytes(raw)
