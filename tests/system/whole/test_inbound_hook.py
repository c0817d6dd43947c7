"""`POST /mail/inbound`: mail that a worker forwards (product §1.8)."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mailcore.inbound.hook import hash_of, new_secret
from mailcore.message.headers import Headers
from tests.support.running import ANA, Agent, Running, running

SECRET, HASH = new_secret()
PATH = "/mail/inbound"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    sections = {
        "inbound": {"webhook_secret_hash": HASH},
        "smtp": {"max_message_bytes": 1 << 17, "max_receiving_bytes": 1 << 18},
    }
    async with running(tmp_path, sections=sections) as one:
        yield one


def letter(server: Running, to: str, *, subject: str = "Lamps") -> bytes:
    """Ana's letter, signed."""
    raw = server.world.letter(sender=f"Ana <{ANA}>", to=[to], subject=subject, text="Hello")
    return server.world.signed(raw, ANA.partition("@")[2])


async def post(
    server: Running,
    raw: bytes,
    *,
    to: str = "",
    mail_from: str = ANA,
    secret: str | None = SECRET,
    path: str = PATH,
    **options: Any,
) -> tuple[int, Any]:
    """What the server answers to a worker."""
    headers = {"Content-Type": "message/rfc822"}
    headers |= {"X-Envelope-From": mail_from} if mail_from else {}
    headers |= {"X-Envelope-To": to} if to else {}
    headers |= {"X-Inbound-Secret": secret} if secret is not None else {}
    async with server.http.post(path, data=raw, headers=headers, **options) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_forwarded_mail_arrives_once_and_is_external(server: Running, mia: Agent) -> None:
    """DKIM proves the sender; SPF has no say; the bytes stay as they came; threats are scored."""
    raw = letter(server, mia.email)
    status, said = await post(server, raw, to="mia+shop@example.org")
    assert (status, said["accepted"]) == (200, True)
    assert (await post(server, raw, to="mia+shop@example.org"))[0] == 200
    (row,) = await server.messages(mia, 1)
    message = await server.ok("GET", f"/v1/messages/{row['id']}", key=mia.api_key)
    assert (message["auth"]["spf"], message["auth"]["dkim"], message["auth"]["dmarc"]) == (
        "none",
        "pass",
        "pass",
    )
    assert message["security"]["level"] != "internal"
    stored = await server.ok("GET", f"/v1/messages/{row['id']}/raw", key=mia.api_key)
    assert stored.endswith(raw)
    fields = Headers.read(stored)
    assert fields.get("Delivered-To") == "mia+shop@example.org"
    assert f"with HTTP id {said['id']}" in (fields.get("Received") or "")


async def test_a_json_document_carries_text_or_base64(server: Running, mia: Agent) -> None:
    """The body that AgenticMail's worker sends; bare line feeds become line ends of mail."""
    for number, path in enumerate((PATH, f"/api/agenticmail{PATH}")):
        raw = letter(server, mia.email, subject=f"no. {number}")
        text = base64.b64encode(raw).decode() if number else raw.decode().replace("\r\n", "\n")
        body = {"from": ANA, "to": mia.email, "subject": "x", "rawEmail": text}
        async with server.http.post(
            path, json=body, headers={"X-Inbound-Secret": SECRET}
        ) as answer:
            assert answer.status == 200, await answer.text()
    rows = await server.messages(mia, 2)
    for row in rows:
        message = await server.ok("GET", f"/v1/messages/{row['id']}", key=mia.api_key)
        assert message["auth"]["dkim"] == "pass"


async def test_what_dmarc_would_refuse_goes_to_junk(server: Running, mia: Agent) -> None:
    """Without SPF a refusal could hit honest mail."""
    server.world.zone.add("_dmarc.customer.example", "TXT", "v=DMARC1; p=reject")
    raw = server.world.letter(sender=ANA, to=[mia.email], subject="Forged?", text="Hello")
    assert (await post(server, raw, to=mia.email))[0] == 200
    (row,) = await server.messages(mia, 1, "Junk")
    assert row["subject"] == "Forged?"


async def test_wrong_requests_are_told_what_is_wrong(server: Running, mia: Agent) -> None:
    raw = letter(server, mia.email)
    loop = b"Delivered-To: mia@example.org\r\n" + raw
    wrong: tuple[tuple[int, str, dict[str, Any]], ...] = (
        (401, "wrong_inbound_secret", {"secret": None}),
        (401, "wrong_inbound_secret", {"secret": SECRET[:-1]}),
        (401, "wrong_inbound_secret", {"secret": HASH}),
        (400, "invalid", {"to": ""}),
        (400, "invalid", {"mail_from": ""}),
        (400, "invalid", {"mail_from": "nonsense"}),
        (400, "invalid", {"raw": b" \r\n"}),
        (403, "relay_denied", {"to": "victim@elsewhere.example"}),
        (400, "no_such_user", {"to": "nobody@example.org"}),
        (403, "mail_loop", {"raw": loop}),
        (413, "too_large", {"raw": b"A: b\r\n\r\n" + b"x" * (1 << 17)}),
    )
    for status, code, change in wrong:
        given = {"raw": raw, "to": mia.email, **change}
        found, problem = await post(server, given.pop("raw"), **given)
        assert (found, problem["code"]) == (status, code), (change.keys(), problem)
    for body in ("nonsense", '{"from": "a@b.example"}', '{"to": 1, "rawEmail": "A: b"}'):
        headers = {"X-Inbound-Secret": SECRET, "Content-Type": "application/json"}
        async with server.http.post(PATH, data=body, headers=headers) as answer:
            assert answer.status == 400, body
    twice = [("to", mia.email), ("to", "owner@example.org"), ("from", "<>")]
    assert (await post(server, raw, params=twice))[0] == 400
    assert (await server.ok("GET", "/v1/messages", key=mia.api_key))["total"] == 0


async def test_it_is_off_without_a_secret_and_guessing_locks_out(tmp_path: Path) -> None:
    """404 while off; wrong secrets count with failed logins (product §14)."""
    async with running(tmp_path / "off") as server:
        status, problem = await post(server, b"A: b\r\n\r\n", to="owner@example.org")
        assert (status, problem["code"]) == (404, "no_inbound_secret")
    limits = {"trusted_networks": [], "failed_logins_per_address": 2}
    sections = {"inbound": {"webhook_secret_hash": hash_of("right")}, "limits": limits}
    async with running(tmp_path / "on", sections=sections) as server:
        for status in (401, 401, 429):
            raw = b"A: b\r\n\r\n"
            found, _ = await post(server, raw, to="owner@example.org", secret="wrong")
            assert found == status
