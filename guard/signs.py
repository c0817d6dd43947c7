"""Signs of a threat that are not in what the text says: headers, names, links, files, authentication.

Each function looks at one thing and yields what it saw; all are linear and never raise.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from guard.brands import BRANDS
from guard.folding import is_invisible
from guard.matching import Pattern
from guard.sign_table import KINDS
from mailcore.message.headers import Headers
from mailcore.message.parse import Leaf
from mailcore.model import AuthReport, MailboxAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something seen: rule, category, points, place, one sentence."""

    rule: str
    category: str
    points: int
    place: str
    message: str


_PROGRAMS: Final = (
    ".exe", ".bat", ".cmd", ".com", ".scr", ".pif", ".ps1", ".psm1", ".vbs", ".vbe", ".js", ".jse", ".wsf",
    ".wsh", ".hta", ".cpl", ".msi", ".msp", ".jar", ".lnk", ".dll", ".reg", ".app", ".dmg", ".pkg", ".run",
    ".sh", ".apk", ".one", ".iso", ".img", ".vhd", ".vhdx", ".chm", ".xll", ".ade", ".url", ".appref-ms",
)  # fmt: skip
_MACROS: Final = (".docm", ".xlsm", ".pptm", ".dotm", ".xltm", ".xlam", ".xlsb")
_PAGES: Final = (".html", ".htm", ".shtml", ".xhtml", ".svg", ".mht")
_DOCUMENTS: Final = (
    ".pdf",
    ".doc",
    ".docx",
    ".xls",
    ".xlsx",
    ".txt",
    ".jpg",
    ".png",
    ".ppt",
    ".pptx",
    ".csv",
)
_BRANDS: Final = {
    "paypal": "paypal", "microsoft": "microsoft", "office 365": "microsoft", "apple": "apple",
    "icloud": "apple", "amazon": "amazon", "google": "google", "netflix": "netflix", "dhl": "dhl",
    "fedex": "fedex", "docusign": "docusign", "dropbox": "dropbox", "facebook": "facebook",
    "instagram": "instagram", "linkedin": "linkedin", "coinbase": "coinbase", "binance": "binance",
    "github": "github", "stripe": "stripe", "chase": "chase", "wells fargo": "wellsfargo",
}  # fmt: skip
_COMMON_IN_ARCHIVES: Final = frozenset(
    {".js", ".sh", ".app", ".url", ".com", ".dll", ".jar", ".run"}
)
"""Programs by name that are parts of sources."""
_ACTIVE: Final = (
    b"<script",
    b"onload=",
    b"<form",
    b'type="password',
    b'http-equiv="refresh',
    b"http-equiv=refresh",
    b"javascript:",
    b"onerror=",
    b"<iframe",
    b"<foreignobject",
)
_PAGE_OCTETS: Final = 512 * 1024
_FEW_NAMES: Final = 3
_MAX_NAMES: Final = 200
_INVISIBLE_RUN: Final = 3
_TAG_CHARACTERS: Final = range(0xE0000, 0xE0080)


def authentication(auth: AuthReport) -> Iterator[Sign]:
    """What our own checks found; never what a header of the message claims."""
    if auth.vouched_by:
        return
    if auth.dmarc == "fail":
        yield sign("auth.dmarc_fail")
    elif auth.dmarc != "pass":
        if auth.spf in {"fail", "softfail"}:
            yield sign("auth.spf_fail")
        if auth.dkim == "fail":
            yield sign("auth.dkim_fail")


def headers(fields: Headers, auth: AuthReport) -> Iterator[Sign]:
    """Missing or contradictory headers, borrowed names, look-alike domains."""
    senders = fields.mailboxes("From")
    if not senders:
        yield sign("header.no_sender", "header From")
        return
    if fields.get("Message-ID") is None:
        yield sign("header.no_message_id")
    if len(senders) > 1 or len(fields.raw_all("From")) > 1:
        yield sign("header.several_senders", "header From")
    sender = senders[0]
    yield from _borrowed(sender, auth)
    replies = {organization(m.address) for m in fields.mailboxes("Reply-To")}
    if replies and organization(sender.address) not in replies and fields.get("List-Id") is None:
        yield sign("header.reply_to_elsewhere", "header Reply-To")


def _borrowed(sender: MailboxAddress, auth: AuthReport) -> Iterator[Sign]:
    domain = sender.address.rpartition("@")[2].lower()
    name = sender.name.lower()
    if _mixes_scripts(domain) or any(label.startswith("xn--") for label in domain.split(".")):
        yield sign("phishing.lookalike_domain", "header From")
    brand = _brand(name)
    if brand is not None and brand not in domain and not auth.is_aligned:
        yield sign("phishing.borrowed_name", "header From")
    if "@" in name and organization(name) != organization(sender.address):
        yield sign("phishing.address_as_name", "header From")


def _brand(name: str) -> str | None:
    """The domain word of the company that a display name claims."""
    spoken = name.split()
    for word, site in _BRANDS.items():
        if word in spoken or (" " in word and word in name):
            return site
    return None


