"""A small authoritative name server on loopback, UDP and TCP, whose records can change any time.

Not a resolver: names it does not hold do not exist. It can be told to fail or to stay silent for a
name, and it remembers every question, so that tests can ask what was asked.
"""

import asyncio
import contextlib
import struct
from dataclasses import dataclass
from typing import Final, cast, override

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

TTL_SECONDS: Final = 0
_UDP_OCTETS: Final = 1232
_TXT_STRING_OCTETS: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question that was asked: the name in lower case without final dot, and the type."""

    name: str
    kind: str


class Zone:
    """Records by name and type.

    `add("example.org", "MX", "10 mx.example.org.")`, `add("s1._domainkey.example.org", "TXT",
    "v=DKIM1; …")`: TXT values are plain text, cut into strings here; names in values are absolute
    whether they end in a dot or not.
    """

    def __init__(self, *, ttl_seconds: int = TTL_SECONDS) -> None:
        self._ttl_seconds = ttl_seconds
        self._records: dict[tuple[str, str], list[str]] = {}
        self._failing: set[tuple[str, str | None]] = set()
        self._silent: set[str] = set()
        self._signed: set[str] = set()
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self.questions: list[Question] = []
        self.nameserver = ""
        """`ADDRESS:PORT` once started."""

    def add(self, name: str, kind: str, value: str) -> None:
        """Add a record beside those of the same name and type; raises ValueError for a wrong one."""
        try:
            key = _key(name)
        except dns.exception.DNSException as error:
            raise ValueError(f"{name}: {error}") from error
        _rrset(key, kind, [value], self._ttl_seconds)
        self._records.setdefault((key, kind.upper()), []).append(value)

    def remove(self, name: str, kind: str | None = None) -> None:
        """Remove the records of a name, or those of one type."""
        for key in [key for key in self._records if key[0] == _key(name)]:
            if kind is None or key[1] == kind.upper():
                del self._records[key]

    def fail(self, name: str, kind: str | None = None) -> None:
        """Answer SERVFAIL for the name, or for one type of it, from now on."""
        self._failing.add((_key(name), kind))

    def silence(self, name: str) -> None:
        """Do not answer questions about the name from now on."""
        self._silent.add(_key(name))

    def sign(self, name: str) -> None:
        """Say from now on that answers about the name, and names below it, are validated (AD)."""
        self._signed.add(_key(name))

    def heal(self) -> None:
        """Answer everything again."""
        self._failing.clear()
        self._silent.clear()

    def asked(self, name: str, kind: str) -> int:
        """How often the question came."""
        return self.questions.count(Question(name=_key(name), kind=kind.upper()))

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return `ADDRESS:PORT`; with port 0 a free one, the same for UDP and TCP."""
        loop = asyncio.get_running_loop()
        for attempt in range(20):
            self._tcp = await asyncio.start_server(self._serve_tcp, host, port)
            bound = self._tcp.sockets[0].getsockname()[1]
            try:
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=(host, bound)
                )
            except OSError:
                self._tcp.close()
                if port or attempt == 19:
                    raise
                continue
            self.nameserver = f"{host}:{bound}"
            break
        return self.nameserver

    async def stop(self) -> None:
        """Stop listening."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._tcp.wait_closed()

    def answer(self, wire: bytes, *, limit: int) -> bytes | None:
        """The answer in wire form, None for silence; truncated to `limit` octets (RFC 1035 §4.2)."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if len(query.question) != 1:
            return None
        asked = query.question[0]
        name = asked.name.to_text().lower().rstrip(".")
        kind = dns.rdatatype.to_text(asked.rdtype)
        self.questions.append(Question(name=name, kind=kind))
        if name in self._silent:
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if not self._failing.isdisjoint({(name, None), (name, kind)}):
            response.set_rcode(dns.rcode.SERVFAIL)
        else:
            if self._is_signed(name):
                response.flags |= dns.flags.AD
            self._fill(response, name, kind)
        return _to_wire(response, limit)

    def _fill(self, response: dns.message.Message, name: str, kind: str) -> None:
        response.flags |= dns.flags.AA
        for _ in range(8):
            values = self._records.get((name, kind))
            if values is not None:
                response.answer.append(_rrset(name, kind, values, self._ttl_seconds))
                return
            alias = self._records.get((name, "CNAME"))
            if alias is None:
                break
            response.answer.append(_rrset(name, "CNAME", alias, self._ttl_seconds))
            name = _key(alias[0])
            if not self._is_signed(name):
                response.flags &= ~dns.flags.AD
        if not self._holds(name) and not response.answer:
            response.set_rcode(dns.rcode.NXDOMAIN)
        if self._ttl_seconds:
            response.authority.append(_negative(name, self._ttl_seconds))

    def _is_signed(self, name: str) -> bool:
        return any(name == one or name.endswith(f".{one}") for one in self._signed)

    def _holds(self, name: str) -> bool:
        return any(key == name or key.endswith(f".{name}") for key, _ in self._records)

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
                wire = self.answer(await reader.readexactly(length), limit=65535)
                if wire is None:
                    break
                writer.write(struct.pack("!H", len(wire)) + wire)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # UDP loops give no other

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        wire = self._zone.answer(data, limit=_UDP_OCTETS)
        if wire is not None and self._transport is not None:
            self._transport.sendto(wire, addr)


def _to_wire(response: dns.message.Message, limit: int) -> bytes:
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        response.answer.clear()
        response.flags |= dns.flags.TC
        return response.to_wire(max_size=limit)


def _key(name: str) -> str:
    """As names are written in questions: lower case, escaped, without final dot."""
    return dns.name.from_text(name).to_text().lower().rstrip(".")


def _negative(name: str, ttl_seconds: int) -> dns.rrset.RRset:
    """What says for how long an answer of nothing may be remembered (RFC 2308 §5)."""
    top = name.rpartition(".")[2]
    return _rrset(
        top, "SOA", [f"ns.{top}. root.{top}. 1 3600 600 86400 {ttl_seconds}"], ttl_seconds
    )


def _rrset(name: str, kind: str, values: list[str], ttl_seconds: int) -> dns.rrset.RRset:
    try:
        rdtype = dns.rdatatype.from_text(kind)
        return dns.rrset.from_rdata_list(
            dns.name.from_text(name),
            ttl_seconds,
            [
                dns.rdata.from_text(
                    dns.rdataclass.IN,
                    rdtype,
                    _quoted(value) if kind.upper() == "TXT" else value,
                    origin=dns.name.root,
                    relativize=False,
                )
                for value in values
            ],
        )
    except dns.exception.DNSException as error:
        raise ValueError(f"{name} {kind} {', '.join(values)[:100]}: {error}") from error


def _quoted(text: str) -> str:
    octets = text.encode("utf-8")
    pieces = [
        octets[start : start + _TXT_STRING_OCTETS]
        for start in range(0, max(len(octets), 1), _TXT_STRING_OCTETS)
    ]
    return " ".join(
        '"'
        + "".join(
            chr(one) if 32 <= one < 127 and one not in b'"\\' else f"\\{one:03d}" for one in piece
        )
        + '"'
        for piece in pieces
    )
