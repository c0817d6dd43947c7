"""Keys survive being written and read."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailcore.errors import MailError
from mailcore.mailauth.keys import (
    algorithm_of,
    dns_record,
    load_private,
    public_base64,
)
from tests.support.keys import ed25519_pair, rsa_pair


@pytest.mark.parametrize(
    ("pair", "algorithm"), [(rsa_pair, "rsa-sha256"), (ed25519_pair, "ed25519-sha256")]
)
def test_a_loaded_key_has_the_public_half_that_was_published(pair, algorithm):
    pem, public = pair()
    key = load_private(pem)
    assert (public_base64(key), algorithm_of(key)) == (public, algorithm)


def test_the_record_names_the_type_of_key():
    """RFC 6376 §3.6.1, RFC 8463 §3."""
    assert dns_record("AAAA", "rsa-sha256") == "v=DKIM1; k=rsa; p=AAAA"
    assert dns_record("BBBB", "ed25519-sha256") == "v=DKIM1; k=ed25519; p=BBBB"


def test_a_key_of_another_kind_or_none_is_refused():
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(MailError, match="must be RSA or Ed25519"):
        load_private(pem)
    with pytest.raises(MailError, match="cannot be read"):
        load_private(b"not a key")
