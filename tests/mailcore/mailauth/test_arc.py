"""Chains of forwarders, made here and bent (RFC 8617)."""

from collections.abc import Callable

import dkim as stock
import pytest

from mailcore.mailauth.arc import MAX_SETS, ArcResult, verify_chain, vouching
from mailcore.mailauth.claims import read_claims
from mailcore.mailauth.keys import dns_record, load_private
from tests.support.arc import Sealer
from tests.support.dns import asking, resolver_of, serving
from tests.support.keys import ed25519_pair, rsa_pair

RSA = dns_record(rsa_pair()[1], "rsa-sha256")
ZONE = (
    ("arc._domainkey.lists.example", "TXT", RSA),
    ("arc._domainkey.relay.example", "TXT", RSA),
    ("arc._domainkey.evil.example", "TXT", RSA),
    ("ed._domainkey.lists.example", "TXT", dns_record(ed25519_pair()[1], "ed25519-sha256")),
)
MESSAGE = (
    b"From: You <you@example.net>\r\nTo: list@lists.example\r\nSubject: Hello\r\n\r\nGood day.\r\n"
)
LIST, RELAY = Sealer(), Sealer(domain="relay.example", results="arc=pass; dmarc=fail")


async def judge(raw: bytes) -> ArcResult:
    async with asking(*ZONE) as resolver:
        return await verify_chain(raw, resolver)


def sealed(*sealers: Sealer, raw: bytes = MESSAGE) -> bytes:
    for one in sealers:
        raw = one.seal(raw)
    return raw


