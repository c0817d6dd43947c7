"""Past mail judged again, with the policies that count or with others; and why a hold is one."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.running import ANA, LEAK, Agent, Running, running

IBAN = "Please pay to DE89 3704 0044 0532 0130 00 until Friday."
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(tmp_path_factory.mktemp("replay")) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mia(server: Running) -> Agent:
    """An agent with one message sent, one held for an account number and one for a password."""
    agent = await server.agent("mia")
    await send(server, agent, "Invoice", IBAN)
    await send(server, agent, "Lamps", "They come at half past nine, ask for build 4711-bertram.")
    await send(server, agent, "Access", LEAK)
    await server.queue_is_empty()
    return agent


async def send(server: Running, agent: Agent, subject: str, text: str) -> dict[str, Any]:
    body = {"to": [ANA], "subject": subject, "text": text}
    return dict(await server.ok("POST", "/v1/messages", body, key=agent.api_key))


async def replayed(server: Running, **body: Any) -> dict[str, Any]:
    return dict(await server.ok("POST", "/v1/guard/replay", body))


def subjects(rows: list[dict[str, Any]]) -> list[str]:
    return [one["subject"] for one in rows]


async def command(server: Running, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mailcore", *words, "--config", server.config,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_with_what_counts_now_nothing_changes(server: Running, mia: Agent) -> None:
    done = await replayed(server, agent_id=mia.id)
    assert (done["looked_at"], done["held_as_before"], done["next"]) == (3, 2, None)
    assert done["newly_held"] == done["newly_let_through"] == []


async def test_policies_are_tried_and_not_kept(server: Running, mia: Agent) -> None:
    easier = [{"rule": "pii.*", "severity": "low", "recipient": ANA}]
    done = await replayed(server, policies=easier)
    assert subjects(done["newly_let_through"]) == ["Invoice"]
    (row,) = done["newly_let_through"]
    assert (row["found"], row["hold_status"]) == (["pii.iban"], "pending")
    assert [one["severity"] for one in row["findings"] if one["rule"] == "pii.iban"] == ["low"]
    assert "3704 0044" not in json.dumps(done)
    others = [{"rule": "pii.*", "severity": "low", "recipient": "@elsewhere.example"}]
    assert (await replayed(server, policies=others))["newly_let_through"] == []
    assert (await server.ok("GET", "/v1/guard/policies"))["total"] == 0
    assert (await server.ok("GET", "/v1/holds?status=pending", key=mia.api_key))["total"] == 2


async def test_another_threshold_and_a_secret_that_was_registered_later(
    server: Running, mia: Agent
) -> None:
    done = await replayed(server, hold_at="critical", agent_id=mia.id)
    assert "Invoice" in subjects(done["newly_let_through"])
    added = await server.ok(
        "POST", "/v1/guard/secrets", {"name": "build", "secret": "4711-bertram"}
    )
    done = await replayed(server)
    assert subjects(done["newly_held"]) == ["Lamps"]
    assert done["newly_held"][0]["findings"][0]["rule"] == "credential.registered_secret"
    await server.ok("DELETE", f"/v1/guard/secrets/{added['id']}")


async def test_it_goes_on_part_by_part(server: Running, mia: Agent) -> None:
    before: str | None = None
    seen = 0
    for _ in range(4):
        done = await replayed(server, limit=1, **({"before": before} if before else {}))
        seen, before = seen + done["looked_at"], done["next"]
        if before is None:
            break
    assert seen == 3
    assert (await replayed(server, since="2100-01-01T00:00:00Z"))["looked_at"] == 0


async def test_only_the_owner_may(server: Running, mia: Agent) -> None:
    for method, path in (("POST", "/v1/guard/replay"), ("GET", "/v1/guard/explanations/x")):
        body = {} if method == "POST" else None
        status, problem = await server.api(method, path, body, key=mia.api_key)
        assert (status, problem["code"]) == (403, "master_key_required")
    status, problem = await server.api("POST", "/v1/guard/replay", {"policies": [
        {"rule": "pii.unheard_of", "severity": "low"}]})  # fmt: skip
    assert (status, problem["errors"][0]["path"]) == (400, "rule")


async def test_the_command_reads_policies_from_a_file(
    server: Running, mia: Agent, tmp_path: Path
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"policies": [{"rule": "pii.iban", "severity": "low"}]}))
    words = ("guard", "replay", "--policy", str(file), "--agent", "mia")
    code, text = await command(server, *words)
    assert code == 0, text
    assert "newly held: 0\nnewly let through: 1\n" in text
    assert "Invoice" in text
    assert "now:  low pii.iban" in text
    assert "3 messages looked at; nothing was changed" in text
    code, text = await command(server, *words, "--limit", "2", "--json")
    assert json.loads(text)["looked_at"] == 2
    file.write_text("[")
    code, text = await command(server, *words)
    assert code != 0
    assert "is no JSON" in text


async def test_a_hold_is_explained(server: Running, mia: Agent, tmp_path: Path) -> None:
    """By pattern, policy and threshold, masked; and so is a message in a file."""
    policy = {"rule": "pii.iban", "severity": "medium"}
    made = await server.ok("POST", "/v1/guard/policies", policy)
    holds = (await server.ok("GET", "/v1/holds?status=pending"))["data"]
    (hold,) = (one for one in holds if one["subject"] == "Invoice")
    found = await server.ok("GET", f"/v1/guard/explanations/{hold['id']}")
    (finding,) = (one for one in found["findings"] if one["rule"] == "pii.iban")
    assert (finding["severity"], finding["was"], finding["holds"]) == ("medium", "high", False)
    assert finding["policy_id"]
    assert finding["pattern"]
    code, text = await command(server, "guard", "explain", hold["id"])
    assert code == 0, text
    assert "findings of high and above hold" in text
    assert "makes high count as medium" in text
    assert "0532 0130" not in text
    await server.ok("DELETE", f"/v1/guard/policies/{made['id']}")
    file = tmp_path / "one.eml"
    file.write_bytes(f"To: {ANA}\r\nSubject: Access\r\n\r\n{LEAK}\r\n".encode())
    code, text = await command(server, "guard", "explain", str(file))
    assert (code, "holds the message" in text, "hunter2" in text) == (0, True, False)
    assert (await command(server, "guard", "explain", "pii.iban"))[0] == 0
