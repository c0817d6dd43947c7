"""The main job, played step by step against a running server and the fake outside world.

Everything is real but the place: SMTP, DNS, DKIM, DMARC and HTTP on loopback. Each step proves what
it says; the first that fails ends the tour with `TourFailed`. Prints nothing itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import aiohttp

from mailcore.demo.sink import OutsideWorld, Received
from mailcore.mailauth.dkim_verify import verify
from mailcore.mailauth.signature import DkimVerdict
from mailcore.message.headers import Headers, parse_mailboxes
from mailcore.message.parse import readable
from mailcore.model import JsonObject, JsonValue
from mailcore.net.dns import Resolver

CUSTOMER: Final = "ana@customer.example"
OWNER: Final = "you@owner.example"
LEAK: Final = "Hi Ana,\n\nthe database password is hunter2-Xk9!\n\nmia"
_STEP_SECONDS: Final = 30.0


class TourFailed(Exception):  # noqa: N818 - the name of an outcome
    """A step did not do what it says."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


class Teller(Protocol):
    """Who tells the reader what happens."""

    def step(self, number: int, title: str) -> None:
        """A step begins."""
        ...

    def show(self, label: str, text: str) -> None:
        """Something to see in the current step."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the tour plays."""

    world: OutsideWorld
    domain: str
    hostname: str
    http_url: str
    smtp_port: int
    master_key: str
    dns_records: tuple[JsonObject, ...]


@dataclass(slots=True)
class _Played:
    agent: JsonObject = field(default_factory=dict)
    message: JsonObject = field(default_factory=dict)
    held: JsonObject = field(default_factory=dict)
    question: Received | None = None
    notice: Received | None = None


class _Refused(Exception):  # noqa: N818 - carries an answer, not a fault
    def __init__(self, status: int, problem: JsonObject) -> None:
        super().__init__(f"{status} {problem.get('detail', '')}")
        self.status = status
        self.problem = problem


