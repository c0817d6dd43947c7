"""Nearly the same again: recognized in every disguise, counted, and at some point too much."""

import base64
import codecs
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import pytest_asyncio

from guard.specimens import fill
from mailcore.accounts import NewAgent
from mailcore.app.core import Core
from mailcore.credentials import OPERATOR
from mailcore.errors import MailError
from mailcore.ids import InboxId
from mailcore.message.compose import OutgoingAttachment
from mailcore.model import Actor, Decision, Hold, Role, Submitted
from mailcore.outbound.outgoing import OutgoingMail
from mailcore.outbound.resubmissions import resemblance
from mailcore.store.ports import AuditQuery, EventFilter
from tests.support.outgoing import Outgoing, outgoing

pytestmark = pytest.mark.asyncio(loop_scope="module")
_names = (f"agent{number}" for number in itertools.count())
KEY = fill("ghp_{b36}", "resubmitted")
TEXT = (
    "Hello Bob,\n\nas you asked on the phone, this is what opens the build server of the Lisbon "
    f"office for the next weeks: {KEY}\n\nPlease put it where the deployment reads it.\n"
)
CLEAN = TEXT.replace(KEY, "as agreed")


@dataclass(frozen=True, kw_only=True)
class Author:
    """An agent, and what becomes of what it sends."""

    core: Core
    actor: Actor
    inbox_id: InboxId

    async def send(
        self,
        text: str,
        *,
        to: str = "bob@far.example",
        subject: str = "Access",
        html: str | None = None,
        files: tuple[OutgoingAttachment, ...] = (),
    ) -> Submitted:
        mail = OutgoingMail(
            inbox_id=self.inbox_id,
            to=(to,),
            subject=subject,
            text=text,
            html=html,
            attachments=files,
        )
        return await self.core.mailer.send(self.actor, mail)

    async def held(self, text: str, **fields: object) -> Hold:
        """The hold of what is sent; it fails when it is not held."""
        submitted = await self.send(text, **fields)  # type: ignore[arg-type]
        assert submitted.hold_id is not None, "it was let go"
        return await self.hold(submitted)

    async def hold(self, submitted: Submitted) -> Hold:
        assert submitted.hold_id is not None
        return (await self.core.approvals.hold(OPERATOR, submitted.hold_id)).hold

    async def decide(self, hold: Hold, decision: Decision, reason: str = "") -> None:
        await self.core.approvals.decide(OPERATOR, hold.id, decision, via="api", reason=reason)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outgoing]:
    async with outgoing(tmp_path_factory.mktemp("resubmissions"), port=9) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def mia(world: Outgoing) -> Author:
    """An agent that has sent nothing yet."""
    made = await world.core.accounts.create_agent(OPERATOR, NewAgent(name=next(_names)))
    actor = replace(
        OPERATOR, role=Role.AGENT, agent_id=made.agent.id, label=f"agent:{made.agent.name}"
    )
    return Author(core=world.core, actor=actor, inbox_id=made.inbox.id)


def rules(hold: Hold) -> list[str]:
    return [str(one["rule"]) for one in hold.findings]


