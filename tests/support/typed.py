"""A folder for PATH in which `countersign` starts quickly: a process of its own for every command, forked
from one that has imported everything already. `curl` there says nothing but answers, and fails on errors.
"""

import array
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mailcore.cli.root import root, run
from tests.support.process import ROOT, environment

_CLIENT = """
import array, json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({path!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    fds = array.array("i", [0, 1, 2])
    line.sendmsg([len(call).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    line.sendall(call)
    os._exit(line.recv(1)[0])
"""


@contextlib.contextmanager
def commands(folder: Path) -> Iterator[Path]:
    """The folder, as long as its commands can be run."""
    places = folder / "bin"
    places.mkdir()
    path = folder / "commands.sock"
    client = _CLIENT.format(path=str(path))
    _script(places / "countersign", f"#!{sys.executable} -SIE\n{client}")
    curl = shutil.which("curl")
    _script(places / "curl", f'#!/bin/sh\nexec {curl} -sS --fail-with-body --max-time 60 "$@"\n')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.typed", str(listener.fileno())],
            pass_fds=[listener.fileno()],
            cwd=ROOT,
            env=environment(),
        )
        try:
            yield places
        finally:
            process.kill()
            process.wait()


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _serve(listener: socket.socket) -> None:
    """Take calls, one after another, until this process is killed."""
    for name in root.list_commands(None):  # type: ignore[arg-type]
        root.get_command(None, name)  # type: ignore[arg-type]
    while True:
        line, _ = listener.accept()
        with line:
            line.sendall(bytes([_call(line)]))


def _call(line: socket.socket) -> int:
    size = array.array("i", [0, 0, 0]).itemsize * 3
    head, ancillary, _, _ = line.recvmsg(4, socket.CMSG_SPACE(size))
    fds = array.array("i", ancillary[0][2])
    with line.makefile("rb") as stream:
        arguments, cwd, variables = json.loads(stream.read(int.from_bytes(head, "big")))
    child = os.fork()
    if child == 0:
        os._exit(_command(fds, arguments, cwd, variables))
    for one in fds:
        os.close(one)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _command(
    fds: "array.array[int]", arguments: list[str], cwd: str, variables: dict[str, str]
) -> int:
    for number, one in enumerate(fds):
        os.dup2(one, number)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    try:
        return run(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
