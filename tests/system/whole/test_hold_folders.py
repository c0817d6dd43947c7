"""Deciding in a mail client: Held, Approved and Rejected in the owner's inbox (product §5.4)."""

import asyncio
import imaplib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from mailcore.channels.folders import FOLDERS
from tests.support.running import ANA, LEAK, SECRET, WAIT_SECONDS, Agent, Running, decoded, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("folders")) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mia(server: Running) -> Agent:
    return await server.agent("mia")


async def in_client[T](
    server: Running, act: Callable[[imaplib.IMAP4_SSL], T], login: tuple[str, str] | None = None
) -> T:
    """What the owner does in a mail client."""
    owner = server.made["owner_inbox"]
    name, password = login or (owner["username"], owner["password"])

    def run() -> T:
        port = server.ports["imaps"]
        with imaplib.IMAP4_SSL("localhost", port, ssl_context=server.tls()) as client:
            client.login(name, password)
            return act(client)

    return await asyncio.to_thread(run)


def contents(client: imaplib.IMAP4_SSL, folder: str) -> list[tuple[str, bytes]]:
    """The UID with flags, and the bytes, of every message in a folder."""
    if client.select(folder)[0] != "OK":
        return []
    _, found = client.fetch("1:*", "(UID FLAGS BODY.PEEK[])")
    return [(one[0].decode(), one[1]) for one in found if isinstance(one, tuple)]


def move(client: imaplib.IMAP4_SSL, number: bytes, folder: str, *, by_copy: bool = False) -> str:
    if not by_copy:
        return str(client._simple_command("MOVE", number.decode(), folder)[0])
    client.copy(number, folder)
    client.store(number, "+FLAGS", r"(\Deleted)")
    return client.expunge()[0]


async def found(server: Running, hold_id: str, folder: str) -> tuple[str, bytes]:
    """The message that shows a hold, once it lies in the folder."""
    since = 0
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            events = await server.ok("GET", f"/v1/events?since={since}&wait=1")
            since = events["next"]
            for line, raw in await in_client(server, lambda client: contents(client, folder)):
                if hold_id.encode() in decoded(raw):
                    return line, raw


async def held(server: Running, mia: Agent, text: str) -> str:
    body = {"to": [ANA], "subject": "Access", "text": f"{text}: {LEAK}"}
    made = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    return str(made["hold_id"])


async def moved(server: Running, hold_id: str, folder: str, *, by_copy: bool = False) -> None:
    line, _ = await found(server, hold_id, "Held")
    number = line.split()[0].encode()

    def act(client: imaplib.IMAP4_SSL) -> str:
        client.select("Held")
        return move(client, number, folder, by_copy=by_copy)

    assert await in_client(server, act) == "OK"


async def status(server: Running, hold_id: str, wanted: str) -> dict[str, Any]:
    path = f"/v1/holds/{hold_id}"
    return dict(await server.until(path, lambda one: one["status"] == wanted))


async def test_a_held_message_lies_in_held_with_everything(server: Running, mia: Agent) -> None:
    hold_id = await held(server, mia, "look")
    _, raw = await found(server, hold_id, "Held")
    assert b"message/rfc822" in raw
    assert SECRET in decoded(raw)
    text = decoded(raw).partition(b"message/rfc822")[0]
    assert SECRET not in text
    assert ANA.encode() in text


@pytest.mark.parametrize("by_copy", [False, True])
async def test_a_move_to_approved_sends(server: Running, mia: Agent, by_copy: bool) -> None:
    hold_id = await held(server, mia, f"approve {by_copy}")
    await moved(server, hold_id, "Approved", by_copy=by_copy)
    shown = await status(server, hold_id, "released")
    assert (shown["decided_via"], shown["decided_by"]) == ("imap", "person:you@owner.example")
    await server.queue_is_empty()
    said = f"approve {by_copy}".encode()
    assert sum(said in decoded(one.raw) for one in server.leaked()) == 1


async def test_a_move_to_rejected_discards(server: Running, mia: Agent) -> None:
    hold_id = await held(server, mia, "reject this")
    await moved(server, hold_id, "Rejected")
    await status(server, hold_id, "rejected")
    await server.queue_is_empty()
    assert not [one for one in server.leaked() if b"reject this" in decoded(one.raw)]


@pytest.mark.parametrize(("verb", "folder"), [("approve", "Approved"), ("reject", "Rejected")])
async def test_a_decision_elsewhere_moves_it(
    server: Running, mia: Agent, verb: str, folder: str
) -> None:
    hold_id = await held(server, mia, f"elsewhere {verb}")
    await found(server, hold_id, "Held")
    await server.ok("POST", f"/v1/holds/{hold_id}/{verb}", {})
    await found(server, hold_id, folder)


async def test_a_refused_decision_goes_back_with_its_reason(server: Running) -> None:
    """One approval of two: the move succeeds, the message is in Held again, a note says why."""
    bob = await server.agent("bob")  # the others' mail needs one person only
    await server.ok("PATCH", f"/v1/identities/{bob.inbox_id}", {"two_people": True})
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq8" * 20
    body = {"to": [ANA], "subject": "Key", "text": key}
    made = await server.ok("POST", "/v1/messages", body, key=bob.api_key)
    hold_id = made["hold_id"]
    await moved(server, hold_id, "Approved")
    line, _ = await found(server, hold_id, "INBOX")
    assert line
    line, _ = await found(server, hold_id, "Held")
    assert "$HoldRefused" in line
    shown = await server.ok("GET", f"/v1/holds/{hold_id}")
    assert (shown["status"], shown["approved_once_by"]) == ("pending", ["person:you@owner.example"])


async def test_an_agents_inbox_has_no_such_folders(server: Running, mia: Agent) -> None:
    hold_id = await held(server, mia, "whose folders")
    await found(server, hold_id, "Held")
    login = (mia.email, mia.password)
    names = await in_client(server, lambda client: str(client.list()), login)
    assert not [one for one in FOLDERS if f"{one}'" in names or f'"{one}"' in names]
