"""What a zone must hold, as people and programs take it."""

from datetime import UTC, datetime
from pathlib import Path

import dns.rdatatype
import dns.zone

from mailcore.domains.mta_sts import policy, policy_id
from mailcore.domains.records import DnsRecord, txt_strings, wanted_records
from mailcore.domains.zonefile import zone_file
from mailcore.ids import DEFAULT_POD, DomainId
from mailcore.mailauth.keys import generate_rsa
from mailcore.model import DkimKey, DkimState, Domain, DomainStatus
from tests.mailcore.domains.conftest import config_of

AT = datetime(2026, 1, 1, tzinfo=UTC)
DOMAIN = Domain(
    id=DomainId("d"),
    pod_id=DEFAULT_POD,
    name="agents.example.co.uk",
    status=DomainStatus.PENDING,
    ownership_token="token",
    created_at=AT,
    verified_at=None,
)


def wanted(tmp_path: Path, **sections: dict[str, object]) -> dict[str, DnsRecord]:
    key = DkimKey(
        domain_id=DOMAIN.id,
        selector="cs1",
        algorithm="rsa-sha256",
        sealed_private_key=b"",
        public_key=generate_rsa()[1],
        state=DkimState.ACTIVE,
        created_at=AT,
    )
    config = config_of(tmp_path, **sections)
    found = wanted_records(DOMAIN, (key,), config, root="example.co.uk")
    assert len({one.key for one in found}) == len(found)
    return {one.name: one for one in found if one.kind not in ("mx", "spf")}


def test_names_are_given_whole_and_as_registrars_want_them(tmp_path: Path) -> None:
    found = wanted(tmp_path)["_imaps._tcp.agents.example.co.uk"]
    assert found.relative_name == "_imaps._tcp.agents"
    assert wanted(tmp_path)["mta-sts.agents.example.co.uk"].relative_name == "mta-sts.agents"


def test_service_records_carry_the_real_ports(tmp_path: Path) -> None:
    """With the offset, TLS from the start preferred, and nothing for a listener that is off."""
    found = wanted(tmp_path, ports={"offset": 20000, "submission": 0, "https": 443})
    values = {name.split(".")[0]: one.value for name, one in found.items() if one.type == "SRV"}
    assert values == {
        "_imaps": "0 1 20993 mail.example.org.",
        "_imap": "10 1 20143 mail.example.org.",
        "_submissions": "0 1 20465 mail.example.org.",
        "_autodiscover": "0 1 20443 mail.example.org.",
    }


def test_long_texts_are_cut_into_strings_that_fit(tmp_path: Path) -> None:
    key = wanted(tmp_path)["cs1._domainkey.agents.example.co.uk"]
    assert [len(one) for one in key.strings] == [255, len(key.value) - 255]
    assert "".join(key.strings) == key.value
    assert txt_strings("") == ("",)


def test_the_zone_file_is_read_by_a_name_server_library(tmp_path: Path) -> None:
    """Every record comes back with the same value."""
    records = tuple(wanted(tmp_path).values())
    zone = dns.zone.from_text(zone_file(DOMAIN.name, records), check_origin=False, relativize=False)
    for one in records:
        (found,) = zone.find_rdataset(f"{one.name}.", dns.rdatatype.from_text(one.type))
        text = b"".join(found.strings).decode() if one.type == "TXT" else found.to_text()
        assert text == one.value


def test_another_policy_has_another_id(tmp_path: Path) -> None:
    """And no policy has no records."""
    modes = ("none", "testing", "enforce")
    configs = [config_of(tmp_path, domains={"mta_sts": mode}) for mode in modes]
    assert len({policy_id(one) for one in configs}) == len(modes)
    assert policy(configs[2]).split("\r\n")[:3] == [
        "version: STSv1",
        "mode: enforce",
        "mx: mail.example.org",
    ]
    assert not [name for name in wanted(tmp_path, domains={"mta_sts": "off"}) if "sts" in name]
