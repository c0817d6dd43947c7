"""People and their keys."""

from pathlib import Path

from mailcore.credentials import OPERATOR
from mailcore.model import PersonRole
from tests.support.http_live import SECRET, Live, running


async def _owner(live: Live) -> str:
    person = await live.services.accounts.create_person(
        OPERATOR, name="Olga", email="olga@example.net", role=PersonRole.OWNER
    )
    return person.id


async def test_people_are_added_changed_and_removed(tmp_path: Path) -> None:
    """By the master key; an address belongs to one person."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await _owner(live)
        ann = {"name": "Ann", "email": "Ann@Example.org"}
        async with client.post("/v1/people", json=ann) as answer:
            assert answer.status == 201
            made = await answer.json()
        assert (made["email"], made["role"]) == ("Ann@example.org", "approver")
        async with client.post("/v1/people", json=ann) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "person_exists")
        path = f"/v1/people/{made['id']}"
        async with client.patch(path, json={"email": "ann@example.net"}) as answer:
            changed = await answer.json()
        assert (changed["name"], changed["email"]) == ("Ann", "ann@example.net")
        taken = {"email": "olga@example.net"}
        assert (await client.patch(path, json=taken)).status == 409
        async with client.get("/v1/people?role=approver") as answer:
            document = await answer.json()
        assert [one["id"] for one in document["data"]] == [made["id"]]
        assert (await client.delete(path)).status == 204
        assert (await client.get(path)).status == 404
        assert (await client.post("/v1/people", json={**ann, "email": "x"})).status == 400


async def test_the_last_owner_stays(tmp_path: Path) -> None:
    """Neither removed nor made less, until there is another."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        path = f"/v1/people/{await _owner(live)}"
        async with client.delete(path) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "last_owner")
        assert (await client.patch(path, json={"role": "viewer"})).status == 409
        other = {"name": "Otto", "email": "otto@example.net", "role": "owner"}
        assert (await client.post("/v1/people", json=other)).status == 201
        assert (await client.patch(path, json={"role": "viewer"})).status == 200
        assert (await client.delete(path)).status == 204


async def test_a_person_with_an_inbox_stays(tmp_path: Path) -> None:
    """What would be left without an owner is named."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        await _owner(live)
        async with client.post("/v1/people", json={"name": "A", "email": "a@b.org"}) as answer:
            made = await answer.json()
        await live.services.accounts.create_inbox(OPERATOR, local_part="ann", person_id=made["id"])
        async with client.delete(f"/v1/people/{made['id']}") as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "has_inboxes")


async def test_a_persons_key_decides_until_it_ends(tmp_path: Path) -> None:
    """It sees people and holds; with its person it ends, and a viewer has none."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        mia = await live.agent("mia")
        await _owner(live)
        async with client.post("/v1/people", json={"name": "Ann", "email": "a@b.org"}) as answer:
            path = f"/v1/people/{(await answer.json())['id']}"
        async with client.post(f"{path}/keys", json={}) as answer:
            assert answer.status == 201
            key = await answer.json()
        assert (key["role"], key["name"]) == ("approver", "Ann")
        async with client.get(f"{path}/keys") as answer:
            (listed,) = (await answer.json())["data"]
        assert listed["id"] == key["id"]
        assert "api_key" not in listed
        mail = {"to": "out@example.org", "subject": "x", "text": f"it is {SECRET}"}
        async with live.client(mia.api_key) as agent:
            async with agent.post("/v1/messages", json=mail) as answer:
                held = await answer.json()
            assert (await agent.get("/v1/people")).status == 403
            assert (await agent.get(path)).status == 403
        async with live.client(key["api_key"]) as approver:
            assert (await approver.get(path)).status == 200
            assert (await approver.patch(path, json={"name": "x"})).status == 403
            async with approver.get("/v1/keys") as answer:
                assert [one["id"] for one in (await answer.json())["data"]] == [key["id"]]
            async with approver.post(f"/v1/holds/{held['hold_id']}/reject") as answer:
                assert (await answer.json())["decided_by"] == "approver:Ann"
            assert (await client.patch(path, json={"role": "viewer"})).status == 200
            assert (await approver.get(path)).status == 401
        async with client.post(f"{path}/keys", json={}) as answer:
            assert (answer.status, (await answer.json())["role"]) == (201, "viewer")
        assert (await client.delete(path)).status == 204


async def test_a_person_s_address_is_outside_of_the_server(tmp_path: Path) -> None:
    """Notices carry the means to decide: an agent could read them at an address of its own."""
    async with running(tmp_path) as live, live.client(live.master) as client:
        async with client.get("/v1/domains") as answer:
            domain = (await answer.json())["data"][0]["name"]
        ann = {"name": "Ann", "email": f"ann@{domain.upper()}"}
        async with client.post("/v1/people", json=ann) as answer:
            assert (answer.status, (await answer.json())["errors"][0]["path"]) == (400, "email")
        async with client.post("/v1/people", json={**ann, "email": "ann@b.org"}) as answer:
            path = f"/v1/people/{(await answer.json())['id']}"
        assert (await client.patch(path, json={"email": ann["email"]})).status == 400
