"""What searching sees of a message, how text is compared, and where it was found."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.message.parse import leaves
from mailcore.message.searchtext import (
    fold,
    needle,
    one_line,
    search_text,
    snippet,
)

MIXED = (
    b"From: =?utf-8?q?J=C3=BCrg?= <j@x.test>\r\nSubject: one\r\n two\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode("Die Straße\r\nist lang".encode())
    + b"\r\n--b\r\nContent-Type: text/html\r\n\r\n<style>secret</style><p>Hi <b>y</b>ou</p>\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?Inn=C3=A9n?=\r\n\r\ninside\r\n"
    b"--b\r\nContent-Type: application/pdf; name=report.pdf\r\n\r\nJVBER\r\n--b--\r\n"
)


@pytest.mark.parametrize("sought", ["jürg <J@X", "subject: one two", "multipart/mixed"])
def test_the_head_is_the_decoded_fields(sought: str) -> None:
    """Folding of lines is undone, each field stands by itself."""
    assert needle(sought) in fold(search_text(MIXED).head)


@pytest.mark.parametrize(
    "sought", ["strasse ist", "STRAẞE", "hi you", "innén", "inside", "report.pdf"]
)
def test_the_body_is_all_text_parts_names_and_messages_inside(sought: str) -> None:
    """Transfer encodings, charsets and HTML are taken off; line breaks are spaces."""
    assert needle(sought) in fold(search_text(MIXED).body)


@pytest.mark.parametrize("sought", ["secret", "lang hi", "jverb", "<b>"])
def test_what_nobody_reads_is_not_found(sought: str) -> None:
    """Style sheets, markup, octets of attachments, and words of two parts side by side."""
    assert needle(sought) not in fold(search_text(MIXED).body)


def test_a_long_text_is_cut_and_says_so() -> None:
    """The cut is no answer about the rest."""
    raw = b"Subject: x\r\n\r\n" + b"word " * 100
    assert search_text(raw, 100).is_whole is False
    assert len(search_text(raw, 100).body) == 100
    assert search_text(raw).is_whole is True


@pytest.mark.parametrize(
    ("one", "other"),
    [("STRASSE", "straße"), ("Ａｂ", "ab"), ("É", "e\u0301"), ("ﬁn", "FIN"), ("ΣΑΣ", "σας")],
)
def test_case_and_compatible_forms_are_one(one: str, other: str) -> None:
    """As i;unicode-casemap has it (RFC 5051 §2)."""
    assert needle(one) == needle(other)


@given(st.text(st.sampled_from("ab \n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u2028"), max_size=60))
def test_a_line_has_the_words_of_a_text_and_one_space_between_them(text: str) -> None:
    """White space is what `str.split` takes for it; a run of it at an end is one space there."""
    line = one_line(text)
    assert line.split() == text.split()
    assert "  " not in line
    assert {char for char in line if char.isspace()} <= {" "}
    assert line[:1].isspace() == text[:1].isspace()
    assert line[-1:].isspace() == text[-1:].isspace()


def test_only_text_is_decoded_when_only_text_is_asked_for() -> None:
    """A large attachment costs a search nothing."""
    kinds = [leaf.content_type for leaf in leaves(MIXED, is_text_only=True)]
    assert kinds == ["text/plain", "text/html", "text/plain"]
    assert [leaf.text for leaf in leaves(MIXED) if leaf.text is not None] == [
        leaf.text for leaf in leaves(MIXED, is_text_only=True)
    ]


def test_odd_characters_can_be_kept() -> None:
    """NUL and lone surrogates cannot be stored; white space at the ends is kept as one space."""
    assert one_line("a\0b\ud800c") == "a\ufffdb?c"
    assert one_line(" a \r\n b\t") == " a b "
    assert one_line(" \r\n") == " "


def test_a_snippet_shows_the_surroundings_and_marks_every_match() -> None:
    """Cut at words, on one line, positions in characters of what is shown."""
    text = "x " * 100 + "before Grüße after grüsse\nnext line " + "y " * 100
    found = snippet(text, [needle("GRÜSSE")])
    assert found is not None
    assert "next" not in found.text
    assert [found.text[low:high] for low, high in found.matches] == ["Grüße", "grüsse"]
    assert not found.text.startswith(" ")
    assert len(found.text) < 200


def test_overlapping_matches_are_one() -> None:
    """Two needles that meet."""
    found = snippet("abcdef", ["abcd", "cdef"], around=None)
    assert found is not None
    assert found.matches == ((0, 6),)


def test_nothing_found_is_no_snippet() -> None:
    """Nor are blanks looked for."""
    assert snippet("abc", ["x"]) is None
    assert snippet("a b", [" "]) is None
