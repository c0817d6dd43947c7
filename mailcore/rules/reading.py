"""From JSON to a condition tree and actions, and back. Every fault is named with its path, all at once.

Bounded: depth, number of conditions, values and their length, number of actions. Expressions are
RE2's alone, which take linear time.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2

from mailcore.address import try_address
from mailcore.errors import ErrorKind, FieldError, MailError
from mailcore.message.headers import parse_mailboxes
from mailcore.model import JsonObject, JsonValue, ThreadStatus
from mailcore.rules.rule import (
    ALLOWED,
    FIELDS,
    OPERATORS,
    Action,
    ActionKind,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldKind,
    Not,
    Operator,
    Trigger,
)

MAX_DEPTH: Final = 8
MAX_CONDITIONS: Final = 50
MAX_VALUES: Final = 500
"""Values to compare with, over a whole tree."""
MAX_VALUE_CHARS: Final = 500
MAX_ACTIONS: Final = 10
MAX_FORWARDS: Final = 10
MAX_TEXT_CHARS: Final = 8192
MAX_DAYS: Final = 365
_PATTERN_MEMORY: Final = 1 << 20

_TEXT: Final = "write text"
_GIVEN: Final[Mapping[ActionKind, tuple[str, ...]]] = {
    ActionKind.TAG: ("tag",),
    ActionKind.UNTAG: ("tag",),
    ActionKind.SET_THREAD_STATUS: ("status",),
    ActionKind.MOVE: ("folder",),
    ActionKind.FORWARD: ("to",),
    ActionKind.AUTO_REPLY: ("text", "subject", "days"),
    ActionKind.ASSIGN: ("agent",),
}
"""The fields of each kind of action beside `type`."""
_OPTIONAL: Final = frozenset({"subject", "days"})


class _Faults:
    """What is wrong, by path."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []
        self.conditions = 0
        self.values = 0

    def add(self, path: str, message: str) -> None:
        if len(self.found) < MAX_CONDITIONS:
            self.found.append(FieldError(path=path[:200], message=message))

    def raise_any(self) -> None:
        if self.found:
            first = self.found[0]
            raise MailError(
                ErrorKind.INVALID,
                f"{first.path}: {first.message}",
                fix="Correct what `errors` names; fields, operators and actions are in the API's "
                "documentation of rules",
                fields=tuple(self.found),
            )


def read(
    trigger: Trigger, when: JsonValue, actions: JsonValue
) -> tuple[Condition | None, tuple[Action, ...]]:
    """The condition tree and the actions; INVALID with a path for every fault."""
    faults = _Faults()
    condition = None if when is None else _condition(when, "when", 1, faults)
    read_actions = _actions(trigger, actions, faults)
    faults.raise_any()
    return condition, read_actions


# Conditions --------------------------------------------------------------------------------------


def _condition(value: JsonValue, path: str, depth: int, faults: _Faults) -> Condition | None:
    if not isinstance(value, dict):
        faults.add(path, "a condition is an object: {field, op, value}, {and}, {or} or {not}")
        return None
    if depth > MAX_DEPTH:
        faults.add(path, f"conditions are at most {MAX_DEPTH} deep")
        return None
    faults.conditions += 1
    if faults.conditions > MAX_CONDITIONS:
        if faults.conditions == MAX_CONDITIONS + 1:
            faults.add(path, f"a rule has at most {MAX_CONDITIONS} conditions")
        return None
    keys = set(value)
    if keys == {"not"}:
        part = _condition(value["not"], f"{path}.not", depth + 1, faults)
        return Not(part=part) if part is not None else None
    if keys in ({"and"}, {"or"}):
        (key,) = keys
        parts = tuple(_parts(value[key], f"{path}.{key}", depth, faults))
        return AllOf(parts=parts) if key == "and" else AnyOf(parts=parts)
    return _compare(value, path, faults)


def _parts(value: JsonValue, path: str, depth: int, faults: _Faults) -> Iterator[Condition]:
    if not isinstance(value, list) or not value:
        faults.add(path, "give a list of conditions")
        return
    for index, one in enumerate(value[: MAX_CONDITIONS + 1]):
        part = _condition(one, f"{path}[{index}]", depth + 1, faults)
        if part is not None:
            yield part


