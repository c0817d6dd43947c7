"""Strangers under the names of those whom the pod knows, over SMTP with real signatures."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from mailcore.app.upkeep import check
from mailcore.credentials import OPERATOR
from mailcore.model import PersonRole
from tests.support.running import ANA, Agent, Running, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

KNOWN_ELSEWHERE = "header.known_name_elsewhere"
STRANGER = "ana.lopez@stranger.example"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A pod that trusts Ana under her name; another agent's contact is as good as one's own."""
    async with running(tmp_path_factory.mktemp("impostors")) as live:
        ben = await live.agent("ben")
        body = {"identity_id": ben.inbox_id, "email": ANA, "name": "Ana López"}
        saved = await live.ok("POST", "/v1/contacts", body)
        await live.ok("PATCH", f"/v1/contacts/{saved['id']}", {"status": "trusted"})
        yield live
        assert await check(live.app.config) == ()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mia(live: Running) -> Agent:
    return await live.agent()


async def arrived(live: Running, mia: Agent, sender: str) -> Any:
    """What is kept of a letter that comes from there."""
    before = await live.ok("GET", "/v1/messages?folder=INBOX", key=mia.api_key)
    raw = live.world.letter(sender=sender, to=[mia.email], subject="Lamps", text="When?")
    address = sender.rpartition("<")[2].rstrip(">")
    result = await live.world.send(
        raw,
        mail_from=address,
        recipients=[mia.email],
        port=live.ports["smtp"],
        is_signed=address == ANA,
    )
    assert result.is_delivered, result
    listed = await live.messages(mia, before["total"] + 1)
    return await live.ok("GET", f"/v1/messages/{listed[0]['id']}", key=mia.api_key)


def rules(message: Any) -> set[str]:
    return {one["rule"] for one in message["security"]["findings"]}


@pytest.mark.parametrize(
    "name",
    [
        "Ana López",
        "ANA LOPEZ",
        '"López, Ana"',
        "=?utf-8?b?0JBu0LAgTMOzcGV6?=",
        "=?utf-8?q?A=E2=80=8Bna_L=C3=B3pez?=",
    ],
)
async def test_a_stranger_with_a_known_name_is_noticed(
    live: Running, mia: Agent, name: str
) -> None:
    """However it is spelled: case, accents, order, letters that look alike, what cannot be seen."""
    message = await arrived(live, mia, f"{name} <{STRANGER}>")
    assert KNOWN_ELSEWHERE in rules(message)
    assert message["security"]["level"] in {"warning", "spam"}


@pytest.mark.parametrize(
    "sender",
    [
        f"Ana López <{ANA}>",
        "Ana López <a.lopez@customer.example>",
        f"Ana <{STRANGER}>",
        f"Ana Lobo <{STRANGER}>",
    ],
)
async def test_herself_and_others_are_not(live: Running, mia: Agent, sender: str) -> None:
    """Her address, a new one of hers in the same domain, a first name, another name."""
    assert KNOWN_ELSEWHERE not in rules(await arrived(live, mia, sender))


async def test_a_stranger_who_came_first_owns_no_name(live: Running, mia: Agent) -> None:
    await arrived(live, mia, "Bo Lund <bo.lund@stranger.example>")
    await live.until("/v1/contacts?q=bo.lund", lambda page: page["total"] == 1, key=mia.api_key)
    assert KNOWN_ELSEWHERE not in rules(await arrived(live, mia, f"Bo Lund <{ANA}>"))


async def test_the_name_of_the_owner_is_known(live: Running, mia: Agent) -> None:
    await live.core.accounts.create_person(
        OPERATOR,
        name="Olga Ovner",
        email="olga@owner.example",
        role=PersonRole.OWNER,
    )
    message = await arrived(live, mia, f"Olga Ovner <{STRANGER}>")
    assert KNOWN_ELSEWHERE in rules(message)
