"""What is new between two versions, in lines."""

from mailcore.outbound.changes import MAX_CHARS, Shown, changes, of_draft, of_message


def shown(text: str) -> Shown:
    return Shown(lines=tuple(text.split()))


def test_only_what_differs_is_marked_with_a_little_around_it() -> None:
    before, after = shown("a b c d e f g h"), shown("a b c d X f g h")
    assert changes(before, after).splitlines() == ["  c", "  d", "- e", "+ X", "  f", "  g"]
    assert changes(None, after) == ""
    assert changes(before, shown("a b c d e f g h i")).splitlines() == ["  g", "  h", "+ i"]
    assert "  c" in changes(shown("x a c y z"), shown("x b c w z")).splitlines()


def test_long_versions_take_linear_time_and_space() -> None:
    before = Shown(lines=tuple("same" for _ in range(50_000)))
    after = Shown(lines=tuple(f"line {n}" for n in range(50_000)))
    assert len(changes(before, after)) == MAX_CHARS


def test_messages_and_drafts_read_as_people_see_them() -> None:
    raw = b"To: ann@x.example\r\nSubject: =?utf-8?q?L=C3=A4mp?=\r\n\r\nHello.\r\n"
    lines = of_message(raw, ["ann@x.example", "bcc@x.example"]).lines
    assert lines[:4] == (
        "Recipients: ann@x.example, bcc@x.example",
        "To: ann@x.example",
        "Subject: Lämp",
        "",
    )
    draft = of_draft({"text": "Hi", "cc": ["c@x.example"], "bcc": []}, "They asked.")
    assert draft.text == "Cc: c@x.example\n\nHi\n\nWhy:\nThey asked."
