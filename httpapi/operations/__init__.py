"""The table of operations: everything the API can do, by resource."""

from typing import Final

from httpapi.operation import Operation
from httpapi.operations import (
    agents,
    audit,
    batch,
    contacts,
    domains,
    drafts,
    events,
    filing,
    folders,
    holds,
    identities,
    keys,
    messages,
    people,
    queue,
    sending,
    spam,
    tags,
    threads,
    wait,
    webhooks,
    workspace,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *messages.OPERATIONS,
    *wait.OPERATIONS,
    *filing.OPERATIONS,
    *batch.OPERATIONS,
    *folders.OPERATIONS,
    *tags.OPERATIONS,
    *sending.OPERATIONS,
    *threads.OPERATIONS,
    *contacts.OPERATIONS,
    *drafts.OPERATIONS,
    *holds.OPERATIONS,
    *events.OPERATIONS,
    *webhooks.OPERATIONS,
    *identities.OPERATIONS,
    *agents.OPERATIONS,
    *people.OPERATIONS,
    *keys.OPERATIONS,
    *domains.OPERATIONS,
    *queue.OPERATIONS,
    *spam.OPERATIONS,
    *audit.OPERATIONS,
    *workspace.OPERATIONS,
)
