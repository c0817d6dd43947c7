"""Rows as Python values: what an older program wrote reads as it was meant."""

import json

import pytest

from mailcore.model import AuthReport, Security
from mailcore.store.sqlite.rows import auth_from, dump, security_from


def test_reports_of_older_programs_have_defaults_for_newer_fields() -> None:
    """A field that did not exist when the row was written is absent, not an error."""
    report = auth_from(dump({"spf": "pass", "dkim_domains": ["a.example"], "failures": []}))
    assert report == AuthReport(spf="pass", dkim_domains=("a.example",))
    assert auth_from(None) is None


def test_verdicts_of_older_programs_have_defaults_for_newer_fields() -> None:
    """The same for the guard's verdict."""
    assert security_from(dump({"score": 30, "level": "warning"})) == Security(
        score=30, level="warning"
    )
    assert security_from(dump({"categories": ["spam"]})) == Security(categories=("spam",))


@pytest.mark.parametrize(
    "value",
    [
        {"b": "plain", "a": [1, None, True, 0.5]},
        {"text": 'a "quoted" \\ text\n\t\x00'},
        {"text": "Grüße … 😀"},
        {"text": "漢字" * 100},
        {"text": "half a pair: \ud83d"},
        {"number": 2**70},
        [],
    ],
)
def test_json_in_rows_is_ascii_and_reads_as_it_was(value) -> None:
    """Whatever a stranger wrote, and the same text every time."""
    text = dump(value)
    assert text.isascii()
    assert json.loads(text) == value
    assert text == json.dumps(value, sort_keys=True, separators=(",", ":"))
