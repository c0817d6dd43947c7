"""What the HTTP edge is given: the services of the core, by name.

Nothing here does anything. Operations reach the product only through this record, so they can
neither bypass a service nor see the store.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mailcore.accounts import Accounts
from mailcore.aliases import Aliases
from mailcore.channels.links import Links
from mailcore.channels.service import Channels
from mailcore.channels.showing import Showing
from mailcore.clock import Clock
from mailcore.contacts import Contacts
from mailcore.credentials import Credentials
from mailcore.domains.service import Domains
from mailcore.inbound.trials import Trials
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
from mailcore.model import JsonObject
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.drafts import Drafts
from mailcore.outbound.mailer import Mailer
from mailcore.outbound.queue import Queue
from mailcore.outbound.replay import Replays
from mailcore.outbound.schedule import Schedule
from mailcore.outbound.sending_policy import SendingPolicies
from mailcore.outbound.smarthosts import Smarthosts
from mailcore.outbound.suppressions import Suppressions
from mailcore.protections import Protections
from mailcore.quarantine import Quarantine
from mailcore.readiness import Readiness
from mailcore.reports.received import ReceivedReports
from mailcore.rulebook.service import Rulebook
from mailcore.settings import Settings
from mailcore.signatures import Signatures
from mailcore.tags import Tags
from mailcore.taints import Taints
from mailcore.tasks.service import Tasks
from mailcore.templates import Templates
from mailcore.webhooks.service import Webhooks

type SafeText = Callable[[str], tuple[str, list[JsonObject]]]
"""Text as an agent may see it, and a note on everything that was taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything an operation may call."""

    accounts: Accounts
    aliases: Aliases
    approvals: Approvals
    channels: Channels
    clock: Clock
    contacts: Contacts
    credentials: Credentials
    domains: Domains
    drafts: Drafts
    journal: Journal
    links: Links
    mailboxes: Mailboxes
    protections: Protections
    quarantine: Quarantine
    queue: Queue
    readiness: Readiness
    replays: Replays
    reports: ReceivedReports
    rulebook: Rulebook
    safe_text: SafeText
    settings: Settings
    showing: Showing
    signatures: Signatures
    smarthosts: Smarthosts
    submission: Mailer
    suppressions: Suppressions
    sending: SendingPolicies
    schedule: Schedule
    tags: Tags
    tasks: Tasks
    templates: Templates
    trials: Trials
    taints: Taints
    webhooks: Webhooks
