"""Charsets and transfer encodings that lie, break off or do not exist; texts of many languages."""

import base64
from collections.abc import Iterator

from tests.corpus.case import Case, letter

LANGUAGES = {
    "german": ("Die Lampen kommen am Dienstag. Schöne Grüße!", ("iso-8859-1", "windows-1252", "utf-7")),
    "french": ("Les lampes arrivent mardi, c'est sûr.", ("iso-8859-15", "macintosh")),
    "polish": ("Lampy przyjdą we wtorek, dziękuję.", ("iso-8859-2", "windows-1250")),
    "czech": ("Lampy přijdou v úterý.", ("iso-8859-2",)),
    "turkish": ("Lambalar salı günü geliyor.", ("iso-8859-9", "windows-1254")),
    "greek": ("Οι λάμπες έρχονται την Τρίτη.", ("iso-8859-7", "windows-1253")),
    "russian": ("Лампы придут во вторник.", ("koi8-r", "windows-1251", "iso-8859-5")),
    "ukrainian": ("Лампи прийдуть у вівторок.", ("koi8-u",)),
    "hebrew": ("המנורות מגיעות ביום שלישי.", ("iso-8859-8", "windows-1255", "iso-8859-8-i")),
    "arabic": ("تصل المصابيح يوم الثلاثاء.", ("iso-8859-6", "windows-1256")),
    "persian": ("لامپ‌ها سه‌شنبه می‌رسند.", ("utf-8",)),
    "hindi": ("दीपक मंगलवार को आएंगे।", ("utf-16",)),
    "thai": ("โคมไฟจะมาถึงวันอังคาร", ("tis-620", "windows-874")),
    "japanese": ("ランプは火曜日に届きます。", ("iso-2022-jp", "shift_jis", "euc-jp")),
    "chinese": ("灯星期二到。", ("gb2312", "gbk", "gb18030", "hz-gb-2312")),
    "taiwanese": ("燈星期二到。", ("big5",)),
    "korean": ("램프는 화요일에 도착합니다.", ("euc-kr", "iso-2022-kr", "ks_c_5601-1987")),
    "vietnamese": ("Đèn sẽ đến vào thứ ba.", ("windows-1258", "utf-8")),
    "emoji": ("Lamps 💡 on Tuesday 👨‍👩‍👧 🏴󠁧󠁢󠁳󠁣󠁴󠁿", ("utf-8",)),
}  # fmt: skip
_PYTHON = {
    "macintosh": "mac-roman", "iso-8859-8-i": "iso-8859-8", "windows-874": "cp874", "hz-gb-2312": "hz",
    "ks_c_5601-1987": "euc-kr",
}  # fmt: skip


def encodings() -> Iterator[Case]:
    """All of them."""
    yield from _languages()
    yield from _charsets()
    yield from _transfers()
    yield from _words()


def _languages() -> Iterator[Case]:
    for language, (text, charsets) in LANGUAGES.items():
        yield letter(
            f"{language} raw",
            text + "\n",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
            f"X-Note: {text}",
        )
        for charset in charsets:
            encoded = text.encode(_PYTHON.get(charset, charset), "replace")
            body = base64.encodebytes(encoded).replace(b"\n", b"\r\n")
            word = f"=?{charset}?b?{base64.b64encode(encoded).decode()}?="
            yield letter(
                f"{language} in {charset}",
                body,
                f"Content-Type: text/plain; charset={charset}",
                "Content-Transfer-Encoding: base64",
                f"X-Note: {word}",
                f"Subject: {word}",
            )


