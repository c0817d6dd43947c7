"""Which display names are the same name to who reads them."""

import pytest

from mailcore.message.names import name_key

SAME = (
    ("Jörg Müller", "JÖRG  müller"),
    ("Jörg Müller", "Jorg Muller"),
    ("Jörg Müller", "Müller, Jörg"),
    ("Jörg Müller", "Dr. Jörg Müller"),
    ("Jörg Müller", "Jörg K. Müller"),
    ("Anna Berg", "\u0410nna B\u0435rg"),
    ("Anna Berg", "A\u200bnna\u2060 Be\u00adrg"),
    ("Anna Berg", "\uff21\uff4e\uff4e\uff41 \uff22\uff45\uff52\uff47"),
    ("Anna Berg", "\U0001d400nna \U0001d401erg"),
    ("Łukasz Żak", "Lukasz Zak"),
    ("Анна Петрова", "петрова анна"),
    ("İpek Yılmaz", "Ipek Yilmaz"),
    ("田中太郎", "田中太郎 "),
    ("박지훈", "박지훈"),
)
OTHER = (("Anna Berg", "Anna Berger"), ("Anna Berg", "Anne Berg"), ("Anna Berg", "Anna"))
COMMON = ("", "Anna", "Support", "A. B.", "王芳", "12 34", "Dr. Anna", "Anna B.")


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_name_is_one_however_it_is_spelled(one: str, other: str) -> None:
    """Case, accents, order, titles, look-alikes, what cannot be seen."""
    assert name_key(one) == name_key(other) != ""


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_names_are_others(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("name", COMMON)
def test_what_many_are_called_says_nothing(name: str) -> None:
    """A first name, an office, two characters."""
    assert name_key(name) == ""


def test_a_long_name_costs_no_more_than_its_beginning() -> None:
    assert name_key("Anna Berg" + " x" * 100_000) == name_key("Anna Berg")