def _compare(value: JsonObject, path: str, faults: _Faults) -> Condition | None:
    for key in sorted(set(value) - {"field", "op", "value"}):
        faults.add(f"{path}.{key}", "no field of a condition; a group has one key alone")
    field, name = value.get("field"), value.get("op")
    if not isinstance(field, str) or field not in FIELDS:
        faults.add(f"{path}.field", f"one of {', '.join(FIELDS)}")
        return None
    kind = FIELDS[field][0]
    allowed = [one.value for one in Operator if one in OPERATORS[kind]]
    if not isinstance(name, str) or name not in allowed:
        faults.add(f"{path}.op", f"for {field} one of {', '.join(allowed)}")
        return None
    if "value" not in value:
        faults.add(f"{path}.value", "give what to compare with")
        return None
    operator = Operator(name)
    given, where = value["value"], f"{path}.value"
    match kind:
        case FieldKind.FLAG:
            if not isinstance(given, bool):
                faults.add(where, "give true or false")
                return None
            return Compare(path=path, field=field, operator=operator, flag=given)
        case FieldKind.NUMBER:
            numbers = _numbers(given, where, operator, faults)
            return Compare(path=path, field=field, operator=operator, numbers=numbers)
        case FieldKind.TEXT if operator is Operator.MATCHES:
            pattern = _pattern(given, where, faults)
            return Compare(path=path, field=field, operator=operator, pattern=pattern)
        case FieldKind.TEXT:
            texts = _texts(given, where, operator, faults)
            return Compare(path=path, field=field, operator=operator, texts=texts)


def _listed(value: JsonValue, where: str, operator: Operator, faults: _Faults) -> list[JsonValue]:
    """The values given: a list, or one of them."""
    if operator is Operator.IN and not isinstance(value, list):
        faults.add(where, "give a list")
        return []
    values: list[JsonValue] = value if isinstance(value, list) else [value]
    if not values:
        faults.add(where, "give at least one value")
    faults.values += len(values)
    if faults.values > MAX_VALUES:
        faults.add(where, f"a rule has at most {MAX_VALUES} values")
        return []
    return values


def _texts(value: JsonValue, where: str, operator: Operator, faults: _Faults) -> tuple[str, ...]:
    found: list[str] = []
    for index, one in enumerate(_listed(value, where, operator, faults)):
        path = f"{where}[{index}]" if isinstance(value, list) else where
        if not isinstance(one, str) or len(one) > MAX_VALUE_CHARS:
            faults.add(path, f"{_TEXT} of at most {MAX_VALUE_CHARS} characters")
        elif not one and operator not in (Operator.EQUALS, Operator.IN):
            faults.add(path, "everything has this; give at least one character")
        else:
            found.append(one.casefold())
    return tuple(found)


def _numbers(
    value: JsonValue, where: str, operator: Operator, faults: _Faults
) -> tuple[float, ...]:
    if operator in (Operator.GREATER_THAN, Operator.LESS_THAN) and isinstance(value, list):
        faults.add(where, "give one number")
        return ()
    found: list[float] = []
    for index, one in enumerate(_listed(value, where, operator, faults)):
        if isinstance(one, bool) or not isinstance(one, int | float) or abs(one) > 2**53:
            faults.add(f"{where}[{index}]" if isinstance(value, list) else where, "give a number")
        else:
            found.append(one)
    return tuple(found)


def _pattern(value: JsonValue, where: str, faults: _Faults) -> Any:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_VALUE_CHARS:
        faults.add(where, f"give an expression of at most {MAX_VALUE_CHARS} characters")
        return None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    options.case_sensitive = False
    try:
        return re2.compile(value.encode("utf-8", "replace"), options)
    except re2.error:
        faults.add(where, "no expression that takes linear time (RE2), or too large a one")
        return None


# Actions -----------------------------------------------------------------------------------------


