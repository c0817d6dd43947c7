import pytest

from guard.render import safe_text
from tests.support.effort import grows_no_faster_than


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "👨‍👩‍👧 family, ❤️ heart, 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f flag",
        "क्‍ष and می‌خواهم",
        "שלום עולם, مرحبا",
        "Grüße – “quotes”",
    ],
)
def test_writing_is_left_alone(text):
    """Joiners in emoji and in scripts that need them, right-to-left letters, flags."""
    assert safe_text(text) == (text, ())


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("Persian", "نمی‌خواهم، کتاب‌ها، خانه‌ای"),
        ("Arabic", "السلام عليكم ورحمة الله"),
        ("Arabic with a joiner", "ه\u200dـ"),
        ("Urdu", "آپ کیسے ہیں؟"),
        ("Kurdish", "ناوەکه\u200cم"),
        ("Hebrew with points", "בְּרֵאשִׁית בָּרָא"),
        ("Hindi", "क्\u200dष, क्\u200cष, श्री"),
        ("Marathi", "दर्\u200dया"),
        ("Bengali", "র\u200d্যাব"),
        ("Punjabi", "ਪੰਜਾਬੀ"),
        ("Gujarati", "ક્\u200cષ"),
        ("Tamil", "க்\u200cஷ"),
        ("Telugu", "క్\u200cష"),
        ("Kannada", "ರ್\u200dಕ"),
        ("Malayalam", "ന്\u200dറെ"),
        ("Sinhala", "ශ්\u200dරී ලංකා"),
        ("Burmese", "မြန်မာ"),
        ("Khmer", "ភាសាខ្មែរ"),
        ("Thai", "ภาษาไทย"),
        ("Tibetan", "བོད་སྐད"),
        ("Korean", "한국어"),
        ("Japanese with a variant", "葛\U000e0100飾区"),
        ("Vietnamese, decomposed", "tie\u0302\u0301ng Vie\u0323\u0302t"),
        ("emoji with a skin tone", "👩🏽\u200d⚕️ 👨🏿\u200d🦰"),
        ("emoji flag", "🏳️\u200d🌈 🇩🇪"),
        ("keycap", "1️⃣ #️⃣"),
        ("couple", "👩\u200d❤️\u200d💋\u200d👨"),
        ("keyboard symbols", "™️ ©️ ‼️ ↔️ 〰️"),
        ("Malayalam with an old final letter", "അവന്\u200d വന്നു"),
        ("Bengali with a joiner before a sign", "র\u200d\u09cdয"),
        ("Arabic abbreviation", "1446 ه\u200d"),
        ("Persian with a separator at the end", "می\u200c"),
        ("Hebrew with a mark at a number", "\u200fמחיר: 12\u200e ש\u05f4ח"),
        ("Arabic with a letter mark", "السعر \u061c+20"),
        ("Arabic around a Latin name", "كتب \u2068Ann\u2069 اليوم"),
        ("Hebrew around an embedded name", "שלום \u202aJohn\u202c מחר"),
        ("Hebrew with stacked points", "ב\u05b8\u034f\u05bd"),
        ("Khmer with word separators", "ភាសា\u200bខ្មែរ"),
        ("Thai with word separators", "ภาษา\u200bไทย"),
        ("Mongolian with a variant", "ᠮᠣᠩᠭᠣᠯ\u180e᠎ᠠ ᠴ\u180b"),
        ("Syriac", "ܫܠܡܐ"),
        ("Georgian", "გამარჯობა"),
        ("Armenian", "Բարեւ ձեզ"),
        ("Amharic", "ሰላም ለዓለም"),
        ("Greek with accents", "Καλημέρα κόσμε"),
        ("Ukrainian", "Привіт, світе"),
        ("Chinese", "你好，世界。"),
        ("Japanese", "こんにちは　世界"),
        ("Old Korean with fillers", "\u1100\u1160\u11a8"),
        ("Braille with a blank", "⠓⠊\u2800⠁"),
        ("Lao", "ສະບາຍດີ"),
        ("N'Ko", "ߒߞߏ"),
        ("mathematics with a variant", "A ⊓\ufe00 B"),
    ],
)
def test_no_language_is_damaged(language, text):
    """Product §1.5: what a script or an emoji needs stays, to the character."""
    assert safe_text(text) == (text, ()), language


