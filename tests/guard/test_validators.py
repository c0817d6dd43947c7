import pytest

from guard import checksums
from guard.entropy import is_placeholder, is_random
from guard.specimens import fill, github_token, own_key
from guard.validators import own_key_checksum_ok


@pytest.mark.parametrize("role", ["master", "approver", "agent", "inbox"])
def test_own_keys_carry_a_check_sum(role):
    """The last six characters are the base-62 CRC-32 of the rest."""
    assert own_key_checksum_ok(own_key(role))


def test_a_changed_own_key_fails_its_check_sum():
    """One wrong character is noticed."""
    key = own_key("agent")
    other = "A" if key[12] != "A" else "B"
    assert not own_key_checksum_ok(key[:12] + other + key[13:])


def test_the_check_sum_is_padded_to_six_characters():
    """A small CRC keeps its leading zeros."""
    assert checksums.base62_crc32("") == "000000"


def test_github_tokens_are_checked():
    """The published check sum of classic tokens."""
    assert checksums.github_checksum_ok(github_token())
    assert not checksums.github_checksum_ok(fill("ghp_{b36}"))


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "378282246310005",
        "6011000990139424",
        "30569309025904",
        "3530111333300000",
    ],
)
def test_cards_of_every_length_pass(number):
    """Luhn, issuer range and length (ISO/IEC 7812-1)."""
    assert checksums.card_ok(number)


@pytest.mark.parametrize(
    "number", ["4111111111111112", "9111111111111111", "411111111111111", "0" * 16]
)
def test_other_digits_are_no_card(number):
    """Wrong check digit, issuer or length."""
    assert not checksums.card_ok(number)


@pytest.mark.parametrize("iban", ["DE89370400440532013000", "BE68539007547034", "NO9386011117947"])
def test_ibans_pass(iban):
    """ISO 13616."""
    assert checksums.iban_ok(iban)
    assert not checksums.iban_ok(iban[:-1] + str((int(iban[-1]) + 1) % 10))


def test_documented_sample_keys_are_placeholders():
    """Vendors print these in their manuals."""
    assert is_placeholder("AKIAIOSFODNN7EXAMPLE")
    assert is_placeholder("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def test_a_stand_in_word_behind_a_real_token_does_not_hide_it():
    """Appending EXAMPLE to a key must not turn it into a sample."""
    assert not is_placeholder(fill("{b40}") + "EXAMPLE")


@pytest.mark.parametrize("template", ["{b32}", "{h40}", "{s44}", "{l24}"])
def test_drawn_strings_look_random(template):
    """Whatever the alphabet."""
    assert all(is_random(fill(template, str(salt))) for salt in range(50))


@pytest.mark.parametrize(
    "text",
    ["release-notes-for-customers", "aaaaaaaaaaaaaaaaaaaaaaaa", "configuration-of-the-client"],
)
def test_words_do_not_look_random(text):
    """Names are no secrets."""
    assert not is_random(text)
