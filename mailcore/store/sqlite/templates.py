"""Templates and signatures of inboxes."""

import sqlite3
from collections.abc import Sequence
from typing import override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import InboxId, PodId, SignatureId, TemplateId
from mailcore.model import Signature, Template
from mailcore.store.ports import Audit, TemplateStore
from mailcore.store.sqlite.account_rows import optional, unique
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, marks

_PUT_TEMPLATE = """
INSERT INTO templates (
  id, pod_id, inbox_id, name, folded, subject, text, html, created_at, updated_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded,
  subject = excluded.subject, text = excluded.text, html = excluded.html,
  updated_at = excluded.updated_at
"""
_PUT_SIGNATURE = """
INSERT INTO signatures (
  id, pod_id, inbox_id, name, folded, text, html, is_default, is_automatic, created_at, updated_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded,
  text = excluded.text, html = excluded.html, is_default = excluded.is_default,
  is_automatic = excluded.is_automatic, updated_at = excluded.updated_at
"""
_NO_DEFAULT = "UPDATE signatures SET is_default = 0 WHERE inbox_id = ? AND id <> ?"


class SqliteTemplates(Part, TemplateStore):
    """`TemplateStore` in SQLite."""

    @override
    async def templates(self, inbox_ids: Sequence[InboxId]) -> tuple[Template, ...]:
        sql = f"SELECT * FROM templates WHERE inbox_id IN ({marks(inbox_ids)}) ORDER BY folded, id"
        return self._database.read(
            lambda connection: tuple(map(_template, connection.execute(sql, tuple(inbox_ids))))
        )

    @override
    async def template(self, template_id: TemplateId) -> Template | None:
        values = (clean(template_id),)
        return self._database.read(
            lambda connection: optional(
                _template, connection.execute("SELECT * FROM templates WHERE id = ?", values)
            )
        )

    @override
    async def put_template(self, template: Template, audit: Audit) -> None:
        values = (
            *(template.id, template.pod_id, template.inbox_id),
            *(clean(template.name), clean(template.name.casefold()), clean(template.subject)),
            *(_text(template.text), _text(template.html)),
            *(to_micros(template.created_at), to_micros(template.updated_at)),
        )

        def write(connection: sqlite3.Connection) -> None:
            with unique("template", "template_exists"):
                connection.execute(_PUT_TEMPLATE, values)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def delete_template(self, template_id: TemplateId, audit: Audit) -> None:
        await self._delete("templates", template_id, "template", audit)

    @override
    async def signatures(self, inbox_ids: Sequence[InboxId]) -> tuple[Signature, ...]:
        sql = f"SELECT * FROM signatures WHERE inbox_id IN ({marks(inbox_ids)}) ORDER BY folded, id"
        return self._database.read(
            lambda connection: tuple(map(_signature, connection.execute(sql, tuple(inbox_ids))))
        )

    @override
    async def signature(self, signature_id: SignatureId) -> Signature | None:
        values = (clean(signature_id),)
        return self._database.read(
            lambda connection: optional(
                _signature, connection.execute("SELECT * FROM signatures WHERE id = ?", values)
            )
        )

    @override
    async def put_signature(self, signature: Signature, audit: Audit) -> None:
        values = (
            *(signature.id, signature.pod_id, signature.inbox_id),
            *(clean(signature.name), clean(signature.name.casefold())),
            *(clean(signature.text), _text(signature.html)),
            *(signature.is_default, signature.is_automatic),
            *(to_micros(signature.created_at), to_micros(signature.updated_at)),
        )

        def write(connection: sqlite3.Connection) -> None:
            if signature.is_default:
                connection.execute(_NO_DEFAULT, (signature.inbox_id, signature.id))
            with unique("signature", "signature_exists"):
                connection.execute(_PUT_SIGNATURE, values)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def delete_signature(self, signature_id: SignatureId, audit: Audit) -> None:
        await self._delete("signatures", signature_id, "signature", audit)

    async def _delete(self, table: str, id_: str, what: str, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute(f"DELETE FROM {table} WHERE id = ?", (id_,)).rowcount:
                raise not_found(what)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _template(row: sqlite3.Row) -> Template:
    return Template(
        id=TemplateId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        name=row["name"],
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )


def _signature(row: sqlite3.Row) -> Signature:
    return Signature(
        id=SignatureId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        name=row["name"],
        text=row["text"],
        html=row["html"],
        is_default=bool(row["is_default"]),
        is_automatic=bool(row["is_automatic"]),
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
