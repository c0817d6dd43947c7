"""The classic probes for open relays: none is taken on port 25, and none without a login on 587."""

import pytest

from tests.support.smtp_client import Client
from tests.support.smtp_fakes import serving

OUTSIDE = [
    ("spam@r.example", "<victim@elsewhere.example>"),
    ("", "<victim@elsewhere.example>"),
    ("mia@example.org", "<victim@elsewhere.example>"),
    ("spam@example.org", "<victim@elsewhere.example>"),
    ("spam@[127.0.0.1]", "<victim@elsewhere.example>"),
    ("spam@localhost", "<victim@elsewhere.example>"),
    ("postmaster@example.org", "<victim@elsewhere.example>"),
    ("spam@r.example", "<victim%elsewhere.example@example.org>"),
    ("spam@r.example", "<victim%elsewhere.example@[127.0.0.1]>"),
    ("spam@r.example", "<victim%elsewhere.example@mail.example.org>"),
    ("spam@r.example", '<"victim@elsewhere.example">'),
    ("spam@r.example", '<"victim%elsewhere.example">'),
    ("spam@r.example", '<"victim@elsewhere.example"@example.org>'),
    ("spam@r.example", '<"victim%elsewhere.example"@example.org>'),
    ("spam@r.example", "<victim@elsewhere.example@example.org>"),
    ("spam@r.example", "<victim@elsewhere.example@[127.0.0.1]>"),
    ("spam@r.example", "<elsewhere.example!victim>"),
    ("spam@r.example", "<elsewhere.example!victim@example.org>"),
    ("spam@r.example", "<example.org!elsewhere.example!victim@example.org>"),
    ("spam@r.example", "<elsewhere.example!victim@[127.0.0.1]>"),
    ("spam@r.example", "<@example.org:victim@elsewhere.example>"),
    ("spam@r.example", "<@[127.0.0.1]:victim@elsewhere.example>"),
    ("spam@r.example", "<@example.org,@mail.example.org:victim@elsewhere.example>"),
    ("spam@r.example", "victim@elsewhere.example"),
    ("spam@r.example", "<victim@elsewhere.example.>"),
    ("spam@r.example", "<victim@ELSEWHERE.example>"),
    ("spam@r.example", "<postmaster@elsewhere.example>"),
    ("spam@r.example", "<victim@example.org.elsewhere.example>"),
    ("spam@r.example", "<victim@notexample.org>"),
    ("spam@r.example", "<victim>"),
    ("spam@r.example", "<@example.org>"),
    ("spam@r.example", "<victim elsewhere.example@example.org>"),
]


@pytest.mark.parametrize(("sender", "recipient"), OUTSIDE)
async def test_port_25_relays_for_nobody(sender: str, recipient: str) -> None:
    """RFC 5321 §7.2 and the probes that relay testers send."""
    async with serving() as served, await Client.connect(served) as client:
        assert (await client.ask(f"MAIL FROM:<{sender}>")).startswith("250 ")
        assert (await client.ask(f"RCPT TO:{recipient}"))[0] == "5"
        assert (await client.ask("DATA")).startswith("554 5.5.1 ")
        await client.send(b"BDAT 3 LAST\r\nabc")
        assert (await client.reply()).startswith("554 5.5.1 ")
        assert served.inbound.taken == served.submission.taken == []


async def test_submission_takes_nothing_without_a_login() -> None:
    """RFC 6409 §4.3: neither before nor inside TLS."""
    async with serving() as served, await Client.connect(served, "submission") as client:
        assert (await client.ask("MAIL FROM:<mia@example.org>")).startswith("530 5.7.0 ")
        await client.start_tls()
        await client.ask("EHLO client.example")
        assert (await client.ask("MAIL FROM:<mia@example.org>")).startswith("530 5.7.0 ")
        assert (await client.ask("RCPT TO:<victim@elsewhere.example>")).startswith("503 5.5.1 ")
