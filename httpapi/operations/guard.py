"""What the owner tells the guard: registered secrets and decoys, and rules that count differently."""

from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr

from httpapi.fields import Input, Instant, Line, Listing, Output, Page, Timestamp, sliced, view
from httpapi.operation import MASTER, Call, operation
from mailcore.clock import to_iso
from mailcore.ids import AgentId, GuardPolicyId, InboxId, SecretId
from mailcore.policy import GuardPolicy, SecretKind, Severity, StoredSecret, Taint
from mailcore.protections import MAX_NAME_CHARS, MAXIMUM_CHARS, MINIMUM_CHARS, NewPolicy


class AddSecret(Input):
    """A secret to recognize."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "vault root", "secret": "correct-horse-9-battery"}]
        }
    )

    name: Annotated[Line, Field(min_length=1, max_length=MAX_NAME_CHARS)]
    """What findings call it; the secret itself is never shown."""
    secret: Annotated[SecretStr, Field(min_length=MINIMUM_CHARS, max_length=MAXIMUM_CHARS)]
    """The secret. Only keyed hashes of it are kept."""
    kind: SecretKind = SecretKind.SECRET
    """`secret`, or `decoy` for one that is planted and belongs in no mail at all."""


class OneSecret(Input):
    """Which secret."""

    secret_id: str
    """The id of a registered secret."""


class SecretInfo(Output):
    """A registered secret, without the secret."""

    id: str
    name: str
    kind: SecretKind
    created_at: Timestamp


class SecretList(Listing[SecretInfo]):
    """A page of secrets by name."""


class AddPolicy(Input):
    """A rule that is to count differently."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rule": "pii.iban",
                    "severity": "low",
                    "recipient": "@bank.example",
                    "reason": "our bank knows our accounts",
                }
            ]
        }
    )

    rule: Annotated[Line, Field(min_length=3, max_length=100)]
    """The id of a rule, or all of a group as in `pii.*`."""
    severity: Severity
    """What its findings count as; `low` lets them pass."""
    identity_id: str | None = None
    """Only for mail from this inbox."""
    recipient: Annotated[Line, Field(max_length=320)] = ""
    """Only for mail whose recipients are all this address, or all in a domain written as `@example.org`."""
    reason: Annotated[Line, Field(max_length=300)] = ""
    """Why, for those who read it later."""
    expires_at: Instant | None = None
    """When it ends; never when left out."""


class OnePolicy(Input):
    """Which policy."""

    policy_id: str
    """The id of a policy."""


class RulePolicyInfo(Output):
    """A rule that counts differently."""

    id: str
    rule: str
    severity: Severity
    identity_id: str | None
    recipient: str
    reason: str
    created_at: Timestamp
    expires_at: Timestamp | None


class RulePolicyList(Listing[RulePolicyInfo]):
    """A page of policies, oldest first."""


class TaintInfo(Output):
    """An agent whose mail is held because of what it read."""

    agent_id: str
    message_id: str
    """What it read."""
    identity_id: str
    """The inbox that message is in."""
    read_at: Timestamp


class TaintList(Listing[TaintInfo]):
    """A page of taints, newest first."""


class OneTaint(Input):
    """Which agent."""

    agent_id: str
    """The id of an agent."""


async def list_taints(call: Call, given: Page) -> TaintList:
    """Agents whose mail is held because they read mail flagged as prompt injection, newest first."""
    found = await call.services.taints.taints(call.actor)
    return TaintList.of(
        given, sliced(found, given, lambda one: (to_iso(one.read_at), one.message_id)), _taint
    )


async def clear_taint(call: Call, given: OneTaint) -> None:
    """Let an agent's mail go its usual way again. What it read is not counted again."""
    await call.services.taints.clear(call.actor, AgentId(given.agent_id))


async def list_secrets(call: Call, given: Page) -> SecretList:
    """The secrets that the guard recognizes in mail that leaves, by name."""
    found = await call.services.protections.secrets(call.actor)
    return SecretList.of(given, sliced(found, given, lambda one: (one.name, one.id)), _secret)


