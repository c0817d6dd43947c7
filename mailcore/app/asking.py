"""The ways in which people are asked: mail, links, chats, folders, and what they are shown."""

from functools import cached_property

from mailcore.app.guarding import kind_of
from mailcore.app.outgoing import Outgoing
from mailcore.channels.bots import Bots
from mailcore.channels.chat import ChatChannels
from mailcore.channels.folders import HoldFolders
from mailcore.channels.letters import Letters
from mailcore.channels.links import Links
from mailcore.channels.mail import MailChannel
from mailcore.channels.masking import Masking
from mailcore.channels.patience import Patience
from mailcore.channels.questions import Questions
from mailcore.channels.service import Channels
from mailcore.channels.showing import Showing
from mailcore.channels.strangers import StrangerNotices
from mailcore.channels.telegram import POLL_SECONDS
from mailcore.channels.turns import Turns
from mailcore.inbound.decisions import Answered
from mailcore.outbound.link_tokens import LinkTokens
from mailcore.outbound.tokens import ApprovalTokens

_BOT_SECONDS = POLL_SECONDS + 15
"""A bot's client waits longer than the poll it holds open."""


class Asking(Outgoing):
    """Questions to people, and where they are put."""

    @cached_property
    def tokens(self) -> ApprovalTokens:
        return ApprovalTokens(self.secrets)

    @cached_property
    def patience(self) -> Patience:
        return Patience(self.config)

    @cached_property
    def turns(self) -> Turns:
        return Turns(store=self.stores.channels, patience=self.patience)

    @cached_property
    def masking(self) -> Masking:
        return Masking(
            redact=self.guard.redact, protections=self.protections, settings=self.settings
        )

    @cached_property
    def showing(self) -> Showing:
        return Showing(
            approvals=self.approvals,
            mailboxes=self.mailboxes,
            outbound=self.stores.outbound,
            masking=self.masking,
            kind_of=kind_of,
        )

    @cached_property
    def questions(self) -> Questions:
        return Questions(
            accounts=self.accounts,
            approvals=self.approvals,
            quarantine=self.quarantine,
            policy=self.stores.policy,
            showing=self.showing,
            channels=self.stores.channels,
            masking=self.masking,
            kind_of=kind_of,
        )

    @cached_property
    def links(self) -> Links:
        return Links(
            questions=self.questions,
            tokens=LinkTokens(self.secrets),
            config=self.config,
            clock=self.clock,
        )

    @cached_property
    def letters(self) -> Letters:
        return Letters(submission=self.submission, config=self.config, clock=self.clock)

    @cached_property
    def channel(self) -> MailChannel:
        return MailChannel(
            journal=self.journal,
            accounts=self.accounts,
            approvals=self.approvals,
            letters=self.letters,
            tokens=self.tokens,
            links=self.links,
            showing=self.showing,
            outbound=self.stores.outbound,
            turns=self.turns,
            ask_chats=self.chats.ask,
            clock=self.clock,
        )

    @cached_property
    def folders(self) -> HoldFolders:
        return HoldFolders(
            journal=self.journal,
            accounts=self.accounts,
            approvals=self.approvals,
            mailboxes=self.mailboxes,
            delivery=self.delivery,
            outbound=self.stores.outbound,
            showing=self.showing,
            config=self.config,
            clock=self.clock,
        )

    @cached_property
    def bots(self) -> Bots:
        return Bots(
            fetcher=self.fetcher(_BOT_SECONDS),
            secrets=self.secrets,
            config=self.config,
            clock=self.clock,
        )

    @cached_property
    def chats(self) -> ChatChannels:
        return ChatChannels(
            store=self.stores.channels,
            journal=self.journal,
            questions=self.questions,
            turns=self.turns,
            outbound=self.stores.outbound,
            bots=self.bots,
            secrets=self.secrets,
            clock=self.clock,
        )

    @cached_property
    def channels(self) -> Channels:
        return Channels(
            store=self.stores.channels,
            accounts=self.accounts,
            chats=self.chats,
            bots=self.bots,
            secrets=self.secrets,
            clock=self.clock,
        )

    @cached_property
    def strangers(self) -> StrangerNotices:
        return StrangerNotices(
            journal=self.journal,
            accounts=self.accounts,
            quarantine=self.quarantine,
            store=self.stores.quarantine,
            letters=self.letters,
            tokens=self.tokens,
            masking=self.masking,
            links=self.links,
            turns=self.turns,
            chats=self.chats,
            kind_of=kind_of,
            clock=self.clock,
        )

    async def ask_again(self, answered: Answered) -> None:
        """Say to somebody whose answer decided nothing why, in the way they answered."""
        await self.channel.ask_again(answered)
        await self.strangers.ask_again(answered)
