"""What an operation of the API is. One table of these feeds the routes, OpenAPI and the docs page.

An operation has one input model. Fields named in the path come from there; the rest come from the
query (GET, DELETE) or from the JSON body (POST, PATCH). Nothing here knows HTTP requests, so the
same operation can be called as a tool.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from pydantic import BaseModel

from httpapi.rendered import RenderedMessages
from httpapi.services import Services
from httpapi.waits import Waits
from mailcore.model import Actor, Permission, Role
from mailcore.store.ports import IdempotencyEntry

type Method = Literal["GET", "POST", "PATCH", "DELETE"]

EVERYONE: Final = frozenset({Role.MASTER, Role.APPROVER, Role.VIEWER, Role.AGENT})
AGENTS: Final = frozenset({Role.AGENT})
ASSIGNERS: Final = frozenset({Role.MASTER, Role.AGENT})
DECIDERS: Final = frozenset({Role.MASTER, Role.APPROVER})
MASTER: Final = frozenset({Role.MASTER})
READERS: Final = frozenset({Role.MASTER, Role.VIEWER})
PEOPLE: Final = frozenset({Role.MASTER, Role.APPROVER, Role.VIEWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Who calls, and what there is to call."""

    actor: Actor
    services: Services
    via: str
    """How the caller came in, as the audit log names it: `api` or `cli`."""
    waits: Waits
    """Where operations that wait are counted."""
    idempotency: IdempotencyEntry | None = None
    is_stopping: Callable[[], bool] = lambda: False
    """Asked by operations that wait."""
    rendered: RenderedMessages = field(default_factory=lambda: RenderedMessages(0))
    """Messages that were shown before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """An answer of octets instead of JSON. `filename` empty means no suggestion."""

    raw: bytes
    content_type: str
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An answer that is JSON already, in the form of the operation's `output`."""

    json: bytes
    tag: str
    """Its entity tag."""


type Answer = BaseModel | Download | Rendered | None
type Run = Callable[[Call, BaseModel], Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One row of the table. `parse` checks the given values, `run` does the thing."""

    name: str
    method: Method
    path: str
    summary: str
    description: str
    tag: str
    input: type[BaseModel]
    output: type[BaseModel] | None
    """None when the answer is octets or nothing."""
    media_type: str
    roles: frozenset[Role]
    needs: Permission
    """What a key must be allowed to do."""
    success: int
    conflicts: tuple[str, ...]
    """The codes of its 409 answers."""
    takes_idempotency_key: bool
    tool: str
    """What a model is told when this is offered as a tool; empty when it is not."""
    is_single: bool
    """Whether the path names one thing without an id."""
    run: Run = field(repr=False)

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """The fields that stand in the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    def parse(self, values: Mapping[str, object]) -> BaseModel:
        """The values as the input model; raises pydantic's `ValidationError` with all that is wrong."""
        return self.input.model_validate(values)

    @property
    def has_entity(self) -> bool:
        """Whether it reads one thing, whose answer has an entity tag."""
        names_one = self.is_single or bool(self.path_names)
        return self.method == "GET" and self.output is not None and names_one

    @property
    def has_body(self) -> bool:
        """Whether the fields that are not in the path come from a JSON body."""
        return self.method in ("POST", "PATCH")

    @cached_property
    def list_names(self) -> frozenset[str]:
        """The names on the wire of fields that may be given several times in a query."""
        return frozenset(
            _wire_name(name, info.validation_alias)
            for name, info in self.input.model_fields.items()
            if getattr(info.annotation, "__origin__", None) in (list, tuple)
        )


def _wire_name(name: str, alias: object) -> str:
    return alias if isinstance(alias, str) else name


def operation[I: BaseModel, O: Answer](
    *,
    name: str,
    method: Method,
    path: str,
    summary: str,
    tag: str,
    input: type[I],
    output: type[O] | None,
    function: Callable[[Call, I], Awaitable[O | Rendered]],
    roles: frozenset[Role] = EVERYONE,
    needs: Permission | None = None,
    success: int = 200,
    conflicts: tuple[str, ...] = (),
    takes_idempotency_key: bool = False,
    media_type: str = "application/json",
    tool: str = "",
    is_single: bool = False,
) -> Operation:
    """A row of the table; its description is the function's docstring."""

    async def run(call: Call, given: BaseModel) -> Answer:
        if not isinstance(given, input):
            raise TypeError(f"{name} takes {input.__name__}")
        return await function(call, given)

    answers = output if output is not None and issubclass(output, BaseModel) else None
    return Operation(
        name=name,
        method=method,
        path=path,
        summary=summary,
        description=_paragraph(function.__doc__ or ""),
        tag=tag,
        input=input,
        output=answers,
        media_type=media_type,
        roles=roles,
        needs=needs or (Permission.READ if method == "GET" else Permission.MANAGE),
        success=success,
        conflicts=conflicts,
        takes_idempotency_key=takes_idempotency_key,
        tool=tool,
        is_single=is_single,
        run=run,
    )


def _paragraph(docstring: str) -> str:
    return "\n".join(line.strip() for line in docstring.strip().splitlines())
