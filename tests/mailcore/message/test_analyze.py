"""The facts computed at delivery."""

import hashlib
from datetime import UTC, datetime

import pytest

from mailcore.message.analyze import STORED_PREVIEW_CHARS, analyze
from mailcore.message.structure import load, scan
from mailcore.message.text import preview
from mailcore.model import MailboxAddress
from tests.support import mail_samples


def test_the_facts_of_a_plain_mail() -> None:
    """Sizes, hash, addresses, date, ids."""
    raw = mail_samples.plain(
        to="Mia <mia@agents.example>, b@x.org",
        extra="Cc: c@x.org\nReply-To: r@x.org\nIn-Reply-To: <p@x>\nReferences: <q@x> <p@x>\n",
    )
    facts = analyze(raw)
    assert (facts.size_bytes, facts.sha256) == (len(raw), hashlib.sha256(raw).digest())
    assert raw[facts.header_size_bytes :] == b"Shall we meet at noon?\r\n"
    assert facts.subject == "Lunch on Friday"
    assert facts.sender == MailboxAddress(name="Ann Example", address="ann@example.org")
    assert [box.address for box in facts.to] == ["mia@agents.example", "b@x.org"]
    assert [box.address for box in (*facts.cc, *facts.reply_to)] == ["c@x.org", "r@x.org"]
    assert facts.date == datetime(2024, 1, 5, 11, 30, tzinfo=UTC)
    assert (facts.message_id, facts.in_reply_to) == ("one@example.org", "p@x")
    assert facts.references == ("q@x", "p@x")
    assert facts.preview == "Shall we meet at noon?"
    assert facts.attachments == ()


def test_words_and_octets_are_decoded() -> None:
    """RFC 2047 and RFC 6532."""
    facts = analyze(mail_samples.utf8_8bit())
    assert facts.subject == "Grüße aus Köln"
    assert facts.sender == MailboxAddress(name="Jörg Müller", address="joerg@example.org")
    assert facts.preview == "Grüße aus Köln, 東京 and Zürich"


def test_the_stored_tree_and_imap_forms_are_those_of_the_message() -> None:
    """parts, envelope and structure agree with a fresh scan."""
    raw = mail_samples.nested()
    facts = analyze(raw)
    assert load(facts.parts) == scan(raw)
    assert facts.envelope.startswith(b'("Fri, 05 Jan 2024 12:30:00 +0100" "outer"')
    assert facts.body.startswith(b'((("text" "plain"')
    assert len(facts.body_structure) > len(facts.body)


def test_a_mail_without_subject_has_an_empty_one() -> None:
    """Absent is empty."""
    assert analyze(mail_samples.no_subject()).subject == ""


@pytest.mark.parametrize(
    ("raw", "preview"),
    [
        (mail_samples.html_only(html="<style>x</style><p>Hello  there</p>"), "Hello there"),
        (
            mail_samples.html_only(html=f"<head><style>{'a{b:c} ' * 9000}</style></head><body>Hi"),
            "Hi",
        ),
        (mail_samples.alternative(text=" \n", html="<p>rich</p>"), "rich"),
        (mail_samples.plain(text=mail_samples.top_posted(answer="Yes\n")), "Yes"),
        (mail_samples.plain(text=""), ""),
        (mail_samples.with_attachment(text="See the file.\n"), "See the file."),
        (b"Content-Type: application/pdf\r\n\r\n%PDF", ""),
    ],
    ids=["html", "long-head", "empty-text", "reply", "empty", "attachment", "file"],
)
def test_the_preview_shows_what_was_written(raw: bytes, preview: str) -> None:
    """Quotes skipped, HTML read, files ignored."""
    assert analyze(raw).preview == preview


def test_attachments_are_listed_with_their_decoded_size() -> None:
    """The index, section and size that listings show."""
    fact = analyze(mail_samples.with_attachment(content=b"x" * 1000)).attachments[0]
    assert (fact.index, fact.part, fact.filename, fact.size_bytes) == (0, "2", "notes.txt", 1000)


@pytest.mark.parametrize("raw", mail_samples.HOSTILE_HEADERS, ids=repr)
def test_damaged_mail_has_facts(raw: bytes) -> None:
    """Nothing raises, sizes are true."""
    facts = analyze(raw)
    assert facts.size_bytes == len(raw)
    assert 0 <= facts.header_size_bytes <= len(raw)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b'"' * 200_000 + b"\r\n\r\n",
        b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\n",
        b"Content-Type: text/plain" + b'; a="' * 20_000 + b"\r\n\r\n",
        b"X: y\r\n" * 100_000 + b"\r\n",
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\n",
        b"References: " + b"<a@b> " * 50_000 + b"\r\n\r\n",
        b"To: " + b"a@b.c, " * 50_000 + b"\r\n\r\n",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000,
        b"Subject: x\r\n" + b" \r\n" * 200_000,
        b"\r\n" * 500_000,
        b"a" * 2_000_000,
        mail_samples.many_parts(),
        mail_samples.deep_multipart(depth=3000),
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_hostile_mail_has_facts_in_time(raw: bytes) -> None:
    """Work is linear and results are bounded."""
    assert analyze(raw).size_bytes == len(raw)


@pytest.mark.parametrize(
    "line", ["A line of a long letter.", "Grüße aus Köln.", "漢字", "> quoted"]
)
def test_the_preview_of_a_long_text_is_that_of_its_beginning(line: str) -> None:
    """However much follows, and whether or not all of it is looked at."""
    begun = "".join(f"{number} {line}\n" for number in range(100))
    whole = "".join(f"{number} {line}\n" for number in range(5000))
    facts = [analyze(mail_samples.plain(text=text)) for text in (begun, whole)]
    assert facts[0].preview == facts[1].preview == preview(begun, STORED_PREVIEW_CHARS)
