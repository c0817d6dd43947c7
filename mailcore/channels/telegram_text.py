"""How a question reads in Telegram: HTML of its few tags, everything of strangers escaped.

A message has at most 4096 characters, and a button 64 octets of its own: the verb, the id, the version.
"""

from collections.abc import Iterator
from html import escape
from typing import Final

from mailcore.channels.port import Verb
from mailcore.channels.questions import Question
from mailcore.ids import is_id
from mailcore.model import JsonObject

_MAX_BRIEF: Final = 3000
_CHUNK: Final = 3500
_MAX_CHUNKS: Final = 4
_LETTERS: Final = {Verb.APPROVE: "a", Verb.REJECT: "r", Verb.SHOW: "s"}
_VERBS: Final = {letter: verb for verb, letter in _LETTERS.items()}


def asked(question: Question) -> str:
    """The message while it waits, or what became of it."""
    title = question.title if question.is_open else question.outcome
    if not question.is_open:
        return f"<b>{escape(title)}</b>\nSubject: {escape(question.subject)}"
    limit = _chars(question.brief, _MAX_BRIEF)
    more = " […]" if len(question.brief) > limit else ""
    brief = escape(question.brief[:limit])
    return f"<b>{escape(title)}</b>\nUntil: {question.until}\n<pre>{brief}{more}</pre>"


def whole(question: Question) -> Iterator[str]:
    """The full text in as many messages as may be; the last one says what is missing."""
    size = _chars(question.text, _CHUNK)
    shown = question.text or "There is no text."
    pieces = [shown[at : at + size] for at in range(0, len(shown), size)]
    for piece in pieces[:_MAX_CHUNKS]:
        yield f"<pre>{escape(piece)}</pre>"
    if len(pieces) > _MAX_CHUNKS:
        left = len(shown) - _MAX_CHUNKS * size
        yield f"{left} more characters are at the server: countersign hold show {question.id}"


def keyboard(question: Question) -> JsonObject:
    """The buttons; none where there is nothing to decide."""
    if not question.can_be_answered:
        return {"inline_keyboard": []}
    yes, no = question.answers
    labels = ((Verb.APPROVE, yes), (Verb.REJECT, no), (Verb.SHOW, "Show"))
    row: list[JsonObject] = [
        {"text": label, "callback_data": f"{_LETTERS[verb]}|{question.id}|{question.version}"}
        for verb, label in labels
    ]
    return {"inline_keyboard": [list(row)]}


def pressed(data: str) -> tuple[Verb, str, int] | None:
    """What a button was for; None when it is none of ours."""
    letter, _, rest = data.partition("|")
    about_id, _, version = rest.partition("|")
    verb = _VERBS.get(letter)
    is_number = version.isascii() and version.isdigit() and len(version) < 10
    if verb is None or not is_id(about_id) or not is_number:
        return None
    return verb, about_id, int(version)


def _chars(shown: str, units: int) -> int:
    """How many characters surely fit: Telegram counts those beyond the first 65536 twice."""
    return units if max(shown, default="") < "\U00010000" else units // 2
