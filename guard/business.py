"""Plans, figures and limits of a business that are told as one's own, and code that is part of it.

A word of business proves nothing: the figure beside it must be called ours, or stand behind a label;
what newspapers write of companies is none of it.
"""

import re
from typing import Final

from guard.persons import is_published
from guard.rule import Beside, Candidate, Judgement

_NEAR: Final = 80
_SENTENCE: Final = re.compile(r"\n\s*\n|[.!?](?=\s)")
"""Where one ends."""
_FIGURE: Final = re.compile(
    r"(?i)(?<![0-9A-Za-z.])(?:[$€£¥] ?)?-?[0-9]{1,3}(?:[.,' ]?[0-9]{3})*(?:[.,][0-9]{1,2})? ?(?:%|percent|prozent|pct|[$€£]|k\b|m\b|mn\b|mio|million|millionen|bn\b|eur|euros?|usd|chf|gbp|zl\b|kr\b|months?|monate|people|weeks?)|(?<=[:=;,|\t ])-?(?:[0-9]{2,9}(?:[.,][0-9]{1,3})*|[0-9][.,][0-9]{2})\b"
)
_OURS: Final = re.compile(
    r"(?i)\b(?:we|we're|we'll|we've|our|us|internal(?:ly)?|board|wir|unser[a-z]{0,2}|uns|intern|nous|notre|nos|interne|nosotros|nuestr[ao]s?|interno|noi|nostr[aoie]|possiamo|podemos|nosso[s]?|nossa[s]?|wij|we|onze|ons|my|nasz[a-z]{0,2}|nas|mozemy|vi|var[at]?|vore|vare|biz|bizim|budget|forecast|plan(?:ned)?)\b|мы |наш|我们|当社|弊社|우리|당사|لدينا|שלנו|हमार|เรา"
)
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}$")
_LABELED: Final = re.compile(r"^[^\n.]{0,24}?\s?[:=;|\t]")
_OPEN: Final = re.compile(
    r"(?i)\b(?:press release|published|annual report|newspaper|the paper|article|shareholders|nasdaq|nyse|quarterly results|analysts?|reuters|bloomberg|invoice|discount|percent off|rabatt|shipping|delivery|page|column|css|[0-9]{1,3}px|padding|cm|mm|inch|top:|left|bottom|width|border)\b|%off|://"
)


def figure_of_ours(found: Candidate) -> Judgement:
    """A figure beside a word of business that is called ours or stands behind a label."""
    behind = _SENTENCE.split(found.after, maxsplit=1)[0][:_NEAR]
    hit = _FIGURE.search(behind)
    if _STYLE_BEFORE.search(found.before) or _STYLE.match(found.after):
        return False
    if hit is None or is_published(found) or _YEAR.match(hit[0].strip()):
        return False
    ahead = _SENTENCE.split(found.before)[-1][-_NEAR:]
    around = f"{ahead} {found.whole} {behind}"
    if _OPEN.search(around):
        return False
    is_labeled = _LABELED.match(behind) and not _OF_ANY_OFFER.fullmatch(found.whole)
    told = _OURS.search(around) or is_labeled
    return Beside(value=hit[0].strip()) if told else False


_OF_ANY_OFFER: Final = re.compile(
    r"(?i)price range|headcount|(?:lowest|minimum|max(?:imum)?|reserve|floor|purchase|cost) price|valuation|unit cost|revenue[a-z ]*|costs us|liquidita?t?|marg[a-z]{1,3}|prix (?:minimum|d'achat)|precio (?:minimo|de compra)|prezzo (?:minimo|d'acquisto)|preco minimo|mindestpreis|einkaufspreis|inkoopprijs|minimumprijs|cena (?:minimalna|zakupu)"
)
"""Words of shops and orders too: a label with them is anybody's."""
_STYLE_BEFORE: Final = re.compile(r"\{\s*$|style=[\"']?\s*$")
_STYLE: Final = re.compile(
    r"(?:-[a-z]+)?\s?:\s?(?:-?[0-9.]+(?:px|em|pt|cm|in|rem)\b|0(?:[ ;}\"'!]|$)|auto\b)"
)
"""A margin of a page."""


def plan_told(found: Candidate) -> Judgement:
    """A plan that others are not to know yet, or is ours by the words themselves: no news of the press."""
    if _NO_PLAN.match(found.after) or _OF_RELEASES.search(f"{found.before[-30:]}{found.whole}"):
        return False
    if not _SECRET_ITSELF.search(found.whole) and not _OF_A_FIRM.search(
        _SENTENCE.split(f"{found.whole}{found.after}", maxsplit=1)[0][:_NEAR]
    ):
        return False
    return not is_published(found) and not _OPEN.search(f"{found.before[-60:]}{found.after[:60]}")


