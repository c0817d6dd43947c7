"""Properties of the message package over arbitrary input."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from mailcore.address import try_address
from mailcore.message.analyze import analyze
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.message.dsn import parse as parse_report
from mailcore.message.headers import (
    Headers,
    decode_words,
    encode_phrase,
    encode_text,
    fold,
    parse_mailboxes,
    prepend,
    remove,
    split,
)
from mailcore.message.parse import leaves, readable, received_hops
from mailcore.message.structure import body, dump, load, scan
from mailcore.message.text import first_written_line, html_to_text, preview, reply_text, unflow
from mailcore.model import MailboxAddress

_TOKENS = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b'"', b"(", b")", b"<", b">", b",", b"@"]
_TOKENS += [b"--b", b"--", b"b", b"--c", b"=", b"=?utf-8?q?", b"?=", b"\\", b"\xff", b"\x00", b"a"]
_TOKENS += [b"From", b"To", b"Content-Type: ", b"multipart/mixed", b"boundary=b", b"boundary=c"]
_TOKENS += [b"message/rfc822", b"text/html", b"text/plain", b"Content-Transfer-Encoding: base64"]
_TOKENS += [
    b"Content-Disposition: attachment; filename*0*=x''%",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
]
_TOKENS += [b"message/delivery-status", b"Final-Recipient: rfc822; ", b"Received: from x by y; "]

mailish = st.lists(st.sampled_from(_TOKENS), max_size=60).map(b"".join)
anything = st.one_of(mailish, st.binary(max_size=400))
printable = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\u0085"),
    max_size=120,
)
prose = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=400
)


@given(anything)
def test_any_octets_have_facts_and_every_view(raw: bytes) -> None:
    """Nothing raises, whatever comes."""
    facts = analyze(raw)
    assert facts.size_bytes == len(raw)
    assert load(facts.parts) == scan(raw)
    readable(raw)
    received_hops(raw)
    parse_report(raw)
    for text in (facts.subject, facts.preview, *(leaf.text or "" for leaf in leaves(raw))):
        text.encode("utf-8")


@given(anything)
def test_offsets_nest_and_slice_back(raw: bytes) -> None:
    """Children lie inside their parent's body, in order and apart from each other."""
    root = scan(raw)
    assert (root.header_start, root.body_end) == (0, len(raw))
    for part in root.walk():
        assert part.header_start <= part.body_start <= part.body_end
        position = part.body_start
        for child in part.children:
            assert position <= child.header_start
            assert child.body_end <= part.body_end
            position = child.body_end
    body(root, extended=True)
    assert load(dump(root)) == root


@given(anything)
def test_parentheses_of_structures_balance_outside_strings(raw: bytes) -> None:
    """A client can read what is rendered, whatever it was rendered from."""
    facts = analyze(raw)
    for rendered in (facts.envelope, facts.body, facts.body_structure):
        assert _depth_at_end(rendered) == 0


def _depth_at_end(rendered: bytes) -> int:
    depth = position = 0
    while position < len(rendered):
        octet = rendered[position : position + 1]
        if octet == b'"':
            position += 1
            while rendered[position : position + 1] != b'"':
                position += 2 if rendered[position : position + 1] == b"\\" else 1
        elif octet == b"{":
            end = rendered.index(b"}\r\n", position)
            position = end + 2 + int(rendered[position + 1 : end])
        depth += (octet == b"(") - (octet == b")")
        position += 1
    return depth


@given(anything, st.sampled_from([b"from", b"to", b"a", b"content-type"]))
def test_removing_fields_leaves_a_subsequence(raw: bytes, name: bytes) -> None:
    """What goes are whole fields; what stays are all other fields."""
    cleaned = remove(raw, lambda found, value: found.lower() == name)
    kept = [field for field in split(raw)[0] if field[0].lower() != name]
    assert len(cleaned) <= len(raw)
    if kept:
        assert split(cleaned)[0] == kept


@given(anything, printable)
def test_prepended_fields_read_back_and_the_rest_is_untouched(raw: bytes, value: str) -> None:
    """The received octets are the end of the result, and our field is its first."""
    changed = prepend(raw, [("X-First", encode_text(value)), ("X-Last", "end")])
    assert changed.endswith(raw)
    headers = Headers.read(changed)
    assert headers.get("X-First") == value
    assert headers.get("X-Last") == "end"


@given(printable)
def test_header_text_reads_back(value: str) -> None:
    """Encoded, folded, unfolded and decoded it is the same."""
    field = fold("Subject", encode_text(value))
    assert max(map(len, field.split(b"\r\n"))) <= 998
    assert Headers.read(field + b"\r\n").get("Subject") == value


@given(printable)
def test_display_names_read_back(name: str) -> None:
    """A name can be anything without reaching the address."""
    written = f"{encode_phrase(name)} <a@b.example>"
    (mailbox,) = parse_mailboxes(written)
    assert mailbox.address == "a@b.example"
    assert mailbox.name == " ".join(name.split())


@given(st.text(max_size=300))
def test_any_text_is_an_address_list(value: str) -> None:
    """Nothing raises, and what is found can be stored."""
    for mailbox in parse_mailboxes(value):
        mailbox.address.encode("utf-8")
        mailbox.name.encode("utf-8")
        try_address(mailbox.address)


@given(st.text(max_size=300))
def test_any_text_has_previews_replies_and_words(text: str) -> None:
    """The text functions take everything."""
    assert len(preview(text)) <= 200
    reply_text(text)
    unflow(text)
    assert "\n" not in first_written_line(text)
    decode_words(text).encode("utf-8")
    html_to_text(text).encode("utf-8")


@settings(max_examples=60)
@given(
    text=prose,
    html=st.one_of(st.none(), prose),
    subject=printable,
    filename=printable.filter(
        lambda name: name == name.strip() and "/" not in name and "\\" not in name
    ),
    content=st.binary(max_size=300),
)
def test_what_is_composed_arrives(
    text: str, html: str | None, subject: str, filename: str, content: bytes
) -> None:
    """Text, subject, file name and file are the same after writing, scanning and decoding."""
    outline = Outline(
        sender=MailboxAddress(name=subject, address="a@b.example"),
        to=(MailboxAddress(name="", address="c@d.example"),),
        subject=subject,
        text=text,
        html=html,
        attachments=(
            OutgoingAttachment(filename=filename, content_type="application/x", content=content),
        ),
        message_id="<1@b.example>",
        date=datetime(2024, 1, 5, tzinfo=UTC),
    )
    raw = render(outline)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    found = leaves(raw)
    assert _lines(found[0].text) == _lines(text)
    assert html is None or _lines(found[1].text) == _lines(html)
    assert (found[-1].filename, found[-1].payload) == (filename, content)
    assert analyze(raw).subject == subject


def _lines(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").removesuffix("\n")
