"""`countersign serve`: the process around `App`: loop, signals, the ready line, exit status.

SIGTERM and SIGINT stop gracefully, a second one at once; SIGHUP reloads. What cannot work is said in
one line before anything is started, with status 2.
"""

import asyncio
import contextlib
import errno
import gc
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import uvloop

from mailcore import log
from mailcore.app.server import App
from mailcore.cli.failure import WrongUse, one_line, wrong_use
from mailcore.cli.limits import raise_file_limit
from mailcore.cli.notify import notify
from mailcore.cli.settings import Settings, with_settings
from mailcore.compiled import give_back
from mailcore.config import LISTENERS, Config
from mailcore.errors import ErrorKind, MailError

_KILLED: Final = 128
_LEAST_ROOM: Final = 1024 * 1024
"""Octets of the disk without which the database cannot be opened."""
_SWITCH_SECONDS: Final = 0.001
"""How long a thread of the background may keep the loop from running, where Python decides."""


@click.command()
@with_settings
def serve(settings: Settings) -> None:
    """Run the server until it is told to stop."""
    config = settings.load()
    preflight(config)
    raise_file_limit()
    log.configure(config.log.level, as_json=config.log.format == "json")
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, config))


async def _serve(settings: Settings, config: Config) -> None:
    app = App(config)
    process = _Process(settings)
    with process.signals():
        try:
            await app.run(on_ready=process.ready, stop=process.stop)
        except (MailError, OSError) as error:
            raise process.failure(error) from error
        except BaseExceptionGroup as group:
            expected, rest = group.split((MailError, OSError))
            if expected is None or rest is not None:
                raise
            raise process.failure(_first(expected)) from group


class _Process:
    """What the operating system and the operator see of one running server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: App | None = None
        self.stop = asyncio.Event()

    def ready(self, app: App) -> None:
        """Say that every listener accepts."""
        self._app = app
        gc.collect()
        gc.freeze()  # rules, tables and code live on: no collection looks at them again
        give_back()
        ports = " ".join(f"{name}={port}" for name, port in app.ports.items())
        print(f"ready {app.http_url} {ports}", flush=True)
        notify("READY=1")

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Handle signals while the block runs."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, number)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def _end(self, number: int) -> None:
        if self.stop.is_set():
            os._exit(_KILLED + number)  # the second signal: at once, the store survives it
        notify("STOPPING=1")
        self.stop.set()

    def _reload(self) -> None:
        logger = log.get(__name__)
        notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            config = self._settings.load()
            if self._app is not None:
                self._app.reload(config)
        except (MailError, WrongUse) as error:
            logger.error("server.reload_failed", reason=one_line(error.message, error.fix))  # noqa: TRY400
        else:
            logger.info("server.reloaded")
        finally:
            notify("READY=1")

    def failure(self, error: MailError | OSError) -> Exception:
        """What ended the run, as the one error to report: wrong use until the server was ready."""
        reason = error if isinstance(error, MailError) else _explain(error)
        return reason if self._app is not None else wrong_use(reason)


def _first(group: BaseExceptionGroup[BaseException]) -> MailError | OSError:
    one: BaseException = group
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one if isinstance(one, MailError | OSError) else OSError(str(one))


def _explain(error: OSError) -> MailError:
    reason = error.strerror or str(error)
    fix = "Check the addresses and ports in the configuration"
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        fix = "Stop the program that has the port, or set ports.offset"
    return MailError(ErrorKind.UNAVAILABLE, reason, fix=fix)


def preflight(config: Config) -> None:
    """Refuse what cannot work before anything is made: WrongUse names the thing and the fix.

    A full disk is no wrong use (OVER_LIMIT `disk_full`, status 1): the next try may find room.
    """
    for name in LISTENERS:
        port = config.ports.actual(name)
        if port > 65535:
            raise WrongUse(f"ports.{name} plus ports.offset is {port}", fix="Lower ports.offset")
    files = (("tls.cert", config.tls.cert), ("tls.key", config.tls.key))
    for key, path in (*files, ("outbound.ca_file", config.outbound.ca_file)):
        if path is not None and not _may(path, os.R_OK):
            reason = "cannot be read" if path.exists() else "does not exist"
            raise WrongUse(f"{key}: the file {path} {reason}", fix=f"Correct {key}")
    _check_data_dir(config)
    for address in config.server.listen:
        for name in LISTENERS:
            _check_port(name, address, config.ports.actual(name))


def _check_data_dir(config: Config) -> None:
    data_dir = config.server.data_dir
    if not data_dir.is_dir():
        raise WrongUse(
            f"the data directory {data_dir} does not exist",
            fix="Run `countersign init`, or correct server.data_dir",
        )
    if not _may(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise WrongUse(
            f"cannot write in the data directory {data_dir}",
            fix="Run as the user it belongs to",
        )
    if not (data_dir / "server.key").is_file():
        raise WrongUse(
            f"the server key {data_dir / 'server.key'} is missing",
            fix="Restore it from the backup, or run `countersign init`",
        )
    if shutil.disk_usage(data_dir).free < _LEAST_ROOM:
        raise MailError(
            ErrorKind.OVER_LIMIT,
            f"the disk of the data directory {data_dir} is full",
            code="disk_full",
            fix="Free space on it; reading alone needs a megabyte",
        )


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _check_port(name: str, address: str, port: int) -> None:
    """Bind once and let go, so that a port in use is named before anything is opened."""
    if not port:
        return
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, port))
    except OSError as error:
        if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL) and address == "::":
            return
        raise _port_refused(name, address, port, error) from error


def _port_refused(name: str, address: str, port: int, error: OSError) -> WrongUse:
    where = f"{name} port {port} on {address}"
    match error.errno:
        case errno.EADDRINUSE:
            return WrongUse(
                f"{where} is in use", fix=f"Stop the other program, or set ports.{name}"
            )
        case errno.EACCES:
            return WrongUse(
                f"{where} needs privileges",
                fix="Give CAP_NET_BIND_SERVICE, or set ports.offset",
            )
        case errno.EADDRNOTAVAIL:
            return WrongUse(
                f"{address} is not an address of this machine", fix="Correct server.listen"
            )
        case _:
            return WrongUse(f"cannot listen on {where}: {error.strerror}", fix="Check ports")
