"""Whole sessions over real sockets: what aiosmtpd alone gets wrong, and what must stay right."""

import asyncio
import logging
import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest
import uvloop
from aiosmtpd.smtp import SMTP

from mailcore.address import Address
from mailcore.errors import ErrorKind, MailError
from smtpd import limits
from smtpd.commands import _COMMANDS
from smtpd.protocol import SmtpProtocol
from smtpd.session import Door
from tests.support.smtp_client import PATIENCE, Client
from tests.support.smtp_fakes import MIA, client_context, config, serving, setup


async def test_login_works_on_implicit_tls() -> None:
    """RFC 8314 §3.3: TLS from the first octet counts as TLS for AUTH."""
    async with serving() as served, await Client.logged_in(served) as client:
        await client.start_data("friend@elsewhere.example", mail_from="mia@example.org")
        await client.send(b"hi\r\n.\r\n")
        assert await client.reply() == "250 2.0.0 queued sub-1"
        taken = served.submission.taken[0]
        assert taken.peer.protocol == "ESMTPSA"
        assert taken.peer.tls.startswith("TLSv1.3 ")
        assert taken.envelope.mail_from == MIA.address


async def test_peer_tells_how_the_message_came() -> None:
    """RFC 3848: the protocol keyword of Received."""
    async with serving() as served:
        async with await Client.connect(served) as client:
            await client.deliver(b"x\r\n.\r\n")
            await client.start_tls()
            await client.ask("EHLO inside.example")
            await client.deliver(b"x\r\n.\r\n")
        async with await Client.connect(served, hello=False) as client:
            await client.reply()
            await client.ask("HELO [127.0.0.1]")
            await client.deliver(b"x\r\n.\r\n")
        peers = [one.peer for one in served.inbound.taken]
        assert [one.protocol for one in peers] == ["ESMTP", "ESMTPS", "SMTP"]
        assert [one.helo for one in peers] == ["client.example", "inside.example", "[127.0.0.1]"]
        assert [bool(one.tls) for one in peers] == [False, True, False]
        assert {one.ip for one in peers} == {"127.0.0.1"}


async def test_null_sender_arrives_as_none() -> None:
    """RFC 5321 §4.5.5."""
    async with serving() as served, await Client.connect(served) as client:
        await client.start_data(mail_from="")
        await client.send(b"x\r\n.\r\n")
        assert (await client.reply()).startswith("250 ")
        assert served.inbound.taken[0].envelope.mail_from is None


@pytest.mark.parametrize("length", [998, 1001, 2000, 70_000, 600_000])
async def test_long_lines_in_content_are_taken(length: int) -> None:
    """Real mail breaks RFC 5321 §4.5.3.1.6, and bytes are sacred."""
    async with serving() as served, await Client.connect(served) as client:
        line = b"x" * length + b"\r\n"
        assert (await client.deliver(line + b".\r\n")).startswith("250 ")
        assert served.inbound.taken[0].raw == line


async def test_every_octet_is_kept() -> None:
    """RFC 6152: eight-bit content, and NUL as it came."""
    async with serving() as served, await Client.connect(served) as client:
        raw = bytes(one for one in range(256) if one not in b"\r\n") + b"\r\n"
        assert (await client.deliver(raw + b".\r\n")).startswith("250 ")
        assert served.inbound.taken[0].raw == raw


async def test_large_message_arrives_unchanged() -> None:
    """Many pieces, a stuffed dot at every offset of the pieces."""
    async with serving() as served, await Client.connect(served) as client:
        raw = b"".join(b".%d\r\n" % one + b"y" * (one % 97) + b"\r\n" for one in range(60_000))
        stuffed = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
        assert (await client.deliver(stuffed + b".\r\n")).startswith("250 ")
        assert served.inbound.taken[0].raw == raw


