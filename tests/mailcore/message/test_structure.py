"""The MIME tree, its sections and its IMAP forms."""

import pytest

from mailcore.message.limits import DEFAULTS
from mailcore.message.structure import (
    Part,
    Piece,
    body,
    dump,
    envelope,
    load,
    scan,
    section,
    span,
)
from tests.support import mail_samples


def octets(raw: bytes, numbers: tuple[int, ...], piece: Piece = Piece.ALL) -> bytes | None:
    place = span(scan(raw), numbers, piece)
    return None if place is None else raw[place[0] : place[1]]


def test_a_nested_message_is_numbered_as_imap_does() -> None:
    """RFC 9051 §6.4.5."""
    found = [(part.section, part.content_type) for part in scan(mail_samples.nested()).walk()]
    assert found == [
        ("", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "multipart/related"),
        ("1.2.1", "text/html"),
        ("1.2.2", "image/png"),
        ("2", "message/rfc822"),
        ("2.1", "text/plain"),
        ("3", "application/pdf"),
    ]


def test_every_section_number_names_its_own_part() -> None:
    """The numbers in the tree and those of FETCH agree."""
    root = scan(mail_samples.nested(inner=mail_samples.alternative()))
    for part in root.walk():
        if part.section and not part.content_type.startswith("multipart/"):
            numbers = [int(number) for number in part.section.split(".")]
            assert section(root, numbers) is part


def test_pieces_of_an_embedded_message_are_cut_exactly() -> None:
    """RFC 9051 §6.4.5: HEADER, TEXT and MIME."""
    inner = mail_samples.plain(subject="inner", text="deep\n")
    raw = mail_samples.nested(inner=inner)
    assert octets(raw, (2,)) == inner
    header, text = inner.split(b"\r\n\r\n")
    assert octets(raw, (2,), Piece.HEADER) == header + b"\r\n\r\n"
    assert octets(raw, (2,), Piece.TEXT) == text
    assert octets(raw, (2, 1)) == text
    assert octets(raw, (2,), Piece.MIME) == b"Content-Type: message/rfc822\r\n\r\n"
    assert octets(raw, (1, 1)) == b"plain text"
    assert octets(raw, (1, 1), Piece.HEADER) is None


def test_a_single_part_message_has_part_one_only() -> None:
    """RFC 9051 §6.4.5: every message has at least one part."""
    raw = mail_samples.plain(text="hello\n")
    assert octets(raw, (1,)) == b"hello\r\n"
    assert octets(raw, (2,)) is None
    assert octets(raw, (1, 1)) is None
    assert octets(raw, ()) == raw
    assert octets(raw, (), Piece.TEXT) == b"hello\r\n"
    assert octets(raw, (), Piece.HEADER) == raw[: -len(b"hello\r\n")]


def test_a_message_that_is_a_message_numbers_its_inside() -> None:
    """message/rfc822 at the top: part 1 is the embedded message."""
    inner = mail_samples.plain(text="inside\n")
    raw = b"Content-Type: message/rfc822\r\n\r\n" + inner
    assert octets(raw, (1,)) == inner
    assert octets(raw, (1, 1)) == b"inside\r\n"
    assert octets(raw, (1,), Piece.TEXT) == b"inside\r\n"


def test_the_line_end_before_a_boundary_belongs_to_it() -> None:
    """RFC 2046 §5.1.1."""
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b \t\n\ntwo\n\n--b--\nend"
    assert octets(raw, (1,)) == b"one"
    assert octets(raw, (2,)) == b"two\n"


def test_a_boundary_counts_only_on_a_line_of_its_own() -> None:
    """`--b` inside a line, or as the start of a longer word, separates nothing."""
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx --b\r\n--bc\r\ny\r\n--b--\r\n"
    assert octets(raw, (1,)) == b"x --b\r\n--bc\r\ny"


