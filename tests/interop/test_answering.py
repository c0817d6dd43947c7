"""The owner answers a notice with a real mail program, and the answer is carried out."""

from pathlib import Path

import pytest

from mailcore.demo.sink import Received
from mailcore.message.headers import Headers
from tests.interop.conftest import Program, at_terminal
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, reply_to

pytestmark = pytest.mark.interop

NEOMUTTRC = """set from = "{owner}"
set realname = "The Owner"
set use_from = yes
set sendmail = "{home}/outbox"
set editor = "{home}/edit"
set include = yes
set reply_to = yes
set fast_reply = yes
set abort_unmodified = no
set abort_noattach = no
set record = ""
set mbox_type = mbox
set folder = "{home}"
set move = no
set wait_key = no
set signature = "{home}/signature"
"""
OUTBOX = """#!/bin/sh
cat > "{home}/sent"
"""
ABOVE = """#!/bin/sh
{{ printf '{word}\\n\\n'; cat "$1"; }} > "{home}/text" && cat "{home}/text" > "$1"
"""
BELOW = """#!/bin/sh
sed '/^-- $/,$d' "$1" > "{home}/text"
{{ cat "{home}/text"; printf '\\n{word}\\n'; }} > "$1"
"""


async def held(server: Running, mia: Agent, number: int = 0) -> tuple[str, Received]:
    body = {"to": [ANA], "subject": "Access", "text": f"{number}: {LEAK}"}
    made = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    return made["hold_id"], await server.notice(made["hold_id"])


async def neomutt_reply(home: Path, notice: Received, editor: str, word: str) -> bytes:
    """What neomutt hands to its sendmail when its user replies to a notice."""
    home.mkdir(exist_ok=True)
    box = home / "box"
    box.write_bytes(b"From x Fri Jan  5 12:30:00 2024\n" + notice.raw.replace(b"\r\n", b"\n"))
    (home / "signature").write_text("The Owner\nOwner Inc.\n")
    for name, text in (("outbox", OUTBOX), ("edit", editor)):
        (home / name).write_text(text.format(home=home, word=word))
        (home / name).chmod(0o755)
    (home / "neomuttrc").write_text(NEOMUTTRC.format(owner=OWNER, home=home))
    keys = "push '<first-entry><reply><send-message><quit>'"
    arguments = ("-n", "-F", home / "neomuttrc", "-f", box, "-e", keys)
    await at_terminal("neomutt", *arguments, home=home)
    return (home / "sent").read_bytes()


async def bring(server: Running, notice: Received, raw: bytes) -> None:
    """The answer as the owner's provider signs and delivers it."""
    result = await server.world.send(
        b"".join(line + b"\r\n" for line in raw.splitlines()),
        mail_from=OWNER,
        recipients=[reply_to(notice)],
        port=server.ports["smtp"],
    )
    assert result.is_delivered, result


REPLIES = (
    (ABOVE, "approve", "released", ""),
    (BELOW, "Approved.", "released", ""),
    (ABOVE, "reject because it names a password", "rejected", "it names a password"),
    (BELOW, "no", "rejected", ""),
    (ABOVE, "Ok, who is this?", "pending", ""),
)


async def test_replies_of_neomutt_are_read_as_they_were_meant(
    server: Running, mia: Agent, tmp_path: Path
) -> None:
    for number, (editor, word, status, reason) in enumerate(REPLIES):
        hold_id, notice = await held(server, mia, number)
        raw = await neomutt_reply(tmp_path / f"mutt{number}", notice, editor, word)
        fields = Headers.read(raw)
        assert [one.address for one in fields.mailboxes("To")] == [reply_to(notice)]
        assert b"> Reply with one word on the first line:" in raw
        await bring(server, notice, raw)
        hold = await server.ok("GET", f"/v1/holds/{hold_id}")
        assert (hold["status"], hold["decision_reason"]) == (status, reason)
    await server.world.sink.wait_for(lambda one: b"Please answer again" in one.raw)
    await server.queue_is_empty()
    assert len(server.leaked()) == 2


async def test_a_reply_of_swaks_is_read_as_it_was_meant(
    server: Running, mia: Agent, program: Program, tmp_path: Path
) -> None:
    """As a script would answer: written by swaks to a provider, signed and brought by that."""
    hold_id, notice = await held(server, mia)
    body = tmp_path / "body"
    body.write_text("Reject: too early\n")
    printed = await program(
        *("swaks", "--dump-mail", "--from", OWNER, "--to", reply_to(notice), "--body", f"@{body}"),
        *("--header", "Subject: Re: Approve or reject: Access"),
    )
    assert printed.status == 0, printed.out
    await bring(server, notice, printed.out.encode())
    hold = await server.ok("GET", f"/v1/holds/{hold_id}")
    assert (hold["status"], hold["decision_reason"]) == ("rejected", "too early")