async def add_secret(call: Call, given: AddSecret) -> SecretInfo:
    """Register a secret: mail with it, in any encoding, whole or in pieces, is held from now on."""
    added = await call.services.protections.add_secret(
        call.actor, given.name, given.secret.get_secret_value(), given.kind
    )
    return _secret(added)


async def remove_secret(call: Call, given: OneSecret) -> None:
    """Forget a secret."""
    await call.services.protections.remove_secret(call.actor, SecretId(given.secret_id))


async def list_policies(call: Call, given: Page) -> RulePolicyList:
    """The rules that count differently, oldest first; where two speak of a rule the newer counts."""
    found = await call.services.protections.policies(call.actor)
    return RulePolicyList.of(
        given, sliced(found, given, lambda one: (to_iso(one.created_at), one.id)), _policy
    )


async def add_policy(call: Call, given: AddPolicy) -> RulePolicyInfo:
    """Let a rule count differently, for some mail, until some day."""
    return _policy(await call.services.protections.add_policy(call.actor, new_policy(given)))


def new_policy(given: AddPolicy) -> NewPolicy:
    """A policy as it was asked for."""
    return NewPolicy(
        rule=given.rule,
        severity=given.severity,
        inbox_id=InboxId(given.identity_id) if given.identity_id else None,
        recipient=given.recipient,
        reason=given.reason,
        expires_at=given.expires_at,
    )


async def remove_policy(call: Call, given: OnePolicy) -> None:
    """End a policy."""
    await call.services.protections.remove_policy(call.actor, GuardPolicyId(given.policy_id))


def _taint(one: Taint) -> TaintInfo:
    return TaintInfo(
        agent_id=one.agent_id,
        message_id=one.message_id,
        identity_id=one.inbox_id,
        read_at=one.read_at,
    )


def _secret(one: StoredSecret) -> SecretInfo:
    return SecretInfo(id=one.id, name=one.name, kind=one.kind, created_at=one.created_at)


def _policy(one: GuardPolicy) -> RulePolicyInfo:
    return view(RulePolicyInfo, one, identity_id=one.inbox_id)


OPERATIONS = (
    operation(
        name="list_secrets",
        method="GET",
        path="/v1/guard/secrets",
        summary="List registered secrets",
        tag="Guard",
        input=Page,
        output=SecretList,
        function=list_secrets,
        roles=MASTER,
    ),
    operation(
        name="add_secret",
        method="POST",
        path="/v1/guard/secrets",
        summary="Register a secret",
        tag="Guard",
        input=AddSecret,
        output=SecretInfo,
        success=201,
        conflicts=("secret_exists",),
        function=add_secret,
        roles=MASTER,
    ),
    operation(
        name="remove_secret",
        method="DELETE",
        path="/v1/guard/secrets/{secret_id}",
        summary="Forget a secret",
        tag="Guard",
        input=OneSecret,
        output=None,
        success=204,
        function=remove_secret,
        roles=MASTER,
    ),
    operation(
        name="list_taints",
        method="GET",
        path="/v1/guard/taints",
        summary="List agents whose mail is held",
        tag="Guard",
        input=Page,
        output=TaintList,
        function=list_taints,
        roles=MASTER,
    ),
    operation(
        name="clear_taint",
        method="DELETE",
        path="/v1/guard/taints/{agent_id}",
        summary="Let an agent's mail go again",
        tag="Guard",
        input=OneTaint,
        output=None,
        success=204,
        function=clear_taint,
        roles=MASTER,
    ),
    operation(
        name="list_policies",
        method="GET",
        path="/v1/guard/policies",
        summary="List guard policies",
        tag="Guard",
        input=Page,
        output=RulePolicyList,
        function=list_policies,
        roles=MASTER,
    ),
    operation(
        name="add_policy",
        method="POST",
        path="/v1/guard/policies",
        summary="Let a rule count differently",
        tag="Guard",
        input=AddPolicy,
        output=RulePolicyInfo,
        success=201,
        function=add_policy,
        roles=MASTER,
    ),
    operation(
        name="remove_policy",
        method="DELETE",
        path="/v1/guard/policies/{policy_id}",
        summary="End a guard policy",
        tag="Guard",
        input=OnePolicy,
        output=None,
        success=204,
        function=remove_policy,
        roles=MASTER,
    ),
)
