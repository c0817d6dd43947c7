"""What the recipients get, as passages of text, each with its place; nothing is left out silently.

Covers every header of every entity, envelope recipients, text and HTML (text, source), text around
the parts, file names, attachments by what they are and not by what they are called, archives and
office files inside and out, attached mail. Whatever cannot be looked into becomes a finding:

- `encoding.unscannable`, high: encrypted or damaged archives and documents, scanned pages, binary
  office documents but workbooks, audio and video, unknown formats, what is over a limit. It holds,
  because nobody can say it is clean.
- `encoding.unscanned_image`, low: PNG, JPEG, GIF, WebP, BMP and the like whose first octets are those of
  an image. A logo in a signature is in most business mail; holding all of it would teach people to
  approve without looking. Text in the file (metadata, appended data) is scanned all the same.
- `encoding.unscanned_signature`, medium: a small DER signature of signed mail.

Bounded: 200 parts, 1 MiB of text from either end of a part, 32 MiB in all, archives five deep.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import Final

from guard.decode import Passage, readable
from guard.filenames import judge_name
from guard.markup import Stripper, is_markup
from guard.pictures import text_in
from guard.rule import Scope
from guard.sheets import Sheets
from guard.sniff import Kind, kind_of, strings
from guard.unpack import CannotLook, Entry, bunzip2, gunzip, untar, unxz, unzip
from mailcore.address import Address
from mailcore.message.headers import Headers
from mailcore.message.parse import Leaf, decode_text, leaves
from mailcore.message.parts import Part
from mailcore.message.structure import scan
from mailcore.message.words import decode_words
from mailcore.policy import Extractor, Finding, Severity

MAX_LEAVES: Final = 200
MAX_TEXT: Final = 1024 * 1024
MAX_TOTAL: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 5
MAX_DOCUMENTS: Final = 8
_MAX_ENTITIES: Final = 1000
_MAX_HEADER_OCTETS: Final = 512 * 1024
_SLACK_PER_FIELD: Final = 4
_SMALL_SIGNATURE: Final = 32 * 1024
_SENTENCE_WORDS: Final = 3
"""Joints from which on a name reads like a sentence."""

_MACHINE_FIELDS: Final = frozenset(
    b"""
    message-id in-reply-to references dkim-signature received date mime-version content-type
    content-transfer-encoding content-disposition content-id return-path authentication-results
    arc-seal arc-message-signature arc-authentication-results list-id list-unsubscribe list-post
    list-help list-archive list-unsubscribe-post user-agent x-mailer thread-index auto-submitted
    autocrypt openpgp x-google-dkim-signature x-received delivered-to feedback-id
    """.split()
)
_ADDRESS_FIELDS: Final = frozenset(
    b"from to cc bcc sender reply-to resent-from resent-to resent-cc".split()
)
_ENCODINGS: Final = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})
_BASE64_OCTETS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n \t"
_DULL_VALUES: Final = frozenset({"1.0", "7bit", "8bit", "base64", "quoted-printable", "inline"})


UNDER_SUBJECT: Final = "subject and text"
"""The place of what is a finding only because the subject says what the text is."""
_MAX_UNDER_SUBJECT: Final = 400
_MAX_TITLE: Final = 80
_REPLY: Final = re.compile(r"(?i)^(?:\s*(?:re|aw|fwd?|wg|sv|vs|tr|rv|antw|odp|r|i)\s?:)+")
_GREETING: Final = re.compile(r"^\s*[^\n0-9:]{2,30},[ \t]*(?:\r?\n)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything found in a message, before any rule is applied."""

    passages: list[Passage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class Collector:
    """Takes one message apart. Made per message; not to be shared."""

    def __init__(self, stripper: Stripper, extractor: Extractor) -> None:
        self.evidence: Final = Evidence()
        self._stripper = stripper
        self._extractor = extractor
        self._documents = 0
        self._left = MAX_TOTAL

    # The message -----------------------------------------------------------------------------

    def envelope(self, sender: Address | None, recipients: Iterable[Address]) -> None:
        """The addresses of the envelope: their local parts and labels can carry anything."""
        addresses = "\n".join(str(address) for address in recipients)
        self._add("recipient", addresses, Scope.TEXT)
        if sender is not None:
            self._add("envelope sender", str(sender), Scope.TEXT)

    def message(self, raw: bytes, prefix: str = "", depth: int = 0) -> None:
        """Headers and parts of a message and of the messages attached to it."""
        root = scan(raw)
        first = len(self.evidence.passages)
        for count, part in enumerate(root.walk()):
            if count >= _MAX_ENTITIES:
                self._unscannable(f"{prefix}message", "more parts than can be looked into")
                break
            self._headers(raw, part, prefix if part is root else f"{prefix}part {part.section}: ")
            self._around(raw, part, prefix)
        found = leaves(raw, root, max_bytes=max(self._left, 0))
        for leaf in found[:MAX_LEAVES]:
            self._leaf(leaf, prefix, depth)
            self._as_transferred(raw, leaf, prefix + _label(leaf))
        if len(found) > MAX_LEAVES:
            self._unscannable(f"{prefix}message", "more parts than can be looked into")
        self._under_subject(prefix, self.evidence.passages[first:])

    def _under_subject(self, prefix: str, passages: Sequence[Passage]) -> None:
        """A short text once more with its subject in front: many write what it is only there."""
        here = {one.place: one for one in reversed(passages) if not one.is_source}
        subject = here.get(f"{prefix}subject")
        body = here.get(f"{prefix}text") or here.get(f"{prefix}html")
        if subject is None or body is None or len(body.text) > _MAX_UNDER_SUBJECT:
            return
        title = _REPLY.sub("", subject.text).strip(" .:!?\r\n")
        if 0 < len(title) <= _MAX_TITLE:
            start = _GREETING.sub("", body.text, count=1).strip()
            self._add(f"{prefix}{UNDER_SUBJECT}", f"{title}: {start}")

    def _headers(self, raw: bytes, part: Part, prefix: str) -> None:
        size = part.body_start - part.header_start
        if size <= 0:
            return
        headers = Headers.read(raw, part.header_start, part.body_start)
        seen = 0
        for name, value in headers.fields:
            seen += len(name) + len(value) + _SLACK_PER_FIELD
            self._field(name, value, prefix)
        if seen + _SLACK_PER_FIELD < size:
            block = raw[part.header_start : part.header_start + _MAX_HEADER_OCTETS]
            self._add(f"{prefix}header", block.decode("utf-8", "replace"), Scope.TEXT)
        if size > _MAX_HEADER_OCTETS:
            self._unscannable(f"{prefix}header", "a header too large to look into completely")

    def _field(self, name: bytes, value: bytes, prefix: str) -> None:
        folded = name.strip().lower()
        text = decode_words(value)
        if text.strip().lower() in _DULL_VALUES:
            return
        title = name.decode("ascii", "replace")
        scope = Scope.PROSE
        if folded in _MACHINE_FIELDS:
            scope = Scope.ANYWHERE
        elif folded in _ADDRESS_FIELDS:
            scope = Scope.TEXT
        if folded == b"subject":
            self._add(f"{prefix}subject", text, scope)
            return
        shown = text if scope is Scope.ANYWHERE else f"{title}: {text}"
        if folded in _ADDRESS_FIELDS:
            names = [name for name, _ in getaddresses([text]) if name.count(" ") >= _SENTENCE_WORDS]
            self._add(f"{prefix}header {title}", "\n".join(names))
        self._add(
            f"{prefix}header {title if _is_plain_name(title) else '(odd name)'}", shown, scope
        )

    def _around(self, raw: bytes, part: Part, prefix: str) -> None:
        """The text before the first and behind the last part of a multipart (RFC 2046 §5.1.1)."""
        if not part.is_multipart:
            return
        before = raw[part.body_start : part.children[0].header_start]
        behind = raw[part.children[-1].body_end : part.body_end]
        for octets in (before, behind):
            lines = [line for line in octets.split(b"\n") if line.strip() and line[:2] != b"--"]
            if lines:
                self._add(
                    f"{prefix}text around the parts", b"\n".join(lines).decode("utf-8", "replace")
                )

    def _leaf(self, leaf: Leaf, prefix: str, depth: int) -> None:
        place = prefix + _label(leaf)
        if leaf.filename:
            self._name(f"{place} (name)", leaf.filename)
            self.evidence.findings.extend(judge_name(leaf.filename, leaf.payload, place))
        if leaf.is_truncated:
            self._unscannable(place, "a part too large to look into completely")
        if leaf.text is not None:
            self._left -= len(leaf.payload)
            is_html = leaf.content_type in {"text/html", "text/xml"}
            self._text(place, leaf.text, is_html=is_html or is_markup(leaf.text))
            self._other_charset(place, leaf)
            return
        if leaf.content_type.startswith("multipart/"):
            self._unscannable(place, "parts nested too deep, or without a boundary")
        if _is_signature(leaf):
            self._note_signature(place)
            return
        self.payload(leaf.payload, place, leaf.filename, depth)

    def _as_transferred(self, raw: bytes, leaf: Leaf, place: str) -> None:
        """The octets before transfer decoding, where decoding may have hidden some of them."""
        part = leaf.part
        if part.encoding not in _ENCODINGS:
            self._unscannable(place, "a part in an unknown transfer encoding")
        elif part.encoding == "base64":
            body = raw[part.body_start : part.body_end]
            junk = body.translate(None, _BASE64_OCTETS)
            if junk:
                self._strings(body, place)

    def _other_charset(self, place: str, leaf: Leaf) -> None:
        """A part whose label disagrees with its octets is read both ways."""
        text, kind = leaf.text or "", kind_of(leaf.payload)
        if kind is Kind.UNKNOWN:
            self._strings(leaf.payload, place)
            if _is_garbled(text):
                self._unscannable(place, "text in an unknown form")
        elif kind not in {Kind.TEXT, Kind.EMPTY}:
            self.payload(leaf.payload, place, leaf.filename, 0)
        else:
            plain = readable(leaf.payload)
            if plain is not None and plain[:64] != text[:64]:
                self._text(place, plain, is_html=False)

    # Files -----------------------------------------------------------------------------------

    def payload(self, payload: bytes, place: str, name: str, depth: int) -> None:
        """A file, by what its octets are."""
        self._left -= len(payload)
        if self._left < 0:
            self._unscannable(place, "more content than can be looked into")
            return
        kind = kind_of(payload)
        match kind:
            case Kind.EMPTY:
                return
            case Kind.TEXT:
                self._text_file(payload, place, name, depth)
            case Kind.ZIP | Kind.TAR | Kind.GZIP | Kind.BZIP2 | Kind.XZ:
                self._archive(kind, payload, place, name, depth)
            case Kind.PDF | Kind.OFFICE:
                self._document(kind, payload, place, depth)
            case Kind.IMAGE:
                self._strings(payload, place)
                self._picture_text(payload, place)
                self._note_image(place)
            case _:
                self._strings(payload, place)
                if not _is_printer_setting(name, payload):
                    self._unscannable(place, _with_article(kind))

    def _document(self, kind: Kind, payload: bytes, place: str, depth: int) -> None:
        """A document that only a killable child may parse. Its octets are read besides."""
        self._strings(payload, place)
        self._documents += 1
        if depth >= MAX_DEPTH or self._documents > MAX_DOCUMENTS:
            self._unscannable(place, "more documents than can be looked into")
            return
        read = self._extractor.extract("pdf" if kind is Kind.PDF else "workbook", payload)
        for text in read.texts:
            self._text(place, text, is_html=is_markup(text))
        for name, octets in read.files:
            self._entry(Entry(name=name, payload=octets), place, "", depth)
        if read.trouble:
            self._unscannable(place, read.trouble)

    def _text_file(self, payload: bytes, place: str, name: str, depth: int) -> None:
        text = readable(payload)
        if text is None:
            text = decode_text(payload, "")
        if _is_mail(payload, name) and depth < MAX_DEPTH:
            self.message(payload, f"{place}: ", depth + 1)
        self._text(place, text, is_html=is_markup(text))

    def _archive(self, kind: Kind, payload: bytes, place: str, name: str, depth: int) -> None:
        if depth >= MAX_DEPTH:
            self._unscannable(place, "archives nested too deep")
            return
        sheets = Sheets()
        try:
            for entry in _entries(kind, payload):
                self._entry(entry, place, name, depth)
                sheets.note(entry)
                if self._left < 0:
                    break
            self._add(place, sheets.text(self._stripper))
        except CannotLook as reason:
            self._unscannable(place, str(reason))
            self._strings(payload, place)

    def _entry(self, entry: Entry, place: str, name: str, depth: int) -> None:
        inside = f"{place} › {entry.name[:80]}" if entry.name else place
        if entry.name:
            self._name(f"{inside} (name)", entry.name)
            self.evidence.findings.extend(judge_name(entry.name, entry.payload, inside))
        if entry.trouble:
            self._unscannable(inside, entry.trouble)
        if entry.payload:
            self.payload(entry.payload, inside, entry.name or name.removesuffix(".gz"), depth + 1)

    # Text ------------------------------------------------------------------------------------

    def _text(self, place: str, text: str, *, is_html: bool) -> None:
        for piece in self._ends(place, text):
            if not is_html:
                self._add(place, _unfolded(piece))
                if piece.startswith("{\\rtf"):
                    self._add(place, self._stripper.rtf_text(piece))
                continue
            if "<!ENTITY" in piece or "<!entity" in piece:
                self._unscannable(place, "a document that defines entities of its own")
            self._add(place, self._stripper.text_of(piece))
            self._add(f"{place} source", piece, Scope.TEXT, is_source=True)
            self._add(f"{place} source", self._stripper.hidden_in(piece))

    def _ends(self, place: str, text: str) -> list[str]:
        """The text, or when it is too long its two ends and a finding."""
        if len(text) <= MAX_TEXT * 2:
            if len(text) > MAX_TEXT:
                self._unscannable(place, "a text too large to look into completely")
            return [text]
        self._unscannable(place, "a text too large to look into completely")
        return [text[:MAX_TEXT], text[-MAX_TEXT:]]

    def _name(self, place: str, name: str) -> None:
        """The name of a file, which is prose where it has words like a sentence."""
        is_told = name.count(" ") + (name.count("_") >= _SENTENCE_WORDS) >= 1
        text = name.rpartition(".")[0] if is_told and "." in name[-6:] else name
        self._add(place, text, Scope.PROSE if is_told else Scope.TEXT)
        if text is not name:
            self._add(place, name, Scope.TEXT)

    def _strings(self, payload: bytes, place: str) -> None:
        if len(payload) > 2 * MAX_TEXT:
            payload = payload[:MAX_TEXT] + b"\n" + payload[-MAX_TEXT:]
        self._add(place, strings(payload), Scope.ANYWHERE)

    def _picture_text(self, payload: bytes, place: str) -> None:
        told = text_in(payload)
        self._add(place, told)
        if "<x:xmpmeta" in told:
            self._add(place, self._stripper.text_of(told))

    def _add(
        self, place: str, text: str, scope: Scope = Scope.PROSE, *, is_source: bool = False
    ) -> None:
        if text and not text.isspace():
            passage = Passage(place=place, text=text, scope=scope, is_source=is_source)
            self.evidence.passages.append(passage)

    # Findings --------------------------------------------------------------------------------

    def _unscannable(self, place: str, what: str) -> None:
        self.evidence.findings.append(unscannable(place, what))

    def _note_image(self, place: str) -> None:
        self.evidence.findings.append(
            Finding(
                rule="encoding.unscanned_image",
                category="encoding",
                severity=Severity.LOW,
                place=place,
                message="An image was not looked into; only the text in its file was.",
            )
        )

    def _note_signature(self, place: str) -> None:
        self.evidence.findings.append(
            Finding(
                rule="encoding.unscanned_signature",
                category="encoding",
                severity=Severity.MEDIUM,
                place=place,
                message="A signature file was not looked into.",
            )
        )


def unscannable(place: str, what: str) -> Finding:
    """The finding for what could not be looked into."""
    return Finding(
        rule="encoding.unscannable",
        category="encoding",
        severity=Severity.HIGH,
        place=place,
        message=f"This could not be looked into: {what}.",
    )


def _entries(kind: Kind, payload: bytes) -> Iterable[Entry]:
    match kind:
        case Kind.ZIP:
            return unzip(payload)
        case Kind.TAR:
            return untar(payload)
        case Kind.GZIP:
            return (gunzip(payload),)
        case Kind.BZIP2:
            return (bunzip2(payload),)
        case _:
            return (unxz(payload),)


def _is_plain_name(title: str) -> bool:
    """Whether a field's name can be shown: letters and hyphens, so that it is no secret itself."""
    return len(title) <= 40 and title.replace("-", "").isalpha()


def _label(leaf: Leaf) -> str:
    if leaf.is_attachment or leaf.text is None:
        return f"attachment {leaf.filename[:80] or leaf.part.section or leaf.content_type}"
    return "html" if leaf.content_type == "text/html" else "text"


def _is_garbled(text: str) -> bool:
    """Many characters that no text has."""
    odd = sum(
        char == "\ufffd" or (char < " " and char not in "\t\n\r\f\x1b") for char in text[:65536]
    )
    return odd * 20 > min(len(text), 65536)


def _is_signature(leaf: Leaf) -> bool:
    is_labeled = leaf.content_type in {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
    return is_labeled and leaf.payload[:1] == b"\x30" and len(leaf.payload) <= _SMALL_SIGNATURE


def _is_mail(payload: bytes, name: str) -> bool:
    if name.lower().endswith(".eml"):
        return True
    head = payload[:4096].lower()
    marks = (b"\nfrom:", b"\nsubject:", b"\ndate:", b"\nto:", b"\nmime-version:", b"\nreceived:")
    return sum(mark in b"\n" + head for mark in marks) >= 3


def _is_printer_setting(name: str, payload: bytes) -> bool:
    """Spreadsheet programs put these into most workbooks."""
    return "printersettings" in name.lower() and len(payload) < _SMALL_SIGNATURE


def _unfolded(text: str) -> str:
    """Folded lines of calendars and cards joined, escapes undone (RFC 5545 §3.1, RFC 6350 §3.2)."""
    if "BEGIN:VC" not in text[:200]:
        return text
    joined = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    return joined.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";")


def _with_article(kind: Kind) -> str:
    return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"
