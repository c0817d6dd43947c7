"""What goes on in a household, a family or a business, told to somebody outside.

A word of `guard.vocabulary_affairs` begins it; who is spoken of and a figure, a day or others who are
not to know make it something that its owner would want to read first.
"""

import re
from typing import Final

from guard import vocabulary_affairs as said
from guard.evidence import AMOUNT, DAY, FIGURE, is_public, named_amounts
from guard.given_names import has_given_name
from guard.matching import Pattern
from guard.persons import ASKS, is_of_somebody
from guard.rule import Beside, Candidate, Judgement

_SENTENCE: Final = re.compile(
    r"\n\s*\n|(?<=[a-z0-9)%€$£][a-z0-9)%€$£][.!?])\s+(?=[A-Z0-9\"'(-])|[。！？]"
)


def _sentence(found: Candidate, reach: int) -> tuple[str, str]:
    """What stands before and behind in the same sentence, at most so far."""
    ahead = _SENTENCE.split(found.before)[-1][-reach:]
    behind = _SENTENCE.split(f"{found.whole}{found.after}")
    own = next((part for part in behind if part), "")
    return ahead, own[len(found.whole) :][:reach]


def _is_public(found: Candidate, around: str) -> bool:
    """Whether it is told to everybody, by the words around it or by the text as a whole."""
    return is_public(around) or found.is_in_publication


_OURS: Final = re.compile(
    r"(?i)\b(?:we|we'[a-z]+|our|us|they|they'[a-z]+|their|he|she|his|her|i'[a-z]+|board|management|founders?|owners?|directors?|boss|chef(?:in|e)?|wir|unser[a-z]{0,2}|uns|on|nous|notre|nos|groupe|direction|nosotros|nuestr[ao]s?|estamos|vamos|[a-z]{3,9}amos|[a-z]{3,9}emos|noi|nostr[aoie]|stiamo|[a-z]{3,10}iamo|nos[st]o|nossa|estao|vao|[a-z]{3,9}ao|wij|we|onze|ons|directie|er|nasz[a-z]{0,2}|[a-z]{3,12}my|vi|var[at]?|vore|vare|[a-z]{3,12}(?:iyoruz|ecegiz|acagiz|uyoruz)|biz|bizim|mi|nas|nase|chceme|noastr[ae])\b|мы\b|наш|нас\b|[а-я]{3,9}(?:ем|им|аем)\b|我们|我們|公司|当社|弊社|うち|우리|당사|نحن|الشركة|לנו|שלנו|החברה|μας|हम"
)
_UNAWARE: Final = Pattern(rf"(?i)\b(?:{said.UNAWARE})\b|{said.UNAWARE_ELSEWHERE}")
_UNPUBLISHED: Final = Pattern(rf"(?i)\b(?:{said.UNPUBLISHED})\b|{said.UNPUBLISHED_ELSEWHERE}")
_SECRET: Final = re.compile(
    r"(?i)\b(?:secret|confidential|hush|quiet(?:ly)?|geheim|vertraulich|confidentiel|secreto|confidencial|segreto|riservat[oa]|segredo|sigilo|vertrouwelijk|poufn[a-z]+|tajn[a-z]+|hemlig[a-z]*|gizli)\b|секрет|конфиденц|秘密|保密|비밀|سري|סוד"
)


def _is_secret(text: str) -> bool:
    """Whether it is said that somebody, or everybody, does not know yet."""
    octets = text.encode()
    hits = (one.search(octets) for one in (_UNAWARE, _UNPUBLISHED))
    return bool(_SECRET.search(text)) or any(hit is not None for hit in hits)


# Limits of a bargain --------------------------------------------------------------------------------

_CONTRAST: Final = re.compile(
    r"(?i)\b(?:but|though|although|however|start|first|begin|open|told|asking|insist|push|press|haggle|if (?:needed|necessary|they|you)|wenn|falls|jesli|gdyby|als ze|hvis|eger|pokud|daca|jos|s'ils|si (?:ils|insisten)|se insist[a-z]+|pagarem|at (?:worst|most|least)|as (?:low|high|little|much) as|up to|down to|max|aber|aller?dings|zuerst|erst(?:mal)?|zunachst|anfangs|notfalls|hochstens|mindestens|mais|pourtant|d'abord|annonce|affiche|jusqu'a|pero|primero|empieza|hasta|ma|pero|prima|parti(?:re)?|fino|mas|porem|primeiro|comece|ate|maar|eerst|tot|desnoods|ale|najpierw|na razie|men|forst|inleder|begynner|starter|ama|once|kadar|en (?:fazla|az)|ale|nejdriv|de|elobb|dar|intai|mutta|ensin)\b|но |сначала|начина|если|для начала|可是|但|先|でも|まず|ただ|지만|먼저|لكن|أولا|אבל|תחילה|קודם|αλλα|πρωτα|लेकिन|पहले|แต่"
)
_OF_PAYING: Final = re.compile(
    r"(?i)\b(?:payment terms|penalty|instal?lments?|deposit|zahlungsziel|vertragsstrafe|discount|rabatt|remise|descuento|sconto|desconto|korting|rabat|deadline)\b"
)
_NO_BARGAIN: Final = re.compile(
    r"(?i)\b(?:degrees?|[gmk]hz|msgs?|messages?|e-?mails?|lines|files|copies of|m?secs?|ms|celsius|fahrenheit|volts?|watts?|rpm|kilos?|kg|metres|meters|miles|km|hours?|minutes?|pixels?|bytes|mb|gb|users?|characters|items?|visitors|guests|seats|floor|etage|stock|tickets?|children|students|per second|req|requests|skonto|shares of|vote)\b"
)
_FIRM_LIMIT: Final = re.compile(
    r"(?i)walk-?away|bottom|rock|fall-?back|limit|ceiling|floor|reserve|negotiat|schmerzgrenze|untergrenze|obergrenze|verhandlung|plancher|au pire|tope|peor|maniobra|negociacion|peggiore|trattativa|pior|ondergrens|bovengrens|onderhandel|granica|negocjacji|varsta|vaerste|verste|smartgrans|smertegr|prutman|siniri|pazarlik|krajnim|alkupozicio|caz|tinkimis|budget|[^\x00-\x7f]"
)


