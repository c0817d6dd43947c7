"""A mail host that misbehaves at every stage: what becomes of each recipient, when, and who is told."""

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import pytest_asyncio

from mailcore.credentials import OPERATOR
from mailcore.errors import MailError
from mailcore.message.dsn import DeliveryReport
from mailcore.model import QueueItem, RecipientState
from mailcore.net.tls import self_signed, server_context
from mailcore.outbound.retry import DELAYS, GIVE_UP_AFTER, JITTER
from tests.support.outgoing import Outgoing, outgoing
from tests.support.scripted_host import HANG_UP, SILENCE, Says, ScriptedHost, scripted_host

ANN, BOB = "ann@far.example", "bob@far.example"
FINE = Says()
TLS_EHLO = "250-mx\n250-8BITMIME\n250 STARTTLS"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A script, and what must come of it."""

    script: Sequence[Says] = ()
    otherwise: Says = FINE
    to: Sequence[str] = (ANN,)
    states: Mapping[str, tuple[str, int]] = field(default_factory=lambda: {ANN: ("delivered", 250)})
    """The last state and reply code of every recipient."""
    deferrals: int = 0
    """How often it waited before that."""
    reported: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Whom the failure reports name, with the status and a part of what the host said."""
    kept: Sequence[Sequence[str]] = ((ANN,),)
    """The recipients of every message that the host took."""
    is_until_given_up: bool = False
    is_via_smarthost: bool = False
    is_tls_offered: bool = False


def refused(
    says: Says, code: int, status: str, words: str, kept: Sequence[Sequence[str]] = ()
) -> Row:
    """Every connection says no for good, which takes one attempt."""
    return Row(
        otherwise=says,
        states={ANN: ("failed", code)},
        reported={ANN: (status, words)},
        kept=kept,
    )


def put_off(says: Says, deferrals: int = 1, kept: Sequence[Sequence[str]] = ((ANN,),)) -> Row:
    """The first connections put it off, then all is well."""
    return Row(script=(says,) * deferrals, deferrals=deferrals, kept=kept)


