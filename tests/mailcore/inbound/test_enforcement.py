"""What becomes of mail by its report, the settings of its inboxes, and nothing else."""

from dataclasses import replace

import pytest

from mailcore.config import Config
from mailcore.ids import DomainId
from mailcore.inbound.enforcement import Disposition, Ruling, rule
from mailcore.model import AuthReport, DmarcEnforcement, Inbox
from tests.support.build import inbox

REJECT, QUARANTINE = DmarcEnforcement.REJECT, DmarcEnforcement.QUARANTINE
OFF, DEFAULT = DmarcEnforcement.OFF, DmarcEnforcement.DEFAULT


def config(
    enforce: str = "reject", trouble: str | None = None, listen: str = "192.0.2.1"
) -> Config:
    server = {
        "domain": "example.org",
        "hostname": "mail.example.org",
        "owner": "you@example.net",
        "data_dir": "data",
        "listen": [listen],
    }
    inbound = {"dmarc_enforce": enforce, "on_dns_trouble": trouble}
    return Config.model_validate({"server": server, "inbound": inbound})


def failed(policy: str = "reject", result: str = "fail") -> AuthReport:
    return AuthReport(dmarc=result, dmarc_policy=policy, dmarc_domain="example.net")


def to(*settings: DmarcEnforcement) -> list[Inbox]:
    return [
        replace(inbox(DomainId("d"), local=f"a{at}"), dmarc_enforce=one)
        for at, one in enumerate(settings)
    ]


def outcome(ruling: Ruling, inboxes: list[Inbox]) -> str:
    """The error's code, or J for Junk and I for INBOX, one for each inbox."""
    if ruling.error is not None:
        return ruling.error.code
    return "".join("J" if one.id in ruling.junked else "I" for one in inboxes)


@pytest.mark.parametrize(
    ("enforce", "policy", "settings", "expected"),
    [
        ("reject", "reject", [DEFAULT], "dmarc_reject"),
        ("reject", "quarantine", [DEFAULT], "J"),
        ("reject", "none", [DEFAULT], "I"),
        ("reject", "", [DEFAULT], "I"),
        ("quarantine", "reject", [DEFAULT], "J"),
        ("quarantine", "quarantine", [DEFAULT], "J"),
        ("off", "reject", [DEFAULT], "I"),
        ("off", "reject", [REJECT], "dmarc_reject"),
        ("off", "reject", [QUARANTINE], "J"),
        ("reject", "reject", [OFF], "I"),
        ("reject", "reject", [QUARANTINE], "J"),
        ("reject", "reject", [DEFAULT, REJECT], "dmarc_reject"),
        ("reject", "reject", [DEFAULT, OFF], "JI"),
        ("reject", "reject", [OFF, QUARANTINE, REJECT], "IJJ"),
        ("off", "reject", [DEFAULT, REJECT], "IJ"),
        ("reject", "quarantine", [OFF, REJECT], "IJ"),
    ],
)
def test_a_failure_is_enforced_for_each_inbox(enforce, policy, settings, expected):
    inboxes = to(*settings)
    assert outcome(rule(failed(policy), inboxes, config(enforce)), inboxes) == expected


@pytest.mark.parametrize("result", ["pass", "none"])
def test_what_did_not_fail_is_let_in(result):
    assert rule(failed(result=result), to(REJECT), config()) == Ruling()


def test_the_word_of_a_trusted_sealer_overrides():
    report = replace(failed(), vouched_by="lists.example")
    assert rule(report, to(REJECT), config()) == Ruling()


@pytest.mark.parametrize(
    ("trouble", "listen", "settings", "expected"),
    [
        (None, "192.0.2.1", [DEFAULT], "dmarc_unknown"),
        (None, "127.0.0.1", [DEFAULT], "I"),
        ("defer", "127.0.0.1", [DEFAULT], "dmarc_unknown"),
        ("defer", "192.0.2.1", [OFF], "I"),
        ("defer", "192.0.2.1", [OFF, DEFAULT], "dmarc_unknown"),
        ("quarantine", "192.0.2.1", [OFF, DEFAULT], "IJ"),
        ("accept", "192.0.2.1", [DEFAULT], "I"),
    ],
)
def test_trouble_in_dns_is_handled_as_set(trouble, listen, settings, expected):
    inboxes = to(*settings)
    ruling = rule(failed("", "temperror"), inboxes, config(trouble=trouble, listen=listen))
    assert outcome(ruling, inboxes) == expected


def test_a_refusal_is_a_rejection_in_reports():
    assert rule(failed(), to(REJECT), config()).disposition is Disposition.REJECT
    assert rule(failed(), to(OFF), config()).disposition is Disposition.NONE
