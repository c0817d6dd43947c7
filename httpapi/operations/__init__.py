"""The table of operations: everything the API can do, by resource."""

from typing import Final

from httpapi.operation import Operation
from httpapi.operations import (
    agents,
    audit,
    domains,
    drafts,
    events,
    holds,
    identities,
    keys,
    messages,
    queue,
    sending,
    threads,
    workspace,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *messages.OPERATIONS,
    *sending.OPERATIONS,
    *threads.OPERATIONS,
    *drafts.OPERATIONS,
    *holds.OPERATIONS,
    *events.OPERATIONS,
    *identities.OPERATIONS,
    *agents.OPERATIONS,
    *keys.OPERATIONS,
    *domains.OPERATIONS,
    *queue.OPERATIONS,
    *audit.OPERATIONS,
    *workspace.OPERATIONS,
)
