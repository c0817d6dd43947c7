"""MTA-STS policies of others, from a real web server with a real certificate (RFC 8461)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.demo.zone import Zone
from mailcore.model import StsMode, StsPolicy
from mailcore.net.fetch import Fetcher
from mailcore.net.tls import client_context
from mailcore.outbound.host_tls import Finding
from mailcore.outbound.mtasts import MtaSts, PolicyError, allows, parse_policy, record_id
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.authority import Issued, issue
from tests.support.blueprint import lay_out
from tests.support.clock import FakeClock
from tests.support.dns import resolver_of, serving
from tests.support.invariants import check_invariants
from tests.support.policy_host import PolicyHost, policy, policy_host

DOMAIN = "far.example"
POLICY_NAME = f"mta-sts.{DOMAIN}"
RECORD = f"_mta-sts.{DOMAIN}"
NOW = FakeClock().now()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return issue(tmp_path_factory.mktemp("ca"), [POLICY_NAME])


@dataclass
class World:
    sts: MtaSts
    host: PolicyHost
    zone: Zone
    clock: FakeClock
    stores: Stores

    def publish(self, policy_id: str) -> None:
        self.zone.remove(RECORD)
        self.zone.add(RECORD, "TXT", f"v=STSv1; id={policy_id};")


@asynccontextmanager
async def world(folder: Path, issued: Issued, authority: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    lay_out(folder)
    maildir = Maildir(folder)
    async with (
        serving((POLICY_NAME, "A", "127.0.0.1")) as zone,
        policy_host(issued) as host,
        SqliteStore.open(folder, maildir, clock) as stores,
    ):
        resolver = resolver_of(zone)
        context = client_context(is_verified=True, ca_file=authority)

        def fetcher() -> Fetcher:
            return Fetcher(
                resolver=resolver,
                user_agent="test",
                allow_networks=("127.0.0.0/8",),
                ssl_context=context,
            )

        sts = MtaSts(
            store=stores.tls,
            resolver=resolver,
            fetchers=fetcher,
            clock=clock,
            https_port=host.port,
        )
        host.text = policy("mx.far.example")
        yield World(sts, host, zone, clock, stores)
        await check_invariants(stores)
    maildir.close()


@pytest.fixture
async def far(tmp_path: Path, issued: Issued) -> AsyncIterator[World]:
    async with world(tmp_path, issued, issued.authority) as one:
        one.publish("1")
        yield one


async def test_a_domain_without_a_record_is_not_asked(far: World) -> None:
    far.zone.remove(RECORD)
    assert (await far.sts.of(DOMAIN)).policy is None
    assert far.host.asked == 0


async def test_a_policy_is_fetched_once_for_its_id(far: World) -> None:
    first = (await far.sts.of(DOMAIN)).policy
    assert first is not None
    assert (first.mode, first.mx) == (StsMode.ENFORCE, ("mx.far.example",))
    assert (await far.sts.of(DOMAIN)).policy == first
    assert far.host.asked == 1


async def test_another_id_fetches_again(far: World) -> None:
    await far.sts.of(DOMAIN)
    far.host.text = policy("other.far.example", mode="testing")
    far.publish("2")
    found = (await far.sts.of(DOMAIN)).policy
    assert found is not None
    assert (found.policy_id, found.mode, found.mx) == ("2", StsMode.TESTING, ("other.far.example",))


async def test_a_policy_holds_without_its_record_and_without_dns(far: World) -> None:
    """RFC 8461 §3.3: who blocks DNS must not turn TLS off."""
    first = (await far.sts.of(DOMAIN)).policy
    far.zone.remove(RECORD)
    assert (await far.sts.of(DOMAIN)).policy == first
    far.zone.fail(RECORD)
    assert (await far.sts.of(DOMAIN)).policy == first


async def test_a_policy_holds_while_its_successor_cannot_be_had(far: World) -> None:
    first = (await far.sts.of(DOMAIN)).policy
    far.host.status = 500
    far.publish("2")
    answer = await far.sts.of(DOMAIN)
    assert answer.policy == first
    assert answer.error is not None
    assert answer.error.finding is Finding.NO_POLICY


async def test_a_policy_ends_at_its_age(far: World) -> None:
    assert (await far.sts.of(DOMAIN)).policy is not None
    far.zone.remove(RECORD)
    far.clock.advance(timedelta(seconds=86401))
    assert (await far.sts.of(DOMAIN)).policy is None


async def test_a_failed_fetch_is_not_repeated_at_once(far: World) -> None:
    """RFC 8461 §3.3."""
    far.host.status = 404
    for _ in range(3):
        answer = await far.sts.of(DOMAIN)
        assert answer.policy is None
        assert answer.error is not None
    assert far.host.asked == 1
    far.clock.advance(301)
    far.host.status = 200
    assert (await far.sts.of(DOMAIN)).policy is not None


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"status": 301}, Finding.NO_POLICY),
        ({"content_type": "text/html"}, Finding.BAD_POLICY),
        ({"text": "version: STSv1\nmode: enforce\n"}, Finding.BAD_POLICY),
        ({"text": policy("mx.far.example") + " " * 70000}, Finding.BAD_POLICY),
    ],
)
async def test_what_is_no_policy_is_none(
    far: World, change: dict[str, object], finding: Finding
) -> None:
    for name, value in change.items():
        setattr(far.host, name, value)
    answer = await far.sts.of(DOMAIN)
    assert answer.policy is None
    assert answer.error is not None
    assert answer.error.finding is finding


async def test_a_policy_host_must_prove_its_name(tmp_path: Path, issued: Issued) -> None:
    stranger = issue(tmp_path / "stranger", [POLICY_NAME])
    async with world(tmp_path, issued, stranger.authority) as far:
        far.publish("1")
        answer = await far.sts.of(DOMAIN)
    assert answer.policy is None
    assert answer.error is not None
    assert answer.error.finding is Finding.BAD_POLICY_HOST


async def test_policies_are_renewed_before_they_end(far: World) -> None:
    await far.sts.of(DOMAIN)
    assert await far.sts.renew() == 0
    far.clock.advance(timedelta(hours=23, minutes=59))
    assert await far.sts.renew() == 0
    far.host.text = policy("mx.far.example", max_age=10 * 86400)
    far.publish("2")
    await far.sts.of(DOMAIN)
    far.clock.advance(timedelta(days=2))
    assert await far.sts.renew() == 1
    kept = await far.stores.tls.sts_policy(DOMAIN)
    assert kept is not None
    assert kept.fetched_at == far.clock.now()


async def test_what_has_ended_is_forgotten(far: World) -> None:
    await far.sts.of(DOMAIN)
    far.clock.advance(timedelta(days=2))
    await far.sts.renew()
    assert await far.stores.tls.sts_policy(DOMAIN) is None


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ((b"v=STSv1; id=20260101T000000Z;",), "20260101T000000Z"),
        ((b"v=STSv1;id=a",), "a"),
        ((b"v=STSv1; x=y; id=a; ext=1",), "a"),
        ((b"other", b"v=STSv1; id=a;"), "a"),
        ((b"v=STSv1; id=a;", b"v=STSv1; id=b;"), ""),
        ((b"v=STSv2; id=a;",), ""),
        ((b"v=STSv1; id=;",), ""),
        ((b"v=STSv1; id=not-alphanumeric;",), ""),
        ((b"v=STSv1; id=" + b"a" * 33,), ""),
        ((b"v=STSv1",), ""),
        ((), ""),
    ],
)
def test_the_record(texts: tuple[bytes, ...], found: str) -> None:
    """RFC 8461 §3.1."""
    assert record_id(texts) == found


@pytest.mark.parametrize(
    "body",
    [
        "",
        "version: STSv2\nmode: enforce\nmx: a.test\nmax_age: 1\n",
        "version: STSv1\nmode: strict\nmx: a.test\nmax_age: 1\n",
        "version: STSv1\nmode: enforce\nmax_age: 1\n",
        "version: STSv1\nmode: enforce\nmx: a.test\n",
        "version: STSv1\nmode: enforce\nmx: a.test\nmax_age: -1\n",
        "version: STSv1\nmode: enforce\nmx: a.test\nmax_age: ١\n",
        "version: STSv1\nmode: enforce\nmx: *.*.test\nmax_age: 1\n",
        "version: STSv1\nmode: enforce\nmx: a b.test\nmax_age: 1\n",
        "version: STSv1\nmode: enforce\nno colon\nmx: a.test\nmax_age: 1\n",
        "version: STSv1\nmode: enforce\n" + "mx: a.test\n" * 101 + "max_age: 1\n",
    ],
)
def test_a_policy_that_breaks_the_rules_is_none(body: str) -> None:
    """RFC 8461 §3.2."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(DOMAIN, "1", body.encode(), NOW)
    assert caught.value.finding is Finding.BAD_POLICY


