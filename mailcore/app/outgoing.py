"""Mail on its way out, up to the queue: the one door with its guard, rules, holds and drafts."""

import contextlib
from functools import cached_property

import guard as guard_package
from mailcore.app.mail import Mail
from mailcore.channels.bots import BotSecrets
from mailcore.config import Config, public_url
from mailcore.errors import MailError
from mailcore.ids import PodId
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.attachments import Attachments
from mailcore.outbound.brakes import Brakes
from mailcore.outbound.drafts import Drafts
from mailcore.outbound.mailer import Mailer
from mailcore.outbound.queue import Queue
from mailcore.outbound.replay import Replays
from mailcore.outbound.resubmissions import Resubmissions
from mailcore.outbound.revisions import Revisions
from mailcore.outbound.schedule import Schedule
from mailcore.outbound.sending_policy import SendingPolicies
from mailcore.outbound.smarthosts import Smarthosts
from mailcore.outbound.submit import Submission
from mailcore.outbound.suppressions import Suppressions
from mailcore.outbound.tokens import UnsubscribeTokens
from mailcore.protections import Protections
from mailcore.provenance import Origins
from mailcore.rulebook.door import Door
from mailcore.rulebook.known import Known
from mailcore.rulebook.service import Rulebook


class Outgoing(Mail):
    """What agents send, and what a person decides of it."""

    @cached_property
    def protections(self) -> Protections:
        return Protections(
            store=self.stores.guarding,
            accounts=self.stores.accounts,
            secrets=self.secrets,
            shape=guard_package.shape_of,
            rules=guard_package.rule_ids(),
            own=_own_secrets(self.config),
            kept=self._kept_secrets,
            clock=self.clock,
        )

    async def _kept_secrets(self, pod_id: PodId) -> dict[str, str]:
        """What the server logs in with elsewhere: that must not leave by mail."""
        found: dict[str, str] = {}
        for host in await self.stores.outbound.smarthosts(pod_id):
            with contextlib.suppress(MailError):  # sealed with another server key: lost
                secret = self.secrets.unseal(host.sealed_secret).decode()
                found[f"login at {host.host} {host.id}"] = secret
        for channel in await self.stores.channels.channels(pod_id):
            with contextlib.suppress(MailError):
                bot = BotSecrets.unseal(self.secrets, channel.sealed_secrets)
                found |= {
                    f"token of {channel.name}": bot.token,
                    f"proof of {channel.name}": bot.proof,
                }
        return found

    @cached_property
    def suppressions(self) -> Suppressions:
        return Suppressions(
            store=self.stores.suppressions,
            mailboxes=self.mailboxes,
            tokens=UnsubscribeTokens(self.secrets),
            base_url=public_url(self.config),
            clock=self.clock,
        )

    @cached_property
    def sending(self) -> SendingPolicies:
        return SendingPolicies(
            store=self.stores.outbound, mailboxes=self.mailboxes, config=self.config
        )

    @cached_property
    def rulebook(self) -> Rulebook:
        return Rulebook(store=self.stores.rules, accounts=self.stores.accounts, clock=self.clock)

    @cached_property
    def known(self) -> Known:
        return Known(contacts=self.stores.contacts, rules=self.stores.rules, mail=self.stores.mail)

    @cached_property
    def resubmissions(self) -> Resubmissions:
        return Resubmissions(
            store=self.stores.outbound,
            secrets=self.secrets,
            config=self.config,
            clock=self.clock,
        )

    @cached_property
    def submission(self) -> Submission:
        return Submission(
            settings=self.settings,
            accounts=self.stores.accounts,
            outbound=self.stores.outbound,
            suppressions=self.suppressions,
            policies=self.sending,
            attachments=Attachments(
                fetcher=self.fetcher, max_bytes=self.config.outbound.max_attachment_bytes
            ),
            brakes=Brakes(
                store=self.stores.outbound,
                policies=self.sending,
                config=self.config,
                clock=self.clock,
            ),
            resubmissions=self.resubmissions,
            blobs=self.stores.blobs,
            guard=self.guard,
            protections=self.protections,
            taints=self.taints,
            origins=Origins(
                store=self.stores.guarding, blobs=self.stores.blobs, trace=guard_package.trace
            ),
            rules=Door(rulebook=self.rulebook, known=self.known, clock=self.clock),
            doorbell=self.doorbell,
            config=self.config,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def replays(self) -> Replays:
        return Replays(
            outbound=self.stores.outbound,
            accounts=self.stores.accounts,
            blobs=self.stores.blobs,
            protections=self.protections,
            settings=self.settings,
            guard=self.guard,
            config=self.config,
        )

    @cached_property
    def mailer(self) -> Mailer:
        return Mailer(
            submission=self.submission,
            mailboxes=self.mailboxes,
            outbound=self.stores.outbound,
            signatures=self.signatures,
        )

    @cached_property
    def approvals(self) -> Approvals:
        return Approvals(
            outbound=self.stores.outbound,
            accounts=self.stores.accounts,
            settings=self.settings,
            policy=self.stores.policy,
            blobs=self.stores.blobs,
            revisions=Revisions(
                outbound=self.stores.outbound,
                accounts=self.stores.accounts,
                blobs=self.stores.blobs,
                submission=self.submission,
            ),
            doorbell=self.doorbell,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(
            outbound=self.stores.outbound,
            mailboxes=self.mailboxes,
            submission=self.submission,
            approvals=self.approvals,
            clock=self.clock,
        )

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(
            outbound=self.stores.outbound,
            mailboxes=self.mailboxes,
            submission=self.submission,
            policies=self.sending,
            clock=self.clock,
        )

    @cached_property
    def queue(self) -> Queue:
        return Queue(
            outbound=self.stores.outbound,
            accounts=self.accounts,
            mailboxes=self.mailboxes,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def smarthosts(self) -> Smarthosts:
        return Smarthosts(
            outbound=self.stores.outbound,
            accounts=self.accounts,
            secrets=self.secrets,
            config=self.config,
            clock=self.clock,
        )


def _own_secrets(config: Config) -> dict[str, str]:
    """Secrets of the configuration, which must not leave either."""
    password = config.outbound.smarthost_password
    return {"smart host password": password.get_secret_value()} if password else {}
