"""Whether a domain looks like another to a person who reads quickly. Pure; linear in two short names.

Letters of other scripts and digits that pass for Latin letters, pairs such as `rn` for `m`, one letter
more, less, other or swapped, and the same name under a neighboring top-level domain.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import idna

_MIN_LABEL: Final = 6
"""Shorter names are too often one letter apart by nature."""
_SAME: Final = str.maketrans(
    {
        **dict(zip("аеорсухіјѕԁɡһќмтвнпг", "aeopcyxijsdghkmtbhnr", strict=True)),
        **dict(zip("αορνικτυχε", "aopviktuxe", strict=True)),
        **dict(zip("ɑıłøđ", "ailod", strict=True)),
        **dict(zip("015$|", "olssl", strict=True)),
    }
)
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("-", ""))


def look_alike(domain: str, known: Iterable[str]) -> str:
    """The known domain that this other one looks like; empty when there is none."""
    for other in known:
        if domain != other and not _is_kin(domain, other) and _confusable(domain, other):
            return other
    return ""


def _is_kin(one: str, other: str) -> bool:
    """One below the other, or both below one: their owner is the same."""
    return one.endswith(f".{other}") or other.endswith(f".{one}")


def _confusable(one: str, other: str) -> bool:
    (label, suffix), (known, known_suffix) = _split(one), _split(other)
    if label == known:
        return len(label) >= _MIN_LABEL and suffix != known_suffix and _near(suffix, known_suffix)
    if suffix != known_suffix or min(len(label), len(known)) < _MIN_LABEL:
        return suffix == known_suffix and _skeleton(label) == _skeleton(known)
    return _skeleton(label) == _skeleton(known) or _near(label, known)


def _split(domain: str) -> tuple[str, str]:
    """The name above the suffix, and the suffix, as people read them."""
    parts = _shown(domain).split(".")
    if len(parts) > 2 and len(parts[-2]) <= 3 and len(parts[-1]) == 2:
        return parts[-3], ".".join(parts[-2:])
    return (parts[-2], parts[-1]) if len(parts) > 1 else (parts[0], "")


@lru_cache(maxsize=4096)
def _shown(domain: str) -> str:
    try:
        return idna.decode(domain) if "xn--" in domain else domain
    except idna.IDNAError:
        return domain


def _skeleton(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).translate(_SAME)
    text = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    for pair, single in _PAIRS:
        text = text.replace(pair, single)
    return text.replace("i", "l")


def _near(one: str, other: str) -> bool:
    """One letter more, less or other, or two neighbors swapped. Digits for digits do not count."""
    if abs(len(one) - len(other)) > 1 or not one or not other:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return len(one) != len(other) and not (one + other)[-1].isdigit()
    if len(one) == len(other):
        if one[at].isdigit() and other[at].isdigit():
            return False
        is_swapped = one[at : at + 2] == other[at : at + 2][::-1]
        return one[at + 1 :] == other[at + 1 :] or (is_swapped and one[at + 2 :] == other[at + 2 :])
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[at + 1 :] == shorter[at:] and not longer[at].isdigit()
