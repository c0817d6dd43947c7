"""Agents that each have one of everything, so that a test can reach for what is another's."""

from dataclasses import dataclass

import aiohttp

from mailcore.accounts import CreatedAgent
from mailcore.credentials import OPERATOR
from mailcore.model import Security
from tests.support import hook_live
from tests.support.http_live import SECRET, Live
from tests.support.mail_samples import plain

type Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """An agent, its key, a mark that stands in all its texts, and the ids of what it has by field."""

    name: str
    key: str
    mark: str
    ids: dict[str, object]


async def furnish(live: Live, name: str, hooks: hook_live.Receiver) -> Belongings:
    """A new agent with mail, a held message, a draft, a folder, a tag, a contact, a task, a template."""
    agent = await live.agent(name)
    mark = f"{name}-zanzibar"
    placed = await live.receive(
        agent.inbox.id,
        plain(
            sender=f"{mark} <{mark}@example.org>",
            to=str(agent.inbox.address),
            subject=mark,
            message_id=f"<{mark}@example.org>",
            extra='MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="cut"\n',
            text=(
                f"--cut\nContent-Type: text/plain\n\n{mark}\n--cut\nContent-Type: text/csv\n"
                f"Content-Disposition: attachment; filename={mark}.csv\n\n{mark}\n--cut--\n"
            ),
        ),
        security=Security(),
    )
    async with live.client(agent.api_key) as client:
        ids = await _belongings(live, client, agent, mark, hooks)
    ids |= {"message_id": placed.id, "thread_id": placed.thread_id}
    async with live.client(agent.api_key) as client:
        draft = await _post(
            client,
            "/v1/drafts",
            thread_id=placed.thread_id,
            identity_id=agent.inbox.id,
            based_on_message_id=placed.id,
            body_text=mark,
        )
        await _post(client, f"/v1/messages/{placed.id}/tags/{ids['tag_id']}")
    ids["draft_id"] = draft["id"]
    await live.services.contacts.catch_up()
    return Belongings(name=name, key=agent.api_key, mark=mark, ids=ids)


async def _belongings(
    live: Live,
    client: aiohttp.ClientSession,
    agent: CreatedAgent,
    mark: str,
    hooks: hook_live.Receiver,
) -> dict[str, object]:
    letter = {"to": f"{mark}@example.net", "subject": mark}
    sent = await _post(client, "/v1/messages", **letter, text=mark)
    held = await _post(client, "/v1/messages", **letter, text=f"{mark}: it is {SECRET}")
    scheduled = await _post(
        client, "/v1/messages", **letter, text=f"{mark} later", send_at="in 2 hours"
    )
    folder = await _post(client, "/v1/folders", name=mark)
    tag = await _post(client, "/v1/tags", name=mark)
    contact = await _post(client, "/v1/contacts", email=f"friend@{mark}.example", notes=mark)
    task = await _post(client, "/v1/tasks", assignee=agent.agent.name, type=mark, payload=mark)
    template = await _post(
        client, "/v1/templates", name=mark, subject="Your order {{ order }}", text="On {{ day }}."
    )
    rule = await _post(client, "/v1/rules", name=mark, actions=[{"type": "tag", "tag": mark}])
    signature = await _post(client, "/v1/signatures", name=mark, text=mark)
    webhook = await _post(client, "/v1/webhooks", url=hooks.url(f"/{mark}"), description=mark)
    test = await _post(client, f"/v1/webhooks/{webhook['id']}/test")
    async with client.get("/v1/queue?state=due") as answer:
        (waiting,) = (await answer.json())["data"]
    async with client.get("/v1/keys") as answer:
        (key,) = (await answer.json())["data"]
    assert waiting["message_id"] == sent["id"]
    address = str(agent.inbox.address)
    alias = await live.services.aliases.create(OPERATOR, f"{mark}-{address}", [address])
    return {
        "agent": agent.agent.id,
        "alias_id": alias.id,
        "channel_id": agent.agent.id,
        "contact_id": contact["id"],
        "domain": live.config.server.domain,
        "person_id": agent.agent.id,
        "pause_id": agent.agent.id,
        "grant_id": agent.agent.id,
        "policy_id": agent.agent.id,
        "quarantine_id": agent.agent.id,
        "report_id": agent.agent.id,
        "secret_id": agent.agent.id,
        "smarthost_id": agent.agent.id,
        "delivery_id": test["id"],
        "folder": mark,
        "folder_id": folder["id"],
        "hold_id": held["hold_id"],
        "identity_id": agent.inbox.id,
        "index": 0,
        "key_id": key["id"],
        "link_id": agent.agent.id,
        "queue_id": waiting["id"],
        "sent_id": sent["id"],
        "scheduled_id": scheduled["id"],
        "suppression_id": agent.agent.id,
        "tag_id": tag["id"],
        "rule_id": rule["id"],
        "signature_id": signature["id"],
        "task_id": task["id"],
        "template_id": template["id"],
        "webhook_id": webhook["id"],
    }


async def _post(client: aiohttp.ClientSession, path: str, **fields: object) -> Json:
    async with client.post(path, json=fields) as answer:
        assert answer.status < 300, await answer.text()
        created: Json = await answer.json()
        return created
