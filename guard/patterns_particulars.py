"""Rules for what is a person's own by the word beside it (`guard.particulars`), in any language and layout."""

import re
from itertools import batched
from typing import Final

from guard import accounts
from guard import vocabulary_persons as said
from guard.rule import Rule, Scope
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH


def _named(latin: str) -> tuple[str, ...]:
    """Whole words in any case, also as the name of a field: `_` parts words.

    Short words, which are parts of many others, are looked for by themselves: what is long is looked
    for without its edges first (`guard.matching`).
    """
    ways = _ways(latin)
    short = [way for way in ways if way.isalpha() and len(way) <= _SHORT]
    long = "|".join(way for way in ways if way not in short)
    return (
        rf"(?i)(?:\b|_)(?:{long})(?:\b|_)",
        *(rf"(?i)\b(?:{'|'.join(some)})\b" for some in batched(short, _TOGETHER)),
    )


def _joined(latin: str) -> str:
    """Words as names of fields have them too: a space may be missing."""
    return _SPACE.sub(lambda hit: hit[0] if len(hit[0]) > 1 else r"[ _\-]?", latin)


_SPACE: Final = re.compile(r"\[[^\]]*\]| ")
_SHORT: Final = 5
_TOGETHER: Final = 30


def _ways(latin: str) -> list[str]:
    """The alternatives of an expression that stand in no group."""
    ways, depth = [""], 0
    for char in latin:
        depth += (char in "([") - (char in ")]")
        if char == "|" and depth == 0:
            ways.append("")
        else:
            ways[-1] += char
    return ways


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="pii.document_told",
        category="pii",
        severity=_HIGH,
        description="A number stands beside the name of a personal document.",
        patterns=(*_named(_joined(said.DOCUMENTS)), said.DOCUMENTS_ELSEWHERE),
        validator="document_beside",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "NI number QQ 12 34 56 C for Paul",
            "numéro de sécu : 2 84 05 75 116 023",
            '{"passport_number":"L898902C3","nationality":"UTO"}',
            "12345678 is his driving licence",
            "prawo jazdy nr 00123/07/1465",
            "護照 E12345678",
            '{"applicant":{"nationalId":"71.12.13-778.19"}}',
        ),
        near_misses=(
            "PESEL has 11 digits, the validator accepts 44051401358",
            "The passport office: 0300 222 0000",
            "your passport must be valid until 2029-03-12",
            "Bring your identity card to room 12 at 10:30",
            "driving licence class B since 2004",
        ),
    ),
    Rule(
        id="pii.document_short",
        category="pii",
        severity=_HIGH,
        description="A number stands beside the abbreviation of a personal document.",
        patterns=(rf"\b(?:{said.DOCUMENTS_SHORT})\b",),
        validator="document_close",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "DNI 45.678.123 a nombre de Jorge",
            "DL no. D1234567 (California)",
            "UTR 12345 67890",
        ),
        near_misses=(
            "CI 5030.0.9 of the parser",
            "PAN sizes 20 and 24",
            "the CI ran 12 jobs",
            "RUN 3 of 10",
            "CI of 2.24.32-79-g53d0759d3e",
            "ID of the NI is 192.168.x.x",
            "IC of CVE-2024-21096",
        ),
    ),
    Rule(
        id="financial.account_told",
        category="financial",
        severity=_HIGH,
        description="The number of a bank account stands beside a word of banking.",
        patterns=(rf"(?i)\b(?:{accounts.BANKING})\b", accounts.BANKING_ELSEWHERE),
        validator="account_beside",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Hiya, sort 20-45-77 acc 85645902 please",
            "nr konta 61 1090 1014 0000 0712 1981 2874",
            "cislo uctu 19-2000145399/0800",
            "Barclays, 204577, 85645902, K Lomax",
            "transit 10482 inst 003 account 1029384",
            "clearing 8327-9 konto 924 102 384-5",
            "kontonr 1503.48.29137",
            "р/с 40817810099910004312 бик 044525225",
            "三菱UFJ銀行 普通 1234567",
            "국민은행 123456-78-901234",
        ),
        near_misses=(
            "your account 48291377 is ready",
            "sort the parts 20-45-77 by size, 85645902 comes first of all the many parts",
            "the bank opened in 1850, call 0800 330 1000",
            "account of the bank from 2024-11-20, page 12",
            "sort by 12 34 56 and then by 7",
        ),
    ),
    Rule(
        id="pii.document_hurried",
        category="pii",
        severity=_HIGH,
        description="A number of a person stands right behind its abbreviation in small letters.",
        patterns=(rf"(?i)\b(?:{said.DOCUMENTS_HURRIED})\b",),
        validator="document_hurried",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "ni LS841412B and tax code 1257L",
            "cni 880692310285",
            "perso L01X00T471 steht drauf",
            "rg 12.345.678-9",
            "pnr 990104-8901",
            "tc 76660330900 implant",
            "medicare 2428 77813 2 irn 1",
            "permis n° 493627335309 délivré à Créteil",
        ),
        near_misses=(
            "see section ni 4.1 of the text",
            "op 20.11.2026 om 10 uur",
            "the cc of 12 people",
            "visa fees 48291377",
            "pnr of the booking 482913",
            "tc 12345678901 of the log",
        ),
    ),
    Rule(
        id="pii.document_expiring",
        category="pii",
        severity=_HIGH,
        description="The number of a document stands beside the day it runs out.",
        patterns=(
            r"(?i)(?:^|[\s:,;(#])(?P<v>[a-z]{0,2}[0-9]{7,9}|[cfghjklmnprtvwxyz][0-9cfghjklmnprtvwxyz]{8})[\s,;/|(]{1,3}(?:\b(?:until|bis|valable|valid)\b ?)?\b(?:exp(?:iry|ires|iring|ir)?|gultig bis|valid (?:until|to|till)|valable jusqu'?au|valido (?:hasta|fino al)|caduca|scad(?:e|enza)?|vence|geldig tot|wazny do)\b",
        ),
        validator="document_number",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "me: 551032960 exp 14 Aug 2031\nLiz: 503535268 exp 2 Feb 2029",
            "Sofie C01X00T47 gültig bis 03/2030",
        ),
        near_misses=("offer 48291 expires on Friday", "lot 20261120 exp 2027-01"),
    ),
    Rule(
        id="pii.birth_told",
        category="pii",
        severity=_HIGH,
        description="When a person was born is told.",
        patterns=(*_named(said.BIRTHS), said.BIRTHS_ELSEWHERE),
        validator="birth_beside",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "dob of my daughter mia is 12 aug 2014",
            "ur. 17.08.1993 Katarzyna Mazur",
            "Maria Sousa nasceu a 9 de outubro de 1977",
            '{"fullName":"Ben Archer","dob":"1971-12-01"}',
        ),
        near_misses=(
            "Nqn jnf obea ba Nhthfg 2, 1990",
            "Mozart was born on 27 January 1756",
            "the idea was born in Leeds in 1999",
            "birthday cakes for 12.05.",
        ),
    ),
    Rule(
        id="pii.home_told",
        category="pii",
        severity=_HIGH,
        description="Where a person lives is told.",
        patterns=(*_named(said.HOMES), said.HOMES_ELSEWHERE),
        validator="home_beside",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "she's staying at her sister's, 5 Mill Lane, Hexham",
            "Anna bor på Storgatan 4, 114 51 Stockholm",
            "mieszka na ul. Długiej 12 m. 5, 00-238 Warszawa",
            "Privatanschrift Dr. Weber\nAm Hang 3\nCH-8702 Zollikon",
        ),
        near_misses=(
            "The museum at 14 Harbour Street is home to 300 paintings, tickets at the door",
            "El hotel está en la Calle Mayor 23",
            "our home page lists 12 Harbour Street, Bristol",
        ),
    ),
    Rule(
        id="pii.phone_told",
        category="pii",
        severity=_HIGH,
        description="A telephone number is called somebody's own.",
        patterns=(*_named(said.OWN_NUMBERS), said.OWN_NUMBERS_ELSEWHERE),
        validator="phone_beside",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Numéro perso de Claire : 06 45 67 89 01",
            "you can reach Dr. Osei at home on 020 7946 0958",
            "личный номер Ольги: +7 916 123-45-67",
        ),
        near_misses=(
            "private hotline 0800 123 4567",
            "personal loans: call 0800 123 4567",
            "his order number is 44 1020 3040",
        ),
    ),
    Rule(
        id="pii.pay_told",
        category="pii",
        severity=_HIGH,
        description="What a person is paid is told.",
        patterns=(*_named(said.PAY), said.PAY_ELSEWHERE),
        validator="amount_of_somebody",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "salaire de M. Blanc : 3 200 € net",
            "Kari tjener 620 000 kr i året",
            "Offer for Ms Tanaka: base 145k, sign-on 20k",
            '{"employee":"Omar Saleh","annual_salary":74000}',
        ),
        near_misses=(
            "the salary survey says 41,000 euros",
            "We are hiring a clerk, salary 3,200 to 3,800 gross",
            "the lamps cost 34.50 EUR, paid by Tom",
        ),
    ),
    Rule(
        id="pii.debt_told",
        category="pii",
        severity=_HIGH,
        description="What a person owes or owns is told.",
        patterns=(*_named(said.DEBTS), said.DEBTS_ELSEWHERE),
        validator="amount_of_somebody",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Mr Harlow owes the bank 43,000",
            "Frau Reuter ist mit drei Mieten im Rückstand, insgesamt 2.340 €",
            "Pan Wrona ma komornika na pensji, dług 34 000 zł",
        ),
        near_misses=(
            "Tom writes that you are liable for no more than $50",
            "Anna says the fund pays 70,000 former policyholders of the insurer",
            "invoice 12 over 240 EUR is overdue",
            "The debts of the city have doubled to 12 billion",
            "Our balance sheet shows 1,200,000 EUR",
            "Reuters: Mr Salvati owed 43,000 to the bank, his lawyer told reporters",
            "Anna Berg expects the firm to pay back $880 million of its debts",
        ),
    ),
    Rule(
        id="owner.matter_told",
        category="owner",
        severity=_HIGH,
        description="A person's trouble at work, before a court or at home is told.",
        patterns=(*_named(said.MATTERS), said.MATTERS_ELSEWHERE),
        validator="matter_of_somebody",
        scope=Scope.TEXT,
        is_generic=True,
        examples=(
            "Tom Berger got his second written warning for drinking at work",
            "M. Renaud sera licencié pour faute grave",
            "Gegen Herrn Albers läuft ein Ermittlungsverfahren wegen Steuerhinterziehung",
            "Pan Kowalski jest teraz na odwyku",
            "Ben's custody hearing is on the 4th",
        ),
        near_misses=(
            "a dictionary of Tom converted to work with it",
            "you can use pip to install what Anna wrote",
            "Tom serves two years in jail in a deal that covers up its role",
            "Anna Berg is guided by the conviction that all people are free",
            "to my neighbor, by your definition, he just stole from you",
            "Tom Hardy, jailed for life after being convicted of taking hostages",
            "I read a novel in which a man is convicted of fraud",
            "the final warning of the compiler can be ignored",
            "Performance review of the new database driver",
            "Reuters: minister arrested in Rome",
            "the charger was stolen from a car",
        ),
    ),
    Rule(
        id="pii.people_listed",
        category="pii",
        severity=_HIGH,
        description="People are listed, each with an address, a number or a birth.",
        patterns=(
            r"@[0-9A-Za-z.\-]{1,60}\.[A-Za-z]{2,10}[^\x1e]{30,400}",
            r"(?:\+[1-9]|\b0[1-9])[0-9 ()/.\-]{7,16}[0-9]\b[^\x1e]{30,300}",
            r"\b[1-9][0-9]{2} [0-9]{3} [0-9]{3}\b[^\x1e]{30,300}",
        ),
        validator="people_listed",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "Mark Hill, mark.hill@fastmail.org, 07700 900123; Susan Grant, sgrant@posteo.net, 07700 900456; Lee Chan, lee.chan@mail.com, 07700 900789",
            "<c><n>Rosa Bianchi</n><t>+39 333 1234567</t></c><c><n>Luca Neri</n><t>+39 347 7654321</t></c><c><n>Ada Serra</n><t>+39 328 1122334</t></c>",
        ),
        near_misses=(
            "The crew: Anna Berg, sales, anna.berg@lamps.io, 0711 445566-12; Tom Hardy, service, tom.hardy@lamps.io, 0711 445566-13; Lee Chan, desk, lee.chan@lamps.io, 0711 445566-14.",
            "Greg Rose INTERNET: ggr@acme.com\nAcme Australia VOICE: +61-2-9817 4188 FAX: +61-2-9817 5199\nVictoria Road, Gladesville Park\n",
            "Forwarded-by: Rob Windsor <rob@warthog.org>\nForwarded-by: Dave Bruce <dave@bruce.net>\nForwarded by: Gary Miller <gary@miller.com>\n",
            "Copyright 2005 Jane Miller <jane@miller.org>\n2008 Bob Field <bob@field.net>\n2012 Carl Dorn <carl@dorn.de>\n",
            "Anna Berg\nTel. 0711 445566\nMobil 0171 2233445\nFax 0711 445567\nHolz und Sohn",
            "From: Anna Berg <a@x.io>\nTo: Tom Hardy <t@y.io>, Lee Chan <l@z.io>, Bob Field <b@w.io>\n",
            "Speakers: Ada Moss ada@x.io, Ian Hart ian@y.io, Beth Clay beth@z.io",
        ),
    ),
    Rule(
        id="pii.pay_listed",
        category="pii",
        severity=_HIGH,
        description="People are listed with what they are paid.",
        patterns=(*_named(said.PAY), said.PAY_ELSEWHERE),
        validator="pay_listed",
        scope=Scope.TEXT,
        is_generic=True,
        reach=260,
        examples=(
            "Lo que ganamos: Marta 42.000 al año, Luis 39.500, Pedro 51.000",
            "Te confirmo la nómina: Nuria 1.386,20 netos, Gorka 1.120 media jornada",
        ),
        near_misses=(
            "wages rose to 38,100 in March and to 39,200 in June",
            "the pension plan: Basic 29 EUR, Plus 59 EUR",
        ),
    ),
    Rule(
        id="pii.sums_listed",
        category="pii",
        severity=_HIGH,
        description="People are listed, each with a sum of thousands.",
        patterns=(
            r"\b[0-9]{1,3}(?:[.,' ][0-9]{3}|k)\b[^\x1e]{1,60}?[0-9](?:[.,' ][0-9]{3}|k)\b",
            r"\b[0-9]{2,4} (?:tys|ezer|ezret|tisic|tkr|mila|mil|bin|тыс|тысяч)\b[^\x1e]{1,60}?[0-9]{2}",
        ),
        validator="sums_listed",
        scope=Scope.PROSE,
        is_generic=True,
        reach=200,
        examples=("Mette får 38.200 om måneden og Rasmus 41.500, så 40 er rimeligt",),
        near_misses=(
            "Anna ran 41:20 and Tom 42:05",
            "the book of Anna sold 12,000 copies, that of Tom 14,000",
        ),
    ),
    Rule(
        id="pii.papers_listed",
        category="pii",
        severity=_HIGH,
        description="The numbers of several people's documents are listed.",
        patterns=(rf"(?i)\b(?:{said.TRAVEL})\b", said.TRAVEL_ELSEWHERE),
        validator="papers_listed",
        scope=Scope.TEXT,
        is_generic=True,
        reach=300,
        examples=(
            "for the visa: Tom 533418276 exp 04/2031, Lucy 541900317 exp 09/2029",
            "I documenti per l'hotel: Giulia Ferri CA45521PB, Marco Ferri CA99134TT",
        ),
        near_misses=(
            "Order 533418276 and order 541900317 left the hotel today",
            "flight BA117 and flight LH4410",
        ),
    ),
    Rule(
        id="pii.clients_listed",
        category="pii",
        severity=_HIGH,
        description="Customers, members or patients are listed with what they pay or how they are reached.",
        patterns=(
            rf"(?i)\b(?:{said.CLIENTS})\b[^\x1e]{{20,420}}",
            rf"{said.CLIENTS_ELSEWHERE}[^\x1e]{{20,420}}",
        ),
        validator="clients_listed",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "our top clients this year were Meyer Bau (420k), Holzwerk Süd (310k) and Stadtwerke Aalen (275k)",
            "Kundenliste Nord: Herr Sauer zahlt 49 € im Monat, Frau Pohl 59 €, Herr Brandt 39 €",
            "Lista klientów: Adam Nowak 601 234 567 Kraków, Beata Wójcik 602 345 678 Gdynia, Cezary Lis 603 456 789 Łódź",
        ),
        near_misses=(
            "Our customers like the lamps: Black Case, Red Case and Blue Case",
            "members pay 20 EUR, guests 30 EUR, children nothing",
        ),
    ),
)
