"""The links of a message as its reader meets them, with what is odd about each, and its pictures.

They come from the reading of its HTML, so whether a link can be seen is known. Nothing is fetched and
nothing is judged beyond what can be read off the address itself.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mailcore.message.links import MAX_LINKS, host_of
from mailcore.message.removals import excerpt

_MAX_TARGET: Final = 2048
_MAX_TEXT: Final = 512 * 1024
_URL: Final = re.compile(r"https?://[^\s<>\"']{1,2048}", re.IGNORECASE)
_TRAILING: Final = ".,;:!?)]}>'\"*_"
_SHOWN_HOST: Final = re.compile(
    r"(?:https?://)?(?:[^\s/@]{1,64}@)?((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,10}[^\W\d_]{2,24})(?![\w@-])",
    re.IGNORECASE,
)
_SHORTENERS: Final = frozenset(
    """
    bit.ly tinyurl.com t.co goo.gl ow.ly is.gd buff.ly rebrand.ly cutt.ly shorturl.at rb.gy tiny.cc
    bl.ink lnkd.in t.ly v.gd soo.gd s.id qr.ae trib.al shorte.st adf.ly bitly.com short.io t.me
    """.split()  # noqa: SIM905 - a table
)
_FILES: Final = frozenset(
    {"pdf", "doc", "docx", "xls", "xlsx", "txt", "zip", "png", "jpg", "jpeg", "html", "csv", "md"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A link as HTML has it."""

    target: str
    text: str
    is_seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link. `signs` says what is odd: see `link_signs`."""

    text: str
    target: str
    host: str
    """In small letters, as it is looked up; empty when the target has none."""
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """How many pictures of each kind."""

    remote: int = 0
    """Fetched from somewhere when they are shown, which tells that the message was read."""
    tracking: int = 0
    """Of these, those too small to be seen."""
    inline: int = 0
    """Part of the message."""


NO_IMAGES: Final = Images()


def links_of(text: str, anchors: Sequence[Anchor]) -> tuple[Link, ...]:
    """The links of a message, those of its HTML first, each target and text once."""
    found: dict[tuple[str, str], Link] = {}
    for link in (*_of_anchors(anchors), *_of_text(text, {one.target for one in anchors})):
        found.setdefault((link.target, link.text), link)
        if len(found) >= MAX_LINKS:
            break
    return tuple(found.values())


def _of_anchors(anchors: Sequence[Anchor]) -> Iterator[Link]:
    for anchor in anchors[: 2 * MAX_LINKS]:
        target = anchor.target[:_MAX_TARGET]
        text = excerpt(anchor.text)
        signs = link_signs(anchor.text[:500], target)
        yield Link(
            text=text,
            target=target,
            host=host_of(target),
            signs=signs if anchor.is_seen else (*signs, "hidden"),
        )


def _of_text(text: str, known: set[str]) -> Iterator[Link]:
    for number, match in enumerate(_URL.finditer(text[:_MAX_TEXT])):
        if number >= MAX_LINKS:
            return
        target = match[0].rstrip(_TRAILING)
        if target not in known:
            yield Link(text="", target=target, host=host_of(target), signs=link_signs("", target))


def link_signs(text: str, target: str) -> tuple[str, ...]:
    """What is odd about a link that shows `text`.

    `mismatch` (the text names another host), `punycode` (letters of other scripts in the host),
    `user_part` (a name before an `@`), `ip` (a bare number), `shortener`, `script` (`javascript:`),
    `data` (the page is in the link), `port` (an unusual one).
    """
    squeezed = "".join(target[:64].split()).lower()
    if squeezed.startswith(("javascript:", "vbscript:")):
        return ("script",)
    if squeezed.startswith(("data:", "blob:", "file:")):
        return ("data",)
    host = host_of(target).rstrip(".")
    found: list[str] = []
    shown = _shown_host(text)
    if host and shown and _organization(shown) != _organization(host):
        found.append("mismatch")
    if not host.isascii() or any(label.startswith("xn--") for label in host.split(".")):
        found.append("punycode")
    if squeezed.startswith("http"):
        if "@" in target.partition("//")[2].partition("/")[0]:
            found.append("user_part")
        if _is_number(host):
            found.append("ip")
        if host.removeprefix("www.") in _SHORTENERS:
            found.append("shortener")
        if _port(target) not in (None, 80, 443, 8080, 8443):
            found.append("port")
    return tuple(found)


def _port(target: str) -> int | None:
    try:
        return urlsplit(target.strip()).port
    except ValueError:
        return None


def _shown_host(text: str) -> str:
    """The host that a link's text claims; empty when it claims none."""
    match = _SHOWN_HOST.search(text)
    if match is None:
        return ""
    host = match[1].lower()
    is_file = host.rpartition(".")[2] in _FILES and not match[0].lower().startswith("http")
    return "" if is_file else host


def _organization(host: str) -> str:
    """The last two labels, or three where the second is a short generic one."""
    labels = host.strip(".").split(".")
    keep = 3 if len(labels) > 2 and len(labels[-2]) <= 3 and len(labels[-1]) == 2 else 2
    return ".".join(labels[-keep:])


def _is_number(host: str) -> bool:
    if host.isdigit() or host.startswith("0x"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
