"""Commands from octets to values."""

from datetime import UTC, date, datetime

import pytest

from imapd.commands import (
    Append,
    Appended,
    Authenticate,
    Copy,
    Create,
    Expunge,
    Fetch,
    Id,
    List,
    ListOption,
    Login,
    Lsub,
    Move,
    Rename,
    Search,
    Select,
    Status,
    StatusItem,
    Store,
    StoreMode,
    Subscribe,
)
from imapd.fetch import Attribute, BodySection, Text
from imapd.parser import BadCommand, parse
from imapd.search import AllOf, BySequence, ByUid, Decided, EitherOf, IsRecent, NoneOf
from imapd.seqset import SequenceSet
from imapd.wire import Frame
from mailcore.model import Flag
from mailcore.search import (
    And,
    Body,
    Field,
    HasFlag,
    HasKeyword,
    Header,
    Not,
    Received,
    Sent,
    Size,
)
from mailcore.search import Text as TextNode


def read(text: bytes, *literals: bytes) -> object:
    """The command in `text`, where each `^` stands for the next literal."""
    return parse(Frame(tuple((b"a " + text).split(b"^")), literals)).command


def error(text: bytes, *literals: bytes) -> str:
    """The message of the BAD that a command gets."""
    with pytest.raises(BadCommand) as caught:
        read(text, *literals)
    assert caught.value.tag == b"a"
    return caught.value.message


def numbers(*ranges: tuple[int, int]) -> SequenceSet:
    """A sequence set."""
    return SequenceSet(ranges)


# Login and mailboxes -----------------------------------------------------------------------------


def test_the_tag_and_the_name_are_kept() -> None:
    """Answers and metrics need both."""
    parsed = parse(Frame((b"A.7 uid fetch 1 flags",)))
    assert (parsed.tag, parsed.name) == (b"A.7", "UID FETCH")


def test_arguments_may_be_atoms_quoted_or_literal() -> None:
    """RFC 9051 §9 astring."""
    assert read(b'LOGIN mia "p\\"w\\\\ "') == Login("mia", 'p"w\\ ')
    assert read(b"login ^ ^", b"mia", b"p w\xc3\xbc") == Login("mia", "p wü")


def test_a_password_is_not_in_the_repr() -> None:
    """Values end up in logs."""
    assert "secret" not in repr(read(b"LOGIN mia secret"))
    assert "c2Vj" not in repr(read(b"AUTHENTICATE PLAIN c2Vj"))


def test_authenticate_takes_an_initial_response() -> None:
    """RFC 4959: SASL-IR."""
    assert read(b"AUTHENTICATE plain") == Authenticate("PLAIN", None)
    assert read(b"AUTHENTICATE PLAIN AG1pYQBwdw==") == Authenticate("PLAIN", b"AG1pYQBwdw==")
    assert read(b"AUTHENTICATE PLAIN =") == Authenticate("PLAIN", b"=")


def test_id_takes_nil_and_pairs() -> None:
    """RFC 2971: ID NIL must not be refused."""
    assert read(b"ID NIL") == Id(None)
    assert read(b"ID ()") == Id(())
    assert read(b'ID ("name" "mutt" "version" NIL)') == Id((("name", "mutt"), ("version", "")))


def test_mailbox_names_are_decoded() -> None:
    """RFC 3501 §5.1.3."""
    assert read(b"SELECT Entw&APw-rfe") == Select("Entwürfe", is_read_only=False)
    assert read(b'EXAMINE "a b"') == Select("a b", is_read_only=True)
    assert read(b"SELECT ^", b"x") == Select("x", is_read_only=False)


def test_a_trailing_separator_is_forgiven() -> None:
    """Thunderbird appends one; only CREATE gives it a meaning."""
    assert read(b"SELECT Work/") == Select("Work", is_read_only=False)
    assert read(b"CREATE Work/") == Create("Work/")


def test_a_name_that_is_not_canonical_is_bad() -> None:
    """RFC 3501 §5.1.3."""
    assert "UTF-7" in error(b"SELECT a&b")
    assert "UTF-7" in error(b'SELECT "\xc3\xbc"')


