import pytest

from guard.eval.corpus import Sample, corpus, leak_texts
from guard.eval.table import evaluate


def test_the_same_seed_gives_the_same_corpus():
    """Anyone can repeat the figures."""
    assert list(leak_texts("7", 2)) == list(leak_texts("7", 2))
    assert list(leak_texts("7", 2)) != list(leak_texts("8", 2))


@pytest.mark.timeout(110)
def test_the_figures_of_the_product_are_reached(guard):
    """Recall 95 %, plain carriers 99 %, hard ones 90 %; near misses 2 %, ordinary mail 0.5 %."""
    table = evaluate(guard, corpus(seed="test", per_kind=1))
    assert table.recall >= 0.95
    assert table.plain.rate >= 0.99
    assert table.hard.rate >= 0.90
    assert table.near_misses.rate <= 0.02
    assert table.ham.rate <= 0.005


def test_the_table_counts_and_prints(guard):
    """Rows by kind and carrier, missed leaks named."""
    samples = [
        Sample(
            kind="nothing",
            carrier="text",
            is_hard=False,
            is_leak=True,
            raw=b"Subject: hi\r\n\r\nhello",
        ),
        Sample(
            kind="ham",
            carrier="text",
            is_hard=False,
            is_leak=False,
            raw=b"Subject: hi\r\n\r\nhello",
        ),
    ]
    table = evaluate(guard, samples)
    assert table.missed == (("nothing", "text"),)
    assert table.recall == 0.0
    assert any(line.startswith("nothing") for line in table.lines())
