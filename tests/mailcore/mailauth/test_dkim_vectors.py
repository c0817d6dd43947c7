"""The worked examples of the standards, and hostile mail of full size."""

import pytest

from mailcore.mailauth.dkim_verify import verify, verify_all
from mailcore.mailauth.signature import DkimVerdict
from mailcore.net.dns import Resolver
from tests.support.dns import asking

FIELDS = (
    "From: Joe SixPack <joe@football.example.com>\n"
    "To: Suzie Q <suzie@shopping.example.net>\n"
    "Subject: Is dinner ready?\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\n"
)
BODY = "\nHi.\n\nWe lost the game. Are you hungry yet?\n\nJoe.\n"

RFC6376_KEY = (
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
    "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
    "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)
RFC6376_MESSAGE = (
    "DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\n"
    "      c=simple/simple; q=dns/txt; i=joe@football.example.com;\n"
    "      h=Received : From : To : Subject : Date : Message-ID;\n"
    "      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    "      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\n"
    "        4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\n"
    "        KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\n"
    "        4bmp/YzhwvcubU4=;\n"
    "Received: from client1.football.example.com  [192.0.2.1]\n"
    "      by submitserver.example.com with SUBMISSION;\n"
    "      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\n"
) + (FIELDS + BODY)

RFC8463_RSA_KEY = (
    "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qh"
    "dR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5"
    "QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
)
RFC8463_KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RFC8463_MESSAGE = (
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
    " d=football.example.com; i=@football.example.com;\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
    " subject : date : message-id : from : subject : date;\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
    " d=football.example.com; i=@football.example.com;\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"
    " date : message-id : from : subject : date;\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\n"
) + (FIELDS + BODY)

ZONE = (
    ("brisbane._domainkey.example.com", "TXT", RFC6376_KEY),
    ("brisbane._domainkey.football.example.com", "TXT", RFC8463_KEY),
    ("test._domainkey.football.example.com", "TXT", RFC8463_RSA_KEY),
)


def wire(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("ascii")


async def verdicts(raw: bytes, resolver: Resolver) -> list[tuple[str, str]]:
    return [(one.selector, one.result.value) for one in await verify(raw, resolver)]


async def test_the_example_of_rfc6376_passes():
    async with asking(*ZONE) as resolver:
        assert await verdicts(wire(RFC6376_MESSAGE), resolver) == [("brisbane", "pass")]


async def test_both_signatures_of_the_example_of_rfc8463_pass():
    async with asking(*ZONE) as resolver:
        found = await verdicts(wire(RFC8463_MESSAGE), resolver)
    assert found == [("brisbane", "pass"), ("test", "pass")]


@pytest.mark.parametrize("text", [RFC6376_MESSAGE, RFC8463_MESSAGE])
@pytest.mark.parametrize(
    "change", [("hungry", "Hungry"), ("ready?", "ready!"), ("Joe Six", "J Six")]
)
async def test_a_changed_example_fails(text, change):
    async with asking(*ZONE) as resolver:
        found = await verdicts(wire(text.replace(*change, 1)), resolver)
    assert {verdict for _, verdict in found} == {DkimVerdict.FAIL.value}


SIGNATURES = wire(RFC8463_MESSAGE[: RFC8463_MESSAGE.index("From:")])
TEN_MB = 10 * 1024 * 1024
HOSTILE_BODIES = {
    "text": b"All is well.\r\n" * (TEN_MB // 14),
    "white space": b" " * TEN_MB,
    "tabs and spaces": b" \t" * (TEN_MB // 2),
    "empty lines": b"\r\n" * (TEN_MB // 2),
    "white lines": b" \r\n" * (TEN_MB // 3),
    "empty lines again and again": (b"\r\n" * 50_000 + b"x") * (TEN_MB // 100_001),
    "bare CR": b"\r" * TEN_MB,
    "bare LF": b"\n" * TEN_MB,
}
HOSTILE_HEADERS = {
    "one long field": b"X: " + b"y" * TEN_MB + b"\r\n",
    "one folded field": b"X:" + b" \r\n y" * (TEN_MB // 6) + b"\r\n",
    "many fields": b"X: y\r\n" * (TEN_MB // 6),
    "many authors": b"From: y\r\n" * (TEN_MB // 9),
    "many signatures": SIGNATURES * (TEN_MB // len(SIGNATURES)),
    "many tags": b"DKIM-Signature: v=1;" + b"a=b;" * (TEN_MB // 4) + b"\r\n",
    "no end of tags": b"DKIM-Signature: v=1; b=" + b" \r\n " * (TEN_MB // 4) + b"\r\n",
}
HOSTILE = [
    *[pytest.param(b"", body, id=name) for name, body in HOSTILE_BODIES.items()],
    *[pytest.param(field, b"x\r\n", id=name) for name, field in HOSTILE_HEADERS.items()],
]
KEYS = {name: text.encode("ascii") for name, _, text in ZONE}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("fields", "body"), HOSTILE)
def test_ten_megabytes_of_malice_take_linear_time(fields, body):
    """Hashed for both signatures: a tenth of a second each; anything quadratic takes hours."""
    found = verify_all(SIGNATURES + fields + wire(FIELDS) + b"\r\n" + body, KEYS.get)
    assert found
    assert all(one.result is not DkimVerdict.PASS for one in found)
