"""One framed command to a frozen value (RFC 9051 §9, RFC 3501 §9). Pure and linear.

Whatever is wrong becomes one BadCommand that keeps the tag, so that the answer finds its command.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from imapd import appending, message_commands, metadata, notify
from imapd.commands import (
    Authenticate,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Create,
    Delete,
    Enable,
    GetQuota,
    GetQuotaRoot,
    Id,
    Idle,
    List,
    ListOption,
    Login,
    Logout,
    Lsub,
    MetadataQuery,
    Namespace,
    Noop,
    Rename,
    Resync,
    Select,
    SetQuota,
    StartTls,
    Status,
    StatusItem,
    Subscribe,
    Unselect,
)
from imapd.lexer import Lexer, ParseError
from imapd.search import BadCharset
from imapd.seqset import MAX_NUMBER, STAR, SequenceSet
from imapd.wire import Frame, tag_of

MAX_ID_FIELDS: Final = 30
MAX_PATTERNS: Final = 100
MAX_NAMES: Final = 50
"""Capabilities in ENABLE, uses in CREATE."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command with its tag and its name (`UID FETCH` for that)."""

    tag: bytes
    name: str
    command: Command


class BadCommand(Exception):  # noqa: N818 - named after the answer BAD
    """The command cannot be understood. `is_charset` asks for NO [BADCHARSET] instead of BAD."""

    def __init__(
        self, tag: bytes, message: str, *, is_charset: bool = False, is_unknown: bool = False
    ) -> None:
        super().__init__(message)
        self.tag = tag
        self.message = message
        self.is_charset = is_charset
        self.is_unknown = is_unknown


def parse(frame: Frame, *, is_utf8: bool = False) -> Parsed:
    """The command in a frame. Raises BadCommand. `is_utf8` is how mailbox names are written."""
    tag = tag_of(frame.texts[0])
    if tag == b"*":
        raise BadCommand(tag, "a command begins with a tag and a space", is_unknown=True)
    lexer = Lexer(frame, is_utf8=is_utf8)
    try:
        lexer.tag()
        lexer.space()
        name = lexer.word("a command")
        read = _COMMANDS.get(name)
        if name == "UID":
            lexer.space()
            inner = lexer.word("a command after UID")
            name, read = f"UID {inner}", _UID_COMMANDS.get(inner)
        if read is None:
            raise BadCommand(tag, f"unknown command {name[:40]}", is_unknown=True)
        command = read(lexer)
        lexer.end()
    except ParseError as error:
        raise BadCommand(tag, error.message) from error
    except BadCharset as error:
        raise BadCommand(tag, "the charset is not known", is_charset=True) from error
    return Parsed(tag, name, command)


# Any state and login -----------------------------------------------------------------------------


def _login(lexer: Lexer) -> Command:
    lexer.space()
    username = lexer.astring()
    lexer.space()
    password = lexer.astring()
    return Login(username.decode("utf-8", "replace"), password.decode("utf-8", "replace"))


def _authenticate(lexer: Lexer) -> Command:
    lexer.space()
    mechanism = lexer.word("a mechanism")
    initial = None
    if lexer.take_argument_space():
        initial = lexer.astring()
    return Authenticate(mechanism, initial)


def _id(lexer: Lexer) -> Command:
    lexer.space()
    if lexer.peek() != b"(":
        if lexer.nstring() is not None:
            raise ParseError("expected a list or NIL")
        return Id(None)
    values = lexer.listed(lexer.nstring, may_be_empty=True)
    if len(values) % 2 or len(values) > 2 * MAX_ID_FIELDS:
        raise ParseError(f"ID takes at most {MAX_ID_FIELDS} names with their values")
    texts = [(one or b"").decode("utf-8", "replace")[:1024] for one in values]
    return Id(tuple(zip(texts[::2], texts[1::2], strict=True)))


def _enable(lexer: Lexer) -> Command:
    names: list[str] = []
    while lexer.take_argument_space():
        names.append(lexer.word("a capability"))
    if not 0 < len(names) <= MAX_NAMES:
        raise ParseError(f"ENABLE takes 1 to {MAX_NAMES} capabilities")
    return Enable(tuple(names))


