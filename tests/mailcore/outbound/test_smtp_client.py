"""The client against real servers: the sink, and hosts that misbehave line by line."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from mailcore.address import Address, parse_address
from mailcore.demo.sink import Sink
from mailcore.model import Notify, RecipientTerms, Terms
from mailcore.net.tls import self_signed, server_context
from mailcore.outbound.mx import Host
from mailcore.outbound.smtp_client import (
    Access,
    DeliveryResult,
    Login,
    RecipientReply,
    SmtpClient,
    Timeouts,
    TlsMode,
)
from tests.support.smtp_fakes import pem, serving

MESSAGE = b"From: mia@example.org\r\nTo: you@example.net\r\nSubject: Hi\r\n\r\n.Hello\r\n..\r\n"
QUICK = Timeouts(connect_seconds=30, command_seconds=30, final_seconds=30, total_seconds=60)
LOCAL = Host(name="localhost", addresses=("127.0.0.1",))
YOU = "you@example.net"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed("mx.test", [], tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(certificate) -> ssl.SSLContext:
    return server_context(*certificate, is_mx=True)


@asynccontextmanager
async def sinking(**options: object) -> AsyncIterator[Sink]:
    sink = Sink(**options)
    await sink.start()
    try:
        yield sink
    finally:
        await sink.stop()


type Script = Sequence[tuple[str, str]]


@asynccontextmanager
async def scripted(*scripts: Script) -> AsyncIterator[int]:
    """A host that says lines: `(expected prefix of the command, reply)`, a script per connection.

    `"."` expects the whole message; a reply of `!` hangs up; `""` expects nothing (the greeting).
    """
    connections = iter(scripts)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for expected, reply in next(connections):
                if expected == ".":
                    await reader.readuntil(b"\r\n.\r\n")
                elif expected:
                    line = (await reader.readline()).decode("latin-1")
                    assert line.upper().startswith(expected), line
                if reply == "!":
                    break
                writer.write(reply.replace("\n", "\r\n").encode() + b"\r\n")
                await writer.drain()
        except (OSError, StopIteration, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def deliver(
    port: int,
    *recipients: str,
    raw: bytes = MESSAGE,
    hosts: Sequence[Host] = (LOCAL,),
    mail_from: str | None = "mia@example.org",
    timeouts: Timeouts = QUICK,
    **options: object,
) -> DeliveryResult:
    client = SmtpClient(ehlo_name="mail.example.org", port=port, timeouts=timeouts)
    sender: Address | None = parse_address(mail_from) if mail_from else None
    return await client.deliver(
        hosts,
        mail_from=sender,
        recipients=[parse_address(one) for one in recipients or (YOU,)],
        raw=raw,
        **options,
    )


async def only(result: DeliveryResult) -> RecipientReply:
    [reply] = result.replies
    return reply


def codes(result: DeliveryResult) -> list[tuple[int, str]]:
    return [(one.code, one.enhanced_code) for one in result.replies]


HELLO: Script = (("", "220 hi"), ("EHLO", "250-mx\n250 8BITMIME"))
MAIL: Script = (("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "354 go"))
DONE: Script = ((".", "250 2.0.0 kept"), ("QUIT", "221 bye"))


async def test_the_message_arrives_as_it_is():
    async with sinking() as sink:
        result = await deliver(sink.port)
        kept = await sink.wait_for()
    assert result.is_delivered
    assert result.replies[0].remote == f"localhost[127.0.0.1]:{sink.port}"
    assert (kept.raw, kept.mail_from, kept.recipients) == (MESSAGE, "mia@example.org", (YOU,))
    assert kept.helo == "mail.example.org"


async def test_a_null_sender_is_empty_brackets():
    """RFC 5321 §4.5.5."""
    async with sinking() as sink:
        assert (await deliver(sink.port, mail_from=None)).is_delivered
        assert (await sink.wait_for()).mail_from == ""


async def test_a_large_message_is_written_whole():
    raw = MESSAGE + b"line of text that is long enough\r\n" * 100_000
    async with sinking() as sink:
        assert (await deliver(sink.port, raw=raw)).is_delivered
        assert (await sink.wait_for()).raw == raw


async def test_recipients_get_their_own_replies():
    async with sinking() as sink:
        sink.refuse("no@*", "550 5.1.1 nobody here")
        sink.refuse("full@*", "452 4.2.2 mailbox full")
        result = await deliver(sink.port, "no@a.test", "yes@a.test", "full@a.test")
        kept = await sink.wait_for()
    assert codes(result) == [(550, "5.1.1"), (250, "2.0.0"), (452, "4.2.2")]
    assert result.replies[0].reply == "nobody here"
    assert kept.recipients == ("yes@a.test",)


async def test_when_all_recipients_are_refused_no_data_is_sent():
    async with scripted((*HELLO, ("MAIL", "250 ok"), ("RCPT", "550 no"), ("QUIT", "221"))) as port:
        assert codes(await deliver(port)) == [(550, "5.0.0")]


async def test_the_reply_to_the_message_is_the_reply_of_every_accepted_recipient():
    async with sinking() as sink:
        sink.refuse_messages("554 5.7.1 spam")
        result = await deliver(sink.port, "a@a.test", "b@a.test")
    assert codes(result) == [(554, "5.7.1")] * 2


async def test_offered_tls_is_used(tls):
    """RFC 3207, RFC 7435."""
    async with sinking(tls_context=tls) as sink:
        reply = await only(await deliver(sink.port))
        assert (await sink.wait_for()).is_tls
    assert reply.tls.startswith("TLSv1.3 ")


async def test_a_certificate_is_verified_when_asked_for(tls, certificate):
    async with sinking(tls_context=tls) as sink:
        refused = await only(await deliver(sink.port, access=Access(tls=TlsMode.VERIFIED)))
        client = SmtpClient(
            ehlo_name="x.test", port=sink.port, timeouts=QUICK, ca_file=certificate[0]
        )
        accepted = await client.deliver(
            [Host(name="mx.test", addresses=("127.0.0.1",))],
            mail_from=None,
            recipients=[parse_address(YOU)],
            raw=MESSAGE,
            access=Access(tls=TlsMode.VERIFIED),
        )
        assert len(sink.received) == 1
    assert (refused.code, refused.enhanced_code) == (451, "4.7.4")
    assert accepted.is_delivered


async def test_a_failing_handshake_is_followed_by_plain_text():
    """RFC 7435 §3: better than no delivery, unless TLS is required."""
    offer = (("", "220 hi"), ("EHLO", "250-mx\n250 STARTTLS"))
    broken = (*offer, ("STARTTLS", "220 go"), ("", "this is no handshake"), ("", "!"))
    async with scripted(broken, (*offer, *MAIL, *DONE)) as port:
        reply = await only(await deliver(port))
    assert (reply.code, reply.tls) == (250, "")
    async with scripted(broken) as port:
        reply = await only(await deliver(port, access=Access(tls=TlsMode.REQUIRED)))
    assert (reply.code, reply.enhanced_code) == (451, "4.7.4")


async def test_a_refused_starttls_goes_on_in_plain_text():
    offer = (("", "220 hi"), ("EHLO", "250-mx\n250 STARTTLS"), ("STARTTLS", "454 4.7.0 not now"))
    async with scripted((*offer, *MAIL, *DONE)) as port:
        assert (await deliver(port)).is_delivered


async def test_required_tls_that_is_not_offered_defers():
    async with sinking() as sink:
        assert codes(await deliver(sink.port, access=Access(tls=TlsMode.REQUIRED))) == [
            (451, "4.7.4")
        ]
        assert sink.received == []


async def test_tls_from_the_start_for_a_smart_host(tls):
    """RFC 8314 §3.3."""
    said: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        for reply in (b"250 mx", b"250 ok", b"250 ok", b"354 go"):
            said.append(await reader.readline())
            writer.write(reply + b"\r\n")
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 ok\r\n")
        await reader.readline()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reply = await only(await deliver(port, access=Access(is_implicit_tls=True)))
    assert (reply.code, reply.tls[:7]) == (250, "TLSv1.3")
    assert said[0] == b"EHLO mail.example.org\r\n"


async def test_a_smart_host_gets_the_login(tls):
    async with sinking(tls_context=tls, logins={"mia": "s3cret"}) as sink:
        result = await deliver(sink.port, access=Access(login=Login(user="mia", secret="s3cret")))
        assert result.is_delivered
        assert (await sink.wait_for()).user == "mia"


async def test_a_refused_login_defers_and_does_not_show_the_password(tls):
    async with sinking(tls_context=tls, logins={"mia": "s3cret"}) as sink:
        reply = await only(
            await deliver(sink.port, access=Access(login=Login(user="mia", secret="wr0ng")))
        )
    assert (reply.code, reply.enhanced_code) == (451, "4.7.8")
    assert "wr0ng" not in repr(reply) + repr(Login(user="mia", secret="wr0ng"))


async def test_the_next_host_is_tried_when_one_is_down():
    """RFC 5321 §5.1."""
    async with sinking() as sink:
        hosts = [Host(name="down.test", addresses=("127.0.0.2",)), LOCAL]
        result = await deliver(sink.port, hosts=hosts)
    assert result.replies[0].remote.startswith("localhost[")


async def test_nobody_answering_is_a_deferral_that_says_who():
    async with sinking() as sink:
        port = sink.port
    reply = await only(await deliver(port))
    assert (reply.code, reply.enhanced_code) == (451, "4.4.1")
    assert f"localhost[127.0.0.1]:{port}" in reply.reply


async def test_a_deferred_recipient_is_offered_to_the_next_host():
    first = (*HELLO, ("MAIL", "250 ok"), ("RCPT", "450 4.2.0 later"), ("QUIT", "221"))
    second = (*HELLO, *MAIL, *DONE)
    twice = Host(name="mx.test", addresses=("127.0.0.1", "127.0.0.1"))
    async with scripted(first, second) as port:
        assert (await deliver(port, hosts=[twice])).is_delivered


async def test_a_refused_recipient_is_not_offered_again():
    first = (*HELLO, ("MAIL", "250 ok"), ("RCPT", "550 5.1.1 no"), ("QUIT", "221"))
    twice = Host(name="mx.test", addresses=("127.0.0.1", "127.0.0.1"))
    async with scripted(first, (*HELLO, *MAIL, *DONE)) as port:
        assert codes(await deliver(port, hosts=[twice])) == [(550, "5.1.1")]


async def test_a_connection_lost_after_the_dot_is_deferred_and_not_tried_elsewhere():
    """RFC 1047: it may have been taken."""
    lost = (*HELLO, *MAIL, (".", "!"))
    twice = Host(name="mx.test", addresses=("127.0.0.1", "127.0.0.1"))
    async with scripted(lost, (*HELLO, *MAIL, *DONE)) as port:
        reply = await only(await deliver(port, hosts=[twice]))
    assert (reply.code, reply.enhanced_code) == (451, "4.4.2")
    assert "did not say" in reply.reply


@pytest.mark.parametrize(
    "script",
    [
        (("", "!"),),
        (("", "220 hi"), ("EHLO", "!")),
        (*HELLO, ("MAIL", "!")),
        (*HELLO, ("MAIL", "250 ok"), ("RCPT", "!")),
        (*HELLO, ("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "!")),
        (("", "554 no service"), ("QUIT", "221")),
        (("", "nonsense"),),
        (("", "220 hi"), ("EHLO", "421 too busy")),
        (*HELLO, ("MAIL", "421 going down")),
        (*HELLO, ("MAIL", "999 what")),
        (*HELLO, ("MAIL", "354 go")),
        (*HELLO, ("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "250 sure"), ("QUIT", "221")),
    ],
)
async def test_a_host_that_breaks_off_defers_and_the_next_one_is_tried(script):
    async with scripted(script) as port:
        assert [code // 100 for code, _ in codes(await deliver(port))] == [4]
    twice = Host(name="mx.test", addresses=("127.0.0.1", "127.0.0.1"))
    async with scripted(script, (*HELLO, *MAIL, *DONE)) as port:
        assert (await deliver(port, hosts=[twice])).is_delivered


async def test_a_host_that_takes_no_mail_refuses_for_good():
    """RFC 7504 §3."""
    async with scripted((("", "521 5.3.2 no mail here"), ("QUIT", "221"))) as port:
        assert codes(await deliver(port)) == [(521, "5.3.2")]


async def test_helo_is_said_where_ehlo_is_not_known():
    """RFC 5321 §3.2."""
    old = (("", "220 hi"), ("EHLO", "502 what"), ("HELO", "250 mx"), *MAIL, *DONE)
    async with scripted(old) as port:
        assert (await deliver(port)).is_delivered


async def test_silence_is_a_deferral_in_time():
    async with scripted((("", "220 hi"), ("EHLO", "250 mx"), ("MAIL", "250"), (".", "!"))) as port:
        quick = Timeouts(connect_seconds=30, command_seconds=1, total_seconds=60)
        assert codes(await deliver(port, timeouts=quick)) == [(451, "4.4.2")]


async def test_all_hosts_together_have_a_limit():
    async with scripted((("", "220 hi"), (".", "!"))) as port:
        quick = Timeouts(total_seconds=0.2)
        assert codes(await deliver(port, timeouts=quick)) == [(451, "4.4.2")]


async def test_a_reply_in_the_middle_of_the_message_is_heard():
    """A host may refuse a large message before it has all of it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        for reply in (b"250 mx", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(reply + b"\r\n")
        await reader.readexactly(1000)
        writer.write(b"552 5.3.4 too large\r\n")
        await writer.drain()
        while await reader.read(65536):
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        raw = MESSAGE + b"x" * 70 + b"\r\n" + b"line\r\n" * 4_000_000
        reply = await only(await deliver(port, raw=raw))
    assert (reply.code, reply.enhanced_code) == (552, "5.3.4")


async def test_a_message_beyond_the_announced_size_is_not_sent():
    """RFC 1870 §6.2."""
    async with sinking(max_message_bytes=1000) as sink:
        assert codes(await deliver(sink.port, raw=MESSAGE + b"x" * 2000 + b"\r\n")) == [
            (552, "5.3.4")
        ]


async def test_a_lone_line_feed_is_refused_before_dialing():
    async with scripted() as port:
        assert codes(await deliver(port, raw=MESSAGE + b"a\nb\r\n")) == [(554, "5.6.0")]


@pytest.mark.parametrize(
    ("raw", "options"),
    [
        (MESSAGE, []),
        (MESSAGE + "ü\r\n".encode(), ["BODY=8BITMIME"]),
        ("Subject: ü\r\n\r\nx\r\n".encode(), ["BODY=8BITMIME", "SMTPUTF8"]),
    ],
)
async def test_extensions_are_asked_for_when_needed(raw, options):
    """RFC 6152, RFC 6531."""
    async with sinking() as sink:
        assert (await deliver(sink.port, raw=raw)).is_delivered
        kept = await sink.wait_for()
    assert [one for one in kept.mail_options if not one.startswith("SIZE=")] == options
    assert kept.raw == raw


WISHES = Terms(
    returned="HDRS",
    envelope_id="QQ+2B1",
    by_recipient=(
        RecipientTerms(
            address=parse_address("a@x.test"),
            notify=frozenset({Notify.SUCCESS, Notify.FAILURE}),
            original_recipient="rfc822;o@x.test",
        ),
        RecipientTerms(address=parse_address("b@x.test"), notify=frozenset()),
    ),
)


async def test_a_host_that_reports_gets_the_wishes_of_the_sender():
    """RFC 3461 §5.2.1: then success is its to tell."""
    script: Script = (
        ("", "220 hi"),
        ("EHLO", "250-mx\n250 DSN"),
        ("MAIL FROM:<MIA@EXAMPLE.ORG> RET=HDRS ENVID=QQ+2B1\r", "250 ok"),
        ("RCPT TO:<A@X.TEST> NOTIFY=FAILURE,SUCCESS ORCPT=RFC822;O@X.TEST\r", "250 ok"),
        ("RCPT TO:<B@X.TEST> NOTIFY=NEVER\r", "250 ok"),
        ("RCPT TO:<C@X.TEST>\r", "250 ok"),
        ("DATA", "354 go"),
        *DONE,
    )
    async with scripted(script) as port:
        result = await deliver(port, "a@x.test", "b@x.test", "c@x.test", terms=WISHES)
    assert result.is_delivered
    assert all(one.is_reported_on for one in result.replies)


async def test_a_host_that_does_not_report_gets_none():
    """RFC 3461 §5.2.2: it would refuse parameters that it does not know."""
    plain: Script = (
        ("MAIL FROM:<MIA@EXAMPLE.ORG>\r", "250 ok"),
        ("RCPT TO:<A@X.TEST>\r", "250 ok"),
    )
    async with scripted((*HELLO, *plain, ("DATA", "354 go"), *DONE)) as port:
        result = await deliver(port, "a@x.test", terms=WISHES)
    assert result.is_delivered
    assert not (await only(result)).is_reported_on


async def test_required_tls_goes_only_to_hosts_that_promise_it(tmp_path):
    """RFC 8689 §4.2.1: a good certificate and REQUIRETLS, or the message goes back."""
    terms = Terms(requires_tls=True)
    authority = tmp_path / "ca.pem"
    authority.write_bytes(pem())
    async with serving() as served, sinking() as plain:
        trusting = SmtpClient(
            ehlo_name="mail.example.org",
            port=served.server.ports["smtp"],
            timeouts=QUICK,
            ca_file=authority,
        )
        kept = await trusting.deliver(
            [LOCAL],
            mail_from=parse_address("mia@example.org"),
            recipients=[parse_address("mia@example.org")],
            raw=MESSAGE,
            terms=terms,
        )
        assert codes(kept) == [(250, "2.0.0")]
        assert served.inbound.taken[0].envelope.terms.requires_tls
        unknown = await deliver(served.server.ports["smtp"], "mia@example.org", terms=terms)
        assert codes(unknown) == [(550, "5.7.30")]
        assert codes(await deliver(plain.port, terms=terms)) == [(550, "5.7.30")]
        assert plain.received == []
        assert len(served.inbound.taken) == 1


async def test_required_tls_waits_for_a_host_that_is_down():
    """Nothing was said about TLS yet."""
    result = await deliver(1, terms=Terms(requires_tls=True))
    assert codes(result) == [(451, "4.4.1")]


async def test_utf8_addresses_need_a_host_that_takes_them():
    """RFC 6531 §3.5: the others are not held up."""
    async with sinking(allows_utf8=False) as sink:
        result = await deliver(sink.port, "jörg@a.test", "you@a.test")
        kept = await sink.wait_for()
    assert codes(result) == [(550, "5.6.7"), (250, "2.0.0")]
    assert kept.recipients == ("you@a.test",)


async def test_a_utf8_header_needs_a_host_that_takes_it():
    """RFC 6531 §3.6: nothing is downgraded."""
    async with sinking(allows_utf8=False) as sink:
        result = await deliver(sink.port, raw="Subject: ü\r\n\r\nx\r\n".encode())
    assert codes(result) == [(550, "5.6.7")]


async def test_too_many_recipients_are_put_off():
    """RFC 5321 §4.5.3.1.10."""
    script = (
        *HELLO,
        ("MAIL", "250 ok"),
        ("RCPT", "250 ok"),
        ("RCPT", "552 too many"),
        ("DATA", "354 go"),
        *DONE,
    )
    async with scripted(script) as port:
        result = await deliver(port, "a@a.test", "b@a.test")
    assert [code for code, _ in codes(result)] == [250, 451]


async def test_without_hosts_everything_is_deferred():
    assert codes(await deliver(1, hosts=())) == [(451, "4.4.1")]


async def test_cancelling_closes_the_connection():
    closed = asyncio.Event()
    greeted = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        await reader.readline()
        greeted.set()
        with suppress(OSError):
            await reader.read()
        closed.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, asyncio.timeout(60):
        port = server.sockets[0].getsockname()[1]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(deliver(port, timeouts=Timeouts()))
            await greeted.wait()
            task.cancel()
        await closed.wait()
