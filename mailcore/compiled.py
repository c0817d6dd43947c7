"""Compiled rules in files, so that a start need not compile them again: the `RuleCache` of the server.

A file is believed only with its own digest. It may be deleted at any time, and what cannot be written
is compiled again at the next start.
"""

import ctypes
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, override

from mailcore.policy import RuleCache

_SUFFIX: Final = ".rules"
_DIGEST_OCTETS: Final = 32
_MOST_FILES: Final = 128
"""Older releases leave theirs behind."""


class CompiledFiles(RuleCache):
    """Files in one directory, readable by their owner only. Safe for several processes at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @override
    def get(self, key: str) -> bytes | None:
        try:
            whole = (self._directory / f"{key}{_SUFFIX}").read_bytes()
        except OSError:
            return None
        digest, compiled = whole[:_DIGEST_OCTETS], whole[_DIGEST_OCTETS:]
        return compiled if hashlib.sha256(compiled).digest() == digest else None

    @override
    def put(self, key: str, compiled: bytes) -> None:
        with suppress(OSError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._directory / f"{key}{_SUFFIX}", compiled)
            self._prune()

    def _write(self, path: Path, compiled: bytes) -> None:
        descriptor, staged = tempfile.mkstemp(dir=self._directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(compiled).digest() + compiled)
            Path(staged).replace(path)
        except OSError:
            Path(staged).unlink(missing_ok=True)
            raise

    def _prune(self) -> None:
        files = sorted(
            self._directory.glob(f"*{_SUFFIX}"), key=lambda one: one.stat().st_mtime, reverse=True
        )
        for one in files[_MOST_FILES:]:
            one.unlink(missing_ok=True)


def give_back() -> None:
    """Return to the system what compiling the rules has used, where the C library can (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
