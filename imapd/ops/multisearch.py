"""ESEARCH: one search in several mailboxes (RFC 7377). What is found is told by UID, mailbox by mailbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from imapd import responses
from imapd.commands import Esearch, FilterKind, MailboxFilter, ReturnOption
from imapd.mailbox_filters import chosen
from imapd.ops import search
from imapd.ops.outcome import Outcome, done, wrong
from imapd.search import SearchKey, mentions_modseq, resolve
from imapd.seqset import MAX_NUMBER, STAR, Range, SequenceSet, of_numbers
from imapd.session import Session
from mailcore.errors import invalid
from mailcore.model import Mailbox
from mailcore.search import All
from mailcore.store.ports import FetchColumns

_ALL: Final = frozenset({ReturnOption.ALL})
_HERE: Final = (MailboxFilter(FilterKind.SELECTED),)


async def esearch(session: Session, command: Esearch) -> Outcome:
    """Search every mailbox chosen; those without a result are not named (§2.1)."""
    user, selected = session.user, session.selected
    sources = command.sources or _HERE
    is_here = all(one.kind is FilterKind.SELECTED for one in sources)
    returned = _ALL if command.returned is None else command.returned
    if is_here and selected is None:
        return wrong("select a mailbox first, or name mailboxes")
    if ReturnOption.SAVE in returned and not is_here:
        return wrong("only a search of the selected mailbox can be saved")
    if mentions_modseq(command.key):
        session.want_modseq()
    if is_here and selected is not None:
        await session.sync(may_expunge=False)
    mailboxes = await session.services.mailboxes.list(user.actor, user.inbox.id)
    here = selected.mailbox if selected is not None else None
    for mailbox in chosen(sources, mailboxes, here):
        await _search_one(session, command, mailbox)
    if command.updates is not None:
        code = b"NOUPDATE " + responses.string(session.tag)
        session.write(responses.no(b"*", "searches of mailboxes are not kept up to date", code))
    return done("search completed")


async def _search_one(session: Session, command: Esearch, mailbox: Mailbox) -> None:
    uids = await _found(session, command.key, mailbox)
    returned = _ALL if command.returned is None else command.returned
    if ReturnOption.SAVE in returned:
        session.current.view.saved = of_numbers(search.told_of(uids, returned))
    if not uids or (returned == {ReturnOption.SAVE} and not command.partial):
        return
    modseq = None
    if mentions_modseq(command.key):
        ranges = of_numbers(search.told_of(uids, returned))
        rows = await session.services.mailboxes.fetch(mailbox, ranges, FetchColumns(0))
        modseq = max((row.modseq for row in rows), default=None)
    values = search.values(uids, returned, modseq)
    if command.partial:
        values.append(search.partial(command.partial, uids))
    place = (responses.mailbox(mailbox.name, is_utf8=session.manner.is_utf8), mailbox.uid_validity)
    await session.write_all([responses.esearch(session.tag, values, by_uid=True, place=place)])


async def _found(session: Session, key: SearchKey, mailbox: Mailbox) -> list[int]:
    """The UIDs that match; of the selected mailbox those that the client knows of."""
    selected, mailboxes = session.selected, session.services.mailboxes
    if selected is not None and selected.mailbox.id == mailbox.id:
        return await search.found(session, key)
    last = max(await mailboxes.search(mailbox, All()), default=0) if mailbox.messages else 0
    where = resolve(key, _Elsewhere(mailbox, last), _now(session))
    return list(await mailboxes.search(mailbox, where))


def _now(session: Session) -> datetime:
    return session.services.mailboxes.now()


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """What search keys mean in a mailbox that is not selected: there are no message numbers."""

    mailbox: Mailbox
    last: int

    def uids_at(self, numbers: SequenceSet) -> list[Range]:  # noqa: ARG002 - of the protocol
        """Refused: INVALID."""
        raise invalid("search", "message numbers are those of the selected mailbox; use UID")

    def uids_in(self, uids: SequenceSet) -> list[Range]:
        """UID ranges; `$` is of the selected mailbox."""
        if uids.is_saved:
            raise invalid("search", "what was saved is of the selected mailbox")
        has_star = any(STAR in one for one in uids.ranges)
        return uids.resolve(self.last if has_star else MAX_NUMBER)

    def recent_uids(self) -> list[Range]:
        r"""What no session has claimed as `\Recent`."""
        return [(self.mailbox.recent_from_uid, MAX_NUMBER)]
