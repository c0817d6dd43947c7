"""A server that scores nothing: what arrives is mail like any other, with nothing in the spam log."""

from pathlib import Path

from tests.support.running import ANA, running


async def test_mail_that_nobody_scored_is_not_in_the_spam_log(tmp_path: Path) -> None:
    """The log has scores alone; with the guard on, the same letter has its line."""
    for is_scored in (False, True):
        folder = tmp_path / str(is_scored)
        async with running(folder, sections={"guard": {"inbound": is_scored}}) as live:
            mia = await live.agent("mia")
            raw = live.world.letter(sender=ANA, to=[mia.email], subject="Lamps", text="When?")
            await live.world.send(
                raw, mail_from=ANA, recipients=[mia.email], port=live.ports["smtp"]
            )
            await live.until("/v1/messages", lambda found: found["total"] == 1)
            assert (await live.ok("GET", "/v1/spam-log"))["total"] == is_scored
