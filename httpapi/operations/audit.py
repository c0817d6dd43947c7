"""The audit log: who did what, chained so that a change shows."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from httpapi.fields import MAX_LIMIT, MAX_NUMBER, Line, Listing, Output, Page, Timestamp, view
from httpapi.operation import READERS, Call, operation
from mailcore.model import AuditRow, JsonObject
from mailcore.store.ports import AuditQuery


class ListAudit(Page):
    """Which rows."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100
    """How many at most."""
    after: Annotated[int, Field(ge=0, le=MAX_NUMBER)] = 0
    """Rows after this number: the `next` of the answer before."""
    actor: Annotated[Line, Field(max_length=200)] = ""
    """Only what this one did, such as `master` or `agent:mia`."""
    action: Annotated[Line, Field(max_length=100)] = ""
    """Only this, such as `hold.approve`; all of a kind when it ends in a dot, as in `hold.`."""
    subject: Annotated[Line, Field(max_length=200)] = ""
    """Only what was done to the thing with this id."""
    order: Literal["oldest", "newest"] = "oldest"
    """Which rows come first."""


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


class AuditList(Listing[AuditInfo]):
    """A page of rows."""

    next: int = 0
    """Give this as `after` next time."""


async def list_audit(call: Call, given: ListAudit) -> AuditList:
    """The audit log, oldest first unless asked otherwise."""
    part = given.part
    if given.after and part.after is None:
        part = replace(part, after=(given.after,))
    found = await call.services.accounts.list_audit(
        call.actor,
        AuditQuery(
            pod_id=call.actor.pod_id,
            actor=given.actor,
            action=given.action,
            subject=given.subject,
            is_newest_first=given.order == "newest",
            part=part,
        ),
    )
    page = AuditList.of(given, found, _info)
    return page.model_copy(update={"next": page.data[-1].id if page.data else given.after})


def _info(row: AuditRow) -> AuditInfo:
    return view(AuditInfo, row, id=row.seq)


OPERATIONS = (
    operation(
        name="list_audit",
        method="GET",
        path="/v1/audit",
        summary="Read the audit log",
        tag="Audit",
        input=ListAudit,
        output=AuditList,
        roles=READERS,
        function=list_audit,
    ),
)
