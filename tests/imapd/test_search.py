"""SEARCH against real messages."""

import pytest

from mailcore.fulltext import Indexer
from mailcore.journal import Journal
from mailcore.model import Flag
from tests.support.imap_live import Live


def mail(subject: str, body: str, sender: str = "ann@outside.test", extra: str = "") -> bytes:
    """A message in UTF-8."""
    head = f"From: {sender}\r\nTo: mia@here.test\r\nSubject: {subject}\r\n{extra}"
    kind = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    return (head + kind + body).encode("utf-8")


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("ALL", b"1 2 3"),
        ("2:3 NOT 3", b"2"),
        ("UID 3:*", b"3"),
        ("UID 99:*", b"3"),
        ("FROM BOB", b"2"),
        ("SUBJECT apples", b"1 3"),
        ("OR FROM bob SUBJECT pears", b"2"),
        ("TEXT needle", b"2 3"),
        ("BODY needle", b"3"),
        ("NOT BODY needle", b"1 2"),
        ("SEEN", b"2"),
        ("UNSEEN SUBJECT apples", b"1 3"),
        ("HEADER X-Colour blue", b"1"),
        ('HEADER X-Colour ""', b"1"),
        ('HEADER Message-ID "<one@x.test>"', b"1"),
        ('HEADER Message-ID "<ne@x.test>"', b""),
        ("LARGER 100000", b""),
        ("SMALLER 100000", b"1 2 3"),
        ("SINCE 1-Jan-2020 BEFORE 1-Jan-2100", b"1 2 3"),
        ("SENTON 3-Feb-2026", b"1"),
        ("RECENT", b"1 2 3"),
        ("NEW", b"1 3"),
        ("OLD", b""),
        ('CHARSET UTF-8 SUBJECT "äpfel"', b"3"),
        ('CHARSET UTF-8 SUBJECT "ÄPFEL"', b"3"),
    ],
)
async def test_keys_find_what_they_say(server: Live, key: str, found: bytes) -> None:
    """RFC 9051 §6.4.4."""
    extra = "X-Colour: Blue\r\nMessage-ID: <one@x.test>\r\nDate: Tue, 3 Feb 2026 23:59:00 +0000\r\n"
    await server.deliver(mail("apples", "none", extra=extra))
    await server.deliver(mail("pears needle", "none", "Bob <bob@x.test>"), flags=Flag.SEEN)
    await server.deliver(mail("apples und Äpfel", "a Needle ü"))
    client = await server.login("INBOX")
    assert (await client.ok(f"SEARCH {key}"))[0] == (b"* SEARCH " + found).rstrip()


async def test_text_is_found_before_and_after_it_is_indexed(server: Live) -> None:
    """RFC 9051 §6.4.4: decoded, without case, whatever the index knows by then."""
    await server.deliver(mail("plain", "hay"))
    coded = b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    await server.deliver(b"Subject: coded\r\n" + coded + b"\r\nGr=FC=DFe aus K=F6=\r\nln\r\n")
    indexer = Indexer(
        index=server.stores.fulltext,
        blobs=server.stores.blobs,
        journal=Journal(store=server.stores.journal, wakeups=server.stores.wakeups),
    )
    client = await server.login("INBOX")
    for _ in range(2):
        for key, found in (
            ('BODY "GRÜSSE AUS KÖLN"', b"2"),
            ('TEXT "öl"', b"2"),
            ('TEXT hay NOT BODY "Köln"', b"1"),
            ("OR TEXT coded BODY hay", b"1 2"),
            ("UNSEEN TEXT content-type FROM ann", b"1"),
            ("HEADER Content-Type iso-8859", b"2"),
            ("BODY coded", b""),
        ):
            said = await client.ok(f"SEARCH CHARSET UTF-8 {key}")
            assert said[0] == (b"* SEARCH " + found).rstrip(), key
        await indexer.catch_up()


async def test_uid_search_answers_uids(server: Live) -> None:
    """RFC 9051 §6.4.9."""
    for _ in range(3):
        await server.deliver()
    client = await server.login("INBOX")
    await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await client.ok("EXPUNGE")
    assert (await client.ok("UID SEARCH ALL"))[0] == b"* SEARCH 2 3"
    assert (await client.ok("SEARCH ALL"))[0] == b"* SEARCH 1 2"


async def test_text_without_a_charset_may_be_latin_1(server: Live) -> None:
    """JavaMail sends it so after ENABLE UTF8=ACCEPT; where a charset is named it must hold."""
    await server.deliver(b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello.\r\n")
    client = await server.login("INBOX")
    assert await client.ok(b'SEARCH SUBJECT "Gr\xfc\xdfe"') == [
        b"* SEARCH 1",
        b"OK search completed",
    ]
    said = await client.command(b'SEARCH CHARSET UTF-8 SUBJECT "Gr\xfc\xdfe"')
    assert said[-1] == b"BAD the search text is not in the charset named"


async def test_an_unknown_charset_is_refused_with_what_is_known(server: Live) -> None:
    """RFC 9051 §7.1 BADCHARSET."""
    client = await server.login("INBOX")
    said = (await client.command("SEARCH CHARSET KOI8-R TEXT x"))[-1]
    assert said.startswith(b"NO [BADCHARSET (UTF-8 US-ASCII)] ")


@pytest.mark.parametrize(
    "key",
    [
        "OR SEEN " * 400 + "UNSEEN",
        "NOT (ALL " * 9 + "SEEN" + ")" * 9,
        "OR SEEN (ALL " * 9 + "UNSEEN" + ")" * 9,
        "OR (ALL " * 9 + "UNSEEN" + ") SEEN" * 9,
        "UNSEEN " * 1000 + "ALL",
        "UID " + ",".join(str(number) for number in range(1, 20_000, 2)),
    ],
)
async def test_large_searches_are_answered(server: Live, key: str) -> None:
    """Whatever the grammar lets through, the store can do."""
    await server.deliver()
    client = await server.login("INBOX")
    assert (await client.ok(f"SEARCH {key}"))[0].startswith(b"* SEARCH")
