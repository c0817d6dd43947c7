"""The spam log: every score of mail from outside, without what the mail said."""

from datetime import timedelta
from pathlib import Path

from mailcore.model import Security
from tests.support.clock import FakeClock
from tests.support.http_live import running
from tests.support.mail_samples import plain

SPAM = Security(
    score=55,
    level="spam",
    categories=("phishing", "links"),
    findings=(
        {
            "rule": "phish.login",
            "category": "phishing",
            "severity": "high",
            "place": "text",
            "message": "asks for a password",
            "masked": "your pa***rd",
        },
    ),
)


async def test_scores_outlive_their_messages(tmp_path: Path) -> None:
    """Newest first, filtered, an agent's own only; internal mail has none."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        await live.receive(mia.inbox.id, plain(message_id="<1@x>"))
        spam = await live.receive(
            mia.inbox.id,
            plain(message_id="<2@x>", subject="Win\u200bner", sender="Eve <eve@Evil.example>"),
            folder="Junk",
            security=SPAM,
        )
        internal = Security(level="internal")
        await live.receive(mia.inbox.id, plain(message_id="<3@x>"), security=internal)
        await live.receive(bob.inbox.id, plain(message_id="<4@x>"), security=SPAM)
        async with live.client(mia.api_key) as client:
            await client.delete(f"/v1/messages/{spam.id}", params={"permanent": "true"})
            async with client.get("/v1/spam-log") as answer:
                document = await answer.json()
            assert [(one["score"], one["level"]) for one in document["data"]] == [
                (55, "spam"),
                (5, "clean"),
            ]
            row = document["data"][0]
            assert (row["message_id"], row["subject"]) == (spam.id, "Winner")
            assert row["sender"] == "eve@Evil.example"
            assert row["findings"] == [
                {name: value for name, value in SPAM.findings[0].items() if name != "masked"}
            ]
            for query, total in (
                ("level=spam", 1),
                ("min_score=6", 1),
                ("min_score=5", 2),
                ("category=phishing", 1),
                ("category=other", 0),
                ("from=EVIL", 1),
                ("before=2000-01-01", 0),
                ("since=2000-01-01", 2),
            ):
                async with client.get(f"/v1/spam-log?{query}") as answer:
                    assert (await answer.json())["total"] == total, query
            foreign = f"/v1/spam-log?identity_id={bob.inbox.id}"
            assert (await client.get(foreign)).status == 404
        async with live.client(live.master) as client, client.get("/v1/spam-log") as answer:
            assert (await answer.json())["total"] == 3


async def test_scores_are_kept_for_a_while(tmp_path: Path) -> None:
    """What is older is trimmed."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live:
        mia = await live.agent("mia")
        await live.receive(mia.inbox.id, plain(message_id="<1@x>"))
        clock.advance(timedelta(days=29))
        await live.receive(mia.inbox.id, plain(message_id="<2@x>"))
        assert await live.stores.mail.trim_spam_log(clock.now() - timedelta(days=30)) == 0
        clock.advance(timedelta(days=2))
        assert await live.stores.mail.trim_spam_log(clock.now() - timedelta(days=30)) == 1
        async with live.client(mia.api_key) as client, client.get("/v1/spam-log") as answer:
            assert (await answer.json())["total"] == 1
