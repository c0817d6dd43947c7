"""Channels: chat services where people are asked and decide. Tokens go in and never come out."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Input, Line, Listing, Output, Page, Timestamp, sliced, view
from httpapi.operation import MASTER, PEOPLE, Call, operation
from mailcore.channels.service import NewChannel
from mailcore.ids import ChannelId, ChannelLinkId, PersonId
from mailcore.model import Channel, ChannelKind, ChannelLink

type Token = Annotated[Line, Field(min_length=1, max_length=300)]


class ListChannels(Page):
    """Which channels to list: all."""


class OneChannel(Input):
    """Which channel."""

    channel_id: str
    """The id of a channel."""


class CreateChannel(Input):
    """A bot of yours at a chat service."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "telegram", "name": "phone", "token": "123456:AAE-from-BotFather"},
                {
                    "kind": "slack",
                    "name": "approvals",
                    "token": "xoxb-from-the-app",
                    "signing_secret": "8f742231b10e8888abcd99yyyzzz85a5",
                    "target": "C0123ABCD",
                },
            ]
        }
    )

    kind: ChannelKind
    """`telegram` or `slack`."""
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    """What you will know it by."""
    token: Token
    """The token of the bot; kept encrypted and never shown again."""
    signing_secret: Annotated[Line, Field(max_length=100)] = ""
    """Slack only: the signing secret of the app; kept encrypted."""
    target: Annotated[Line, Field(max_length=40)] = ""
    """Slack only: the ID of the channel where questions are posted."""


class ListChannelLinks(OneChannel, Page):
    """Of which channel."""


