"""The language of the search box."""

from datetime import date

import pytest

from mailcore.errors import MailError
from mailcore.model import Flag
from mailcore.query import parse_query
from mailcore.search import (
    And,
    Body,
    Field,
    HasAttachment,
    HasFlag,
    HasKeyword,
    InMailbox,
    Not,
    Or,
    Received,
    SearchNode,
    Size,
    Words,
)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", None),
        ("  ", None),
        ("invoice", Words("invoice")),
        ("two words", And((Words("two"), Words("words")))),
        ('"two words"', Words("two words")),
        ('"open end', Words("open end")),
        ("a OR b", Or(Words("a"), Words("b"))),
        ("x a OR b", And((Words("x"), Or(Words("a"), Words("b"))))),
        ("OR a", Words("a")),
        ("a OR", Words("a")),
        ("-spam", Not(Words("spam"))),
        ('-"a b"', Not(Words("a b"))),
        ("mid-word", Words("mid-word")),
        ("from:ann", Field("from", "ann")),
        ('from:"Ann B"', Field("from", "Ann B")),
        ("FROM:ann", Field("from", "ann")),
        ("to:x", Or(Field("to", "x"), Or(Field("cc", "x"), Field("bcc", "x")))),
        ("-subject:x", Not(Field("subject", "x"))),
        ("body:x", Body("x")),
        ("has:attachment", HasAttachment()),
        ("is:unread", Not(HasFlag(Flag.SEEN))),
        ("is:Starred", HasFlag(Flag.FLAGGED)),
        ("in:Archive", InMailbox("Archive")),
        ("label:work", HasKeyword("work")),
        ("before:2026-02-03", Received(before=date(2026, 2, 3))),
        ("after:2026/02/03", Received(since=date(2026, 2, 3))),
        ("on:2026-02-28", Received(since=date(2026, 2, 28), before=date(2026, 3, 1))),
        ("larger:5m", Size(larger_than=5 * 1024 * 1024)),
        ("smaller:10K", Size(smaller_than=10240)),
        ("http://x.test/y", Words("http://x.test/y")),
        ("re: hello", And((Words("re:"), Words("hello")))),
    ],
)
def test_queries_mean_what_they_say(text: str, meaning: SearchNode | None) -> None:
    """Words, phrases, places, states, days and sizes."""
    assert parse_query(text) == meaning


@pytest.mark.parametrize(
    "text", ["before:soon", "is:funny", "has:money", "larger:big", "x" * 1001, "a " * 60]
)
def test_what_has_no_meaning_is_refused(text: str) -> None:
    """INVALID names the field, and no error is a surprise."""
    with pytest.raises(MailError) as caught:
        parse_query(text)
    assert caught.value.fields[0].path == "q"
