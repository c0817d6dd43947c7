"""One-time codes and confirmation links in the text of a message, each with a confidence.

Pure and linear: no clock, no network, nothing is followed. A code is believed for what stands
around it (words in many languages, a line of its own), not for its shape alone, so that phone
numbers, prices, years, times and order numbers are left out. Whether a code still holds is for the
caller to say from the time of arrival; `valid_for_seconds` is what the message itself claims.
"""

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mailcore.message.visibility import is_hidden

MIN_CONFIDENCE: Final = 0.5
"""Less is not reported."""
MAX_CHARS: Final = 64 * 1024
"""How much of a text is looked at."""
MAX_HTML_CHARS: Final = 512 * 1024
MAX_FOUND: Final = 10
_MAX_CANDIDATES: Final = 500
_BEFORE: Final = 140
_AFTER: Final = 70
_MAX_LINKS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A one-time code; `written` is how it stands in the text (`123 456`)."""

    value: str
    written: str
    confidence: float
    context: str
    """The line it stands in, at most 120 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that does something for the reader: `confirm`, `login`, `reset` or `invite`."""

    url: str
    label: str
    kind: str
    host: str
    is_sender_domain: bool
    """Whether the host belongs to the domain of the sender's address."""
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What was found, the most likely first."""

    codes: tuple[Code, ...] = ()
    links: tuple[Link, ...] = ()
    valid_for_seconds: int | None = None
    """How long the message says they hold."""


def extract_codes(
    *, subject: str, text: str, html: str | None = None, sender: str = ""
) -> Extracted:
    """Everything at once. `sender` is the address of From."""
    text = text[:MAX_CHARS]
    return Extracted(
        codes=find_codes(subject, text),
        links=find_links(text, html, sender),
        valid_for_seconds=find_validity(text),
    )


# Codes -------------------------------------------------------------------------------------------

_STRONG: Final = (
    # English
    *("verification code", "verify code", "one-time", "one time", "onetime", "otp", "passcode"),
    *("security code", "login code", "log-in code", "sign-in code", "signin code", "2fa"),
    *("confirmation code", "access code", "authentication code", "authorization code"),
    *("activation code", "temporary code", "two-factor", "two-step", "auth code"),
    # German
    *("bestätigungscode", "sicherheitscode", "verifizierungscode", "einmalcode", "anmeldecode"),
    *("zugangscode", "einmalpasswort", "einmalkennwort", "aktivierungscode", "prüfcode"),
    # French
    *("code de vérification", "code de confirmation", "code de sécurité", "code d'accès"),
    *("code d’accès", "usage unique", "code de connexion", "code d'authentification"),
    # Spanish
    *("código de verificación", "código de confirmación", "código de seguridad"),
    *("código de acceso", "un solo uso", "código de inicio", "clave de acceso"),
    # Portuguese
    *("código de verificação", "código de confirmação", "código de segurança", "uso único"),
    # Italian
    *("codice di verifica", "codice di conferma", "codice di sicurezza", "codice di accesso"),
    *("codice monouso", "codice temporaneo"),
    # Dutch
    *("verificatiecode", "bevestigingscode", "beveiligingscode", "inlogcode", "eenmalige code"),
    # Swedish, Danish, Norwegian
    *("verifieringskod", "engångskod", "säkerhetskod", "bekræftelseskode", "engangskode"),
    *("sikkerhedskode", "verifiseringskode", "bekreftelseskode"),
    # Polish, Czech
    *("kod weryfikacyjny", "kod potwierdzający", "kod jednorazowy", "kod dostępu"),
    *("ověřovací kód", "jednorázový kód", "bezpečnostní kód", "potvrzovací kód"),
    # Russian, Ukrainian
    *("код подтверждения", "проверочный код", "одноразовый код", "код безопасности"),
    *("код для входа", "одноразовый пароль", "код доступа", "код підтвердження"),
    # Turkish
    *("doğrulama kodu", "onay kodu", "güvenlik kodu", "tek kullanımlık", "giriş kodu"),
    # Chinese, Japanese, Korean
    *("验证码", "驗證碼", "校验码", "动态码", "确认码", "認証コード", "確認コード"),
    *(
        "ワンタイム",
        "セキュリティコード",
        "認証番号",
        "인증번호",
        "인증 코드",
        "인증코드",
        "확인 코드",
    ),
    # Arabic, Hebrew, Hindi
    *("رمز التحقق", "رمز التأكيد", "كود التحقق", "קוד אימות", "קוד האימות", "सत्यापन कोड"),
    # Indonesian, Vietnamese
    *("kode verifikasi", "kode otp", "mã xác minh", "mã xác nhận", "mã otp"),
)
_WEAK: Final = (
    *("code", "pin", "código", "codigo", "codice", "kod", "kód", "код", "kode", "コード"),
    *("代码", "코드", "رمز", "קוד", "कोड", "mã", "verify", "token"),
)
_WEAK_WORD: Final = re.compile(
    r"(?<![^\W_])(?:" + "|".join(re.escape(word) for word in _WEAK) + r")(?![^\W\d_])"
    "|コード|代码|코드"
)
_OTHER_NUMBERS: Final = (
    *("order", "invoice", "receipt", "ticket", "case", "tracking", "shipment", "reference"),
    *("ref.", "ref:", "account", "customer", "member", "policy", "booking", "reservation"),
    *("promo", "discount", "coupon", "voucher", "gift", "zip", "postal", "postcode", "area code"),
    *("phone", "tel", "fax", "call", "mobile", "suite", "room", "flight", "vat", "error code"),
    *("status code", "product", "article", "sku", "bestell", "auftrag", "rechnung", "kunden"),
    *("vorgang", "postleitzahl", "gutschein", "telefon", "commande", "facture", "téléphone"),
    *("promotion", "pedido", "factura", "teléfono", "ordine", "fattura", "telefono", "bestelling"),
    *("factuur", "zamówieni", "faktura", "заказ", "счет", "телефон", "sipariş", "fatura"),
    *("订单", "电话", "訂單", "注文", "電話", "주문", "전화", "encomenda", "nota fiscal"),
)
_CURRENCY: Final = frozenset("$€£¥₹₩₽₺¢%")
_CURRENCY_WORD: Final = re.compile(
    r"\s{0,2}(?:usd|eur|gbp|jpy|chf|cny|rub|inr|krw|try|pln|brl|kr|zł|руб|€|円|元|원|percent|"
    r"dollars?|euros?|points?|items?|people|users|views|km|kg|mb|gb|followers)(?![^\W\d_])",
    re.IGNORECASE,
)
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"']{1,2048}", re.IGNORECASE)
_ATOMS: Final = re.compile(r"[A-Za-z0-9._%+\-]++(?:@[A-Za-z0-9.\-]*+)?")
_NUMBER: Final = re.compile(r"[0-9]++(?:[ .,:/\-\u2010-\u2014\u00a0][0-9]++)*+")
_DIGIT: Final = re.compile(r"[0-9]")
_DIGIT_OR_DASH: Final = re.compile(r"[0-9-]")
_GROUPED: Final = re.compile(r"[0-9]{3}[ \-\u2010-\u2014\u00a0][0-9]{3}|[0-9]{4}[ -][0-9]{4}")
_LAST_NUMBER: Final = re.compile(r"^.*[0-9]", re.DOTALL)
_TOKEN: Final = re.compile(r"[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+")
_PREFIXED: Final = re.compile(r"[A-Z]{1,2}-[0-9]{4,8}", re.ASCII)
_PAIR: Final = re.compile(r"[A-Z0-9]{3,5}-[A-Z0-9]{3,5}", re.ASCII)
_DIGITS: Final = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{0x0660 + digit: str(digit) for digit in range(10)},
    **{0x06F0 + digit: str(digit) for digit in range(10)},
    **{0x0966 + digit: str(digit) for digit in range(10)},
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something of the shape of a code, with what its shape alone is worth."""

    value: str
    start: int
    end: int
    worth: float
    needs_near: bool


