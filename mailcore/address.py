"""Mail addresses as the envelope knows them (RFC 5321 §4.1.2, RFC 6531).

Not header mailboxes with display names: those are in `mailcore.message.headers`. Parsing is linear
in its input and never accepts CR, LF, NUL or spaces outside a quoted local part.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, override

import idna

from mailcore.errors import MailError, invalid

MAX_LOCAL_OCTETS: Final = 64
"""RFC 5321 §4.5.3.1.1."""
MAX_DOMAIN_OCTETS: Final = 255
"""RFC 5321 §4.5.3.1.2."""

_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_LITERAL = re.compile(r"\[(?:IPv6:[0-9A-Fa-f:.]{2,45}|[0-9.]{7,15})\]", re.ASCII)

_SHOWN = re.compile(r"[@\uff20\ufe6b]\s{0,4}[^\s@\uff20\ufe6b]{1,253}?[.\u3002\uff0e][^\s.]")

BOUNCE_LOCAL_PART: Final = "bounce"
DMARC_REPORTS: Final = "dmarc-reports"
TLS_REPORTS: Final = "tls-reports"
ROLE_LOCAL_PARTS: Final = frozenset(
    {"postmaster", "abuse", "mailer-daemon", BOUNCE_LOCAL_PART, DMARC_REPORTS, TLS_REPORTS}
)
"""Addresses every domain has; their mail goes to the owner (RFC 2142)."""
APPROVAL_LOCAL_PART: Final = "approve"
RESERVED_LOCAL_PARTS: Final = ROLE_LOCAL_PARTS | {APPROVAL_LOCAL_PART}
"""No agent or inbox can have these."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox address: local part unquoted, domain in A-label or literal form, lower case."""

    local: str
    domain: str

    @override
    def __str__(self) -> str:
        """The address as it stands on the wire, the local part quoted when it must be."""
        return f"{quote_local(self.local)}@{self.domain}"

    @property
    def folded(self) -> str:
        """The form addresses are compared by: the local part without case."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def tag(self) -> str:
        """The sub-address after the first `+` (RFC 5233), or empty."""
        return self.local.partition("+")[2]

    @property
    def base(self) -> "Address":
        """The address without its sub-address."""
        head, plus, _ = self.local.partition("+")
        return Address(head, self.domain) if plus and head else self

    @property
    def is_ascii(self) -> bool:
        """Whether it can be sent without SMTPUTF8 (RFC 6531)."""
        return self.local.isascii()


@lru_cache(maxsize=4096)
def quote_local(local: str) -> str:
    """The local part as a dot-string, or quoted (RFC 5321 §4.1.2)."""
    if local and all(_ATOM.fullmatch(atom) for atom in local.split(".")):
        return local
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def parse_domain(text: str, *, path: str = "domain") -> str:
    """The domain in lower-case A-labels (RFC 5891), or an address literal as it is.

    Raises INVALID naming `path`.
    """
    if len(text) > MAX_DOMAIN_OCTETS * 2 or (found := _folded_domain(text)) is None:
        raise invalid(path, f"{text[:100]!r} is not a domain name", fix="Write it as example.org")
    return found


@lru_cache(maxsize=8192)
def _folded_domain(text: str) -> str | None:
    """The domain in the form of `parse_domain`; None when it is none."""
    if _LITERAL.fullmatch(text):
        return text
    name = text.rstrip(".") if not text.endswith("..") else text
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    if (
        not name
        or len(name) > MAX_DOMAIN_OCTETS - 2
        or not all(_LABEL.fullmatch(label) for label in name.split("."))
    ):
        return None
    return name.lower()


def parse_address(text: str, *, path: str = "address") -> Address:
    """Parse `local@domain`; raises INVALID naming `path`. RFC 5321 §4.1.2."""
    if len(text) > MAX_LOCAL_OCTETS * 2 + MAX_DOMAIN_OCTETS * 2:
        raise invalid(path, "the address is too long")
    return _well_formed(text) or _parse(text, path)


@lru_cache(maxsize=4096)
def _well_formed(text: str) -> Address | None:
    """The address, remembered: most mail is between few of them. None when it is none."""
    try:
        return _parse(text, "")
    except MailError:
        return None


def _parse(text: str, path: str) -> Address:
    local_text, at, domain_text = text.rpartition("@")
    if not at or not local_text:
        raise invalid(path, f"{text[:100]!r} is not an address", fix="Write it as name@example.org")
    local = _parse_local(local_text)
    if local is None or len(local.encode("utf-8", "replace")) > MAX_LOCAL_OCTETS:
        raise invalid(path, f"the part before @ of {text[:100]!r} is not valid")
    return Address(local, parse_domain(domain_text, path=path))


def try_address(text: str) -> Address | None:
    """`parse_address`, or None where it would raise."""
    try:
        return parse_address(text)
    except MailError:
        return None


def shows_address(text: str) -> bool:
    """Whether a reader of `text` sees a mail address in it: a name must not pose as one."""
    return _SHOWN.search(text) is not None


def _parse_local(text: str) -> str | None:
    if not text.startswith('"'):
        return text if all(_ATOM.fullmatch(atom) for atom in text.split(".")) else None
    if len(text) < 2 or not text.endswith('"'):
        return None
    out: list[str] = []
    inner = iter(text[1:-1])
    for char in inner:
        plain = char
        if char == '"':
            return None
        if char == "\\":
            following = next(inner, None)
            if following is None:
                return None
            plain = following
        if ord(plain) < 32 or ord(plain) == 127:
            return None
        out.append(plain)
    return "".join(out) or None
