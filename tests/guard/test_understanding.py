"""What the understanding of arriving text costs, beside what it finds."""

import threading
from typing import override

from guard.understanding import Understanding
from mailcore.policy import RuleCache

GERMAN = b"ich habe das nicht mit der post bekommen und wir sind auch nicht da"
_GRACE_SECONDS = 0.2
"""Seconds that a second maker gets to show itself; there is none, so nobody is late."""


class Counting(RuleCache):
    """Keeps nothing; while one rule set is made, another text in the same language comes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.meanwhile: threading.Thread | None = None
        self.understanding: Understanding | None = None

    @override
    def get(self, key: str) -> bytes | None:
        """None: it is made anew."""
        self.asked.append(key)
        if self.understanding is not None and self.meanwhile is None:
            self.meanwhile = threading.Thread(target=self.understanding.spot, args=(GERMAN,))
            self.meanwhile.start()
            self.meanwhile.join(_GRACE_SECONDS)
        return None

    @override
    def put(self, key: str, compiled: bytes) -> None:
        pass


def test_a_language_is_made_ready_once_for_texts_that_come_together() -> None:
    """Each took the time of all: a burst on a cold start went beyond the time a judgment may take."""
    cache = Counting()
    cache.understanding = Understanding(cache)
    cache.asked.clear()
    cache.meanwhile = None
    cache.understanding.spot(GERMAN)
    assert cache.meanwhile is not None
    cache.meanwhile.join()
    assert len(cache.asked) == len(set(cache.asked)) > 0
