"""Documents read by a child process that is killed when it takes too long: the `Extractor` of the server.

The program (`guard/extract.py`) limits its own memory, processor time and output; this side limits
wall time and how many run at once, and believes nothing but a well-formed answer. Documents pass by
unnamed temporary files, so that neither side can block the other. No environment is handed down.
Safe to call from several threads; blocks for at most the time limit.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Annotated, Final, override

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from mailcore.policy import Extraction, Extractor

_OUTPUT_OCTETS: Final = 64 * 1024 * 1024
_GONE: Final = Extraction(trouble="a document that cannot be read within limits")


class _Answer(BaseModel):
    """What the child wrote: it has read hostile input, so its words are checked like a stranger's."""

    model_config = ConfigDict(extra="forbid", strict=True)

    texts: list[str]
    files: list[tuple[str, Base64Bytes]]
    trouble: Annotated[str, Field(max_length=200)]


class Sandbox(Extractor):
    """Runs `program` once a document."""

    def __init__(
        self,
        program: Path,
        *,
        seconds: int = 4,
        memory_bytes: int = 768 * 1024 * 1024,
        at_once: int | None = None,
    ) -> None:
        self._command: Final[Sequence[str]] = (sys.executable, "-I", str(program))
        self._seconds: Final = seconds
        self._memory: Final = memory_bytes
        self._places: Final = threading.BoundedSemaphore(at_once or max(2, os.cpu_count() or 1))

    @override
    def extract(self, kind: str, payload: bytes) -> Extraction:
        if not self._places.acquire(timeout=self._seconds):
            return _GONE
        try:
            return self._run(kind, payload)
        finally:
            self._places.release()

    def _run(self, kind: str, payload: bytes) -> Extraction:
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as written:
            given.write(payload)
            given.seek(0)
            if not self._child(kind, given, written):
                return _GONE
            written.seek(0)
            answer = written.read(_OUTPUT_OCTETS)
        try:
            read = _Answer.model_validate_json(answer)
        except ValidationError:
            return _GONE
        return Extraction(texts=tuple(read.texts), files=tuple(read.files), trouble=read.trouble)

    def _child(self, kind: str, given: IO[bytes], written: IO[bytes]) -> bool:
        """Whether the program ended well in time."""
        numbers = (self._memory, self._seconds, _OUTPUT_OCTETS)
        with subprocess.Popen(  # noqa: S603 - our own program, numbers and a fixed word
            [*self._command, kind, *map(str, numbers)],
            stdin=given,
            stdout=written,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
        ) as child:
            try:
                return child.wait(self._seconds + 1) == 0
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                return False
