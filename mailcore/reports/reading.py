"""Reports that others send: found in a mail, unpacked within limits, read without trust.

Nothing here raises but `ReadingError`, and nothing takes more than linear time: octets are limited
after unpacking, XML may not declare entities, and of long lists the beginning is kept.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NoReturn
from xml.etree import ElementTree as ET

import orjson

from mailcore.address import parse_domain
from mailcore.errors import MailError
from mailcore.message.parse import Leaf, leaves
from mailcore.model import JsonObject, JsonValue, ReportKind

MAX_OCTETS: Final = 10 * 1024 * 1024
"""Of one report, unpacked."""
MAX_PARTS: Final = 20
"""Parts of a mail that are looked at."""
MAX_RECORDS: Final = 500
"""Records of a report that are kept; all are counted."""
MAX_TEXT: Final = 500
_MAX_COUNT: Final = 2**53
_YEAR_3000: Final = 32_503_680_000
_BLOCK: Final = 64 * 1024
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"


class ReadingError(Exception):
    """This is no report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a report says."""

    kind: ReportKind
    domain: str
    organization: str
    report_id: str
    begins_at: datetime
    ends_at: datetime
    passed: int
    failed: int
    document: JsonObject


def read_mail(raw: bytes) -> Reading:
    """The first report in a mail. Raises ReadingError. Takes time: not on the loop."""
    for leaf in leaves(raw, max_bytes=2 * MAX_OCTETS)[:MAX_PARTS]:
        if leaf.is_truncated or not _is_candidate(leaf):
            continue
        octets = unpack(leaf.payload)
        text = octets.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if text == b"{":
            return read_tls(octets)
        if text == b"<":
            return read_dmarc(octets)
    raise ReadingError("no report in it")


def _is_candidate(leaf: Leaf) -> bool:
    return leaf.payload.startswith((_GZIP, _ZIP)) or leaf.content_type.endswith(("xml", "json"))


def unpack(octets: bytes) -> bytes:
    """The octets, or those in a gzip or zip file. Raises ReadingError when they are too many."""
    try:
        if octets.startswith(_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(octets)) as file:
                return _limited(file.read(MAX_OCTETS + 1))
        if octets.startswith(_ZIP):
            archive = zipfile.ZipFile(io.BytesIO(octets))
            with archive, archive.open(archive.infolist()[0]) as entry:
                return _limited(entry.read(MAX_OCTETS + 1))
    except (OSError, EOFError, ValueError, LookupError, NotImplementedError, RuntimeError) as error:
        raise ReadingError("it cannot be unpacked") from error
    except (zlib.error, zipfile.BadZipFile) as error:
        raise ReadingError("it cannot be unpacked") from error
    return _limited(octets)


def _limited(octets: bytes) -> bytes:
    if len(octets) > MAX_OCTETS:
        raise ReadingError("it is too large")
    return octets


# DMARC (RFC 9990 §3.1, RFC 7489 §7.2) ----------------------------------------------------------


class _NoDoctype(ET.TreeBuilder):
    """Refuses a document type before any entity of it can count."""

    def doctype(self, _name: str, _pubid: str | None, _system: str | None) -> NoReturn:
        raise ReadingError("it has a document type")


def read_dmarc(octets: bytes) -> Reading:
    """An aggregate report, with or without the namespace. Raises ReadingError."""
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - no document type, no entities
    try:
        for start in range(0, len(octets), _BLOCK):
            parser.feed(octets[start : start + _BLOCK])
        root: ET.Element | None = parser.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ReadingError("it is no XML") from error
    if root is None or root.tag.rpartition("}")[2] != "feedback":
        raise ReadingError("it is no aggregate report")
    passed = failed = 0
    records: list[JsonObject] = []
    for record in root.iterfind("{*}record"):
        count = _number(_text(record, "row/count"))
        results = [_text(record, f"row/policy_evaluated/{name}") for name in ("dkim", "spf")]
        if "pass" in results:
            passed += count
        else:
            failed += count
        if len(records) < MAX_RECORDS:
            records.append(_dmarc_record(record, count))
    policy: JsonObject = {
        name: text
        for name in ("domain", "p", "sp", "np", "adkim", "aspf", "pct", "testing", "fo")
        if (text := _text(root, f"policy_published/{name}"))
    }
    return Reading(
        kind=ReportKind.DMARC,
        domain=_domain(_text(root, "policy_published/domain")),
        organization=_text(root, "report_metadata/org_name"),
        report_id=_text(root, "report_metadata/report_id"),
        begins_at=_moment(_text(root, "report_metadata/date_range/begin")),
        ends_at=_moment(_text(root, "report_metadata/date_range/end")),
        passed=min(passed, _MAX_COUNT),
        failed=min(failed, _MAX_COUNT),
        document={"policy": policy, "records": list(records)},
    )


def _dmarc_record(record: ET.Element, count: int) -> JsonObject:
    told: JsonObject = {
        "source_ip": _text(record, "row/source_ip"),
        "count": count,
        "disposition": _text(record, "row/policy_evaluated/disposition"),
        "dkim": _text(record, "row/policy_evaluated/dkim"),
        "spf": _text(record, "row/policy_evaluated/spf"),
        "reason": _text(record, "row/policy_evaluated/reason/type"),
        "header_from": _text(record, "identifiers/header_from"),
        "envelope_from": _text(record, "identifiers/envelope_from"),
    }
    return {name: value for name, value in told.items() if value != ""}


def _text(element: ET.Element, path: str) -> str:
    found = element.find("/".join(f"{{*}}{one}" for one in path.split("/")))
    return _short(found.text or "") if found is not None else ""


# TLS (RFC 8460 §4.4) -----------------------------------------------------------------------------


def read_tls(octets: bytes) -> Reading:
    """A TLS report. Raises ReadingError."""
    try:
        root = orjson.loads(octets)
    except orjson.JSONDecodeError as error:
        raise ReadingError("it is no JSON") from error
    policies = list(_objects(root, "policies"))
    if not policies:
        raise ReadingError("it names no policy")
    span = _object(root, "date-range")
    summaries = [_object(one, "summary") for one in policies]
    return Reading(
        kind=ReportKind.TLS,
        domain=_domain(_string(_object(policies[0], "policy"), "policy-domain")),
        organization=_string(root, "organization-name"),
        report_id=_string(root, "report-id"),
        begins_at=_iso(_string(span, "start-datetime")),
        ends_at=_iso(_string(span, "end-datetime")),
        passed=_sum(summaries, "total-successful-session-count"),
        failed=_sum(summaries, "total-failure-session-count"),
        document={"policies": [_tls_policy(one) for one in policies[:MAX_RECORDS]]},
    )


def _tls_policy(given: JsonObject) -> JsonObject:
    policy, summary = _object(given, "policy"), _object(given, "summary")
    failures = [_tls_failure(one) for one in _objects(given, "failure-details")]
    return {
        "type": _string(policy, "policy-type"),
        "domain": _string(policy, "policy-domain"),
        "lines": list(_strings(policy, "policy-string")),
        "hosts": list(_strings(policy, "mx-host")),
        "passed": _count(summary, "total-successful-session-count"),
        "failed": _count(summary, "total-failure-session-count"),
        "failures": list(failures[:MAX_RECORDS]),
    }


def _tls_failure(given: JsonObject) -> JsonObject:
    told: JsonObject = {
        "type": _string(given, "result-type"),
        "count": _count(given, "failed-session-count"),
        "from_ip": _string(given, "sending-mta-ip"),
        "host": _string(given, "receiving-mx-hostname"),
        "ip": _string(given, "receiving-ip"),
        "reason": _string(given, "failure-reason-code"),
    }
    return {name: value for name, value in told.items() if value != ""}


def _object(given: JsonValue, name: str) -> JsonObject:
    found = given.get(name) if isinstance(given, dict) else None
    return found if isinstance(found, dict) else {}


def _objects(given: JsonValue, name: str) -> Iterator[JsonObject]:
    found = given.get(name) if isinstance(given, dict) else None
    yield from (one for one in (found if isinstance(found, list) else []) if isinstance(one, dict))


def _string(given: JsonValue, name: str) -> str:
    found = given.get(name) if isinstance(given, dict) else None
    return _short(found) if isinstance(found, str) else ""


def _strings(given: JsonObject, name: str) -> Iterator[str]:
    """Some hosts send one string where the RFC has a list."""
    found = given.get(name)
    values = found if isinstance(found, list) else [found]
    yield from (_short(one) for one in values[:MAX_RECORDS] if isinstance(one, str))


def _count(given: JsonObject, name: str) -> int:
    found = given.get(name)
    return min(max(found, 0), _MAX_COUNT) if isinstance(found, int) else 0


def _sum(summaries: list[JsonObject], name: str) -> int:
    return min(sum(_count(one, name) for one in summaries), _MAX_COUNT)


# Both --------------------------------------------------------------------------------------------


def _short(text: str) -> str:
    return "".join(char for char in text.strip()[:MAX_TEXT] if char.isprintable())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


def _domain(text: str) -> str:
    try:
        return parse_domain(text.lower())
    except MailError as error:
        raise ReadingError("it is about no domain") from error


def _moment(text: str) -> datetime:
    seconds = _number(text)
    if not 0 < seconds < _YEAR_3000:
        raise ReadingError("it does not say when")
    return datetime.fromtimestamp(seconds, UTC)


def _iso(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ReadingError("it does not say when") from error