def _actions(trigger: Trigger, value: JsonValue, faults: _Faults) -> tuple[Action, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_ACTIONS:
        faults.add("actions", f"give 1 to {MAX_ACTIONS} actions")
        return ()
    read = [_action(trigger, one, f"actions[{index}]", faults) for index, one in enumerate(value)]
    return tuple(one for one in read if one is not None)


def _action(trigger: Trigger, value: JsonValue, path: str, faults: _Faults) -> Action | None:
    allowed = [one.value for one in ActionKind if one in ALLOWED[trigger]]
    name = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(name, str) or name not in allowed:
        faults.add(f"{path}.type", f"at {trigger.value} one of {', '.join(allowed)}")
        return None
    kind = ActionKind(name)
    names = _GIVEN.get(kind, ())
    for key in sorted(set(value) - {"type", *names}):
        faults.add(f"{path}.{key}", f"no field of {kind.value}")
    fields: dict[str, Any] = {}
    for key in names:
        if key in value:
            fields[key] = _ACTION_FIELDS[key](value[key], f"{path}.{key}", faults)
        elif key not in _OPTIONAL:
            faults.add(f"{path}.{key}", f"{kind.value} needs it")
    return Action(kind=kind, **fields)


def _line(most: int) -> Any:
    def check(value: JsonValue, path: str, faults: _Faults) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if not 0 < len(text) <= most or not text.isprintable():
            faults.add(path, f"{_TEXT} of 1 to {most} characters on one line")
        return text

    return check


def _tag(value: JsonValue, path: str, faults: _Faults) -> str:
    """A tag's keyword (RFC 9051 §9: an atom)."""
    text = value if isinstance(value, str) else ""
    is_atom = text.isascii() and text.isprintable() and not set(text) & set(' (){%*"\\]')
    if not 0 < len(text) <= 64 or not is_atom:
        faults.add(path, "give the keyword of a tag: letters, digits and hyphens")
    return text


def _status(value: JsonValue, path: str, faults: _Faults) -> ThreadStatus:
    allowed = (ThreadStatus.OPEN, ThreadStatus.WAITING, ThreadStatus.CLOSED)
    if value not in allowed:
        faults.add(path, f"one of {', '.join(allowed)}")
        return ThreadStatus.OPEN
    return ThreadStatus(str(value))


def _body(value: JsonValue, path: str, faults: _Faults) -> str:
    text = value if isinstance(value, str) else ""
    if not 0 < len(text.strip()) <= MAX_TEXT_CHARS or len(text) > MAX_TEXT_CHARS or "\0" in text:
        faults.add(path, f"{_TEXT} of 1 to {MAX_TEXT_CHARS} characters")
    return text


def _addresses(value: JsonValue, path: str, faults: _Faults) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= MAX_FORWARDS:
        faults.add(path, f"give 1 to {MAX_FORWARDS} addresses")
        return ()
    found: list[str] = []
    for index, one in enumerate(values):
        where = f"{path}[{index}]" if isinstance(value, list) else path
        boxes = parse_mailboxes(one) if isinstance(one, str) and one.isprintable() else ()
        address = try_address(boxes[0].address) if len(boxes) == 1 else None
        if address is None:
            faults.add(where, "this is not one address")
        else:
            found.append(str(address))
    return tuple(found)


def _days(value: JsonValue, path: str, faults: _Faults) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_DAYS:
        faults.add(path, f"give 1 to {MAX_DAYS} days")
        return 1
    return value


_ACTION_FIELDS: Final[Mapping[str, Any]] = {
    "tag": _tag,
    "status": _status,
    "folder": _line(1000),
    "to": _addresses,
    "text": _body,
    "subject": _line(200),
    "days": _days,
    "agent": _line(320),
}


def action_json(action: Action) -> JsonObject:
    """An action as it is given and stored."""
    shown: JsonObject = {"type": action.kind.value}
    for name in _GIVEN.get(action.kind, ()):
        value = getattr(action, name)
        if name == "to":
            shown[name] = list(value)
        elif value != "":
            shown[name] = value
    return shown
