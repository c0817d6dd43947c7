"""DKIM keys of a domain: one RSA, one Ed25519, made together and named by generation.

RFC 8463 §3 wants both: receivers that know only RSA check that one, the others may check either.
"""

import asyncio
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from mailcore.credentials import ServerSecrets
from mailcore.mailauth import keys
from mailcore.model import DkimKey, DkimState, Domain

_KINDS: Final = (("cs", keys.RSA_SHA256), ("ed", keys.ED25519_SHA256))
_SELECTOR: Final = re.compile(r"(?:cs|ed)([0-9]{1,9})", re.ASCII)


async def make(
    domain: Domain,
    existing: Iterable[DkimKey],
    *,
    state: DkimState,
    at: datetime,
    secrets: ServerSecrets,
) -> tuple[DkimKey, ...]:
    """New keys under selectors that no existing key has; the private halves are sealed."""
    generation = 1 + max((_generation(one.selector) for one in existing), default=0)
    made: list[DkimKey] = []
    for prefix, algorithm in _KINDS:
        is_rsa = algorithm == keys.RSA_SHA256
        generate = keys.generate_rsa if is_rsa else keys.generate_ed25519
        private_pem, public_key = await asyncio.to_thread(generate)
        made.append(
            DkimKey(
                domain_id=domain.id,
                selector=f"{prefix}{generation}",
                algorithm=algorithm,
                sealed_private_key=secrets.seal(private_pem),
                public_key=public_key,
                state=state,
                created_at=at,
            )
        )
    return tuple(made)


def are_due(existing: Iterable[DkimKey], *, at: datetime, rotate_days: int) -> bool:
    """Whether new keys must be made: the active ones are too old and none is under way."""
    states = {one.state for one in existing}
    if not rotate_days or DkimState.PENDING in states:
        return False
    oldest = min(
        (one.created_at for one in existing if one.state is DkimState.ACTIVE), default=None
    )
    return oldest is None or at - oldest >= timedelta(days=rotate_days)


def _generation(selector: str) -> int:
    found = _SELECTOR.fullmatch(selector)
    return int(found[1]) if found else 0
