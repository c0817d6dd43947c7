"""Signatures of Slack, with the example of its documentation."""

from datetime import UTC, datetime, timedelta

import pytest

from mailcore.channels.slack_requests import WINDOW, SlackSignatures, read_payload
from mailcore.errors import MailError
from tests.support.clock import FakeClock

STAMP = "1531420618"
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED_AT = datetime.fromtimestamp(int(STAMP), UTC)


def signatures(clock: FakeClock) -> SlackSignatures:
    return SlackSignatures("8f742231b10e8888abcd99yyyzzz85a5", clock)


@pytest.mark.parametrize("off", [timedelta(), WINDOW, -WINDOW])
def test_the_documented_example_is_good_for_five_minutes(off: timedelta) -> None:
    signatures(FakeClock(SIGNED_AT + off)).require(STAMP, SIGNATURE, BODY)


@pytest.mark.parametrize(
    ("stamp", "signature", "body", "off"),
    [
        (STAMP, SIGNATURE, BODY + b"x", 0),
        (STAMP, SIGNATURE[:-1] + "4", BODY, 0),
        (STAMP, SIGNATURE[3:], BODY, 0),
        (STAMP, "", BODY, 0),
        (STAMP, "v0=ä", BODY, 0),
        ("1531420619", SIGNATURE, BODY, 0),
        ("", SIGNATURE, BODY, 0),
        ("-1531420618", SIGNATURE, BODY, 0),
        ("9" * 400, SIGNATURE, BODY, 0),
        (STAMP, SIGNATURE, BODY, 301),
        (STAMP, SIGNATURE, BODY, -301),
    ],
)
def test_anything_else_is_refused(stamp: str, signature: str, body: bytes, off: int) -> None:
    with pytest.raises(MailError) as caught:
        signatures(FakeClock(SIGNED_AT + timedelta(seconds=off))).require(stamp, signature, body)
    assert caught.value.code == "bad_signature"


def test_a_request_counts_once() -> None:
    one = signatures(FakeClock(SIGNED_AT))
    one.require(STAMP, SIGNATURE, BODY)
    with pytest.raises(MailError):
        one.require(STAMP, SIGNATURE, BODY)


@pytest.mark.parametrize(
    "body", [b"", b"payload=", b"payload=[]", b"payload=1", b"\xff", b"&" * 99]
)
def test_an_odd_body_is_an_empty_document(body: bytes) -> None:
    assert read_payload(body) == {}
