"""One-time codes and confirmation links are found; other numbers are not."""

from functools import partial

import pytest

from mailcore.message.codes import (
    MAX_FOUND,
    extract_codes,
    find_codes,
    find_links,
    find_validity,
)
from tests.support.effort import takes_at_most

CODES = [
    ("en", "Sign in", "Your verification code is 493817. It expires in 10 minutes.", "493817"),
    ("en", "Your login code", "Hello,\n\n   739 201\n\nDo not share it.", "739201"),
    ("en", "493817 is your Example verification code", "Hello", "493817"),
    ("en", "Google", "G-481516 is your Google verification code.", "481516"),
    ("en", "Slack", "Your confirmation code is below.\n\nHDK-QWZ\n", "HDK-QWZ"),
    ("en", "Steam", "Here is the access code you need:\n\nK7PQ2\n", "K7PQ2"),
    ("en", "Hi", "Enter this one-time passcode: 4821", "4821"),
    ("en", "Hi", "Use code 90412377 to log in", "90412377"),
    ("de", "Anmeldung", "Ihr Bestätigungscode lautet: 204815", "204815"),
    ("de", "Ihr Code", "Geben Sie diesen Code ein: 5580", "5580"),
    ("fr", "Connexion", "Votre code de vérification est 663120.", "663120"),
    ("es", "Acceso", "Tu código de verificación es 118734", "118734"),
    ("pt", "Acesso", "Seu código de confirmação: 774102", "774102"),
    ("it", "Accesso", "Il tuo codice di verifica è 350916", "350916"),
    ("nl", "Inloggen", "Je verificatiecode is 881204.", "881204"),
    ("sv", "Logga in", "Din engångskod är 310277", "310277"),
    ("pl", "Logowanie", "Twój kod weryfikacyjny to 907714", "907714"),
    ("ru", "Вход", "Ваш код подтверждения: 440912. Никому не сообщайте его.", "440912"),
    ("tr", "Giriş", "Doğrulama kodunuz: 225819 (doğrulama kodu)", "225819"),
    ("zh", "登录", "您的验证码是123987，5分钟内有效。", "123987"),
    ("ja", "ログイン", "認証コード：８２０１３４を入力してください。", "820134"),
    ("ko", "로그인", "인증번호는 556677 입니다.", "556677"),
    ("ar", "دخول", "رمز التحقق الخاص بك هو ٤٥٦٧٨٩", "456789"),
]

NO_CODES = [
    ("phone", "Call me", "My number is +1 555 123 4567 or (555) 123-4567."),
    ("phone after code", "Hi", "Use the code word banana. Phone: 555-123-4567"),
    ("price", "Offer", "Only $1299 or 1299 EUR, was 1,499.00"),
    ("year", "Newsletter", "© 2024 Example Inc. Since 1998 we verify quality."),
    ("order", "Your order 482913", "Order #482913 has shipped. Tracking number 99120034."),
    ("invoice", "Invoice", "Invoice 20231187 is due on 2024-03-01 at 12:30."),
    ("postcode", "Visit", "Our zip code 90210, Beverly Hills"),
    ("discount", "Sale", "Use promo code SAVE20 or discount code 202020 today"),
    ("url", "Hi", "See https://example.org/code/493817?pin=123456"),
    ("address", "Hi", "Your verification code comes from 493817@example.org"),
    ("plain", "Report", "We counted 493817 birds.\n\n493818\n"),
    ("german order", "Bestellung", "Ihre Bestellnummer: 774102"),
    ("date", "Meeting", "The code review is on 12.05.2024 at 10:30"),
]


@pytest.mark.parametrize(("language", "subject", "text", "code"), CODES)
def test_a_code_is_found(language: str, subject: str, text: str, code: str) -> None:
    """The code is the most likely one, in many languages and shapes."""
    found = find_codes(subject, text)
    assert found, language
    assert found[0].value == code
    assert 0.5 <= found[0].confidence < 1


