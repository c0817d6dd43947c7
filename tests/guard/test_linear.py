"""Work grows with the size of the input and not faster, counted in octets that rules are applied to."""

import pytest

from guard.carriers import Collector
from guard.decode import Decoder
from guard.eval.carriers import CARRIERS, Carrier
from guard.markup import Stripper
from mailcore.policy import NoExtractor

DECODER = Decoder()
STRIPPER = Stripper()
BY_NAME = [one for one in CARRIERS if "pdf" not in one.name]


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
