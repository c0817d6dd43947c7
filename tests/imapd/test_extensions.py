"""Extensions that a transcript cannot play: compression, tokens, sorting, large conversations."""

import base64
import zlib
from pathlib import Path

import pytest

from imapd import conversations
from imapd.commands import SortKey
from imapd.sorting import base_subject, order
from mailcore.credentials import OPERATOR
from mailcore.model import KeyRole, Permission
from mailcore.store.ports import SortRow
from tests.support.effort import takes_at_most
from tests.support.imap_live import Client, Live, live


def row(uid: int, message_id: str = "", references: tuple[str, ...] = (), **more: str) -> SortRow:
    """A row whose date is its UID."""
    return SortRow(
        uid=uid,
        internal_date=uid,
        sent_at=uid,
        size_bytes=1,
        subject=more.get("subject", ""),
        sender=("", more.get("sender", "")),
        to=("", ""),
        cc=("", ""),
        message_id=message_id,
        in_reply_to="",
        references=references,
    )


def threaded(rows: list[SortRow]) -> bytes:
    """THREAD=REFERENCES, by UID."""
    roots = conversations.by_references(rows)
    return conversations.render(roots, {one.uid: one.uid for one in rows})


class Deflated:
    """A client that has switched compression on."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._deflate = zlib.compressobj(wbits=-15)
        self._inflate = zlib.decompressobj(wbits=-15)
        self._read = b""

    async def send(self, octets: bytes) -> None:
        """Send octets compressed."""
        packed = self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        await self._client.send(packed)

    async def until(self, end: bytes) -> bytes:
        """What the server says up to a text."""
        while end not in self._read:
            self._read += self._inflate.decompress(await self._client.reader.read(65536))
        said, _, self._read = self._read.partition(end)
        return said


async def test_compression_covers_both_directions(tmp_path: Path) -> None:
    """RFC 4978: a message passes through whole, and a second COMPRESS is refused."""
    raw = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 60_000
    async with live(tmp_path) as server:
        client = await server.login("INBOX")
        assert any(b"COMPRESS=DEFLATE" in line for line in await client.ok("CAPABILITY"))
        await client.ok("COMPRESS DEFLATE")
        deflated = Deflated(client)
        await deflated.send(b"a APPEND INBOX {%d+}\r\n" % len(raw) + raw + b"\r\n")
        assert b"APPENDUID" in await deflated.until(b"message stored\r\n")
        await deflated.send(b"b FETCH 1 BODY.PEEK[]\r\nc COMPRESS DEFLATE\r\n")
        assert raw in await deflated.until(b"b OK fetched\r\n")
        assert (
            await deflated.until(b"on already\r\n") == b"c NO [COMPRESSIONACTIVE] compression is "
        )


async def test_garbage_instead_of_deflate_ends_the_connection(tmp_path: Path) -> None:
    """RFC 4978 §3: nothing can follow what does not inflate."""
    async with live(tmp_path) as server:
        client = await server.login()
        await client.ok("COMPRESS DEFLATE")
        await client.send(b"\xff" * 100)
        assert await client.is_closed()


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
async def test_an_api_key_is_a_bearer_token(tmp_path: Path, mechanism: str) -> None:
    """RFC 7628 §3.1, and the form that came before it."""
    async with live(tmp_path) as server:
        head = {
            "OAUTHBEARER": f"n,a={server.username},\x01host=mail\x01port=993\x01",
            "XOAUTH2": f"user={server.username}\x01",
        }[mechanism]
        text = f"{head}auth=Bearer {server.password}\x01\x01"
        client = await server.connect()
        assert f"AUTH={mechanism}".encode() in client.greeting
        await client.ok(f"AUTHENTICATE {mechanism} {base64.b64encode(text.encode()).decode()}")
        await client.ok("SELECT INBOX")


async def test_a_key_that_may_only_read_changes_nothing_whatever_arrives(server: Live) -> None:
    """What others change in the mailbox does not widen what a key may do."""
    created = await server.accounts.create_key(
        OPERATOR,
        role=KeyRole.AGENT,
        name="reader",
        agent="mia",
        permissions=[Permission.READ],
    )
    client = await server.connect()
    text = f"user={server.username}\x01auth=Bearer {created.token}\x01\x01"
    await client.ok(f"AUTHENTICATE XOAUTH2 {base64.b64encode(text.encode()).decode()}")
    await client.ok("SELECT INBOX")
    await server.deliver()
    assert b"* 1 EXISTS" in await client.ok("NOOP")
    for command in ("STORE 1 +FLAGS (\\Seen)", "EXPUNGE", "COPY 1 Drafts"):
        assert (await client.command(command))[-1].startswith(b"NO"), command


# Sorting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("Re: Plans", "Plans", True),
        ("RE[2]: [list] fw: [x] Plans (fwd) (FWD)", "Plans", True),
        ("[Fwd: Re: Plans]", "Plans", True),
        ("[list] Plans", "Plans", False),
        ("[list]", "[list]", False),
        ("[a] [b]", "[b]", False),
        ("Re:", "", True),
        ("Reply: no", "Reply: no", False),
        ("  two \t  spaces ", "two spaces", False),
    ],
)
def test_base_subject(subject: str, base: str, is_reply: bool) -> None:
    """RFC 5256 §2.1."""
    assert base_subject(subject) == (base, is_reply)


def test_sorting_is_stable_and_reverses_key_by_key() -> None:
    """RFC 5256 §3: equal keys keep the order of the mailbox."""
    rows = [row(1, sender="b@x"), row(2, sender="a@x"), row(3, sender="B@y")]
    assert order(rows, [(SortKey.FROM, False)]) == [2, 1, 3]
    assert order(rows, [(SortKey.FROM, True)]) == [1, 3, 2]
    assert order(rows, [(SortKey.SIZE, True)]) == [1, 2, 3]


# Conversations -----------------------------------------------------------------------------------


def test_a_conversation_branches() -> None:
    """RFC 5256 §4: a single answer goes on in line, several each in parentheses."""
    rows = [
        row(1, "1"),
        row(2, "2", ("1",)),
        row(3, "3", ("1", "2")),
        row(4, "4", ("1",)),
        row(5, "5", ("1", "4")),
    ]
    assert threaded(rows) == b"(1 (2 3)(4 5))"


def test_answers_to_a_missing_message_stay_together() -> None:
    """RFC 5256 §3 step 3: a missing root keeps its children, one child takes its place."""
    assert threaded([row(1, "1", ("0",)), row(2, "2", ("0",))]) == b"((1)(2))"
    assert threaded([row(1, "1", ("0",)), row(2, "2")]) == b"(1)(2)"


def test_subjects_join_what_has_no_references() -> None:
    """RFC 5256 §3 step 5: an answer goes below the original, two originals side by side."""
    rows = [row(1, "1", subject="A"), row(2, "2", subject="Re: A"), row(3, "3", subject="B")]
    assert threaded(rows) == b"(1 2)(3)"
    assert threaded([row(1, "1", subject="A"), row(2, "2", subject="A")]) == b"((1)(2))"


def test_loops_and_twins_lose_no_message() -> None:
    """Ids that refer to each other, to themselves, or are used twice."""
    rows = [row(1, "1", ("2",)), row(2, "2", ("1",)), row(3, "3", ("3",)), row(4, "1")]
    shown = threaded(rows)
    assert all(b"%d" % number in shown for number in range(1, 5))


def test_hostile_references_lose_no_message_and_cost_little() -> None:
    """Long chains, and references in every order, in linear time."""
    chain = [row(uid, str(uid), (str(uid - 1),)) for uid in range(1, 20_001)]
    wild = [
        row(uid, str(uid), tuple(str(uid * prime % 20_000) for prime in (7, 13, 101, 211, 997)))
        for uid in range(20_001, 30_001)
    ]
    shown = threaded(chain + wild)
    numbers = shown.replace(b"(", b" ").replace(b")", b" ").split()
    assert sorted(map(int, numbers)) == list(range(1, 30_001))
    assert takes_at_most(10, lambda: threaded(chain + wild))
