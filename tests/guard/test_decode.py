import base64
import binascii
import codecs

import pytest

from guard.decode import Decoder, Passage, rejoined
from guard.folding import latin, plain, plain_with_origins
from guard.rule import Scope

SECRET = "the database password is hunter2-Xk9!"


def readings(text: str) -> set[str]:
    read = Decoder().read(Passage(place="text", text=text))
    return {reading.octets.decode() for reading in read.readings}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ｐａｓｓ１２３", "pass123"),
        ("hun\u200bter\u00ad2", "hunter2"),
        ("tags\U000e0041\U000e0042", "tags"),
        ("Contraseña", "Contrasena"),
        ("a\u2013b\u2011c", "a-b-c"),
        ("\u0661\u0662\u0663", "123"),
        ("a\x00b\r\nc", "ab\nc"),
        ("пароль", "пароль"),
    ],
)
def test_disguise_is_taken_off(text, folded):
    """Invisible, full-width, accented and foreign forms read the same."""
    assert plain(text) == folded


def test_lookalikes_become_latin():
    """Cyrillic and Greek letters that look Latin."""
    assert latin(plain("раsswоrd")) == "password"


def test_origins_lead_back_to_characters():
    """Every folded octet knows its character."""
    text = "Grüße\r\nｘ\u200by"
    octets, origins = plain_with_origins(text)
    assert octets.decode() == plain(text)
    assert text[origins[octets.index(b"x")]] == "ｘ"


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(SECRET.encode()).decode(),
        "xyz" + base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        base64.b32encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        " ".join(f"{octet:02X}" for octet in SECRET.encode()),
        "".join(f"\\x{octet:02x}" for octet in SECRET.encode()),
        "".join(f"%{octet:02X}" for octet in SECRET.encode()),
        "".join(f"={octet:02X}" for octet in SECRET.encode()),
        "".join(f"&#{octet};" for octet in SECRET.encode()),
        "".join(f"&#x{octet:x}" for octet in SECRET.encode()),
        "".join(f"\\u{octet:04x}" for octet in SECRET.encode()),
        " ".join(str(octet) for octet in SECRET.encode()),
        SECRET[::-1],
        codecs.encode(SECRET, "rot13"),
        "  ".join(" ".join(word) for word in SECRET.split()),
        base64.b64encode(base64.b64encode(SECRET.encode())).decode(),
        base64.b64encode(SECRET.encode("utf-16-le")).decode(),
        base64.b64encode(SECRET.encode() + b"\x00\xff").decode(),
        "".join(f"\\{octet:03o}" for octet in SECRET.encode()),
        "".join(f"\\\\u{octet:04x}" for octet in SECRET.encode()),
        " ".join(f"{octet:08b}" for octet in SECRET.encode()),
        base64.a85encode(SECRET.encode(), adobe=True).decode(),
        "\n00000000: 7468 6520 6461 7461 6261 7365 2070 6173  the database pas\n"
        "00000010: 7377 6f72 6420 6973 2068 756e 7465 7232  sword is hunter2\n"
        "00000020: 2d58 6b39 21                             -Xk9!\n",
        "\nbegin 644 a.txt\n" + binascii.b2a_uu(SECRET.encode()).decode() + "`\nend\n",
        "\n" + "\n".join(SECRET),
        "the database pass\\\nword is hunter2-Xk9!",
    ],
)
def test_every_encoding_is_undone(encoded):
    """The text is among the readings."""
    assert any(SECRET in reading for reading in readings(f"see: {encoded}\n"))


def test_octets_escaped_one_by_one_are_the_letters_they_make():
    text = "пароль: Волга77x"
    for form in ("\\{:03o}", "\\x{:02x}"):
        assert text in readings("".join(form.format(octet) for octet in text.encode()))


def test_quotes_and_line_ends_inside_quoted_text_are_undone():
    """As JSON writes them, also twice over."""
    assert 'a "b"\nc' in readings('a \\"b\\"\\nc')
    assert 'a "b"\nc' in readings('a \\\\\\"b\\\\\\"\\\\nc')


def test_an_encoded_archive_is_handed_on():
    """Base64 that holds a gzip file is no text; it is opened elsewhere."""
    blob = b"\x1f\x8b\x08\x00" + bytes(range(200))
    read = Decoder().read(Passage(place="text", text=base64.b64encode(blob).decode()))
    assert read.blobs == [blob]


def test_encoding_without_end_is_reported():
    """Beyond the depth limit nothing is taken for clean."""
    text = SECRET.encode()
    for _ in range(7):
        text = base64.b64encode(text)
    read = Decoder().read(Passage(place="text", text=text.decode()))
    assert read.left_unread


def test_lines_of_equal_signs_are_no_encoding():
    """A rule of `=====` in plain text, which a decoder of quoted-printable would shorten line by line."""
    text = f"News of the week\n{'=' * 60}\nThe harbour opens again.\n{'=' * 60}\nUntil then\n"
    read = Decoder().read(Passage(place="text", text=text))
    assert not read.left_unread
    assert not [reading for reading in read.readings if "quoted" in reading.how]


def test_a_soft_break_inside_a_line_of_text_is_undone():
    """`=` at the end of a line and `=3D` inside, as quoted-printable writes them."""
    assert any("a password=hunter2" in text for text in readings("a pass=\nword=3Dhunter2 here\n"))


def test_only_distinct_rules_apply_to_text_without_white_space():
    """The reading of joined lines is marked so."""
    read = Decoder().read(Passage(place="text", text="some words and\nmore words"))
    joined = [r for r in read.readings if r.octets == b"somewordsandmorewords"]
    assert [reading.scope for reading in joined] == [Scope.DISTINCT]


def test_lines_filled_with_words_to_a_narrow_width_are_read_as_one():
    """A word that the width cut is whole again; words that it parted keep their space."""
    ways = rejoined("the password of the\nserver is Otter-Bay-\n77x, keep it in mind")
    assert any("is Otter-Bay-77x" in one for one in ways)
    assert any("of the server is" in one for one in ways)


def test_lines_of_a_list_are_not_joined():
    assert rejoined("Apples\nPears\nA much longer line of text") == []


def test_spaced_letters_of_any_script_are_closed_up_where_they_stand():
    """What stands around the run stays around it."""
    assert "номер:пароль77, ok" in readings("номер: п а р о л ь 7 7, ok")
    assert "K=ed14d4eb D_APP=79433a" in readings("K=e d 1 4 d 4 e b D_APP=7 9 4 3 3 a")


def test_words_of_a_script_without_spaces_are_no_spaced_letters():
    spaced = Decoder().read(Passage(place="x", text="パス は 東京 です と まま か ね"))
    assert not [one for one in spaced.readings if "spaced" in one.how]


def test_a_hexadecimal_run_behind_a_word_that_ends_like_one_is_read():
    assert "das Geheimnis" in readings("as discussed\n\n" + b"das Geheimnis".hex())


def test_only_what_an_escape_changed_is_turned_again():
    """The other paragraphs are read reversed already, as they stand."""
    text = "The lamps arrive on Monday.\n\nThe key=3A hunter2-Xk9!"
    read = Decoder().read(Passage(place="text", text=text)).readings
    reversed_ones = {one.how: one.octets.decode() for one in read if "reversed" in one.how}
    assert reversed_ones["reversed"] == text[::-1]
    assert reversed_ones["quoted-printable, reversed"] == "The key: hunter2-Xk9!"[::-1]
