"""What the doctor asks the world: names there and back, and a host that takes mail."""

import socket
from pathlib import Path

import pytest

from mailcore.app.finding import State
from mailcore.app.reach import host_name, listener, way_out
from mailcore.config import Config, parse
from mailcore.demo.sink import Sink
from tests.support.dns import asking

HOST = "mail.example.org"
BACK = "4.2.0.192.in-addr.arpa"


def config(folder: Path, **sections: dict[str, object]) -> Config:
    server: dict[str, object] = {
        "domain": "example.org",
        "hostname": HOST,
        "owner": "ana@example.net",
        "data_dir": str(folder),
        "listen": ["127.0.0.1"],
    }
    return parse({"server": server, **sections}, {}, base_dir=folder)


@pytest.mark.parametrize(
    ("records", "state", "word"),
    [
        ([(HOST, "A", "192.0.2.4"), (BACK, "PTR", f"{HOST}.")], State.OK, "there and back"),
        (
            [(HOST, "A", "192.0.2.4"), (BACK, "PTR", "vps7.isp.test.")],
            State.PROBLEM,
            "vps7.isp.test",
        ),
        ([(HOST, "A", "192.0.2.4")], State.PROBLEM, "no name"),
        ([], State.PROBLEM, "no address"),
    ],
)
async def test_the_host_name_must_lead_to_us_and_back(
    tmp_path: Path, records: list[tuple[str, str, str]], state: State, word: str
) -> None:
    async with asking(*records) as resolver:
        found = await host_name(config(tmp_path), resolver)
    assert (found.state, word in found.message) == (state, True)
    assert bool(found.fix) is (state is not State.OK)


async def test_the_way_out_is_a_host_that_greets(tmp_path: Path) -> None:
    """That of the owner's own domain: notices must arrive."""
    sink = Sink()
    port = await sink.start()
    try:
        records = [
            ("example.net", "MX", "10 mx.example.net."),
            ("mx.example.net", "A", "127.0.0.1"),
        ]
        async with asking(*records) as resolver:
            found = await way_out(config(tmp_path, outbound={"port": port}), resolver)
        assert (found.state, found.subject) == (State.OK, f"way out to mx.example.net:{port}")
    finally:
        await sink.stop()


async def test_a_closed_port_and_a_domain_without_mail_are_problems(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        async with asking(("example.net", "A", "127.0.0.1")) as resolver:
            found = await way_out(config(tmp_path, outbound={"port": port}), resolver)
    assert (found.state, f"open port {port}" in found.fix) == (State.PROBLEM, True)
    async with asking(("example.net", "MX", "0 .")) as resolver:
        found = await way_out(config(tmp_path), resolver)
    assert (found.state, found.fix) == (
        State.PROBLEM,
        "Set server.owner to an address that gets mail",
    )


async def test_a_port_where_another_program_answers_is_named(tmp_path: Path) -> None:
    """Here a mail host on the port of IMAP."""
    sink = Sink()
    port = await sink.start()
    try:
        found = await listener(config(tmp_path, ports={"imap": port}), "imap")
    finally:
        await sink.stop()
    assert (found.state, found.message) == (State.PROBLEM, "another program answers")