async def test_too_big_is_said_after_the_true_end() -> None:
    """RFC 5321 §4.5.3.1.9: 552, and the session stays in step."""
    async with serving(config(max_message_bytes=65_536)) as served:
        async with await Client.connect(served) as client:
            filler = (b"z" * 78 + b"\r\n") * 30_000
            assert await client.deliver(filler + b".\r\n") == "552 5.3.4 the message is too big"
            assert (await client.deliver(b"x\r\n.\r\n")).startswith("250 ")
        assert [one.raw for one in served.inbound.taken] == [b"x\r\n"]


async def test_bare_line_ends_are_refused_after_the_true_end() -> None:
    """RFC 5321 §2.3.8; the session stays in step."""
    async with serving() as served, await Client.connect(served) as client:
        assert (await client.deliver(b"a\nb\r\n.\r\n")).startswith("550 5.6.11 ")
        assert (await client.deliver(b"a\rb\r\n.\r\n")).startswith("550 5.6.11 ")
        assert (await client.deliver(b"ok\r\n.\r\n")).startswith("250 ")
        assert len(served.inbound.taken) == 1


@pytest.mark.parametrize("cut", range(1, 10))
async def test_end_of_data_is_found_wherever_the_packets_are_cut(cut: int) -> None:
    """TCP promises no packet limits."""
    async with serving() as served, await Client.connect(served) as client:
        await client.start_data()
        wire = b"ab\r\n.\r\nNOOP\r\n"
        await client.send(wire[:cut])
        await asyncio.sleep(0)
        await client.send(wire[cut:])
        assert (await client.reply()).startswith("250 2.0.0 accepted ")
        assert (await client.reply()) == "250 2.0.0 ok"
        assert served.inbound.taken[0].raw == b"ab\r\n"


async def test_a_failure_of_ours_is_temporary_and_tells_nothing() -> None:
    """RFC 3463 §3.4: 4.3.0, without the words of the exception."""
    async with serving() as served, await Client.connect(served) as client:
        served.inbound.error = RuntimeError("database /secret/path is gone")
        reply = await client.deliver(b"x\r\n.\r\n")
        assert reply.startswith("451 4.3.0 ")
        assert "secret" not in reply
        served.inbound.error = None
        assert (await client.deliver(b"x\r\n.\r\n")).startswith("250 ")
        assert served.metrics.errors.labels("smtp")._value.get() == 1


async def test_errors_of_the_core_become_replies() -> None:
    """The kind chooses the code; message and fix are told, the detail is not."""
    async with serving() as served, await Client.connect(served) as client:
        served.inbound.error = MailError(
            ErrorKind.OVER_LIMIT, "no room", code="disk_full", fix="Try later", detail="/dev/sda1"
        )
        assert await client.deliver(b"x\r\n.\r\n") == "452 4.3.1 no room. Try later"


async def test_an_error_cannot_break_out_of_its_reply() -> None:
    """A reply is one line of ASCII, whatever it quotes."""
    async with serving() as served, await Client.connect(served) as client:
        served.inbound.error = MailError(ErrorKind.DENIED, "a\r\n250 b\x00ü" + "z" * 2000)
        reply = await client.deliver(b"x\r\n.\r\n")
        assert reply.startswith("550 5.7.1 a  250 b")
        assert len(reply) <= 510
        assert await client.ask("NOOP") == "250 2.0.0 ok"


async def test_login_failures_of_ours_are_temporary() -> None:
    """RFC 4954 §6: 454 4.7.0, never 535, when the password may be right."""
    async with serving() as served, await Client.connect(served, "submissions") as client:
        for error in (
            RuntimeError("secret"),
            MailError(ErrorKind.OVER_LIMIT, "too many failed logins"),
            MailError(ErrorKind.UNAVAILABLE, "down"),
        ):
            served.logins.error = error
            reply = await client.ask("AUTH PLAIN AG1pYUBleGFtcGxlLm9yZwBzM2NyZXQ=")
            assert reply.startswith("454 4.7.0 ")
            assert "secret" not in reply
        served.logins.error = None
        assert (await client.ask("auth plain AG1pYUBleGFtcGxlLm9yZwBzM2NyZXQ=")) == (
            "235 2.7.0 login ok"
        )


