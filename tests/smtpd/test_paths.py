"""Paths and parameters of MAIL and RCPT."""

import contextlib

import pytest

from mailcore.address import Address
from smtpd import paths
from smtpd.replies import Refused
from tests.support.effort import takes_at_most


@pytest.mark.parametrize(
    ("argument", "mailbox"),
    [
        ("FROM:<a@b.example>", "a@b.example"),
        ("from:   <a@b.example>  ", "a@b.example"),
        ("FROM:<>", ""),
        ("FROM:<@x.example,@y.example:a@b.example>", "a@b.example"),
        ('FROM:<"a>b"@c.example>', '"a>b"@c.example'),
        ('FROM:<"a\\">b"@c.example>', '"a\\">b"@c.example'),
    ],
)
def test_the_mailbox_is_found(argument: str, mailbox: str) -> None:
    """RFC 5321 §4.1.2 and appendix C."""
    assert paths.parse(argument, "FROM").mailbox == mailbox


@pytest.mark.parametrize(
    "argument",
    [
        None,
        "",
        "FROM",
        "FROM:",
        "TO:<a@b.example>",
        "FROM:a@b.example",
        "FROM:<a@b",
        'FROM:<"a>',
        "FROM:<a@b>x",
    ],
)
def test_a_broken_path_is_501(argument: str | None) -> None:
    """RFC 5321 §4.2.2."""
    with pytest.raises(Refused) as caught:
        paths.parse(argument, "FROM")
    assert (caught.value.reply.code, caught.value.reply.enhanced) == (501, "5.5.4")


def test_values_keep_their_case_and_keywords_lose_it() -> None:
    """RFC 5321 §4.1.1.11."""
    path = paths.parse("FROM:<a@b.example> envid=QuZ size=1  smtputf8", "FROM")
    assert path.parameters == {"ENVID": "QuZ", "SIZE": "1", "SMTPUTF8": None}


@pytest.mark.parametrize("text", ["=x", "SIZE=", "a_b=1", "-x=1", "SIZE=1 size=2"])
def test_malformed_parameters_are_501(text: str) -> None:
    """RFC 5321 §4.1.2: esmtp-param."""
    with pytest.raises(Refused) as caught:
        paths.parse(f"FROM:<a@b.example> {text}", "FROM")
    assert caught.value.reply.code == 501


def test_postmaster_needs_no_domain() -> None:
    """RFC 5321 §4.5.1."""
    found = paths.forward_path("POSTMASTER", domain="example.org")
    assert found == Address("postmaster", "example.org")


def test_the_null_path_is_no_recipient() -> None:
    """RFC 5321 §4.1.1.3."""
    with pytest.raises(Refused) as caught:
        paths.forward_path("", domain="example.org")
    assert caught.value.reply.code == 553


@pytest.mark.parametrize("name", ["mail.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]", "my_pc"])
def test_plausible_names_are_greeted(name: str) -> None:
    """RFC 5321 §4.1.4: HELO must not be refused lightly."""
    assert paths.helo_name(name) == name


@pytest.mark.parametrize("name", [None, "a b", "a(b)", "a\tb", "ü.example", "a" * 256, "a;b"])
def test_names_that_could_forge_a_header_are_refused(name: str | None) -> None:
    """The name goes into Received."""
    with pytest.raises(Refused):
        paths.helo_name(name)


@pytest.mark.parametrize("char", ['"', "\\", "<", ">", "@", " ", "=", ":", "("])
def test_hostile_arguments_cost_linear_time(char: str) -> None:
    """A hundred times the longest line is soon read."""

    def read() -> None:
        for head in ("FROM:<", 'FROM:<"', "FROM:<@"):
            with contextlib.suppress(Refused):
                paths.reverse_path(paths.parse(head + char * 200_000 + ">", "FROM").mailbox)

    assert takes_at_most(0.5, read)
