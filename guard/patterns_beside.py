"""Rules that look for a word and weigh what stands beside it (`guard.beside`).

Their patterns are words alone, which cost next to nothing to look for.
"""

from typing import Final

from guard.password_words import LATIN_WORDS, OTHER_WORDS
from guard.rule import Rule, Scope
from guard.tables import (
    BIRTH_TITLES,
    CODE_TITLES,
    HEALTH_TITLES,
    ID_TITLES,
    LOGIN_TITLES,
    MONEY_TITLES,
    OTHER_TITLES,
    PHONE_TITLES,
    STREET_TITLES,
    WORK_TITLES,
)
from guard.vocabulary import (
    CODE_WORDS,
    CODE_WORDS_ELSEWHERE,
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
            "blaubeere77 ist das passwort",
            "guest wifi\nAcmeGuest\nlampshade-orbit-7",
        ),
        near_misses=(
            "Please log in before Friday and look at BUG-4471.",
            "The password policy of our group is in Handbook_2024.",
            "Sign in as user anna_88 and ask for a new password.",
            "log in at https://acme.io/Join_2024x today",
            "the login page of Windows11 is slow",
            "use passwd of LGPL-2.1+ or BSD-2-clause, see remove-shell.8 and type man",
            "log in, use libglib2.0-dev and xorg-sgml-doctools, then enter make",
            "pass allow-external-password-cache, it needs the agent",
            "the network of vpn.***.com:443 asks for the login, use it",
            "after login convertToBase64(buffer, response) is used and typed",
            "unlock works now, see rt.cpan.org#130193 and GNOME/gtk!5554, still used",
            "cvs login and then call Ph.:+353-1-7161987",
            "the 1U-high device behind the login server is used and tested",
            "after login use redhat-7_2 and type ls",
            "the virus w32.frethem.k@mm uses the password of the mailbox",
            "log in and use proc My_Mark2CurSeen, it needs a folder",
            "the source is in /usr/lib/login/plugin64x and works",
            "sign in, use and used, with the driver in NT\\x86\\Drivers",
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
            "use the server of Oracle9i and enter the seminar",
            "the full archive needs 2x60Gb, or still 120Gb!",
            "use the PC with NaturallySpeaking®6 and type less",
            "boot the server with --timeout=2 and use the serial terminal",
            "this app uses Webcam32 and gives you titles to type",
            "the app asks joe-average-user questions and uses plain words",
            "I used the app, using it is what uses the phone at usw-sf-fw2",
            "install razor-agents-2.125 as root and use it, enter",
            "hit the app server with the HTTP+VOX mail server and type",
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
            "Make the alarm safe to use many times (Closes: #671746)",
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
            "press the door bell, Center for Physics, Cambridge, MA USA 02138",
            "use the new portal when it turns up (Closes: #987686, #987687)",
            "the door bug#979996 uses the old code path of RT #110439",
            "my phone is the Nokia 9290 and I use it",
            "the door opens, enter at contact16_2450 and use the lift",
            "use the gate, enter here &amp;#8220;now&amp;#8221;",
        ),
    ),
    Rule(
        id="credential.code_beside",
        category="credentials",
        severity=_HIGH,
        description="A code for one use is passed on.",
        patterns=(_worded(CODE_WORDS), CODE_WORDS_ELSEWHERE),
        validator="code_beside",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Das Token zeigt 773 940, bitte gleich eingeben, es läuft ab",
            "chegou o código de registro do WhatsApp: 382-751",
            "код из смс 118 203",
            "het kodtje kwam, code 5512 even invullen: type 5512",
        ),
        near_misses=(
            "error code 500123 after you enter the page",
            "the code has 4000 lines and we type it again",
            "zip code 940312, enter from the left",
            "use the promo code 204060 and type it in",
            "the code arrived, copyright 1985-2006 and 1997-2014",
            "the <font color=006633>code arrived</font>",
        ),
    ),
    Rule(
        id="pii.private_table",
        category="pii",
        severity=_HIGH,
        description="A table has a column of secrets or of private details of people.",
        patterns=(
            rf"(?i)(?:\b|_)(?:{ID_TITLES}|{BIRTH_TITLES}|{HEALTH_TITLES}|{CODE_TITLES}|{LOGIN_TITLES}|{MONEY_TITLES}|{PHONE_TITLES}|{STREET_TITLES}|{WORK_TITLES})\b",
            rf"(?:{OTHER_TITLES})",
        ),
        validator="private_table",
        reach=1200,
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "lgh,namn,personnummer,andel\n1101,Ulla Ström,840215-3533,2.1\n",
            "nombre;rut;curso\nAntonia Huenchumil;12.513.966-3;4B\n",
            "Name | Reisepass | geboren\nInge Maurer | CPRWCXJB | 02.02.1958\n",
            "nom,naissance,diagnostic\nLucette Morin,1948-12-19,plaques pleurales\n",
            "\tName\tSecret\n\tPayments\tkk99xlm20aq\n",
            "name;street;zip;town\nOlaf Hansen;Storgata 15;0184;Oslo\n",
            "name,sick_days,rating\nAna Cruz,31,C\nBob Lane,2,A\n",
            "customer;city;annual revenue\nBaker Ltd;Leeds;120000\nOrtiz SL;Sevilla;88000\n",
            "姓名,身份证,班级\n王芳,110105194912310021,3\n",
        ),
        near_misses=(
            "Field,Key,Type\nid,primary,int\nname,none,text\n",
            "Product | Code | Price\nLamp | 4471 | 12.00\n",
            "City, phone, hours\nBerlin, see below, 9-17\n",
            "| Thomas Baker     email: tb@acme.io |\n| Computing Center     voice: (603) 862-4490 |\n| Acme University     fax: (603) 862-1761 |\n",
            "We talked about pay, rent, bonus\nand then went home with 20 people\n",
        ),
    ),
)