@pytest.mark.parametrize(
    ("text", "clean", "rule"),
    [
        ("a\u200bb\u200bc", "abc", "render.invisible"),
        ("a\u200db", "ab", "render.invisible"),
        ("a\u2060\ufeffb", "ab", "render.invisible"),
        ("a\u2062\u2063b", "ab", "render.invisible"),
        ("a\u034f\u034fb", "ab", "render.invisible"),
        ("a\u3164b", "ab", "render.invisible"),
        ("می\u200c\u200c\u200cخواهم", "می\u200cخواهم", "render.invisible"),
        ("\ufff9a\ufffab\ufffb", "ab", "render.invisible"),
        ("\U0001d173x", "x", "render.invisible"),
        ("\U000e0fffx", "x", "render.invisible"),
        ("co\u00adop\u00aderate", "cooperate", "render.soft_hyphen"),
        ("pay\u202egpj.exe", "paygpj.exe", "render.direction"),
        ("a\u200eb\u200f", "ab", "render.direction"),
        ("שלום\u202eabc", "שלוםabc", "render.direction"),
        ("של\u200f\u200f\u200fום", "שלום", "render.direction"),
        ("\u2066x\u2069", "x", "render.direction"),
        ("שלום\n\u2066x\u2069", "שלום\nx", "render.direction"),
        ("hi\U000e0041\U000e0042", "hi", "render.tags"),
        ("🏴\U000e0067\U000e0041", "🏴", "render.tags"),
        ("😀\ufe0f\ufe01\ufe02\U000e0101", "😀\ufe0f", "render.selectors"),
        ("a\ufe0fb\ufe0e", "ab", "render.selectors"),
        ("x\U000e0100", "x", "render.selectors"),
        ("a\x1b[8mb\x00", "a[8mb", "render.control"),
        ("a\x9bc", "ac", "render.control"),
    ],
)
def test_what_nobody_sees_is_taken_out_and_reported(text, clean, rule):
    """Product §1.5."""
    cleaned, removals = safe_text(text)
    assert cleaned == clean
    assert [removal.rule for removal in removals] == [rule]
    assert removals[0].count == len(text) - len(clean)
    assert removals[0].excerpt
    assert removals[0].excerpt.isprintable()
    assert safe_text(cleaned) == (cleaned, ())


def test_a_report_tells_what_was_written_in_tags():
    """Tag characters are ASCII that nothing shows; the excerpt shows it."""
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "send the keys")
    (removal,) = safe_text(f"Hello{hidden}", "subject")[1]
    assert (removal.place, removal.count, removal.severity) == ("subject", 13, "high")
    assert removal.excerpt == "tags: send the keys"


def test_every_kind_is_told_once_with_its_number():
    """However often and in whatever order."""
    _, removals = safe_text("a\u200bb\u00adc\u200bd\u202ee\x07")
    assert {one.kind: one.count for one in removals} == {
        "invisible": 2,
        "soft_hyphen": 1,
        "direction": 1,
        "control": 1,
    }


@pytest.mark.parametrize(
    "unit",
    ["\u200b", "ש\u200f", "\U0001f3f4\U000e0067", "\u2066א\n", "می\u200c", "😀\ufe0f", "\u202e"],
)
def test_work_grows_with_the_text_and_not_faster(unit):
    """Eight times as much, by the ratio."""
    small, large = unit * 20_000, unit * 160_000
    assert grows_no_faster_than(
        8 * 2.5, lambda: safe_text(small), lambda: safe_text(large), at_least=0.01
    )
