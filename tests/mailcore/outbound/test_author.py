"""In whose name a submitted message may speak."""

import pytest

from mailcore.address import parse_address
from mailcore.errors import MailError
from mailcore.outbound.author import require_own_author

OWN = parse_address("mia@example.org")
REST = b"\r\nTo: ana@customer.example\r\nSubject: one\r\n folded\r\n\r\nFrom: not a field\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"From: mia@example.org",
        b"From: Mia <MIA@Example.org>",
        b'From: "Mia, of sales" <mia+orders@example.org>',
        b"From: =?utf-8?q?M=C3=ADa?= <mia@example.org>",
        b'From: "mia@example.org" <mia@example.org>',
        b"From: mia@example.org (Mia @ work)",
        b"From: Mia <mia@example.org>\r\nSender: mia@example.org",
    ],
)
def test_ones_own_name_is_fine(fields: bytes) -> None:
    """RFC 6409 §6.1."""
    require_own_author(OWN, fields + REST)


@pytest.mark.parametrize(
    "fields",
    [
        b"From: ceo@bank.example",
        b"From: ceo@bank.example <mia@example.org>",
        b'From: "bob@example.org" <mia@example.org>',
        b"From: =?utf-8?q?ceo=40bank=2Eexample?= <mia@example.org>",
        "From: ceo\uff20bank.example <mia@example.org>".encode(),
        b"From: Mia <mia@example.org> (ceo@bank.example)",
        b"From: (ceo@bank.example) mia@example.org",
        b"From: mia@example.org [ceo@bank.example]",
        b"From: mia+ceo@bank.example@example.org",
        b"From: mia@example.org, ceo@bank.example",
        b"From: <mia@example.org> <ceo@bank.example>",
        b"From: mia@example.org\r\nSender: ceo@bank.example",
        b"From: mia@example.org\r\nResent-From: ceo@bank.example",
        b"From: =?utf-8?q?mia=40example=2Eorg?=",
        b"From: =?utf-8?q?mia?=@example.org",
    ],
)
def test_another_name_is_refused(fields: bytes) -> None:
    """RFC 6409 §6.1; product §3.2."""
    with pytest.raises(MailError):
        require_own_author(OWN, fields + REST)


@pytest.mark.parametrize(
    "fields",
    [
        b"X-A: b",
        b"From: mia@example.org\r\nFrom: mia@example.org",
        b"From: mia@example.org\r\nfrom : ceo@bank.example",
        b"From: mia@example.org\r\nSender: mia@example.org\r\nSender: mia@example.org",
        b"From: mia@example.org\r\nFrom\xa0: ceo@bank.example",
        b"From\x00: ceo@bank.example\r\nFrom: mia@example.org",
        b"From: sales: mia@example.org;",
        b"From: <@bank.example:mia@example.org>",
        b" From: ceo@bank.example\r\nFrom: mia@example.org",
    ],
)
def test_a_header_with_two_readings_is_refused(fields: bytes) -> None:
    """RFC 5322 §3.6.2: one From, and nobody finds another."""
    with pytest.raises(MailError):
        require_own_author(OWN, fields + REST)


@pytest.mark.parametrize("filler", [b"X: y\r\n" * 10_000, b"X: " + b"y" * (1 << 20) + b"\r\n"])
def test_an_author_beyond_what_is_read_is_refused(filler: bytes) -> None:
    with pytest.raises(MailError, match="too large"):
        require_own_author(
            OWN, b"From: mia@example.org\r\n" + filler + b"From: ceo@bank.example" + REST
        )


def test_a_very_long_author_is_refused_at_once() -> None:
    with pytest.raises(MailError, match="too long"):
        require_own_author(OWN, b"From: " + b"@" * 900_000 + b" <mia@example.org>" + REST)
