import pytest

from guard.filenames import judge_name


@pytest.mark.parametrize(
    "name",
    [
        "id_rsa",
        "server.pem",
        "server.pem.",
        "server.pem ",
        ".env",
        "prod.env",
        "vault.kdbx",
        "kubeconfig",
        ".npmrc",
        "CLIENT.P12",
        "secrets.yaml",
        "dir/id_ed25519",
    ],
)
def test_key_files_are_noticed(name):
    """By name alone, whatever trails behind."""
    assert [finding.rule for finding in judge_name(name, b"", "x")] == ["attachment.sensitive_file"]


@pytest.mark.parametrize(
    "name", ["report.txt", "id_rsa.pub", ".env.example", "monkey.txt", "data.csv", "environment.md"]
)
def test_other_files_are_not(name):
    """Names that only sound alike."""
    assert judge_name(name, b"", "x") == []


def test_a_public_certificate_is_no_key():
    """A `.pem` may hold only public things."""
    assert judge_name("chain.pem", b"-----BEGIN CERTIFICATE-----\nMII", "x") == []


def test_a_certificate_with_its_key_is_one():
    """Both in one file."""
    payload = b"-----BEGIN CERTIFICATE-----\nMII\n-----BEGIN PRIVATE KEY-----"
    assert judge_name("both.pem", payload, "x")


def test_a_dump_is_noted():
    """Medium: it warns."""
    assert [finding.rule for finding in judge_name("crm.sql", b"", "x")] == ["attachment.data_file"]
