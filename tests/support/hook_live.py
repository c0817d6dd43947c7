"""Webhooks on a real store, with a real receiver on loopback."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from mailcore.accounts import Accounts
from mailcore.clock import Clock, SystemClock
from mailcore.config import parse
from mailcore.credentials import ServerSecrets
from mailcore.journal import Journal
from mailcore.model import JsonObject
from mailcore.net.dns import Resolver
from mailcore.net.fetch import Fetcher
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from mailcore.webhooks.dispatcher import Dispatcher
from mailcore.webhooks.sender import SCHEDULE, Sender
from mailcore.webhooks.service import Webhooks
from tests.support.blueprint import lay_out

SECRETS = ServerSecrets(b"r" * 32)
QUICK = (timedelta(milliseconds=1), timedelta(milliseconds=1), timedelta(milliseconds=1))
LOOPBACK = ("127.0.0.0/8",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> JsonObject:
        document: JsonObject = json.loads(self.body)
        return document

    def is_signed_with(self, secret: str) -> bool:
        """Whether one of the signatures is by this secret: Standard Webhooks, written out."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = b".".join(
            [self.event_id.encode(), self.headers["webhook-timestamp"].encode(), self.body]
        )
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = self.headers["webhook-signature"].split(" ")
        return f"v1,{wanted}" in given


type Answer = Callable[[Post], Awaitable[web.Response]]


@dataclass(slots=True)
class Receiver:
    """A server that notes every request and answers per path; 200 where nothing else is said."""

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ids(self, path: str = "/hook") -> list[str]:
        return [one.event_id for one in self.posts if one.path == path]

    async def until(self, count: int, path: str = "/hook") -> list[Post]:
        """The requests to a path once there are so many of them."""
        async with asyncio.timeout(60), self._arrived:
            await self._arrived.wait_for(lambda: len(self.ids(path)) >= count)
        return [one for one in self.posts if one.path == path]

    async def until_ids(self, wanted: Sequence[str], path: str = "/hook") -> None:
        """Wait until each of the ids has arrived at least once."""
        async with asyncio.timeout(60), self._arrived:
            await self._arrived.wait_for(lambda: set(wanted) <= set(self.ids(path)))

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        post = Post(path=request.path, headers=headers, body=await request.read())
        async with self._arrived:
            self.posts.append(post)
            self._arrived.notify_all()
        answer = self.answers.get(post.path)
        return await answer(post) if answer else web.Response(text="taken")


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver for the length of a test."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()


def statuses(*codes: int, headers: dict[str, str] | None = None) -> Answer:
    """Answer with these, one after the other, then 200."""
    left = list(codes)

    async def answer(_post: Post) -> web.Response:
        return web.Response(status=left.pop(0) if left else 200, text="reply", headers=headers)

    return answer


@dataclass(kw_only=True)
class Live:
    """The service on its store."""

    stores: Stores
    journal: Journal
    webhooks: Webhooks
    dispatcher: Dispatcher


def build(
    stores: Stores,
    data_dir: Path,
    *,
    clock: Clock,
    schedule: Sequence[timedelta] = SCHEDULE,
    allow: tuple[str, ...] = LOOPBACK,
    timeout_seconds: float = 5.0,
    journal: Journal | None = None,
) -> Live:
    """Everything constructed, nothing running."""
    config = parse(
        {
            "server": {
                "domain": "here.test",
                "hostname": "mail.here.test",
                "owner": "owner@example.net",
                "data_dir": str(data_dir),
            }
        },
        {},
        base_dir=data_dir,
    )
    journal = journal or Journal(store=stores.journal, wakeups=stores.wakeups)
    fetcher = Fetcher(
        resolver=Resolver("127.0.0.1:9", timeout_seconds=0.2),
        user_agent="Countersign/test",
        allow_networks=allow,
        timeout_seconds=timeout_seconds,
    )
    sender = Sender(
        fetcher=fetcher,
        secrets=SECRETS,
        safe_text=lambda text: (text.replace("\u200b", ""), []),
        clock=clock,
        schedule=schedule,
    )
    dispatcher = Dispatcher(
        store=stores.hooks, journal=journal, sender=sender, clock=clock, pause_seconds=0.01
    )
    webhooks = Webhooks(
        store=stores.hooks,
        accounts=Accounts(
            store=stores.accounts,
            policy=stores.policy,
            secrets=SECRETS,
            config=config,
            clock=clock,
        ),
        fetcher=fetcher,
        sender=sender,
        dispatcher=dispatcher,
        secrets=SECRETS,
        clock=clock,
    )
    return Live(stores=stores, journal=journal, webhooks=webhooks, dispatcher=dispatcher)


@asynccontextmanager
async def running(live: Live) -> AsyncIterator[Live]:
    """Journal and webhooks at work; on the way out they are canceled, as a crash would have it."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(live.journal.run()),
            group.create_task(live.webhooks.run()),
        ]
        try:
            yield live
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def opened(
    data_dir: Path, *, clock: Clock | None = None, schedule: Sequence[timedelta] = QUICK
) -> AsyncIterator[Live]:
    """A store of its own, with the service running."""
    time = clock or SystemClock()
    lay_out(data_dir)
    async with SqliteStore.open(data_dir, Maildir(data_dir), time) as stores:
        live = build(stores, data_dir, clock=time, schedule=schedule)
        async with running(live):
            yield live