def test_an_inner_multipart_ends_where_the_outer_one_goes_on() -> None:
    """An unclosed inner boundary cannot swallow the outer parts."""
    raw = mail_samples.crlf(
        "Content-Type: multipart/mixed; boundary=o\n\n--o\n"
        "Content-Type: multipart/mixed; boundary=i\n\n--i\n\nfirst\n--o\n\nsecond\n--o--\n"
    )
    assert octets(raw, (1, 1)) == b"first"
    assert octets(raw, (2,)) == b"second"


def test_a_multipart_without_its_boundary_is_plain_text() -> None:
    """As readers show it."""
    root = scan(b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno parts here\r\n")
    assert (root.content_type, root.children) == ("text/plain", ())


def test_digest_parts_are_messages_by_default() -> None:
    """RFC 2046 §5.1.5."""
    raw = b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ny\r\n--b--\r\n"
    assert scan(raw).children[0].content_type == "message/rfc822"


def test_an_encoded_embedded_message_is_not_entered() -> None:
    """RFC 2046 §5.2.1 allows only identity encodings."""
    root = scan(
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nRnJvbTogeA=="
    )
    assert root.children == ()
    assert body(root, extended=False).startswith(b'("application" "octet-stream"')


@pytest.mark.timeout(20)
def test_nesting_is_bounded() -> None:
    """Beyond the limit a multipart is opaque."""
    sections = [part.section for part in scan(mail_samples.deep_multipart()).walk()]
    assert len(sections) <= DEFAULTS.depth + 2


@pytest.mark.timeout(20)
def test_the_number_of_parts_is_bounded() -> None:
    """The last part holds the rest."""
    raw = mail_samples.many_parts(count=DEFAULTS.parts + 500)
    root = scan(raw)
    assert len(root.children) <= DEFAULTS.parts
    assert root.children[-1].body_end == len(raw)


@pytest.mark.timeout(20)
def test_many_parts_at_many_levels_stay_bounded() -> None:
    """The limit counts the parts of all levels together."""
    raw = b""
    for level in range(40):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
    for level in range(39, -1, -1):
        raw += b"\r\n--b%d\r\n\r\nx" % level * 1000
    assert sum(1 for _ in scan(raw).walk()) <= DEFAULTS.parts + DEFAULTS.depth


def test_a_tree_survives_being_stored() -> None:
    """dump and load are inverse."""
    root = scan(mail_samples.nested(inner=mail_samples.utf8_8bit()))
    assert load(dump(root)) == root


def test_what_is_no_stored_tree_is_refused() -> None:
    """A damaged row is an error, not a guess."""
    with pytest.raises(ValueError, match="stored"):
        load(b'[2,["x"]]')
    with pytest.raises(ValueError, match="stored"):
        load(b'[1,["x"]]')


def test_the_envelope_has_the_fields_as_they_stand() -> None:
    """RFC 9051 §7.5.2: encoded words stay, Sender and Reply-To default to From."""
    raw = mail_samples.plain(
        sender='"Ex, Ann" <ann@x.org>',
        to="Team: a@x.org;",
        subject='=?utf-8?q?=C3=BC?= "q" \\',
        extra="In-Reply-To: <p@x>\n",
    )
    sender = b'(("Ex, Ann" NIL "ann" "x.org"))'
    assert envelope(raw, scan(raw)) == (
        b'("Fri, 05 Jan 2024 12:30:00 +0100" "=?utf-8?q?=C3=BC?= \\"q\\" \\\\" '
        + b" ".join([sender] * 3)
        + b' ((NIL NIL "Team" NIL)(NIL NIL "a" "x.org")(NIL NIL NIL NIL)) NIL NIL'
        + b' "<p@x>" "<one@example.org>")'
    )


def test_octets_that_cannot_be_quoted_are_literals() -> None:
    """RFC 9051 §4.3."""
    raw = b"Subject: K\xc3\xb6ln\r\nFrom: \xff <a@b.c>\r\n\r\n"
    assert envelope(raw, scan(raw)).startswith(
        b'(NIL {5}\r\nK\xc3\xb6ln (({1}\r\n\xff NIL "a" "b.c"))'
    )


def test_an_empty_message_has_an_empty_envelope() -> None:
    """Absent fields are NIL, empty ones are empty strings."""
    assert envelope(b"", scan(b"")) == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    assert envelope(b"Subject:\r\n\r\n", scan(b"Subject:\r\n\r\n")).startswith(b'(NIL "" NIL')


def test_body_structure_of_a_single_part() -> None:
    """RFC 9051 §7.5.2, basic and extended."""
    raw = mail_samples.utf8_8bit(text="a\nb")
    root = scan(raw)
    start = b'("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 4 2'
    assert body(root, extended=False) == start + b")"
    assert body(root, extended=True) == start + b" NIL NIL NIL NIL)"


def test_body_structure_of_a_nested_message() -> None:
    """Multipart, embedded message with envelope and lines, disposition."""
    inner = b"Subject: in\r\n\r\none\r\ntwo\r\n"
    root = scan(mail_samples.nested(inner=inner))
    assert body(root, extended=True) == (
        b'((("text" "plain" NIL NIL NIL "7bit" 10 1 NIL NIL NIL NIL)'
        b'(("text" "html" NIL NIL NIL "7bit" 23 1 NIL NIL NIL NIL)'
        b'("image" "png" NIL "<pic@x>" NIL "base64" 12 NIL NIL NIL NIL)'
        b' "related" ("boundary" "rel") NIL NIL NIL)'
        b' "alternative" ("boundary" "alt") NIL NIL NIL)'
        b'("message" "rfc822" NIL NIL NIL "7bit" 25'
        b' (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL)'
        b' ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 2 NIL NIL NIL NIL) 4'
        b" NIL NIL NIL NIL)"
        b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 12 NIL ("attachment" NIL) NIL NIL)'
        b' "mixed" ("boundary" "outer") NIL NIL NIL)'
    )


