"""FETCH against real messages in real files."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from imapd.fetch import BodySection, Text
from imapd.ops.sections import filtered
from mailcore.delivery import Target
from mailcore.message.analyze import analyze
from mailcore.model import Direction
from tests.support.imap_live import RAW, Live
from tests.support.mirroring import mirror

NESTED = (
    b"From: a@b.test\r\nSubject: outer\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="xx"\r\n\r\n'
    b"preamble\r\n"
    b"--xx\r\nContent-Type: text/plain\r\n\r\nfirst\r\n"
    b"--xx\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: c@d.test\r\nSubject: inner\r\nTo: e@f.test\r\n\r\ninside\r\n"
    b"--xx--\r\n"
)


async def section(server: Live, item: str) -> bytes:
    """The value of one section of the nested message, with its label."""
    await server.deliver(NESTED)
    client = await server.login("INBOX")
    said = await client.ok(f"FETCH 1 (BODY.PEEK{item})")
    return said[0].removeprefix(b"* 1 FETCH (").removesuffix(b")")


@pytest.mark.parametrize(
    ("item", "label", "value"),
    [
        ("[]", b"BODY[]", NESTED),
        ("[1]", b"BODY[1]", b"first"),
        ("[1.MIME]", b"BODY[1.MIME]", b"Content-Type: text/plain\r\n\r\n"),
        (
            "[2.HEADER.FIELDS (SUBJECT)]",
            b"BODY[2.HEADER.FIELDS (SUBJECT)]",
            b"Subject: inner\r\n\r\n",
        ),
        ("[2.TEXT]", b"BODY[2.TEXT]", b"inside"),
        ("[2.1]", b"BODY[2.1]", b"inside"),
        (
            "[HEADER.FIELDS.NOT (FROM CONTENT-TYPE)]",
            b"BODY[HEADER.FIELDS.NOT (FROM CONTENT-TYPE)]",
            b"Subject: outer\r\nMIME-Version: 1.0\r\n\r\n",
        ),
        ("[]<6.6>", b"BODY[]<6>", b"a@b.te"),
        ("[1]<3.100>", b"BODY[1]<3>", b"st"),
        ("[1]<100.5>", b"BODY[1]<100>", b""),
        ("[HEADER.FIELDS (FROM)]<0.4>", b"BODY[HEADER.FIELDS (FROM)]<0>", b"From"),
    ],
)
async def test_a_section_is_exactly_its_octets(
    server: Live, item: str, label: bytes, value: bytes
) -> None:
    """RFC 9051 §6.4.5: numbering, pieces and partials."""
    assert await section(server, item) == b"%b {%d}\r\n%b" % (label, len(value), value)


async def test_a_section_that_is_not_there_is_nil(server: Live) -> None:
    """RFC 9051 §7.5.2: the item is answered all the same."""
    assert await section(server, "[7.1]") == b"BODY[7.1] NIL"


async def test_reading_a_body_sets_seen_and_says_so(server: Live) -> None:
    r"""RFC 9051 §6.4.5: BODY[] sets \\Seen, BODY.PEEK[] does not."""
    await server.deliver()
    client = await server.login("INBOX")
    assert b"FLAGS" not in (await client.ok("FETCH 1 BODY.PEEK[TEXT]"))[0]
    assert b"FLAGS (\\Seen \\Recent) BODY[TEXT]" in (await client.ok("FETCH 1 BODY[TEXT]"))[0]
    assert b"FLAGS" not in (await client.ok("FETCH 1 RFC822"))[0]
    assert (await client.ok("SEARCH UNSEEN"))[0] == b"* SEARCH"


async def test_examine_never_sets_seen(server: Live) -> None:
    """RFC 9051 §6.3.3: no changes."""
    await server.deliver()
    client = await server.login()
    await client.ok("EXAMINE INBOX")
    await client.ok("FETCH 1 BODY[]")
    assert (await client.ok("SEARCH UNSEEN"))[0] == b"* SEARCH 1"


async def test_the_size_equals_the_body(server: Live) -> None:
    """RFC 9051 §2.3.4: RFC822.SIZE counts the octets of BODY[]."""
    raw = RAW + bytes(range(1, 256)) * 5
    await server.deliver(raw)
    client = await server.login("INBOX")
    assert (await client.ok("FETCH 1 RFC822.SIZE"))[0] == b"* 1 FETCH (RFC822.SIZE %d)" % len(raw)
    assert (await client.ok("FETCH 1 BODY.PEEK[]"))[0].endswith(raw + b")")


async def test_a_large_message_comes_whole(server: Live) -> None:
    """Read in chunks, sent with back-pressure, every octet as stored."""
    raw = RAW + b"".join(hashlib.sha256(b"%d" % one).digest() for one in range(80_000))
    await server.deliver(raw)
    client = await server.login("INBOX")
    said = (await client.ok("FETCH 1 (UID BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (TO)])"))[0]
    tail = b" BODY[HEADER.FIELDS (TO)] {21}\r\nTo: mia@here.test\r\n\r\n)"
    assert said == b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%b%b" % (len(raw), raw, tail)


async def test_many_bodies_come_in_order(server: Live) -> None:
    """Reading ahead does not change the order."""
    for number in range(40):
        await server.deliver(RAW + b"%d" % number)
    client = await server.login("INBOX")
    said = await client.ok("FETCH 1:* BODY.PEEK[TEXT]")
    assert [line.rsplit(b"\r\n", 1)[1] for line in said[:-1]] == [b"%d)" % n for n in range(40)]


async def test_uid_fetch_beyond_the_end_returns_the_last_message(server: Live) -> None:
    """RFC 9051 §6.4.9, §9: `n:*` always holds the last message."""
    await server.deliver()
    await server.deliver()
    client = await server.login("INBOX")
    assert await client.ok("UID FETCH 77:* (FLAGS)") == [
        b"* 2 FETCH (UID 2 FLAGS (\\Recent))",
        b"OK fetched",
    ]


async def test_an_empty_mailbox_answers_all_with_nothing(server: Live) -> None:
    """Clients send this without looking at EXISTS."""
    client = await server.login("INBOX")
    assert await client.ok("UID FETCH 1:* (FLAGS)") == [b"OK fetched"]
    assert await client.ok("FETCH 1:* (FLAGS)") == [b"OK fetched"]


async def test_metadata_opens_no_file(server: Live, tmp_path: Path) -> None:
    """Everything but BODY[…] comes from prepared columns."""
    await server.deliver(NESTED)
    await mirror(server.stores).drain()
    client = await server.login("INBOX")
    files = [one for one in (tmp_path / "mail").rglob("*") if one.is_file()]
    kept = {one: one.read_bytes() for one in files}
    for one in files:
        one.unlink()
    said = (
        await client.ok("FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE)")
    )[0]
    assert b'"inner"' in said
    assert (await client.command("FETCH 1 BODY[]"))[-1].startswith(b"NO [EXPUNGEISSUED]")
    for one, raw in kept.items():
        one.write_bytes(raw)


async def test_a_message_delivered_during_the_session_is_told_before_it_is_fetched(
    server: Live,
) -> None:
    """The number means something only after EXISTS."""
    client = await server.login("INBOX")
    await server.deliver()
    assert await client.ok("UID FETCH 1:* (FLAGS)") == [
        b"* 1 EXISTS",
        b"* 1 RECENT",
        b"* 1 FETCH (UID 1 FLAGS (\\Recent))",
        b"OK fetched",
    ]


async def test_a_slow_reader_holds_up_nobody(server: Live) -> None:
    """Back-pressure: the server waits for the one and serves the other."""
    await server.deliver(RAW + b"x" * 6_000_000)
    slow = await server.login("INBOX")
    await slow.send(b"s FETCH 1 BODY.PEEK[]\r\n")
    other = await server.login("INBOX")
    async with asyncio.timeout(60):
        await other.ok("NOOP")
    assert (await slow.until(b"s"))[-1] == b"OK fetched"


def test_filtered_fields_keep_their_folding() -> None:
    """RFC 9051 §6.4.5: the fields as they stand, then the empty line."""
    wanted = BodySection(label=b"", text=Text.FIELDS, fields=(b"b",))
    assert filtered(b"A: 1\r\nB: 2\r\n  3\r\nb:4\r\n\r\n", wanted) == b"B: 2\r\n  3\r\nb:4\r\n\r\n"


@contextmanager
def without_files(data_dir: Path) -> Iterator[None]:
    """Put the messages' files out of reach for the length of a block."""
    (data_dir / "mail").rename(data_dir / "away")
    try:
        yield
    finally:
        (data_dir / "away").rename(data_dir / "mail")


