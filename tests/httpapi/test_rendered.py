"""What is answered from memory is what would be answered without it, and never stale."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from httpapi.etags import entity_tag
from httpapi.extracting import ShownMessage, read_message
from httpapi.rendered import RenderedMessages
from mailcore.credentials import OPERATOR
from mailcore.ids import InboxId, MessageId, ThreadId
from mailcore.store.ports import MessageState
from tests.support.clock import START, FakeClock
from tests.support.http_live import Live, running
from tests.support.mail_samples import plain

CODE = plain(
    subject="Your login code",
    message_id="<1@example.org>",
    text='Your verification code is 482913. It expires in 10 minutes. "age_seconds":1',
)


async def read(client: aiohttp.ClientSession, message_id: str) -> dict[str, Any]:
    async with client.get(f"/v1/messages/{message_id}") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/json"
        document: dict[str, Any] = await answer.json()
        return document


async def afresh(live: Live, message_id: str) -> dict[str, Any]:
    """The same message, read without any memory."""
    message = await live.services.mailboxes.message(OPERATOR, MessageId(message_id))
    document = await read_message(live.services, message)
    shown: dict[str, Any] = document.model_dump(mode="json", by_alias=True)
    return shown


async def test_the_second_answer_is_the_first_but_for_its_age(tmp_path: Path) -> None:
    """The age of codes goes on, and so does their end; everything else is the same octets."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, CODE)
        message = await live.services.mailboxes.message(OPERATOR, placed.id)
        clock.advance(message.internal_date - clock.now() + timedelta(seconds=5))
        async with live.client(mia.api_key) as client:
            first = await read(client, placed.id)
            assert first == await afresh(live, placed.id)
            assert first["extracted"]["age_seconds"] == 5
            assert first["extracted"]["is_expired"] is False
            clock.advance(600)
            later = await read(client, placed.id)
            assert later == await afresh(live, placed.id)
            assert later["extracted"]["age_seconds"] == 605
            assert later["extracted"]["is_expired"] is True


async def test_the_entity_tag_is_the_same_from_memory(tmp_path: Path) -> None:
    """What was read is not sent twice, and a change makes another tag (RFC 9110 §13.1.2)."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, CODE)
        path = f"/v1/messages/{placed.id}"
        async with live.client(mia.api_key) as client:
            tags = [(await client.get(path)).headers["ETag"] for _ in range(2)]
            message = await live.services.mailboxes.message(OPERATOR, placed.id)
            assert tags == [entity_tag(await read_message(live.services, message))] * 2
            known = {"If-None-Match": tags[0]}
            assert (await client.get(path, headers=known)).status == 304
            assert (await client.patch(path, json={"is_read": True})).status == 200
            assert (await client.get(path, headers=known)).status == 200


async def test_every_change_shows_in_the_next_answer(tmp_path: Path) -> None:
    """Flags, labels, folder, the folder's name, and what is gone."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, CODE)
        path = f"/v1/messages/{placed.id}"
        async with live.client(mia.api_key) as client:
            assert (await read(client, placed.id))["flags"] == []
            for change, field, wanted in (
                ({"is_read": True}, "flags", ["seen"]),
                ({"add_labels": ["to-do"]}, "labels", ["to-do"]),
                ({"folder": "Archive"}, "folder", "Archive"),
            ):
                assert (await client.patch(path, json=change)).status == 200
                assert (await read(client, placed.id))[field] == wanted
            await live.services.mailboxes.rename(OPERATOR, mia.inbox.id, "Archive", "Old")
            assert (await read(client, placed.id))["folder"] == "Old"
            assert (await client.delete(f"{path}?permanent=true")).status == 204
            assert (await client.get(path)).status == 404


async def test_memory_opens_no_door(tmp_path: Path) -> None:
    """What one may read, and was read, is still 404 for another; a revoked key is 401 at once."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        placed = await live.receive(mia.inbox.id, CODE)
        path = f"/v1/messages/{placed.id}"
        async with (
            live.client(mia.api_key) as hers,
            live.client(bob.api_key) as his,
            live.client(live.master) as owner,
        ):
            await read(hers, placed.id)
            assert (await his.get(path)).status == 404
            assert (await owner.get(path)).status == 200
            keys = (await (await owner.get("/v1/keys")).json())["data"]
            (key,) = [one for one in keys if one.get("agent_id") == mia.agent.id]
            assert (await owner.delete(f"/v1/keys/{key['id']}")).status == 204
            assert (await hers.get(path)).status == 401


@pytest.mark.parametrize("cache_bytes", [0, 1 << 20])
async def test_the_answers_are_the_same_without_memory(tmp_path: Path, cache_bytes: int) -> None:
    """`http.message_cache_bytes = 0` keeps nothing."""
    async with running(tmp_path, message_cache_bytes=cache_bytes) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, CODE)
        async with live.client(mia.api_key) as client:
            for _ in range(2):
                found = await read(client, placed.id)
                found["extracted"].pop("age_seconds")
                wanted = await afresh(live, placed.id)
                wanted["extracted"].pop("age_seconds")
                assert found == wanted


def test_it_holds_no_more_than_it_may() -> None:
    """The least recently read goes first; what is too large is not kept at all."""
    kept = RenderedMessages(100_000)
    state = MessageState(
        inbox_id=InboxId("i"),
        mailbox_name="INBOX",
        thread_id=ThreadId("t"),
        modseq=1,
    )

    def shown(size: int) -> ShownMessage:
        return ShownMessage(head=b"x" * size, tag="", received_at=START, valid_for_seconds=None)

    ids = [MessageId(f"{number}") for number in range(30)]
    for one in ids:
        kept.keep(one, state, shown(4000))
        kept.find(ids[0], state)
    assert kept.find(ids[0], state) is not None
    assert kept.find(ids[1], state) is None
    assert kept.find(ids[-1], state) is not None
    assert kept.find(ids[-1], state._replace(modseq=2)) is None
    kept.keep(MessageId("large"), state, shown(50_000))
    assert kept.find(MessageId("large"), state) is None
