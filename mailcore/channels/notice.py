"""What an approver reads in a notice, as text: the approver's view, or the question about a stranger.

Every readable part is quoted: nobody approves what was not shown. Secrets are masked before, or by
the caller's `redact`. Pure and bounded; not the sending of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from mailcore.channels.view import (
    ApproverView,
    Contents,
    Edited,
    Novelty,
    Redact,
    ShownFile,
    one_line,
)
from mailcore.ids import HoldId
from mailcore.model import JsonValue, Quarantined, QuarantineReason

_MAX_LISTED: Final = 50
_MAX_LINKS: Final = 50
_WHY: Final = {
    QuarantineReason.UNKNOWN_SENDER: "nobody has decided about this sender",
    QuarantineReason.UNAUTHENTICATED: "it names a trusted sender, but does not prove to be from it",
    QuarantineReason.UNSCANNED: "the guard could not judge it in time",
}


def notice_text(view: ApproverView, *, code: str = "", link: str = "") -> str:
    """The text of a notice; with a one-time code when an answer to an earlier one decided nothing.

    `link` leads to the page where it can be decided as well.
    """
    hold = view.hold
    lines = [
        *_asked_again(code, "reject"),
        f"{one_line(hold.sender)} wants to send the mail below. It is waiting for you.",
        "",
        "Reply with one word on the first line:",
        "  approve   sends it exactly as it is",
        "  reject    discards it",
        "",
        *_or_at(link),
        *view_lines(view),
        "",
        f"Without an answer it is rejected on {for_people(hold.expires_at)}.",
        f"At the server: countersign hold show {hold.id}",
    ]
    return "\n".join(lines) + "\n"


def view_lines(view: ApproverView) -> Iterator[str]:
    """The approver's view as lines of text; secrets are masked in it already."""
    yield from _envelope(view)
    yield ""
    yield f"Why it waits: {view.hold.reason} (risk: {view.risk.value})"
    for voter in view.hold.approved_once_by:
        yield f"  - approved by {voter.removeprefix('person:')}; one more person has to"
    for one in view.findings:
        shown = f": {one.masked}" if one.masked else ""
        yield f"  - {one.message} ({one.severity}, in {one.place}){shown}"
    if view.cautions:
        yield "Attention:"
        yield from (f"  - {one_line(caution.message)}" for caution in view.cautions)
    if view.edited is not None:
        yield from _edited(view.edited)
    if view.rationale:
        yield ""
        yield "Why it was written, in the words of the author:"
        yield from _quoted(view.rationale, 0)
    yield ""
    yield "The text (secrets are hidden):"
    yield from contents_lines(view.contents)
    if view.novelty is not None:
        yield from _thread(view.novelty)


def brief_text(view: ApproverView, max_chars: int = 600) -> str:
    """The view in a few lines, for a chat or a list: who, what, why, and how it begins."""
    lines = [*_envelope(view), f"Why it waits: {view.hold.reason} (risk: {view.risk.value})"]
    found = dict.fromkeys(f"- {one.message} ({one.severity})" for one in view.findings)
    lines += list(found)[:5]
    lines += [
        f"! approved by {one.removeprefix('person:')}; one more person has to"
        for one in view.hold.approved_once_by
    ]
    if view.edited is not None:
        lines.append(f"! changed by {view.edited.by}")
    lines += [f"! {one_line(one.message)}" for one in view.cautions[:5]]
    inner = view.contents
    lines += [f"File: {one.filename or '(no name)'}, {one.kind}" for one in inner.files[:5]]
    text = inner.texts[0].text if inner.texts else ""
    is_cut = len(inner.texts) > 1 or any(one.more_chars for one in inner.texts)
    is_cut = is_cut or len(text) > max_chars
    lines += ["", text[:max_chars] + (" […]" if is_cut else "")]
    return "\n".join(lines).rstrip("\n")


def digest_text(views: Sequence[ApproverView], links: Mapping[HoldId, str]) -> str:
    """Many holds in one notice, each in short, with the page where it is decided."""
    lines = [
        f"{len(views)} messages wait for you. A reply to this mail decides nothing.",
        "",
        "Decide on the pages linked below, with `countersign hold show` and `hold approve` or",
        "`hold reject`, in the API, or by moving them out of the folder Held of your mailbox here.",
    ]
    for view in views[:_MAX_LISTED]:
        lines += ["", f"--- {view.hold.id}", "", brief_text(view, 200)]
        if link := links.get(view.hold.id):
            lines += ["", f"Decide: {link}"]
    if len(views) > _MAX_LISTED:
        lines += ["", f"… and {len(views) - _MAX_LISTED} more"]
    return "\n".join(lines) + "\n"


def paused_text(body: Mapping[str, JsonValue]) -> str:
    """What owners read when the server paused the mail of an agent; it quotes nothing of that mail."""
    lines = [
        f"The agent {body['agent_id']} tried again and again to send what was stopped:",
        f"{body['reason']}.",
        "",
        "Nothing of its mail leaves until you resume it, what you approve included. What it hands in",
        "is still taken, and held where it has to be. The agent was not told. A reply to this mail",
        "decides nothing.",
        "",
        f"See the last attempt:  countersign hold show {body['hold_id']}"
        if body["hold_id"]
        else "The last attempt was refused.",
        f"Let its mail go again: countersign queue resume {body['pause_id']}",
        f"Stop it altogether:    countersign agent stop {body['agent_id']}",
    ]
    return "\n".join(lines) + "\n"


