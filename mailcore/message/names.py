"""Names of people as they are read: `Jörg  MÜLLER`, `Müller, Jörg` and `Jоrg Muller` are one.

Linear in the name; never raises.
"""

import re
import unicodedata
from typing import Final

from mailcore.message.lookalikes import LOOKALIKES, SPECIAL

_LONGEST: Final = 200
_UNSEEN: Final = frozenset({"Mn", "Me", "Cf"})
"""Accents, and what shows nothing."""
_SPELLED: Final = str.maketrans(SPECIAL)
_WORD: Final = re.compile(r"[^\W\d_]+")
_TITLES: Final = frozenset(
    {"dr", "prof", "mr", "mrs", "ms", "herr", "frau", "ing", "mag", "dipl", "sir", "dipling"}
)
_SHORTEST_ALONE: Final = 3
"""Characters of a name without a space, in a script that writes none."""


def name_key(name: str) -> str:
    """What a display name says, however it is spelled; empty for one that many are called by.

    Case, accents, order, titles, single letters, invisible characters and letters that look alike
    make no difference. One word says nothing, unless it is a whole name in a script without spaces.
    """
    folded = unicodedata.normalize("NFKC", name[:_LONGEST]).casefold()
    seen = (
        char
        for char in unicodedata.normalize("NFKD", folded)
        if unicodedata.category(char) not in _UNSEEN
    )
    spelled = "".join(seen).translate(_SPELLED).translate(LOOKALIKES)
    words = _WORD.findall(unicodedata.normalize("NFC", spelled))
    telling = sorted({one for one in words if len(one) > 1 and one not in _TITLES})
    if len(telling) == 1 and not _is_whole(telling[0]):
        return ""
    return " ".join(telling)


def _is_whole(word: str) -> bool:
    return len(word) >= _SHORTEST_ALONE and all(ord(char) >= 0x2E80 for char in word)
