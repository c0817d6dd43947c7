"""The arguments of MAIL and RCPT: a path in angle brackets, then parameters (RFC 5321 §4.1.2).

Linear in its input, no regular expressions. Source routes are accepted and ignored (RFC 5321
appendix C); spaces after the colon are tolerated, because many clients send one. What is wrong is
raised as `Refused`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailcore.address import Address, parse_address
from mailcore.errors import MailError
from smtpd import replies
from smtpd.replies import Refused, Stage

_KEYWORD: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
_HELO: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]+")
_MAX_HELO: Final = 255
_MAX_PARAMETERS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PathArgument:
    """A parsed argument: the mailbox text without brackets and route, and the parameters.

    Keywords are upper case, values exactly as sent; a keyword without `=` has the value None.
    """

    mailbox: str
    parameters: Mapping[str, str | None]


def parse(argument: str | None, keyword: str) -> PathArgument:
    """Parse `FROM:<path> parameters` or `TO:<path> parameters`."""
    head = len(keyword) + 1
    if argument is None or argument[:head].upper() != f"{keyword}:":
        raise _malformed(keyword, "the command is incomplete")
    rest = argument[head:].lstrip(" ")
    if not rest.startswith("<"):
        raise _malformed(keyword, "the address must stand in angle brackets")
    end = _closing_bracket(rest)
    if end < 0:
        raise _malformed(keyword, "the angle bracket is not closed")
    behind = rest[end + 1 :]
    if behind and not behind.startswith(" "):
        raise _malformed(keyword, "a space must follow the address")
    return PathArgument(mailbox=_without_route(rest[1:end]), parameters=_parameters(behind))


def reverse_path(mailbox: str) -> Address | None:
    """The sender; None for the null path (RFC 5321 §4.5.5)."""
    return _address(mailbox, Stage.SENDER) if mailbox else None


def forward_path(mailbox: str, *, domain: str) -> Address:
    """A recipient; a lone `Postmaster` is the one of `domain` (RFC 5321 §4.5.1)."""
    if mailbox.lower() == "postmaster":
        return Address("postmaster", domain)
    return _address(mailbox, Stage.RECIPIENT)


def helo_name(argument: str | None) -> str:
    """The name in HELO or EHLO: any plausible host name or address literal, no comments."""
    if not argument:
        raise Refused(replies.malformed("give your host name, as in EHLO mail.example.org"))
    if len(argument) > _MAX_HELO or not _HELO.issuperset(argument):
        raise Refused(replies.malformed("this is not a host name or an address literal"))
    return argument


def _address(mailbox: str, stage: Stage) -> Address:
    try:
        return parse_address(mailbox)
    except MailError as error:
        raise Refused(replies.of_error(error, stage)) from error


def _malformed(keyword: str, what: str) -> Refused:
    command = "MAIL FROM" if keyword == "FROM" else "RCPT TO"
    return Refused(replies.malformed(f"{what}, write {command}:<name@example.org>"))


def _closing_bracket(text: str) -> int:
    """Where the bracket that opens `text` closes; quoted strings may contain brackets."""
    end = text.find(">")
    if end < 0 or '"' not in text[:end]:
        return end
    is_quoted = False
    is_escaped = False
    for position, char in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif is_quoted and char == "\\":
            is_escaped = True
        elif char == '"':
            is_quoted = not is_quoted
        elif char == ">" and not is_quoted:
            return position
    return -1


def _without_route(path: str) -> str:
    return path.partition(":")[2] if path.startswith("@") else path


def _parameters(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        keyword = name.upper()
        is_wrong = not keyword or not _KEYWORD.issuperset(keyword) or keyword.startswith("-")
        if is_wrong or (equals and not value):
            raise Refused(replies.malformed(f"the parameter {word[:60]} is malformed"))
        if keyword in found or len(found) == _MAX_PARAMETERS:
            raise Refused(replies.malformed(f"the parameter {keyword[:60]} is one too many"))
        found[keyword] = value if equals else None
    return found
