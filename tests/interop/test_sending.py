"""msmtp and curl submit; Postfix's smtp-sink receives through the MX of the zone."""

from pathlib import Path

import dkim
import pytest

from tests.interop.conftest import Program
from tests.support.process import free_port
from tests.support.running import ANA, LEAK, Agent, Running, running
from tests.support.smtp_sink import smtp_sink

pytestmark = pytest.mark.interop

LETTER = f"From: mia@example.org\nTo: {ANA}\nSubject: By msmtp\n\n"


def msmtprc(folder: Path, server: Running, mia: Agent, *, is_implicit: bool) -> Path:
    path = folder / "msmtprc"
    path.write_text(
        f"""defaults
host 127.0.0.1
port {server.ports["submissions" if is_implicit else "submission"]}
tls on
tls_starttls {"off" if is_implicit else "on"}
tls_trust_file {server.ca_file}
auth on
user {mia.email}
password {mia.password}
from {mia.email}
account default
"""
    )
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("is_implicit", [False, True], ids=["587", "465"])
async def test_msmtp_submits_and_the_mail_leaves_signed(
    server: Running, mia: Agent, program: Program, tmp_path: Path, is_implicit: bool
) -> None:
    rc = msmtprc(tmp_path, server, mia, is_implicit=is_implicit)
    text = LETTER + "They come on Friday.\n"
    done = await program("msmtp", "-C", rc, ANA, stdin=text.encode())
    assert done.status == 0, done.out
    got = await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    assert is_signed(server, got.raw)


async def test_msmtp_is_told_that_a_leak_is_held(
    server: Running, mia: Agent, program: Program, tmp_path: Path
) -> None:
    rc = msmtprc(tmp_path, server, mia, is_implicit=True)
    done = await program("msmtp", "-C", rc, "-v", ANA, stdin=(LETTER + LEAK + "\n").encode())
    assert done.status == 0
    assert "250 2.0.0 held " in done.out
    await server.queue_is_empty()
    assert server.leaked() == []


async def test_curl_submits(server: Running, mia: Agent, program: Program, tmp_path: Path) -> None:
    file = tmp_path / "letter.eml"
    file.write_bytes((LETTER + "They come on Friday.\n").replace("\n", "\r\n").encode())
    done = await program(
        "curl", "-sS", "--cacert", server.ca_file, "--user", f"{mia.email}:{mia.password}",
        "--mail-from", mia.email, "--mail-rcpt", ANA, "--upload-file", file,
        f"smtps://127.0.0.1:{server.ports['submissions']}/x.example",
    )  # fmt: skip
    assert done.status == 0, done.out
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)


async def test_mail_reaches_smtp_sink_through_the_mx(tmp_path: Path, program: Program) -> None:
    port = free_port()
    sections: dict[str, dict[str, object]] = {"outbound": {"port": port}}
    async with (
        smtp_sink(port) as sink,
        running(tmp_path / "server", sections=sections) as server,
    ):
        mia = await server.agent("mia")
        body = {"to": [ANA], "subject": "By API", "text": "They come on Friday."}
        sent = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
        rc = msmtprc(tmp_path, server, mia, is_implicit=True)
        done = await program("msmtp", "-C", rc, ANA, stdin=(LETTER + "Hello.\n").encode())
        assert done.status == 0, done.out
        await server.until(
            f"/v1/messages/{sent['id']}/delivery",
            lambda one: one["recipients"][0]["state"] == "delivered",
            key=mia.api_key,
        )
        await server.queue_is_empty()
        files = [path.read_bytes() for path in sorted(sink.folder.iterdir())]
        raws = [message_of(dump) for dump in files]
        assert len(raws) == 2
        assert all(is_signed(server, raw) for raw in raws)


def message_of(dump: bytes) -> bytes:
    """The message in a dump, behind the X- lines and the Received field that smtp-sink adds."""
    lines = dump.split(b"\n")
    start = next(n for n, line in enumerate(lines) if line.lower().startswith(b"dkim-signature:"))
    return b"\r\n".join(lines[start:]).rstrip(b"\r\n") + b"\r\n"


def is_signed(server: Running, raw: bytes) -> bool:
    """Whether dkimpy's own verifier finds our signature good."""

    def lookup(name: bytes, timeout: int = 5) -> bytes | None:
        found = server.world.zone._records.get((name.decode().rstrip(".").lower(), "TXT"))
        return found[0].encode() if found else None

    verifier = dkim.DKIM(raw)
    return bool(verifier.verify(dnsfunc=lookup)) and verifier.domain == b"example.org"
