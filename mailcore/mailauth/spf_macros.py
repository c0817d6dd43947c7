"""Macros of SPF domain-specs (RFC 7208 §7): their syntax and what they become."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

MAX_NAME: Final = 253

_MACRO = re.compile(r"%(?:\{([A-Za-z])(\d{0,3})(r?)([-.+,/_=]*+)\}|([%_-])|(.?))", re.IGNORECASE)
_LETTERS: Final = frozenset("slodiphv")
_TOP_LABEL = re.compile(r"(?=[0-9]*+[A-Za-z-])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_PLAIN: Final = {"%": "%", "_": " ", "-": "%20"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroFacts:
    """What the letters stand for. `name` is the validated name for `p`."""

    local: str
    sender_domain: str
    domain: str
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    helo: str
    name: str = "unknown"


def is_macro_string(text: str) -> bool:
    """Whether `text` is visible ASCII with well-formed macros of the letters allowed here."""
    if any(not "!" <= char <= "~" for char in text):
        return False
    return all(_is_macro(match) for match in _MACRO.finditer(text))


def _is_macro(match: re.Match[str]) -> bool:
    if match[5]:
        return True
    if not match[1] or match[1].lower() not in _LETTERS:
        return False
    return match[2] == "" or int(match[2]) > 0


def is_domain_spec(text: str) -> bool:
    """A macro-string that ends in a macro or in a dot and a top label (RFC 7208 §7.1)."""
    if not text or not is_macro_string(text):
        return False
    last = None
    for match in _MACRO.finditer(text):
        last = match
    if last is not None and last.end() == len(text):
        return True
    _, dot, top = text.removesuffix(".").rpartition(".")
    return bool(dot) and _TOP_LABEL.fullmatch(top) is not None


def needs_name(text: str) -> bool:
    """Whether expanding needs the validated name."""
    return "%{p" in text.lower()


def expand(text: str, facts: MacroFacts) -> str:
    """The domain name that a domain-spec stands for, shortened from the left to 253 characters."""
    name = _MACRO.sub(lambda match: _value(match, facts), text).removesuffix(".")
    while len(name) > MAX_NAME:
        _, dot, rest = name.partition(".")
        if not dot:
            return name[-MAX_NAME:]
        name = rest
    return name


def _value(match: re.Match[str], facts: MacroFacts) -> str:
    if match[5]:
        return _PLAIN[match[5]]
    value = _letter(match[1].lower(), facts)
    parts = re.split("[" + re.escape(match[4] or ".") + "]", value)
    if match[3]:
        parts.reverse()
    if match[2]:
        parts = parts[-int(match[2]) :]
    value = ".".join(parts)
    return quote(value, safe="") if match[1].isupper() else value


def _letter(letter: str, facts: MacroFacts) -> str:
    is_v4 = facts.ip.version == 4
    dotted = str(facts.ip) if is_v4 else ".".join(facts.ip.exploded.replace(":", ""))
    return {
        "s": f"{facts.local}@{facts.sender_domain}",
        "l": facts.local,
        "o": facts.sender_domain,
        "d": facts.domain,
        "i": dotted,
        "p": facts.name,
        "v": "in-addr" if is_v4 else "ip6",
        "h": facts.helo,
    }[letter]
