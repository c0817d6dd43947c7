"""The states of records, over a real zone."""

import pytest

from mailcore.credentials import OPERATOR
from mailcore.domains.lookup import merged_spf
from mailcore.domains.records import DnsRecord
from tests.mailcore.domains.conftest import HOSTNAME, World

NAME = "example.org"


async def seen(world: World) -> dict[str, DnsRecord]:
    await world.domains.verify(OPERATOR, NAME)
    return await world.records(NAME)


async def test_every_record_turns_from_missing_to_valid(world: World) -> None:
    """And says unknown before the first look and when DNS does not answer."""
    await world.domains.add(OPERATOR, NAME)
    assert {one.status for one in (await world.records(NAME)).values()} == {"unknown"}
    assert {one.status for one in (await seen(world)).values()} == {"missing"}
    await world.publish(NAME)
    assert {one.status for one in (await seen(world)).values()} == {"valid"}
    world.zone.fail(f"_dmarc.{NAME}")
    assert (await seen(world))[f"dmarc _dmarc.{NAME}"].status == "unknown"


JUDGED = (
    ("ownership _countersign.example.org", "TXT", "countersign-verification=x", "invalid"),
    ("ownership _countersign.example.org", "TXT", "something else", "missing"),
    ("mx example.org", "MX", "5 mx.provider.example.", "invalid"),
    ("mx example.org", "MX", "0 .", "invalid"),
    ("mx example.org", "MX", f"20 {HOSTNAME}.", "valid"),
    ("spf example.org", "TXT", "v=spf1 ip4:192.0.2.0/24 -all", "valid"),
    ("spf example.org", "TXT", "v=spf1 include:_spf.provider.example ~all", "invalid"),
    ("spf example.org", "TXT", "v=spf10 mx", "missing"),
    ("dkim cs1._domainkey.example.org", "TXT", "v=DKIM1; k=rsa; p=QUJD", "invalid"),
    ("dmarc _dmarc.example.org", "TXT", "v=DMARC1; p=reject", "valid"),
    ("dmarc _dmarc.example.org", "TXT", "v=DMARC1; p=maybe", "invalid"),
    ("mta_sts _mta-sts.example.org", "TXT", "v=STSv1; id=old;", "invalid"),
    ("tls_rpt _smtp._tls.example.org", "TXT", "v=TLSRPTv1; rua=https://r.example", "valid"),
    ("host autoconfig.example.org", "A", "192.0.2.1", "valid"),
    ("host autoconfig.example.org", "A", "192.0.2.2", "invalid"),
    ("host autoconfig.example.org", "CNAME", "other.example.", "invalid"),
    ("srv _imaps._tcp.example.org", "SRV", f"5 5 993 {HOSTNAME}.", "valid"),
    ("srv _imaps._tcp.example.org", "SRV", f"0 1 994 {HOSTNAME}.", "invalid"),
)


async def test_a_record_is_judged_by_what_it_does(world: World) -> None:
    """A wrong one says what was found."""
    await world.domains.add(OPERATOR, NAME)
    for key, kind, value, status in JUDGED:
        name = key.split()[1]
        world.zone.add(name, kind, value)
        record = (await seen(world))[key]
        assert record.status == status, value
        assert (record.found != ()) == (status == "invalid"), value
        if status == "invalid" and kind != "CNAME":
            assert [one.rstrip(".") for one in record.found] == [value.rstrip(".")]
        world.zone.remove(name, kind)


async def test_a_key_published_in_another_style_is_the_same_key(world: World) -> None:
    """Tags in another order, spaces, no version."""
    await world.domains.add(OPERATOR, NAME)
    key = f"dkim cs1._domainkey.{NAME}"
    public = (await world.records(NAME))[key].value.partition("p=")[2]
    world.zone.add(f"cs1._domainkey.{NAME}", "TXT", f"p={public[:50]} {public[50:]} ; k=rsa")
    assert (await seen(world))[key].status == "valid"


async def test_what_stands_there_and_does_the_work_is_not_to_be_replaced(world: World) -> None:
    """The zone file has it, and nothing that could break it."""
    await world.domains.add(OPERATOR, NAME)
    standing = {NAME: "v=spf1 a:mail.example.org ~all", f"_dmarc.{NAME}": "v=DMARC1; p=reject"}
    for name, value in standing.items():
        world.zone.add(name, "TXT", value)
    world.zone.add(f"_smtp._tls.{NAME}", "TXT", 'v=TLSRPTv1; rua=mailto:a@b.example\n"; $INCLUDE x')
    await world.domains.verify(OPERATOR, NAME)
    text = await world.domains.zone_file(OPERATOR, NAME)
    for name, value in standing.items():
        assert f'{name}. IN TXT "{value}"\n' in text
    assert "INCLUDE" not in text


async def test_two_policies_of_a_kind_are_wrong(world: World) -> None:
    await world.domains.add(OPERATOR, NAME)
    for value in ("v=DMARC1; p=reject", "v=DMARC1; p=none"):
        world.zone.add(f"_dmarc.{NAME}", "TXT", value)
    record = (await seen(world))[f"dmarc _dmarc.{NAME}"]
    assert (record.status, len(record.found)) == ("invalid", 2)


async def test_a_domain_with_mail_elsewhere_is_warned_before_anything_is_asked_below_it(
    world: World,
) -> None:
    """With a subdomain to take instead, and an SPF record that keeps what stands there."""
    world.zone.add(NAME, "MX", "1 aspmx.provider.example.")
    world.zone.add(NAME, "TXT", "v=spf1 include:_spf.provider.example ~all")
    world.zone.add("_spf.provider.example", "TXT", "v=spf1 ip4:198.51.100.0/24 -all")
    await world.domains.add(OPERATOR, NAME)
    await world.domains.survey(OPERATOR, NAME)
    mx, spf = await world.domains.warnings(OPERATOR, NAME)
    assert (mx.kind, mx.suggested_domain) == ("mx_conflict", f"agents.{NAME}")
    assert "aspmx.provider.example" in mx.message
    assert spf.suggested_value == (f"v=spf1 a:{HOSTNAME} include:_spf.provider.example ~all")
    assert {one.name for one in world.zone.questions} <= {NAME, HOSTNAME, "_spf.provider.example"}
    world.zone.remove(NAME, "TXT")
    world.zone.add(NAME, "TXT", spf.suggested_value)
    await world.domains.verify(OPERATOR, NAME)
    assert [one.kind for one in await world.domains.warnings(OPERATOR, NAME)] == ["mx_conflict"]


@pytest.mark.parametrize(
    ("found", "merged"),
    [
        (["v=spf1 -all"], "v=spf1 mx -all"),
        (["v=spf1 include:a.example ?all"], "v=spf1 mx include:a.example ?all"),
        (["v=spf1 redirect=a.example"], "v=spf1 mx redirect=a.example"),
        (["v=spf1 a ~all", "v=spf1 a ip4:192.0.2.1 -all"], "v=spf1 mx a ip4:192.0.2.1 ~all"),
        (["V=SPF1 MX ALL"], "v=spf1 mx ALL"),
        (["v=spf1"], "v=spf1 mx"),
    ],
)
def test_policies_are_merged_into_one(found: list[str], merged: str) -> None:
    assert merged_spf(found, "mx") == merged
