"""Words beside which a secret stands, in the languages people write, as text after `guard.folding.plain`.

Words of scripts that do not separate them, and stems of languages that bend them, are looked for as
parts of the text; the others as whole words.
"""

from typing import Final

GETTING_IN: Final = (
    r"koden|kodeord|kodas|(?:store|key|db|root|admin|user|my|app|mail|ssh|sudo|redis|mysql|backup)_?(?:password|passwd|pwd|pass)|clave|contra|pass|passe|pw|wifi|network|netz|netzwerk|reseau|red|rete|rede|siec|log(?:s|ged|ging)?[ \-]?(?:in|on)(?:to)?|sign(?:s|ed|ing)?[ \-](?:in|on)(?:to)?|unlock(?:s|ed|ing)?|decrypts?|creds?|credentials?|"
    r"wi-?fi|wlan|w-?lan|ssid|hotspot|vpn|passkeys?|zugang(?:s[a-z]{2,12})?|anmeld(?:en|ung|edaten|ename)|einloggen|entsperren|"
    r"identifiants?|se connecter|connexion|deverrouiller|acceso|acceder|credenciales|iniciar sesion|accesso|accedere|credenziali|"
    r"acesso|acessar|credenciais|inloggen|inloggegevens|aanmelden|toegang|logowani[ae]|zalogowac|zaloguj|dostep(?:u|em)?|"
    r"prihlas(?:eni|it|ovaci)|prihlasenie|pristup|prijav[aeiu]|bejelentkezes|belepes(?:i|hez)?|autentificare|conectare|logare|"
    r"logga in|logge inn|logge ind|inloggning|innlogging|kirjautu(?:a|minen)|giris|oturum|dang nhap|masuk|prisijungim[ao]|"
    r"belepni|bejelentkez[a-z]{1,6}|log(?:g?er|ga|ge)? ?(?:inn?|ind)|entr(?:i|are) come|pieslegties|sisselogimi[ns]e?|innskraning|kuingia|inlog|digid|mitid|bankid|nem-?id|e-?devlet|franceconnect|spid|ameli|elster|itsme|freja|accedi|accede|acced[aeo]|entra(?:r|re)? (?:con|com|usando|su|no|na|en)|entre avec|connecte[rz]?(?:-toi|-vous)?|steam|acct|online ?banking|telebanking|u/n|kenn(?:ung|nummer)"
)
"""Words for getting in, Latin letters."""
GETTING_IN_ELSEWHERE: Final = (
    r"(?:[Вв]ход[^\s]{0,3}|[Вв]ойти|[Вв]ойд[^\s]{1,4}|[Лл]огин[^\s]{0,3}|[Зз]айд[^\s]{1,4}|[Зз]аход[^\s]{1,4}|вхід|увійти|увійд[^\s]{1,4}|доступ[^\s]{0,3}|учетн[^\s]{1,4}|вай-?фай|впн|фразат?[^\s]{0,2}|"
    r"ログイン|サインイン|入室|アカウント|登录|登錄|登入|账号|帳號|账户|无线|로그인|접속|계정|와이파이|الدخول|دخول|ورود|رمز|واي ?فاي|כניסה|להיכנס|להתחבר|ויי?פיי|लॉगिन|वाई-?फाई|लॉग ?इन|เข้าสู่ระบบ|ล็อกอิน|ไวไฟ|"
    r"συνδεση|εισοδο[^\s]{0,2}|მომხმარებ|մուտք|প্রবেশ|உள்நுழை)"
)
"""Words for getting in, other scripts."""
THINGS: Final = (
    r"laptop|notebook|computer|rechner|ordinateur|ordi|ordenador|portatil|computador[ae]?|tablet|tablette|ipad|"
    r"server|serveur|servidor|serwer|szerver|router|fritz ?box|modem|nas|ilo|drucker|printer|imprimante|impresora|stampante|"
    r"till|pos|tpv|kasse|kassensystem|registrierkasse|caisse|kassa|terminal|kiosk|app|portal|portail|portale|extranet|intranet|"
    r"account|konto|compte|cuenta|conta|konta|rekening|admin|root|dashboard|backend|archive|archiv|zip|pdf|datei|dossier|"
    r"database|datenbank|base de datos|camera|kamera|webcam|projector|beamer|tracker|remote desktop|anydesk|teamviewer|"
    r"mailbox|postfach|keepass|vault|crm|erp|ssh|ftp|sftp|rdp|staging|bildschirm|screen|ekran|pantalla|desktop|windows|mac|pc|"
    r"smart ?home|thermostat|doorbell|klingel|streaming|netflix|spotify|instagram|facebook|linkedin|paypal|amazon|google|icloud|"
    r"apple id|bank|banking|onlinebanking|webshop|wordpress|jira|slack|github|gitlab|gestionale|programma"
)
"""Things that ask for a secret."""
THINGS_ELSEWHERE: Final = (
    r"(?:компьютер[^\s]{0,3}|ноутбук[^\s]{0,3}|сервер[^\s]{0,3}|роутер[^\s]{0,3}|планшет[^\s]{0,3}|касс[^\s]{1,2}|програм[^\s]{1,4}|кабинет[^\s]{0,3}|кабінет[^\s]{0,3}|почт[^\s]{1,2}|пошт[^\s]{1,2}|админ[^\s]{1,4}|"
    r"パソコン|サーバー|ルーター|レジ|アプリ|電脳|电脑|電腦|服务器|伺服器|路由器|后台|後台|邮箱|컴퓨터|노트북|서버|공유기|메일함|앱|الحاسوب|الكمبيوتر|الخادم|الراوتر|البريد|מחשב|שרת|ראוטר|תיבת|कंप्यूटर|लैपटॉप|सर्वर|คอมพิวเตอร์|เซิร์ฟเวอร์|เราเตอร์|υπολογιστη[^\s]?|διακομιστη[^\s]?)"
)
DOING: Final = (
    r"\b(?:capital|use[sd]?|using|enter(?:s|ed|ing)?|type[sd]?|typing|try|tap|punch|dial|key in|puts?|still|changed?|rotated|wants?|asks?|asked|asking|prompt(?:s|ed)?|"
    r"needs?|gives?|gave|is on|doesn'?t work|no longer works|wr(?:i|o)te|written|noted?|remember|forget|forgot|lower-?case|upper-?case|caps|all one word|no spaces|spelled|opens? with|works? with|the word|"
    r"nimms?t?|nehmen|n[uü]tz[a-z]{1,4}|verwend[a-z]{1,4}|benutz[a-z]{1,4}|tipp[a-z]{1,4}|eintipp[a-z]{1,4}|eingeb[a-z]{1,4}|eingib|gibs?t?|geben|noch|geandert|vergeben|gesetzt|hinterlegt|zugewiesen|"
    r"aufgeschrieben|notier[a-z]{1,4}|merk[a-z]{0,3}|verlangt|fragt|braucht|(?:klein|gross|zusammen)geschrieben|das wort|"
    r"mets|mettez|mettre|tape[rz]?|entre[rz]?|saisi[a-z]{1,5}|utilise[rz]?|toujours|change[rz]?|note[rz]?|demande|ecri[a-z]{1,5}|le mot|en minuscules?|"
    r"us[aeo][rns]?|utili[cz][a-z]{1,4}|pon(?:e|es|er|ga|gan|elo|ele|te)?|mete[rs]?|metan|teclea[a-z]{0,3}|escrib[a-z]{1,5}|introdu[a-z]{2,6}|ingres[a-z]{1,4}|sigue|cambi[a-z]{1,4}|pide[ns]?|pida|anota[a-z]{0,2}|la palabra|mayusculas?|minusculas?|marca|marque|"
    r"mett[a-z]{1,4}|digit[a-z]{1,4}|inseri[a-z]{1,5}|scriv[a-z]{1,4}|ancora|cambiat[aeo]|chiede|anota|la parola|minuscol[aeo]|maiuscol[aeo]|"
    r"coloc[a-z]{1,4}|ponha|bota|escrev[a-z]{1,4}|ainda|mud(?:ei|ou|a|amos)|troquei|trocou|pede|a palavra|"
    r"gebruik[a-z]{0,3}|typ|tik|vul|voer|invul[a-z]{0,3}|nog|gewijzigd|vraagt|het woord|uzyj|wpis[a-z]{1,4}|podaj|nadal|zmieni[a-z]{1,5}|zadej[a-z]{0,2}|napis[a-z]{0,3}|pouzij|zadaj|vpisi|unesi|upisi|"
    r"skriv|anvand|bruk|tast|stadig|fortsatt|byttet|endret|kirjoita|kayta|syota|gir|yaz|kullan[a-z]{0,4}|girin|yazin|scrie|introdu|foloseste|ketik|masukkan|pakai|gunakan|nhap|dung|go|ird be|hasznald|ingia|weka|andika)\b"
)
"""What is done with a secret, Latin letters: verbs in the forms in which people are told to."""
DOING_ELSEWHERE: Final = (
    "введи", "введи", "вводи", "набери", "набира", "используй", "пиши", "напиши", "поставил", "поменял", "сменил", "просит",
    "спросит", "спрашива", "введіть", "ввод", "набирай", "поміняв", "питає", "написал", "записал", "запиши",
    "入力", "打って", "押し", "使って", "输入", "輸入", "填", "用的", "改成", "还是", "입력", "누르", "쓰시", "눌러",
    "أدخل", "اكتب", "استخدم", "اضغط", "הקלד", "הקש", "תקליד", "תכניס", "השתמש", "डालें", "डालो", "टाइप", "दबाएं", "ใส่", "กด", "พิมพ์",
    "استفاده", "وارد کن", "بزن", "отвар", "открыва", "відкрива", "сменя", "въведи", "стои", "постав", "унеси",
    "βαλε", "γραψε", "πληκτρολογ", "πατα",
)  # fmt: skip
LOCKS: Final = (
    r"larm(?:et|kod|koden)?|keypad|key ?pad|alarm(?:a|e|en|anlage|et|u|system|s|panel|code)?|allarme|alarme|burglar alarm|safe|vault|strongbox|lock ?box|key ?(?:box|safe)|padlock|combination lock|"
    r"(?:[a-z]{2,14})?tresor[a-z]{0,2}|(?:fahrrad|zahlen|tur|haus|tor|spind|code|kombinations|sicherheits|vorhange|bugel|ketten)?schloss|schlusselkasten|coffre(?:-fort)?|digicode|boite a cles?|cadenas|caja fuerte|cerradura|candado|"
    r"cassaforte|lucchetto|cassetta delle chiavi|cofre|cadeado|caixa de chaves|kluis(?:je)?|sleutel(?:kluis|kastje)|sejf(?:u|ie)?|klodk[ai]|domofon(?:u|em)?|"
    r"trezor(?:u)?|kassaskap(?:et)?|nyckelskap(?:et)?|nokkelboks(?:en)?|avainkaappi|kasa|celik kasa|seif(?:ul|ului)?|szef(?:et)?|riaszto(?:t)?|brankas|ket sat|interfon(?:ul|ului)?|portkod(?:en)?|dorrkod(?:en)?|dorkode(?:n|r)?|ovikoodi|wheels|cassetta (?:delle )?chiavi|trastero|boiler room|voicemail|bike lock|fahrradschloss|antivol|klatki|wejscie|klucznik|spind|gate ?code|door ?code"
)
"""Locks that open with digits and mean little else, Latin letters."""
LOCKS_ELSEWHERE: Final = (
    r"(?:трезор[^\s]{0,3}|[Сс]ейф[^\s]{0,3}|[Дд]омофон[^\s]{0,3}|[Кк]алитк[^\s]{1,2}|ворот[^\s]{0,2}|[Сс]игнализац[^\s]{1,3}|сигналізац[^\s]{1,3}|замок|замк[^\s]{1,3}|ключниц[^\s]{1,2}|χρηματοκιβωτιο|συναγερμο[^\s]?|κλειδαρια[^\s]?|"
    r"金庫|警報|キーボックス|オートロック|保险柜|保险箱|警报|门禁|密码锁|금고|도어락|경보|الخزنة|الإنذار|القفل|כספת|אזעקה|מנעול|तिजोरी|अलार्म|ताला|ตู้เซฟ|สัญญาณกันขโมย|ตู้นิรภัย)"
)
"""The same, other scripts."""
DOORS: Final = (
    r"door|front ?door|back ?door|side ?door|gate|garage|entrance|entry|(?:[a-z]{2,10})?eingang|(?:haus|wohnungs|hinter|keller|buro|seiten)?tur|(?:garagen|hof)?tor|puerta|porton|persiana|portal|porte|portail|garage|"
    r"porta|portone|cancello|saracinesca|portao|deur|voordeur|achterdeur|poort|drzwi|drzwiach|bram[aey]|furtk[ai]|dver[ei]|dvere|brank[aeuy]|dorren|porten|porttien|doren|dor|hoveddor|bakdor|ovi|kapi|usa|kapu|ajto|pintu|cua|"
    r"bike shed|shed|storage|locker|spind|schliessfach|casier|taquilla|armadietto|lift|elevator|aufzug|phone|handy|sim"
)
"""Doors, which have numbers of other kinds too, Latin letters."""
DOORS_ELSEWHERE: Final = r"(?:[Дд]вер[^\s]{1,4}|[Пп]одъезд[^\s]{0,4}|під'їзд[^\s]{0,3}|гараж[^\s]{0,3}|πορτα|玄関|ドア|大门|大門|门口|현관|대문|차고|الباب|البوابة|המרתף|הדלת|דלת|שער|दरवाज[^\s]{1,3}|गेट|ประตู)"
"""The same, other scripts."""
CODE_WORDS: Final = r"codes?|codigo|codice|kod|kode|koden|kodas|kods|koodi|kodu|tan|mtan|smstan|otp|o\.t\.p\.|2fa|mfa|totp|token|cifra|cod|szamsor|passcode|digits|digitos|ziffern|chiffres|cifras|cifre|cijfers|cyfry?|siffror|ma xac (?:nhan|thuc)"
"""What a number for one use is called, Latin letters."""
CODE_WORDS_ELSEWHERE: Final = r"(?:[Кк]од[^\s]{0,2}|ОТП|κωδικ[^\s]{1,3}|コード|認証番号|確認番号|验证码|驗證碼|校验码|码是|인증번호|인증 번호|코드|الرمز|رمز|الكود|كود|קוד|הקוד|ओटीपी|कोड|รหัส|ওটিপি|কোড|கோட்)"
