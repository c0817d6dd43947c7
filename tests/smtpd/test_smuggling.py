"""Where a message ends: every pairing of line ends around the dot, after DATA and inside BDAT."""

import itertools

import pytest

from tests.support.smtp_client import Client
from tests.support.smtp_fakes import serving

ENDS = {
    "cr": b"\r",
    "lf": b"\n",
    "crlf": b"\r\n",
    "lfcr": b"\n\r",
    "crcrlf": b"\r\r\n",
    "none": b"",
}
INNER = (
    b"MAIL FROM:<forged@bank.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n"
    b"Subject: smuggled\r\n\r\nsmuggled"
)
PAIRS = [
    pytest.param(a, b, id=f"{x}-{y}")
    for (x, a), (y, b) in itertools.product(ENDS.items(), repeat=2)
]


@pytest.mark.parametrize(("before", "behind"), PAIRS)
async def test_only_crlf_dot_crlf_ends_data(before: bytes, behind: bytes) -> None:
    """RFC 5321 §4.1.1.4: whatever else looks like an end to somebody smuggles nothing past us."""
    is_end = before.endswith(b"\r\n") and behind == b"\r\n"
    is_clean = before in (b"", b"\r\n") and behind in (b"", b"\r\n")
    async with serving() as served, await Client.connect(served) as client:
        await client.start_data()
        await client.send(
            b"Subject: one\r\n\r\none" + before + b"." + behind + INNER + b"\r\n.\r\n"
        )
        first = await client.reply()
        assert first.startswith("250 2.0.0 " if is_clean else "550 5.6.11 ")
        if is_end:
            assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "354", "250"]
        else:
            assert (await client.ask("NOOP")) == "250 2.0.0 ok"
        senders = [str(one.envelope.mail_from) for one in served.inbound.taken]
        assert ("forged@bank.example" in senders) == is_end
        for one in served.inbound.taken:
            assert one.raw.count(b"\r") == one.raw.count(b"\n") == one.raw.count(b"\r\n")


@pytest.mark.parametrize(("before", "behind"), PAIRS)
async def test_nothing_in_a_chunk_ends_it(before: bytes, behind: bytes) -> None:
    """RFC 3030 §2: the size alone says where commands go on."""
    content = b"Subject: one\r\n\r\none" + before + b"." + behind + INNER + b"\r\n.\r\n"
    is_clean = before in (b"", b"\r\n") and behind in (b"", b"\r\n")
    async with serving() as served, await Client.connect(served) as client:
        await client.transaction()
        await client.send(b"BDAT %d LAST\r\n%bNOOP\r\n" % (len(content), content))
        assert (await client.reply()).startswith("250 " if is_clean else "550 5.6.11 ")
        assert await client.reply() == "250 2.0.0 ok"
        assert [one.raw for one in served.inbound.taken] == ([content] if is_clean else [])


@pytest.mark.parametrize("door", ["smtp", "submission"])
@pytest.mark.parametrize(
    "injected",
    [
        b"NOOP\r\n",
        b"EHLO x\r\nMAIL FROM:<a@r.example>\r\n",
        b"AUTH PLAIN AG1pYQB4\r\n",
        b"\n",
        b"\0",
    ],
)
async def test_nothing_injected_before_tls_is_executed_inside(door: str, injected: bytes) -> None:
    """RFC 3207 §6, CVE-2011-0411: what came in the clear behind STARTTLS is forgotten."""
    async with serving() as served, await Client.connect(served, door) as client:
        await client.send(b"STARTTLS\r\n" + injected)
        assert (await client.reply()).startswith("220 2.0.0 ")
        await client.start_tls_now()
        assert (await client.ask("MAIL FROM:<a@r.example>")).startswith("503 5.5.1 send EHLO")
        assert await client.ask("NOOP") == "250 2.0.0 ok"
