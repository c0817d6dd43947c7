"""What people call a password, as patterns for text after `guard.folding.plain`.

Languages that decline bend the word: hasło, hasła, hasłem. Asian scripts need no word limits.
"""

from typing import Final

LATIN_WORDS: Final = (
    r"p[a@4][s5$]{2}[ _\-]?(?:w[o0]rd|wd|w|code|phrase|key|wort)|passwd|pword|pswd|pwd|pgpassword|p/w|"
    r"kennwort|zugangscode|zugangswort|contrasen[ya]a?|clave de acceso|clave secreta|mot de passe|mdp|"
    r"code d'acces|senha|palavra[ -]passe|parola(?: d'ordine| chiave)?|parole|wachtwoord|hasl(?:o|a|em|u)|"
    r"hesl(?:o|a|em|u)|jelszo|jelszava|losenord|passord|adgangskode|kodeord|salasana|sifre|parool|slaptazodis|"
    r"lozink(?:a|u|e|om)|gesl(?:o|a|om)|wachtzin|lykilord|mat khau|kata sandi|sandi|paroli|sala[ -]?sana|password-?ul"
)
OTHER_WORDS: Final = (
    r"(?:(?:п|П)арол(?:ь|я|е|ю|ем|а|и)?|ПАРОЛЬ|(?:κ|Κ)ωδικο(?:ς|σ|ν|υ)?(?: προσβασης)?|συνθηματικο|"
    r"パスワード|パスコード|暗証番号|密码|密碼|口令|비밀번호|비번|패스워드|암호|รหัสผ่าน|"
    r"كلمة (?:ال)?(?:مرور|سر)|الرقم السري|סיסמ(?:א|ה|ת)|पासवर्ड|পাসওয়ার্ড|கடவுச்சொல்|գաղտնաբառ|პაროლი)"
)
KEY_WORDS: Final = (
    r"(?i:\b(?:[a-z]{0,12}[_\-]?(?:api|app|auth|access|secret|client|private|admin|master|service|account|signing|encryption|recovery|license|licence|product)?[ _\-]?(?:key|token|secret|apikey|pat)|"
    r"credential|bearer|cookie|session|webhook|passkey|pass|login|password|creds)s?\b|"
    r"schlussel\b|geheimnis|zugangsdaten|\bcle(?:f|s)?\b|\bjeton\b|\bllaves?\b|\bclaves?\b|\bchiave|\bchave|\bklucz|\bklic\b|\bkulcs|\bavain\b|\bnyckel|\bnokkel|\bnogle|\bsleutel|\banahtar|\bcheie)|"
    r"ключ|токен|κλειδι|キー|키|トークン|密钥|密鑰|令牌|키는|토큰|مفتاح|رمز|מפתח|कुंजी"
)
"""What people call a random secret."""
