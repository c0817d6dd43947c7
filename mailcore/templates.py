"""Templates: messages of an inbox to send again, with `{{ name }}` for what differs.

A placeholder is a name and nothing else: there is no code in a template. Every variable that is
missing or unknown is named at once, and values in the HTML form are escaped.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mailcore.clock import Clock
from mailcore.errors import ErrorKind, FieldError, MailError, invalid, not_found
from mailcore.ids import InboxId, TemplateId, new_id
from mailcore.model import Actor, Inbox, Permission, Template
from mailcore.store.ports import AccountStore, Audit, TemplateStore

MAX_NAME_CHARS: Final = 100
MAX_SUBJECT_CHARS: Final = 900
MAX_TEXT_CHARS: Final = 256 * 1024
MAX_VALUE_CHARS: Final = 64 * 1024
MAX_FILLED_CHARS: Final = 4 * 1024 * 1024
MAX_TEMPLATES: Final = 500
"""Templates of one inbox."""

_PLACEHOLDER: Final = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange:
    """What a template says; what is None stays, and is empty in a new one."""

    name: str | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A template with its values in place."""

    subject: str
    text: str | None
    html: str | None


class Templates:
    """The template service."""

    def __init__(self, *, store: TemplateStore, accounts: AccountStore, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    async def templates(
        self, actor: Actor, inbox_id: InboxId | None = None
    ) -> tuple[Template, ...]:
        """The templates of an inbox, or of all that the actor may read, by name."""
        inboxes = [one for one in await self._accounts.inboxes(actor.pod_id) if actor.may_use(one)]
        if inbox_id is not None:
            inboxes = [one for one in inboxes if one.id == inbox_id]
            if not inboxes:
                raise not_found("inbox")
        return await self._store.templates([one.id for one in inboxes])

    async def template(self, actor: Actor, template_id: TemplateId) -> Template:
        """One template; foreign ones are NOT_FOUND."""
        found = await self._store.template(template_id)
        if found is None or await self._inbox(actor, found.inbox_id) is None:
            raise not_found("template")
        return found

    async def create(self, actor: Actor, inbox_id: InboxId, new: TemplateChange) -> Template:
        """A new template; CONFLICT `template_exists` when the inbox has one of the name."""
        actor.require(Permission.MANAGE)
        inbox = await self._inbox(actor, inbox_id)
        if inbox is None:
            raise not_found("inbox")
        if len(await self._store.templates([inbox.id])) >= MAX_TEMPLATES:
            raise MailError(
                ErrorKind.OVER_LIMIT,
                f"an inbox has at most {MAX_TEMPLATES} templates",
                code="too_many_templates",
                fix="Delete one first",
            )
        now = self._clock.now()
        template = Template(
            id=TemplateId(new_id()),
            pod_id=inbox.pod_id,
            inbox_id=inbox.id,
            name=" ".join((new.name or "").split()),
            subject=new.subject or "",
            text=new.text,
            html=new.html,
            created_at=now,
            updated_at=now,
        )
        _check(template)
        await self._store.put_template(template, _audit(actor, "template.create", template))
        return template

    async def change(
        self, actor: Actor, template_id: TemplateId, change: TemplateChange
    ) -> Template:
        """Another name or other texts."""
        actor.require(Permission.MANAGE)
        old = await self.template(actor, template_id)
        template = replace(
            old,
            name=old.name if change.name is None else " ".join(change.name.split()),
            subject=old.subject if change.subject is None else change.subject,
            text=old.text if change.text is None else change.text,
            html=old.html if change.html is None else change.html,
            updated_at=self._clock.now(),
        )
        _check(template)
        await self._store.put_template(template, _audit(actor, "template.update", template))
        return template

    async def delete(self, actor: Actor, template_id: TemplateId) -> None:
        """Delete it."""
        actor.require(Permission.MANAGE)
        template = await self.template(actor, template_id)
        record = _audit(actor, "template.delete", template)
        await self._store.delete_template(template.id, record)

    async def _inbox(self, actor: Actor, inbox_id: InboxId) -> Inbox | None:
        inbox = await self._accounts.inbox(inbox_id)
        return inbox if inbox is not None and actor.may_use(inbox) else None


def variables(template: Template) -> tuple[str, ...]:
    """The names that a template wants values for, each once, in the order they come."""
    texts = (template.subject, template.text or "", template.html or "")
    found = (one[1].strip() for text in texts for one in _PLACEHOLDER.finditer(text))
    return tuple(dict.fromkeys(found))


def fill(template: Template, values: Mapping[str, str]) -> Filled:
    """The template with every placeholder replaced, once: a value is never read as a template.

    INVALID `template_variables` with every name that is missing or unknown.
    """
    wanted = variables(template)
    wrong = [
        FieldError(path=f"variables.{name}", message="it has no value")
        for name in wanted
        if name not in values
    ]
    wrong += [
        FieldError(path=f"variables.{name[:100]}", message="the template has no such variable")
        for name in values
        if name not in wanted
    ]
    wrong += [
        FieldError(path=f"variables.{name}", message=f"at most {MAX_VALUE_CHARS} characters")
        for name, value in values.items()
        if len(value) > MAX_VALUE_CHARS
    ]
    if wrong:
        raise MailError(
            ErrorKind.INVALID,
            "; ".join(f"{one.path}: {one.message}" for one in wrong[:20]),
            code="template_variables",
            fix=f"Give a value for each of: {', '.join(wanted) or '(it has none)'}",
            fields=tuple(wrong),
        )
    escaped = {name: html.escape(value) for name, value in values.items()}
    in_subject = {name: " ".join(value.split()) for name, value in values.items()}
    return Filled(
        subject=_filled(template.subject, in_subject),
        text=None if template.text is None else _filled(template.text, values),
        html=None if template.html is None else _filled(template.html, escaped),
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    found = [values[one[1].strip()] for one in _PLACEHOLDER.finditer(text)]
    if len(text) + sum(map(len, found)) > MAX_FILLED_CHARS:
        raise MailError(
            ErrorKind.TOO_LARGE, f"the message would have over {MAX_FILLED_CHARS} characters"
        )
    return _PLACEHOLDER.sub(lambda one: values[one[1].strip()], text)


def _check(template: Template) -> None:
    """INVALID for what cannot be a template."""
    if not 0 < len(template.name) <= MAX_NAME_CHARS or not template.name.isprintable():
        raise invalid("name", f"a template's name has 1 to {MAX_NAME_CHARS} printable characters")
    if template.text is None and template.html is None:
        raise invalid("text", "give text or html")
    for path, text in (
        ("subject", template.subject),
        ("text", template.text or ""),
        ("html", template.html or ""),
    ):
        if len(text) > (MAX_SUBJECT_CHARS if path == "subject" else MAX_TEXT_CHARS):
            raise invalid(path, "it is too long")
        for one in _PLACEHOLDER.finditer(text):
            if not _NAME.fullmatch(one[1].strip()):
                raise invalid(
                    path,
                    f"{one[0][:60]!r} is no placeholder",
                    fix="Write {{ name }}: letters, digits and underscores",
                )


def _audit(actor: Actor, action: str, template: Template) -> Audit:
    return Audit(
        pod_id=actor.pod_id,
        actor=actor.label,
        action=action,
        subject=template.id,
        detail={"name": template.name},
    )
