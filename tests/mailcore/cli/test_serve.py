"""`countersign serve`: the ready line, signals, and refusals before anything is started."""

import http.client
import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from mailcore.cli.failure import WrongUse, status_of
from mailcore.cli.serve import preflight
from mailcore.config import load, parse
from mailcore.errors import MailError
from tests.support.process import Server, free_offset, init, run, spawn

BAD = Path(__file__).resolve().parents[2] / "bad_configs"


@pytest.fixture
def stopped(tmp_path: Path) -> Server:
    return init(tmp_path)


@pytest.mark.parametrize("case", sorted(BAD.iterdir()), ids=lambda case: case.name)
def test_a_broken_configuration_is_one_line_and_status_2(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    config = folder / "countersign.toml"
    done = run("serve", "--config", config)
    expected = (case / "expected").read_text().format(config=config, dir=folder)
    assert (done.stderr, done.stdout, done.returncode) == (expected, "", 2)
    assert sorted(path.name for path in folder.iterdir()) == ["countersign.toml", "expected"]


def test_an_unknown_variable_is_one_line_and_status_2(stopped: Server) -> None:
    done = stopped.cli("serve", env={"COUNTERSIGN_SMTP__MAX_RECIPIENT": "5"})
    assert done.returncode == 2
    assert "COUNTERSIGN_SMTP__MAX_RECIPIENT: did you mean smtp.max_recipients?" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["smtp", "submission", "submissions", "imap", "imaps", "http"])
def test_a_port_in_use_is_named(stopped: Server, name: str) -> None:
    with socket.create_server(("127.0.0.1", stopped.ports[name])):
        done = stopped.cli("serve")
    assert done.returncode == 2
    assert done.stderr == (
        f"countersign: {name} port {stopped.ports[name]} on 127.0.0.1 is in use. "
        f"Stop the other program, or set ports.{name}\n"
    )


def test_a_missing_server_key_is_named_and_not_replaced(stopped: Server) -> None:
    key = stopped.folder / "data" / "server.key"
    key.unlink()
    done = stopped.cli("serve")
    assert (done.returncode, f"the server key {key} is missing" in done.stderr) == (2, True)
    assert not key.exists()


def test_a_data_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o500)
    server = {
        "domain": "example.org",
        "hostname": "mail.example.org",
        "owner": "you@owner.example",
        "data_dir": str(folder),
        "listen": ["127.0.0.1"],
    }
    config = parse({"server": server, "ports": {"offset": 20000}}, {}, base_dir=tmp_path)
    user = os.geteuid()
    for path in [tmp_path, *tmp_path.parents]:
        if user == 0 and path != Path("/") and path.is_relative_to("/tmp"):  # the way there is open
            path.chmod(path.stat().st_mode | 0o055)
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(WrongUse, match="cannot write in the data directory"):
            preflight(config)
    finally:
        os.seteuid(user)


def test_a_full_disk_is_named_and_not_taken_for_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, so that systemd tries again; with status 2 the server would stay away."""
    first = init(tmp_path)
    config = load(Path(first.config), {})
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=4096))
    with pytest.raises(MailError, match="full") as raised:
        preflight(config)
    assert raised.value.code == "disk_full"
    assert status_of(raised.value) == 1


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    first = init(tmp_path)
    first.start()
    try:
        done = spawn(
            "serve", "--config", first.config,
            env={"COUNTERSIGN_PORTS__OFFSET": str(free_offset())},
        )  # fmt: skip
        assert done.returncode == 2
        assert "another server is running" in done.stderr
    finally:
        assert first.stop() == 0


def test_it_says_ready_when_everything_accepts_and_stops_on_sigterm(stopped: Server) -> None:
    stopped.start()
    words = stopped.ready_line.split()
    assert words[:2] == ["ready", f"http://127.0.0.1:{stopped.ports['http']}"]
    assert dict(word.split("=") for word in words[2:]) == {
        name: str(port) for name, port in stopped.ports.items()
    }
    for port in stopped.ports.values():
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    assert stopped.stop(signal.SIGTERM) == 0
    assert not (stopped.folder / "data" / "countersign.sock").exists()


def test_sighup_reloads_and_the_server_goes_on(stopped: Server) -> None:
    stopped.start()
    try:
        assert stopped.process is not None
        stopped.process.send_signal(signal.SIGHUP)
        connection = http.client.HTTPConnection("127.0.0.1", stopped.ports["http"], timeout=30)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        assert stopped.stop(signal.SIGINT) == 0
    assert "server.reloaded" in stopped.log.read_text()


def test_a_broken_file_at_reload_changes_nothing(stopped: Server) -> None:
    stopped.start()
    try:
        assert stopped.process is not None
        stopped.config.write_text("[server\n")
        stopped.process.send_signal(signal.SIGHUP)
        connection = http.client.HTTPConnection("127.0.0.1", stopped.ports["http"], timeout=30)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        assert stopped.stop() == 0
    assert "server.reload_failed" in stopped.log.read_text()


def test_it_tells_systemd(stopped: Server, tmp_path: Path) -> None:
    """sd_notify(3): READY=1 when it accepts, STOPPING=1 when it ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "n"))
        listener.settimeout(30)
        stopped.environment["NOTIFY_SOCKET"] = str(tmp_path / "n")
        stopped.start()
        assert listener.recv(100) == b"READY=1"
        assert stopped.stop() == 0
        assert listener.recv(100) == b"STOPPING=1"
