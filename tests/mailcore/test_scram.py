"""The server's side of SCRAM-SHA-256, against the RFC's example and against what breaks it."""

import base64

import pytest

from mailcore.scram import ClientFirst, Exchange, ScramKeys
from tests.support.scram import ClientScram

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)


def exchange(first: bytes = FIRST, nonce: str = NONCE) -> Exchange:
    return Exchange(ClientFirst.parse(first), ScramKeys.derive("pencil", SALT), nonce)


def test_the_example_of_the_rfc_comes_out() -> None:
    """RFC 7677 §3."""
    one = exchange()
    assert one.challenge == (
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    assert one.finish(FINAL) == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_a_wrong_proof_is_refused() -> None:
    """RFC 5802 §3: H(ClientKey) must be StoredKey."""
    wrong = FINAL.replace(b"p=dHzb", b"p=dHzc")
    assert exchange().finish(wrong) is None
    keys = ScramKeys.derive("other", SALT)
    assert Exchange(ClientFirst.parse(FIRST), keys, NONCE).finish(FINAL) is None


def test_a_proof_is_good_for_one_exchange() -> None:
    """RFC 5802 §9: a replay meets another nonce."""
    with pytest.raises(ValueError, match="not a final message of this exchange"):
        exchange(nonce="another-nonce").finish(FINAL)


def test_names_come_without_their_escapes() -> None:
    """RFC 5802 §5.1: `=2C` and `=3D`."""
    first = ClientFirst.parse(b"y,a=b=3Dc,n=a=2Cb,r=abcdefgh,x=later")
    assert (first.username, first.authorize, first.nonce) == ("a,b", "b=c", "abcdefgh")
    assert first.bare == "n=a=2Cb,r=abcdefgh,x=later"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n",
        b"n,,n=user",
        b"n,,r=abcdefgh,n=user",
        b"n,,n=,r=abcdefgh",
        b"n,,n=a=b,r=abcdefgh",
        b"n,,n=user,r=short",
        b"n,,m=must,n=user,r=abcdefgh",
        b"n,user,n=user,r=abcdefgh",
        b"p=tls-unique,,n=user,r=abcdefgh",
        b"n,,n=us\x00er,r=abcdefgh",
        b"n,,n=\xff,r=abcdefgh",
        b"n,,n=user,r=" + b"x" * 5000,
    ],
)
def test_other_first_messages_are_refused(message: bytes) -> None:
    """RFC 5802 §7; a mandatory extension is none that we know."""
    with pytest.raises(ValueError):  # noqa: PT011 - ours, and of base64 and UTF-8
        ClientFirst.parse(message)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        FINAL.replace(b"c=biws", b"c=eSws"),
        FINAL.partition(b",p=")[0],
        FINAL.partition(b",p=")[0] + b",p=dHzb",
        FINAL.partition(b",p=")[0] + b",p=!",
        b"r=x,c=biws,p=dHzb",
    ],
)
def test_other_final_messages_are_refused(message: bytes) -> None:
    """The header of the first message is bound in `c=`."""
    with pytest.raises(ValueError):  # noqa: PT011 - ours, and of base64 and UTF-8
        exchange().finish(message)


def test_keys_survive_being_kept() -> None:
    keys = ScramKeys.derive("pencil", SALT)
    assert ScramKeys.unpack(keys.pack()) == keys
    assert "pencil" not in repr(keys)


def test_the_client_of_the_tests_is_the_rfc_s() -> None:
    """So that logins in other tests prove something."""
    client = ClientScram("user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO")
    assert client.first() == FIRST
    assert client.final(exchange().challenge) == FINAL
    assert client.is_server(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
