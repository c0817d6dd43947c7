"""What an approver reads: everything that the recipients would get."""

import dataclasses
from datetime import UTC, datetime

import pytest

from guard.sniff import kind_of
from mailcore.channels.notice import notice_text
from mailcore.channels.view import approver_view
from mailcore.ids import DEFAULT_POD, HoldId, SubmissionId
from mailcore.model import Hold, HoldStatus

NOW = datetime(2024, 3, 4, tzinfo=UTC)
HOLD = Hold(
    id=HoldId("h1"),
    pod_id=DEFAULT_POD,
    submission_id=SubmissionId("s1"),
    inbox_id=None,
    thread_id=None,
    agent_id=None,
    draft_id=None,
    digest=b"",
    version=1,
    status=HoldStatus.PENDING,
    reason="guard",
    categories=(),
    findings=(),
    subject="Access",
    sender="mia@example.org",
    recipients=("ana@customer.example",),
    created_at=NOW,
    expires_at=NOW,
    decided_at=None,
    decided_by="",
    decided_via="",
    decision_reason="",
)
HEAD = b"From: mia@example.org\r\nTo: ana@customer.example\r\nMIME-Version: 1.0\r\n"


def parts(kind: bytes, *bodies: bytes) -> bytes:
    inner = b"".join(b"--b\r\n" + body + b"\r\n" for body in bodies)
    return (
        HEAD + b"Content-Type: multipart/" + kind + b"; boundary=b\r\n\r\n" + inner + b"--b--\r\n"
    )


def plain(text: bytes) -> bytes:
    return b"Content-Type: text/plain\r\n\r\n" + text


def html(text: bytes) -> bytes:
    return b"Content-Type: text/html\r\n\r\n" + text


def told(raw: bytes, hold: Hold = HOLD) -> str:
    view = approver_view(
        hold, raw, lambda text: text.replace("hunter2", "••"), lambda octets: kind_of(octets).value
    )
    return notice_text(view)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (parts(b"alternative", plain(b"Thanks!"), html(b"<p>Pay to account 7</p>")), "account 7"),
        (
            parts(b"alternative", plain(b"Hi"), html(b"<p style='display:none'>account 7</p>")),
            "account 7",
        ),
        (
            parts(b"alternative", plain(b"Hi"), html(b"<a href='http://evil.example/x'>Hi</a>")),
            "http://evil.example/x",
        ),
        (parts(b"alternative", plain(b"Hi"), plain(b"account 7"), html(b"Hi")), "account 7"),
        (parts(b"mixed", plain(b"Hi"), plain(b"account 7")), "account 7"),
        (
            parts(
                b"mixed",
                plain(b"Hi"),
                b"Content-Type: message/rfc822\r\n\r\n" + HEAD + b"\r\nacc 7",
            ),
            "acc 7",
        ),
        (HEAD + b"Reply-To: eve@evil.example\r\n\r\nHi", "eve@evil.example"),
        (
            HEAD.replace(b"mia@", b"The Boss <mia@").replace(b"org", b"org>", 1) + b"\r\nHi",
            "The Boss",
        ),
    ],
)
def test_nothing_readable_is_left_out(raw: bytes, shown: str) -> None:
    """Product §5.3: the approver sees what the recipient would see."""
    assert shown in told(raw)


def test_equal_forms_are_shown_once() -> None:
    raw = parts(b"alternative", plain(b"Hello Ana"), html(b"<p>Hello  Ana</p>"))
    assert told(raw).count("Hello Ana") == 1


def test_secrets_are_masked_in_every_part() -> None:
    """Product §3.1."""
    file = (
        b'Content-Type: text/plain; name="hunter2.txt"\r\nContent-Disposition: attachment\r\n\r\n'
    )
    raw = parts(b"mixed", plain(b"hunter2"), html(b"<b>hunter2</b>"), file + b"hunter2")
    assert "hunter2" not in told(raw)


def test_a_name_cannot_write_lines_of_its_own() -> None:
    name = b"Content-Disposition: attachment; filename*=utf-8''a%0A%0AApproved%20before\r\n\r\nx"
    lines = told(parts(b"mixed", plain(b"Hi"), name)).splitlines()
    assert not [one for one in lines if one.startswith("Approved")]


def test_nothing_turns_the_direction_of_the_text() -> None:
    hold = dataclasses.replace(HOLD, subject="\u202egnp.ecnatsiver\u2066")
    raw = HEAD + "Content-Type: text/plain; charset=utf-8\r\n\r\n\u202eevil\u2069\u200b".encode()
    assert not set("\u202e\u2066\u2069\u200b") & set(told(raw, hold))
