"""Domains are verified by themselves, change their keys without a gap, and go."""

from datetime import timedelta

import pytest

from mailcore.accounts import Accounts, NewAgent
from mailcore.credentials import OPERATOR
from mailcore.domains.service import Domains
from mailcore.errors import MailError
from mailcore.ids import AgentId, Seq
from mailcore.mailauth.keys import load_private, public_base64
from mailcore.model import DkimState, DomainStatus, PersonRole
from mailcore.outbound.remote import StoredKeys
from mailcore.store.ports import EventFilter
from tests.mailcore.domains.conftest import World, config_of
from tests.support.dns import resolver_of

NAME = "example.org"


async def events(world: World) -> list[str]:
    found, _ = await world.stores.journal.since(Seq(0), EventFilter(), 100)
    return [one.name for one in found]


async def states(world: World) -> dict[str, DkimState]:
    domain = await world.domains.domain(OPERATOR, NAME)
    return {one.selector: one.state for one in await world.stores.accounts.dkim_keys(domain.id)}


async def signing(world: World) -> set[str]:
    source = StoredKeys(world.stores.accounts, world.secrets)
    return {one.selector for one in await source.signing_keys(NAME)}


async def test_verification_happens_by_itself_with_growing_pauses(world: World) -> None:
    """At once, then after 1, 2, 4 … minutes, at the most four hours; asking starts over."""
    domain = await world.domains.add(OPERATOR, NAME)
    pauses: list[int] = []
    for _ in range(10):
        await world.domains.poll()
        check = await world.domains.last_check(OPERATOR, NAME)
        assert check is not None
        pauses.append(int((check.next_at - check.checked_at).total_seconds() // 60))
        world.clock.advance(check.next_at - check.checked_at - timedelta(seconds=1))
        asked = len(world.zone.questions)
        assert (await world.domains.poll(), len(world.zone.questions)) == (0, asked)
        world.clock.advance(1)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]
    assert (await world.domains.domain(OPERATOR, NAME)).status is DomainStatus.PENDING
    await world.publish(NAME)
    assert await world.domains.poll() == 1
    assert (await world.domains.domain(OPERATOR, domain.id)).status is DomainStatus.VERIFIED
    await world.domains.verify(OPERATOR, NAME)
    check = await world.domains.last_check(OPERATOR, NAME)
    assert check is not None
    assert check.attempts == 0
    assert await events(world) == ["domain.verified"]


async def test_a_domain_signs_with_both_kinds_of_keys(world: World) -> None:
    """Sealed at rest, and published as what they are."""
    domain = await world.domains.add(OPERATOR, NAME)
    found = await world.stores.accounts.dkim_keys(domain.id)
    assert {one.selector: one.algorithm for one in found} == {
        "cs1": "rsa-sha256",
        "ed1": "ed25519-sha256",
    }
    records = await world.records(NAME)
    for key in found:
        assert b"PRIVATE" not in key.sealed_private_key
        private = load_private(world.secrets.unseal(key.sealed_private_key))
        assert public_base64(private) in records[f"dkim {key.selector}._domainkey.{NAME}"].value


async def test_new_keys_sign_when_dns_has_them_and_the_old_ones_stay_for_a_while(
    world: World,
) -> None:
    await world.domains.add(OPERATOR, NAME)
    await world.publish(NAME)
    await world.domains.verify(OPERATOR, NAME)
    await world.domains.rotate_dkim(OPERATOR, NAME)
    await world.domains.rotate_dkim(OPERATOR, NAME)
    await world.domains.verify(OPERATOR, NAME)
    assert await signing(world) == {"cs1", "ed1"}
    await world.publish(NAME)
    await world.domains.verify(OPERATOR, NAME)
    assert await signing(world) == {"cs2", "ed2"}
    record = (await world.records(NAME))[f"dkim cs1._domainkey.{NAME}"]
    assert "remove it after 2024-03-11" in record.why
    world.clock.advance(timedelta(days=7))
    await world.domains.poll()
    assert await states(world) == {"cs2": DkimState.ACTIVE, "ed2": DkimState.ACTIVE}
    assert await events(world) == ["domain.verified", "domain.keys_changed"]


async def test_each_key_waits_for_its_own_record(world: World) -> None:
    await world.domains.add(OPERATOR, NAME)
    await world.domains.rotate_dkim(OPERATOR, NAME)
    record = (await world.records(NAME))[f"dkim ed2._domainkey.{NAME}"]
    world.zone.add(record.name, "TXT", record.value)
    await world.domains.verify(OPERATOR, NAME)
    assert await signing(world) == {"cs1", "ed2"}


async def test_a_forced_rotation_does_not_wait(world: World) -> None:
    await world.domains.add(OPERATOR, NAME)
    await world.domains.rotate_dkim(OPERATOR, NAME, force=True)
    assert await signing(world) == {"cs2", "ed2"}


class TestByItself:
    """Rotation as configured."""

    @pytest.fixture
    def settings(self) -> dict[str, dict[str, object]]:
        return {"domains": {"dkim_rotate_days": 30, "dkim_overlap_days": 2}}

    async def test_keys_are_made_when_the_old_ones_are_old_enough(self, world: World) -> None:
        """Once: what waits to be published is not made anew."""
        await world.domains.add(OPERATOR, NAME)
        world.clock.advance(timedelta(days=29))
        await world.domains.poll()
        assert set(await states(world)) == {"cs1", "ed1"}
        for _ in range(2):
            world.clock.advance(timedelta(days=1))
            await world.domains.poll()
        assert set(await states(world)) == {"cs1", "ed1", "cs2", "ed2"}
        await world.publish(NAME)
        await world.domains.verify(OPERATOR, NAME)
        assert await signing(world) == {"cs2", "ed2"}


async def test_a_domain_goes_when_nobody_lives_in_it_and_may_come_back(world: World) -> None:
    """The first one stays; the name is free again, the deleted inboxes keep their history."""
    accounts = Accounts(
        store=world.stores.accounts,
        policy=world.stores.policy,
        secrets=world.secrets,
        config=world.config,
        clock=world.clock,
    )
    await world.domains.add(OPERATOR, NAME)
    old = await world.domains.add(OPERATOR, "second.example")
    await accounts.create_agent(OPERATOR, NewAgent(name="bob"))
    agent = await accounts.create_agent(OPERATOR, NewAgent(name="mia", domain="second.example"))
    for name in (NAME, "second.example"):
        with pytest.raises(MailError) as refused:
            await world.domains.remove(OPERATOR, name)
        assert refused.value.code == "domain_in_use"
    await accounts.delete_agent(OPERATOR, AgentId(agent.agent.id))
    await world.domains.remove(OPERATOR, "second.example")
    assert [one.name for one in await world.domains.domains(OPERATOR)] == [NAME]
    assert await world.stores.accounts.dkim_keys(old.id) == ()
    assert await world.domains.hosted("autoconfig.second.example") == ""
    assert (await world.domains.add(OPERATOR, "second.example")).id != old.id
    assert "domain.removed" in await events(world)


@pytest.mark.parametrize("name", ["localhost", "[192.0.2.1]", "a b.example", ""])
async def test_names_without_a_zone_are_no_domains(world: World, name: str) -> None:
    with pytest.raises(MailError):
        await world.domains.add(OPERATOR, name)


HOSTED = (
    ("example.org", NAME),
    ("AUTOCONFIG.Example.org.", NAME),
    ("mta-sts.example.org", NAME),
    ("mail.example.org", NAME),
    ("www.example.org", ""),
    ("autoconfig.example.net", ""),
    ("autoconfig", ""),
    ("", ""),
    ("\udcff", ""),
    ("[192.0.2.1]", ""),
    ("é" * 10_000, ""),
)


async def test_strangers_learn_only_whether_a_domain_is_ours(world: World) -> None:
    await world.domains.add(OPERATOR, NAME)
    assert [(host, await world.domains.hosted(host)) for host, _ in HOSTED] == list(HOSTED)


@pytest.mark.parametrize("address", ["you@owner.example", "ann@firm.example"])
async def test_a_domain_where_a_person_has_their_address_is_refused(
    world: World, address: str
) -> None:
    """An agent could have that address then, and read the notices by which the person decides."""
    accounts = Accounts(
        store=world.stores.accounts,
        policy=world.stores.policy,
        secrets=world.secrets,
        config=world.config,
        clock=world.clock,
    )
    await accounts.create_person(
        OPERATOR, name="Ann", email="ann@firm.example", role=PersonRole.APPROVER
    )
    domain = address.rpartition("@")[2]
    with pytest.raises(MailError) as refused:
        await world.domains.add(OPERATOR, domain.title())
    assert (refused.value.code, address in refused.value.message) == ("domain_has_person", True)
    await world.domains.add(OPERATOR, f"sub.{domain}")


async def test_an_owner_in_any_domain_of_the_server_is_refused_at_the_start(world: World) -> None:
    """The configuration may have been changed since the domain was added."""
    await world.domains.add(OPERATOR, "second.example")
    await world.domains.require_owner_outside()
    config = config_of(world.config.server.data_dir)
    server = config.server.model_copy(update={"owner": "mia@Second.Example"})
    domains = Domains(
        store=world.stores.accounts,
        secrets=world.secrets,
        resolver=resolver_of(world.zone),
        config=config.model_copy(update={"server": server}),
        clock=world.clock,
    )
    with pytest.raises(MailError, match=r"mia@Second\.Example is on this server"):
        await domains.require_owner_outside()