LISTED = "BODY.PEEK[HEADER.FIELDS (DATE SUBJECT X-NONE FROM)]"


def traced(number: int) -> bytes:
    """A message whose header is too long to be kept whole."""
    trace = b"".join(b"Received: by host%d\r\n" % one for one in range(number * 40))
    return trace + RAW


async def test_header_fields_need_no_file(server: Live, tmp_path: Path) -> None:
    """What lists of messages show is kept beside them, for headers short and long."""
    for number in range(3):
        await server.deliver(traced(number * 3))
    await mirror(server.stores).drain()
    client = await server.login("INBOX")
    listed = b"BODY[HEADER.FIELDS (DATE SUBJECT X-NONE FROM)] {%d}\r\n%b"
    fields = b"From: Ann <ann@outside.test>\r\nSubject: Hello\r\n\r\n"
    listed %= (len(fields), fields)
    with without_files(tmp_path):
        said = await client.ok(f"UID FETCH 1:* (FLAGS {LISTED})")
        assert said[:-1] == [
            b"* %d FETCH (UID %d FLAGS (\\Recent) %b)" % (one, one, listed) for one in (1, 2, 3)
        ]
        (said, _) = await client.ok("FETCH 1 (BODY.PEEK[HEADER]<6.3> BODY.PEEK[HEADER])")
        head = RAW.removesuffix(b"Hello.\r\n")
        whole = b"BODY[HEADER]<6> {3}\r\nAnn BODY[HEADER] {%d}\r\n%b" % (len(head), head)
        assert said == b"* 1 FETCH (%b)" % whole


