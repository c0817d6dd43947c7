"""swaks, a client that people test mail servers with."""

import asyncio
import shutil
import subprocess

import pytest

from tests.support.smtp_fakes import serving

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed"),
]


async def _swaks(*arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        ["swaks", "--timeout", "10", "--helo", "client.example", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


async def test_swaks_delivers() -> None:
    """Plain, port 25."""
    async with serving() as served:
        server = f"127.0.0.1:{served.server.ports['smtp']}"
        done = await _swaks(
            "--server", server, "-f", "a@r.example", "-t", "mia@example.org", "-tls"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert b"This is a test mailing" in served.inbound.taken[0].raw


@pytest.mark.parametrize(
    ("door", "tls", "mechanism"),
    [("submission", "-tls", "PLAIN"), ("submissions", "-tlsc", "LOGIN")],
)
async def test_swaks_submits(door: str, tls: str, mechanism: str) -> None:
    """STARTTLS and implicit TLS, both mechanisms."""
    async with serving() as served:
        done = await _swaks(
            "--server", f"127.0.0.1:{served.server.ports[door]}", tls, "-a", mechanism,
            "-au", "mia@example.org", "-ap", "s3cret",
            "-f", "mia@example.org", "-t", "x@elsewhere.example", "--body", "hunter2",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "250 2.0.0 held hold-1" in done.stdout


async def test_swaks_is_refused_as_a_relay() -> None:
    """Exit status 24: no recipient was accepted."""
    async with serving() as served:
        server = f"127.0.0.1:{served.server.ports['smtp']}"
        done = await _swaks("--server", server, "-f", "a@r.example", "-t", "x@elsewhere.example")
        assert done.returncode == 24
        assert served.inbound.taken == []
