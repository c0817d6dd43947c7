"""Caps and brakes on mail to the outside."""

from typing import Any

from tests.support.running import ANA, Agent, Running


async def send(server: Running, mia: Agent, to: str, text: str) -> tuple[int, Any]:
    return await server.api("POST", "/v1/messages", {"to": [to], "text": text}, key=mia.api_key)


async def test_brakes_hold_or_refuse_and_say_why(server: Running, mia: Agent) -> None:
    """Only the owner sets them; mail inside is not counted."""
    where = f"/v1/identities/{mia.inbox_id}/sending"
    assert (await send(server, mia, ANA, "one"))[1]["status"] == "queued"
    _, alike = await send(server, mia, "ana@custorner.example", "two")
    assert (alike["status"], alike["categories"]) == ("held", ["look_alike_domain"])
    hold = await server.ok("GET", f"/v1/holds/{alike['hold_id']}")
    assert "looks like customer.example" in str(hold["findings"])
    await server.ok("PATCH", where, {"look_alike": "allow", "new_recipient": "hold"})
    _, new = await send(server, mia, "bo@customer.example", "three")
    assert (new["status"], new["categories"]) == ("held", ["first_contact"])
    assert (await send(server, mia, ANA, "four"))[1]["status"] == "queued"
    await server.ok("PATCH", where, {"new_recipient": None, "max_per_hour": 2})
    assert (await send(server, mia, "owner@example.org", "inside"))[1]["status"] == "queued"
    _, over = await send(server, mia, ANA, "five")
    assert (over["status"], over["categories"]) == ("held", ["volume"])
    await server.ok("PATCH", where, {"over_cap": "refuse"})
    status, problem = await send(server, mia, ANA, "six")
    assert (status, problem["code"]) == (429, "sending_cap")
    assert (await server.api("PATCH", where, {"max_per_hour": 9}, key=mia.api_key))[0] == 403
    await server.ok("PATCH", where, {"max_per_hour": 0, "new_domain": "hold"})
    _, new = await send(server, mia, "cy@elsewhere.example", "seven")
    assert (new["status"], new["categories"]) == ("held", ["first_contact"])
    assert (await server.ok("GET", where, key=mia.api_key))["new_domain"] == "hold"
