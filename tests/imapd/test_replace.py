"""REPLACE: one step, whatever happens, and what it means for quotas and drafts."""

from mailcore.model import SpecialUse
from mailcore.store.ports import PolicyChange
from tests.support.build import audit
from tests.support.imap_live import RAW, Live


async def test_only_the_growth_counts_against_the_quota(server: Live) -> None:
    """RFC 8508 §3.4: the net consumption."""
    client = await server.login("INBOX")
    await client.append(RAW + b"x" * 500)
    await client.ok("NOOP")
    size = len(RAW) + 500
    change = PolicyChange(quota_bytes=size, quota_messages=1)
    await server.stores.accounts.change_policy(server.inbox.id, change, audit())
    raw = RAW + b"y" * 500
    said = await client.command(b"UID REPLACE 1 INBOX {%d+}\r\n%b" % (len(raw), raw))
    assert said[-1].startswith(b"OK"), said
    raw += b"z"
    said = await client.command(b"UID REPLACE 2 INBOX {%d+}\r\n%b" % (len(raw), raw))
    assert said[-1].startswith(b"NO [OVERQUOTA]"), said
    said = await client.ok("UID SEARCH ALL")
    assert said[0] == b"* SEARCH 2"
    raw = RAW
    said = await client.command(b"UID REPLACE 2 INBOX {%d+}\r\n%b" % (len(raw), raw))
    assert said[-1].startswith(b"OK"), said


async def test_large_messages_are_replaced_and_refused_ones_leave_nothing(server: Live) -> None:
    """Octets beyond what a transaction carries go through a file."""
    client = await server.login("INBOX")
    large = RAW + b"x" * 3_000_000
    await client.append(large)
    await client.ok("NOOP")
    for mailbox, expected in (("INBOX", b"OK"), ("Nothing", b"NO [TRYCREATE]")):
        command = f"REPLACE 1 {mailbox} {{{len(large) + 1}+}}\r\n".encode()
        said = await client.command(command + large + b"y")
        assert said[-1].startswith(expected), said[-1]
    said = await client.ok("FETCH 1 (RFC822.SIZE)")
    assert said[0] == b"* 1 FETCH (RFC822.SIZE %d)" % (len(large) + 1)


async def test_the_conversation_stays_when_its_only_message_is_replaced(server: Live) -> None:
    """The new message of a Message-ID joins the thread that the old one leaves."""
    client = await server.login("Drafts")
    raw = b"Message-ID: <1@here.test>\r\n" + RAW
    await client.append(raw, "Drafts")
    await client.ok("NOOP")
    before = (await client.ok("FETCH 1 THREADID"))[0]
    await client.ok(b"REPLACE 1 Drafts {%d+}\r\n%b" % (len(raw) + 1, raw + b"x"))
    assert (await client.ok("FETCH 1 THREADID"))[0] == before


async def test_into_sent_a_replacement_is_stored_though_its_message_id_is_there(
    server: Live,
) -> None:
    """APPEND into Sent keeps one copy; REPLACE removes the other one, so it stores."""
    client = await server.login("Sent")
    raw = b"Message-ID: <1@here.test>\r\n" + RAW
    await client.append(raw, "Sent")
    await client.ok("NOOP")
    boxes = await server.stores.mail.mailboxes(server.inbox.id)
    assert SpecialUse.SENT in {one.special_use for one in boxes}
    await client.ok(b"REPLACE 1 Sent {%d+}\r\n%b" % (len(raw) + 1, raw + b"x"))
    assert (await client.ok("UID SEARCH ALL"))[0] == b"* SEARCH 2"
