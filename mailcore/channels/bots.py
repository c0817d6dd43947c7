"""Makes the bot of a channel from its row, once, and keeps it: it remembers where it stands."""

import json
from dataclasses import dataclass

from mailcore.channels.port import ApprovalChannel, Desk
from mailcore.channels.slack import Slack
from mailcore.channels.slack_requests import SlackSignatures
from mailcore.channels.telegram import Telegram
from mailcore.clock import Clock
from mailcore.config import Config, public_url
from mailcore.credentials import ServerSecrets
from mailcore.ids import ChannelId
from mailcore.model import Channel, ChannelKind
from mailcore.net.fetch import Fetcher


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSecrets:
    """What a channel keeps sealed. `proof` shows that a call comes from the service."""

    token: str
    proof: str

    def seal(self, server: ServerSecrets) -> bytes:
        """As it is stored."""
        return server.seal(json.dumps([self.token, self.proof]).encode())

    @classmethod
    def unseal(cls, server: ServerSecrets, sealed: bytes) -> "BotSecrets":
        """The inverse; UNAVAILABLE when it was sealed with another server key."""
        token, proof = json.loads(server.unseal(sealed))
        return cls(token=token, proof=proof)


class Bots:
    """The bots of all channels."""

    def __init__(
        self, *, fetcher: Fetcher, secrets: ServerSecrets, config: Config, clock: Clock
    ) -> None:
        self._fetcher = fetcher
        self._secrets = secrets
        self._config = config
        self._clock = clock
        self._made: dict[ChannelId, ApprovalChannel] = {}

    def of(self, channel: Channel, desk: Desk) -> ApprovalChannel:
        """The bot of a channel."""
        made = self._made.get(channel.id)
        if made is None:
            made = self._made[channel.id] = self._make(channel, desk)
        return made

    def forget(self, channel_id: ChannelId) -> None:
        """Its channel is gone."""
        self._made.pop(channel_id, None)

    async def close(self) -> None:
        """Close every connection."""
        await self._fetcher.close()

    @property
    def has_webhook(self) -> bool:
        """Whether Telegram calls us."""
        mode, root = self._config.channels.telegram_updates, self._config.http.public_url
        return mode == "webhook" or (mode == "auto" and root.startswith("https://"))

    def hook(self, channel_id: ChannelId, kind: ChannelKind) -> str:
        """Where a service calls us."""
        return f"{public_url(self._config)}/chat/{kind.value}/{channel_id}"

    def _make(self, channel: Channel, desk: Desk) -> ApprovalChannel:
        kept = BotSecrets.unseal(self._secrets, channel.sealed_secrets)
        match channel.kind:
            case ChannelKind.TELEGRAM:
                return Telegram(
                    channel=channel,
                    token=kept.token,
                    webhook_secret=kept.proof,
                    webhook_url=self.hook(channel.id, channel.kind) if self.has_webhook else "",
                    base_url=self._config.channels.telegram_url,
                    fetcher=self._fetcher,
                    desk=desk,
                )
            case ChannelKind.SLACK:
                return Slack(
                    channel=channel,
                    token=kept.token,
                    signatures=SlackSignatures(kept.proof, self._clock),
                    base_url=self._config.channels.slack_url,
                    fetcher=self._fetcher,
                    desk=desk,
                )