def _compress(lexer: Lexer) -> Command:
    lexer.space()
    return Compress(lexer.word("a mechanism"))


# Mailboxes ---------------------------------------------------------------------------------------


def _mailbox(lexer: Lexer) -> str:
    lexer.space()
    return lexer.mailbox()


def _select(*, is_read_only: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        mailbox = _mailbox(lexer)
        has_condstore, resync = False, None
        if lexer.take_argument_space():
            for one in lexer.listed(lambda: _select_parameter(lexer)):
                if one is None:
                    has_condstore = True
                else:
                    resync = one
        return Select(mailbox, is_read_only, has_condstore, resync)

    return read


def _select_parameter(lexer: Lexer) -> Resync | None:
    """CONDSTORE, which is None here, or QRESYNC with what the client knows."""
    word = lexer.word("CONDSTORE or QRESYNC")
    if word == "CONDSTORE":
        return None
    if word != "QRESYNC":
        raise ParseError(f"unknown SELECT parameter {word[:40]}")
    lexer.space()
    lexer.expect(b"(")
    uid_validity = lexer.number(MAX_NUMBER)
    lexer.space()
    modseq = lexer.number()
    known, has_numbers = None, False
    if lexer.take(b" "):
        if lexer.peek() != b"(":
            known = _known(lexer)
        if known is None or lexer.take(b" "):
            lexer.expect(b"(")
            has_numbers = True
            _known(lexer)
            lexer.space()
            _known(lexer)
            lexer.expect(b")")
    lexer.expect(b")")
    return Resync(uid_validity=uid_validity, modseq=modseq, known=known, has_numbers=has_numbers)


def _known(lexer: Lexer) -> SequenceSet:
    """A set without `*` and `$` (RFC 7162 §7 `known-uids`)."""
    known = lexer.sequence_set()
    if known.is_saved or any(STAR in one for one in known.ranges):
        raise ParseError("what is known is told in numbers")
    return known


def _create(lexer: Lexer) -> Command:
    lexer.space()
    mailbox = lexer.new_mailbox()
    uses: list[str] = []
    if lexer.take_argument_space():
        lexer.expect(b"(")
        if lexer.word("USE") != "USE":
            raise ParseError("expected USE")
        lexer.space()
        uses = lexer.listed(lambda: _use(lexer), may_be_empty=True)
        lexer.expect(b")")
    return Create(mailbox, tuple(uses[:MAX_NAMES]))


def _use(lexer: Lexer) -> str:
    lexer.expect(b"\\")
    return lexer.word("a special use")


def _rename(lexer: Lexer) -> Command:
    old = _mailbox(lexer)
    return Rename(old, _mailbox(lexer))


def _option(lexer: Lexer) -> ListOption:
    word = lexer.word("a LIST option")
    try:
        return ListOption(word)
    except ValueError as error:
        raise ParseError(f"unknown LIST option {word[:40]}") from error


def _list(lexer: Lexer) -> Command:
    lexer.space()
    selection: list[ListOption] = []
    if lexer.peek() == b"(":
        selection = lexer.listed(lambda: _option(lexer), may_be_empty=True)
        lexer.space()
    reference = lexer.new_mailbox()
    lexer.space()
    if lexer.peek() == b"(":
        patterns = lexer.listed(lexer.list_mailbox)
        if len(patterns) > MAX_PATTERNS:
            raise ParseError(f"at most {MAX_PATTERNS} patterns")
    else:
        patterns = [lexer.list_mailbox()]
    returned: list[ListOption] = []
    status: list[StatusItem] = []
    annotations: MetadataQuery | None = None
    if lexer.take_argument_space():
        if lexer.word("RETURN") != "RETURN":
            raise ParseError("expected RETURN")
        lexer.space()
        for one in lexer.listed(lambda: _return_option(lexer), may_be_empty=True):
            if isinstance(one, ListOption):
                returned.append(one)
            elif isinstance(one, MetadataQuery):
                annotations = one
            else:
                status = one
    _check_selection(selection)
    return List(
        reference=reference,
        patterns=tuple(patterns),
        selection=frozenset(selection),
        returned=frozenset(returned),
        status=tuple(dict.fromkeys(status)),
        metadata=annotations,
    )


def _return_option(lexer: Lexer) -> ListOption | list[StatusItem] | MetadataQuery:
    if lexer.take_text(b"METADATA "):
        return metadata.query(lexer)
    if not lexer.take_text(b"STATUS "):
        return _option(lexer)
    return lexer.listed(lambda: _status_item(lexer))


def _check_selection(selection: list[ListOption]) -> None:
    """RECURSIVEMATCH needs an option beside it that chooses mailboxes (RFC 5258 §3.1)."""
    chosen = set(selection) - {ListOption.RECURSIVE, ListOption.REMOTE}
    if ListOption.RECURSIVE in selection and not chosen:
        raise ParseError("RECURSIVEMATCH needs another selection option")


def _lsub(lexer: Lexer) -> Command:
    lexer.space()
    reference = lexer.new_mailbox()
    lexer.space()
    return Lsub(reference, lexer.list_mailbox())


def _status(lexer: Lexer) -> Command:
    mailbox = _mailbox(lexer)
    lexer.space()
    return Status(mailbox, tuple(dict.fromkeys(lexer.listed(lambda: _status_item(lexer)))))


def _status_item(lexer: Lexer) -> StatusItem:
    word = lexer.word("a STATUS item")
    try:
        return StatusItem(word)
    except ValueError as error:
        raise ParseError(f"unknown STATUS item {word[:40]}") from error


def _get_quota(lexer: Lexer) -> Command:
    return GetQuota(_quota_root(lexer))


def _set_quota(lexer: Lexer) -> Command:
    root = _quota_root(lexer)
    lexer.space()
    limits = lexer.listed(lambda: _limit(lexer), may_be_empty=True)
    return SetQuota(root, tuple(limits[:MAX_NAMES]))


def _quota_root(lexer: Lexer) -> str:
    lexer.space()
    return lexer.astring().decode("utf-8", "replace")


def _limit(lexer: Lexer) -> tuple[str, int]:
    resource = lexer.word("a resource")
    lexer.space()
    return resource, lexer.number()


_COMMANDS: Final[dict[str, Callable[[Lexer], Command]]] = {
    "CAPABILITY": lambda _: Capability(),
    "NOOP": lambda _: Noop(),
    "LOGOUT": lambda _: Logout(),
    "STARTTLS": lambda _: StartTls(),
    "LOGIN": _login,
    "AUTHENTICATE": _authenticate,
    "ID": _id,
    "NAMESPACE": lambda _: Namespace(),
    "ENABLE": _enable,
    "COMPRESS": _compress,
    "SELECT": _select(is_read_only=False),
    "EXAMINE": _select(is_read_only=True),
    "CREATE": _create,
    "DELETE": lambda lexer: Delete(_mailbox(lexer)),
    "RENAME": _rename,
    "SUBSCRIBE": lambda lexer: Subscribe(_mailbox(lexer), is_subscribed=True),
    "UNSUBSCRIBE": lambda lexer: Subscribe(_mailbox(lexer), is_subscribed=False),
    "LIST": _list,
    "LSUB": _lsub,
    "STATUS": _status,
    "APPEND": appending.append,
    "GETQUOTA": _get_quota,
    "GETQUOTAROOT": lambda lexer: GetQuotaRoot(_mailbox(lexer)),
    "SETQUOTA": _set_quota,
    "GETMETADATA": metadata.get_metadata,
    "SETMETADATA": metadata.set_metadata,
    "NOTIFY": notify.notify,
    "CHECK": lambda _: Check(),
    "CLOSE": lambda _: Close(),
    "UNSELECT": lambda _: Unselect(),
    "IDLE": lambda _: Idle(),
    "REPLACE": appending.replace(by_uid=False),
    **message_commands.COMMANDS,
}
_UID_COMMANDS: Final[dict[str, Callable[[Lexer], Command]]] = {
    "REPLACE": appending.replace(by_uid=True),
    **message_commands.UID_COMMANDS,
}