def _charsets() -> Iterator[Case]:
    text = "Grüße und Größe\n".encode()
    names = (
        "unknown-8bit", "x-none", "us-ascii", "utf8", "UTF-8", "utf_8", "iso-8859-1", "cp1252", "binary", "default_charset",
        "utf-16", "utf-32", "idna", "punycode", "rot13", "zlib", "hex", "base64", "unicode_escape", "../../etc/passwd", "x" * 3000,
        "\0", "''", "%s", "unicode-1-1-utf-7", "x-user-defined", "ansi_x3.110-1983",
    )  # fmt: skip
    for number, name in enumerate(names):
        yield letter(
            f"charset {number}",
            text.replace(b"\n", b"\r\n"),
            f'Content-Type: text/plain; charset="{name}"',
            "Content-Transfer-Encoding: 8bit",
        )
    yield letter(
        "charset of html differs",
        "<html><head><meta charset=koi8-r></head><body>Grüße</body></html>\n",
        "Content-Type: text/html; charset=utf-8",
    )
    yield letter(
        "charset broken utf-8",
        b"a\xff\xfe\xc3(\xe2\x28\xa1\xf0\x90\x28\xbc\r\n",
        "Content-Type: text/plain; charset=utf-8",
    )
    yield letter(
        "charset surrogates",
        b"\xed\xa0\x80\xed\xb0\x80\r\n",
        "Content-Type: text/plain; charset=utf-8",
    )
    yield letter(
        "charset escape open", b"\x1b$B$O$O\r\n", "Content-Type: text/plain; charset=iso-2022-jp"
    )
    yield letter("charset seven open", b"+ADw-b+AD4\r\n", "Content-Type: text/html; charset=utf-7")


def _transfers() -> Iterator[Case]:
    bodies = {
        "base64 with garbage": ("base64", "SGVs!!!bG8g\nd29y@@bGQ=\n"),
        "base64 without padding": ("base64", "SGVsbG8gd29ybGQ\n"),
        "base64 padded inside": ("base64", "SGVs=bG8=gd29y==bGQ=\n"),
        "base64 of one letter": ("base64", "S\n"),
        "base64 of padding": ("base64", "====\n" * 1000),
        "base64 empty": ("base64", ""),
        "base64 in one line": ("base64", "QUJD" * 50_000 + "\n"),
        "base64 one letter a line": ("base64", "\n".join("SGVsbG8gd29ybGQh") + "\n"),
        "base64 that is text": ("base64", "This is not encoded at all, sorry.\n"),
        "quoted with bad hex": ("quoted-printable", "a=ZZb=4=\nc=\n"),
        "quoted ending open": ("quoted-printable", "last line="),
        "quoted of equals": ("quoted-printable", "=" * 20_000 + "\n"),
        "quoted of breaks": ("quoted-printable", "=\n" * 20_000),
        "quoted lower case": ("quoted-printable", "Gr=c3=bc=c3=9fe\n"),
        "quoted raw beyond": ("quoted-printable", "Grüße=20\n"),
        "quoted trailing spaces": ("quoted-printable", "text   \t\n" * 100),
        "uuencode": ("x-uuencode", "begin 644 a.txt\n+:&5L;&\\@=V]R;&0\n`\nend\n"),
        "unknown encoding": ("x-nobody-knows", "Hello.\n"),
        "encoding empty": ("", "Hello.\n"),
        "encoding with comment": ("base64 (of course)", "SGVsbG8=\n"),
        "encoding twice": ("base64, quoted-printable", "SGVsbG8=\n"),
        "encoding in capitals": ("BASE64", "SGVsbG8=\n"),
        "binary": ("binary", "Hello.\n"),
        "seven bit that is not": ("7bit", "Grüße\n"),
    }
    for name, (encoding, body) in bodies.items():
        yield letter(
            name,
            body,
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Transfer-Encoding: {encoding}",
        )


def _words() -> Iterator[Case]:
    values = (
        "=?utf-8?q??=", "=?utf-8?b??=", "=?utf-8?x?abc?=", "=??q?abc?=", "=?utf-8?q?abc", "=?utf-8?b?!!!?=", "=?utf-8?q?=FF=FE?=",
        "=?utf-8?q?a b c?=", "=?utf-8*en?q?a?=", "=?utf-8?q?=0D=0ABcc:_x@y.example?=", "=?utf-8?q?a?==?utf-8?q?b?=", "x=?utf-8?q?a?=y",
        "=?utf-8?b?4pyT?= =?utf-8?b?4py?=", "=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=", "=?iso-2022-jp?b?GyRCJF8=?=", "=?utf-16?b?AEEAQg==?=",
        "=?utf-8?Q?" + "=41" * 5000 + "?=", "=?utf-8?q?=00?=", "=?=?=?=?=", "=?" * 3000, "?=" * 3000, "=?utf-8?q?=E2=80=AEtxt.exe?=",
    )  # fmt: skip
    for number, value in enumerate(values):
        yield letter(
            f"word {number}",
            "Hello.\n",
            f"Subject: {value}",
            f"From: {value} <a@b.example>",
            f'Content-Disposition: attachment; filename="{value}"',
        )
