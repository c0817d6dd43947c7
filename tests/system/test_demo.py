"""`countersign demo` plays the whole job."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.process import ROOT, command, environment, spawn


def test_the_tour_plays_every_step_and_ends_well() -> None:
    done = spawn("demo", "--tour", "--json", timeout=110)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert len(document["steps"]) == 12
    assert document["agent"]["email"] == "mia@demo.example"
    assert not Path(document["data_dir"]).exists()


def test_the_demo_stays_up_until_it_is_told_to_stop() -> None:
    process = subprocess.Popen(
        command("demo"), stdout=subprocess.PIPE, text=True, env=environment(PYTHONUNBUFFERED="1")
    )
    with process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("  password "):
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    text = "".join(lines)
    assert "The customer gets the mail, exactly once" in text
    assert "curl -H" in text


@pytest.mark.long
def test_a_fresh_checkout_plays_it_with_python_and_pip_only(tmp_path: Path) -> None:
    """The first of the two commands of the README."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [clone / "deploy" / "demo", "--tour"],
        capture_output=True, text=True, check=False, timeout=900, env=bare,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "The customer gets the mail, exactly once" in done.stdout
