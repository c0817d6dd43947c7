"""Parts of the queue that are held back, tried now or given up."""

from datetime import timedelta

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, PauseId, PodId, new_id
from mailcore.model import Inbox, Lane, QueuePause, QueueScope, RecipientState, ScopeKind
from mailcore.store.ports import ClaimRequest, NewSubmission, Stores
from tests.support.build import NOW, audit, create_inbox, new_submission

LATER = NOW + timedelta(minutes=5)


def pause(kind: ScopeKind, value: str = "", pod_id: PodId = DEFAULT_POD) -> QueuePause:
    return QueuePause(
        id=PauseId(new_id()),
        pod_id=pod_id,
        scope=QueueScope(kind=kind, value=value),
        reason="they move",
        actor="operator",
        created_at=NOW,
    )


async def claimed(stores: Stores) -> list[str]:
    request = ClaimRequest(now=NOW, owner="w", lease_until=LATER, limit=50)
    claims = await stores.outbound.claim_due(request)
    await stores.outbound.release_leases("w")
    return sorted(str(item.recipient) for one in claims for item in one.items)


@pytest.fixture
async def letters(stores: Stores, mia: Inbox) -> list[NewSubmission]:
    """Mia writes to two domains, Ben to one of them."""
    ben = await create_inbox(stores, "ben")
    made = [
        await new_submission(stores, mia, to=["a@one.test"]),
        await new_submission(stores, mia, to=["b@two.test"]),
        await new_submission(stores, ben, to=["c@one.test"]),
    ]
    for one in made:
        await stores.outbound.submit(one)
    return made


async def test_what_is_paused_is_not_claimed_until_it_is_resumed(
    stores: Stores, mia: Inbox, letters: list[NewSubmission]
) -> None:
    assert mia.agent_id is not None
    for kind, value, left in (
        (ScopeKind.DOMAIN, "one.test", ["b@two.test"]),
        (ScopeKind.AGENT, mia.agent_id, ["c@one.test"]),
        (ScopeKind.MESSAGE, letters[0].id, ["b@two.test", "c@one.test"]),
        (ScopeKind.ALL, "", []),
    ):
        one = pause(kind, value)
        await stores.outbound.pause(one, audit())
        assert await claimed(stores) == left
        await stores.outbound.resume(DEFAULT_POD, one.id, audit())
        assert await claimed(stores) == ["a@one.test", "b@two.test", "c@one.test"]
    assert await stores.outbound.pauses(DEFAULT_POD) == ()


async def test_the_pause_of_another_pod_holds_nothing_here(
    stores: Stores, letters: list[NewSubmission]
) -> None:
    other = PodId(new_id())
    for kind, value in (
        (ScopeKind.DOMAIN, "one.test"),
        (ScopeKind.MESSAGE, letters[0].id),
        (ScopeKind.ALL, ""),
    ):
        await stores.outbound.pause(pause(kind, value, other), audit())
    assert len(await claimed(stores)) == 3
    (one, *_) = await stores.outbound.pauses(other)
    with pytest.raises(MailError) as caught:
        await stores.outbound.resume(DEFAULT_POD, one.id, audit())
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_pausing_twice_is_a_conflict(stores: Stores) -> None:
    await stores.outbound.pause(pause(ScopeKind.ALL), audit())
    with pytest.raises(MailError) as caught:
        await stores.outbound.pause(pause(ScopeKind.ALL), audit())
    assert caught.value.code == "already_paused"


async def test_a_part_is_tried_now_or_given_up(
    stores: Stores, letters: list[NewSubmission]
) -> None:
    """With one audit row; what is final stays."""
    scope = QueueScope(kind=ScopeKind.DOMAIN, value="one.test")
    assert await stores.outbound.retry_scope(DEFAULT_POD, scope, NOW, audit()) == 2
    (item,) = await stores.outbound.recipients(letters[0].id)
    assert item.lane is Lane.PRIORITY
    assert await stores.outbound.drop_scope(DEFAULT_POD, scope, audit()) == 2
    assert await stores.outbound.drop_scope(DEFAULT_POD, scope, audit()) == 0
    (item,) = await stores.outbound.recipients(letters[0].id)
    assert item.state is RecipientState.CANCELED
    submitted = await stores.outbound.submission(letters[0].id)
    assert submitted is not None
    assert submitted.status == "canceled"
    assert await claimed(stores) == ["b@two.test"]
