"""Quotas of inboxes: exact, in the transaction of the message, whoever else delivers."""

import asyncio

import pytest

from mailcore.errors import MailError
from mailcore.model import Flag, Inbox
from mailcore.store.ports import PolicyChange, Stores
from tests.support.build import RAW, audit, deliver, message_facts, new_message


async def limit(stores: Stores, inbox: Inbox, *, size: int = 0, messages: int = 0) -> None:
    change = PolicyChange(quota_bytes=size, quota_messages=messages)
    await stores.accounts.change_policy(inbox.id, change, audit("inbox.policy"))


async def test_an_inbox_takes_what_fits_to_the_octet(stores: Stores, mia: Inbox) -> None:
    """Over all its mailboxes together."""
    await limit(stores, mia, size=2 * len(RAW))
    await deliver(stores, mia)
    await deliver(stores, mia, mailbox="Archive")
    with pytest.raises(MailError, match="the inbox is full") as caught:
        await deliver(stores, mia)
    assert caught.value.code == "over_quota"
    quota = await stores.accounts.quota(mia.id)
    assert (quota.used_bytes, quota.used_messages) == (2 * len(RAW), 2)


async def test_many_deliveries_at_once_do_not_pass_the_limit(stores: Stores, mia: Inbox) -> None:
    """Usage and row are one transaction."""
    await limit(stores, mia, messages=5)
    outcomes: list[str] = []

    async def one() -> None:
        try:
            await deliver(stores, mia, facts=message_facts())
        except MailError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("placed")

    async with asyncio.TaskGroup() as group:
        for _ in range(40):
            group.create_task(one())
    assert sorted(outcomes) == ["over_quota"] * 35 + ["placed"] * 5


async def test_several_messages_come_all_or_none(stores: Stores, mia: Inbox) -> None:
    """Also those of one transaction that would have fit."""
    await limit(stores, mia, messages=2)
    with pytest.raises(MailError, match="the inbox is full"):
        await stores.mail.deliver([new_message(mia) for _ in range(3)])
    assert (await stores.accounts.quota(mia.id)).used_messages == 0


async def test_copies_take_room_and_moves_do_not(stores: Stores, mia: Inbox) -> None:
    """RFC 9208 §5: what counts is what the mailboxes hold."""
    await limit(stores, mia, messages=1)
    placed = await deliver(stores, mia)
    archive = await stores.mail.mailbox(mia.id, "Archive")
    assert archive is not None
    with pytest.raises(MailError, match="the inbox is full"):
        await stores.mail.copy(placed.mailbox_id, [(placed.uid, placed.uid)], archive.id)
    await stores.mail.move(placed.mailbox_id, [(placed.uid, placed.uid)], archive.id)
    assert (await stores.accounts.quota(mia.id)).used_messages == 1


async def test_expunging_makes_room(stores: Stores, mia: Inbox) -> None:
    """`DELETED-STORAGE` says how much."""
    await limit(stores, mia, messages=1)
    placed = await deliver(stores, mia, flags=Flag.DELETED)
    assert await stores.mail.deleted_bytes(placed.mailbox_id) == len(RAW)
    await stores.mail.expunge(placed.mailbox_id)
    assert await stores.mail.deleted_bytes(placed.mailbox_id) == 0
    await deliver(stores, mia)


async def test_what_the_server_must_tell_is_placed_all_the_same(stores: Stores, mia: Inbox) -> None:
    """Reports of failed mail, and notices."""
    await limit(stores, mia, messages=1)
    await deliver(stores, mia)
    await stores.mail.deliver([new_message(mia, is_exempt=True)])
    assert (await stores.accounts.quota(mia.id)).used_messages == 2


async def test_a_duplicate_needs_no_room(stores: Stores, mia: Inbox) -> None:
    """The sender who did not hear the 250 is told it again."""
    await limit(stores, mia, messages=1)
    first = await deliver(stores, mia, dedupe_key=b"key")
    again = await deliver(stores, mia, dedupe_key=b"key")
    assert (again.id, again.is_duplicate) == (first.id, True)


async def test_a_change_leaves_what_it_does_not_name(stores: Stores, mia: Inbox) -> None:
    await limit(stores, mia, size=7, messages=8)
    change = PolicyChange(disabled_capabilities=("IDLE",))
    changed = await stores.accounts.change_policy(mia.id, change, audit("inbox.policy"))
    assert (changed.quota_bytes, changed.quota_messages) == (7, 8)
    assert changed.disabled_capabilities == ("IDLE",)
    assert await stores.accounts.inbox(mia.id) == changed
    assert await stores.accounts.inbox_by_address(mia.address.folded) == changed