async def test_a_long_initial_response_is_read_whole() -> None:
    """RFC 4954 §4: lines of AUTH may have 12,288 octets."""
    async with serving() as served, await Client.connect(served, "submissions") as client:
        assert (await client.ask("AUTH PLAIN " + "QUFB" * 2500)).startswith("501 5.5.2 ")
        assert (await client.ask("AUTH PLAIN " + "QUFB" * 4000)).startswith("500 5.5.2 ")
        assert await client.ask("NOOP") == "250 2.0.0 ok"


@pytest.mark.parametrize("length", [2100, 12_288, 70_000, 1_000_000])
async def test_endless_command_lines_are_refused_once(length: int) -> None:
    """RFC 5321 §4.5.3.1.4; the rest of the line is not a command."""
    async with serving() as served, await Client.connect(served) as client:
        for _ in range(4):
            await client.ask("EHLO again.example")
        async with await Client.connect(served):
            assert (await client.ask("MAIL FROM:<" + "a" * length + "@b.example>")).startswith(
                "500 5.5.2 "
            )
        assert await client.ask("NOOP") == "250 2.0.0 ok"


async def test_a_path_of_quotes_costs_nothing() -> None:
    """Addresses are parsed in linear time."""
    async with serving() as served, await Client.connect(served) as client:
        for text in ('"' * 1900, '"' + "\\" * 1900, "<" * 1900, "@" * 1900 + ":", "(" * 1900):
            assert (await client.ask(f"MAIL FROM:<{text}@b.example>"))[:3] in {"501", "553"}


async def test_starttls_forgets_what_came_in_the_clear() -> None:
    """RFC 3207 §6: a command injected behind STARTTLS is not executed inside TLS."""
    async with serving() as served, await Client.connect(served) as client:
        await client.ask("MAIL FROM:<a@r.example>")
        await client.send(b"STARTTLS\r\nNOOP injected\r\nMAIL FROM:<evil@r.example>\r\n")
        assert (await client.reply()).startswith("220 2.0.0 ")
        await client.start_tls_now()
        assert (await client.ask("MAIL FROM:<a@r.example>")).startswith("503 5.5.1 send EHLO")
        await client.ask("EHLO client.example")
        assert (await client.deliver(b"x\r\n.\r\n")).startswith("250 ")


async def test_login_does_not_survive_into_a_new_session() -> None:
    """Each connection has its own state."""
    async with serving() as served:
        async with await Client.logged_in(served):
            pass
        async with await Client.connect(served, "submissions") as client:
            assert (await client.ask("MAIL FROM:<mia@example.org>")).startswith("530 5.7.0 ")


async def test_duplicate_recipients_count_once() -> None:
    """RFC 5321 §4.1.1.3 does not forbid them; one copy is enough."""
    async with serving() as served, await Client.connect(served) as client:
        await client.start_data("mia@example.org", "mia@EXAMPLE.ORG")
        await client.send(b"x\r\n.\r\n")
        await client.reply()
        assert served.inbound.taken[0].envelope.recipients == (Address("mia", "example.org"),)


async def test_too_many_errors_end_the_session() -> None:
    """RFC 5321 §7.8: resistance to attacks."""
    async with serving() as served, await Client.connect(served) as client:
        for _ in range(limits.MAX_ERRORS):
            assert (await client.ask("WHAT")).startswith("500 5.5.1 ")
        assert (await client.ask("WHAT")).startswith("500 ")
        assert (await client.reply()).startswith("421 4.7.0 ")
        assert await client.closed()


