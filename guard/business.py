"""Plans, figures and limits of a business that are told as one's own, and code that is part of it.

A word of business proves nothing: the figure beside it must be called ours, or stand behind a label;
what newspapers write of companies is none of it.
"""

import re
from typing import Final

from guard.persons import is_published
from guard.rule import Beside, Candidate, Judgement

_NEAR: Final = 80
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
    behind = re.split(r"\n\s*\n|[.!?](?=\s)", found.after, maxsplit=1)[0][:_NEAR]
    hit = _FIGURE.search(behind)
    if _STYLE_BEFORE.search(found.before) or _STYLE.match(found.after):
        return False
    if hit is None or is_published(found) or _YEAR.match(hit[0].strip()):
        return False
    ahead = re.split(r"\n\s*\n|[.!?](?=\s)", found.before)[-1][-_NEAR:]
    around = f"{ahead} {found.whole} {behind}"
    if _OPEN.search(around):
        return False
    told = _OURS.search(around) or _LABELED.match(behind)
    return Beside(value=hit[0].strip()) if told else False


_STYLE_BEFORE: Final = re.compile(r"\{\s*$|style=[\"']?\s*$")
_STYLE: Final = re.compile(
    r"(?:-[a-z]+)?\s?:\s?(?:-?[0-9.]+(?:px|em|pt|cm|in|rem)\b|0(?:[ ;}\"'!]|$)|auto\b)"
)
"""A margin of a page."""


def plan_told(found: Candidate) -> Judgement:
    """A plan that others are not to know yet, or is ours by the words themselves: no news of the press."""
    if _NO_PLAN.match(found.after):
        return False
    return not is_published(found) and not _OPEN.search(f"{found.before[-60:]}{found.after[:60]}")


_NO_PLAN: Final = re.compile(
    r"(?i)[\s>]+(?:how|what|why|if|whether|down (?:(?:a|the|some|all|couple|of|few|two|three|our|[a-z]{4,9}) ){0,4}(?:process(?:es)?|servers?|machines?|computers?|services?|daemons?|systems?))\b"
)
"""What is not known, and what is shut down on a computer, are no plans."""


_CODE_LINE: Final = re.compile(
    r"(?m)^[ \t>+\-]*(?:(?:if|for|while|elif|else|return|raise|throw|def|fn|func|function|class|const|let|var|val|public|private|protected|static|final|import|from|use|using|package|namespace|try|catch|except|case|switch|match|with|await|async|print|echo|end|module|validates?|select|insert|update|delete|create|where|join|and|set|begin|declare|resource|struct|int|double|float|long|bool|boolean|string|void|char|type|interface|enum)\b[^\n]*[(){};:=<>,]|[\w.$\[\]\"'>\-]{2,60}\s?(?:[+\-*/]?=|:=|=>|->|\+=)\s?[^\n]+|[\w.$>\-]{2,60}\([^\n]*\)[;{:]?|[})\]]+[;,)]?|[}{]|@\w+)\s*$"
)
_OF_BUSINESS: Final = re.compile(
    r"(?i)(?:price|pricing|margin|discount|fee[s_\b]|rate|score|risk|fraud|loan|invoice|refund|payout|payroll|salary|ledger|charge|billing|customer|client|tenant|churn|credit|quote|commission|markup|rebate|tariff|premium|underwrit|account|balance|settle|bonus|contract|order|deploy|worker|aws_|merchant|partner|claim|patient|trade|bid|auction|rank|weight|threshold|formula|recipe|license|iban|cents)"
)
_PUBLISHED_CODE: Final = re.compile(
    r"(?i)spdx|\bmit\b|apache|\bgpl|bsd|license|copyright|open source|github\.com|stackoverflow|tutorial|example|exercise|homework|lesson|hello|foo\b|bar\b|\bbaz\b|docs?\b|documentation|snippet|todo list|demo|perl|kernel|<-- |spam|#!/usr/bin/perl|\bpatch\b|--- [\w/.]+\.(?:orig|c|pm|pl|spec)"
)
_FEWEST_LINES: Final = 3


def code_of_business(found: Candidate) -> Judgement:
    """Lines of a program that count money, customers or risks, and are not published or taught."""
    text = f"{found.before.rpartition(chr(10) * 2)[2]}{found.whole}"
    if _PUBLISHED_CODE.search(text) or not _OF_BUSINESS.search(found.whole):
        return False
    if _QUERY.match(found.whole):
        return True
    return len(_CODE_LINE.findall(found.whole)) >= _FEWEST_LINES


_QUERY: Final = re.compile(r"(?i)(?:select|create|insert)\b")