def limit_told(found: Candidate) -> Judgement:
    """How far somebody would go: a figure beside it, and another, or a word that sets it against the asking."""
    ahead, behind = found.paragraph(110, 110)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _NO_BARGAIN.search(behind[:60]) or _OFFERED.search(ahead):
        return False
    hits = [hit[0].strip() for hit in (*AMOUNT.finditer(behind), *AMOUNT.finditer(ahead))]
    told = [*hits, *(hit[0].strip() for hit in FIGURE.finditer(around))]
    figures = {"".join(filter(str.isdigit, one)): one for one in told if not _YEAR.match(one)}
    if not figures or not (hits or len(figures) > 1):
        terms = _OF_PAYING.search(behind) if _FIRM_LIMIT.search(found.whole) else None
        return Beside(value=terms[0]) if terms else False
    is_set_against = len(figures) > 1 and _CONTRAST.search(f"{ahead} {behind}")
    if (hits and _FIRM_LIMIT.search(found.whole)) or is_set_against:
        return Beside(value=told[0]) if _whose(around) else False
    is_theirs = _CONTRAST.search(f"{found.whole}{behind}") and _THIRD.search(ahead)
    return Beside(value=told[0]) if is_theirs else False


_YEAR: Final = re.compile(r"^(?:19|20)[0-9]{2}$")
_THIRD: Final = re.compile(
    r"(?:\b(?:he|she|they|boss|owner|client|seller|husband|wife|partner|chef(?:in|en)?|er|sie|inhaber|patron|il|elle|jef[ea]|cliente|titolare|capo|patrao|ele|ela|baas|hij|zij|szef|wlasciciel|hon|han|agaren|direktor)\b|\b[A-Z][a-z]+ (?:would|will|could|might|is|can|has)|[Дд]иректор|владелец|хозяин|社長|老板|老板娘|사장)",
    re.IGNORECASE,
)


_OFFERED: Final = re.compile(
    r"(?i)\b(?:we|i|wir|ich|nous|je|podemos|puedo|possiamo|posso|wij|we|ik|mozemy|moge|vi|jag|jeg)(?: (?:can|konnen|kann|pouvons|peux|kunnen|kan))?[ ']{0,2}$"
    r"|\b(?:prices?|premiums?|rates?|fees?|fares?|tickets?|rooms?|plans?|offers?|packages?|courses?|tariffs?|it|which) (?:will )?$"
    r"|\b(?:people|users|anyone|anybody|everyone|those|customers|companies|somebody|someone|who) (?:who )?$"
)
"""What the writer offers, or what people would do, is no secret of somebody else."""


def _whose(text: str) -> bool:
    return bool(_OURS.search(text) or _THIRD.search(text)) or is_of_somebody(text)


# Bids -----------------------------------------------------------------------------------------------

_AWARDED: Final = re.compile(
    r"(?i)\b(?:awarded|auction(?:ed)?|went for|sold for|hammer price|ebay|public record|zuschlag erhalten|versteigert|adjudicado|aggiudicat[oa]|starting bids?|bidding starts|minimum bid|place (?:your|a) bid|please quote|kindly quote|attribue|gegund|udzielono|shares|stock|job offers?)\b"
)


def bids_told(found: Candidate) -> Judgement:
    """What two bidders or more ask for, or what one's own bid is to be beside that of another."""
    text = f"{found.paragraph(70, 0)[0]}{found.whole}{found.after}"
    if _is_public(found, text) or _AWARDED.search(text) or found.whole == "BID":
        return False
    is_inner = _INNER.search(text) or _is_secret(text)
    if _ANY_OFFER.fullmatch(found.whole) and not is_inner:
        return False
    pairs = [pair for pair in named_amounts(text) if _is_bid(pair[1])]
    if len(pairs) >= _TWO:
        return Beside(value=pairs[0][1])
    figures = [hit[0].strip() for hit in AMOUNT.finditer(text) if _is_bid(hit[0])]
    if figures:
        figures += [hit[0].strip() for hit in FIGURE.finditer(text)]
    is_own = _OWN_BID.search(text) or _is_secret(text)
    return Beside(value=figures[0]) if len(set(figures)) >= _TWO and is_own else False


def _is_bid(value: str) -> bool:
    return "%" not in value and (sum(map(str.isdigit, value)) >= _ENOUGH or not value[-1].isdigit())


_ANY_OFFER: Final = re.compile(
    r"(?i)(?:angebote|offres?|ofertas?|oferty|offerte[s]?|offertes?|propostas|teklif[a-z]*|nabidk[a-z]|ajanlat[a-z]*|oferte[a-z]*|tilbud[a-z]*|bod|rfp|rfq|procurement|sobres|buste|plis|concurso|gara|报价|報價|견적|عروض|הצעות|προσφορ|เสนอราคา|заявк[^ ]*|закупк[^ ]*|пропозиц[^ ]*)"
)
"""Words of everybody's offers too."""
_TWO: Final = 2
_OWN_BID: Final = re.compile(
    r"(?i)\b(?:internal(?:ly)?|intern(?:o|e)?|calculat[a-z]+|kalkul[a-z]+|we(?:'re| are)? (?:plan|think|will|are going)[a-z]*|come in (?:under|at|around)|undercut|underbid|unter [0-9]|vosotros|vous etes|ihr seid|de vous|your competitors?)\b"
)
_INNER: Final = re.compile(
    r"(?i)\b(?:internal(?:ly)?|intern(?:o|e)?|calculat[a-z]+|kalkul[a-z]+|we(?:'re| are)? (?:plan|think|will|are going)[a-z]*|come in (?:under|at|around)|so far|received|competitors?|rivals?|the others?|der anderen|mitbewerber|concurrents?|competencia|concorren(?:ti|za|tes)|concurrent(?:en)?|konkuren[a-z]+|konkurren[a-z]+|rakip[a-z]*|lieg(?:t|en) bei|deadline|cheapest|lowest|vosotros|ihr seid|vous etes|de los demas|degli altri|(?:se abren|aperte|opened|geoffnet|ouvert)[a-z]*|concurso|gara|undercut|underbid|bleibt|bleiben|moeten eronder|unter [0-9]|vermutlich|probably|supposedly)\b"
)


# Costs ----------------------------------------------------------------------------------------------

