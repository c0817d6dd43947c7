"""An aggregate report as XML (RFC 9990 §3.1, namespace `urn:ietf:params:xml:ns:dmarc-2.0`)."""

import gzip
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from xml.etree import ElementTree as ET

import orjson

from mailcore.reports.document import Reporter, report_id, span_of
from mailcore.store.ports import ReportCount

NAMESPACE: Final = "urn:ietf:params:xml:ns:dmarc-2.0"
_POLICY: Final = ("domain", "p", "sp", "np", "adkim", "aspf", "testing")


def compressed(reporter: Reporter, domain: str, day: date, rows: Sequence[ReportCount]) -> bytes:
    """The report over one day, gzipped; the policy is the one most messages met."""
    published = orjson.loads(max(rows, key=lambda one: one.count).published)
    root = ET.Element("feedback", {"xmlns": NAMESPACE})
    _add(root, "version", "1.0")
    begin, end = span_of(day)
    metadata = ET.SubElement(root, "report_metadata")
    _add(metadata, "org_name", reporter.hostname)
    _add(metadata, "email", reporter.email)
    _add(metadata, "report_id", report_id(reporter, domain, day))
    span = ET.SubElement(metadata, "date_range")
    _add(span, "begin", str(begin))
    _add(span, "end", str(end))
    _add(metadata, "generator", "Countersign")
    policy = ET.SubElement(root, "policy_published")
    for name in _POLICY:
        if published[name]:
            _add(policy, name, published[name])
    _add(policy, "discovery_method", "treewalk")
    for row in rows:
        _record(root, orjson.loads(row.seen), row.count)
    xml = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return gzip.compress(xml, mtime=0)


def _record(root: ET.Element, seen: Mapping[str, Any], count: int) -> None:
    record = ET.SubElement(root, "record")
    row = ET.SubElement(record, "row")
    _add(row, "source_ip", seen["source_ip"])
    _add(row, "count", str(count))
    evaluated = ET.SubElement(row, "policy_evaluated")
    for name in ("disposition", "dkim", "spf"):
        _add(evaluated, name, seen[name])
    if seen["reason"]:
        reason = ET.SubElement(evaluated, "reason")
        _add(reason, "type", seen["reason"])
        if seen["comment"]:
            _add(reason, "comment", seen["comment"])
    identifiers = ET.SubElement(record, "identifiers")
    _add(identifiers, "header_from", seen["header_from"])
    _add(identifiers, "envelope_from", seen["envelope_from"])
    results = ET.SubElement(record, "auth_results")
    for one in seen["signatures"]:
        signature = ET.SubElement(results, "dkim")
        for name in ("domain", "selector", "result"):
            _add(signature, name, one[name])
    spf = ET.SubElement(results, "spf")
    _add(spf, "domain", seen["spf_domain"])
    _add(spf, "scope", "mfrom")
    _add(spf, "result", seen["spf_result"])


def _add(parent: ET.Element, name: str, text: str) -> None:
    """Characters that cannot stand in XML are left out."""
    ET.SubElement(parent, name).text = "".join(char for char in text if char.isprintable())
