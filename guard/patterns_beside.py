"""Rules that look for a word and weigh what stands beside it (`guard.beside`).

Their patterns are words alone, which cost next to nothing to look for.
"""

from typing import Final

from guard.password_words import LATIN_WORDS, OTHER_WORDS
from guard.rule import Rule, Scope
from guard.vocabulary import (
    DOORS,
    DOORS_ELSEWHERE,
    GETTING_IN,
    GETTING_IN_ELSEWHERE,
    LOCKS,
    LOCKS_ELSEWHERE,
    THINGS,
    THINGS_ELSEWHERE,
)
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH


def _worded(latin: str) -> str:
    """Whole words, in any case, followed by the ending that makes many of one."""
    return rf"(?i)\b(?:{latin})(?:s|es|n|en|'s)?\b"


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="credential.secret_beside_login",
        category="credentials",
        severity=_HIGH,
        description="What looks like a secret stands beside a word for passwords or getting in.",
        patterns=(
            _worded(f"{GETTING_IN}|{LATIN_WORDS}"),
            rf"(?:{GETTING_IN_ELSEWHERE}|{OTHER_WORDS})",
        ),
        validator="secret_beside_login",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "When the wifi asks, the guest one is off, you put Kestrel_4471.",
            "пароль Липа_дуб_2207, и всё",
            "you can sign in again, they told me it went from nothing to quetzal7monte0rio",
            "Zaloguj się: Wierzba_77 i gotowe",
        ),
        near_misses=(
            "Please log in before Friday and look at BUG-4471.",
            "The password policy of our group is in Handbook_2024.",
            "Sign in as user anna_88 and ask for a new password.",
            "log in at https://acme.io/Join_2024x today",
            "the login page of Windows11 is slow",
        ),
    ),
    Rule(
        id="credential.secret_beside_thing",
        category="credentials",
        severity=_HIGH,
        description="What looks like a secret is told for something that asks for one.",
        patterns=(_worded(THINGS), THINGS_ELSEWHERE),
        validator="secret_beside_thing",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "Is it still Dovetail1998 for the tracker app or did Joel change it?",
            "am Rechner habe ich ihm Leimtopf_86911 aufgeschrieben",
            "y en el TPV pones Giralda*Betis y listo, teclea sin miedo",
            "the projector will grumble until you type moby-Dick&chips7",
            "на компьютере введите Ветер_1907",
        ),
        near_misses=(
            "use the app on your Galaxy23 and type your name",
            "The server runs Node-20-alpine since we changed it.",
            "Bitte nutzen Sie die App für den Covid-19-Test.",
            "the laptop model Latitude7440 still works",
            "enter the portal and look for Invoice_2024-118.pdf",
        ),
    ),
    Rule(
        id="credential.digits_beside_lock",
        category="credentials",
        severity=_HIGH,
        description="The digits that open a lock or stop an alarm are in the message.",
        patterns=(_worded(LOCKS), LOCKS_ELSEWHERE),
        validator="digits_beside_lock",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Alarm panel is in the cupboard, 4471#, you have thirty seconds",
            "the keypad wants 1937 and then the bell symbol",
            "La persiana va con mando, la alarma 3310 y ENTER",
            "Schlüsseltresor am Nebeneingang: 1924",
            "Quant au coffre : l'année à l'envers, soit 9691, deux tours à gauche",
            "сигнализация 4418, потом решетка",
        ),
        near_misses=(
            "the alarm company was founded in 1994",
            "the safe costs 1290 EUR and weighs 4000 kg",
            "The vault of the church was built about 1480.",
            "a safe journey, flight LH 4471",
        ),
    ),
    Rule(
        id="credential.digits_beside_door",
        category="credentials",
        severity=_HIGH,
        description="The digits that open a door are in the message.",
        patterns=(_worded(DOORS), DOORS_ELSEWHERE),
        validator="digits_beside_door",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Was | Code\nHintereingang | 2580*\n",
            "for the side door you press 4471 and push",
            "kapı: 4471 girin",
            "гараж: набери 3847",
        ),
        near_misses=(
            "the door of room 1204 sticks",
            "the entrance opens at 0900",
            "the gate was built in 1908",
            "the door costs 1290 EUR",
            "the lift carries 1000 kg",
        ),
    ),
)