def test_extension_fields_are_rendered() -> None:
    """Content-MD5, disposition parameters, several languages, location."""
    raw = (
        b"Content-Type: image/gif\r\nContent-MD5: abc==\r\nContent-Language: de, en\r\n"
        b"Content-Location: http://x/y\r\nContent-Description: a picture\r\n"
        b'Content-Disposition: inline; filename="x y.gif"; size=3\r\n\r\nGIF'
    )
    assert body(scan(raw), extended=True) == (
        b'("image" "gif" NIL NIL "a picture" "7bit" 3 "abc==" '
        b'("inline" ("filename" "x y.gif" "size" "3")) ("de" "en") "http://x/y")'
    )


@pytest.mark.parametrize(
    ("params", "filename"),
    [
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=plain.txt", "plain.txt"),
        ("attachment; filename*=utf-8'en'%e2%82%ac%20rates", "€ rates"),
        ("attachment; filename*0*=iso-8859-1''caf%e9; filename*1=.txt", "café.txt"),
        ("attachment; filename*1=b; filename*0=a; filename*3=d", "ab"),
        ('attachment; filename="=?utf-8?b?w7wudHh0?="', "ü.txt"),
        ('attachment; filename="../../etc/passwd"', ".._.._etc_passwd"),
        ("attachment; filename=a.txt; filename*=utf-8''b.txt", "b.txt"),
        ("attachment", ""),
    ],
)
def test_file_names_are_decoded(params: str, filename: str) -> None:
    """RFC 2231 §3 and §4, RFC 2047 as seen in practice, no path separators."""
    raw = f"Content-Disposition: {params}\r\n\r\n".encode()
    assert scan(raw).filename == filename


@pytest.mark.parametrize("raw", mail_samples.HOSTILE_HEADERS, ids=repr)
def test_damaged_messages_have_a_structure(raw: bytes) -> None:
    """Whatever comes, there is a tree and its IMAP forms."""
    root = scan(raw)
    assert isinstance(root, Part)
    assert body(root, extended=True).startswith(b"(")
    assert load(dump(root)) == root
