"""Whatever the texts and however they are coded: index, octets and a plain look give one answer."""

import asyncio
import base64
import quopri
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mailcore.clock import SystemClock
from mailcore.credentials import OPERATOR
from mailcore.delivery import Delivery, Target
from mailcore.fulltext import Indexer
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes, bytes_match
from mailcore.message.searchtext import needle
from mailcore.model import Direction
from mailcore.search import And, Body, Not, Or, SearchNode, Text, Words
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import SqliteStore
from tests.support.build import create_inbox

_CHARSETS = ("utf-8", "utf-16", "iso-8859-1", "windows-1251", "gb18030", "shift_jis", "euc-kr")
_ENCODINGS = ("8bit", "base64", "quoted-printable")
_LETTERS = "aAbB ßẞéÉe\u0301İıςΣσﬁ日本語한国🙂👩\u200d👧ЖжïЇ'\"*-.0 "
_texts = st.text(_LETTERS, min_size=0, max_size=60)


def coded(text: str, charset: str, encoding: str) -> bytes | None:
    """A message with this text, None when the charset has no such characters."""
    try:
        octets = text.encode(charset)
    except UnicodeEncodeError:
        return None
    if encoding == "base64":
        octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        octets = quopri.encodestring(octets).replace(b"\n", b"\r\n")
    elif charset == "utf-16":
        return None
    head = (
        f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    )
    return b"X-Head: Zz\r\n" + head.encode() + b"\r\n" + octets


def trees(needles: Sequence[str]) -> list[SearchNode]:
    """Every kind of node with every text, and some of them together."""
    found: list[SearchNode] = [kind(one) for one in needles for kind in (Body, Text, Words)]
    found += [Not(one) for one in found]
    pairs = list(zip(found, found[2:], strict=False))
    found += [And(pair) for pair in pairs] + [Or(*pair) for pair in pairs]
    return found


def naive(node: SearchNode, raw: bytes) -> bool:
    match node:
        case And(children):
            return all(naive(child, raw) for child in children)
        case Or(left, right):
            return naive(left, raw) or naive(right, raw)
        case Not(child):
            return not naive(child, raw)
        case _:
            return bytes_match(node, raw)


async def answers(folder: Path, messages: Sequence[bytes], nodes: Sequence[SearchNode]) -> None:
    """Compare on a real store: half of the messages indexed, then all."""
    maildir = Maildir(folder)
    async with SqliteStore.open(folder, maildir, SystemClock()) as stores:
        mia = await create_inbox(stores)
        delivery = Delivery(mail=stores.mail)
        mailboxes = Mailboxes(
            mail=stores.mail,
            accounts=stores.accounts,
            blobs=stores.blobs,
            delivery=delivery,
            clock=SystemClock(),
        )
        journal = Journal(store=stores.journal, wakeups=stores.wakeups)
        indexer = Indexer(index=stores.fulltext, blobs=stores.blobs, journal=journal)
        for number, raw in enumerate(messages):
            if number == len(messages) // 2:
                await indexer.catch_up()
            target = Target(inbox_id=mia.id, mailbox="INBOX")
            await delivery.deliver(
                raw,
                [target],
                internal_date=SystemClock().now(),
                direction=Direction.INBOUND,
            )
        box = await mailboxes.mailbox(OPERATOR, mia.id, "INBOX")
        for _ in range(2):
            for node in nodes:
                expected = [uid for uid, raw in enumerate(messages, 1) if naive(node, raw)]
                assert list(await mailboxes.search(box, node)) == expected, node
            await indexer.catch_up()
        assert await stores.check.check(deep=True) == ()
    maildir.close()


@settings(max_examples=12, deadline=None)
@given(
    texts=st.lists(_texts, min_size=2, max_size=6),
    strange=_texts,
    cut=st.tuples(st.integers(0, 59), st.integers(1, 8)),
    seed=st.integers(0, 20),
)
def test_index_octets_and_a_plain_look_agree(
    texts: list[str], strange: str, cut: tuple[int, int], seed: int
) -> None:
    """RFC 9051 §6.4.4: a substring without case of the decoded text."""
    made = []
    for number, text in enumerate(texts, seed):
        raw = coded(text, _CHARSETS[number % 7], _ENCODINGS[number % 3])
        made.append(raw or coded(text, "utf-8", _ENCODINGS[number % 3]) or b"")
    start, length = cut
    needles = [text[start % len(text) :][:length] for text in texts if text]
    for text, raw in zip(texts, made, strict=True):
        piece = text.strip()[1:5]
        if raw and needle(piece) in needle(text):
            assert bytes_match(Body(piece), raw), (piece, text)
    nodes = trees([*needles[:3], strange[:4], "zz"])
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(answers(Path(folder), made, nodes))
