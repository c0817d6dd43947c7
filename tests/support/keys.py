"""DKIM keys made once for all tests of a run."""

from functools import cache

from mailcore.mailauth.keys import generate_ed25519, generate_rsa


@cache
def rsa_pair() -> tuple[bytes, str]:
    """Private PEM and public base64."""
    return generate_rsa()


@cache
def ed25519_pair() -> tuple[bytes, str]:
    """Private PEM and public base64."""
    return generate_ed25519()
