"""What a writer wrote in a reply, told apart from quoted text, attributions and signatures.

Works line by line in one pass over the text, in several languages. It is conservative: text below
a separator that cannot be told from the original message counts as quoted. Not a judgment about
who wrote it.
"""

import re
from enum import Enum, auto
from typing import Final

_MAX_LINE: Final = 400
"""Longer lines are never an attribution, a separator or a header line."""
_MAX_WRAP: Final = 3
"""An attribution is wrapped over at most this many lines more."""
_LOOK_AHEAD: Final = 8

_VERBS: Final = (
    "wrote",
    "writes",
    "wrote as follows",
    "schrieb",
    "schreibt",
    "écrit",
    "escribió",
    "escribio",
    "ha scritto",
    "escreveu",
    "schreef",
    "geschreven",
    "skrev",
    "napisał",
    "napisała",
    "napisał(a)",
    "написал",
    "написала",
    "написал(а)",
    "пишет",
    "написав",
    "написав(ла)",
    "kirjoitti",
    "yazdı",
    "írta",
    "napsal",
    "napsala",
    "napsal(a)",
    "napísal",
    "napísala",
    "napísal(a)",
    "a scris",
    "έγραψε",
    "写道",
    "寫道",
    "님이 작성",
    "さんが書きました",
    "のメッセージ",
    "viết",
    "menulis",
)
_VERB_ENDS: Final = frozenset(verb[-2:] for verb in _VERBS)
_ATTRIBUTION_MID = re.compile(
    r"^(?:am|op|den|le|em|el|il|dnia|w dniu)\s.{6,250}\s(?:schrieb|schreef|skrev|a écrit|"
    r"escribió|ha scritto|escreveu|napisał\S{0,4})\s.{1,200}[:：]$",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"^(?:on|am|le|el|il|op|em|a|den|dne|dňa|w dniu|dnia|tor|to|pe|ma|ti|ke|la|su|"
    r"mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|"
    r"pon|wt|śr|czw|pt|sob|niedz|пн|вт|ср|чт|пт|сб|вс|στις|în|vào|pada|tarihinde|"
    r"\d{1,4}[./\-年 ]|在)(?:\b|[.,\s\d])",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^[-_ ]{2,30}(?:original message|original appointment|forwarded message|forwarded by .{0,80}|"
    r"reply message|ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht|"
    r"message d'origine|message d’origine|message original|message transféré|mensaje original|"
    r"mensaje reenviado|messaggio originale|messaggio inoltrato|mensagem original|"
    r"mensagem encaminhada|oorspronkelijk bericht|oorspronkelijke bericht|ursprungligt meddelande|"
    r"originalmeddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|"
    r"wiadomość oryginalna|oryginalna wiadomość|původní zpráva|eredeti üzenet|mesaj original|"
    r"исходное сообщение|пересылаемое сообщение|orijinal mesaj|orijinal ileti|原始邮件|原始郵件|"
    r"转发邮件|元のメッセージ|원본 메시지)[-_ ]{2,30}$",
    re.IGNORECASE,
)
_BEGIN_FORWARD = re.compile(
    r"^(?:begin forwarded message|anfang der weitergeleiteten nachricht|"
    r"début du message réexpédié|inizio messaggio inoltrato|inicio del mensaje reenviado)\s?:$",
    re.IGNORECASE,
)
_FROM_LINE = re.compile(
    r"^\*{0,2}(?:from|von|de|da|van|från|fra|lähettäjä|od|от|от кого|від|kimden|feladó|"
    r"de la|από|发件人|寄件者|差出人|送信者|보낸 사람)\s{0,3}[:：]",
    re.IGNORECASE,
)
_WHEN_LINE = re.compile(
    r"^\*{0,2}(?:sent|date|gesendet|datum|envoyé|envoyé le|enviado|enviado el|enviada em|fecha|"
    r"data|inviato|verzonden|skickat|sendt|dato|lähetetty|päivämäärä|wysłano|odesláno|odoslané|"
    r"отправлено|дата|дата отправки|надіслано|gönderildi|gönderme tarihi|tarih|elküldve|trimis|"
    r"dátum|στάλθηκε|发送时间|发送日期|日期|寄件日期|送信日時|日付|보낸 날짜)\s{0,3}[:：]",
    re.IGNORECASE,
)
_WHOM_LINE = re.compile(
    r"^\*{0,2}(?:to|subject|an|betreff|à|objet|para|asunto|assunto|a|oggetto|aan|onderwerp|"
    r"till|ämne|til|emne|vastaanottaja|aihe|do|temat|komu|předmět|predmet|кому|тема|kime|konu|"
    r"címzett|tárgy|către|subiect|προς|θέμα|收件人|收件者|主题|主旨|宛先|件名|받는 사람|제목)"
    r"\s{0,3}[:：]",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"^(?:sent from (?:my |mail |outlook |yahoo |proton)|get outlook for |sent with |"
    r"von meinem .{1,60} gesendet|gesendet (?:von|mit) |envoyé (?:de mon|depuis) |"
    r"enviado desde mi |enviado do meu |inviato da(?:l mio)? |verzonden vanaf |"
    r"skickat från |sendt fra min|отправлено с |wysłane z |lähetetty |发自我的|iPhoneから送信)",
    re.IGNORECASE,
)
_DEVICE_STARTS: Final = frozenset(
    ["se", "ge", "vo", "en", "in", "ve", "sk", "от", "wy", "lä", "发自", "ip"]
)
"""The first two characters of everything that `_DEVICE` matches."""
_MARKS: Final = frozenset(">-_")
_UNDERLINE = re.compile(r"^_{10,80}$")
_DIGIT = re.compile(r"[0-9]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


class _Kind(Enum):
    WRITTEN = auto()
    BLANK = auto()
    QUOTED = auto()
    SIGNATURE = auto()
    DEVICE = auto()


type _Lines = list[tuple[_Kind, str]]


def is_unmarked(text: str) -> bool:
    """Whether nothing in the text could be anything else than what its writer wrote."""
    if ":" in text or "：" in text:
        return False
    lines = map(str.strip, text.lower().replace("\r", "\n").split("\n"))
    return not any(
        _may_be_marked(line)
        for line in lines
        if line and (line[0] in _MARKS or line[-2:] in _VERB_ENDS or line[:2] in _DEVICE_STARTS)
    )


def reply_text(text: str) -> str:
    """The lines the writer wrote, above, between and below quoted text; without the signature."""
    out: list[str] = []
    for kind, line in _classify(text):
        if kind is _Kind.WRITTEN:
            out.append(line.rstrip())
        elif out and out[-1] and kind is not _Kind.SIGNATURE:
            out.append("")
    return "\n".join(out).strip("\n")


def split_quotation(text: str) -> tuple[str, str]:
    """The text up to the last line the writer wrote, and the quotation below it; empty when none is."""
    lines = _classify(text)
    written = [
        number for number, (kind, _) in enumerate(lines) if kind not in (_Kind.QUOTED, _Kind.BLANK)
    ]
    end = written[-1] + 1 if written else 0
    if not any(kind is _Kind.QUOTED for kind, _ in lines[end:]):
        return text, ""
    above, below = lines[:end], lines[end:]
    return "\n".join(line for _, line in above), "\n".join(line for _, line in below)


def first_written_line(text: str) -> str:
    """The first line the writer wrote, stripped; empty when there is none.

    Above the quoted text if anything stands there, else below its last line. With text only below
    and also between quoted lines the answer is empty: a wrapped quotation leaves pieces of itself
    there that the writer never wrote.
    """
    lines = _classify(text)
    quoted = [number for number, (kind, _) in enumerate(lines) if kind is _Kind.QUOTED]
    if not quoted:
        return _first(lines)
    above = _first(lines[: quoted[0]])
    if above or _first(lines[quoted[0] : quoted[-1]]):
        return above
    return _first(lines[quoted[-1] + 1 :])


def _first(lines: _Lines) -> str:
    return next((line.strip() for kind, line in lines if kind is _Kind.WRITTEN), "")


def _classify(text: str) -> _Lines:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    stripped = [line.strip() for line in lines]
    if not any(map(_may_be_marked, stripped)):
        return [
            (_Kind.WRITTEN if line else _Kind.BLANK, full)
            for line, full in zip(stripped, lines, strict=True)
        ]
    ends = [_ends_attribution(line) for line in stripped]
    kinds: list[_Kind] = []
    in_signature = False
    while (number := len(kinds)) < len(lines):
        line = stripped[number]
        if not line:
            kinds.append(_Kind.BLANK)
        elif line[0] == ">":
            kinds.append(_Kind.QUOTED)
            in_signature = False
        elif _begins_original(stripped, number):
            kinds.extend([_Kind.QUOTED] * (len(lines) - number))
        elif length := _attribution(stripped, ends, number):
            is_open = not _is_quote_next(stripped, number + length)
            kinds.extend([_Kind.QUOTED] * (len(lines) - number if is_open else length))
            in_signature = False
        else:
            in_signature = in_signature or _is_signature_mark(lines[number])
            kinds.append(_written_kind(line, in_signature=in_signature))
    return list(zip(kinds, lines, strict=True))


def _may_be_marked(line: str) -> bool:
    """Whether the line could begin or end anything that is not the writer's text."""
    return bool(line) and (
        line[0] in _MARKS
        or ":" in line
        or "：" in line
        or _ends_attribution(line)
        or _names_device(line)
    )


def _names_device(line: str) -> bool:
    return line[:2].lower() in _DEVICE_STARTS and _DEVICE.match(line) is not None


def _ends_attribution(line: str) -> bool:
    """Whether the line ends as the last line of an attribution would."""
    if not line or len(line) > _MAX_LINE:
        return False
    return line[-1] in ":：" or (
        line[-2:].lower()[-2:] in _VERB_ENDS and line[-24:].lower().endswith(_VERBS)
    )


def _written_kind(stripped: str, *, in_signature: bool) -> _Kind:
    if in_signature:
        return _Kind.SIGNATURE
    if len(stripped) <= 120 and _names_device(stripped):
        return _Kind.DEVICE
    return _Kind.WRITTEN


def _is_quoted(stripped: str) -> bool:
    return stripped.startswith(">")


def _is_signature_mark(line: str) -> bool:
    """The line of two dashes and a space (RFC 3676 §4.3), or what is left of it."""
    return line.rstrip("\r") in ("-- ", "--", "--\u00a0")


def _begins_original(stripped: list[str], number: int) -> bool:
    """Whether an unquoted original message begins here; all below is then not the writer's."""
    line = stripped[number]
    is_rule = line[0] in "-_"
    if (not is_rule and ":" not in line and "：" not in line) or len(line) > _MAX_LINE:
        return False
    if is_rule:
        if _SEPARATOR.match(line):
            return True
        following = _next_written(stripped, number + 1) if _UNDERLINE.match(line) else -1
        return following >= 0 and _is_header_block(stripped, following)
    return bool(_BEGIN_FORWARD.match(line)) or _is_header_block(stripped, number)


def _is_header_block(stripped: list[str], number: int) -> bool:
    """`From:` followed closely by a date and by a recipient or subject, in any language."""
    if not _FROM_LINE.match(stripped[number][:_MAX_LINE]):
        return False
    block = [line[:_MAX_LINE] for line in stripped[number + 1 : number + _LOOK_AHEAD]]
    has_when = any(_WHEN_LINE.match(line) for line in block)
    return has_when and any(_WHOM_LINE.match(line) for line in block)


def _next_written(stripped: list[str], number: int) -> int:
    for following in range(number, min(number + 3, len(stripped))):
        if stripped[following]:
            return following
    return -1


def _is_quote_next(stripped: list[str], number: int) -> bool:
    following = _next_written(stripped, number)
    return following >= 0 and _is_quoted(stripped[following])


def _attribution(stripped: list[str], ends: list[bool], number: int) -> int:
    """How many lines an attribution (`On … wrote:`) that begins here has, or 0.

    With quoted text right after it any line that ends in a colon and names a year or an address is
    one; without, it must have a known form and a date.
    """
    if not any(ends[number : number + _MAX_WRAP + 1]):
        return 0
    for length in range(1, _MAX_WRAP + 2):
        last = number + length - 1
        if last >= len(stripped) or not stripped[last] or _is_quoted(stripped[last]):
            return 0
        if ends[last]:
            joined = " ".join(stripped[number : last + 1])
            is_quote_next = _is_quote_next(stripped, last + 1)
            if _is_attribution(joined, is_single=length == 1, is_quote_next=is_quote_next):
                return length
    return 0


def _is_attribution(joined: str, *, is_single: bool, is_quote_next: bool) -> bool:
    if len(joined) > _MAX_LINE:
        return False
    has_opener = bool(_OPENER.match(joined))
    has_verb = joined.rstrip(" :：").lower().endswith(_VERBS) or bool(
        _ATTRIBUTION_MID.match(joined)
    )
    if has_verb and has_opener and _DIGIT.search(joined):
        return True
    has_evidence = has_verb or bool(_YEAR.search(joined)) or "@" in joined
    return has_evidence and (is_single or has_opener) and is_quote_next
