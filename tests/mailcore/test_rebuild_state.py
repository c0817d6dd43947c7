"""The database is lost: what the API shows afterwards is what it showed before, on the safe side."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mailcore.address import parse_address
from mailcore.app import upkeep
from mailcore.clock import SystemClock
from mailcore.ids import DEFAULT_POD, QuarantineId, new_id
from mailcore.mirror import MANIFEST
from mailcore.model import AuthReport, Quarantined, QuarantineReason, QuarantineStatus, Security
from mailcore.store.sqlite import DATABASE_FILE
from mailcore.store.sqlite.state_copy import STATE_FILE
from mailcore.store.sqlite.state_tables import COPIED
from tests.support import hook_live
from tests.support.build import audit
from tests.support.http_live import Live, config_of, running
from tests.support.http_world import Belongings, furnish
from tests.support.mirroring import mirror

LISTS = (
    *("agents", "agents/directory", "aliases", "channels", "contacts", "domains", "folders"),
    *("guard/policies", "guard/secrets", "guard/taints", "identities", "keys", "people"),
    *("queue-pauses", "rules", "settings", "signatures", "smarthosts", "spam-log", "suppressions"),
    *("tags", "tasks", "templates", "threads", "trusted-domains", "webhooks", "messages"),
    *("quarantine", "workspace"),
)
WITHOUT_API = {
    "attempts": "nothing was sent in this test",
    "channel_links": "its bots need a chat service",
    "channel_messages": "its bots need a chat service",
    "channels": "its bots need a chat service",
    "domain_checks": "the domain was not verified",
    "dkim_keys": "the domain of the test has none",
    "hold_copies": "no owner has a mailbox here",
    "received_reports": "no report came in",
    "report_counts": "no domain asked for reports",
    "rule_applications": "no rule ran here",
    "rule_replies": "no rule ran here",
    "spent_tokens": "nobody decided by mail here",
    "sts_policies": "nothing was sent in this test",
    "tls_levels": "nothing was sent in this test",
    "metadata": "set over IMAP; see the test of every table",
    "dedupe": "the mail of the test is placed directly",
    "hold_versions": "nobody changes held mail here",
    "stranger_digests": "no chat is asked here",
    "likenesses": "the guard of the test keeps none",
    "pending_bytes": "the mirror wrote every file",
    "taints": "no agent read an injection here",
}
"""Copied tables that this test leaves empty; every row of each is compared in the test of the tables."""

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What there was."""

    master: str
    mia: Belongings
    held: str
    shown: dict[str, Any]
    raw: dict[str, bytes]


async def call(client: aiohttp.ClientSession, method: str, path: str, **fields: object) -> Json:
    async with client.request(method, f"/v1/{path}", json=fields or None) as answer:
        assert answer.status < 300, (path, await answer.text())
        document: Json = await answer.json()
        return document


async def arrange(live: Live, client: aiohttp.ClientSession, mia: Belongings) -> None:
    """What only the owner sets, one of each."""
    inbox, contact = mia.ids["identity_id"], mia.ids["contact_id"]
    await call(client, "PATCH", f"contacts/{contact}", status="blocked", tags=["vip"])
    await call(client, "PATCH", f"identities/{inbox}/policy", quota_bytes=10**9)
    await call(client, "PATCH", f"identities/{inbox}/sending", timezone="Europe/Berlin")
    await call(client, "PATCH", "settings", hold_expiry_days=9)
    await call(client, "POST", "trusted-domains", domain="friends.example")
    await call(client, "POST", "suppressions", address="gone@else.example", note="asked")
    await call(
        client, "POST", "smarthosts", agent="mia", host="127.0.0.1", port=465, user="m", secret="s"
    )
    await call(client, "POST", "queue-pauses", domain="slow.example", reason="later")
    await call(client, "POST", "guard/secrets", name="vault", secret="correct horse battery staple")
    await call(client, "POST", "guard/policies", rule="pii.*", severity="low", reason="ours")
    await call(client, "POST", "people", name="Ann", email="ann@owner.example", role="approver")
    item = Quarantined(
        id=QuarantineId(new_id()),
        pod_id=DEFAULT_POD,
        inbox_id=inbox,  # type: ignore[arg-type] # ids are of any kind there
        dedupe_key=b"k",
        status=QuarantineStatus.PENDING,
        reason=QuarantineReason.UNKNOWN_SENDER,
        sender=parse_address("stranger@else.example"),
        sender_name="",
        subject="May I?",
        mail_from=parse_address("stranger@else.example"),
        recipients=(),
        is_proven=False,
        auth=AuthReport(spf="none", dkim="none", dmarc="none", is_aligned=False),
        security=Security(),
        size_bytes=len(RAW),
        received_at=SystemClock().now(),
        expires_at=SystemClock().now() + timedelta(days=30),
    )
    await live.stores.quarantine.quarantine(item, RAW, audit())


RAW = b"From: stranger@else.example\r\nSubject: May I?\r\n\r\nHello."


