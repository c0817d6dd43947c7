"""Decoded leaves, readable text, attachments and Received fields."""

import base64
from datetime import UTC, datetime

import pytest

from mailcore.message.attachments import attachment_facts
from mailcore.message.parse import (
    decode_body,
    decode_text,
    extract,
    leaves,
    margins,
    readable,
    received_hops,
)
from mailcore.message.structure import scan
from mailcore.message.transfer import decoded_size
from tests.support import mail_samples


def test_leaves_come_in_document_order_with_those_of_embedded_messages() -> None:
    """Every leaf once, nested ones too."""
    found = [(leaf.part.section, leaf.text) for leaf in leaves(mail_samples.nested())]
    assert found == [
        ("1.1", "plain text"),
        ("1.2.1", '<img src="cid:pic">rich'),
        ("1.2.2", None),
        ("2.1", "Shall we meet at noon?\r\n"),
        ("3", None),
    ]


def test_a_leaf_is_decoded() -> None:
    """Transfer encoding, charset, name and identity."""
    raw = mail_samples.with_attachment(
        content="Grüße\n".encode("latin-1"), content_type="text/plain; charset=iso-8859-1"
    )
    leaf = leaves(raw)[1]
    assert leaf.payload == "Grüße\n".encode("latin-1")
    assert (leaf.text, leaf.filename, leaf.charset) == ("Grüße\n", "notes.txt", "iso-8859-1")
    assert leaf.is_attachment
    assert not leaf.is_truncated


def test_decoding_stops_at_the_budget() -> None:
    """What is over the limit is cut and says so; later leaves are empty."""
    raw = mail_samples.with_attachment(content=b"x" * 5000)
    text, file = leaves(raw, max_bytes=1000)
    assert len(text.payload) + len(file.payload) == 1000
    assert (text.is_truncated, file.is_truncated) == (False, True)


@pytest.mark.parametrize(
    ("encoded", "encoding", "decoded"),
    [
        (b"aGVsbG8=", "base64", b"hello"),
        (b"aGVs\r\nbG8", "BASE64", b"hello"),
        (b"aGVsbG8=\r\nIHdvcmxk", "base64", b"hello world"),
        (b"aG!Vs*bG8=", "base64", b"hello"),
        (b"aGVsb", "base64", b"hel"),
        (b"====", "base64", b""),
        (b"a=C3=BC=\r\nb =\r\n", "quoted-printable", b"a\xc3\xbcb "),
        (b"100% =ZZ =", "quoted-printable", b"100% =ZZ "),
        (b"begin 644 x\n%:&5L;&\\\n`\nend\n", "x-uuencode", b"hello"),
        (b"as it is", "7bit", b"as it is"),
        (b"as it is", "x-unknown", b"as it is"),
    ],
)
def test_transfer_encodings_are_taken_off_tolerantly(
    encoded: bytes, encoding: str, decoded: bytes
) -> None:
    """RFC 2045 §6; damage never raises, base64 goes on after padding."""
    assert decode_body(encoded, encoding) == decoded


@pytest.mark.parametrize("length", [0, 1, 2, 3, 100, 48_000, 90_000, 90_001, 90_002])
def test_the_size_of_base64_is_known_without_decoding(length: int) -> None:
    """The shortcut for large files gives the exact size."""
    for encoded in (base64.encodebytes(b"x" * length), base64.b64encode(b"x" * length)):
        assert decoded_size(encoded, "base64") == length
        assert decoded_size(encoded.replace(b"\n", b"\r\n"), "base64") == length


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("ü".encode(), "utf-8", "ü"),
        (b"\xef\xbb\xbfx", "utf-8", "x"),
        ("日本".encode("iso-2022-jp"), "ISO-2022-JP", "日本"),
        ("中".encode("gb18030"), "gb2312", "中"),
        (b"\x93q\x94", "iso-8859-1", "“q”"),
        ("ü".encode("utf-16"), "utf-16", "ü"),
        (b"\xff", "utf-8", "\ufffd"),
        ("ü".encode(), "us-ascii", "ü"),
        (b"\xfc", "no-such-charset", "ü"),
        (b"abc", "zlib", "abc"),
        (b"xn--mnchen-3ya", "idna", "xn--mnchen-3ya"),
        (b"+2AA-", "utf-7", "\ufffd"),
    ],
)
def test_charsets_are_decoded_and_never_raise(octets: bytes, charset: str, text: str) -> None:
    """Unknown and unsafe codec names fall back to a guess."""
    assert decode_text(octets, charset) == text


def test_of_alternatives_both_forms_are_read() -> None:
    """RFC 2046 §5.1.4."""
    shown = readable(mail_samples.alternative(text="plain form\n", html="<p>rich</p>"))
    assert (shown.text, shown.html) == ("plain form", "<p>rich</p>")


