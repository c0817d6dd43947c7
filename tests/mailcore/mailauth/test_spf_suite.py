"""The test suite of RFC 7208, 203 cases, against a served zone. See rfc7208.LICENSE."""

import json
from pathlib import Path
from typing import Any

import pytest

from mailcore.address import Address
from mailcore.demo.zone import Zone
from mailcore.mailauth.spf import check_host
from tests.support.dns import resolver_of, serving

SCENARIOS = json.loads(Path(__file__).with_name("rfc7208.json").read_text("utf-8"))
CASES = [
    pytest.param(scenario["zonedata"], case, id=name)
    for scenario in SCENARIOS
    for name, case in scenario["tests"].items()
]
KINDS = ("TXT", "A", "AAAA", "MX", "PTR", "CNAME")


def fill(zone: Zone, data: dict[str, list[Any]]) -> None:
    """Records of type SPF stand for TXT where there is none; TIMEOUT is for what a name does not say."""
    for name, entries in data.items():
        records = [
            (kind, value) for one in entries if one != "TIMEOUT" for kind, value in one.items()
        ]
        if not any(kind == "TXT" for kind, _ in records):
            records.extend(("TXT", value) for kind, value in records if kind == "SPF")
        said = [(kind, value) for kind, value in records if kind in KINDS and value != "NONE"]
        for kind, value in said:
            zone.add(name, kind, written(kind, value))
        if "TIMEOUT" in entries:
            for kind in {*KINDS} - {kind for kind, _ in said}:
                zone.fail(name, kind)


def written(kind: str, value: Any) -> str:
    if kind == "MX":
        return f"{value[0]} {value[1] or '.'}"
    return "".join(value) if isinstance(value, list) else str(value)


def sender(text: str) -> Address | None:
    """RFC 7208 §4.3: without a local part it is postmaster."""
    local, _, domain = text.rpartition("@")
    return Address(local or "postmaster", domain) if text else None


@pytest.mark.parametrize(("data", "case"), CASES)
async def test_the_suite_of_the_standard_passes(data, case):
    async with serving() as zone:
        fill(zone, data)
        found = await check_host(
            ip=case["host"],
            mail_from=sender(case["mailfrom"]),
            helo=case["helo"],
            resolver=resolver_of(zone),
        )
    assert found.result in case["results"], found.reason


def test_the_suite_is_whole():
    assert len(CASES) == 203
