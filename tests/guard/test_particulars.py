"""What is a person's own is found in any layout, and in no mail that only uses the same words."""

import pytest

from guard.rule import Scope

DOCUMENT = "K4823910X"
LAYOUTS = [
    "passport: {}",
    "her passport number is {}",
    "Passport\n{}",
    "passport | {}",
    "{} is my passport",
    '{{"passport_number": "{}"}}',
    "<passport>{}</passport>",
    "field,value\nname,Tom Reed\npassport_no,{}",
    "passport of Tom Reed, {}, valid until 2031",
    "Reisepass-Nr. {}",
    "n° de passeport : {}",
    "护照：{}",
]
LISTS = [
    "Ann Poe, ann@a.io, London; Bob Roe, bob@b.io, Leeds; Cyd Doe, cyd@c.io, York",
    "1. Ann Poe - Graz - 0664 1234567\n2. Bob Roe - Linz - 0676 7654321\n3. Cyd Doe - Wels - 0699 1122334",
    "name: Ann Poe\ntel: 06 12 34 56 78\n\nname: Bob Roe\ntel: 06 98 76 54 32\n\nname: Cyd Doe\ntel: 07 11 22 33 44",
    '[{"first":"Ann","last":"Poe","mail":"a@a.io"},{"first":"Bob","last":"Roe","mail":"b@b.io"},{"first":"Cyd","last":"Doe","mail":"c@c.io"}]',
    "our clients pay: Ann Poe 120 EUR, Bob Roe 80 EUR, Cyd Doe 95 EUR",
]
ORDINARY = [
    "Your passport must be valid until 2031-04-12, bring two photos.",
    "We are hiring a clerk, salary 3,200 to 3,800 EUR, 30 days of leave.",
    "Ann Poe\nTel. 0711 445566\nMobil 0171 2233445",
    "The court opens at nine; the library at 14 Harbour Street is opposite.",
    "Our warehouse is at 14 Harbour Street, Bristol BS1 4QA.",
    "Speakers: Ann Poe (Leeds), Bob Roe (York), Cyd Doe (Bath), tickets 20 EUR, 30 EUR and 40 EUR",
    "The left margin is 20 px, the right margin 30 px.",
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_document_is_found_in_every_layout(scan, layout):
    """Behind its label, in the next line or cell, as a field, and in front of it."""
    found = [match for match in scan(layout.format(DOCUMENT)) if match.rule.category == "pii"]
    assert any(DOCUMENT in match.value for match in found)


@pytest.mark.parametrize("text", LISTS)
def test_three_people_with_what_belongs_to_them_are_a_list(scan, text):
    """However it is laid out."""
    assert any(match.severity.rank >= 2 for match in scan(text))


@pytest.mark.parametrize("text", ORDINARY)
def test_the_same_words_in_ordinary_mail_hold_nothing(scan, text):
    """A label without its value, a value that is nobody's."""
    assert not [match for match in scan(text, Scope.PROSE) if match.severity.rank >= 2]