def test_list_takes_patterns_and_options() -> None:
    """RFC 9051 §6.3.9, RFC 6154 §2."""
    assert read(b'LIST "" *') == List(reference="", patterns=("*",))
    assert read(b'LIST "" "Wo%/x"') == List(reference="", patterns=("Wo%/x",))
    assert read(b'LIST (SPECIAL-USE) "" (a b%) RETURN (SUBSCRIBED children)') == List(
        reference="",
        patterns=("a", "b%"),
        selection=frozenset({ListOption.SPECIAL_USE}),
        returned=frozenset({ListOption.SUBSCRIBED, ListOption.CHILDREN}),
    )
    assert read(b'LSUB "" "*"') == Lsub("", "*")


def test_other_mailbox_commands() -> None:
    """RFC 9051 §6.3."""
    assert read(b"RENAME a b") == Rename("a", "b")
    assert read(b"UNSUBSCRIBE a") == Subscribe("a", is_subscribed=False)
    assert read(b"STATUS a (MESSAGES UIDNEXT MESSAGES)") == Status(
        "a", (StatusItem.MESSAGES, StatusItem.UIDNEXT)
    )


def test_append_takes_flags_date_and_message() -> None:
    """RFC 9051 §6.3.12; a flag list and a date are optional."""
    assert read(b"APPEND Sent ^", b"raw\x00") == Append(
        mailbox="Sent",
        messages=(Appended(flags=Flag(0), keywords=(), internal_date=None, raw=b"raw\x00"),),
    )
    assert read(
        b'APPEND ^ (\\Seen $Junk \\recent) " 7-Feb-2026 21:52:25 -0800" ^', b"Sent", b"raw"
    ) == Append(
        mailbox="Sent",
        messages=(
            Appended(
                flags=Flag.SEEN,
                keywords=("$Junk",),
                internal_date=datetime(2026, 2, 8, 5, 52, 25, tzinfo=UTC),
                raw=b"raw",
            ),
        ),
    )


# FETCH -------------------------------------------------------------------------------------------


def fetched(text: bytes) -> tuple[object, ...]:
    """The items of a FETCH."""
    command = read(b"FETCH 1 " + text)
    assert isinstance(command, Fetch)
    return command.items


def test_fetch_items_one_and_several() -> None:
    """RFC 9051 §6.4.5."""
    assert fetched(b"FLAGS") == (Attribute.FLAGS,)
    assert fetched(b"(uid RFC822.SIZE UID body BODYSTRUCTURE)") == (
        Attribute.UID,
        Attribute.RFC822_SIZE,
        Attribute.BODY,
        Attribute.BODYSTRUCTURE,
    )


def test_fetch_macros() -> None:
    """RFC 9051 §6.4.5: only by themselves."""
    fast = (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.RFC822_SIZE)
    assert fetched(b"FAST") == fast
    assert fetched(b"all") == (*fast, Attribute.ENVELOPE)
    assert fetched(b"FULL") == (*fast, Attribute.ENVELOPE, Attribute.BODY)
    assert "FAST" in error(b"FETCH 1 (FAST)")


@pytest.mark.parametrize(
    ("text", "section"),
    [
        (b"BODY[]", BodySection(label=b"BODY[]")),
        (b"body.peek[]", BodySection(label=b"BODY[]", is_peek=True)),
        (b"BODY[TEXT]", BodySection(label=b"BODY[TEXT]", text=Text.TEXT)),
        (b"BODY[1.2]", BodySection(label=b"BODY[1.2]", numbers=(1, 2))),
        (
            b"BODY[1.2.mime]",
            BodySection(label=b"BODY[1.2.MIME]", numbers=(1, 2), text=Text.MIME),
        ),
        (
            b"BODY[]<10.20>",
            BodySection(label=b"BODY[]<10>", start=10, length=20),
        ),
        (
            b'BODY.PEEK[HEADER.FIELDS (From "x y")]',
            BodySection(
                label=b'BODY[HEADER.FIELDS (FROM "X Y")]',
                text=Text.FIELDS,
                fields=(b"from", b"x y"),
                is_peek=True,
            ),
        ),
        (
            b"BODY[3.HEADER.FIELDS.NOT (To)]<0.5>",
            BodySection(
                label=b"BODY[3.HEADER.FIELDS.NOT (TO)]<0>",
                numbers=(3,),
                text=Text.FIELDS_NOT,
                fields=(b"to",),
                length=5,
            ),
        ),
        (b"RFC822", BodySection(label=b"RFC822")),
        (b"RFC822.HEADER", BodySection(label=b"RFC822.HEADER", text=Text.HEADER, is_peek=True)),
        (b"RFC822.TEXT", BodySection(label=b"RFC822.TEXT", text=Text.TEXT)),
    ],
)
def test_fetch_sections(text: bytes, section: BodySection) -> None:
    """RFC 9051 §6.4.5, RFC 3501 §6.4.5."""
    assert fetched(text) == (section,)


