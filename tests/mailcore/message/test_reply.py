"""Answers and forwards."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailcore.address import parse_address
from mailcore.message.analyze import analyze
from mailcore.message.compose import render
from mailcore.message.reply import (
    attribution,
    forward_outline,
    forward_subject,
    quote,
    reply_recipients,
    reply_references,
    reply_subject,
)
from mailcore.message.structure import scan
from mailcore.model import MailboxAddress
from tests.support import mail_samples

OWN = parse_address("mia@agents.example")


def addresses(mailboxes: tuple[MailboxAddress, ...]) -> list[str]:
    return [mailbox.address for mailbox in mailboxes]


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Lunch", "Re: Lunch"),
        ("Re: Lunch", "Re: Lunch"),
        ("RE: Lunch", "RE: Lunch"),
        ("AW: Lunch", "AW: Lunch"),
        ("Re[2]: Lunch", "Re[2]: Lunch"),
        ("Regarding lunch", "Re: Regarding lunch"),
        ("", "Re:"),
    ],
)
def test_the_reply_mark_stands_once(subject: str, reply: str) -> None:
    """RFC 5322 §3.6.5."""
    assert reply_subject(subject) == reply


def test_the_forward_mark_stands_once() -> None:
    """`Fwd: ` and what others write for it."""
    assert forward_subject("Lunch") == "Fwd: Lunch"
    assert forward_subject("FW: Lunch") == "FW: Lunch"


def test_an_answer_goes_to_the_sender() -> None:
    """RFC 5322 §3.6.2."""
    to, cc = reply_recipients(analyze(mail_samples.plain()), OWN, reply_all=False)
    assert (addresses(to), cc) == (["ann@example.org"], ())


def test_reply_to_is_honored() -> None:
    """RFC 5322 §3.6.2."""
    facts = analyze(mail_samples.plain(extra="Reply-To: list@example.org, b@example.org\n"))
    to, _ = reply_recipients(facts, OWN, reply_all=False)
    assert addresses(to) == ["list@example.org", "b@example.org"]


def test_reply_to_all_leaves_out_oneself_and_repetitions() -> None:
    """RFC 5322 §3.6.3; sub-addresses are oneself too."""
    facts = analyze(
        mail_samples.plain(
            to="MIA@agents.example, Bob <bob@x.org>, mia+tag@agents.example, nonsense",
            extra="Cc: ann@example.org, BOB@x.org, carl@x.org\n",
        )
    )
    to, cc = reply_recipients(facts, OWN, reply_all=True)
    assert addresses(to) == ["ann@example.org"]
    assert addresses(cc) == ["bob@x.org", "carl@x.org"]


def test_an_answer_to_ones_own_message_goes_to_its_recipients() -> None:
    """Following up on what one sent."""
    facts = analyze(mail_samples.plain(sender="mia@agents.example", to="ann@example.org"))
    to, _ = reply_recipients(facts, OWN, reply_all=False)
    assert addresses(to) == ["ann@example.org"]


def test_mail_to_oneself_is_answered_to_oneself() -> None:
    """There is nobody else."""
    facts = analyze(mail_samples.plain(sender="mia@agents.example", to="mia@agents.example"))
    assert addresses(reply_recipients(facts, OWN, reply_all=True)[0]) == ["mia@agents.example"]


def test_references_grow_by_the_parent() -> None:
    """RFC 5322 §3.6.4."""
    facts = analyze(mail_samples.plain(extra="References: <a@x> <b@x>\n"))
    assert reply_references(facts) == ("one@example.org", ("a@x", "b@x", "one@example.org"))


def test_in_reply_to_stands_in_for_missing_references() -> None:
    """RFC 5322 §3.6.4."""
    facts = analyze(mail_samples.plain(extra="In-Reply-To: <a@x>\n"))
    assert reply_references(facts)[1] == ("a@x", "one@example.org")


def test_long_references_keep_the_first_and_the_last() -> None:
    """Bounded, with the root that names the thread."""
    facts = analyze(mail_samples.plain())
    facts = replace(facts, references=tuple(f"{number}@x" for number in range(100)))
    chain = reply_references(facts)[1]
    assert (len(chain), chain[0], chain[-1]) == (50, "0@x", "one@example.org")


def test_quoted_text_is_marked() -> None:
    """Each line, older quotes one level deeper."""
    assert quote("a\r\n\r\n> b\n", "X wrote:") == "X wrote:\n> a\n>\n>> b"


def test_the_attribution_names_date_and_writer() -> None:
    """In UTC, so that it says the same everywhere."""
    facts = analyze(mail_samples.plain())
    assert attribution(facts) == ("On 2024-01-05 11:30 UTC, Ann Example <ann@example.org> wrote:")


def test_a_forward_carries_every_octet_of_the_original() -> None:
    """The text to read, the message itself attached."""
    raw = mail_samples.with_attachment()
    outline = forward_outline(
        raw,
        analyze(raw),
        sender=MailboxAddress(name="", address=str(OWN)),
        to=(MailboxAddress(name="", address="b@x.org"),),
        text="See the file.",
        comment="FYI",
        message_id="<f@agents.example>",
        date=datetime(2024, 1, 6, tzinfo=UTC),
    )
    forward = render(outline)
    assert raw in forward
    assert outline.subject == "Fwd: Lunch on Friday"
    assert (outline.text or "").startswith(
        "FYI\n\n---------- Forwarded message ----------\nFrom: Ann"
    )
    assert scan(forward).children[1].filename == "Lunch on Friday.eml"
