"""One port on every address, or an error that says what to do."""

import socket
from contextlib import ExitStack

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.net.listening import listen


def test_a_free_port_is_the_same_on_every_address() -> None:
    with ExitStack() as opened:
        one, two = listen(("127.0.0.1", "127.0.0.2"), 0, opened)
        assert one.getsockname()[1] == two.getsockname()[1] != 0


def test_what_was_bound_is_closed_with_its_owner() -> None:
    with ExitStack() as opened:
        (bound,) = listen(("127.0.0.1",), 0, opened)
    assert bound.fileno() == -1


def test_a_port_in_use_is_named_with_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, ExitStack() as opened:
        port = other.getsockname()[1]
        with pytest.raises(MailError) as raised:
            listen(("127.0.0.1",), port, opened)
    assert raised.value.kind is ErrorKind.UNAVAILABLE
    assert f"127.0.0.1:{port}" in raised.value.message
    assert "ports.offset" in raised.value.fix


def test_an_address_of_another_machine_is_refused_with_the_setting_to_change() -> None:
    with ExitStack() as opened, pytest.raises(MailError) as raised:
        listen(("192.0.2.1",), 0, opened)
    assert "server.listen" in raised.value.fix