async def test_fields_that_are_kept_and_fields_that_are_not_come_in_order(server: Live) -> None:
    """Each message is answered from where its fields are."""
    for number in (0, 4, 0, 4, 4, 0):
        await server.deliver(traced(number))
    client = await server.login("INBOX")
    said = await client.ok("FETCH 1:* BODY.PEEK[HEADER.FIELDS (RECEIVED SUBJECT)]")
    assert [line.count(b"Received: by host") for line in said[:-1]] == [0, 160, 0, 160, 160, 0]
    assert [line.split(b" ")[1] for line in said[:-1]] == [b"%d" % one for one in range(1, 7)]


async def test_headers_of_older_messages_are_kept_once_they_were_read(
    server: Live, tmp_path: Path
) -> None:
    """A mailbox from before, or from a copy of the state, is read from its files once."""
    target = Target(inbox_id=server.inbox.id, mailbox="INBOX")
    for number in range(20):
        raw = traced(4) + b"%d" % number
        await server.delivery.deliver(
            raw,
            [target],
            internal_date=server.clock.now(),
            direction=Direction.INBOUND,
            facts=replace(analyze(raw), kept_fields=b""),
        )
    await mirror(server.stores).drain()
    client = await server.login("INBOX")
    first = await client.ok(f"FETCH 1:* {LISTED}")
    assert len(first) == 21
    with without_files(tmp_path):
        assert await client.ok(f"FETCH 1:* {LISTED}") == first


async def test_reading_a_header_that_is_kept_sets_seen(server: Live) -> None:
    """RFC 9051 §6.4.5: only PEEK leaves the flag alone."""
    await server.deliver()
    client = await server.login("INBOX")
    (said, _) = await client.ok("FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]")
    assert b"\\Seen" in said
    assert said.endswith(b"Subject: Hello\r\n\r\n)")
