"""Memory while messages arrive: the budget over all connections, and each client's share."""

import asyncio

from smtpd.room import ReceivingLimit
from tests.support.smtp_client import PATIENCE, Client
from tests.support.smtp_fakes import config, serving

KIB = 1024


def limit(max_bytes: int, max_message_bytes: int) -> ReceivingLimit:
    """The budget."""
    return ReceivingLimit(max_bytes=max_bytes, max_message_bytes=max_message_bytes)


def test_one_client_gets_a_share_and_others_the_rest() -> None:
    """A single address cannot fill the memory for everyone."""
    whole = limit(400, 50)
    greedy = [whole.room("192.0.2.1", is_trusted=False) for _ in range(3)]
    assert [one.take(50) for one in greedy] == [True, True, False]
    assert whole.room("192.0.2.2", is_trusted=False).take(50)
    assert whole.total == 150


def test_a_share_holds_one_message_at_least() -> None:
    """Otherwise nobody could send the largest message that is announced."""
    assert limit(100, 90).room("192.0.2.1", is_trusted=False).take(90)


def test_trusted_networks_have_no_share_but_the_same_whole() -> None:
    """The budget protects the process."""
    whole = limit(100, 10)
    assert whole.room("10.0.0.1", is_trusted=True).take(100)
    assert not whole.room("10.0.0.1", is_trusted=True).take(1)


def test_what_is_released_can_be_taken_again_and_is_forgotten() -> None:
    """Once for each room, however often it is released."""
    whole = limit(100, 100)
    room = whole.room("192.0.2.1", is_trusted=False)
    assert room.take(100)
    room.release()
    room.release()
    assert whole.total == 0
    assert len(whole._held) == 0
    assert whole.room("192.0.2.1", is_trusted=False).take(100)


async def test_above_the_budget_mail_is_452_and_below_it_is_taken_again() -> None:
    """`smtp.max_receiving_bytes`: said at MAIL, before 354, and after the true end of data."""
    settings = config(max_message_bytes=200 * KIB, max_receiving_bytes=256 * KIB)
    async with serving(settings) as served:
        held = await Client.connect(served)
        late = await Client.connect(served)
        for client in (held, late):
            await client.start_data()
        await held.send(b"x" * 190 * KIB)
        receiving = served.server._receiving
        async with asyncio.timeout(PATIENCE):
            while receiving.total < 180 * KIB:
                await asyncio.sleep(0)
        await late.send(b"y" * 100 * KIB + b"\r\n.\r\n")
        assert (await late.reply()).startswith("452 4.3.1 ")
        assert (await late.ask("MAIL FROM:<a@r.example> SIZE=100000")).startswith("452 4.3.1 ")
        await held.send(b"\r\n.\r\n")
        assert (await held.reply()).startswith("250 ")
        assert receiving.total == 0
        assert (await late.deliver(b"y" * 100 * KIB + b"\r\n.\r\n")).startswith("250 ")
        held.writer.close()
        late.writer.close()


async def test_a_connection_that_ends_gives_its_room_back() -> None:
    """During DATA, between chunks, and by RSET."""
    async with serving() as served:
        receiving = served.server._receiving
        for start in (b"DATA\r\n", b"BDAT 1000\r\n", b"BDAT 5\r\nabc\r\nBDAT 1000\r\n"):
            async with await Client.connect(served) as client:
                await client.transaction()
                await client.send(start + b"x" * 500)
                async with asyncio.timeout(PATIENCE):
                    while receiving.total < 400:
                        await asyncio.sleep(0)
                client.reset()
            async with asyncio.timeout(PATIENCE):
                while receiving.total:
                    await asyncio.sleep(0)
        async with await Client.connect(served) as client:
            await client.transaction()
            await client.send(b"BDAT 3\r\nabc")
            assert (await client.reply()).startswith("250 ")
            assert receiving.total == 3
            await client.ask("RSET")
            assert receiving.total == 0


async def test_chunks_that_trickle_are_ended_with_421() -> None:
    """Commands between chunks do not win time: only content at a rate does."""
    async with serving(config(timeout_seconds=0.3)) as served:
        async with await Client.connect(served) as client:
            await client.transaction()
            await client.send(b"BDAT 1\r\nx")
            assert (await client.reply()).startswith("250 ")
            async with asyncio.timeout(PATIENCE):
                while (reply := await client.ask("NOOP")).startswith("250 "):
                    await asyncio.sleep(0.02)  # the passing of time is what is tested
            assert reply.startswith("421 4.4.2 ")
        assert served.server._receiving.total == 0
