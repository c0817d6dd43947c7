"""Text for people."""

import pytest

from mailcore.cli.output import clean, fields, table


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\x1b]0;title\x07b", "a]0;titleb"),
        ("line\r\nbreak", "line  break"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", "gpj.exe"),
        ("Grüße ✓", "Grüße ✓"),
        (None, "-"),
        (True, "yes"),
    ],
)
def test_foreign_text_is_harmless(given: object, shown: str) -> None:
    assert clean(given) == shown


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [{"a": "x", "b": {"c": [1, 2]}}, {"a": "long", "b": {}}]
    assert table(rows, (("A", "a"), ("C", "b.c"))) == ["A     C", "x     1, 2", "long  -"]


def test_an_empty_list_says_so() -> None:
    assert table([], (("A", "a"),)) == ["none"]


def test_absent_fields_are_left_out() -> None:
    assert fields({"a": 1, "b": None}, (("a", "a"), ("bee", "b"))) == ["a    1"]