@pytest.mark.parametrize(
    "text",
    [
        b"FOO",
        b"()",
        b"(FLAGS",
        b"BODY[",
        b"BODY[0]",
        b"BODY[1.]",
        b"BODY[MIME]",
        b"BODY[FOO]",
        b"BODY[123456]",
        b"BODY[]<1>",
        b"BODY[]<1.0>",
        b"BODY[]<4294967296.1>",
        b"BODY[HEADER.FIELDS]",
        b"BODY[HEADER.FIELDS ()]",
        b"BODY[" + b"1." * 60 + b"1]",
        b"(FLAGS  UID)",
    ],
)
def test_other_fetch_items_are_bad(text: bytes) -> None:
    """Every one gets BAD with its tag."""
    assert error(b"FETCH 1 " + text)


# STORE, COPY, EXPUNGE ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "mode", "is_silent"),
    [
        (b"FLAGS", StoreMode.REPLACE, False),
        (b"+flags", StoreMode.ADD, False),
        (b"-FLAGS.SILENT", StoreMode.REMOVE, True),
    ],
)
def test_store_modes(item: bytes, mode: StoreMode, is_silent: bool) -> None:
    """RFC 9051 §6.4.6."""
    assert read(b"UID STORE 1:* " + item + b" (\\Deleted $A)") == Store(
        numbers=numbers((1, 0)),
        mode=mode,
        flags=Flag.DELETED,
        keywords=("$A",),
        is_silent=is_silent,
        by_uid=True,
    )


def test_store_takes_flags_without_parentheses_and_none_within() -> None:
    """RFC 9051 §9 store-att-flags."""
    command = read(b"STORE 1 FLAGS \\Seen \\Draft")
    assert isinstance(command, Store)
    assert command.flags == Flag.SEEN | Flag.DRAFT
    command = read(b"STORE 1 FLAGS ()")
    assert isinstance(command, Store)
    assert command.flags == Flag(0)


def test_an_unknown_system_flag_is_bad() -> None:
    """RFC 9051 §2.3.2: only the server defines names with a backslash."""
    assert "FOO" in error(b"STORE 1 FLAGS (\\Foo)")
    assert error(b"STORE 1 FLAGS (\\*)")


def test_copy_move_expunge() -> None:
    """RFC 9051 §6.4.7, RFC 6851, RFC 4315."""
    assert read(b"COPY 1,3 b") == Copy(numbers=numbers((1, 1), (3, 3)), mailbox="b", by_uid=False)
    assert read(b"UID MOVE * b") == Move(numbers=numbers((0, 0)), mailbox="b", by_uid=True)
    assert read(b"EXPUNGE") == Expunge(None)
    assert read(b"UID EXPUNGE 4:9") == Expunge(numbers((4, 9)))


# SEARCH ------------------------------------------------------------------------------------------


