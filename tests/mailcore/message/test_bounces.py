"""Reports that come back, in the forms that mail systems really write."""

import pytest

from mailcore.address import parse_address
from mailcore.message.bounces import Fate, MailReport, Told, read_report, severity

BO = parse_address("bo@customer.example")
ANA = parse_address("ana@customer.example")


def mail(author: str, subject: str, text: str, *fields: str) -> bytes:
    head = [f"From: {author}", f"Subject: {subject}", *fields, "", text]
    return "\n".join(head).replace("\n", "\r\n").encode()


def status(action: str, code: str, words: str, *, final: str = "bo@customer.example") -> bytes:
    return mail(
        "Mail Delivery Subsystem <mailer-daemon@mx.example>",
        "Undelivered Mail Returned to Sender",
        f"""--b
Content-Type: text/plain

It failed.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {final}
Action: {action}
Status: {code}
Diagnostic-Code: smtp; {words}

--b--
""",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    )


QMAIL = mail(
    "MAILER-DAEMON@mx.example",
    "failure notice",
    """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bo@customer.example>:
192.0.2.4 does not like recipient.
Remote host said: 550 5.1.1 <bo@customer.example>: Recipient address rejected: User unknown
Giving up on 192.0.2.4.

--- Below this line is a copy of the message.

Return-Path: <mia@example.org>
To: ana@customer.example
""",
)
EXCHANGE = mail(
    "postmaster@corp.example",
    "Undeliverable: Lamps",
    """Your message did not reach some or all of the intended recipients.

      Subject: Lamps
      Sent:    1/5/2024 12:30 PM

The following recipient(s) could not be reached:

      bo@customer.example on 1/5/2024 12:31 PM
            The e-mail account does not exist at the organization this message was sent to.
            <mx.corp.example #5.1.1 smtp;550 5.1.1 RESOLVER.ADR.RecipNotFound; not found>
""",
)
GMAIL = mail(
    "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    "Delivery Status Notification (Failure)",
    """Delivery to the following recipient failed permanently:

     bo@customer.example

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the recipient domain.
The error that the other server returned was:
550 5.2.1 The email account that you tried to reach is disabled.

----- Original message -----
To: ana@customer.example
""",
)
GMAIL_HTML = mail(
    "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
    "Delivery Status Notification (Failure)",
    "<html><body><h2>Address not found</h2><p>Your message wasn't delivered to"
    " <a href='mailto:bo@customer.example'><b>bo@customer.example</b></a> because the address"
    " couldn't be found, or is unable to receive mail.</p></body></html>",
    "Content-Type: text/html; charset=utf-8",
)
EXIM = mail(
    "Mail Delivery System <Mailer-Daemon@mx.example>",
    "Mail delivery failed: returning message to sender",
    """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bo@customer.example
    host mx.customer.example [192.0.2.4]
    SMTP error from remote mail server after RCPT TO:<bo@customer.example>:
    552 5.2.2 Mailbox full
""",
    "X-Failed-Recipients: bo@customer.example",
)
SENDMAIL = mail(
    "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
    "Returned mail: see transcript for details",
    """   ----- The following addresses had permanent fatal errors -----
<bo@customer.example>
    (reason: 550 5.1.1 <bo@customer.example>... User unknown)
""",
)
GERMAN = mail(
    "Mailer-Daemon@mx.example",
    "Unzustellbar: Lampen",
    "Ihre Nachricht an bo@customer.example konnte nicht zugestellt werden.\n\n550 5.1.1 unknown user\n",
)
EXIM_LATE = mail(
    "Mail Delivery System <Mailer-Daemon@mx.example>",
    "Warning: message 1rL delayed 24 hours",
    "A message that you sent has not yet been delivered to bo@customer.example.\n"
    "Delivery attempts will continue; it could not be delivered yet.\n",
)
FEEDBACK = mail(
    "feedback@isp.example",
    "Abuse report",
    """--b
Content-Type: text/plain

This is a spam report.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeLoop/1.0
Version: 1
Original-Mail-From: <bounce+token@example.org>
Original-Rcpt-To: <bo@customer.example>
Reporting-MTA: dns; mail.isp.example

--b
Content-Type: message/rfc822

From: mia@example.org

Hello
--b--
""",
    "MIME-Version: 1.0",
    "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
)


