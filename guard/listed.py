"""People listed in any layout: names, each with an address, a number, an amount or a date beside it.

Names and what belongs to them take turns, whatever stands between: commas, lines, bars, tags, keys.
"""

import re
from itertools import pairwise
from typing import Final

from guard.evidence import AMOUNT, NEWS, is_public, named_amounts
from guard.given_names import GIVEN
from guard.rule import Candidate, Judgement

_FEWEST: Final = 3
_APART: Final = 90
"""Octets between a name and what belongs to it."""
_TITLE: Final = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|M|Mlle|Sra?|Srta|Sig|Sig\.ra|Pani?|Dhr|Mevr|Fru|Hr)\.? "
_NO_NAME: Final = r"(?!(?:The|This|Our|My|Your|Their|We|You|Here|Please|Dear|Hi|Hello|Best|Kind|Many|Thanks|From|To|For|With|On|In|At|New|Tel|Phone|Mobile|Fax|Email|Mail|Die|Der|Das|Unsere|Les|Nos|Los|Las)\b)"
_WORD: Final = r"[A-Z][\w'’\-]{1,20}"
_NAME: Final = re.compile(
    rf"\b(?:{_TITLE}{_WORD}|{_NO_NAME}{_WORD} (?:(?:van|von|de|del|da|di|der|den|la|le|el|bin|al) ){{0,2}}{_WORD}(?: {_WORD})?)"
    r"|\b[А-ЯЇІЄ][а-яїіє]{1,20} [А-ЯЇІЄ][а-яїіє]{1,20}"
)
_MAIL: Final = r"[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[A-Za-z]{2,10}"
_PHONE: Final = r"(?<![0-9A-Za-z.,/])(?:\+[0-9]|\(?0[0-9]|[1-9][0-9]{2}[ \-])[0-9 ()/.\-]{6,16}[0-9](?![0-9A-Za-z])"
_AMOUNT: Final = r"[$€£¥₹] ?[0-9][0-9.,']*k?|\b[A-Z]?[0-9]{1,3}(?:[.,' ]?[0-9]{3})*(?:[.,][0-9]{1,2})? ?(?:€|\$|£|zl\b|kr\b|k\b|EUR\b|[Ee]uros?\b|USD\b|CHF\b|GBP\b|PLN\b)"
_BORN: Final = r"\b[0-9]{1,2}[./\-][0-9]{1,2}[./\-](?:19[2-9]|20[01])[0-9]\b|\b(?:19[2-9]|20[01])[0-9]-[0-9]{2}-[0-9]{2}\b"
_HELD: Final = re.compile(
    rf"(?P<mail>{_MAIL})|(?P<born>{_BORN})|(?P<phone>{_PHONE})|(?P<amount>{_AMOUNT})"
)
_SURNAME_KEY: Final = re.compile(
    r"[\"']\s*,\s*[\"'](?:last|sur|family)[a-z_ ]{0,8}[\"']\s*:\s*[\"']"
)
_HEADER: Final = re.compile(
    r"(?im)^[>\s|*]*(?:from|to|b?cc|sent|reply-to|von|an|de|para|da|a|van|aan|od|do|fra|til|[a-z]{2,16}[- ]by|author|copyright)\*?\s?:|copyright|\(c\)|©|\b(?:wrote|schrieb|ecrit|escribio|scritto|napisal)\b"
)
_OF_A_FIRM: Final = re.compile(
    r"(?i)\b(?:speakers?|referent[a-z]{0,3}|agenda|imprint|impressum|press contacts?|contact us|our (?:team|offices|staff|contacts)|editors?|authors?|directions|hotlines?|departments?|sales team|pgp|gpg|key ?server|maintainers?|contributors?|upstream|licen[cs]es?|mailing list|staff|written by|edited by|copyedit[a-z]*|marketing|newsletter|unsubscribe|editorial|publisher|invoice|delivery note)\b"
)


def people_listed(found: Candidate) -> Judgement:
    """Three people or more, each with an address, a telephone or a birth; amounts do where a word says who they are."""
    text = _SURNAME_KEY.sub(" ", f"{found.before}{found.whole}")
    if not _listed(text, with_amounts=False) or _is_one_firm(text):
        return False
    return not (_HEADER.search(text) or _OF_A_FIRM.search(text) or _is_of_one(text))


def _is_one_firm(text: str) -> bool:
    """Whether three addresses or more are all of one house, which gives everybody one."""
    hosts = [hit[0].rpartition("@")[2].lower() for hit in _ADDRESSES.finditer(text)]
    return len(hosts) >= _FEWEST and len(set(hosts)) == 1 and not _FREE_MAIL.search(hosts[0])