def find_codes(subject: str, text: str) -> tuple[Code, ...]:
    """The one-time codes of a message, the most likely first, each once."""
    best: dict[str, Code] = {}
    base: float | None = None
    before = ""
    looked_at = 0
    for line in (*_lines(subject), "", *_lines(text)):
        if not line.strip():
            continue
        for candidate in _candidates(line):
            looked_at += 1
            if looked_at > _MAX_CANDIDATES:
                return _ranked(best)
            base = _worth_of_topic(subject, text) if base is None else base
            code = _judge(line, before, candidate, base)
            if code and code.confidence > best.get(code.value, _NONE).confidence:
                best[code.value] = code
        before = f"{before}\n{line}"[-2 * _BEFORE :]
    return _ranked(best)


def _worth_of_topic(subject: str, text: str) -> float:
    """What it says for every candidate that the message speaks of codes."""
    whole = f"{subject}\n{text}".casefold()
    is_subject = any(word in subject.casefold() for word in _STRONG)
    return (0.15 if any(word in whole for word in _STRONG) else 0.0) + (0.05 if is_subject else 0.0)


_NONE: Final = Code(value="", written="", confidence=0.0, context="")


def _ranked(found: dict[str, Code]) -> tuple[Code, ...]:
    return tuple(sorted(found.values(), key=lambda one: -one.confidence)[:MAX_FOUND])


