"""One-click links: looking decides nothing, one press decides once."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.credentials import OPERATOR
from mailcore.model import PersonRole
from mailcore.outbound.link_tokens import LinkTokens
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, decoded, running

LINK = re.compile(rb"https?://[^\s]+/a/[a-z2-7]{56}")
YES = {"decision": "approve", "version": "1"}
NO = {"decision": "reject", "version": "1"}
ODD_FORMS: list[dict[str, str]] = [
    {},
    {"decision": "approve"},
    {"version": "1"},
    {"decision": "maybe", "version": "1"},
    {"decision": "approve", "version": "x"},
    {"decision": "approve", "version": "1", "more": "x" * 5000},
]


async def hold(server: Running, agent: Agent, subject: str = "Access <b>now</b>") -> str:
    body = {"to": [ANA], "subject": subject, "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=agent.api_key)
    return str(held["hold_id"])


async def link(server: Running, hold_id: str) -> str:
    found = LINK.search(decoded((await server.notice(hold_id)).raw))
    assert found is not None
    return found[0].decode()


async def look(server: Running, url: str, method: str = "GET") -> tuple[int, str]:
    async with server.http.request(method, url) as answer:
        return answer.status, await answer.text()


async def press(server: Running, url: str, form: dict[str, str], **headers: str) -> tuple[int, str]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with server.http.post(url, data=form, headers=names) as answer:
        return answer.status, await answer.text()


async def status(server: Running, hold_id: str) -> str:
    return str((await server.ok("GET", f"/v1/holds/{hold_id}"))["status"])


async def refusals(server: Running) -> list[str]:
    rows = (await server.ok("GET", "/v1/audit?limit=100"))["data"]
    return [row["detail"]["refusal"] for row in rows if row["action"].endswith("_ignored")]


async def test_one_press_decides_and_the_second_changes_nothing(
    server: Running, mia: Agent
) -> None:
    hold_id = await hold(server, mia)
    url = await link(server, hold_id)
    code, page = await press(server, url, YES)
    assert (code, "Approved and sent" in page) == (200, True)
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    for form in (YES, NO):
        code, page = await press(server, url, form)
        assert (code, "Approved and sent" in page) == (410, True)
    document = await server.ok("GET", f"/v1/holds/{hold_id}")
    assert (document["status"], document["decided_via"]) == ("released", "link")
    assert document["decided_by"] == f"person:{OWNER}"
    assert await refusals(server) == ["already_decided", "already_decided"]
    other = await hold(server, mia, "Another")
    code, page = await press(server, await link(server, other), NO)
    assert (code, "Rejected" in page) == (200, True)
    assert await status(server, other) == "rejected"


async def test_looking_and_odd_forms_decide_nothing(server: Running, mia: Agent) -> None:
    """By HEAD, ahead of a person, from another site, about another version, with other fields."""
    hold_id = await hold(server, mia)
    url = await link(server, hold_id)
    for method in ("GET", "HEAD", "GET"):
        assert (await look(server, url, method))[0] == 200
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await look(server, url, method))[0] == 405
    assert (await look(server, f"{url}?decision=approve&version=1"))[0] == 200
    for form in ODD_FORMS:
        assert (await press(server, url, form))[0] in (400, 413)
    for site in ("cross-site", "same-site"):
        assert (await press(server, url, YES, Sec_Fetch_Site=site))[0] == 403
    code, page = await press(server, url, {**YES, "version": "2"})
    assert (code, "has changed" in page) == (410, True)
    wrong = url[:-1] + ("a" if url[-1] != "a" else "b")
    for other in (wrong, url[:-1], url + "a", url[:-56] + "a" * 56, url[:-56] + "%00"):
        assert (await look(server, other))[0] == 404
        assert (await press(server, other, YES))[0] == 404
    assert await status(server, hold_id) == "pending"
    assert (await press(server, url, YES, Sec_Fetch_Site="same-origin"))[0] == 200


async def test_the_page_shows_the_message_masked_and_escaped(server: Running, mia: Agent) -> None:
    url = await link(server, await hold(server, mia))
    async with server.http.get(url) as answer:
        page, headers = await answer.text(), answer.headers
    assert "hunter2" not in page
    assert "Access &lt;b&gt;now&lt;/b&gt;" in page
    assert "<b>now" not in page
    assert ANA in page
    assert "<script" not in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


async def test_a_link_ends_with_its_time_and_the_role_of_its_approver(
    server: Running, mia: Agent
) -> None:
    made = await server.core.accounts.create_person(
        OPERATOR, name="Bo", email="bo@owner.example", role=PersonRole.APPROVER
    )
    hold_id = await hold(server, mia)
    url = server.core.links.url(hold_id, 1, made)
    assert (await look(server, url))[0] == 200
    await server.core.accounts.change_person(OPERATOR, made.id, role=PersonRole.VIEWER)
    assert (await press(server, url, YES))[0] == 404
    yesterday = server.core.clock.now() - timedelta(days=1)
    tokens = LinkTokens(server.core.secrets)
    url = f"{server.app.http_url}/a/{tokens.issue(hold_id, 1, OWNER, yesterday)}"
    for code, page in (await look(server, url), await press(server, url, YES)):
        assert (code, "too old" in page) == (410, True)
    assert await status(server, hold_id) == "pending"


@pytest.fixture
async def gated(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, sections={"inbox": {"trust_gate": "hold"}}) as one:
        yield one


async def test_a_stranger_is_approved_by_a_link(gated: Running) -> None:
    agent = await gated.agent("mia")
    await gated.letter_from_ana(agent.email)
    notice = await gated.world.sink.wait_for(
        lambda one: OWNER in one.recipients and b"/a/" in decoded(one.raw)
    )
    found = LINK.search(decoded(notice.raw))
    assert found is not None
    url = found[0].decode()
    code, page = await look(gated, url)
    assert (code, "When do they come?" in page, "Block" in page) == (200, True, True)
    code, page = await press(gated, url, {"decision": "approve", "version": "0"})
    assert (code, "trusted" in page) == (200, True)
    assert len(await gated.messages(agent, 1)) == 1
    assert (await press(gated, url, {"decision": "reject", "version": "0"}))[0] == 410
