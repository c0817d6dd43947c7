"""How a question reads in Slack: Block Kit, everything of strangers as plain text.

Plain text objects know no mentions and no links. A section has at most 3000 characters, a message at
most 50 blocks; what stands in notifications is escaped.
"""

from typing import Final

from mailcore.channels.port import Verb
from mailcore.channels.questions import Question
from mailcore.ids import is_id
from mailcore.model import JsonObject, JsonValue

_MAX_HEADER: Final = 150
_MAX_SECTION: Final = 2900
_MAX_WHOLE: Final = 10
_MAX_BRIEF: Final = 2800
_STYLES: Final = {Verb.APPROVE: "primary", Verb.REJECT: "danger"}


def asked(question: Question) -> list[JsonValue]:
    """The blocks of a question while it waits, or what became of it."""
    title = question.title if question.is_open else question.outcome
    header: JsonObject = {"type": "header", "text": _plain(title[:_MAX_HEADER])}
    if not question.is_open:
        return [header, _section(f"{title}\nSubject: {question.subject}")]
    more = " […]" if len(question.brief) > _MAX_BRIEF else ""
    until = _section(f"Until: {question.until}")
    blocks: list[JsonValue] = [header, until, _section(question.brief[:_MAX_BRIEF] + more)]
    if question.can_be_answered:
        blocks.append({"type": "actions", "elements": _buttons(question)})
    return blocks


def whole(question: Question) -> list[JsonValue]:
    """The full text; the last block says what is missing."""
    shown = question.text or "There is no text."
    pieces = [shown[at : at + _MAX_SECTION] for at in range(0, len(shown), _MAX_SECTION)]
    blocks: list[JsonValue] = [_section(one) for one in pieces[:_MAX_WHOLE]]
    if len(pieces) > _MAX_WHOLE:
        left = len(shown) - _MAX_WHOLE * _MAX_SECTION
        where = f"countersign hold show {question.id}"
        blocks.append(_section(f"{left} more characters are at the server: {where}"))
    return blocks


def summary(question: Question) -> str:
    """What stands in notifications."""
    title = question.title if question.is_open else question.outcome
    return escape(f"{title}: {question.subject}" if question.subject else title)


def escape(shown: str) -> str:
    """Text that Slack takes for itself nowhere (its three control characters)."""
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def pressed(action_id: str, value: str) -> tuple[Verb, str, int] | None:
    """What a button was for; None when it is none of ours."""
    about_id, _, version = value.partition("|")
    is_number = version.isascii() and version.isdigit() and len(version) < 10
    if action_id not in tuple(Verb) or not is_id(about_id) or not is_number:
        return None
    return Verb(action_id), about_id, int(version)


def _buttons(question: Question) -> list[JsonValue]:
    yes, no = question.answers
    value = f"{question.id}|{question.version}"
    buttons: list[JsonValue] = []
    for verb, label in ((Verb.APPROVE, yes), (Verb.REJECT, no), (Verb.SHOW, "Show")):
        button: JsonObject = {
            "type": "button",
            "action_id": verb.value,
            "value": value,
            "text": _plain(label),
        }
        buttons.append({**button, "style": _STYLES[verb]} if verb in _STYLES else button)
    return buttons


def _plain(shown: str) -> JsonObject:
    return {"type": "plain_text", "text": shown or "-", "emoji": False}


def _section(shown: str) -> JsonObject:
    return {"type": "section", "text": _plain(shown[:3000])}
