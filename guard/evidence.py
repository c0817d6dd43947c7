"""What makes a word more than a word: amounts, names with amounts, days, and those who write for the public."""

import re
from typing import Final

from guard.lexicon import words

_UNITS: Final = (
    r"k\b|m\b|mn\b|mln\b|mio\b|mil\b|bn\b|tkr\b|mkr\b|mdkr\b|tys\b|tis\b|t€|k€|m€|teur\b|keur\b|"
    r"mil(?:[lhjy]o|io)[a-z]{1,6}\b|milli?ard[a-z]{0,3}\b|mila\b|mil\b|duizend\b|tausend\b|thousand\b|bin\b|tuhatta\b|ezer\b|mii\b|"
    r"lakhs?\b|crores?\b|grand\b|quid\b|cents?\b|pence\b|ezret\b|tisic\b|euroa\b|eur\b|euros?\b|usd\b|dollars?\b|pounds?\b|chf\b|gbp\b|pln\b|zl\b|zlotych\b|kr\b|kronor\b|kroner\b|kc\b|ft\b|lei\b|tl\b|lira\b|reais\b|francs?\b|franken\b|"
    r"[€$£₽₺₹]|%|(?:percent|prozent|per cent|procent|pct)\b|тыс|тысяч|млн|млрд|руб|грн|万|萬|億|亿|千|元|円|만|억|원|ألف|مليون|ريال|درهم|אלף|מיליון|ש\"ח|₪|χιλ|εκατ|ευρω|लाख|हज़ार|हजार|करोड़|रुपये|บาท|ล้าน|หมื่น|แสน"
)
_NUMBER: Final = r"[0-9]{1,3}(?:[.,' ][0-9]{3})+(?:[.,][0-9]{1,2})?(?![0-9])|[0-9]{1,7}(?:[.,][0-9]{1,4})?(?![0-9])"
AMOUNT: Final = re.compile(
    rf"(?i)(?<![0-9A-Za-z./:#\-])-?(?:(?:[$€£¥₹₺]|r\$|rs\.? ?|usd|eur|gbp|chf|r(?=[0-9])) ?(?:{_NUMBER})(?: ?(?:k|m|mio|mln|bn)\b)?|(?:{_NUMBER}) ?(?:{_UNITS})|[0-9]{{1,3}}(?:[.,' ][0-9]{{3}})+(?:[.,][0-9]{{1,2}})?(?![0-9]))"
)
"""A sum of money, a share, or a number so large that it is one."""
FIGURE: Final = re.compile(
    r"(?i)(?<![0-9A-Za-z./:#\-])-?(?:[$€£¥₹₺] ?)?(?:[0-9]{1,3}(?:[.,' ][0-9]{3})+|[0-9]{2,7}|[0-9]{1,5}[.,][0-9]{1,2})(?![0-9A-Za-z:/]|[,.][0-9]|-[0-9]|(?:st|nd|rd|th)\b| ?(?:uhr|h\b|am\b|pm\b|jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez))|[0-9] ?(?:m|k|mln|mio|million|млн|万|억)\b"
)
"""Any number that may be an amount in the company of another."""
_STOP: Final = words(
    """
    January February March April May June July August September October November December Monday Tuesday Wednesday Thursday Friday Saturday Sunday
    Januar Februar Marz Mai Juni Juli Oktober Dezember Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Okt Dez
    Order Orders Invoice Invoices Room Page Pages Chapter Total Subtotal Sum Summe Tax VAT MwSt TVA IVA Price Item Items Qty Quantity Net Gross Version Figure Table Section Step Part
    Phone Tel Fax Mobile Date Time Week Day Year Month Amount Number Nr No Nummer Numero Street Road Suite Floor Building Box Zip Postfach Line Row Case Ticket Issue Bug Release
    Discount Shipping Delivery Deposit Balance Rent Budget Revenue Sales Profit Loss Umsatz Gewinn Kosten Cost Costs Preis Prix Precio Prezzo Euro Euros EUR USD GBP Dollar Dollars Rabatt Menge
    The This That These Those We You They It Our Your Their And Or But From Until Since About Over Under Between For With Hello Dear Hi Thanks Regards Please Note St Ste Ave Blvd Suite Apt Unit Hall Stand Booth Gate Clause Article Paragraph Re Fwd Subject Is In On At To By Of An If As So
    Die Der Das Und Oder Wir Sie Ihr Von Bis Seit Ab Le La Les Des Du Et El Los Las Y De Il Lo E Het En Een
    Der Lot Los Option Variant Variante Model Modell Type Typ Size Grosse Zone Group Gruppe Team Class Klasse Level Stage Phase Article Artikel Product Produkt Ref Reference ID Art Pos Position
    """
)
_ONE: Final = r"[A-Z][^\W\d_]+(?:['.&\-][^\W\d_]+)*\.?|[A-Z]\.|[А-ЯЁІЇЄҐ][а-яёіїєґ]+(?:-[А-ЯЁа-яё]+)*|[A-Z]{3,5}"
_NAMED: Final = re.compile(
    rf"(?:\b(?:Mr|Mrs|Ms|Miss|Dr|Herrn?|Frau|Mme|M|Sra?|Sig|Pani?|Dhr|Mevr|Fru)\.? )?(?P<n>\b(?:{_ONE})(?: (?:&|und|and|y|et|e|i|de|van|von|der|da|la) (?={_ONE})| (?={_ONE}))?(?:(?<= )(?:{_ONE}))?(?: (?:{_ONE}))?)"
    r"|(?P<c>[一-龥々]{2,4}(?:さん|様|社|氏|先生|女士|公司)?|[ァ-ヶー]{3,12}|[가-힣]{2,4}(?:씨|님)?)"
)
_GAP: Final = re.compile(
    r"^(?:[^\n0-9;.!?]|\b(?:ca|approx|ok|ung|circa|resp)\.){0,34}(?:\n|;)?[^\n0-9;.!?]{0,4}$"
)
_CELL: Final = re.compile(r"^[^\n0-9]{0,60}$")
_MOST: Final = 60


