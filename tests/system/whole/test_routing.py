"""Where mail goes by its address: over SMTP from outside, and between our own inboxes."""

import asyncio
import smtplib
from collections.abc import Sequence

from tests.support.running import ANA, OWNER, Agent, Running, decoded

type Answers = list[tuple[int, str]]


async def offered(server: Running, recipients: Sequence[str], raw: bytes = b"") -> Answers:
    """What port 25 answers to each recipient, and to the content when there is some."""

    def talk() -> Answers:
        with smtplib.SMTP("127.0.0.1", server.ports["smtp"]) as client:
            client.ehlo("outside.example")
            client.mail("ann@nowhere.example")
            said = [client.rcpt(one) for one in recipients]
            if raw:
                said.append(client.data(raw))
            return [(code, text.decode()) for code, text in said]

    return await asyncio.to_thread(talk)


def letter(number: int, *, header: str = "") -> bytes:
    return (
        f"From: Ann <ann@nowhere.example>\r\nTo: someone\r\nSubject: no. {number}\r\n"
        f"Message-ID: <{number}@nowhere.example>\r\n{header}\r\nHello {number}\r\n"
    ).encode()


async def raw_of(server: Running, agent: Agent, row: dict[str, str]) -> bytes:
    raw = await server.ok("GET", f"/v1/messages/{row['id']}/raw", key=agent.api_key)
    assert isinstance(raw, bytes)
    return raw


async def test_an_alias_leads_to_all_of_its_inboxes(server: Running, mia: Agent) -> None:
    """RFC 5321 §3.9.1; a sub-address goes the same way, and nothing arrives twice."""
    bob = await server.agent("bob")
    made = await server.ok(
        "POST",
        "/v1/aliases",
        {"address": "Sales@example.org", "inboxes": [mia.email, bob.inbox_id]},
    )
    assert made["identity_ids"] == [mia.inbox_id, bob.inbox_id]
    to = ["sales+lamps@example.org", mia.email]
    assert [code for code, _ in await offered(server, to, letter(1))] == [250, 250, 250]
    for agent in (mia, bob):
        (row,) = await server.messages(agent, 1)
        assert (row["subject"], b"Delivered-To" in await raw_of(server, agent, row)) == (
            "no. 1",
            False,
        )
    sent = {"to": ["sales@example.org"], "subject": "inside", "text": "Hello"}
    await server.ok("POST", "/v1/messages", sent, key=bob.api_key)
    assert {row["subject"] for row in await server.messages(mia, 2)} == {"no. 1", "inside"}
    assert (await server.ok("GET", "/v1/aliases", key=bob.api_key))["data"][0]["identity_ids"] == [
        bob.inbox_id
    ]

    await server.ok("DELETE", "/v1/aliases/sales@example.org")
    ((code, text),) = await offered(server, ["sales@example.org"])
    assert (code, text[:6]) == (550, "5.1.1 ")


async def test_an_address_is_an_inbox_or_an_alias_and_never_both(
    server: Running, mia: Agent
) -> None:
    async def refused(address: str, *, key: str = "") -> tuple[int, str]:
        body = {"address": address, "inboxes": [mia.email]}
        status, document = await server.api("POST", "/v1/aliases", body, key=key)
        return status, document["code"]

    assert await refused(mia.email) == (409, "address_taken")
    assert await refused("bounce@example.org") == (409, "reserved_address")
    assert await refused("sales@elsewhere.example") == (400, "invalid")
    assert await refused("sales+x@example.org") == (400, "invalid")
    assert await refused("sales@example.org", key=mia.api_key) == (403, "master_key_required")
    await server.ok("POST", "/v1/aliases", {"address": "sales@example.org", "inboxes": [mia.email]})
    status, document = await server.api(
        "POST",
        "/v1/identities",
        {
            "local_part": "sales",
            "agent_id": mia.id,
        },
    )
    assert (status, document["code"]) == (409, "address_taken")


