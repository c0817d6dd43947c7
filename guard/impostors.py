"""Who a message claims to be from, against where it comes from and where its links go.

Names of domains are compared after undoing what looks alike: `micr0soft`, `paypaI`, `rnicrosoft`.
Every function is linear in what it reads and yields a sign at most once.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from guard.brands import BRANDS, FREE_MAIL, RARE_ENDINGS, SERVICE_WORDS
from guard.matching import Pattern
from guard.signs import Sign, organization, sign
from mailcore.address import Address, try_address
from mailcore.message.headers import Headers
from mailcore.model import MailboxAddress
from mailcore.policy import InboundFacts

_LOOKS: Final = str.maketrans("015", "ols")
_CAPITAL_I: Final = re.compile("(?<=[a-z])I")
_PAIRS: Final = (("vv", "w"), ("rn", "m"))
_LONG_NAME: Final = 6
_SHORTEST_NEIGHBOR: Final = 7
_SHORTEST_OWN: Final = 6
_MAX_LINKS: Final = 60
_LINK: Final = r"(?i)\bhttps?://(?:[^\s/\"'<>@]{1,60}@)?(?P<v>[a-z0-9.\-]{3,120})(?::[0-9]{1,5})?[^\s\"'<>)]{0,400}"
_REDIRECT: Final = r"(?i)[?&/](?:url|u|q|r|to|goto|dest|destination|redirect(?:_?ur[il])?|target|link|next|return)=https?(?:%3a|:)(?:%2f|/){2}(?P<v>[a-z0-9.\-]{3,100})"


_SERVICE: Final = re.compile(
    r"(?i)(?:[a-z0-9]+[.\-_+])?(?:no-?reply|do-?not-?reply|notifications?|notify|invitations?|messages|comments?|drive-shares|calendar|updates?|mailer|bounces?)(?:[+.\-_@])"
)
"""Addresses of services that write in the name of their users."""


class Impostors:
    """Holds compiled patterns only; safe to share between threads."""

    def __init__(self) -> None:
        self._link = Pattern(_LINK)
        self._redirect = Pattern(_REDIRECT)

    def senders(self, fields: Headers, facts: InboundFacts) -> Iterator[Sign]:
        """What From and Reply-To claim.

        A service that writes in the name of somebody known is none where it is who it says and no
        answer goes elsewhere.
        """
        senders = fields.mailboxes("From")
        if not senders:
            return
        sender = senders[0]
        spelled = sender.address.rpartition("@")[2]
        domain = organization(sender.address)
        if _borrows(spelled) or _names_brand(sender.name, spelled):
            yield sign("phishing.brand_elsewhere", "header From")
        if domain in FREE_MAIL and _is_office(sender.name):
            yield sign("header.office_at_free_mail", "header From")
        if _is_shady(spelled):
            yield sign("header.rare_domain", "header From")
        own = {one.domain.lower() for one in facts.recipients}
        if any(_names_own(sender.name, one, domain) for one in own):
            yield sign("phishing.own_name_elsewhere", "header From")
        if any(_is_neighbor(domain, organization(f"@{one}")) for one in own):
            yield sign("phishing.lookalike_own", "header From")
        replies = fields.mailboxes("Reply-To")[:1]
        for reply in replies:
            yield from _replies(domain, reply.address)
        if _is_namesake(sender, facts.namesakes) and not (
            facts.auth.is_aligned
            and _SERVICE.match(sender.address)
            and all(organization(one.address) == domain for one in replies)
        ):
            yield sign("header.known_name_elsewhere", "header From")

    def links(self, texts: Iterable[bytes], sender: str) -> Iterator[Sign]:
        """Where links go: to a borrowed name, by way of another site, to a cheap ending."""
        kinds: set[str] = set()
        for text in texts:
            for count, hit in enumerate(self._link.finditer(text)):
                if count >= _MAX_LINKS:
                    break
                kinds.update(self._link_kinds(hit.group(), hit.group(1), sender))
        for kind in sorted(kinds):
            yield sign(kind, "text")

    def _link_kinds(self, link: bytes, host: bytes, sender: str) -> Iterator[str]:
        spelled = host.decode("ascii", "replace").rstrip(".")
        domain = organization(f"@{spelled}")
        if domain == sender:
            return
        if _borrows(spelled):
            yield "links.brand_elsewhere"
        if _is_shady(spelled):
            yield "links.rare_domain"
        onward = self._redirect.search(link)
        if onward is not None:
            target = organization("@" + onward.group(1).decode("ascii", "replace"))
            if target not in {domain, sender}:
                yield "links.redirect"


def _is_namesake(sender: MailboxAddress, known: Sequence[Address]) -> bool:
    """Whether a name is known with other addresses only; free mail is nobody's domain."""
    address = try_address(sender.address)
    if not known or _is_office_alone(sender.name):
        return False
    if address is not None and any(one.folded == address.folded for one in known):
        return False
    domain = organization(sender.address)
    return domain in FREE_MAIL or all(organization(str(one)) != domain for one in known)


