"""The settings of a server: who sees and changes them, and that a change counts at once."""

from pathlib import Path

import aiohttp
import pytest

from mailcore.clock import SystemClock, to_iso
from mailcore.credentials import OPERATOR
from mailcore.model import KeyRole
from mailcore.settings import Settings
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import SqliteStore
from tests.support.clock import FakeClock
from tests.support.http_live import SECRET, config_of, running

DEFAULTS = {
    "workspace_name": "agents.example",
    "hold_at": "high",
    "hold_expiry_days": 7,
    "two_people": False,
    "max_recipients": 50,
    "repeat_seconds": 10.0,
    "warning_score": 20,
    "spam_score": 40,
    "changed": [],
}


async def test_what_is_not_set_is_as_configured(tmp_path: Path) -> None:
    """And what is set can be set back with null; nothing given changes nothing."""
    async with (
        running(tmp_path, outbound={"hold_expiry_days": 3}) as live,
        live.client(live.master) as client,
    ):
        async with client.get("/v1/settings") as answer:
            assert await answer.json() == {**DEFAULTS, "hold_expiry_days": 3}
        body = {"hold_expiry_days": 14, "workspace_name": "Acme"}
        async with client.patch("/v1/settings", json=body) as answer:
            expected = {**DEFAULTS, **body, "changed": ["hold_expiry_days", "workspace_name"]}
            assert (answer.status, await answer.json()) == (200, expected)
        async with client.patch("/v1/settings", json={}) as answer:
            assert await answer.json() == expected
        async with client.get("/v1/workspace") as answer:
            assert (await answer.json())["name"] == "Acme"
        async with client.patch("/v1/settings", json={"hold_expiry_days": None}) as answer:
            assert (await answer.json())["hold_expiry_days"] == 3


async def test_settings_are_kept_across_a_restart(tmp_path: Path) -> None:
    """They are in the store, not in the process."""
    async with running(tmp_path) as live:
        await live.services.settings.change(OPERATOR, {"spam_score": 60})
    async with SqliteStore.open(tmp_path, Maildir(tmp_path), SystemClock()) as stores:
        again = Settings(store=stores.policy, config=config_of(tmp_path))
        assert (await again.read(OPERATOR)).spam_score == 60


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"hold_expiry_days": 0}, "hold_expiry_days"),
        ({"hold_expiry_days": "7"}, "hold_expiry_days"),
        ({"hold_at": "low"}, "hold_at"),
        ({"workspace_name": "a\nb"}, "workspace_name"),
        ({"workspace_name": ""}, "workspace_name"),
        ({"max_recipients": 51}, "max_recipients"),
        ({"warning_score": 41}, "warning_score"),
        ({"spam_score": 19}, "warning_score"),
        ({"spam_scores": 19}, "spam_scores"),
    ],
)
async def test_a_wrong_setting_is_named(tmp_path: Path, body: object, path: str) -> None:
    """Out of bounds, contradicting another, above what the configuration allows, or unknown."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.patch("/v1/settings", json=body) as answer:
            document = await answer.json()
            assert (answer.status, document["errors"][0]["path"]) == (400, path), document
        async with client.get("/v1/settings") as answer:
            assert await answer.json() == DEFAULTS


async def test_only_the_master_key_changes_settings_and_agents_see_none(tmp_path: Path) -> None:
    """What an agent's mail is measured by is not told to it."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        create = live.services.accounts.create_key
        approver = await create(OPERATOR, role=KeyRole.APPROVER, name="ann")
        viewer = await create(OPERATOR, role=KeyRole.VIEWER, name="vic")
        for key, may_see in ((mia.api_key, 403), (approver.token, 200), (viewer.token, 200)):
            async with live.client(key) as client:
                assert (await client.get("/v1/settings")).status == may_see
                answer = await client.patch("/v1/settings", json={"hold_expiry_days": 90})
                assert answer.status == 403


async def test_settings_have_an_entity_tag(tmp_path: Path) -> None:
    """Two owners do not overwrite each other unseen (RFC 9110 §13.1.1)."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.get("/v1/settings") as answer:
            tag = answer.headers["ETag"]
        known = {"If-None-Match": tag}
        assert (await client.get("/v1/settings", headers=known)).status == 304
        for status in (200, 412):
            async with client.patch(
                "/v1/settings", json={"spam_score": 50}, headers={"If-Match": tag}
            ) as answer:
                assert answer.status == status


async def test_a_change_is_in_the_audit_log(tmp_path: Path) -> None:
    """Who set what to which value."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await client.patch("/v1/settings", json={"hold_at": "medium", "spam_score": None})
        async with client.get("/v1/audit?action=settings.") as answer:
            (row,) = (await answer.json())["data"]
        assert (row["action"], row["actor"]) == ("settings.update", "master")
        assert row["detail"] == {"hold_at": "medium", "spam_score": None}
        assert await live.stores.policy.verify_audit() is None


async def _send(client: aiohttp.ClientSession, **fields: object) -> tuple[int, dict[str, object]]:
    letter = {"to": "bob@example.com", "subject": "Hello", "text": "Hi.", **fields}
    async with client.post("/v1/messages", json=letter) as answer:
        return answer.status, await answer.json()


async def test_sending_follows_the_settings_at_once(tmp_path: Path) -> None:
    """Recipients, retries and the end of a hold, each from the next message on."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live:
        mia = await live.agent("mia")
        async with live.client(live.master) as owner, live.client(mia.api_key) as client:
            await owner.patch(
                "/v1/settings",
                json={"max_recipients": 1, "repeat_seconds": 0, "hold_expiry_days": 2},
            )
            status, problem = await _send(client, cc=["ann@example.com"])
            assert (status, problem["code"]) == (400, "too_many_recipients")
            first, second = await _send(client), await _send(client)
            assert first[1]["id"] != second[1]["id"]
            _, held = await _send(client, text=SECRET)
            async with owner.get(f"/v1/holds/{held['hold_id']}") as answer:
                expires_at = (await answer.json())["expires_at"]
            clock.advance(2 * 86400)
            assert expires_at == to_iso(clock.now())
            await owner.patch("/v1/settings", json={"max_recipients": 2, "repeat_seconds": 60})
            first = await _send(client, text="Again.", cc=["ann@example.com"])
            second = await _send(client, text="Again.", cc=["ann@example.com"])
            assert (first[0], first[1]["id"]) == (202, second[1]["id"])
