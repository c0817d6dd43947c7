"""Keys that may do less: for one inbox, with some permissions, for those who only look."""

import re
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from httpapi.operations import OPERATIONS
from mailcore.credentials import OPERATOR
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import KeyId
from mailcore.model import INBOX, Flag, KeyRole, Permission, PersonRole, SpecialUse
from mailcore.outbound.outgoing import OutgoingMail
from mailcore.store.ports import FlagMode
from tests.support.clock import FakeClock
from tests.support.http_live import SECRET, Live, running
from tests.support.mail_samples import plain

MAIL = {"to": "bob@example.com", "subject": "Hello", "text": "Hi Bob."}
NOWHERE = "01890000-0000-7000-8000-000000000000"


async def _code(answer: aiohttp.ClientResponse) -> str:
    return str((await answer.json())["code"])


async def _key(client: aiohttp.ClientSession, **fields: object) -> dict[str, str]:
    async with client.post("/v1/keys", json={"name": "k", **fields}) as answer:
        assert answer.status == 201, await answer.text()
        document: dict[str, str] = await answer.json()
        return document


async def _viewer(live: Live) -> str:
    created = await live.services.accounts.create_key(OPERATOR, role=KeyRole.VIEWER, name="Vera")
    return created.token


async def test_a_viewer_changes_nothing(tmp_path: Path) -> None:
    """Every operation that is no GET is 403 with a viewer's key, and with a key that only reads."""
    async with running(tmp_path) as live, live.client(live.master) as master:
        await live.agent("mia")
        reader = await _key(master, role="agent", agent="mia", permissions=["read"])
        for key in (await _viewer(live), reader["api_key"]):
            async with live.client(key) as client:
                for one in OPERATIONS:
                    if one.method == "GET":
                        continue
                    path = re.sub(r"\{\w+\}", NOWHERE, one.path)
                    async with client.request(one.method, path, json={}) as answer:
                        assert answer.status == 403, (one.name, await answer.text())


async def test_a_viewer_reads_everything(tmp_path: Path) -> None:
    """Every list of the pod but what guards it, mail of every inbox, holds with their findings."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        letter = await live.receive(mia.inbox.id, plain())
        async with (
            live.client(mia.api_key) as client,
            client.post("/v1/messages", json={**MAIL, "text": SECRET}) as answer,
        ):
            hold_id = (await answer.json())["hold_id"]
        lists = [
            one.path for one in OPERATIONS if one.method == "GET" and "{" not in one.path
            and one.name not in ("wait_for_message", "list_events")
            and one.tag != "Guard"
        ]  # fmt: skip
        async with live.client(await _viewer(live)) as client:
            for path in lists:
                assert (await client.get(path)).status == 200, path
            async with client.get(f"/v1/messages/{letter.id}") as answer:
                assert (await answer.json())["subject"] == "Lunch on Friday"
            async with client.get(f"/v1/holds/{hold_id}") as answer:
                assert (await answer.json())["findings"][0]["masked"] == "hu***r2"
            async with client.get("/v1/events?since=0") as answer:
                assert "email.received" in {one["type"] for one in (await answer.json())["data"]}
            for verb in ("approve", "reject"):
                assert (await client.post(f"/v1/holds/{hold_id}/{verb}")).status == 403
            async with client.get("/v1/keys/current") as answer:
                me = await answer.json()
            assert (me["role"], me["permissions"]) == ("viewer", ["read"])


async def test_a_key_for_one_inbox_sees_no_other(tmp_path: Path) -> None:
    """The agent's other addresses, their mail and their holds are not there for it."""
    async with running(tmp_path) as live, live.client(live.master) as master:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            async with client.post("/v1/identities", json={"local_part": "desk"}) as answer:
                desk = await answer.json()
            first = await live.receive(mia.inbox.id, plain())
            held = {**MAIL, "text": SECRET, "identity_id": mia.inbox.id}
            async with client.post("/v1/messages", json=held) as answer:
                hold_id = (await answer.json())["hold_id"]
        made = await _key(master, role="agent", agent="mia", inbox_id=desk["id"])
        assert made["inbox_id"] == desk["id"]
        async with live.client(made["api_key"]) as client:
            async with client.get("/v1/identities") as answer:
                assert [one["id"] for one in (await answer.json())["data"]] == [desk["id"]]
            for path in (
                f"/v1/messages/{first.id}",
                f"/v1/threads/{first.thread_id}",
                f"/v1/identities/{mia.inbox.id}",
                f"/v1/holds/{hold_id}",
                f"/v1/messages?identity_id={mia.inbox.id}",
            ):
                assert (await client.get(path)).status == 404, path
            for path in ("/v1/messages", "/v1/holds", "/v1/queue", "/v1/threads"):
                async with client.get(path) as answer:
                    assert (await answer.json())["total"] == 0, path
            async with client.get("/v1/events?since=0") as answer:
                inboxes = {one["data"].get("inbox_id") for one in (await answer.json())["data"]}
            assert mia.inbox.id not in inboxes
            async with client.post("/v1/messages", json=MAIL) as answer:
                assert answer.status == 202
            assert (await client.post("/v1/identities", json={"local_part": "x"})).status == 403
            assert (await client.get("/v1/webhooks")).status == 403
            async with client.get("/v1/keys") as answer:
                assert [one["id"] for one in (await answer.json())["data"]] == [made["id"]]
        credentials = live.services.credentials
        login = await credentials.login(desk["email"], made["api_key"], peer="192.0.2.1")
        assert login.inbox.id == desk["id"]
        with pytest.raises(MailError) as caught:
            await credentials.login(str(mia.inbox.address), made["api_key"], peer="192.0.2.1")
        assert caught.value.kind is ErrorKind.UNAUTHENTICATED


