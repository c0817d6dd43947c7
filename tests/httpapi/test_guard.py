"""What the owner tells the guard: the master key only, secrets never shown, policies with a scope."""

from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.accounts import CreatedAgent
from mailcore.address import Address
from mailcore.clock import to_iso
from mailcore.ids import DEFAULT_POD
from mailcore.policy import Easing, NoFingerprints
from tests.support.clock import FakeClock
from tests.support.http_live import Live, running

SECRET = "Kx88-tulip-Zq19-harbour"


async def easings(live: Live, agent: CreatedAgent, *domains: str) -> tuple[Easing, ...]:
    recipients = [Address("ana", domain) for domain in domains]
    _, found = await live.services.protections.facts(DEFAULT_POD, agent.inbox.id, recipients)
    return found


async def test_a_secret_is_kept_as_hashes_listed_by_name_and_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path) as live:
        async with live.client(live.master) as client:
            body = {"name": "vault", "secret": SECRET, "kind": "decoy"}
            async with client.post("/v1/guard/secrets", json=body) as answer:
                added = await answer.json()
            assert answer.status == 201
            async with client.post("/v1/guard/secrets", json=body) as answer:
                problem = await answer.json()
            assert (answer.status, problem["code"]) == (409, "secret_exists")
            async with client.get("/v1/guard/secrets") as answer:
                listed = await answer.json()
            assert [(one["name"], one["kind"]) for one in listed["data"]] == [("vault", "decoy")]
            assert SECRET not in str(listed) + str(added)
            known, _ = await live.services.protections.facts(DEFAULT_POD, None, ())
            assert known.match(SECRET.encode())
            async with client.delete(f"/v1/guard/secrets/{added['id']}") as answer:
                assert answer.status == 204
            async with client.delete(f"/v1/guard/secrets/{added['id']}") as answer:
                assert answer.status == 404
            known, _ = await live.services.protections.facts(DEFAULT_POD, None, ())
            assert isinstance(known, NoFingerprints)
        for file in tmp_path.rglob("*"):
            assert not file.is_file() or SECRET.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/guard/secrets"), ("POST", "/v1/guard/secrets"),
        ("DELETE", "/v1/guard/secrets/x"), ("GET", "/v1/guard/policies"),
        ("POST", "/v1/guard/policies"), ("DELETE", "/v1/guard/policies/x"),
    ],
)  # fmt: skip
async def test_an_agent_neither_reads_nor_changes_it(
    tmp_path: Path, method: str, path: str
) -> None:
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        body = {"name": "vault", "secret": SECRET, "rule": "pii.*", "severity": "low"}
        async with (
            live.client(mia.api_key) as client,
            client.request(method, path, json=body if method == "POST" else None) as answer,
        ):
            assert answer.status == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "vault", "secret": "short"}, "secret"),
        ({"name": "vault", "secret": " \t  a  \u200b \n b  "}, "secret"),
        ({"name": "", "secret": SECRET}, "name"),
    ],
)
async def test_a_secret_that_cannot_be_recognized_is_refused(
    tmp_path: Path, body: dict[str, str], field: str
) -> None:
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.post("/v1/guard/secrets", json=body) as answer:
            problem = await answer.json()
        assert answer.status in (400, 422)
        assert field in str(problem)
        assert SECRET not in str(problem)


async def test_a_policy_counts_for_its_inbox_its_recipients_and_its_time(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with live.client(live.master) as client:
            body = {
                "rule": "pii.iban",
                "severity": "low",
                "identity_id": mia.inbox.id,
                "recipient": "@bank.example",
                "reason": "our bank",
                "expires_at": to_iso(clock.now() + timedelta(days=1)),
            }
            async with client.post("/v1/guard/policies", json=body) as answer:
                assert answer.status == 201
                added = await answer.json()
            assert await easings(live, mia, "bank.example")
            assert not await easings(live, bob, "bank.example")
            assert not await easings(live, mia, "bank.example", "other.example")
            clock.advance(timedelta(days=2))
            assert not await easings(live, mia, "bank.example")
            async with client.delete(f"/v1/guard/policies/{added['id']}") as answer:
                assert answer.status == 204
            async with client.get("/v1/guard/policies") as answer:
                assert (await answer.json())["total"] == 0


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"rule": "pii.unheard_of"}, "rule"),
        ({"rule": "nothing.*"}, "rule"),
        ({"recipient": "no address"}, "recipient"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"severity": "none"}, "severity"),
    ],
)
async def test_a_policy_that_says_nothing_is_refused(
    tmp_path: Path, change: dict[str, str], word: str
) -> None:
    async with running(tmp_path) as live, live.client(live.master) as client:
        body = {"rule": "pii.iban", "severity": "low"} | change
        async with client.post("/v1/guard/policies", json=body) as answer:
            problem = await answer.json()
        assert answer.status in (400, 422)
        assert word in str(problem)
