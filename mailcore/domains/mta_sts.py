"""Our own MTA-STS policy: senders use TLS with a good certificate towards us, or do not send (RFC 8461)."""

import hashlib
from typing import Final

from mailcore.config import Config

_DAY_SECONDS: Final = 86_400
_MAX_AGE: Final = {"none": _DAY_SECONDS, "testing": _DAY_SECONDS, "enforce": 7 * _DAY_SECONDS}


def policy(config: Config) -> str:
    """The policy file with CRLF (§3.2); empty when there is none."""
    mode = config.domains.mta_sts
    if mode == "off":
        return ""
    lines = ("version: STSv1", f"mode: {mode}", f"mx: {config.server.hostname}")
    return "\r\n".join((*lines, f"max_age: {_MAX_AGE[mode]}", ""))


def policy_id(config: Config) -> str:
    """The id of the TXT record (§3.1): another one for every other policy."""
    return hashlib.sha256(policy(config).encode("ascii")).hexdigest()[:20]