_SELLING: Final = re.compile(
    r"(?i)\b(?:you pay|sell(?:s|ing)?|sold|charge[sd]?|bill(?:s|ed)?|i get|we're fine|factur[a-z]+|kriegt|bekommt|saelger|list|retail|margin|mark-?up|so (?:there|push|we|you|a)|room|don't go|do not go|discount|at most|profit|verkauf[a-z]*|vk|marge|rabatt|spielraum|vend(?:s|ons|re|ent|emos|iamo|o)?|revend[a-z]*|marge|remise|facturamos|vendemos|margen|no bajes|descuento|rivend[a-z]*|margine|ricarico|sconto|margem|desconto|verkoop[a-z]*|korting|houden|sprzedaj[a-z]*|marz[aey]|rabat|salj[a-z]*|selger|saelger|rabatt|veriyoruz|satiyoruz|kar|indirim|prodav[a-z]*|elad[a-z]*|vindem)\b|прода[её]м|наценк|маржа|скидк|売|掛け|利益|値引|卖|利润|折扣|팔|마진|할인|نبيع|هامش|خصم|מוכרים|רווח|הנחה|πουλα|κερδος|εκπτωση"
)
_MARGIN: Final = re.compile(
    r"(?i)marg|margin|mark-?up|aufschlag|spanne|rohertrag|rohgewinn|deckungsbeitrag|ricarico|narzut|marz|arres|kate|adaos|bruttom|landed|unit[ _]cost|cost price|purchase|einkaufs|selbstkost|achat|revient|acquisto|inkoop|zakup|wlasny|inkops|innkjop|indkob|alis|nakup|beszerz|achizit|osto|coste|custo|[^\x00-\x7f]"
)
_NO_BUSINESS: Final = re.compile(
    r"(?i)\b(?:px|cm|mm|inch|css|padding|page|profit margin of error|margin of error|left|right|top|bottom|book|e-?book|fund|voters?|election|poll)\b"
)


def cost_told(found: Candidate) -> Judgement:
    """What a thing costs a business beside what it sells for, or what it makes of it."""
    ahead, behind = found.paragraph(100, 100)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _NO_BUSINESS.search(around):
        return False
    figure = AMOUNT.search(behind[:60]) or FIGURE.search(found.whole + behind[:46])
    if figure is None or _YEAR.match(figure[0].strip()):
        return False
    rest = around.replace(found.whole, "", 1)
    is_margin = bool(_MARGIN.search(found.whole))
    if _SELLING.search(rest) and (
        len({hit[0] for hit in FIGURE.finditer(around)}) >= _TWO or is_margin
    ):
        return Beside(value=figure[0].strip())
    return False


# Deals, jobs, what is not out yet --------------------------------------------------------------------

_SIGNED: Final = re.compile(
    r"(?i)\b(?:sign(?:ed|ing|ature)?|clos(?:e|es|ing)|board|vote|counsel|exclusiv[a-z]+|offer|price|first number|announc[a-z]+|negotia[a-z]+|talks?|negociando|piden|verhandl[a-z]+|trattativ[a-z]+|rozmow[a-z]|notar[a-z]*|unterschr[a-z]+|unterzeich[a-z]+|signee?|signature|annonc[a-z]+|firma(?:mos|da|do)?|anunci[a-z]+|firm(?:a|iamo)|annunc[a-z]+|assin[a-z]+|anunciad[ao]|handtekening|getekend|umow[a-z]+|podpis[a-z]+|tecknas|skriver|imza[a-z]*|alair[a-z]+|semn[a-z]+)\b|подпис|закро|объяв|署名|締結|発表|签|宣布|서명|발표|توقيع|חתימ|υπογραφ"
)
_PAST: Final = re.compile(
    r"(?i)\b(?:completed|closed (?:in|last)|in (?:19|20)[0-2][0-9]\b|last year|years ago|(?:was|were|wurde) (?:bought|acquired|sold|founded|ubernommen|gegrundet)|data acquisition|language acquisition|branch|repository|pull request|feature|git|commit|cells|rows|columns|files|skills?|knowledge|customer acquisition|talent|pdfs?|documents?|mail merge|lanes?|duplicates|subscription|house|apartment|car|tickets?|licen[cs]es|copies|used books|bicycle|sofa|printer|stampante|drucker)\b"
)


def deal_told(found: Candidate) -> Judgement:
    """That a company is to be bought or sold: by whom, for how much or when, or that others do not know."""
    ahead, behind = found.paragraph(130, 130)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _PAST.search(around):
        return False
    marks = (
        _OURS.search(around),
        AMOUNT.search(around),
        _SIGNED.search(around),
        DAY.search(around),
    )
    score = sum(map(bool, marks)) + 2 * _is_secret(around)
    return score >= _ENOUGH and (bool(marks[1] or marks[2]) or _is_secret(around))


_ENOUGH: Final = 3
_WE: Final = re.compile(
    r"(?i)\b(?:we|we'[a-z]+|our|i'd|i'll|board|management|founders?|owners?|boss|plan is|wir|unser[a-z]{0,2}|uns|on|nous|notre|nos|groupe|direction|nosotros|nuestr[ao]s?|vamos|[a-z]{3,9}amos|[a-z]{3,9}emos|noi|nostr[aoie]|stiamo|[a-z]{3,10}iamo|nos[st]o|nossa|wij|onze|ons|directie|nasz[a-z]{0,2}|[a-z]{3,12}(?:amy|emy|imy)|vi|var[at]?|vore|vare|[a-z]{3,12}(?:iyoruz|ecegiz|acagiz|uyoruz)|biz|bizim|chceme|noastr[ae])\b|мы\b|наш|[а-я]{3,9}(?:ем|им|аем)\b|我们|我們|当社|弊社|うち|우리|당사|نحن|לנו|שלנו|μας|हम"
)
_MANY_PEOPLE: Final = re.compile(
    r"(?i)\b(?:[0-9]{1,4}|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|zwolf|deux|trois|quatre|cinq|dix|quinze|dos|tres|cuatro|cinco|diez|due|tre|cinque|dieci|dois|vijf|tien|pieciu|dziesieciu|fem|tio|ti) (?:[a-z]{2,12} ){0,2}(?:people|jobs|positions|posts|roles|staff|employees|workers|heads|of (?:us|them)|leute[n]?|stellen|mitarbeiter[a-z]{0,3}|personen|kollegen|kopfe|postes?|personnes|salaries|emplois|personas|empleados|trabajadores|puestos|persone|dipendenti|posti|addetti|pessoas|funcionarios|vagas|postos|mensen|banen|medewerkers|functies|osob|pracownikow|etatow|tjanster|personer|anstallda|stillinger|ansatte|medarbejdere|kisi[a-z]{0,4}|calisan[a-z]{0,4}|lidi|zamestnancu|fo\b|ember[a-z]{0,3}|dolgozo[a-z]{0,3}|oameni|angajati|posturi|henkiloa|tyontekijaa)"
    r"|[0-9]+ (?:человек|сотрудник|ставок|рабоч)|[0-9]+ ?(?:人|名|명)|[0-9]+ (?:شخص|موظف|عامل)|[0-9]+ (?:עובדים|איש)|[0-9]+ (?:ατομα|εργαζομεν)|\bfrom [0-9]+ to [0-9]+"
)
_LEADS_OUT: Final = re.compile(
    r"(?i)redundan|lay-?off|laid|severance|rif|entlass|stellen|sozialplan|abfindung|suppress|ere\b|esuber|licenz|demiss|ontslag|banen|zwoln|varsl|uppsag|oppsig|nedbem|fyring|isten|propou|letszam|leepit|elbocs|concedi|irtisan|yt-neuv|[^\x00-\x7f]"
)


