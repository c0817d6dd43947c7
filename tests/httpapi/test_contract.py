"""The OpenAPI document under fire: schemathesis sends what it allows and what it does not."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from httpapi.operation import Operation
from httpapi.operations import OPERATIONS
from mailcore.model import Role
from tests.support import hook_live
from tests.support.http_live import running
from tests.support.http_world import furnish

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
# A request that the schema allows may still be refused for what it means (400): an address that is
# none, a time that is over. `refused_for_its_meaning` sees to it that its form is never the reason.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "429"]

# These wait for as long as they are told to.
[[operations]]
include-name = "GET /v1/messages/wait"
parameters = { timeout = 0 }

[[operations]]
include-name = "GET /v1/events"
parameters = { wait = 0 }

[[operations]]
include-name = "GET /v1/messages/{message_id}/delivery"
parameters = { wait = 0 }

[[operations]]
include-name = "GET /v1/tasks/{task_id}"
parameters = { wait = 0 }
"""
LEFT_OUT = """
[[operations]]
include-name = "{0.method} {0.path}"
enabled = false
"""


def _left_out(who: str) -> Iterator[Operation]:
    """A call that waits for five seconds, and is like POST /v1/tasks; for an agent what it may not do.

    That an agent is refused there whatever it sends is tested for every operation at once.
    """
    for one in OPERATIONS:
        if one.path == "/v1/tasks/rpc" or (who == "agent" and Role.AGENT not in one.roles):
            yield one


async def _fire(data_dir: Path, who: str, *options: str) -> str:
    """What schemathesis says of the server when it comes with this key; fails unless it is content."""
    left_out = map(LEFT_OUT.format, _left_out(who))
    (data_dir / "schemathesis.toml").write_text("".join((SETTINGS, *left_out)))
    async with (
        running(data_dir, max_failures=10**6) as live,
        hook_live.receiving() as hooks,
    ):
        mia, _ = await furnish(live, "mia", hooks), await furnish(live, "bob", hooks)
        key = {"master": live.master, "agent": mia.key}[who]
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{live.url}/openapi.json",
            f"--header=Authorization: Bearer {key}",
            "--generation-deterministic",
            "--request-timeout=60",
            "--no-color",
            "--no-shrink",
            *options,
            cwd=data_dir,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_checks",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    said = output.decode()
    assert process.returncode == 0, said
    return said


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("who", "mode"), [("master", "all"), ("agent", "positive")])
async def test_the_document_tells_the_truth(tmp_path: Path, who: str, mode: str) -> None:
    """Every operation, every check: statuses, types, schemas, bad input, keys, methods, deleted things.

    Bad input is refused before it matters who sends it. Random input is for the long run.
    """
    phases = "--phases=examples,coverage,stateful"
    said = await _fire(tmp_path, who, "--max-examples=1", f"--mode={mode}", phases)
    assert "Coverage" in said
    assert "Stateful" in said


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", ["master", "agent"])
async def test_the_document_tells_the_truth_for_long(tmp_path: Path, who: str) -> None:
    """The same with many more examples."""
    await _fire(tmp_path, who, "--max-examples=100")