def stranger_text(
    item: Quarantined,
    inbox: str,
    inner: Contents,
    redact: Redact,
    *,
    code: str = "",
    link: str = "",
) -> str:
    """The question about a sender nobody has decided about, with what it wrote."""
    sender = str(item.sender or "An unknown sender")
    lines = [
        *_asked_again(code, "block"),
        f"{one_line(sender)} wrote to {inbox}. The mail waits for you; the agent has not seen it.",
        "",
        "Reply with one word on the first line:",
        "  approve   trusts the sender: this mail arrives, and later mail too",
        "  block     discards it, and whatever the sender sends later",
        "",
        *_or_at(link),
        *stranger_lines(item, inbox, inner, redact),
        "",
        f"Without an answer it is discarded on {for_people(item.expires_at)}.",
        f"At the server: countersign quarantine show {item.id}",
    ]
    return "\n".join(lines) + "\n"


def stranger_lines(item: Quarantined, inbox: str, inner: Contents, redact: Redact) -> Iterator[str]:
    """What a stranger wrote, and what is known of it."""
    sender = str(item.sender or "unknown sender")
    named = f"{item.sender_name} <{sender}>" if item.sender_name else sender
    yield f"From:    {one_line(redact(named))}"
    yield f"To:      {inbox}"
    yield f"Subject: {one_line(redact(item.subject))}"
    yield ""
    yield f"Why it waits: {_WHY[item.reason]}"
    yield (
        f"Checked: SPF {item.auth.spf}, DKIM {item.auth.dkim}, DMARC {item.auth.dmarc}; "
        f"the guard says {item.security.level}"
    )
    yield ""
    yield "What they wrote (do not act on it because it asks you to; secrets are hidden):"
    yield from contents_lines(inner)
    yield from (f"Attention: {one_line(one.message)}" for one in inner.cautions)


def strangers_text(items: Sequence[Quarantined]) -> str:
    """Many senders in one notice; it quotes nothing of what they wrote."""
    lines = [*strangers_lines(items), "", "A reply to this mail decides nothing."]
    return "\n".join(lines) + "\n"


def strangers_lines(items: Sequence[Quarantined]) -> Iterator[str]:
    """The same, for every channel."""
    yield f"{len(items)} senders nobody has decided about wrote lately. Their mail waits; no agent has seen it."
    yield ""
    yield "Decide with `countersign quarantine list`, `approve` and `block`, or in the API."
    yield ""
    for one in items[:_MAX_LISTED]:
        yield f"  {one_line(str(one.sender or 'unknown sender'))[:120]}  ({one.id})"
    if len(items) > _MAX_LISTED:
        yield f"  … and {len(items) - _MAX_LISTED} more"


def _asked_again(code: str, other: str) -> list[str]:
    """Both words stand behind other words, so that no copy of these lines is an answer."""
    if not code:
        return []
    return [
        "Your last reply could not be read as one of the words below, so nothing was decided.",
        f"Reply with: approve {code}",
        f"   or with: {other} {code}",
        "on a line of its own; it counts wherever it stands.",
        "",
    ]


def _or_at(link: str) -> list[str]:
    return ["Or decide on a page:", f"  {link}", ""] if link else []


def _envelope(view: ApproverView) -> Iterator[str]:
    yield f"From:    {view.sender}"
    for label, names in (("To:     ", view.to), ("Cc:     ", view.cc)):
        if names:
            yield f"{label} {', '.join(names)}"
    if view.bcc:
        yield f"Hidden:  {', '.join(view.bcc)} (bcc)"
    yield f"Subject: {view.subject}"


def contents_lines(inner: Contents) -> Iterator[str]:
    """Everything readable, quoted, with every link target and file."""
    for number, shown in enumerate(inner.texts):
        yield ""
        if number:
            yield f"It also says, in a part of type {shown.content_type}:"
            yield ""
        yield from _quoted(shown.text, shown.more_chars)
    for file in inner.files:
        yield ""
        yield _file(file)
        yield from _quoted(file.head, file.more_chars)
    for subject in inner.inside:
        yield f"Another message is inside: {subject}"
    if inner.links:
        yield ""
        yield "Links in it go to:"
    for link in inner.links[:_MAX_LINKS]:
        yield f"  {link.url}" + (f'  (reads "{link.label}")' if link.label else "")
    if len(inner.links) > _MAX_LINKS:
        yield f"  … and {len(inner.links) - _MAX_LINKS} more"


def for_people(at: datetime) -> str:
    """A time as people read it."""
    return f"{at.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def _edited(edited: Edited) -> Iterator[str]:
    yield ""
    yield f"{edited.by} changed it on {for_people(edited.at)} (secrets are hidden):"
    if edited.reason:
        yield f"because: {one_line(edited.reason)}"
    yield from _quoted(edited.changes, 0)


def _file(file: ShownFile) -> str:
    name = file.filename or "(no name)"
    return f"File: {name}, {file.content_type} ({file.kind}), {file.size_bytes} octets"


def _thread(novelty: Novelty) -> Iterator[str]:
    yield ""
    earlier = novelty.answers
    if earlier is None:
        yield "Nothing has come into this thread before it."
        return
    yield f"It goes on a thread. {earlier.sender} wrote last, on {for_people(earlier.at)}:"
    yield from _quoted(earlier.preview, 0)


def _quoted(text: str, more_chars: int) -> Iterator[str]:
    for line in text.strip("\n").splitlines():
        yield f"| {line}"
    if more_chars:
        yield f"| […] {more_chars} more characters"
