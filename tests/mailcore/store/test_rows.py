"""Rows as Python values: what an older program wrote reads as it was meant."""

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