def jobs_told(found: Candidate) -> Judgement:
    """That people are to lose their work: how many, who or where, by those who decide it."""
    ahead, behind = found.paragraph(130, 130)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _NOT_JOBS.search(around):
        return False
    many = _MANY_PEOPLE.search(around)
    if not many and not _LEADS_OUT.search(found.whole):
        return False
    is_planned = bool(_WE.search(around) or DAY.search(around))
    if _is_secret(around) and (many or _LEADS_OUT.search(found.whole)):
        return True
    if many and is_planned and (_LEADS_OUT.search(found.whole) or _WE.search(around)):
        return True
    names = _NAMES.findall(around)
    return bool(_LEADS_OUT.search(found.whole)) and (
        len(names) >= _ENOUGH or (is_planned and bool(_TEAM.search(around)))
    )


_NAMES: Final = re.compile(r"(?<=[,:] )[A-Z][a-z]{2,20}(?=[,.;\n]| and | und )")
_TEAM: Final = re.compile(
    r"(?i)\b(?:team|everyone|shift|plant|office|department|werk|standort|abteilung|usine|fabrica|stabilimento)\b"
)
_NOT_JOBS: Final = re.compile(
    r"(?i)\b(?:redundant (?:code|copy|copies|data|power|disks?|servers?|links?|array|information)|redundancy (?:in|of|for) (?:the )?(?:data|storage|power|network)|let (?:me|us|it|them|him|her|things) go|lanes?|tabs?|window|dialog|windows|files?|valve|dear sir|will cut|have cut|steps?)\b"
)
_RESULT: Final = re.compile(
    r"(?i)\b(?:revenue|sales|turnover|profits?|loss(?:es)?|ebit(?:da)?|earnings|results?|figures?|numbers?|quarter(?:ly)?|annual|balance sheet|endpoint|readout|trial|study|paper|findings|patents?|recipe|formula|prototype|jury|prize|winner|award|shortlist|grades?|exam|marks|pass(?:ed)?|fail(?:ed|s)?|launch(?:es)?|ships?|product|chip|song|album|title|script|season|appointment|candidate|deal|offer|price|merger|verdict|ruling|"
    r"umsatz|gewinn|verlust|ergebnis(?:se)?|zahlen|quartal[a-z]*|bilanz|jahresabschluss|studie|patent[a-z]*|rezeptur|jury|preistrager|sieger|noten|prufung[a-z]*|klausur|chiffre d'affaires|benefice|perte|resultats?|essai|etude|brevet|laureat|bilan|ventas|beneficio|perdidas?|resultados?|ensayo|estudio|patente|jurado|premio|notas|ofertas|fatturato|utile|perdita|risultati|bilancio|studio|brevetto|giuria|voti|offerte|vendas|lucro|prejuizo|balanco|estudo|juri|"
    r"omzet|winst|verlies|resultaten|jaarcijfers|kwartaal[a-z]*|octrooi|cijfers|przychod[a-z]*|zysk[a-z]*|strat[aey]|wynik[a-z]*|bilans[a-z]*|badani[a-z]*|patent[a-z]*|nagrod[a-z]*|ofert[ay]|omsattning|vinst|forlust|resultat(?:et)?|bokslut(?:et)?|rapport(?:en)?|omsetning|overskudd|underskudd|overskud|ciro|kar|zarar|sonuc[a-z]*|bilanco|trzby|zisk|ztrata|vysledk[a-z]*|arbevetel|nyereseg|veszteseg|eredmeny[a-z]*|cifra de afaceri|profitul|pierdere[a]?|rezultate[a-z]*|liikevaihto|tulos|tappio)\b"
    r"|выручк|прибыл|убыт|отч[её]тност|результат|исследован|патент|тендер|виторг|прибут|збит|売上|利益|損失|赤字|決算|業績|結果|治験|論文|特許|受賞|营收|利润|亏损|业绩|财报|结果|专利|论文|中标|매출|이익|손실|실적|결과|특허|논문|수상|إيرادات|أرباح|خسائر|نتائج|براءة|הכנסות|רווח|הפסד|תוצאות|פטנט|εσοδα|κερδη|ζημι|αποτελεσμ|πατεντ"
)


def unpublished_told(found: Candidate) -> Judgement:
    """What a result is that has not come out: the word for it and a figure, or who has won or failed."""
    ahead, behind = found.paragraph(140, 140)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _SOFTWARE.search(around):
        return False
    rest = f"{ahead} {behind}"
    if not _RESULT.search(rest):
        return False
    figure = AMOUNT.search(rest) or _FRACTION.search(rest)
    if figure:
        return Beside(value=figure[0].strip())
    return bool(_WON.search(rest)) or len(named_amounts(rest)) >= _TWO


_FRACTION: Final = re.compile(
    r"(?i)\bp ?[=<] ?0?\.[0-9]+|\b[0-9]+[.,][0-9]+ (?:after|nach|apres|vs|against|gegen)|\b[0-9]{1,6} (?:cycles|patients|deaths|deces|tote|muertes|decessi|mortes|doden|zgon[a-z]+|dodsfall)"
)
_WON: Final = re.compile(
    r"(?i)\b(?:first prize|winner (?:is|will be)|prize goes|runner-up|goes to [A-Z]|won by|missed|failed|rejected|no difference|keinen unterschied|gewonnen|gewinner ist|gagnant|ganador|vincitore|vencedor|winnaar|zwyciezc[a-z]+|vinnare)\b|[0-9] (?:fail|pass)|受賞者|优胜|获奖|수상자"
)
_SOFTWARE: Final = re.compile(
    r"(?i)\b(?:version [0-9]|beta|alpha|bug|patch|changelog|commit|merge|pull request|kernel|module|package|branch|api|rc[0-9]|tests? (?:passed|failed)|build|build [0-9])\b"
)


# Homes and children ---------------------------------------------------------------------------------

