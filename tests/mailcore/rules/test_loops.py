"""Who gets an automatic answer, and what is forwarded: RFC 3834 as a table."""

import pytest

from mailcore.ids import DomainId
from mailcore.message.headers import Headers
from mailcore.model import AuthReport, Security
from mailcore.rules.loops import MAX_FORWARDED, why_not_answer, why_not_forward
from tests.support.build import inbox

MIA = inbox(DomainId("d"))
PROVEN = AuthReport(spf="pass", spf_domain="customer.example", dmarc="pass")
PATH = "Return-Path: <ana@customer.example>\r\n"
TO = "To: mia@here.test\r\n"


def headers(text: str) -> Headers:
    return Headers.read(f"{text}\r\n".encode())


@pytest.mark.parametrize(
    ("fields", "is_answered"),
    [
        (PATH + TO, True),
        (PATH + "Cc: Mia <Mia@Here.test>\r\n", True),
        (PATH + TO + "Auto-Submitted: no\r\n", True),
        (PATH + "To: mia+lamps@here.test\r\n", True),
        (PATH + "Delivered-To: sales@here.test\r\nTo: sales@here.test\r\n", True),
        (PATH + "To: sales@here.test\r\n", False),
        (TO, False),
        ("Return-Path: <>\r\n" + TO, False),
        (PATH + TO + "Auto-Submitted: auto-replied\r\n", False),
        (PATH + TO + "Auto-Submitted: auto-generated; owner=x\r\n", False),
        (PATH + TO + "Precedence: list\r\n", False),
        (PATH + TO + "List-Id: <x.example>\r\n", False),
        (PATH + TO + "List-Unsubscribe: <https://x.example>\r\n", False),
        (PATH + TO + "Content-Type: multipart/report\r\n", False),
        ("Return-Path: <no-reply@customer.example>\r\n" + TO, False),
        ("Return-Path: <MAILER-DAEMON@customer.example>\r\n" + TO, False),
        ("Return-Path: <mia@here.test>\r\n" + TO, False),
        ("Return-Path: <ana@other.example>\r\n" + TO, False),
    ],
)
def test_only_a_proven_person_who_wrote_to_us_is_answered(fields: str, is_answered: bool) -> None:
    reason = why_not_answer(headers(fields), MIA, PROVEN, Security(), is_checked=True)
    assert (reason == "") is is_answered, reason


def test_proof_and_verdict_count() -> None:
    mail, own = headers(PATH + TO), MIA
    assert why_not_answer(mail, own, AuthReport(), Security(), is_checked=True)
    assert not why_not_answer(mail, own, AuthReport(), Security(), is_checked=False)
    assert not why_not_answer(mail, own, None, Security(level="internal"), is_checked=True)
    assert why_not_answer(mail, own, PROVEN, Security(level="warning"), is_checked=True)


@pytest.mark.parametrize(
    ("fields", "is_forwarded"),
    [
        (PATH + TO, True),
        (PATH + TO + "List-Id: <x.example>\r\nAuto-Submitted: auto-generated\r\n", True),
        (PATH + "X-Countersign-Forwarded-By: bob@here.test\r\n", True),
        (PATH + "X-Countersign-Forwarded-By: MIA@here.test\r\n", False),
        (PATH + "X-Countersign-Forwarded-By: b@x.example\r\n" * MAX_FORWARDED, False),
        (PATH + "Auto-Submitted: auto-replied\r\n", False),
        ("Return-Path: <>\r\n" + TO, False),
        (PATH + 'Content-Type: multipart/report; boundary="b"\r\n', False),
    ],
)
def test_what_comes_round_again_stays(fields: str, is_forwarded: bool) -> None:
    own = MIA.address
    assert (why_not_forward(headers(fields), own) == "") is is_forwarded
