"""Reading an SPF record (RFC 7208 §4.6, §12). The whole record is read before any of it counts."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailcore.mailauth.spf_macros import is_domain_spec, is_macro_string

MAX_RECORD_CHARS: Final = 8192

_CACHED: Final = 512
"""Records up to this length are remembered."""

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*+)=(.*+)")
_DIRECTIVE = re.compile(r"([-+?~]?)([A-Za-z][A-Za-z0-9_-]*+)(.*+)")
_DUAL_CIDR = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?\Z", re.ASCII)
_CIDR = re.compile(r"(?:/(0|[1-9]\d{0,2}))?\Z", re.ASCII)

_RESULTS: Final = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_ADDRESSED: Final = frozenset({"a", "mx"})
_NAMED: Final = frozenset({"include", "exists"})

type IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class RecordError(Exception):
    """The record is not well-formed; the text says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One directive. `result` is what a match means, `target` the domain-spec as written."""

    name: str
    result: str
    target: str = ""
    cidr4: int = 32
    cidr6: int = 128
    network: IpNetwork | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A well-formed record."""

    mechanisms: tuple[Mechanism, ...]
    redirect: str


def is_record(text: bytes) -> bool:
    """Whether a TXT value is an SPF record at all (RFC 7208 §4.5)."""
    return text[:6].lower() == b"v=spf1" and text[6:7] in (b"", b" ")


def parse(raw: bytes) -> Record:
    """Read a record; raises RecordError for anything outside the grammar."""
    return _parse_short(raw) if len(raw) <= _CACHED else _parse(raw)


def _parse(raw: bytes) -> Record:
    text = raw.decode("ascii", "replace")
    if len(text) > MAX_RECORD_CHARS or not text.isascii():
        raise RecordError("the record is too long or not ASCII")
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    for term in text[6:].split(" "):
        if not term:
            continue
        modifier = _MODIFIER.fullmatch(term)
        if modifier is None:
            mechanisms.append(_mechanism(term))
            continue
        name, value = modifier[1].lower(), modifier[2]
        if name in ("redirect", "exp"):
            if name in modifiers or not is_domain_spec(value):
                raise RecordError(f"{name}= is not usable")
            modifiers[name] = value
        elif not is_macro_string(value):
            raise RecordError(f"{term[:40]!r} is not usable")
    return Record(mechanisms=tuple(mechanisms), redirect=modifiers.get("redirect", ""))


_parse_short = lru_cache(maxsize=1024)(_parse)


def _mechanism(term: str) -> Mechanism:
    match = _DIRECTIVE.fullmatch(term)
    if match is None:
        raise RecordError(f"{term[:40]!r} is no term")
    name, result, rest = match[2].lower(), _RESULTS[match[1]], match[3]
    if name == "all" and not rest:
        return Mechanism(name=name, result=result)
    if name in ("ip4", "ip6") and rest.startswith(":"):
        return Mechanism(name=name, result=result, network=_network(name, rest[1:], term))
    if name in _NAMED and rest.startswith(":") and is_domain_spec(rest[1:]):
        return Mechanism(name=name, result=result, target=rest[1:])
    if name == "ptr" and (not rest or (rest.startswith(":") and is_domain_spec(rest[1:]))):
        return Mechanism(name=name, result=result, target=rest[1:])
    if name in _ADDRESSED:
        return _addressed(name, result, rest, term)
    raise RecordError(f"{term[:40]!r} is no known mechanism")


def _addressed(name: str, result: str, rest: str, term: str) -> Mechanism:
    cidr = _DUAL_CIDR.search(rest)
    target = rest[: cidr.start()] if cidr else rest
    cidr4, cidr6 = _lengths(cidr)
    is_named = target.startswith(":") and is_domain_spec(target[1:])
    if (target and not is_named) or cidr4 > 32 or cidr6 > 128:
        raise RecordError(f"{term[:40]!r} is not usable")
    return Mechanism(name=name, result=result, target=target[1:], cidr4=cidr4, cidr6=cidr6)


def _lengths(cidr: re.Match[str] | None) -> tuple[int, int]:
    if cidr is None:
        return 32, 128
    return int(cidr[1] or 32), int(cidr[2] or 128)


def _network(name: str, text: str, term: str) -> IpNetwork:
    cidr = _CIDR.search(text)
    address = text[: cidr.start()] if cidr else text
    try:
        if name == "ip4":
            return ipaddress.IPv4Network((address, int((cidr and cidr[1]) or 32)), strict=False)
        if "%" in address:
            raise RecordError(f"{term[:40]!r} has a scope")
        return ipaddress.IPv6Network((address, int((cidr and cidr[1]) or 128)), strict=False)
    except ValueError as error:
        raise RecordError(f"{term[:40]!r} is no network") from error
