"""Signatures: what stands below the mail of an inbox, above the text it quotes.

An inbox may have several and one default. The default is put below a message that asks for a
signature, and when it is automatic below every message that does not say anything about it.
"""

from dataclasses import dataclass, replace
from typing import Final

from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError, invalid, not_found
from mailcore.ids import InboxId, SignatureId, new_id
from mailcore.model import Actor, Inbox, Permission, Signature
from mailcore.store.ports import AccountStore, Audit, TemplateStore

MAX_NAME_CHARS: Final = 100
MAX_TEXT_CHARS: Final = 16 * 1024
MAX_SIGNATURES: Final = 50
"""Signatures of one inbox."""

type Wish = str | bool | None
"""What a message wants: one by id or name, the default (true), none (false), nothing said (None)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureChange:
    """What a signature says; what is None stays."""

    name: str | None = None
    text: str | None = None
    html: str | None = None
    is_default: bool | None = None
    is_automatic: bool | None = None


class Signatures:
    """The signature service."""

    def __init__(self, *, store: TemplateStore, accounts: AccountStore, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    async def signatures(
        self, actor: Actor, inbox_id: InboxId | None = None
    ) -> tuple[Signature, ...]:
        """The signatures of an inbox, or of all that the actor may read, by name."""
        inboxes = [one for one in await self._accounts.inboxes(actor.pod_id) if actor.may_use(one)]
        if inbox_id is not None:
            inboxes = [one for one in inboxes if one.id == inbox_id]
            if not inboxes:
                raise not_found("inbox")
        return await self._store.signatures([one.id for one in inboxes])

    async def signature(self, actor: Actor, signature_id: SignatureId) -> Signature:
        """One signature; foreign ones are NOT_FOUND."""
        found = await self._store.signature(signature_id)
        if found is None or await self._inbox(actor, found.inbox_id) is None:
            raise not_found("signature")
        return found

    async def chosen(self, inbox: Inbox, wish: Wish) -> Signature | None:
        """The signature that a message from this inbox gets; NOT_FOUND for one that is not there."""
        if wish is False:
            return None
        found = await self._store.signatures([inbox.id])
        if isinstance(wish, str):
            for one in found:
                if wish == one.id or wish.casefold() == one.name.casefold():
                    return one
            raise not_found("signature", fix="List them with GET /v1/signatures")
        default = next((one for one in found if one.is_default), None)
        if wish and default is None:
            raise not_found("default signature", fix="Make one the default, or name one")
        return default if default is not None and (wish or default.is_automatic) else None

    async def create(self, actor: Actor, inbox_id: InboxId, new: SignatureChange) -> Signature:
        """A new signature; CONFLICT `signature_exists` when the inbox has one of the name."""
        actor.require(Permission.MANAGE)
        inbox = await self._inbox(actor, inbox_id)
        if inbox is None:
            raise not_found("inbox")
        if len(await self._store.signatures([inbox.id])) >= MAX_SIGNATURES:
            raise MailError(
                ErrorKind.OVER_LIMIT,
                f"an inbox has at most {MAX_SIGNATURES} signatures",
                code="too_many_signatures",
                fix="Delete one first",
            )
        now = self._clock.now()
        signature = Signature(
            id=SignatureId(new_id()),
            pod_id=inbox.pod_id,
            inbox_id=inbox.id,
            name=" ".join((new.name or "").split()),
            text=(new.text or "").strip("\r\n"),
            html=new.html,
            is_default=bool(new.is_default),
            is_automatic=bool(new.is_automatic),
            created_at=now,
            updated_at=now,
        )
        _check(signature)
        await self._store.put_signature(signature, _audit(actor, "signature.create", signature))
        return signature

    async def change(
        self, actor: Actor, signature_id: SignatureId, change: SignatureChange
    ) -> Signature:
        """Another name, other texts, or whether it is the default."""
        actor.require(Permission.MANAGE)
        old = await self.signature(actor, signature_id)
        signature = replace(
            old,
            name=old.name if change.name is None else " ".join(change.name.split()),
            text=old.text if change.text is None else change.text.strip("\r\n"),
            html=old.html if change.html is None else change.html,
            is_default=old.is_default if change.is_default is None else change.is_default,
            is_automatic=old.is_automatic if change.is_automatic is None else change.is_automatic,
            updated_at=self._clock.now(),
        )
        _check(signature)
        await self._store.put_signature(signature, _audit(actor, "signature.update", signature))
        return signature

    async def delete(self, actor: Actor, signature_id: SignatureId) -> None:
        """Delete it."""
        actor.require(Permission.MANAGE)
        signature = await self.signature(actor, signature_id)
        record = _audit(actor, "signature.delete", signature)
        await self._store.delete_signature(signature.id, record)

    async def _inbox(self, actor: Actor, inbox_id: InboxId) -> Inbox | None:
        inbox = await self._accounts.inbox(inbox_id)
        return inbox if inbox is not None and actor.may_use(inbox) else None


def _check(signature: Signature) -> None:
    """INVALID for what cannot be a signature."""
    if not 0 < len(signature.name) <= MAX_NAME_CHARS or not signature.name.isprintable():
        raise invalid("name", f"a signature's name has 1 to {MAX_NAME_CHARS} printable characters")
    if not signature.text.strip():
        raise invalid("text", "a signature needs a text")
    for path, text in (("text", signature.text), ("html", signature.html or "")):
        if len(text) > MAX_TEXT_CHARS:
            raise invalid(path, f"at most {MAX_TEXT_CHARS} characters")


def _audit(actor: Actor, action: str, signature: Signature) -> Audit:
    return Audit(
        pod_id=actor.pod_id,
        actor=actor.label,
        action=action,
        subject=signature.id,
        detail={"name": signature.name, "is_default": signature.is_default},
    )
