"""`/mcp` with the official client, in both generations of the protocol."""

import asyncio
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from mcp import MCPError

from httpapi.mcp.tools import tools_of
from httpapi.operations import OPERATIONS
from mailcore.credentials import OPERATOR
from mailcore.model import KeyRole
from tests.support.clock import FakeClock
from tests.support.http_live import SECRET, Live, running
from tests.support.mail_samples import plain
from tests.support.mcp_client import MODES, call, connected, play, read_everything, refusal

TOOLS = tools_of(OPERATIONS)
NEVER = {"internal", "invalid_fields", "malformed_json", "wrong_type"}
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
WAIT = (
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
    b'"params":{"name":"list_events","arguments":{"wait":60}}}'
)


@pytest.mark.parametrize("mode", MODES)
async def test_a_working_day_with_the_thirteen_tools(tmp_path: Path, mode: str) -> None:
    """The agent drafts and sends; a person approves and rejects; nobody else decides."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        await live.receive(mia.inbox.id, plain())
        ann = await live.services.accounts.create_key(OPERATOR, role=KeyRole.APPROVER, name="ann")
        async with (
            connected(live.url, mia.api_key, mode) as agent,
            connected(live.url, ann.token, mode) as person,
        ):
            await play(agent, person)


@pytest.mark.parametrize("mode", MODES)
async def test_prompts_and_resources(tmp_path: Path, mode: str) -> None:
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live.url, mia.api_key, mode) as client:
            await read_everything(client)


async def test_every_tool_can_be_called(tmp_path: Path) -> None:
    """With well-formed arguments each works or says what is missing; none breaks."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live.url, mia.api_key) as client:
            listed = (await client.list_tools()).tools
            assert [one.name for one in listed] == [*TOOLS]
            for name, tool in TOOLS.items():
                at_once = {
                    one: tool.fields[one].get("minimum", 0)
                    for one in ("wait", "timeout")
                    if one in tool.fields
                }
                arguments = {**tool.example(), **at_once}
                result = await client.call_tool(name, arguments)
                document = result.structured_content
                assert not result.is_error or document["error"]["code"] not in NEVER, (
                    name,
                    document,
                )


async def test_mail_is_read_sent_and_answered(tmp_path: Path) -> None:
    """What an agent does beside drafts."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with connected(live.url, mia.api_key) as client:
            (message,) = (await call(client, "list_messages", unread=True))["data"]
            assert message["id"] == placed.id
            assert (await call(client, "get_message", message_id=placed.id))["text"]
            await call(client, "change_message", message_id=placed.id, unread=False)
            assert (await call(client, "list_messages", unread=True))["total"] == 0
            answer = await call(client, "reply", message_id=placed.id, text="Fine.")
            assert answer["status"] == "queued"
            assert (await call(client, "get_delivery", message_id=answer["id"]))["recipients"]
            events = await call(client, "list_events", since=0)
            assert "email.received" in {one["type"] for one in events["data"]}
            assert (await call(client, "delete_message", message_id=placed.id)) == {"done": True}


async def test_a_tool_cannot_get_a_secret_out(tmp_path: Path) -> None:
    """Held; the agent sees that it is, cannot decide it, and has no tool for it."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live.url, mia.api_key) as client:
            leak = {"to": "x@example.com", "subject": "Hi", "text": f"it is {SECRET}"}
            sent = await call(client, "send_message", **leak)
            assert sent["status"] == "held"
            assert (await call(client, "get_hold", hold_id=sent["hold_id"]))["status"] == "pending"
            assert (await call(client, "list_holds"))["total"] == 1
            code, text = await refusal(client, "send_message", **leak, allow_sensitive=True)
            assert (code, "only a person" in text) == ("invalid", True)
            with pytest.raises(MCPError, match="not found"):
                await client.call_tool("approve_hold", {"hold_id": sent["hold_id"]})
            assert (await call(client, "list_holds"))["total"] == 1


async def test_a_pending_draft_cannot_be_sent_by_its_agent(tmp_path: Path) -> None:
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with connected(live.url, mia.api_key) as client:
            draft = await call(
                client,
                "submit_draft",
                thread_id=placed.thread_id,
                identity_id=mia.inbox.id,
                based_on_message_id=placed.id,
                body_text="Hello",
            )
            await refusal(client, "send_draft", draft_id=draft["id"])
            assert (await call(client, "get_draft", draft_id=draft["id"]))["status"] == "pending"


