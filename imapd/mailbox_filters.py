"""Which mailboxes NOTIFY watches and ESEARCH searches: the grammar, and what a filter means.

RFC 5465 §6 and §8, RFC 7377 §2.2 and §4. `inboxes` is `personal` here: mail may arrive anywhere.
"""

from collections.abc import Iterable
from typing import Final

from imapd.commands import FilterKind, MailboxFilter
from imapd.lexer import Lexer, ParseError
from mailcore.mailboxes import canonical_name
from mailcore.model import Mailbox

MAX_NAMES: Final = 100
_NAMED: Final = frozenset({FilterKind.SUBTREE, FilterKind.SUBTREE_ONE, FilterKind.MAILBOXES})


def read_filter(lexer: Lexer, allowed: frozenset[FilterKind]) -> MailboxFilter:
    """One filter, with the names behind it."""
    word = lexer.word("which mailboxes")
    if word not in allowed:
        raise ParseError(f"unknown choice of mailboxes {word[:40]}")
    kind = FilterKind(word)
    if kind not in _NAMED:
        return MailboxFilter(kind)
    lexer.space()
    names = lexer.listed(lexer.mailbox) if lexer.peek() == b"(" else [lexer.mailbox()]
    if len(names) > MAX_NAMES:
        raise ParseError(f"at most {MAX_NAMES} names")
    return MailboxFilter(kind, tuple(map(canonical_name, names)))


def matches(chosen: MailboxFilter, mailbox: Mailbox, selected: Mailbox | None) -> bool:
    """Whether the mailbox is one of those chosen."""
    match chosen.kind:
        case FilterKind.SELECTED | FilterKind.SELECTED_DELAYED:
            return selected is not None and selected.id == mailbox.id
        case FilterKind.INBOXES | FilterKind.PERSONAL:
            return True
        case FilterKind.SUBSCRIBED:
            return mailbox.is_subscribed
        case FilterKind.MAILBOXES:
            return mailbox.name in chosen.names
        case FilterKind.SUBTREE:
            return any(_is_within(mailbox.name, top) for top in chosen.names)
        case FilterKind.SUBTREE_ONE:
            return mailbox.name in chosen.names or _parent(mailbox.name) in chosen.names


def _is_within(name: str, top: str) -> bool:
    return name == top or name.startswith(f"{top}/")


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


def chosen(
    filters: Iterable[MailboxFilter], mailboxes: Iterable[Mailbox], selected: Mailbox | None
) -> list[Mailbox]:
    """The mailboxes that one of the filters chooses and that can be selected, in their order."""
    wanted = tuple(filters)
    return [
        one
        for one in mailboxes
        if one.is_selectable and any(matches(each, one, selected) for each in wanted)
    ]