async def test_trying_names_ends_the_session() -> None:
    """A directory harvest is cut short, for strangers only."""
    async with serving() as served, await Client.connect(served) as client:
        await client.ask("MAIL FROM:<a@r.example>")
        for number in range(limits.MAX_BAD_RECIPIENTS + 1):
            reply = await client.ask(f"RCPT TO:<u{number}@example.org>")
            assert reply.startswith("550 5.1.1 ")
        assert (await client.reply()).startswith("421 4.7.0 ")
        assert await client.closed()


async def test_metrics_count_connections_replies_and_logins() -> None:
    """What an operator watches."""
    async with serving() as served, await Client.logged_in(served) as client:
        await client.ask("WHAT")
        metrics = served.metrics
        assert metrics.smtp_connections.labels("submissions")._value.get() == 1
        assert metrics.smtp_replies.labels("500")._value.get() == 1
        assert metrics.smtp_replies.labels("235")._value.get() == 1
        assert metrics.auth.labels("smtp", "ok")._value.get() == 1


async def test_passwords_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither by us nor by the library underneath."""
    caplog.set_level(logging.DEBUG)
    async with serving() as served, await Client.logged_in(served) as client:
        await client.ask("NOOP")
    assert "s3cret" not in caplog.text
    assert "AG1pYU" not in caplog.text


def test_every_command_of_the_library_is_ours() -> None:
    """Nothing inherited can be reached over the wire."""
    inherited = {name[5:].encode() for name in dir(SMTP) if name.startswith("smtp_")}
    assert inherited <= set(_COMMANDS)


async def test_nothing_the_library_expects_is_missing() -> None:
    """Our constructor replaces the inherited one; an upgrade that adds state must be noticed."""
    loop = asyncio.get_running_loop()
    unused = {
        "_SMTP__ident__",
        "__ident__",
        "data_size_limit",
        "enable_SMTPUTF8",
        "_decode_data",
        "tls_context",
        "require_starttls",
        "_tls_handshake_okay",
        "_auth_require_tls",
        "_proxy_timeout",
        "_authenticator",
        "_auth_callback",
        "_auth_required",
        "_auth_methods",
        "_ehlo_hook_ver",
        "_smtp_methods",
        "_enforce_call_limit",
        "_handler_coroutine",
        "_original_transport",
        "_strong_reader",
        "_tls_protocol",
    } | set(vars(asyncio.StreamReaderProtocol(asyncio.StreamReader())))
    served = setup()
    ours = SmtpProtocol(served.server._listener(Door.SMTP), loop)
    stock = SMTP(object(), hostname="x", loop=loop)
    assert set(vars(stock)) - set(vars(ours)) - unused == set()


def _one_mail(port: int) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@r.example", "mia@example.org", "hi"
    message.set_content("ünïcödé\n.\nend\n", cte="8bit")
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.starttls(context=client_context())
        assert client.send_message(message) == {}


def _one_submission(port: int, *, implicit: bool) -> None:
    if implicit:
        client = smtplib.SMTP_SSL("127.0.0.1", port, timeout=PATIENCE, context=client_context())
    else:
        client = smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE)
        client.starttls(context=client_context())
    with client:
        client.login("mia@example.org", "s3cret")
        client.sendmail("mia@example.org", ["x@elsewhere.example"], b"Subject: s\r\n\r\nbody\r\n")


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_smtplib_delivers_and_submits_on_both_loops(run: Callable[..., None]) -> None:
    """A real client on ports 25, 587 and 465."""

    async def scenario() -> None:
        async with serving() as served:
            ports = served.server.ports
            await asyncio.to_thread(_one_mail, ports["smtp"])
            await asyncio.to_thread(_one_submission, ports["submission"], implicit=False)
            await asyncio.to_thread(_one_submission, ports["submissions"], implicit=True)
            assert served.inbound.taken[0].raw.endswith("ünïcödé\r\n.\r\nend\r\n".encode())
            assert [one.raw for one in served.submission.taken] == [
                b"Subject: s\r\n\r\nbody\r\n"
            ] * 2

    run(scenario())
