"""Mail from outside: who may connect, what it proves, where it goes, and what it reports."""

from functools import cached_property

from mailcore.app.asking import Asking
from mailcore.inbound.bounces import Bounces
from mailcore.inbound.decisions import Decisions
from mailcore.inbound.doorkeeper import Doorkeeper
from mailcore.inbound.gate import Gate
from mailcore.inbound.hook import InboundHook
from mailcore.inbound.pipeline import Inbound
from mailcore.inbound.releases import Releases
from mailcore.inbound.role_mail import RoleMail
from mailcore.inbound.routing import Routing
from mailcore.inbound.sorting import Sorting
from mailcore.inbound.trials import Trials
from mailcore.mailauth.verify import Authenticator
from mailcore.outbound.tokens import ReturnTokens
from mailcore.reports.received import ReceivedReports
from mailcore.reports.tally import Tally


class Incoming(Asking):
    """The way of a message from a stranger into a mailbox."""

    @cached_property
    def doorkeeper(self) -> Doorkeeper:
        return Doorkeeper(
            resolver=self.resolver,
            store=self.stores.greylist,
            config=self.config,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def returns(self) -> ReturnTokens:
        return ReturnTokens(self.secrets, is_on=self.config.signs_return_path)

    @cached_property
    def bounces(self) -> Bounces:
        return Bounces(
            outbound=self.stores.outbound,
            blobs=self.stores.blobs,
            delivery=self.delivery,
            tokens=self.returns,
            config=self.config,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def received_reports(self) -> ReceivedReports:
        return ReceivedReports(store=self.stores.reports, clock=self.clock)

    @cached_property
    def tally(self) -> Tally:
        return Tally(
            store=self.stores.reports, clock=self.clock, is_on=self.config.inbound.dmarc_reports
        )

    @cached_property
    def inbound(self) -> Inbound:
        config, stores = self.config, self.stores
        return Inbound(
            routing=Routing(accounts=stores.accounts, bounces=self.bounces, config=config),
            bounces=self.bounces,
            authenticator=Authenticator(
                self.resolver,
                config.server.hostname,
                trusted_sealers=config.inbound.trusted_arc_sealers,
            ),
            decisions=Decisions(
                accounts=self.accounts,
                approvals=self.approvals,
                quarantine=self.quarantine,
                tokens=self.tokens,
                policy=stores.policy,
            ),
            guard=self.guard,
            settings=self.settings,
            gate=Gate(
                store=stores.quarantine, policy=stores.policy, config=config, clock=self.clock
            ),
            contacts=stores.contacts,
            sorting=Sorting(
                rulebook=self.rulebook,
                known=self.known,
                accounts=stores.accounts,
                mail=stores.mail,
                metrics=self.metrics,
                clock=self.clock,
            ),
            delivery=self.delivery,
            role_mail=RoleMail(submission=self.submission, config=config, clock=self.clock),
            on_unclear=self.ask_again,
            on_ruled=self.tally.note,
            reports=self.received_reports,
            config=config,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def inbound_hook(self) -> InboundHook:
        return InboundHook(inbound=self.inbound, throttle=self.throttle, config=self.config)

    @cached_property
    def releases(self) -> Releases:
        return Releases(store=self.stores.quarantine, inbound=self.inbound, journal=self.journal)

    @cached_property
    def trials(self) -> Trials:
        return Trials(
            rulebook=self.rulebook,
            known=self.known,
            mailboxes=self.mailboxes,
            config=self.config,
            clock=self.clock,
        )
