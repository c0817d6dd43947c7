"""In whose name a message speaks that a mail client composed (RFC 6409 §6.1, §8.1).

Every reader must find the same author: one From with one plain address of the login, no field that
other programs read and we do not, no other address where people look for the author. What leaves
room for a second reading is refused, never repaired.
"""

import re
from typing import Final

from mailcore.address import Address, shows_address, try_address
from mailcore.errors import MailError, denied, invalid
from mailcore.message.headers import (
    Headers,
    body_offset,
    decode_words,
    remove,
)
from mailcore.message.limits import parser_limits
from mailcore.message.mailboxes import ItemKind, scan_mailboxes
from mailcore.message.words import unfold

_ALSO: Final = ("Sender", "Resent-From", "Resent-Sender")
"""Where else a program or a person looks for who wrote this."""
_MAX_VALUE: Final = 8192
_BLANK: Final = (b"", b"\r\n", b"\n")


def require_own_author(own: Address, raw: bytes) -> None:
    """INVALID for a header that cannot be read in one way, DENIED `sender_not_owned` for a stranger's name."""
    view = Headers.read(raw)
    _require_readable(view, raw)
    if len(view.raw_all("From")) != 1:
        raise invalid("From", "the message needs exactly one From field")
    if len(view.raw_all("Sender")) > 1:
        raise invalid("Sender", "the message has more than one Sender field")
    for name in ("From", *_ALSO):
        for value in view.raw_all(name):
            _require_own(own, name, value)


def _require_readable(view: Headers, raw: bytes) -> None:
    limits = parser_limits()
    if view.body_start > limits.header_octets or len(view.fields) >= limits.header_fields:
        raise invalid("header", "the header is too large to be checked")
    head = raw[: body_offset(raw, 0, len(raw))]
    if remove(head, lambda _name, _value: True) not in _BLANK:
        raise invalid("header", "the header has a line that is no field")


def _require_own(own: Address, field: str, value: bytes) -> None:
    if len(value) > _MAX_VALUE:
        raise invalid(field, "the field is too long")
    text = unfold(value).decode("utf-8", "replace")
    items = scan_mailboxes(text)
    if len(items) != 1 or items[0].kind is not ItemKind.MAILBOX or items[0].route:
        raise invalid(field, "it must hold one address and nothing else")
    address = try_address(f"{items[0].local}@{items[0].domain}")
    if address is None or address.base.folded != own.base.folded:
        raise _not_owned(field, f"is {items[0].local}@{items[0].domain}"[:200], own)
    if shows_address(_without_own(decode_words(text), own)):
        raise _not_owned(field, "shows another address beside", own)


def _without_own(text: str, own: Address) -> str:
    """`text` without the login's own address: clients repeat it as the name."""
    local, domain = re.escape(own.base.local), re.escape(own.domain)
    return re.sub(
        rf"(?<![\w.+-]){local}(?:\+[\w.-]{{0,64}})?@{domain}(?![\w.-])",
        "",
        text,
        flags=re.IGNORECASE,
    )


def _not_owned(field: str, what: str, own: Address) -> MailError:
    return denied(
        f"{field} {what}, which is not an address of this login",
        code="sender_not_owned",
        fix=f"Send as {own}",
    )
