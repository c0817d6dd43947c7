"""Tables: what the title of a column makes of the cells below it.

A line of short titles, parted by tabs, bars, semicolons, commas or wide gaps, and rows of about as many
cells. The title says what the column holds, the cells must look like it, and what is about people
must stand beside names.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from guard.rule import Beside, Candidate, Judgement
from guard.shape import bare, is_secret_or_word

_MARKS: Final = ("\t", "|", ";", ",", "   ", "  ")
_LONGEST_TITLE: Final = 32
_MOST_TITLE_WORDS: Final = 4
_SHORT_FORM: Final = 10
"""Characters up to which a title may end with a full stop: it is an abbreviation."""
_ROWS: Final = 4
_AHEAD: Final = 120
"""Characters in front of a title that may hold other titles."""
_BELOW: Final = re.compile(r"[^\n]{0,160}\n{1,2}[^\n]{3,300}(?:\n{1,2}[^\n]{3,300}){0,2}")
"""The rest of the line of titles and up to three rows."""
_DATE: Final = re.compile(
    r"(?i)(?:19[2-9][0-9]|20[012][0-9])|[0-9]{1,2}[./\-][0-9]{1,2}[./\-][0-9]{2}\b"
)
_AMOUNT: Final = re.compile(r"[0-9][0-9.,' ]{1,12}")
_CODE: Final = re.compile(r"^[*#]?[0-9]{4,8}[*#]?$")


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _is_id(cell: str) -> bool:
    compact = cell.translate(_JOINTS)
    return (
        7 <= len(compact) <= 20
        and compact.isalnum()
        and _digits(compact) >= 6
        and not _ONLY_DATE.match(cell)
    )


def _is_code(cell: str) -> bool:
    return bool(_CODE.match(cell)) or (" " not in cell and is_secret_or_word(cell))


def _is_secret(cell: str) -> bool:
    word = bare(cell)
    return len(word) >= 6 and " " not in word and any(map(str.isalpha, word)) and _digits(word) > 0


_JOINTS: Final = str.maketrans("", "", " .-/")
_ONLY_DATE: Final = re.compile(r"^[0-9]{1,4}[./\- ][0-9]{1,2}[./\- ][0-9]{1,4}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A kind of column: its titles, what its cells look like, and how many rows must have names."""

    titles: re.Pattern[str]
    fits: Callable[[str], bool]
    named_rows: int = 0


def _column(titles: str, fits: Callable[[str], bool], named_rows: int = 0) -> _Column:
    return _Column(titles=re.compile(titles, re.IGNORECASE), fits=fits, named_rows=named_rows)


