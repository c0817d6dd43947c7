"""Gathers the facts that rules ask for: of the address book, of the thread, of the text.

Only what some rule looks at is looked up; what only a rule that is not there wants costs nothing.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from mailcore.address import Address
from mailcore.ids import InboxId
from mailcore.message.parse import readable
from mailcore.model import AuthReport, Contact, Message, MessageFacts, Security, Thread
from mailcore.rules.evaluate import leaves
from mailcore.rules.facts import Facts, Judged, facts_of, folded_address
from mailcore.rules.rule import Rule
from mailcore.store.ports import ContactStore, MailStore, RuleStore

_INLINE_BYTES: Final = 32 * 1024
_TEXT_FIELDS: Final = frozenset({"text", "word_count"})
MAX_VIEWS: Final = 100
"""Recipients that rules are asked about one by one; of more, rules are asked about none."""


class Known:
    """Finds facts."""

    def __init__(self, *, contacts: ContactStore, rules: RuleStore, mail: MailStore) -> None:
        self._contacts = contacts
        self._rules = rules
        self._mail = mail

    async def of_arrival(
        self,
        rules: Sequence[Rule],
        inbox_id: InboxId,
        raw: bytes,
        facts: MessageFacts,
        *,
        security: Security,
        auth: AuthReport | None,
        recipients: Sequence[str] = (),
        thread: Thread | None = None,
    ) -> Facts:
        """What is known of a message that arrived in an inbox; `thread` when it is in one already."""
        fields = fields_of(rules)
        contact = None
        if asks(fields, "contact."):
            contact = await self._contact(inbox_id, facts.sender.address if facts.sender else "")
        if thread is None and asks(fields, "thread."):
            thread = await self._rules.thread_joined(inbox_id, facts)
        return facts_of(
            facts,
            await _text(raw) if fields & _TEXT_FIELDS else "",
            recipients=recipients,
            contact=contact,
            thread=thread,
            judged=Judged(
                level=security.level,
                score=security.score,
                categories=security.categories,
                dmarc=auth.dmarc if auth else "none",
            ),
        )

    async def of_outgoing(
        self,
        rules: Sequence[Rule],
        inbox_id: InboxId,
        raw: bytes,
        facts: MessageFacts,
        recipients: Sequence[Address],
        judged: Judged,
    ) -> tuple[Facts, ...]:
        """What is known of a message that leaves, once for each recipient alone."""
        fields = fields_of(rules)
        thread = None
        if asks(fields, "thread."):
            thread = await self._rules.thread_joined(inbox_id, facts)
        text = await _text(raw) if fields & _TEXT_FIELDS else ""
        whole = facts_of(facts, text, thread=thread, judged=judged)
        views: list[Facts] = []
        for one in recipients[:MAX_VIEWS]:
            contact = None
            if asks(fields, "contact."):
                contact = await self._contact(inbox_id, str(one))
            views.append(whole.with_recipient(str(one), contact))
        return tuple(views)

    async def of_past(self, rules: Sequence[Rule], message: Message, raw: bytes) -> Facts:
        """What would be known of a message that arrived some time ago, as things are now."""
        return await self.of_arrival(
            rules,
            message.inbox_id,
            raw,
            message.facts,
            security=message.security,
            auth=message.auth,
            thread=await self._mail.thread(message.thread_id),
        )

    async def _contact(self, inbox_id: InboxId, address: str) -> Contact | None:
        folded = folded_address(address)
        return await self._contacts.contact_by_address(inbox_id, folded) if folded else None


def fields_of(rules: Sequence[Rule]) -> frozenset[str]:
    """The fields that rules look at."""
    return frozenset(
        one.field for rule in rules if rule.condition is not None for one in leaves(rule.condition)
    )


def asks(fields: frozenset[str], prefix: str) -> bool:
    """Whether any field begins so."""
    return any(one.startswith(prefix) for one in fields)


async def _text(raw: bytes) -> str:
    if len(raw) <= _INLINE_BYTES:
        return readable(raw).text
    return (await asyncio.to_thread(readable, raw)).text
