"""What the owner tells the guard: secrets to recognize, decoys, and rules that count differently.

A secret is never kept: only keyed hashes of its normal form and of its pieces, useless without
the server key. Everything here is the owner's alone; an agent does not learn that a secret is
registered, nor which rules are eased. `facts` is what one judgement is made with.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, override

from mailcore.accounts import require_master
from mailcore.address import Address, try_address
from mailcore.clock import Clock
from mailcore.credentials import ServerSecrets
from mailcore.errors import MailError, invalid, not_found
from mailcore.ids import GuardPolicyId, InboxId, PodId, SecretId, new_id
from mailcore.model import Actor
from mailcore.policy import (
    NO_FINGERPRINTS,
    Easing,
    Fingerprints,
    GuardPolicy,
    KnownPiece,
    KnownSecret,
    SecretKind,
    SecretShape,
    Severity,
    StoredSecret,
)
from mailcore.store.ports import AccountStore, Audit, GuardStore

MINIMUM_CHARS: Final = 8
MAXIMUM_CHARS: Final = 16_384
MAX_NAME_CHARS: Final = 100
MAX_SECRETS: Final = 1000
MAX_POLICIES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPolicy:
    """A rule, or all of a group as in `pii.*`, that is to count as `severity` where the scope fits."""

    rule: str
    severity: Severity
    inbox_id: InboxId | None = None
    recipient: str = ""
    """An address, or a domain as `@example.org`; every recipient must be it. Empty for all."""
    reason: str = ""
    expires_at: datetime | None = None


class Protections:
    """Registered secrets and eased rules. Every change needs the master key and is audited."""

    def __init__(
        self,
        *,
        store: GuardStore,
        accounts: AccountStore,
        secrets: ServerSecrets,
        shape: Callable[[str], SecretShape],
        rules: frozenset[str],
        own: Mapping[str, str],
        kept: Callable[[PodId], Awaitable[Mapping[str, str]]],
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._secrets = secrets
        self._shape = shape
        self._rules = rules
        self._clock = clock
        self._kept = kept
        self._own: Final = self._hashed(own)

    # Secrets -----------------------------------------------------------------------------------

    async def secrets(self, actor: Actor) -> tuple[StoredSecret, ...]:
        """The registered secrets by name. Master only."""
        require_master(actor)
        return await self._store.secrets(actor.pod_id)

    async def add_secret(
        self, actor: Actor, name: str, value: str, kind: SecretKind = SecretKind.SECRET
    ) -> StoredSecret:
        """Register a secret by its hashes; CONFLICT `secret_exists` when the name is taken."""
        require_master(actor)
        _check_name(name)
        if len(await self._store.secrets(actor.pod_id)) >= MAX_SECRETS:
            raise invalid("name", f"there are {MAX_SECRETS} secrets already; remove some")
        if len(value) > MAXIMUM_CHARS:
            raise invalid("secret", f"it has more than {MAXIMUM_CHARS} characters")
        secret = self._stored(name, value, kind, actor.pod_id)
        await self._store.add_secret(
            secret, _audit(actor, "guard.secret_add", secret.id, {"name": name, "kind": kind.value})
        )
        return secret

    async def remove_secret(self, actor: Actor, secret_id: SecretId) -> None:
        """Forget a secret; NOT_FOUND."""
        require_master(actor)
        audit = _audit(actor, "guard.secret_remove", secret_id, {})
        await self._store.remove_secret(actor.pod_id, secret_id, audit)

    def _hashed(self, values: Mapping[str, str]) -> tuple[StoredSecret, ...]:
        """Secrets of the server itself; what is too short to be recognized is left out."""
        found: list[StoredSecret] = []
        for name, value in values.items():
            with contextlib.suppress(MailError):
                found.append(self._stored(name, value, SecretKind.SECRET, PodId("")))
        return tuple(found)

    def _stored(self, name: str, value: str, kind: SecretKind, pod_id: PodId) -> StoredSecret:
        shape = self._shape(value)
        if len(shape.whole) < MINIMUM_CHARS:
            raise invalid(
                "secret", f"it needs at least {MINIMUM_CHARS} characters that are no space"
            )
        return StoredSecret(
            id=SecretId(new_id()),
            pod_id=pod_id,
            name=name,
            kind=kind,
            whole=self._secrets.fingerprint(shape.whole),
            word_count=shape.word_count,
            piece_octets=shape.piece_octets,
            pieces=tuple(self._secrets.fingerprint(piece) for piece in shape.pieces),
            created_at=self._clock.now(),
        )

    # Policies ----------------------------------------------------------------------------------

    async def policies(self, actor: Actor) -> tuple[GuardPolicy, ...]:
        """The policies, oldest first, expired ones too. Master only."""
        require_master(actor)
        return await self._store.policies(actor.pod_id)

    async def add_policy(self, actor: Actor, new: NewPolicy) -> GuardPolicy:
        """Make a rule count differently; INVALID names what does not fit."""
        require_master(actor)
        if len(await self._store.policies(actor.pod_id)) >= MAX_POLICIES:
            raise invalid("rule", f"there are {MAX_POLICIES} policies already; remove some")
        policy = await self._made(actor, new)
        if policy.expires_at is not None and policy.expires_at <= self._clock.now():
            raise invalid("expires_at", "that is in the past")
        detail = {"rule": new.rule, "severity": new.severity.value}
        await self._store.add_policy(policy, _audit(actor, "guard.policy_add", policy.id, detail))
        return policy

    async def imagined(self, actor: Actor, new: Sequence[NewPolicy]) -> tuple[GuardPolicy, ...]:
        """Policies as they would be, to be tried; they are not kept. INVALID as `add_policy`."""
        require_master(actor)
        if len(new) > MAX_POLICIES:
            raise invalid("policies", f"at most {MAX_POLICIES} policies")
        return tuple([await self._made(actor, one) for one in new])

    async def _made(self, actor: Actor, new: NewPolicy) -> GuardPolicy:
        self._check_rule(new.rule)
        if new.inbox_id is not None:
            inbox = await self._accounts.inbox(new.inbox_id)
            if inbox is None or inbox.pod_id != actor.pod_id:
                raise not_found("inbox")
        return GuardPolicy(
            id=GuardPolicyId(new_id()),
            pod_id=actor.pod_id,
            rule=new.rule,
            severity=new.severity,
            inbox_id=new.inbox_id,
            recipient=_check_recipient(new.recipient),
            reason=new.reason,
            created_at=self._clock.now(),
            expires_at=new.expires_at,
        )

    async def remove_policy(self, actor: Actor, policy_id: GuardPolicyId) -> None:
        """End a policy; NOT_FOUND."""
        require_master(actor)
        audit = _audit(actor, "guard.policy_remove", policy_id, {})
        await self._store.remove_policy(actor.pod_id, policy_id, audit)

    def _check_rule(self, rule: str) -> None:
        group = rule.removesuffix(".*")
        if rule in self._rules or (
            group != rule and any(r.startswith(f"{group}.") for r in self._rules)
        ):
            return
        raise invalid("rule", "there is no such rule", fix="`countersign guard rules` lists them")

    # For the guard -----------------------------------------------------------------------------

    async def known(self, pod_id: PodId) -> Fingerprints:
        """The known secrets of a pod and the server's own: what no notice may quote."""
        kept = self._hashed(await self._kept(pod_id))
        secrets = (*self._own, *kept, *await self._store.secrets(pod_id))
        return HashedSecrets(self._secrets, secrets) if secrets else NO_FINGERPRINTS

    async def facts(
        self,
        pod_id: PodId,
        inbox_id: InboxId | None,
        recipients: Sequence[Address],
        policies: Sequence[GuardPolicy] | None = None,
    ) -> tuple[Fingerprints, tuple[Easing, ...]]:
        """The known secrets of a pod, and what its policies say of mail from here to there.

        With `policies` those count in place of the pod's.
        """
        now = self._clock.now()
        if policies is None:
            policies = await self._store.policies(pod_id)
        easings = tuple(
            Easing(rule=one.rule, severity=one.severity, policy_id=one.id)
            for one in policies
            if one.inbox_id in (None, inbox_id)
            and (one.expires_at is None or one.expires_at > now)
            and all(_fits(one.recipient, address) for address in recipients)
        )
        return await self.known(pod_id), easings


