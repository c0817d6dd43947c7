"""What goes on in a home, a family or a firm is held; the same words about anything else are not."""

import pytest

from guard.evidence import named_amounts
from guard.given_names import has_given_name

TOLD = {
    "owner.limit_told": [
        "My boss is prepared to pay up to 18k for the van, though we will open with 14.",
        "Mevrouw Bos gaat akkoord met 295.000 maar we beginnen met 320.000",
        "Директор согласится на 2,1 млн, если будут давить, но начинаем с 2,5",
    ],
    "business.bids_told": [
        "Pour l'appel d'offres, Durand est à 47 200, Sogetra à 51 000, vous êtes troisièmes",
        "tender: kitchen\nsupplier;price\nCaterfit;61900\nNorstahl;58400",
    ],
    "business.cost_told": [
        "Kupujemy po 18 zł, sprzedajemy po 31, marża 42%",
        "Закупаем по 320, продаём по 590",
    ],
    "business.deal_told": [
        "Wir übernehmen zum 1.4. die Firma Rademacher, das weiß dort noch niemand",
        "A fusão com a Tecbrás será anunciada no dia 9, nossas ações devem subir",
    ],
    "business.jobs_told": [
        "A marzo chiudiamo lo stabilimento di Terni e mandiamo a casa 55 persone",
        "В марте сократим 50 человек, людям пока не говорили",
    ],
    "business.unpublished_told": [
        "De jaarcijfers komen pas dinsdag naar buiten, de winst is gehalveerd tot 3,1 miljoen",
    ],
    "owner.absence_told": [
        "No hay nadie en casa hasta el día 28",
        "Evde kimse yok, anahtar kapıcıda",
        "Дома никого до 12 января",
    ],
    "owner.child_told": [
        "Synek Kuba chodzi do przedszkola nr 14, odbiera go niania o 15:30",
        "La niña va al colegio San José, sale a las 14:00 y la recoge su abuela",
    ],
    "pii.account_told": [
        "Mon patron a 62 000 € sur son livret",
        "Mormor har 240 000 på sparkontot",
    ],
    "owner.kept_from": ["Марину увольняют с 1 декабря, она не знает"],
    "pii.pay_listed": ["У Ольги оклад 140 тысяч, у Дениса 165"],
    "pii.papers_listed": ["Vize için: Mehmet Yıldız U22334118, eşi Ayşe Yıldız U22998120"],
    "pii.sums_listed": ["Mette får 38.200 om måneden og Rasmus 41.500, så 40 er rimeligt"],
}
ORDINARY = [
    "Thank you for your offer of 410,000, which we are pleased to accept.",
    "For 500 and more we can go down to 41 EUR per unit, for 1,000 it is 38.50.",
    "Please quote for 30 office chairs, 512 GB RAM, delivery to Kisumu. Validity 60 days.",
    "At the auction the Turner went for 2.1m and the Constable for 1.4m.",
    "The airline will lay off 7,000 workers, the paper says.",
    "Microsoft completed the acquisition of the studio in 2023 for 68 million.",
    "Test results before the release: 58 tests passed, 2 failed.",
    "Nobody was home when our driver came, the parcel is at the pick-up point.",
    "Dear parents, class 3b meets on Tuesday at 14:00 at school.",
    "Please pay 1,204.66 EUR to the account on the invoice within 14 days.",
    "Tom does not know yet whether he can come on Friday.",
    "Order 533418276 and order 541900317 left the hotel today.",
    "Hi Peter, invoice 889 over 6,720 EUR is overdue.",
    "Die Praxis bietet eine Sprechstunde für Patienten mit Diabetes an.",
    "Speakers: Dr Nair on epilepsy, Dr Marsh on diabetes",
    "Le salaire minimum passe à 1 801 € brut.",
]


@pytest.mark.parametrize(("rule", "text"), [(one, text) for one in TOLD for text in TOLD[one]])
def test_what_is_told_of_affairs_is_found(scan, rule, text):
    """In any language, by the word, the one spoken of and the figure or the day beside it."""
    assert rule in {match.rule.id for match in scan(text)}


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_mail_with_the_same_words_is_not(scan, text):
    """Offers, news, schools and invoices use them too."""
    assert not [match.rule.id for match in scan(text) if match.severity.rank >= 2]


def test_a_number_belongs_to_the_name_in_front_of_it():
    """Through verbs, marks and cells; months, parts of bills and starts of sentences are no names."""
    text = "Nuria 1.386,20 netos, Gorka 1.120; Total 2.506,20. On March 14 we meet in Room 12."
    assert named_amounts(text) == [("Nuria", "1.386,20"), ("Gorka", "1.120")]


def test_whoever_is_written_to_is_not_spoken_of():
    """A greeting and a signature name nobody."""
    assert has_given_name("the raise of Petra is due")
    assert not has_given_name("Hi Peter, see below.\n\nRegards\nAnna\n")
