"""The audit log: who did what, chained so that a change shows."""

from typing import Annotated

from pydantic import Field

from httpapi.fields import MAX_LIMIT, MAX_NUMBER, Input, Output, Timestamp
from httpapi.operation import MASTER, Call, operation
from mailcore.model import JsonObject


class ListAudit(Input):
    """Which rows."""

    after: Annotated[int, Field(ge=0, le=MAX_NUMBER)] = 0
    """Rows after this number: the `next` of the answer before."""
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100
    """How many at most."""


class AuditInfo(Output):
    """One thing that was done."""

    id: int
    at: Timestamp
    actor: str
    action: str
    """Such as `hold.approve`."""
    subject: str
    detail: JsonObject
    hash: str
    """Over this row and the hash of the row before."""


class AuditList(Output):
    """Rows, oldest first."""

    data: list[AuditInfo]
    next: int
    """Give this as `after` next time."""


async def list_audit(call: Call, given: ListAudit) -> AuditList:
    """The audit log, oldest first."""
    rows = await call.services.accounts.audit(call.actor, after=given.after, limit=given.limit)
    return AuditList(
        data=[
            AuditInfo(
                id=one.seq,
                at=one.at,
                actor=one.actor,
                action=one.action,
                subject=one.subject,
                detail=one.detail,
                hash=one.hash,
            )
            for one in rows
        ],
        next=rows[-1].seq if rows else given.after,
    )


OPERATIONS = (
    operation(
        name="list_audit",
        method="GET",
        path="/v1/audit",
        summary="Read the audit log",
        tag="Audit",
        input=ListAudit,
        output=AuditList,
        roles=MASTER,
        function=list_audit,
    ),
)
