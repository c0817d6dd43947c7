"""What callers do with chat channels: add, look at, test and remove them, and say who is who there.

The owner's alone, but everybody who decides sees how they are. Tokens go in and never come out. Calls
of the services come in here too, and prove first that they are theirs.
"""

import re
import secrets as stdlib_secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts, audit, check_display_name, require_master
from mailcore.channels.bots import Bots, BotSecrets
from mailcore.channels.chat import ChatChannels
from mailcore.channels.desk import linked
from mailcore.channels.port import ApprovalChannel, ChannelError
from mailcore.channels.slack import Slack
from mailcore.channels.slack_requests import read_payload
from mailcore.channels.telegram import Telegram
from mailcore.clock import Clock
from mailcore.credentials import ServerSecrets
from mailcore.errors import ErrorKind, MailError, conflict, denied, invalid, not_found
from mailcore.ids import ChannelId, ChannelLinkId, PersonId, is_id, new_id
from mailcore.model import (
    Actor,
    Channel,
    ChannelKind,
    ChannelLink,
    Hold,
    JsonObject,
    PersonRole,
)
from mailcore.store.ports import AskedPlace, ChannelStore, First

MAX_CHANNELS: Final = 20
MAX_LINKS: Final = 200
CODE_LIFETIME: Final = timedelta(hours=24)
_CODE_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_CHARS: Final = 16
_TELEGRAM_TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}", re.ASCII)
_SLACK_TOKEN: Final = re.compile(r"xox[a-z]-[A-Za-z0-9-]{10,250}", re.ASCII)
_SLACK_SECRET: Final = re.compile(r"[A-Za-z0-9]{16,100}", re.ASCII)
_SLACK_CHANNEL: Final = re.compile(r"[CGD][A-Z0-9]{2,30}", re.ASCII)
_SLACK_USER: Final = re.compile(r"[UW][A-Z0-9]{2,30}", re.ASCII)
_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """What the owner says of a new channel; `signing_secret` and `target` are Slack's."""

    kind: ChannelKind
    name: str
    token: str
    signing_secret: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """A code that its person sends to the bot, shown this once."""

    code: str
    url: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTested:
    """How the bot is called there; `error` says why that could not be learned."""

    account: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked about a hold before the others, and which chats were asked."""

    first: First = First()  # noqa: RUF009 - frozen
    places: tuple[AskedPlace, ...] = ()


class Channels:
    """The channel service."""

    def __init__(
        self,
        *,
        store: ChannelStore,
        accounts: Accounts,
        chats: ChatChannels,
        bots: Bots,
        secrets: ServerSecrets,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._chats = chats
        self._bots = bots
        self._secrets = secrets
        self._clock = clock

    async def channels(self, actor: Actor) -> tuple[Channel, ...]:
        """By name; for people."""
        _require_person(actor)
        return await self._store.channels(actor.pod_id)

    async def channel(self, actor: Actor, channel_id: ChannelId) -> Channel:
        """One channel; NOT_FOUND."""
        _require_person(actor)
        found = await self._store.channel(channel_id)
        if found is None or found.pod_id != actor.pod_id:
            raise not_found("channel")
        return found

    def hook(self, channel: Channel) -> str:
        """Where the service calls us; empty when it does not."""
        if channel.kind is ChannelKind.TELEGRAM and not self._bots.has_webhook:
            return ""
        return self._bots.hook(channel.id, channel.kind)

    async def where_asked(self, actor: Actor, hold: Hold) -> Asked:
        """Where people are asked about a hold; nothing for agents."""
        if not (actor.may_decide or actor.reads_pod) or hold.pod_id != actor.pod_id:
            return Asked()
        first = await self._store.asked_first(hold.id, self._clock.now())
        return Asked(first=first, places=await self._store.asked_places(hold.id))

    async def add(self, actor: Actor, new: NewChannel) -> Channel:
        """A new channel, once the service knows its bot. Master only.

        CONFLICT `channel_exists`, `too_many_channels`, or `channel_failed` with the service's reason.
        """
        require_master(actor)
        name = check_display_name(new.name, path="name").strip()
        if not name:
            raise invalid("name", "give it a name")
        _check(new)
        if len(await self._store.channels(actor.pod_id)) >= MAX_CHANNELS:
            raise conflict(
                f"there are {MAX_CHANNELS} channels already",
                code="too_many_channels",
                fix="Remove one that is no longer needed",
            )
        proof = new.signing_secret or stdlib_secrets.token_urlsafe(32)
        channel = Channel(
            id=ChannelId(new_id()),
            pod_id=actor.pod_id,
            kind=new.kind,
            name=name,
            account="",
            target=new.target,
            sealed_secrets=BotSecrets(token=new.token, proof=proof).seal(self._secrets),
            created_at=self._clock.now(),
        )
        try:
            account = await self._chats.bot(channel).check()
        except ChannelError as error:
            raise conflict(
                f"{channel.kind.value} does not take it: {error.reason}",
                code="channel_failed",
                fix="Check the token, and that this server can reach the service",
            ) from error
        finally:
            self._bots.forget(channel.id)
        channel = replace(channel, account=account)
        detail: JsonObject = {"name": name, "kind": new.kind.value, "account": account}
        await self._store.create_channel(
            channel, audit(actor, "channel.create", channel.id, detail)
        )
        await self._chats.ask()
        return channel

    async def remove(self, actor: Actor, channel_id: ChannelId) -> None:
        """Remove a channel with its links; questions that stand there stay as they are."""
        require_master(actor)
        channel = await self.channel(actor, channel_id)
        bot = self._chats.bot(channel)
        await self._store.remove_channel(
            channel.id, audit(actor, "channel.delete", channel.id, {"name": channel.name})
        )
        self._chats.ring()
        try:
            await bot.leave()
        except ChannelError as error:
            _log.warning("channel.not_left", channel_id=channel.id, reason=error.reason)

    async def test(self, actor: Actor, channel_id: ChannelId) -> ChannelTested:
        """Ask the service for the bot now. Master only."""
        require_master(actor)
        channel = await self.channel(actor, channel_id)
        try:
            return ChannelTested(account=await self._chats.bot(channel).check(), error="")
        except ChannelError as error:
            return ChannelTested(account="", error=error.reason or "failed")

    # Who is who --------------------------------------------------------------------------------

    async def links(self, actor: Actor, channel_id: ChannelId) -> tuple[ChannelLink, ...]:
        """Oldest first; for people."""
        return await self._store.links((await self.channel(actor, channel_id)).id)

    async def invite(self, actor: Actor, channel_id: ChannelId, person_id: PersonId) -> LinkCode:
        """A code for a person of Telegram: it is theirs once they send it to the bot. Master only."""
        channel = await self._linkable(actor, channel_id, person_id)
        if channel.kind is not ChannelKind.TELEGRAM:
            raise invalid("user_id", "name the person's account, as in U0123ABCD")
        code = "".join(stdlib_secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_CHARS))
        ends_at = self._clock.now() + CODE_LIFETIME
        hash_ = self._secrets.token_hash(code)
        await self._store.add_code(channel.id, person_id, hash_, ends_at)
        url = f"https://t.me/{channel.account}?start={code}" if channel.account else ""
        return LinkCode(code=code, url=url, ends_at=ends_at)

    async def link(
        self, actor: Actor, channel_id: ChannelId, person_id: PersonId, user_id: str
    ) -> ChannelLink:
        """Say which account of Slack a person is. Master only."""
        channel = await self._linkable(actor, channel_id, person_id)
        if channel.kind is not ChannelKind.SLACK:
            raise invalid("user_id", "a person of Telegram is linked by a code; leave it out")
        if not _SLACK_USER.fullmatch(user_id):
            raise invalid("user_id", "give the member ID of the account, as in U0123ABCD")
        link = ChannelLink(
            id=ChannelLinkId(new_id()),
            channel_id=channel.id,
            person_id=person_id,
            user_id=user_id,
            user_name="",
            target="",
            created_at=self._clock.now(),
        )
        await self._store.add_link(link, linked(channel, link, actor))
        return link

    async def unlink(self, actor: Actor, channel_id: ChannelId, link_id: ChannelLinkId) -> None:
        """End a link: that account decides nothing any more. Master only."""
        require_master(actor)
        channel = await self.channel(actor, channel_id)
        entry = audit(actor, "channel.unlink", channel.id, {"link_id": link_id})
        await self._store.remove_link(channel.id, link_id, entry)

    async def _linkable(self, actor: Actor, channel_id: ChannelId, person_id: PersonId) -> Channel:
        require_master(actor)
        channel = await self.channel(actor, channel_id)
        person = await self._accounts.person(actor, person_id)
        if person.role is PersonRole.VIEWER:
            raise invalid(
                "person_id", "a viewer decides nothing", fix="Make them an approver first"
            )
        if len(await self._store.links(channel.id)) >= MAX_LINKS:
            raise conflict(f"there are {MAX_LINKS} links already", code="too_many_links")
        return channel

    # Calls of the services ---------------------------------------------------------------------

    async def take_telegram(self, channel_id: str, secret: str, update: JsonObject) -> None:
        """An update that Telegram sent to our webhook; UNAUTHENTICATED without the right secret."""
        channel, bot = await self._called_bot(channel_id)
        if not isinstance(bot, Telegram):
            raise not_found("channel")
        if not bot.is_from_service(secret):
            raise MailError(
                ErrorKind.UNAUTHENTICATED, "the secret is not valid", code="bad_signature"
            )
        self._chats.say(channel, await bot.take(update))

    async def take_slack(
        self, channel_id: str, timestamp: str, signature: str, body: bytes
    ) -> None:
        """An interaction that Slack sent; UNAUTHENTICATED unless it is signed, fresh and new."""
        channel, bot = await self._called_bot(channel_id)
        if not isinstance(bot, Slack):
            raise not_found("channel")
        bot.signatures.require(timestamp, signature, body)
        self._chats.say(channel, await bot.take(read_payload(body)))

    async def _called_bot(self, channel_id: str) -> tuple[Channel, ApprovalChannel]:
        channel = await self._store.channel(ChannelId(channel_id)) if is_id(channel_id) else None
        if channel is None:
            raise not_found("channel")
        return channel, self._chats.bot(channel)


def _check(new: NewChannel) -> None:
    match new.kind:
        case ChannelKind.TELEGRAM:
            if not _TELEGRAM_TOKEN.fullmatch(new.token):
                raise invalid("token", "give the token that BotFather showed, as in 123456:ABC…")
            if new.signing_secret or new.target:
                raise invalid("kind", "signing_secret and target belong to Slack")
        case ChannelKind.SLACK:
            if not _SLACK_TOKEN.fullmatch(new.token):
                raise invalid("token", "give the bot token, as in xoxb-…")
            if not _SLACK_SECRET.fullmatch(new.signing_secret):
                raise invalid("signing_secret", "give the signing secret of the app")
            if not _SLACK_CHANNEL.fullmatch(new.target):
                raise invalid("target", "give the ID of the channel, as in C0123ABCD")


def _require_person(actor: Actor) -> None:
    if not (actor.reads_pod or actor.may_decide):
        raise denied("this key may not call this")
