"""`countersign mcp`: the official client on stdio, against a running server."""

import asyncio
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.support.mcp_client import MODES, call, play, read_everything
from tests.support.process import ROOT, Server, environment, spawn

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": "one",
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@asynccontextmanager
async def on_stdio(key: str, *arguments: object, mode: str = "auto") -> AsyncIterator[Client]:
    """A client that starts the command, as a desktop program does."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "mailcore", "mcp", *map(str, arguments)],
        env=environment(COUNTERSIGN_KEY=key),
        cwd=ROOT,
    )
    async with Client(stdio_client(parameters), mode=mode) as client:
        yield client


def agent_with_mail(server: Server, name: str) -> dict[str, Any]:
    made: dict[str, Any] = server.json("agent", "create", name)
    server.json(
        "send", "--from", "owner@example.org", "--to", made["email"],
        "--subject", "Lunch", "--text", "When shall we meet?",
    )  # fmt: skip
    return made


def talk(server: Server, key: str, lines: bytes, *more: object, told: int) -> list[dict[str, Any]]:
    """What the command writes on stdout for these lines; every line must be a message.

    Stdin stays open until so many were told: at its end only a moment is left for answers.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "mailcore", "mcp", "--config", str(server.config), *map(str, more)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(COUNTERSIGN_KEY=key),
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(lines)
        process.stdin.flush()
        first = [process.stdout.readline() for _ in range(told)]
        rest, errors = process.communicate(timeout=50)
    assert (process.returncode, errors) == (0, b"")
    return [json.loads(line) for line in [*first, *rest.splitlines()]]


@pytest.mark.parametrize("mode", MODES)
async def test_a_working_day_on_stdio(server: Server, mode: str) -> None:
    """All thirteen tools, both prompts, all resources, over the unix socket."""
    made = agent_with_mail(server, f"day-{mode}")
    ann = server.json("key", "create", "--role", "approver", "--name", f"ann-{mode}")
    config = ("--config", server.config)
    async with (
        on_stdio(made["api_key"], *config, mode=mode) as agent,
        on_stdio(ann["api_key"], *config, mode=mode) as person,
    ):
        async with asyncio.timeout(60):
            while not (await call(agent, "list_threads"))["total"]:
                await call(agent, "list_events", wait=1)
        await play(agent, person)
        await read_everything(agent)


async def test_the_server_can_be_elsewhere(server: Server) -> None:
    """By URL and key, without a configuration."""
    made = server.json("agent", "create", "far")
    url = f"http://127.0.0.1:{server.ports['http']}"
    async with on_stdio(made["api_key"], "--url", url) as client:
        assert (await call(client, "get_workspace"))["caller"]["agent_id"] == made["id"]


def given_up(server: Server) -> float:
    """How many calls the server has seen abandoned."""
    url = f"http://127.0.0.1:{server.ports['http']}/metrics"
    with urllib.request.urlopen(url) as answer:
        text = answer.read().decode()
    pattern = r'_count\{[^}]*route="/mcp"[^}]*status="499"[^}]*\} ([0-9.]+)'
    return sum(float(one) for one in re.findall(pattern, text))


async def test_calls_run_side_by_side(server: Server) -> None:
    """One that waits does not hold the others up, and ends over there when it is cancelled here."""
    made = server.json("agent", "create", "patient")
    before = given_up(server)
    async with on_stdio(made["api_key"], "--config", server.config) as client:
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(client.call_tool("list_events", {"wait": 60}))
            for _ in range(5):
                await call(client, "get_workspace")
            assert not waiting.done()
            waiting.cancel()
        async with asyncio.timeout(50):
            while given_up(server) == before:
                await call(client, "get_workspace")


def test_a_long_call_is_cancelled_at_the_end_of_stdin(server: Server) -> None:
    """And the program ends, long before the call would have."""
    made = server.json("agent", "create", "gone")
    wait = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "list_events", "arguments": {"wait": 60}},
    }
    answers = talk(server, made["api_key"], json.dumps(wait).encode() + b"\n", told=0)
    assert answers == []


def test_only_messages_are_written(server: Server) -> None:
    """Nonsense is answered as the protocol says; ids come back as they were; blank lines are nothing."""
    made = server.json("agent", "create", "neat")
    lines = [
        b"{",
        b"[]",
        b"",
        b'{"jsonrpc":"2.0","id":9,"result":{}}',
        json.dumps(INITIALIZE).encode(),
        b"",
    ]
    answers = talk(server, made["api_key"], b"\n".join(lines), told=3)
    assert [one["error"]["code"] for one in answers[:2]] == [-32700, -32600]
    assert answers[2]["id"] == "one"
    assert answers[2]["result"]["serverInfo"]["name"] == "countersign"
    assert len(answers) == 3


def test_a_key_is_required(server: Server) -> None:
    """Even where other commands need none."""
    done = spawn("mcp", "--config", server.config)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Give an agent's key with --key or COUNTERSIGN_KEY" in done.stderr


def test_a_wrong_key_is_an_error_that_says_so(server: Server) -> None:
    (answer,) = talk(server, "cs_agent_wrong", json.dumps(INITIALIZE).encode() + b"\n", told=1)
    assert answer["id"] == "one"
    assert answer["error"]["data"]["code"]


def test_a_server_that_is_not_there_is_an_error_with_the_way_out(server: Server) -> None:
    """The program stays: the server may come back."""
    line = json.dumps(INITIALIZE).encode() + b"\n"
    (answer,) = talk(server, "cs_agent_x", line, "--url", "http://127.0.0.1:9", told=1)
    assert "no server answers at http://127.0.0.1:9/mcp" in answer["error"]["message"]
    assert "countersign serve" in answer["error"]["message"]


def test_a_client_that_closes_both_ends_is_no_failure(server: Server, tmp_path: Path) -> None:
    """No traceback when nobody reads."""
    made = server.json("agent", "create", "deaf")
    errors = tmp_path / "stderr"
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailcore", "mcp", "--config", str(server.config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment(COUNTERSIGN_KEY=made["api_key"]),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
        process.stdin.close()
        assert process.wait(20) == 0
    assert errors.read_bytes() == b""