def test_html_only_mail_has_text() -> None:
    """HTML is read as text when there is no text."""
    shown = readable(mail_samples.html_only(html="<p>Hello <b>there</b></p>"))
    assert shown.text == "Hello there"


def test_an_empty_plain_form_gives_way_to_the_html_form() -> None:
    """Some senders add an empty text part."""
    assert readable(mail_samples.alternative(text=" \n", html="<p>rich</p>")).text == "rich"


def test_text_parts_of_a_mixed_message_follow_each_other() -> None:
    """A list footer is a second text part."""
    raw = mail_samples.crlf(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst <1>\n--b\n"
        "Content-Type: text/html\n\n<p>second</p>\n--b--\n"
    )
    shown = readable(raw)
    assert shown.text == "first <1>\n\nsecond"
    assert shown.html == "<pre>first &lt;1&gt;</pre>\n<p>second</p>"


def test_text_outside_of_every_part_can_be_looked_at() -> None:
    """RFC 2046 §5.1.1: preamble and epilogue travel without being shown."""
    found = margins(mail_samples.with_attachment())
    assert b"preamble" in found
    assert b"epilogue" in found
    assert b"See the file" not in found


def test_flowed_text_is_joined() -> None:
    """RFC 3676 §4.1."""
    raw = mail_samples.plain(
        text="one \ntwo\n> q1 \n> q2\n-- \nme\n", extra="Content-Type: text/plain; format=flowed\n"
    )
    assert readable(raw).text == "one two\n> q1 q2\n-- \nme"


def test_attachments_have_the_index_of_the_stored_facts() -> None:
    """An embedded message is one attachment; its inside is not listed."""
    raw = mail_samples.nested()
    facts = attachment_facts(raw, scan(raw))
    assert [(fact.index, fact.part, fact.content_type, fact.is_inline) for fact in facts] == [
        (0, "1.2.2", "image/png", True),
        (1, "2", "message/rfc822", False),
        (2, "3", "application/pdf", False),
    ]
    assert (facts[0].content_id, facts[2].filename) == ("pic@x", "a.pdf")
    assert readable(raw).attachments == facts


def test_the_bytes_of_an_attachment_are_those_sent() -> None:
    """`extract` decodes by section number, and `size_bytes` is its length."""
    content = bytes(range(256)) * 3
    raw = mail_samples.with_attachment(content=content)
    root = scan(raw)
    fact = attachment_facts(raw, root)[0]
    assert extract(raw, root, fact.part) == content
    assert fact.size_bytes == len(content)
    assert extract(raw, root, "9") is None
    assert extract(raw, root, "x") is None


def test_a_mail_that_is_a_file_has_it_as_part_one() -> None:
    """A single-part message can be an attachment."""
    raw = b"Content-Type: application/pdf\r\n\r\n%PDF"
    root = scan(raw)
    assert attachment_facts(raw, root)[0].part == "1"
    assert extract(raw, root, "1") == b"%PDF"


def test_the_only_text_is_the_body_even_with_a_name() -> None:
    """A file name alone does not hide the text of a mail."""
    raw = b'Content-Type: text/plain; name="note.txt"\r\n\r\nread me'
    assert readable(raw).text == "read me"


def test_received_fields_are_read_newest_first() -> None:
    """RFC 5321 §4.4."""
    raw = mail_samples.crlf(
        "Received: from b.example (b.example [192.0.2.2]) by c.example with ESMTPS id q2\n"
        " for <mia@c.example>; Fri, 5 Jan 2024 12:30:05 +0000\n"
        "Received: from a.example by b.example; Fri, 5 Jan 2024 12:30:00 +0000\n"
        "Received: nonsense\n\n"
    )
    newest, oldest, broken = received_hops(raw)
    assert newest.from_host.startswith("b.example")
    assert (newest.by_host, newest.protocol, newest.queue_id) == ("c.example", "ESMTPS", "q2")
    assert newest.recipient == "<mia@c.example>"
    assert oldest.at == datetime(2024, 1, 5, 12, 30, tzinfo=UTC)
    assert (broken.from_host, broken.at, broken.raw) == ("", None, "nonsense")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "word", [b"(", b"<", b"from ", b"by x ", b"; ", b"\\", b'"', b"envelope-from <"]
)
def test_hostile_received_fields_end(word: bytes) -> None:
    """Many long ones are read in bounded time."""
    raw = b"Received: " + word * (4000 // len(word)) + b"\r\n"
    assert len(received_hops(raw * 150 + b"\r\n")) == 100


@pytest.mark.parametrize("raw", mail_samples.HOSTILE_HEADERS, ids=repr)
def test_damaged_messages_are_readable(raw: bytes) -> None:
    """Nothing raises, and no leaf is lost."""
    assert isinstance(readable(raw).text, str)
    assert len(leaves(raw)) >= 1
