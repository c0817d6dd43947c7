"""SEARCH and UID SEARCH (RFC 9051 §6.4.4, answered as RFC 3501 §7.2.5 says)."""

from imapd import responses
from imapd.commands import Search
from imapd.ops.outcome import Outcome, done
from imapd.search import resolve
from imapd.session import Session


async def search(session: Session, command: Search) -> Outcome:
    """Ask the mailbox service; answer with what this session knows of."""
    selected = session.current
    view = selected.view
    where = resolve(command.key, view)
    found = await session.services.mailboxes.search(selected.mailbox, where)
    numbers = view.uids_known(found) if command.by_uid else view.numbers_of(found)
    await session.write_all([responses.search(numbers)])
    return done("search completed")