def _lines(text: str) -> list[str]:
    """The lines with plain digits, without URLs and addresses."""
    shown = _plain_digits(text)
    lines = shown.splitlines()
    if _may_have_url(shown):
        lines = [_URL.sub(" ", line) for line in lines]
    return [_ATOMS.sub(_without_address, line) if "@" in line else line for line in lines]


def _may_have_url(text: str) -> bool:
    """Whether looking for `_URL` can find anything: cheap beside the search itself."""
    folded = text.casefold()
    return "http" in folded or "www." in folded


def _plain_digits(text: str) -> str:
    shown = text[:MAX_CHARS]
    return shown if shown.isascii() else shown.translate(_DIGITS)


def _without_address(match: re.Match[str]) -> str:
    return " " if "@" in match[0] else match[0]


def _candidates(line: str) -> Iterator[_Candidate]:
    if not _DIGIT_OR_DASH.search(line):
        return
    for match in _NUMBER.finditer(line):
        if _touches_word(line, match.start(), match.end()):
            continue
        written = match[0]
        value = "".join(char for char in written if char.isdigit())
        if written != value and not _GROUPED.fullmatch(written):
            continue
        if 4 <= len(value) <= 8 and not _is_amount(line, match.start(), match.end()):
            worth = 0.33 if len(value) == 6 else 0.28
            yield _Candidate(value, match.start(), match.end(), worth, needs_near=False)
    for match in _TOKEN.finditer(line):
        if match[0].isalpha():
            continue
        found = _mixed(line, match[0], match.start(), match.end())
        if found is not None:
            yield found


def _touches_word(line: str, start: int, end: int) -> bool:
    """Whether an ASCII letter or a sign of a longer number stands right beside it."""
    before = line[start - 1] if start else " "
    after = line[end] if end < len(line) else " "
    if _is_ascii_word(before) or _is_ascii_word(after):
        return True
    if before in "+(" or (before == "-" and start > 1 and _is_ascii_word(line[start - 2])):
        return True
    following = line[end + 1] if end + 1 < len(line) else " "
    return after in ")-" and (
        following.isdigit() or _is_ascii_word(following) or (after == ")" and before == "(")
    )


def _is_ascii_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")


def _is_amount(line: str, start: int, end: int) -> bool:
    near = line[max(0, start - 2) : start].strip()[-1:] + line[end : end + 2].strip()[:1]
    return any(char in _CURRENCY for char in near) or bool(_CURRENCY_WORD.match(line, end))


