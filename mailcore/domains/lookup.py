"""Compares the records a domain needs with what DNS says.

A record counts as valid when it does its work, not only when it is ours to the letter: an SPF policy that
passes our addresses, any DMARC policy, a discovery name with our addresses.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from mailcore.address import Address
from mailcore.domains.records import DnsRecord, txt_strings
from mailcore.mailauth.dkim import TagListError, read_tags
from mailcore.mailauth.spf import check_host
from mailcore.net.dns import DnsTemporaryError, Resolver

_AT_ONCE: Final = 8
_MAX_FOUND: Final = 10
_MAX_FOUND_CHARS: Final = 1000
_SPF_SECONDS: Final = 20.0


class Lookup:
    """Asks about records of domains whose mail host is `hostname`."""

    def __init__(self, resolver: Resolver, hostname: str) -> None:
        self._resolver = resolver
        self._hostname = hostname

    async def look(self, records: Iterable[DnsRecord]) -> tuple[DnsRecord, ...]:
        """The records with their states; `unknown` where DNS does not answer. Safe to cancel."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(record: DnsRecord) -> DnsRecord:
            async with gate:
                return await self._look(record)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(record)) for record in records]
        return tuple(task.result() for task in tasks)

    async def _look(self, record: DnsRecord) -> DnsRecord:
        try:
            match record.kind:
                case "mx":
                    return await self._mx(record)
                case "spf":
                    return await self._spf(record)
                case "host":
                    return await self._host(record)
                case "srv":
                    return await self._srv(record)
                case _:
                    return await self._text(record)
        except (DnsTemporaryError, TimeoutError):
            return replace(record, status="unknown", note="DNS does not answer, try again later")

    async def _mx(self, record: DnsRecord) -> DnsRecord:
        answers = sorted((one.preference, one.host) for one in await self._resolver.mx(record.name))
        found = [f"{preference} {host.rstrip('.')}." for preference, host in answers]
        best = {host for preference, host in answers if preference == answers[0][0]}
        note = "mail goes elsewhere first" if answers else ""
        return _judged(record, found, is_valid=self._hostname in best, note=note)

    async def _spf(self, record: DnsRecord) -> DnsRecord:
        found = [one for one in await self._texts(record.name) if _is_spf(one)]
        if found == [record.value] or (len(found) == 1 and await self._passes_spf(record.name)):
            return _standing(record, found[0])
        if not found:
            return _judged(record, found, is_valid=False)
        is_ours = any(one.host == self._hostname for one in await self._resolver.mx(record.name))
        merged = merged_spf(found, "mx" if is_ours else f"a:{self._hostname}")
        note = "one record with the value given here must stand in the place of these"
        judged = _judged(record, found, is_valid=False, note=note)
        return _with_value(judged, merged)

    async def _passes_spf(self, domain: str) -> bool:
        addresses = await self._resolver.addresses(self._hostname)
        sender = Address("postmaster", domain)
        async with asyncio.timeout(_SPF_SECONDS):
            results = [
                await check_host(
                    ip=one, mail_from=sender, helo=self._hostname, resolver=self._resolver
                )
                for one in addresses
            ]
        return bool(results) and all(one.result == "pass" for one in results)

    async def _host(self, record: DnsRecord) -> DnsRecord:
        alias = await self._resolver.cname(record.name)
        if alias:
            return _judged(record, [f"{alias}."], is_valid=alias == self._hostname)
        found = await self._resolver.addresses(record.name)
        ours = await self._resolver.addresses(self._hostname) if found else ()
        return _judged(record, found, is_valid=bool(found) and set(found) <= set(ours))

    async def _srv(self, record: DnsRecord) -> DnsRecord:
        answers = await self._resolver.srv(record.name)
        found = [
            f"{one.priority} {one.weight} {one.port} {one.host.rstrip('.')}." for one in answers
        ]
        wanted = int(record.value.split()[2])
        return _judged(
            record,
            found,
            is_valid=any((one.host, one.port) == (self._hostname, wanted) for one in answers),
        )

    async def _text(self, record: DnsRecord) -> DnsRecord:
        marker = "" if record.kind == "dkim" else _marker(record.value)
        found = [one for one in await self._texts(record.name) if _normal(one).startswith(marker)]
        if record.kind == "ownership":
            is_valid = any(_normal(one) == _normal(record.value) for one in found)
            return _judged(record, found, is_valid=is_valid)
        if len(found) == 1 and _does_its_work(record, found[0]):
            return _standing(record, found[0])
        note = "there must be only one of these" if len(found) > 1 else ""
        return _judged(record, found, is_valid=False, note=note)

    async def _texts(self, name: str) -> list[str]:
        return [one.decode("utf-8", "replace") for one in await self._resolver.txt(name)]


def merged_spf(found: Iterable[str], mechanism: str) -> str:
    """One policy that says what all of these say and lets `mechanism` pass, which comes first."""
    terms = dict.fromkeys(term for one in found for term in one.split()[1:] if _is_plain(term))
    ends = [term for term in terms if term.lower().lstrip("+-~?") == "all"]
    kept = [term for term in terms if term not in ends and term.lower().lstrip("+") != mechanism]
    return " ".join(["v=spf1", mechanism, *kept, *ends[:1]])


def _judged(
    record: DnsRecord, found: Iterable[str], *, is_valid: bool, note: str = ""
) -> DnsRecord:
    seen = tuple(one[:_MAX_FOUND_CHARS] for one in found)[:_MAX_FOUND]
    if is_valid:
        return replace(record, status="valid")
    status = "invalid" if seen else "missing"
    return replace(record, status=status, found=seen, note=note)


def _standing(record: DnsRecord, found: str) -> DnsRecord:
    """A valid text record; its value is the one that stands there, so that no second one is made."""
    return _with_value(replace(record, status="valid"), found if _is_plain(found) else record.value)


def _with_value(record: DnsRecord, value: str) -> DnsRecord:
    return replace(record, value=value, strings=txt_strings(value))


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _is_spf(text: str) -> bool:
    return re.match(r"v=spf1(?: |$)", text, re.IGNORECASE) is not None


def _marker(value: str) -> str:
    """How records of this kind begin: `v=dmarc1`, `countersign-verification=`."""
    version, semicolon, _ = value.partition(";")
    return _normal(version if semicolon else value.partition("=")[0] + "=")


def _does_its_work(record: DnsRecord, found: str) -> bool:
    match record.kind:
        case "dmarc":
            return _tags(found).get("p", "") in ("none", "quarantine", "reject")
        case "tls_rpt":
            return "rua" in _tags(found)
        case "dkim":
            return _same_key(found, record.value)
        case _:
            return _normal(found) == _normal(record.value)


def _tags(text: str) -> dict[str, str]:
    try:
        tags = read_tags(text.encode("utf-8"))
    except TagListError:
        return {}
    return {
        name.decode("utf-8", "replace"): "".join(value.decode("utf-8", "replace").split())
        for name, value in tags.items()
    }


def _same_key(found: str, wanted: str) -> bool:
    ours, theirs = _tags(wanted), _tags(found)
    return bool(theirs) and theirs.get("p") == ours["p"] and theirs.get("k", "rsa") == ours["k"]


def _normal(value: str) -> str:
    return "".join(value.split()).rstrip(".;").lower()
