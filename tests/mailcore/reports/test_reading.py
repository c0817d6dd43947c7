"""Reports of others: what is read of them, and what hostile ones cannot do."""

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from mailcore.model import ReportKind
from mailcore.reports.reading import (
    MAX_OCTETS,
    MAX_RECORDS,
    Reading,
    ReadingError,
    read_dmarc,
    read_mail,
    read_tls,
    unpack,
)

RECORD = """<record><row><source_ip>192.0.2.{ip}</source_ip><count>{count}</count>
<policy_evaluated><disposition>none</disposition><dkim>{dkim}</dkim><spf>fail</spf>
</policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers>
<auth_results><spf><domain>example.org</domain><result>pass</result></spf></auth_results></record>"""


def dmarc(records: str = "", *, namespace: str = "", prolog: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{prolog}
<feedback{namespace}><report_metadata><org_name>Big Mail</org_name><email>d@big.example</email>
<report_id>r-1</report_id><date_range><begin>1767225600</begin><end>1767311999</end></date_range>
</report_metadata><policy_published><domain>example.org</domain><p>reject</p></policy_published>
{records or RECORD.format(ip=1, count=3, dkim="pass") + RECORD.format(ip=2, count=2, dkim="fail")}
</feedback>""".encode()


TLS = {
    "organization-name": "Big Mail",
    "date-range": {
        "start-datetime": "2026-01-01T00:00:00Z",
        "end-datetime": "2026-01-01T23:59:59Z",
    },
    "contact-info": "tls@big.example",
    "report-id": "r-2",
    "policies": [
        {
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: testing"],
                "policy-domain": "example.org",
                "mx-host": "mail.example.org",
            },
            "summary": {"total-successful-session-count": 10, "total-failure-session-count": 1},
            "failure-details": [
                {
                    "result-type": "certificate-expired",
                    "sending-mta-ip": "192.0.2.1",
                    "receiving-mx-hostname": "mail.example.org",
                    "failed-session-count": 1,
                }
            ],
        }
    ],
}


def zipped(octets: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", octets)
    return out.getvalue()


def mail(content: bytes, subtype: str) -> bytes:
    message = EmailMessage()
    message["From"] = "d@big.example"
    message["To"] = "dmarc-reports@example.org"
    message.set_content("A report.")
    message.add_attachment(content, maintype="application", subtype=subtype, filename="r.gz")
    return message.as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.parametrize("namespace", ["", ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"'])
def test_an_aggregate_report_with_and_without_namespace(namespace: str) -> None:
    """RFC 7489 and RFC 9990."""
    found = read_dmarc(dmarc(namespace=namespace))
    assert (found.kind, found.domain, found.organization) == (
        ReportKind.DMARC,
        "example.org",
        "Big Mail",
    )
    assert (found.passed, found.failed) == (3, 2)
    assert found.begins_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.document["policy"] == {"domain": "example.org", "p": "reject"}
    assert found.document["records"][0] == {
        "source_ip": "192.0.2.1",
        "count": 3,
        "disposition": "none",
        "dkim": "pass",
        "spf": "fail",
        "header_from": "example.org",
    }


def test_a_tls_report() -> None:
    """RFC 8460 §4.4; `mx-host` as one string, as some send it."""
    found = read_tls(json.dumps(TLS).encode())
    assert (found.kind, found.domain, found.passed, found.failed) == (
        ReportKind.TLS,
        "example.org",
        10,
        1,
    )
    [policy] = found.document["policies"]
    assert policy["hosts"] == ["mail.example.org"]
    assert policy["failures"] == [
        {
            "type": "certificate-expired",
            "count": 1,
            "from_ip": "192.0.2.1",
            "host": "mail.example.org",
        }
    ]


@pytest.mark.parametrize(
    "raw",
    [
        mail(gzip.compress(dmarc()), "gzip"),
        mail(zipped(dmarc()), "zip"),
        mail(gzip.compress(dmarc()), "octet-stream"),
        mail(dmarc(), "xml"),
        mail(gzip.compress(json.dumps(TLS).encode()), "tlsrpt+gzip"),
        mail(json.dumps(TLS).encode(), "tlsrpt+json"),
    ],
    ids=["gzip", "zip", "octets", "xml", "tls in gzip", "tls in json"],
)
def test_a_report_is_found_however_it_is_packed(raw: bytes) -> None:
    assert isinstance(read_mail(raw), Reading)


def test_many_records_are_counted_and_some_are_kept() -> None:
    one = RECORD.format(ip=1, count=1, dkim="pass")
    found = read_dmarc(dmarc(one * (MAX_RECORDS + 100)))
    assert found.passed == MAX_RECORDS + 100
    assert len(found.document["records"]) == MAX_RECORDS


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<feedback/>",
        b"<other/>",
        b"<feedback>",
        dmarc(prolog=BOMB),
        dmarc(prolog='<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        dmarc(prolog=BOMB).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        dmarc().replace(b"<domain>example.org</domain><p>", b"<domain>no domain</domain><p>"),
        dmarc().replace(b"1767225600", b"soon"),
        dmarc().replace(b"1767225600", b"9" * 5000),
        b"<feedback>" + b"<a>" * 200_000,
        b"<feedback>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</feedback>",
    ],
)
def test_what_is_no_aggregate_report_is_refused(octets: bytes) -> None:
    with pytest.raises(ReadingError):
        read_dmarc(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"{}",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"policies": 3}',
        b'{"policies": [{}]}',
        json.dumps({**TLS, "date-range": 7}).encode(),
        json.dumps({**TLS, "date-range": {"start-datetime": "0001-01-01T00:00:00+14:00"}}).encode(),
    ],
)
def test_what_is_no_tls_report_is_refused(octets: bytes) -> None:
    with pytest.raises(ReadingError):
        read_tls(octets)


@pytest.mark.parametrize("pack", [gzip.compress, zipped], ids=["gzip", "zip"])
def test_a_bomb_is_not_unpacked(pack) -> None:
    with pytest.raises(ReadingError, match="too large"):
        unpack(pack(b"\0" * (MAX_OCTETS + 1)))


@pytest.mark.parametrize(
    "octets",
    [
        gzip.compress(b"x" * 999)[:-9],
        zipped(b"x")[:-30],
        b"\x1f\x8b\x08",
        b"PK\x03\x04" + b"\0" * 9,
    ],
    ids=["gzip", "zip", "only a gzip header", "only a zip header"],
)
def test_what_is_cut_off_is_refused(octets: bytes) -> None:
    with pytest.raises(ReadingError):
        unpack(octets)


def test_text_of_strangers_is_printable_and_short() -> None:
    found = read_dmarc(dmarc().replace(b"Big Mail", b"a\x7f\xc2\x9b31m" + b"b" * 9000))
    assert found.organization.isprintable()
    assert len(found.organization) < 600
