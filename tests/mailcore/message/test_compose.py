"""Writing messages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.message.headers import Headers
from mailcore.message.parse import leaves, readable
from mailcore.message.structure import scan
from mailcore.model import MailboxAddress
from tests.support import mail_samples

OUTLINE = Outline(
    sender=MailboxAddress(name="Mia", address="mia@agents.example"),
    to=(MailboxAddress(name="Example, Ann", address="ann@example.org"),),
    subject="Hello",
    text="Hi Ann\n",
    message_id="<1@agents.example>",
    date=datetime(2024, 1, 5, 12, 30, tzinfo=UTC),
)


def refusal(outline: Outline) -> MailError:
    with pytest.raises(MailError) as caught:
        render(outline)
    assert caught.value.kind is ErrorKind.INVALID
    return caught.value


def file(**changes: object) -> OutgoingAttachment:
    plain = OutgoingAttachment(filename="a.bin", content_type="application/pdf", content=b"%PDF")
    return replace(plain, **changes)  # type: ignore[arg-type]  # test shorthand


def test_a_plain_message_is_written_octet_for_octet() -> None:
    """RFC 5322, ASCII text as 7bit."""
    assert render(OUTLINE) == (
        b"From: Mia <mia@agents.example>\r\n"
        b'To: "Example, Ann" <ann@example.org>\r\n'
        b"Subject: Hello\r\n"
        b"Date: Fri, 05 Jan 2024 12:30:00 +0000\r\n"
        b"Message-ID: <1@agents.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Hi Ann\r\n"
    )


def test_the_same_outline_gives_the_same_octets() -> None:
    """Boundaries depend on the content alone."""
    outline = replace(OUTLINE, html="<p>x</p>", attachments=(file(),))
    assert render(outline) == render(outline)
    assert render(outline) != render(replace(outline, text="other"))


def test_bcc_is_never_written() -> None:
    """RFC 5322 §3.6.3: blind copies stay blind."""
    raw = render(replace(OUTLINE, bcc=(MailboxAddress(name="Spy", address="spy@example.org"),)))
    assert b"spy" not in raw.lower()
    assert b"bcc" not in raw.lower()


def test_a_message_to_blind_copies_only_names_nobody() -> None:
    """An empty group stands for the hidden recipients."""
    raw = render(replace(OUTLINE, to=(), bcc=(MailboxAddress(name="", address="a@b.org"),)))
    assert Headers.read(raw).get("To") == "undisclosed-recipients:;"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("Grüße aus Köln und noch mehr Text\n", "quoted-printable"),
        ("東京都の天気\n" * 10, "base64"),
        ("long " * 400, "quoted-printable"),
        ("zero \0 byte\n", "quoted-printable"),
        ("", "7bit"),
    ],
)
def test_text_is_encoded_as_it_needs_and_reads_back(text: str, encoding: str) -> None:
    """RFC 2045 §6; lines of at most 998 octets in any case."""
    raw = render(replace(OUTLINE, text=text))
    assert Headers.read(raw).get("Content-Transfer-Encoding") == encoding
    assert readable(raw).text == text.rstrip("\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_all_line_ends_are_crlf() -> None:
    """Whatever the text came with."""
    raw = render(replace(OUTLINE, text="a\nb\r\nc\rd"))
    assert raw.endswith(b"\r\n\r\na\r\nb\r\nc\r\nd\r\n")


def test_html_alone_gets_a_text_form() -> None:
    """multipart/alternative with the text first."""
    raw = render(replace(OUTLINE, text=None, html="<p>Hello <b>Ann</b></p>"))
    assert [part.content_type for part in scan(raw).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert readable(raw).text == "Hello Ann"


def test_inline_images_and_files_have_their_places() -> None:
    """mixed(alternative(text, related(html, image)), file)."""
    image = file(content_type="image/png", content_id="pic", is_inline=True)
    raw = render(replace(OUTLINE, html='<img src="cid:pic">', attachments=(file(), image)))
    assert [part.content_type for part in scan(raw).walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    assert [leaf.content_id for leaf in leaves(raw)] == ["", "", "pic", ""]


@pytest.mark.parametrize(
    "name",
    [
        "a.txt",
        'a b\'s "x".txt',
        "größe.pdf",
        "報告書" * 20 + ".docx",
        "a" * 200 + ".txt",
        "50%;x=y.txt",
        "=?x?=",
    ],
)
def test_file_names_arrive(name: str) -> None:
    """RFC 2231 where ASCII in one piece will not do."""
    raw = render(replace(OUTLINE, attachments=(file(filename=name),)))
    assert leaves(raw)[1].filename == name
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_an_attached_message_stays_as_it_is() -> None:
    """RFC 2046 §5.2.1: no transfer encoding on message/rfc822."""
    original = mail_samples.utf8_8bit()
    raw = render(
        replace(OUTLINE, attachments=(file(content_type="message/rfc822", content=original),))
    )
    part = scan(raw).children[1]
    assert (part.content_type, part.encoding) == ("message/rfc822", "8bit")
    assert original in raw


def test_an_attached_message_that_cannot_travel_goes_as_octets() -> None:
    """Lone line feeds would not survive; base64 keeps them."""
    original = b"From: a@b.c\n\nlone\n"
    raw = render(
        replace(OUTLINE, attachments=(file(content_type="message/rfc822", content=original),))
    )
    leaf = leaves(raw)[1]
    assert (leaf.content_type, leaf.payload) == ("application/octet-stream", original)


def test_threading_fields_have_their_brackets() -> None:
    """RFC 5322 §3.6.4; ids that cannot be written are left out."""
    raw = render(replace(OUTLINE, in_reply_to="p@x", references=("<r@x>", "p@x", "b d", "ü@x")))
    headers = Headers.read(raw)
    assert headers.get("In-Reply-To") == "<p@x>"
    assert headers.get("References") == "<r@x> <p@x>"


def test_custom_headers_are_written_and_encoded() -> None:
    """Any field that is not the server's own."""
    raw = render(replace(OUTLINE, headers=(("X-Task", "ü"), ("List-Unsubscribe", "<http://x>"))))
    headers = Headers.read(raw)
    assert headers.get("X-Task") == "ü"
    assert headers.get("List-Unsubscribe") == "<http://x>"


