"""Reports about mail we sent, in every form that is met: bounces and complaints.

Bounces: delivery status notifications (RFC 3464) and those that are text alone, of qmail, Exim, older
Exchange, Gmail and others. Complaints: feedback reports (RFC 5965). Reading believes nothing and proves
nothing: whether a report is about our mail is the return path's business. Never raises; linear.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailcore.address import Address, try_address
from mailcore.message import dsn
from mailcore.message.headers import Headers
from mailcore.message.parts import Part
from mailcore.message.structure import scan
from mailcore.message.text import html_to_text
from mailcore.message.transfer import decode_body

MAX_WORDS: Final = 500
_MAX_READ: Final = 64 * 1024
_SAMPLE: Final = 16 * 1024
_FEEDBACK: Final = "message/feedback-report"
_HEADER_TYPES: Final = frozenset({"message/rfc822", "text/rfc822-headers", "message/global"})


class Fate(StrEnum):
    """What a report says of a recipient."""

    HARD = "hard"
    """The address does not exist or takes no mail any more."""
    SOFT = "soft"
    """It could not be delivered now: mailbox full, refused content, given up waiting."""
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a report says of one recipient; `address` and `original` are as claimed, or empty."""

    fate: Fate
    address: str = ""
    original: str = ""
    status: str = ""
    """An enhanced status code, or empty."""
    words: str = ""
    remote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """A bounce or a complaint, taken apart."""

    told: tuple[Told, ...]
    reporter: str = ""
    returned_path: str = ""
    """The envelope sender of the reported message, as the report has it."""

    def about(self, candidates: Sequence[Address]) -> dict[Address, Told]:
        """What it says of each of these recipients; with one candidate, whatever it says is of that."""
        found: dict[Address, Told] = {}
        for told in self.told:
            names = [try_address(one) for one in (told.original, told.address) if one]
            folded = {one.folded for one in names if one is not None}
            matching = [one for one in candidates if one.folded in folded]
            if not matching and len(candidates) == 1:
                matching = [candidates[0]]
            for one in matching:
                found.setdefault(one, told)
        return found


def read_report(raw: bytes, candidates: Sequence[Address] = ()) -> MailReport | None:
    """The report in `raw`, or None when it is none.

    A text that names no recipient in fields is searched for the `candidates`.
    """
    root = scan(raw)
    return _complaint(raw, root) or _status(raw) or _text(raw, root, candidates)


# Forms -------------------------------------------------------------------------------------------


def _complaint(raw: bytes, root: Part) -> MailReport | None:
    part = next((one for one in root.walk() if one.content_type == _FEEDBACK), None)
    if part is None:
        return None
    fields = Headers.read(_body(raw, part) + b"\r\n\r\n")
    kind = (fields.get("Feedback-Type") or "").strip().lower()
    if not kind or kind == "not-spam":
        return None
    recipients = [_bare(value) for value in fields.all("Original-Rcpt-To")][: dsn.MAX_RECIPIENTS]
    agent = (fields.get("User-Agent") or "").strip()[:100]
    words = f"reported as {kind[:40]}" + (f" by {agent}" if agent else "")
    return MailReport(
        told=tuple(
            Told(fate=Fate.COMPLAINED, address=one, words=words) for one in recipients or [""]
        ),
        reporter=(fields.get("Reporting-MTA") or "").partition(";")[2].strip()[:255],
        returned_path=_bare(fields.get("Original-Mail-From") or "") or _returned_path(raw, root),
    )


def _status(raw: bytes) -> MailReport | None:
    report = dsn.parse(raw)
    if report is None:
        return None
    return MailReport(
        told=tuple(
            Told(
                fate=_fate(one),
                address=one.address,
                original=one.original_recipient,
                status=one.status,
                words=one.diagnostic[:MAX_WORDS],
                remote=one.remote[:255],
            )
            for one in report.recipients
        ),
        reporter=report.reporting_mta[:255],
    )


def _fate(one: dsn.ReportedRecipient) -> Fate:
    match one.action:
        case "delayed":
            return Fate.DELAYED
        case "delivered":
            return Fate.DELIVERED
        case "relayed" | "expanded":
            return Fate.RELAYED
        case _:
            return severity(one.status, one.diagnostic)


_DAEMON = re.compile(
    r"\A(?:mailer[-_. ]?daemon|postmaster|mail[-_.]?delivery|mdaemon|microsoftexchange[0-9a-f]{10,40}"
    r"|bounces?|no-?reply[-_.]?mailer)\b",
    re.IGNORECASE,
)
_SAYS_FAILED = re.compile(
    r"(?:un)deliver(?:able|ed)|delivery (?:has )?fail|failure notice|returned mail|return(?:ed)? to sender"
    r"|delivery status notification|(?:could ?n[o']t|can ?not|wasn't|not) be(?:en)? delivered"
    r"|wasn't delivered|did not reach|unable to deliver|permanent(?: fatal)? error"
    r"|failed permanently|could not be delivered|unzustellbar|nicht zugestellt|non remis|non distribu"
    r"|no se (?:ha )?pud?o entregar|no entregado|mancato recapito|non consegnat|n[ãa]o (?:foi )?entregue"
    r"|niet (?:worden )?(?:afgeleverd|bezorgd)|nie dostarczon|не доставлено|не удалось доставить"
    r"|配信できません|届きませんでした|无法投递|退信|无法送达",
    re.IGNORECASE,
)
_SAYS_LATE = re.compile(
    r"\(delay\)|delayed|warning: (?:message|could not)|will (?:be retried|retry|keep trying)|verzögert",
    re.IGNORECASE,
)
_COPY_BEGINS = re.compile(
    r"^(?:-{2,} ?(?:below this line is a copy|this is a copy of|original message|the header of the original"
    r"|returned message|message header|undelivered message)|----- original message -----"
    r"|original message headers:)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]")
