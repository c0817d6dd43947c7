"""Smart hosts of single agents and domains: whose mail leaves where, and where the secret is."""

import base64
from pathlib import Path

from mailcore.accounts import NewAgent
from mailcore.credentials import OPERATOR
from mailcore.ids import SmarthostId
from mailcore.model import QueueScope, ScopeKind
from mailcore.outbound.outgoing import OutgoingMail
from mailcore.outbound.smarthosts import NewSmarthost
from mailcore.store.sqlite import DATABASE_FILE
from tests.support.outgoing import Outgoing, outgoing
from tests.support.running import ANA, Agent, Running
from tests.support.scripted_host import Says, scripted_host

SECRET = "relay-s3cret"


def smarthost(kind: ScopeKind, value: str, port: int, *, is_token: bool = False) -> NewSmarthost:
    return NewSmarthost(
        scope=QueueScope(kind=kind, value=value),
        host="127.0.0.1",
        port=port,
        user="mia",
        secret=SECRET,
        is_token=is_token,
    )


async def test_an_agent_s_own_comes_first_then_its_domain_s(tmp_path: Path) -> None:
    """The password goes to the one it is for, and is in no file in the clear."""
    offers = Says(ehlo="250-mx\n250 AUTH PLAIN XOAUTH2")
    async with (
        scripted_host() as (direct, direct_port),
        scripted_host() as (own, own_port),
        scripted_host() as (shared, shared_port),
        outgoing(tmp_path, port=direct_port) as desk,
    ):
        own.play(otherwise=offers)
        shared.play(otherwise=offers)
        hosts = desk.core.smarthosts
        mine = await hosts.add(OPERATOR, smarthost(ScopeKind.AGENT, "mia", own_port, is_token=True))
        everyones = await hosts.add(
            OPERATOR, smarthost(ScopeKind.DOMAIN, "Example.ORG", shared_port)
        )
        await desk.core.accounts.create_agent(OPERATOR, NewAgent(name="ben"))
        await send_all(desk)
        assert (len(own.kept), len(shared.kept), len(direct.kept)) == (1, 1, 0)
        assert mechanisms(own.heard) == ["XOAUTH2"]
        assert mechanisms(shared.heard) == ["PLAIN"]
        for one in (mine, everyones):
            await hosts.remove(OPERATOR, SmarthostId(one.id))
        await send_all(desk)
        assert (len(own.kept), len(shared.kept), len(direct.kept)) == (1, 1, 2)
        assert mechanisms(direct.heard) == []
    folder = (tmp_path / "data" / DATABASE_FILE).parent
    assert all(SECRET.encode() not in path.read_bytes() for path in folder.iterdir())


async def send_all(desk: Outgoing) -> None:
    """A message of every agent."""
    for number, agent in enumerate(await desk.core.accounts.agents(OPERATOR)):
        (inbox,) = [
            one for one in await desk.core.mailboxes.inboxes(OPERATOR) if one.agent_id == agent.id
        ]
        mail = OutgoingMail(
            inbox_id=inbox.id,
            to=("ann@far.example",),
            subject=f"{number} {desk.clock.now()} {len(await desk.core.smarthosts.items(OPERATOR))}",
            text="They are here.",
        )
        await desk.core.mailer.send(OPERATOR, mail)
    await desk.carry_through()


def mechanisms(heard: list[list[str]]) -> list[str]:
    return [line.split()[1] for one in heard for line in one if line.startswith("AUTH")]


async def test_only_the_owner_sees_and_changes_them(server: Running, mia: Agent) -> None:
    body = {"agent": "mia", "host": "127.0.0.1", "port": 2525, "user": "u", "secret": SECRET}
    for method, path, given in (
        ("GET", "/v1/smarthosts", None),
        ("POST", "/v1/smarthosts", body),
        ("DELETE", "/v1/smarthosts/x", None),
    ):
        assert (await server.api(method, path, given, key=mia.api_key))[0] == 403
    made = await server.ok("POST", "/v1/smarthosts", body)
    assert SECRET not in str(made)
    assert SECRET not in str(await server.ok("GET", "/v1/smarthosts"))
    assert SECRET not in str(await server.ok("GET", "/v1/audit"))
    assert (await server.api("POST", "/v1/smarthosts", body))[0] == 409
    for wrong in (
        {},
        {"agent": "mia", "domain": "example.org"},
        {"domain": "x.example", "user": "u"},
    ):
        status, _ = await server.api("POST", "/v1/smarthosts", {"host": "127.0.0.1", **wrong})
        assert status == 400, wrong
    assert (await server.api("DELETE", f"/v1/smarthosts/{made['id']}"))[0] == 204
    await server.ok("POST", "/v1/messages", {"to": [ANA], "text": "hi"}, key=mia.api_key)
    await server.world.sink.wait_count(1)


async def test_the_secret_of_a_smart_host_does_not_leave_by_mail(
    server: Running, mia: Agent
) -> None:
    """In plain and in base64; when the row is gone, it is a word like others."""
    body = {"domain": "far.example", "host": "127.0.0.1", "user": "u", "secret": SECRET}
    made = await server.ok("POST", "/v1/smarthosts", {**body, "port": 2525})
    encoded = base64.b64encode(SECRET.encode()).decode()
    for number, text in enumerate((SECRET, encoded)):
        mail = {"to": [ANA], "subject": f"try {number}", "text": f"Lamps {text} Lamps"}
        sent = await server.ok("POST", "/v1/messages", mail, key=mia.api_key)
        assert sent["status"] == "held", text
    await server.ok("DELETE", f"/v1/smarthosts/{made['id']}")
    ben = await server.agent("ben")
    mail = {"to": [ANA], "subject": "after", "text": f"Lamps {SECRET} Lamps"}
    assert (await server.ok("POST", "/v1/messages", mail, key=ben.api_key))["status"] == "queued"
