"""GETMETADATA and SETMETADATA (RFC 5464), and annotations in LIST (RFC 9590).

The empty mailbox name means the inbox itself: `/private` entries are the client's own, `/shared` ones
of the server cannot be set.
"""

from collections.abc import Mapping

from imapd import metadata, responses
from imapd.commands import GetMetadata, MetadataQuery, SetMetadata
from imapd.ops.outcome import Outcome, done
from imapd.session import Session
from mailcore.metadata import below
from mailcore.model import Mailbox


async def get_metadata(session: Session, command: GetMetadata) -> Outcome:
    """GETMETADATA; LONGENTRIES tells the largest value left out."""
    mailbox = await _mailbox(session, command.mailbox)
    line, longest = await metadata_line(session, mailbox, command.query)
    session.write(line)
    return annotated(longest)


def annotated(longest: int) -> Outcome:
    """OK, with the size of the largest value that was too long to be told."""
    code = b"METADATA LONGENTRIES %d" % longest if longest else b""
    return done("annotations told", code)


async def metadata_line(
    session: Session, mailbox: Mailbox | None, query: MetadataQuery
) -> tuple[bytes, int]:
    """`* METADATA`, empty without anything to tell, and the size of the largest value left out."""
    user = session.user
    known = await session.services.mailboxes.metadata(user.actor, user.inbox.id, mailbox)
    found = _found(known, query)
    longest, pairs = 0, list[bytes]()
    for entry, value in found.items():
        if value is not None and query.max_size is not None and len(value) > query.max_size:
            longest = max(longest, len(value))
        else:
            pairs.append(metadata.pair(entry, value))
    if not pairs:
        return b"", longest
    name = responses.mailbox(mailbox.name if mailbox else "", is_utf8=session.manner.is_utf8)
    return b"* METADATA %b (%b)\r\n" % (name, b" ".join(pairs)), longest


def _found(known: Mapping[str, bytes], query: MetadataQuery) -> dict[str, bytes | None]:
    """The entries asked for; those without a value only where nothing below them is asked for."""
    if query.depth == 0:
        return {entry: known.get(entry) for entry in query.entries}
    names = [one for entry in query.entries for one in below(known, entry, query.depth)]
    return {name: known[name] for name in names}


async def set_metadata(session: Session, command: SetMetadata) -> Outcome:
    """SETMETADATA: all or none."""
    user = session.user
    mailbox = await _mailbox(session, command.mailbox)
    await session.services.mailboxes.annotate(
        user.actor, user.inbox.id, mailbox, dict(command.values)
    )
    return done("annotations set")


async def _mailbox(session: Session, name: str) -> Mailbox | None:
    if not name:
        return None
    user = session.user
    return await session.services.mailboxes.mailbox(user.actor, user.inbox.id, name)
