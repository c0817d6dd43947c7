"""Rules for secrets told by the words around them: passwords in prose, assignments, connections.

Patterns are written for text after `guard.folding.plain`: no accents, no odd quotes, spaces or dashes.
"""

from typing import Final

from guard.password_words import LATIN_WORDS, OTHER_WORDS
from guard.rule import Rule, Scope
from guard.specimens import fill
from mailcore.policy import Severity

_ENDING: Final = r"(?:s|et|en|n|ul|ei|ja|va|om|em|u|a|i|nya|niz|si)?"
"""What languages hang on the word: the password, my password, of the password."""
_COLON_ONLY: Final = r"pass|pw|pswd|psw|clave|kode|login/pass|user/pass"
_GAP: Final = r"(?:[ ]{1,2}[^\s:=\"<>]{1,24}){0,6}?"
_OPEN: Final = r"[\"'`*(\[_]{0,3}"
_VALUE: Final = r"(?P<v>[^\s\"'`<>]{3,128})"
_EQUALS: Final = r"[\"'\]*_)]{0,3}\s{0,3}(?::=|=>|->|→|:|=)\s{0,8}"
_IS: Final = (
    r"\s{1,3}(?:(?:has been |was |is |wurde auf |ist jetzt )?(?:set|changed|reset) to|wurde auf|(?:is|was|will be|are|equals|reads|ni|adalah|ialah|yaitu|ist|lautet|heisst|war|es|era|est|este|sera|jest|brzmi|is nu|ar|"
    r"er|был|это|является|είναι|ειναι)\s{0,2}:?)\s{1,8}"
)
_FEW_WORDS: Final = r"(?:[ ]{1,2}[^\s:=\"<>.!?]{1,24}){0,5}?"
_NUMBERED: Final = r"(?P<v>[A-Za-z][A-Za-z\-_.]{2,24}[0-9]{2,6})[!?*]?(?:$|[\s.,;)\"'。、])"
_SHORT_IS: Final = (
    r"(?i)\b(?:haslo(?: \w+){0,3}? to|(?:heslo|geslo|lozinka)(?: \w+){0,3}? je|(?:parool|salasana)(?: \w+){0,3}? on|"
    r"mat khau(?: \w+){0,3}? la|sifre(?:niz|n|si)?(?: olarak)?|"
    r"(?:senha|password|parola|palavra[ -]passe)(?: \w+){0,6}? e)\s{0,2}:?\s{1,4}"
)
"""Verbs so short that they stand only beside the words of their own language."""
_ASIAN_IS: Final = r"\s{0,2}(?:は|是|为|為|就是|는|은|เป็น|คือ|هي|هو|היא|הוא|है|हैं|:)\s{0,4}"

