"""Every message of the corpus goes in by SMTP and is read back by every reader there is."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.corpus.case import TO, Case
from tests.corpus.everything import corpus
from tests.support.imap_live import Client as ImapClient
from tests.support.running import Agent, Running
from tests.support.smtp_client import Client as SmtpClient

SENDERS = 4
REFUSED_BARE = "550 5.6.11"
OURS = re.compile(
    rb"Return-Path: <[^\r\n]*>\r\n"
    rb"Delivered-To: [^\r\n]*\r\n"
    rb"Authentication-Results: [^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n"
    rb"Received: [^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n"
    rb"(?:\r\n|X-Malformed-Start: [^\r\n]*\r\n)?"
)
"""What we write before a message, an empty line or a field included where it has no header."""
ANSWER = re.compile(rb"\* [0-9]+ FETCH (\(.*\))", re.DOTALL)
LITERAL = re.compile(rb"\{([0-9]+)\}\r\n")
ATOM = re.compile(rb"[^\s()\"{}]+(?:\[[^\]]*\])?")


def test_the_corpus_is_large_and_has_no_twins() -> None:
    cases = corpus()
    assert len(cases) >= 300
    assert len({one.name for one in cases}) == len(cases)
    assert len({one.raw for one in cases}) == len(cases)


@pytest.mark.timeout(300)
async def test_every_message_of_the_corpus_is_taken_and_read_back(
    server: Running, mia: Agent
) -> None:
    cases = corpus()
    replies = await _deliver(server, cases)
    wrong = {
        one.name: replies[one.name]
        for one in cases
        if not replies[one.name].startswith(REFUSED_BARE if one.has_bare_line_end else "250")
    }
    assert wrong == {}
    for one in cases:
        if one.has_bare_line_end:
            await server.put(mia, one.raw)
    by_api = await _by_api(server, mia)
    by_imap = await _by_imap(server, mia)
    assert sorted(by_imap) == sorted(by_api)
    missing = [one.name for one in cases if not any(_is_copy(raw, one) for raw in by_api)]
    assert missing == []
    assert len(by_api) == len(cases)


async def _deliver(server: Running, cases: Sequence[Case]) -> dict[str, str]:
    """The reply to every message, over a few connections at once."""
    replies: dict[str, str] = {}
    waiting = iter(cases)
    async with asyncio.TaskGroup() as group:
        for _ in range(SENDERS):
            group.create_task(_send(server.ports["smtp"], waiting, replies))
    return replies


async def _send(port: int, waiting: Iterator[Case], replies: dict[str, str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with SmtpClient(reader, writer) as client:
        await client.reply()
        await client.ask("EHLO corpus.example")
        for case in waiting:
            await client.ask("MAIL FROM:<corpus@outside.example>")
            await client.ask(f"RCPT TO:<{TO}>")
            assert (await client.ask("DATA")).startswith("354 ")
            stuffed = (b"\r\n" + case.raw).replace(b"\r\n.", b"\r\n..")[2:]
            await client.send(stuffed + b".\r\n")
            replies[case.name] = await client.reply()


async def _by_api(server: Running, mia: Agent) -> list[bytes]:
    """The octets of every message; each is listed, shown, scored and its files are given out."""
    found: list[bytes] = []
    for folder in ("INBOX", "Junk"):
        offset, total = 0, 1
        while offset < total:
            path = f"/v1/messages?folder={folder}&limit=200&offset={offset}"
            page = await server.ok("GET", path, key=mia.api_key)
            found += [await _one_by_api(server, mia, one["id"]) for one in page["data"]]
            offset, total = offset + 200, page["total"]
    return found


async def _one_by_api(server: Running, mia: Agent, message_id: str) -> bytes:
    path = f"/v1/messages/{message_id}"
    shown = await server.ok("GET", path, key=mia.api_key)
    assert isinstance(shown["text"], str)
    assert shown["security"]["level"] in {"none", "clean", "warning", "spam"}, shown["security"]
    for attachment in shown["attachments"][:3]:
        await server.ok("GET", f"{path}/attachments/{attachment['index']}", key=mia.api_key)
    raw: bytes = await server.ok("GET", f"{path}/raw", key=mia.api_key)
    return raw


async def _by_imap(server: Running, mia: Agent) -> list[bytes]:
    """The octets of every message; its envelope and structure must be well formed."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1",
        server.ports["imaps"],
        ssl=server.tls(),
        server_hostname="localhost",
        limit=2**25,
    )
    client = ImapClient(reader, writer)
    await client.line()
    await client.ok(f'LOGIN "{mia.email}" "{mia.password}"')
    found: list[bytes] = []
    for folder in ("INBOX", "Junk"):
        await client.ok(f"SELECT {folder}")
        items = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])"
        for line in await client.ok(f"UID FETCH 1:* {items}"):
            answer = ANSWER.fullmatch(line)
            if answer is None:
                continue
            values, end = parsed(answer[1], 0)
            assert end == len(answer[1])
            fetched = dict(zip(values[::2], values[1::2], strict=True))
            raw = fetched[b"BODY[]"]
            assert fetched[b"RFC822.SIZE"] == str(len(raw)).encode()
            assert len(fetched[b"ENVELOPE"]) == 10
            assert len(fetched[b"BODYSTRUCTURE"]) >= 2
            found.append(raw)
    writer.close()
    return found


def parsed(octets: bytes, at: int) -> tuple[Any, int]:
    """The value at a place of an IMAP response (RFC 9051 §9), and where it ends."""
    first = octets[at : at + 1]
    if first == b"(":
        return _listed(octets, at + 1)
    if first == b'"':
        end = at + 1
        while octets[end : end + 1] != b'"':
            end += 2 if octets[end : end + 1] == b"\\" else 1
            assert end < len(octets), "an open quote"
        return octets[at + 1 : end], end + 1
    literal = LITERAL.match(octets, at)
    if literal is not None:
        end = literal.end() + int(literal[1])
        return octets[literal.end() : end], end
    atom = ATOM.match(octets, at)
    assert atom is not None, octets[at : at + 80]
    return atom[0], atom.end()


def _listed(octets: bytes, at: int) -> tuple[list[Any], int]:
    """Values up to the closing bracket; those of nested lists too, without recursion."""
    stack: list[list[Any]] = [[]]
    while True:
        sign = octets[at : at + 1]
        assert sign, "an open list"
        if sign == b"(":
            stack.append([])
        elif sign == b")":
            done = stack.pop()
            if not stack:
                return done, at + 1
            stack[-1].append(done)
        elif sign != b" ":
            value, at = parsed(octets, at)
            stack[-1].append(value)
            continue
        at += 1


def _is_copy(raw: bytes, case: Case) -> bool:
    """Whether these octets are the case, behind our own lines where it came by SMTP."""
    if not raw.endswith(case.raw):
        return False
    before = raw[: len(raw) - len(case.raw)]
    return not before if case.has_bare_line_end else OURS.fullmatch(before) is not None
