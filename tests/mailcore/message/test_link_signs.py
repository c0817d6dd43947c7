"""Where a message leads, and what is odd about it."""

import pytest

from mailcore.message.htmltext import read_html
from mailcore.message.link_signs import Images, link_signs, links_of


@pytest.mark.parametrize(
    ("text", "target", "signs"),
    [
        ("Read more", "https://news.example/1", ()),
        ("news.example", "https://www.news.example/1", ()),
        ("https://news.example/a", "https://news.example/b", ()),
        ("report.pdf", "https://files.example/report.pdf", ()),
        ("ann@example.org", "mailto:ann@example.org", ()),
        ("shop.example.co.uk", "https://pay.example.co.uk", ()),
        ("www.bank.example", "https://evil.test/", ("mismatch",)),
        ("Log in at bank.example now", "https://evil.test/", ("mismatch",)),
        ("ann@bank.example", "mailto:ann@evil.test", ("mismatch",)),
        ("x", "https://xn--pple-43d.example/", ("punycode",)),
        ("x", "https://аpple.example/", ("punycode",)),
        ("bank.example", "https://bank.example@evil.test/", ("mismatch", "user_part")),
        ("x", "http://203.0.113.9/", ("ip",)),
        ("x", "http://[2001:db8::1]/", ("ip",)),
        ("x", "http://3405803785/", ("ip",)),
        ("x", "https://bit.ly/3x", ("shortener",)),
        ("x", "https://example.org:4444/", ("port",)),
        ("x", " java\nscript:run()", ("script",)),
        ("x", "data:text/html,hi", ("data",)),
        ("x", "#top", ()),
        ("x", "http://[broken", ()),
    ],
)
def test_odd_links_are_known_by_their_address(
    text: str, target: str, signs: tuple[str, ...]
) -> None:
    assert link_signs(text, target) == signs


def test_links_are_listed_as_a_reader_meets_them() -> None:
    """Hidden ones too; a picture's text counts; those of the text come behind, each target once."""
    reading = read_html(
        '<a href="https://a.example"><b>A</b> <img alt="logo" src="cid:1"></a>'
        '<a href="https://b.example" style="display:none">B</a><a name="x">no</a>'
        '<a href="#top">no</a><area href="https://c.example" alt="C">'
        '<form action="https://d.example"></form>'
    )
    found = links_of("see https://a.example, and https://e.example.", reading.anchors)
    assert [(one.text, one.target, one.signs) for one in found] == [
        ("A logo", "https://a.example", ()),
        ("B", "https://b.example", ("hidden",)),
        ("C", "https://c.example", ()),
        ("", "https://d.example", ()),
        ("", "https://e.example", ()),
    ]


def test_pictures_are_counted_by_what_showing_them_does() -> None:
    reading = read_html(
        '<img src="https://x.example/a.png" width="600"><img src="//x.example/b" width="1" height="1">'
        '<img src="https://x.example/c" style="display:none"><img src="cid:9"><img src="data:,">'
        '<img src="https://x.example/d" style="height:1px;width:1px"><img>'
    )
    assert reading.images == Images(remote=4, tracking=3, inline=2)


def test_many_links_are_cut() -> None:
    reading = read_html(
        '<a href="https://a.example/1">x</a>' * 10 + "<a href=http://b>y</a>" * 9000
    )
    assert len(reading.anchors) == 400
    assert len(links_of("", reading.anchors)) == 2