_NAMED: Final = (
    r"(?:api|app|auth|access|secret|client|private|encryption|signing|master|service|session|bearer|"
    r"refresh|security|admin|deploy|webhook|consumer|storage|account|bot|id|oauth|x-api|shared)"
)
_SECRET_NAME: Final = (
    rf"(?:{_NAMED}[ _.\-]?){{1,3}}(?:key|token|secret|hash|salt|credential|credentials|code)s?|"
    r"secret|token|apikey|hmac|credentials?|licen[sc]e[ _\-]?key|encryption[ _\-]?key|product[ _\-]?key"
)

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="credential.password",
        category="credentials",
        severity=Severity.HIGH,
        description="A password is written out.",
        patterns=(
            rf"(?i)(?:\b|_)(?:{LATIN_WORDS}){_ENDING}{_GAP}{_EQUALS}{_OPEN}{_VALUE}",
            rf"(?i)[a-z0-9](?:password|passwd|passphrase|pwd|pw){_EQUALS}{_OPEN}{_VALUE}",
            rf"(?i)\b(?:{_COLON_ONLY}){_EQUALS}{_OPEN}{_VALUE}",
            rf"(?:{OTHER_WORDS}){_GAP}{_EQUALS}{_OPEN}{_VALUE}",
        ),
        validator="password_colon",
        scope=Scope.ANYWHERE,
        examples=(
            "password: hunter2-Xk9!",
            "Password = Tr0ub4dor",
            "pwd:abc123xyz",
            "passwd=S3cure!pw",
            'the config has "password": "x9-klm22"',
            "Passwort: Sommer2024!",
            "Contrasena: gato77",
            "Mot de passe : soleil12",
            "senha: abc12345",
            "DB_PASSWORD=k3kx9sd",
            "p4ssw0rd: Zebra99",
            "пароль: qwerty12",
            "密码:abcd1234",
            "パスワード:tokyo2024",
            "hasło: zima2020",
            "The password for the staging server: blue-Falcon7",
            "user: bob pass: rQ8wzz1",
            "password: sunshine",
            "jelszo: alma1234",
            "login bob / pw: 9fh2kd",
        ),
        near_misses=(
            "password: click here to reset",
            "Password: must be at least 12 characters",
            "password = getpass()",
            "password=os.environ['DB']",
            "password: str",
            "password: ********",
            "password: <your password>",
            "Forgot your password? Contact: support@example.com",
            "password reset link: https://example.com/r/12",
            "password manager: 1Password",
            "Password policy: Minimum length applies",
            "PASSWORD=${DB_PASSWORD}",
            "password: required",
            "passport: tomorrow we apply",
            "pass: yes",
        ),
    ),
    Rule(
        id="credential.password_spoken",
        category="credentials",
        severity=Severity.HIGH,
        description="A password is told in a sentence.",
        patterns=(
            rf"(?i)(?:\b|_)(?:{LATIN_WORDS}){_ENDING},?{_GAP}{_IS}{_OPEN}{_VALUE}",
            rf"{_SHORT_IS}{_OPEN}{_VALUE}",
            rf"(?:{OTHER_WORDS})(?:{_ASIAN_IS}|{_GAP}{_IS}){_OPEN}{_VALUE}",
        ),
        validator="password_is",
        scope=Scope.ANYWHERE,
        examples=(
            "the database password is hunter2-Xk9!",
            "Password is: S3cret99",
            "das Passwort ist Sonne123",
            "Das Passwort lautet Geheim!7",
            "el contrasena es gato77",
            "le mot de passe est Soleil12",
            "a senha e abc12345",
            "la password e Roma2024",
            "пароль это qwerty12",
            "密码是abcd1234",
            "パスワードはtokyo2024",
            "비밀번호는 seoul2024",
            "the password is 'sunshine'",
            "your new passcode is 483920",
            "het wachtwoord is Fiets99",
            "hasło to Zima2020",
            "heslo je Zima2020",
            "mật khẩu là Hanoi2024",
            "The password was changed to Winter#24",
            "Das Passwort fürs Archiv heißt Nebel77krug",
            "Lösenordet till servern är Fjord!2031",
            "Parola serverului este Dunare!2031",
            "salasana palvelimelle on Jarvi!2031",
            "the password for vault.yml is osprey-lantern-fudge - nothing works without it",
            "पासवर्ड है Ganga!2031",
            "the password is sunshine.",
        ),
        near_misses=(
            "the password is required",
            "Your password is incorrect.",
            "the password is 12 characters long",
            "the password is encrypted with AES-256",
            "Your password is about to expire",
            "password is stored in 1Password",
            "the password is case-sensitive.",
            "my password was stolen.",
            "The password is an 8-character word",
            "Das Passwort ist falsch.",
            "Le mot de passe est affiche dans la salle.",
            "a password is not enough",
            "the password is end-to-end-encrypted",
        ),
    ),
    Rule(
        id="credential.password_word",
        category="credentials",
        severity=Severity.HIGH,
        description="A word with a number behind it is told as a password.",
        patterns=(
            rf"(?i)\b(?:{LATIN_WORDS}){_ENDING}{_FEW_WORDS}[ ]{{1,3}}{_OPEN}{_NUMBERED}",
            rf"(?i)\b(?:wi-?fi|w-?lan|hotspot)\b{_FEW_WORDS}[ ]{{0,2}}(?:\b(?:is|ist|est|es|e)\b|=|:|->)[ ]{{1,2}}{_OPEN}{_NUMBERED}",
            rf"(?:{OTHER_WORDS})[^\x00-\x7f]{{0,12}}(?:[ ]{{1,2}}[^\x00-\x7f]{{1,24}}){{0,4}}?[ ]{{0,3}}{_OPEN}{_NUMBERED}",
        ),
        validator="word_for_password",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Ang password ng server ay ancora6248.",
            "Sunucunun parolası kedi2417, kimseye verme.",
            "Սերվերի գաղտնաբառն է wilma5800",
            "Лозинка за рачун је lipa2017",
            "Wifi for the workshop is Dovetail-1887",
        ),
        near_misses=(
            "the password of user anna88, please",
            "the password page of Windows2000, again",
            "our password policy is in Handbook2024.",
            "the password manager is called Keeper2024.",
            "the wifi is WPA-2022 and the network is Guest2024",
        ),
    ),
    Rule(
        id="credential.password_bare",
        category="credentials",
        severity=Severity.HIGH,
        description="What stands beside the word password looks like one.",
        patterns=(
            rf"(?i)\b(?:{LATIN_WORDS})\s{{1,3}}{_OPEN}{_VALUE}",
            r"(?i)(?P<v>[^\s\"'`<>]{8,64})[\"'`]?\s{1,3}(?:is|are)\s{1,3}(?:the|my|your|our|their|his|her)\s{1,3}(?:[a-z]{1,20}\s{1,3}){0,4}p(?:ass(?:word|phrase|code)|wd)\b",
            r"(?i)\b(?:use|with|enter|type|try)\s{1,3}[\"'`]?(?P<v>[^\s\"'`<>]{8,64})[\"'`]?\s{1,3}as\s{1,3}(?:[a-z]{1,20}\s{1,3}){0,4}pass(?:word|phrase|code)\b",
            r"(?i)passwordis:?(?P<v>[^\s\"'`<>]{8,40})",
            r"(?i)\b(?:log ?in|sign ?in|ssh|connect|creds?|credentials?)\b[^\n]{0,60}[\s:][a-z0-9._@\-]{2,40}\s{0,2}[/|]\s{0,2}(?P<v>[^\s\"'`<>]{8,64})",
            r"(?i)\b(?:mysql|mysqldump|mysqladmin|sshpass|psql|redis-cli|curl|docker login|smbclient|ldapsearch|mongosh?|net use|mosquitto_(?:pub|sub|rr)|cqlsh|hdbsql|sqlcmd|isql|beeline|influx|mariadb|mongo(?:dump|restore)|rabbitmqadmin|lftp|plink|pscp|wget|xfreerdp|clickhouse-client|snmpwalk|snmpget)\b[^\n]{0,80}\s(?:--pass(?:word)?[= ]|-[pP] ?|-a |-w |-c |-u\s{0,2}[^\s:]{1,40}:)[\"'`]?(?P<v>[^\s\"'`<>]{8,64})",
        ),
        validator="password_bare",
        scope=Scope.TEXT,
        is_generic=True,
        examples=(
            "log in with password hunter2-Xk9!",
            "hunter2-Xk9! is the database password",
            "use Blue#Falcon77 as the new password",
            "creds: admin / Zx81!plus",
            "mysql -u root -pZx81!plus9 crm",
        ),
        near_misses=(
            "password protection",
            "this is my password",
            "use SSO as the password replacement",
            "login via Google/Microsoft",
            "2024-11-20 is the date your password expires",
        ),
    ),
    Rule(
        id="credential.password_option",
        category="credentials",
        severity=Severity.HIGH,
        description="A command has a user and a password as its options.",
        patterns=(
            r"(?i)\s(?:-u|--user(?:name)?|-l|-D|-U)[= ]?[\"']?[^\s\"']{1,60}[\"']?\s{1,3}(?:-[pw]|-pw|--pass(?:word|wd)?|/p:)[= ]?[\"'](?P<v>[^\n\"']{6,64})[\"']",
        ),
        validator="password_flag",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "mosquitto_sub -h mq.acme.io -u probe -P 'malbec//reserva' -t x",
            'xfreerdp -u mia -p "green door" host',
        ),
        near_misses=("cmd -u mia -p '<password>'", "tool -u mia -p port"),
    ),
    Rule(
        id="credential.password_hinted",
        category="credentials",
        severity=Severity.HIGH,
        description="Something that looks like a password is named as what opens something.",
        patterns=(
            rf"(?i)\b(?:pw|psw|clave|wi-?fi (?:key|code|pass)|door code|gate code|alarm code|access code|zugangscode|turcode){_GAP}\s{{0,2}}(?::|=|\b(?:is|ist|lautet|es|est|e)\b:?)\s{{0,4}}{_OPEN}{_VALUE}",
            rf"(?i)\b(?:login|access|root|admin|user|shared)?[ _\-]?(?:secret|credentials?|passkey){_GAP}\s{{1,3}}(?:is|to|as)\s{{1,3}}[\"'](?P<v>[^\s\"']{{6,64}})[\"']",
            rf"(?:(?i:\b(?:{LATIN_WORDS}){_ENDING})|{OTHER_WORDS}){_GAP}\s{{1,2}}-{{1,2}}>?\s{{1,2}}{_OPEN}{_VALUE}",
        ),
        validator="password_mixed",
        scope=Scope.TEXT,
        is_generic=True,
        examples=(
            "Admin PW is Qw7-Ypsilon",
            "PW fur den Server: k9Lampe!x",
            "La clave del servidor es Rio!2031xx",
            "I have set your login secret to 'plumTree#9'",
            "новый пароль — Volga#77x",
            "the access code for the lab is heron2031",
        ),
        near_misses=(
            "la clave del exito es la paciencia",
            "the secret is 'out'",
            "password - see the policy",
            "the access code is required",
        ),
    ),
    Rule(
        id="credential.password_in_use",
        category="credentials",
        severity=Severity.HIGH,
        description="Something strong is given for use where a password is asked for.",
        patterns=(
            r"(?i)\b(?:use|enter|type|try|put in)\s{1,3}[\"'`]?(?P<v>[^\s\"'`<>]{8,64})[\"'`]?\s[^\n.]{0,40}?\bpass(?:word|phrase|code)\b",
            r"(?i)\b(?:log|sign) ?(?:in|on)\b[^\n.]{0,40}?\b(?:with|using)\s{1,3}[\"'`]?(?P<v>[^\s\"'`<>]{8,64})",
            r"(?i)\b(?:user(?:name)?|usuario|benutzer(?:name)?|utilisateur|identifiant|utente|usuario|gebruiker|login)\b\s{0,2}:?\s{1,2}[^\s,;:]{2,40}[,;/]?\s{1,3}(?:y |und |et |e |and )?(?:clave|contrasena|pass(?:word|wort)?|pwd?|pin|kennwort|mdp|mot de passe|senha|wachtwoord|haslo)\s{0,2}:?\s{1,2}(?P<v>[^\s\"'`<>]{6,64})",
            r"(?i)\b(?:anmelden|einloggen)\b[^\n.]{0,40}?\bmit\s{1,3}[\"'`]?(?P<v>[^\s\"'`<>]{8,64})",
            r"(?i)\b(?:creds?|credentials?|log ?in(?: data)?|zugangsdaten|identifiants|credenciales|credenziali)\b[^\n]{0,60}?[\s:>][0-9a-z._@\-]{2,40}\s{0,2}[:,]\s{1,2}(?P<v>[^\s\"'`<>]{8,64})",
        ),
        validator="password_symbol",
        scope=Scope.TEXT,
        is_generic=True,
        examples=(
            "Use Tango4!Vector when it asks you for the passphrase.",
            "creds for the NAS -> root : Mandolin_77x",
            "log in as svc-print with Zebra!Haus21 and you are in",
            "credenciales: usuario root clave Toro!9921",
        ),
        near_misses=(
            "use Office365 for your password reset",
            "login time: 2031-11-20T10:11:12Z",
            "type Ctrl+Shift+P to see the password",
        ),
    ),
    Rule(
        id="credential.passphrase",
        category="credentials",
        severity=Severity.HIGH,
        description="A passphrase of several words is written out.",
        patterns=(
            r"(?i)\bpass[ \-]?phrase(?:\s+is)?\s{0,2}[:=]?\s{0,3}[\"'](?P<v>[a-z]{3,12}(?:[ \-][a-z]{3,12}){3,9})[\"']",
            r"(?i)\bpass[ \-]?(?:phrase|word)\s{0,2}(?:[:=]|is:?)\s{1,3}[\"']?(?P<v>[a-z]{3,12}(?:-[a-z0-9]{3,12}){3,9})\b",
            r"(?i)\bpass[ \-]?phrase\b[^\n:]{1,60}:\s{1,3}[\"']?(?P<v>[a-z]{3,12}(?:[.\-_][a-z0-9]{3,12}){3,9})\b",
        ),
        examples=(
            'the passphrase is "correct horse battery staple"',
            "passphrase: correct-horse-battery-staple",
            "the passphrase is four words with dots: olive.tram.candle.moth",
        ),
        near_misses=("a passphrase should be long", "passphrase: use several words"),
    ),
    Rule(
        id="credential.assignment",
        category="credentials",
        severity=Severity.HIGH,
        description="A random value is assigned to something called a key, a token or a secret.",
        patterns=(
            rf"(?i)(?:\b|_|[a-z])(?:{_SECRET_NAME})(?:[_a-z0-9]{{0,20}}){_GAP}{_EQUALS}{_OPEN}(?P<v>[0-9a-z+/_=.~:\-]{{16,300}})",
            rf"(?i)\b(?:api|auth|access|secret|bearer|account|client|admin|personal|consumer|master|signing|app|private)[ _\-]?(?:key|token|secret)\s{{1,3}}(?:value |is |ist )?{_OPEN}(?P<v>[0-9a-z+/_=.~\-]{{20,300}})",
            r"(?i)(?:key|secret|token|salt|hmac|passw(?:or)?d|pwd|pass)[\"'`\\\])]{1,3}\s{0,3}[,:|]\s{0,3}[\"'`\\]{1,4}(?P<v>[0-9a-z+/_=.~\-]{16,300})[\"'`\\]",
            r"(?i)(?:key|secret|token|salt|hmac)\s{0,3}(?::[^\n=]{1,30})?:?=\s{0,3}(?:new |\[\])?[a-z.]{1,40}\([^()\n\"']{0,24}[\"'](?P<v>[0-9a-z+/_=.~\-]{16,300})[\"']",
            r"(?i)\b(?:hmac|cipher|aes|fernet|signer|jwt)[a-z0-9_.]{0,20}\([^\n]{0,60}?[\"'](?P<v>[0-9a-z+/_=.~\-]{16,300})[\"']",
            r"(?i)(?P<v>[0-9a-z+/_=~\-]{20,300})[\"'`]?\s{1,3}is\s{1,3}(?:the|my|your|our|an?)\s{1,3}(?:[a-z]{1,20}\s{1,3}){0,3}(?:api|auth|access|secret)[ _\-]?(?:key|token)\b",
            rf"(?i)(?:\b|_)(?:{_SECRET_NAME}){_GAP}\s{{1,3}}(?:is|ist|est|es|e)\s{{0,2}}:?\s{{1,4}}{_OPEN}(?P<v>[0-9a-z+/_=.~\-]{{16,300}})",
        ),
        validator="assignment",
        scope=Scope.ANYWHERE,
        is_generic=True,
        examples=tuple(
            fill(text)
            for text in (
                "api_key = {b32}",
                "client_secret: {b40}",
                "The API key is {b32}",
                "X-Api-Key: {h40}",
                'ACCESS_TOKEN="{s44}"',
                "api key: {h32}",
                "secret={b24}",
                'buildConfigField("String", "PARTNER_SECRET", "{h48}")',
                'let macKey = Data(hex: "{h64}")',
                'mac := hmac.New(sha256.New, []byte("{b40}"))',
            )
        ),
        near_misses=(
            "api_key = YOUR_API_KEY_GOES_HERE",
            "the key is in the kitchen drawer today",
            "token: https://example.com/docs/tokens/introduction",
            "secret: release-notes-for-customers",
            "access code: see attachment",
            "API key is required-for-all-requests",
        ),
    ),
    Rule(
        id="credential.token_spoken",
        category="credentials",
        severity=Severity.HIGH,
        description="A random value stands behind the word token.",
        patterns=(r"(?i)\btoken\s{1,3}[\"'`]?(?P<v>[0-9a-z_.~\-]{24,300})",),
        validator="mixed_token",
        scope=Scope.TEXT,
        is_generic=True,
        examples=(fill("okta token 00{b40}"),),
        near_misses=(
            fill("token {h40} is a hash"),
            "the token introspection-endpoint-of-the-server answers",
        ),
    ),
    Rule(
        id="credential.terraform_state",
        category="credentials",
        severity=Severity.HIGH,
        description="The state of an infrastructure, with whatever secrets it has, is in the message.",
        patterns=(
            r"\"terraform_version\"\s{0,4}:\s{0,4}\"[0-9.]{3,12}\"\s{0,4},\s{0,8}\"(?:serial|lineage)\"",
            r"(?i)\"[a-z0-9_]{0,40}(?:password|secret|token|private_key)[a-z0-9_]{0,20}\"\s{0,4}:\s{0,4}\{\s{0,8}\"value\"\s{0,4}:\s{0,4}\"[^\"\n]{4,}",
        ),
        scope=Scope.TEXT,
        examples=(
            '{"version": 4, "terraform_version": "1.9.5", "serial": 3}',
            '"db_password": {"value": "Zq88kkx!", "type": "string"}',
        ),
        near_misses=('required_version = "1.9.5"', "terraform_version is pinned"),
    ),
    Rule(
        id="credential.aws_secret",
        category="credentials",
        severity=Severity.CRITICAL,
        description="An AWS secret access key is in the message.",
        patterns=(
            r"(?i)aws[^\n]{0,40}?(?:secret|sk|key)[^\n]{0,30}?[\s:=\"'>]{1,6}(?P<v>[0-9A-Za-z/+]{40})(?:$|[^0-9A-Za-z/+=])",
            r"(?i)secret[_ ]?(?:access)?[_ ]?key[\"']?\s{0,3}(?:[:=]|is:?)\s{0,3}[\"']?(?P<v>[0-9A-Za-z/+]{40})(?:$|[^0-9A-Za-z/+=])",
            r"(?:AKIA|ASIA)[A-Z2-7]{16}[\s,;:|/\"']{1,6}(?:[^\n]{0,40}[\s:=\"'])?(?P<v>[0-9A-Za-z/+]{40})(?:$|[^0-9A-Za-z/+=])",
        ),
        validator="aws_secret",
        scope=Scope.ANYWHERE,
        examples=tuple(fill(text) for text in ("aws_secret_access_key = {s40}", "AKIA{u16} {s40}")),
        near_misses=("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",),
    ),
    Rule(
        id="credential.authorization",
        category="credentials",
        severity=Severity.HIGH,
        description="An authorization header or cookie is in the message.",
        patterns=(
            r"(?i)\bbearer\s{0,2}[:=]?\s{1,3}(?P<v>[0-9a-z_\-.~+/]{20,}={0,2})",
            r"(?i)authorization[\"']?\s{0,2}[:=]\s{0,2}[\"']?(?:basic|token|digest|apikey)\s{1,3}(?P<v>[0-9a-z_\-.~+/]{12,}={0,2})",
            r"(?i)\b(?:set-)?cookie\s{0,2}:\s{0,2}[^\n]{0,80}(?:sess|sid|auth|token|jwt|csrf)[0-9a-z_.\-]{0,20}=(?P<v>[0-9a-z_\-.~+/%]{16,})",
            r"(?i)\b(?:samlresponse|samlassertion|assertion|id_token|authenticity_token|csrf_?token|xsrf-token|session[ _]?id|sess_?id)\b[^\n=:]{0,40}[=:]\s?(?P<v>[0-9a-z_\-.~+/!%]{24,900}={0,2})",
            r"(?i)\b(?:phpsessid|jsessionid|connect\.sid|sessionid|asp\.net_sessionid)=(?P<v>[0-9a-z_\-.%]{16,})",
        ),
        validator="random",
        scope=Scope.ANYWHERE,
        examples=tuple(
            fill(text)
            for text in (
                "Authorization: Bearer {b40}",
                "bearer {b32}",
                "Authorization: Basic dXNlcjE6{b20}",
                "Cookie: theme=dark; session_id={h32}",
                "PHPSESSID={l26}",
            )
        ),
        near_misses=("bearer of bad news", "the bearer responsibilities-and-duties document"),
    ),
    Rule(
        id="credential.connection_string",
        category="credentials",
        severity=Severity.CRITICAL,
        description="A connection string with its password is in the message.",
        patterns=(
            r"(?i)\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|redis|rediss|amqps?|mssql|sqlserver|oracle|cockroachdb|clickhouse|couchdb|cassandra|neo4j|bolt|kafka|nats|mqtts?|ldaps?|smtps?|imaps?|elasticsearch|influxdb|db2|snowflake|trino|presto|vertica|memcached|jdbc:[a-z]{2,15})(?:\+[a-z0-9]{2,16})?:(?:thin:)?//[^\s:/@\"'<>]{0,80}:(?P<v>[^\s@\"'<>]{2,200})@[^\s\"'<>]{2,200}",
            r"(?i)(?:server|data source|host|addr(?:ess)?)\s?=[^;\n]{2,100};[^\n]{0,300}?(?:password|pwd)\s?=\s?(?P<v>[^;\s\"'<>]{3,100})",
            r"(?i)jdbc:oracle:(?:thin|oci8?):[^\s/@\"'<>]{1,60}/(?P<v>[^\s@\"'<>]{3,100})@[^\s\"'<>]{2,200}",
            r"(?i)jdbc:[a-z0-9:]{2,30}//[^\s\"'<>]{3,200}[?&;]password=(?P<v>[^&;\s\"'<>]{3,100})",
        ),
        validator="url_password",
        scope=Scope.ANYWHERE,
        examples=(
            "postgres://app:s3cr3tpw@db.internal:5432/main",
            "mongodb+srv://u:k9Xz77@cluster0.mongodb.net",
            "postgresql+asyncpg://app:pw991x@10.0.0.5/x",
            "redis://:foobared9@cache:6379/0",
            "Server=sql1;Database=crm;User Id=sa;Password=Pa55w.rd;",
            "jdbc:postgresql://db/x?user=a&password=zz91kk",
            "jdbc:oracle:thin:scott/b0UUTg0otT@//ora.acme.example:1521/XE",
        ),
        near_misses=(
            "postgres://localhost:5432/main",
            "postgres://user:password@localhost/db",
            "mysql://user:<password>@host/db",
            "redis://cache:6379",
        ),
    ),
    Rule(
        id="credential.url_login",
        category="credentials",
        severity=Severity.HIGH,
        description="A web address carries a login.",
        patterns=(
            r"(?i)\b(?:https?|ftps?|sftp|ssh|git|svn|wss?|rtsp|smb|vnc|rdp|socks5h?|cloudinary|ldaps?|sip|xmpp|webdavs?)(?:\+[a-z]{2,8})?://[^\s:/@\"'<>?#]{1,80}:(?P<v>[^\s@/\"'<>]{2,200})@[a-z0-9.\-\[]{2,}",
            r"(?i)https?://(?P<v>[0-9a-z_\-]{20,})@(?:github\.com|gitlab\.com|bitbucket\.org|[a-z0-9.\-]{3,80})/",
        ),
        validator="url_password",
        scope=Scope.ANYWHERE,
        examples=(
            "https://deploy:hunter22x@git.acme.io/repo.git",
            "ftp://bob:pa5sw@files.acme.io/in",
        ),
        near_misses=(
            "https://example.com:8443/path@v2",
            "https://user:password@example.com/",
            "https://medium.com/@someone/a-post",
            "git@github.com:acme/repo.git",
        ),
    ),
    Rule(
        id="credential.signed_url",
        category="credentials",
        severity=Severity.HIGH,
        description="A web address opens something for whoever holds it.",
        patterns=(
            r"(?i)https?://[^\s\"'<>]{4,160}(?:password|reset|magic|passwordless|one-?time)[^\s\"'<>?]{0,60}\?[^\s\"'<>]{0,100}\b(?:token|code|key|t|sig)=(?P<v>[0-9A-Za-z_\-.~]{20,})",
            r"(?i)[?&](?:X-Amz-Signature|X-Goog-Signature)=(?P<v>[0-9a-f]{40,})",
            r"(?i)https?://[^\s\"'<>]{4,300}[?&#](?:access_token|api_?key|auth_?token|secret|client_secret|password|passwd|pwd|sessionid|private_token|refresh_token)=(?P<v>[^\s&\"'<>]{8,})",
        ),
        validator="url_query",
        scope=Scope.ANYWHERE,
        examples=tuple(
            fill(text)
            for text in (
                "https://b.s3.amazonaws.com/k?X-Amz-Expires=3600&X-Amz-Signature={h64}",
                "https://api.acme.io/v1?access_token={b32}",
            )
        ),
        near_misses=("https://acme.io/login?next=/home", "https://acme.io/?api_key=YOUR_API_KEY"),
    ),
    Rule(
        id="credential.oauth_token",
        category="credentials",
        severity=Severity.HIGH,
        description="An OAuth token is in the message.",
        patterns=(
            r"(?i)\b(?:access|refresh|oauth|id)[_ \-]?token[\"']?\s{0,3}(?:[:=]|is:?)\s{0,3}[\"']?(?P<v>[0-9a-z_\-.~+/]{20,})",
        ),
        validator="random",
        scope=Scope.ANYWHERE,
        is_generic=True,
        examples=(fill('"refresh_token": "{b40}"'), fill("access token: {b40}")),
        near_misses=("refresh token: configuration-of-the-client",),
    ),
    Rule(
        id="credential.wireguard_key",
        category="credentials",
        severity=Severity.CRITICAL,
        description="A WireGuard key is in the message.",
        patterns=(r"(?i)(?:private|preshared)key\s{0,3}=\s{0,3}(?P<v>[0-9A-Za-z+/]{42,43}=)",),
        validator="token",
        scope=Scope.ANYWHERE,
        examples=(fill("[Interface]\nPrivateKey = {s43}="),),
        near_misses=(fill("PublicKey = {s43}="), "PrivateKey = <yours>"),
    ),
    Rule(
        id="credential.vpn_login",
        category="credentials",
        severity=Severity.HIGH,
        description="A login to a private network is in the message.",
        patterns=(
            r"(?i)\b(?:vpn|openvpn|ipsec|l2tp|pptp|wifi|wi-fi|wlan|ssid|radius|wpa[23]?|netzwerk|network|hotspot)\b[^\n]{0,60}?\b(?:secret|psk|pre-?shared key|key|code|login|credentials?|schlussel|cle|clave|llave|chiave|chave|sleutel|nyckel|klucz)(?:[ ]{1,2}[^\s:=]{1,24}){0,6}?\s{0,2}(?:[:=]|\bis:?)\s{0,3}[\"']?(?P<v>[^\s\"'`<>]{4,128})",
        ),
        validator="password_colon",
        scope=Scope.ANYWHERE,
        examples=(
            "VPN pre-shared key: Tunnel-99xz",
            "WiFi key is Sommer2024x",
            "ipsec secret = k3kd9qq1",
        ),
        near_misses=(
            "a VPN is key to our plan",
            "VPN is the key: please enable it",
            "the VPN client key is optional",
        ),
    ),
    Rule(
        id="credential.env_block",
        category="credentials",
        severity=Severity.HIGH,
        description="Several environment settings with secrets are in the message.",
        patterns=(
            r"(?P<v>[A-Z][A-Z0-9_]*=[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:export )?[A-Z][A-Z0-9_]*=[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:export )?[A-Z][A-Z0-9_]*=[^\n]*(?:\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:export )?[A-Z][A-Z0-9_]*=[^\n]*)*)",
        ),
        validator="env_block",
        examples=(
            "APP_ENV=production\nSECRET_KEY=k39dkx0s9d8f\nDB_HOST=db1\n",
            "export A_TOKEN=zz81kx92\nexport B=2\n\nexport C=3\n",
        ),
        near_misses=("A = 1\nB = 2", "X=1\nplain text\nY=2", "TOTAL=12 EUR\n"),
    ),
    Rule(
        id="credential.config_file",
        category="credentials",
        severity=Severity.HIGH,
        description="A configuration file with a login is in the message.",
        patterns=(
            r"(?i)\bmachine\s{1,4}\S{1,100}\s{1,10}login\s{1,4}\S{1,100}\s{1,10}password\s{1,4}(?P<v>\S{3,100})",
            r"(?i)\b(?:client-key-data|client-certificate-data|certificate-authority-data)\s{0,2}:\s{0,2}(?P<v>[0-9a-z+/=]{40,})",
            r"(?i)\"auths\"\s{0,3}:\s{0,3}\{[^}]{0,300}\"auth\"\s{0,3}:\s{0,3}\"(?P<v>[0-9a-z+/=]{12,})\"",
            r"(?i)\b_auth(?:token)?\s?=\s?[\"']?(?P<v>[0-9a-z+/=_\-]{12,400})",
            r"(?m)^[a-z_][a-z0-9_\-]{0,31}:(?P<v>\$(?:1|2[aby]|5|6|y|argon2id?)\$[^\s:]{20,200}):",
            r"(?i)\bcommunity\s{1,3}(?P<v>[^\s\"'<>]{5,32})\s{1,3}(?:RO|RW)\b",
            r"(?i)<password>\s{0,12}<value>(?P<v>[^<\s]{4,64})<",
            r"(?i)\b(?:shared)?secret\s{0,3}=\s{0,3}[\"']?(?P<v>[0-9a-z!#$%&*+\-_@]{6,15}[0-9a-z!#$%&*+\-_@])[\"']?(?:$|[\s;},])",
            r"(?i)\"private_key_id\"\s{0,3}:\s{0,3}\"(?P<v>[0-9a-f]{40})\"",
        ),
        validator="token",
        scope=Scope.ANYWHERE,
        examples=tuple(
            fill(text)
            for text in (
                "machine api.acme.io login bob password k3kx-99z",
                "client-key-data: {s80}",
                "root:$6${b16}${b86}:19000:0:99999:7:::",
                '"private_key_id": "{h40}"',
            )
        ),
        near_misses=("the machine login page is down",),
    ),
    Rule(
        id="credential.password_hash",
        category="credentials",
        severity=Severity.HIGH,
        description="A password hash is in the message.",
        patterns=(
            r"\$2[aby]\$[0-9]{2}\$[./0-9A-Za-z]{53}",
            r"\$argon2(?:id|i|d)\$v=[0-9]{1,3}\$[^\s\"'<>]{20,200}",
            r"\$(?:5|6|y)\$(?:rounds=[0-9]{1,8}\$)?[./0-9A-Za-z$]{8,40}\$[./0-9A-Za-z]{40,90}",
            r"\$(?:apr)?1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}",
            r"pbkdf2[_:\-]sha(?:1|256|512)[$:][0-9]{3,8}[$:][^\s\"'<>]{20,200}",
        ),
        scope=Scope.DISTINCT,
        examples=(fill("$2b$12${b53}"), fill("$apr1${b8}${b22}")),
        near_misses=("it costs $2 to $12",),
    ),
    Rule(
        id="credential.seed_phrase",
        category="credentials",
        severity=Severity.CRITICAL,
        description="A wallet's recovery phrase is in the message.",
        patterns=(
            r"(?i)\b(?:seed|recovery|mnemonic|backup|wallet|secret)[ \-]?(?:phrase|words?|seed|mnemonic|sentence|recovery phrase)?s?\b[^\n:]{0,40}?(?::|\bis\b|\bare\b|=)\s{0,6}[\"'(]?(?P<v>(?:[0-9]{0,2}[.)]?\s{0,2}[a-z]{3,8}[,;]?\s{1,4}){11,25}[a-z]{3,8})",
            r"(?:[\"'>:;=(\-]|\?q)\s{0,6}(?P<v>(?:[a-z]{3,8} ){11}[a-z]{3,8}(?: (?:[a-z]{3,8} ){2}[a-z]{3,8}){0,4})\s{0,3}(?:$|[\"'<;,.)\\\-\n\r])",
            r"(?m)^\s{0,6}[\"']?(?P<v>(?:[a-z]{3,8} ){11}[a-z]{3,8}(?: (?:[a-z]{3,8} ){2}[a-z]{3,8}){0,4})[\"']?\s{0,3}$",
            r"(?P<v>(?:\b[0-9]{1,2}[.):]?\s{1,3}[a-z]{3,8}[,;]?[ \t]{0,3}\s{1,4}){11,23}[0-9]{1,2}[.):]?\s{1,3}[a-z]{3,8})",
        ),
        validator="seed_words",
        scope=Scope.ANYWHERE,
        examples=(
            "seed phrase: witch collapse practice feed shame open despair creek road again ice least",
            "Recovery phrase is gravity machine north sort system female filter attitude volume fold club stay",
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
        ),
        near_misses=(
            "mnemonic helps students",
            "the seed phrase: never share it with anyone you do not know at all",
            "apple banana cherry orange grape melon lemon peach mango papaya guava lychee",
            "soft rain falls over quiet hills while distant bells call weary travelers home",
        ),
    ),
    Rule(
        id="credential.recovery_codes",
        category="credentials",
        severity=Severity.HIGH,
        description="Recovery or backup codes are in the message.",
        patterns=(
            r"(?i)\b(?:2fa|two[ \-]factor|mfa|backup|recovery|scratch|emergency|one[ \-]time)[ \-](?:2fa |login |access )?(?:codes?|keys?)\b[^\n]{0,60}?[:\s]{1,8}(?P<v>[a-z]{0,9}[0-9][0-9a-z]{3,9}(?:-[0-9a-z]{4,10}){0,3}(?:[\s,;|]{1,6}[0-9a-z]{4,10}(?:-[0-9a-z]{4,10}){0,3}){1,20})",
            r"(?i)\b(?:wiederherstellungs-?codes?|notfall-?codes?|backup-?codes?|reserve-?codes?|ersatz-?codes?|sicherungs-?codes?|zapasowe kody|kody zapasowe|rezervni kody|codes? de (?:recuperation|secours)|codigos? de (?:recuperacion|recuperacao|respaldo|backup)|codici di (?:recupero|backup)|herstelcodes?)\b[^\n]{0,60}?[:\s]{1,8}(?P<v>[a-z]{0,9}[0-9][0-9a-z]{3,9}(?:-[0-9a-z]{4,10}){0,3}(?:[\s,;|]{1,6}[0-9a-z]{4,10}(?:-[0-9a-z]{4,10}){0,3}){1,20})",
            r"(?i)\b(?:bitlocker|filevault)[^\n]{0,40}(?:key|code)[^\n0-9]{0,20}(?P<v>[0-9]{6}(?:-[0-9]{6}){5,7})",
        ),
        validator="codes",
        examples=(
            "Backup codes: 4f9a-22kd 9d8x-11az 7h2k-09qw",
            "2fa codes 88213 99120 55013",
            "recovery codes:\n12345-67890\n09876-54321",
            "Backup codes for the admin account:\n7mca-bm4f\ngkz8-apz4\nc6i5-fkjf",
            "Wiederherstellungscodes: 4f9a22kd 9d8x11az 7h2k09qw",
        ),
        near_misses=("backup codes are in the safe", "recovery code will follow tomorrow morning"),
    ),
    Rule(
        id="credential.totp_secret",
        category="credentials",
        severity=Severity.CRITICAL,
        description="The secret of an authenticator app is in the message.",
        patterns=(
            r"(?i)otpauth://(?:totp|hotp)/[^\s\"'<>]{1,200}secret=(?P<v>[a-z2-7]{10,})",
            r"(?i)\b(?:totp|otp|2fa|authenticator|mfa)[ _\-]?(?:setup |secret |app )?(?:secret|key|seed)\s{0,2}(?:[:=]|is:?)\s{0,3}(?P<v>[A-Za-z2-7]{4}(?:[ ]?[A-Za-z2-7]{4}){3,15})",
        ),
        validator="token",
        scope=Scope.ANYWHERE,
        examples=(
            fill("otpauth://totp/Acme:bob?secret={u32}&issuer=Acme"),
            fill("TOTP secret: {u32}"),
        ),
        near_misses=("otpauth is a scheme",),
    ),
    Rule(
        id="credential.one_time_code",
        category="credentials",
        severity=Severity.HIGH,
        description="A one-time code is in the message.",
        patterns=(
            r"(?i)\b(?:verification|security|login|sign-?in|one[ \-]time|otp|2fa|auth(?:entication)?|access|confirmation)[ \-](?:pass)?(?:code|pin|password)\b[^\n0-9]{0,30}\b(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
            r"(?i)\b(?P<v>[0-9]{6,8})\s{1,3}is\s{1,3}(?:your|the|my)\s{1,3}(?:[a-z]{1,15}\s{1,3}){0,3}code\b",
            r"(?i)\btan\s{0,2}(?::|\blautet\b|\bist\b)\s{0,3}(?P<v>[0-9]{6})\b",
            r"(?i)\b(?:2fa|otp|mfa|totp)(?:[ \-]code)?\s{0,2}(?::|=|\bis\b)\s{0,3}(?P<v>[0-9]{3}[ \-]?[0-9]{3,5})\b",
            r"(?i)\b(?:bestatigungs-?code|verifizierungs-?code|sicherheits-?code|anmelde-?code|einmal-?code|einmal-?passwort|code (?:de|d') ?(?:verification|confirmation|securite|connexion|acces)|codigo de (?:verificacion|confirmacion|seguridad|acceso|verificacao|confirmacao|seguranca)|codice (?:di|d') ?(?:verifica|conferma|sicurezza|accesso)|verificatiecode|bevestigingscode|kod (?:weryfikacyjny|potwierdzajacy)|verifieringskod|bekraftelseskod|engangskode|bekreftelseskode|vahvistuskoodi|overovaci kod|dogrulama kodu|megerosito kod|cod de verificare)\b[^\n0-9]{0,30}(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
            r"(?:[Кк]од (?:подтверждения|доступа|проверки|підтвердження)|验证码|驗證碼|確認コード|認証コード|인증 ?번호|인증 ?코드|رمز التحقق|קוד אימות)[^\n0-9]{0,30}(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
            r"(?i)\b(?:sms|text(?:ed|s)?|e-?mailed|received|sent|got|[468]-digit|six-digit|authenticator|log ?in|bank|whatsapp|telegram|google|microsoft|apple|paypal|2-?step|temporary)\b[^\n0-9]{0,40}\bcode\b[^\n0-9]{0,30}(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
            r"(?i)\b(?P<v>[0-9]{3}[ \-]?[0-9]{3}(?:[0-9]{2})?)\b[^\n0-9]{0,20}(?:\b(?:is|that'?s|was)\b|<-|<=|←)[^\n0-9]{0,30}\bcode\b",
            r"\b(?P<v>G-[0-9]{6})\b",
            r"(?i)\bcode\s{1,2}(?:is|ist|est|es|e|:)\s{1,2}(?P<v>[0-9]{3}[ \-]?[0-9]{3})\b",
            r"(?i)\b(?:texted|sms|smsed|whatsapped)\b[^\n0-9]{0,20}(?P<v>[0-9]{3}[ \-]?[0-9]{3})\b",
            r"(?i)\b(?:otp|2fa|mfa|totp|o\.t\.p\.)\b[^\n0-9]{0,30}(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
            r"(?:ओटीपी|कोड|ওটিপি|رمز|الرمز|کد|קוד|รหัส|OTP|код|Код|コード)[^\n0-9]{0,25}(?P<v>[0-9]{6}|[0-9]{3}[ \-][0-9]{3})\b",
            r"(?i)\b(?P<v>[0-9]{3}[ \-]?[0-9]{3}(?:[0-9]{2})?)\b[^\n0-9]{0,15}\b(?:is|was|ist|est|es|e|war)\b[^\n0-9]{0,40}\b(?:texted|sent|sms|messaged|came|got|received|geschickt|gekommen|envoye|enviado|inviato)\b",
            r"(?i)\b(?:m|i|sms)?tan\b[^\n0-9]{0,40}?(?P<v>[0-9]{3} ?[0-9]{3})\b",
            r"(?i)\b(?:code|codigo|codice|kod|kode|koden|kodu|code-)\b[^\n0-9]{0,15}\b(?:recu|envoye|recibido|enviado|ricevuto|inviato|erhalten|bekommen|gekommen|geschickt|ontvangen|gestuurd|otrzymany|wyslany|mottagen|mottatt|modtaget|recebido|gelen|kapott|primit|saatu|sms|whatsapp|par texto)[^\n0-9]{0,40}(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
            r"(?:код|Код)[^\n0-9]{0,30}(?:смс|СМС|SMS|пришел|пришёл|банк|входа)[^\n0-9]{0,30}(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
            r"(?:смс|СМС|SMS|短信|认证|認証|인증)[^\n0-9]{0,20}(?:код|码|碼|コード|番号|코드|번호)[^\n0-9]{0,20}(?P<v>[0-9]{3}[ \-]?[0-9]{1,5})\b",
        ),
        validator="one_time_code",
        scope=Scope.TEXT,
        examples=(
            "Your verification code is 483920",
            "483920 is your login code",
            "2FA: 295 414",
            "Ihr Best\u00e4tigungscode lautet 607522",
            "Code de v\u00e9rification : 359013",
            "Код подтверждения: 118203",
            "验证码是 482913",
            "I just got the code: 771 204",
            "482913 - that is the code from the bank",
        ),
        near_misses=(
            "we received error code 500123",
            "the text has product code 4829133",
            "the access code changed in 2024",
            "verification code will be sent",
        ),
    ),
    Rule(
        id="credential.hash_salt",
        category="credentials",
        severity=Severity.MEDIUM,
        description="A long hexadecimal secret stands beside the word secret or key.",
        patterns=(
            r"(?i)\b(?:hmac|encryption|aes|signing|master|shared|secret|private)[ _\-]?(?:key|secret|hex)?\b[^\n]{0,20}?\b(?P<v>[0-9a-f]{32}|[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{128})\b",
        ),
        validator="hex_secret",
        scope=Scope.ANYWHERE,
        is_generic=True,
        examples=(fill("AES key {h32}"), fill("shared secret {h48}")),
        near_misses=("the commit 9fceb02d0ae598e95dc970b74767f19372d61af8 fixes it",),
    ),
)