def sought(text: bytes, *literals: bytes) -> object:
    """The key of a SEARCH."""
    command = read(b"SEARCH " + text, *literals)
    assert isinstance(command, Search)
    return command.key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b"UNSEEN", Decided(Not(HasFlag(Flag.SEEN)))),
        (b"FLAGGED", Decided(HasFlag(Flag.FLAGGED))),
        (b"RECENT", IsRecent()),
        (b"OLD", NoneOf(IsRecent())),
        (b"1:3,*", BySequence(numbers((1, 3), (0, 0)))),
        (b"UID 4:*", ByUid(numbers((4, 0)))),
        (b"NOT ANSWERED", NoneOf(Decided(HasFlag(Flag.ANSWERED)))),
        (b"KEYWORD $Junk", Decided(HasKeyword("$Junk"))),
        (b"UNKEYWORD a", Decided(Not(HasKeyword("a")))),
        (b"FROM ann", Decided(Field("from", "ann"))),
        (b'SUBJECT "a b"', Decided(Field("subject", "a b"))),
        (b"HEADER subject x", Decided(Field("subject", "x"))),
        (b'HEADER X-Y ""', Decided(Header("X-Y", ""))),
        (
            b'HEADER Message-ID "<a@b>"',
            Decided(And((Field("message-id", "a@b"), Header("Message-ID", "<a@b>")))),
        ),
        (b"BODY x", Decided(Body("x"))),
        (b"TEXT x", Decided(TextNode("x"))),
        (b"LARGER 100", Decided(Size(larger_than=100))),
        (b"SMALLER 100", Decided(Size(smaller_than=100))),
        (b"BEFORE 1-Feb-2026", Decided(Received(before=date(2026, 2, 1)))),
        (b"SINCE 01-feb-2026", Decided(Received(since=date(2026, 2, 1)))),
        (
            b'ON "28-Feb-2026"',
            Decided(Received(since=date(2026, 2, 28), before=date(2026, 3, 1))),
        ),
        (b"SENTSINCE 1-Feb-2026", Decided(Sent(since=date(2026, 2, 1)))),
        (b"SENTON 31-Dec-9999", Decided(Sent(since=date(9999, 12, 31)))),
    ],
)
def test_search_keys(text: bytes, key: object) -> None:
    """RFC 9051 §6.4.4, RFC 3501 §6.4.4."""
    assert sought(text) == key


def test_search_keys_combine() -> None:
    """Keys beside each other must all hold; OR takes two, parentheses group."""
    seen, deleted = Decided(HasFlag(Flag.SEEN)), Decided(HasFlag(Flag.DELETED))
    assert sought(b"SEEN DELETED") == AllOf((seen, deleted))
    assert sought(b"OR SEEN (DELETED 1)") == EitherOf(
        (seen, AllOf((deleted, BySequence(numbers((1, 1))))))
    )
    assert sought(b"OR SEEN OR DELETED (SEEN)") == EitherOf((seen, deleted, seen))
    assert sought(b"(SEEN)") == seen


def test_search_takes_a_charset() -> None:
    """RFC 9051 §6.4.4: UTF-8 and US-ASCII."""
    assert sought(b"CHARSET utf-8 TEXT ^", "ü".encode()) == Decided(TextNode("ü"))
    assert sought(b"CHARSET US-ASCII TEXT x SEEN") == AllOf(
        (Decided(TextNode("x")), Decided(HasFlag(Flag.SEEN)))
    )


def test_another_charset_is_named_as_such() -> None:
    """RFC 9051 §7.1 BADCHARSET."""
    with pytest.raises(BadCommand) as caught:
        sought(b"CHARSET KOI8-R TEXT x")
    assert caught.value.is_charset


def test_text_that_is_not_in_its_charset_is_bad() -> None:
    """No guessing."""
    assert "charset" in error(b"SEARCH CHARSET US-ASCII TEXT ^", b"\xc3\xbc")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"FOO",
        b"FOO x",
        b"NOT",
        b"OR SEEN",
        b"(SEEN",
        b"()",
        b"SEEN)",
        b"0",
        b"SINCE 31-Feb-2026",
        b'SINCE "1-Feb-2026',
        b"LARGER x",
        b"LARGER 99999999999999999999",
        b"HEADER x",
        b"CHARSET UTF-8",
    ],
)
def test_other_search_keys_are_bad(text: bytes) -> None:
    """Every one gets BAD with its tag."""
    assert error(b"SEARCH " + text)


@pytest.mark.parametrize("nested", [b"(" * 100, b"NOT " * 100, b"OR (SEEN " * 100])
def test_deep_nesting_is_refused(nested: bytes) -> None:
    """At most 20 levels, however they are made."""
    assert "deep" in error(b"SEARCH " + nested + b"SEEN")


