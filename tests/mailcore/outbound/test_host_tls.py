"""What a host's policy makes of a connection, and hosts that are not asked at all."""

import ssl

import pytest

from mailcore.address import parse_address
from mailcore.demo.sink import Sink
from mailcore.model import Terms, TlsLevel
from mailcore.net.dns import TlsaRecord
from mailcore.outbound.host_tls import ANY_HOST, Finding, HostTls, Step, TlsMode, finding_of
from mailcore.outbound.mx import Host
from mailcore.outbound.smtp_client import DeliveryResult, SmtpClient

RECORD = TlsaRecord(usage=3, selector=1, matching=1, value=b"\0" * 32)
STS = HostTls(mode=TlsMode.VERIFIED, level=TlsLevel.MTA_STS)
DANE = HostTls(mode=TlsMode.REQUIRED, level=TlsLevel.DANE, tlsa=(RECORD,))
TESTING = HostTls(level=TlsLevel.VERIFIED, is_testing=True)
UNUSABLE = HostTls(mode=TlsMode.REQUIRED)


@pytest.mark.parametrize(
    ("policy", "wanted", "steps"),
    [
        (ANY_HOST, TlsMode.OPPORTUNISTIC, (Step.ANY, Step.PLAIN)),
        (ANY_HOST, TlsMode.REQUIRED, (Step.ANY,)),
        (ANY_HOST, TlsMode.VERIFIED, (Step.VERIFIED,)),
        (STS, TlsMode.OPPORTUNISTIC, (Step.VERIFIED,)),
        (STS, TlsMode.REQUIRED, (Step.VERIFIED,)),
        (DANE, TlsMode.OPPORTUNISTIC, (Step.ANY,)),
        (DANE, TlsMode.VERIFIED, (Step.ANY,)),
        (UNUSABLE, TlsMode.OPPORTUNISTIC, (Step.ANY,)),
        (UNUSABLE, TlsMode.VERIFIED, (Step.VERIFIED,)),
        (TESTING, TlsMode.OPPORTUNISTIC, (Step.VERIFIED, Step.ANY, Step.PLAIN)),
        (TESTING, TlsMode.REQUIRED, (Step.VERIFIED, Step.ANY)),
    ],
)
def test_a_policy_never_asks_for_less_than_the_message(
    policy: HostTls, wanted: TlsMode, steps: tuple[Step, ...]
) -> None:
    assert policy.steps(wanted) == steps


@pytest.mark.parametrize(
    ("policy", "step", "level"),
    [
        (ANY_HOST, Step.ANY, TlsLevel.OPPORTUNISTIC),
        (ANY_HOST, Step.VERIFIED, TlsLevel.VERIFIED),
        (STS, Step.VERIFIED, TlsLevel.MTA_STS),
        (DANE, Step.ANY, TlsLevel.DANE),
        (UNUSABLE, Step.ANY, TlsLevel.OPPORTUNISTIC),
        (TESTING, Step.VERIFIED, TlsLevel.VERIFIED),
        (TESTING, Step.ANY, TlsLevel.OPPORTUNISTIC),
    ],
)
def test_what_a_connection_is_worth(policy: HostTls, step: Step, level: TlsLevel) -> None:
    assert policy.reached(step, is_tls=True) is level
    assert policy.reached(step, is_tls=False) is TlsLevel.PLAIN


def test_levels_are_in_order() -> None:
    ranks = [one.rank for one in TlsLevel]
    assert ranks == sorted(ranks)
    assert TlsLevel.DANE.rank > TlsLevel.MTA_STS.rank > TlsLevel.PLAIN.rank > TlsLevel.NONE.rank


def test_reports_name_what_is_wrong_with_a_certificate() -> None:
    """RFC 8460 §4.3."""
    error = ssl.SSLCertVerificationError(1, "x")
    for code, finding in ((10, Finding.EXPIRED), (62, Finding.WRONG_NAME), (99, Finding.INVALID)):
        error.verify_code = code
        assert finding_of(error) is finding
        wrapped = OSError("wrapped")
        wrapped.__cause__ = error
        assert finding_of(wrapped) is finding
    assert finding_of(ConnectionResetError()) is Finding.INVALID


async def delivered(policy: HostTls, terms: Terms) -> tuple[DeliveryResult, Sink]:
    sink = Sink()
    await sink.start()
    try:
        client = SmtpClient(ehlo_name="mail.example.org", port=sink.port)
        result = await client.deliver(
            [Host(name="mx.far.example", addresses=("127.0.0.1",), tls=policy)],
            mail_from=parse_address("mia@example.org"),
            recipients=[parse_address("ann@far.example")],
            raw=b"Subject: Hi\r\n\r\nHello\r\n",
            terms=terms,
        )
    finally:
        await sink.stop()
    return result, sink


async def test_required_tls_needs_somebody_who_vouches_for_the_host() -> None:
    """RFC 8689 §4.2.1: a good certificate of a host that a forged MX record names proves nothing."""
    result, sink = await delivered(HostTls(), Terms(requires_tls=True))
    [reply] = result.replies
    assert (reply.code, reply.enhanced_code) == (550, "5.7.30")
    assert "neither DNSSEC nor MTA-STS vouches for mx.far.example" in reply.reply
    assert sink.received == []


async def test_a_host_that_a_policy_excludes_is_not_dialed() -> None:
    policy = HostTls(refusal="the policy does not name it", refused_for=Finding.INVALID)
    result, sink = await delivered(policy, Terms())
    [reply] = result.replies
    assert (reply.code, reply.tls_level) == (451, TlsLevel.NONE)
    assert reply.reply == "mx.far.example is not asked: the policy does not name it"
    [seen] = result.handshakes
    assert (seen.host, seen.finding) == ("mx.far.example", Finding.INVALID)
    assert sink.received == []
