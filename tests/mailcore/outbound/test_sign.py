"""The signer: keys from a source, fields the stock verifier accepts."""

from collections.abc import Sequence

import dkim as stock
import pytest

from mailcore.errors import MailError
from mailcore.mailauth.keys import dns_record
from mailcore.outbound.sign import PrivateDkimKey, Signer
from tests.support.keys import ed25519_pair, rsa_pair

MESSAGE = b"From: mia@example.org\r\nTo: you@example.net\r\nSubject: Hi\r\n\r\nHello\r\n"
RECORDS = {
    b"r1._domainkey.example.org.": dns_record(rsa_pair()[1], "rsa-sha256").encode(),
    b"e1._domainkey.example.org.": dns_record(ed25519_pair()[1], "ed25519-sha256").encode(),
}


class Keys:
    def __init__(self, *keys: PrivateDkimKey) -> None:
        self.keys = keys

    async def signing_keys(self, domain: str) -> Sequence[PrivateDkimKey]:
        return self.keys if domain == "example.org" else ()


BOTH = Keys(
    PrivateDkimKey(selector="r1", private_pem=rsa_pair()[0]),
    PrivateDkimKey(selector="e1", private_pem=ed25519_pair()[0]),
)


@pytest.mark.parametrize("raw", [MESSAGE, MESSAGE + b"text\r\n" * 20_000])
async def test_every_signature_verifies(raw):
    prefix = await Signer(BOTH).prefix(raw, "example.org")
    checker = stock.DKIM(prefix + raw)
    assert [
        checker.verify(idx=at, dnsfunc=lambda name, timeout=5: RECORDS[name]) for at in (0, 1)
    ] == [True, True]


async def test_a_domain_without_keys_is_not_signed():
    assert await Signer(BOTH).prefix(MESSAGE, "example.com") == b""


async def test_a_replaced_key_is_used_at_once():
    keys = Keys(PrivateDkimKey(selector="r1", private_pem=rsa_pair()[0]))
    signer = Signer(keys)
    first = await signer.prefix(MESSAGE, "example.org")
    keys.keys = (PrivateDkimKey(selector="e1", private_pem=ed25519_pair()[0]),)
    second = await signer.prefix(MESSAGE, "example.org")
    assert (b"s=r1;" in first, b"s=e1;" in second) == (True, True)


async def test_a_broken_key_is_an_error_that_does_not_show_it():
    signer = Signer(Keys(PrivateDkimKey(selector="x", private_pem=b"-----SECRET-----")))
    with pytest.raises(MailError) as caught:
        await signer.prefix(MESSAGE, "example.org")
    assert "SECRET" not in str(caught.value)
    assert "SECRET" not in repr(PrivateDkimKey(selector="x", private_pem=b"SECRET"))