_PARCEL: Final = re.compile(
    r"(?i)\b(?:parcel|package|courier|driver came|delivery attempt|pick-?up point|carrier|nobody was|noone was|no one was|(?:nobody|noone|no one)(?: is| will be|'s)? (?:\w+ ){0,2}(?:yet|before)|(?:noch niemand|niemand vor|erst ab|nicht vor|personne avant|pas avant|nadie antes|no antes de|nessuno prima|non prima d|ninguem antes|niemand voor|nikogo przed|ingen for[e ])|not before|lorry|truck|lkw|spedition|camion|lieferung|livraison|entrega|consegna|levering|dostaw[aey]|paket|zusteller|colis|livreur|paquete|repartidor|pacco|corriere|pacote|pakket|paczk[a-z]+|kurier[a-z]*|story|novel|film|movie|dream|song|game|level|poem|church|keyboard|keynote|key (?:word|press|bindings?))\b|посылк|курьер|宅配|快递|택배"
)


def absence_told(found: Candidate) -> Judgement:
    """That nobody is at a home, or how it is left open: no parcel that found nobody, no story."""
    ahead, behind = found.paragraph(110, 110)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _PARCEL.search(around):
        return False
    if _ITINERARY.search(found.whole):
        return len(_TIMES.findall(behind)) >= _ENOUGH and not _YOUR_PLAN.search(around)
    if _ONLY_AWAY.match(found.whole):
        return bool(_WEAK_HOME.search(around))
    return True


_ITINERARY: Final = re.compile(
    r"(?i)itiner|calendar|schedule|whereabouts|travel plan|day$|week$|reis|ablauf|kalend|agenda|planning|emploi|plan"
)
_TIMES: Final = re.compile(
    r"(?i)\b(?:[0-2]?[0-9][:.][0-5][0-9]|[0-9]{1,2} ?(?:am|pm)|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|[0-9]{1,2}(?:st|nd|rd|th)|(?:mo|di|mi|do|fr|sa|so),? [0-9]|(?:mon|diens|donners|frei|sams)tag|mittwoch|lun[a-z]*|mar[a-z]*|mer[a-z]*|jeu[a-z]*|ven[a-z]*|hotel|room|flight|seat|gym|therapist|flug|vol|vuelo|volo)\b"
)
_YOUR_PLAN: Final = re.compile(
    r"(?i)\b(?:meetings? with you|stand-?up|sprint|agenda of the|conference|festival|bus|train|class|course|league|tournament)\b"
)
_ONLY_AWAY: Final = re.compile(r"(?i)works? nights?|arbeitet nachts|no alarm|spare key")
_WEAK_HOME: Final = re.compile(
    r"(?i)\b(?:home|alone|house|away|holiday|nobody|no one|empty|haus|allein|urlaub|niemand)\b"
)
_CHILD: Final = re.compile(
    r"(?i)\b(?:(?:my|our|his|her|their|the|owner'?s?|boss'?s?|mein[a-z]{0,2}|unser[a-z]{0,2}|sein[a-z]{0,2}|ihr[a-z]{0,2}|die|der|das|den|mon|ma|mes|son|sa|ses|notre|nos|les|leur[s]?|mi|mis|su|sus|nuestr[ao]s?|el|la|los|las|mio|mia|il|i|suo|sua|nostr[aoi]|meu|minha|seu|sua|o|a|os|as|mijn|onze|ons|zijn|haar|de|het|moj[ae]?|nasz[ae]?|jego|jej|min|mitt|mina|vara?|vart|hans|hennes)[ '])?(?:[a-z]{3,9} )?"
    r"(?:(?:step)?(?:daughter|son)s?|kids?|child|children|boys?|girls?|twins|toddler|baby|little one|tochter|sohn|kind(?:er[n]?)?|zwillinge|kleine[rn]?|fille|fils|enfants?|jumeaux|jumelles|hij[oa]s?|nin[oa]s?|mellizos|gemelos|figli[oae]?|bambin[oaie]|gemelli|filh[oa]s?|menin[oa]s?|crianca[s]?|gemeos|dochter(?:tje)?|zoon(?:tje)?|kinderen|meisje|jongen|tweeling|syn(?:ek|a|owie)?|cork[ai]|coreczk[ai]|dzieci|dziecko|blizniaki|dotter(?:n)?|son(?:en)?|barn(?:en|et|a)?|tvillingarna|datter(?:en)?|sonn(?:en)?|kiz(?:im|i|lari)|oglu(?:m|u)|cocuk[a-z]{0,5}|dcer[aiy]|deti|lany[a-z]{0,3}|fia[mk]?|gyerek[a-z]{0,4}|fiica|fiul|copi(?:l|i)[a-z]{0,3}|tytar|poika|lapset|lapsi)\b"
    r"|(?:[Сс]ын|[Дд]оч[ьке]|[Дд]ет[ией]|реб[её]н|мальчик|девочк|близнец|донь?к|діт[ией]|дитин|娘|息子|子供|子ども|长男|長男|次男|長女|次女|女儿|儿子|孩子|宝宝|딸|아들|아이|쌍둥이|ابن|بنت|أولاد|طفل|הבן|הבת|ילד|תאומים|κορη|γιος|παιδι|बेट[ाी]|बच्च|ลูก)"
)
_CHILD_DAY: Final = (
    re.compile(
        r"\b[0-2]?[0-9][.:h][0-5][0-9]\b|\b[0-9]{1,2} ?(?:am|pm|uhr|h)\b|\bhalf (?:past|(?!day|term|price|hour|year|way|time|full|open|hearted|the|and|off|mile|brother|sister)[a-z]{3,6}\b)|\bnoon\b|\b(?:[Tt]ue|[Tt]hu|[Mm]on|[Ww]ed|[Ff]ri)[a-z]*\b|\b[Mm]o-[Dd]o\b|[0-9]{1,2}時|[0-9]{1,2}点|[0-9]{1,2}시"
    ),
    re.compile(
        r"(?i)\b(?:picks? (?:him|her|them|the|up)|picked up|pick-?up|collect(?:s|ed)?|walks? home|alone|abgeholt|abholt|holt|allein(?:e)?|heim|recupere|va chercher|rentre seule?|recoge|recogen|sola?|prende|riprende|da sol[oa]|busca|pega|sozinh[oa]|haalt|ophalen|alleen|odbiera|sam[a]?|wraca|hamtar|hamtas|ensam|sjalv|henter|hentes|alene|aliyor|tek basina|donuyor|vyzvedava|viszi|ia de la)\b|забира|один|одна|迎え|一人で|来接|去接|接(?:他|她|孩子|女儿|儿子)|独自|데리러|혼자|يأخذ|לוקח|παιρνει|लेने"
    ),
    re.compile(
        r"(?i)\bage[d]? [0-9]{1,2}\b|\([0-9]{1,2}\)|, [0-9]{1,2},|\b(?!Year|Class|Grade|Klasse|Room|Raum|Groep|Gate)[A-Z][a-z]+ [0-9]{1,2}\b(?! ?(?:am|pm|uhr|h\b|:))|\b[0-9]{1,2} (?:years?|jahre?|ans|anos|anni|jaar|lat|ar|yas[a-z]*|let|eves|ani)\b|[0-9]{1,2} ?(?:лет|года|歳|岁|살)"
    ),
    re.compile(
        r"(?i)\b(?:class|year|grade|klasse|classe|clase|curso|klas|groep|klasa|klass|sinif[a-z]*|trid[aye]|osztaly|clasa) ?[0-9]{1,2}\.?[a-f]?\b|\b[1-9][a-f]\b|\b[0-9]-[a-f]\b|[0-9]年生|[0-9] ?[«\"]?[А-Г]\b"
    ),
    re.compile(
        r"(?i)\b(?:suspended|excluded|expelled|bullied|bullying|counsell?or|psycholog[a-z]*|therapist|allerg[a-z]*|epipen|not allowed|detention|report|custody|jugendamt|blaue[n]? flecken|gemobbt|nachhilfe|sitzengeblieben|harcele[e]?|redouble|psy|acosad[oa]|suspendid[oa]|alergi[ac]a?|bocciat[oa]|bullizzat[oa]|reprovad[oa]|gepest|geschorst|kurator[a-z]*|zawieszon[a-z]*|mobbad[e]?|avstangd|mobbet)\b|психолог|травл|аллерг|いじめ|不登校|发育|霸凌|왕따"
    ),
)
_YOURS: Final = re.compile(
    r"(?i)\b(?:your|you|parents?|families|guardians?|grandparents|pupils|各位|governors?|ihr kind|ihre tochter|ihr sohn|eltern|votre|vos|parents d'eleves|su hij[oa]|vuestr[oa]s?|padres|vostr[oa]|genitori|vosso|pais|uw|jullie|ouders|panstwa|rodzic[a-z]*|ert|era|foraldrar|foresatte|foraeldre|vas[e]?|rodic[a-z]*|veli[a-z]{0,4})\b|ваш|родител|保護者|家长|학부모|אולי הורים"
)