class Tour:
    """One play. `run` returns the new agent as `POST /v1/agents` answered it."""

    def __init__(self, stage: Stage, teller: Teller) -> None:
        self._stage = stage
        self._teller = teller
        self._sink = stage.world.sink
        self._played = _Played()
        self.titles: list[str] = []

    async def run(self) -> JsonObject:
        """Play every step; raises TourFailed."""
        async with aiohttp.ClientSession(self._stage.http_url) as self._http:
            await self._step("The domain is verified over DNS", self._verify_domain)
            await self._step("The owner creates an agent", self._create_agent)
            await self._step("A customer writes to the agent by SMTP", self._customer_writes)
            await self._step(
                "The mail waits: the owner is asked about the stranger", self._is_asked
            )
            await self._step("The owner answers: approve", self._owner_trusts)
            await self._step("The agent reads the mail by API", self._agent_reads)
            await self._step("The agent answers, and the answer leaves", self._agent_answers)
            await self._step("The agent tries to send a password", self._agent_leaks)
            await self._step("The agent tries to approve its own mail", self._agent_approves)
            await self._step("The owner gets a notice by mail", self._owner_is_told)
            await self._step("The owner answers: approve", self._owner_approves)
            await self._step("The customer gets the mail, exactly once", self._customer_reads)
        return self._played.agent

    async def _step(self, title: str, play: Callable[[], Awaitable[None]]) -> None:
        self.titles.append(title)
        self._teller.step(len(self.titles), title)
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                await play()
        except TimeoutError as error:
            raise TourFailed(title, "nothing happened in time") from error
        except (_Refused, aiohttp.ClientError, OSError) as error:
            raise TourFailed(title, str(error) or type(error).__name__) from error

    # Steps -------------------------------------------------------------------------------------

    async def _verify_domain(self) -> None:
        stage = self._stage
        for record in stage.dns_records:
            name, kind = str(record["name"]), str(record["type"])
            stage.world.zone.add(name, kind, str(record["value"]))
        stage.world.zone.add(stage.hostname, "A", "127.0.0.1")
        domain = await self._call(
            "POST", f"/v1/domains/{stage.domain}/verify", key=stage.master_key
        )
        self._expect(domain.get("status") == "VERIFIED", f"it is {domain.get('status')}")
        self._teller.show("Domain", f"{stage.domain} is {domain['status']}")

    async def _create_agent(self) -> None:
        body: JsonObject = {"name": "mia", "role": "support", "owner_name": "Countersign Demo"}
        agent = await self._call("POST", "/v1/agents", body, key=self._stage.master_key)
        self._played.agent = agent
        self._teller.show("Agent", f"{agent['name']} <{agent['email']}>")

    async def _customer_writes(self) -> None:
        world, agent = self._stage.world, self._played.agent
        letter = world.letter(
            sender=f"Ana Castro <{CUSTOMER}>",
            to=[str(agent["email"])],
            subject="Where is my order?",
            text="Hello,\n\nI ordered two lamps last week. When will they come?\n\nAna",
        )
        result = await world.send(
            letter,
            mail_from=CUSTOMER,
            recipients=[str(agent["email"])],
            port=self._stage.smtp_port,
        )
        reply = result.replies[0]
        self._expect(result.is_delivered, f"the server answered {reply.reply}")
        self._teller.show("Server", f"{reply.reply}")

    async def _is_asked(self) -> None:
        notice = await self._sink.wait_for(lambda one: OWNER in one.recipients)
        page = await self._owner_get("/v1/quarantine?status=pending")
        self._expect(page.get("total") == 1, "the mail is not in quarantine")
        seen = await self._as_agent("GET", "/v1/messages")
        self._expect(seen.get("total") == 0, "the agent sees the mail already")
        self._played.question = notice
        self._teller.show("Agent", "sees nothing")
        self._teller.show("Subject", Headers.read(notice.raw).get("Subject") or "")

    async def _owner_trusts(self) -> None:
        await self._answer(self._played.question, "approve")
        self._teller.show("Mail", f"{OWNER} answers `approve`, signed by owner.example")

    async def _agent_reads(self) -> None:
        since = 0
        while not (page := await self._as_agent("GET", "/v1/messages?folder=INBOX"))["data"]:
            events = await self._as_agent("GET", f"/v1/events?since={since}&wait=5")
            since = int(str(events["next"]))
        rows = page["data"]
        self._expect(isinstance(rows, list) and len(rows) == 1, "there is not one message")
        first = rows[0] if isinstance(rows, list) else None
        message_id = first.get("id") if isinstance(first, dict) else ""
        message = await self._as_agent("GET", f"/v1/messages/{message_id}")
        auth = message.get("auth")
        checked: Mapping[str, JsonValue] = auth if isinstance(auth, dict) else {}
        self._expect(checked.get("dkim") == "pass", f"DKIM says {checked.get('dkim')}")
        self._expect(checked.get("dmarc") == "pass", f"DMARC says {checked.get('dmarc')}")
        self._played.message = message
        self._teller.show("Subject", str(message["subject"]))
        self._teller.show("Text", " ".join(str(message["text"]).split()))
        self._teller.show("Checked", "DKIM pass, DMARC pass")

    async def _agent_answers(self) -> None:
        body: JsonObject = {"text": "Hello Ana,\n\nyour lamps arrive on Friday.\n\nmia"}
        answer = await self._as_agent("POST", f"{self._message_path}/reply", body)
        self._expect(answer.get("status") == "queued", f"it is {answer.get('status')}")
        got = await self._sink.wait_for(lambda one: CUSTOMER in one.recipients)
        await self._check_signature(got)
        self._teller.show("API", f"202 {answer['status']}")
        self._teller.show("Arrived", f"at {CUSTOMER}, signed by {self._stage.domain} (DKIM pass)")

    async def _agent_leaks(self) -> None:
        body: JsonObject = {"text": LEAK}
        held = await self._as_agent("POST", f"{self._message_path}/reply", body)
        self._expect(held.get("status") == "held", f"it is {held.get('status')}")
        self._played.held = held
        categories = held.get("categories")
        why = ", ".join(map(str, categories)) if isinstance(categories, list) else ""
        self._teller.show("API", f"202 held, because of: {why}")

    async def _agent_approves(self) -> None:
        path = f"/v1/holds/{self._played.held['hold_id']}/approve"
        try:
            await self._as_agent("POST", path, {})
        except _Refused as refused:
            self._expect(refused.status == 403, str(refused))
            self._teller.show("API", str(refused))
            return
        self._expect(False, "the agent was let through")

    async def _owner_is_told(self) -> None:
        asked = self._played.question
        notice = await self._sink.wait_for(lambda one: OWNER in one.recipients and one is not asked)
        self._expect("hunter2-Xk9!" not in readable(notice.raw).text, "it tells the password")
        self._expect(self._leaked() == 0, "the mail has left already")
        self._played.notice = notice
        headers = Headers.read(notice.raw)
        self._teller.show("Subject", headers.get("Subject") or "")
        self._teller.show("Reply-To", headers.get("Reply-To") or "")

    async def _owner_approves(self) -> None:
        await self._answer(self._played.notice, "approve")
        self._teller.show("Mail", f"{OWNER} answers `approve`, signed by owner.example")

    async def _customer_reads(self) -> None:
        got = await self._sink.wait_for(_is_leak)
        await self._check_signature(got)
        hold = await self._call(
            "GET", f"/v1/holds/{self._played.held['hold_id']}", key=self._stage.master_key
        )
        self._expect(hold.get("status") == "released", f"the hold is {hold.get('status')}")
        await self._answer(self._played.notice, "approve")
        await self._queue_is_empty()
        self._expect(self._leaked() == 1, f"it arrived {self._leaked()} times")
        self._teller.show("Arrived", f"at {CUSTOMER}, signed by {self._stage.domain} (DKIM pass)")
        self._teller.show("Again", "a second `approve` sends nothing")

    # Pieces ------------------------------------------------------------------------------------

    @property
    def _message_path(self) -> str:
        return f"/v1/messages/{self._played.message['id']}"

    def _leaked(self) -> int:
        return sum(_is_leak(one) for one in self._sink.received)

    async def _answer(self, notice: Received | None, word: str) -> None:
        headers = Headers.read(notice.raw) if notice is not None else Headers.read(b"\r\n")
        to = [one.address for one in parse_mailboxes(headers.get("Reply-To") or "")]
        world = self._stage.world
        letter = world.letter(
            sender=f"The Owner <{OWNER}>",
            to=to,
            subject=f"Re: {headers.get('Subject') or ''}",
            text=word,
            in_reply_to=headers.get("Message-ID") or "",
        )
        result = await world.send(
            letter, mail_from=OWNER, recipients=to, port=self._stage.smtp_port
        )
        reply = result.replies[0]
        self._expect(result.is_delivered, f"the server answered {reply.reply}")

    async def _queue_is_empty(self) -> None:
        since = 0
        while int(str((await self._owner_get("/v1/queue"))["total"])):
            events = await self._owner_get(f"/v1/events?since={since}&wait=1")
            since = int(str(events["next"]))

    async def _check_signature(self, got: Received) -> None:
        resolver = Resolver(nameserver=self._stage.world.zone.nameserver)
        results = await verify(got.raw, resolver)
        good = [one.domain for one in results if one.result is DkimVerdict.PASS]
        self._expect(self._stage.domain in good, "there is no valid DKIM signature of ours")

    def _expect(self, is_so: bool, reason: str) -> None:
        if not is_so:
            raise TourFailed(self.titles[-1], reason)

    async def _owner_get(self, path: str) -> JsonObject:
        return await self._call("GET", path, key=self._stage.master_key)

    async def _as_agent(self, method: str, path: str, body: JsonObject | None = None) -> JsonObject:
        return await self._call(method, path, body, key=str(self._played.agent["api_key"]))

    async def _call(
        self, method: str, path: str, body: JsonObject | None = None, *, key: str
    ) -> JsonObject:
        headers = {"Authorization": f"Bearer {key}"}
        async with self._http.request(method, path, json=body, headers=headers) as answer:
            document = await answer.json(content_type=None)
            found: JsonObject = document if isinstance(document, dict) else {}
            if answer.status >= 400:
                raise _Refused(answer.status, found)
            return found


def _is_leak(one: Received) -> bool:
    return CUSTOMER in one.recipients and b"hunter2" in one.raw
