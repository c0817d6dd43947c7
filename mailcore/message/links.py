"""Every place a message can take its reader to or load from, with the words shown for it.

Not a judgment, but for one question: whether the words name another host than the target does.
Linear, bounded, nothing is fetched.
"""

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

MAX_LINKS: Final = 200
"""More are not looked at; the caller says so."""
_MAX_CHARS: Final = 512 * 1024
_MAX_URL: Final = 2000
_LABEL_WINDOW: Final = 1000
_URL: Final = re.compile(r"\b(?:https?://|ftp://|www\.)[^\s<>\"']{1,2000}", re.IGNORECASE)
_TARGET: Final = re.compile(
    r"\b(href|src|action|formaction|background|poster)\s{0,5}=\s{0,5}"
    r"(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<[^>]*+>?")
_END: Final = re.compile(r"</a", re.IGNORECASE)
_HOST: Final = re.compile(
    r"^(?:https?://)?((?:[\w-]{1,63}\.){1,10}[a-z]{2,24})(?=[/:?#\s]|$)", re.IGNORECASE
)
_TRAILING: Final = ".,;:!?)]}>'\"*_"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTarget:
    """Where a link goes; `label` is what stands there to read, empty for a bare address."""

    url: str
    label: str

    @property
    def is_misleading(self) -> bool:
        """Whether the label names a host that the target is not at."""
        named = _HOST.match(self.label.strip())
        if named is None:
            return False
        return not _is_same_site(host_of(self.url), named[1].casefold())


def link_targets(text: str, html: str | None) -> tuple[LinkTarget, ...]:
    """Every target in document order, each with its label once; HTML first, at most `MAX_LINKS`."""
    found: dict[LinkTarget, None] = {}
    seen: set[str] = set()
    for one in _all(text[:_MAX_CHARS], (html or "")[:_MAX_CHARS]):
        if one in found or (not one.label and one.url in seen):
            continue
        found[one] = None
        seen.add(one.url)
        if len(found) >= MAX_LINKS:
            break
    return tuple(found)


def host_of(url: str) -> str:
    """The host an address names, folded; empty when it names none."""
    written = url if "//" in url[:12] else f"//{url}"
    try:
        return (urlsplit(written).hostname or "").casefold()
    except ValueError:
        return ""


def _all(text: str, html: str) -> Iterator[LinkTarget]:
    for match in _TARGET.finditer(html):
        url = entities.unescape(match[2] or match[3] or match[4] or "").strip()[:_MAX_URL]
        if not url or url.startswith("#") or url[:4].lower() == "cid:":
            continue
        label = _label(html, match.end()) if match[1].lower() == "href" else ""
        yield LinkTarget(url=" ".join(url.split()), label=label)
    for match in _URL.finditer(text):
        yield LinkTarget(url=match[0].rstrip(_TRAILING), label="")


def _label(html: str, position: int) -> str:
    window = html[position : position + _LABEL_WINDOW]
    _, closed, inside = window.partition(">")
    shown = _TAG.sub(" ", _END.split(inside, maxsplit=1)[0]) if closed else ""
    return " ".join(entities.unescape(shown).split())[:200]


def _is_same_site(host: str, named: str) -> bool:
    host, named = host.removeprefix("www."), named.removeprefix("www.")
    return host == named or host.endswith(f".{named}")