@pytest.mark.parametrize(
    "name",
    [
        "From",
        "to",
        "BCC",
        "Date",
        "Message-ID",
        "Received",
        "DKIM-Signature",
        "Return-Path",
        "Content-Type",
        "content-anything",
        "MIME-Version",
        "Authentication-Results",
        "ARC-Seal",
        "Sender",
        "Resent-From",
        "Subject",
        "References",
    ],
)
def test_custom_headers_cannot_replace_the_servers_own(name: str) -> None:
    """The answer names the header and says what to do."""
    error = refusal(replace(OUTLINE, headers=((name, "x"),)))
    assert name in error.message
    assert error.fix


@pytest.mark.parametrize("bad", ["a\r\nBcc: spy@x", "a\nb", "a\rb", "a\0b", "a\x0bb"])
@pytest.mark.parametrize("field", ["subject", "header", "name", "filename", "reply_to"])
def test_line_breaks_and_controls_are_refused_everywhere(field: str, bad: str) -> None:
    """RFC 5322 §2.2: nothing written here can begin another field."""
    box = MailboxAddress(name=bad, address="a@b.org")
    outline = {
        "subject": replace(OUTLINE, subject=bad),
        "header": replace(OUTLINE, headers=(("X-A", bad),)),
        "name": replace(OUTLINE, to=(box,)),
        "filename": replace(OUTLINE, attachments=(file(filename=bad),)),
        "reply_to": replace(OUTLINE, reply_to=(box,)),
    }[field]
    assert refusal(outline).fields


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"to": (MailboxAddress(name="", address="a@b\r\nc"),)}, "to[0]"),
        ({"cc": (MailboxAddress(name="", address="nobody"),)}, "cc[0]"),
        ({"sender": MailboxAddress(name="", address="")}, "from"),
        ({"message_id": "no-brackets@x"}, "message_id"),
        ({"message_id": "<a@b>\r\nX: y"}, "message_id"),
        ({"date": datetime(2024, 1, 5)}, "date"),  # noqa: DTZ001 - naive on purpose
        ({"headers": (("X A", "b"),)}, "header 'X A'"),
        ({"headers": (("X-A\r\nB", "b"),)}, "headers[X-A\r\nB]"),
        ({"attachments": (file(content_type="multipart/mixed"),)}, "attachments[0].content_type"),
        ({"attachments": (file(content_type="nonsense"),)}, "attachments[0].content_type"),
        ({"attachments": (file(content_type="a/b\r\nX: y"),)}, "attachments[0].content_type"),
        ({"attachments": (file(content_id="a b"),)}, "attachments[0].content_id"),
        ({"attachments": (file(filename="x" * 300),)}, "attachments[0].filename"),
    ],
)
def test_what_cannot_be_written_is_named(change: dict[str, object], path: str) -> None:
    """Every refusal says which field it is about."""
    error = refusal(replace(OUTLINE, **change))  # type: ignore[arg-type]  # a table of changes
    assert error.fields[0].path == path


def test_internationalized_domains_are_written_as_a_labels() -> None:
    """RFC 5891; the header needs no SMTPUTF8."""
    raw = render(replace(OUTLINE, to=(MailboxAddress(name="", address="a@bücher.example"),)))
    assert Headers.read(raw).get("To") == "a@xn--bcher-kva.example"


def test_text_that_contains_a_boundary_is_kept_whole() -> None:
    """A boundary never stands in what it separates."""
    first = render(replace(OUTLINE, html="<p>x</p>"))
    boundary = dict(scan(first).params)["boundary"]
    raw = render(replace(OUTLINE, html="<p>x</p>", text=f"--{boundary}\n"))
    assert readable(raw).text == f"--{boundary}"