_STATUS = re.compile(r"(?<![0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_REPLY = re.compile(r"(?<![0-9.])[45][0-5][0-9][ -](?=\S)[^\r\n]{3,400}")


def _text(raw: bytes, root: Part, candidates: Sequence[Address]) -> MailReport | None:
    """A bounce without fields: by its author, its words, and the addresses in them."""
    headers = Headers.read(raw)
    failed = headers.get("X-Failed-Recipients") or ""
    senders = headers.mailboxes("From")
    author = senders[0].address.partition("@")[0] if senders else ""
    if not failed and _DAEMON.match(author) is None:
        return None
    text = _first_text(raw, root)
    subject = (headers.get("Subject") or "")[:500]
    if not failed and _SAYS_FAILED.search(f"{subject}\n{text[:2000]}") is None:
        return None
    own = _COPY_BEGINS.split(text, maxsplit=1)[0]
    is_late = not failed and _SAYS_LATE.search(f"{subject}\n{own[:1000]}") is not None
    named = _named(failed, own, candidates)
    return MailReport(
        told=tuple(_told(one, own, is_late=is_late) for one in named),
        reporter=senders[0].address.partition("@")[2][:255] if senders else "",
    )


def _named(failed: str, text: str, candidates: Sequence[Address]) -> list[str]:
    if failed:
        return _ADDRESS.findall(failed[:_SAMPLE])[: dsn.MAX_RECIPIENTS] or [""]
    shown = {one.lower() for one in _ADDRESS.findall(text)}
    return [str(one) for one in candidates if one.folded in shown] or [""]


def _told(address: str, text: str, *, is_late: bool) -> Told:
    """The words from the address on, as far as they say why."""
    at = text.lower().find(address.lower()) if address else -1
    rest = text[max(at, 0) :][: 4 * MAX_WORDS]
    reply = _REPLY.search(rest)
    words = " ".join((reply[0] if reply else rest).split())[:MAX_WORDS]
    status = _STATUS.search(words) or _STATUS.search(rest)
    code = status[1] if status else ("5.0.0" if reply and reply[0].startswith("5") else "")
    if reply and reply[0].startswith("4") and not status:
        code = "4.0.0"
    fate = Fate.DELAYED if is_late else severity(code, words)
    return Told(fate=fate, address=address, status=code, words=words)


# Pieces ------------------------------------------------------------------------------------------


_HARD: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.310"})
_UNSPECIFIC: Final = frozenset({"", "5.0.0", "5.1.0", "5.2.0", "5.4.1", "5.5.0", "5.5.1", "5.7.1"})
_SAYS_UNKNOWN = re.compile(
    r"(?:user|recipient|mailbox|address|account|addressee|e-?mail address)(?: \S{1,100})? (?:is )?"
    r"(?:unknown|not (?:found|known|exist)|does ?n[o']t exist|could ?n[o']t be found|disabled|inactive"
    r"|deactivated|invalid|no longer)"
    r"|(?:unknown|invalid|no such|bad destination|non-?existent) (?:local |virtual )?(?:user|recipient|mailbox"
    r"|address|account|person|part|alias)"
    r"|does ?n[o']t (?:exist|have (?:a|an|any) \S{1,40} account)|no mailbox (?:here )?by that name|no mailbox here"
    r"|not a (?:valid|known) (?:user|mailbox|recipient)|address rejected|unrouteable address"
    r"|address (?:was )?not found|no longer (?:exists|valid|active|in use|works)|is not our customer"
    r"|account (?:has been|is|was) (?:disabled|closed|deleted|suspended)|host not found|domain (?:name )?not found",
    re.IGNORECASE,
)
_SAYS_FOR_NOW = re.compile(
    r"full|quota|over (?:its|the) |too large|spam|blocked|blacklist|block ?list|reputation|policy|dmarc|spf"
    r"|content|try again|temporar|rate|sender",
    re.IGNORECASE,
)


def severity(status: str, words: str) -> Fate:
    """HARD when the address itself is at fault, by status code (RFC 3463 §3.2) or by the words."""
    if status.startswith("4"):
        return Fate.SOFT
    if status in _HARD:
        return Fate.HARD
    sample = words[:MAX_WORDS]
    if status in _UNSPECIFIC and _SAYS_UNKNOWN.search(sample) is not None:
        return Fate.SOFT if _SAYS_FOR_NOW.search(sample) else Fate.HARD
    return Fate.SOFT


def _body(raw: bytes, part: Part) -> bytes:
    end = min(part.body_end, part.body_start + _MAX_READ)
    return decode_body(raw[part.body_start : end], part.encoding)


def _first_text(raw: bytes, root: Part) -> str:
    part = next((one for one in root.walk() if one.content_type == "text/plain"), None)
    part = part or next((one for one in root.walk() if one.content_type == "text/html"), None)
    if part is None:
        return ""
    text = _body(raw, part).decode("utf-8", "replace")[:_MAX_READ]
    if part.content_type == "text/html":
        text = html_to_text(text)
    return text.replace("\r\n", "\n").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _returned_path(raw: bytes, root: Part) -> str:
    for part in root.walk():
        if part.content_type in _HEADER_TYPES:
            fields = Headers.read(_body(raw, part) + b"\r\n")
            return _bare(fields.get("Return-Path") or "")
    return ""


def _bare(value: str) -> str:
    return value.strip().removeprefix("<").removesuffix(">")[:320]
