"""NOTIFY (RFC 5465): its grammar, and what of a session's mailboxes it wants to be told."""

from typing import Final

from imapd.commands import (
    Command,
    EventGroup,
    FilterKind,
    MailboxFilter,
    Notify,
    NotifyEvent,
)
from imapd.fetch import FetchItem, parse_items
from imapd.lexer import Lexer, ParseError
from imapd.mailbox_filters import read_filter

MAX_GROUPS: Final = 50
MAX_EVENTS: Final = 20
MESSAGE_EVENTS: Final = frozenset(
    {NotifyEvent.MESSAGE_NEW, NotifyEvent.MESSAGE_EXPUNGE, NotifyEvent.FLAG_CHANGE}
)
SHOWN: Final = (
    b"MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange"
    b" MailboxMetadataChange ServerMetadataChange"
)
"""The events there are, for BADEVENT."""
_SELECTED: Final = frozenset({FilterKind.SELECTED, FilterKind.SELECTED_DELAYED})
_ALLOWED: Final = frozenset(FilterKind) - {FilterKind.SUBTREE_ONE}
_BOTH: Final = frozenset({NotifyEvent.MESSAGE_NEW, NotifyEvent.MESSAGE_EXPUNGE})


def notify(lexer: Lexer) -> Command:
    """NOTIFY NONE, or NOTIFY SET with groups."""
    lexer.space()
    word = lexer.word("SET or NONE")
    if word == "NONE":
        return Notify()
    if word != "SET":
        raise ParseError("expected SET or NONE")
    lexer.space()
    has_status = lexer.take_text(b"STATUS ")
    groups = [_group(lexer)]
    while lexer.take_argument_space():
        groups.append(_group(lexer))
    if len(groups) > MAX_GROUPS:
        raise ParseError(f"at most {MAX_GROUPS} groups of events")
    if sum(one.mailboxes.kind in _SELECTED for one in groups) > 1:
        raise ParseError("the selected mailbox is named once")
    return Notify(groups=tuple(groups), has_status=has_status)


def _group(lexer: Lexer) -> EventGroup:
    lexer.expect(b"(")
    mailboxes = read_filter(lexer, _ALLOWED)
    lexer.space()
    found: list[tuple[str, tuple[FetchItem, ...]]] = []
    if lexer.peek() == b"(":
        found = lexer.listed(lambda: _event(lexer))
    elif lexer.word("events or NONE") != "NONE":
        raise ParseError("expected a list of events, or NONE")
    lexer.expect(b")")
    return _checked(mailboxes, found)


def _event(lexer: Lexer) -> tuple[str, tuple[FetchItem, ...]]:
    """An event; MessageNew may say what is to be fetched of new messages."""
    word = lexer.word("an event")
    if word == NotifyEvent.MESSAGE_NEW and lexer.is_next(b" ("):
        lexer.space()
        return word, parse_items(lexer)
    return word, ()


def _checked(
    mailboxes: MailboxFilter, found: list[tuple[str, tuple[FetchItem, ...]]]
) -> EventGroup:
    names = frozenset(name for name, _ in found)
    events = frozenset(one for one in NotifyEvent if one in names)
    is_unknown = len(events) < len(names)
    if events & MESSAGE_EVENTS and not events >= _BOTH:
        raise ParseError("MessageNew and MessageExpunge go together, and FlagChange with them")
    if mailboxes.kind in _SELECTED and events - MESSAGE_EVENTS:
        raise ParseError("of the selected mailbox only messages are told")
    if len(found) > MAX_EVENTS:
        raise ParseError(f"at most {MAX_EVENTS} events")
    items = tuple(item for _, one in found for item in one)
    if items and mailboxes.kind not in _SELECTED:
        raise ParseError("only of the selected mailbox messages are fetched")
    return EventGroup(mailboxes=mailboxes, events=events, items=items, is_unknown=is_unknown)