class HashedSecrets(Fingerprints):
    """Registered secrets looked up by keyed hash."""

    def __init__(self, server: ServerSecrets, secrets: Sequence[StoredSecret]) -> None:
        self._server = server
        self._whole = {one.whole: _known(one) for one in secrets}
        self._pieces: dict[bytes, list[KnownPiece]] = defaultdict(list)
        for one in secrets:
            needed = Counter(one.pieces)
            for number, piece in enumerate(needed):
                self._pieces[piece].append(
                    KnownPiece(secret=_known(one), number=number, of=len(needed))
                )
        self._word_counts = frozenset(one.word_count for one in secrets)
        self._piece_sizes = frozenset(one.piece_octets for one in secrets)

    @property
    @override
    def word_counts(self) -> frozenset[int]:
        return self._word_counts

    @property
    @override
    def piece_sizes(self) -> frozenset[int]:
        return self._piece_sizes

    @override
    def match(self, candidate: bytes) -> KnownSecret | None:
        return self._whole.get(self._server.fingerprint(candidate))

    @override
    def pieces(self, candidate: bytes) -> Sequence[KnownPiece]:
        return self._pieces.get(self._server.fingerprint(candidate), ())


def _known(one: StoredSecret) -> KnownSecret:
    return KnownSecret(name=one.name, is_decoy=one.kind is SecretKind.DECOY)


def _fits(recipient: str, address: Address) -> bool:
    if recipient.startswith("@"):
        return address.domain.lower() == recipient[1:]
    return recipient in ("", str(address).lower())


def _check_recipient(recipient: str) -> str:
    folded = recipient.strip().lower()
    if folded and try_address(f"x{folded}" if folded.startswith("@") else folded) is None:
        raise invalid("recipient", "write an address, or a domain as @example.org")
    return folded


def _check_name(name: str) -> None:
    if not 0 < len(name) <= MAX_NAME_CHARS or not name.isprintable() or not name.strip():
        raise invalid("name", f"use 1 to {MAX_NAME_CHARS} printable characters")


def _audit(actor: Actor, action: str, subject: str, detail: Mapping[str, str]) -> Audit:
    return Audit(
        pod_id=actor.pod_id, actor=actor.label, action=action, subject=subject, detail=dict(detail)
    )
