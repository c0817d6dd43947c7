"""The approver's view: what it shows of the envelope, the contents and the thread."""

import dataclasses
from datetime import timedelta

import pytest

from guard.sniff import kind_of
from mailcore.channels.notice import brief_text, view_lines
from mailcore.channels.view import ApproverView, Background, approver_view
from mailcore.ids import BlobRef, InboxId, MailboxId, MessageId, Seq, ThreadId, Uid
from mailcore.model import Direction, Flag, Message, Security
from mailcore.outbound.risk import Risk
from tests.mailcore.channels.test_notice import HEAD, HOLD, NOW, html, parts, plain
from tests.support.build import message_facts

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def seen(raw: bytes, background: Background | None = None, **changes: object) -> ApproverView:
    hold = dataclasses.replace(HOLD, **changes)  # type: ignore[arg-type]
    return approver_view(
        hold,
        raw,
        lambda text: text.replace("hunter2", "••"),
        lambda octets: kind_of(octets).value,
        background,
    )


def codes(view: ApproverView) -> set[str]:
    return {one.kind for one in view.cautions}


def file(name: bytes, kind: bytes, payload: bytes) -> bytes:
    head = b"Content-Type: " + kind + b"\r\nContent-Disposition: attachment; filename=" + name
    return head + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + payload


def from_ana() -> Message:
    """What Ana wrote at the moment the hold was made."""
    return Message(
        id=MessageId("m1"),
        inbox_id=InboxId("i1"),
        mailbox_id=MailboxId(1),
        mailbox_name="INBOX",
        thread_id=ThreadId("t1"),
        uid=Uid(1),
        modseq=Seq(1),
        flags=Flag(0),
        keywords=(),
        internal_date=NOW,
        saved_at=NOW,
        direction=Direction.INBOUND,
        blob=BlobRef("m1"),
        facts=message_facts(sender="ana@customer.example", to=("mia@example.org",)),
        auth=None,
        security=Security(),
    )


def test_every_recipient_stands_in_its_role() -> None:
    raw = (
        b"From: mia@example.org\r\nTo: ana@customer.example, lost@customer.example\r\n"
        b"Cc: Bob <bob@Customer.example>\r\n\r\nHi"
    )
    going = ("ana@customer.example", "bob@customer.example", "eve@else.example")
    view = seen(raw, recipients=going)
    assert view.to == ("ana@customer.example",)
    assert [one.casefold() for one in view.cc] == ["bob@customer.example"]
    assert view.bcc == ("eve@else.example",)
    assert view.only_named == ("lost@customer.example",)
    assert "only_named" in codes(view)
    assert "Hidden:  eve@else.example (bcc)" in list(view_lines(view))


@pytest.mark.parametrize(
    ("text", "markup", "is_different"),
    [
        (b"Hello Ana, see www.a.example", b"<p>Hello <b>Ana</b>, see www.a.example</p>", False),
        (b"Read https://a.example/x now", b"<a href='https://a.example/x'>Read</a> now", False),
        (b"- one\r\n- two", b"<ul><li>one</li><li>two</li></ul>", False),
        (b"Pay 10", b"<p>Pay 1000</p>", True),
        (b"", b"<p>Only here</p>", True),
    ],
)
def test_forms_that_differ_are_told(text: bytes, markup: bytes, is_different: bool) -> None:
    view = seen(parts(b"alternative", plain(text), html(markup)))
    assert ("forms_differ" in codes(view)) is is_different


def test_text_that_no_reader_sees_is_shown_and_told() -> None:
    view = seen(html(b"<title>News</title><p>Hi</p><p style='display:none'>account 7</p>"))
    assert "hidden_text" in codes(view)
    assert "account 7" in view.contents.texts[0].text
    assert "hidden_text" not in codes(seen(html(b"<title>News</title><p>Hi</p>")))


@pytest.mark.parametrize(
    ("markup", "url", "is_misleading"),
    [
        (b"<a href='https://evil.example/x'>www.bank.example</a>", "https://evil.example/x", True),
        (b"<a href='https://bank.example/x'>bank.example</a>", "https://bank.example/x", False),
        (b"<A HREF=https://www.bank.example>bank.example</A>", "https://www.bank.example", False),
        (b"<a href='https://bank.example.evil.example'>bank.example</a>", "bank.example.ev", True),
        (b"<img src='https://track.example/p.gif'>", "https://track.example/p.gif", False),
        (b"<form action='https://take.example'>", "https://take.example", False),
    ],
)
def test_every_target_is_listed(markup: bytes, url: str, is_misleading: bool) -> None:
    view = seen(html(markup))
    assert any(url in one.url for one in view.contents.links)
    assert ("misleading_link" in codes(view)) is is_misleading
    assert url in "\n".join(view_lines(view))


@pytest.mark.parametrize(
    ("part", "kind", "is_disguised"),
    [
        (file(b"a.png", b"image/png", PNG), "image", False),
        (file(b"a.png", b"image/png", b"MZ\x00\x01\x02\xff" * 20), "program", True),
        (file(b"a.pdf", b"application/pdf", b"hello hunter2"), "text", True),
        (file(b"notes.txt", b"text/plain", b"hello hunter2"), "text", False),
        (file(b"empty.png", b"image/png", b""), "empty file", False),
    ],
)
def test_a_file_shows_what_it_is(part: bytes, kind: str, is_disguised: bool) -> None:
    view = seen(parts(b"mixed", plain(b"Hi"), part))
    (shown,) = view.contents.files
    assert (shown.kind, shown.is_disguised) == (kind, is_disguised)
    assert ("disguised_file" in codes(view)) is is_disguised
    assert shown.head == ("hello ••" if kind == "text" else "")


def test_what_is_new_against_the_thread_is_told() -> None:
    first = from_ana()
    raw = HEAD + b"\r\nOn Monday.\r\n\r\n> When do they come?\r\n"
    background = Background(rationale="She asked hunter2.", thread=(first,))
    going = ("ana@customer.example", "eve@else.example")
    view = seen(raw, background, recipients=going)
    assert view.novelty is not None
    assert view.novelty.answers is not None
    assert view.novelty.answers.sender == "ana@customer.example"
    assert view.novelty.new_recipients == ("eve@else.example",)
    assert view.novelty.written == "On Monday."
    assert view.rationale == "She asked ••."
    assert codes(view) == {"new_recipients"}
    later = dataclasses.replace(first, saved_at=NOW + timedelta(hours=1))
    assert "stale" in codes(seen(raw, dataclasses.replace(background, thread=(first, later))))


def test_the_worst_finding_is_the_risk() -> None:
    found = tuple({"severity": one, "masked": "h•2"} for one in ("low", "critical", "high"))
    assert seen(HEAD + b"\r\nHi", findings=found).risk is Risk.CRITICAL
    assert seen(HEAD + b"\r\nHi", reason="policy").risk is Risk.MEDIUM
    assert seen(HEAD + b"\r\nHi", reason="manual").risk is Risk.LOW


def test_the_short_form_says_that_it_is_cut() -> None:
    text = brief_text(seen(HEAD + b"\r\n" + b"word " * 500))
    assert len(text) < 900
    assert text.endswith("[…]")


def test_what_may_have_left_already_is_told() -> None:
    """After a rebuild a second approval would send a second time."""
    assert "restored" in codes(seen(HEAD + b"\r\nHello.\r\n", reason="restored"))
    assert "restored" not in codes(seen(HEAD + b"\r\nHello.\r\n"))
