"""Another body or fewer names; everything else octet by octet."""

from datetime import UTC, datetime

import pytest

from mailcore.errors import MailError
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.message.headers import Headers, body_offset, replace
from mailcore.message.parse import leaves, readable
from mailcore.message.rewrite import with_body, without_names
from mailcore.model import MailboxAddress

CSV = OutgoingAttachment(filename="ä.csv", content_type="text/csv; charset=latin1", content=b"\xe4")
PICTURE = OutgoingAttachment(
    filename="p.png", content_type="image/png", content=b"\x89PNG", content_id="p1", is_inline=True
)
LETTER = OutgoingAttachment(
    filename="old.eml", content_type="message/rfc822", content=b"Subject: old\r\n\r\nold text\r\n"
)


def written(
    *files: OutgoingAttachment,
    text: str | None = "Hello.",
    html: str | None = None,
    to: tuple[str, ...] = ("ann@x.example", "bob@x.example"),
    cc: tuple[str, ...] = (),
) -> bytes:
    return render(
        Outline(
            sender=MailboxAddress(name="Mia", address="mia@here.example"),
            to=tuple(MailboxAddress(name="Ä Name", address=one) for one in to),
            cc=tuple(MailboxAddress(name="", address=one) for one in cc),
            subject="Lamps",
            text=text,
            html=html,
            attachments=files,
            headers=(("X-Own", "kept"),),
            message_id="<one@here.example>",
            date=datetime(2024, 3, 4, tzinfo=UTC),
        )
    )


def head(raw: bytes) -> bytes:
    return raw[: body_offset(raw, 0, len(raw))]


def test_a_new_text_leaves_header_and_files_alone() -> None:
    raw = written(CSV, LETTER)
    changed = with_body(raw, "Bye.", None)
    assert readable(changed).text.strip() == "Bye."
    kept = [
        line for line in head(raw).split(b"\r\n") if not line.startswith((b"Content-", b"MIME"))
    ]
    now = head(changed)
    assert all(line in now for line in kept if not line.startswith(b" "))
    before, after = leaves(raw), leaves(changed)
    assert [one.payload for one in before[1:]] == [one.payload for one in after[1:]]
    assert [one.filename for one in after] == ["", "ä.csv", ""]
    assert [one.charset for one in before[1:]] == [one.charset for one in after[1:]]
    assert b"old text" in changed
    assert b"Hello" not in changed


@pytest.mark.parametrize(
    ("text", "html", "forms"),
    [
        ("Bye.", None, ["text/plain", "image/png"]),
        (None, "<p>Bye.</p>", ["text/plain", "text/html", "image/png"]),
        ("Bye, plain.", "<p>Bye.</p>", ["text/plain", "text/html", "image/png"]),
    ],
)
def test_both_forms_say_what_is_given(text: str | None, html: str | None, forms: list[str]) -> None:
    raw = written(PICTURE, html='<p>Hello <img src="cid:p1"></p>')
    changed = with_body(raw, text, html)
    found = leaves(changed)
    assert [one.content_type for one in found] == forms
    assert found[-1].content_id == "p1"
    assert b"Hello" not in changed
    assert "Bye" in readable(changed).text


def test_what_is_signed_is_not_written_anew() -> None:
    raw = (
        b"From: a@x.example\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b\r\nContent-Type: application/pgp-signature"
        b"\r\n\r\nxx\r\n--b--\r\n"
    )
    with pytest.raises(MailError) as caught:
        with_body(raw, "Bye.", None)
    assert caught.value.code == "not_editable"


def test_who_is_dropped_is_not_named_any_more() -> None:
    raw = written(CSV, cc=("eve@x.example",))
    fewer = without_names(raw, {"bob@x.example", "eve@x.example"})
    found = Headers.read(fewer)
    assert [one.address for one in found.mailboxes("To")] == ["ann@x.example"]
    assert found.mailboxes("To")[0].name == "Ä Name"
    assert found.get("Cc") is None
    assert fewer.index(b"\nTo: ") == raw.index(b"\nTo: ")
    assert fewer[len(head(fewer)) :] == raw[len(head(raw)) :]
    assert without_names(raw, {"somebody@else.example"}) == raw
    nobody = without_names(raw, {"ann@x.example", "bob@x.example", "eve@x.example"})
    assert Headers.read(nobody).get("To") == "undisclosed-recipients:;"
    only_copy = without_names(raw, {"ann@x.example", "bob@x.example"})
    assert Headers.read(only_copy).get("To") is None


def test_a_field_is_replaced_where_it_stood_and_once() -> None:
    raw = b"A: 1\r\nB: 2\r\n more\r\nb: 3\r\nC: 4\r\n\r\nB: body\r\n"
    assert replace(raw, {"B": "x"}) == b"A: 1\r\nB: x\r\nC: 4\r\n\r\nB: body\r\n"
    assert replace(raw, {"B": None, "C": None}) == b"A: 1\r\n\r\nB: body\r\n"
    assert replace(raw, {"D": "new"}) == b"D: new\r\n" + raw
    with pytest.raises(MailError):
        replace(raw, {"B": "x\r\nEvil: yes"})