ROWS = {
    "a host that takes it": Row(),
    "several lines in every reply": Row(
        otherwise=Says(
            greeting="220-mx\n220-no\n220 spam",
            mail="250-2.1.0 sender\n250 2.1.0 ok",
            rcpt="250-2.1.5 one\n250-2.1.5 two\n250 2.1.5 ok",
            data="354-go\n354 ahead",
            dot="250-2.0.0 kept\n250 2.0.0 thanks",
        )
    ),
    "no pipelining": Row(otherwise=Says(ehlo="250 mx")),
    "only HELO": Row(otherwise=Says(ehlo="502 5.5.1 what?")),
    "no answer but the end of the connection": put_off(Says(greeting=HANG_UP)),
    "a greeting of 4xx": put_off(Says(greeting="421 4.3.2 too busy")),
    "a greeting of 5xx, which may be for today": put_off(Says(greeting="554 5.7.1 not from you")),
    "a greeting that never accepts mail": refused(
        Says(greeting="521 5.3.2 no mail here"), 521, "5.3.2", "no mail here"
    ),
    "EHLO lost": put_off(Says(ehlo=HANG_UP)),
    "EHLO and HELO put off": put_off(Says(ehlo="421 4.3.2 later", helo="421 4.3.2 later")),
    "MAIL lost": put_off(Says(mail=HANG_UP)),
    "MAIL 4xx": put_off(Says(mail="451 4.3.0 later")),
    "MAIL 5xx": refused(Says(mail="550 5.7.1 blocked"), 550, "5.7.1", "blocked"),
    "RCPT lost": put_off(Says(rcpt=HANG_UP)),
    "greylisting, three times": put_off(Says(rcpt="450 4.2.0 greylisted"), 3),
    "RCPT 5xx": refused(Says(rcpt="550 5.1.1 nobody here"), 550, "5.1.1", "nobody here"),
    "RCPT 5xx in several lines": refused(
        Says(rcpt="550-5.1.1 nobody\n550 5.1.1 here"), 550, "5.1.1", "nobody here"
    ),
    "RCPT 421": put_off(Says(rcpt="421 4.3.2 going down")),
    "DATA lost": put_off(Says(data=HANG_UP)),
    "DATA 4xx": put_off(Says(data="451 4.3.0 later")),
    "DATA 5xx": refused(Says(data="554 5.5.1 no"), 554, "5.5.1", "no"),
    "DATA answered as if it were done": put_off(Says(data="250 2.0.0 done")),
    "the dot 4xx": put_off(Says(dot="452 4.3.1 disk full")),
    "the dot 5xx": refused(Says(dot="554 5.7.1 spam"), 554, "5.7.1", "spam"),
    "the dot slow": put_off(Says(dot=SILENCE, is_kept=False)),
    "EOF after the dot, not taken": put_off(Says(dot=HANG_UP, is_kept=False)),
    "EOF after the dot, but taken: rather twice than never": put_off(
        Says(dot=HANG_UP, is_kept=True), kept=((ANN,), (ANN,))
    ),
    "a slow greeting": put_off(Says(greeting=SILENCE)),
    "a slow MAIL": put_off(Says(mail=SILENCE)),
    "a reply that is none": put_off(Says(mail="hello there")),
    "a code that is none": put_off(Says(rcpt="999 9.9.9 what")),
    "one refused, one put off": Row(
        script=(Says(rcpt_of={"ann": "550 5.1.1 nobody", "bob": "450 4.2.1 later"}),),
        to=(ANN, BOB),
        states={ANN: ("failed", 550), BOB: ("delivered", 250)},
        deferrals=1,
        reported={ANN: ("5.1.1", "nobody")},
        kept=((BOB,),),
    ),
    "one taken, one put off: the first is not sent again": Row(
        script=(Says(rcpt_of={"bob": "452 4.2.2 full"}),),
        to=(ANN, BOB),
        states={ANN: ("delivered", 250), BOB: ("delivered", 250)},
        deferrals=1,
        kept=((ANN,), (BOB,)),
    ),
    "one taken, one refused": Row(
        otherwise=Says(rcpt_of={"bob": "550 5.1.1 nobody"}),
        to=(ANN, BOB),
        states={ANN: ("delivered", 250), BOB: ("failed", 550)},
        reported={BOB: ("5.1.1", "nobody")},
    ),
    "two taken, the message refused": Row(
        otherwise=Says(dot="554 5.7.1 spam"),
        to=(ANN, BOB),
        states={ANN: ("failed", 554), BOB: ("failed", 554)},
        reported={ANN: ("5.7.1", "spam"), BOB: ("5.7.1", "spam")},
        kept=(),
    ),
    "4xx until the time is over": Row(
        otherwise=Says(rcpt="450 4.2.0 greylisted"),
        states={ANN: ("failed", 450)},
        reported={ANN: ("4.4.7", "greylisted")},
        kept=(),
        is_until_given_up=True,
    ),
    "a null MX": Row(
        to=("ann@silent.example",),
        states={"ann@silent.example": ("failed", 556)},
        reported={"ann@silent.example": ("5.1.10", "accepts no mail")},
        kept=(),
    ),
    "a wrong certificate where any will do": Row(
        otherwise=Says(ehlo=TLS_EHLO), is_tls_offered=True
    ),
    "STARTTLS refused": Row(otherwise=Says(ehlo=TLS_EHLO, starttls="454 4.7.0 no TLS now")),
    "STARTTLS lost, then plain text": Row(script=(Says(ehlo=TLS_EHLO, starttls=HANG_UP),)),
    "a smart host without STARTTLS gets no password": Row(
        is_via_smarthost=True,
        states={ANN: ("failed", 451)},
        reported={ANN: ("4.4.7", "offers no TLS")},
        kept=(),
        is_until_given_up=True,
    ),
    "a smart host with a wrong certificate gets no password": Row(
        is_via_smarthost=True,
        otherwise=Says(ehlo=TLS_EHLO),
        is_tls_offered=True,
        states={ANN: ("failed", 451)},
        reported={ANN: ("4.4.7", "self-signed certificate")},
        kept=(),
        is_until_given_up=True,
    ),
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The sender, and the host it meets."""

    desk: Outgoing
    host: ScriptedHost
    port: int
    context: ssl.SSLContext


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    certificate = self_signed("other.test", [], tmp_path_factory.mktemp("tls"))
    async with (
        scripted_host() as (host, port),
        outgoing(tmp_path_factory.mktemp("sender"), port=port) as desk,
    ):
        context = server_context(*certificate, is_mx=True)
        yield Stage(desk=desk, host=host, port=port, context=context)


@pytest.mark.parametrize("name", ROWS)
async def test_every_recipient_gets_its_outcome_schedule_and_report(
    name: str, stage: Stage
) -> None:
    row, desk, host = ROWS[name], stage.desk, stage.host
    otherwise = row.otherwise
    if row.is_tls_offered:
        otherwise = replace(otherwise, context=stage.context)
    host.play(row.script, otherwise)
    desk.use_smarthost(f"relay.far.example:{stage.port}" if row.is_via_smarthost else None)
    sent_at = desk.clock.now()
    submitted = await desk.send(*row.to, subject=name)
    waits = await desk.carry_through()
    items = await desk.core.stores.outbound.recipients(submitted.id)
    found = {str(one.recipient): (one.state.value, one.last_code) for one in items}
    assert found == row.states
    _check_schedule(row, waits, desk.clock.now() - sent_at)
    _check_reports(row, await desk.reports(submitted))
    await _check_nothing_moves_again(row, desk, host, items)
    assert not any(line.startswith("AUTH") for commands in host.heard for line in commands)


def _check_schedule(row: Row, waits: Sequence[timedelta], age: timedelta) -> None:
    """Every wait is its step of the schedule, stretched by no more than the jitter."""
    if row.is_until_given_up:
        assert age == GIVE_UP_AFTER
        assert len(waits) > len(DELAYS)
        waits = waits[:-1]
    else:
        assert len(waits) == row.deferrals
    for number, wait in enumerate(waits):
        step = DELAYS[min(number, len(DELAYS) - 1)]
        assert step <= wait <= step * (1 + JITTER)


def _check_reports(row: Row, reports: Sequence[DeliveryReport]) -> None:
    everyone = [one for report in reports for one in report.recipients]
    named = [one for one in everyone if one.action != "delayed"]
    late = [one.address for one in everyone if one.action == "delayed"]
    assert late == (sorted(row.states) if row.is_until_given_up else [])
    assert sorted(one.address for one in named) == sorted(row.reported)
    for one in named:
        status, words = row.reported[one.address]
        assert (one.action, one.status) == ("failed", status)
        assert words in one.diagnostic


async def _check_nothing_moves_again(
    row: Row, desk: Outgoing, host: ScriptedHost, items: Sequence[QueueItem]
) -> None:
    """What was recorded is final, however much time goes by and whoever asks."""
    assert [tuple(one) for one in host.kept] == [tuple(one) for one in row.kept]
    dialed = len(host.heard)
    desk.clock.advance(timedelta(days=9))
    assert await desk.claims() == ()
    for item in items:
        if item.state is RecipientState.DELIVERED:
            with pytest.raises(MailError, match="the recipient is delivered"):
                await desk.core.queue.retry(OPERATOR, item.id)
    assert len(host.heard) == dialed
