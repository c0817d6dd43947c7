"""The grammar of APPEND and REPLACE: a message as a literal, or put together of texts and URLs.

RFC 9051 §9 `append`, RFC 3502, RFC 4469 §5 `CATENATE`, RFC 8508 §5.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from imapd import message_commands
from imapd.commands import Append, Appended, Command, Replace
from imapd.lexer import Lexer, ParseError
from mailcore.model import Flag

MAX_PIECES: Final = 500
"""Of one message."""


def append(lexer: Lexer) -> Command:
    """APPEND of one message or several."""
    lexer.space()
    mailbox = lexer.mailbox()
    lexer.space()
    messages = [_appended(lexer)]
    while lexer.take_argument_space():
        messages.append(_appended(lexer))
    return Append(mailbox=mailbox, messages=tuple(messages))


def replace(*, by_uid: bool) -> Callable[[Lexer], Command]:
    """REPLACE and UID REPLACE: one message for one other."""

    def read(lexer: Lexer) -> Command:
        lexer.space()
        number = lexer.sequence_set()
        if number.is_saved or len(number.ranges) != 1 or len(set(number.ranges[0])) != 1:
            raise ParseError("REPLACE takes the number of one message")
        lexer.space()
        mailbox = lexer.mailbox()
        lexer.space()
        return Replace(number=number, mailbox=mailbox, message=_appended(lexer), by_uid=by_uid)

    return read


def _appended(lexer: Lexer) -> Appended:
    flags = Flag(0)
    keywords: tuple[str, ...] = ()
    if lexer.peek() == b"(":
        flags, keywords = message_commands.flag_list(lexer)
        lexer.space()
    internal_date: datetime | None = None
    if lexer.peek() == b'"':
        internal_date = lexer.date_time()
        lexer.space()
    raw, pieces = b"", tuple[bytes | str, ...]()
    if lexer.take_text(b"CATENATE "):
        pieces = tuple(lexer.listed(lambda: _piece(lexer)))
    else:
        raw = _message(lexer)
    if len(pieces) > MAX_PIECES:
        raise ParseError(f"a message is put together of at most {MAX_PIECES} pieces")
    return Appended(
        flags=flags, keywords=keywords, internal_date=internal_date, raw=raw, pieces=pieces
    )


def _message(lexer: Lexer) -> bytes:
    is_wrapped = lexer.take_text(b"UTF8 (")
    lexer.take(b"~")
    raw = lexer.literal()
    if is_wrapped:
        lexer.expect(b")")
    return raw


def _piece(lexer: Lexer) -> bytes | str:
    """Octets behind TEXT, a URL behind URL."""
    word = lexer.word("TEXT or URL")
    lexer.space()
    match word:
        case "TEXT":
            return _message(lexer)
        case "URL":
            return lexer.astring().decode("utf-8", "replace")
        case _:
            raise ParseError("expected TEXT or URL")
