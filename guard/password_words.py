"""What people call a password, as patterns for text after `guard.folding.plain`.

Languages that decline bend the word: hasło, hasła, hasłem. Asian scripts need no word limits.
"""

from typing import Final

LATIN_WORDS: Final = (
    r"p[a@4][s5$]{2}[ _\-]?(?:w[o0]rd|wd|w|code|phrase|key|wort)|p[a@4][s5$]{1,3}[ _\-]?w[o0]?r?d|passwd|pword|pswd|pwd|pgpassword|p/w|"
    r"kennwort|zugangscode|zugangswort|contrasen[ya]a?|clave de acceso|clave secreta|mot de passe|mdp|"
    r"code d'acces|senha|palavra[ -]passe|parola(?: d'ordine| chiave)?|parole|wachtwoord|hasl(?:o|a|em|u)|"
    r"hesl(?:o|a|em|u)|jelszo|jelszava|losenord|passord|adgangskode|kodeord|salasana|sifre|parool|slaptazodis|"
    r"lozink(?:a|u|e|om)|gesl(?:o|a|om)|wachtzin|lykilord|mat khau|kata sandi|sandi|paroli|sala[ -]?sana|password-?ul|nywila|neno la siri|nenosiri|kata laluan|wagwoord|contrasinal|pasahitza|fjalekalimi|kalmar sirri|adgangsord|cyfrinair|pasfhocal|focal faire|losungswort|kata kunci|"
    r"psw|psswrd|passwrd|paswoord|pasword|pssword|passwort|pasw|passw|ww\b|wwoord|m\.d\.p\.?|mot de p\.|mot d'p|contra?s\.|secret (?:phrase|word)|passnumber|inlogcode|kenn?w\.|frase segreta|palabra de paso|phrase de passe|cl@ve|losen\b|lsnord|adg\.?kode|has\.|heslem"
)
OTHER_WORDS: Final = (
    r"(?:(?:п|П)арол(?:ь|я|е|ю|ем|а|и|ата|ата е)?|(?:л|Л)озинк(?:а|ата|у)|(?:қ|Қ)ұпия ?сөз|нууц үг|ПАРОЛЬ|(?:κ|Κ)ωδικο(?:ς|σ|ν|υ)?(?: προσβασης)?|συνθηματικο|"
    r"パスワード|パスコード|暗証番号|密码|密碼|口令|비밀번호|비번|패스워드|암호|รหัสผ่าน|"
    r"كلمة (?:ال)?(?:مرور|سر)|رمز عبور|گذرواژه|پسورد|پاس ورڈ|الرقم السري|סיסמ(?:א|ה|ת)|पासवर्ड|পাসওয়ার্ড|கடவுச்சொல்|գաղտնաբառ|პაროლი|පස්වර්ඩ්|పాస్.?వర్డ్|စကားဝှက်|ពាក្យសម្ងាត់|የይለፍ ቃል)"
)
KEY_WORDS: Final = (
    r"(?i:\b(?:[a-z]{0,12}[_\-]?(?:api|app|auth|access|secret|client|private|admin|master|service|account|signing|encryption|recovery|license|licence|product)?[ _\-]?(?:key|token|secret|apikey|pat)|"
    r"credential|bearer|cookie|session|webhook|passkey|pass|login|password|creds)s?\b|"
    r"schlussel\b|geheimnis|zugangsdaten|\bcle(?:f|s)?\b|\bjeton\b|\bllaves?\b|\bclaves?\b|\bchiave|\bchave|\bklucz|\bklic\b|\bkulcs|\bavain\b|\bnyckel|\bnokkel|\bnogle|\bsleutel|\banahtar|\bcheie|\bsegret[oi]\b|\bsecret[oa]s?\b|\bsegredo|\bsekret|\bgeheim\b|\bhemlighet|\bsalaisuus|\btitok\b|\bgizli\b|\brahasia\b|\bkunci\b|\bkhoa\b|\bkljuc|\batslega|\braktas|\bdostep|\bacces\b|\bacceso|\baccesso|\bacesso)|"
    r"ключ|токен|κλειδι|キー|키|シークレット|시크릿|トークン|секрет|доступ|μυστικο|秘密|비밀|密钥|密鑰|令牌|키는|토큰|مفتاح|رمز|מפתח|कुंजी|गुप्त|סוד|سري|คีย์|โทเค็น|টোকেন"
)
"""What people call a random secret."""
ISSUERS: Final = (
    r"deepgram|linode|plaid|datadog|algolia|exa|fal|railway|wandb|weights (?:&|and) biases|postmark|mailjet|newsapi|openweather(?:map)?|assemblyai|mixpanel|amplitude|"
    r"scaleway|hetzner|vultr|ovh(?:cloud)?|fastly|shodan|virus ?total|censys|securitytrails|hunter\.io|serpapi|serper|scraperapi|scrapingbee|bright ?data|clearbit|giphy|tmdb|"
    r"trello|zendesk|freshdesk|pipedrive|pagerduty|opsgenie|new ?relic|rollbar|bugsnag|loggly|papertrail|honeycomb|codecov|coveralls|snyk|mapquest|tomtom|geoapify|ipinfo|ipstack|"
    r"abuseipdb|etherscan|infura|alchemy|moralis|kraken|bybit|okx|kucoin|bitfinex|alpaca|finnhub|alpha ?vantage|tiingo|twelve ?data|lokalise|crowdin|deepl|azure openai|cognitive services|"
    r"bing|elevenlabs|stability|cohere|mistral|ai21|heygen|d-id|vapi|runway|suno|zilliz|qdrant|weaviate|upstash|twilio|vonage|nexmo|messagebird|plivo|telnyx|sinch|infobip|pusher|"
    r"agora|livekit|cloudinary|imgix|imagekit|uploadcare|backblaze|wasabi|browserless|mailtrap|sparkpost|elastic ?email|mandrill|activecampaign|convertkit|klaviyo|omnisend|iterable|braze|"
    r"onesignal|pushover|pushbullet|todoist|kakao|naver|wechat|baidu|yandex|qiwi|payu|klarna|sumup|sendcloud|shipstation|discogs|dropbox sign|docusign|airbrake|statuspage|uptimerobot|"
    r"rapidapi|abstractapi|exchangerate|currencylayer|fixer|mailboxlayer|neverbounce|zerobounce|contentstack|storyblok|datocms|sanity|prismic|gitbook|readme\.io|landbot|manychat"
)
"""Services that give out bare random values as keys."""
