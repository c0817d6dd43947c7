"""The trees that THREAD answers (RFC 5256 §3): ORDEREDSUBJECT and REFERENCES. Pure.

Nothing recurses over what strangers wrote, and cost is linear in the messages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from imapd.sorting import base_subject, sent
from mailcore.store.ports import SortRow

_MAX_REFERENCES: Final = 100
_MAX_DEPTH: Final = 200
"""A longer chain of answers begins a new conversation."""


@dataclass(slots=True, eq=False)
class Node:
    """A message, or the place of one that is not there (`row` None)."""

    row: SortRow | None = None
    parent: "Node | None" = None
    children: list["Node"] = field(default_factory=list)


def by_subject(rows: Iterable[SortRow]) -> list[Node]:
    """ORDEREDSUBJECT: same base subject, each after the first a child of the first."""
    groups: dict[str, list[SortRow]] = {}
    for row in sorted(rows, key=_age):
        groups.setdefault(base_subject(row.subject)[0].casefold(), []).append(row)
    roots: list[Node] = []
    for first, *others in groups.values():
        root = Node(first)
        for row in others:
            _adopt(root, Node(row))
        roots.append(root)
    return roots


def by_references(rows: Sequence[SortRow]) -> list[Node]:
    """REFERENCES: by Message-ID, References and In-Reply-To, then by subject."""
    nodes = _linked(rows)
    roots = _pruned([node for node in nodes if node.parent is None])
    _sort(roots)
    roots = _by_subject(roots)
    _sort(roots)
    return roots


def _age(row: SortRow) -> tuple[int, int]:
    return sent(row), row.uid


# Linking -----------------------------------------------------------------------------------------


def _linked(rows: Sequence[SortRow]) -> list[Node]:
    """Steps 1 of RFC 5256: every message and every id that is referred to, linked."""
    by_id: dict[str, Node] = {}
    nodes: list[Node] = []

    def place(identifier: str) -> Node:
        found = by_id.get(identifier)
        if found is None:
            found = by_id[identifier] = Node()
            nodes.append(found)
        return found

    for row in rows:
        node = place(row.message_id) if row.message_id else Node()
        if node.row is not None or not row.message_id:
            node = Node()
            nodes.append(node)
        node.row = row
        previous: Node | None = None
        for identifier in _references(row):
            reference = place(identifier)
            if reference.parent is None:
                _link(previous, reference)
            previous = reference
        node.parent = None
        _link(previous, node)
    for node in nodes:
        if node.parent is not None:
            node.parent.children.append(node)
    return nodes


def _references(row: SortRow) -> tuple[str, ...]:
    if row.references:
        return row.references[-_MAX_REFERENCES:]
    return (row.in_reply_to,) if row.in_reply_to else ()


def _link(parent: Node | None, child: Node) -> None:
    """Make one the parent of the other unless that closed a loop, or went too deep."""
    above, depth = parent, 0
    while above is not None:
        depth += 1
        if above is child or depth > _MAX_DEPTH:
            return
        above = above.parent
    child.parent = parent


def _adopt(parent: Node, child: Node) -> None:
    child.parent = parent
    parent.children.append(child)


# Pruning and sorting -----------------------------------------------------------------------------


def _pruned(roots: list[Node]) -> list[Node]:
    """Without places nobody stands at; a missing root keeps two children or more together."""
    for node in reversed(_walk(roots)):
        kept: list[Node] = []
        for child in node.children:
            if child.row is None:
                kept.extend(child.children)
            else:
                kept.append(child)
        for child in kept:
            child.parent = node
        node.children = kept
    pruned: list[Node] = []
    for root in roots:
        if root.row is not None or len(root.children) > 1:
            pruned.append(root)
            continue
        for child in root.children:
            child.parent = None
        pruned.extend(root.children)
    return pruned


def _walk(roots: Iterable[Node]) -> list[Node]:
    """Every node, parents before children."""
    found = list(roots)
    for node in found:
        found.extend(node.children)
    return found


def _first(node: Node) -> SortRow:
    """The message that stands for a tree: its root's, or the first child's."""
    row = node.row or node.children[0].row
    if row is None:
        raise ValueError("a place without message has children with one")
    return row


def _sort(roots: list[Node]) -> None:
    """Siblings by date, from the leaves up: a missing root goes by its first child."""
    for node in reversed(_walk(roots)):
        node.children.sort(key=lambda one: _age(_first(one)))
    roots.sort(key=lambda one: _age(_first(one)))


# Subjects ----------------------------------------------------------------------------------------


def _by_subject(roots: list[Node]) -> list[Node]:
    """Steps 5 of RFC 5256: trees of one base subject become one."""
    table: dict[str, Node] = {}
    loose: list[Node] = []
    for root in roots:
        subject, is_reply = _subject(root)
        held = table.get(subject)
        if not subject:
            loose.append(root)
        elif held is None or _is_better(root, held, is_reply=is_reply):
            table[subject] = root
    chosen = frozenset(map(id, table.values()))
    for root in roots:
        subject = _subject(root)[0]
        if subject and id(root) not in chosen:
            table[subject] = _joined(table[subject], root)
    return [*loose, *table.values()]


def _subject(root: Node) -> tuple[str, bool]:
    subject, is_reply = base_subject(_first(root).subject)
    return subject.casefold(), is_reply


def _is_better(root: Node, held: Node, *, is_reply: bool) -> bool:
    """A missing root, or an original instead of a reply."""
    if held.row is None:
        return False
    return root.row is None or (_subject(held)[1] and not is_reply)


def _joined(held: Node, root: Node) -> Node:
    """One tree of two; the node on top of it."""
    if held.row is None and root.row is None:
        for child in root.children:
            _adopt(held, child)
        return held
    if held.row is None or (_subject(root)[1] and not _subject(held)[1]):
        _adopt(held, root)
        return held
    top = Node()
    _adopt(top, held)
    _adopt(top, root)
    return top


# Wire form ---------------------------------------------------------------------------------------


def render(roots: Iterable[Node], numbers: dict[int, int]) -> bytes:
    """The threads in parentheses (RFC 5256 §4); `numbers` are what UIDs are called."""
    pieces: list[bytes] = []
    for root in roots:
        pieces.append(b"(")
        pending: list[Node | bytes] = [root]
        while pending:
            one = pending.pop()
            if isinstance(one, bytes):
                pieces.append(one)
                continue
            if one.row is not None:
                pieces.append(b"%d" % numbers[one.row.uid])
            _push(pending, one)
        pieces.append(b")")
    return b"".join(pieces)


def _push(pending: list[Node | bytes], node: Node) -> None:
    """A single child goes on in line, several each in parentheses; a missing root only lists."""
    if not node.children:
        return
    if len(node.children) == 1:
        pending.append(node.children[0])
        if node.row is not None:
            pending.append(b" ")
        return
    for child in reversed(node.children):
        pending += [b")", child, b"("]
    if node.row is not None:
        pending.append(b" ")