def test_a_long_chain_of_or_is_one_level() -> None:
    """Clients look for many Message-IDs so."""
    key = sought(b"OR SEEN " * 900 + b"SEEN")
    assert isinstance(key, EitherOf)
    assert len(key.keys) == 901


def test_too_many_keys_are_refused() -> None:
    """A tree of 2,000 keys is enough for anybody."""
    assert "2000" in error(b"SEARCH " + b"SEEN " * 2001 + b"SEEN")


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" NOOP",
        b"FOO",
        b"UID",
        b"UID FOO",
        b"UID NOOP",
        b"NOOP x",
        b"LOGIN",
        b"LOGIN a",
        b"LOGIN a b c",
        b'LOGIN a "b',
        b'LOGIN a "\\x"',
        b"SELECT",
        b"SELECT a b",
        b"FETCH",
        b"FETCH 1",
        b"FETCH x FLAGS",
        b"STORE 1 FOO (\\Seen)",
        b"STATUS a ()",
        b"STATUS a (FOO)",
        b"APPEND a",
        b"APPEND a (\\Seen)",
        b"APPEND a x",
        b'LIST "" * RETURN (FOO)',
        b'LIST "" * FOO',
        b"ID (a)",
        b"ID x",
    ],
)
def test_syntax_errors_keep_the_tag(text: bytes) -> None:
    """RFC 9051 §7.1.3: BAD answers the command that was wrong."""
    assert error(text)


def test_a_nul_is_no_text() -> None:
    """RFC 9051 §4.3: only literal8 may hold it."""
    assert "NUL" in error(b"LOGIN a ^", b"b\x00")
    assert error(b'LOGIN a "b\x00"')


@pytest.mark.parametrize("line", [b"", b"GET / HTTP/1.1", b"+ x", b"\x16\x03\x01"])
def test_what_is_not_imap_is_unknown(line: bytes) -> None:
    """The session ends such a connection when it is the first thing said."""
    with pytest.raises(BadCommand) as caught:
        parse(Frame((line,)))
    assert caught.value.is_unknown


def test_trailing_spaces_are_forgiven() -> None:
    """Clients send them."""
    assert read(b"EXPUNGE ") == Expunge(None)
    assert sought(b"SEEN ") == Decided(HasFlag(Flag.SEEN))


def test_messages_show_no_octets_of_control() -> None:
    """A BAD quotes the client safely."""
    assert "\r" not in error(b"FETCH \x01\r\x02")


def test_items_asked_for_again_are_the_same_items() -> None:
    """What was read before is looked up, and nothing else is taken for it."""
    text = b"FETCH 1 (UID BODY.PEEK[HEADER.FIELDS (Subject X-Asked-Again)])"
    first, again = read(text), read(b"UID FETCH 2:3" + text.removeprefix(b"FETCH 1"))
    assert isinstance(first, Fetch)
    assert isinstance(again, Fetch)
    assert again.items == first.items
    assert again.by_uid
    assert again.numbers == SequenceSet(((2, 3),))
    changed = read(text + b" (CHANGEDSINCE 7)")
    assert isinstance(changed, Fetch)
    assert (changed.items, changed.changed_since) == (first.items, 7)


def test_items_with_a_literal_are_read_each_time() -> None:
    """The same text before different literals asks for different fields."""
    for name in (b"one", b"two", b"one"):
        found = read(b"FETCH 1 BODY[HEADER.FIELDS (^)]", name)
        assert isinstance(found, Fetch)
        (section,) = found.items
        assert isinstance(section, BodySection)
        assert section.fields == (name,)


def test_items_that_are_wrong_are_wrong_each_time() -> None:
    """A mistake is told in the same words when it is made again, and one literal too many is one."""
    assert error(b"FETCH 1 (UID NOTHING)") == error(b"FETCH 1 (UID NOTHING)")
    assert isinstance(read(b"FETCH 1 (UID RFC822.SIZE)"), Fetch)
    assert "unexpected" in error(b"FETCH 1 (UID RFC822.SIZE)^", b"x")
