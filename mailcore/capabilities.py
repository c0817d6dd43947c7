"""The IMAP capabilities that an owner may switch off for an inbox. Names and what goes with them.

IMAP4rev2 promises much of what was an extension before it (RFC 9051 appendix E), so it goes with
each of those; the same holds for extensions that build on another.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from mailcore.errors import invalid

_REV2: Final = "IMAP4REV2"

SWITCHABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "BINARY": (_REV2,),
    "CATENATE": (),
    "COMPRESS=DEFLATE": (),
    "CONDSTORE": ("QRESYNC",),
    "CONTEXT=SEARCH": (),
    "CONTEXT=SORT": (),
    "CREATE-SPECIAL-USE": (),
    "ESEARCH": ("SEARCHRES", "ESORT", "CONTEXT=SEARCH", "CONTEXT=SORT", "MULTISEARCH", _REV2),
    "ESORT": ("CONTEXT=SORT",),
    "IDLE": (_REV2,),
    _REV2: (),
    "LIST-EXTENDED": ("LIST-STATUS", "LIST-METADATA", _REV2),
    "LIST-METADATA": (),
    "LIST-STATUS": (_REV2,),
    "METADATA": ("LIST-METADATA",),
    "MOVE": (_REV2,),
    "MULTIAPPEND": (),
    "MULTISEARCH": (),
    "NAMESPACE": (_REV2,),
    "NOTIFY": (),
    "PREVIEW": (),
    "QRESYNC": (),
    "QUOTA": ("QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE"),
    "REPLACE": (),
    "SORT": ("SORT=DISPLAY", "ESORT", "CONTEXT=SORT"),
    "STATUS=SIZE": (_REV2,),
    "THREAD=ORDEREDSUBJECT": (),
    "THREAD=REFERENCES": (),
    "UIDONLY": (),
    "UNSELECT": (_REV2,),
    "UTF8=ACCEPT": (),
}
"""Each with those that cannot be offered without it; all in upper case."""


def check_capabilities(names: Iterable[str]) -> tuple[str, ...]:
    """The names in upper case, sorted, each once. INVALID when one cannot be switched off."""
    found = sorted({name.strip().upper() for name in names})
    for name in found:
        if name not in SWITCHABLE:
            raise invalid(
                "disabled_capabilities",
                f"{name[:40]!r} is not a capability that can be switched off",
                fix=f"Choose from {', '.join(SWITCHABLE)}",
            )
    return tuple(found)


def switched_off(names: Iterable[str]) -> frozenset[str]:
    """The capabilities a session does without: those named and those that go with them."""
    off: set[str] = set()
    for name in names:
        off.update((name, *SWITCHABLE.get(name, ())))
    return frozenset(off)
