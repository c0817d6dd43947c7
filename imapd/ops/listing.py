r"""LIST and LSUB (RFC 9051 §6.3.9, RFC 3501 §6.3.9) with LIST-EXTENDED and LIST-STATUS.

Special-use attributes are in plain LIST too (RFC 6154 §2): Apple Mail looks nowhere else. Levels
that exist only through their children are listed as `\Noselect`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from imapd import responses
from imapd.commands import List, ListOption, Lsub
from imapd.ops.mailbox import status_line
from imapd.ops.metadata import annotated, metadata_line
from imapd.ops.outcome import Outcome, done
from imapd.ops.patterns import SEPARATOR, matcher
from imapd.session import Session
from mailcore.model import Mailbox

_NOSELECT: Final = b"\\Noselect"


@dataclass(frozen=True, slots=True)
class _Listed:
    """One line of the answer; `mailbox` is None for a level that only has children."""

    name: str
    mailbox: Mailbox | None
    attributes: list[bytes]
    child_info: list[bytes]


async def list_(session: Session, command: List) -> Outcome:
    """LIST."""
    if command.patterns == ("",) and not command.selection:
        session.write(responses.untagged(b'LIST (\\Noselect) "/" ""'))
        return done("the hierarchy separator")
    mailboxes = await _mailboxes(session)
    matchers = [matcher(command.reference, pattern) for pattern in command.patterns]
    lines: list[bytes] = []
    longest = 0
    for one in _listed(mailboxes, matchers, command):
        lines.append(list_line(session, one))
        if command.metadata is not None and one.mailbox is not None:
            line, left_out = await metadata_line(session, one.mailbox, command.metadata)
            lines.append(line)
            longest = max(longest, left_out)
        if command.status and one.mailbox is not None and one.mailbox.is_selectable:
            lines.append(await status_line(session, one.mailbox, command.status))
    await session.write_all(lines)
    return annotated(longest) if longest else done("mailboxes listed")


def list_line(session: Session, one: _Listed) -> bytes:
    """`* LIST` for this client."""
    return responses.list_line(
        b"LIST",
        one.attributes,
        one.name,
        is_utf8=session.manner.is_utf8,
        child_info=one.child_info,
    )


def plain_line(
    session: Session, mailbox: Mailbox, names: Iterable[str], *, old_name: str = ""
) -> bytes:
    """`* LIST` of a mailbox among others of these names, unasked: with everything that is true of it."""
    command = List(reference="", patterns=(), returned=frozenset({ListOption.SUBSCRIBED}))
    has_children = any(name.startswith(f"{mailbox.name}{SEPARATOR}") for name in names)
    attributes = _attributes(mailbox, command, has_children=has_children)
    is_utf8 = session.manner.is_utf8
    return responses.list_line(
        b"LIST", attributes, mailbox.name, is_utf8=is_utf8, old_name=old_name
    )


def selected_line(session: Session, mailbox: Mailbox) -> bytes:
    """`* LIST` of the mailbox just selected (RFC 9051 §6.3.2)."""
    return list_line(session, _Listed(mailbox.name, mailbox, [], []))


async def lsub(session: Session, command: Lsub) -> Outcome:
    r"""LSUB: what is subscribed; a parent that is not stands for its children as `\Noselect`."""
    mailboxes = await _mailboxes(session)
    matches = matcher(command.reference, command.pattern)
    by_name = {one.name: one for one in mailboxes}
    subscribed = {one.name for one in mailboxes if one.is_subscribed}
    named = dict.fromkeys(name for name in subscribed if matches(name))
    if command.pattern.endswith("%"):
        named |= dict.fromkeys(name for name in _parents(subscribed) if matches(name))
    for name in sorted(named):
        mailbox = by_name.get(name)
        is_there = mailbox is not None and mailbox.is_selectable and name in subscribed
        attributes = [] if is_there else [_NOSELECT]
        is_utf8 = session.manner.is_utf8
        session.write(responses.list_line(b"LSUB", attributes, name, is_utf8=is_utf8))
    return done("subscriptions listed")


async def _mailboxes(session: Session) -> tuple[Mailbox, ...]:
    user = session.user
    return await session.services.mailboxes.list(user.actor, user.inbox.id)


def _parents(names: Iterable[str]) -> set[str]:
    """Every level above the names."""
    found: set[str] = set()
    for name in names:
        parent = name.rpartition(SEPARATOR)[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition(SEPARATOR)[0]
    return found


def _listed(
    mailboxes: Sequence[Mailbox], matchers: Sequence[Callable[[str], bool]], command: List
) -> list[_Listed]:
    by_name: dict[str, Mailbox | None] = {one.name: one for one in mailboxes}
    parents = _parents(by_name)
    missing = sorted(name for name in parents if name not in by_name)
    by_name |= dict.fromkeys(missing)
    with_chosen = _parents_of_chosen(mailboxes, command)
    found: list[_Listed] = []
    for name, mailbox in by_name.items():
        is_chosen = _is_chosen(mailbox, command)
        if not (is_chosen or name in with_chosen) or not any(one(name) for one in matchers):
            continue
        attributes = _attributes(mailbox, command, has_children=name in parents)
        child_info = _CHOOSING.keys() & command.selection if name in with_chosen else set()
        shown = sorted(_CHOOSING[one] for one in child_info)
        found.append(_Listed(name, mailbox, attributes, shown))
    return found


_CHOOSING: Final = {
    ListOption.SUBSCRIBED: b"SUBSCRIBED",
    ListOption.SPECIAL_USE: b"SPECIAL-USE",
}


def _parents_of_chosen(mailboxes: Sequence[Mailbox], command: List) -> set[str]:
    """For RECURSIVEMATCH: levels with something below them that the options choose."""
    if ListOption.RECURSIVE not in command.selection:
        return set()
    return _parents(one.name for one in mailboxes if _is_chosen(one, command))


def _is_chosen(mailbox: Mailbox | None, command: List) -> bool:
    if ListOption.SUBSCRIBED in command.selection and not (mailbox and mailbox.is_subscribed):
        return False
    return ListOption.SPECIAL_USE not in command.selection or bool(mailbox and mailbox.special_use)


def _attributes(mailbox: Mailbox | None, command: List, *, has_children: bool) -> list[bytes]:
    attributes = [b"\\HasChildren" if has_children else b"\\HasNoChildren"]
    if mailbox is None or not mailbox.is_selectable:
        attributes.append(_NOSELECT)
    if mailbox is None:
        return attributes
    options = command.returned | command.selection
    if mailbox.is_subscribed and ListOption.SUBSCRIBED in options:
        attributes.append(b"\\Subscribed")
    if mailbox.special_use is not None:
        attributes.append(b"\\" + mailbox.special_use.value.encode("ascii"))
    return attributes
