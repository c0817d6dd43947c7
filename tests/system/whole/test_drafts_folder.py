"""Drafts over the API and in a mail client are the same drafts (product §5.8)."""

import asyncio
import imaplib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.support.running import ANA, WAIT_SECONDS, Agent, Running, running

BOSS = "boss@owner.example"
pytestmark = pytest.mark.asyncio(loop_scope="module")
_names = (f"agent{number}" for number in itertools.count())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One server for all tests here; each has agents of its own."""
    async with running(tmp_path_factory.mktemp("drafts")) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def mia(server: Running) -> Agent:
    return await server.agent(next(_names))


async def in_client[T](
    server: Running, agent: Agent, act: Callable[[imaplib.IMAP4_SSL], T], folder: str = "Drafts"
) -> T:
    """What a mail client does with a folder selected."""

    def run() -> T:
        port = server.ports["imaps"]
        with imaplib.IMAP4_SSL("localhost", port, ssl_context=server.tls()) as client:
            client.login(agent.email, agent.password)
            client.select(folder)
            return act(client)

    return await asyncio.to_thread(run)


def listing(client: imaplib.IMAP4_SSL) -> list[tuple[str, bytes]]:
    """What FETCH tells of every message: its flags and bytes."""
    _, found = client.fetch("1:*", "(FLAGS UID BODY.PEEK[])")
    return [(one[0].decode(), one[1]) for one in found if isinstance(one, tuple)]


def delete_all(client: imaplib.IMAP4_SSL) -> None:
    client.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
    client.expunge()


async def propose(server: Running, mia: Agent, **fields: Any) -> dict[str, Any]:
    """A draft of mia's that answers Ana."""
    await server.letter_from_ana(mia.email)
    (letter,) = await server.messages(mia, 1)
    body = {
        "thread_id": letter["thread_id"],
        "identity_id": mia.inbox_id,
        "based_on_message_id": letter["id"],
        "body_text": "On Friday.",
        **fields,
    }
    return dict(await server.ok("POST", "/v1/drafts", body, key=mia.api_key))


async def arrived(server: Running, sender: Agent, recipient: str) -> bytes:
    """What somebody outside got from the agent."""
    found = await server.world.sink.wait_for(
        lambda one: recipient in one.recipients and sender.email.encode() in one.raw,
        timeout_seconds=WAIT_SECONDS,
    )
    return found.raw


def uid_of(line: str) -> int:
    return int(line.partition("UID ")[2].split()[0].rstrip(")"))


async def test_a_draft_of_the_api_is_a_message_in_drafts(server: Running, mia: Agent) -> None:
    r"""With `\Draft` and `\Seen`, its hidden recipients and its id; an edit replaces it."""
    draft = await propose(server, mia, bcc=[BOSS])
    ((flags, raw),) = await in_client(server, mia, listing)
    assert r"\Draft" in flags
    assert r"\Seen" in flags
    assert b"On Friday." in raw
    assert b"Bcc: boss@owner.example\r\n" in raw
    assert f"X-Countersign-Draft: {draft['id']}\r\n".encode() in raw
    path = f"/v1/drafts/{draft['id']}"
    edited = await server.ok("PATCH", path, {"body_text": "On Monday."}, key=mia.api_key)
    ((later, raw),) = await in_client(server, mia, listing)
    assert b"On Monday." in raw
    assert uid_of(later) > uid_of(flags)
    assert edited["draft_message_id"] != draft["draft_message_id"]
    listed = await server.ok("GET", "/v1/drafts", key=mia.api_key)
    assert [(one["id"], one["source"]) for one in listed["data"]] == [(draft["id"], "api")]


@pytest.mark.parametrize("verb", ["send", "reject"])
async def test_a_decision_takes_it_out_of_drafts(server: Running, mia: Agent, verb: str) -> None:
    """And what is sent is not the message that was shown."""
    draft = await propose(server, mia)
    await server.ok("POST", f"/v1/drafts/{draft['id']}/{verb}", {})
    assert await in_client(server, mia, listing) == []
    if verb == "send":
        sent = await arrived(server, mia, ANA)
        assert b"X-Countersign-Draft" not in sent
        ((_, raw),) = await in_client(server, mia, listing, folder="Sent")
        assert b"On Friday." in raw


@pytest.mark.parametrize("way", ["delete", "move"])
async def test_who_deletes_it_in_a_mail_client_withdraws_it(
    server: Running, mia: Agent, way: str
) -> None:
    """Moving it to Trash is deleting too."""
    draft = await propose(server, mia)
    if way == "delete":
        await in_client(server, mia, delete_all)
    else:
        await in_client(server, mia, lambda client: client._simple_command("MOVE", "1", "Trash"))
    status, _ = await server.api("GET", f"/v1/drafts/{draft['id']}", key=mia.api_key)
    assert status == 404
    assert (await server.ok("GET", "/v1/drafts", key=mia.api_key))["total"] == 0
    hold = await server.ok("GET", f"/v1/holds/{draft['hold_id']}")
    assert (hold["status"], hold["decided_via"]) == ("rejected", "imap")
    status, problem = await server.api("POST", f"/v1/holds/{draft['hold_id']}/approve", {})
    assert (status, problem["code"]) == (409, "already_decided")


