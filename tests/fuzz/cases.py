"""Cases the fuzzer has found, kept as text: a file for each target, one case in base64 on a line."""

import base64
from collections.abc import Iterable
from pathlib import Path

_FOLDER = Path(__file__).with_name("cases")


def load(target: str) -> list[bytes]:
    """The cases of a target, the shortest first."""
    path = _FOLDER / f"{target}.txt"
    return [base64.b64decode(line) for line in path.read_text("ascii").splitlines()]


def save(target: str, cases: Iterable[bytes]) -> None:
    """Keep these cases instead."""
    lines = sorted(
        {base64.b64encode(one).decode("ascii") for one in cases}, key=lambda x: (len(x), x)
    )
    (_FOLDER / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), "ascii")
