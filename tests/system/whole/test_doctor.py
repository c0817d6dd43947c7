"""`countersign doctor` beside a whole server: the owner must hear of what waits."""

import asyncio
import json
import sys
from typing import Any

from tests.support.running import ANA, LEAK, OWNER, Agent, Running


async def findings(server: Running) -> dict[str, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mailcore", "doctor", "--config", server.config, "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return {one["subject"]: one for one in json.loads(out)["findings"]}


async def test_notices_that_do_not_arrive_are_a_problem(server: Running, mia: Agent) -> None:
    """With what the owner's mail host said, and where to decide without mail."""
    subject = f"notices to {OWNER}"
    assert subject not in await findings(server)
    server.world.sink.refuse(OWNER, "550 5.2.1 mailbox closed")
    mail = {"to": [ANA], "subject": "Access", "text": LEAK}
    await server.ok("POST", "/v1/messages", mail, key=mia.api_key)
    await server.until("/v1/queue?state=failed", lambda one: one["total"] == 1)
    found = (await findings(server))[subject]
    assert found["state"] == "problem"
    assert "mailbox closed" in found["message"]
    assert "countersign hold" in found["fix"]
