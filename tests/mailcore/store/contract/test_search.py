"""The promises of `MailStore.search`: exact where columns decide, never too few where they cannot."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mailcore.errors import MailError
from mailcore.ids import MailboxId
from mailcore.model import Flag, Inbox
from mailcore.search import (
    All,
    And,
    Body,
    Field,
    HasFlag,
    HasKeyword,
    Header,
    ModSeq,
    Not,
    Or,
    Received,
    SearchNode,
    Sent,
    Size,
    Text,
    UidIn,
)
from mailcore.store.ports import Stores
from tests.support.build import deliver, message_facts


async def fill(stores: Stores, mia: Inbox) -> MailboxId:
    """Three messages with little in common."""
    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    east = timezone(timedelta(hours=13))
    facts = message_facts(
        subject="Grüße aus KÖLN",
        sender="Ann <ann@one.test>",
        cc=["Carl <carl@cc.test>"],
        message_id="first@x",
        date=datetime(2026, 3, 1, 1, tzinfo=east),
    )
    first = await deliver(stores, mia, facts=facts, flags=Flag.SEEN, internal_date=day)
    raw = b"Subject: x\r\n\r\n" + b"y" * 4986
    facts = message_facts(
        raw,
        subject="plain",
        sender="bob@two.test",
        to=["x@y.test"],
        bcc=["hidden@z.test"],
        date=None,
    )
    await deliver(
        *(stores, mia),
        raw=raw,
        facts=facts,
        keywords=["$Work"],
        internal_date=day + timedelta(days=1),
    )
    facts = message_facts(subject="", sender="", to=[], date=day + timedelta(days=5))
    at = day + timedelta(days=2, hours=11, minutes=59)
    await deliver(stores, mia, facts=facts, flags=Flag.DELETED | Flag.SEEN, internal_date=at)
    return first.mailbox_id


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (All(), [1, 2, 3]),
        (HasFlag(Flag.SEEN), [1, 3]),
        (Not(HasFlag(Flag.SEEN)), [2]),
        (HasKeyword("$WORK"), [2]),
        (HasKeyword("$Wor"), []),
        (UidIn(((2, 2), (3, 4294967295))), [2, 3]),
        (UidIn(()), []),
        (UidIn(tuple((n, n) for n in range(1, 60, 2))), [1, 3]),
        (Not(UidIn(tuple((n, n) for n in range(1, 60, 2)))), [2]),
        (Received(since=date(2026, 3, 2)), [2, 3]),
        (Received(before=date(2026, 3, 2)), [1]),
        (Received(since=date(2026, 3, 3), before=date(2026, 3, 4)), [3]),
        (Received(), [1, 2, 3]),
        (Sent(since=date(2026, 3, 1), before=date(2026, 3, 2)), [1]),
        (Sent(since=date(2026, 3, 6)), [3]),
        (Sent(since=date(2026, 3, 2), before=date(2026, 3, 3)), [2]),
        (Size(larger_than=4999), [2]),
        (Size(larger_than=5000), []),
        (Size(smaller_than=5000), [1, 3]),
        (Field("subject", "grüsse"), [1]),
        (Field("subject", "köln"), [1]),
        (Field("FROM", "ann <ann@one"), [1]),
        (Field("to", "mia@"), [1]),
        (Field("cc", "CARL"), [1]),
        (Field("bcc", "hidden"), [2]),
        (Field("message-id", "<first@x>"), [1]),
        (Field("subject", ""), [1, 2, 3]),
        (And((HasFlag(Flag.SEEN), Not(HasFlag(Flag.DELETED)))), [1]),
        (And(()), [1, 2, 3]),
        (Or(Field("from", "bob"), Field("subject", "köln")), [1, 2]),
        (And((Body("absent"), HasFlag(Flag.DELETED))), [3]),
        (Not(Body("absent")), [1, 2, 3]),
        (Not(Or(Text("x"), HasFlag(Flag.SEEN))), [2]),
        (Not(Not(Header("X-A", ""))), [1, 2, 3]),
        (ModSeq(1), [1, 2, 3]),
        (ModSeq(10**12), []),
    ],
)
async def test_search(stores: Stores, mia: Inbox, node: SearchNode, expected: list[int]) -> None:
    """RFC 9051 §6.4.4; nodes that need the octets count as true wherever they stand."""
    mailbox_id = await fill(stores, mia)
    found = await stores.mail.search(mailbox_id, node)
    assert sorted([*found.uids, *(one.uid for one in found.unsure)]) == expected
    assert all(",S=" in one.blob for one in found.unsure)
    assert not (found.uids and found.unsure)


async def test_a_wide_search_stays_within_sqlite_s_depth(stores: Stores, mia: Inbox) -> None:
    """Thousands of keys in one AND are a balanced tree."""
    mailbox_id = await fill(stores, mia)
    node = And(tuple(Not(HasKeyword(f"k{number}")) for number in range(3000)))
    found = await stores.mail.search(mailbox_id, node)
    assert found == ([1, 2, 3], ())


async def test_a_deep_search_is_refused(stores: Stores, mia: Inbox) -> None:
    """INVALID instead of a crash of the parser."""
    mailbox_id = await fill(stores, mia)
    node: SearchNode = All()
    for _ in range(60):
        node = Not(node)
    with pytest.raises(MailError):
        await stores.mail.search(mailbox_id, node)
