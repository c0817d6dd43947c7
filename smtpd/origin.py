"""For whom a trusted neighbor speaks: the PROXY protocol of load balancers, and Postfix's XCLIENT.

Both replace the address that limits, checks and trace fields go by, so they count only from networks
that the configuration names. Parsing is linear and knows no sockets. Source of the first: HAProxy's
proxy-protocol.txt, versions 1 and 2; of the second: Postfix's XCLIENT_README.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from mailcore.clients import plain_address
from smtpd import replies
from smtpd.paths import helo_name
from smtpd.replies import Over, Refused, Reply

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
"""The first octets of version 2."""
FIXED_OCTETS: Final = 16
"""The part of a version 2 header that has always the same length."""
MAX_LINE: Final = 107
"""Octets of a version 1 line with its CRLF."""
MAX_BINARY: Final = 4096
"""The longest rest of a version 2 header that is read."""
ATTRIBUTES: Final = ("NAME", "ADDR", "PORT", "PROTO", "HELO")
"""What XCLIENT may say. LOGIN is not among them: nobody logs in for others here."""

_VERSION_2: Final = 2
_LOCAL: Final = 0
_PROXY: Final = 1
_TCP4: Final = 0x11
_TCP6: Final = 0x21
_UNKNOWN: Final = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")


def read_line(line: bytes) -> str | None:
    """The client's address in a version 1 line without its CRLF; None when the proxy speaks for itself.

    Raises `Over` for everything else.
    """
    words = line.split(b" ")
    if words[:2] == [b"PROXY", b"UNKNOWN"]:
        return None
    kinds: dict[bytes, type[IPv4Address | IPv6Address]] = {
        b"TCP4": IPv4Address,
        b"TCP6": IPv6Address,
    }
    if len(words) != 6 or words[0] != b"PROXY" or words[1] not in kinds:
        raise Over(replies.BAD_PROXY)
    try:
        source = kinds[words[1]](words[2].decode("ascii"))
        kinds[words[1]](words[3].decode("ascii"))
    except ValueError as error:
        raise Over(replies.BAD_PROXY) from error
    if not all(port.isdigit() and int(port[:6]) <= 65535 for port in words[4:]):
        raise Over(replies.BAD_PROXY)
    return plain_address(source)


def rest_length(fixed: bytes) -> int:
    """How many octets follow the fixed part of a version 2 header."""
    length = int.from_bytes(fixed[14:16])
    if fixed[12] >> 4 != _VERSION_2 or length > MAX_BINARY:
        raise Over(replies.BAD_PROXY)
    return length


def read_binary(fixed: bytes, rest: bytes) -> str | None:
    """The same from a version 2 header; what follows the addresses is ignored."""
    command, family = fixed[12] & 15, fixed[13]
    if command == _LOCAL:
        return None
    size = {_TCP4: 4, _TCP6: 16}.get(family, 0)
    if command != _PROXY or not size or len(rest) < 2 * size + 4:
        raise Over(replies.BAD_PROXY)
    return plain_address(ip_address(rest[:size]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What XCLIENT said that matters here; None where it said nothing."""

    ip: str | None
    helo: str | None


def read_xclient(argument: str | None) -> Spoken:
    """The attributes of XCLIENT; raises `Refused` for one that is not announced."""
    said: dict[str, str] = {}
    for word in (argument or "").split():
        name, equals, value = word.partition("=")
        if not equals or name.upper() not in ATTRIBUTES:
            raise Refused(Reply(501, "5.5.4", f"the attribute {name[:60]} is not supported"))
        said[name.upper()] = value
    if not said:
        raise Refused(replies.malformed("name an attribute, as in XCLIENT ADDR=192.0.2.1"))
    helo = _value(said, "HELO")
    return Spoken(ip=_ip(said), helo=helo_name(helo) if helo else None)


def _value(said: Mapping[str, str], name: str) -> str | None:
    value = said.get(name)
    return None if value is None or value.upper() in _UNKNOWN else value


def _ip(said: Mapping[str, str]) -> str | None:
    value = _value(said, "ADDR")
    if value is None:
        return None
    text = value[5:] if value[:5].upper() == "IPV6:" else value
    try:
        return plain_address(ip_address(text))
    except ValueError as error:
        raise Refused(replies.malformed("ADDR is not an address")) from error
