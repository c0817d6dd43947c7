"""What the writer of a reply wrote."""

import pytest

from mailcore.message.quoting import first_written_line, reply_text
from mailcore.message.text import html_to_text
from tests.support import mail_samples

_OUTLOOK = """approve

________________________________
From: Mia <mia@agents.example>
Sent: Friday, January 5, 2024 12:30 PM
To: Owner <owner@example.net>
Subject: Please decide

reject
"""

_GERMAN_OUTLOOK = """Ja, bitte

Von: Mia <mia@agents.example>
Gesendet: Freitag, 5. Januar 2024 12:30
An: Owner
Betreff: Bitte entscheiden

nein
"""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (mail_samples.top_posted(), "approve"),
        (mail_samples.bottom_posted(), "approve"),
        (mail_samples.top_posted(answer="approve\r\n"), "approve"),
        (_OUTLOOK, "approve"),
        (_GERMAN_OUTLOOK, "Ja, bitte"),
        ("ok\n\n-----Original Message-----\nFrom: x\n\nreject\n", "ok"),
        ("ok\n\n------- Original Message -------\nreject\n", "ok"),
        ("oui\n\nLe ven. 5 janv. 2024 à 12:30, Mia <m@x> a écrit :\n\n> non\n", "oui"),
        ("ja\n\nAm Fr., 5. Jan. 2024 um 12:30 Uhr schrieb Mia <m@x.de>:\n\n> nein\n", "ja"),
        ("sí\n\nEl vie, 5 ene 2024 a las 12:30, Mia (<m@x>) escribió:\n\n> no\n", "sí"),
        ("tak\n\npt., 5 sty 2024 o 12:30 Mia <m@x> napisał(a):\n\n> nie\n", "tak"),
        ("好\n\nMia <m@x> 于2024年1月5日周五 12:30写道：\n\n> 不\n", "好"),
        ("はい\n\n2024年1月5日(金) 12:30 Mia <m@x>:\n\n> いいえ\n", "はい"),
        (
            "ok\n\nOn Fri, Jan 5, 2024 at 12:30 PM Mia Agent\n<mia@agents.example> wrote:\n> no\n",
            "ok",
        ),
        ("ok\n\nOn Jan 5, 2024, Mia wrote:\n\nreject\n", "ok"),
        ("ok\n\nSent from my iPhone\n\n> On Jan 5, 2024, Mia wrote:\n> no\n", "ok"),
        ("\n\n  ok  \n-- \nOwner\nreject\n", "ok"),
        ("Ok, who is this?\n", "Ok, who is this?"),
        ("> quoted\n> only\n", ""),
        ("-----Original Message-----\nFrom: x\n\napprove\n", ""),
        ("", ""),
    ],
)
def test_the_first_written_line_is_found(text: str, written: str) -> None:
    """Top-posted, bottom-posted, localized, Outlook blocks, signatures."""
    assert first_written_line(text) == written


def test_a_wrapped_quotation_decides_nothing() -> None:
    """A piece of a quoted line that lost its mark must not pass for the writer's word."""
    text = "On 5 Jan 2024, Mia wrote:\n> a long quoted line that was wrapped and ends with\napprove\n> more\n"
    assert first_written_line(text) == ""
    assert first_written_line(f"reject\n\n{text}") == "reject"
    assert first_written_line(f"{text}\nreject\n") == ""


def test_inline_answers_are_all_kept() -> None:
    """Answers between quoted lines, without the quoted lines."""
    text = "Hi,\n\nOn 5 Jan 2024, Mia wrote:\n> one?\nyes\n> two?\n\nno\n\n-- \nOwner\n"
    assert reply_text(text) == "Hi,\n\nyes\n\nno"


def test_text_after_the_quotation_of_a_signed_top_post_is_kept() -> None:
    """A signature ends where the quotation begins."""
    text = "ok\n-- \nOwner\n\nOn 5 Jan 2024, Mia wrote:\n> q\n\nPS: thanks\n"
    assert reply_text(text) == "ok\n\nPS: thanks"


def test_ordinary_sentences_are_no_attribution() -> None:
    """Only what looks like one, and stands where one would, is taken away."""
    text = "As John wrote: it is fine.\nOn Monday I will come.\nThe plan:\n- a\nFrom: home\nBye"
    assert reply_text(text) == text


def test_html_replies_are_told_apart_too() -> None:
    """Block quotes become quoted lines."""
    html = (
        '<div dir="ltr">approve</div><br><div class="gmail_quote"><div class="gmail_attr">'
        "On Fri, Jan 5, 2024 at 12:30 PM Mia &lt;mia@x&gt; wrote:<br></div>"
        "<blockquote><div>reject</div></blockquote></div>"
    )
    assert first_written_line(html_to_text(html)) == "approve"


def test_an_outlook_html_reply_is_told_apart() -> None:
    """A header block after a rule, nothing quoted."""
    html = (
        "<p>reject</p><hr><div><b>From:</b> Mia &lt;m@x&gt;<br><b>Sent:</b> Friday<br>"
        "<b>To:</b> Owner<br><b>Subject:</b> decide</div><p>approve</p>"
    )
    assert reply_text(html_to_text(html)).splitlines()[0] == "reject"
    assert "approve" not in reply_text(html_to_text(html))


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "unit",
    [">", "On 1 x\n", "wrote:\n", "From: x\n", "_" * 30 + "\n", "-", " ", "x\n", "a" * 390 + ":\n"],
)
def test_hostile_text_ends(unit: str) -> None:
    """Linear time for any repetition."""
    assert isinstance(first_written_line(unit * (200_000 // len(unit))), str)