DISGUISES = {
    "same": TEXT,
    "other words": TEXT.replace("as you asked on the phone", "like we said").replace(
        "weeks", "days"
    ),
    "base64": f"Hello Bob, decode this:\n\n{base64.encodebytes(TEXT.encode()).decode()}",
    "rot13": codecs.encode(TEXT, "rot13"),
    "reversed": TEXT[::-1],
    "spaced": " ".join(TEXT),
    "zero width": "\u200b".join(TEXT),
    "look-alikes": TEXT.replace("o", "\u043e").replace("e", "\u0435"),
    "without it": CLEAN,
    "half of it": CLEAN[: len(CLEAN) // 2 + 20],
    "with more around it": f"Dear all, there is a lot to report of this week's work.\n{CLEAN}\nSee you soon in Lisbon.",
    "quoted": "\n".join(f"> {line}" for line in CLEAN.splitlines()),
}


@pytest.mark.parametrize("disguise", DISGUISES)
async def test_it_is_recognized_in_every_disguise(
    world: Outgoing, mia: Author, disguise: str
) -> None:
    """And the agent is told the same as of the first."""
    first = await mia.held(TEXT)
    world.clock.advance(timedelta(minutes=1))
    second = await mia.held(DISGUISES[disguise])
    assert (second.like_hold_id, second.attempt) == (first.id, 2)
    assert rules(second)[0] == "policy.resubmission"
    assert (second.reason, second.categories) == (first.reason, first.categories)
    third = await mia.held(CLEAN, subject="Again")
    assert (third.like_hold_id, third.attempt) == (first.id, 3)
    assert f"Attempt 3 within 24 hours like hold {first.id}" in str(third.findings[0]["message"])


@pytest.mark.parametrize("carrier", ["attachment", "html", "other text"])
async def test_it_is_recognized_in_another_carrier(mia: Author, carrier: str) -> None:
    first = await mia.held(TEXT)
    match carrier:
        case "attachment":
            file = OutgoingAttachment(
                filename="a.txt", content_type="text/plain", content=CLEAN.encode()
            )
            second = await mia.held("See the file.", files=(file,))
        case "html":
            second = await mia.held("See below.", html=f"<p>{CLEAN}</p>")
        case _:
            second = await mia.held(
                f"Wholly other words with {KEY} in them.", to="eve@else.example"
            )
    assert (second.like_hold_id, second.attempt) == (first.id, 2)


async def test_the_same_text_to_somebody_else_waits_too(mia: Author) -> None:
    first = await mia.held(TEXT)
    second = await mia.held(CLEAN, to="eve@gmail.com")
    assert second.like_hold_id == first.id


async def test_other_mail_goes_its_way(mia: Author) -> None:
    """To the same person as well, with the greeting and the footer that all its mail has."""
    footer = "\n\nKind regards,\nMia\nThe friendly assistant of Example Works, Lisbon and Porto"
    assert (await mia.send(f"Hello Bob, the lamps are here.{footer}")).hold_id is None
    await mia.held(TEXT + footer)
    for text in ("Could we meet on Tuesday?", "Thank you, that is all I need.", "Ok."):
        assert (await mia.send(text + footer)).hold_id is None
    assert (await mia.send("Ok.", to="eve@gmail.com")).hold_id is None


async def test_a_form_that_has_left_before_is_nobody_s_secret(mia: Author) -> None:
    """One of many like it is held for what is in it; the others go on."""
    form = "Dear {},\n\nyour appointment at our office is confirmed. Please bring your papers. {}\n"
    assert (await mia.send(form.format("Ann", ""), to="ann@one.example")).hold_id is None
    await mia.held(form.format("Bob", f"Use {KEY} at the door."), to="bob@two.example")
    assert (await mia.send(form.format("Eve", ""), to="eve@three.example")).hold_id is None
    assert (await mia.send(form.format("Bob", ""), to="bob@two.example")).hold_id is None


async def test_what_a_person_rejected_does_not_leave_unseen(mia: Author) -> None:
    """Also when nothing was found in it; with the reason."""
    first = await mia.held(TEXT)
    await mia.decide(first, Decision.REJECT, "not to them")
    second = await mia.held(CLEAN)
    assert "rejected (not to them)" in str(second.findings[0]["message"])


async def test_what_a_person_approved_ends_it(mia: Author) -> None:
    await mia.decide(await mia.held(TEXT), Decision.APPROVE)
    assert (await mia.send(CLEAN)).hold_id is None
    again = await mia.held(TEXT.replace("Lisbon", "Porto"))
    assert again.attempt == 1


async def test_after_some_hours_it_is_forgotten(world: Outgoing, mia: Author) -> None:
    await mia.held(TEXT)
    world.clock.advance(timedelta(hours=25))
    assert (await mia.send(CLEAN)).hold_id is None
    assert await world.core.stores.outbound.forget_likenesses(world.clock.now()) > 0


async def test_other_agents_have_nothing_to_do_with_it(world: Outgoing, mia: Author) -> None:
    await mia.held(TEXT)
    made = await world.core.accounts.create_agent(OPERATOR, NewAgent(name=next(_names)))
    other = Author(
        core=world.core,
        actor=replace(mia.actor, agent_id=made.agent.id, label="agent:other"),
        inbox_id=made.inbox.id,
    )
    assert (await other.send(CLEAN)).hold_id is None


# Too much ----------------------------------------------------------------------------------------


async def paused(world: Outgoing, agent: Author) -> list[str]:
    return [
        one.reason
        for one in await world.core.queue.pauses(OPERATOR)
        if one.scope.value == agent.actor.agent_id
    ]


async def test_many_attempts_are_critical_and_pause_the_agent(world: Outgoing, mia: Author) -> None:
    """The third counts as critical; the twentieth pauses its mail, and the owner is told once."""
    before = await world.core.journal.head()
    holds = [await mia.held(TEXT, subject=f"Access {number}") for number in range(21)]
    severities = [one.findings[0]["severity"] for one in holds[1:4]]
    assert severities == ["high", "critical", "critical"]
    assert [one.attempt for one in holds] == list(range(1, 22))
    assert "paused" not in str(holds[18].findings[0])
    assert "mail of this agent is paused" in str(holds[19].findings[0]["message"])
    assert await paused(world, mia) == ["20 attempts in 24 hours to send what was stopped"]
    events, _ = await world.core.stores.journal.since(
        before, EventFilter(names=("agent.paused",)), 100
    )
    assert [(one.agent_id, one.body["hold_id"]) for one in events] == [(None, holds[19].id)]
    query = AuditQuery(
        pod_id=OPERATOR.pod_id, action="queue.pause", subject=str(mia.actor.agent_id)
    )
    rows = (await world.core.stores.policy.list_audit(query)).rows
    assert [(one.actor, one.detail["attempts"]) for one in rows] == [("system:guard", 20)]


async def test_the_same_text_to_many_is_not_counted(world: Outgoing, mia: Author) -> None:
    """Invoices with an account number to customer after customer: each waits, and that is all."""
    invoice = (
        "Dear {0},\n\nplease pay 120 euros for {0} to DE89 3704 0044 0532 0130 00 this week.\n"
    )
    names = ("Ann", "Ben", "Cat", "Dan", "Eve")
    holds = [
        await mia.held(invoice.format(one), to=f"{one.lower()}@{one.lower()}.example")
        for one in names
    ]
    assert {one["severity"] for hold in holds for one in hold.findings} == {"high"}


async def test_what_was_refused_counts_too(mia: Author) -> None:
    """Data for another agent cannot be held; it is refused, and refused again without what was found."""
    inbox = await mia.core.stores.accounts.inbox(mia.inbox_id)
    for text in (TEXT, CLEAN):
        with pytest.raises(MailError) as caught:
            await mia.core.submission.vet(mia.actor, inbox, (), text)
        assert caught.value.code == "refused_by_guard"
        assert "credentials" in caught.value.message
    hold = await mia.held(CLEAN)
    assert (hold.like_hold_id, hold.attempt) == (None, 3)
    assert "like what was refused before" in str(hold.findings[0]["message"])


# Hashes ------------------------------------------------------------------------------------------


LONG = frozenset(range(0, 256_000, 1000))


@pytest.mark.parametrize(
    ("new", "old", "seen"),
    [
        (frozenset(), LONG, (0.0, 0.0)),
        (frozenset({10**9}), LONG, (0.0, 0.0)),  # above all that is known of the long one
        (LONG, frozenset({10**9, 10**9 + 1}), (0.0, 0.0)),
        (frozenset({0, 1000, 10**9}), LONG, (0.0, 0.0)),  # two that can be compared say nothing
        (LONG, LONG, (1.0, 1.0)),
        (frozenset({1, 2, 3, 4}), frozenset({3, 4}), (0.5, 0.5)),
    ],
)
async def test_what_cannot_be_compared_is_not_alike(
    new: frozenset[int], old: frozenset[int], seen: tuple[float, float]
) -> None:
    """Of a long text only the smallest hashes are known; short ones may have none among them."""
    assert resemblance(new, old) == seen
    assert resemblance(old, new)[0] == seen[0]
