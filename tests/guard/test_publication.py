"""What was written for many is read as such, whole, in parts, quoted and turned."""

import pytest

from guard.decode import Decoder, Passage
from guard.leaks import LeakScanner
from guard.patterns import RULES
from guard.publication import Pages, is_publication
from mailcore.policy import RuleCache

DECODER = Decoder()
TOLD = "Bishop Tom Hardy lives with a gay priest, his sister Anna told us over tea."
REST = "The tea was very good and the garden is worth a visit, too. " * 5
FOOT = f"{REST}\n_____\nTea-list mailing list\nhttp://lists.tea.example/tea\nTo unsubscribe write to tea-request@lists.tea.example\n"


@pytest.fixture(scope="module")
def scanner(compiled: RuleCache) -> LeakScanner:
    return LeakScanner(RULES, compiled)


def held(scanner: LeakScanner, text: str) -> set[str]:
    """The rules that would hold it, in any reading."""
    readings = DECODER.read(Passage(place="text", text=text)).readings
    return {one.rule.id for one in scanner.scan(readings) if one.severity.rank >= 2}


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def test_what_is_told_on_a_list_is_nobodys_own(scanner: LeakScanner) -> None:
    assert held(scanner, TOLD)
    assert not held(scanner, f"{TOLD}\n\n{FOOT}")


def test_a_list_is_as_quiet_where_somebody_quotes_it(scanner: LeakScanner) -> None:
    assert held(scanner, quoted(TOLD))
    assert not held(scanner, f"I have read it.\n\n{quoted(f'{TOLD}\n\n{FOOT}')}\n")


def test_parts_of_a_text_are_for_many_when_the_whole_is(scanner: LeakScanner) -> None:
    """Lines that fill a width are joined to a text of their own, without the foot."""
    lines = TOLD.replace("lives with a gay", "lives with a\ngay")
    assert not held(scanner, f"{lines}\n\n{FOOT}")


def test_whom_the_writer_serves_is_private_on_a_list_as_well(scanner: LeakScanner) -> None:
    owed = "tenant Tom Hardy owes the bank 43,000 EUR."
    assert "pii.debt_told" in held(scanner, f"Our {owed}\n\n{FOOT}")
    assert not held(scanner, f"The {owed}\n\n{FOOT}")


@pytest.mark.parametrize(
    "text",
    [
        "Please add Anna to the mailing list, see https://lamps.example",
        "The film starts at eight, said Tom.",
        "Here is the newsletter you asked for.",
    ],
)
def test_a_letter_that_speaks_of_lists_and_links_is_for_one(text: str) -> None:
    assert not is_publication(text.encode())


def test_each_text_is_asked_by_itself() -> None:
    private, public = TOLD.encode(), f"{TOLD}\n\n{FOOT}".encode()
    start = len(private) + 3
    pages = Pages(private + b"\n\x1e\n" + public, (0, start), ("", ""))
    assert [pages.is_publication(at) for at in (0, start)] == [False, True]


def test_an_empty_line_of_a_quotation_ends_a_paragraph(scanner: LeakScanner) -> None:
    """What stands behind it belongs to nothing in front of it, as where nothing is quoted."""
    told, other = "Our tenant Tom Hardy owes the bank", "43,000 EUR for the roof"
    assert "pii.debt_told" in held(scanner, quoted(f"{told} {other}"))
    assert "pii.debt_told" not in held(scanner, f"{told}\n\n{other}")
    assert "pii.debt_told" not in held(scanner, quoted(f"{told}\n\n{other}"))


def test_no_match_goes_from_one_text_to_the_next(scanner: LeakScanner) -> None:
    texts = ("Our rules are in Handbook2024.", "Our password is to be changed each year.")
    readings = [
        reading
        for text in texts
        for reading in DECODER.read(Passage(place=text[:9], text=text)).readings
    ]
    assert not [one for one in scanner.scan(readings) if one.severity.rank >= 2]


def test_asking_for_publication_takes_time_in_proportion_to_the_text() -> None:
    """Only the whole text once: the answer is kept."""
    pages = Pages(b"mailing list " * 1000 + b">" * 10_000)
    assert {pages.is_publication(at) for at in range(0, 20_000, 50)} == {False}
