"""Where what is about to leave came from: other people's conversations, and addresses they named.

A text is known by hashes of runs of eight words, the sixty-four smallest of them: the same words give
the same hashes wherever they stand. Pure; linear in the text.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from guard.folding import plain
from mailcore.message.parse import readable
from mailcore.message.quoting import reply_text
from mailcore.policy import Finding, Origin, OutboundFacts, Severity, Trace

_RUN_WORDS: Final = 8
_KEPT_HASHES: Final = 256
_ENOUGH: Final = 4
_MAX_CHARS: Final = 64 * 1024
_MAX_ADDRESSES: Final = 50
_WORD: Final = re.compile(r"\w+")
_ADDRESS: Final = re.compile(
    r"[0-9A-Za-z._%+\-]{1,64}@[0-9A-Za-z\-]{1,63}(?:\.[0-9A-Za-z\-]{1,63}){1,8}"
)


def trace(raw: bytes) -> Trace:
    """What a message's own words, without those it quotes, are known by."""
    text = plain(reply_text(readable(raw).text[:_MAX_CHARS]))
    named = (hit[0].strip(".-").lower() for hit in _ADDRESS.finditer(text))
    hashes = sorted(_hashes(text))
    return Trace(
        runs=frozenset(hashes[:_KEPT_HASHES]),
        addresses=frozenset(list(dict.fromkeys(named))[:_MAX_ADDRESSES]),
    )


def _hashes(text: str) -> set[int]:
    words = [word.lower() for word in _WORD.findall(text)]
    runs = range(len(words) - _RUN_WORDS + 1)
    return {zlib.crc32(" ".join(words[at : at + _RUN_WORDS]).encode()) for at in runs}


def origins_found(facts: OutboundFacts) -> Iterator[Finding]:
    """Findings about text and recipients that come from elsewhere."""
    if not facts.origins:
        return
    text = plain(readable(facts.raw).text[:_MAX_CHARS])
    yield from _carried(_hashes(text), facts)
    yield from _named(facts)


def _carried(runs: set[int], facts: OutboundFacts) -> Iterator[Finding]:
    """Text of a conversation that no recipient is part of.

    What several correspondents wrote, or a recipient wrote too, is nobody's own: forms, notices,
    the agent's own words.
    """
    shared = {run for one in facts.origins if one.is_shared for run in one.trace.runs}
    writers = Counter(run for sender in _by_sender(facts.origins) for run in sender)
    own = {run for run, count in writers.items() if count < _COMMON} - shared
    for one in facts.origins:
        if not one.is_shared and len(runs & one.trace.runs & own) >= _ENOUGH:
            yield Finding(
                rule="provenance.other_thread",
                category="provenance",
                severity=Severity.HIGH if facts.new_recipients else Severity.MEDIUM,
                place="text",
                message="Text of another conversation, that no recipient is part of, is in it.",
            )
            return


_COMMON: Final = 3
"""From so many different correspondents on a run of words belongs to none of them."""


def _by_sender(origins: tuple[Origin, ...]) -> Iterator[set[int]]:
    grouped: dict[str, set[int]] = {}
    for one in origins:
        grouped.setdefault(one.sender, set()).update(one.trace.runs)
    yield from grouped.values()


def _named(facts: OutboundFacts) -> Iterator[Finding]:
    """Recipients known from nowhere but the text of somebody who is not trusted."""
    for recipient in facts.new_recipients:
        address = str(recipient).lower()
        by = [one for one in facts.origins if address in one.trace.addresses and not one.is_trusted]
        if not by:
            continue
        is_colleague = all(one.sender.rpartition("@")[2] == recipient.domain.lower() for one in by)
        yield Finding(
            rule="provenance.recipient",
            category="provenance",
            severity=Severity.MEDIUM if is_colleague else Severity.HIGH,
            place="recipient",
            message="A recipient is known only from the text of mail of somebody who is not trusted.",
        )
        return
