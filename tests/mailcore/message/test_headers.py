"""Reading and changing headers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import ErrorKind, MailError
from mailcore.message.headers import (
    Headers,
    decode_words,
    encode_phrase,
    encode_text,
    fold,
    parse_date,
    parse_mailboxes,
    parse_message_ids,
    prepend,
    remove,
    split,
)
from mailcore.model import MailboxAddress
from tests.support import mail_samples


def box(address: str, name: str = "") -> MailboxAddress:
    return MailboxAddress(name=name, address=address)


def test_split_keeps_values_as_they_stand_and_finds_the_body() -> None:
    """RFC 5322 §2.1."""
    raw = b"A: one\r\n two\r\nB:three\r\n\r\nbody"
    fields, start = split(raw)
    assert fields == [(b"A", b" one\r\n two"), (b"B", b"three")]
    assert raw[start:] == b"body"


@pytest.mark.parametrize(
    ("raw", "names", "body"),
    [
        (b"A: 1\nB: 2\n\nx", [b"A", b"B"], b"x"),
        (b"A: 1\r\ngarbage\r\nB: 2\r\n\r\nx", [b"A", b"B"], b"x"),
        (b" lost\r\nA: 1\r\n\r\nx", [b"A"], b"x"),
        (b"From me Fri\r\nA : 1\r\n\r\nx", [b"A"], b"x"),
        (b"\r\nA: 1\r\n", [], b"A: 1\r\n"),
        (b"A: 1", [b"A"], b""),
        (b"just text\r\n\r\nmore", [], b"just text\r\n\r\nmore"),
    ],
)
def test_split_takes_damaged_headers_as_they_come(
    raw: bytes, names: list[bytes], body: bytes
) -> None:
    """Lone LF, garbage, a first line with white space, no header at all."""
    fields, start = split(raw)
    assert ([name for name, _ in fields], raw[start:]) == (names, body)


def test_names_are_compared_without_case_and_the_first_value_wins() -> None:
    """RFC 5322 §1.2.2."""
    headers = Headers.read(b"SUBJECT: one\r\nsubject: two\r\n\r\n")
    assert headers.get("Subject") == "one"
    assert headers.all("subject") == ["one", "two"]
    assert headers.raw_all("Subject") == [b" one", b" two"]
    assert headers.get("To") is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?B?R3LDvMOfZQ==?= =?utf-8?q?_Ann?=", "Grüße Ann"),
        ("=?iso-8859-1?q?caf=E9?= table", "café table"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?utf-8?b?w?= =?utf-8?b?7w=?=", "\ufffd"),
        ("=?no-such?q?abc?=", "abc"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?q?bro ken?=", "bro ken"),
        ("=?utf-8?q?a=0D=0AX=3A_y?=", "a  X: y"),
        ("=?utf-7?q?+2AA-?=", "\ufffd"),
        ("plain ?= =? text", "plain ?= =? text"),
    ],
)
def test_encoded_words_are_decoded(written: str, read: str) -> None:
    """RFC 2047 §6.2; line breaks inside a word become spaces."""
    assert decode_words(written) == read


def test_a_character_cut_between_two_words_is_joined() -> None:
    """Seen in practice against RFC 2047 §5."""
    assert decode_words("=?utf-8?q?=C3?= =?utf-8?q?=BC?=") == "ü"


def test_raw_octets_are_utf8_or_else_windows_1252() -> None:
    """RFC 6532 §3.2."""
    assert decode_words("Köln".encode()) == "Köln"
    assert decode_words("Köln".encode("latin-1")) == "Köln"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ann@x.org", (box("ann@x.org"),)),
        ("Ann Ex <ann@x.org>, bob@x.org", (box("ann@x.org", "Ann Ex"), box("bob@x.org"))),
        ('"Ex, Ann" <ann@x.org>', (box("ann@x.org", "Ex, Ann"),)),
        ("ann@x.org (Ann (the) Ex)", (box("ann@x.org", "Ann (the) Ex"),)),
        (
            "Team: a@x.org, B <b@x.org>;, c@x.org",
            (box("a@x.org"), box("b@x.org", "B"), box("c@x.org")),
        ),
        ("undisclosed-recipients:;", ()),
        ('"john doe"@x.org', (box('"john doe"@x.org'),)),
        ("<@relay.org,@two.org:ann@x.org>", (box("ann@x.org"),)),
        ("ann@[IPv6:::1]", (box("ann@[IPv6:::1]"),)),
        ("=?utf-8?q?M=C3=BC=2C_x?= <m@x.org>", (box("m@x.org", "Mü, x"),)),
        ("a@good.org <b@evil.org>", (box("b@evil.org", "a@good.org"),)),
        ("<a@good.org> <b@evil.org>", (box("a@good.org"), box("b@evil.org"))),
        ("John Smith john@x.org", (box("john@x.org", "John Smith"),)),
        ("Ann <ann@x.org", (box("ann@x.org", "Ann"),)),
        ("root", (box("root"),)),
        ("<>", ()),
        (", ,;", ()),
    ],
)
def test_address_lists_are_read(written: str, read: tuple[MailboxAddress, ...]) -> None:
    """RFC 5322 §3.4 and §4.4."""
    assert parse_mailboxes(written) == read


def test_a_decoded_name_cannot_become_an_address() -> None:
    """The syntax is read before encoded words are decoded."""
    raw = b"From: =?utf-8?q?boss=40bank=2Eexample=3E=2C?= <a@evil.example>\r\n\r\n"
    assert Headers.read(raw).mailboxes("From") == (box("a@evil.example", "boss@bank.example>,"),)


@pytest.mark.parametrize(
    "hostile",
    [
        '"' * 100000,
        '"\\' * 50000,
        "(" * 100000,
        "<" * 100000,
        ":" * 100000,
        "[" * 100000,
        "a," * 50000,
        "a:;" * 40000,
        '\\"' * 50000,
        "@" * 100000,
        "<a@b" * 25000,
        " " * 100000,
    ],
    ids=repr,
)
@pytest.mark.timeout(20)
def test_hostile_address_lists_end(hostile: str) -> None:
    """Linear time and a bounded result."""
    assert len(parse_mailboxes(hostile)) <= 1000


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Fri, 05 Jan 2024 12:30:00 +0100", datetime(2024, 1, 5, 11, 30, tzinfo=UTC)),
        ("5 Jan 24 12:30 EST", datetime(2024, 1, 5, 17, 30, tzinfo=UTC)),
        ("Fri, 5 Jan 2024 12:30:00 -0000 (comment)", datetime(2024, 1, 5, 12, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("Fri, 99 Jan 2024 12:30:00 +0100", None),
        (None, None),
    ],
)
def test_dates_are_read_in_utc(written: str | None, at: datetime | None) -> None:
    """RFC 5322 §3.3 and §4.3."""
    assert parse_date(written) == at


def test_message_ids_lose_their_brackets_and_repetitions() -> None:
    """RFC 5322 §3.6.4."""
    assert parse_message_ids("<a@b>\r\n <c@d><a@b> text") == ("a@b", "c@d")
    assert parse_message_ids("a@b") == ("a@b",)
    assert parse_message_ids("<a@\r\n b>") == ("a@b",)
    assert parse_message_ids("<<<>") == ()


def test_many_message_ids_keep_the_first_and_the_last() -> None:
    """The root names the thread, the last ones the parents."""
    ids = parse_message_ids("".join(f"<{number}@x>" for number in range(1000)))
    assert (len(ids), ids[0], ids[-1]) == (200, "0@x", "999@x")


def test_prepend_folds_and_leaves_the_message_untouched() -> None:
    """RFC 5322 §2.1.1 and §2.2.3."""
    raw = mail_samples.plain()
    words = " ".join(["word"] * 40)
    changed = prepend(raw, [("Received", words), ("X-A", "1")])
    assert changed.endswith(raw)
    ours = changed[: -len(raw)]
    assert max(map(len, ours.split(b"\r\n"))) <= 78
    assert Headers.read(changed).get("Received") == words


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y", "a\nb", "a\rb", "a\0b"])
def test_prepend_refuses_line_breaks(value: str) -> None:
    """A value cannot become a second field."""
    with pytest.raises(MailError) as caught:
        prepend(b"A: b\r\n\r\n", [("X-A", value)])
    assert caught.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize("name", ["", "A B", "A:", "Ä"])
def test_prepend_refuses_what_is_no_field_name(name: str) -> None:
    """RFC 5322 §3.6.8."""
    with pytest.raises(MailError):
        prepend(b"", [(name, "x")])


def test_a_continuation_at_the_start_cannot_reach_our_last_field() -> None:
    """The first received line is kept from continuing what we wrote."""
    changed = prepend(b" evil\r\nFrom: a@b\r\n\r\nx", [("X-Ours", "clean")])
    assert Headers.read(changed).get("X-Ours") == "clean"
    assert changed.endswith(b" evil\r\nFrom: a@b\r\n\r\nx")


def test_text_without_a_header_becomes_the_body() -> None:
    """What has no field must not end up inside the header."""
    changed = prepend(b"only text\r\n", [("X-Ours", "1")])
    assert changed[Headers.read(changed).body_start :] == b"only text\r\n"


def test_remove_takes_whole_fields_and_nothing_else() -> None:
    """Continuation lines go with their field."""
    raw = b"A: 1\r\nX-Bad: a\r\n b\r\n\tc\r\njunk\r\nx-bad: z\nB: 2\r\n\r\nX-Bad: body\r\n"
    cleaned = remove(raw, lambda name, value: name.lower() == b"x-bad")
    assert cleaned == b"A: 1\r\njunk\r\nB: 2\r\n\r\nX-Bad: body\r\n"


def test_remove_sees_the_value() -> None:
    """The predicate gets the raw value."""
    raw = b"A: 1\r\nA: 2\r\n\r\n"
    assert remove(raw, lambda name, value: value == b" 1") == b"A: 2\r\n\r\n"
    assert remove(raw, lambda name, value: False) is raw


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ann Example", "Ann Example"),
        ("Example, Ann", '"Example, Ann"'),
        ('say "hi" \\', '"say \\"hi\\" \\\\"'),
        ("Jörg", "=?utf-8?b?SsO2cmc=?="),
        ("Zoë van der Berg", "=?utf-8?q?Zo=C3=AB_van_der_Berg?="),
        ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?="),
    ],
)
def test_display_names_are_written_safely(name: str, written: str) -> None:
    """RFC 5322 §3.2.5 and RFC 2047 §5."""
    assert encode_phrase(name) == written
    assert parse_mailboxes(f"{written} <a@b.c>") == (box("a@b.c", name),)


@pytest.mark.parametrize("value", ["ü" * 300, "東京 " * 100, "a" * 2000, "x " * 50 + "é", " lead"])
def test_encoded_text_folds_into_short_lines_and_reads_back(value: str) -> None:
    """RFC 2047 §2: words of at most 75, lines of at most 76."""
    line = fold("Subject", encode_text(value))
    assert max(map(len, line.split(b"\r\n"))) <= 76
    assert decode_words(line.partition(b":")[2]) == value


def test_encoded_words_survive_their_own_reading() -> None:
    """A header value read and written again stays itself."""
    assert encode_text("plain ascii") == "plain ascii"
    with pytest.raises(MailError):
        encode_text("a\nb")


@given(
    name=st.sampled_from(["A", "Received", "X" * 60, "X" * 78]),
    words=st.lists(st.integers(0, 1000).map("w".__mul__), max_size=30),
)
def test_folding_changes_white_space_only(name: str, words: list[str]) -> None:
    """RFC 5322 §2.2.3: unfolded it is the same, and lines are short where words are."""
    value = " ".join(words)
    folded = fold(name, value).decode()
    assert folded.replace("\r\n", "") == f"{name}: {value}"
    if max(map(len, words), default=0) < 70 and len(name) < 9:
        assert max(map(len, folded.split("\r\n"))) <= 78
