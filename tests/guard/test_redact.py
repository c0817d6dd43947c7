import base64

import pytest

from guard.eval.mails import mail
from guard.specimens import fill
from mailcore.policy import Ruling
from tests.support.registered import registered

SECRET = "hunter2-Xk9!"


@pytest.mark.parametrize(
    "text",
    [
        f"the password is {SECRET} ok",
        f"Grüße, das Passwort ist {SECRET}",
        "the pass\u200bword is hun\u200bter2-Xk9!",
        base64.b64encode(f"the password is {SECRET}".encode()).decode(),
        f"the password is {SECRET}"[::-1],
        "\n".join(f"password: pw{n}-Zx{n}!" for n in range(90)),
        "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----",
        fill("key AKIA{u16} and {s40}"),
        fill("ghp_{b18}\n{b18}"),
    ],
)
def test_what_remains_would_not_be_held(guard, judge, text):
    """A notice never quotes what the guard holds."""
    remains = guard.redact(text)
    assert judge(mail(text=remains)).ruling is Ruling.ALLOW


def test_only_the_secret_is_hidden(guard):
    """The rest stays readable, accents included."""
    assert guard.redact(f"Grüße! password: {SECRET} bis bald") == "Grüße! password: •••••• bis bald"


def test_the_body_of_a_private_key_is_hidden(guard):
    """From its first line to its last."""
    text = "a\n-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\nb"
    assert "MIIabc" not in guard.redact(text)
    assert guard.redact(text).endswith("\nb")


def test_harmless_text_is_left_alone(guard):
    """Octet for octet."""
    text = "Grüße aus Köln\r\n\r\nsee you — tomorrow 👋🏽"
    assert guard.redact(text) == text


@pytest.mark.parametrize(
    "text", ["see (Tr33-frog) now", "Tr\u200b33-frog", "VHIzMy1mcm9n is it", "gorf-33rT"]
)
def test_a_known_secret_is_masked_in_any_form(guard, text):
    """It has no shape that a rule would know; the rest of a plain line stays."""
    remains = guard.redact(text, None, registered("Tr33-frog"))
    assert "33-frog" not in remains
    assert "VHIzMy1mcm9n" not in remains
    assert "gorf" not in remains
    assert guard.redact("see (Tr33-frog) now", None, registered("Tr33-frog")) == "see (••••••) now"
