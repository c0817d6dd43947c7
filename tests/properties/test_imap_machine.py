"""Four sessions and the API change one mailbox; what each session was told adds up to the mailbox."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from imapd import responses
from mailcore.credentials import OPERATOR
from mailcore.delivery import Target
from mailcore.ids import InboxId
from mailcore.model import Direction
from tests.support.imap_live import Client
from tests.support.replica import Manner, Replica
from tests.support.running import Agent, Running, running

STEPS = 100
"""Rules of an example. Hypothesis ends one of them earlier now and then, and its first at once."""
FLAGS = (r"\Seen", r"\Flagged", r"\Deleted", "work")
RAW = "From: Ann <ann@outside.test>\r\nSubject: No. {number}\r\n\r\nHello {number}.\r\n"

sessions = st.integers(0, len(Manner) - 1)
places = st.integers(0, 7)
flags = st.sampled_from(FLAGS)
modes = st.sampled_from(("+", "-", ""))
either = st.booleans()


@dataclass
class World:
    """A server and four sessions, which outlive the examples; each example has its own mailbox."""

    server: Running
    agent: Agent
    runner: asyncio.Runner
    replicas: list[Replica] = field(default_factory=list)
    mailbox: str = ""
    number: int = 0
    steps: int = 0
    """Rules executed, in all the examples that ended well."""

    def do[T](self, work: Awaitable[T]) -> T:
        """Let everything run until this is done."""

        async def bounded() -> T:
            async with asyncio.timeout(60):
                return await work

        return self.runner.run(bounded())

    async def begin(self) -> None:
        """A new mailbox, selected in every session, with what is in it already."""
        self.number += 1
        self.mailbox = f"Box{self.number}"
        await self.server.core.mailboxes.create(
            OPERATOR, InboxId(self.agent.inbox_id), self.mailbox
        )
        for _ in range(3):
            await self.deliver()
        if not self.replicas:
            self.replicas = [await self.login(manner) for manner in Manner]
        for replica in self.replicas:
            replica.bodies.clear()
            replica.validity = replica.modseq = 0
            await replica.open(self.mailbox)

    async def end(self) -> None:
        """Everything is known and whole; nothing is selected."""
        for replica in self.replicas:
            await replica.sync()
        expected = await self.truth()
        for replica in self.replicas:
            assert replica.known() == expected, replica.manner
            found = await replica.search("ALL", by_uid=True)
            assert found == [uid for uid, _ in expected]
        for replica in self.replicas:
            await replica.command("UNSELECT")
            replica.messages = []
        await self.server.core.mailboxes.delete(
            OPERATOR, InboxId(self.agent.inbox_id), self.mailbox
        )

    def disconnect(self) -> None:
        """The next example begins with new connections: these are in the middle of something."""
        for replica in self.replicas:
            replica.client.writer.transport.abort()
        self.replicas = []

    async def login(self, manner: Manner) -> Replica:
        reader, writer = await asyncio.open_connection(
            "localhost", self.server.ports["imaps"], ssl=self.server.tls(), limit=2**24
        )
        client = Client(reader, writer)
        client.greeting = await client.line()
        await client.ok(f'LOGIN "{self.agent.email}" "{self.agent.password}"')
        replica = Replica(client, manner)
        await replica.start()
        return replica

    async def deliver(self) -> None:
        self.number += 1
        core = self.server.core
        await core.delivery.deliver(
            RAW.format(number=self.number).encode(),
            [Target(inbox_id=InboxId(self.agent.inbox_id), mailbox=self.mailbox)],
            internal_date=core.clock.now(),
            direction=Direction.INBOUND,
        )

    async def truth(self) -> list[tuple[int, frozenset[str]]]:
        """The mailbox as the server has it."""
        whole = await self.server.core.mailboxes.open(
            OPERATOR, InboxId(self.agent.inbox_id), self.mailbox
        )
        return [
            (uid, frozenset(_names(responses.flag_list(flags, keywords))))
            for uid, flags, keywords in zip(whole.uids, whole.flags, whole.keywords, strict=True)
        ]

    async def api(self, method: str, place: int, body: Any = None, query: str = "") -> None:
        """One request about one of the messages, if there is any."""
        path = f"/v1/messages?folder={self.mailbox}"
        page = await self.server.ok("GET", path, key=self.agent.api_key)
        if page["data"]:
            one = page["data"][place % len(page["data"])]
            path = f"/v1/messages/{one['id']}{query}"
            await self.server.ok(method, path, body, key=self.agent.api_key)


def _names(text: bytes) -> list[str]:
    return re.sub(r"[()]", "", text.decode()).split()


class Mailbox(RuleBasedStateMachine):
    """Every rule is one action of one party; the others hear of it when they are told."""

    world: World
    steps: int

    @initialize()
    def open_mailbox(self) -> None:
        self.steps = -1  # this one is not counted
        self.world.do(self.world.begin())

    @invariant()
    def count(self) -> None:
        """Runs after every rule."""
        self.steps += 1

    def act(self, which: int, place: int, work: Callable[[Replica, int], Awaitable[None]]) -> None:
        """Do something with one of the messages the session knows of, if it knows any."""
        replica = self.world.replicas[which]
        self.world.do(_on_one(replica, place, work))

    @rule(which=sessions, flag=flags)
    def append(self, which: int, flag: str) -> None:
        replica = self.world.replicas[which]
        self.world.number += 1
        raw = RAW.format(number=self.world.number).encode()
        command = f"APPEND {self.world.mailbox} ({flag}) {{{len(raw)}+}}\r\n".encode() + raw
        assert self.world.do(replica.command(command)).startswith(b"OK [APPENDUID")
        self.world.do(replica.learn())

    @rule(which=sessions, place=places, mode=modes, flag=flags, by_uid=either, silent=either)
    def store(
        self, which: int, place: int, mode: str, flag: str, by_uid: bool, silent: bool
    ) -> None:
        async def work(replica: Replica, place: int) -> None:
            await replica.store(place, mode, flag, by_uid=by_uid, is_silent=silent)

        self.act(which, place, work)

    @rule(which=sessions, mode=modes, flag=flags)
    def store_all(self, which: int, mode: str, flag: str) -> None:
        async def work(replica: Replica) -> None:
            answer = await replica.command(f"UID STORE 1:* {mode}FLAGS ({flag})")
            assert answer.startswith(b"OK"), answer
            await replica.learn()

        self.world.do(work(self.world.replicas[which]))

    @rule(which=sessions, place=places, by_uid=either)
    def copy(self, which: int, place: int, by_uid: bool) -> None:
        async def work(replica: Replica, place: int) -> None:
            await _transfer(replica, "COPY", place, self.world.mailbox, by_uid=by_uid)

        self.act(which, place, work)

    @rule(which=sessions, place=places, by_uid=either)
    def move(self, which: int, place: int, by_uid: bool) -> None:
        async def work(replica: Replica, place: int) -> None:
            await _transfer(replica, "MOVE", place, "Archive", by_uid=by_uid)

        self.act(which, place, work)

    @rule(which=sessions, place=places, by_uid=either, elsewhere=either)
    def replace(self, which: int, place: int, by_uid: bool, elsewhere: bool) -> None:
        async def work(replica: Replica, place: int) -> None:
            self.world.number += 1
            raw = RAW.format(number=self.world.number).encode()
            number = replica.messages[place].uid if by_uid else place + 1
            target = "Archive" if elsewhere else self.world.mailbox
            text = f"{'UID ' if by_uid else ''}REPLACE {number} {target} {{{len(raw)}+}}\r\n"
            answer = await replica.command(text.encode() + raw)
            assert answer.startswith((b"OK", b"NO [EXPUNGEISSUED]")), answer
            await replica.learn()

        self.act(which, place, work)

    @rule(which=sessions, place=places, by_uid=either)
    def read(self, which: int, place: int, by_uid: bool) -> None:
        r"""FETCH BODY[] sets \Seen, and says so."""

        async def work(replica: Replica, place: int) -> None:
            uid = replica.messages[place].uid
            number = uid if by_uid else place + 1
            text = f"{'UID ' if by_uid else ''}FETCH {number} (UID BODY[])"
            await replica.command(text, may_expunge=by_uid)
            await replica.learn()

        self.act(which, place, work)

    @rule(which=sessions)
    def fetch_flags(self, which: int) -> None:
        async def work(replica: Replica, _: int) -> None:
            await replica.command("FETCH 1:* FLAGS", may_expunge=False)
            await replica.learn()

        self.act(which, 0, work)

    @rule(which=sessions, key=st.sampled_from(("ALL", "SEEN", "DELETED", "UNKEYWORD work", "1:*")))
    def search(self, which: int, key: str) -> None:
        """By number it may find what it has not heard the end of, never what it has not heard of."""
        replica = self.world.replicas[which]
        self.world.do(replica.search(key, by_uid=False))

    @rule(which=sessions)
    def expunge(self, which: int) -> None:
        replica = self.world.replicas[which]
        assert self.world.do(replica.command("EXPUNGE")).startswith(b"OK")
        self.world.do(replica.learn())

    @rule(which=sessions, place=places)
    def uid_expunge(self, which: int, place: int) -> None:
        async def work(replica: Replica, place: int) -> None:
            uid = replica.messages[place].uid
            await replica.command(f"UID EXPUNGE {uid}")
            await replica.learn()

        self.act(which, place, work)

    @rule(which=sessions, word=st.sampled_from(("CLOSE", "UNSELECT", "SELECT")), resync=either)
    def reselect(self, which: int, word: str, resync: bool) -> None:
        async def work(replica: Replica) -> None:
            if word != "SELECT":
                await replica.command(word)
            await replica.end_idle()
            await replica.open(self.world.mailbox, is_resync=resync)

        self.world.do(work(self.world.replicas[which]))

    @rule(which=sessions)
    def idle(self, which: int) -> None:
        self.world.do(self.world.replicas[which].begin_idle())

    @rule()
    def hear(self) -> None:
        """Whoever is in IDLE is told everything without a question."""

        async def work() -> None:
            expected = await self.world.truth()
            for replica in self.world.replicas:
                if replica.is_idling:
                    await replica.hear_until(expected)

        self.world.do(work())

    @rule(which=sessions)
    def noop(self, which: int) -> None:
        """After NOOP a session knows everything."""
        replica = self.world.replicas[which]
        self.world.do(replica.sync())
        assert replica.known() == self.world.do(self.world.truth())

    @rule()
    def deliver(self) -> None:
        self.world.do(self.world.deliver())

    @rule(place=places, unread=either, star=either, label=st.sampled_from(("add", "remove")))
    def change_by_api(self, place: int, unread: bool, star: bool, label: str) -> None:
        change = {"unread": unread, "is_starred": star, f"{label}_labels": ["work"]}
        self.world.do(self.world.api("PATCH", place, change))

    @rule(place=places)
    def move_by_api(self, place: int) -> None:
        self.world.do(self.world.api("PATCH", place, {"folder": "Archive"}))

    @rule(place=places)
    def delete_by_api(self, place: int) -> None:
        self.world.do(self.world.api("DELETE", place, query="?permanent=true"))

    def teardown(self) -> None:
        try:
            self.world.do(self.world.end())
        except BaseException:
            self.world.disconnect()
            raise
        self.world.steps += self.steps


async def _on_one(
    replica: Replica, place: int, work: Callable[[Replica, int], Awaitable[None]]
) -> None:
    await replica.end_idle()
    await replica.learn()
    if replica.messages:
        await work(replica, place % len(replica.messages))


async def _transfer(replica: Replica, verb: str, place: int, target: str, *, by_uid: bool) -> None:
    number = replica.messages[place].uid if by_uid else place + 1
    answer = await replica.command(f"{'UID ' if by_uid else ''}{verb} {number} {target}")
    assert answer.startswith((b"OK", b"NO [EXPUNGEISSUED]")), answer
    await replica.learn()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        server = runner.run(stack.enter_async_context(running(tmp_path / "server")))
        try:
            agent = runner.run(server.agent("mia"))
            yield World(server, agent, runner)
        finally:
            runner.run(stack.aclose())


def play(world: World, steps: int) -> None:
    """Examples until so many steps were taken: how long each is, Hypothesis decides.

    A failure is not made smaller: it hangs on what came between, and takes longer than a test may.
    """

    class Played(Mailbox):
        pass

    Played.world = world
    while world.steps < steps:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            Played,
            settings=settings(
                max_examples=max(5, (steps - world.steps) // STEPS),
                stateful_step_count=STEPS + 1,  # with the one that opens the mailbox
                deadline=None,
                suppress_health_check=[*HealthCheck],
                phases=[Phase.generate],
            ),
        )


def test_a_message_gone_before_it_was_known_leaves_the_known_ones_alone() -> None:
    """RFC 7162 §3.2.10: UIDs ascend, so of the unknown only those between its neighbours can be it."""
    replica = Replica(Client.__new__(Client), Manner.QRESYNC)
    for line in (b"* 4 EXISTS", b"* 2 FETCH (UID 7 FLAGS ())", b"* VANISHED 9"):
        replica.hear(line)
    assert [one.uid for one in replica.messages] == [None, 7, None]


@pytest.mark.timeout(300)
def test_every_session_knows_the_mailbox_after_any_changes(world: World) -> None:
    """RFC 9051 §7.4, §7.5, RFC 7162 §3.2, RFC 5465: four manners of speaking and the API."""
    play(world, 2000)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_session_knows_the_mailbox_after_many_changes(world: World) -> None:
    play(world, 15_000)
