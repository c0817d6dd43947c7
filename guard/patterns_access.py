"""Rules for what opens something without being called a password: told logins, codes, tables of logins.

What is meant counts: a word that looks like a secret (`guard.shape`) beside words for getting in; a
few digits beside a door, a safe, an alarm; a column of passwords; a word agreed on.
"""

from typing import Final

from guard.password_words import LATIN_WORDS, OTHER_WORDS
from guard.rule import Rule, Scope
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH
_OPEN: Final = r"[\"'`*(\[_]{0,3}"
_CHAR: Final = r"[^\s\"'`<>,;:()\[\]]"
_SHAPED: Final = rf"(?P<v>{_CHAR}{{0,40}}(?:[A-Za-z]{_CHAR}{{0,40}}[0-9]|[0-9]{_CHAR}{{0,40}}[A-Za-z]){_CHAR}{{0,40}})"
_LEADING: Final = rf"(?P<v>{_CHAR}{{6,90}})"
"""What may be shaped so, in front of the words that tell it: its validator looks at the shape."""
_FEW: Final = r"(?:[^\s]{1,24}\s{1,2}){0,4}?"
_USE: Final = (
    r"(?:use|using|enter|type|try|put in|punch in|key in|with|via|nimm|nutze|verwende|gib|mit|tippe|"
    r"utilise[rz]?|tape[rz]?|avec|usa|use|usar|utiliza|pon|con|digita|inserisci|com|met|gebruik|uzyj|wpisz|med|bruk|anvand)"
)
_GET_IN: Final = (
    r"(?:(?:get|log|sign|let|dial|hop|come|jump)(?:s|ting|ging|ged)?(?: (?:you|me|us|him|her|them|yourself|everybody))?"
    r"(?: (?:back|right|straight))? ?(?:in\b|into|inside|onto)|unlock(?:s|ed|ing)?|opens? (?:the|it|up|this|that)|to open|"
    r"(?:gives?|have|gain|full|gets?) (?:you )?access|to access|decrypts?|unzip|authenticate|"
    r"reinkommen|reinzukommen|kommst du|kommen sie|kommt (?:man|ihr)|(?:zum|beim) (?:anmelden|einloggen|entsperren|offnen)|"
    r"einzuloggen|anzumelden|pour (?:entrer|acceder|se connecter|ouvrir|deverrouiller)|para (?:entrar|acceder|abrir|ingresar|desbloquear)|"
    r"per (?:entrare|accedere|aprire|sbloccare)|om (?:in te loggen|binnen te komen)|zaloguj|zalogowac|logga in|logge inn|"
    r"войти|войдешь|вход|ログイン|登录|登入|로그인)"
)
_ADMIN: Final = (
    r"(?:root|admin|administrator|superuser|sysadmin|postgres|sa|ubuntu|ec2-user|superadmin|guest)"
)
_LOGIN_DATA: Final = (
    r"(?:creds?|credentials?|log ?in(?: data| details| info)?|sign ?in|account|access(?: data)?|zugang(?:sdaten)?|anmeldedaten|logindaten|"
    r"identifiants?|acces|acceso|credenciales|datos de acceso|credenziali|accesso|acessos?|credenciais|inloggegevens|"
    r"dane (?:logowania|dostepowe)|prihlasovaci udaje|inloggning(?:suppgifter)?|innlogging|loginoplysninger|kirjautumistiedot|"
    r"giris bilgileri|belepesi adatok|date de (?:acces|logare)|доступ(?:ы)?|логин|учетка|учётка|учетные данные|данные для входа|"
    r"ログイン情報|ログイン|账号|帐号|賬號|账户|계정|بيانات الدخول|حساب|פרטי (?:התחברות|כניסה)|लॉगिन|ssh|ftp|rdp|vpn|nas|router|wlan|wifi)"
)
_PLACE: Final = (
    r"(?:safe|vault|door|front ?door|back ?door|gate|entry|entrance|garage|alarm(?:anlage)?|lock|padlock|locker|lock ?box|key ?(?:box|safe)|"
    r"keypad|atm|cash ?machine|bank ?card|debit card|cajero|tarjeta|geldautomat|ec-?karte|bankkarte|karte|carte bleue|bancomat|bankomat|multibanco|bankkort|building|house|apartment|flat|elevator|lift|shed|storage|strongbox|tur|haustur|wohnungstur|tresor|schliessfach|"
    r"schlussel(?:box|kasten|safe|tresor)|garagentor|hoftor|tor|zahlenschloss|portail|porte|coffre(?:-fort)?|immeuble|boite a cles?|alarme|"
    r"puerta|caja fuerte|porton|portal|alarma|candado|porta|portone|cassaforte|cancello|allarme|cofre|portao|deur|voordeur|kluis|poort|interfon(?:ul|ului)?|domofon(?:u|em)?|ov(?:i|en|elle)|alaov(?:i|en)|"
    r"drzwi|bramy?|sejfu?|alarmu|dveri|trezoru?|dorr(?:en)?|kassaskap(?:et)?|dor(?:en|a)?|kapi|kasa|seif|двер[^\s]{1,4}|сейф[^\s]{0,4}|домофон[^\s]{0,4}|подъезд[^\s]{0,4}|金庫|玄関|门禁|保险箱|門)"
)
_CODE: Final = r"(?:code|combination|combo|pin|number|kombination|codes?|digicode|codigo|clave|combinacion|codice|combinazione|combinaison|combinacao|nummer|kod|kodul|kode|koodi|kodu|sifre(?:si)?|код|番号|密码|密碼)"
_DIGITS: Final = r"(?P<v>[0-9]{1,2}-[0-9]{1,2}[A-Z]|[*#]?[0-9]{4,8}[*#]?|[0-9]{1,2}(?:[\- ][0-9]{1,2}){2,4}|[0-9]{1,4}(?:[A-Z]|[А-Я])[0-9]{1,5}|[A-Z][0-9]{3,6}|[0-9]{3,5}[A-Z])\b"