def _is_office_alone(name: str) -> bool:
    """Whether it names no person, but what every company has."""
    spoken = name.lower().replace("-", " ").split()
    return all(one in SERVICE_WORDS for one in spoken)


def _replies(domain: str, address: str) -> Iterator[Sign]:
    spelled = address.rpartition("@")[2].lower()
    reply = organization(address)
    if reply == domain:
        return
    if spelled.startswith((f"{domain}.", f"{domain}-")) or _is_neighbor(reply, domain):
        yield sign("header.reply_to_lookalike", "header Reply-To")
    elif reply in FREE_MAIL and domain not in FREE_MAIL:
        yield sign("header.reply_to_free_mail", "header Reply-To")


def _borrows(spelled: str) -> bool:
    """Whether a domain holds a known name that is not its own."""
    labels = _undisguised(spelled).split(".")
    if len(labels) < 2:
        return False
    organization_labels = _undisguised(organization(f"@{spelled}")).split(".")
    own = organization_labels[0]
    is_disguised = own not in spelled.lower()
    for label in labels[:-1]:
        for name in _names_in(label):
            if own not in BRANDS[name] or is_disguised:
                return True
    return False


def _names_in(label: str) -> Iterator[str]:
    parts = label.split("-")
    for part in parts:
        if part in BRANDS:
            yield part
    if label.replace("-", "") in BRANDS:
        yield label.replace("-", "")
    for part in parts:
        for name in BRANDS if len(part) >= _LONG_NAME else ():
            if part == name or len(name) < _LONG_NAME:
                continue
            if name in part or (len(name) > _LONG_NAME + 1 and _is_one_apart(part, name)):
                yield name


def _names_brand(name: str, spelled: str) -> bool:
    """Whether a display name is that of a company, alone or with the word for a service."""
    own = _undisguised(organization(f"@{spelled}")).split(".")[0]
    spoken = _undisguised(name).replace("-", " ").replace(".", " ").split()
    if not spoken or len(spoken) > 4:
        return False
    joined = "".join(spoken)
    names = [one for one in (*spoken, joined, "".join(spoken[:2])) if one in BRANDS]
    rest = [one for one in spoken if one not in BRANDS and not one.isdigit()]
    is_office = not rest or any(one in SERVICE_WORDS for one in rest)
    return is_office and any(own not in BRANDS[one] for one in names)


def _names_own(name: str, own: str, domain: str) -> bool:
    """Whether a display name is that of the recipient's organization."""
    ours = organization(f"@{own}")
    label = ours.split(".")[0]
    if domain == ours or len(label) < _SHORTEST_OWN:
        return False
    words = name.lower().replace("-", " ").split()
    spans = itertools.combinations(range(len(words) + 1), 2)
    return own in name.lower() or any("".join(words[a:b]) == label for a, b in spans)


def _is_office(name: str) -> bool:
    spoken = name.lower().replace("-", " ").split()
    return any(one in SERVICE_WORDS or one in BRANDS for one in spoken)


def _is_shady(spelled: str) -> bool:
    """A cheap ending, or a name made of what services are called."""
    domain = organization(f"@{spelled}")
    if domain.endswith(RARE_ENDINGS) or spelled.lower().endswith(RARE_ENDINGS):
        return True
    parts = domain.split(".")[0].split("-")
    return len(parts) > 1 and any(one in SERVICE_WORDS for one in parts)


def _is_neighbor(one: str, other: str) -> bool:
    """Whether two different domains are easily taken for each other."""
    if one == other or not one or not other:
        return False
    if _undisguised(one) == _undisguised(other):
        return True
    first, second = one.split(".", maxsplit=1)[0], other.split(".", maxsplit=1)[0]
    if min(len(first), len(second)) < _SHORTEST_NEIGHBOR:
        return False
    if first == second or first.replace("-", "") == second.replace("-", ""):
        return first != second
    return _is_one_apart(first, second)


def _is_one_apart(one: str, other: str) -> bool:
    """One letter more, less, other, or two exchanged."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, rest_of_other = one[start:], other[start:]
    return (
        rest[1:] == rest_of_other
        or rest == rest_of_other[1:]
        or rest[1:] == rest_of_other[1:]
        or (rest[:2] == rest_of_other[:2][::-1] and rest[2:] == rest_of_other[2:])
    )


def _undisguised(text: str) -> str:
    """Lower case, with what looks like other letters undone."""
    spelled = _CAPITAL_I.sub("l", text).lower()
    for pair, letter in _PAIRS:
        spelled = spelled.replace(pair, letter)
    return spelled.translate(_LOOKS)
