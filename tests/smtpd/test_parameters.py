"""The parameters of MAIL and RCPT, value by value."""

from datetime import UTC, datetime, timedelta

import pytest

from mailcore.address import Address
from mailcore.model import Notify
from smtpd import parameters, paths
from smtpd.parameters import MAX_HOLD, Offer
from smtpd.replies import Over, Refused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
US = Offer(max_bytes=1000, is_submission=True, has_tls=True, now=NOW)
THEM = Offer(max_bytes=1000, is_submission=False, has_tls=False, now=NOW)
MIA = Address("mia", "example.org")


def mail(text: str, offer: Offer = US) -> parameters.MailParameters:
    """What MAIL with these parameters means."""
    return parameters.of_mail(paths.parse(f"FROM:<a@b.example> {text}", "FROM").parameters, offer)


def code_of(text: str, offer: Offer = US) -> int:
    """The code that refuses MAIL with these parameters."""
    with pytest.raises(Refused) as refused:
        mail(text, offer)
    return refused.value.reply.code


def test_terms_are_read_and_kept_as_sent() -> None:
    """RFC 3461 §4.3 and §4.4: keywords lose their case, ENVID does not."""
    got = mail("ret=hdrs envid=Ab+2Bc REQUIRETLS SIZE=7 BODY=8bitmime SMTPUTF8")
    assert (got.terms.returned, got.terms.envelope_id) == ("HDRS", "Ab+2Bc")
    assert (got.terms.requires_tls, got.size_bytes, got.allows_utf8) == (True, 7, True)


@pytest.mark.parametrize(
    "text",
    [
        "RET=SOME",
        "RET",
        "ENVID=a+2",
        "ENVID=a+2b",
        "ENVID=a+0D+0A",
        "ENVID=a=b",
        "ENVID=ü",
        "ENVID=" + "x" * 101,
        "REQUIRETLS=yes",
        "BODY=BINARYMIME",
        "SIZE",
        "SIZE=-1",
        "HOLDFOR=-1",
        "HOLDFOR=1.5",
        "HOLDFOR=٣",
        "HOLDFOR=9999999999",
        "HOLDUNTIL=tomorrow",
        "HOLDUNTIL=2026-11-21T00:00:00",
        "HOLDUNTIL=0001-01-01T00:00:00+14:00",
        "HOLDUNTIL=2027-11-21T00:00:00Z",
        "HOLDFOR=5 HOLDUNTIL=2026-11-21T00:00:00Z",
    ],
)
def test_wrong_values_are_501(text: str) -> None:
    """No control character gets from ENVID into a notice."""
    assert code_of(text) == 501


@pytest.mark.parametrize("text", ["RET=HDRS", "ENVID=x", "HOLDFOR=5", "REQUIRETLS", "BY=5;R"])
def test_what_is_not_offered_is_555(text: str) -> None:
    """RFC 5321 §4.1.1.11: strangers get no notices from us, and REQUIRETLS needs TLS."""
    assert code_of(text, THEM) == 555


def test_binary_bodies_come_from_other_servers_only() -> None:
    """What our own users send goes on to hosts that want lines."""
    assert mail("BODY=BINARYMIME", THEM).is_binary


def test_mail_is_kept_for_later_within_bounds() -> None:
    """RFC 4865 §5: seconds or an instant; what has passed means now."""
    assert mail("HOLDFOR=60").terms.release_at == NOW + timedelta(minutes=1)
    assert mail("HOLDFOR=0").terms.release_at is None
    until = mail("HOLDUNTIL=2026-11-20T14:00:00+01:00").terms.release_at
    assert until == NOW + timedelta(hours=1)
    assert mail("HOLDUNTIL=2020-01-01T00:00:00Z").terms.release_at is None
    longest = int(MAX_HOLD.total_seconds())
    assert mail(f"HOLDFOR={longest}").terms.release_at == NOW + MAX_HOLD
    assert code_of(f"HOLDFOR={longest + 1}") == 501


def test_wishes_about_a_recipient_are_read() -> None:
    """RFC 3461 §4.1, §4.2."""
    got = parameters.of_recipient(MIA, {"NOTIFY": "success,Delay", "ORCPT": "rfc822;a+2Bb@c"}, US)
    assert got.notify == {Notify.SUCCESS, Notify.DELAY}
    assert got.original_recipient == "rfc822;a+2Bb@c"
    assert parameters.of_recipient(MIA, {"NOTIFY": "NEVER"}, US).notify == frozenset()
    assert parameters.of_recipient(MIA, {}, US).notify is None


@pytest.mark.parametrize(
    ("keyword", "value", "code"),
    [
        ("NOTIFY", "NEVER,SUCCESS", 501),
        ("NOTIFY", "", 501),
        ("NOTIFY", "ALWAYS", 501),
        ("NOTIFY", None, 501),
        ("ORCPT", "a@b", 501),
        ("ORCPT", ";a@b", 501),
        ("ORCPT", "rfc822;", 501),
        ("ORCPT", "rfc822;a+00", 501),
        ("ORCPT", "rfc822;" + "x" * 501, 501),
        ("BY", "5", 555),
    ],
)
def test_wrong_wishes_are_refused(keyword: str, value: str | None, code: int) -> None:
    """Before the recipient is looked up."""
    with pytest.raises(Refused) as refused:
        parameters.of_recipient(MIA, {keyword: value}, US)
    assert refused.value.reply.code == code


@pytest.mark.parametrize(
    "text", [None, "", "LAST", "-1", "1 2", "1 LAST now", "0x10", "1" * 13, "٣"]
)
def test_a_chunk_without_a_size_ends_the_session(text: str | None) -> None:
    """What follows could be content or commands."""
    with pytest.raises(Over):
        parameters.chunk(text)


def test_the_size_of_a_chunk_is_read() -> None:
    """RFC 3030 §2."""
    assert parameters.chunk("86") == (86, False)
    assert parameters.chunk("0  last") == (0, True)
