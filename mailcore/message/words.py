"""Encoded words (RFC 2047) and the unfolding of header values, both ways.

Reading never raises and leaves no control characters; writing raises INVALID where a value could
break out of its line. Not address syntax: that is in `mailboxes`.
"""

import binascii
import re
from typing import Final

from mailcore.errors import invalid
from mailcore.message.charsets import decode_charset, guess, without_surrogates

_WORD = re.compile(r"=\?([!->@-~]{1,80})\?([bBqQ])\?([^?]*+)\?=")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+)*")
_MAX_RUN: Final = 600
"""A longer run without a space could not be folded into lines of 998."""
_Q_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_WORD_CONTENT: Final = 52
"""Encoded characters in one word: with its frame 64, so `Subject: ` and a word fit in 76."""


def unfold(value: bytes) -> bytes:
    """A raw header value on one line without surrounding white space (RFC 5322 §2.2.3)."""
    if b"\n" in value or b"\r" in value:
        value = value.replace(b"\r", b"").replace(b"\n", b"")
    return value.strip(b" \t")


def decode_words(value: str | bytes) -> str:
    """The readable text of a header value (RFC 2047 §6.2); control characters become spaces."""
    text = guess(unfold(value)) if isinstance(value, bytes) else value
    if "=?" in text:
        text = _decode(text)
    if text.isprintable():  # it has no surrogates then
        return text
    if _CONTROL.search(text):
        text = _CONTROL.sub(" ", text)
    return text if text.isascii() else without_surrogates(text)


def _decode(text: str) -> str:
    """Join words of one charset before decoding: some senders cut inside a character."""
    out: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    last = 0
    for match in _WORD.finditer(text):
        charset = match[1].partition("*")[0].lower()
        between = text[last : match.start()]
        if pending and (charset != pending_charset or (not between.isspace() and between)):
            out.append(decode_charset(b"".join(pending), pending_charset))
            pending = []
            if not between.isspace():
                out.append(between)
        elif not pending:
            out.append(between)
        pending.append(_word_octets(match[2], match[3]))
        pending_charset = charset
        last = match.end()
    if pending:
        out.append(decode_charset(b"".join(pending), pending_charset))
    out.append(text[last:])
    return "".join(out)


def _word_octets(encoding: str, content: str) -> bytes:
    octets = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    try:
        return binascii.a2b_base64(octets + b"==")
    except binascii.Error:
        return b""


def refuse_controls(value: str, path: str) -> None:
    """Raise INVALID naming `path` when `value` has a CR, LF, NUL or another control character."""
    if _FORBIDDEN.search(value):
        raise invalid(
            path,
            "line breaks and control characters are not allowed here",
            fix="Remove them; a header value is one line.",
        )


def encode_text(value: str, *, path: str = "value") -> str:
    """`value` for an unstructured field: itself when it is plain ASCII, else encoded words.

    Raises INVALID naming `path` on control characters.
    """
    refuse_controls(value, path)
    plain = value.isascii() and "=?" not in value and value == value.strip()
    return value if plain and not _is_unfoldable(value) else _encode(value)


def _is_unfoldable(value: str) -> bool:
    return " " * 60 in value or max(map(len, value.split(" "))) > _MAX_RUN


def encode_phrase(name: str, *, path: str = "name") -> str:
    """A display name as atoms, a quoted string or encoded words (RFC 5322 §3.2.5)."""
    refuse_controls(name, path)
    if not name.isascii() or "=?" in name or _is_unfoldable(name):
        return _encode(name)
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encode(value: str) -> str:
    octets = without_surrogates(value).encode("utf-8")
    plain = sum(octet in _Q_SAFE or octet == 32 for octet in octets)
    is_q = plain * 3 >= len(octets) * 2
    budget = _WORD_CONTENT if is_q else _WORD_CONTENT // 4 * 3
    words: list[str] = []
    current: list[str] = []
    used = 0
    for char in octets.decode("utf-8"):
        piece = _q(char) if is_q else char
        cost = len(piece) if is_q else len(char.encode("utf-8"))
        if used + cost > budget:
            words.append(_frame("".join(current), is_q=is_q))
            current, used = [], 0
        current.append(piece)
        used += cost
    words.append(_frame("".join(current), is_q=is_q))
    return " ".join(words)


def _q(char: str) -> str:
    if char == " ":
        return "_"
    return "".join(
        chr(octet) if octet in _Q_SAFE else f"={octet:02X}" for octet in char.encode("utf-8")
    )


def _frame(content: str, *, is_q: bool) -> str:
    if is_q:
        return f"=?utf-8?q?{content}?="
    packed = binascii.b2a_base64(content.encode("utf-8"), newline=False).decode("ascii")
    return f"=?utf-8?b?{packed}?="
