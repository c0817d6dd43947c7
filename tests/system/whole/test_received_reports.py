"""Reports about our domain, from the mail that brings them to the owner's list."""

import asyncio
import gzip
import json
from email.message import EmailMessage

from mailcore.credentials import OPERATOR
from mailcore.store.ports import MessageQuery
from tests.mailcore.reports.test_reading import TLS, dmarc
from tests.support.process import spawn
from tests.support.running import ANA, DOMAIN, Running


def mail(to: str, content: bytes, subtype: str) -> bytes:
    message = EmailMessage()
    message["From"] = ANA
    message["To"] = to
    message["Subject"] = "Report Domain: example.org"
    message["Message-ID"] = "<report@customer.example>"
    message.set_content("A report.")
    message.add_attachment(content, maintype="application", subtype=subtype, filename="r.gz")
    return message.as_bytes().replace(b"\n", b"\r\n")


async def bring(server: Running, to: str, content: bytes, subtype: str = "gzip") -> None:
    result = await server.world.send(
        mail(to, content, subtype), mail_from=ANA, recipients=[to], port=server.ports["smtp"]
    )
    assert result.is_delivered, result


async def of_owner(server: Running) -> int:
    inboxes = await server.core.mailboxes.inboxes(OPERATOR)
    [owner] = [one.id for one in inboxes if one.address.local == "owner"]
    query = MessageQuery(inbox_ids=(owner,), mailbox="INBOX")
    return (await server.core.mailboxes.messages(OPERATOR, query)).total


async def test_reports_are_kept_and_listed_for_the_owner(server: Running) -> None:
    """Twice the same is one; a mailbox gets none of it; an agent sees nothing."""
    for _ in range(2):
        await bring(server, f"dmarc-reports@{DOMAIN}", gzip.compress(dmarc()))
    tls = gzip.compress(json.dumps(TLS).encode())
    await bring(server, f"tls-reports@{DOMAIN}", tls, "tlsrpt+gzip")
    listed = await server.ok("GET", "/v1/reports")
    assert [one["kind"] for one in listed["data"]] == ["tls", "dmarc"]
    assert all(one["is_authenticated"] for one in listed["data"])
    only = await server.ok("GET", "/v1/reports?kind=dmarc&domain=example.org")
    [row] = only["data"]
    assert (row["organization"], row["sender"]) == ("Big Mail", "customer.example")
    assert (row["passed"], row["failed"]) == (3, 2)
    shown = await server.ok("GET", f"/v1/reports/{row['id']}")
    assert len(shown["document"]["records"]) == 2
    assert await of_owner(server) == 0
    mia = await server.agent("mia")
    for path in ("/v1/reports", f"/v1/reports/{row['id']}"):
        status, _ = await server.api("GET", path, key=mia.api_key)
        assert status == 403
    status, _ = await server.api("GET", "/v1/reports/nothing")
    assert status == 404


async def test_what_is_no_report_of_ours_goes_to_the_owner(server: Running) -> None:
    """Nothing is lost: the wrong address, another's domain, no report at all."""
    await bring(server, f"tls-reports@{DOMAIN}", gzip.compress(dmarc()))
    other = dmarc().replace(b"<domain>example.org</domain><p>", b"<domain>other.test</domain><p>")
    await bring(server, f"dmarc-reports@{DOMAIN}", gzip.compress(other))
    await bring(server, f"dmarc-reports@{DOMAIN}", b"not packed at all", "octet-stream")
    assert (await server.ok("GET", "/v1/reports"))["total"] == 0
    assert await of_owner(server) == 3


async def test_old_reports_go_and_unproven_ones_go_first(server: Running) -> None:
    store = server.core.stores.reports
    await bring(server, f"dmarc-reports@{DOMAIN}", gzip.compress(dmarc()))
    forged = mail(f"tls-reports@{DOMAIN}", json.dumps(TLS).encode(), "tlsrpt+json")
    await server.world.send(
        forged.replace(ANA.encode(), b"x@nobody.test"),
        mail_from="x@nobody.test",
        recipients=[f"tls-reports@{DOMAIN}"],
        port=server.ports["smtp"],
    )
    listed = await server.ok("GET", "/v1/reports")
    assert [one["is_authenticated"] for one in listed["data"]] == [False, True]
    now = server.core.clock.now()
    assert await store.trim_received(now.replace(year=now.year - 1), 1) == 1
    assert [one["kind"] for one in (await server.ok("GET", "/v1/reports"))["data"]] == ["dmarc"]
    assert await store.trim_received(now.replace(year=now.year + 1), 10) == 1


async def test_the_command_lists_and_shows(server: Running) -> None:
    await bring(server, f"dmarc-reports@{DOMAIN}", gzip.compress(dmarc()))
    done = await asyncio.to_thread(spawn, "reports", "list", "--config", server.config)
    assert "Big Mail" in done.stdout
    [row] = (await server.ok("GET", "/v1/reports"))["data"]
    done = await asyncio.to_thread(spawn, "reports", "show", row["id"], "--config", server.config)
    assert "192.0.2.1" in done.stdout
