"""Delivery status notifications and machine-made mail."""

from datetime import UTC, datetime

import pytest

from mailcore.address import parse_address
from mailcore.message.dsn import RecipientReport, build_report, is_auto_generated, parse
from mailcore.message.headers import Headers
from mailcore.message.structure import scan
from tests.support import mail_samples

AT = datetime(2024, 1, 5, 12, 30, tzinfo=UTC)


def failure(original: bytes, *recipients: RecipientReport) -> bytes:
    return build_report(
        hostname="mail.agents.example",
        to=parse_address("mia@agents.example"),
        recipients=recipients,
        original=original,
        message_id="<d@agents.example>",
        date=AT,
        arrived_at=AT,
        envelope_id="env-1",
    )


UNKNOWN = RecipientReport(
    address=parse_address("nobody@example.org"),
    original_recipient="rfc822;nobody@example.org",
    enhanced_code="5.1.1",
    reply="550 5.1.1 no such\r\nuser",
    remote="mx.example.org",
)


def test_a_failure_report_has_its_three_parts() -> None:
    """RFC 6522 §3 and RFC 3464 §2."""
    raw = failure(mail_samples.plain(), UNKNOWN)
    root = scan(raw)
    assert [part.content_type for part in root.children] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert dict(root.params)["report-type"] == "delivery-status"
    status = root.children[1]
    assert raw[status.body_start : status.body_end] == (
        b"Reporting-MTA: dns; mail.agents.example\r\n"
        b"Original-Envelope-Id: env-1\r\n"
        b"Arrival-Date: Fri, 05 Jan 2024 12:30:00 +0000\r\n"
        b"\r\n"
        b"Original-Recipient: rfc822;nobody@example.org\r\n"
        b"Final-Recipient: rfc822; nobody@example.org\r\n"
        b"Action: failed\r\n"
        b"Status: 5.1.1\r\n"
        b"Remote-MTA: dns; mx.example.org\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user"
    )


def test_the_header_of_the_original_is_returned_and_not_its_body() -> None:
    """RFC 6522 §4."""
    raw = failure(mail_samples.plain(subject="secret plan", text="the body\n"), UNKNOWN)
    returned = scan(raw).children[2]
    assert b"Subject: secret plan" in raw[returned.body_start : returned.body_end]
    assert b"the body" not in raw


def test_our_own_report_is_understood() -> None:
    """What is written reads back."""
    report = parse(failure(mail_samples.plain(), UNKNOWN, UNKNOWN))
    assert report is not None
    assert report.is_failure
    assert (report.reporting_mta, report.envelope_id) == ("mail.agents.example", "env-1")
    assert report.original_message_id == "one@example.org"
    assert len(report.recipients) == 2
    recipient = report.recipients[0]
    assert (recipient.address, recipient.status) == ("nobody@example.org", "5.1.1")
    assert recipient.diagnostic == "550 5.1.1 no such user"
    assert recipient.remote == "mx.example.org"


def test_a_report_is_marked_as_machine_made() -> None:
    """RFC 3834 §5: nobody's vacation program answers it."""
    raw = failure(mail_samples.plain(), UNKNOWN)
    assert is_auto_generated(Headers.read(raw))
    assert b"Auto-Submitted: auto-replied\r\n" in raw


def test_an_internationalized_recipient_is_written_in_ascii() -> None:
    """RFC 6533 §3."""
    raw = failure(mail_samples.plain(), RecipientReport(address=parse_address("jörg@example.org")))
    assert b"Final-Recipient: utf-8; j\\x{F6}rg@example.org" in raw


def test_a_report_of_postfix_is_understood() -> None:
    """Blank lines between groups, the whole message returned."""
    raw = mail_samples.crlf(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\n\n'
        "--r\nContent-Type: text/plain\n\nSorry.\n"
        "--r\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example\nX-Postfix-Queue-ID: ABC\n\n"
        "Final-Recipient: rfc822; a@x.org\nAction: delayed\nStatus: 4.4.1\n"
        "Diagnostic-Code: X-Postfix; connect to x.org:\n    timed out\n\n\n"
        "Final-Recipient: rfc822;<b@x.org>\nAction: Failed\nStatus: 5.1.1 (bad)\n"
        "--r\nContent-Type: message/rfc822\n\nMessage-ID: <orig@x>\nSubject: y\n\nbody\n--r--\n"
    )
    report = parse(raw)
    assert report is not None
    assert [(one.address, one.action, one.status) for one in report.recipients] == [
        ("a@x.org", "delayed", "4.4.1"),
        ("b@x.org", "failed", "5.1.1"),
    ]
    assert report.original_message_id == "orig@x"


@pytest.mark.parametrize(
    "raw",
    [
        mail_samples.plain(),
        mail_samples.nested(),
        b"Content-Type: multipart/report; boundary=r\r\n\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\nx\r\n--r--\r\n",
        *mail_samples.HOSTILE_HEADERS,
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_other_mail_is_no_report(raw: bytes) -> None:
    """Nothing is read into it, and nothing raises."""
    assert parse(raw) is None


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied (vacation)",
        "Auto-Submitted: auto-generated; owner-email=x",
        "Precedence: bulk",
        "Precedence: List",
        "X-Autoreply: yes",
        "List-Id: <a.b.c>",
        "X-Auto-Response-Suppress: All",
        "Content-Type: multipart/report; boundary=x",
        "Return-Path: <>",
    ],
)
def test_machine_made_mail_is_recognized(line: str) -> None:
    """RFC 3834 §5 and the older signs."""
    assert is_auto_generated(Headers.read(mail_samples.plain(extra=f"{line}\n")))


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: No (really)",
        "Precedence: normal",
        "X-Mailer: x",
        "Return-Path: <a@b.c>",
    ],
)
def test_mail_of_people_is_left_alone(line: str) -> None:
    """Only clear signs count."""
    assert not is_auto_generated(Headers.read(mail_samples.plain(extra=f"{line}\n")))
