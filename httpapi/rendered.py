"""Messages that were shown before, kept as the JSON they were shown as.

An entry is good for one state of its message (`MessageState`) and is asked for with the state read
just now, so it is never stale: a changed flag, folder or thread makes another state. What is kept
is the same for everybody who may read the message; whether one may is asked each time. Bounded by
bytes; the least recently read goes first.
"""

from collections import OrderedDict
from typing import Final

from httpapi.extracting import ShownMessage
from mailcore.ids import MessageId
from mailcore.store.ports import MessageState

_MAX_SHARE: Final = 16
"""No message takes more than this part of the memory."""
_OVERHEAD_BYTES: Final = 600
"""What an entry costs beside its JSON."""


class RenderedMessages:
    """The cache; `max_bytes` 0 keeps nothing."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[MessageId, tuple[MessageState, ShownMessage]] = OrderedDict()

    def find(self, message_id: MessageId, state: MessageState) -> ShownMessage | None:
        """What was shown of the message in this state."""
        found = self._kept.get(message_id)
        if found is None or found[0] != state:
            return None
        self._kept.move_to_end(message_id)
        return found[1]

    def keep(self, message_id: MessageId, state: MessageState, shown: ShownMessage) -> None:
        """Remember it, in the place of what was shown of an earlier state."""
        self._drop(message_id)
        size = _size(shown)
        if size > self._max_bytes // _MAX_SHARE:
            return
        self._kept[message_id] = (state, shown)
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, message_id: MessageId) -> None:
        old = self._kept.pop(message_id, None)
        if old is not None:
            self._bytes -= _size(old[1])


def _size(shown: ShownMessage) -> int:
    return len(shown.head) + _OVERHEAD_BYTES