def _mixed(line: str, token: str, start: int, end: int) -> _Candidate | None:
    """Letters and digits: `G-123456`, `XK4-9QT`, `K7PQ2M`; lower case only where it stands out."""
    if start and line[start - 1] in "-_#/.=&+":
        return None
    if _PREFIXED.fullmatch(token):
        return _Candidate(token.partition("-")[2], start, end, 0.3, needs_near=False)
    plain = token.replace("-", "")
    is_alone = line.strip(" *_:.") == token
    has_digit = any(char.isdigit() for char in plain)
    has_letter = any(char.isalpha() for char in plain)
    if not has_letter or not 5 <= len(plain) <= 10:
        return None
    if "-" in token and not _PAIR.fullmatch(token):
        return None
    if not has_digit:
        is_pair = "-" in token and is_alone
        return _Candidate(token, start, end, 0.2, needs_near=True) if is_pair else None
    if plain.upper() == plain:
        return _Candidate(token, start, end, 0.25, needs_near=True)
    is_given = is_alone or line[:start].rstrip()[-1:] in (":", "：")
    return _Candidate(token, start, end, 0.2, needs_near=True) if is_given else None


def _judge(line: str, before: str, found: _Candidate, base: float) -> Code | None:
    """The code with its confidence, or None when it is not believed."""
    is_alone = not line[: found.start].strip(" *_:.[]|") and not line[found.end :].strip(" *_.[]|")
    left = f"{before}\n{line[: found.start]}"[-_BEFORE:].casefold()
    right = line[found.end : found.end + _AFTER].casefold()
    near = _nearness(left, right)
    if found.needs_near and near < 0.4:
        return None
    confidence = found.worth + max(near, base) + (0.15 if is_alone else 0.0)
    confidence -= _doubt(line, left, found, near)
    if confidence < MIN_CONFIDENCE:
        return None
    written = line[found.start : found.end]
    around = line[max(0, found.start - 60) : found.end + 60].strip()[:120]
    return Code(
        value=found.value,
        written=written,
        confidence=round(min(confidence, 0.99), 2),
        context=around,
    )


def _nearness(left: str, right: str) -> float:
    """What the words around say for it."""
    same_line = left.rpartition("\n")[2]
    if any(word in same_line or word in right for word in _STRONG):
        return 0.6
    if any(word in left for word in _STRONG):
        return 0.5
    if _WEAK_WORD.search(same_line[-40:]) or _WEAK_WORD.search(right[:30]):
        return 0.35
    return 0.0


def _doubt(line: str, left: str, found: _Candidate, near: float) -> float:
    """What the words around say against it."""
    tail = left.rpartition("\n")[2][-24:]
    if not tail.strip():
        tail = left.rstrip("\n ").rpartition("\n")[2][-24:]
    tail = _LAST_NUMBER.sub("", tail)
    doubt = 0.0
    if any(word in tail for word in _OTHER_NUMBERS):
        doubt += 0.5
    if line[found.start - 1 : found.start] in ("#", "№"):
        doubt += 0.4
    is_year = len(found.value) == 4 and found.value[:2] in ("19", "20") and found.value.isdigit()
    if is_year and not (near >= 0.35 and _introduces(tail)):
        doubt += 0.5
    if len(found.value) == 5 and found.value.isdigit() and "," in tail[-3:]:
        doubt += 0.3
    if "©" in tail or "copyright" in tail:
        doubt += 0.5
    return doubt


def _introduces(tail: str) -> bool:
    """Whether the words before end as words before a code do."""
    end = tail.rstrip(" *_")
    return end.endswith((":", "：", " is", " ist", " est", " es", " é", " è", "は", "为", "是"))


# How long ----------------------------------------------------------------------------------------

