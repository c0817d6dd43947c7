"""What an approver sees of a held message: what the recipients would get (product §5.3).

One structure for every place where people decide: notices, the API, the command line, chat. It holds
every recipient, every readable part, also the HTML form beside the plain one with what that hides,
every link target, every file with what it really is, the findings, the author's reason, and what is
new against the thread. Secrets are masked by the caller's `redact`; characters without a shape are
left out. Pure and bounded: it neither looks anything up nor sends; see `showing` and `notice`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from mailcore.address import try_address
from mailcore.message.headers import Headers
from mailcore.message.links import MAX_LINKS, LinkTarget, host_of, link_targets
from mailcore.message.parse import Leaf, leaves, readable
from mailcore.message.parts import Part
from mailcore.message.quoting import reply_text
from mailcore.message.structure import scan
from mailcore.message.text import html_to_text
from mailcore.model import RESTORED, Direction, Hold, Message
from mailcore.outbound.changes import changes, of_message
from mailcore.outbound.risk import Risk, risk_of
from mailcore.store.ports import HoldVersion

MAX_BODY_CHARS: Final = 4000
MAX_FILE_CHARS: Final = 400
_MAX_READ_CHARS: Final = 100_000
_MAX_PARTS: Final = 30
_MAX_LINE: Final = 500
_MAX_FINDINGS: Final = 50
_MAX_NAMES: Final = 20
_URL: Final = re.compile(r"<?\b(?:https?://|mailto:|www\.)\S+", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")
_EXPECTED: Final = {
    "image/": ("image",),
    "audio/": ("audio or video file",),
    "video/": ("audio or video file",),
    "text/": ("text",),
    "application/pdf": ("PDF document",),
    "application/zip": ("zip archive",),
    "application/json": ("text",),
}
_ACTIVE: Final = frozenset({"program"})


class Redact(Protocol):
    """Hides every secret in a text."""

    def __call__(self, text: str) -> str:
        """The text with each match masked."""
        ...


class KindOf(Protocol):
    """Says what octets are, by looking at them."""

    def __call__(self, payload: bytes) -> str:
        """In words for a person, such as `image`, `PDF document`, `program` or `text`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """A readable part; `more_chars` says how much of it is not shown."""

    content_type: str
    text: str
    more_chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file: what it claims to be, what it is, and its beginning if it is text."""

    filename: str
    content_type: str
    kind: str
    size_bytes: int
    head: str
    more_chars: int
    is_disguised: bool
    """What it is does not go with what it claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something a person should not overlook; `kind` is stable."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything readable in a message."""

    texts: tuple[ShownText, ...]
    """Every form of the text that says something else than the ones before."""
    links: tuple[LinkTarget, ...]
    files: tuple[ShownFile, ...]
    inside: tuple[str, ...]
    """Subjects of the messages inside."""
    cautions: tuple[Caution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """What the guard found; `masked` shows the match with its middle hidden."""

    rule: str
    severity: str
    place: str
    message: str
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The newest message that came into the thread."""

    sender: str
    at: datetime
    preview: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Novelty:
    """What is new against the thread."""

    is_first: bool
    """Nothing in the thread came before it."""
    answers: Earlier | None
    new_recipients: tuple[str, ...]
    """They have not been in the thread so far."""
    written: str
    """The text without what it quotes."""
    is_stale: bool
    """Something came into the thread after it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """How a person changed it since it was written, or since the version before."""

    by: str
    at: datetime
    reason: str
    changes: str
    """Lines that begin with `-`, `+` or neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproverView:
    """A held message as a person decides on it."""

    hold: Hold
    risk: Risk
    sender: str
    answers_to: tuple[str, ...]
    """Where replies go, if that is not the sender."""
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    """It goes to them, and no other recipient sees that."""
    only_named: tuple[str, ...]
    """It names them, but does not go to them."""
    subject: str
    rationale: str
    contents: Contents
    findings: tuple[ShownFinding, ...]
    cautions: tuple[Caution, ...]
    """About the envelope, the contents and the thread."""
    novelty: Novelty | None
    edited: Edited | None = None
    """Its last change by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known beside the bytes; the messages of the thread are oldest first."""

    rationale: str = ""
    thread: tuple[Message, ...] | None = None
    before: HoldVersion | None = None
    """What it was before a person changed it last."""


def approver_view(
    hold: Hold, raw: bytes, redact: Redact, kind_of: KindOf, background: Background | None = None
) -> ApproverView:
    """The view of a held message. Takes time with the size of the mail: not for the event loop."""
    background = background or Background()
    headers = Headers.read(raw)
    to, cc = _named(headers, "To"), _named(headers, "Cc")
    going = {one.casefold(): one for one in hold.recipients}
    visible = {one.casefold() for one in (*to, *cc)}
    replies = tuple(one_line(one.address) for one in headers.mailboxes("Reply-To"))
    is_elsewhere = any(one.casefold() != hold.sender.casefold() for one in replies)
    inner = contents(raw, redact, kind_of)
    view = ApproverView(
        hold=hold,
        risk=risk_of(hold),
        sender=one_line(redact(_sender(headers, hold))),
        answers_to=replies if is_elsewhere else (),
        to=tuple(one for one in to if one.casefold() in going),
        cc=tuple(one for one in cc if one.casefold() in going),
        bcc=tuple(one for folded, one in going.items() if folded not in visible),
        only_named=tuple(one_line(one) for one in (*to, *cc) if one.casefold() not in going),
        subject=one_line(redact(hold.subject)),
        rationale=_visible(redact(background.rationale)),
        contents=inner,
        findings=tuple(map(_finding, hold.findings[:_MAX_FINDINGS])),
        cautions=(),
        novelty=_novelty(hold, raw, redact, background.thread),
        edited=_edited(hold, raw, redact, background.before),
    )
    cautions = (*_of_envelope(view), *inner.cautions, *_of_thread(view))
    return replace(view, cautions=cautions)


def contents(raw: bytes, redact: Redact, kind_of: KindOf) -> Contents:
    """Everything readable in a message, at most so many parts; secrets masked."""
    tree = scan(raw)
    found = leaves(raw, tree)
    shown = found[:_MAX_PARTS]
    links = _links(shown, redact)
    files = tuple(_file(one, redact, kind_of) for one in shown if _is_file(one))
    cautions = [*_of_text(shown, tree), *_of_links(links), *_of_files(files)]
    if len(found) > _MAX_PARTS:
        left_out = f"{len(found) - _MAX_PARTS} more parts are not shown here"
        cautions.append(Caution(kind="not_all_shown", message=left_out))
    return Contents(
        texts=tuple(_texts(shown, redact)),
        links=links,
        files=files,
        inside=tuple(_inside(raw, tree, redact)),
        cautions=tuple(cautions),
    )


def one_line(text: str) -> str:
    """`text` on one line, without characters that show nothing or turn the direction of others."""
    return " ".join(_visible(text).split())[:_MAX_LINE]


def _visible(text: str) -> str:
    return "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cf", "Cc")
    )


# Envelope ----------------------------------------------------------------------------------------


def _named(headers: Headers, name: str) -> tuple[str, ...]:
    """The addresses of a field, each once, in the form in which an envelope has them."""
    found = [try_address(one.address) for one in headers.mailboxes(name)]
    return tuple(dict.fromkeys(str(one) for one in found if one is not None))


def _sender(headers: Headers, hold: Hold) -> str:
    name = " ".join(one.name for one in headers.mailboxes("From") if one.name)
    return f"{name} <{hold.sender}>" if name else hold.sender


# Contents ----------------------------------------------------------------------------------------


def _is_file(leaf: Leaf) -> bool:
    return leaf.is_attachment or leaf.text is None


def _texts(found: Sequence[Leaf], redact: Redact) -> Iterator[ShownText]:
    """Every form of the text that says something else than the ones before."""
    said: set[str] = set()
    for leaf in found:
        if _is_file(leaf):
            continue
        text = _text_of(leaf)
        words = " ".join(text.split())
        if words in said:
            continue
        said.add(words)
        shown = redact(text).strip("\n")
        if not shown:
            continue
        yield ShownText(
            content_type=leaf.content_type,
            text=shown[:MAX_BODY_CHARS],
            more_chars=max(0, len(shown) - MAX_BODY_CHARS),
        )


def _text_of(leaf: Leaf, *, with_hidden: bool = True) -> str:
    text = (leaf.text or "")[:_MAX_READ_CHARS]
    is_html = leaf.content_type == "text/html"
    written = html_to_text(text, include_hidden=with_hidden) if is_html else _lines(text)
    return _visible(written)


def _lines(text: str) -> str:
    return "\n".join(text.splitlines())


def _file(leaf: Leaf, redact: Redact, kind_of: KindOf) -> ShownFile:
    kind = kind_of(leaf.payload)
    text = _text_of(leaf) if leaf.text is not None else _head(leaf, kind)
    shown = redact(text).strip("\n")
    return ShownFile(
        filename=one_line(redact(leaf.filename)),
        content_type=one_line(leaf.content_type),
        kind=kind,
        size_bytes=len(leaf.payload),
        head=shown[:MAX_FILE_CHARS],
        more_chars=max(0, len(shown) - MAX_FILE_CHARS),
        is_disguised=_is_disguised(leaf.content_type, kind),
    )


def _head(leaf: Leaf, kind: str) -> str:
    if kind != "text":
        return ""
    return _visible(_lines(leaf.payload[:_MAX_READ_CHARS].decode("utf-8", "replace")))


def _is_disguised(content_type: str, kind: str) -> bool:
    if kind in _ACTIVE:
        return not content_type.startswith(("application/x-", "application/octet-stream"))
    if content_type == "image/svg+xml" or kind == "empty file":
        return False
    return any(
        content_type.startswith(start) and kind not in kinds for start, kinds in _EXPECTED.items()
    )


def _links(found: Sequence[Leaf], redact: Redact) -> tuple[LinkTarget, ...]:
    targets: dict[LinkTarget, None] = {}
    for leaf in found:
        if _is_file(leaf) or leaf.text is None:
            continue
        text = leaf.text[:_MAX_READ_CHARS]
        is_html = leaf.content_type == "text/html"
        for one in link_targets("" if is_html else text, text if is_html else None):
            label = one_line(redact(one.label))
            targets[LinkTarget(url=one_line(redact(one.url)), label=label)] = None
    urls = {one.url for one in targets if one.label}
    return tuple(one for one in targets if one.label or one.url not in urls)[:MAX_LINKS]


def _inside(raw: bytes, tree: Part, redact: Redact) -> Iterator[str]:
    for part in tree.walk():
        if part.is_message and part.children:
            inside = Headers.read(raw, part.body_start, part.body_end)
            yield one_line(redact(inside.get("Subject") or "")) or "(no subject)"


def _finding(one: object) -> ShownFinding:
    found = one if isinstance(one, dict) else {}
    return ShownFinding(
        rule=one_line(str(found.get("rule", ""))),
        severity=one_line(str(found.get("severity", ""))),
        place=one_line(str(found.get("place", ""))),
        message=one_line(str(found.get("message", ""))),
        masked=one_line(str(found.get("masked", ""))),
    )


def _edited(hold: Hold, raw: bytes, redact: Redact, before: HoldVersion | None) -> Edited | None:
    if before is None:
        return None
    old = of_message(before.raw, before.recipients)
    new = changes(old, of_message(raw, hold.recipients))
    return Edited(
        by=one_line(before.ended_by.removeprefix("person:")),
        at=before.ended_at,
        reason=_visible(redact(before.reason)),
        changes=_visible(redact(new))[:MAX_BODY_CHARS],
    )


# Against the thread ------------------------------------------------------------------------------


def _novelty(
    hold: Hold, raw: bytes, redact: Redact, thread: tuple[Message, ...] | None
) -> Novelty | None:
    if thread is None:
        return None
    arrived = [one for one in thread if one.direction is Direction.INBOUND]
    before = [one for one in arrived if one.saved_at <= hold.created_at]
    known = {
        mailbox.address.casefold()
        for one in thread
        for mailbox in (*one.facts.to, *one.facts.cc, *filter(None, (one.facts.sender,)))
    }
    written = _visible(redact(reply_text(readable(raw).text[:_MAX_READ_CHARS])))
    return Novelty(
        is_first=not thread,
        answers=_earlier(before[-1], redact) if before else None,
        new_recipients=tuple(one for one in hold.recipients if one.casefold() not in known)
        if thread
        else (),
        written=written[:MAX_BODY_CHARS],
        is_stale=len(before) < len(arrived),
    )


def _earlier(message: Message, redact: Redact) -> Earlier:
    sender = message.facts.sender
    return Earlier(
        sender=one_line(sender.address if sender else ""),
        at=message.internal_date,
        preview=one_line(redact(message.facts.preview)),
    )


# Cautions ----------------------------------------------------------------------------------------


def _of_envelope(view: ApproverView) -> Iterator[Caution]:
    if view.hold.reason == RESTORED:
        message = "it comes from a copy of the lost database: it may have left already"
        yield Caution(kind="restored", message=message)
    if view.answers_to:
        where = ", ".join(view.answers_to[:_MAX_NAMES])
        yield Caution(kind="answers_elsewhere", message=f"answers to it go to {where}")
    if view.only_named:
        names = ", ".join(view.only_named[:_MAX_NAMES])
        yield Caution(kind="only_named", message=f"it names {names}, but does not go there")


def _of_text(found: Sequence[Leaf], tree: Part) -> Iterator[Caution]:
    if _forms_differ(found, tree):
        yield Caution(
            kind="forms_differ", message="its plain text and its HTML say different things"
        )
    if any(_hides(one) for one in found if one.content_type == "text/html"):
        yield Caution(kind="hidden_text", message="its HTML has text that a reader does not see")


def _of_links(links: Sequence[LinkTarget]) -> Iterator[Caution]:
    for one in links:
        if one.is_misleading:
            where = host_of(one.url) or one.url[:100]
            message = f'a link reads "{one.label[:100]}" and goes to {where}'
            yield Caution(kind="misleading_link", message=message)


def _of_files(files: Sequence[ShownFile]) -> Iterator[Caution]:
    for one in files:
        if one.is_disguised:
            message = f"{one.filename or 'a file'} claims {one.content_type}, but is: {one.kind}"
            yield Caution(kind="disguised_file", message=message)


def _of_thread(view: ApproverView) -> Iterator[Caution]:
    novelty = view.novelty
    if novelty is None:
        return
    if novelty.new_recipients:
        names = ", ".join(novelty.new_recipients[:_MAX_NAMES])
        yield Caution(kind="new_recipients", message=f"new in this thread: {names}")
    if novelty.is_stale:
        yield Caution(kind="stale", message="a newer message has come into the thread since")


def _forms_differ(found: Sequence[Leaf], tree: Part) -> bool:
    by_start = {one.part.body_start: one for one in found if not _is_file(one)}
    for part in tree.walk():
        if part.content_type != "multipart/alternative":
            continue
        below = [by_start[one.body_start] for one in part.walk() if one.body_start in by_start]
        forms = {
            kind: _words([one for one in below if one.content_type == kind])
            for kind in ("text/plain", "text/html")
            if any(one.content_type == kind for one in below)
        }
        if len(set(forms.values())) > 1:
            return True
    return False


def _words(found: Sequence[Leaf]) -> tuple[str, ...]:
    """The words alone: addresses of links and marks of emphasis differ between forms as a rule."""
    return tuple(word for leaf in found for word in _WORD.findall(_shown_words(leaf)))


def _shown_words(leaf: Leaf) -> str:
    text = _text_of(leaf, with_hidden=False).casefold().replace("_", " ")
    return _URL.sub(" ", text)


def _hides(leaf: Leaf) -> bool:
    """Whether there is more than a reader sees; a title is no secret."""
    text = _without_title(leaf.text or "")
    return _WORD.findall(html_to_text(text, include_hidden=True)) != _WORD.findall(
        html_to_text(text)
    )


def _without_title(html: str) -> str:
    lowered = html[:_MAX_READ_CHARS].lower()
    start = lowered.find("<title")
    end = lowered.find("</title", start) if start >= 0 else -1
    return html[:start] + html[end:_MAX_READ_CHARS] if end >= 0 else html[:_MAX_READ_CHARS]
