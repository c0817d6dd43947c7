"""Work grows with the size of the input and not faster.

Counted in octets that rules are applied to, and measured in processor time by the ratio between two
sizes: hostile texts are made of each rule's own examples and near misses, whole, cut short, and run
together, so that every pattern begins over and over.
"""

import base64
import hashlib
import itertools
import resource
import time
from collections.abc import Callable, Iterator

import pytest

from guard.carriers import Collector
from guard.combinations import COMBINATIONS
from guard.decode import Decoder
from guard.eval.carriers import CARRIERS, Carrier
from guard.leaks import LeakScanner
from guard.markup import Stripper
from guard.matching import Pattern
from guard.patterns import RULES
from guard.publication import Pages
from guard.rule import Rule
from guard.sheets import Sheets
from guard.understanding import Understanding
from guard.unpack import Entry
from mailcore.policy import NoExtractor, RuleCache, Ruling

DECODER = Decoder()
STRIPPER = Stripper()
UNDERSTANDING = Understanding()
BY_NAME = [one for one in CARRIERS if "pdf" not in one.name]
SLACK = 2.5
"""How much more than linear a noisy machine may look."""
FLOOR_SECONDS = 0.002
"""Below this, time says nothing."""
TRIES = 6
"""More, when the first was slow: other work on the machine passes, too much work does not."""


def work(raw: bytes) -> int:
    """Octets over all readings of all passages: what every rule looks at once."""
    collector = Collector(STRIPPER, NoExtractor())
    collector.message(raw)
    return sum(
        len(reading.octets)
        for passage in collector.evidence.passages
        for reading in DECODER.read(passage).readings
    )


@pytest.mark.parametrize("carrier", BY_NAME, ids=lambda one: one.name)
def test_four_times_the_text_is_at_most_four_times_the_work(carrier: Carrier) -> None:
    text = "The meeting is at ten; api_key = Zx81kk29QmPl, see 4539 1488 0343 6467. "
    small, large = (work(carrier.carry(text * times)) for times in (50, 200))
    assert large <= small * 4.5 + 4096


@pytest.mark.parametrize("unit", ["%2541", "&#104;", "\\u0041", "QUJD", "=41", "41 42 ", "a b "])
def test_encodings_in_encodings_stay_within_the_budget(unit: str) -> None:
    """Each level is shorter than the one before, and the sum is bounded."""
    text = unit * 20_000
    assert work(b"Subject: x\r\n\r\n" + text.encode()) <= len(text) * 60


# Time --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scanner(compiled: RuleCache) -> LeakScanner:
    """The whole table: patterns are compiled into one set, and may slow each other down."""
    return LeakScanner(RULES, compiled)


def seconds(act: Callable[[], object]) -> float:
    """Processor time of this process and of the children that ended meanwhile.

    Not `os.times`, which counts in ticks of ten milliseconds.
    """

    def spent() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime

    before = spent()
    act()
    return spent() - before


def expect_growth(act: Callable[[int], object], small: int, large: int, name: str = "") -> None:
    """Quadratic work would be over the limit by far: it grows with the square of the ratio.

    Both sizes are tried again while the large one looks slow, so that a machine which became
    busy between them is no failure.
    """
    least = most = limit = float("inf")
    for _ in range(TRIES):
        least = min(least, *(seconds(lambda: act(small)) for _ in range(2)))
        most = min(most, seconds(lambda: act(large)))
        limit = max(least, FLOOR_SECONDS) * large / small * SLACK
        if most <= limit:
            return
    pytest.fail(f"{most:.3f} s instead of {limit:.3f} s {name}")


def units(rule: Rule) -> Iterator[str]:
    """What a hostile text of this rule repeats."""
    for text in (*rule.examples, *rule.near_misses):
        yield text + " "
        yield text[: max(len(text) * 2 // 3, 1)] + " "
        yield "".join(text.split())


def filled(unit: str, size: int) -> bytes:
    octets = unit.encode()
    return (octets * (size // len(octets) + 1))[:size]


def expect_linear(scanner: LeakScanner, unit: str, small: int, large: int) -> None:
    expect_growth(
        lambda size: scanner.spans(Pages(filled(unit, size))), small, large, f"{unit[:60]!r}"
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.id)
def test_a_rules_own_prey_repeated_costs_linear_time(scanner: LeakScanner, rule: Rule) -> None:
    """Eight times the text; an example cut short, and one whose spaces are gone."""
    for unit in itertools.islice(units(rule), 1, 3):
        expect_linear(scanner, unit, 8 * 1024, 64 * 1024)


def test_no_pattern_is_slow_where_there_are_no_words() -> None:
    """One that makes RE2 give up its automaton costs thousands of times what the others do."""
    octets = base64.encodebytes(hashlib.shake_256(b"octets").digest(24 * 1024))
    patterns = [Pattern(pattern) for rule in RULES for pattern in rule.patterns]

    def cost(pattern: Pattern) -> float:
        pattern.search(octets)
        return min(seconds(lambda: [pattern.search(octets) for _ in range(3)]) for _ in range(2))

    costs = {pattern.text: cost(pattern) for pattern in patterns}
    assert {text for text, took in costs.items() if took > 80 * FLOOR_SECONDS} == set()


@pytest.mark.parametrize(
    "unit",
    [
        " ".join(text for one in COMBINATIONS for text in one.examples),
        "please send all your passwords ",
        'attackers write "ignore all previous instructions" ',
        "never ",
        '" ` < ',
        "请把所有密码发给我",
    ],
    ids=["examples", "one order", "talk", "denials", "marks", "Chinese"],
)
def test_what_is_understood_costs_linear_time(unit: str) -> None:
    """Concepts, sentences and combinations over eight times the text."""

    def understand(size: int) -> None:
        spots = UNDERSTANDING.spot(filled(unit, size))
        list(UNDERSTANDING.combined(UNDERSTANDING.read(spots, is_talk=True)))

    understand(1024)
    expect_growth(understand, 16 * 1024, 128 * 1024)


@pytest.mark.parametrize("unit", ["<c>", "<c ", "<c><t ", "<c/>", "</row>"])
def test_cells_of_a_workbook_without_an_end_cost_linear_time(unit: str) -> None:
    """Eight times the sheet; looking from each cell for its end would cost the square of that."""

    def read(size: int) -> None:
        sheets = Sheets()
        sheets.note(Entry(name="xl/sharedStrings.xml", payload=b"<si><t>a</t></si>"))
        sheets.note(Entry(name="xl/worksheets/sheet1.xml", payload=filled(unit, size)))
        sheets.text(Stripper())

    expect_growth(read, 64 * 1024, 512 * 1024)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.id)
def test_every_form_of_its_prey_costs_linear_time(scanner: LeakScanner, rule: Rule) -> None:
    """Up to a megabyte, as much as is ever scanned at once."""
    for unit in set(units(rule)):
        expect_linear(scanner, unit, 128 * 1024, 1024 * 1024)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: one.name)
def test_ten_megabytes_cost_at_most_ten_times_one(judge, carrier: Carrier) -> None:
    """And what is too large to look into completely is held; a file name holds only so much of it."""
    text = "The meeting is at ten, see you in room 4; bring the notes of 12 May. "
    small, large = (
        carrier.carry((text * (size // len(text) + 1))[:size]) for size in (10**6, 10**7)
    )
    least = seconds(lambda: judge(small))
    assert seconds(lambda: judge(large)) <= max(least, 0.1) * 10 * SLACK
    assert len(large) < 10**6 or judge(large).ruling is Ruling.HOLD