async def look(client: aiohttp.ClientSession, mia: Belongings) -> dict[str, Any]:
    """Every resource, by its list and the few that have more than a list."""
    shown = {name: await call(client, "GET", name) for name in LISTS}
    for name in ("message_id", "thread_id", "draft_id", "task_id", "webhook_id"):
        kind = {"webhook_id": "webhooks"}.get(name, f"{name.removesuffix('_id')}s")
        shown[name] = await call(client, "GET", f"{kind}/{mia.ids[name]}")
    for name in ("policy", "sending"):
        shown[name] = await call(client, "GET", f"identities/{mia.ids['identity_id']}/{name}")
    return shown


async def octets(client: aiohttp.ClientSession, path: str) -> bytes:
    async with client.get(f"/v1/{path}/raw") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read()


@asynccontextmanager
async def again(data_dir: Path, world: World) -> AsyncIterator[aiohttp.ClientSession]:
    async with running(data_dir, master=world.master) as live, live.client(world.master) as client:
        yield client


async def fill(data_dir: Path) -> World:
    """A server with one of everything, and the copy as it is kept while it runs."""
    async with (
        running(data_dir) as live,
        hook_live.receiving() as hooks,
        live.client(live.master) as client,
    ):
        mia = await furnish(live, "mia", hooks)
        await arrange(live, client, mia)
        held = str(mia.ids["hold_id"])
        await mirror(live.stores).drain(everything=True)
        shown = await look(client, mia)
        raw = {
            one: await octets(client, one)
            for one in (f"holds/{held}", f"messages/{shown['message_id']['id']}")
        }
        await live.stores.state.follow()
        return World(master=live.master, mia=mia, held=held, shown=shown, raw=raw)


def delete(database: Path) -> None:
    """With the manifests, which the copy makes unnecessary."""
    tree = database.parent.parent / "mail"
    for path in (*database.parent.glob("*"), *tree.glob(f"*/{MANIFEST}")):
        path.unlink()


def overwrite(database: Path) -> None:
    database.write_bytes(b"\xa5" * database.stat().st_size)


def keep(database: Path) -> None:
    """It is whole, and a rebuild was killed before."""
    (database.parent / "rebuild").mkdir()
    (database.parent / "rebuild" / database.name).write_bytes(b"half")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "server.key").write_bytes(b"r" * 32)
    return tmp_path / "data"


@pytest.mark.parametrize("lose", [delete, overwrite, keep])
async def test_every_resource_comes_back(data_dir: Path, lose: Callable[[Path], None]) -> None:
    """Ids, logins, verdicts, settings and bytes; what may have left waits for a person."""
    world = await fill(data_dir)
    with closing(sqlite3.connect(data_dir / STATE_FILE)) as copy:
        rows = {one: copy.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in COPIED}
    assert {one for one, count in rows.items() if not count} == set(WITHOUT_API)
    lose(data_dir / DATABASE_FILE)
    came = await upkeep.rebuild(config_of(data_dir))
    assert came.restored is not None, came.unusable
    assert (came.restored.asked.held, came.restored.asked.lost) == (4, ())
    assert came.done.inboxes == []
    async with again(data_dir, world) as client:
        shown = await look(client, world.mia)
        threads = {one["id"]: one for one in shown.pop("threads")["data"]}
        for thread in world.shown.pop("threads")["data"]:
            assert tidy({**threads[thread["id"]], "status": ""}) == tidy({**thread, "status": ""})
            assert threads[thread["id"]]["status"] in (thread["status"], "draft_pending")
        for name, before in world.shown.items():
            assert tidy(shown[name]) == tidy(before), name
        for path, raw in world.raw.items():
            assert await octets(client, path) == raw
        assert (await call(client, "GET", "queue?state=due"))["data"] == []
        holds = (await call(client, "GET", "holds?status=pending"))["data"]
        assert {one["reason"] for one in holds} == {"restored"}
        ids = {one["message_id"] for one in holds}
        assert ids >= {world.mia.ids["sent_id"], world.mia.ids["scheduled_id"]}
        await release(client, world, holds)
        log = await call(client, "GET", "audit?action=store.rebuild")
        assert [one["detail"]["held"] for one in log["data"]] == [4]


async def release(client: aiohttp.ClientSession, world: World, holds: list[Json]) -> None:
    """What had left the door before has its Sent copy already."""
    sent = f"messages?folder=Sent&identity_id={world.mia.ids['identity_id']}"
    before = await call(client, "GET", sent)
    (hold,) = [one for one in holds if one["message_id"] == world.mia.ids["sent_id"]]
    await call(client, "POST", f"holds/{hold['id']}/approve")
    assert (await call(client, "GET", sent))["total"] == before["total"] == 1
    (row,) = (await call(client, "GET", "queue?state=due"))["data"]
    assert row["message_id"] == world.mia.ids["sent_id"]


VOLATILE = frozenset({"last_used_at", "last_activity_at", "age_seconds"})
"""What time and calls themselves change."""


def tidy(value: Any) -> Any:
    """A document without what may differ."""
    if isinstance(value, dict):
        return {name: tidy(one) for name, one in value.items() if name not in VOLATILE}
    return [tidy(one) for one in value] if isinstance(value, list) else value