_SECRET_ITSELF: Final = re.compile(
    r"(?i)know|announce|public|embargo|board|codename|target|roadmap|unreleased|deckname|informiert|bekannt|kommuniziert|offen|offiziell|belegschaft|betriebsrat|social|annonce|saben|sanno|sabem|weten|openbaar|wiedza|nevi|offentlig|ubernahmeziel|aciklan|duyurul"
)
_OF_A_FIRM: Final = re.compile(
    r"(?i)\b(?:plants?|sites?|factory|factories|warehouses?|stores|shops?|branch(?:es)?|offices?|divisions?|departments?|company|firm|subsidiary|business unit|staff|jobs|positions?|people|employees|workers|workforce|teams?|headcount|competitors?|startup|standort[a-z]*|werk[a-z]*|filial[a-z]*|mitarbeit[a-z]*|stellen|firma|abteilung[a-z]*|betrieb[a-z]*|usines?|magasins?|personnes|salaries|filiales?|entreprise|societe|postes|fabrica|planta|tiendas?|oficinas?|personas|empleados|empresa|sucursal[a-z]*|stabilimento|sede|negozi[oi]?|dipendenti|persone|azienda|filiale|lojas?|pessoas|funcionarios|vestiging[a-z]*|fabriek|winkels?|mensen|medewerkers|bedrijf|fabryk[a-z]|oddzial[a-z]*|osob|pracownik[a-z]*|firmy|spolk[a-z]|kontor[a-z]*|fabrik[a-z]*|anstallda|medarbejdere|ansatte|pobock[a-z]|lidi|zamestnanc[a-z]*|uzem[a-z]*|gyar[a-z]*|dolgoz[a-z]*|angajat[a-z]*|fabric[a-z]*|subesi|calisan[a-z]*)\b"
)
"""What is closed or sold for that to be a plan of a business."""
_OF_RELEASES: Final = re.compile(
    r"(?i)(?:[0-9]\.[0-9][\w.~+\-]{0,20}\)?[ *(]{1,8}|as[- ]yet[- ]|in (?:an?|the) )unreleased$"
)
"""The state of a release beside its number."""
_NO_PLAN: Final = re.compile(
    r"(?i)[\s>]+(?:how|what|why|if|whether|down (?:(?:a|the|some|all|couple|of|few|two|three|our|[a-z]{4,9}) ){0,4}(?:process(?:es)?|servers?|machines?|computers?|services?|daemons?|systems?))\b"
)
"""What is not known, and what is shut down on a computer, are no plans."""


_CODE_LINE: Final = re.compile(
    r"(?m)^[ \t>+\-]*(?:(?:if|for|while|elif|else|return|raise|throw|def|fn|func|function|class|const|let|var|val|public|private|protected|static|final|import|from|use|using|package|namespace|try|catch|except|case|switch|match|with|await|async|print|echo|end|module|validates?|select|insert|update|delete|create|where|join|and|set|begin|declare|resource|struct|int|double|float|long|bool|boolean|string|void|char|type|interface|enum)\b[^\n]*[(){};:=<>,]|[\w.$\[\]\"'>\-]{2,60}\s?(?:[+\-*/]?=|:=|=>|->|\+=)\s?[^\n]+|[\w.$>\-]{2,60}\([^\n]*\)[;{:]?|[})\]]+[;,)]?|[}{]|@\w+)\s*$"
)
_BUSINESS_WORDS: Final = r"pric(?:e|es|ed|ing)|margins?|discount(?:s|ed)?|fees?|rates?|scor(?:e|es|ed|ing)|risks?|fraud|loans?|invoic(?:e|es|ed|ing)|refund(?:s|ed)?|pay(?:out|outs|roll)|salar(?:y|ies)|ledgers?|charges?|billing|customers?|client_(?:id|name)s?|tenants?|churn|credits?|quotes?|commissions?|markup|rebates?|tariffs?|premiums?|underwrit[a-z]*|accounts?|balances?|settle(?:ment|d)?|bonus|contracts?|orders?|deploy[a-z]*|workers?|merchants?|partners?|claims?|patients?|trad(?:e|es|ing)|bids?|auctions?|rank(?:s|ing)?|weights?|thresholds?|formula|recipes?|licen[cs]es?|iban|cents"
_OF_BUSINESS: Final = re.compile(
    rf"(?<![A-Za-z])(?i:{_BUSINESS_WORDS})(?![a-z])|(?<=[a-z])(?=[A-Z])(?i:{_BUSINESS_WORDS})(?![a-z])|(?i:aws_)"
)
"""Whole words, also of names put together of several."""
_PUBLISHED_CODE: Final = re.compile(
    r"(?i)@(?:inproceedings|article|book|misc|techreport)\{|spdx|\bmit\b|apache|\bgpl|bsd|license|copyright|open source|github\.com|stackoverflow|tutorial|example|exercise|homework|lesson|hello|foo\b|bar\b|\bbaz\b|docs?\b|documentation|snippet|todo list|demo|perl|kernel|<-- |spam|#!/usr/bin/perl|\bpatch\b|--- [\w/.]+\.(?:orig|c|pm|pl|spec)"
)
_FEWEST_LINES: Final = 3


def code_of_business(found: Candidate) -> Judgement:
    """Lines of a program that count money, customers or risks, and are not published or taught."""
    text = f"{found.before.rpartition(chr(10) * 2)[2]}{found.whole}{found.after[:60]}"
    if _PUBLISHED_CODE.search(text) or not _OF_BUSINESS.search(found.whole):
        return False
    if _QUERY.match(found.whole):
        return True
    return len(_CODE_LINE.findall(found.whole)) >= _FEWEST_LINES


_QUERY: Final = re.compile(r"(?i)(?:select|create|insert)\b")
