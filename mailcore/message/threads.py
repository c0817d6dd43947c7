"""What joins messages to a thread: their ids (RFC 5322 §3.6.4) and the base subject (RFC 5256).

Pure: which threads exist, and which one wins, is the store's and the delivery's business.
"""

import re
from typing import Final

from mailcore.model import MessageFacts

MAX_KEYS: Final = 50
_MAX_SUBJECT: Final = 2000

_BLOB = r"\[[^\[\]]*+\]\s*+"
_LEADER = re.compile(
    rf"\s*+(?:{_BLOB})?+(?:re|fwd?|aw|wg|sv|vs|antw|tr|rif|odp|回复|答复|转发)"
    rf"\s*+(?:{_BLOB})?+(?:\[\d{{1,4}}\])?[:：]",
    re.IGNORECASE,
)
_LEADING_BLOB = re.compile(rf"\s*+{_BLOB}")
_FORWARD_TRAILER = re.compile(r"\(fwd\)$", re.IGNORECASE)


def thread_keys(facts: MessageFacts) -> tuple[str, ...]:
    """The ids that tie a message to a thread: its own, In-Reply-To, then References, newest first.

    Each once, at most `MAX_KEYS`; of a long References list the oldest ids are dropped.
    """
    keys = [facts.message_id, facts.in_reply_to, *reversed(facts.references)]
    return tuple(dict.fromkeys(key for key in keys if key))[:MAX_KEYS]


def base_subject(subject: str) -> str:
    """The subject without reply and forward marks and list tags (RFC 5256 §2.1).

    The marks of other languages are taken off too. White space is collapsed, case is kept.
    """
    text = " ".join(subject[:_MAX_SUBJECT].split())
    while True:
        before = text
        text = _without_trailer(text)
        text = _without_leaders(text)
        if text[:5].lower() == "[fwd:" and text.endswith("]"):
            text = text[5:-1].strip()
        if text == before:
            return text


def _without_trailer(text: str) -> str:
    while match := _FORWARD_TRAILER.search(text):
        text = text[: match.start()].rstrip()
    return text


def _without_leaders(text: str) -> str:
    position = 0
    while True:
        if match := _LEADER.match(text, position):
            position = match.end()
            continue
        match = _LEADING_BLOB.match(text, position)
        if match is None or match.end() >= len(text):
            return text[position:].strip()
        if text[position:].lower().startswith("[fwd:"):
            return text[position:].strip()
        position = match.end()
