"""The IMAP wire and parser on anything at all."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from imapd import modutf7, seqset
from imapd.parser import BadCommand, Parsed, parse
from imapd.responses import string
from imapd.wire import Continue, Frame, Framer, Refused, WireError, after_login

LIMITS = after_login(1000)
words = st.sampled_from(
    b'FETCH STORE SEARCH UID LIST LOGIN APPEND ID STATUS ( ) [ ] < > " \\ * % {3+}\r\nabc 1:* '
    b"BODY[ HEADER.FIELDS FLAGS \\Seen OR NOT FROM CHARSET 1-Feb-2026 + - , NIL".split(b" ")
)
lines = st.lists(words | st.binary(max_size=5), max_size=12).map(b" ".join)


def steps(octets: bytes, cuts: list[int]) -> list[object]:
    """What comes of octets that arrive in pieces."""
    framer = Framer(LIMITS)
    found: list[object] = []
    edges = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    try:
        for start, end in pairwise(edges):
            framer.feed(octets[start:end])
            while (step := framer.next_frame()) is not None:
                found.append(step)
    except WireError as error:
        found.append(error.message)
    return found


@given(lines.map(lambda line: b"a " + line + b"\r\n"))
def test_any_line_is_a_command_or_a_bad_with_its_tag(octets: bytes) -> None:
    """RFC 9051 §7.1.3: nothing else can come of it."""
    for step in steps(octets, []):
        if isinstance(step, Frame):
            assert understood(step)


def understood(frame: Frame) -> bool:
    """Whether a frame is a command, or a BAD whose text can be shown."""
    try:
        return isinstance(parse(frame), Parsed)
    except BadCommand as error:
        return error.message.isprintable()


@given(st.lists(lines, max_size=4), st.lists(st.integers(0, 10_000), max_size=8))
def test_packets_make_no_difference(commands: list[bytes], cuts: list[int]) -> None:
    """The same octets give the same frames, however they are cut."""
    octets = b"".join(b"a " + one + b"\r\n" for one in commands)
    assert steps(octets, cuts) == steps(octets, [])


@given(st.binary(max_size=300))
def test_any_octets_are_framed_or_end_the_stream(octets: bytes) -> None:
    """Only the three steps and WireError exist."""
    for step in steps(octets, []):
        assert isinstance(step, Frame | Continue | Refused | str)


@given(st.text(max_size=60).filter(lambda name: not any(0xD800 <= ord(c) < 0xE000 for c in name)))
def test_names_survive_modified_utf7(name: str) -> None:
    """RFC 3501 §5.1.3."""
    assert modutf7.decode(modutf7.encode(name)) == name


@given(st.binary(max_size=40))
def test_octets_that_decode_are_the_only_spelling(octets: bytes) -> None:
    """RFC 3501 §5.1.3: decoding is the inverse of encoding or refuses."""
    try:
        name = modutf7.decode(octets)
    except ValueError:
        return
    assert modutf7.encode(name) == octets


@given(st.sets(st.integers(1, 300)))
def test_sets_survive_rendering(numbers: set[int]) -> None:
    """RFC 9051 §9 sequence-set."""
    ranges = seqset.of_numbers(sorted(numbers))
    if not numbers:
        assert ranges == []
        return
    read = seqset.parse(seqset.render(ranges)).resolve(max(numbers))
    assert {n for low, high in read for n in range(low, high + 1)} == numbers
    assert read == seqset.merge(read)


@given(st.binary(max_size=60).filter(lambda value: b"\x00" not in value))
def test_strings_survive_the_wire(value: bytes) -> None:
    """RFC 9051 §4.3: what we quote, a parser reads back."""
    rendered = string(value).replace(b"}\r\n", b"+}\r\n", 1 if string(value)[:1] == b"{" else 0)
    (frame,) = steps(b"a LOGIN x " + rendered + b"\r\n", [])
    assert isinstance(frame, Frame)
    command = parse(frame).command
    assert getattr(command, "password", None) == value.decode("utf-8", "replace")
