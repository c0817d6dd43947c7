"""The whole product in the test's own loop, with a fake outside world that speaks real protocols."""

import asyncio
import contextlib
import functools
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from mailcore.app.core import Core
from mailcore.app.server import App
from mailcore.cli.initialize import Wishes
from mailcore.config import load
from mailcore.credentials import OPERATOR
from mailcore.delivery import Target
from mailcore.demo.sink import OutsideWorld, Received
from mailcore.ids import InboxId
from mailcore.mailauth.keys import PrivateKey, generate_rsa, load_private
from mailcore.message.headers import Headers
from mailcore.message.parse import leaves
from mailcore.model import Direction
from tests.support.blueprint import initialized
from tests.support.compiled import CACHE_DIR
from tests.support.process import free_offset

DOMAIN = "example.org"
HOSTNAME = "mail.example.org"
OWNER = "you@owner.example"
ANA = "ana@customer.example"
LEAK = "the database password is hunter2-Xk9!"
SECRET = b"hunter2-Xk9!"
WAIT_SECONDS = 60


@functools.cache
def _world_key() -> PrivateKey:
    return load_private(generate_rsa()[0])


@dataclass
class Agent:
    """An agent as the API made it."""

    name: str
    email: str
    api_key: str
    password: str
    inbox_id: str
    id: str


@dataclass
class Running:
    """A running server and what a test does with it."""

    app: App
    made: dict[str, Any]
    world: OutsideWorld
    http: aiohttp.ClientSession

    @property
    def core(self) -> Core:
        return self.app.core

    @property
    def ports(self) -> dict[str, int]:
        return self.app.ports

    @property
    def master_key(self) -> str:
        return str(self.made["master_key"])

    @property
    def config(self) -> str:
        return str(self.made["config"])

    @property
    def ca_file(self) -> str:
        return str(self.made["ca_file"])

    def tls(self) -> ssl.SSLContext:
        """A client's context that trusts the server."""
        return ssl.create_default_context(cafile=self.ca_file)

    async def api(
        self, method: str, path: str, body: Any = None, *, key: str = "", **options: Any
    ) -> tuple[int, Any]:
        """One request; the status and the document."""
        headers = {"Authorization": f"Bearer {key or self.master_key}"}
        async with self.http.request(method, path, json=body, headers=headers, **options) as answer:
            if answer.content_type.endswith("json"):
                return answer.status, await answer.json(content_type=None)
            return answer.status, await answer.read()

    async def ok(self, method: str, path: str, body: Any = None, *, key: str = "") -> Any:
        """A request that must work; the document."""
        status, document = await self.api(method, path, body, key=key)
        assert status < 400, document
        return document

    async def agent(self, name: str = "mia") -> Agent:
        """A new agent."""
        made = await self.ok("POST", "/v1/agents", {"name": name})
        inbox = made["inbox"]
        return Agent(
            name, made["email"], made["api_key"], inbox["password"], inbox["id"], made["id"]
        )

    async def letter_from_ana(
        self, to: str, *, subject: str = "Lamps", text: str = "When do they come?"
    ) -> None:
        """Ana writes, signed, by SMTP to port 25."""
        raw = self.world.letter(sender=f"Ana <{ANA}>", to=[to], subject=subject, text=text)
        result = await self.world.send(raw, mail_from=ANA, recipients=[to], port=self.ports["smtp"])
        assert result.is_delivered, result

    async def messages(self, agent: Agent, count: int, folder: str = "INBOX") -> list[Any]:
        """The agent's messages once there are `count` of them in the folder."""
        since = 0
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                page = await self.ok("GET", f"/v1/messages?folder={folder}", key=agent.api_key)
                if page["total"] >= count:
                    return list(page["data"])
                events = await self.ok("GET", f"/v1/events?since={since}&wait=5")
                since = events["next"]

    async def put(self, agent: Agent, raw: bytes, folder: str = "INBOX") -> None:
        """Put a message into one of the agent's folders as an arrival does."""
        await self.core.delivery.deliver(
            raw,
            [Target(inbox_id=InboxId(agent.inbox_id), mailbox=folder)],
            internal_date=self.core.clock.now(),
            direction=Direction.INBOUND,
        )

    async def until(self, path: str, is_so: Callable[[Any], bool], *, key: str = "") -> Any:
        """A document once it is as wanted; looks again at every event."""
        since = 0
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                document = await self.ok("GET", path, key=key)
                if is_so(document):
                    return document
                events = await self.ok("GET", f"/v1/events?since={since}&wait=1")
                since = events["next"]

    async def queue_is_empty(self) -> None:
        """Wait until nothing is due any more."""
        await self.until("/v1/queue?state=due&state=leased", lambda page: page["total"] == 0)

    async def notice(self, hold_id: str) -> Received:
        """The mail that asks the owner about a hold."""
        return await self.world.sink.wait_for(
            lambda one: OWNER in one.recipients and hold_id.encode() in unfolded(one.raw),
            timeout_seconds=WAIT_SECONDS,
        )

    async def answer(
        self,
        notice: Received,
        text: str,
        *,
        sender: str = OWNER,
        to: str = "",
        headers: Sequence[tuple[str, str]] = (),
        is_signed: bool = True,
        mail_from: str | None = None,
    ) -> None:
        """Somebody answers a notice."""
        fields = Headers.read(notice.raw)
        recipient = to or reply_to(notice)
        raw = self.world.letter(
            sender=f"The Owner <{sender}>",
            to=[recipient],
            subject=f"Re: {fields.get('Subject')}",
            text=text,
            in_reply_to=fields.get("Message-ID") or "",
            headers=headers,
        )
        await self.world.send(
            raw,
            mail_from=sender if mail_from is None else mail_from,
            recipients=[recipient],
            port=self.ports["smtp"],
            is_signed=is_signed,
        )

    def leaked(self) -> list[Received]:
        """What reached the outside with the secret in it."""
        return [one for one in self.world.sink.received if SECRET in decoded(one.raw)]