def child_told(found: Candidate) -> Judgement:
    """Where a child of somebody is during the day: two of hour, class, age, who fetches it, trouble."""
    ahead, behind = found.paragraph(120, 120)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _YOURS.search(around) or _ANY_CHILD.search(around):
        return False
    if len({name.lower() for name in _CLASS_NAME.findall(around)}) >= _TWO:
        return False
    marks = sum(bool(one.search(around)) for one in _CHILD_DAY)
    marks += len({word.lower() for word in _CHILD_DAY[-1].findall(around)}) >= _TWO
    child = _CHILD.search(around)
    if child and _PLURAL.search(around) and marks < _ENOUGH:
        return False
    if child:
        return marks >= _TWO or (marks == 1 and bool(_ONES_OWN.search(around)))
    goes = _GOES.search(around) or _STRONG_SCHOOL.match(found.whole)
    return bool(goes) and marks >= _TWO


_ANY_CHILD: Final = re.compile(
    r"(?i)\b(?:children|kids|kinder|enfants|ninos|bambini|kinderen|dzieci|barn) (?:under|over|aged|between|from|unter|uber|ab|de|jusqu|menores|sotto|onder|vanaf|ponizej|under) [0-9]|\b(?:no|every|each|any|all|per|which) (?:child|kids?|pupil|student)|\b(?:jedes|kein) kind\b|\b(?:chaque|aucun|tout) (?:enfant|eleve)|\b(?:cada|ningun) (?:nin[oa]|alumn[oa])"
)
_CLASS_NAME: Final = re.compile(
    r"(?i)\b(?:year|grade|class|form|klasse|classe|clase|klas|klasa|klass|turma|trida) ?([0-9]{1,2}[a-z]?)\b"
)
"""Of two classes or more a school writes, not of a child."""
_STRONG_SCHOOL: Final = re.compile(
    r"(?i)jugendamt|school counsel|suspended|expelled|excluded|schulpsych|sitzengeb|bocciat|kurator"
)
_PLURAL: Final = re.compile(
    r"(?i)\b[0-9]{2,4} (?:children|kids|pupils|students|boys|girls|kinder|enfants|ninos|bambini|criancas|kinderen|dzieci|barn)\b|\b(?:children|kids|students|pupils) (?:and|from|of|in|can|will|are|who|with)\b|孩子们|子供たち|子どもたち|小朋友"
)
_ONES_OWN: Final = re.compile(
    r"(?i)\b(?:my|our|his|her|their|mein[a-z]{0,2}|unser[a-z]{0,2}|sein[a-z]{0,2}|mon|ma|mes|ses|notre|nos|mis?|nuestr[ao]s?|mio|mia|nostr[aoi]|meus?|minhas?|mijn|onze|moj[ae]?|nasz[ae]?|jej|jego|min[a]?|vara?|hennes|hans) (?:[a-z]{3,9} )?(?:daughter|son|kids?|child|twins|tochter|sohn|kind|zwillinge|fille|fils|enfants|hij[oa]s?|nin[oa]s?|figli[oae]|filh[oa]s?|dochter|zoon|syn(?:ek)?|cork[ai]|dotter|datter|sonn?)"
)
_GOES: Final = re.compile(
    r"\b(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|School|Class|Year|Grade|Reception|The|This|That|It|There|What|Which|He|She|Here|Schule|Ecole|Who|How|Attendance|Reading|Uniform)[A-Z][a-z]{2,14},? (?:\([0-9]{1,2}\) )?(?:goes|is|geht|ist|va|est|fa|frequenta|estuda|tem|gaat|zit|chodzi|gar|gikk|gar|jest|okuyor|chodi|jar|merge|kay)\b"
)


# Money of a person ----------------------------------------------------------------------------------