ID_TITLES: Final = (
    r"personnummer|personal ?(?:id|number|no|code)|ssn|social security|national id|id (?:number|no|nr|card)|identity (?:number|no)|identification|passport|reisepass|pass-?nr|ausweis|personalausweis|"
    r"passeport|pasaporte|passaporto|passaporte|paspoort|paszport|rut|run|dni|nie|nif|cpf|rg|curp|rfc|cedula|documento|codice fiscale|c\.?f\.|pesel|bsn|cnp|cpr|fnr|fodselsnummer|"
    r"kimlik|tckn|tc no|oib|jmbg|emso|rodne cislo|taj|aadhaar|pan|nik|ktp|nric|fin|mykad|cccd|cmnd|hkid|steuer-?id|tax (?:id|no|number)|svnr|sv-?nr|ahv|nhs|nino|ni (?:no|number)|insurance (?:no|number|id)|member (?:no|id)|"
    r"iban|account (?:no|number)|konto(?:nummer)?|cuenta|clabe|cbu|card (?:no|number)|mrn|patient (?:id|no)|amka|afm|egn|ppsn|sin|tfn|(?:driving |driver )?licen[cs]e (?:no|number)|driving licen[cs]e|fuhrerschein[a-z]*|rijbewijs|prawo jazdy|korkort|utr|tin|steuernummer|tax|sozialversicherung[a-z]*"
)
BIRTH_TITLES: Final = r"dob|birth ?da(?:te|y)|date of birth|born|geb\.?|geburtsdatum|geboren|naissance|ne\(?e?\)? le|nacimiento|f\. ?nac|nascita|nascimento|geboortedatum|urodzen[a-z]*|narozen[a-z]*|fodt|fodd|fodelsedatum|szuletes[a-z]*|nastere|dogum"
HEALTH_TITLES: Final = r"diagnos[a-z]*|diagnostic[a-z]*|befund|condition|allerg[a-z]*|medication|medikament[a-z]*|medicac[a-z]*|medicaments?|traitement|terapia|treatment|icd(?:-?10)?|illness|krankheit|maladie|enfermedad|patologia|rozpoznanie|teshis|tani|prescription"
CODE_TITLES: Final = (
    r"codes?|pin|pins|kod|kode|codigo|codice|zugangscode|door code|combination|kombination|combo"
)
LOGIN_TITLES: Final = r"passwor[dt]s?|passwd|pwd?|pass|kennwort|secret|api ?key|key|token|clave|contrasena|senha|mdp|mot de passe|wachtwoord|haslo|heslo|jelszo|losenord|passord|adgangskode|salasana|sifre|parola|credential|segreto|secreto|schlussel|cle|llave|chiave"
MONEY_TITLES: Final = r"salary|salaries|pay|net pay|wage|bonus|gross|brutto|netto|gehalt|lohn|salaire|sueldo|salario|stipendio|salaris|wynagrodzenie|debt|owed|owes|outstanding|overdue|balance|saldo|deuda|debe|adeuda|schulden|offen|dette|du|debito|dlug|premium|pension|rent|miete|alquiler|loyer|(?:monats|jahres|brutto|netto)gehalt|(?:annual|monthly|base|hourly|yearly) (?:salary|pay|revenue|income|rate|wage)|income|revenue|turnover|umsatz|chiffre d'affaires|facturacion|fatturato|omzet|obrot|loan|arrears|mortgage|net worth|credit limit|kredit|credito|impaye|mora|ruckstand|achterstand|zaleglosc"
STREET_TITLES: Final = r"street|strasse|rue|calle|ulica|straat|gata|home[ _]address|wohnadresse|private[ _]address|privatanschrift"
WORK_TITLES: Final = r"sick[ _]days|absences?|sickness|krankheitstage|fehltage|absentism[a-z]*|religion|ethnicity|disability|warnings?|abmahnungen|union|orientation|next[ _]of[ _]kin|marital[ _]status|familienstand|konfession"
PHONE_TITLES: Final = r"phone|mobile|cell|telephone|tel|handy|telefon|telefono|telefone|celular|movil|portable|gsm|whatsapp|puhelin|telefoon|e-?mail|correo|courriel|address|adresse|anschrift|direccion|endereco|indirizzo|adres"
OTHER_TITLES: Final = (
    r"身份证|身分證|证件号|護照|护照|マイナンバー|주민등록번호|여권|паспорт|снилс|инн|אישי|ת\.ז|הזהות|הוויה|आधार|पासपोर्ट|เลขบัตร|生年月日|出生|생년월일|дата рождения|诊断|診断|病名|진단|диагноз|密码|密碼|パスワード|暗証|비밀번호|пароль|κωδικο|סיסמ|كلمة|تاريخ الميلاد|رقم الهوية|"
    r"工资|薪资|給与|年収|연봉|зарплат|电话|手机|電話|전화|телефон|τηλεφων|טלפון|الهاتف|جوال"
)

