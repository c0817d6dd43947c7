"""SMTP replies, and the one table that turns an error of the core into one.

Every reply but the greeting, the answer to HELO and EHLO and the 3xx ones carries an enhanced code
(RFC 2034 §4, RFC 3463). Texts are printable ASCII on one line: nothing a client sent can break out
of the reply it is quoted in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mailcore.errors import ErrorKind, MailError

_MAX_TEXT: Final = 480
"""A reply line ends within 512 octets (RFC 5321 §4.5.3.1.5)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply; `wire` is what is sent."""

    code: int
    enhanced: str
    text: str
    wire: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        head = f"{self.code} {self.enhanced} " if self.enhanced else f"{self.code} "
        object.__setattr__(self, "wire", f"{head}{_one_line(self.text)}\r\n".encode("ascii"))

    @property
    def is_protocol_error(self) -> bool:
        """Whether the client broke the protocol, as opposed to asking for what it cannot have."""
        return 500 <= self.code <= 504 or self.code == 555


class Refused(Exception):  # noqa: N818 - a reply on its way, not an error of ours
    """Ends the handling of a command with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Over(Exception):  # noqa: N818 - how a session ends, not an error of ours
    """Ends the session, after a last reply if there is one to give."""

    def __init__(self, reply: Reply | None = None) -> None:
        super().__init__(reply.text if reply else "")
        self.reply = reply