def reply_to(notice: Received) -> str:
    """The single-use address of a notice."""
    return (Headers.read(notice.raw).get("Reply-To") or "").strip("<> ")


def decoded(raw: bytes) -> bytes:
    """Everything readable in a message, so that no transfer encoding hides a word."""
    return raw + b"".join(leaf.payload for leaf in leaves(raw))


def unfolded(raw: bytes) -> bytes:
    """The decoded message without line breaks."""
    return re.sub(rb"=?\r?\n", b"", decoded(raw))


@contextlib.asynccontextmanager
async def running(
    folder: Path, *, sections: Mapping[str, Mapping[str, object]] | None = None
) -> AsyncIterator[Running]:
    """A server with a verified domain, an owner outside, and a customer."""
    world = OutsideWorld()
    await world.start()
    for address in (OWNER, ANA):
        world.add_domain(address.partition("@")[2], private_key=_world_key())
    extra: dict[str, dict[str, object]] = {
        "dns": {"resolver": world.zone.nameserver},
        "outbound": {"port": world.sink.port},
        "limits": {"trusted_networks": ["127.0.0.0/8"]},
        "http": {"rate_limit_per_minute": 100000},
        "inbox": {"trust_gate": "off"},
        "guard": {"cache_dir": str(CACHE_DIR)},
    }
    for name, section in (sections or {}).items():
        extra[name] = {**extra.get(name, {}), **section}
    wishes = Wishes(
        domain=DOMAIN,
        hostname=HOSTNAME,
        owner=OWNER,
        data_dir=folder / "data",
        config_path=folder / "countersign.toml",
        port_offset=free_offset(),
        listen=("127.0.0.1",),
        sections=extra,
    )
    made = await asyncio.to_thread(initialized, wishes)
    for record in made["dns_records"]:
        world.zone.add(record["name"], record["type"], record["value"])
    world.zone.add(HOSTNAME, "A", "127.0.0.1")
    app = App(load(Path(str(made["config"])), {}))
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.get_running_loop().create_task(
        app.run(on_ready=lambda _: ready.set(), stop=stop)
    )
    waiting = asyncio.get_running_loop().create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            await task
        await app.core.domains.verify(OPERATOR, DOMAIN)
        async with aiohttp.ClientSession(app.http_url) as http:
            yield Running(app=app, made=made, world=world, http=http)
        violations = await app.core.stores.check.check()
        assert violations == (), violations
    finally:
        waiting.cancel()
        stop.set()
        await task
        await world.stop()