@pytest.mark.parametrize("hops", [1, 2, 3, 7, MAX_SETS])
async def test_a_chain_of_any_allowed_length_passes(hops):
    found = await judge(sealed(*[LIST, RELAY] * (hops // 2), *[LIST] * (hops % 2)))
    assert (found.result, len(found.seals)) == ("pass", hops)


async def test_the_newest_sealer_comes_first():
    assert [one.domain for one in (await judge(sealed(LIST, RELAY))).seals] == [
        "relay.example",
        "lists.example",
    ]


async def test_a_message_without_chain_has_none():
    assert (await judge(MESSAGE)).result == "none"


async def test_a_chain_made_by_the_stock_signer_passes():
    raw = b"Authentication-Results: lists.example; spf=pass; dmarc=pass\r\n" + MESSAGE
    for _ in range(2):
        fields = stock.arc_sign(raw, b"arc", b"lists.example", rsa_pair()[0], b"lists.example")
        raw = b"".join(fields) + raw
    assert (await judge(raw)).result == "pass"


def test_the_stock_verifier_takes_our_chains():
    state, _, why = stock.arc_verify(
        sealed(LIST, RELAY), dnsfunc=lambda name, timeout=5: RSA.encode()
    )
    assert state == b"pass", why


async def test_an_ed25519_seal_passes():
    key = load_private(ed25519_pair()[0])
    assert (await judge(sealed(Sealer(selector="ed", key=key)))).result == "pass"


async def test_fields_added_in_front_leave_a_chain_whole():
    assert (await judge(b"Received: from x\r\n" + sealed(LIST))).result == "pass"


def without(name: bytes, instance: bytes) -> Callable[[bytes], bytes]:
    """Take one field of a set away."""

    def bend(raw: bytes) -> bytes:
        lines = raw.split(b"\r\n")
        kept = [one for one in lines if not one.startswith(b"%b: i=%b;" % (name, instance))]
        assert len(kept) == len(lines) - 1
        return b"\r\n".join(kept)

    return bend


def twice(name: bytes) -> Callable[[bytes], bytes]:
    def bend(raw: bytes) -> bytes:
        line = next(one for one in raw.split(b"\r\n") if one.startswith(name))
        return line + b"\r\n" + raw

    return bend


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def bend(raw: bytes) -> bytes:
        assert old in raw
        return raw.replace(old, new, 1)

    return bend


BENT: dict[str, Callable[[bytes], bytes]] = {
    "body changed": swap(b"Good day", b"Bad day"),
    "signed field changed": swap(b"Subject: Hello", b"Subject: Hullo"),
    "author added": lambda raw: b"From: boss@example.net\r\n" + raw,
    "results of the newest changed": swap(b"arc=pass; dmarc=fail", b"arc=pass; dmarc=pass"),
    "results of the oldest changed": swap(b"header.from=example.net", b"header.from=example.org"),
    "seal of the newest missing": without(b"ARC-Seal", b"2"),
    "seal of the oldest missing": without(b"ARC-Seal", b"1"),
    "signature of the oldest missing": without(b"ARC-Message-Signature", b"1"),
    "results of the oldest missing": without(b"ARC-Authentication-Results", b"1"),
    "results of the newest missing": without(b"ARC-Authentication-Results", b"2"),
    "seal twice": twice(b"ARC-Seal"),
    "signature twice": twice(b"ARC-Message-Signature"),
    "results twice": twice(b"ARC-Authentication-Results"),
    "sealer renamed": swap(b"d=relay.example", b"d=lists.example"),
    "sealer not a domain": swap(b"d=relay.example", b"d=relay_.."),
    "instance 0": swap(b"ARC-Seal: i=2", b"ARC-Seal: i=0"),
    "instance 51": swap(b"ARC-Seal: i=2", b"ARC-Seal: i=51"),
    "instance 02": swap(b"ARC-Seal: i=2", b"ARC-Seal: i=020"),
    "instance a word": swap(b"ARC-Seal: i=2", b"ARC-Seal: i=x"),
    "instance missing": swap(b"ARC-Seal: i=2;", b"ARC-Seal:"),
    "instance of the results missing": swap(b"Results: i=2;", b"Results:"),
    "state changed": swap(b"cv=pass", b"cv=none"),
    "state missing": swap(b" cv=pass;", b""),
    "state unknown": swap(b"cv=pass", b"cv=maybe"),
    "algorithm unknown": swap(b"a=rsa-sha256; cv=pass", b"a=rsa-sha512; cv=pass"),
    "algorithm proves nothing": swap(b"a=rsa-sha256; cv=pass", b"a=rsa-sha1; cv=pass"),
    "tags unreadable": swap(b"ARC-Seal: i=2;", b"ARC-Seal: i=2;;;x;"),
    "field too long": swap(b"ARC-Seal: i=2;", b"ARC-Seal: i=2; x=" + b"y" * 20_000 + b";"),
    "sets turned round": lambda raw: raw.replace(b"i=1;", b"i=9;").replace(b"i=2;", b"i=1;"),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT)
async def test_a_bent_chain_fails(bend):
    found = await judge(bend(sealed(LIST, RELAY)))
    assert (found.result, found.seals) == ("fail", ())
    assert found.reason


BAD: dict[str, tuple[Sealer, ...]] = {
    "the first says pass": (Sealer(state="pass"),),
    "the second says none": (LIST, Sealer(state="none")),
    "the second says fail": (LIST, Sealer(state="fail")),
    "the first says fail": (Sealer(state="fail"),),
    "the first is missing": (Sealer(instance=2),),
    "one is left out": (LIST, Sealer(instance=3)),
    "one is repeated": (LIST, Sealer(instance=1)),
    "a seal names fields": (Sealer(seal_tags=" h=from;"),),
    "a seal has a body hash": (Sealer(seal_tags=" bh=AAAA;"),),
    "a signature covers a seal": (LIST, Sealer(signed=(b"from", b"arc-seal"))),
    "a signature leaves out From": (Sealer(signed=(b"to", b"subject")),),
    "a signature covers a part of the body": (Sealer(message_tags=" l=4;"),),
    "a signature has expired": (Sealer(message_tags=" x=1000000000;"),),
    "no key is published": (Sealer(selector="gone"),),
    "the key is of another type": (Sealer(selector="ed"),),
    "too many": (LIST,) * (MAX_SETS + 1),
}


@pytest.mark.parametrize("sealers", BAD.values(), ids=BAD)
async def test_a_chain_made_badly_fails(sealers):
    assert (await judge(sealed(*sealers))).result == "fail"


async def test_only_the_newest_signature_over_the_message_must_hold():
    """RFC 8617 §5.2: a list may change what it forwards."""
    footed = sealed(LIST).replace(b"Good day.", b"Good day.\r\n-- \r\nThe list")
    assert (await judge(RELAY.seal(footed))).result == "pass"


@pytest.mark.parametrize("name", ["arc._domainkey.lists.example", "arc._domainkey.relay.example"])
async def test_a_key_that_cannot_be_fetched_is_a_temporary_error(name):
    async with serving(*ZONE) as zone:
        zone.fail(name)
        found = await verify_chain(sealed(LIST, RELAY), resolver_of(zone))
    assert found.result == "temperror"


@pytest.mark.timeout(30)
async def test_hostile_chains_take_linear_time():
    lines = b"".join(
        b"ARC-Seal: i=%d; x=%b\r\n" % (at, b"y" * 16_000) for at in range(1, MAX_SETS + 1)
    )
    assert (await judge(lines + MESSAGE)).result == "fail"
    assert (await judge(b"ARC-Seal: i=1; b=" + b" \r\n" * 3_000_000 + MESSAGE)).result == "fail"
    padded = Sealer(results="x=y; " * 3000)
    assert (await judge(sealed(*[padded] * MAX_SETS))).result == "pass"


@pytest.mark.parametrize(
    ("sealers", "trusted", "by"),
    [
        ((LIST,), {"lists.example"}, "lists.example"),
        ((LIST,), {"relay.example"}, ""),
        ((LIST,), {"example"}, ""),
        ((LIST, RELAY), {"lists.example", "relay.example"}, "lists.example"),
        ((LIST, RELAY), {"lists.example"}, ""),
        ((LIST, RELAY), {"relay.example"}, ""),
        ((Sealer(domain="evil.example"), RELAY), {"relay.example"}, ""),
        ((LIST, Sealer(domain="evil.example"), RELAY), {"lists.example", "relay.example"}, ""),
        ((Sealer(results="dmarc=fail header.from=example.net"),), {"lists.example"}, ""),
        ((Sealer(results="dmarc=pass header.from=example.org"),), {"lists.example"}, ""),
        ((Sealer(results="dmarc=pass"),), {"lists.example"}, ""),
        ((Sealer(results="spf=pass (dmarc=pass header.from=example.net)"),), {"lists.example"}, ""),
        (
            (Sealer(results='spf=pass x="; dmarc=pass header.from=example.net"'),),
            {"lists.example"},
            "",
        ),
        (
            (Sealer(results="spf=fail; DMARC = Pass (p=reject) header . from = Example.Net"),),
            {"lists.example"},
            "lists.example",
        ),
    ],
)
async def test_only_trusted_sealers_vouch(sealers, trusted, by):
    assert vouching(await judge(sealed(*sealers)), trusted, "example.net") == by


async def test_a_broken_chain_vouches_for_nothing():
    chain = await judge(sealed(LIST).replace(b"Good day", b"Bad day"))
    assert vouching(chain, {"lists.example"}, "example.net") == ""


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text", [b"(" * 1_000_000, b'"' * 1_000_000, b"a ; " * 300_000, b". " * 500_000]
)
def test_hostile_results_take_linear_time(text):
    assert read_claims(b"x; " + text) == ()
