"""What works in the background: webhooks, tasks, rules that act, and the periodic jobs."""

from datetime import timedelta
from functools import cached_property
from typing import Final

from mailcore.app.guarding import readable
from mailcore.app.leaving import Leaving
from mailcore.automation.doing import Doing
from mailcore.automation.runner import Automation
from mailcore.channels.strangers import TELL_EVERY
from mailcore.domains.service import POLL_EVERY
from mailcore.jobs import KEEP_JOURNAL, Job, Jobs
from mailcore.outbound.tokens import ClaimTokens
from mailcore.tasks.notices import TaskNotices
from mailcore.tasks.service import EXPIRE_EVERY, Tasks
from mailcore.webhooks.dispatcher import Dispatcher
from mailcore.webhooks.sender import Sender
from mailcore.webhooks.service import Webhooks

ORPHAN_AGE: Final = timedelta(hours=1)
"""When a file that nothing names is a leftover."""
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


class Working(Leaving):
    """Consumers of the journal, and what comes round by the clock."""

    @cached_property
    def webhooks(self) -> Webhooks:
        fetcher = self.fetcher()
        sender = Sender(fetcher=fetcher, secrets=self.secrets, safe_text=readable, clock=self.clock)
        return Webhooks(
            store=self.stores.hooks,
            accounts=self.accounts,
            fetcher=fetcher,
            sender=sender,
            dispatcher=Dispatcher(
                store=self.stores.hooks, journal=self.journal, sender=sender, clock=self.clock
            ),
            secrets=self.secrets,
            clock=self.clock,
        )

    @cached_property
    def tasks(self) -> Tasks:
        return Tasks(
            store=self.stores.tasks,
            accounts=self.accounts,
            inboxes=self.stores.accounts,
            audits=self.stores.policy,
            submission=self.submission,
            tokens=ClaimTokens(self.secrets),
            clock=self.clock,
        )

    @cached_property
    def task_notices(self) -> TaskNotices:
        return TaskNotices(
            journal=self.journal,
            store=self.stores.tasks,
            accounts=self.stores.accounts,
            submission=self.submission,
            config=self.config,
            clock=self.clock,
        )

    @cached_property
    def automation(self) -> Automation:
        return Automation(
            journal=self.journal,
            cursors=self.stores.journal,
            store=self.stores.rules,
            rulebook=self.rulebook,
            known=self.known,
            doing=Doing(
                store=self.stores.rules,
                accounts=self.stores.accounts,
                mail=self.stores.mail,
                outbound=self.stores.outbound,
                mailboxes=self.mailboxes,
                mailer=self.mailer,
                tasks=self.tasks,
                config=self.config,
                clock=self.clock,
            ),
            accounts=self.stores.accounts,
            mail=self.stores.mail,
            outbound=self.stores.outbound,
            blobs=self.stores.blobs,
            metrics=self.metrics,
            clock=self.clock,
        )

    # By the clock -----------------------------------------------------------------------------------

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(
            leases=self.stores.leases,
            owner=self.owner,
            clock=self.clock,
            jobs=(
                Job(name="domain-checks", every=POLL_EVERY, work=self.domains.poll),
                Job(name="expired-holds", every=_MINUTE, work=self.approvals.expire),
                Job(name="hold-reminders", every=timedelta(minutes=5), work=self._remind),
                Job(name="hold-digest", every=_MINUTE, work=self.channel.digest),
                Job(name="quarantine-notices", every=TELL_EVERY, work=self.strangers.tell),
                Job(name="expired-quarantine", every=_HOUR, work=self.quarantine.expire),
                Job(name="expired-tasks", every=EXPIRE_EVERY, work=self.tasks.expire),
                Job(name="likenesses", every=_HOUR, work=self.resubmissions.forget),
                Job(name="rule-log", every=_HOUR, work=self.automation.forget),
                Job(name="old-tasks", every=_HOUR, work=self.tasks.forget),
                Job(name="orphan-files", every=_HOUR, work=self._sweep),
                Job(name="leftovers", every=_HOUR, work=self.accounts.remove_leftovers),
                Job(name="webhook-prune", every=_HOUR, work=self.webhooks.prune),
                Job(name="channel-prune", every=_HOUR, work=self.chats.prune),
                Job(name="dmarc-tally", every=_MINUTE, work=self.tally.store),
                Job(name="dmarc-reports", every=_HOUR, work=self.reports.send),
                Job(name="tls-tally", every=_MINUTE, work=self.tls_tally.store),
                Job(name="tls-reports", every=_HOUR, work=self.tls_reports.send),
                Job(name="received-reports", every=_HOUR, work=self.received_reports.trim),
                Job(name="mta-sts-renewal", every=_HOUR, work=self.sts.renew),
                Job(name="greylist-forget", every=6 * _HOUR, work=self.doorkeeper.forget),
                Job(name="journal-trim", every=6 * _HOUR, work=self._trim),
            ),
        )

    async def _remind(self) -> int:
        return 0 if self.patience.is_quiet(self.clock.now()) else await self.approvals.remind()

    async def _sweep(self) -> int:
        unused = await self.stores.check.orphans(self.clock.now() - ORPHAN_AGE)
        await self.stores.files.remove(unused)
        return len(unused)

    async def _trim(self) -> int:
        before = self.clock.now() - KEEP_JOURNAL
        return await self.stores.journal.trim(before) + await self.stores.mail.trim_spam_log(before)
