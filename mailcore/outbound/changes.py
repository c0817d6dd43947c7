"""Versions of what was written, as text that people compare: how each reads, and what changed. Pure.

Takes linear time: lines in which two versions begin or end alike are left out, and what is between is
compared line by line only while it is short.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mailcore.message.headers import Headers
from mailcore.message.parse import readable
from mailcore.model import JsonObject, JsonValue

MAX_CHARS: Final = 20_000
_CONTEXT: Final = 2
_MOST_COMPARED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One version as lines: recipients and subject first, then the text."""

    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)


def of_message(raw: bytes, recipients: Sequence[str]) -> Shown:
    """A message as its recipients would read it."""
    headers, found = Headers.read(raw), readable(raw)
    lines = [f"Recipients: {', '.join(recipients)}"]
    lines += [f"{name}: {headers.get(name)}" for name in ("To", "Cc") if headers.get(name)]
    lines += [f"Subject: {headers.get('Subject') or ''}", *_text(found.text)]
    lines += [f"File: {one.filename}, {one.size_bytes} octets" for one in found.attachments]
    return Shown(lines=tuple(lines))


def of_draft(content: JsonObject, rationale: str) -> Shown:
    """A draft as its author wrote it; HTML as it is."""
    lines = [
        f"{label}: {', '.join(_strings(content.get(key)))}"
        for label, key in (("To", "to"), ("Cc", "cc"), ("Bcc", "bcc"))
        if content.get(key)
    ]
    if content.get("subject_override"):
        lines.append(f"Subject: {content['subject_override']}")
    for key in ("text", "html"):
        if isinstance(written := content.get(key), str):
            lines += _text(written)
    if rationale:
        lines += ["", "Why:", *rationale.splitlines()]
    return Shown(lines=tuple(lines))


def changes(before: Shown | None, after: Shown) -> str:
    """What is different, as lines that begin with `-`, `+` or a space; empty for the first version."""
    if before is None:
        return ""
    return "\n".join(_changed(before.lines, after.lines))[:MAX_CHARS]


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    shortest = min(len(old), len(new))
    start = next((n for n in range(shortest) if old[n] != new[n]), shortest)
    rest = shortest - start
    end = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    yield from (f"  {line}" for line in old[max(0, start - _CONTEXT) : start])
    if max(len(before), len(after)) > _MOST_COMPARED:
        yield from _plain(before, after)
    else:
        yield from _compared(before, after)
    yield from (f"  {line}" for line in old[len(old) - end :][:_CONTEXT])


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            yield from (f"  {line}" for line in before[start:end])
        else:
            yield from _plain(before[start:end], after[new_start:new_end])


def _plain(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    yield from (f"- {line}" for line in before)
    yield from (f"+ {line}" for line in after)


def _text(text: str) -> list[str]:
    return ["", *text[:MAX_CHARS].splitlines()]


def _strings(value: JsonValue | None) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