def test_a_policy_may_have_what_we_do_not_know() -> None:
    body = b"version: STSv1\nmode: none\nnews: x\nmode: enforce\nmax_age: 99999999999\n"
    with pytest.raises(PolicyError):
        parse_policy(DOMAIN, "1", body, NOW)
    found = parse_policy(DOMAIN, "1", body.replace(b"99999999999", b"999999999"), NOW)
    assert found.mode is StsMode.NONE
    assert found.expires_at == NOW + timedelta(seconds=31_557_600)


@pytest.mark.parametrize(
    ("pattern", "host", "is_allowed"),
    [
        ("mx.far.example", "mx.far.example", True),
        ("mx.far.example", "MX.far.example.", True),
        ("mx.far.example", "a.mx.far.example", False),
        ("*.far.example", "mx.far.example", True),
        ("*.far.example", "a.mx.far.example", False),
        ("*.far.example", "far.example", False),
        ("*.far.example", "mxfar.example", False),
    ],
)
def test_hosts_a_policy_allows(pattern: str, host: str, is_allowed: bool) -> None:
    """RFC 8461 §4.1."""
    found = StsPolicy(
        domain=DOMAIN,
        policy_id="1",
        mode=StsMode.ENFORCE,
        mx=(pattern,),
        fetched_at=NOW,
        expires_at=NOW,
    )
    assert allows(found, host) is is_allowed
