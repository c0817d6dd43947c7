"""neomutt, imapfilter and curl do to a mailbox what their users do."""

import asyncio
from pathlib import Path

import pytest

from tests.interop.conftest import Program, at_terminal
from tests.support.maildirs import far, message
from tests.support.running import Agent, Running

pytestmark = pytest.mark.interop


@pytest.fixture
async def four(server: Running, mia: Agent) -> list[bytes]:
    """Four messages in the INBOX."""
    raws = [message(number) for number in range(4)]
    for raw in raws:
        await server.put(mia, raw)
    return raws


async def flags_of(server: Running, mia: Agent, folder: str = "INBOX") -> list[tuple[str, str]]:
    """The numbers in the subjects with the letters of the flags, in order."""
    found = await far(server, mia, folder)
    return sorted((raw.partition(b"No. ")[2][:1].decode(), flags) for raw, flags in found)


async def test_neomutt_reads_flags_moves_and_deletes(
    server: Running, mia: Agent, four: list[bytes], tmp_path: Path
) -> None:
    out = tmp_path / "read.txt"
    (tmp_path / "neomuttrc").write_text(
        f"""set folder = "imaps://127.0.0.1:{server.ports["imaps"]}/"
set imap_user = "{mia.email}"
set imap_pass = "{mia.password}"
set certificate_file = "{server.ca_file}"
set wait_key = no
set mark_old = no
set confirmappend = no
set delete = yes
set sort = date-received
set header_cache = "{tmp_path}/headers"
set imap_qresync = yes
"""
    )
    keys = (
        f"push '<first-entry><display-message><pipe-message>cat > {out}<enter><exit>"
        "<next-entry><flag-message>"
        "<jump>3<enter><save-message>=Archive<enter>"
        "<jump>4<enter><delete-message><sync-mailbox><quit>'"
    )
    arguments = ("-n", "-F", tmp_path / "neomuttrc", "-f", "=INBOX", "-e", keys)
    await at_terminal("neomutt", *arguments, home=tmp_path)
    assert "Grüße ✓" in out.read_text("utf-8")
    assert await flags_of(server, mia) == [("0", "S"), ("1", "F")]
    assert [number for number, _ in await flags_of(server, mia, "Archive")] == ["2"]


async def test_imapfilter_moves_and_flags_by_rules(
    server: Running, mia: Agent, four: list[bytes], program: Program, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.lua"
    rules.write_text(
        f"""options.timeout = 20
options.certificates = true
options.create = true
here = IMAP {{ server = "localhost", port = {server.ports["imaps"]}, ssl = "auto",
  username = "{mia.email}", password = "{mia.password}" }}
boxes, folders = here:list_all()
print("boxes", table.concat(boxes, " "))
all = here.INBOX:select_all()
print("all", #all)
wanted = here.INBOX:contain_subject("No. 1") + here.INBOX:contain_subject("No. 2")
wanted:mark_flagged()
ones = here.INBOX:contain_subject("No. 1") * here.INBOX:is_flagged()
ones:move_messages(here["Sorted/Ones"])
here.INBOX:match_header("<3@customer[.]example>"):delete_messages()
here.INBOX:contain_subject("No. 0"):add_flags({{ "work", "\\\\Seen" }})
print("unseen", #here.INBOX:is_unseen(), "keyword", #here.INBOX:has_keyword("work"))
here.INBOX:contain_body("the start, 2"):copy_messages(here.Archive)
here:create_mailbox("Gone")
here:delete_mailbox("Gone")
"""
    )
    done = await program("imapfilter", "-c", rules, "-t", server.ca_file)
    assert done.status == 0, done.out
    assert "all\t4" in done.out
    assert "unseen\t1\tkeyword\t1" in done.out
    assert "Junk" in done.out
    assert await flags_of(server, mia) == [("0", "S"), ("2", "F")]
    assert await flags_of(server, mia, "Sorted/Ones") == [("1", "F")]
    assert await flags_of(server, mia, "Archive") == [("2", "F")]


async def test_curl_lists_fetches_searches_appends_and_commands(
    server: Running, mia: Agent, four: list[bytes], program: Program, tmp_path: Path
) -> None:
    url = f"imaps://127.0.0.1:{server.ports['imaps']}"

    async def curl(*arguments: object) -> str:
        done = await program(
            "curl", "-sS", "--cacert", server.ca_file, "--user", f"{mia.email}:{mia.password}",
            *arguments,
        )  # fmt: skip
        assert done.status == 0, done.out
        return done.out

    assert '* LIST (\\HasNoChildren \\Sent) "/" "Sent"' in await curl(f"{url}/")
    assert await curl(f"{url}/INBOX?SUBJECT%20%22No.%202%22") == "* SEARCH 3\r\n"
    fetched = await curl(f"{url}/INBOX;UID=2")
    assert fetched.encode() == four[1]
    header = await curl(f"{url}/INBOX;UID=2;SECTION=HEADER.FIELDS%20(SUBJECT)")
    assert header == "Subject: No. 1\r\n\r\n"
    letter = tmp_path / "letter.eml"
    letter.write_bytes(message(7, 200_000))
    await curl(f"{url}/Drafts", "-T", letter)
    assert await flags_of(server, mia, "Drafts") == [("7", "S")]
    told = await curl(f"{url}/INBOX", "-X", "STORE 1 +FLAGS (\\Flagged)")
    assert told.startswith("* 1 FETCH (")
    await curl(f"{url}/INBOX", "-X", "UID MOVE 4 Archive")
    assert len(await flags_of(server, mia)) == 3
    assert await asyncio.to_thread(letter.exists)