def _one_line(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        ascii_text = text.encode("ascii", "backslashreplace").decode("ascii")
        text = "".join(char if " " <= char <= "~" else " " for char in ascii_text)
    return text[:_MAX_TEXT]


class Stage(StrEnum):
    """Where in a session an error came up: the same kind reads differently there."""

    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


type _Code = tuple[int, str]

_BY_KIND: Final[Mapping[ErrorKind, tuple[_Code, _Code, _Code, _Code]]] = {
    # kind                      LOGIN           SENDER          RECIPIENT       CONTENT
    ErrorKind.INVALID: ((501, "5.5.2"), (553, "5.1.7"), (553, "5.1.3"), (554, "5.6.0")),
    ErrorKind.UNAUTHENTICATED: ((535, "5.7.8"), (530, "5.7.0"), (530, "5.7.0"), (530, "5.7.0")),
    ErrorKind.DENIED: ((535, "5.7.8"), (550, "5.7.1"), (550, "5.7.1"), (550, "5.7.1")),
    ErrorKind.NOT_FOUND: ((535, "5.7.8"), (550, "5.1.0"), (550, "5.1.1"), (550, "5.1.1")),
    ErrorKind.CONFLICT: ((454, "4.7.0"), (450, "4.3.0"), (450, "4.2.0"), (451, "4.3.0")),
    ErrorKind.TOO_LARGE: ((500, "5.5.6"), (552, "5.3.4"), (552, "5.3.4"), (552, "5.3.4")),
    ErrorKind.OVER_LIMIT: ((454, "4.7.0"), (450, "4.7.1"), (450, "4.7.1"), (451, "4.7.1")),
    ErrorKind.UNAVAILABLE: ((454, "4.7.0"), (451, "4.3.0"), (451, "4.3.0"), (451, "4.3.0")),
    ErrorKind.INTERNAL: ((454, "4.7.0"), (451, "4.3.0"), (451, "4.3.0"), (451, "4.3.0")),
}
"""Every kind has a row; RFC 5321 §4.2.2 and RFC 4954 §6 give the codes, RFC 3463 the rest."""

_BY_CODE: Final[Mapping[str, _Code]] = {
    "address_deleted": (550, "5.1.6"),
    "address_disabled": (550, "5.2.1"),
    "disk_full": (452, "4.3.1"),
    "greylisted": (451, "4.7.1"),
    "over_quota": (452, "4.2.2"),
    "recipient_over_quota": (452, "4.2.2"),
    "too_many_recipients": (452, "4.5.3"),
    "mail_loop": (554, "5.4.6"),
    "not_authenticated": (550, "5.7.20"),
    "dmarc_reject": (550, "5.7.26"),
    "dmarc_unknown": (451, "4.7.0"),
}
"""Errors of the core with a more telling code than their kind's, wherever they come up."""

_STAGES: Final = tuple(Stage)
FAILED: Final = Reply(451, "4.3.0", "something failed here, please try again later")
LOGIN_UNAVAILABLE: Final = Reply(454, "4.7.0", "logins do not work at the moment, try again later")


def of_error(error: MailError, stage: Stage) -> Reply:
    """The reply for an error of the core. Only its message and its fix are told; INTERNAL tells nothing."""
    if error.kind is ErrorKind.INTERNAL:
        return LOGIN_UNAVAILABLE if stage is Stage.LOGIN else FAILED
    code, enhanced = _BY_KIND[error.kind][_STAGES.index(stage)]
    if stage is not Stage.LOGIN:
        code, enhanced = _BY_CODE.get(error.code, (code, enhanced))
    text = f"{error.message}. {error.fix}" if error.fix else error.message
    return Reply(code, enhanced, text)


def malformed(text: str) -> Reply:
    """The arguments of a known command are wrong."""
    return Reply(501, "5.5.4", text)


def accepted(message_id: str) -> Reply:
    """The message is safe with us."""
    return Reply(250, "2.0.0", f"accepted {message_id}")


OK: Final = Reply(250, "2.0.0", "ok")
SENDER_OK: Final = Reply(250, "2.1.0", "sender ok")
RECIPIENT_OK: Final = Reply(250, "2.1.5", "recipient ok")
START_TLS: Final = Reply(220, "2.0.0", "ready to start TLS")
GOODBYE: Final = Reply(221, "2.0.0", "goodbye")
LOGGED_IN: Final = Reply(235, "2.7.0", "login ok")
HELP: Final = Reply(
    214, "2.0.0", "commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY STARTTLS AUTH"
)
VERIFY: Final = Reply(252, "2.0.0", "not verified, but mail for a valid address is accepted")
NO_ROOM: Final = Reply(452, "4.3.1", "too many messages are arriving, try again in a moment")
SEND_CONTENT: Final = Reply(354, "", "send the message, end it with CRLF . CRLF")

IDLE: Final = Reply(421, "4.4.2", "nothing came in time, closing")
STOPPING: Final = Reply(421, "4.3.2", "the server is stopping, try again in a moment")
TOO_MANY_CONNECTIONS: Final = Reply(421, "4.7.0", "too many connections, try again later")
TOO_FAST: Final = Reply(
    421, "4.7.0", "too many connections from your network in a minute, try again later"
)
TOO_MANY_MESSAGES: Final = Reply(
    450, "4.7.1", "too many messages from your network in a minute, try again later"
)
TOO_MANY_OCTETS: Final = Reply(
    452, "4.7.1", "too much mail from your network in a minute, try again later"
)
TOO_MANY_MISTAKES: Final = Reply(
    421, "4.7.0", "too many mistakes from your network, try again in a quarter of an hour"
)
EARLY_TALKER: Final = Reply(554, "5.5.1", "wait for the greeting before you talk, closing")
TOO_MANY_ERRORS: Final = Reply(421, "4.7.0", "too many errors, closing")
TOO_MANY_RECIPIENTS: Final = Reply(452, "4.5.3", "too many recipients, send the rest separately")
ONE_FOR_BOUNCES: Final = Reply(
    452, "4.5.3", "mail without a sender has one recipient, send the rest separately"
)
NOT_RUNNING: Final = Reply(451, "4.3.2", "the server is not taking mail now, try again later")

BAD_LINE_END: Final = Reply(500, "5.5.2", "a command line must end with CR LF, closing")
BAD_CHARACTER: Final = Reply(500, "5.5.2", "the command contains a character that is not allowed")
LINE_TOO_LONG: Final = Reply(500, "5.5.2", "the line is too long")
UNKNOWN_COMMAND: Final = Reply(500, "5.5.1", "the command is not known here, see HELP")
BAD_CHUNK: Final = Reply(501, "5.5.4", "write BDAT SIZE [LAST], closing")
BAD_PROXY: Final = Reply(421, "4.3.5", "a PROXY header was expected, closing")
NO_XCLIENT: Final = Reply(550, "5.7.1", "XCLIENT is not for you")
NOT_SMTP: Final = Reply(554, "5.5.1", "this is a mail server, closing")
NOT_IMPLEMENTED: Final = Reply(502, "5.5.1", "the command is not implemented")
NO_ARGUMENT: Final = malformed("the command takes no argument")
NEED_HELO: Final = Reply(503, "5.5.1", "send EHLO first")
NEED_MAIL: Final = Reply(503, "5.5.1", "send MAIL first")
NEED_RECIPIENT: Final = Reply(554, "5.5.1", "there is no valid recipient")
IS_IN_CHUNKS: Final = Reply(503, "5.5.1", "the message comes with BDAT, go on with BDAT or RSET")
NEED_BDAT: Final = Reply(503, "5.5.1", "binary content needs BDAT instead of DATA")
NESTED_MAIL: Final = Reply(503, "5.5.1", "a message is open already, send RSET to drop it")
HAS_TLS: Final = Reply(503, "5.5.1", "TLS is on already")
NO_AUTH_HERE: Final = Reply(503, "5.5.1", "no logins on this port, use 587 or 465")
HAS_LOGIN: Final = Reply(503, "5.5.1", "the login is done already")
AUTH_IN_MAIL: Final = Reply(503, "5.5.1", "log in before MAIL")
NEED_TLS: Final = Reply(530, "5.7.0", "send STARTTLS first")
AUTH_NEEDS_TLS: Final = Reply(538, "5.7.11", "logins need TLS, send STARTTLS first")
NEED_AUTH: Final = Reply(530, "5.7.0", "log in first")
UNKNOWN_MECHANISM: Final = Reply(
    504, "5.5.4", "the mechanism is not known here, use PLAIN, LOGIN or OAUTHBEARER"
)
AUTH_CANCELED: Final = Reply(501, "5.7.0", "the login was canceled")
BAD_BASE64: Final = Reply(501, "5.5.2", "this is not valid base64")
BAD_CREDENTIALS: Final = Reply(535, "5.7.8", "the user name or password is wrong")
NEED_SMTPUTF8: Final = Reply(553, "5.6.7", "an address outside ASCII needs SMTPUTF8 in MAIL")
MESSAGE_TOO_BIG: Final = Reply(552, "5.3.4", "the message is too big")
BARE_LINE_END: Final = Reply(
    550, "5.6.11", "the message contains a bare CR or LF, lines must end with CR LF"
)
