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
