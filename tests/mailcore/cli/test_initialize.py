"""`countersign init`: a whole server or nothing."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

from mailcore.cli.failure import WrongUse
from mailcore.cli.initialize import Wishes, create
from mailcore.cli.root import run
from mailcore.errors import MailError


def wishes(folder: Path, **other: object) -> Wishes:
    given: dict[str, object] = {
        "domain": "example.org",
        "hostname": "mail.example.org",
        "owner": "you@owner.example",
        "data_dir": folder / "data",
        "config_path": folder / "countersign.toml",
        "port_offset": 20000,
        "listen": ("127.0.0.1",),
    }
    return Wishes(**{**given, **other})  # type: ignore[arg-type] # the test's own table


def test_it_prints_the_document_of_the_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(
        ["init", "--domain", "Example.ORG", "--owner", "you@owner.example",
         "--data", str(tmp_path / "data"), "--config", str(tmp_path / "c.toml"),
         "--port-offset", "20000", "--listen", "127.0.0.1", "--json"]
    )  # fmt: skip
    made = json.loads(capsys.readouterr().out)
    assert status == 0
    assert set(made) == {
        "config", "data_dir", "master_key", "domain", "hostname", "owner", "owner_inbox",
        "http_url", "ca_file", "ports", "dns_records",
    }  # fmt: skip
    assert made["domain"] == "example.org"
    assert made["hostname"] == "mail.example.org"
    assert made["http_url"] == "http://127.0.0.1:28080"
    assert made["ports"] == {
        "smtp": 20025, "submission": 20587, "submissions": 20465,
        "imap": 20143, "imaps": 20993, "http": 28080,
    }  # fmt: skip
    assert made["owner_inbox"]["username"] == "owner@example.org"
    assert made["master_key"].startswith("cs_master_")
    assert Path(made["ca_file"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert {one["type"] for one in made["dns_records"]} == {"TXT", "MX", "CNAME", "SRV"}


def test_secrets_are_for_the_owner_of_the_files_only(tmp_path: Path) -> None:
    create(wishes(tmp_path))
    for path in (tmp_path / "countersign.toml", tmp_path / "data" / "server.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_keys_are_not_in_the_files(tmp_path: Path) -> None:
    made = create(wishes(tmp_path))
    inbox = made["owner_inbox"]
    assert isinstance(inbox, dict)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(made["master_key"]).encode() not in content
            assert str(inbox["password"]).encode() not in content


def test_an_existing_configuration_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "countersign.toml").write_text("mine")
    with pytest.raises(WrongUse, match="exists already"):
        create(wishes(tmp_path))
    assert (tmp_path / "countersign.toml").read_text() == "mine"
    assert not (tmp_path / "data").exists()


def test_a_data_directory_in_use_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious").write_text("mine")
    with pytest.raises(WrongUse, match="is not empty"):
        create(wishes(tmp_path))
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["precious"]


def test_an_empty_data_directory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    create(wishes(tmp_path))
    assert (tmp_path / "data" / "server.key").is_file()


@pytest.mark.parametrize(
    "other",
    [
        {"domain": "exa mple"},
        {"hostname": "-x"},
        {"owner": "nobody"},
        {"owner": "me@example.org"},
    ],
)
def test_a_wrong_wish_leaves_nothing(tmp_path: Path, other: dict[str, object]) -> None:
    with pytest.raises(WrongUse):
        create(wishes(tmp_path, **other))
    assert list(tmp_path.iterdir()) == []


def test_a_failure_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """The configuration cannot be written: everything made before it goes."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(MailError, match="cannot write"):
        create(wishes(tmp_path, data_dir=tmp_path / "a" / "b", config_path=blocked / "c.toml"))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_data_alone_puts_the_configuration_inside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUNTERSIGN_CONFIG", raising=False)
    arguments = ["--domain", "example.org", "--owner", "you@owner.example", "--json"]
    assert run(["init", *arguments, "--data", str(tmp_path / "d")]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["config"] == str(tmp_path / "d" / "countersign.toml")
    assert made["http_url"] == "https://mail.example.org:8080"
    tree = tomllib.loads(Path(made["config"]).read_text())
    assert tree["server"]["data_dir"] == str(tmp_path / "d")
    assert run(["agent", "list", "--offline", "--json", "--data", str(tmp_path / "d")]) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_place_is_wrong_use(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WrongUse, match="cannot make the data directory"):
        create(wishes(tmp_path))


def test_a_listen_address_that_is_none_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is made, and nothing but one line is said."""
    where = ["--data", str(tmp_path / "data"), "--config", str(tmp_path / "c.toml")]
    who = ["--domain", "example.org", "--owner", "you@example.net", "--non-interactive"]
    status = run(["init", *who, *where, "--listen", "999.1.1.1"])
    said = capsys.readouterr().err
    assert (status, said.count("\n"), list(tmp_path.iterdir())) == (2, 1, [])
    assert "999.1.1.1 is not an IP address" in said
