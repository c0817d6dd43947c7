"""Where a signature stands in what somebody wrote."""

import pytest

from mailcore.message.signing_off import as_html, signed_html, signed_text

QUOTED = "On Friday, 2 January 2026, Ann wrote:\n> When?\n> Soon?"
FORWARDED = "---------- Forwarded message ----------\nFrom: Ann <ann@example.org>\n\nHello."


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("Yes.", "Yes.\n\n-- \nMia\n"),
        ("Yes.\r\n\r\n", "Yes.\n\n-- \nMia\n"),
        ("", "-- \nMia\n"),
        (f"Yes.\n\n{QUOTED}", f"Yes.\n\n-- \nMia\n\n{QUOTED}\n"),
        (f"{QUOTED}\n\nYes.", f"{QUOTED}\n\nYes.\n\n-- \nMia\n"),
        ("> When?\nNow.\n> Where?\nHere.", "> When?\nNow.\n> Where?\nHere.\n\n-- \nMia\n"),
        ("> When?\nNow.\n> Where?", "> When?\nNow.\n\n-- \nMia\n\n> Where?\n"),
        (QUOTED, f"-- \nMia\n\n{QUOTED}\n"),
        (f"See:\n\n{FORWARDED}", f"See:\n\n-- \nMia\n\n{FORWARDED}\n"),
    ],
)
def test_text_is_signed_above_the_quotation_that_ends_it(text: str, signed: str) -> None:
    """Below the last words of the writer, wherever they stand."""
    assert signed_text(text, "Mia") == signed


def test_a_signature_has_its_mark_once() -> None:
    """Also when it was saved with one."""
    assert signed_text("Yes.", "-- \nMia") == "Yes.\n\n-- \nMia\n"


@pytest.mark.parametrize(
    ("markup", "signed"),
    [
        ("<p>Yes.</p>", "<p>Yes.</p>{}"),
        ("<html><body><p>Yes.</p></body></html>", "<html><body><p>Yes.</p>{}</body></html>"),
        (
            "<p>Yes.</p><blockquote>When?</blockquote>",
            "<p>Yes.</p>{}<br><blockquote>When?</blockquote>",
        ),
        (
            '<p>Yes.</p><div class="gmail_quote">On …<blockquote>W</blockquote></div>',
            '<p>Yes.</p>{}<br><div class="gmail_quote">On …<blockquote>W</blockquote></div>',
        ),
        (
            "<blockquote>When?</blockquote><p>Now.</p>",
            "<blockquote>When?</blockquote><p>Now.</p>{}",
        ),
    ],
)
def test_markup_is_signed_in_the_same_place(markup: str, signed: str) -> None:
    """Inside the body, above the quotation that ends it."""
    assert signed_html(markup, "Mia") == signed.format("<div>-- <br>Mia</div>")


def test_a_text_signature_is_escaped_in_markup() -> None:
    """Lines stay lines."""
    assert as_html("Mia <&>\nAcme") == "Mia &lt;&amp;&gt;<br>Acme"


def test_hostile_text_is_signed_in_linear_time() -> None:
    """Long lines, many quotations, many open tags."""
    for text in ("> " * 100_000, "a\n> b\n" * 50_000, "On " * 100_000):
        assert "-- \nMia" in signed_text(text, "Mia")
    for markup in ("<div class=" * 20_000, "<blockquote>" * 20_000, "</blockquote>" * 20_000):
        assert "Mia" in signed_html(markup, "Mia")
