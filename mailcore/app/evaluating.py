"""The guard as configured over the corpus of its evaluation; for commands, not for the server."""

from collections.abc import Iterator
from pathlib import Path

from guard.eval.against import detect_secrets, with_folder
from guard.eval.arrivals_table import evaluate_arrivals
from guard.eval.corpus import corpus
from guard.eval.table import evaluate, measure
from mailcore.app.guarding import build_guard
from mailcore.config import Config, parse
from mailcore.model import JsonObject
from mailcore.policy import Guard


def guard_corpus(seed: str, per_kind: int) -> Iterator[tuple[str, bytes]]:
    """The messages of the guard's evaluation, each with a name that says what is in it."""
    for number, one in enumerate(corpus(seed, per_kind), start=1):
        name = f"{number:05d}-{one.kind}-{one.carrier}".replace(" ", "_").replace("/", "_")
        yield name, one.raw


def fresh_guard(cache_dir: Path) -> Guard:
    """A guard with the defaults that can judge now; its compiled rules are kept in `cache_dir`."""
    server = {"domain": "bench.example", "hostname": "mail.bench.example"}
    tree: dict[str, object] = {
        "server": {**server, "owner": "owner@remote.example", "data_dir": str(cache_dir)},
        "guard": {"cache_dir": str(cache_dir)},
    }
    return build_guard(parse(tree, {}, base_dir=cache_dir)).warm_up()


def guard_figures(
    config: Config, seed: str, per_kind: int, against: str = ""
) -> tuple[list[str], JsonObject]:
    """What the guard as configured finds in that corpus and in arriving mail: as lines and as data.

    `against` names another scanner for the same messages in the same run.
    """
    judge = build_guard(config)
    if against:
        judge.warm_up()
        ours, theirs = (
            evaluate(judge, corpus(seed, per_kind)),
            with_folder(lambda folder: measure(detect_secrets(folder), corpus(seed, per_kind))),
        )
        lines = ["countersign", *ours.summary(), "", against, *theirs.summary()]
        return lines, {"countersign": ours.document(), against: theirs.document()}
    table, arriving = evaluate(judge, corpus(seed, per_kind)), evaluate_arrivals(judge)
    lines = [*table.lines(), "", *arriving.lines()]
    return lines, {**table.document(), "arriving": arriving.document()}