_HIS: Final = re.compile(
    r"(?i)\b(?:his|her|their|client'?s|boss|owner|he|she|mum|mom|dad|gran|grandma|mother|father|husband|wife|parents|joint w|(?:der|das|dem|von|vom) (?:[a-z]{3,9} )?(?:frau|herrn?|chef|mutter|vater|oma|opa|tante)|seine?[mnrs]?|chef|mutter|vater|oma|opa|mon patron|patronne?|monsieur|madame|mme|sa|ses|maman|papa|jefe|jefa|papa|mama|abuel[oa]|don|dona|senora?|titolare|signora?|nonn[oa]|mamma|patrao|patroa|vovo|dona|seu|mae|pai|baas|opdrachtgever|mevrouw|meneer|oma|opa|moeder|vader|haar|zijn|szef[a-z]*|mam[ay]|tat[ay]|babci[a-z]?|pani|pan[a]?|mormor|morfar|farmor|farfar|mamma|pappa|uppdragsgivare|chefen|hans|hennes|mor|far|patron(?:um|un)?|anne(?:m|min)?|baba(?:m|min)?|hanim|bey|sef|matk[ay]|otec|anya|apa|mama|tata|aiti|isa)\b"
    r"|\b(?:of|von|de|di|da|do|van|av|af|till) [A-Z][a-z]{2,14}\b|\b[A-Z][a-z]{2,14}'s?\b|\b[A-Z][a-z]+ (?:has|hat|a|tiene|ha|tem|heeft|ma|har)\b|holder|inhaber|titular|у [А-Я][а-я]+|(?:его|её|ее|мам|пап|бабушк|начальник|шеф)|さん|様|老板|妈|爸|씨|어머니|아버지|사장"
)
_NOT_PERSONAL: Final = re.compile(
    r"(?i)\b(?:your|invoice|refund|rechnung|facture|factura|fattura|fatura|factuur|faktur[a-z]*|order|bestellung|we (?:offer|paid)|ihre?[mnrs]?|votre|vos|vuestr[oa]|uw|user accounts?|google account|email account|account manager|taking into account|on account of|einfluss|subscription|fees?|you can|apply|gebuhr(?:en)?|frais|comisi[a-z]+|canone|oplat[ay]|overdraft of up to|interest|zins[a-z]*|members?|per (?:year|cent)|eroffnen|open an|promo|bonus|points?|download|login|company|gmbh|ltd|inc|fund|per (?:head|person)|each|pro (?:kopf|person|nase)|par (?:personne|tete)|por (?:persona|cabeza|pessoa|cabeca)|a (?:testa|persona)|per persoon|na osobe|za osobe|per capita)\b|://"
)


def account_told(found: Candidate) -> Judgement:
    """How much there is on somebody's account."""
    ahead, behind = _sentence(found, 90)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or _NOT_PERSONAL.search(around):
        return False
    amount = AMOUNT.search(behind) or AMOUNT.search(ahead)
    if amount is None:
        near = "".join(found.paragraph(90, 90))
        amount = AMOUNT.search(near) if _HIS.search(around) else None
    if amount is None or "%" in amount[0] or not set(amount[0]) & {*"123456789"}:
        return False
    return Beside(value=amount[0].strip()) if _HIS.search(around) else False


# Who is kept from knowing -----------------------------------------------------------------------------

_SUBJECT: Final = re.compile(
    r"(?i)\b(?:i|we|you|it|that|which|this|one|ich|wir|du|man|es|je|tu|vous|on|ca|yo|tu|io|eu|voce|ik|jij|u|server|client|system|program|code|software|computer|browser|compiler|kernel|users?|app|script|parser|function|who|nobody|people|most people|everyone|customers?|do|did|does|please) (?:ich )?$"
)
_PERSONAL_SUBJECT: Final = re.compile(
    r"(?:\b(?:he|she|they|his|her|their|wife|husband|family|team|staff|boss|owner|landlord|client|er|sie|ihr|sein|frau|mann|familie|chef(?:in)?|team|belegschaft|il|elle|sa|son|femme|mari|famille|equipe|ella|el|su|mujer|marido|familia|equipo|sindicatos|empleados|lui|lei|moglie|marito|famiglia|dipendenti|ele|ela|mulher|marido|familia|equipe|funcionarios|hij|zij|vrouw|man|gezin|personeel|on|ona|jego|jej|zona|maz|rodzina|zespol|han|hon|hans|hennes|fru|familj|facket|personalen|kone|es[iy]|ailesi|calisan[a-z]*|kendisi[a-z]*)\b|\b[A-Z][a-z]{2,14}\b|жен[аы]|муж|семь|он[аи]?\b|люд|сотрудник|коллектив|奥さん|家族|妻|夫|社員|老婆|老公|家人|员工|他|她|아내|남편|가족|직원)",
    re.IGNORECASE,
)
_GRAVE: Final = re.compile(
    r"(?i)\b(?:pregnan|divorc|leav|quit|resign|fir(?:e|ed|ing)|sack|redundan|dismiss|affair|sick|ill\b|cancer|debt|owe|gambl|sell|sale|clos|bought|deal|replac|switch|move|gay|lesb|treat|therap|clinic|klinik|trink|schwanger|scheid|kundig|krank|schuld|verkauf|ubern|entlass|wechsel|enceint|licenci|quitt|malad|dett|vend|rach|embaraz|despid|enferm|deud|vender|compr|lesbian|incint|licenzi|malat|debit|gravid|demit|doent|divid|zwanger|ontsl|ziek|verkop|ciaz|zwoln|chor|dlug|sprzed|zmien|dostawc|uppsag|sjuk|skuld|salj|koper|hamile|isten|hasta|borc|sat)|увол|беремен|развод|болен|больн|долг|прода|встреча|сокра|离|離|孕|债|借金|辞|裁|癌|病|이혼|임신|해고|퇴사"
)


def kept_from(found: Candidate) -> Judgement:
    """That somebody is not to know something grave that is told: no question, no ignorance of a machine."""
    subject = found.before[-24:]
    if ASKS.match(found.after) or _SUBJECT.search(subject) or _OF_ONESELF.search(subject):
        return False
    ahead, behind = found.paragraph(110, 110)
    around = f"{ahead}{found.whole}{behind}"
    if _is_public(found, around) or not _PERSONAL_SUBJECT.search(
        f"{ahead[-60:]}{found.whole}{behind[:40]}"
    ):
        return False
    if _GRAVE.search(around):
        return True
    is_asked = _ASKED.search(found.whole) and not _HARMLESS_SECRET.search(around)
    return bool(
        is_asked and (AMOUNT.search(around) or has_given_name(around)) and DAY.search(around)
    )


_OF_ONESELF: Final = re.compile(
    r"(?i)(?:\bi\b\W{0,6}(?:still |really |just |also |simply )?|\b(?:astronomers|scientists|researchers|experts|historians|physicists)\b[^.]{0,12})$"
)
"""Who writes, or a science, does not know or share something."""
_ASKED: Final = re.compile(
    r"(?i)between|n't|not a word|quiet|yourself|entre n|unter uns|vertrauen|fur (?:dich|sich)|tell|slip|share|forward|record|confidence|gardez|garde|dites|dis\b|digas|cuent|coment|dire|dirlo|tra noi|conte|fale|onder ons|vertellen|mow|miedzy|sag|si ikke|mell|soyle|aramiz|nerik|mezi|mond|koztunk|spui|kerro|kesken|[^\x00-\x7f]"
)
"""Whoever is told is asked to keep it."""
_HARMLESS_SECRET: Final = re.compile(
    r"(?i)\b(?:passwords?|links?|party|surprise|birthday|present|gift|pin|code|passwort|mot de passe|geschenk|uberraschung|cadeau|regalo|sorpresa|joke|phishing|coupon|sale)\b"
)