_VALIDITY: Final = re.compile(
    r"expire|valid|gültig|läuft|abl[aä]uf|caduca|vence|válid|válido|expira|scade|valido|verloopt|"
    r"geldig|giltig|ważn|wygas|действи|истека|geçerli|有效|有効|유효|within|innerhalb|dentro|"
    r"dans les|platn|صالح|good for",
    re.IGNORECASE,
)
_SPAN: Final = re.compile(
    r"([0-9]{1,4})[ \u00a0-]{0,2}(seconds?|sec|sekunden?|segundos?|secondes?|秒|초|"
    r"minut[a-zé]{0,4}|min|минут[а-я]?|dakika|分钟|分鐘|分|분|دقائق|"
    r"hours?|stunden?|heures?|horas?|ore|uur|timmar|godzin[ay]?|час[а-я]{0,2}|saat|小时|小時|時間|시간|"
    r"days?|tagen?|jours?|días?|dias?|giorni|dagen|dagar|dni|дн[а-я]{0,2}|gün|天|日)",
    re.IGNORECASE,
)
_UNITS: Final = (
    (1, ("sec", "sek", "seg", "秒", "초")),
    (60, ("min", "мин", "dak", "分", "분", "دق")),
    (3600, ("hour", "stund", "heure", "hora", "ore", "uur", "timm", "godz", "час", "saat")),
    (3600, ("小时", "小時", "時間", "시간")),
    (86400, ("day", "tag", "jour", "día", "dia", "giorn", "dag", "dni", "дн", "gün", "天", "日")),
)


def find_validity(text: str) -> int | None:
    """How long the message says its code or link holds, in seconds; the shortest time it names."""
    found: list[int] = []
    shown = _plain_digits(text)
    if not _DIGIT.search(shown):
        return None
    for line in shown.splitlines():
        if not _DIGIT.search(line) or not _VALIDITY.search(line[:2000]):
            continue
        for match in _SPAN.finditer(line[:2000]):
            unit = match[2].casefold()
            seconds = next((size for size, heads in _UNITS if unit.startswith(heads)), 0)
            if seconds and int(match[1]):
                found.append(int(match[1]) * seconds)
    return min(found, default=None)


# Links -------------------------------------------------------------------------------------------

_KINDS: Final = (
    (
        "reset",
        (
            *(
                "reset",
                "forgot",
                "recover",
                "zurücksetzen",
                "réinitialis",
                "restablec",
                "redefinir",
            ),
            *("reimposta", "сброс", "sıfırla", "重置", "再設定", "재설정", "herstel", "zresetuj"),
        ),
    ),
    (
        "login",
        (
            *("magic", "sign-in", "signin", "sign in", "log in", "login", "log-in", "anmelden"),
            *(
                "einloggen",
                "se connecter",
                "connexion",
                "iniciar sesi",
                "entrar",
                "accedi",
                "войти",
            ),
            *("giriş yap", "登录", "ログイン", "로그인", "inloggen", "zaloguj", "passwordless"),
        ),
    ),
    (
        "confirm",
        (
            *(
                "confirm",
                "verif",
                "activate",
                "activation",
                "validate",
                "optin",
                "opt-in",
                "bestätig",
            ),
            *(
                "aktivier",
                "vérifi",
                "activer",
                "verificar",
                "activar",
                "ativar",
                "conferma",
                "attiva",
            ),
            *(
                "bevestig",
                "bekräft",
                "potwierd",
                "aktywuj",
                "подтверд",
                "активир",
                "doğrula",
                "onayla",
            ),
            *("验证", "確認", "认证", "激活", "認証", "인증", "확인", "تأكيد", "ověř", "xác"),
        ),
    ),
    (
        "invite",
        (
            *("invit", "accept", "join", "einlad", "annehmen", "rejoindre", "unirse", "приглаш"),
            *("邀请", "招待", "초대"),
        ),
    ),
)
_NEVER: Final = (
    *("unsubscribe", "abmelden", "abbestell", "désabonn", "desinscri", "darse de baja"),
    *("cancelar inscri", "disiscri", "uitschrijv", "отпис", "preferences", "privacy", "terms"),
    *("退订", "配信停止", "수신거부", "view in browser", "facebook.com", "twitter.com"),
    *("instagram.com", "linkedin.com", "help center", "/legal", "impressum", "datenschutz"),
)
_TOKENISH: Final = re.compile(r"[A-Za-z0-9_\-.~%]{16,}")
_ANCHOR: Final = re.compile(r"<a(?=[\s/])", re.IGNORECASE)
_HREF: Final = re.compile(
    r"(?<![\w-])(href|style|hidden)\s{0,5}(?:=\s{0,5}(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]++)))?",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"<[^>]*+>")
