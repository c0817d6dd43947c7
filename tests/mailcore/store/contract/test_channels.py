"""Chat channels in the store: what is asked where, and what is due."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailcore.address import parse_address
from mailcore.errors import MailError
from mailcore.ids import DEFAULT_POD, ChannelId, ChannelLinkId, PersonId, new_id
from mailcore.model import (
    Channel,
    ChannelKind,
    ChannelLink,
    ChannelMessage,
    Decision,
    Inbox,
    Person,
    PersonRole,
)
from mailcore.store.ports import DecideRequest, NewSubmission, Stores
from tests.support.build import NOW, audit, hold, new_submission


async def person(stores: Stores, name: str = "you", role: PersonRole = PersonRole.OWNER) -> Person:
    made = Person(
        id=PersonId(new_id()),
        pod_id=DEFAULT_POD,
        name=name,
        email=parse_address(f"{name}@owner.test"),
        role=role,
        created_at=NOW,
    )
    await stores.accounts.create_person(made, audit())
    return made


async def channel(stores: Stores, name: str = "phone", target: str = "") -> Channel:
    made = Channel(
        id=ChannelId(new_id()),
        pod_id=DEFAULT_POD,
        kind=ChannelKind.SLACK if target else ChannelKind.TELEGRAM,
        name=name,
        account="bot",
        target=target,
        sealed_secrets=b"sealed",
        created_at=NOW,
    )
    await stores.channels.create_channel(made, audit("channel.create", made.id))
    return made


async def link(stores: Stores, to: Channel, who: Person, user: str, target: str) -> ChannelLink:
    made = ChannelLink(
        id=ChannelLinkId(new_id()),
        channel_id=to.id,
        person_id=who.id,
        user_id=user,
        user_name="",
        target=target,
        created_at=NOW,
    )
    await stores.channels.add_link(made, audit("channel.link", to.id))
    return made


async def held(stores: Stores, mia: Inbox) -> NewSubmission:
    submission = await new_submission(stores, mia, held=hold())
    await stores.outbound.submit(submission)
    assert submission.hold is not None
    assert await stores.channels.ask_about_holds(NOW) == 0
    await stores.channels.begin_asking([submission.hold.id], NOW)
    return submission


async def due(stores: Stores, of: Channel) -> list[tuple[str, str]]:
    """Where something is to be shown, and the message that stands there."""
    return [(one.target, one.ref) for one in await stores.channels.due_messages(of.id, 100)]


async def show(stores: Stores, of: Channel, ref: str = "m1") -> ChannelMessage:
    (message,) = await stores.channels.due_messages(of.id, 100)
    await stores.channels.note_shown(message, ref=ref, version=1, is_open=True, at=NOW)
    return message


async def test_a_hold_is_asked_about_once_at_every_place(stores: Stores, mia: Inbox) -> None:
    phone, slack = await channel(stores), await channel(stores, "slack", "C1")
    you, bo = await person(stores), await person(stores, "bo", PersonRole.APPROVER)
    eve = await person(stores, "eve", PersonRole.VIEWER)
    await held(stores, mia)
    assert await stores.channels.ask_about_holds(NOW) == 1
    await link(stores, phone, you, "1", "chat-1")
    await link(stores, phone, bo, "2", "chat-1")
    await link(stores, phone, eve, "3", "chat-3")
    await link(stores, slack, you, "U1", "")
    assert await stores.channels.ask_about_holds(NOW) == 1
    assert await stores.channels.ask_about_holds(NOW) == 0
    assert await due(stores, phone) == [("chat-1", "")]
    assert await due(stores, slack) == [("C1", "")]


async def test_a_decision_makes_what_was_shown_due_again(stores: Stores, mia: Inbox) -> None:
    slack = await channel(stores, "slack", "C1")
    submission = await held(stores, mia)
    assert submission.hold is not None
    await stores.channels.ask_about_holds(NOW)
    message = await show(stores, slack)
    assert await due(stores, slack) == []
    request = DecideRequest(
        hold_id=submission.hold.id,
        decision=Decision.REJECT,
        digest=submission.digest,
        version=1,
        decided_by="master",
        decided_via="api",
        reason="",
        release=True,
        sent_copy=None,
        token_id=None,
        at=NOW,
        audit=audit("hold.reject", submission.hold.id),
    )
    await stores.outbound.decide(request)
    assert await due(stores, slack) == [("C1", "m1")]
    await stores.channels.note_shown(message, ref="m1", version=1, is_open=False, at=NOW)
    assert await due(stores, slack) == []
    assert await stores.channels.ask_about_holds(NOW) == 0
    assert await stores.channels.forget_messages(NOW) == 0
    assert await stores.channels.forget_messages(NOW + timedelta(seconds=1)) == 1


async def test_what_is_given_up_is_not_due(stores: Stores, mia: Inbox) -> None:
    slack = await channel(stores, "slack", "C1")
    await held(stores, mia)
    await stores.channels.ask_about_holds(NOW)
    (message,) = await stores.channels.due_messages(slack.id, 100)
    await stores.channels.note_shown(
        message, ref="", version=1, is_open=True, at=NOW, error="the chat is gone"
    )
    assert await due(stores, slack) == []
    assert await stores.channels.ask_about_holds(NOW) == 0


async def test_a_code_is_one_persons_once_and_for_its_time(stores: Stores) -> None:
    phone, you = await channel(stores), await person(stores)
    ends_at = NOW + timedelta(hours=1)
    for code in (b"one", b"two", b"three"):
        await stores.channels.add_code(phone.id, you.id, code, ends_at)
    other = ChannelId(new_id())
    assert await stores.channels.take_code(other, b"one", NOW) is None
    assert await stores.channels.take_code(phone.id, b"one", NOW) == you.id
    assert await stores.channels.take_code(phone.id, b"one", NOW) is None
    assert await stores.channels.take_code(phone.id, b"two", ends_at) is None
    assert await stores.channels.take_code(phone.id, b"three", NOW) is None


async def test_an_account_is_one_person(stores: Stores) -> None:
    phone = await channel(stores)
    you, bo = await person(stores), await person(stores, "bo")
    await link(stores, phone, you, "1", "chat")
    second = await link(stores, phone, bo, "1", "chat")
    assert await stores.channels.links(phone.id) == (second,)
    await stores.accounts.delete_person(bo.id, NOW, audit())
    assert await stores.channels.links(phone.id) == ()


async def test_the_state_of_a_channel_is_kept(stores: Stores) -> None:
    phone = await channel(stores)
    later = NOW + timedelta(minutes=1)
    await stores.channels.record_channel(phone.id, NOW, "no answer")
    await stores.channels.record_channel(phone.id, later, "no answer again")
    found = await stores.channels.channel(phone.id)
    assert found == replace(phone, failures=2, failing_since=NOW, last_error="no answer again")
    await stores.channels.record_channel(phone.id, later, "")
    assert await stores.channels.channel(phone.id) == replace(phone, last_success_at=later)


async def test_a_removed_channel_takes_everything_with_it(stores: Stores, mia: Inbox) -> None:
    phone, you = await channel(stores), await person(stores)
    with pytest.raises(MailError, match="exists already"):
        await channel(stores)
    await link(stores, phone, you, "1", "chat")
    await held(stores, mia)
    await stores.channels.ask_about_holds(NOW)
    await stores.channels.remove_channel(phone.id, audit("channel.delete", phone.id))
    assert await stores.channels.channels(DEFAULT_POD) == ()
    assert await stores.channels.links(phone.id) == ()
    assert await due(stores, phone) == []
    with pytest.raises(MailError, match="not found"):
        await stores.channels.remove_channel(phone.id, audit("channel.delete", phone.id))


# Who is asked first ------------------------------------------------------------------------------


async def prefer(stores: Stores, mia: Inbox, channel: str) -> None:
    await stores.accounts.update_inbox(replace(mia, approval_channel=channel), audit())


async def test_the_preferred_chat_is_asked_alone_and_reaches_its_people(
    stores: Stores, mia: Inbox
) -> None:
    phone, slack = await channel(stores), await channel(stores, "slack", "C1")
    you, bo = await person(stores), await person(stores, "bo", PersonRole.APPROVER)
    await link(stores, phone, you, "1", "chat-1")
    await link(stores, slack, bo, "U1", "")
    await prefer(stores, mia, "telegram")
    submission = await held(stores, mia)
    assert submission.hold is not None
    about = submission.hold.id
    first = await stores.channels.asked_first(about, NOW)
    assert (first.channel, first.people, first.is_chat) == ("telegram", {you.id}, True)
    assert await stores.channels.ask_about_holds(NOW) == 1
    assert (await due(stores, phone), await due(stores, slack)) == ([("chat-1", "")], [])
    assert [one.id for one in await stores.outbound.untold_holds(NOW)] == [about]
    await show(stores, phone)
    assert await stores.outbound.untold_holds(NOW) == ()
    (place,) = await stores.channels.asked_places(about)
    assert (place.kind, place.name, place.state) == (ChannelKind.TELEGRAM, "phone", "asked")
    later = NOW + timedelta(hours=1)
    assert (await stores.channels.asked_first(about, later)).channel == "telegram"
    assert await stores.channels.ask_about_holds(later) == 0
    await stores.outbound.remind_holds(later, [timedelta(minutes=30)])
    assert (await stores.channels.asked_first(about, later)).channel == ""
    assert await stores.channels.ask_about_holds(later) == 1
    assert await due(stores, slack) == [("C1", "")]


async def test_a_chat_that_is_of_no_use_is_not_asked_alone(stores: Stores, mia: Inbox) -> None:
    """It reaches nobody, has failed for a while, or has not shown it in time."""
    await prefer(stores, mia, "telegram")
    submission = await held(stores, mia)
    assert submission.hold is not None
    about = submission.hold.id

    async def alone(minutes: float = 0) -> str:
        at = NOW + timedelta(minutes=minutes)
        return (await stores.channels.asked_first(about, at)).channel

    assert await alone() == ""
    phone, eve = await channel(stores), await person(stores, "eve", PersonRole.VIEWER)
    await link(stores, phone, eve, "3", "chat-3")
    assert await alone() == ""
    you = await person(stores)
    await link(stores, phone, you, "1", "chat-1")
    assert (await alone(), await alone(1.9), await alone(2)) == ("telegram", "telegram", "")
    await stores.channels.record_channel(phone.id, NOW, "no answer")
    assert (await alone(), await alone(0.9), await alone(1)) == ("telegram", "telegram", "")
    await stores.channels.record_channel(phone.id, NOW, "")
    assert await alone(1) == "telegram"


async def test_what_a_removed_channel_was_asked_about_is_told_everywhere(
    stores: Stores, mia: Inbox
) -> None:
    phone, you = await channel(stores), await person(stores)
    linked = await link(stores, phone, you, "1", "chat-1")
    await prefer(stores, mia, "telegram")
    submission = await held(stores, mia)
    assert submission.hold is not None
    await stores.channels.ask_about_holds(NOW)
    await show(stores, phone)
    later = NOW + timedelta(hours=1)
    assert await stores.outbound.untold_holds(later) == ()
    await stores.channels.remove_link(phone.id, linked.id, audit())
    (untold,) = await stores.outbound.untold_holds(later)
    assert untold.id == submission.hold.id
    assert (await stores.channels.asked_first(untold.id, later)).channel == ""


@pytest.mark.parametrize("chosen", ["mail", "dashboard"])
async def test_chats_are_not_asked_before_mail_and_dashboard(
    stores: Stores, mia: Inbox, chosen: str
) -> None:
    await channel(stores, "slack", "C1")
    await prefer(stores, mia, chosen)
    submission = await held(stores, mia)
    assert submission.hold is not None
    assert (await stores.channels.asked_first(submission.hold.id, NOW)).channel == chosen
    assert await stores.channels.ask_about_holds(NOW) == 0
    later = NOW + timedelta(minutes=2)
    assert await stores.channels.ask_about_holds(later) == 1
    await stores.outbound.mark_told([submission.hold.id])
    assert (await stores.channels.asked_first(submission.hold.id, later)).channel == chosen
