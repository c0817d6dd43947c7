"""A canary through every way out and in every carrier: held every time, and told to nobody outside.

The canary is a decoy that the owner planted and a key that looks real. A way out that is added to the
table of operations fails here until it is covered.
"""

import asyncio
import base64
import imaplib
import itertools
import re
import smtplib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

import pytest
import pytest_asyncio

from guard.eval.carriers import CARRIERS, Carrier
from guard.eval.mails import mail
from guard.specimens import fill
from httpapi.operations import OPERATIONS
from mailcore.model import Permission
from tests.support.mcp_client import connected
from tests.support.running import ANA, Agent, Running, decoded, running

DECOY: Final = "Kx88tulipZq19harbour"
KEY: Final = fill("sk-proj-{b60}", "canary")
CANARY: Final = f"use {DECOY} or {KEY} please"
EXPECTED: Final = {"credential.decoy", "credential.openai_key"}
FEW: Final = [
    one for one in CARRIERS if one.name in {"text", "html hidden", "zip in zip", "docx", "base64"}
]
pytestmark = pytest.mark.asyncio(loop_scope="module")
_numbers = itertools.count()
_names = (f"agent{number}" for number in itertools.count())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One server for all tests here; each has agents of its own, and nothing ever leaked."""
    async with running(tmp_path_factory.mktemp("ways")) as one:
        body = {"name": "planted", "secret": DECOY, "kind": "decoy"}
        await one.ok("POST", "/v1/guard/secrets", body)
        yield one
        await one.queue_is_empty()
        leaked = [
            mail
            for mail in one.world.sink.received
            if DECOY.encode() in decoded(mail.raw) or KEY.encode() in decoded(mail.raw)
        ]
        assert leaked == []


# Ways out ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message with the canary: as bytes, and as the fields of the API."""

    raw: bytes
    fields: dict[str, Any]
    """Subject, text, HTML, header fields, attachments, and a display name for the recipient."""

    @property
    def to(self) -> str:
        name = self.fields["name"]
        return f'"{name}" <{ANA}>' if name else ANA

    def body(self, *names: str) -> dict[str, Any]:
        return {name: self.fields[name] for name in names if self.fields[name]}

    @property
    def written(self) -> dict[str, Any]:
        return self.body("text", "html", "headers", "attachments")


def parcel(raw: bytes) -> Parcel:
    """The message of a carrier taken apart."""
    letter = message_from_bytes(raw, policy=default)
    assert isinstance(letter, EmailMessage)
    fields: dict[str, Any] = {
        "subject": str(letter["Subject"]),
        "text": "",
        "html": "",
        "headers": {"X-Note": str(letter["X-Note"])} if letter["X-Note"] else {},
        "attachments": [],
        "name": letter["From"].addresses[0].display_name.replace('"', "'"),
    }
    for part in letter.walk():
        if part.get_filename():
            octets = part.get_payload(decode=True)
            assert isinstance(octets, bytes)
            file = {
                "filename": part.get_filename(),
                "content_type": part.get_content_type(),
                "content": base64.b64encode(octets).decode(),
            }
            fields["attachments"].append(file)
        elif part.get_content_type() in {"text/plain", "text/html"}:
            fields["html" if part.get_content_subtype() == "html" else "text"] = part.get_content()
    return Parcel(raw=raw, fields=fields)


async def conversation(server: Running, agent: Agent, raw: bytes | None = None) -> dict[str, Any]:
    """A letter of Ana's in the agent's mailbox, the only one."""
    page = await server.ok("GET", "/v1/messages?folder=INBOX", key=agent.api_key)
    if raw is None and page["data"]:
        return dict(page["data"][0])
    letter = mail(text="When do they come?", sender_name="Ana") if raw is None else raw
    await server.put(agent, re.sub(rb"(?m)^From:[^\r]*", b"From: Ana <%b>" % ANA.encode(), letter))
    page = await server.ok("GET", "/v1/messages?folder=INBOX", key=agent.api_key)
    return dict(page["data"][0])