_TURN: Final = r"(?:left|right|links|rechts|gauche|droite|izquierda|derecha|sinistra|destra|esquerda|direita|linksom|rechtsom|lewo|prawo)\b"
_SPELLING: Final = (
    r"(?:(?:capital|upper-?case|lower-?case|small|big|grosse[sr]?|kleine[sr]?|majuscule|minuscule|mayuscula|minuscula|maiuscol[oa]|minuscol[oa]|maiuscula|hoofdletter|kleine letter|wielka|mala) [a-z]\b|"
    r"exclamation (?:mark|point)|dollar sign|hash(?: ?tag| sign)|pound sign|at[ -]sign|underscore|ampersand|asterisk|percent sign|question mark|"
    r"ausrufezeichen|raute|unterstrich|klammeraffe|dollarzeichen|point d'exclamation|diese|tiret bas|arobase|signo de (?:exclamacion|admiracion)|almohadilla|guion bajo|arroba|punto esclamativo|cancelletto|chiocciola|ponto de exclamacao|uitroepteken|wykrzyknik|"
    r"all (?:in )?(?:lower|upper) ?case|all caps|(?:as in|like|wie|comme|como|come) (?:alpha|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliet|kilo|lima|mike|november|oscar|papa|quebec|romeo|sierra|tango|uniform|victor|whiskey|x-?ray|yankee|zulu|anton|berta|casar|dora|emil|friedrich|gustav|heinrich|ida|julius|kaufmann|ludwig|martha|nordpol|otto|paula|richard|samuel|theodor|ulrich|viktor|wilhelm))"
)
_NUMBER_WORD: Final = (
    r"(?:zero|one|two|three|four|five|six|seven|eight|nine|oh|null|eins|zwei|zwo|drei|vier|funf|sechs|sieben|acht|neun|zero|un|deux|trois|quatre|cinq|sept|huit|neuf|"
    r"cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|due|tre|quattro|cinque|sei|sette|otto|nove|um|dois|quatro|sete|oito|een|twee|drie|vijf|zes|zeven|negen)"
)

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="credential.access_told",
        category="credentials",
        severity=_HIGH,
        description="Something that looks like a password is said to open something.",
        patterns=(
            rf"(?i)\b{_USE}\s{{1,3}}{_FEW}{_OPEN}{_SHAPED}[^\n.]{{0,40}}?(?:\b|\s){_GET_IN}",
            rf"(?i)\b(?:geht|offnet sich|entsperrt sich|opens?|unlocks?|s'ouvre|se abre|si apre|abre|abre-se|gaat open|otwiera sie|startet)\b[^\n.]{{0,30}}?\b(?:with|to|mit|avec|con|com|met)\s{{1,3}}{_OPEN}{_SHAPED}",
            rf"(?i){_LEADING}[\"'`)]{{0,2}}\s{{1,3}}(?:[a-z']{{1,10}}\s{{1,2}}){{0,3}}?{_GET_IN}",
            rf"(?i)(?:{_GET_IN}|secret word|asks? (?:for|you)|when prompted|it wants|wenn (?:er|es|sie) fragt|quand (?:il|on) (?:le )?demande|cuando (?:lo )?pida|quando chiede|quando pedir)[^\n]{{0,60}}?(?:\b(?:{_USE}|is|are|it's|then|und|and|y|et|e|ist|est|es)|:|=|->)\s{{1,3}}{_FEW}{_OPEN}{_SHAPED}",
        ),
        validator="secret_shaped",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "use Copper-Lantern-38 to get in",
            "Orbit-Seven-12 lets you into the archive",
            "To open the file type maple!River7 please",
            "Mit Nebel!Krug77 kommst du ins Portal",
            "pour entrer utilise Sable-Dore-44",
        ),
        near_misses=(
            "use Office365 to log in",
            "Please update to v2.14.3-rc1 to get in sync",
            "use the coupon SPRING-2026 to get in early",
            "Gate14 gets you into the terminal",
            "ticket BUG-4471 unlocks the release",
        ),
    ),
    Rule(
        id="credential.password_near",
        category="credentials",
        severity=_HIGH,
        description="Something that looks like a password stands near the word.",
        patterns=(
            rf"(?:(?i:(?:\b|_)(?:{LATIN_WORDS})[a-z]{{0,4}})|{OTHER_WORDS})[\"')]{{0,2}}(?:[ ,:\-]{{1,3}}[^\s\"'`<>]{{1,24}}){{0,8}}?[\s:,=(\-]{{1,4}}{_OPEN}{_SHAPED}",
            rf"{OTHER_WORDS}[^\x00-\x7f]{{0,16}}\s{{0,2}}[:=]?\s{{0,2}}{_OPEN}{_SHAPED}",
            rf"(?i)\b(?:ssid|wi-?fi|wlan|netz(?:werk)?|network|red|rete|rede|reseau)\b[^\n]{{0,60}}?\b(?:key|pw|pass|code|psk|clave|cle)\b[ ,:]{{1,3}}{_OPEN}{_SHAPED}",
            rf"{_LEADING}[\"'`)]{{0,2}}[,.]?\s{{1,3}}(?:[^\s]{{1,24}}\s{{1,2}}){{0,4}}?(?:(?i:(?:{LATIN_WORDS})\b)|{OTHER_WORDS})",
        ),
        validator="secret_shaped",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "I changed the password yesterday, Winter!Falcon8 from now on",
            "parola noua de la server, Dunare!2031",
            "Пароль от почты теперь Neva!2031",
            "log on with qUartz8Saddle until the new password comes",
        ),
        near_misses=(
            "We use SHA-256 and AES-128 for passwords",
            "Our password policy of 2026-01-01 asks for 14 characters",
            "the password field is broken, ticket BUG-4471",
            "the password page of Windows11 and Office365",
        ),
    ),
    Rule(
        id="credential.login_pair",
        category="credentials",
        severity=_HIGH,
        description="A user name stands beside what looks like its password.",
        patterns=(
            rf"(?i)(?:\b|\s|^){_LOGIN_DATA}[ \t]{{1,2}}[0-9a-z._@+\-]{{2,60}}:[ \t]{{1,2}}{_OPEN}(?P<v>[^\s\"'`<>]{{6,64}})",
            rf"(?i)(?:\b|\s|^){_LOGIN_DATA}[^\n]{{0,60}}?[\s:>=\-][0-9a-z._@+\-]{{2,60}}(?:[ \t]{{0,2}}(?:[/|,;]|->|\s-\s)[ \t]{{0,2}}|:){_OPEN}(?P<v>[^\s\"'`<>]{{6,64}})",
            rf"(?i)(?:^|[\s\"'(]){_ADMIN}\s{{0,2}}(?:/{{1,2}}|[|:,]|\bund\b|\band\b|\by\b|\bet\b)\s{{0,2}}{_OPEN}(?P<v>[^\s\"'`<>/]{{6,64}})",
            rf"(?im)^[^\n]{{0,60}}[\s|]{_ADMIN}(?:[ ]{{2,}}|\t)\s{{0,20}}{_OPEN}(?P<v>[^\s\"'`<>/]{{6,64}})[ \t]{{0,3}}$",
            r"(?i)\b(?:user(?:name)?|usuario|benutzer(?:name)?|utilisateur|identifiant|utente|gebruiker|login|uzytkownik|usuario|bruker|anvandare|kullanici)\b\s{0,2}:?\s{1,2}[^\s,;:]{2,40}[,;/]?\s{1,3}(?:y |und |et |e |and |og |och |ve )?(?:clave|contrasena|pass(?:word|wort)?|pwd?|kennwort|mdp|mot de passe|senha|wachtwoord|haslo|parola|sifre|passord|losenord|key)\s{0,2}:?\s{1,2}(?P<v>[^\s\"'`<>]{6,64})",
            r"(?i)\b(?:un|usr|user(?:name)?|u|login|benutzer|usuario|utilisateur|utente|gebruiker|l)\s{0,2}[:=]\s{0,2}[^\s,;]{2,60}[\s,;/|]{1,5}(?:p|pw|pwd|pass|pass?wd|kw|mdp)\s{0,2}[:=]\s{0,2}(?P<v>[^\s\"'`<>]{4,64})",
            r"(?i)\b(?:login|authenticate|auth|connect|sign_?in|httpbasicauth|setcredentials|user_?pass|basic_?auth|with_?login|passwordauthentication|usernamepasswordcredential|networkcredential|plainauth|basicauth|bind)\s?=?\s?\(\s?(?:[a-z_]{1,20}\s?=\s?)?[\"'][^\"'\n]{1,60}[\"']\s?,\s?(?:[a-z_]{1,20}\s?=\s?)?[\"'](?P<v>[^\"'\n]{4,64})[\"']",
        ),
        validator="login_pair",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Zugangsdaten: max.muster@firma.example / Nebel!77x",
            "creds: admin // Zx81!plus",
            "it is root / hunter2!x as always",
            "identifiants : jdupont / Sable!22x",
            "u: mia p: Lantern#44",
            'server.login("mia", "Tr4ct0r!22")',
        ),
        near_misses=(
            "login via Google/Microsoft or SAML2",
            "access: read/write",
            "admin / user roles",
            "account: see page 12, section B4",
            "ftp search misses something like:\n\n/share/d4x/search2.xml",
            "ftp://ftp.acme.io/pub/release-7.0/release-7.0.iso",
            '<a href="https://news.acme.io/Click?q=7d-FFBqIDLUd2OhN">Account</a>/<a href="https://news.acme.io/Click?q=1a-y6PkIlXm6M">End</a>',
            "It fails with SA/Razor2",
            "ssh: hint -1 debug1: ssh-userauth2 successful",
        ),
    ),
    Rule(
        id="credential.password_column",
        category="credentials",
        severity=_HIGH,
        description="A table has a column of passwords or codes.",
        patterns=(
            rf"(?im)^(?P<v>[^\n]*(?:\b|_)(?:{LATIN_WORDS}|pwd|pw|pin|secret|api[ _]?key|token)\b[^\n]*\n(?:[ \t|:+=\-]{{3,}}\n)?[^\n]{{3,}}(?:\n[^\n]{{3,}}){{0,3}})",
            rf"(?m)^(?P<v>[^\n]*(?:{OTHER_WORDS})[^\n]*\n(?:[ \t|:+=\-]{{3,}}\n)?[^\n]{{3,}}(?:\n[^\n]{{3,}}){{0,3}})",
        ),
        validator="password_column",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "user,password\nmia,Tulip2024x\n",
            "| Service | User | Password |\n|---|---|---|\n| CRM | mia | Tulip!24 |",
            "Dienst     Konto    Kennwort\nCRM        mia      Nebel!24\n",
            "User\tPIN\nmia\t4471\n",
        ),
        near_misses=(
            "Name, password rules, page\nMia, see below, 12\n",
            "Please choose a password, then log in.\nThank you, Mia 24\n",
            "| Field | Password |\n|---|---|\n| type | string |",
        ),
    ),
    Rule(
        id="credential.password_below",
        category="credentials",
        severity=_HIGH,
        description="A password stands in the line below the word.",
        patterns=(
            rf"(?im)^[ \t>*#\-]{{0,6}}(?:[a-z\-]{{1,16}} ){{0,3}}(?:{LATIN_WORDS}|pw|pwd){{1}}[ ]?[:=]?[ \t*]{{0,3}}\n(?:[^\n]{{0,60}}\n){{0,3}}?[ \t>*]{{0,6}}{_OPEN}(?P<v>[^\s\"'`<>]{{6,64}})[\"'`*]{{0,2}}[ \t]{{0,3}}$",
            rf"(?m)^[ \t>*#\-]{{0,6}}(?:{OTHER_WORDS})[ ]?[:=：]?[ \t*]{{0,3}}\n(?:[^\n]{{0,60}}\n){{0,3}}?[ \t>*]{{0,6}}{_OPEN}(?P<v>[^\s\"'`<>]{{6,64}})[\"'`*]{{0,2}}[ \t]{{0,3}}$",
            r"(?im)\b(?:what(?:'s|s| is| was)|wie (?:ist|war|lautet)|quel est|cual es|qual e)\b[^\n?]{0,30}\b(?:pw|pass(?:word|wort)?|kennwort|mot de passe|contrasena|senha|login|secret|token|key|code)\b[^\n]{0,20}\n[^\n]{0,40}?[\s:>](?P<v>[^\s\"'`<>]{6,64})[ \t]{0,3}$",
        ),
        validator="secret_or_word",
        is_generic=True,
        examples=(
            "Username\nmia\nPassword\nTulip#2024x\n",
            "[10:12] bob: whats the pw?\n[10:13] mia: Lantern#44x\n",
            "Пароль\nNeva!2031\n",
        ),
        near_misses=("Password\nPlease choose one\n", "Forgot your password?\nWindows11\n"),
    ),
    Rule(
        id="credential.password_element",
        category="credentials",
        severity=_HIGH,
        description="A password stands in an element or attribute of a file.",
        patterns=(
            r"(?i)<[a-z0-9:._\-]{0,30}(?:password|passwd|pwd|passphrase|secret|apikey|api-key|authtoken)[a-z0-9_\-]{0,12}(?:\s[^>\n]{0,80})?>\s{0,3}(?:<!\[CDATA\[)?(?P<v>[^<\s\]]{4,128})\s{0,3}(?:\]\]>)?</",
            r"(?i)(?:name|key|id|property)\s?=\s?[\"'][^\"'\n]{0,40}(?:password|passwd|pwd|secret|apikey|token)[^\"'\n]{0,20}[\"']\s{1,3}(?:value|content|default)\s?=\s?[\"'](?P<v>[^\"'\n]{4,128})[\"']",
            r"(?:^|[^A-Za-z0-9])[A-Z][A-Z0-9_]{0,30}(?:PASS|PASSWORD|PASSWD|PWD|PW|SECRET)\b[\"'`]?\s{1,2}(?:to|is|as|auf|->|=>)\s{1,2}[\"'`]?(?P<v>[^\s\"'`<>]{4,128})",
            r"(?i)\b(?:user_?)?(?:pass|pw|pwd|passwd|secret|credential|auth)\b[\"']?\s{0,3}(?:=|:=|=>|:)\s{0,3}[\"'](?P<v>[^\"'\n]{4,64})[\"']",
            r"(?:\b|_)(?:PASS|PASSWORD|PASSWD|PWD|PSK|SECRET|EAP|XAUTH)\s{1,3}[\"'](?P<v>[^\"'\n]{4,64})[\"']",
            r"(?i)(?:password|passwd|passphrase|pwd)\b[^\n=:\"'{(]{0,24}[{(]\s{0,2}[\"'](?P<v>[^\"'\n]{4,64})[\"']",
            r"(?i)(?:password|passwd|passphrase|pwd|secret|token)[\"']?\s{0,2}:\s{0,2}[|>][+\-]?[ \t]{0,3}\n\s{1,12}(?P<v>[^\s\"'<>]{4,64})[ \t]{0,3}(?:$|\n)",
            r"(?i)\bgetconnection\([^\n]{0,120}?,\s{0,2}[\"'][^\"'\n]{1,60}[\"']\s?,\s?[\"'](?P<v>[^\"'\n]{4,64})[\"']",
            r"(?i)\bhtpasswd\b[^\n]{0,60}\s-[a-z]{0,4}b[a-z]{0,4}\s{1,2}\S{1,80}\s{1,2}\S{1,60}\s{1,2}(?P<v>[^\s\"'`]{4,64})",
            r"(?i)\bopenssl\b[^\n]{0,160}\s-(?:k|pass(?:in|out)?)\s{1,2}[\"']?(?:pass:)?(?P<v>[^\s\"'`]{4,64})",
        ),
        validator="password_element",
        is_generic=True,
        examples=(
            "<password>Tr4ct0r!</password>",
            '<add key="DbPassword" value="Tr4ct0r!" />',
            "set DB_PASS to kk99xlm before you start",
            '#define WIFI_PSK "hunter22x"',
            'val dbPassword by lazy { "Kestrel-Moon-41" }',
            "password: |\n  sommer2026!\n",
            "htpasswd -b users.txt jan blaubeere77",
            "openssl enc -aes-256-cbc -k sommer2026! -in a",
        ),
        near_misses=(
            "<password>string</password>",
            '<input name="password" value="">',
            "<password>${PW}</password>",
        ),
    ),
    Rule(
        id="credential.password_hint",
        category="credentials",
        severity=_HIGH,
        description="It is told how a password is made from another one.",
        patterns=(
            r"(?i)\b(?:same|usual|old|normal|standard|regular|last year'?s?|previous)\b[^\n.]{0,50}?\b(?:but|plus|only|except|followed by|and then|with)\b[^\n.]{0,30}?(?:[0-9]|[!#$%]|&[^a-z#]|capital|exclamation|hash ?tag|instead|at the end|in front)",
            r"(?i)\b(?:wie (?:immer|letztes jahr|bisher|gehabt|ublich)|das ubliche|comme d'habitude|le meme que|la misma?|el de siempre|come sempre|lo stesso|a mesma|o mesmo|zelfde als|tak samo)\b[^\n.]{0,80}?(?:[0-9]|[!#$%&]|hinten|am ende|a la fin|al final|alla fine|no final)",
            r"(?i)\b(?:first|last|ersten|letzten|premieres|dernieres|primeras|ultimas|prime|ultime|primeiras|eerste|laatste) (?:two|three|four|five|six|[2-8]|zwei|drei|vier|funf|deux|trois|quatre|dos|tres|cuatro|due|tre|quattro|twee|drie) (?:letters|digits|characters|numbers|buchstaben|ziffern|zeichen|stellen|lettres|chiffres|letras|cifras|lettere|cifre|cijfers)\b[^\n.]{0,60}?\b(?:plus|and|followed|then|und|dann|et|puis|y|e|en|of|von|de|di|van)\b(?P<v>[^\n.]{0,60})",
            r"(?i)\b(?:(?:'s|his|her|my|your|our|their|first|last|dog|cat|pet|street|maiden|company|user) ?name|birthday|birth year|initials|anniversary|nickname|(?:street|road) (?:name|number))\b[^\n.<>]{0,40}?\b(?:plus|followed by|and then|backwards|and (?:the|his|her|my|your) (?:birth )?year)\b",
            r"(?i)(?:тот же|такой же|как (?:обычно|в прошлом году|раньше))[^\n.]{0,60}?(?:[0-9]|[!#$%&]|в конце)",
        ),
        validator="password_hint",
        scope=Scope.TURNED,
        examples=(
            "the password is the same as last year but with a 7 at the end",
            "PW is the usual one plus !2026",
            "Das Passwort ist wie immer, nur mit 27 am Ende",
            "password: our dog's name followed by his birth year",
        ),
        near_misses=(
            "same place as last year but with 7 guests",
            "the usual agenda plus item 4",
            "It reads the message on standard input and returns with exit code 0",
            "the name of the street followed by the number",
        ),
    ),
    Rule(
        id="credential.device_login",
        category="credentials",
        severity=_HIGH,
        description="The login of a device or console is in the message.",
        patterns=(
            rf"(?i)\b(?:ipmi|idrac|drac|ilo|bmc|imm|router|switch|firewall|nvr|dvr|camera|cam|cisco|mikrotik|unifi|printer|console|panel|esxi|vcenter|proxmox|synology|nas|tomcat|jenkins|grafana|phpmyadmin|mysql|postgres|server|wordpress|wp-admin|cpanel|plesk)\b[^\n]{{0,60}}?\b{_ADMIN}\s{{0,2}}(?:/|:|,|\s-\s|\s)\s{{0,2}}{_OPEN}(?P<v>[^\s\"'`<>/,]{{4,64}})",
            r"(?i)\b(?:key content|schlusselinhalt|contenu de la cle|contenido de la clave|psk|wpa-psk|wpa_passphrase|sharedkey|keymaterial)\b\s{0,20}[:=]\s{0,3}[\"'`]?(?P<v>[^\s\"'`<>]{6,64})",
            r"(?i)<(?:keymaterial|sharedkey|psk|wpakey|presharedkey)>\s{0,3}(?P<v>[^<\s]{6,64})",
        ),
        validator="device_login",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "iDRAC of node 3: root / calvin2031",
            "Key Content            : Otter77bay",
            "<keyMaterial>otterbay77</keyMaterial>",
        ),
        near_misses=(
            "the server: admin and user roles",
            "router: admin / user",
        ),
    ),
    Rule(
        id="credential.spelled_out",
        category="credentials",
        severity=_HIGH,
        description="A password or PIN is spelled out.",
        patterns=(
            rf"(?i)(?P<v>\b{_SPELLING}\b(?:[^\n]{{1,40}}?\b{_SPELLING}\b){{1,12}})",
            rf"(?i)\b(?:pin|code|password|passcode|passwort|geheimzahl|kennwort|combination|contrasena|clave|codigo|mot de passe|senha|codice|otp)\b[^\n]{{0,40}}?(?P<v>(?:\b{_NUMBER_WORD}[\s,\-]{{1,3}}){{3,8}}{_NUMBER_WORD})\b",
        ),
        validator="spelled_out",
        scope=Scope.TURNED,
        examples=(
            "it's capital K, then artoffel, forty-two and an exclamation mark",
            "the PIN is four four seven one",
            "großes T, kleines x, dann Ausrufezeichen",
        ),
        near_misses=(
            "the capital of Kenya needs an exclamation mark",
            "one two many codes",
            "chapter one, two, three, four",
        ),
    ),
    Rule(
        id="credential.app_password",
        category="credentials",
        severity=_HIGH,
        description="A password made for one program is in the message.",
        patterns=(
            r"(?i)\b(?:app(?:lication)?|mail|imap|smtp|google|gmail|icloud|yahoo|outlook)[ \-]?(?:specific )?(?:pass(?:word|code)?|pw|passwort|kennwort)\b[^\n]{0,30}?[\s:=\"'](?P<v>[a-z]{4}(?:[ \-][a-z]{4}){3})\b",
        ),
        validator="app_password",
        scope=Scope.TURNED,
        examples=(
            "app password wnqz kdtp hvme ralo",
            "iCloud app-specific password: abcq-wert-mnop-hjkl",
        ),
        near_misses=(
            "the app password page will open here soon today",
            "an app password is needed",
        ),
    ),
    Rule(
        id="credential.login_row",
        category="credentials",
        severity=_HIGH,
        description="A row of a password manager is in the message.",
        patterns=(
            r"(?i)https?://[^\s,;\"'?=%]{4,100}[\"']?[,;\t][\"']?[^\s,;\"'/=?&]{2,60}[\"']?[,;\t][\"']?(?P<v>[^\s,;\"'<>]{6,64})",
        ),
        validator="login_row",
        scope=Scope.TEXT,
        is_generic=True,
        examples=(
            "Inn,https://admin.inn.io,lumi,Aare+Eiger+3970",
            "inn;https://inn.io/;mia;Otter4471",
        ),
        near_misses=(
            "Lamps,https://acme.io/lamps,lamps,2024-11-02",
            "see http://acme.io/0,1,b27x/news",
            "https://acme.io/a,lamps,Otter4471",
        ),
    ),
    Rule(
        id="credential.told_value",
        category="credentials",
        severity=_HIGH,
        description="A value to enter is told.",
        patterns=(
            r"(?:輸入|输入|入力|입력|введите|введи|Введите|أدخل|הקלד|ใส่)\s{0,2}[\"'`]{0,2}(?P<v>[^\s\"'`<>,]{6,64})",
            r"(?i)\b(?:pass|pw|pwd|pin|login)\s{1,2}(?:is|ist|=|->|now|jetzt|es|est|to)\s{1,3}[\"'`]{0,2}(?P<v>[^\s\"'`<>]{6,64})",
            rf"(?i)\b(?:{LATIN_WORDS})(?:nya|ku|mu|et|en|a|ul|em|u)?\s{{1,2}}[\"'`]{{0,2}}(?P<v>[^\s\"'`<>,]{{6,64}})",
        ),
        validator="secret_or_word",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "連進去之後輸入 tofu豆花2026 就可以了",
            "the pass is kettle.Noon.38",
            "kata sandinya kopi_tubruk45 kak",
        ),
        near_misses=(
            "the pass is valid until Monday",
            "password Windows11",
            "the login is closed",
        ),
    ),
    Rule(
        id="credential.code_word",
        category="credentials",
        severity=_HIGH,
        description="A word that was agreed on as proof is told.",
        patterns=(
            r"(?i)\b(?:code ?word|magic word|secret word|watch ?word|safe ?word|pass ?word at the door|codewort|losungswort|losung|kundenkennwort|telefonkennwort|mot[ \-](?:secret|magique|de code)|palabra (?:clave|secreta)|parola (?:magica|segreta)|palavra[ \-](?:chave|secreta)|codewoord|slowo klucz|kodord|kodeord)\b[^\n:.]{0,40}?(?::|=|\b(?:is|was|ist|lautet|war|heisst|est|es|e|to|ar|er)\b)\s{0,3}[\"'`*(]{0,2}(?P<v>[^\s\"'`<>]{3,40})",
            r"(?i)\b(?:memorable (?:word|name|place|info(?:rmation)?)|security word|secret answer|security answer|palabra de seguridad|parola di sicurezza|mot de securite|sicherheitswort|palavra de seguranca|veiligheidswoord|slowo bezpieczenstwa|telephone password|phone password|telefonkennwort|kennwort am telefon|sicherheitsantwort|antwort auf die sicherheitsfrage|reponse secrete|respuesta secreta|risposta segreta|resposta secreta)\b[^\n:.=]{0,40}?(?::|=|->|\b(?:is|was|ist|lautet|est|es|e)\b)\s{0,3}[\"'`*(]{0,2}(?P<v>[^\s\"'`<>]{3,40})",
            r"\b(?i:memorable (?:word|name|place)|secret answer|security answer|code ?word|codewort|kodord|codewoord)(?: ?[0-9])?,?\s{1,3}(?P<v>[A-Z][A-Za-z]{2,20})\b",
            r"кодово[^\s]{1,4} слов[^\s]{1,2}\s{1,3}(?P<v>[^\s\"'`<>:=\-]{4,40})[.!]?\s{0,3}(?:$|\n)",
            r"(?:кодово[^\s]{1,4} слов[^\s]{1,2}|секретно[^\s]{1,4} слов[^\s]{1,2})[^\n:.]{0,30}?(?::|=|-)\s{0,3}[\"'`]?(?P<v>[^\s\"'`<>]{3,60})",
            r"(?:合言葉|合い言葉|暗号は|暗号：|口令|暗语|암구호|كلمة سر|מילת (?:קוד|סוד))\s{0,2}(?:は|是|为|:|：|는|هي|היא)\s{0,2}[\"'`]?(?P<v>[^\s\"'`<>]{2,60})",
        ),
        validator="code_word",
        scope=Scope.TURNED,
        examples=(
            'The code word for the pick-up is "marigold".',
            "Das Codewort am Telefon lautet Nordlicht.",
            "合言葉は「やまかわ」です",
            "The memorable word on the account is marzipan",
            "Secret Answer 1 Biscuit",
        ),
        near_misses=(
            "the code word is required",
            "the magic word is please",
            "code word: see below",
        ),
    ),
    Rule(
        id="credential.entry_code",
        category="credentials",
        severity=_HIGH,
        description="The code of a door, safe, alarm or card is in the message.",
        patterns=(
            rf"(?i)\b{_PLACE}(?:['’]s)?[ \-]{{0,2}}{_CODE}\b[^\n0-9]{{0,40}}?{_DIGITS}",
            rf"(?i)\b{_CODE}\b[^\n0-9.]{{0,30}}?\b{_PLACE}\b[^\n0-9]{{0,30}}?{_DIGITS}",
            r"(?i)\b(?P<v>[0-9]{4,8}[*#]?)\s{1,2}(?:disarms?|opens|unlocks|deactivates|schaltet (?:sie|die alarmanlage) (?:ab|aus)|desarma|disattiva|desactive)\b",
            rf"(?i)\b{_PLACE}\b[^\n0-9]{{0,50}}?\b{_CODE}\b[^\n0-9]{{0,15}}?{_DIGITS}",
            rf"(?i)\b(?:type|enter|press|dial|punch in|key in|tape[rz]?|compose[rz]?|tippe|gib|digita|marca|teclea|introduce|toets|wpisz)\b[^\n0-9]{{0,15}}{_DIGITS}[^\n0-9]{{0,30}}\b(?:keypad|key pad|pad|clavier|tastatur|tastenfeld|teclado|tastiera|toetsenbord|panel|{_PLACE})\b",
            rf"(?i)\b{_CODE}\b[^\n0-9]{{0,15}}?(?P<v>[0-9]{{3,8}}(?:[*#]|[^\n0-9]{{1,15}}\b(?:keypad|clavier|tastatur|tastenfeld|teclado|tastier(?:a|ino)|toetsenbord)\b))",
            rf"(?i)\b{_PLACE}(?:code|pin|kode|kod|nummer|combo)\b[^\n0-9]{{0,30}}?{_DIGITS}",
            rf"(?i)\b{_PLACE}\b[^\n0-9]{{0,30}}?\b(?:opens? (?:with|to|on|using)|unlocks? with|geht mit|offnet (?:sich )?mit|auf mit|s'ouvre avec|se abre con|si apre con|abre com|gaat open met|off with|off using|disarm with|aus mit|auf mit)\b[^\n0-9]{{0,15}}?{_DIGITS}",
            rf"(?:двер[^\s]{{1,4}}|сейф[^\s]{{0,4}}|домофон[^\s]{{0,4}}|подъезд[^\s]{{0,4}}|金庫|玄関|门禁|保险箱|門|大门|ドア|현관|금고|الباب|الخزنة|הדלת|הכספת)[^\n0-9]{{0,30}}?{_DIGITS}",
            rf"(?i)\b{_PLACE}\b[^\n]{{0,60}}?(?P<v>\b{_TURN}[^\n0-9]{{0,14}}[0-9]{{1,2}}(?:[^\n0-9]{{1,24}}[0-9]{{1,2}}){{2,3}})\b",
            r"(?i)\b(?:pin|p\.i\.n\.|nip|puk|pin[ \-]?(?:code|number|nummer|kod|kode|kodu)|code (?:pin|secret)|codigo (?:pin|secreto)|codice segreto|clave secreta|geheimzahl|geheimnummer|pincode|numero secreto)\b[^\n0-9]{0,40}?(?P<v>[0-9]{4,8}|[0-9]{2} [0-9]{2})\b",
            rf"(?i)\b(?:code confidentiel|c[0o]de (?:secret|bancaire|carte)|codigo de (?:la )?tarjeta|digicode|abhol-?code|zutrittscode|einlasscode|pick-?up code|passnumber|pass number)\b[^\n0-9]{{0,30}}{_DIGITS}",
            r"(?i)\b(?:unlock(?:s|ed|ing)?|entsperrt|entsperren|deverrouill[a-z]{1,4}|desbloque[a-z]{1,3}|sblocc[a-z]{1,4})\b[^\n0-9]{0,16}?(?:\b(?:is|with|ist|mit|avec|con|com|est|es)\b|:|=)\s{1,2}(?P<v>[0-9]{4,8}|[0-9](?: [0-9]){3,7})\b",
            r"(?i)_pin\b[\"']?\s{0,2}[:=]\s{0,2}[\"']?(?P<v>[0-9]{4,8})\b",
            r"(?i)(?:^|[\s(])p1n[ \t:=]{1,3}(?P<v>[0-9]{4,8})\b",
            rf"(?i)\b{_PLACE}[ \-]c0de\b[^\n0-9]{{0,20}}{_DIGITS}",
            rf"(?:^|[\s(])(?P<v>[*#]?[0-9]{{4,8}}[*#]?)\s{{0,2}}(?:(?:=|<-|<=|←|->)\s{{0,2}}(?i:(?:the|le|la|el|il|der|die|das|for|for the|fur|pour|our)\s)?|(?i:is|ist|c'est|cest|es|e|to|er|ar|est|jest)\s{{1,2}}(?i:(?:the|le|la|el|il|der|die|das|o|a|my|mon|mein|mi)\s)?(?i:{_CODE})\b[^\n0-9]{{1,20}})\b(?i:{_PLACE})\b",
            r"(?i)\b(?:open|unlock|decrypt|unzip|offne|ouvre|ouvrir|abre|abrir|apri|aprire|otworz)[a-z]{0,3}\b[^\n.0-9]{0,30}(?:\b(?:with|using|mit|avec|con|com|met|z)\b|w/)\s{1,2}(?:the |dem |le )?(?:code |pin |datum )?(?P<v>[0-9]{6,10})\b",
            r"(?:رمز|كود)\s(?:ال)?(?:دخول|باب|بوابة|الدخول|الباب|البوابة|إنذار|الإنذار)[^\n0-9]{0,20}(?P<v>[0-9]{4,8})\b",
            rf"(?i)\b(?:tresor|safe|coffre|caja fuerte|cassaforte|cofre|kluis|sejf|padlock|lock|schloss|vault|locker|spind)\b[^\n0-9]{{0,20}}(?P<v>[0-9]{{1,2}}[\- ][0-9]{{1,2}}[\- ][0-9]{{1,2}})\b[^\n0-9]{{0,12}}{_TURN}",
            r"(?:ПИН|Пин|пин)(?:-?код[^\s]{0,2})?[^\n0-9]{0,30}?(?P<v>[0-9]{4,8})\b",
            r"(?:暗証番号|暗証|密码|密碼|비밀번호|الرقم السري|קוד סודי)[^\n0-9]{0,16}?(?P<v>[0-9]{4,8})\b",
        ),
        validator="entry_code",
        scope=Scope.TURNED,
        examples=(
            "The code for the safe is 4471.",
            "PIN for the card is 4471",
            "Der Türcode ist 4711#",
            "safe combination: 32-14-7",
            "key box at the back door opens with 2580",
            "El código de la puerta es 4471",
            "code du portail : 44A71",
            "код от домофона 3847",
            "4471 = front door",
            "open the pdf with 14031988",
            "Tresor 31-07-88 rechts links rechts",
            "le digicode c'est 38A15",
            "potete entrare col codice 1958# sul tastierino",
            "Abholcode 5582",
            "رمز الدخول 4471",
        ),
        near_misses=(
            "pin 12 on the connector",
            "the PIN has 4 to 8 digits",
            "the building code of 2024 applies to the door",
            "Dial-in: meeting PIN 448120#",
            "Zip code 94103, door on the left",
        ),
    ),
)
