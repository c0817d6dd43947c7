r"""Views of large mailboxes as last selected, so that selecting again costs only what changed since.

A cache: losing an entry costs time only. Entries are never shared: sessions get copies, without
`\Recent` of others.
"""

from collections import OrderedDict
from typing import Final

from imapd.selected import SelectedView
from mailcore.ids import MailboxId
from mailcore.model import Mailbox

_WORTH_IT: Final = 500
_MAX_MESSAGES: Final = 2_000_000
"""Over all entries: eight octets each."""
NOT_RECENT: Final = 2**32


class Snapshots:
    """A bounded cache of views."""

    def __init__(self) -> None:
        self._views: OrderedDict[tuple[MailboxId, int], SelectedView] = OrderedDict()
        self._messages = 0

    def take(self, mailbox: Mailbox) -> SelectedView | None:
        """The view kept of a mailbox; it is the caller's from now on."""
        view = self._views.pop((mailbox.id, mailbox.uid_validity), None)
        if view is not None:
            self._messages -= view.count
        return view

    def put(self, mailbox: Mailbox, view: SelectedView) -> None:
        """Keep a view; the caller gives it away."""
        if view.count < _WORTH_IT:
            return
        self.take(mailbox)
        self._views[mailbox.id, mailbox.uid_validity] = view
        self._messages += view.count
        while self._messages > _MAX_MESSAGES:
            _, dropped = self._views.popitem(last=False)
            self._messages -= dropped.count
