"""A second domain from its first record to signed mail, and keys that change on the way."""

import dkim

from mailcore.demo.sink import Received
from tests.support.running import ANA, WAIT_SECONDS, Running

SECOND = "second.example"


async def publish(server: Running, name: str) -> None:
    """Do what an owner does: create the records that the server lists."""
    listed = await server.ok("GET", f"/v1/domains/{name}/records")
    for one in listed["data"]:
        if one["status"] != "valid":
            server.world.zone.add(one["name"], one["type"], one["value"])


async def sent(server: Running, sender: dict[str, str], subject: str) -> Received:
    """A message to the outside as it arrived there."""
    body = {"to": ANA, "subject": subject, "text": "The lamps are here."}
    await server.ok("POST", "/v1/messages", body, key=sender["api_key"])
    return await server.world.sink.wait_for(
        lambda one: f"Subject: {subject}".encode() in one.raw, timeout_seconds=WAIT_SECONDS
    )


def signers(server: Running, raw: bytes) -> list[tuple[str, str, str]]:
    """Domain, selector and algorithm of the signatures, all good to dkimpy's own verifier."""

    def lookup(name: bytes, timeout: int = 5) -> bytes | None:
        found = server.world.zone._records.get((name.decode().rstrip(".").lower(), "TXT"))
        return found[0].encode() if found else None

    found = []
    for index in range(raw.lower().count(b"dkim-signature:")):
        verifier = dkim.DKIM(raw)
        assert verifier.verify(idx=index, dnsfunc=lookup), f"signature {index}"
        tags = verifier.signature_fields
        found.append(tuple(tags[name].decode() for name in (b"d", b"s", b"a")))
    return found


async def test_a_second_domain_sends_when_it_is_verified_and_signs_with_both_keys(
    server: Running,
) -> None:
    await server.ok("POST", "/v1/domains", {"domain": SECOND})
    ben = await server.ok("POST", "/v1/agents", {"name": "ben", "domain": SECOND})
    assert ben["email"] == f"ben@{SECOND}"
    body = {"to": ANA, "subject": "Too early", "text": "x"}
    status, problem = await server.api("POST", "/v1/messages", body, key=ben["api_key"])
    assert (status, problem["code"]) == (403, "domain_not_verified")
    await publish(server, SECOND)
    verified = await server.ok("POST", f"/v1/domains/{SECOND}/verify")
    assert verified["status"] == "VERIFIED"
    assert {one["status"] for one in verified["records"]} == {"valid"}
    assert verified["warnings"] == []
    first = await sent(server, ben, "One")
    assert signers(server, first.raw) == [
        (SECOND, "cs1", "rsa-sha256"),
        (SECOND, "ed1", "ed25519-sha256"),
    ]
    await server.ok("POST", f"/v1/domains/{SECOND}/rotate-dkim")
    await publish(server, SECOND)
    await server.ok("POST", f"/v1/domains/{SECOND}/verify")
    second = await sent(server, ben, "Two")
    assert [one[1] for one in signers(server, second.raw)] == ["cs2", "ed2"]
    events = await server.ok("GET", "/v1/events?since=0")
    changes = [one["data"] for one in events["data"] if one["type"] == "domain.keys_changed"]
    assert [one["selectors"] for one in changes] == [["cs2", "ed2"]]


async def test_only_the_master_changes_domains(server: Running) -> None:
    """An agent sees what is to be created, and nothing more."""
    mia = await server.agent("mia")
    assert (await server.ok("GET", "/v1/domains/example.org", key=mia.api_key))["records"]
    status, zone = await server.api("GET", "/v1/domains/example.org/zone", key=mia.api_key)
    assert (status, zone.startswith(b"$ORIGIN example.org.\n")) == (200, True)
    for method, path in (
        ("POST", "/v1/domains/example.org/rotate-dkim"),
        ("POST", "/v1/domains/example.org/verify"),
        ("DELETE", "/v1/domains/example.org"),
    ):
        assert (await server.api(method, path, key=mia.api_key))[0] == 403
    assert (await server.api("DELETE", "/v1/domains/example.org"))[0] == 409
    assert (await server.api("GET", "/v1/domains/other.example/zone"))[0] == 404
