"""kill -9 at every step between a stranger's letter, the owner's word and the mailbox."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mailcore.accounts import NewAgent
from mailcore.app.core import open_core
from mailcore.config import load
from mailcore.credentials import OPERATOR
from mailcore.ids import DEFAULT_POD
from mailcore.model import INBOX, QuarantineStatus, Slice
from mailcore.store.ports import MessageQuery, QuarantineQuery
from tests.support.invariants import check_invariants
from tests.support.process import ROOT, init

CHILD = Path(__file__).with_name("crashing_gate.py")
STEPS = 8
"""More transactions than one letter needs from its arrival to its mailbox."""


def run(config: str, step: str, count: int, first: int) -> list[int]:
    """Run the child to its end; the letters it acknowledged."""
    done = subprocess.run(
        [sys.executable, str(CHILD), config, step, str(count), str(first)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == (-signal.SIGKILL if count else 0), done.stderr.decode()
    return [int(line) for line in done.stdout.split()]


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_quarantine_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Durable before acknowledged, delivered once after approval (product §1.2, §1.6)."""
    sections = {
        "inbound": {"verify": False, "dmarc_reports": False},
        "guard": {"inbound": False},
        "inbox": {"trust_gate": "hold"},
    }
    server = init(tmp_path, sections=sections)
    config = load(Path(str(server.made["config"])), {})
    async with open_core(config) as core:
        await core.accounts.create_agent(OPERATOR, NewAgent(name="mia"))
    acknowledged: list[int] = []
    for step in ("executed", "committed"):
        for count in range(1, STEPS + 1):
            # What was not acknowledged comes again, as a sending server would do it.
            first = acknowledged[-1] + 1 if acknowledged else 1
            acknowledged += run(str(server.made["config"]), step, count, first)
    run(str(server.made["config"]), "", 0, 0)
    assert len(acknowledged) == len(set(acknowledged)) >= STEPS

    async with open_core(config) as core:
        query = QuarantineQuery(
            pod_id=DEFAULT_POD, status=QuarantineStatus.PENDING, part=Slice(limit=1000)
        )
        waiting = (await core.stores.quarantine.quarantined(query)).rows
        kept = Counter(int(one.subject) for one in waiting)
        for one in waiting:
            octets = await core.stores.quarantine.octets(one.id)
            assert octets is not None
            assert octets.endswith(f"Letter {one.subject}\r\n".encode())
        mia = next(
            one
            for one in await core.stores.accounts.inboxes(DEFAULT_POD)
            if one.address.local == "mia"
        )
        found = await core.mailboxes.messages(
            OPERATOR, MessageQuery(inbox_ids=(mia.id,), mailbox=INBOX, part=Slice(limit=1000))
        )
        delivered = Counter(int(one.facts.subject) for one in found.rows)
        assert set(delivered) >= {one for one in acknowledged if one % 3}
        assert set(kept) >= {one for one in acknowledged if not one % 3}
        assert not set(kept) & set(delivered)
        assert set((delivered + kept).values()) == {1}
        assert await core.stores.quarantine.approved_arrivals() == ()
        await check_invariants(core.stores)