_TRAILING: Final = ".,;:!?)]}>'\"*_"


def find_links(text: str, html: str | None, sender: str = "") -> tuple[Link, ...]:
    """The links a reader is asked to follow, the most likely first, each once."""
    domain = sender.rpartition("@")[2].casefold()
    best: dict[str, Link] = {}
    for number, (url, label, before) in enumerate(_all_links(text, html)):
        if number >= _MAX_LINKS:
            break
        link = _judge_link(url, label, before, domain)
        if link is not None and link.confidence > (best[url].confidence if url in best else 0.0):
            best[url] = link
    return tuple(sorted(best.values(), key=lambda one: -one.confidence)[:MAX_FOUND])


def _all_links(text: str, html: str | None) -> Iterator[tuple[str, str, str]]:
    """Every link with its label and the text before it."""
    if html:
        yield from _anchors(html[:MAX_HTML_CHARS])
    if not _may_have_url(text[:MAX_CHARS]):
        return
    for match in _URL.finditer(text[:MAX_CHARS]):
        url = match[0].rstrip(_TRAILING)
        yield url, "", text[max(0, match.start() - _BEFORE) : match.start()]


def _anchors(html: str) -> Iterator[tuple[str, str, str]]:
    for match in _ANCHOR.finditer(html):
        window = html[match.end() : match.end() + 4096]
        inside, closed, rest = window.partition(">")
        if not closed:
            continue
        found = {
            one[1].lower(): entities.unescape(one[2] or one[3] or one[4] or "")
            for one in _HREF.finditer(inside)
        }
        if is_hidden({name: value for name, value in found.items() if name != "href"}):
            continue
        label = entities.unescape(_MARKUP.sub(" ", rest[:1000].partition("</a")[0]))
        before = entities.unescape(
            _MARKUP.sub(" ", html[max(0, match.start() - 300) : match.start()])
        )
        yield found.get("href", "").strip(), " ".join(label.split())[:200], before[-_BEFORE:]


def _judge_link(url: str, label: str, before: str, domain: str) -> Link | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").casefold()
    except ValueError:
        return None
    if parts.scheme.casefold() not in ("http", "https") or not host or len(url) > 4096:
        return None
    target = f"{parts.path}?{parts.query}#{parts.fragment}".casefold()
    shown, told = label.casefold(), before.casefold()
    if any(word in shown or word in target for word in _NEVER):
        return None
    kind, worth = _kind(shown, target, told)
    if not kind:
        return None
    if _TOKENISH.search(f"{parts.path}?{parts.query}"):
        worth += 0.2
    belongs = _is_within(host, domain)
    worth += 0.1 if belongs else 0.0
    if worth < MIN_CONFIDENCE:
        return None
    return Link(
        url=url,
        label=label,
        kind=kind,
        host=host,
        is_sender_domain=belongs,
        confidence=round(min(worth, 0.99), 2),
    )


def _kind(label: str, target: str, before: str) -> tuple[str, float]:
    best, most = "", 0.0
    for kind, words in _KINDS:
        worth = 0.45 * any(word in label for word in words)
        worth += 0.3 * any(word in target for word in words)
        worth += 0.2 * any(word in before for word in words)
        if worth > most:
            best, most = kind, worth
    return best, most


def _is_within(host: str, domain: str) -> bool:
    """Whether host and domain are the same or one is below the other."""
    if not host or not domain or "." not in domain:
        return False
    return (
        host == domain
        or host.endswith(f".{domain}")
        or (domain.endswith(f".{host}") and host.count(".") >= 1)
    )