def _mixes_scripts(domain: str) -> bool:
    """Latin together with another alphabet inside one label."""
    for label in domain.split("."):
        scripts = {
            unicodedata.name(char, "?").split(" ", 1)[0] for char in label[:63] if char.isalpha()
        }
        if "LATIN" in scripts and len(scripts) > 1:
            return True
    return False


def organization(address: str) -> str:
    """The organization's part of a domain: the last two labels of the domain, or three where the second is a short generic one."""
    labels = address.strip(" <>\"'").rpartition("@")[2].lower().rstrip(".").split(".")
    keep = 3 if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2 else 2
    return ".".join(labels[-keep:])


def invisible(text: str, place: str) -> Iterator[Sign]:
    """Characters that show nothing, in number: hidden writing, not typography."""
    if text.isascii():
        return
    tags = sum(ord(char) in _TAG_CHARACTERS for char in text)
    run = longest = 0
    for char in text:
        run = run + 1 if is_invisible(ord(char)) and ord(char) not in range(0xFE00, 0xFE10) else 0
        longest = max(longest, run)
    if tags > 6 or longest >= _INVISIBLE_RUN + 3 * (tags <= 6 and "\U0001f3f4" in text):
        yield sign("injection.invisible_text", place)


class Links:
    """Finds links whose text names another site than their target. Holds one compiled pattern."""

    def __init__(self) -> None:
        self._anchor = Pattern(
            r"(?i)<a\s[^>]*?href\s{0,3}=\s{0,3}[\"']?\s{0,3}https?://(?P<v>[^\s\"'<>/?#:]{3,200})[^>]*>"
            r"(?:<[^>]*>|\s)*(?:https?://)?([a-z0-9][a-z0-9.\-]{2,100}\.[a-z]{2,12})\b"
        )

    def mismatches(self, html: str, own: str) -> Iterator[Sign]:
        """At most one sign. A sender may count clicks on its own site, but not show a known name for it."""
        for hit in self._anchor.finditer(html.encode("utf-8", "replace")):
            target = organization("@" + hit.group(1).decode("utf-8", "replace"))
            shown = organization("@" + hit.group(2).decode("utf-8", "replace"))
            is_counted = target == own and shown.partition(".")[0] not in BRANDS
            if target != shown and not is_counted:
                yield sign("phishing.link_mismatch", "html")
                return


def files(leaf: Leaf) -> Iterator[Sign]:
    """What an attachment's name and first octets say."""
    name = leaf.filename.strip().rstrip(". ").lower()
    if not name and not leaf.is_attachment:
        return
    place = f"attachment {leaf.filename[:80] or leaf.content_type}"
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending
    if ending in _PROGRAMS or leaf.payload[:2] == b"MZ" or leaf.payload[:4] == b"\x7fELF":
        yield sign("attachment.program", place)
        if stem.endswith(_DOCUMENTS):
            yield sign("attachment.double_ending", place)
    elif ending in _MACROS:
        yield sign("attachment.macros", place)
    elif ending in _PAGES and leaf.is_attachment:
        yield sign("attachment.page", place)
        if _is_active(leaf.payload):
            yield sign("attachment.active_page", place)
    if "\u202e" in leaf.filename:
        yield sign("attachment.turned_name", place)
    if leaf.payload[:4] == b"PK\x03\x04":
        yield from programs_inside(archived_names(leaf.payload), place)
    if leaf.payload[:4] == b"PK\x03\x04" and len(leaf.payload) > 8 and leaf.payload[6] & 1:
        yield sign("attachment.locked_archive", place)


def _is_active(payload: bytes) -> bool:
    """Whether a page does something, or asks for something."""
    source = payload[:_PAGE_OCTETS].lower()
    return any(mark in source for mark in _ACTIVE)


def programs_inside(names: Iterable[str], place: str) -> Iterator[Sign]:
    """What the names in an archive say."""
    listed = list(names)
    for name in listed:
        stem, dot, ending = name.strip().lower().rpartition(".")
        is_part = len(listed) > _FEW_NAMES and dot + ending in _COMMON_IN_ARCHIVES
        if dot + ending in _PROGRAMS and not is_part:
            yield sign("attachment.program_inside", place)
            if stem.endswith(_DOCUMENTS):
                yield sign("attachment.double_ending", place)
            return


def archived_names(payload: bytes) -> Iterator[str]:
    """The names in the directory of a zip archive, encrypted or not (APPNOTE 4.3.12)."""
    position = payload.find(b"PK\x01\x02")
    for _ in range(_MAX_NAMES):
        if position < 0:
            return
        size = int.from_bytes(payload[position + 28 : position + 30], "little")
        yield payload[position + 46 : position + 46 + size].decode("utf-8", "replace")
        position = payload.find(b"PK\x01\x02", position + 46 + size)


def shouting(subject: str) -> Iterator[Sign]:
    """A subject in capitals."""
    letters = [char for char in subject if char.isalpha()]
    if len(letters) >= 10 and sum(char.isupper() for char in letters) > len(letters) * 0.8:
        yield sign("spam.shouting", "subject")


def sign(rule: str, place: str = "header") -> Sign:
    """A sign of a kind of the table."""
    kind = KINDS[rule]
    return Sign(
        rule=rule,
        category=kind.category,
        points=kind.points,
        place=place,
        message=kind.description,
    )
