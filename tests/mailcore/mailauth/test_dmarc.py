"""DMARC over real DNS (RFC 9989)."""

import pytest

from mailcore.mailauth.dmarc import DmarcResult, Policy, evaluate, parse_record, walk_names
from tests.support.dns import asking, resolver_of, serving


async def judge(
    *records: tuple[str, str, str],
    domain: str = "example.org",
    dkim: tuple[str, ...] = (),
    spf: str | None = None,
) -> DmarcResult:
    async with asking(*records) as resolver:
        return await evaluate(
            from_domain=domain, dkim_domains=dkim, spf_domain=spf, resolver=resolver
        )


def policy_of(name: str, text: str) -> tuple[str, str, str]:
    return (f"_dmarc.{name}", "TXT", f"v=DMARC1; {text}")


@pytest.mark.parametrize(
    ("dkim", "spf", "result"),
    [
        (("example.org",), None, "pass"),
        ((), "example.org", "pass"),
        (("mail.example.org",), None, "pass"),
        ((), "bounce.example.org", "pass"),
        (("example.com",), "example.com", "fail"),
        (("myexample.org",), None, "fail"),
        (("org",), None, "fail"),
        ((), None, "fail"),
    ],
)
async def test_one_aligned_domain_is_enough(dkim, spf, result):
    """RFC 9989 §4.4."""
    found = await judge(policy_of("example.org", "p=reject"), dkim=dkim, spf=spf)
    assert (found.result, found.policy) == (result, "reject")


async def test_strict_alignment_takes_only_the_same_domain():
    records = [policy_of("example.org", "p=reject; adkim=s; aspf=s")]
    assert (await judge(*records, dkim=("mail.example.org",))).result == "fail"
    assert (await judge(*records, spf="mail.example.org")).result == "fail"
    assert (await judge(*records, dkim=("example.org",))).result == "pass"


async def test_a_domain_without_policy_has_none_but_may_be_aligned():
    found = await judge(dkim=("example.org",))
    assert (found.result, found.policy, found.aligned_dkim) == ("none", "", True)


async def test_siblings_under_a_public_suffix_do_not_align():
    """RFC 9989 §4.10.2: `psd=y` puts the organization one label below."""
    records = [
        policy_of("co.test", "p=none; psd=y"),
        policy_of("shop.co.test", "p=reject"),
        policy_of("bank.co.test", "p=reject"),
    ]
    found = await judge(*records, domain="bank.co.test", dkim=("shop.co.test", "co.test"))
    assert (found.result, found.org_domain) == ("fail", "bank.co.test")


async def test_a_subdomain_takes_the_policy_for_subdomains():
    """RFC 9989 §4.7, `sp`."""
    records = [
        policy_of("example.org", "p=reject; sp=quarantine"),
        ("news.example.org", "A", "192.0.2.1"),
    ]
    found = await judge(*records, domain="news.example.org")
    assert (found.policy, found.domain) == ("quarantine", "example.org")


async def test_a_name_that_does_not_exist_takes_the_policy_for_those():
    """RFC 9989 §4.7, `np`."""
    records = [
        policy_of("example.org", "p=none; np=reject"),
        ("real.example.org", "A", "192.0.2.1"),
    ]
    assert (await judge(*records, domain="fake.example.org")).policy == "reject"
    assert (await judge(*records, domain="real.example.org")).policy == "none"


async def test_testing_lowers_the_policy_one_step():
    """RFC 9989 §4.7, `t=y`."""
    assert (await judge(policy_of("example.org", "p=reject; t=y"))).policy == "quarantine"
    assert (await judge(policy_of("example.org", "p=quarantine; t=y"))).policy == "none"


async def test_a_domain_that_says_psd_n_stands_alone():
    records = [
        policy_of("example.org", "p=reject"),
        policy_of("dept.example.org", "p=reject; psd=n"),
    ]
    found = await judge(*records, domain="dept.example.org", dkim=("example.org",))
    assert (found.result, found.org_domain) == ("fail", "dept.example.org")


async def test_the_policy_of_a_public_suffix_covers_what_has_none():
    records = [policy_of("bank", "p=reject; psd=y"), ("my.bank", "A", "192.0.2.1")]
    found = await judge(*records, domain="my.bank")
    assert (found.result, found.policy, found.org_domain) == ("fail", "reject", "my.bank")


async def test_a_top_level_record_without_psd_organizes_nothing():
    records = [policy_of("test", "p=none"), policy_of("a.test", "p=reject")]
    assert (await judge(*records, domain="a.test", dkim=("b.test",))).result == "fail"


async def test_two_records_at_a_name_count_as_none():
    """RFC 9989 §4.10."""
    records = [policy_of("example.org", "p=reject"), policy_of("example.org", "p=none")]
    assert (await judge(*records)).result == "none"


async def test_dns_trouble_is_a_temporary_error():
    async with serving() as zone:
        zone.fail("_dmarc.example.org")
        found = await evaluate(
            from_domain="example.org",
            dkim_domains=("example.org",),
            spf_domain=None,
            resolver=resolver_of(zone),
        )
    assert (found.result, found.aligned_dkim) == ("temperror", True)


async def test_trouble_with_a_foreign_domain_does_not_spoil_a_pass():
    async with serving(policy_of("example.org", "p=reject")) as zone:
        zone.fail("_dmarc.other.org")
        found = await evaluate(
            from_domain="example.org",
            dkim_domains=("other.org", "mail.example.org"),
            spf_domain=None,
            resolver=resolver_of(zone),
        )
    assert found.result == "pass"


