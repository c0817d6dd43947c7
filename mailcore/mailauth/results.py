"""The Authentication-Results header field (RFC 8601): writing ours, and knowing a forged one.

The only file that imports authres, for quoting. Fields of strangers are never parsed by it: only
whose they claim to be is read, in one pass.
"""

from functools import lru_cache
from typing import Final

import authres.arc
import authres.core
import authres.dmarc

from mailcore.model import AuthReport

FIELD_NAME: Final = "Authentication-Results"
_MAX_DOMAINS: Final = 10


@lru_cache(maxsize=64)
def header_value(report: AuthReport, authserv_id: str) -> str:
    """The value of the field in our name, unfolded."""
    results: list[object] = []
    if report.spf != "none" or report.spf_domain:
        results.append(
            authres.core.SPFAuthenticationResult(
                result=report.spf, smtp_mailfrom=_word(report.spf_domain) or None
            )
        )
    if report.dkim_domains:
        results.extend(
            authres.core.DKIMAuthenticationResult(result="pass", header_d=_word(domain))
            for domain in report.dkim_domains[:_MAX_DOMAINS]
        )
    else:
        results.append(authres.core.DKIMAuthenticationResult(result=report.dkim))
    if report.dmarc_domain or report.dmarc != "none":
        results.append(
            authres.dmarc.DMARCAuthenticationResult(
                result=report.dmarc,
                header_from=_word(report.dmarc_domain) or None,
                policy=report.dmarc_policy or None,
            )
        )
    if report.arc != "none":
        results.append(
            authres.arc.ARCAuthenticationResult(
                result=report.arc,
                header_as_d=_word(report.arc_sealers[0]) if report.arc_sealers else None,
            )
        )
    field = authres.core.AuthenticationResultsHeader(None, authserv_id, results=results)
    return str(field.header_value())


def is_ours(value: bytes, authserv_id: str) -> bool:
    """Whether a raw field value claims to be written by `authserv_id`, and must go (RFC 8601 §5).

    Comments, folding and quotes around the name are seen through; case does not count.
    """
    rest = _skip_blank(value)
    if rest.startswith(b'"'):
        claimed = _unquote(rest)
    else:
        end = next((at for at, one in enumerate(rest) if one in b" \t\r\n;(/="), len(rest))
        claimed = rest[:end]
    return claimed.lower().rstrip(b".") == authserv_id.lower().encode("utf-8").rstrip(b".")


def _skip_blank(value: bytes) -> bytes:
    """`value` behind white space and comments, however deep they nest (RFC 5322 §3.2.2)."""
    depth = 0
    is_escaped = False
    for at, one in enumerate(value):
        if is_escaped:
            is_escaped = False
        elif depth and one == 0x5C:
            is_escaped = True
        elif one == 0x28:
            depth += 1
        elif one == 0x29 and depth:
            depth -= 1
        elif not depth and one not in b" \t\r\n":
            return value[at:]
    return b""


def _unquote(value: bytes) -> bytes:
    out = bytearray()
    is_escaped = False
    for one in value[1:]:
        if is_escaped:
            is_escaped = False
        elif one == 0x5C:
            is_escaped = True
            continue
        elif one == 0x22:
            break
        out.append(one)
    return bytes(out)


def _word(text: str) -> str:
    """What may stand in a value: printable ASCII, no `@`, which authres would not quote."""
    return "".join(char if " " < char < "\x7f" and char != "@" else "?" for char in text[:255])