_COLUMNS: Final = (
    _column(rf"^(?:{LOGIN_TITLES})$|密码|密碼|パスワード|비밀번호|пароль|κωδικο|סיסמ|كلمة|रहस्य", _is_secret),
    _column(rf"^(?:{ID_TITLES})\b|身份证|身分證|证件号|護照|护照|マイナンバー|주민등록번호|여권|паспорт|снилс|инн|ת\.ז|הזהות|आधार|पासपोर्ट|เลขบัตร|رقم الهوية", _is_id),
    _column(rf"^(?:{BIRTH_TITLES})\b|生年月日|出生|생년월일|дата рождения|تاريخ الميلاد", lambda c: bool(_DATE.search(c)), 1),
    _column(rf"^(?:{HEALTH_TITLES})\b|诊断|診断|病名|진단|диагноз", lambda c: sum(map(str.isalpha, c)) >= 4, 1),
    _column(rf"^(?:{MONEY_TITLES})\b|工资|薪资|給与|年収|연봉|зарплат", lambda c: bool(_AMOUNT.search(c)), 2),
    _column(rf"^(?:{PHONE_TITLES})\b|电话|手机|電話|전화|телефон|τηλεφων|טלפון|الهاتف|جوال", lambda c: _digits(c) >= 8 or "@" in c, 2),
    _column(rf"^(?:{STREET_TITLES})\b", lambda c: _digits(c) >= 1 and sum(map(str.isalpha, c)) >= 4, 1),
    _column(rf"^(?:{WORK_TITLES})\b", bool, 1),
)  # fmt: skip
_DOORS: Final = re.compile(
    r"(?i)\b(?:[a-z]{0,12}eingang|[a-z]{0,12}tur|door|gate|alarm[a-z]{0,6}|safe|[a-z]{0,10}tresor|lock|keybox|lockbox|garage|entrance|porte|portail|coffre|puerta|caja|porton|porta|cassaforte|cofre|deur|kluis|drzwi|sejf|brama|dor|tor|wifi|wlan|router|server|login|app|laptop|pc)\b"
)
_CODE_COLUMN: Final = _column(rf"^(?:{CODE_TITLES})$", _is_code)


_SAMPLE: Final = re.compile(
    r"(?i)@example\.|\b(?:jane|john) doe\b|mustermann|\b555-?01[0-9]{2}\b|lorem ipsum"
)
"""A row that shows what rows look like."""


def is_private_table(found: Candidate) -> Judgement:
    """A column of secrets, numbers of people, births, illnesses, pay or telephones below its title."""
    below = _BELOW.match(found.after)
    if below is None:
        return False
    text = found.whole + below[0]
    first, *rows = [line for line in text.split("\n") if line.strip(" \t|:+=-")]
    title_line = found.before[-_AHEAD:].rpartition("\n")[2] + first
    for mark in _MARKS:
        if mark not in title_line:
            continue
        titles = _cells(title_line.replace("_", " "), mark)
        if len(titles) < 2 or any(map(_is_no_title, titles)):
            continue
        table = [_cells(row, mark) for row in rows[:_ROWS]]
        table = [
            row
            for row in table
            if len(titles) - 1 <= len(row) <= len(titles) + 1 and not _SAMPLE.search(" ".join(row))
        ]
        for at, title in enumerate(titles):
            value = _first_fitting(title.strip(), at, table)
            if value:
                return Beside(value=value)
    return False


def _first_fitting(title: str, at: int, table: Sequence[Sequence[str]]) -> str:
    """The first cell of a column that is what its title says; empty where there is none."""
    for column in _COLUMNS:
        if column.titles.search(title):
            rows = [row for row in table if at < len(row) and column.fits(row[at].strip())]
            if rows and sum(map(_is_named, rows)) >= column.named_rows:
                return rows[0][at].strip()
    if _CODE_COLUMN.titles.search(title):
        for row in table:
            if at < len(row) and _DOORS.search(" ".join(row[:at])) and _is_code(row[at].strip()):
                return row[at].strip()
    return ""


def _is_no_title(cell: str) -> bool:
    if (
        cell[-1:] in {":", "!", "?", ")"}
        or ": " in cell
        or "@" in cell
        or (cell[-1:] == "." and len(cell) > _SHORT_FORM)
    ):
        return True
    return len(cell) > _LONGEST_TITLE or len(cell.split()) > _MOST_TITLE_WORDS or _digits(cell) > 3


def _is_named(row: Sequence[str]) -> bool:
    """Whether two words of it are written like names, or one that is in no Latin letters."""
    parts = [part for cell in row for part in cell.split()]
    named = sum(
        part[:1].isupper() and part.strip(".'-").isalpha() and len(part) > 1 for part in parts
    )
    return named >= 2 or any(
        not part.isascii() and part.isalpha() and len(part) > 1 for part in parts
    )


def _cells(line: str, mark: str) -> list[str]:
    text = line.strip(" |") if mark == "|" else line.strip(" ")
    if mark == "\t":
        text = text.strip("\t")
    cells = [cell.strip(" \"'*\t") for cell in text.split(mark)]
    return [cell for cell in cells if cell] if mark.isspace() and mark != "\t" else cells