type Call = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""An operation by its name, over HTTP or as a tool."""
type Way = Callable[[Running, Agent, Parcel, Call], Awaitable[str]]
"""Sends a parcel; answers with the id of the hold."""


async def send_message(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    made = await call("send_message", {"to": [one.to], **one.body("subject"), **one.written})
    return hold_of(made)


async def send_later(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    """Mail that waits for its time is judged when it is taken, too."""
    body = {"to": [one.to], "send_at": "in 2 hours", **one.body("subject"), **one.written}
    return hold_of(await call("send_message", body))


async def send_template(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    """The canary stands in the template, and once more in a value."""
    name = f"letter {next(_numbers)}"
    texts = one.body("text", "html") or {"text": "see the file"}
    made = await call("create_template", {"name": name, "subject": "{{ about }}", **texts})
    given = {"template_id": made["id"], "to": [one.to], **one.body("headers", "attachments")}
    return hold_of(
        await call("send_template", {**given, "variables": {"about": one.fields["subject"]}})
    )


async def local_delivery(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    body = {"to": [agent.email], **one.body("subject", "headers"), **one.written}
    body["headers"] = {**body.get("headers", {}), "X-Name": one.fields["name"] or "none"}
    return hold_of(await call("send_message", body))


async def reply(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    letter = await conversation(server, agent)
    body = {"message_id": letter["id"], "to": [one.to], **one.body("subject"), **one.written}
    return hold_of(await call("reply", body))


async def reply_all(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    letter = await conversation(server, agent)
    body = {"message_id": letter["id"], "cc": [one.to], **one.body("subject"), **one.written}
    return hold_of(await call("reply_all", body))


async def forward(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    letter = await conversation(server, agent)
    body = {"message_id": letter["id"], "to": [one.to], **one.body("subject"), **one.written}
    return hold_of(await call("forward", body))


async def forward_original(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    """The canary came in by mail and goes out with the original."""
    name = f"X-Name: {one.fields['name']}\r\n" if one.fields["name"].isascii() else ""
    letter = await conversation(server, agent, name.encode() + one.raw)
    body = {"message_id": letter["id"], "to": [one.to], "text": "For you."}
    return hold_of(await call("forward", body))


def draft_body(letter: dict[str, Any], agent: Agent, one: Parcel) -> dict[str, Any]:
    return {
        "thread_id": letter["thread_id"],
        "identity_id": agent.inbox_id,
        "based_on_message_id": letter["id"],
        "subject_override": one.fields["subject"],
        "body_text": one.fields["text"] or "see above",
        "cc": [one.to],
        **({"body_html": one.fields["html"]} if one.fields["html"] else {}),
    }


async def submit_draft(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    letter = await conversation(server, agent)
    made = await call("submit_draft", draft_body(letter, agent, one))
    return str(made["hold_id"])


async def edit_draft(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    """Harmless when proposed, changed afterwards."""
    letter = await conversation(server, agent)
    harmless = parcel(mail(text="They come on Friday."))
    made = await call("submit_draft", draft_body(letter, agent, harmless))
    body = draft_body(letter, agent, one)
    change = {name: body[name] for name in body if name.startswith(("body", "cc", "subject"))}
    edited = await call("edit_draft", {"draft_id": made["id"], **change})
    return str(edited["hold_id"])


async def send_draft(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    """Its agent cannot let a draft go."""
    letter = await conversation(server, agent)
    made = await call("submit_draft", draft_body(letter, agent, one))
    refused = await call("send_draft", {"draft_id": made["id"]})
    assert "error" in refused or refused.get("code") == "not_approved", refused
    return str(made["hold_id"])


async def submit_saved_draft(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    """What a mail client saved."""
    raw = own(one.raw, agent)

    def save() -> None:
        port = server.ports["imaps"]
        with imaplib.IMAP4_SSL("localhost", port, ssl_context=server.tls()) as client:
            client.login(agent.email, agent.password)
            client.append("Drafts", r"(\Draft)", "", raw)

    await asyncio.to_thread(save)
    page = await server.ok("GET", "/v1/drafts?status=editing", key=agent.api_key)
    (saved,) = page["data"]
    made = await call("submit_saved_draft", {"draft_id": saved["id"]})
    return str(made["hold_id"])


async def smtp(server: Running, agent: Agent, one: Parcel, call: Call) -> str:
    del call

    def submit() -> str:
        port = server.ports["submissions"]
        with smtplib.SMTP_SSL("127.0.0.1", port, context=server.tls()) as client:
            client.login(agent.email, agent.api_key)
            client.mail(agent.email)
            client.rcpt(ANA)
            code, text = client.data(own(one.raw, agent))
        assert (code, text.startswith(b"2.0.0 held ")) == (250, True), text
        return text.decode().split()[-1]

    return await asyncio.to_thread(submit)


def own(raw: bytes, agent: Agent) -> bytes:
    """The message with the agent's own address as its author."""
    return re.sub(rb"(?:mia|a)@agents\.example", agent.email.encode(), raw, count=1)


def hold_of(answer: dict[str, Any]) -> str:
    assert answer["status"] == "held", answer
    assert DECOY not in str(answer)
    assert KEY not in str(answer)
    return str(answer["hold_id"])


