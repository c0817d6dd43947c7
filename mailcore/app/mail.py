"""The mail that is there: mailboxes, what belongs to them, their copies, and who wrote."""

from functools import cached_property

from mailcore.app.datadir import database_file
from mailcore.app.ground import Ground
from mailcore.arrivals import Arrivals
from mailcore.contacts import Contacts
from mailcore.delivery import Delivery
from mailcore.fulltext import Indexer
from mailcore.mailboxes import Mailboxes
from mailcore.mirror import Mirror
from mailcore.quarantine import Quarantine
from mailcore.signatures import Signatures
from mailcore.state_copy import StateCopy
from mailcore.store.arrival_log import ArrivalLog
from mailcore.tags import Tags
from mailcore.taints import Taints
from mailcore.templates import Templates


class Mail(Ground):
    """What people and programs read and write."""

    @cached_property
    def delivery(self) -> Delivery:
        return Delivery(mail=self.stores.mail, arrivals=self.arrivals)

    @cached_property
    def arrivals(self) -> Arrivals:
        folder = database_file(self.config).parent
        return Arrivals(arrival_log=ArrivalLog(folder, self.clock), mail=self.stores.mail)

    @cached_property
    def taints(self) -> Taints:
        return Taints(
            store=self.stores.guarding, hours=self.config.guard.taint_hours, clock=self.clock
        )

    @cached_property
    def mailboxes(self) -> Mailboxes:
        return Mailboxes(
            mail=self.stores.mail,
            accounts=self.stores.accounts,
            blobs=self.stores.blobs,
            delivery=self.delivery,
            clock=self.clock,
            readers=self.taints,
        )

    @cached_property
    def mirror(self) -> Mirror:
        return Mirror(
            store=self.stores.mirror,
            files=self.stores.files,
            journal=self.journal,
            is_shown=self.mailboxes.is_shown,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def state(self) -> StateCopy:
        return StateCopy(store=self.stores.state, metrics=self.metrics)

    @cached_property
    def indexer(self) -> Indexer:
        return Indexer(index=self.stores.fulltext, blobs=self.stores.blobs, journal=self.journal)

    @cached_property
    def contacts(self) -> Contacts:
        return Contacts(
            store=self.stores.contacts,
            accounts=self.stores.accounts,
            mail=self.stores.mail,
            cursors=self.stores.journal,
            journal=self.journal,
            clock=self.clock,
        )

    @cached_property
    def quarantine(self) -> Quarantine:
        return Quarantine(
            store=self.stores.quarantine, accounts=self.stores.accounts, clock=self.clock
        )

    @cached_property
    def signatures(self) -> Signatures:
        return Signatures(
            store=self.stores.templates, accounts=self.stores.accounts, clock=self.clock
        )

    @cached_property
    def tags(self) -> Tags:
        return Tags(store=self.stores.tags, accounts=self.stores.accounts, clock=self.clock)

    @cached_property
    def templates(self) -> Templates:
        return Templates(
            store=self.stores.templates, accounts=self.stores.accounts, clock=self.clock
        )
