"""`--offline`: the same services on a stopped server's data."""

from pathlib import Path

from tests.support.process import init


def test_agents_and_domains_offline_and_then_online(tmp_path: Path) -> None:
    server = init(tmp_path)
    made = server.json("agent", "create", "mia", "--offline")
    assert set(made["inbox"]) == {"id", "address", "username", "password"}
    server.json("domain", "add", "second.example", "--offline")
    server.json("domain", "add", "third.example", "--offline")
    rotated = server.json("domain", "rotate-dkim", "third.example", "--offline", "--force")
    assert any(one["name"] == "ed2._domainkey.third.example" for one in rotated["records"])
    zone = server.cli("domain", "records", "third.example", "--zone", "--offline").stdout
    assert "cs2._domainkey.third.example. IN TXT" in zone
    server.json("domain", "remove", "third.example", "--offline")
    offline = server.json("agent", "list", "--offline")
    server.start()
    try:
        assert server.json("agent", "list")["data"][0]["email"] == offline["data"][0]["email"]
        assert len(server.json("domain", "list")["data"]) == 2
    finally:
        server.stop()


def test_a_command_without_a_server_says_how_to_start_it(tmp_path: Path) -> None:
    server = init(tmp_path)
    done = server.cli("hold", "list")
    assert done.returncode == 1
    assert "no server answers at" in done.stderr
    assert "countersign serve" in done.stderr


def test_check_works_on_a_stopped_server(tmp_path: Path) -> None:
    assert init(tmp_path).json("check")["ok"] is True


def test_the_full_text_index_is_made_again_while_the_server_is_stopped(tmp_path: Path) -> None:
    """`check --rebuild-index`; beside a running server it is refused."""
    server = init(tmp_path)
    assert server.json("check", "--rebuild-index")["ok"] is True
    (index,) = tmp_path.rglob("fulltext.index")
    assert index.stat().st_mode & 0o777 == 0o600
    server.start()
    try:
        refused = server.cli("check", "--rebuild-index")
        assert refused.returncode == 1
        assert "another server is running" in refused.stderr
    finally:
        server.stop()