@pytest.mark.parametrize(("what", "subject", "text"), NO_CODES)
def test_other_numbers_are_no_codes(what: str, subject: str, text: str) -> None:
    """Phone numbers, prices, years, order numbers, dates and URLs are left out."""
    assert find_codes(subject, text) == (), what


def test_the_code_comes_before_the_order_number() -> None:
    """In a message with several numbers the code is the one that is reported."""
    text = (
        "Hello Mia,\n\nyour one-time code for order 5512094 is\n\n  771203\n\n"
        "Questions? Call +49 30 1234567. © 2024\n"
    )
    assert [one.value for one in find_codes("Your one-time code", text)] == ["771203"]


def test_a_grouped_code_keeps_how_it_was_written() -> None:
    """What is typed has no space, what is shown has."""
    (code,) = find_codes("Login", "Your login code: 739-201")
    assert (code.value, code.written) == ("739201", "739-201")
    assert "login code" in code.context


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("It expires in 10 minutes.", 600),
        ("The link is valid for 24 hours and the code for 90 seconds; both expire.", 90),
        ("Der Code ist 15 Minuten gültig.", 900),
        ("有効期限は30分です", 1800),
        ("Код действителен 5 минут", 300),
        ("See you in 10 minutes", None),
    ],
)
def test_the_validity_is_what_the_message_says(text: str, seconds: int | None) -> None:
    """The shortest time in a line about validity."""
    assert find_validity(text) == seconds


def test_a_confirmation_link_is_found_in_html() -> None:
    """By its label, its address and its token; the footer's links are not it."""
    html = (
        '<p>Please confirm your address</p><a class=b href="https://app.example.org/verify'
        '?token=8f3kd93kfj39fjsl3&amp;x=1"><b>Confirm email</b></a>'
        '<a href="https://example.org/unsubscribe?u=1">Unsubscribe</a>'
        '<a href="https://example.org/blog">Read our blog</a>'
        '<a style="display:none" href="https://evil.example/verify?t=aaaaaaaaaaaaaaaaaaaa">Confirm</a>'
        '<a href="javascript:confirm(1)">Confirm</a>'
    )
    (link,) = find_links("", html, "no-reply@example.org")
    assert link.url == "https://app.example.org/verify?token=8f3kd93kfj39fjsl3&x=1"
    assert (link.kind, link.label, link.host) == ("confirm", "Confirm email", "app.example.org")
    assert link.is_sender_domain


def test_a_link_in_text_is_found_with_its_kind() -> None:
    """The words before a bare address say what it is for; its host may be a stranger's."""
    text = "To reset your password follow\nhttps://other.example/p/reset/AbCdEf0123456789xyz."
    (link,) = find_links(text, None, "help@example.org")
    assert link.url == "https://other.example/p/reset/AbCdEf0123456789xyz"
    assert link.kind == "reset"
    assert not link.is_sender_domain


def test_a_magic_link_is_a_login() -> None:
    """Signing in is told from confirming."""
    (link,) = find_links("", '<a href="https://example.org/m?t=abcdefghijklmnop12">Log in</a>')
    assert link.kind == "login"


@pytest.mark.parametrize(
    "text",
    [
        "1" * 500_000,
        "1 " * 250_000,
        "code 123456 " * 50_000,
        "verification code\n" * 30_000,
        "a-" * 250_000,
        "x@" * 250_000,
        "https://" * 60_000,
        "expires in " + "1 minute " * 60_000,
        "<a href=" * 60_000,
        "<a href='x'>" * 60_000,
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    """Half a megabyte of the worst is done soon, and little is reported."""
    read = partial(extract_codes, subject=text[:1000], text=text, html=text, sender="a@example.org")
    assert takes_at_most(2, read)
    found = read()
    assert len(found.codes) <= MAX_FOUND
    assert len(found.links) <= MAX_FOUND
