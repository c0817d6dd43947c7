"""The official client of the Model Context Protocol, over HTTP, and what an agent does with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

MODES = ("auto", "legacy")
"""The sessionless generation of the protocol, and the one with a handshake."""

SEED_TOOLS: dict[str, set[str]] = {
    "list_threads": {"status", "needs_review", "identity_id", "limit", "offset"},
    "get_thread": {"thread_id"},
    "list_drafts": {"thread_id", "identity_id", "status", "limit", "offset"},
    "get_draft": {"draft_id"},
    "submit_draft": {
        "thread_id",
        "identity_id",
        "based_on_message_id",
        "body_text",
        "body_html",
        "subject_override",
        "cc",
        "bcc",
        "rationale",
    },
    "approve_draft": {"draft_id"},
    "reject_draft": {"draft_id", "reason"},
    "edit_draft": {
        "draft_id",
        "body_text",
        "body_html",
        "subject_override",
        "cc",
        "bcc",
        "rationale",
    },
    "send_draft": {"draft_id"},
    "list_identities": {"status", "domain_id"},
    "get_identity": {"identity_id"},
    "list_contacts": {"q", "status"},
    "get_contact": {"contact_id"},
}
"""The thirteen tools everybody offers, with their parameters."""

URIS = ("workspace://current", "identities://active", "threads://recent")


@asynccontextmanager
async def connected(url: str, key: str | None, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of `/mcp` with this key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, verify=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


async def call(client: Client, name: str, **arguments: Any) -> Any:
    """The document of a call that must work."""
    result = await client.call_tool(name, arguments)
    assert not result.is_error, (name, arguments, result.content)
    return result.structured_content


async def refusal(client: Client, name: str, **arguments: Any) -> tuple[str, str]:
    """The code and the text of a call that must not work."""
    result = await client.call_tool(name, arguments)
    assert result.is_error, result.content
    return result.structured_content["error"]["code"], result.content[0].text


async def play(agent: Client, person: Client) -> None:
    """Every one of the thirteen tools, in the order of a working day. One message has arrived."""
    offered = {one.name for one in (await agent.list_tools()).tools}
    (identity, *_) = (await call(agent, "list_identities", status="active"))["data"]
    assert (await call(agent, "get_identity", identity_id=identity["id"])) == identity
    listed = await call(agent, "list_threads", status="open", limit=10, offset=0)
    thread = await call(agent, "get_thread", thread_id=listed["data"][0]["id"])
    assert thread["messages"][0]["text"]
    draft = {
        "thread_id": thread["id"],
        "identity_id": identity["id"],
        "based_on_message_id": thread["last_inbound_message_id"],
        "body_text": "Yes, at noon.",
        "rationale": "They asked for a time.",
    }
    first = await call(agent, "submit_draft", **draft)
    assert (first["status"], first["stale_warning"]) == ("pending", False)
    edited = await call(agent, "edit_draft", draft_id=first["id"], body_text="Yes, at one.")
    assert edited["version"] == 2
    for name in ("approve_draft", "reject_draft"):
        code, text = await refusal(agent, name, draft_id=first["id"])
        assert code == "approver_required"
        assert "Ask the owner" in text
    code, _ = await refusal(agent, "send_draft", draft_id=first["id"])
    assert code != "internal"
    assert (await call(agent, "get_draft", draft_id=first["id"]))["status"] == "pending"
    assert (await call(person, "approve_draft", draft_id=first["id"]))["status"] == "approved"
    assert (await call(agent, "send_draft", draft_id=first["id"]))["status"] == "sent"
    second = await call(agent, "submit_draft", **draft)
    rejected = await call(person, "reject_draft", draft_id=second["id"], reason="Not twice.")
    assert rejected["status"] == "rejected"
    drafts = await call(agent, "list_drafts", thread_id=thread["id"])
    assert {one["status"] for one in drafts["data"]} == {"sent", "rejected"}
    if "list_contacts" in offered:
        (contact, *_) = (await call(agent, "list_contacts", q=""))["data"]
        assert (await call(agent, "get_contact", contact_id=contact["id"]))["id"] == contact["id"]


async def read_everything(client: Client) -> None:
    """Both prompts and all resources."""
    assert [str(one.uri) for one in (await client.list_resources()).resources] == [*URIS]
    for uri in URIS:
        (contents,) = (await client.read_resource(uri)).contents
        assert contents.mime_type == "application/json"
        assert contents.text.startswith("{")
    prompts = {one.name: one for one in (await client.list_prompts()).prompts}
    assert {
        name: [(one.name, one.required) for one in prompt.arguments]
        for name, prompt in prompts.items()
    } == {
        "draft_reply": [("thread_id", True), ("message_id", True), ("identity_id", True)],
        "triage_inbox": [("limit", False), ("identity_id", False)],
    }
    given = {"thread_id": "t-1", "message_id": "m-1", "identity_id": "i-1"}
    (message,) = (await client.get_prompt("draft_reply", given)).messages
    assert all(value in message.content.text for value in given.values())
    (message,) = (await client.get_prompt("triage_inbox")).messages
    assert '"limit": 25' in message.content.text
