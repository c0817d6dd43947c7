"""SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 3501 §6.4.4) with ESEARCH, SEARCHRES and MODSEQ.

A client of RFC 3501 that asks without RETURN is answered with SEARCH, everybody else with ESEARCH.
"""

from collections.abc import Sequence

from imapd import responses
from imapd.commands import CancelUpdate, ReturnOption, Search, Sort
from imapd.contexts import Context
from imapd.ops.outcome import Outcome, done, wrong
from imapd.search import SearchKey, mentions_modseq, resolve
from imapd.seqset import Range, of_numbers, render
from imapd.session import Session
from mailcore.errors import MailError
from mailcore.store.ports import FetchColumns

_ALL = frozenset({ReturnOption.ALL})
TAG_REUSED = wrong("the tag is that of a search which is kept up to date")
_ENDS = frozenset({ReturnOption.MIN, ReturnOption.MAX})


async def search(session: Session, command: Search) -> Outcome:
    """Ask the mailbox service; answer with what this session knows of."""
    view, returned = session.current.view, command.returned
    is_saving = returned is not None and ReturnOption.SAVE in returned
    if command.updates is not None and session.tag in session.contexts:
        return TAG_REUSED
    has_modseq = mentions_modseq(command.key)
    if has_modseq:
        session.want_modseq()
    try:
        uids = await found(session, command.key)
    except MailError:
        if is_saving:
            view.saved = []
        raise
    if returned is None and session.manner.is_rev2:
        returned = _ALL
    if returned is not None:
        chosen = told_of(uids, returned)
        if is_saving:
            view.saved = of_numbers(chosen)
        modseq = await highest(session, chosen) if has_modseq else None
        numbers = list(uids) if command.by_uid else view.numbers_of(uids)
        if returned != {ReturnOption.SAVE} or command.partial:
            told = values(numbers, returned, modseq)
            if command.partial:
                told.append(partial(command.partial, numbers))
            session.write(responses.esearch(session.tag, told, by_uid=command.by_uid))
        keep_up_to_date(session, command, uids)
        return done("search completed")
    modseq = await highest(session, uids) if has_modseq else None
    numbers = list(uids) if command.by_uid else view.numbers_of(uids)
    await session.write_all([responses.search(numbers, modseq)])
    return done("search completed")


async def found(session: Session, key: SearchKey) -> list[int]:
    """The UIDs that match and that the client knows of, ascending."""
    selected = session.current
    mailboxes = session.services.mailboxes
    where = resolve(key, selected.view, mailboxes.now())
    return selected.view.uids_known(await mailboxes.search(selected.mailbox, where))


async def highest(session: Session, uids: Sequence[int]) -> int | None:
    """The highest MODSEQ among messages (RFC 7162 §3.1.5), None without any."""
    mailbox = session.current.mailbox
    rows = await session.services.mailboxes.fetch(mailbox, of_numbers(uids), FetchColumns(0))
    return max((row.modseq for row in rows), default=None)


def keep_up_to_date(session: Session, command: Search | Sort, uids: list[int]) -> None:
    """Begin a context, if that is wanted; NOUPDATE says that there is no room for one."""
    if command.updates is None:
        return
    context = Context(
        where=resolve(command.key, session.current.view, session.services.mailboxes.now()),
        by_uid=command.by_uid,
        criteria=command.criteria if isinstance(command, Sort) else (),
        items=command.updates.items,
        found=uids,
    )
    if not session.contexts.add(session.tag, context):
        code = b"NOUPDATE " + responses.string(session.tag)
        session.write(responses.no(b"*", "too many contexts, or too many results", code))


def cancel_update(session: Session, command: CancelUpdate) -> Outcome:
    """CANCELUPDATE."""
    session.contexts.cancel(command.tags)
    return done("no further updates")


def partial(wanted: Range, numbers: Sequence[int], *, is_ordered: bool = False) -> bytes:
    """PARTIAL with the results of these places; an order of its own is kept."""
    found = numbers[wanted[0] - 1 : wanted[1]]
    if not found:
        shown = b"NIL"
    elif is_ordered:
        shown = b",".join([b"%d" % number for number in found])
    else:
        shown = render(of_numbers(found))
    return b"PARTIAL (%d:%d %b)" % (*wanted, shown)


def told_of(uids: Sequence[int], returned: frozenset[ReturnOption]) -> list[int]:
    """What `$` and MODSEQ are about: the ends when nothing but those is asked for (RFC 5182 §2.4)."""
    if not uids or returned - _ENDS - {ReturnOption.SAVE} or not returned & _ENDS:
        return list(uids)
    ends = set()
    if ReturnOption.MIN in returned:
        ends.add(uids[0])
    if ReturnOption.MAX in returned:
        ends.add(uids[-1])
    return sorted(ends)


def values(
    numbers: Sequence[int], returned: frozenset[ReturnOption], modseq: int | None
) -> list[bytes]:
    """The values of an extended SEARCH, but PARTIAL."""
    found: list[bytes] = []
    if numbers and ReturnOption.MIN in returned:
        found.append(b"MIN %d" % numbers[0])
    if numbers and ReturnOption.MAX in returned:
        found.append(b"MAX %d" % numbers[-1])
    if ReturnOption.COUNT in returned:
        found.append(b"COUNT %d" % len(numbers))
    if numbers and ReturnOption.ALL in returned:
        found.append(b"ALL " + render(of_numbers(numbers)))
    if modseq is not None:
        found.append(b"MODSEQ %d" % modseq)
    return found


def sorted_values(numbers: Sequence[int], command: Sort, modseq: int | None) -> list[bytes]:
    """The values of an extended SORT: MIN, MAX and ALL go by the order found (RFC 5267 §3)."""
    returned = _ALL if command.returned is None else command.returned
    found = values(numbers, returned - _ALL, None)
    if numbers and ReturnOption.ALL in returned:
        found.append(b"ALL " + b",".join([b"%d" % number for number in numbers]))
    if command.partial:
        found.append(partial(command.partial, numbers, is_ordered=True))
    return found if modseq is None else [*found, b"MODSEQ %d" % modseq]
