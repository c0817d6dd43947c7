"""IMAP URLs of messages and their parts (RFC 5092), absolute or as CATENATE writes them (RFC 4469 §4). Pure."""

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from imapd.fetch import MAX_OFFSET, BodySection, parse_items
from imapd.lexer import Lexer, ParseError
from imapd.seqset import MAX_NUMBER
from imapd.wire import Frame

_SCHEME: Final = "imap://"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUrl:
    """A part of a message. Without a mailbox it is in the selected one."""

    user: str | None
    host: str | None
    mailbox: str | None
    uid_validity: int | None
    uid: int
    section: BodySection


def parse(text: str) -> MessageUrl:
    """The URL; ValueError for anything that does not lead to a part of a message."""
    user, host, path = _authority(text)
    place, *rest = (f"/{path}" if path.startswith(";") else path).split("/;")
    keys = [one.partition("=") for one in rest]
    values = {key.upper(): unquote(value, errors="strict") for key, _, value in keys}
    names = [key.upper() for key, _, _ in keys]
    if names != [one for one in ("UID", "SECTION", "PARTIAL") if one in values]:
        raise ValueError("not the URL of a message")
    mailbox, validity = _place(place)
    if mailbox is None and host is not None:
        raise ValueError("no mailbox")
    return MessageUrl(
        user=user,
        host=host,
        mailbox=mailbox,
        uid_validity=validity,
        uid=_number(values.get("UID", ""), MAX_NUMBER),
        section=_partial(_section(values.get("SECTION", "")), values.get("PARTIAL")),
    )


def _authority(text: str) -> tuple[str | None, str | None, str]:
    """User, host and path; neither of the first two where the URL is relative."""
    if text[: len(_SCHEME)].lower() != _SCHEME:
        if text.startswith("//") or not text.startswith(("/", ";")):
            raise ValueError("not an IMAP URL")
        return None, None, text
    authority, slash, path = text[len(_SCHEME) :].partition("/")
    login, at, server = authority.rpartition("@")
    user = unquote(login.partition(";")[0], errors="strict") if at else None
    host = server.rpartition(":")[0] if server.rpartition(":")[2].isdigit() else server
    return user, host.lower(), slash + path


def _place(text: str) -> tuple[str | None, int | None]:
    """The mailbox, None for the selected one, and its UIDVALIDITY."""
    if not text:
        return None, None
    name, mark, validity = text.removeprefix("/").partition(";")
    key, _, value = validity.partition("=")
    if mark and key.upper() != "UIDVALIDITY":
        raise ValueError("unknown parameter")
    mailbox = unquote(name, errors="strict")
    if not mailbox:
        raise ValueError("no mailbox")
    return mailbox, _number(value, MAX_NUMBER) if mark else None


def _number(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= limit):
        raise ValueError("not a number")
    return int(text)


def _section(text: str) -> BodySection:
    lexer = Lexer(Frame((f"BODY.PEEK[{text}]".encode(),)))
    try:
        (found,) = parse_items(lexer)
    except ParseError as error:
        raise ValueError("not a section") from error
    if not isinstance(found, BodySection) or not lexer.is_end():
        raise ValueError("not a section")
    return found


def _partial(section: BodySection, text: str | None) -> BodySection:
    if text is None:
        return section
    start, dot, length = text.partition(".")
    first = 0 if start == "0" else _number(start, MAX_OFFSET)
    return replace(section, start=first, length=_number(length, MAX_OFFSET) if dot else MAX_OFFSET)
