"""The whole core without its listeners: a clock that is told, and a queue that is turned by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from mailcore.accounts import NewAgent
from mailcore.app.core import Core, open_core
from mailcore.cli.initialize import Wishes
from mailcore.config import load
from mailcore.credentials import OPERATOR
from mailcore.demo.zone import Zone
from mailcore.ids import InboxId
from mailcore.message.dsn import DeliveryReport, parse
from mailcore.model import Claim, Submitted
from mailcore.outbound.outgoing import OutgoingMail
from mailcore.outbound.smtp_client import SmtpClient, Timeouts
from mailcore.store.ports import ClaimRequest, MessageQuery
from tests.support.blueprint import initialized
from tests.support.clock import FakeClock
from tests.support.compiled import CACHE_DIR
from tests.support.invariants import check_invariants

QUICK = Timeouts(connect_seconds=10, command_seconds=1, final_seconds=1, total_seconds=60)
"""For hosts that do not answer: those that do never need so long."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """An agent that sends, and the queue behind it."""

    core: Core
    clock: FakeClock
    inbox_id: InboxId

    def use_smarthost(self, smarthost: str | None) -> None:
        """Send everything there with a login from now on; None looks up MX records."""
        config = self.core.config
        changes = {
            "smarthost": smarthost,
            "smarthost_user": "mia",
            "smarthost_password": SecretStr("s3cret"),
        }
        section = config.outbound.model_copy(update=changes)
        self.core.smarthosts._config = config.model_copy(update={"outbound": section})

    async def send(self, *to: str, subject: str = "Lamps") -> Submitted:
        """Queue a message of the agent, also to who was suppressed by an earlier one."""
        for one in (await self.core.suppressions.items(OPERATOR)).rows:
            await self.core.suppressions.lift(OPERATOR, one.id)
        mail = OutgoingMail(inbox_id=self.inbox_id, to=to, subject=subject, text="They are here.")
        return await self.core.mailer.send(OPERATOR, mail)

    async def claims(self) -> tuple[Claim, ...]:
        """Lease what is due now."""
        now = self.clock.now()
        outbound = self.core.stores.outbound
        until = now + timedelta(minutes=15)
        return await outbound.claim_due(
            ClaimRequest(now=now, owner="test", lease_until=until, limit=50)
        )

    async def carry_through(self) -> list[timedelta]:
        """Deliver until nothing waits any more, moving the clock; the waits in between."""
        waits: list[timedelta] = []
        while (due := await self.core.stores.outbound.next_due_at()) is not None:
            if due > self.clock.now():
                waits.append(due - self.clock.now())
                self.clock.advance(waits[-1])
            for claim in await self.claims():
                await self.core.worker.deliver(claim)
        return waits

    async def reports(self, about: Submitted) -> list[DeliveryReport]:
        """The delivery reports about a message in the agent's inbox."""
        query = MessageQuery(inbox_ids=(self.inbox_id,), mailbox="INBOX")
        found = await self.core.mailboxes.messages(OPERATOR, query)
        raws = [await self.core.mailboxes.raw(one) for one in found.rows]
        reports = [report for raw in raws if (report := parse(raw)) is not None]
        return [one for one in reports if one.original_message_id == about.message_id]


@contextlib.asynccontextmanager
async def outgoing(
    folder: Path, *, port: int, timeouts: Timeouts = QUICK
) -> AsyncIterator[Outgoing]:
    """The core in a fresh directory; mail for far.example goes to 127.0.0.1:`port`."""
    async with _zone() as nameserver:
        wishes = Wishes(
            domain="example.org",
            hostname="mail.example.org",
            owner="you@owner.example",
            data_dir=folder / "data",
            config_path=folder / "countersign.toml",
            listen=("127.0.0.1",),
            sections={
                "dns": {"resolver": nameserver},
                "outbound": {"port": port, "require_verified_domain": False},
                "guard": {"cache_dir": str(CACHE_DIR)},
            },
        )
        made = await asyncio.to_thread(initialized, wishes)
        clock = FakeClock()
        async with open_core(load(Path(str(made["config"])), {}), clock=clock) as core:
            core.worker._remote._client = SmtpClient(  # the real one waits for minutes
                ehlo_name="mail.example.org", port=port, timeouts=timeouts
            )
            await asyncio.to_thread(core.guard.warm_up)
            agent = await core.accounts.create_agent(OPERATOR, NewAgent(name="mia"))
            yield Outgoing(core=core, clock=clock, inbox_id=agent.inbox.id)
            await check_invariants(core.stores)


@contextlib.asynccontextmanager
async def _zone() -> AsyncIterator[str]:
    zone = Zone()
    zone.add("far.example", "MX", "10 mx.far.example")
    zone.add("mx.far.example", "A", "127.0.0.1")
    zone.add("relay.far.example", "A", "127.0.0.1")
    zone.add("silent.example", "MX", "0 .")
    await zone.start()
    try:
        yield zone.nameserver
    finally:
        await zone.stop()
