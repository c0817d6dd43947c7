"""Whether a whole text was written for many: a mailing list's, a newsletter, news, a manual.

What stands around one word cannot tell; the foot of the page, its links and who is quoted can. Asked
only where a word may be private or public, and once for each text.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

_LISTS: Final = re.compile(
    rb"(?i)\b(?:un-?subscri[a-z]{2,6}|subscription (?:info|management|options)|(?:e-?mail|mailing)[ -]?lists?|listinfo|majordomo|list ?server|digest|news-?letter|opt(?:ing)?[ -]?out|(?:this|each) week'?s issue|in this issue|abbestell[a-z]+|newsletter abmelden|se desabonner|desabonnement|darse de baja|cancelar (?:la suscripcion|a inscricao)|annulla l'iscrizione|disiscriv[a-z]+|uitschrijven|afmelden voor|wypisz|avregistrera|avmeld[a-z]*|abonelikten)\b|\xd0\xbe\xd1\x82\xd0\xbf\xd0\xb8\xd1\x81\xd0\xb0\xd1\x82\xd1\x8c\xd1\x81\xd1\x8f|\xe9\x80\x80\xe8\xae\xa2|\xe9\x85\x8d\xe4\xbf\xa1\xe5\x81\x9c\xe6\xad\xa2"
)
"""What a list or a newsletter says of itself."""
_FOOT: Final = re.compile(
    rb"(?i)\b(?:to (?:un-?subscribe|(?:join|leave) this (?:list|group))|un-?subscribe(?: |:|, )(?:from|at|by|send|click|e-?mail|https?:|instantly|here)|mail(?:ing|man)[ -]list[^\n]{0,60}\n[^\n]{0,60}(?:https?://|@)|listinfo/)"
)
"""What stands below the mail of a list."""
_LINK: Final = re.compile(rb"https?://[^\s<>\"]{4}|\bwww\.[a-z0-9\-]{2}")
_FEWEST_LINKS: Final = 3
_PRESS: Final = re.compile(
    rb"(?i)\b(reuters|associated press|bloomberg|bbc|cnn|new york times|guardian|newspapers?|reporters?|journalists?|spokes(?:man|woman|person)|analysts?|politicians?|prime minister|ministry|senators?|congress|parliament|president|governments?|police|prosecutors?|officials?|supreme court|researchers?|scientists?|professor|told the|said (?:the|on|in|that|it|he|she|mr|ms|mrs|dr|a)|says (?:the|mr|ms|dr|a)|according to|reportedly|readers|columnist|editors?|correspondent|novels?|films?|movies?|authors?|century|elections?|industry|percent|million|billion)\b"
)
_FEWEST_OF_THE_PRESS: Final = 3
_MANY_OF_THE_PRESS: Final = 7
"""Different words from which on nothing else need say that it is news."""
_RIGHTS: Final = re.compile(
    rb"(?i)\bcopyright\b|\(c\) ?(?:19|20)|\xc2\xa9|all rights reserved|\blicen[cs]e[ds]?\b|privacy policy|terms of (?:use|service)"
)
_LEVELS: Final = re.compile(rb"(?m)^[ \t]?> ?>")
"""What somebody quotes of one who quotes: a conversation of several."""
_ENOUGH: Final = 2


def is_publication(text: bytes) -> bool:
    """Whether two signs or more say that it is read by many."""
    links = _LINK.findall(text)
    press = {word.lower() for word in _PRESS.findall(text)}
    signs = (
        _LISTS.search(text) is not None,
        _FOOT.search(text) is not None,
        len(links) >= _FEWEST_LINKS,
        len(press) >= _FEWEST_OF_THE_PRESS,
        len(press) >= _MANY_OF_THE_PRESS,
        _RIGHTS.search(text) is not None,
        _LEVELS.search(text) is not None,
    )
    return sum(signs) >= _ENOUGH


class Pages:
    """The texts that are scanned together, of each of which can be asked whether it is for many."""

    def __init__(self, octets: bytes, starts: Sequence[int] = (0,), wholes: Sequence[str] = ("",)):
        """Texts begin at `starts`; `wholes` says of what text each is a part, nothing where it is whole."""
        self.octets = octets
        self._starts = starts
        self._wholes = wholes
        self._known: dict[int, bool] = {}

    def is_publication(self, position: int) -> bool:
        """Whether the text around a position is."""
        number = bisect_right(self._starts, position) - 1
        if number not in self._known:
            self._known[number] = is_publication(self._text(number))
        return self._known[number]

    def _text(self, number: int) -> bytes:
        if self._wholes[number]:
            return self._wholes[number].encode("utf-8", "replace")
        start, end = (*self._starts, len(self.octets))[number : number + 2]
        return self.octets[start:end]


NO_PAGES: Final = Pages(b"")
"""Nothing is known of where something was found."""
