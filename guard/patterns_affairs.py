"""Rules for what goes on in a household, a family or a business (`guard.affairs`), in any language."""

from typing import Final

from guard import vocabulary_affairs as said
from guard.rule import Rule, Scope
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH
_REACH: Final = 260
"""Octets of the sentences around a word."""


def _words(latin: str) -> str:
    return rf"(?i)\b(?:{latin})\b"


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="owner.limit_told",
        category="owner",
        severity=_HIGH,
        description="How far somebody would go in a bargain is told.",
        patterns=(_words(said.LIMITS), said.LIMITS_ELSEWHERE),
        validator="limit_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "Gianni accetterebbe anche 9.800 euro, però tu parti da 11.500",
            "Der Chef würde notfalls auch 8.900 nehmen, fang aber bei 10.500 an",
            "Szef zejdzie do 180 tys., jeśli będą naciskać",
        ),
        near_misses=(
            "there may be 10000 people who would pay 1 euro for it",
            "I was able to go through 20 messages in 5 seconds",
            "The list price is 445,000. We can offer 3% off for payment within ten days.",
            "I would go down to the second floor and ask at reception, room 410.",
            "Thank you for your offer of 410,000, which we are pleased to accept.",
            "The lowest temperature the unit accepts is 14 degrees, the maximum is 18.",
        ),
    ),
    Rule(
        id="business.bids_told",
        category="system",
        severity=_HIGH,
        description="What others bid, or what one's own bid will be, is told.",
        patterns=(_words(said.BIDS), said.BIDS_ELSEWHERE),
        validator="bids_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "Bids received so far: Harlan Bros 212,400; Keystone 198,750; deadline Friday",
            "W przetargu Budmex dał 1,32 mln, Polbau 1,27 mln",
        ),
        near_misses=(
            "The tender documents can be collected until Friday; bids must be sealed.",
            "At the auction bidders paid well: the Turner went for 2.1m, the Constable for 1.4m",
            "Anbei unser Angebot: 40 Lampen zu 34,50 Euro, Summe 1.380 Euro netto.",
        ),
    ),
    Rule(
        id="business.cost_told",
        category="system",
        severity=_HIGH,
        description="What things cost a business, or what it makes of them, is told.",
        patterns=(_words(said.COSTS), said.COSTS_ELSEWHERE),
        validator="cost_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "We buy these in at 11.20 and you pay 19.90, so there is room",
            "Inkoop 7,20, verkoop 12,95, dus korting kan",
        ),
        near_misses=(
            "The left margin is 2 cm, the right margin 1.5 cm, please keep it.",
            "The book costs readers 19.90 and the e-book 11.20.",
        ),
    ),
    Rule(
        id="business.deal_told",
        category="system",
        severity=_HIGH,
        description="That a company is to be bought or sold is told.",
        patterns=(_words(said.DEALS), said.DEALS_ELSEWHERE),
        validator="deal_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "Le groupe va racheter Mécalux-Est, la lettre d'intention est signée, 9 M€",
            "They are getting bought by Meridian, announcement on Thursday",
        ),
        near_misses=(
            "Microsoft completed the acquisition of the studio in 2023, as announced.",
            "We buy used books and pay cash, come by any day.",
            "The merger of branch feature/x into main is planned for Thursday.",
        ),
    ),
    Rule(
        id="business.jobs_told",
        category="system",
        severity=_HIGH,
        description="That people are to lose their work is told.",
        patterns=(_words(said.JOBS), said.JOBS_ELSEWHERE),
        validator="jobs_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "A marzo chiudiamo lo stabilimento di Terni e mandiamo a casa 55 persone",
            "On supprime 25 postes au siège en avril, l'annonce est prévue le 2",
        ),
        near_misses=(
            "According to the news, the car maker will cut 1,200 jobs by 2028.",
            "We reduced the number of steps from 12 to 7.",
            "the redundant power supply of the server failed",
        ),
    ),
    Rule(
        id="business.unpublished_told",
        category="system",
        severity=_HIGH,
        description="A result is told that is not public yet.",
        patterns=(_words(said.UNPUBLISHED), said.UNPUBLISHED_ELSEWHERE),
        validator="unpublished_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "Il bilancio non ancora approvato chiude con una perdita di 2,4 milioni.",
            "Wyniki kwartału przed publikacją: przychody 22,1 mln, strata 1,8 mln",
        ),
        near_misses=(
            "Test results before the release: 58 tests passed, 2 failed",
            "Der Jahresbericht ist veröffentlicht: Umsatz 81 Mio., Gewinn 4,2 Mio.",
            "the results will be public on Friday, we will let you know",
        ),
    ),
    Rule(
        id="owner.absence_told",
        category="owner",
        severity=_HIGH,
        description="That nobody is at a home, or how it is left open, is told.",
        patterns=(_words(said.ABSENCE), said.ABSENCE_ELSEWHERE),
        validator="absence_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "nobody's home until the 16th, key under the mat",
            "Das Haus steht vom 20.12. bis 6.1. leer",
            "Huset står tomt till den 8 januari",
        ),
        near_misses=(
            "Um sechs ist noch niemand da, bitte nicht vor sieben.",
            "Nobody was home when our driver came, so the parcel is at the pick-up point.",
            "Unser Büro ist vom 20.12. bis 6.1. geschlossen",
            "the key word index is on page 40",
        ),
    ),
    Rule(
        id="owner.child_told",
        category="owner",
        severity=_HIGH,
        description="Where somebody's child is during the day, or its trouble there, is told.",
        patterns=(_words(said.SCHOOLS), said.SCHOOLS_ELSEWHERE),
        validator="child_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "Unser Sohn Mats geht in die 3a der Grundschule am Anger und läuft allein heim",
            "My daughter Ella (7) goes to St Anne's Primary and is picked up at 3.15",
        ),
        near_misses=(
            "Year 2 perform on Tuesday at 2 and at 6. Year 4 is ahead, Year 6 claims that its books are longer.",
            "My son starts school in September, so I work half days",
            "Class 2B of St Anne's Primary will visit the farm on the 12th, 26 children and two teachers.",
            "Your daughter's class 3b meets at 19:00 in the school hall",
            "my kids loved the school museum",
        ),
    ),
    Rule(
        id="pii.account_told",
        category="pii",
        severity=_HIGH,
        description="How much money is on a person's account is told.",
        patterns=(_words(said.ACCOUNTS), said.ACCOUNTS_ELSEWHERE),
        validator="account_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "Papá tiene 14.200 euros en la cuenta de BBVA",
            "Between us, he has $412,880 sitting in the Schwab account",
        ),
        near_misses=(
            "Servizio gentile. Conto onesto: 31 euro a testa col vino.",
            "You can open a joint account online; the fee of Mr Berg's bank is 4.90 EUR",
            "Please pay 1,204.66 EUR to the account on the invoice within 14 days.",
            "The credit union offers a joint account with no fee and an overdraft of up to 500.",
        ),
    ),
    Rule(
        id="owner.kept_from",
        category="owner",
        severity=_HIGH,
        description="Something grave is told that somebody is not to know.",
        patterns=(_words(said.UNAWARE), said.UNAWARE_ELSEWHERE),
        validator="kept_from",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "La señora Vega es lesbiana y su familia no lo sabe",
            "Mei is pregnant, she hasn't told the team",
        ),
        near_misses=(
            "I don't know yet whether the shop is closed on Monday",
            "the server doesn't know about the closed connection",
            "She doesn't know yet if she can come on Friday",
        ),
    ),
    Rule(
        id="owner.mailbox_told",
        category="owner",
        severity=_HIGH,
        description="Several things of one person's life are told together.",
        patterns=(_words(said.MAILBOXES), said.MAILBOXES_ELSEWHERE),
        validator="mailbox_told",
        scope=Scope.TEXT,
        is_generic=True,
        reach=_REACH,
        examples=(
            "Från hans inkorg: banken sa nej till lånet, läkaren vill göra en ny röntgen",
            "From the owner's mail: bank refused the loan; wife's lawyer asks for the house",
        ),
        near_misses=(
            "use it in their school, home or business, which the bank pays",
            "Inbox digest: 3 newsletters, 2 invoices paid, 1 meeting request for Tuesday at 10.",
            "I went through the thread: the supplier confirms delivery on the 9th.",
        ),
    ),
)