async def test_who_deletes_it_over_the_api_clears_drafts(server: Running, mia: Agent) -> None:
    """The hold is withdrawn; deleting again is 404."""
    draft = await propose(server, mia)
    path = f"/v1/drafts/{draft['id']}"
    assert (await server.api("DELETE", path, key=mia.api_key))[0] == 204
    assert await in_client(server, mia, listing) == []
    assert (await server.api("DELETE", path, key=mia.api_key))[0] == 404
    hold = await server.ok("GET", f"/v1/holds/{draft['hold_id']}")
    assert hold["status"] == "rejected"
    rows = (await server.ok("GET", "/v1/audit?limit=200"))["data"]
    subjects = {one["subject"]: one["actor"] for one in rows if one["action"] == "draft.delete"}
    assert subjects[draft["id"]] == f"agent:{mia.name}"


def saved_by_client(mia: Agent, text: str = "Written by hand.") -> bytes:
    return (
        f"From: <{mia.email}>\r\nTo: Ana <{ANA}>\r\nBcc: <boss@owner.example>\r\n"
        "Message-ID: <by-hand@client.example>\r\nSubject: Terms\r\nFCC: imap://Sent\r\n"
        f"X-Mozilla-Draft-Info: internal/draft; vcard=0\r\n\r\n{text}\r\n"
    ).encode()


async def save(server: Running, mia: Agent) -> dict[str, Any]:
    """A mail client saves a draft; it as the API lists it."""
    raw = saved_by_client(mia)
    await in_client(
        server, mia, lambda client: client.append("Drafts", r"(\Draft \Seen)", None, raw)
    )
    listed = await server.ok("GET", "/v1/drafts?status=editing", key=mia.api_key)
    assert listed["total"] == 1
    return dict(listed["data"][0])


async def test_what_a_mail_client_saves_can_be_submitted(server: Running, mia: Agent) -> None:
    """Its bytes as they are, without what is not for the recipients; a person lets it through."""
    draft = await save(server, mia)
    assert (draft["source"], draft["status"]) == ("imap", "editing")
    assert (draft["to"], draft["subject_override"]) == ([ANA], "Terms")
    assert draft["bcc"] == [BOSS]
    assert draft["body_text"].strip() == "Written by hand."
    path = f"/v1/drafts/{draft['id']}"
    submitted = await server.ok("POST", f"{path}/submit", {}, key=mia.api_key)
    assert (submitted["status"], submitted["version"]) == ("pending", 1)
    status, problem = await server.api("POST", f"{path}/send", {}, key=mia.api_key)
    assert (status, problem["code"]) == (409, "not_approved")
    status, problem = await server.api("POST", f"{path}/submit", {}, key=mia.api_key)
    assert (status, problem["code"]) == (409, "wrong_draft_status")
    await server.ok("POST", f"{path}/send", {})
    raw = await arrived(server, mia, ANA)
    assert await arrived(server, mia, BOSS)
    assert b"Written by hand." in raw
    assert b"Message-ID: <by-hand@client.example>" in raw
    for field in (b"Bcc", b"FCC", b"X-Mozilla"):
        assert field not in raw
    assert await in_client(server, mia, listing) == []
    assert (await server.ok("GET", path, key=mia.api_key))["status"] == "sent"


async def test_what_a_mail_client_saves_is_edited_there(server: Running, mia: Agent) -> None:
    """And deleted on either side."""
    draft = await save(server, mia)
    path = f"/v1/drafts/{draft['id']}"
    status, problem = await server.api("PATCH", path, {"body_text": "x"}, key=mia.api_key)
    assert (status, problem["code"]) == (409, "imap_draft")
    assert (await server.api("DELETE", path, key=mia.api_key))[0] == 204
    assert await in_client(server, mia, listing) == []
    await save(server, mia)
    await in_client(server, mia, delete_all)
    assert (await server.ok("GET", "/v1/drafts", key=mia.api_key))["total"] == 0


async def test_a_saved_draft_that_cannot_leave_stays(server: Running, mia: Agent) -> None:
    """Without recipients it is refused, and can be submitted when the client has mended it."""
    raw = saved_by_client(mia).replace(f"To: Ana <{ANA}>\r\n".encode(), b"").replace(b"Bcc", b"X")
    await in_client(server, mia, lambda client: client.append("Drafts", r"(\Draft)", None, raw))
    (draft,) = (await server.ok("GET", "/v1/drafts", key=mia.api_key))["data"]
    for _ in range(2):
        status, problem = await server.api(
            "POST", f"/v1/drafts/{draft['id']}/submit", {}, key=mia.api_key
        )
        assert (status, problem["code"]) == (400, "invalid"), problem
    assert len(await in_client(server, mia, listing)) == 1


async def test_foreign_drafts_are_not_found(server: Running, mia: Agent) -> None:
    """By whatever verb."""
    bob = await server.agent(next(_names))
    draft = await save(server, mia)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/submit"), ("POST", "/send")):
        body = {} if method == "POST" else None
        status, _ = await server.api(
            method, f"/v1/drafts/{draft['id']}{path}", body, key=bob.api_key
        )
        assert status == 404


async def test_labels_are_keywords_on_both_sides(server: Running, mia: Agent) -> None:
    """A label set over the API is a keyword in IMAP, and the other way round."""
    await server.letter_from_ana(mia.email)
    (letter,) = await server.messages(mia, 1)
    path = f"/v1/messages/{letter['id']}"
    await server.ok("PATCH", path, {"add_labels": ["urgent"]}, key=mia.api_key)
    (_, flags), _ = await in_client(
        server, mia, lambda client: (client.fetch("1", "(FLAGS)"), None), folder="INBOX"
    )
    assert b"urgent" in flags[0]
    await in_client(
        server, mia, lambda client: client.store("1", "+FLAGS", "(waiting)"), folder="INBOX"
    )
    found = await server.ok("GET", path, key=mia.api_key)
    assert sorted(found["labels"]) == ["urgent", "waiting"]