async def test_permissions_hold_in_the_services(tmp_path: Path) -> None:
    """Whichever way the key comes in: mailboxes, flags, contacts, the door out."""
    async with running(tmp_path) as live, live.client(live.master) as master:
        mia = await live.agent("mia")
        letter = await live.receive(mia.inbox.id, plain())
        made = await _key(master, role="agent", agent="mia", permissions=["read"])
        services = live.services
        actor = await services.credentials.bearer(made["api_key"], peer="")
        inbox_id = mia.inbox.id
        mailbox = (await services.mailboxes.open(actor, inbox_id, INBOX)).mailbox
        same = await services.mailboxes.mailbox(actor, inbox_id, INBOX)
        uids = [(letter.uid, letter.uid)]
        for attempt in (
            services.mailboxes.create(actor, inbox_id, "new"),
            services.mailboxes.delete(actor, inbox_id, "Sent"),
            services.mailboxes.rename(actor, inbox_id, "Sent", "sent2"),
            services.mailboxes.subscribe(actor, inbox_id, "Sent", is_subscribed=False),
            services.mailboxes.set_flags(mailbox, uids, FlagMode.ADD, Flag.SEEN),
            services.mailboxes.set_flags(same, uids, FlagMode.ADD, Flag.SEEN),
            services.mailboxes.expunge(mailbox, uids, only_deleted=False),
            services.mailboxes.move(
                mailbox, uids, await services.mailboxes.special(actor, inbox_id, SpecialUse.TRASH)
            ),
            services.tags.create(actor, inbox_id, "x", "#000000"),
            services.submission.send(
                actor, OutgoingMail(to=("bob@example.com",), text="x", inbox_id=inbox_id)
            ),
            services.accounts.reset_password(actor, inbox_id),
        ):
            with pytest.raises(MailError) as caught:
                await attempt
            assert (caught.value.kind, caught.value.code) == (
                ErrorKind.DENIED,
                "permission_missing",
            )
        sender = await _key(master, role="agent", agent="mia", permissions=["read", "send"])
        async with live.client(sender["api_key"]) as client:
            assert (await client.post("/v1/messages", json=MAIL)).status == 202
            async with client.patch(f"/v1/messages/{letter.id}", json={"is_read": True}) as answer:
                assert (answer.status, await _code(answer)) == (403, "permission_missing")


async def test_a_key_is_replaced_with_an_overlap(tmp_path: Path) -> None:
    """The new one has the rights of the old one, which ends when it was said."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live, live.client(live.master) as master:
        await live.agent("mia")
        old = await _key(master, role="agent", agent="mia", permissions=["read"])
        path = f"/v1/keys/{old['id']}"
        async with master.post(f"{path}/rotate", json={"overlap_seconds": 60}) as answer:
            assert answer.status == 201
            new = await answer.json()
        assert (new["permissions"], new["agent_id"]) == (["read"], old["agent_id"])
        async with live.client(old["api_key"]) as before, live.client(new["api_key"]) as after:
            assert (await before.get("/v1/messages")).status == 200
            clock.advance(timedelta(seconds=61))
            assert (await before.get("/v1/messages")).status == 401
            assert (await after.get("/v1/messages")).status == 200
            assert (await after.get(path)).status == 200
        async with master.post(f"{path}/rotate", json={}) as answer:
            assert (answer.status, await _code(answer)) == (409, "key_ended")
        async with master.post(f"/v1/keys/{NOWHERE}/rotate", json={}) as answer:
            assert answer.status == 404
        assert (await master.get(f"/v1/keys/{NOWHERE}")).status == 404


async def test_what_a_key_cannot_be_is_refused(tmp_path: Path) -> None:
    """A foreign inbox, a narrowed master key, no permission, a viewer that decides."""
    async with running(tmp_path) as live, live.client(live.master) as master:
        await live.agent("mia")
        bob = await live.agent("bob")
        for wrong in (
            {"role": "agent", "agent": "mia", "inbox_id": bob.inbox.id},
            {"role": "agent", "agent": "mia", "inbox_id": NOWHERE},
            {"role": "agent", "agent": "mia", "permissions": []},
            {"role": "agent", "agent": "mia", "permissions": ["fly"]},
            {"role": "master", "permissions": ["read"]},
            {"role": "approver", "inbox_id": bob.inbox.id},
        ):
            async with master.post("/v1/keys", json={"name": "k", **wrong}) as answer:
                assert answer.status in (400, 404), (wrong, await answer.text())
        person = await live.services.accounts.create_person(
            OPERATOR, name="Vera", email="vera@example.net", role=PersonRole.VIEWER
        )
        async with master.post(f"/v1/people/{person.id}/keys", json={}) as answer:
            made = await answer.json()
        assert (made["role"], made["permissions"]) == ("viewer", ["read"])
        with pytest.raises(MailError):
            await live.services.accounts.create_key(
                OPERATOR, role=KeyRole.APPROVER, name="x", person_id=person.id
            )
        stored = await live.services.accounts.key(OPERATOR, KeyId(made["id"]))
        assert stored.permissions == {Permission.READ}
