"""Fuzz one target: `python -m tests.fuzz TARGET --seconds 1800 [--folder FOLDER] [--keep]`.

Coverage guides the search (libFuzzer, by atheris). It ends at the first input that fails or takes too
long, which is left in the folder as `crash-…`; a second run there goes on from what the first one found.
With `--keep` nothing is searched: the folder's inputs, the smallest that reach everything, become cases.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["imapd", "smtpd", "mailcore.message", "mailcore.mailauth"]
):
    from tests.fuzz import cases
    from tests.fuzz.targets import MAX_OCTETS, TARGETS, check

MAX_KEPT = 150
MAX_KEPT_OCTETS = 600


def main() -> None:
    """Read the arguments and search."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=1800)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix=f"fuzz-{arguments.target}-"))
    if arguments.keep:
        keep(arguments.target, folder)
        return
    search(arguments.target, folder, arguments.seconds)


def search(name: str, folder: Path, seconds: int) -> None:
    """Search for so long; ends the process."""
    target, corpus = TARGETS[name], folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate((*target.seeds, *cases.load(name))):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = folder / "words"
    shown = ("".join(f"\\x{octet:02x}" for octet in word) for word in target.words)
    words.write_text("".join(f'"{word}"\n' for word in shown), "ascii")
    print(f"{name}: {folder}", flush=True)
    options = (
        *(
            f"-max_total_time={seconds}",
            f"-max_len={MAX_OCTETS}",
            "-timeout=60",
            "-rss_limit_mb=2048",
        ),
        *(f"-artifact_prefix={folder}/", f"-dict={words}", "-print_final_stats=1", "-verbosity=1"),
    )
    atheris.Setup([sys.argv[0], str(corpus), *options], lambda octets: check(target, octets))
    atheris.Fuzz()


def keep(name: str, folder: Path) -> None:
    """Make cases of the smaller inputs, spread over what was found, and of every failure."""
    found = [path.read_bytes() for path in sorted((folder / "corpus").iterdir())]
    small = sorted({one for one in found if len(one) <= MAX_KEPT_OCTETS}, key=lambda x: (len(x), x))
    step = max(1, len(small) // MAX_KEPT)
    failed = [path.read_bytes() for path in folder.glob("crash-*")]
    cases.save(name, [*small[::step], *failed, *cases.load(name)])


main()
