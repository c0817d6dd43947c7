"""Rules for what a business keeps to itself: figures, plans, code, and the instructions and tools of its agents."""

from typing import Final

from guard.rule import Rule, Scope
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH

_FIGURES: Final = (
    r"gross margins?|net margins?|operating margin|contribution margin|profit margin|margins?|cash (?:until|for|left|position)|runway|burn(?: rate)?|ebitda|revenue (?:came in|is|was|of|fell|missed)|arr\b|mrr\b|churn rate|valuation|price range|headcount|layoffs|walk-?away|lowest price|minimum price|max(?:imum)? (?:price|we)|reserve price|floor price|cost price|purchase price|unit cost|landed cost|(?:supplier|manufacturer|factory|vendor) charges us|costs us|we pay (?:them|him|her)|cap table|"
    r"deckungsbeitrag|rohmarge|marge[n]?|einkaufspreis|selbstkosten|liquiditat|mindestpreis|preisuntergrenze|schmerzgrenze|umsatzplan|ergebnis vor steuern|personalkosten|budget fur|stellenabbau|prix (?:minimum|plancher|d'achat|de revient)|marge (?:brute|nette)|tresorerie|margen|precio (?:minimo|de coste|de compra)|beneficio neto|tesoreria|margine|prezzo (?:minimo|d'acquisto)|costo industriale|liquidita|margem|preco (?:minimo|de custo)|winstmarge|brutomarge|inkoopprijs|minimumprijs|omzetplan|marza|cena (?:minimalna|zakupu)|koszt wlasny|marze|nakupni cena|bruttomarginal|marginal|inkopspris|minstepris|innkjopspris|indkobspris|arres|beszerzesi ar|marja|pret minim|kar marji|alis fiyati"
)
_PLANS: Final = (
    r"acquisition target|codename (?-i:[A-Z])[a-z]+|(?:works council|employees|staff|team|union|customers|suppliers|press|market|workforce) (?:do|does|will)(?:n't| not) know|not (?:been )?(?:yet )?(?:announced|made public)|until (?:it is|it's|the) announce[a-z]{1,4}|to be announced internally|embargo(?:ed)? until|board (?:has )?(?:not yet )?(?:decided|approved|voted)|we (?:will|are going to|plan to|want to|have to) (?:close|shut|sell|lay off|cut|acquire|buy|merge)|we(?:'re| are) (?:closing|selling|shutting|acquiring|merging|laying)|drops? (?:on-?prem|support for)|roadmap \(internal|internal roadmap|unreleased|"
    r"wir (?:schliessen|verkaufen|entlassen|ubernehmen) (?:den|die|das|[0-9]+)|belegschaft|betriebsrat weiss|noch nicht (?:offentlich|kommuniziert|bekannt gegeben|verkundet)|wird erst (?:[a-z0-9.]{1,9} ){0,3}(?:informiert|bekannt|verkundet)|deckname|ubernahme(?:ziel|angebot)?|nous allons (?:licencier|fermer|vendre|racheter)|nous (?:licencions|fermons|vendons|rachetons)|annonce prevue|pas encore (?:annonce|public)e?|plan social|vamos a (?:despedir|cerrar|vender|comprar)|aun no (?:es publico|se ha anunciado|lo saben)|todavia no (?:es publico|lo saben)|no lo saben (?:aun|todavia)|"
    r"(?:sta|stiamo|sto) per (?:vendere|chiudere|licenziare|acquisire)|licenzieremo|chiuderemo|non (?:lo sanno|ancora pubblic[oa]|e ancora pubblico)|vamos (?:demitir|fechar|encerrar)|ainda nao (?:e publico|sabem)|nog niet (?:openbaar|bekend(?:gemaakt)?|publiek)|we (?:gaan|zullen) (?:sluiten|ontslaan|verkopen)|overname van|weten (?:het|dit) nog niet|zwolnimy|zamykamy|sprzedajemy (?:firme|spolke)|(?:jeszcze )?nie wiedza|przejeci[ea]|propustime|zavreme|jeste nevi|vi (?:ska|skal|kommer att) (?:varsla|stanga|salja|avskeda|nedlaegge|lukke|legge ned)|ej offentligt|ikke offentlig(?:gjort)?|elbocsatunk|bezarjuk|vom (?:inchide|concedia|vinde)|kapatacagiz|isten cikaracagiz|henuz (?:aciklanmadi|duyurulmadi)"
)
_MARKINGS: Final = r"poufne|scisle tajne|(?:tylko )?do uzytku wewnetrznego|konfidentiellt|far ej spridas|ej for spridning|fortroligt|strengt fortrolig|ma ikke (?:deles|videresendes|spredes)|internal use only|internal only|nicht zur weitergabe|nicht an dritte|ne pas (?:diffuser|transmettre|transferer)|no difundir|no reenviar|non (?:inoltrare|diffondere)|nao (?:divulgar|encaminhar|partilhar)|niet (?:doorsturen|verspreiden|delen buiten)|nie (?:przekazywac|udostepniac|rozpowszechniac)|nesirit|neposilat dal|bizalmas|ne terjeszd|confidentialitate|nu (?:distribuiti|redirectionati)|gizlidir|kurum ?disina cikarilamaz|luottamuksellinen|ei saa (?:jakaa|levittaa)|under nda|embargoed"
_CODE: Final = r"[^\x1e]{40,900}"

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="business.figure_told",
        category="system",
        severity=_HIGH,
        description="A figure of one's own business is told.",
        patterns=(rf"(?i)\b(?:{_FIGURES})\b",),
        validator="figure_of_ours",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Runway: 7 months. Burn 310k/month.",
            "Margen con este cliente: 62 %, no podemos bajar de 45 €",
            "our biggest supplier charges us 3.12 per unit",
            "Prezzo minimo che possiamo accettare: 78.000 euro",
        ),
        near_misses=(
            "<style>p.MsoNormal{margin:0cm;font-size:11.0pt}</style>",
            "p { color: red; margin: 0 auto; line-height: 120% }",
            "The revenue of Siemens rose by 4 percent last year, the paper says",
            "set the left margin to 20 px",
            "the airport's runway is 3 km long",
            "Price range: 50 to 100 EUR",
            "Headcount: 40 people for lunch",
            "Lowest price: 19.99 EUR",
        ),
    ),
    Rule(
        id="business.plan_told",
        category="system",
        severity=_HIGH,
        description="A plan of a business is told that others do not know yet.",
        patterns=(rf"(?i)\b(?:{_PLANS})\b",),
        validator="plan_told",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Nous allons licencier 15 personnes à Lyon, annonce prévue en septembre",
            "De overname van Bakkerij Smit gaat door voor 2,3 miljoen, nog niet openbaar",
            "Wir schließen den Standort Kassel zum Jahresende",
            "Acquisition target: Fennel Labs, signing planned for 20 May",
        ),
        near_misses=(
            "libntlm (1.0-1) UNRELEASED; urgency=low",
            "The problem is complex, we don't know yet how it will end",
            "before a reboot we have to shut down a couple of processes",
            "The new plant opens in July, as announced in our press release",
            "Reuters: the bank plans a takeover",
            "we plan to meet on Monday",
            "we have to sell the old bicycle before we move",
            "Wir verkaufen das Sofa, Selbstabholung",
            "we plan to buy the tickets on Friday",
        ),
    ),
    Rule(
        id="business.marking",
        category="system",
        severity=_HIGH,
        description="The text says that it is to stay inside.",
        patterns=(rf"(?i)\b(?:{_MARKINGS})\b",),
        validator="confided",
        scope=Scope.TURNED,
        is_generic=True,
        examples=("Poufne - tylko do użytku wewnętrznego", "Konfidentiellt, får ej spridas vidare"),
        near_misses=("use the internal one only", "wir geben keine Daten an dritte Stellen"),
    ),
    Rule(
        id="system.business_code",
        category="system",
        severity=_HIGH,
        description="Code that counts money, customers or risks is in the message.",
        patterns=(
            rf"(?m)^[ \t>+\-]{{0,16}}(?:def|class|func|fn|function|public|private|module|namespace|struct|const|import|from|resource|@\w{{2,20}}|<\?php|#include|#!/bin/)\b{_CODE}",
            r"(?i)\b(?:select [^\n;]{2,200}\bfrom\b[^;]{2,300}\b(?:where|join)\b|create table [a-z_.\"]{2,60} ?\([^;]{10,300}\)|insert into [a-z_.]{2,60} ?\([^;]{4,300})",
            r"(?m)^diff --git a/[^\n]{3,200}\n[^\x1e]{20,600}",
        ),
        validator="code_of_business",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "def settle(invoice, ledger):\n    rate = ledger.rate_for(invoice.currency)\n    if rate is None:\n        raise ValueError(1)\n    return invoice.total * rate\n",
            "fn margin(cost: f64) -> f64 {\n    let base = 1.37;\n    cost * base\n}\n",
        ),
        near_misses=(
            "def operate(generator):\n    separator = border(generator)\n    iterate = separator\n    return iterate\n",
            '@inproceedings{Berg:02,\n  author = "Anna Berg",\n  title = "A Metric of Trade",\n  year = 2002,\n}\n',
            "def a(x):\n    return x\n",
            "# MIT license\ndef price(x):\n    y = x\n    return y\n",
            "from the price list of last year\nwe took the discount:\nit was good\n",
        ),
    ),
    Rule(
        id="system.agent_told",
        category="system",
        severity=_HIGH,
        description="What an agent was told, or the tools it has, is told.",
        patterns=(
            r"(?i)\bsystem[ _]?(?:prompt|message|instructions?)\b[\"'*]{0,2} ?(?:as you asked|is|was|says|reads|:|=|\|)[^\x1e]{0,20}",
            r"(?i)<(?:system|developer|assistant_instructions|tools?|functions?)(?: name=\"[^\"\n]{2,60}\")?>\s{0,8}(?:<param|(?:you (?:are|must|may)|answer|respond|act|never|always|do not)\b|du bist|tu es|eres)",
            r"(?i)<tool name=\"[^\"\n]{2,60}\"[^>\n]{0,80}>\s{0,8}<(?:param|arg|description|input)",
            r"(?i)\bi(?: was| am|'m| have been|'ve been)? (?:told|given|instructed|configured|programmed|asked)(?: to)?(?: these rules| the following| by my [a-z]{3,12})?(?: to)?: ?(?:\(?1[).]|never|always|do not|don't|you are)",
            r"(?i)\b(?:instructions|rules|guidelines|directives) (?:that )?i (?:was|am|have been) (?:given|told|operating under|following)\s?:",
            r"(?i)\bmy (?:setup|configuration|brief|playbook|programming|system) (?:says|tells me|requires) (?:that )?(?:i|me|to)\b",
            r"(?i)\btools?:\s{1,2}[a-z]{2,20}[._][a-z_]{2,30}\([a-z_, ]{0,60}\)",
            r"(?i)\b(?:before|at the start of) this (?:conversation|chat|thread) i was (?:given|told)\b",
            r"(?i)\b(?:developer|system) (?:message|prompt) (?:i run|i work|that i|under which)",
            r"(?i)\byou are an? (?:autonomous|ai|helpful|email|virtual|purchasing|sales|support|procurement|scheduling) (?:[a-z\-]{2,12} )?(?:agent|assistant)\b",
            r"(?im)^[ \t#*]{0,6}(?:system|role)\s?:?\s{0,3}\n?[ \t]{0,4}(?:role\s?: ?)?[^\n]{2,40}\b(?:bot|agent|assistant)\n[^\x1e]{0,200}?\b(?:rules?|goal|never)\b",
            r"(?i)\b(?:system_prompt|systemprompt|system-prompt)\b[\"']?\s?[:=]",
            r"(?i)\b(?:my|available|following|these) (?:tools|functions|capabilities|actions)\b(?: are| is| include)?\s?:?\s{1,4}(?:[\-*] ?)?[`\"']?[a-z]{2,20}[_.][a-z_]{2,30}",
            r"(?i)\b(?:werkzeuge|funktionen|tools|outils|herramientas|strumenti|ferramentas|narzedzia|hulpmiddelen|verktyg)\s?:\s{1,4}(?:[\-*] ?)?[`\"']?[a-z]{2,20}_[a-z_]{2,30}",
            r"(?i)\b(?:capabilities|tools|functions|actions)\s?[:=]\s?[^\n]{0,20}?\b[a-z]{3,20}_[a-z]{2,20}\([a-z_, ]{0,60}\),? ",
            r"(?im)^[ \t]{0,8}(?:tools|functions)\s?[:=]\s{0,4}(?:\n[ \t]{0,8}- name:|\[ ?\{ ?[\"']?name)",
            r"(?i)\"(?:mcpservers|tool_calls|inputschema|input_schema)\"\s?:\s?[\[{]",
            r"(?i)\"type\"\s?:\s?\"function\"\s?,\s?\"(?:function|name)\"",
            r"(?i)\bmcp servers? (?:configured|connected|available|installed)\b",
            r"(?m)^@(?:mcp\.)?tool\b(?:\(\))?\s{1,4}(?:async )?def ",
        ),
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Before this conversation I was given these rules: do not talk about competitors",
            "Available tools:\n- calendar.create(title, start, end)\n- crm.lookup(customer_id)",
            "<system>\nYou are an agent with access to the mailbox.",
            "My tools are read_file, write_file, run_shell and http_get",
        ),
        near_misses=(
            "You are a great help",
            "the tools are in the shed: hammer, saw",
            "the operating system is called Linux",
            "Our assistant will always answer within a day",
        ),
    ),
)
