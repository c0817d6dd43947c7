import pytest

from guard.render import safe_text


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
        ("pay\u202egpj.exe", "paygpj.exe", "render.direction"),
        ("hi\U000e0041\U000e0042", "hi", "render.tags"),
        ("\u2066x\u2069", "x", "render.direction"),
    ],
)
def test_what_nobody_sees_is_taken_out_and_reported(text, clean, rule):
    """Product §1.5."""
    cleaned, findings = safe_text(text)
    assert cleaned == clean
    assert [finding.rule for finding in findings] == [rule]