BY_OPERATION: Final[dict[str, tuple[Way, ...]]] = {
    "send_message": (send_message, local_delivery, send_later),
    "reply": (reply,),
    "reply_all": (reply_all,),
    "forward": (forward, forward_original),
    "submit_draft": (submit_draft,),
    "edit_draft": (edit_draft,),
    "send_draft": (send_draft,),
    "submit_saved_draft": (submit_saved_draft,),
    "delete_draft": (),
    "send_template": (send_template,),
    "preview_template": (),
    "reschedule_message": (),
    "cancel_scheduled": (),
    **dict.fromkeys(
        ("assign_task", "call_agent", "claim_task", "complete_task", "fail_task", "cancel_task"), ()
    ),
}
"""The ways out through each operation that needs the permission to send; tasks refuse, see below."""
WAYS: Final[tuple[Way, ...]] = (*itertools.chain.from_iterable(BY_OPERATION.values()), smtp)
TEXT_ONLY: Final = {submit_draft, edit_draft, send_draft}
"""A draft has a subject, text, HTML and recipients, no header fields and no files."""


def by_http(server: Running, agent: Agent) -> Call:
    table = {one.name: one for one in OPERATIONS}

    async def call(name: str, given: dict[str, Any]) -> dict[str, Any]:
        operation = table[name]
        path = operation.path.format(**given)
        body = {one: given[one] for one in given if one not in operation.path_names}
        _, document = await server.api(operation.method, path, body, key=agent.api_key)
        return dict(document)

    return call


def fits(way: Way, carrier: Carrier) -> bool:
    """Whether this way can carry it at all."""
    one = parcel(carrier.carry(CANARY))
    return way not in TEXT_ONLY or not (one.fields["attachments"] or one.fields["headers"])


async def expect_held(server: Running, hold_id: str) -> None:
    """The approver sees both findings, masked."""
    hold = await server.ok("GET", f"/v1/holds/{hold_id}")
    assert hold["status"] == "pending"
    assert {one["rule"] for one in hold["findings"]} >= EXPECTED, hold["findings"]
    assert KEY not in str(hold["findings"])
    assert DECOY not in str(hold["findings"])


async def test_every_way_out_of_the_table_is_covered() -> None:
    """Whoever adds an operation that may send adds how the canary goes through it."""
    sending = {one.name for one in OPERATIONS if one.needs is Permission.SEND}
    assert sending == set(BY_OPERATION)


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: one.name)
async def test_the_canary_is_held_in_every_carrier(server: Running, carrier: Carrier) -> None:
    """By SMTP, which takes the bytes as they are."""
    agent = await server.agent(next(_names))
    one = parcel(carrier.carry(CANARY))
    await expect_held(server, await smtp(server, agent, one, by_http(server, agent)))


@pytest.mark.parametrize("way", WAYS, ids=lambda one: one.__name__)
async def test_the_canary_is_held_on_every_way(server: Running, way: Way) -> None:
    agent = await server.agent(next(_names))
    for carrier in [one for one in FEW if fits(way, one)]:
        one = parcel(carrier.carry(CANARY))
        await expect_held(server, await way(server, agent, one, by_http(server, agent)))


@pytest.mark.parametrize(
    "way", [one for one in WAYS if one is not smtp], ids=lambda one: one.__name__
)
async def test_the_canary_is_held_in_every_tool(server: Running, way: Way) -> None:
    agent = await server.agent(next(_names))
    async with connected(server.app.http_url, agent.api_key) as client:

        async def call(name: str, given: dict[str, Any]) -> dict[str, Any]:
            return dict((await client.call_tool(name, given)).structured_content or {})

        for carrier in [one for one in FEW if fits(way, one)][:2]:
            one = parcel(carrier.carry(CANARY))
            await expect_held(server, await way(server, agent, one, call))


async def test_the_canary_is_refused_in_tasks(server: Running) -> None:
    """A task has no approver: what would be held as mail goes to no other agent."""
    giver, doer = await server.agent(next(_names)), await server.agent(next(_names))
    for assign in ("assign_task", "call_agent"):
        given = {"assignee": doer.email, "type": "look", "payload": {"note": [CANARY]}}
        await expect_refused(await by_http(server, giver)(assign, given))
    harmless = {"assignee": doer.email, "type": "look", "payload": {"note": "the tide table"}}
    task = await by_http(server, giver)("assign_task", harmless)
    done = {"task_id": task["id"], "result": {"found": CANARY}}
    await expect_refused(await by_http(server, doer)("complete_task", done))
    given_up = {"task_id": task["id"], "error": f"cannot, see {CANARY}"}
    await expect_refused(await by_http(server, doer)("fail_task", given_up))


async def expect_refused(answer: dict[str, Any]) -> None:
    assert answer["code"] == "refused_by_guard", answer
    assert KEY not in str(answer)
    assert DECOY not in str(answer)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS, ids=lambda one: one.__name__)
async def test_the_canary_is_held_on_every_way_in_every_carrier(server: Running, way: Way) -> None:
    for carrier in [one for one in CARRIERS if fits(way, one)]:
        agent = await server.agent(next(_names))
        one = parcel(carrier.carry(CANARY))
        await expect_held(server, await way(server, agent, one, by_http(server, agent)))