async def test_a_deep_name_costs_at_most_eight_questions():
    """RFC 9989 §4.10."""
    deep = ".".join("abcdefghijklm") + ".example.org"
    async with serving() as zone:
        await evaluate(
            from_domain=deep, dkim_domains=(), spf_domain=None, resolver=resolver_of(zone)
        )
        assert len(zone.questions) == 8


def test_the_walk_jumps_to_seven_labels():
    names = walk_names("a.b.c.d.e.f.g.h.i.j")
    assert names[:2] == ("a.b.c.d.e.f.g.h.i.j", "d.e.f.g.h.i.j")
    assert names[-1] == "j"
    assert walk_names("example.org") == ("example.org", "org")


@pytest.mark.parametrize(
    "text",
    [b"", b"p=reject", b"v=DMARC2; p=reject", b"p=none; v=DMARC1", b"v=DMARC1x", b"\xff" * 50],
)
def test_what_does_not_begin_with_the_version_is_no_record(text):
    assert parse_record(text) is None


def test_unknown_tags_are_passed_over():
    record = parse_record(b"v=DMARC1; p=none; sp=reject; pct=50; rf=afrf; ri=1; fo=d;;x")
    assert record is not None
    assert (record.policy, record.subdomain_policy) == (Policy.NONE, Policy.REJECT)


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", None),
        ("p=explode", None),
        ("p=reject; sp=explode", None),
        ("p=reject; np=explode", None),
        ("rua=mailto:", None),
        ("p=explode; rua=https://a.test/", None),
        ("rua=mailto:a@b.test", "none"),
        ("p=explode; rua=mailto:a@b.test", "none"),
        ("p=reject; sp=explode; rua=mailto:a@b.test", "none"),
        ("p=reject; adkim=x; aspf=x; psd=x; t=x", "reject"),
        ("p = REJECT ; pct=0", "reject"),
    ],
)
async def test_a_wrong_policy_is_none_if_it_wants_reports_and_no_policy_else(text, policy):
    """RFC 9989 §4.7; `pct` is gone and lowers nothing."""
    found = await judge(policy_of("example.org", text))
    expected = ("none", "") if policy is None else ("fail", policy)
    assert (found.result, found.policy) == expected


@pytest.mark.parametrize(
    ("rua", "addresses"),
    [
        ("mailto:a@b.test", ("a@b.test",)),
        ("mailto:a@b.test,mailto:c@d.test!10m", ("a@b.test", "c@d.test")),
        ("mailto:a%2Bx@b.test, https://b.test/in", ("a+x@b.test",)),
        ("mailto:a@b.test,mailto:a@b.test", ("a@b.test",)),
        ("mailto:not an address,a@b.test", ()),
    ],
)
def test_reports_go_to_the_addresses_of_rua(rua, addresses):
    record = parse_record(f"v=DMARC1; p=none; rua={rua}".encode())
    assert record is not None
    assert record.reports_to == addresses


HOSTING = (
    policy_of("io.test", "p=none; psd=y"),
    policy_of("github.io.test", "p=none; psd=y"),
    policy_of("alice.github.io.test", "p=reject"),
    policy_of("my-shop.io.test", "p=reject"),
    policy_of("mail.my-shop.io.test", "p=none; psd=n"),
)


@pytest.mark.parametrize(
    ("domain", "dkim", "result", "org"),
    [
        ("alice.github.io.test", "github.io.test", "fail", "alice.github.io.test"),
        ("alice.github.io.test", "mallory.github.io.test", "fail", "alice.github.io.test"),
        ("alice.github.io.test", "www.alice.github.io.test", "pass", "alice.github.io.test"),
        ("alice.github.io.test", "test", "fail", "alice.github.io.test"),
        ("my-shop.io.test", "my", "fail", "my-shop.io.test"),
        ("my-shop.io.test", "shop.io.test", "fail", "my-shop.io.test"),
        ("my-shop.io.test", "notmy-shop.io.test", "fail", "my-shop.io.test"),
        ("my-shop.io.test", "www.my-shop.io.test", "pass", "my-shop.io.test"),
        ("my-shop.io.test", "mail.my-shop.io.test", "fail", "my-shop.io.test"),
        ("a.mail.my-shop.io.test", "mail.my-shop.io.test", "pass", "mail.my-shop.io.test"),
        ("github.io.test", "github.io.test", "pass", "github.io.test"),
        ("github.io.test", "io.test", "fail", "github.io.test"),
        ("github.io.test", "alice.github.io.test", "fail", "github.io.test"),
    ],
)
async def test_suffixes_and_hyphens_are_no_traps(domain, dkim, result, org):
    """Relaxed alignment is the same organizational domain, never a common end of the names."""
    found = await judge(*HOSTING, domain=domain, dkim=(dkim,))
    assert (found.result, found.org_domain) == (result, org)


@pytest.mark.parametrize(
    ("text", "name", "applied"),
    [
        ("p=reject; sp=none", "real.example.org", "none"),
        ("p=reject; sp=none", "fake.example.org", "none"),
        ("p=none; sp=quarantine; np=reject", "fake.example.org", "reject"),
        ("p=none; sp=quarantine; np=reject", "real.example.org", "quarantine"),
        ("p=none; sp=quarantine; np=reject", "example.org", "none"),
        ("p=none; np=reject; t=y", "fake.example.org", "quarantine"),
        ("p=none; sp=quarantine; t=y", "real.example.org", "none"),
        ("p=reject; t=n", "real.example.org", "reject"),
    ],
)
async def test_which_policy_applies(text, name, applied):
    """RFC 9989 §4.7: `p`, `sp`, `np` and `t`."""
    records = [policy_of("example.org", text), ("real.example.org", "MX", "10 mx.example.org.")]
    assert (await judge(*records, domain=name)).policy == applied