@pytest.mark.parametrize(
    ("raw", "fate", "code"),
    [
        pytest.param(status("failed", "5.1.1", "550 no"), Fate.HARD, "5.1.1", id="no such user"),
        pytest.param(status("failed", "5.2.2", "552 full"), Fate.SOFT, "5.2.2", id="full"),
        pytest.param(status("failed", "4.4.7", "expired"), Fate.SOFT, "4.4.7", id="gave up"),
        pytest.param(status("failed", "5.7.1", "550 spam"), Fate.SOFT, "5.7.1", id="refused"),
        pytest.param(status("failed", "5.0.0", "550 user unknown"), Fate.HARD, "5.0.0", id="words"),
        pytest.param(
            status("failed", "5.4.1", "550 Recipient address rejected: Access denied"),
            Fate.HARD,
            "5.4.1",
            id="edge blocking",
        ),
        pytest.param(status("delayed", "4.4.1", "busy"), Fate.DELAYED, "4.4.1", id="delayed"),
        pytest.param(status("delivered", "2.0.0", "ok"), Fate.DELIVERED, "2.0.0", id="delivered"),
        pytest.param(status("relayed", "2.0.0", "ok"), Fate.RELAYED, "2.0.0", id="relayed"),
        pytest.param(QMAIL, Fate.HARD, "5.1.1", id="qmail"),
        pytest.param(EXCHANGE, Fate.HARD, "5.1.1", id="Exchange"),
        pytest.param(GMAIL, Fate.HARD, "5.2.1", id="Gmail"),
        pytest.param(GMAIL_HTML, Fate.HARD, "", id="Gmail in HTML"),
        pytest.param(EXIM, Fate.SOFT, "5.2.2", id="Exim"),
        pytest.param(SENDMAIL, Fate.HARD, "5.1.1", id="Sendmail"),
        pytest.param(GERMAN, Fate.HARD, "5.1.1", id="German"),
        pytest.param(EXIM_LATE, Fate.DELAYED, "", id="Exim waits"),
        pytest.param(FEEDBACK, Fate.COMPLAINED, "", id="feedback loop"),
    ],
)
def test_a_report_says_what_became_of_whom(raw: bytes, fate: Fate, code: str) -> None:
    """RFC 3464, RFC 5965, and what systems write that follow neither."""
    report = read_report(raw, [ANA, BO])
    assert report is not None
    about = report.about([ANA, BO])
    assert list(about) == [BO]
    assert (about[BO].fate, about[BO].status) == (fate, code)


@pytest.mark.parametrize(
    "raw",
    [
        mail("Bo <bo@customer.example>", "Automatic reply: Lamps", "I am away until Monday."),
        mail("Bo <bo@customer.example>", "Re: delivery failure", "It was not delivered, what now?"),
        mail("postmaster@customer.example", "Welcome", "Your new mailbox is ready."),
        mail("MAILER-DAEMON@mx.example", "", ""),
        b"",
        b"\0" * 1000,
        FEEDBACK.replace(b"abuse\r\nUser", b"not-spam\r\nUser"),
    ],
    ids=["away", "a person", "a postmaster", "empty daemon", "nothing", "zeros", "not spam"],
)
def test_what_is_no_report_is_none(raw: bytes) -> None:
    assert read_report(raw, [BO]) is None


def test_a_report_of_one_recipient_needs_no_address_of_ours() -> None:
    """The recipient forwards; the report names where to."""
    report = read_report(status("failed", "5.1.1", "550 no", final="elsewhere@other.example"), [BO])
    assert report is not None
    assert list(report.about([BO])) == [BO]
    assert not report.about([ANA, BO])


def test_a_complaint_names_the_return_path_it_is_about() -> None:
    report = read_report(FEEDBACK)
    assert report is not None
    assert report.returned_path == "bounce+token@example.org"
    assert report.told[0].words == "reported as abuse by SomeLoop/1.0"


@pytest.mark.parametrize(
    ("code", "words", "fate"),
    [
        ("5.1.1", "", Fate.HARD),
        ("5.1.10", "null MX", Fate.HARD),
        ("", "No such user here", Fate.HARD),
        ("5.5.0", "Requested action not taken: mailbox unavailable", Fate.SOFT),
        ("5.7.1", "user unknown or blocked by spam policy", Fate.SOFT),
        ("5.2.2", "user unknown", Fate.SOFT),
        ("4.1.1", "user unknown", Fate.SOFT),
        ("5.0.0", "mailbox not found", Fate.HARD),
        ("", "x" * 100_000, Fate.SOFT),
    ],
)
def test_only_a_fault_of_the_address_is_hard(code: str, words: str, fate: Fate) -> None:
    """RFC 3463 §3.2."""
    assert severity(code, words) is fate


def test_what_several_say_of_one_the_first_counts() -> None:
    told = (Told(fate=Fate.HARD, address=str(BO)), Told(fate=Fate.DELAYED, address=str(BO)))
    assert MailReport(told=told).about([BO])[BO].fate is Fate.HARD
