"""Display names of those whom the pod knows, on mail from elsewhere."""

import pytest

from guard.impostors import Impostors
from mailcore.address import Address
from mailcore.message.headers import Headers
from mailcore.model import AuthReport
from mailcore.policy import InboundFacts

KNOWN_ELSEWHERE = "header.known_name_elsewhere"
ALIGNED = AuthReport(dkim="pass", dmarc="pass", is_aligned=True)
BERG = Address("anna", "berg.example")
AT_FREE_MAIL = Address("anna.berg", "gmail.com")


def is_noticed(
    sender: str,
    *known: Address,
    reply_to: str = "",
    auth: AuthReport = ALIGNED,
) -> bool:
    fields = f"From: {sender}\r\n" + (f"Reply-To: {reply_to}\r\n" if reply_to else "")
    raw = fields.encode() + b"\r\nHello\r\n"
    facts = InboundFacts(
        raw=raw, mail_from=None, recipients=(), is_external=True, auth=auth, namesakes=known
    )
    signs = Impostors().senders(Headers.read(raw), facts)
    return KNOWN_ELSEWHERE in {one.rule for one in signs}


@pytest.mark.parametrize(
    ("sender", "known"),
    [
        ("Anna Berg <anna@tal.example>", BERG),
        ("Anna Berg <anna.berg@gmail.com>", BERG),
        ("Anna Berg <anna@berg-example.example>", BERG),
        ("Anna Berg <anna.berg77@gmail.com>", AT_FREE_MAIL),
    ],
)
def test_a_known_name_from_elsewhere_is_noticed(sender: str, known: Address) -> None:
    """Everybody has a domain of free mail: there only the address itself is known."""
    assert is_noticed(sender, known)


@pytest.mark.parametrize(
    ("sender", "known"),
    [
        ("Anna Berg <ANNA@berg.example>", (BERG,)),
        ("Anna Berg <a.berg@berg.example>", (BERG,)),
        ("Anna Berg <anna@mail.berg.example>", (BERG,)),
        ("Anna Berg <anna.berg@gmail.com>", (BERG, AT_FREE_MAIL)),
        ("Anna Berg <anna@tal.example>", ()),
        ("Billing Support <billing@tal.example>", (BERG,)),
    ],
)
def test_the_same_person_and_offices_are_not(sender: str, known: tuple[Address, ...]) -> None:
    assert not is_noticed(sender, *known)


def test_a_service_may_write_in_the_name_of_its_user() -> None:
    """Where it is who it says, and answers go to nobody else."""
    sender = "Anna Berg <notifications@forge.example>"
    assert not is_noticed(sender, BERG)
    assert not is_noticed(sender, BERG, reply_to="reply+77@forge.example")
    assert is_noticed(sender, BERG, reply_to="anna@tal.example")
    assert is_noticed(sender, BERG, auth=AuthReport())
