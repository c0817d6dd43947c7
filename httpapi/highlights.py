"""Where a search was found: pieces of subject, addresses and text with the matches marked.

Texts are cleaned of invisible characters before they are looked through, so positions are those of
what is shown.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from httpapi.fields import Output
from httpapi.marking import Foreign
from httpapi.services import Services
from mailcore.message.searchtext import needle, snippet
from mailcore.model import MailboxAddress, Message
from mailcore.search import SearchNode, sought

MAX_TERMS: Final = 20
_PLACES: Final = {"from": "from", "to": "to", "cc": "to", "bcc": "to", "subject": "subject"}


class Highlight(Output):
    """A piece of a message and what was found in it."""

    field: str
    """`subject`, `from`, `to` (any recipient) or `text`."""
    text: Annotated[str, Foreign(positions="matches")]
    matches: list[tuple[int, int]]
    """Where in `text`, as [start, end) in characters."""


async def highlights(
    services: Services, messages: Sequence[Message], where: SearchNode | None
) -> dict[str, list[Highlight]]:
    """What to show for each message, by its id."""
    terms = sought(where)[:MAX_TERMS] if where is not None else ()
    if not terms or not messages:
        return {}
    wanted: dict[str, list[str]] = {}
    for name, text in terms:
        for place in (_PLACES.get(name, "text"),) if name else ("subject", "from", "to", "text"):
            wanted.setdefault(place, []).append(needle(text))
    texts = await services.mailboxes.searched_texts(messages) if "text" in wanted else {}

    def look() -> dict[str, list[Highlight]]:
        return {one.id: _of(services, one, texts.get(one.id, ""), wanted) for one in messages}

    return await asyncio.to_thread(look)


def _of(
    services: Services, message: Message, body: str, wanted: dict[str, list[str]]
) -> list[Highlight]:
    facts = message.facts
    senders = (facts.sender,) if facts.sender else ()
    places = {
        "subject": facts.subject,
        "from": _people(senders),
        "to": _people((*facts.to, *facts.cc, *facts.bcc)),
        "text": body,
    }
    found: list[Highlight] = []
    for place, needles in wanted.items():
        text, _ = services.safe_text(places[place][:_MAX_CHARS])
        piece = snippet(text, needles) if place == "text" else snippet(text, needles, around=None)
        if piece is not None:
            found.append(Highlight(field=place, text=piece.text, matches=list(piece.matches)))
    return found


_MAX_CHARS: Final = 100_000


def _people(people: Sequence[MailboxAddress]) -> str:
    return ", ".join(f"{one.name} <{one.address}>" if one.name else one.address for one in people)