# What an agent knows of its owner ------------------------------------------------------------------

_TOPICS: Final = tuple(
    re.compile(rf"(?i)\b(?:{latin})|{other}")
    for latin, other in (
        (r"bank|loan|overdraft|mortgage|barclay|hsbc|credit (?:card|score)|kredit|schufa|schulden|dette|pret\b|emprunt|hipoteca|prestamo|deuda|banco|mutuo|prestito|debit[oi]|emprestimo|divida|lening|schuld|kredyt|dlug|zaleglosc|lanet|skuld|kredi|borc|owes|debt|net worth|income|salary|salary_band|jahreseinkommen|revenu|ingresos|inkomen|dochod|inkomst|conta\b|rachun", "кредит|банк|долг|口座|借金|银行|贷款|은행|대출|بنك|قرض|בנק|הלוואה|τραπεζ|δανει"),
        (r"doctor|dr\.? [a-z]+: |clinic|biops|hospital|diagnos|dose|prescri|therap|colonoscop|sertralin|insulin|surgery|anxiety|migraine|asthma|diabet|condition|xanax|medicat|arzt|klinik|rezept|medecin|oncolog|ordonnance|medico|clinica|receta|insulina|ricett|quimio|kliniek|dokter|kardiolog|lekarz|operacj|szpital|lakar|lege|rontgen|sykehus|doktor|hastane|tedavi|lekar|nemocnic|orvos|korhaz|medicul|spital|laakari|sairaal|alcoholic|sober|ivf", "врач|больниц|диагноз|операц|порок|医者|病院|手術|医生|医院|手术|의사|병원|수술|طبيب|רופא|ניתוח|γιατρ|νοσοκομ"),
        (r"lawyer|solicitor|attorney|court|settlement|lawsuit|eviction|custody|anwalt|gericht|klage|avocat|tribunal|abogad|juzgado|demanda|avvocat|tribunale|causa\b|advogad|acao\b|processo|advocaat|rechter|adwokat|sad\b|sadu|kurator|pozew|advokat|domstol|avukat|mahkeme|pravnik|soud|ugyved|birosag|avocatul|instant|asianaja|oikeu|hart&co", "адвокат|суд\\b|иск\\b|развод|弁護士|裁判|律师|法院|변호사|법원|محام|محكمة|עורך דין|בית משפט|δικηγορ|δικαστ"),
        (r"wife|husband|divorc|separat|marital|spouse|couples|affair|sister|brother|geschieden|scheidung|ehefrau|ex-frau|femme|mari\b|divorce|soeur|heritage|esposa|marido|mujer|divorci|moglie|marito|separazion|divorz|esposa|separac|vrouw|echtgenoot|scheid|zona\b|maz\b|rozwod|hustru|fru\b|skilsmass|kone\b|esi\b|bosan|manzel|rozvod|feleseg|valas|sotie|divort|vaimo|avioero", "жена|муж\\b|развод|妻|夫|離婚|离婚|老婆|丈夫|아내|남편|이혼|زوج|طلاق|אשת|בעלה|גירושין|συζυγ|διαζυγ"),
        (r"school|headmaster|kids|two kids|children|son\b|daughter|finn\b|user_kids|sohn\b|tochter|schule|kinder|fils|fille|ecole|hij[oa]\b|escuela|colegio|figli[oa]|scuola|filh[oa]|escola|zoon|dochter|syn\b|corka|szkol|dotter|skol|oglu|kizi|okul|dcer|skola|fia\b|lany|fiul|fiica|poika|tytar", "сын|доч|школ|息子|娘|学校|儿子|女儿|아들|딸|학교|ابن|בן |בת |γιος|κορη"),
        (r"tax(?:es|man)?\b|hmrc|irs\b|landlord|finanzamt|steuer|vermieter|impots?|huissier|hacienda|iva\b|commercialista|receita|belasting|zus\b|us\b|skatte|vergi|financni urad|nav\b|anaf|vero", "налог|家賃|税|세금|ضريبة|מס הכנסה|εφορι"),
        (r"job|employer|interview|quit|resign|fired|dismiss|layoff|notice|kundig|arbeitgeber|licenci|demission|emploi|irse|competencia|despid|licenzia|dimission|demissao|emprego|ontslag|baan|zwoln|wypowiedz|uppsag|jobb|isten|istifa|vypoved|felmond|demisi", "увол|работ|転職|退職|辞|离职|辞职|퇴사|이직|استقال|התפטר|παραιτ"),
        (r"[0-9]{1,4},? [A-Z][a-z]+ (?:st|way|road|lane|street)|wohnt|lives? (?:at|in|alone)|home\b|address|adresse|habite|vive\b|abita|mora\b|woont|mieszka|bor\b|oturuyor|bydli|lakik|asuu|rebgasse", "живёт|живет|住|居|산다|يسكن|גר ב|μενει"),
        (r"votes?|tory|labour|religio|church|catholic|muslim|jewish|gay|lesbian|bisexual|wahlt|partei|vota\b|partito|partido|kirche|drinks?|sleeps?|drives|fahrt einen|hates|price sensitive|bluff|hides|gambl|routine|gym|leaves", "голосует|пьёт|пьет|宗教|信仰|종교"),
    )
)  # fmt: skip


def mailbox_told(found: Candidate) -> Judgement:
    """Several things of one person's life together: money, health, courts, family, school, taxes, work, home."""
    text = f"{found.paragraph(60, 0)[0]}{found.whole}{found.after}"
    if _is_public(found, text) or _YOUR_OWN.search(found.whole):
        return False
    needed = _TWO if _OF_A_BOX.search(found.whole) else _ENOUGH
    return sum(bool(topic.search(text)) for topic in _TOPICS) >= needed


_YOUR_OWN: Final = re.compile(r"(?i)^(?:about|notes? (?:on|about|of)) (?:the|us|it|this)$")
_OF_A_BOX: Final = re.compile(
    r"(?i)mail|inbox|postfach|posteingang|boite|messagerie|corre|buzon|posta|casella|caixa|post\b|poczt|skrzynk|inkorg|innboks|indbakke|mejl|schrank|level|memory|user_|tool:|inferred|owner|boss|почт|перепис|писем|メール|受信|邮件|收件|信箱|편지|메일|بريد|מייל|תיבת|γραμματ|मेल|อีเมล"
)
