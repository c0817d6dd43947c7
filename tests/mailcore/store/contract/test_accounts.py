"""The promises of `AccountStore`."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, AgentId, DomainId, PersonId, Seq, new_id
from mailcore.model import AgentStatus, DkimKey, DkimState, DomainStatus, Inbox, Person, PersonRole
from mailcore.store.ports import EventFilter, StoredPassword, Stores
from tests.support.build import (
    NOW,
    agent,
    audit,
    create_inbox,
    domain,
    inbox,
    stored_key,
)
from tests.support.build import deliver as deliver_one


async def event_names(stores: Stores) -> list[str]:
    events, _ = await stores.journal.since(Seq(0), EventFilter(), 100)
    return [one.name for one in events]


async def test_the_first_agent_is_persistent(stores: Stores) -> None:
    """The others are as asked."""
    home = domain()
    await stores.accounts.create_domain(home, (), audit())
    made = []
    for name in ("one", "two"):
        new = agent(name)
        box = inbox(home.id, local=name, agent_id=new.id)
        password = StoredPassword(inbox_id=box.id, hash="h")
        key = stored_key(new.id)
        made.append(await stores.accounts.create_agent(new, box, key, password, audit()))
    assert [one.is_persistent for one in made] == [True, False]
    assert await stores.accounts.agents(DEFAULT_POD) == tuple(made)
    assert await event_names(stores) == ["agent.created", "agent.created"]


async def test_everything_of_a_new_agent_can_be_looked_up(stores: Stores, mia: Inbox) -> None:
    """By id, name, address in any case, key hash and inbox."""
    assert mia.agent_id is not None
    by_name = await stores.accounts.agent_by_name(DEFAULT_POD, "mia")
    assert by_name is not None
    assert by_name == await stores.accounts.agent(mia.agent_id)
    assert await stores.accounts.inbox_by_address("mia@here.test") == mia
    assert await stores.accounts.inbox(mia.id) == mia
    assert await stores.accounts.inboxes(DEFAULT_POD, mia.agent_id) == (mia,)
    assert len(await stores.accounts.passwords(mia.id)) == 1
    assert [one.agent_id for one in await stores.accounts.keys(DEFAULT_POD)] == [mia.agent_id]


@pytest.mark.parametrize("taken", ["name", "address"])
async def test_taken_names_are_conflicts_and_nothing_is_half_made(
    stores: Stores, mia: Inbox, taken: str
) -> None:
    """A taken address leaves no agent behind, a taken name no inbox."""
    new = agent("mia" if taken == "name" else "other")
    box = inbox(mia.domain_id, local="other" if taken == "name" else "MIA", agent_id=new.id)
    password = StoredPassword(inbox_id=box.id, hash="h")
    with pytest.raises(MailError) as caught:
        await stores.accounts.create_agent(new, box, stored_key(new.id), password, audit())
    assert caught.value.kind is ErrorKind.CONFLICT
    assert len(await stores.accounts.agents(DEFAULT_POD)) == 1
    assert len(await stores.accounts.inboxes(DEFAULT_POD)) == 1


async def test_an_inbox_of_a_missing_domain_is_not_found(stores: Stores) -> None:
    """Foreign keys are enforced."""
    box = inbox(DomainId(new_id()))
    with pytest.raises(MailError) as caught:
        await stores.accounts.create_inbox(box, StoredPassword(inbox_id=box.id, hash="h"), audit())
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_the_last_agent_cannot_be_deleted(stores: Stores, mia: Inbox) -> None:
    """CONFLICT `last_agent`."""
    assert mia.agent_id is not None
    with pytest.raises(MailError) as caught:
        await stores.accounts.delete_agent(mia.agent_id, audit())
    assert caught.value.code == "last_agent"


async def test_a_deleted_agent_is_gone_and_its_names_are_free(stores: Stores, mia: Inbox) -> None:
    """Keys revoked, passwords gone, address and name usable again, mail still there."""
    await create_inbox(stores, "ben")
    await deliver_one(stores, mia)
    assert mia.agent_id is not None
    await stores.accounts.delete_agent(mia.agent_id, audit())
    assert await stores.accounts.agent(mia.agent_id) is None
    assert await stores.accounts.inbox_by_address("mia@here.test") is None
    assert await stores.accounts.passwords(mia.id) == ()
    revoked = [one.revoked_at for one in await stores.accounts.keys(DEFAULT_POD)]
    assert revoked.count(None) == 1
    with pytest.raises(MailError):
        await deliver_one(stores, mia)
    again = await create_inbox(stores, "mia")
    assert (await stores.accounts.inbox_by_address("mia@here.test")) == again
    assert (await event_names(stores))[-2:] == ["agent.deleted", "agent.created"]


async def test_stopping_and_resuming_are_events_of_their_own(stores: Stores, mia: Inbox) -> None:
    """Any other change is `agent.updated`."""
    assert mia.agent_id is not None
    found = await stores.accounts.agent(mia.agent_id)
    assert found is not None
    stopped = replace(found, status=AgentStatus.STOPPED)
    for version in (stopped, found, replace(found, role="writer")):
        await stores.accounts.update_agent(version, audit())
    names = await event_names(stores)
    assert names[1:] == ["agent.stopped", "agent.resumed", "agent.updated"]


async def test_a_missing_agent_cannot_be_changed(stores: Stores) -> None:
    """NOT_FOUND for update and delete."""
    with pytest.raises(MailError):
        await stores.accounts.update_agent(agent(), audit())
    with pytest.raises(MailError):
        await stores.accounts.delete_agent(AgentId(new_id()), audit())


async def test_activity_is_written_at_most_once_a_minute(stores: Stores, mia: Inbox) -> None:
    """And never goes back."""
    assert mia.agent_id is not None
    seen = []
    for seconds in (0, 30, 61, 5):
        await stores.accounts.touch_agent(mia.agent_id, NOW + timedelta(seconds=seconds))
        found = await stores.accounts.agent(mia.agent_id)
        assert found is not None
        seen.append(found.last_activity_at)
    later = NOW + timedelta(seconds=61)
    assert seen == [NOW, NOW, later, later]


async def test_an_inactive_inbox_takes_no_mail_by_address(stores: Stores, mia: Inbox) -> None:
    """It is still there for its owner."""
    inactive = replace(mia, is_active=False)
    await stores.accounts.update_inbox(inactive, audit())
    assert await stores.accounts.inbox_by_address("mia@here.test") is None
    assert await stores.accounts.inbox(mia.id) == inactive


async def test_an_address_that_was_looked_up_is_not_remembered_past_a_change(
    stores: Stores, mia: Inbox
) -> None:
    """Even when the caller that changed it has given up: the write is committed all the same."""
    assert await stores.accounts.inbox_by_address("mia@here.test") == mia
    inactive = replace(mia, is_active=False)
    task = asyncio.create_task(  # noqa: TID251 - canceled below
        stores.accounts.update_inbox(inactive, audit())
    )
    await asyncio.sleep(0)
    assert await stores.accounts.inbox_by_address("mia@here.test") == mia
    task.cancel()
    await stores.accounts.set_password(StoredPassword(inbox_id=mia.id, hash="h"), audit())
    assert await stores.accounts.inbox_by_address("mia@here.test") is None


async def test_a_new_password_replaces_the_old_one(stores: Stores, mia: Inbox) -> None:
    """The old one is of no use any more."""
    new = StoredPassword(inbox_id=mia.id, hash="$argon2id$new")
    await stores.accounts.set_password(new, audit())
    assert await stores.accounts.passwords(mia.id) == (new,)


async def test_keys_are_found_by_hash_and_revoked_once(stores: Stores, mia: Inbox) -> None:
    """The first time of revocation stands; an unknown key is not found."""
    key = stored_key(mia.agent_id, hash_=b"hash")
    await stores.accounts.create_key(key, audit())
    assert await stores.accounts.key_by_hash(b"hash") == key
    assert await stores.accounts.key_by_hash(b"other") is None
    await stores.accounts.touch_key(key.key.id, NOW)
    for minutes in (1, 2):
        at = NOW + timedelta(minutes=minutes)
        await stores.accounts.revoke_key(key.key.id, at, audit())
    found = await stores.accounts.key_by_hash(b"hash")
    assert found is not None
    assert found.key.revoked_at == NOW + timedelta(minutes=1)
    assert found.key.last_used_at == NOW
    with pytest.raises(MailError):
        await stores.accounts.create_key(stored_key(hash_=b"hash"), audit())


async def test_domains_keep_their_keys_and_are_verified_once(stores: Stores) -> None:
    """`domain.verified` when it becomes verified, not again."""
    home = replace(domain("New.test".lower()), status=DomainStatus.PENDING, verified_at=None)
    key = DkimKey(
        domain_id=home.id,
        selector="s1",
        algorithm="rsa-sha256",
        sealed_private_key=b"sealed",
        public_key="cHVi",
        state=DkimState.ACTIVE,
        created_at=NOW,
    )
    await stores.accounts.create_domain(home, [key], audit())
    assert await stores.accounts.domain_by_name("NEW.test") == home
    assert await stores.accounts.dkim_keys(home.id) == (key,)
    with pytest.raises(MailError):
        await stores.accounts.add_dkim_keys([key], audit())
    status = DomainStatus.VERIFIED
    await stores.accounts.set_domain_status(home.id, status, NOW, audit())
    verified = await stores.accounts.set_domain_status(home.id, status, NOW, audit())
    assert verified.verified_at == NOW
    assert await stores.accounts.domains(DEFAULT_POD) == (verified,)
    assert await event_names(stores) == ["domain.verified"]
    with pytest.raises(MailError):
        await stores.accounts.create_domain(domain("new.test"), (), audit())


async def test_people_are_unique_by_address(stores: Stores, mia: Inbox) -> None:
    """In any case of the local part."""
    owner = Person(
        id=PersonId(new_id()),
        pod_id=DEFAULT_POD,
        name="You",
        email=mia.address,
        role=PersonRole.OWNER,
        created_at=NOW,
    )
    await stores.accounts.create_person(owner, audit())
    assert await stores.accounts.people(DEFAULT_POD) == (owner,)
    with pytest.raises(MailError):
        await stores.accounts.create_person(replace(owner, id=PersonId(new_id())), audit())
