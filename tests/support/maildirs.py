"""Maildirs of sync programs and the mailboxes of the server, in one form that can be compared."""

import re
from collections import Counter
from pathlib import Path

from tests.support.running import Agent, Running

_LETTERS = {"seen": "S", "flagged": "F", "deleted": "T", "answered": "R", "draft": "D"}
_OWN = re.compile(rb"^X-(?:TUID|OfflineIMAP): .*\r?\n", re.MULTILINE)

type Copies = Counter[tuple[bytes, str]]
"""Octets with the letters of their flags, and how often they are there."""


def message(number: int, size: int = 200) -> bytes:
    """A message of its own, with octets that a careless program breaks."""
    return (
        f"From: Ana <ana@customer.example>\r\nTo: mia@example.org\r\nSubject: No. {number}\r\n"
        f"Message-ID: <{number}@customer.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"From the start, {number}: Grüße ✓\r\n.dot\r\n\r\n".encode()
        + b"y" * size
        + b"\r\n"
    )


def local(folder: Path) -> Copies:
    """What a Maildir holds; without what the program itself puts into a message."""
    return Counter(
        (without_own_fields(path.read_bytes()).replace(b"\r\n", b"\n"), letters(path))
        for path in files(folder)
    )


def without_own_fields(raw: bytes) -> bytes:
    """A message without what the programs themselves put into it."""
    return _OWN.sub(b"", raw)


def files(folder: Path) -> list[Path]:
    """The messages of a Maildir."""
    return sorted(path for place in ("cur", "new") for path in (folder / place).glob("*"))


def letters(path: Path) -> str:
    """The flags in the name of a file that every side has."""
    return "".join(sorted(set(path.name.rpartition(":2,")[2]) & set(_LETTERS.values())))


def set_letters(path: Path, flags: str) -> None:
    """Give a message other flags, as a mail program does."""
    path.rename(path.parent.parent / "cur" / f"{path.name.partition(':2,')[0]}:2,{flags}")


def add(folder: Path, name: str, raw: bytes, flags: str = "") -> None:
    """Put a message into a Maildir, as a mail program does."""
    for place in ("cur", "new", "tmp"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / "cur" / f"{name}:2,{flags}").write_bytes(raw.replace(b"\r\n", b"\n"))


async def far(server: Running, agent: Agent, name: str) -> Copies:
    """What the server's mailbox holds."""
    page = await server.ok("GET", f"/v1/messages?folder={name}&limit=100", key=agent.api_key)
    found: Copies = Counter()
    for row in page["data"]:
        _, raw = await server.api("GET", f"/v1/messages/{row['id']}/raw", key=agent.api_key)
        flags = "".join(sorted(_LETTERS[flag] for flag in row["flags"] if flag in _LETTERS))
        found[without_own_fields(raw).replace(b"\r\n", b"\n"), flags] += 1
    return found
