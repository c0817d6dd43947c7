"""Reading what somebody else's authentication results say (RFC 8601 §2.2), in one pass.

Believed only where the writer is: in a set of an ARC chain that a trusted sealer signed. What is quoted
is no claim.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_CLAIMS: Final = 100
_AROUND_MARKS = re.compile(r"[ \t\r\n]*+([=./])[ \t\r\n]*+")
_METHOD = re.compile(r"([a-z][a-z0-9-]*+)(?:/\d++)?=([a-z]++)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The result of one method; properties as `ptype.property`, names in lower case."""

    method: str
    result: str
    properties: Mapping[str, str]


def read_claims(value: bytes) -> tuple[Claim, ...]:
    """The claims behind the authserv-id; what is malformed is passed over."""
    claims: list[Claim] = []
    for part in _plain(value).split(";")[1 : MAX_CLAIMS + 1]:
        words = _AROUND_MARKS.sub(r"\1", part).split()
        match = _METHOD.fullmatch(words[0].lower()) if words else None
        if match is None:
            continue
        pairs = (word.partition("=") for word in words[1:])
        properties = {name.lower(): text for name, equals, text in pairs if equals}
        claims.append(Claim(method=match[1], result=match[2], properties=properties))
    return tuple(claims)


def _plain(value: bytes) -> str:
    """The value without comments, however deep they nest, and with `?` for what is quoted."""
    out: list[str] = []
    depth = 0
    is_quoted = is_escaped = False
    for char in value.decode("utf-8", "replace"):
        if is_escaped:
            is_escaped = False
        elif char == "\\" and (depth or is_quoted):
            is_escaped = True
        elif char == '"' and not depth:
            is_quoted = not is_quoted
        elif char == "(" and not is_quoted:
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif not depth:
            out.append("?" if is_quoted else char)
    return "".join(out)
