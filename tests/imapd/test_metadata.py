"""Annotations: their limits, and what is left of them when their inbox is gone."""

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.metadata import MAX_ENTRIES, MAX_VALUE_BYTES, below, entry_name
from tests.support.build import audit
from tests.support.imap_live import Live


async def test_a_value_that_is_too_large_says_how_large_it_may_be(server: Live) -> None:
    """RFC 5464 §4.3."""
    client = await server.login()
    large = b"x" * (MAX_VALUE_BYTES + 1)
    said = await client.command(
        b"SETMETADATA INBOX (/private/a ~{%d+}\r\n%b)" % (len(large), large)
    )
    assert said[-1].startswith(b"NO [METADATA MAXSIZE 65536]")
    fits = large[1:]
    await client.ok(b"SETMETADATA INBOX (/private/a {%d+}\r\n%b)" % (len(fits), fits))
    said = await client.ok("GETMETADATA INBOX /private/a")
    assert said[0] == b'* METADATA "INBOX" (/private/a {65536}\r\n%b)' % fits


async def test_too_many_entries_are_refused_and_change_nothing(server: Live) -> None:
    """RFC 5464 §4.3: TOOMANY."""
    client = await server.login()
    for start in range(0, MAX_ENTRIES, 100):
        pairs = " ".join(f'/private/n{number} "{number}"' for number in range(start, start + 100))
        await client.ok(f"SETMETADATA INBOX ({pairs})")
    said = await client.command('SETMETADATA Sent (/private/n0 NIL /private/more "x")')
    assert said[-1].startswith(b"NO [METADATA TOOMANY]")
    said = await client.ok("GETMETADATA Sent /private/more")
    assert said[0] == b'* METADATA "Sent" (/private/more NIL)'
    await client.ok('SETMETADATA INBOX (/private/n0 NIL /private/more "x")')


async def test_octets_of_all_entries_together_are_bounded(server: Live) -> None:
    """One inbox cannot fill the disk by annotations."""
    client = await server.login()
    value = b"x" * MAX_VALUE_BYTES
    said = b""
    for number in range(17):
        command = b"SETMETADATA INBOX (/private/%d {%d+}\r\n%b)" % (number, len(value), value)
        said = (await client.command(command))[-1]
    assert said.startswith(b"NO [METADATA TOOMANY]")


async def test_annotations_end_with_their_inbox(server: Live) -> None:
    """Nothing of a deleted inbox is kept."""
    client = await server.login()
    await client.ok('SETMETADATA INBOX (/private/a "x")')
    mail, inbox = server.stores.mail, server.inbox
    box = await mail.mailbox(inbox.id, "INBOX")
    assert box is not None
    assert await mail.metadata(inbox.id, box.id) == {"/private/a": b"x"}
    await server.stores.accounts.delete_inbox(inbox.id, audit())
    while await server.stores.accounts.remove_deleted_mail():
        pass
    assert await mail.metadata(inbox.id, box.id) == {}
    with pytest.raises(MailError) as caught:
        await mail.set_metadata(inbox.id, None, {"/private/a": b"x"})
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_depth_counts_levels() -> None:
    """RFC 5464 §4.2.2."""
    names = ["/a", "/a/b", "/a/b/c", "/ab", "/c"]
    assert below(names, "/a", 0) == ["/a"]
    assert below(names, "/a", 1) == ["/a", "/a/b"]
    assert below(names, "/a", None) == ["/a", "/a/b", "/a/b/c"]


@pytest.mark.parametrize(
    "name", ["", "a", "/", "/a/", "//a", "/a//b", "/%", "/a*", "/é", "/" + "a" * 500]
)
def test_what_is_no_path_is_no_entry(name: str) -> None:
    """RFC 5464 §3.2."""
    with pytest.raises(ValueError, match="path"):
        entry_name(name)
