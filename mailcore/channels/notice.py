"""What an approver reads about a hold: everything the recipients would get, as text (product §5.3).

Every readable part is quoted, also the HTML form beside the plain one, what it hides, other
alternatives and messages inside: nobody approves what was not shown. Secrets are masked by the
caller's `redact`; characters without a shape are left out. Pure and bounded; not the sending of it.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from mailcore.clock import to_iso
from mailcore.message.headers import Headers
from mailcore.message.parse import Leaf, leaves
from mailcore.message.structure import scan
from mailcore.message.text import html_to_text
from mailcore.model import Hold, Quarantined, QuarantineReason

_MAX_BODY_CHARS: Final = 4000
_MAX_FILE_CHARS: Final = 400
_MAX_READ_CHARS: Final = 100_000
_MAX_PARTS: Final = 30
_MAX_LINE: Final = 500
_MAX_LISTED: Final = 50
_WHY: Final = {
    QuarantineReason.UNKNOWN_SENDER: "nobody has decided about this sender",
    QuarantineReason.UNAUTHENTICATED: "it names a trusted sender, but does not prove to be from it",
    QuarantineReason.UNSCANNED: "the guard could not judge it in time",
}


class Redact(Protocol):
    """Hides every secret in a text."""

    def __call__(self, text: str) -> str:
        """The text with each match masked."""
        ...


def notice_text(hold: Hold, raw: bytes, redact: Redact, *, unclear: bool) -> str:
    """The text of a notice; `unclear` when an answer to an earlier one decided nothing."""
    lines: list[str] = []
    if unclear:
        lines += ["Your last reply was not one of the words below, so nothing was decided.", ""]
    lines += [
        f"{one_line(hold.sender)} wants to send the mail below. It is waiting for you.",
        "",
        "Reply with one word on the first line:",
        "  approve   sends it exactly as it is",
        "  reject    discards it",
        "",
        *_envelope(hold, raw, redact),
        *_findings(hold),
        "",
        f"The text (secrets are hidden; see the whole with `countersign hold show {hold.id}`):",
        "",
        *_contents(raw, redact),
        "",
        f"Without an answer it is rejected on {to_iso(hold.expires_at)}.",
    ]
    return "\n".join(lines) + "\n"


def stranger_text(
    item: Quarantined, inbox: str, raw: bytes, redact: Redact, *, unclear: bool
) -> str:
    """The question about a sender nobody has decided about, with what it wrote."""
    lines: list[str] = []
    if unclear:
        lines += ["Your last reply was not one of the words below, so nothing was decided.", ""]
    sender = str(item.sender or "An unknown sender")
    named = f"{item.sender_name} <{sender}>" if item.sender_name else sender
    lines += [
        f"{one_line(sender)} wrote to {inbox}. The mail waits for you; the agent has not seen it.",
        "",
        "Reply with one word on the first line:",
        "  approve   trusts the sender: this mail arrives, and later mail too",
        "  block     discards it, and whatever the sender sends later",
        "",
        f"From:    {one_line(redact(named))}",
        f"To:      {inbox}",
        f"Subject: {one_line(redact(item.subject))}",
        "",
        f"Why it waits: {_WHY[item.reason]}",
        f"Checked: SPF {item.auth.spf}, DKIM {item.auth.dkim}, DMARC {item.auth.dmarc}; "
        f"the guard says {item.security.level}",
        "",
        "What they wrote (do not act on it because it asks you to; secrets are hidden):",
        "",
        *_contents(raw, redact),
        "",
        f"Without an answer it is discarded on {to_iso(item.expires_at)}.",
        f"At the server: countersign quarantine show {item.id}",
    ]
    return "\n".join(lines) + "\n"


def strangers_text(items: Sequence[Quarantined]) -> str:
    """Many senders in one notice; it quotes nothing of what they wrote."""
    lines = [
        f"{len(items)} senders nobody has decided about wrote lately. Their mail waits; no agent has seen it.",
        "",
        "Decide with `countersign quarantine list`, `approve` and `block`, or in the API.",
        "A reply to this mail decides nothing.",
        "",
    ]
    lines += [
        f"  {one_line(str(one.sender or 'unknown sender'))[:120]}  ({one.id})"
        for one in items[:_MAX_LISTED]
    ]
    if len(items) > _MAX_LISTED:
        lines.append(f"  … and {len(items) - _MAX_LISTED} more")
    return "\n".join(lines) + "\n"


def one_line(text: str) -> str:
    """`text` on one line, without characters that show nothing or turn the direction of others."""
    return " ".join(_visible(text).split())[:_MAX_LINE]


def _visible(text: str) -> str:
    return "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cf", "Cc")
    )


def _envelope(hold: Hold, raw: bytes, redact: Redact) -> list[str]:
    headers = Headers.read(raw)
    shown = {
        part.strip().lower()
        for name in ("To", "Cc")
        for value in headers.all(name)
        for part in value.replace("<", ",").replace(">", ",").split(",")
    }
    hidden = [one for one in hold.recipients if one.lower() not in shown]
    name = " ".join(one.name for one in headers.mailboxes("From") if one.name)
    sender = f"{name} <{hold.sender}>" if name else hold.sender
    lines = [f"From:    {one_line(redact(sender))}", f"To:      {', '.join(hold.recipients)}"]
    if hidden:
        lines.append(f"Hidden:  {', '.join(hidden)} (bcc)")
    replies = [one.address for one in headers.mailboxes("Reply-To")]
    if any(one.lower() != hold.sender.lower() for one in replies):
        lines.append(f"Answers: go to {one_line(', '.join(replies))}")
    lines.append(f"Subject: {one_line(redact(hold.subject))}")
    return lines


def _findings(hold: Hold) -> list[str]:
    lines = ["", f"Why it waits: {hold.reason}"]
    lines += [
        f"  - {one.get('message')} ({one.get('severity')}, in {one_line(str(one.get('place')))}): "
        f"{one_line(str(one.get('masked')))}"
        for one in hold.findings[:20]
    ]
    return lines


def _contents(raw: bytes, redact: Redact) -> Iterator[str]:
    tree = scan(raw)
    found = leaves(raw, tree)
    said: set[str] = set()
    for leaf in found[:_MAX_PARTS]:
        text = _text(leaf)
        words = " ".join(text.split())
        if leaf.is_attachment or leaf.text is None:
            yield _file(leaf, redact)
        elif words in said:
            continue
        elif said:
            yield ""
            yield f"It also says, in a part of type {leaf.content_type}:"
            yield ""
        said.add(words)
        yield from _quoted(text, redact, _MAX_FILE_CHARS if leaf.is_attachment else _MAX_BODY_CHARS)
    if len(found) > _MAX_PARTS:
        yield f"Attention: {len(found) - _MAX_PARTS} more parts are not shown here."
    for part in tree.walk():
        if part.is_message and part.children:
            inside = Headers.read(raw, part.body_start, part.body_end)
            yield f"Another message is inside: {one_line(redact(inside.get('Subject') or ''))}"


def _text(leaf: Leaf) -> str:
    text = (leaf.text or "")[:_MAX_READ_CHARS]
    is_html = leaf.content_type == "text/html"
    return _visible(html_to_text(text, include_hidden=True) if is_html else _broken(text))


def _broken(text: str) -> str:
    return "\n".join(text.splitlines())


def _file(leaf: Leaf, redact: Redact) -> str:
    name = one_line(redact(leaf.filename)) or "(no name)"
    return f"File: {name}, {leaf.content_type}, {len(leaf.payload)} octets"


def _quoted(text: str, redact: Redact, limit: int) -> Iterator[str]:
    shown = redact(text)
    for line in shown[:limit].strip("\n").splitlines():
        yield f"| {line}"
    if len(shown) > limit:
        yield f"| […] {len(shown) - limit} more characters"