class CreateChannelLink(OneChannel):
    """Who is to decide there."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"person_id": "01a1fa90-91c4-743c-b040-ebca48354356"}]}
    )

    person_id: str
    """An owner or approver."""
    user_id: Annotated[Line, Field(max_length=40)] = ""
    """Slack: the member ID of their account. Telegram: leave it out, they send a code."""


class OneChannelLink(OneChannel):
    """Which link."""

    link_id: str
    """The id of a link."""


class ChannelInfo(Output):
    """A channel and how it is."""

    id: str
    kind: ChannelKind
    name: str
    account: str
    """How the bot is called there."""
    target: str
    """Where questions are posted; empty when each person is asked in a chat of their own."""
    hook_url: str
    """Where the service calls this server (Slack: the Request URL of interactivity); empty when it does not."""
    is_failing: bool
    """The last try to reach the service failed; it goes on trying."""
    failures: int
    failing_since: Timestamp | None
    last_error: str
    last_success_at: Timestamp | None
    created_at: Timestamp


class ChannelList(Listing[ChannelInfo]):
    """A page of channels, by name."""


class ChannelTest(Output):
    """Whether the service knows the bot."""

    works: bool
    account: str
    """How the bot is called there."""
    error: str
    """Why it does not work."""


class ChannelLinkInfo(Output):
    """An account at the service that is a person here."""

    id: str
    person_id: str
    user_id: str
    user_name: str
    target: str
    """The chat where they are asked; empty where all are asked in one place."""
    created_at: Timestamp


class ChannelLinkList(Listing[ChannelLinkInfo]):
    """A page of links, oldest first."""


class MadeChannelLink(Output):
    """A link, or the code that makes one."""

    link: ChannelLinkInfo | None
    """Null until the code was sent."""
    code: str
    """Telegram: the person sends `/start CODE` to the bot. Works once; shown this once."""
    url: str
    """The same as a link that opens Telegram."""
    expires_at: Timestamp | None
    """When the code ends."""


async def list_channels(call: Call, given: ListChannels) -> ChannelList:
    """The chat channels and how they are. For people."""
    found = await call.services.channels.channels(call.actor)
    rows = sliced(found, given, lambda one: (one.name, one.id))
    return ChannelList.of(given, rows, lambda one: _info(call, one))


async def create_channel(call: Call, given: CreateChannel) -> ChannelInfo:
    """Add a bot; it is asked for first, so a wrong token is told at once.

    What waits is posted there, and what is decided in any way is marked there.
    """
    new = NewChannel(
        kind=given.kind,
        name=given.name,
        token=given.token,
        signing_secret=given.signing_secret,
        target=given.target,
    )
    return _info(call, await call.services.channels.add(call.actor, new))


async def get_channel(call: Call, given: OneChannel) -> ChannelInfo:
    """One channel and how it is."""
    found = await call.services.channels.channel(call.actor, ChannelId(given.channel_id))
    return _info(call, found)


async def delete_channel(call: Call, given: OneChannel) -> None:
    """Remove a channel with its links. Nothing is decided there any more."""
    await call.services.channels.remove(call.actor, ChannelId(given.channel_id))


async def check_channel(call: Call, given: OneChannel) -> ChannelTest:
    """Ask the service for the bot now, and say how that went."""
    tested = await call.services.channels.test(call.actor, ChannelId(given.channel_id))
    return ChannelTest(works=not tested.error, account=tested.account, error=tested.error)


async def list_channel_links(call: Call, given: ListChannelLinks) -> ChannelLinkList:
    """Who is who there."""
    found = await call.services.channels.links(call.actor, ChannelId(given.channel_id))
    rows = sliced(found, given, lambda one: (one.id,))
    return ChannelLinkList.of(given, rows, _link)


async def create_channel_link(call: Call, given: CreateChannelLink) -> MadeChannelLink:
    """Say who a person is there. Slack: by `user_id`. Telegram: the answer has a code for them to send."""
    channels = call.services.channels
    channel_id, person_id = ChannelId(given.channel_id), PersonId(given.person_id)
    if given.user_id:
        link = await channels.link(call.actor, channel_id, person_id, given.user_id)
        return MadeChannelLink(link=_link(link), code="", url="", expires_at=None)
    made = await channels.invite(call.actor, channel_id, person_id)
    return MadeChannelLink(link=None, code=made.code, url=made.url, expires_at=made.ends_at)


async def delete_channel_link(call: Call, given: OneChannelLink) -> None:
    """End a link: that account decides nothing any more."""
    await call.services.channels.unlink(
        call.actor, ChannelId(given.channel_id), ChannelLinkId(given.link_id)
    )


def _info(call: Call, channel: Channel) -> ChannelInfo:
    return view(
        ChannelInfo,
        channel,
        hook_url=call.services.channels.hook(channel),
        is_failing=channel.failing_since is not None,
    )


def _link(link: ChannelLink) -> ChannelLinkInfo:
    return view(ChannelLinkInfo, link)


OPERATIONS = (
    operation(
        name="list_channels",
        method="GET",
        path="/v1/channels",
        summary="List chat channels",
        tag="Channels",
        input=ListChannels,
        output=ChannelList,
        roles=PEOPLE,
        function=list_channels,
    ),
    operation(
        name="create_channel",
        method="POST",
        path="/v1/channels",
        summary="Add a chat channel",
        tag="Channels",
        input=CreateChannel,
        output=ChannelInfo,
        roles=MASTER,
        success=201,
        conflicts=("channel_exists", "too_many_channels", "channel_failed"),
        function=create_channel,
    ),
    operation(
        name="get_channel",
        method="GET",
        path="/v1/channels/{channel_id}",
        summary="See a chat channel",
        tag="Channels",
        input=OneChannel,
        output=ChannelInfo,
        roles=PEOPLE,
        function=get_channel,
    ),
    operation(
        name="delete_channel",
        method="DELETE",
        path="/v1/channels/{channel_id}",
        summary="Remove a chat channel",
        tag="Channels",
        input=OneChannel,
        output=None,
        roles=MASTER,
        success=204,
        function=delete_channel,
    ),
    operation(
        name="test_channel",
        method="POST",
        path="/v1/channels/{channel_id}/test",
        summary="Test a chat channel",
        tag="Channels",
        input=OneChannel,
        output=ChannelTest,
        roles=MASTER,
        function=check_channel,
    ),
    operation(
        name="list_channel_links",
        method="GET",
        path="/v1/channels/{channel_id}/links",
        summary="List who is who in a chat channel",
        tag="Channels",
        input=ListChannelLinks,
        output=ChannelLinkList,
        roles=PEOPLE,
        function=list_channel_links,
    ),
    operation(
        name="create_channel_link",
        method="POST",
        path="/v1/channels/{channel_id}/links",
        summary="Link a person to a chat channel",
        tag="Channels",
        input=CreateChannelLink,
        output=MadeChannelLink,
        roles=MASTER,
        success=201,
        conflicts=("too_many_links",),
        function=create_channel_link,
    ),
    operation(
        name="delete_channel_link",
        method="DELETE",
        path="/v1/channels/{channel_id}/links/{link_id}",
        summary="End a link",
        tag="Channels",
        input=OneChannelLink,
        output=None,
        roles=MASTER,
        success=204,
        function=delete_channel_link,
    ),
)
