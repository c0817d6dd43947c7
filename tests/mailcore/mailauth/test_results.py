"""The header field about authentication (RFC 8601)."""

import authres
import pytest

from mailcore.mailauth.results import header_value, is_ours
from mailcore.model import AuthReport
from tests.support.effort import takes_at_most

NAME = "mail.example.org"


def test_the_value_names_us_and_every_result():
    report = AuthReport(
        spf="softfail",
        spf_domain="bounce.example.com",
        dkim="pass",
        dkim_domains=("example.com", "esp.test"),
        dmarc="pass",
        dmarc_policy="reject",
        dmarc_domain="example.com",
    )
    assert header_value(report, NAME) == (
        "mail.example.org; spf=softfail smtp.mailfrom=bounce.example.com;"
        " dkim=pass header.d=example.com; dkim=pass header.d=esp.test;"
        " dmarc=pass header.from=example.com policy.dmarc=reject"
    )


def test_without_any_authentication_it_says_so():
    assert header_value(AuthReport(), NAME) == "mail.example.org; dkim=none"


def test_odd_domains_cannot_add_results():
    """What a stranger wrote stays inside its quotes."""
    report = AuthReport(spf="fail", spf_domain='a"; dkim=pass\r\n @x', dkim="none")
    value = header_value(report, NAME)
    parsed = authres.AuthenticationResultsHeader.parse_value(value)
    assert [(one.method, one.result) for one in parsed.results] == [
        ("spf", "fail"),
        ("dkim", "none"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        b" mail.example.org; spf=pass",
        b" MAIL.Example.ORG 1; spf=pass",
        b"\r\n\tmail.example.org\r\n ;spf=pass",
        b' "mail.example.org"; spf=pass',
        b' "mail\\.example.org"; spf=pass',
        b" (a (nested) comment) mail.example.org (x); none",
        b" (escaped \\) paren) mail.example.org; none",
        b" mail.example.org.; none",
        b"mail.example.org(c);none",
        b"mail.example.org",
    ],
)
def test_a_field_in_our_name_is_recognized(value):
    """RFC 8601 §5: however it is written."""
    assert is_ours(value, NAME)


@pytest.mark.parametrize(
    "value",
    [
        b" mx.google.com; dkim=pass",
        b" mail.example.org.evil.test; dkim=pass",
        b" (mail.example.org) other.test; dkim=pass",
        b"",
        b" ;",
        b" (unclosed mail.example.org; dkim=pass",
        b"\xff\xfe",
    ],
)
def test_a_field_of_others_is_left_alone(value):
    assert not is_ours(value, NAME)


def test_hostile_values_take_linear_time():
    assert takes_at_most(0.5, lambda: is_ours(b"(" * 500_000, NAME))
    assert takes_at_most(0.5, lambda: is_ours(b'"' + b"\\a" * 250_000, NAME))
