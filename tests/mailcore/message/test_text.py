"""HTML as text and previews."""

import pytest

from mailcore.message.htmltext import MAX_TREE_CHARS, is_ordinary
from mailcore.message.text import html_to_text, preview
from tests.support import mail_samples


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("a  b\n c&nbsp;d &amp; &lt;e&gt;", "a b c d & <e>"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>x<li>y<ol><li>1</li><li>2</li></ol></ul>z", "- x\n- y\n  1. 1\n  2. 2\n\nz"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ('see <a href="http://x.y/z">the site</a>.', "see the site <http://x.y/z>."),
        ('<a href="http://x.y/">http://x.y</a>', "http://x.y"),
        ('<a href="mailto:a@b.c?subject=x">a@b.c</a>', "a@b.c"),
        ('<a href="javascript:x()">click</a>', "click"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<blockquote>q<blockquote>r</blockquote></blockquote>t", "> q\n>\n>> r\n\nt"),
        ("<b>b</b>old <i>it</i>", "bold it"),
        ("<style>p{}</style><script>x<y</script><title>t</title>z", "z"),
        ("<!-- no -->yes<!doctype html>", "yes"),
        ('<img alt="a  logo"><img src=x>', "[a logo]"),
        ("", ""),
        ("1 < 2 > 0 & x", "1 < 2 > 0 & x"),
    ],
)
def test_html_reads_as_laid_out_text(html: str, text: str) -> None:
    """Paragraphs, lists, tables, links, quotes."""
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "attribute",
    [
        "hidden",
        'style="display:none"',
        'style="color:red; DISPLAY : none !important"',
        'style="visibility:hidden"',
        'style="font-size:0px"',
        'style="opacity:0.0"',
        'style="max-height:0;overflow:hidden"',
    ],
)
def test_hidden_text_is_left_out_unless_asked_for(attribute: str) -> None:
    """What the reader does not see is not shown, but can be looked at."""
    html = f"<p>seen</p><div {attribute}>unseen</div>"
    assert html_to_text(html) == "seen"
    assert "unseen" in html_to_text(html, include_hidden=True)


@pytest.mark.parametrize("style", ["font-size:10px", "opacity:0.5", "display:block", "height:0"])
def test_ordinary_styles_hide_nothing(style: str) -> None:
    """Only what really hides."""
    assert html_to_text(f'<p style="{style}">seen</p>') == "seen"


def test_the_tag_scanner_reads_much_like_the_tree() -> None:
    """Beyond the limits of the tree parser the text is still there."""
    html = (
        '<style>x{}</style><script>if (a<b) "</p>"</script><!-- c --><p>one &amp; two</p>'
        '<ul><li>x</li></ul><a href="http://x.y/z">site</a><blockquote>q</blockquote>'
    )
    big = html + "<p>" + "word " * (MAX_TREE_CHARS // 5) + "</p>"
    assert not is_ordinary(big)
    assert html_to_text(big).startswith("one & two\n\n- x\n\nsite <http://x.y/z>\n\n> q\n\nword")


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 2000,
        "<div></x>" * 2000,
        "<a " + "".join(f"b{number}=1 " for number in range(5000)) + ">",
        '<a x=">" ' + "b " * 20_000 + ">",
        '<!-- <a x=" --><b y=">" ' + "a1 " * 20_000 + ">",
        "".join(f"<font color={number}>" for number in range(600)),
        "x" * (MAX_TREE_CHARS + 1),
    ],
    ids=lambda html: html[:20],
)
def test_what_the_tree_parser_is_slow_on_is_recognized(html: str) -> None:
    """Deep nesting, giant tags, open formatting and size."""
    assert not is_ordinary(html)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a ",
        "<!--",
        "<div>",
        "<script>",
        "<script></",
        "&",
        "<ul><li>",
        "<a href=http://x>y",
        "<blockquote>x",
        "<p>",
        "<td>",
        "</",
        "<a b=\"'",
        "<b><p>x",
        "]]>",
        "<pre>\n",
        "<br>",
    ],
)
def test_hostile_html_ends(unit: str) -> None:
    """Linear time for any repetition."""
    assert isinstance(html_to_text(unit * (300_000 // len(unit))), str)


def test_a_preview_is_one_line_of_what_was_written() -> None:
    """Quotes, invisible padding and line breaks are gone."""
    text = mail_samples.top_posted(answer="Yes,\u200b\u00ad please\n do it\n")
    assert preview(text) == "Yes, please do it"


def test_a_long_preview_is_cut_at_a_word() -> None:
    """At most the limit, marked as cut."""
    shown = preview("word " * 200, 52)
    assert shown == "word word word word word word word word word word…"
    assert len(preview("x" * 500)) == 200


def test_a_preview_of_only_quoted_text_shows_it() -> None:
    """A reply without words is better shown than empty."""
    assert preview("> only this\n") == "> only this"
    assert preview("") == ""