async def test_what_belongs_to_others_is_not_found(tmp_path: Path) -> None:
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        placed = await live.receive(mia.inbox.id, plain())
        async with connected(live.url, bob.api_key) as client:
            code, text = await refusal(client, "get_message", message_id=placed.id)
            assert code == "not_found"
            assert "Take message_id from list_messages" in text


async def test_the_same_call_with_a_key_is_carried_out_once(tmp_path: Path) -> None:
    """A model that repeats itself sends no second mail."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        mail = {"to": "x@example.com", "subject": "Hi", "text": "Hi", "idempotency_key": "a-1"}
        async with connected(live.url, mia.api_key) as client:
            first = await call(client, "send_message", **mail)
            again = await call(client, "send_message", **mail)
            assert first["id"] == again["id"]
            code, _ = await refusal(client, "send_message", **{**mail, "subject": "Other"})
            assert code == "idempotency_mismatch"
            code, _ = await refusal(client, "send_message", **{**mail, "idempotency_key": 7})
            assert code == "invalid"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        (
            "send_message",
            {"to": '["a@example.org"]', "subject": "Hi", "text": "x"},
            ["- to: this is text that holds a list", '{"to":["name@example.org"]}'],
        ),
        (
            "send_message",
            {"to": "a@example.org", "subject": 5, "text": "x", "headers": '{"a": "b"}'},
            ["- headers: this is text that holds an object"],
        ),
        (
            "submit_draft",
            {"thread_id": "t", "identity_id": "i", "body_text": ["x"], "cc": '["a@example.org"]'},
            [
                "3 fields are wrong",
                "- cc: this is text that holds a list",
                "- body_text: ",
                "- based_on_message_id: this field is required",
            ],
        ),
        ("get_thread", {}, ["- thread_id: this field is required", "id from list_threads"]),
        ("get_thread", {"thread_id": 7}, ["- thread_id:", '{"thread_id":"id from list_threads"}']),
        ("get_thread", {"thread": "x"}, ["did you mean thread_id?"]),
        ("get_workspace", {"verbose": True}, ["- verbose: unknown field. It takes nothing"]),
        ("list_threads", {"status": "new"}, ["- status:", '{"status":"open"}']),
        ("list_threads", {"limit": 1000}, ["- limit:", '{"limit":20}']),
        ("list_threads", {"limit": 10**30}, ["malformed_json"]),
        (
            "get_thread",
            {"thread_id": "nope"},
            ["not_found: thread", "Take thread_id from list_threads"],
        ),
        ("claim_task", {"task_id": "nope"}, ["not_found: task", "Take task_id from list_tasks"]),
    ],
)
async def test_a_wrong_call_is_answered_with_a_right_one(
    tmp_path: Path, name: str, arguments: dict[str, object], expected: list[str]
) -> None:
    """The field, what is wrong, and how it would be right: in few words."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            body = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": name, "arguments": arguments},
            }
            async with client.post("/mcp", json=body, headers=ACCEPT) as answer:
                text = await answer.text()
    found = text.replace("\\n", "\n").replace('\\"', '"')
    assert [part for part in expected if part not in found] == []
    assert '"isError":true' in found


async def test_unknown_names_are_errors_that_name_known_ones(tmp_path: Path) -> None:
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with connected(live.url, mia.api_key) as client:
            with pytest.raises(MCPError, match="Did you mean list_threads"):
                await client.call_tool("list_thread", {})
            with pytest.raises(MCPError, match="workspace://current"):
                await client.read_resource("workspace://other")
            with pytest.raises(MCPError, match="thread_id: this argument is required"):
                await client.get_prompt("draft_reply")


# Who, how often, from where ----------------------------------------------------------------------


async def _post(
    client: aiohttp.ClientSession, body: bytes = PING, **headers: str
) -> tuple[int, str]:
    async with client.post("/mcp", data=body, headers={**ACCEPT, **headers}) as answer:
        return answer.status, await answer.text()


async def test_a_key_is_needed(tmp_path: Path) -> None:
    """On the unix socket too, where commands need none: a model is never the operator by accident."""
    async with running(tmp_path) as live:
        async with live.client() as client:
            status, text = await _post(client)
            assert (status, "key_required" in text) == (401, True)
        async with live.client("cs_agent_wrong") as client:
            assert (await _post(client))[0] == 401
        async with live.operator() as client:
            assert (await _post(client))[0] == 401
            mia = await live.agent("mia")
            assert (await _post(client, Authorization=f"Bearer {mia.api_key}"))[0] == 200


