"""Templates and signatures: filled in, put below, and sent by the one door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from mailcore.ids import InboxId
from tests.support.http_live import SECRET, Live, running
from tests.support.mail_samples import plain

ORDER = {
    "name": "Delivery",
    "subject": "Your order {{ order }}",
    "text": "Dear {{name}},\n\norder {{ order }} comes on {{ day }}.",
    "html": "<p>Dear {{ name }}, <b>{{ day }}</b></p>",
}
VALUES = {"order": "4711", "name": "Ann <&> Co", "day": "Friday"}
TO = "ann@example.net"


@asynccontextmanager
async def agent(data_dir: Path) -> AsyncIterator[tuple[Live, aiohttp.ClientSession, str]]:
    async with running(data_dir) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            yield live, client, mia.inbox.id


async def post(client: aiohttp.ClientSession, path: str, **fields: Any) -> Any:
    async with client.post(path, json=fields) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def refused(client: aiohttp.ClientSession, path: str, **fields: Any) -> Any:
    async with client.post(path, json=fields) as answer:
        return answer.status, await answer.json()


async def read(client: aiohttp.ClientSession, message_id: str) -> Any:
    async with client.get(f"/v1/messages/{message_id}") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_a_template_is_filled_in_and_sent(tmp_path: Path) -> None:
    """Values are escaped in the HTML form and nowhere else; the copy in Sent says what left."""
    async with agent(tmp_path) as (_, client, inbox_id):
        template = await post(client, "/v1/templates", **ORDER)
        assert template["variables"] == ["order", "name", "day"]
        assert template["identity_id"] == inbox_id
        path = f"/v1/templates/{template['id']}"
        shown = await post(client, f"{path}/preview", variables=VALUES)
        assert shown == {
            "subject": "Your order 4711",
            "text": "Dear Ann <&> Co,\n\norder 4711 comes on Friday.",
            "html": "<p>Dear Ann &lt;&amp;&gt; Co, <b>Friday</b></p>",
        }
        sent = await post(client, f"{path}/send", to=TO, variables=VALUES)
        assert sent["status"] == "queued"
        message = await read(client, sent["id"])
        assert message["subject"] == "Your order 4711"
        assert "Dear Ann <&> Co," in message["text"]


async def test_every_wrong_variable_is_named_at_once(tmp_path: Path) -> None:
    """Missing and unknown ones; nothing is sent."""
    async with agent(tmp_path) as (_, client, _):
        path = f"/v1/templates/{(await post(client, '/v1/templates', **ORDER))['id']}"
        for verb, fields in (("preview", {}), ("send", {"to": TO})):
            given = {"day": "Friday", "extra": "1", "more": "2"}
            status, problem = await refused(client, f"{path}/{verb}", **fields, variables=given)
            assert (status, problem["code"]) == (400, "template_variables")
            assert sorted(one["path"] for one in problem["errors"]) == [
                *("variables.extra", "variables.more", "variables.name", "variables.order"),
            ]
        async with client.get("/v1/messages?folder=Sent") as answer:
            assert (await answer.json())["total"] == 0


async def test_a_value_is_text_and_never_a_template(tmp_path: Path) -> None:
    """Braces in a value stay; line breaks do not reach the header."""
    async with agent(tmp_path) as (_, client, _):
        path = f"/v1/templates/{(await post(client, '/v1/templates', **ORDER))['id']}/preview"
        tricky = {"order": "1\r\nBcc: eve@example.com", "name": "{{ day }}", "day": "{{name}}"}
        shown = await post(client, path, variables=tricky)
        assert shown["subject"] == "Your order 1 Bcc: eve@example.com"
        assert shown["text"].startswith("Dear {{ day }},")
        assert (await refused(client, path, variables={**VALUES, "day": 3}))[0] == 400


NO_TEMPLATES: tuple[dict[str, Any], ...] = (
    {"text": "{{ 1 + 1 }}"},
    {"text": "{{ user.name }}"},
    {"subject": "{{}}"},
    {"html": "{{ __import__('os') }}"},
    {"name": " "},
    {"text": None, "html": None},
    {"subject": "a\nb"},
)


async def test_what_is_no_template_is_refused(tmp_path: Path) -> None:
    """There is no code in a template."""
    async with agent(tmp_path) as (_, client, _):
        for wrong in NO_TEMPLATES:
            status, _ = await refused(client, "/v1/templates", **{**ORDER, **wrong})
            assert status == 400, wrong


async def test_a_template_is_no_way_round_the_guard(tmp_path: Path) -> None:
    """A value that would be held in any message is held here."""
    async with agent(tmp_path) as (_, client, _):
        path = f"/v1/templates/{(await post(client, '/v1/templates', **ORDER))['id']}/send"
        sent = await post(client, path, to=TO, variables={**VALUES, "day": SECRET})
        assert (sent["status"], sent["categories"]) == ("held", ["credentials"])


async def test_a_template_is_changed_and_deleted(tmp_path: Path) -> None:
    """Names are taken once in an inbox, whatever their case."""
    async with agent(tmp_path) as (_, client, _):
        template = await post(client, "/v1/templates", **ORDER)
        status, problem = await refused(client, "/v1/templates", **{**ORDER, "name": "DELIVERY"})
        assert (status, problem["code"]) == (409, "template_exists")
        path = f"/v1/templates/{template['id']}"
        async with client.patch(path, json={"subject": "{{ order }}!"}) as answer:
            changed = await answer.json()
        assert (changed["subject"], changed["text"]) == ("{{ order }}!", ORDER["text"])
        async with client.patch(path, json={"text": "{{ a b }}"}) as answer:
            assert answer.status == 400
        assert (await client.delete(path)).status == 204
        async with client.get("/v1/templates") as answer:
            assert (await answer.json())["total"] == 0


async def test_a_signature_stands_below_what_asks_for_it(tmp_path: Path) -> None:
    """By name, as the default, or by itself; never when it is not wanted."""
    async with agent(tmp_path) as (_, client, _):
        letter = {"to": TO, "subject": "x", "text": "Hello."}
        status, _ = await refused(client, "/v1/messages", **letter, signature=True)
        assert status == 404
        long = await post(client, "/v1/signatures", name="Long", text="Mia\nAcme", is_default=True)

        async def text(**more: Any) -> str:
            sent = await post(client, "/v1/messages", **{**letter, "subject": str(more), **more})
            return str((await read(client, sent["id"]))["text"])

        signed = "Hello.\n\n-- \nMia\nAcme"
        assert "--" not in await text()
        assert await text(signature=True) == signed
        short = await post(client, "/v1/signatures", name="Short", text="M.", is_default=True)
        async with client.get(f"/v1/signatures/{long['id']}") as answer:
            assert (await answer.json())["is_default"] is False
        assert await text(signature="long") == signed
        assert await text(signature=short["id"]) == "Hello.\n\n-- \nM."
        assert (await refused(client, "/v1/messages", **letter, signature="none"))[0] == 404
        path = f"/v1/signatures/{short['id']}"
        async with client.patch(path, json={"is_automatic": True}) as answer:
            assert answer.status == 200
        assert await text() == "Hello.\n\n-- \nM."
        assert "--" not in await text(signature=False)
        template = await post(client, "/v1/templates", name="T", text="Hello.")
        sent = await post(client, f"/v1/templates/{template['id']}/send", to=TO)
        assert (await read(client, sent["id"]))["text"] == "Hello.\n\n-- \nM."
        assert (await client.delete(path)).status == 204
        assert "--" not in await text(bcc=[])


async def test_a_signature_stands_above_the_quotation(tmp_path: Path) -> None:
    """In replies as text and HTML; in forwards above the original."""
    async with agent(tmp_path) as (live, client, inbox_id):
        placed = await live.receive(InboxId(inbox_id), plain())
        await post(
            client, "/v1/signatures", name="s", text="Mia & Co", is_default=True, is_automatic=True
        )
        quoted = "On Friday, 2 January 2026, Ann wrote:\n> When do they come?"
        reply = {
            "text": f"On Monday.\n\n{quoted}",
            "html": "<p>On Monday.</p><blockquote>When do they come?</blockquote>",
        }
        sent = await post(client, f"/v1/messages/{placed.id}/reply", **reply)
        async with client.get(f"/v1/messages/{sent['id']}/raw") as answer:
            raw = await answer.text()
        message = await read(client, sent["id"])
        assert message["text"] == f"On Monday.\n\n-- \nMia & Co\n\n{quoted}"
        assert raw.index("Mia &amp; Co") < raw.index("<blockquote")
        sent = await post(client, f"/v1/messages/{placed.id}/forward", to=TO, text="See:")
        text = (await read(client, sent["id"]))["text"]
        assert text.index("See:") < text.index("Mia & Co") < text.index("Forwarded message")