_ADDRESSES: Final = re.compile(_MAIL)
_FREE_MAIL: Final = re.compile(
    r"^(?:g(?:oogle)?mail|yahoo|ymail|hotmail|outlook|live|msn|icloud|me|mac|aol|gmx|web|t-online|freenet|posteo|mailbox|proton(?:mail)?|tuta(?:nota)?|fastmail|zoho|yandex|mail|inbox|orange|wanadoo|free|laposte|sfr|libero|virgilio|alice|tin|terra|uol|bol|wp|onet|o2|interia|seznam|centrum|telia|comhem|ziggo|kpn|xs4all|btinternet|btopenworld|sky|virginmedia|ntlworld|talktalk|comcast|verizon|att|sbcglobal|cox|qq|163|126|sina|naver|daum|hanmail)\."
)


def _is_of_one(text: str) -> bool:
    """Whether different kinds of numbers are named, each but once: they belong to one person."""
    kinds = [kind.lower() for kind in _KIND.findall(text)]
    return len(kinds) > 1 and len(set(kinds)) == len(kinds)


_KIND: Final = re.compile(
    r"(?i)\b(tel|telephone|phone|voice|fax|mob|mobile|cell|internet|office)\.?\s{0,3}:"
)


def clients_listed(found: Candidate) -> Judgement:
    """The same behind a word for customers, members, patients."""
    if _OF_SOFTWARE.search(found.before):
        return False
    text = _SURNAME_KEY.sub(" ", found.whole)
    if not _listed(text, with_amounts=True) and not _is_of_ours(text, found.before[-40:]):
        return False
    return not (_HEADER.search(text) or _OF_A_FIRM.search(text))


_OF_SOFTWARE: Final = re.compile(
    r"(?i)\b(?:e-?mail|mail|imap|pop3?|smtp|nntp|news|irc|ftp|ssh|web|http|sql|vpn|dns|dhcp|api|rest|rpc|x11?|non-?gui|gui|thin|fat|desktop|mobile|legacy)[\s/-]$"
)
"""What stands before clients that are programs."""


def _is_of_ours(text: str, ahead: str) -> bool:
    """Names with sums of money beside them, or of those who owe some."""
    is_ours = _OURS.search(f"{ahead}{text[:60]}") is not None
    if not ((is_ours or AMOUNT.search(text)) and _has_sums(text, is_ours=is_ours)):
        return _owing(text) and not is_public(text)
    return not is_public(text)


def _has_sums(text: str, *, is_ours: bool) -> bool:
    pairs = named_amounts(text)
    large = [value for _, value in pairs if _LARGE.search(value)]
    sums = [pair for pair in pairs if AMOUNT.match(pair[1])]
    return _are_named(sums, _FEWEST) or (is_ours and len(large) >= _TWO)


_LARGE: Final = re.compile(
    r"(?i)(?:k|m|mln|mio|mila|mil|tys|tkr|mkr|t€|k€|m€|mil[a-z]+|тыс|тысяч|млн|万|億|亿|만|억)$"
)
_OURS: Final = re.compile(
    r"(?i)\b(?:our|we|unser[a-z]{0,2}|wir|nos|notre|nuestr[ao]s|nostri|nostre|che ci|nossos|nossas|onze|nasi|nasz[a-z]{0,2}|vara|vare|vore|nase|nasi|bizim|meilla|biggest|best|top)\b|наш|крупнейш|当社|弊社|我们|우리|لدينا|שלנו|μας"
)


def _owing(text: str) -> bool:
    """Four people called by their whole names who have not paid."""
    return bool(_UNPAID.search(text)) and len(set(_NAME.findall(text))) > _FEWEST


_UNPAID: Final = re.compile(
    r"(?i)\b(?:not paid|unpaid|haven't paid|owe[sd]?|overdue|in arrears|behind with|nicht (?:ge|be)zahlt|im ruckstand|saumig|impaye[es]*|n'ont pas paye|moros[oa]s|no han pagado|debit[oi]|non hanno pagato|inadimplentes|devem|niet betaald|achterstand|zalega[a-z]*|nie zaplaci[a-z]*|inte betalat|ikke betalt|odemeyen[a-z]*|cancelled|expelled|suspended|blacklist(?:ed)?)\b"
)


def pay_listed(found: Candidate) -> Judgement:
    """Two people or more, each with what they are paid."""
    text = f"{found.before[-90:]}{found.whole}{found.after}"
    if NEWS.search(text) or _VACANCY.search(text):
        return False
    return _are_named(named_amounts(text), _TWO)


_TWO: Final = 2
_VACANCY: Final = re.compile(
    r"(?i)\b(?:vacanc(?:y|ies)|hiring|job (?:ad|offer|title)s?|position|per seat|subscription|pricing|plans?|median|average|survey|minimum wage|mindestlohn|stelle(?:n|nanzeige)?|invoice|total|budget|kwartaal|players?|league|transfer)\b"
)


