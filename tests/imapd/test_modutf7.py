"""Mailbox names in modified UTF-7."""

import pytest

from imapd import modutf7

PAIRS = [
    ("INBOX", b"INBOX"),
    ("R&D", b"R&-D"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("Entwürfe", b"Entw&APw-rfe"),
    ("🚀", b"&2D3egA-"),
    ("a\tb", b"a&AAk-b"),
    ("ü&ü", b"&APw-&-&APw-"),
]


@pytest.mark.parametrize(("name", "octets"), PAIRS)
def test_a_name_has_one_encoding(name: str, octets: bytes) -> None:
    """RFC 3501 §5.1.3, surrogate pairs included."""
    assert modutf7.encode(name) == octets
    assert modutf7.decode(octets) == name


@pytest.mark.parametrize(
    "octets",
    [
        b"&",
        b"&AGE-",
        b"&APw",
        b"&APw-&APw-",
        b"&APx-",
        b"&APw=-",
        b"&2D0-",
        b"&3gDYPQ-",
        b"&*-",
        b"&A-",
        b"\xc3\xbc",
        b"a\x00b",
        b"&ACY-",
    ],
)
def test_other_spellings_are_refused(octets: bytes) -> None:
    """RFC 3501 §5.1.3: one name, one spelling; also no printable ASCII and no lone surrogates."""
    with pytest.raises(ValueError, match=r"mailbox name|surrogate"):
        modutf7.decode(octets)


def test_a_lone_surrogate_cannot_be_named() -> None:
    """UTF-16 has no code for it."""
    with pytest.raises(ValueError, match="surrogate"):
        modutf7.encode("\ud800")
