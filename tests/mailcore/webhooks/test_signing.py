"""Secrets and signatures, checked by hand."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from mailcore.credentials import ServerSecrets
from mailcore.webhooks.signing import (
    SigningSecret,
    new_secret,
    rotate,
    seal_ring,
    sign,
    unseal_ring,
    valid,
)

NOW = datetime(2024, 3, 4, 9, 30, 0, 999_999, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_signature_is_that_of_the_standard() -> None:
    """HMAC-SHA256 over `id.timestamp.body` with the decoded secret, in base64 after `v1,`."""
    secret = SigningSecret(key=base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    digest = hmac.new(secret.key, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_a_secret_is_shown_with_its_prefix_and_decodes_to_its_key() -> None:
    """`whsec_` and base64, which every library of the standard takes."""
    secret = new_secret()
    assert secret.text.startswith("whsec_")
    assert base64.b64decode(secret.text.removeprefix("whsec_")) == secret.key
    assert len(secret.key) == 32
    assert new_secret() != secret


def test_the_time_is_in_whole_seconds_that_have_begun() -> None:
    """Never a second in the future."""
    headers = sign([new_secret()], "evt_1", NOW, b"")
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())


def test_after_a_rotation_both_secrets_sign_for_a_day() -> None:
    """Receivers change over whenever they like within it."""
    old, new = new_secret(), new_secret()
    ring = rotate([old], new, NOW)
    both = sign(ring, "evt_1", NOW + 23 * HOUR, b"x")["webhook-signature"].split(" ")
    assert len(both) == 2
    assert both[0] == sign([new], "evt_1", NOW + 23 * HOUR, b"x")["webhook-signature"]
    assert [one.key for one in valid(ring, NOW + 24 * HOUR)] == [new.key]


def test_a_second_rotation_does_not_lengthen_the_first() -> None:
    """A secret ends a day after it was replaced, whatever follows."""
    first, second, third = new_secret(), new_secret(), new_secret()
    ring = rotate(rotate([first], second, NOW), third, NOW + 12 * HOUR)
    assert [one.key for one in valid(ring, NOW + 13 * HOUR)] == [third.key, second.key, first.key]
    assert [one.key for one in valid(ring, NOW + 24 * HOUR)] == [third.key, second.key]
    assert [one.key for one in valid(ring, NOW + 36 * HOUR)] == [third.key]


def test_the_ring_is_bounded() -> None:
    """Rotating in a loop does not make the header grow without end."""
    ring = [new_secret()]
    for _ in range(20):
        ring = rotate(ring, new_secret(), NOW)
    assert len(ring) == 5


def test_a_sealed_ring_opens_again_and_shows_nothing() -> None:
    """What lies in the database is of no use without the server's key."""
    server = ServerSecrets(b"r" * 32)
    ring = rotate([new_secret()], new_secret(), NOW)
    sealed = seal_ring(server, ring)
    assert unseal_ring(server, sealed) == ring
    assert base64.b64encode(ring[0].key) not in sealed
    assert ring[0].key not in sealed
