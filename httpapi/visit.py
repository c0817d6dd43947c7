"""What the edge remembers about one request from the outer handling to the inner."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from httpapi.limits import Allowance
from httpapi.peer import Peer


@dataclass(slots=True)
class Visit:
    """One request: its trace id, its peer, and what becomes known on the way."""

    trace_id: str
    peer: Peer
    started_at: float
    label: str = ""
    """The actor, for the log."""
    allowance: Allowance | None = None


VISIT: Final = web.RequestKey("visit", Visit)