def sums_listed(found: Candidate) -> Judgement:
    """Two people or more by their given names, each with thousands: whatever it is, it is theirs."""
    text = f"{found.before}{found.whole}{found.after}"
    if is_public(text) or _HEADER.search(text) or _COUNTED.search(text):
        return False
    pairs = [pair for pair in named_amounts(text) if not GIVEN.isdisjoint(pair[0].split())]
    return sum(bool(_THOUSANDS.search(value)) for _, value in pairs) >= _TWO


_THOUSANDS: Final = re.compile(
    r"(?i)^[^0-9]{0,4}[0-9]{1,3}(?:[.,' ][0-9]{3})+(?:[.,][0-9]{2})?\b|[0-9] ?(?:k|m|mln|mio|mila|mil|mil[a-z]{2,6}|tys|tis|tkr|ezer|ezret|тыс|тысяч|млн|万|만|grand|lakhs?|bin)$"
)
_COUNTED: Final = re.compile(
    r"(?i)\b(?:votes?|followers|views|subscribers|steps|copies|points?|miles|km|population|inhabitants|players?|league|goals?|born|died|century|founded|bytes|lines of code|invoices?|orders?|downloads|words|visitors|pounds? raised|donat[a-z]+|raised|spend[a-z]*|prize money)\b"
)


def _are_named(pairs: list[tuple[str, str]], fewest: int) -> bool:
    """Whether so many names have amounts of at least three digits, or with a unit."""
    kept = [value for _, value in pairs if _is_sum(value)]
    return len(kept) >= fewest


def _is_sum(value: str) -> bool:
    if "%" in value or _YEARS.match(value):
        return False
    return sum(map(str.isdigit, value)) >= _FEWEST or not value[-1].isdigit()


_YEARS: Final = re.compile(r"^(?:19|20)[0-9]{2}$")
_DOCUMENT: Final = re.compile(
    r"(?<![\w\-/.])(?:[A-Z][0-9]{7,8}|[A-Z]{2}[0-9]{5,7}[A-Z]{1,2}|[A-Z]{2}[0-9]{7}|[A-Z]{3}[0-9]{6}|[0-9]{9}|[0-9]{2}[A-Z]{2}[0-9]{5}|(?=[0-9A-Z]*[0-9][0-9A-Z]*[0-9][0-9A-Z]*[0-9])[A-Z][0-9A-Z]{8}|[0-9]{2} [0-9]{7}|[0-9]{8} [0-9][A-Z]{2}[0-9])(?![\w\-/]|\.[0-9])"
)
_HOLDER: Final = re.compile(
    r"(?:\b(?!Order|Invoice|Booking|Ref|Pump|Part|Room|Flight|Serial|Ticket|Tracking|Parcel)[A-Z][^\W\d_]{1,20}|\b(?i:me|wife|husband|son|daughter|kid|mum|dad)\b|[А-Я][а-яё]+|[一-龥]{2,4}|[ァ-ヶー]{2,10}|[가-힣]{2,4})[^\n;.]{0,40}\n?[^\n;.]{0,20}$"
)


def papers_listed(found: Candidate) -> Judgement:
    """Two people or more, each with a number as documents have it, where it is spoken of travel."""
    text = f"{found.before}{found.whole}{found.after}"
    last = 0
    numbers: set[str] = set()
    for hit in _DOCUMENT.finditer(text):
        if _HOLDER.search(text[max(last, hit.start() - _APART) : hit.start()]):
            numbers.add(hit[0])
        last = hit.end()
    return len(numbers) >= _TWO and not _GOODS.search(text)


_GOODS: Final = re.compile(
    r"(?i)\b(?:orders?|tracking|parcels?|serial|warranty|invoices?|sku|part (?:no|number)s?|shipment|skus?|isbn|commit|tickets?|bestell[a-z]*|rechnung[a-z]*|commandes?|pedidos?|ordin[ei]|faktur[a-z]*)\b"
)


def _listed(text: str, *, with_amounts: bool) -> bool:
    if sum(map(str.isupper, text)) < _FEWEST:  # a name has a capital; to look for names costs more
        return False
    names = [(hit.start(), hit.end(), hit[0]) for hit in _NAME.finditer(text)]
    if len(names) < _FEWEST:
        return False
    held = [
        (hit.start(), hit.end(), hit[0])
        for hit in _HELD.finditer(text)
        if with_amounts or hit.lastgroup != "amount"
    ]
    return max(_pairs(names, held), _pairs(held, names)) >= _FEWEST


def _pairs(first: list[tuple[int, int, str]], second: list[tuple[int, int, str]]) -> int:
    """How many different pairs there are of one thing and another right behind it."""
    marked = sorted([(*one, True) for one in first] + [(*one, False) for one in second])
    found: set[tuple[str, str]] = set()
    for (_, end, text, is_first), (start, _, other, is_other_first) in pairwise(marked):
        if is_first and not is_other_first and 0 <= start - end <= _APART:
            found.add((text, other))
    return min(len({text for text, _ in found}), len({other for _, other in found}))
