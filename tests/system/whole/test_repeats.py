"""A mail client that sends again because the answer was lost."""

import asyncio
import smtplib

from tests.support.running import ANA, Agent, Running

LETTER = (
    "From: {sender}\r\nTo: {to}\r\nSubject: Lamps\r\nMessage-ID: <{name}@laptop>\r\n\r\nFriday.\r\n"
)


def _submit(server: Running, mia: Agent, name: str) -> str:
    """What the server says to the data."""
    with smtplib.SMTP_SSL(
        "localhost", server.ports["submissions"], context=server.tls(), timeout=20
    ) as client:
        client.login(mia.email, mia.password)
        client.mail(mia.email)
        client.rcpt(ANA)
        letter = LETTER.format(sender=mia.email, to=ANA, name=name)
        code, reply = client.data(letter.encode())
        assert code == 250
        return reply.decode()


async def test_the_same_octets_submitted_at_once_leave_once(server: Running) -> None:
    """All are told the same id; with other octets it is another message."""
    mia = await server.agent()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(asyncio.to_thread(_submit, server, mia, "one")) for _ in range(5)
        ]
    assert len({task.result() for task in tasks}) == 1
    other = await asyncio.to_thread(_submit, server, mia, "two")
    assert other != tasks[0].result()
    await server.queue_is_empty()
    received = [one for one in server.world.sink.received if ANA in one.recipients]
    assert len(received) == 2
