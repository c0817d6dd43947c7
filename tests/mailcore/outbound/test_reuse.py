"""Several messages over one connection, and what happens when it is lost while it waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mailcore.address import parse_address
from mailcore.outbound.connecting import Target
from mailcore.outbound.mx import Host
from mailcore.outbound.smtp_client import Access, Login, Reuse, SmtpClient, Timeouts
from tests.support.scripted_host import HANG_UP, Says, ScriptedHost, scripted_host

MESSAGE = b"From: mia@example.org\r\nSubject: Hi\r\n\r\nHello\r\n"
QUICK = Timeouts(connect_seconds=30, command_seconds=30, final_seconds=30, total_seconds=60)
LOCAL = Host(name="localhost", addresses=("127.0.0.1",))
ANN, BOB = "ann@far.example", "bob@far.example"


@pytest.fixture
async def far() -> AsyncIterator[tuple[ScriptedHost, SmtpClient]]:
    async with scripted_host() as (host, port):
        reuse = Reuse(max_messages=3, idle_seconds=30, max_per_host=2)
        client = SmtpClient(ehlo_name="mail.example.org", port=port, timeouts=QUICK, reuse=reuse)
        yield host, client
        await client.close()


async def hand_over(client: SmtpClient, *to: str, access: Access | None = None) -> list[int]:
    result = await client.deliver(
        [LOCAL],
        mail_from=None,
        recipients=[parse_address(one) for one in to or (ANN,)],
        raw=MESSAGE,
        access=access,
    )
    return [one.code for one in result.replies]


def verbs(commands: list[str]) -> list[str]:
    return [line.partition(" ")[0] for line in commands]


ONCE = ["MAIL", "RCPT", "DATA"]


async def test_the_next_message_takes_the_connection_of_the_one_before(far) -> None:
    """A new one is opened when a connection has carried its share."""
    host, client = far
    for _ in range(4):
        assert await hand_over(client) == [250]
    assert verbs(host.heard[0])[:10] == ["EHLO", *ONCE * 3]
    assert verbs(host.heard[1]) == ["EHLO", *ONCE]
    assert host.kept == [(ANN,)] * 4


async def test_no_message_begins_on_a_connection_before_the_one_before_is_done_with(far) -> None:
    """Done with is recorded: inside the block the connection is not for others."""
    host, client = far
    recipients = [parse_address(ANN)]
    async with client.delivering([LOCAL], mail_from=None, recipients=recipients, raw=MESSAGE):
        assert await hand_over(client) == [250]
        assert [len(one) for one in host.heard] == [4, 4]
    assert await hand_over(client) == [250]
    assert len(host.heard) == 2


async def test_the_result_is_there_before_goodbye_is_said() -> None:
    """A host that never answers QUIT holds up nobody."""
    async with scripted_host() as (host, port):
        client = SmtpClient(ehlo_name="mail.example.org", port=port, timeouts=QUICK)
        recipients = [parse_address(ANN)]
        async with client.delivering(
            [LOCAL], mail_from=None, recipients=recipients, raw=MESSAGE
        ) as result:
            assert result.is_delivered
            assert "QUIT" not in host.heard[0]
        await client.close()
        assert host.heard[0][-1] == "QUIT"


@pytest.mark.parametrize(
    "loss",
    [
        Says(mail_again=HANG_UP),
        Says(mail_again="421 4.7.0 that was enough"),
        Says(rcpt_of={"bob": HANG_UP}),
        Says(rcpt_of={"bob": "421 4.3.2 going down"}),
    ],
)
async def test_a_connection_lost_before_the_dot_is_replaced_by_another(far, loss: Says) -> None:
    host, client = far
    host.play([loss])
    assert await hand_over(client, ANN) == [250]
    assert await hand_over(client, BOB) == [250]
    assert len(host.heard) == 2
    assert host.kept == [(ANN,), (BOB,)]


async def test_a_connection_lost_behind_the_dot_is_not_tried_again_at_once(far) -> None:
    """RFC 1047: it may have been taken, so the queue decides."""
    host, client = far
    host.play([Says(dot_again=HANG_UP)])
    assert await hand_over(client) == [250]
    assert await hand_over(client) == [451]
    assert len(host.heard) == 1


async def test_what_is_left_of_a_refused_message_is_reset(far) -> None:
    """RFC 5321 §4.1.1.5."""
    host, client = far
    host.play([Says(rcpt_of={"bob": "550 5.1.1 nobody"}, data="554 5.5.1 no recipients")])
    assert await hand_over(client, BOB) == [550]
    assert await hand_over(client, ANN) == [554]
    assert verbs(host.heard[0]) == ["EHLO", *ONCE, "RSET", *ONCE]


async def test_a_host_that_is_ready_for_a_message_to_nobody_gets_none(far) -> None:
    """RFC 2920 §3.1: the replies to what was sent ahead say so too late."""
    host, client = far
    host.play([Says(rcpt="550 5.1.1 nobody")])
    assert await hand_over(client, BOB) == [550]
    assert host.kept == []
    host.play()
    assert await hand_over(client) == [250]


async def test_two_logins_do_not_share_a_connection(far) -> None:
    host, client = far
    host.play(otherwise=Says(ehlo="250-mx\n250-AUTH PLAIN LOGIN XOAUTH2\n250 PIPELINING"))
    for name in ("mia", "ben", "mia"):
        login = Login(user=name, secret="s3cret", is_token=name == "ben")
        assert await hand_over(client, access=Access(login=login)) == [250]
    mechanisms = [line.split()[1] for one in host.heard for line in one if line.startswith("AUTH")]
    assert mechanisms == ["PLAIN", "XOAUTH2"]


async def test_a_login_in_two_steps_where_nothing_else_is_offered(far) -> None:
    host, client = far
    host.play(otherwise=Says(ehlo="250-mx\n250 AUTH=LOGIN"))
    access = Access(login=Login(user="mia", secret="s3cret"))
    assert await hand_over(client, access=access) == [250]
    assert host.heard[0][1:4] == ["AUTH LOGIN", "bWlh", "czNjcmV0"]


async def test_an_address_has_no_more_connections_than_places(far) -> None:
    """The third message begins when one of the first two is done with."""
    host, client = far
    recipients = [parse_address(ANN)]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        async with (
            client.delivering([LOCAL], mail_from=None, recipients=recipients, raw=MESSAGE),
            client.delivering([LOCAL], mail_from=None, recipients=recipients, raw=MESSAGE),
        ):
            assert client.full() == ("127.0.0.1",)
            third = group.create_task(hand_over(client))
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(host.kept) == 2
        assert await third == [250]
    assert client.full() == ()


async def test_a_connection_that_nobody_needs_is_closed() -> None:
    async with scripted_host() as (host, port):
        reuse = Reuse(max_messages=9, idle_seconds=0.01)
        client = SmtpClient(ehlo_name="mail.example.org", port=port, timeouts=QUICK, reuse=reuse)
        assert await hand_over(client) == [250]
        async with asyncio.timeout(60):
            while "QUIT" not in host.heard[0]:
                await asyncio.sleep(0.01)
        await client.close()


def test_a_target_does_not_show_the_password() -> None:
    login = Login(user="mia", secret="s3cret")
    target = Target(name="mx", address="127.0.0.1", port=25, access=Access(login=login))
    assert "s3cret" not in repr(target)
