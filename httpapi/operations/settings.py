"""Settings: the policies of this server that its owner changes while it runs."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from httpapi.fields import WHOLE, Flag, Input, Line, Nothing, Output
from httpapi.operation import MASTER, PEOPLE, Call, operation
from mailcore.settings import NAMES, PodSettings

type HoldAt = Literal["medium", "high", "critical"]


class ChangeSettings(Input):
    """What to change. Fields left out stay as they are; null goes back to the configuration."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hold_expiry_days": 14}]})

    workspace_name: Annotated[Line, Field(min_length=1, max_length=100)] | None = None
    """What this server is called where people and models read it."""
    hold_at: HoldAt | None = None
    """The lowest severity of a finding that holds an outgoing message."""
    hold_expiry_days: Annotated[int, Field(ge=1, le=90), WHOLE] | None = None
    """Days until a new hold that nobody decides counts as rejected."""
    two_people: Flag | None = None
    """True needs two different people to approve what has a critical finding."""
    max_recipients: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    """Recipients over to, cc and bcc of one message; no more than `outbound.max_recipients`."""
    repeat_seconds: Annotated[float, Field(ge=0, le=3600), WHOLE] | None = None
    """The same content to the same recipients within this time is sent once; 0 turns that off."""
    warning_score: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    """The score from which arriving mail carries a warning; no more than `spam_score`."""
    spam_score: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    """The score from which arriving mail is spam and goes to Junk."""


class SettingsInfo(Output):
    """What counts now."""

    workspace_name: str
    hold_at: HoldAt
    hold_expiry_days: int
    two_people: bool
    max_recipients: int
    repeat_seconds: float
    warning_score: int
    spam_score: int
    changed: list[str]
    """The names that are set here; the others are as the configuration says."""


async def get_settings(call: Call, given: Nothing) -> SettingsInfo:
    """The policies that count now. For people; an agent is not told what its mail is measured by."""
    del given
    return _info(await call.services.settings.read(call.actor))


async def change_settings(call: Call, given: ChangeSettings) -> SettingsInfo:
    """Change policies; they count from the next message on, and the change is in the audit log."""
    changes = given.model_dump(include=given.model_fields_set)
    return _info(await call.services.settings.change(call.actor, changes))


def _info(settings: PodSettings) -> SettingsInfo:
    values = {name: getattr(settings, name) for name in NAMES}
    return SettingsInfo.model_validate({**values, "changed": sorted(settings.changed)})


OPERATIONS = (
    operation(
        name="get_settings",
        method="GET",
        path="/v1/settings",
        summary="See the settings",
        tag="Workspace",
        input=Nothing,
        output=SettingsInfo,
        roles=PEOPLE,
        is_single=True,
        function=get_settings,
    ),
    operation(
        name="change_settings",
        method="PATCH",
        path="/v1/settings",
        summary="Change the settings",
        tag="Workspace",
        input=ChangeSettings,
        output=SettingsInfo,
        roles=MASTER,
        function=change_settings,
    ),
)
