"""The workspace: what this server is, and who is asking."""

from httpapi.fields import Nothing, Output
from httpapi.operation import Call, operation


class Caller(Output):
    """Who the key belongs to."""

    role: str
    """`master`, `approver` or `agent`."""
    label: str
    """What the audit log calls you."""
    agent_id: str | None
    key_id: str | None


class WorkspaceInfo(Output):
    """This server, as far as you may know it."""

    name: str
    domain: str
    hostname: str
    agents: int
    identities: int
    caller: Caller


async def get_workspace(call: Call, given: Nothing) -> WorkspaceInfo:
    """Names and counts, and whom your key belongs to."""
    del given
    found = await call.services.accounts.workspace(call.actor)
    return WorkspaceInfo(
        name=(await call.services.settings.of(call.actor.pod_id)).workspace_name,
        domain=found.domain,
        hostname=found.hostname,
        agents=found.agents,
        identities=found.inboxes,
        caller=Caller(
            role=call.actor.role.value,
            label=call.actor.label,
            agent_id=call.actor.agent_id,
            key_id=call.actor.key_id,
        ),
    )


OPERATIONS = (
    operation(
        name="get_workspace",
        method="GET",
        path="/v1/workspace",
        summary="See the workspace",
        tag="Workspace",
        input=Nothing,
        output=WorkspaceInfo,
        function=get_workspace,
        tool="See which server this is and who you are on it.",
    ),
)