async def test_a_catch_all_takes_names_that_nobody_has_or_had(server: Running, mia: Agent) -> None:
    """A deleted address tells so (RFC 3463, 5.1.6); its mail never falls to somebody else."""
    bob = await server.agent("bob")
    zoe = await server.agent("zoe")
    ((code, text),) = await offered(server, ["whoever@example.org"])
    assert (code, text) == (
        550,
        "5.1.1 there is no inbox whoever@example.org here. Check the address",
    )
    body = {"catch_all": mia.email}
    changed = await server.ok("PATCH", "/v1/domains/example.org", body)
    assert changed["catch_all"] == mia.inbox_id
    await server.ok("DELETE", "/v1/agents/bob")
    await server.ok("PATCH", f"/v1/identities/{zoe.inbox_id}", {"status": "disabled"})
    to = ["whoever@example.org", bob.email, zoe.email, "whoever@elsewhere.example"]
    said = await offered(server, to, letter(1))
    assert [(code, text[:6]) for code, text in said] == [
        (250, "2.1.5 "),
        (550, "5.1.6 "),
        (550, "5.2.1 "),
        (550, "5.7.1 "),
        (250, "2.0.0 "),
    ]
    assert said[1][1] == "5.1.6 bob@example.org was deleted and takes no mail any more"
    (row,) = await server.messages(mia, 1)
    assert b"Delivered-To: whoever@example.org\r\n" in await raw_of(server, mia, row)
    await server.ok("PATCH", "/v1/domains/example.org", {"catch_all": None})
    assert [code for code, _ in await offered(server, ["whoever@example.org"])] == [550]


async def test_a_given_up_address_goes_to_no_other_agent_but_by_the_owner(
    server: Running, mia: Agent
) -> None:
    bob = await server.agent("bob")
    await server.ok("DELETE", f"/v1/agents/{bob.name}")
    wanted = {"local_part": "bob"}
    status, document = await server.api("POST", "/v1/identities", wanted, key=mia.api_key)
    assert (status, document["code"]) == (409, "address_retired")
    made = await server.ok("POST", "/v1/identities", {**wanted, "agent_id": mia.id})
    assert made["email"] == "bob@example.org"
    assert [code for code, _ in await offered(server, [bob.email])] == [250]


async def test_roles_always_take_mail(server: Running, mia: Agent) -> None:
    """RFC 5321 §4.5.1, RFC 2142: the owner's inbox, an alias's, or the owner's address outside."""
    await server.ok("POST", "/v1/aliases", {"address": "abuse@example.org", "inboxes": [mia.email]})
    assert [code for code, _ in await offered(server, ["abuse@example.org"], letter(1))] == [
        250,
        250,
    ]
    await server.messages(mia, 1)
    owner = next(
        one
        for one in (await server.ok("GET", "/v1/identities?limit=100"))["data"]
        if one["email"] == "owner@example.org"
    )
    await server.ok("DELETE", f"/v1/identities/{owner['id']}")
    await server.ok("PATCH", "/v1/domains/example.org", {"catch_all": mia.email})
    said = await offered(server, ["postmaster"], letter(2))
    assert [code for code, _ in said] == [250, 250]
    sent_on = await server.world.sink.wait_for(
        lambda one: OWNER in one.recipients and b"Hello 2" in decoded(one.raw), timeout_seconds=20
    )
    assert b"message/rfc822" in sent_on.raw
    assert (await server.ok("GET", "/v1/messages", key=mia.api_key))["total"] == 1


LOOPS = (
    ("Delivered-To: MIA@example.org\r\n", 554),
    ("Delivered-To: someone@example.org\r\n", 250),
    ("X-Delivered-To: mia@example.org\r\n", 250),
    ("Received: from a by b; now\r\n" * 51, 554),
    ("Received: from a by b; now\r\n" * 50, 250),
)


async def test_a_loop_ends(server: Running, mia: Agent) -> None:
    """RFC 5321 §6.3: our own Delivered-To, or too many hops."""
    said = [
        (await offered(server, [mia.email], letter(number, header=header)))[-1]
        for number, (header, _) in enumerate(LOOPS)
    ]
    assert [code for code, _ in said] == [code for _, code in LOOPS]
    assert {text[:5] for code, text in said if code == 554} == {"5.4.6"}


async def test_what_was_delivered_here_and_comes_back_is_a_loop(
    server: Running, mia: Agent
) -> None:
    await server.letter_from_ana(mia.email)
    (row,) = await server.messages(mia, 1)
    raw = await raw_of(server, mia, row)
    said = await offered(server, [mia.email], raw)
    assert said[-1] == (554, "5.4.6 this message was delivered to this address before")
    assert ANA.encode() in raw