def named_amounts(text: str) -> list[tuple[str, str]]:
    """Names with the number right behind each; each name once, in the order of the text.

    At most sixty; what begins sentences or names months, parts of bills and the like counts as none.
    """
    numbers = [(hit.start(), hit.end(), hit[0].strip()) for hit in AMOUNT.finditer(text)][:_MOST]
    numbers += [
        (hit.start(), hit.end(), hit[0].strip())
        for hit in FIGURE.finditer(text)
        if not any(start < hit.end() and hit.start() < end for start, end, _ in numbers)
    ][:_MOST]
    numbers.sort()
    found: dict[str, str] = {}
    last = 0
    for start, end, value in numbers:
        between = text[max(last, start - 70) : start]
        last = end
        name = _last_name(between)
        if name and name not in found:
            found[name] = value
    return list(found.items())


def _last_name(between: str) -> str:
    """The last name in front of a number that nothing but words parts from it."""
    names = [hit for hit in _NAMED.finditer(between) if not _is_stop(hit[0])]
    if not names:
        return ""
    hit = names[-1]
    gap = between[hit.end() :]
    return hit[0] if _GAP.match(gap) or (_CELL.match(gap) and "|" in gap) else ""


def _is_stop(name: str) -> bool:
    return not _STOP.isdisjoint(name.rstrip(".").split()[-1:]) or name in _STOP


NEWS: Final = re.compile(
    r"(?i)\b(?:reporters?|reported(?:ly)?|reuters|bloomberg|associated press|according to|(?:said|says) (?:late |early |on |in |that |it )?(?:(?:mon|tues|wednes|thurs|fri)day|[A-Z][a-z]+)|said it|billions?|close to the (?:deal|matter|talks)|declined to comment|airlines?|carmaker|the (?:giant|maker)|corp\.?|newspapers?|the paper says|journalists?|analysts?|nasdaq|nyse|prime minister|ministers?|ministry|senators?|congress|parliament|president [A-Z]|police|officials?|spokes[a-z]{3,6}|announced (?:on|in|that|today|yesterday|last|this)|as announced|as published|was published|has published|press release (?:is|below|of)|official (?:journal|gazette)|wikipedia|historian|novel|movie|film|episode|book|chapter|"
    r"zeitung|pressemitteilung|laut (?:bericht|presse|medien)|amtsblatt|le journal|selon (?:la presse|le)|segun (?:la prensa|el)|periodico|secondo (?:la stampa|il)|giornale|comunicado|jornal|krant|gazeta|prasy|tidningen)\b|\(AP\)|https?:|(?m:^>)"
)
"""Words of those who write for everybody, or repeat what others wrote."""
CONTRACTS: Final = re.compile(
    r"(?i)\b(?:hereby|herein|hereto|licensee|licensor|pursuant|terms (?:and|&) conditions|privacy policy|indemnif[a-z]+|subscribers? (?:can|may)|unsubscribe|offer (?:is )?(?:valid|subject|ends)|newsletter|webinar|tutorial|promo(?:tion)?|coupon|special offer|buy now|order now|limited time|free shipping)\b"
)
"""Words of terms and of advertising."""


def is_public(text: str) -> bool:
    """Whether it is written for everybody: news, terms, advertising."""
    return bool(NEWS.search(text) or CONTRACTS.search(text))


DAY: Final = re.compile(
    r"(?i)\b(?:[0-3]?[0-9](?:st|nd|rd|th|\.(?: ?[01]?[0-9]\.)?)(?!\d)|[0-3]?[0-9]/[01]?[0-9]|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}|q[1-4]|h[12]|spring|summer|autumn|fall|winter|christmas|easter|jan(?:uary|uar)?|feb(?:ruary|ruar)?|march|marz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|"
    r"gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|janeiro|fevereiro|marco|maio|junho|julho|setembro|outubro|novembro|dezembro|januari|februari|maart|mei|augustus|stycz[a-z]+|lut[a-z]{2,4}|marca|kwie[a-z]+|maj[au]?|czerw[a-z]+|lip[a-z]{2}|sierp[a-z]+|wrze[a-z]+|pazdz[a-z]+|listop[a-z]+|grud[a-z]+|ocak|subat|mart|nisan|mayis|haziran|temmuz|agustos|eylul|ekim|kasim|aralik|"
    r"mon|tue|wed|thu|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo|lunedi|martedi|mercoledi|giovedi|venerdi|tomorrow|morgen|demain|manana|domani|amanha|jutro|i ?morgon|yarin|next (?:week|month|year|quarter)|until|till|bis|jusqu'au|hasta|fino al?|ate|tot|do|til|till|kadar)\b"
    r"|январ|феврал|март|апрел|ма[йея]\b|июн|июл|август|сентябр|октябр|ноябр|декабр|пятниц|четверг|понедельник|вторник|сред[уы]|суббот|воскресень|завтра|до [0-9]|月|日|年|월|일|يناير|فبراير|מרץ|ינואר"
)
"""When something is to be, or was."""
