"""`countersign doctor`: what it finds of a server that works, and of one that does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import Server, init


def findings(server: Server, status: int) -> dict[str, dict[str, Any]]:
    done = server.cli("doctor")
    assert (done.returncode, done.stderr) == (status, "")
    document = json.loads(server.cli("doctor", "--json").stdout)
    assert document["ok"] is (status == 0)
    assert len(done.stdout.splitlines()) == len(document["findings"])
    return {one["subject"]: one for one in document["findings"]}


def test_a_running_server_is_looked_at_from_outside(server: Server) -> None:
    """Every listener answers; what keeps mail from leaving is a problem, with what to create."""
    found = findings(server, 1)
    for name in ("smtp", "submission", "submissions", "imap", "imaps", "http"):
        assert found[f"{name} port {server.ports[name]}"]["state"] == "ok"
    assert found["store"]["state"] == "ok"
    assert found["network"]["state"] == "warning"
    domain = found["domain example.org"]
    assert domain["state"] == "problem"
    assert "TXT _countersign.example.org" in domain["message"]
    assert "countersign domain records example.org" in domain["fix"]


def test_a_stopped_server_and_open_files_are_named(tmp_path: Path) -> None:
    stopped = init(tmp_path)
    data_dir = tmp_path / "data"
    data_dir.chmod(0o755)
    found = findings(stopped, 1)
    assert found["server"]["fix"] == "Start it with `countersign serve`"
    assert found[f"data directory {data_dir}"]["fix"] == f"chmod go= {data_dir}"


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_a_certificate_that_is_none_is_a_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data" / "tls" / "self-signed.pem"
    stopped = init(tmp_path)
    path.write_bytes(content)
    found = findings(stopped, 1)[f"certificate {path}"]
    assert (found["state"], found["message"]) == (
        "problem",
        "cannot be used: it is no PEM certificate",
    )