async def test_requests_count_against_the_key(tmp_path: Path) -> None:
    async with running(tmp_path, clock=FakeClock(), rate_limit_per_minute=3) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            statuses = [(await _post(client))[0] for _ in range(4)]
            assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("http://[bad", 403),
        ("null", 403),
        ("http://localhost:6274", 200),
        ("https://mail.agents.example", 200),
        ("https://app.example", 200),
    ],
)
async def test_a_strangers_page_may_not_call_tools(
    tmp_path: Path, origin: str, status: int
) -> None:
    """A browser tells whose page it is; a name that was pointed at us does not help it."""
    async with running(tmp_path, cors_origins=["https://app.example"]) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            assert (await _post(client, Origin=origin))[0] == status


async def test_a_body_over_the_limit_is_413(tmp_path: Path) -> None:
    async with running(tmp_path, max_body_bytes=65536) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            assert (await _post(client, b" " * 65537))[0] == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"7", b'{"jsonrpc":"2.0"}'])
async def test_nonsense_is_answered_400(tmp_path: Path, body: bytes) -> None:
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            for version in ("2025-06-18", "2026-07-28"):
                headers = {"MCP-Protocol-Version": version}
                status, _ = await _post(client, body, **headers)
                assert status in (400, 202), (version, status)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_only_post(tmp_path: Path, method: str) -> None:
    """Without sessions there is nothing to listen to and nothing to end."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client, client.request(method, "/mcp") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "OPTIONS, POST")


def test_the_sdk_is_not_imported_before_it_is_needed() -> None:
    """It takes a second and tens of megabytes."""
    code = "import httpapi.server, sys; sys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_an_allowed_page_may_send_what_the_protocol_needs(tmp_path: Path) -> None:
    """A client in a browser asks before it sends the protocol's own fields."""
    async with running(tmp_path, cors_origins=["https://app.example"]) as live:
        ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
        async with live.client() as client, client.options("/mcp", headers=ask) as answer:
            allowed = answer.headers["Access-Control-Allow-Headers"].lower()
            assert answer.status == 204
            assert {"authorization", "mcp-protocol-version", "mcp-method", "mcp-name"} <= {
                one.strip() for one in allowed.split(",")
            }


# Clients that leave, many clients, the end ---------------------------------------------------------


async def _until_running(live: Live, count: int) -> None:
    async with asyncio.timeout(60):
        while live.server._edge._running != count:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_leaves_cancels_its_call(tmp_path: Path, mode: str) -> None:
    """A call that waits for a minute ends when nobody waits for it."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")

        async def wait_long() -> None:
            async with connected(live.url, mia.api_key, mode) as client:
                await client.call_tool("list_events", {"wait": 60})

        async with asyncio.TaskGroup() as group:
            task = group.create_task(wait_long())
            await live.waiting()
            task.cancel()
            await _until_running(live, 0)


@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
async def test_a_connection_that_breaks_cancels_its_call(tmp_path: Path, version: str) -> None:
    """No goodbye: the socket is just gone."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        _, writer = await asyncio.open_connection("127.0.0.1", live.server.port)
        meta = (
            b'"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
            b'"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},'
            b'"io.modelcontextprotocol/clientCapabilities":{}},'
        )
        body = WAIT if version < "2026" else WAIT.replace(b'"name"', meta + b'"name"')
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {mia.api_key}\r\n"
            "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n"
            f"MCP-Protocol-Version: {version}\r\nMcp-Method: tools/call\r\n"
            f"Mcp-Name: list_events\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        await live.waiting()
        assert live.server._edge._running == 1
        writer.transport.abort()
        await live.server._edge.drained(60)
        assert live.server._edge._running == 0


async def test_the_server_stops_while_a_call_waits(tmp_path: Path) -> None:
    """The waiting call is answered, not cut."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client, asyncio.TaskGroup() as group:
            task = group.create_task(_post(client, WAIT))
            await live.waiting()
            await live.server.stop(30)
            assert (await task)[0] == 200


async def test_a_hundred_clients_at_once(tmp_path: Path) -> None:
    """Each with the official client, half of each generation; every call is answered rightly."""
    async with running(tmp_path) as live:
        agents = [await live.agent(f"a{number}") for number in range(10)]

        async def one(number: int) -> None:
            agent = agents[number % 10]
            async with connected(live.url, agent.api_key, MODES[number % 2]) as client:
                for _ in range(3):
                    caller = (await call(client, "get_workspace"))["caller"]
                    assert caller["agent_id"] == agent.agent.id

        async with asyncio.TaskGroup() as group:
            for number in range(100):
                group.create_task(one(number))
        assert live.server._edge._running == 0
