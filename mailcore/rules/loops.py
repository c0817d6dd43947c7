"""Mail that a program sends must not answer or forward programs: who may be answered, what goes on.

RFC 3834 for answers: never to a list, a bounce or another program, only to who sent the mail to this
very inbox and proved to be it. For what is forwarded: each inbox leaves its address in a field, so
that what comes round again stays. Pure decisions over the header.
"""

from typing import Final

from mailcore.address import Address, try_address
from mailcore.message.dsn import is_auto_generated
from mailcore.message.headers import Headers
from mailcore.model import AuthReport, Inbox, Security

FORWARDED: Final = "X-Countersign-Forwarded-By"
MAX_FORWARDED: Final = 5
"""Inboxes that a message is forwarded by, one after the other."""
_SENT_BY_PROGRAMS: Final = frozenset(
    {"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"}
)


def forwarded_by(headers: Headers) -> tuple[str, ...]:
    """The inboxes that have forwarded it, the latest first."""
    fields = (value.decode("ascii", "replace").strip() for value in headers.raw_all(FORWARDED))
    return tuple(one[:320] for one in fields if one)[: MAX_FORWARDED + 1]


def why_not_forward(headers: Headers, own: Address) -> str:
    """Why it is not forwarded, or empty."""
    passed = forwarded_by(headers)
    folded = {one.folded for one in map(try_address, passed) if one is not None}
    if own.folded in folded:
        return "this inbox has forwarded it before"
    if len(passed) >= MAX_FORWARDED:
        return "it has been forwarded too often"
    if _is_bounce(headers):
        return "it is a bounce"
    first = headers.raw_all("Auto-Submitted")
    if any(one.strip().lower().startswith(b"auto-replied") for one in first):
        return "it is an automatic reply"
    return ""


def answerable(headers: Headers) -> Address | None:
    """Whom an automatic answer would go to: the envelope's sender, as our receiver wrote it down."""
    fields = headers.raw_all("Return-Path")
    path = fields[0].decode("utf-8", "replace").strip() if fields else ""
    return try_address(path.removeprefix("<").removesuffix(">"))


def why_not_answer(
    headers: Headers, inbox: Inbox, auth: AuthReport | None, security: Security, *, is_checked: bool
) -> str:
    """Why it gets no automatic answer, or empty. `is_checked`: senders of outside mail are checked."""
    sender = answerable(headers)
    if sender is None or is_auto_generated(headers):
        return "it was sent by a program, a list or a mail system"
    if sender.base.folded == inbox.address.folded:
        return "it came from this inbox"
    if sender.local.lower() in _SENT_BY_PROGRAMS:
        return "nobody reads mail to its sender"
    if security.level not in ("clean", "internal"):
        return "the guard warns of it"
    if auth is not None and is_checked and not _is_proven(auth, sender):
        return "its sender is not proven"
    named = (one for name in ("To", "Cc") for one in headers.mailboxes(name))
    reached = {one.base.folded for one in map(try_address, (x.address for x in named)) if one}
    delivered = headers.raw_all("Delivered-To")
    shown = {one.strip().lower().decode("utf-8", "replace") for one in delivered[:1]}
    is_named = inbox.address.folded in reached or bool(reached & shown)
    return "" if is_named else "it is not addressed to this inbox"


def _is_proven(auth: AuthReport, sender: Address) -> bool:
    """Whether the envelope's sender is the domain's own: by SPF, or DMARC for the same domain."""
    is_own = auth.dmarc == "pass" and auth.dmarc_domain == sender.domain
    return is_own or (auth.spf == "pass" and auth.spf_domain in ("", sender.domain))


def _is_bounce(headers: Headers) -> bool:
    fields = headers.raw_all("Return-Path")
    kind = (headers.undecoded("Content-Type") or "").strip().lower()
    return bool(fields and fields[0].strip() == b"<>") or kind.startswith("multipart/report")
