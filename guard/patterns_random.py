"""Rules for what is drawn at random: beside a word for keys, behind a prefix, in groups, in code.

The value decides more than the words: it mixes cases and digits as no word, number or hash does, or
stands where a secret is asked for.
"""

from typing import Final

from guard.password_words import ISSUERS, KEY_WORDS
from guard.rule import Rule, Scope
from guard.specimens import fill
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH
_FREE: Final = r"(?:^|[\s\"'`(\[{<>|:=,;*])"
_RANDOM: Final = r"(?P<v>[0-9A-Za-z][0-9A-Za-z+/_.~:\-]{18,200}={0,2})"


def _filled(*texts: str) -> tuple[str, ...]:
    return tuple(fill(text) for text in texts)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="credential.random_near_key",
        category="credentials",
        severity=_HIGH,
        description="A random value stands near a word for keys, tokens or logins.",
        patterns=(
            rf"(?:{KEY_WORDS})(?:[^\n]{{0,80}}?[\s\"'`(\[{{>|:=,;*])(?:\n[ \t>]{{0,6}})?{_RANDOM}",
            rf"{_FREE}{_RANDOM}[^\n]{{0,50}}?(?:\n[^\n]{{0,12}})?(?:{KEY_WORDS})",
            rf"(?:{KEY_WORDS})[^\n]{{0,40}}?[\s\"'`(\[>|:=]\n?[ \t]{{0,4}}(?P<v>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|[0-9a-f]{{32,64}})\b",
            r"(?:^|[\s\"'`(])(?P<v>[0-9a-f]{32}|[0-9a-f]{40})\s{1,2}(?i:(?:is |= |<- ?)?(?:for|pour|fur|para|per|voor)\s(?:the |la |die |el )?[a-z ]{0,20}\b(?:api|sdk))\b",
        ),
        validator="random_near_key",
        scope=Scope.TEXT,
        is_generic=True,
        examples=_filled(
            "the API token of the project is {b40}, read and write",
            "Schlüssel für die Übersetzung: {h8}-{h4}-{h4}-{h4}-{h12}:fx",
            "app id 12, ADMIN key {h32}, index name artikel",
            "{b44} is the one for the webhook, the old token is off",
        ),
        near_misses=_filled(
            "the commit {h40} changes the key table",
            "sha256 {h64} of the token list",
            "the stable release key (ID: {h24}) is new",
            "fixed GHSA-wpj3-hf5j-x4v4 in the cookie key",
            "the key is read from debian/libacl1/DEBIAN/shlibs",
            "see https://docs.acme.io/d/{b44}/edit for the key figures",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{b43} is my public key",
            "trace id {h32} where the token expired",
        ),
    ),
    Rule(
        id="credential.random_alone",
        category="credentials",
        severity=_HIGH,
        description="A value drawn at random is in the message, and nothing says that it may be known.",
        patterns=(rf"{_FREE}(?P<v>[0-9A-Za-z][0-9A-Za-z+/_.~\-]{{22,240}}={{0,2}})",),
        validator="random_alone",
        scope=Scope.PROSE,
        is_generic=True,
        examples=_filled(
            "vcp_{b56}",
            "put acme_live_{b40} there",
            "Segreto | {b64}",
            'var signing = []byte("{b44}")',
            "so it is {b32}, keep it",
        ),
        near_misses=_filled(
            "-----BEGIN PGP SIGNATURE-----\n\niD8DBQE{b56}\n{b44}\n-----END PGP SIGNATURE-----",
            "img_{h32}",
            "the class is card-header-with-a-long-name-2024-version",
            "document id {b32}",
            "https://drive.acme.io/d/{b44}",
            "it calls convertUtf8ToUtf16LittleEndianFromBuffer2 twice",
            "sha256-{s43}=",
            "U2VlIHlvdSBvbiBNb25kYXkgYXQgdGVuLCBNaWE=",
            "Message-ID: <CA{b40}@mail.acme.io>",
            "rpm -q says SDL_mixer-devel-1.2.4-5fc3 and XFree86_Utils-4.2.0-8rh",
            "line 95, near 25FREEMEGS_URL_uri_Test",
            "Release 5.0.Patch121c.P121C_SchedEnhancement_09_05_02 is out",
            "unsubscribe:[{b40}]",
            "the hashes of the parts:\n e1: {b28}\n e2: {b28}",
            "check[52238]: sig: {b28}",
            'href=very/long?link\n{b32}" shape=rect',
        ),
    ),
    Rule(
        id="credential.issued_value",
        category="credentials",
        severity=_HIGH,
        description="A random value stands behind the name of a service that gives out such keys.",
        patterns=(
            rf"(?i)\b(?:{ISSUERS})\b[^\n]{{0,50}}?[\s:=\"'`(]\n?(?P<v>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}|[0-9a-f]{{30,64}})\b",
            r"(?i)\b(?:rotated|new one is|use this (?:one |with |for |until )|still works until|put this (?:one )?(?:in|into))\b[^\n]{0,50}?[\s:=\"'`(]\n?(?P<v>[0-9a-f]{32,64})\b",
        ),
        validator="issued_value",
        scope=Scope.TURNED,
        is_generic=True,
        examples=_filled(
            "Deepgram: {h40}",
            "Linode personal access {h64}",
            "Algolia admin (not the search one) {h32}",
            "it goes over Exa, ours is {h8}-{h4}-{h4}-{h4}-{h12}",
            "rotated it this morning, new one is {h32}",
        ),
        near_misses=_filled(
            "Datadog trace {h32}",
            "the Fastly deployment of {h40} is live",
            "Railway project id {h8}-{h4}-{h4}-{h4}-{h12}",
            "Vultr commit {h40}",
        ),
    ),
    Rule(
        id="credential.capability_url",
        category="credentials",
        severity=_HIGH,
        description="A web address has a random part that opens something.",
        patterns=(
            r"(?i)https?://[^\s\"'<>]{4,200}/[^\s\"'<>/]{0,20}(?:hook|webhook|incoming|reset|magic|passwordless|activate|onetime|one-time|otp|sso|impersonate|set-password|setpassword|recover)[^\s\"'<>/]{0,20}/(?:[^\s\"'<>]{0,100}/)?(?P<v>[0-9a-z_\-]{16,200})",
            r"(?i)https?://[^\s\"'<>]{4,200}/(?:private|secret|token)-(?P<v>[0-9a-z]{16,100})",
            r"(?i)https?://[^\s\"'<>]{4,300}[?&#](?:key|token|appid|app_id|apikey|api-key|subscription-key|code|secret|auth|authkey|sign|access_key|accesskey|client_secret|ticket|otp|pass|pw|t|hash|magic|magiclink|login|signin|session|sess|sid|jwt|invite|grant|activation|ml|otl|onetime|acceso|acesso|acces|zugang|sso|nonce|st|at)=(?P<v>[0-9a-z_\-.~%]{16,400})",
        ),
        validator="capability",
        scope=Scope.ANYWHERE,
        is_generic=True,
        examples=_filled(
            "https://open.chat.acme.io/open-apis/bot/v2/hook/{h8}-{h4}-{h4}-{h4}-{h12}",
            "https://api.weather.io/data?lat=14.59&appid={h32}",
            "https://admin.acme.io/password/reset/{h40}?u=owner",
        ),
        near_misses=_filled(
            "https://news.acme.io/unsubscribe?token={h32}",
            "https://acme.io/docs/webhooks/how-to-use-them-in-your-shop",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        ),
    ),
    Rule(
        id="credential.login_in_address",
        category="credentials",
        severity=_HIGH,
        description="A user name and password stand in front of a host.",
        patterns=(
            r"(?i)\b[a-z][a-z0-9.\-]{1,20}(?:\+[a-z]{2,8})?://[^\s:/@\"'<>?#]{1,80}:(?P<v>[^\s@/\"'<>]{6,200})@[a-z0-9.\-\[]{2,}",
            r"(?i)(?:^|[\s\"'`(=])[0-9a-z._\-]{2,40}:(?P<v>[^\s@:/\"'<>]{5,80})@(?:tcp|unix|udp)?\(?[0-9a-z.\-]{3,80}(?:\.[a-z]{2,10}|:[0-9]{2,5})",
            r"(?i)\b[a-z0-9_]{2,30}/(?P<v>[^\s/@\"'<>]{6,64})@[a-z][a-z0-9_.\-]{2,60}\b",
        ),
        validator="login_in_address",
        is_generic=True,
        examples=(
            'sql.Open("mysql", "shop_rw:mk8EgqKcFz@tcp(db.acme.io:3306)/shop")',
            "sqlplus apps/0asis_Bay26@EBSCLN",
        ),
        near_misses=(
            "mailto:bob@acme.io",
            "from: user12@acme.io",
            "UID:board-prep-0447@acme.io",
            "Message-ID:20261118T090000Z-7712@acme.io",
            "npm/left-pad@1.3.0",
        ),
    ),
    Rule(
        id="credential.key_octets",
        category="credentials",
        severity=Severity.CRITICAL,
        description="The octets of a key are in the message.",
        patterns=(
            r"\[\s{0,3}(?P<v>(?:[0-9]{1,3}\s{0,3},\s{0,3}){31}(?:[0-9]{1,3}\s{0,3},\s{0,3}){0,32}[0-9]{1,3})\s{0,3}\]",
            r"(?i)\b(?:pk|priv|private|deployer|wallet|mnemonic|signer|hot wallet|validator|secret|key)\b[^\n]{0,60}?\b(?P<v>(?:0x)?[0-9a-f]{64})\b",
        ),
        validator="key_octets",
        scope=Scope.TEXT,
        examples=_filled(
            "[" + ", ".join(str(n * 37 % 251) for n in range(64)) + "]", "deployer pk: 0x{h64}"
        ),
        near_misses=_filled(
            "[1, 2, 3, 4]", "wallet transaction 0x{h64} is in the block", "key file sha256 {h64}"
        ),
    ),
    Rule(
        id="credential.grouped_key",
        category="credentials",
        severity=_HIGH,
        description="A product key or recovery key in groups is in the message.",
        patterns=(
            r"(?:^|[^0-9A-Za-z\-])(?P<v>[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4,5})(?:$|[^0-9A-Za-z\-])",
            r"(?:^|[^0-9A-Za-z\-])(?P<v>[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4,9})(?:$|[^0-9A-Za-z\-])",
            r"(?i)\b(?:component|kcv|zmk|lmk|tmk|bdk|hsm|master key|key part|schlusselteil)\b[^\n]{0,60}?[\s:=](?P<v>[0-9A-F]{4}(?:[ \-][0-9A-F]{4}){3,15}|[0-9A-F]{32,64})\b",
            r"(?P<v>[^\x00-\x7f]{1,8}(?:[ ,、，][^\x00-\x7f]{1,8}){11,23})",
            r"(?m)(?P<v>^[ \t>*0-9.)]{0,6}[0-9a-z]{4,6}-[0-9a-z]{4,6}[ \t]{0,3}\n[ \t>*0-9.)]{0,6}[0-9a-z]{4,6}-[0-9a-z]{4,6}[ \t]{0,3}\n[ \t>*0-9.)]{0,6}[0-9a-z]{4,6}-[0-9a-z]{4,6}[ \t]{0,3}$)",
            r"(?i)\b(?:single[ -]use|one[ -]time|unused|each|codes?|einmal|unbenutzt|usage unique|un solo uso|monouso|account)\b[^\n]{0,60}?(?P<v>[0-9]{4}[ \-][0-9]{4}(?:\s{0,2}[/,;|\n]\s{0,2}[0-9]{4}[ \-][0-9]{4}){2,11})\b",
            r"(?m)^(?P<v>[ \t>*0-9.)]{0,6}[0-9]{4}[ \-]?[0-9]{4}[ \t]{0,3}(?:\n[ \t>*0-9.)]{0,6}[0-9]{4}[ \-]?[0-9]{4}[ \t]{0,3}){3,11})$",
            r"(?:^|[\s:])(?P<v>[0-9a-z]{4,6}-[0-9a-z]{4,6}(?:[,;] ?[0-9a-z]{4,6}-[0-9a-z]{4,6}){2,15})\b",
            r"(?:^|[^0-9\-])(?P<v>[0-9]{6}(?:-[0-9]{6}){7})(?:$|[^0-9\-])",
            r"(?i)\b(?:freischalt|aktivierungs|activation|aktivace|aktivacni|activacion|attivazione|ativacao|activatie|unlock|verifizierungs|initial|licen[cs]e|lizenz|licenza|licencia|serial|product)[ \-]?(?:code|schlussel|key|kod|number)?s?\b[^\n]{0,40}?[\s:=\"'(](?P<v>(?-i:[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2,9}|[0-9A-Z]{5}(?:-[0-9A-Z]{5}){2,5}))(?:$|[^0-9A-Za-z\-])",
            rf"(?:{KEY_WORDS})[^\n]{{0,60}}?[\s:=\"'(](?P<v>[0-9A-Z]{{4,6}}(?:-[0-9A-Z]{{4,6}}){{3,9}})(?:$|[^0-9A-Za-z\-])",
            r"(?i)\b(?:setup|set-up|secret|manual|manual entry|entry|authenticator|2fa|totp|otp|einrichtungs|configuration|otp-geheim)[ \-]?(?:key|code|secret|seed|schlussel|text)?\b[^\n]{0,30}?[\s:=\"'(](?P<v>[A-Z2-7]{4}(?:[ \-][A-Z2-7]{4}){3,15})\b",
        ),
        validator="grouped_key",
        examples=_filled(
            "Install with NFPE5-9QXDK-6OYFJ-VY3O0-T62U6, please",
            "633281-728591-282794-437497-728384-361545-059571-938196",
            "recovery key is D03P-W0LQ-CPGT-E7SN-L4I4-LKZM-3PCB",
            "setup key N4P2 HOEV W5HJ IOYD FJIA ZLCY AHKS XTI5",
        ),
        near_misses=(
            "OFFICE-HOURS-WILL-CHANGE",
            "the key dates are 2026-01-12 and 2026-02-13",
            "account of copyrights, each 1994-1996, 1999-2002, 2004-2016 and so on",
        ),
    ),
    Rule(
        id="credential.statement",
        category="credentials",
        severity=_HIGH,
        description="A statement or call of a program holds a password.",
        patterns=(
            r"(?i)\bidentified (?:with \S{3,40} )?(?:by|as) (?:password )?[\"'](?P<v>[^\"'\n]{4,100})[\"']",
            r"(?i)\b(?:with|encrypted|set|alter user[^\n]{0,60}|create (?:user|role|login)[^\n]{0,60}) password\s{0,2}=?\s{0,2}[\"'](?P<v>[^\"'\n]{4,100})[\"']",
            r"(?i)\b[a-z0-9_]{0,30}(?:password|passwd|passphrase|pwd|kennwort|passwort)[a-z0-9_]{0,12}[\"'\]]{0,2}\s{0,3}(?::=|=>|=|:)\s{0,3}(?:[a-z]{1,10}\()?[\"'](?P<v>[^\"'\n]{4,100})[\"']",
            r"(?i)\b(?:[a-z0-9]{1,20}[_\-]?)?pass(?:wd)?[\"'\]]{0,2}\s{0,3}(?:=>|=)\s{0,3}[\"'](?P<v>[^\"'\n]{4,100})[\"']",
            r"(?i)\bauthorization[\"']?\s{0,2}[:=,]\s{0,2}[\"']?[a-z0-9_\-]{2,16}\s{1,2}(?P<v>[0-9a-z_\-.~+/]{16,400}={0,2})",
            r"(?i)\b(?:secret|signing|session|cookie|encryption|flask|app)_?(?:secret_?)?key[\"']?\s{0,3}(?:=|:|=>)\s{0,3}[\"'](?P<v>[^\s\"']{16,100})[\"']",
            r"(?:_KEY|_SALT)[\"']\s{0,3},\s{0,3}[\"'](?P<v>[^\"'\n]{16,100})[\"']",
            r"(?i)[?&](?:signature|sig|hmac|x-amz-security-token)=(?P<v>[0-9a-z%+/_\-]{40,})",
        ),
        validator="password_quoted",
        examples=(
            "CREATE USER 'bi'@'%' IDENTIFIED BY 'Tally9403go!';",
            'storePassword = "v6TfAAT9Y6YrQz"',
            'export BACKUP_PASSWORD="seven small 62 hens"',
        ),
        near_misses=(
            'password: "Enter your password"',
            "IDENTIFIED BY 'password'",
            'label_password = "Password must have 8 characters"',
        ),
    ),
    Rule(
        id="credential.key_block",
        category="credentials",
        severity=Severity.CRITICAL,
        description="A block of secret key material is in the message.",
        patterns=(
            r"(?i)-{4,5} ?BEGIN [A-Z0-9 ]{0,30}(?:STATIC KEY|SECRET KEY|PRIVATE|TLS-CRYPT|TLS CRYPT|MASTER KEY)[A-Z0-9 ]{0,20}-{4,5}",
            r"(?i)\bBEGIN(?: OpenVPN)? Static key V1\b",
        ),
        scope=Scope.DISTINCT,
        examples=(
            "-----BEGIN OpenVPN Static key V1-----",
            "-----BEGIN OpenVPN tls-crypt-v2 server key-----".replace(
                "tls-crypt-v2 server key", "tls-crypt private key"
            ),
        ),
        near_misses=("-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----"),
    ),
    Rule(
        id="credential.password_looking",
        category="credentials",
        severity=_HIGH,
        description="A word looks like nothing but a password.",
        patterns=(
            r"(?:^|[\s\"'`(:>«])(?P<v>[0-9A-Za-z][^\s\"'`<>()\[\]{}=/\\:;,|]{0,30}(?:[0-9][^\s\"'`<>()\[\]{}=/\\:;,|]{0,30}[!#$%^&*~]|[!#$%^&*~][^\s\"'`<>()\[\]{}=/\\:;,|]{0,30}[0-9])[^\s\"'`<>()\[\]{}=/\\:;,|]{0,30})(?:$|[\s\"'`),.;<»])",
        ),
        validator="password_looking",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "and when it asks: Lager69#FrostlO9E6K",
            "so Quiche42! all in one go",
            "here you are, Otter$Bay19x",
        ),
        near_misses=(
            "Ticket#4471 and Invoice#2024-001 are open",
            "the C#8 and F#m7 chords of AT&T",
            "user@example.com wrote on 12!",
            "R&D2024 meets Q&A",
        ),
    ),
    Rule(
        id="credential.seed_words",
        category="credentials",
        severity=Severity.CRITICAL,
        description="Words of a wallet's recovery phrase stand in a row.",
        patterns=(
            r"(?i)(?P<v>(?:\b[a-z]{3,8}[\s,;.)|:\-0-9]{1,12}){11,25}[a-z]{3,8})\b",
            r"(?P<v>(?:\b[a-z]{3,10} ){11}[a-z]{3,10}(?: (?:[a-z]{3,10} ){2}[a-z]{3,10}){0,4})\s{0,2}(?:$|[\n\"'.,;])",
        ),
        validator="seed_row",
        scope=Scope.TEXT,
        is_generic=True,
        examples=(
            "marine\ncapable\nfish\nbase\ngrief\nsocial\ncandy\nancient\nzoo\nlaptop\nremember\nsix\n",
            "1 purchase  7 junk\n2 hub       8 detail\n3 lake     9 damp\n4 pumpkin  10 exhibit\n5 brother  11 slide\n6 stay     12 actual",
            "crabe, réformer, replier, calibre, badge, seigneur, éteindre, lavoir, lingot, talisman, cendrier, renfort",
            "keep it: dormir tecnica reposo numero chacal paso naranja luto playa sed encia girar",
        ),
        near_misses=(
            "Spelling list for Friday: orbit, velvet, canyon, puzzle, ticket, lemon, bridge, helmet, garden, window, silver, rocket.",
            "apple banana cherry orange grape melon lemon peach mango papaya guava lychee",
            "soft rain falls over quiet hills while distant bells call weary travelers home",
            "please send them back when they have been read and signed with your name",
        ),
    ),
)
