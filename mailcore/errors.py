"""The one error of the core, and its kinds.

Nothing here knows SMTP, IMAP or HTTP: three tables at the edges translate a kind
(`smtpd/replies.py`, `imapd/responses.py`, `httpapi/errors.py`). `message` may be shown to
strangers; `detail` goes to the log only.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorKind(StrEnum):
    """What went wrong, in words every edge can translate."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    OVER_LIMIT = "over_limit"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One wrong input: where it is (`attachments[2].content`) and what is wrong with it."""

    path: str
    message: str


class MailError(Exception):
    """A failure with a kind, a message for strangers and a detail for the log.

    `code` is the stable machine name (`stale_draft`), by default the kind; `fix` is one sentence
    that says what to do; `retry_after_seconds` is set with OVER_LIMIT and UNAVAILABLE when known.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        code: str = "",
        fix: str = "",
        detail: str = "",
        fields: tuple[FieldError, ...] = (),
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code or kind.value
        self.fix = fix
        self.detail = detail
        self.fields = fields
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_outage(self) -> bool:
        """The disk is full or does not work: who only reads goes on without what was to be noted."""
        return self.kind is ErrorKind.UNAVAILABLE or self.code == "disk_full"


def invalid(path: str, message: str, *, fix: str = "") -> MailError:
    """An INVALID error about one field."""
    return MailError(
        ErrorKind.INVALID,
        f"{path}: {message}",
        fix=fix,
        fields=(FieldError(path=path, message=message),),
    )


def not_found(what: str, *, fix: str = "") -> MailError:
    """A NOT_FOUND error; foreign and missing things read alike on purpose."""
    return MailError(ErrorKind.NOT_FOUND, f"{what} not found", fix=fix)


def denied(message: str, *, code: str = "", fix: str = "") -> MailError:
    """A DENIED error: the caller is known and may not do this."""
    return MailError(ErrorKind.DENIED, message, code=code, fix=fix)


def conflict(message: str, *, code: str = "", fix: str = "") -> MailError:
    """A CONFLICT error: the state of the thing does not allow it."""
    return MailError(ErrorKind.CONFLICT, message, code=code, fix=fix)


def over_quota() -> MailError:
    """The inbox is full."""
    return MailError(
        ErrorKind.OVER_LIMIT,
        "the inbox is full",
        code="over_quota",
        fix="Delete messages for good, or have the owner raise its quota",
    )
