"""Figures of measured runs, and the messages they are measured with."""

import os

from mailcore.bench.figures import Row, Run, percentile
from mailcore.bench.samples import message
from mailcore.bench.usage import usage_of


def test_a_percentile_is_one_of_the_values() -> None:
    """The smallest that enough values do not exceed."""
    values = [float(one) for one in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50.0, 99.0)
    assert percentile([7.0], 0.01) == 7.0


def test_a_row_shows_medians_and_the_spread() -> None:
    """Three runs: one slow run does not move the figure, but it is not hidden."""
    runs = [
        Run(operations=100, seconds=seconds, server_cpu_seconds=0.2, latencies=[0.001])
        for seconds in (1.0, 2.0, 1.25)
    ]
    shown = Row(server="s", load="l", runs=tuple(runs)).figures()
    assert (shown["rate"], shown["rate_min"], shown["rate_max"]) == (80.0, 50.0, 100.0)
    assert (shown["cpu_ms_per_operation"], shown["p99_ms"]) == (2.0, 1.0)


def test_a_server_that_was_not_watched_has_no_cpu_figure() -> None:
    """Nothing is made up for a peer without `--against-pid`."""
    shown = Row(server="s", load="l", runs=(Run(operations=1, seconds=1.0),)).figures()
    assert shown["cpu_ms_per_operation"] is None
    assert shown["rss_mib"] is None


def test_messages_differ_and_have_the_size_asked_for() -> None:
    """About the size, never with a line that starts with a dot, and the same in every run."""
    one, two = message(1, 4096), message(2, 4096)
    assert one != two
    assert one == message(1, 4096)
    assert 4096 <= len(one) < 4096 + 200
    assert b"\n." not in one
    assert one.count(b"\n") == one.count(b"\r\n")


def test_usage_counts_this_process() -> None:
    """Something is used and resident; a process that does not exist has used nothing."""
    mine = usage_of(os.getpid())
    assert mine.cpu_seconds > 0
    assert mine.rss_bytes > 1 << 20
    assert usage_of(0).rss_bytes == 0
