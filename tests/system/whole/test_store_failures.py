"""The store fails for a moment while everything runs: nothing ends, nothing is forgotten."""

import asyncio
import imaplib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.store.sqlite.db import Database
from tests.support.running import ANA, LEAK, Agent, Running


def failing_once(
    original: Callable[..., Awaitable[Any]], failed: asyncio.Event
) -> Callable[..., Awaitable[Any]]:
    """`original`, but the first call meets a full disk."""

    async def call(*positional: Any, **named: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise MailError(ErrorKind.OVER_LIMIT, "the server's disk is full", code="disk_full")
        return await original(*positional, **named)

    return call


@pytest.mark.parametrize("verb", ["set_cursor", "since"])
async def test_a_failing_journal_stops_neither_the_server_nor_the_notice(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Issue promise: disk full or an I/O error, and the server stays up."""
    store, failed = server.core.stores.journal, asyncio.Event()
    monkeypatch.setattr(store, verb, failing_once(getattr(store, verb), failed))
    body = {"to": [ANA], "subject": "Access", "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    await server.notice(held["hold_id"])
    await asyncio.wait_for(failed.wait(), 60)
    status, _ = await server.api("GET", "/healthz")
    assert status == 200


async def test_a_notice_that_met_a_full_disk_is_sent_later(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Product §5.2: no hold goes untold."""
    failed = asyncio.Event()
    door = server.core.submission
    monkeypatch.setattr(door, "notify", failing_once(door.notify, failed))
    body = {"to": [ANA], "subject": "Access", "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    await asyncio.wait_for(failed.wait(), 60)
    await server.notice(held["hold_id"])


async def test_a_failing_queue_does_not_end_the_worker(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()
    store = server.core.stores.outbound
    monkeypatch.setattr(store, "next_due_at", failing_once(store.next_due_at, failed))
    server.core.doorbell.set()
    await asyncio.wait_for(failed.wait(), 60)
    body = {"to": [ANA], "subject": "Lamps", "text": "They come on Monday."}
    await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)


async def test_mail_can_be_read_while_nothing_can_be_written(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk a mail program opens its folder and messages; what would change them is refused."""
    await server.letter_from_ana(mia.email, subject="Lamps")
    await server.messages(mia, 1)

    async def full(*_positional: Any, **_named: Any) -> None:
        raise MailError(ErrorKind.OVER_LIMIT, "the server's disk is full", code="disk_full")

    def read() -> tuple[str, bytes, str]:
        port = server.ports["imaps"]
        with imaplib.IMAP4_SSL("localhost", port, ssl_context=server.tls()) as client:
            client.login(mia.email, mia.password)
            selected, _ = client.select("INBOX")
            _, fetched = client.fetch("1", "(BODY[])")
            stored, _ = client.store("1", "+FLAGS", "\\Flagged")
            assert isinstance(fetched[0], tuple)
            return selected, fetched[0][1], stored

    with monkeypatch.context() as patch:
        patch.setattr(Database, "run", full)
        selected, raw, stored = await asyncio.to_thread(read)
        page = await server.ok("GET", "/v1/messages", key=mia.api_key)
    assert (selected, stored) == ("OK", "NO")
    assert b"Subject: Lamps" in raw
    assert page["total"] == 1
