"""Anything at all typed into a session: an answer, no fault, nobody else's mail."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.running import Agent, Running, running

SECRET = b"only for Bob, xyzzy-7261"
LETTER = b"From: ann@outside.test\r\nSubject: %b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nIn.\r\n--b--\r\n"

names = st.sampled_from(
    [
        "INBOX",
        "Sent",
        "Trash",
        "../bob",
        "/etc/passwd",
        "..",
        "bob/INBOX",
        "bob@example.org/INBOX",
        "user.bob",
        "#shared/bob",
        '""',
        '"a/../b"',
        "&AOk-",
        "&-&",
        '"\\""',
        "{3+}\r\nabc",
        "Inbox/x",
        "%",
        "*",
        '"%*"',
        "~bob",
        "\\x00",
        "new",
        "NEW/child",
    ]
)
numbers = st.sampled_from(
    [
        "1",
        "1:*",
        "*:1",
        "2,1",
        "4294967295",
        "4294967296",
        "0",
        "1:4294967295",
        "$",
        "*,*",
        "1:2:3",
        "-",
        "99",
    ]
)
flags = st.sampled_from(
    (r"(\Seen)", r"(\Deleted work)", r"\Recent", "()", "(a(b)", r"(\*)", "(NIL)")
)
items = st.sampled_from(
    [
        "FLAGS",
        "ALL",
        "FAST",
        "FULL",
        "(UID",
        "BODY[])",
        "BODY[1]",
        "BODY[2.1.MIME]",
        "BODY[0]",
        "BODY[1.2.3.4.5]",
        "BODY[HEADER]",
        "BODY.PEEK[HEADER.FIELDS&(SUBJECT)]",
        "BODY[]<0.0>",
        "BODY[TEXT]<4294967295.1>",
        "BODY[]<1.2.3>",
        "BINARY[1]",
        "BINARY.SIZE[2]",
        "BINARY[9]",
        "RFC822.TEXT",
        "(PREVIEW&(LAZY))",
        "(EMAILID&THREADID&SAVEDATE)",
        "ENVELOPE",
        "MODSEQ",
        "(FLAGS)&(CHANGEDSINCE&1&VANISHED)",
        "(UID)&(CHANGEDSINCE&0)",
        "BODY[HEADER.FIELDS&()]",
        "BODYSTRUCTURE",
    ]
).map(lambda one: one.replace("&", " "))
keys = st.recursive(
    st.sampled_from(
        [
            "ALL",
            "SEEN",
            "1:*",
            "UID&1:*",
            "TEXT&xyzzy",
            "FROM&a",
            "BODY&{3+}\r\nabc",
            "BEFORE&1-Jan-2026",
            "ON&32-Foo-1",
            "LARGER&1",
            "HEADER&&x",
            "KEYWORD&a",
            "MODSEQ&1",
            "YOUNGER&0",
            "OLDER&4294967296",
            "$",
            "EMAILID&M1",
            "SENTON&1-Feb-1900",
            "CHARSET&X-NO&ALL",
            'SUBJECT&"\\"',
            "TEXT&ä",
        ]
    ).map(lambda one: one.replace("&", " ")),
    lambda inner: st.one_of(
        inner.map(lambda one: f"NOT {one}"),
        st.tuples(inner, inner).map(lambda both: f"OR {both[0]} {both[1]}"),
        st.tuples(inner, inner).map(lambda both: f"({both[0]} {both[1]})"),
    ),
    max_leaves=6,
)
uid = st.sampled_from(("", "UID "))
urls = st.sampled_from(
    (
        "/INBOX/;UID=1",
        ";UID=1/;SECTION=1.MIME",
        "/bob/INBOX/;UID=1",
        "imap://bob@here.test/INBOX/;UID=1",
        "/INBOX;UIDVALIDITY=1/;UID=1/;PARTIAL=9.9",
        "/..%2fbob/;UID=1",
        "/INBOX/;UID=1/;SECTION=%0d%0a",
    )
)
entries = st.sampled_from(
    ("/private/a", "/shared/b", "/private", "(DEPTH infinity) /private", "/", "a")
)
commands = st.one_of(
    st.tuples(
        st.sampled_from(("SELECT", "EXAMINE", "CREATE", "DELETE", "SUBSCRIBE", "UNSUBSCRIBE")),
        names,
    ),
    st.tuples(st.just("RENAME"), names, names),
    st.tuples(st.sampled_from(("LIST", "LSUB", "LIST (SUBSCRIBED)")), names, names),
    st.tuples(
        st.just("STATUS"), names, st.sampled_from(("(MESSAGES)", "()", "(SIZE HIGHESTMODSEQ)"))
    ),
    st.tuples(st.just("APPEND"), names, flags, st.just("{9+}\r\nA: b\r\n\r\nc")),
    st.tuples(uid.map(lambda one: one + "FETCH"), numbers, items),
    st.tuples(
        uid.map(lambda one: one + "STORE"),
        numbers,
        st.sampled_from(("FLAGS", "+FLAGS.SILENT", "(UNCHANGEDSINCE 1) -FLAGS")),
        flags,
    ),
    st.tuples(uid.map(lambda one: one + "COPY"), numbers, names),
    st.tuples(uid.map(lambda one: one + "MOVE"), numbers, names),
    st.tuples(
        uid.map(lambda one: one + "SEARCH"),
        st.sampled_from(("", "RETURN () ", "RETURN (SAVE COUNT MIN) ")).flatmap(
            lambda head: keys.map(lambda key: head + key)
        ),
    ),
    st.tuples(
        uid.map(lambda one: one + "SORT"),
        st.sampled_from(("(DATE)", "(REVERSE)", "()")),
        st.just("UTF-8"),
        keys,
    ),
    st.tuples(
        uid.map(lambda one: one + "THREAD"),
        st.sampled_from(("REFERENCES", "ORDEREDSUBJECT", "X")),
        st.just("UTF-8"),
        keys,
    ),
    st.tuples(
        st.just("SELECT"),
        names,
        st.sampled_from(("(QRESYNC (1 1))", "(CONDSTORE)", "(QRESYNC (1 1 1:* (1 1)))", "(X)")),
    ),
    st.tuples(
        st.just("ENABLE"),
        st.sampled_from(("QRESYNC", "IMAP4rev2", "UTF8=ACCEPT", "UIDONLY", "X", "")),
    ),
    st.tuples(
        uid.map(lambda one: one + "REPLACE"), numbers, names, st.just("{9+}\r\nA: b\r\n\r\nc")
    ),
    st.tuples(
        st.just("APPEND"), names, urls.map(lambda one: f'CATENATE (URL "{one}" TEXT {{1+}}\r\nx)')
    ),
    st.tuples(st.just("GETMETADATA"), names, entries),
    st.tuples(st.just("SETMETADATA"), names, entries.map(lambda one: f'({one} "x")')),
    st.tuples(
        st.just("NOTIFY SET"),
        st.sampled_from(
            (
                "STATUS (personal (MessageNew MessageExpunge FlagChange MailboxName))",
                "(selected (MessageNew (BODY[] UID) MessageExpunge FlagChange))",
                "(selected-delayed (MessageNew MessageExpunge)) (inboxes (MailboxMetadataChange))",
                "(subtree bob (MessageNew MessageExpunge)) (mailboxes (INBOX new) (SubscriptionChange))",
            )
        ),
    ),
    st.tuples(
        st.sampled_from(
            ("ESEARCH IN (personal)", "ESEARCH IN (mailboxes (bob ../bob) selected)", "ESEARCH")
        ),
        st.sampled_from(("RETURN (COUNT SAVE)", "RETURN (PARTIAL 1:2)", "")),
        keys,
    ),
    st.tuples(
        uid.map(lambda one: one + "SEARCH RETURN"),
        st.sampled_from(("(UPDATE)", "(UPDATE (BODY[]) ALL)", "(PARTIAL 1:4294967295)")),
        keys,
    ),
    st.tuples(
        st.sampled_from(
            (
                "NOOP",
                "CHECK",
                "CLOSE",
                "UNSELECT",
                "EXPUNGE",
                "UID EXPUNGE 1:*",
                "NAMESPACE",
                "CAPABILITY",
                "STARTTLS",
                "LOGIN a b",
                "ID NIL",
                'ID ("a" NIL)',
                "AUTHENTICATE PLAIN =",
                "IDLE",
                "XYZ",
                "UID",
                "UID X",
                "COMPRESS GZIP",
                "GETQUOTAROOT INBOX",
                "NOTIFY NONE",
                "CANCELUPDATE a",
            )
        )
    ),
).map(" ".join)
noise = st.lists(
    st.sampled_from(
        b'( ) [ ] < > " \\ * % {3} {3+} {99999999999+} {-1} \x00 \xff \r \n ~{2+} NIL BODY[ 1: DONE'.split()
    )
    | st.binary(max_size=6),
    max_size=8,
).map(b" ".join)
lines = st.one_of(
    commands.map(lambda one: one.encode("latin-1")),
    noise,
    st.tuples(commands, st.integers(0, 60), noise).map(
        lambda all_: all_[0].encode("latin-1")[: all_[1]] + all_[2]
    ),
)
streams = st.lists(lines, min_size=1, max_size=8)


@dataclass
class Typist:
    """A server, and somebody who types into it."""

    server: Running
    agent: Agent
    runner: asyncio.Runner

    def type(self, stream: list[bytes], *, is_known: bool = True) -> bytes:
        """Everything the server says to these lines, each with a tag of its own."""
        return self.runner.run(self._type(stream, is_known=is_known))

    async def _type(self, stream: list[bytes], *, is_known: bool) -> bytes:
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_connection(
                "localhost", self.server.ports["imaps"], ssl=self.server.tls(), limit=2**24
            )
            if is_known:
                login = (
                    f'in LOGIN "{self.agent.email}" "{self.agent.password}"\r\nin SELECT INBOX\r\n'
                )
                writer.write(login.encode())
            for number, line in enumerate(stream):
                writer.write(b"t%d %b\r\n" % (number, line))
            # A literal, an answer to a challenge, or IDLE may be open: then this ends it.
            writer.write(b"\r\nDONE\r\n*\r\n" + b"\r\n" * 3 + b"end LOGOUT\r\n")
            try:
                said = await asyncio.wait_for(_until_end(reader), 60)
            finally:
                writer.transport.abort()
            return said

    def faults(self) -> float:
        """How many unexpected errors the server has logged."""
        return self.server.core.metrics.errors.labels("imap")._value.get()


async def _until_end(reader: asyncio.StreamReader) -> bytes:
    said = b""
    while more := await reader.read(65536):
        said += more
        if b"\r\nend OK" in said or b"* BYE" in said:
            break
    return said


@pytest.fixture(scope="module")
def typist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typist]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        folder = tmp_path_factory.mktemp("hostile")
        server = runner.run(stack.enter_async_context(running(folder)))
        try:
            mia = runner.run(server.agent("mia"))
            bob = runner.run(server.agent("bob"))
            for _ in range(3):
                runner.run(server.put(mia, LETTER % b"for Mia"))
                runner.run(server.put(bob, LETTER % SECRET))
            yield Typist(server, mia, runner)
        finally:
            runner.run(stack.aclose())


def check(typist: Typist, stream: list[bytes], *, is_known: bool = True) -> None:
    """An answer with a reason, no fault, nobody else's mail."""
    before = typist.faults()
    said = typist.type(stream, is_known=is_known)
    assert typist.faults() == before, "an unexpected error was logged"
    assert b"SERVERBUG" not in said
    assert SECRET not in said
    assert b"Traceback" not in said
    for line in re.findall(rb"^t\d+ (?:NO|BAD|OK).*$", said, re.MULTILINE):
        word = line.split(b" ")[1]
        assert word != b"NO" or b" NO [" in line, f"NO without a response code: {line!r}"


@given(streams)
@settings(max_examples=30, deadline=None, suppress_health_check=[*HealthCheck])
def test_a_session_survives_anything_typed(typist: Typist, stream: list[bytes]) -> None:
    check(typist, stream)


@given(streams)
@settings(max_examples=15, deadline=None, suppress_health_check=[*HealthCheck])
def test_a_stranger_gets_nothing_by_typing(typist: Typist, stream: list[bytes]) -> None:
    check(typist, stream, is_known=False)


@pytest.mark.long
@pytest.mark.timeout(1800)
@given(streams)
@settings(max_examples=3000, deadline=None, suppress_health_check=[*HealthCheck])
def test_a_session_survives_very_much_typed(typist: Typist, stream: list[bytes]) -> None:
    check(typist, stream)
