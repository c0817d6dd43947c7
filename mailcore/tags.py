"""Tags: the keywords of an inbox that have a name and a color.

A tag is made with its keyword, which IMAP clients see as a flag and which never changes. Putting it
on messages is setting that keyword; nothing about messages is kept here.
"""

import re
import unicodedata
from typing import Final

from mailcore.clock import Clock
from mailcore.errors import invalid, not_found
from mailcore.ids import InboxId, TagId, new_id
from mailcore.model import Actor, Inbox, Permission, Tag
from mailcore.store.ports import AccountStore, Audit, TagStore

MAX_NAME_CHARS: Final = 64
DEFAULT_COLOR: Final = "#808080"
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+", re.ASCII)


class Tags:
    """The tag service."""

    def __init__(self, *, store: TagStore, accounts: AccountStore, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    async def tags(self, actor: Actor, inbox_id: InboxId | None = None) -> tuple[Tag, ...]:
        """The tags of an inbox, or of all that the actor may read, by name."""
        inboxes = [one for one in await self._accounts.inboxes(actor.pod_id) if actor.may_use(one)]
        if inbox_id is not None:
            inboxes = [one for one in inboxes if one.id == inbox_id]
            if not inboxes:
                raise not_found("inbox")
        return await self._store.tags([one.id for one in inboxes])

    async def tag(self, actor: Actor, tag_id: TagId) -> Tag:
        """One tag; foreign ones are NOT_FOUND."""
        tag = await self._store.tag(tag_id)
        if tag is None or await self._inbox(actor, tag.inbox_id) is None:
            raise not_found("tag")
        return tag

    async def named(self, actor: Actor, inbox_id: InboxId, name: str) -> Tag:
        """A tag of an inbox by id, keyword or name; NOT_FOUND."""
        if await self._inbox(actor, inbox_id) is not None:
            for tag in await self._store.tags([inbox_id]):
                if name == tag.id or name.casefold() in (tag.keyword, tag.name.casefold()):
                    return tag
        raise not_found("tag", fix="List them with GET /v1/tags, or create it")

    async def create(self, actor: Actor, inbox_id: InboxId, name: str, color: str) -> Tag:
        """A new tag; CONFLICT `tag_exists` when one has the same keyword."""
        actor.require(Permission.MANAGE)
        inbox = await self._inbox(actor, inbox_id)
        if inbox is None:
            raise not_found("inbox")
        shown = _check_name(name)
        tag = Tag(
            id=TagId(new_id()),
            pod_id=inbox.pod_id,
            inbox_id=inbox.id,
            keyword=slug(shown),
            name=shown,
            color=_check_color(color),
            created_at=self._clock.now(),
        )
        await self._store.create_tag(tag, _audit(actor, "tag.create", tag))
        return tag

    async def change(
        self, actor: Actor, tag_id: TagId, *, name: str | None, color: str | None
    ) -> Tag:
        """Another name or color; the keyword stays."""
        actor.require(Permission.MANAGE)
        old = await self.tag(actor, tag_id)
        tag = Tag(
            id=old.id,
            pod_id=old.pod_id,
            inbox_id=old.inbox_id,
            keyword=old.keyword,
            name=old.name if name is None else _check_name(name),
            color=old.color if color is None else _check_color(color),
            created_at=old.created_at,
        )
        await self._store.update_tag(tag, _audit(actor, "tag.update", tag))
        return tag

    async def delete(self, actor: Actor, tag_id: TagId) -> None:
        """Forget the name and color."""
        actor.require(Permission.MANAGE)
        tag = await self.tag(actor, tag_id)
        await self._store.delete_tag(tag.id, _audit(actor, "tag.delete", tag))

    async def _inbox(self, actor: Actor, inbox_id: InboxId) -> Inbox | None:
        inbox = await self._accounts.inbox(inbox_id)
        return inbox if inbox is not None and actor.may_use(inbox) else None


def slug(name: str) -> str:
    """The keyword of a tag: lower-case letters and digits with hyphens; other scripts as hex."""
    name = name.casefold()
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    found = _NOT_SLUG.sub("-", plain).strip("-")
    lost = [char for char in name if char.isalnum() and not _ascii_of(char)]
    if lost:
        rest = "".join(f"{ord(char):x}" for char in lost)
        found = f"{found}-u{rest}" if found else f"u{rest}"
    if not found:
        raise invalid("name", "it needs a letter or a digit")
    return found[:MAX_NAME_CHARS].strip("-")


def _ascii_of(char: str) -> str:
    return unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()


def _check_name(name: str) -> str:
    shown = " ".join(name.split())
    if not 0 < len(shown) <= MAX_NAME_CHARS:
        raise invalid("name", f"a tag's name has 1 to {MAX_NAME_CHARS} characters")
    if not shown.isprintable():
        raise invalid("name", "no control or invisible characters")
    return shown


def _check_color(color: str) -> str:
    if not _COLOR.fullmatch(color):
        raise invalid("color", "write the color as #rrggbb")
    return color.lower()


def _audit(actor: Actor, action: str, tag: Tag) -> Audit:
    return Audit(
        pod_id=actor.pod_id,
        actor=actor.label,
        action=action,
        subject=tag.id,
        detail={"keyword": tag.keyword},
    )
