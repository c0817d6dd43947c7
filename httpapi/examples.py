"""Examples for the OpenAPI document: what a schema describes, filled in with words from its field names.

A model that says `examples` itself is taken at its word; everything else is made here, so that no
request and no answer is without one.
"""

from collections.abc import Mapping
from typing import Final

type Schema = Mapping[str, object]

_ID: Final = "01a1fa90-91c4-743c-b040-ebca48354356"
_STRINGS: Final[Mapping[str, str]] = {
    "action": "agent.create",
    "actor": "master:owner",
    "address": "mia@example.org",
    "agent": "mia",
    "api_key": "cs_agent_…",
    "arc": "none",
    "based_on_message_id": _ID,
    "body_html": "<p>They come on Friday.</p>",
    "body_text": "They come on Friday.",
    "categories": "credentials",
    "code": "invalid_fields",
    "color": "#ff8800",
    "content": "aGVsbG8=",
    "content_id": "",
    "content_type": "text/plain",
    "context": "Your code is 493817.",
    "decided_by": "master:owner",
    "decided_via": "api",
    "decision_reason": "It is fine.",
    "deleted_by": "master:owner",
    "delivery_status": "queued",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "disabled_reason": "",
    "display_name": "Mia from Acme",
    "dkim": "pass",
    "dkim_domains": "example.net",
    "dmarc": "pass",
    "dmarc_policy": "reject",
    "domain": "example.org",
    "email": "mia@example.org",
    "event": "email.received",
    "event_id": "evt_42",
    "events": "email.received",
    "expected_at": "2026-01-31T12:00:00.000Z",
    "filename": "order.txt",
    "flags": "seen",
    "folder": "INBOX",
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "header_names": "Authorization",
    "host": "shop.example.net",
    "hostname": "mail.example.org",
    "html": "<p>They come on Friday.</p>",
    "html_text": "They come on Friday.",
    "in_reply_to": "one@example.net",
    "keyword": "to-do",
    "kind": "confirm",
    "label": "master:owner",
    "labels": "to-do",
    "last_reply": "ok",
    "level": "clean",
    "local_part": "mia",
    "message": "this field is required",
    "message_id": "<01a1fa9091c4743cb040ebca48354356@example.org>",
    "name": "mia",
    "notes": "Prefers mornings",
    "owner_name": "Acme",
    "password": "shown this once",
    "path": "to",
    "prefix": "cs_agent_5f2c",
    "preview": "They come on Friday.",
    "rationale": "The customer asked for the date.",
    "reason": "manual",
    "recipient": "ann@example.net",
    "recipients": "ann@example.net",
    "references": "one@example.net",
    "relative_name": "mail._domainkey",
    "reply": "250 2.0.0 OK",
    "reply_text": "They come on Friday.",
    "role": "assistant",
    "secret": "whsec_…",
    "sender": "ann@example.net",
    "from": "ann@example.net",
    "spf": "pass",
    "status": "queued",
    "subject": "Lamps",
    "subject_override": "",
    "tag": "supplier",
    "tags": "supplier",
    "text": "They come on Friday.",
    "to": "ann@example.net",
    "type": "email.received",
    "url": "https://shop.example.net/hook",
    "username": "mia@example.org",
    "value": "493817",
    "why": "so that others can check our signatures",
    "written": "493 817",
}
_NUMBERS: Final[Mapping[str, float]] = {
    "attempts": 1,
    "code": 250,
    "confidence": 0.9,
    "duration_ms": 41,
    "hours": 72,
    "last_status": 200,
    "limit": 20,
    "offset": 0,
    "score": 0,
    "size": 1024,
}
_FORMATS: Final[Mapping[str, str]] = {
    "date-time": "2026-01-31T12:00:00.000Z",
    "date": "2026-01-31",
    "email": "ann@example.net",
    "uri": "https://shop.example.net/hook",
}


def example_of(
    schema: Schema, definitions: Mapping[str, Schema], *, is_whole: bool, name: str = ""
) -> object:
    """A value that the schema allows; with all fields (`is_whole`), or with the required ones only."""

    def inner(child: Schema, of: str) -> object:
        return example_of(child, definitions, is_whole=is_whole, name=of)

    reference = schema.get("$ref")
    if isinstance(reference, str):
        return inner(definitions[reference.rpartition("/")[2]], name)
    given = schema.get("examples")
    if isinstance(given, list) and given:
        return given[0]
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    values = schema.get("enum")
    if isinstance(values, list):
        return values[0]
    for branch in _list(schema.get("anyOf")) + _list(schema.get("oneOf")):
        if branch.get("type") != "null":
            return inner(branch, name)
    match schema.get("type"):
        case "object":
            return {
                field: inner(child, field)
                for field, child in _fields(schema, is_whole=is_whole).items()
            }
        case "array":
            first = [inner(one, name) for one in _list(schema.get("prefixItems"))]
            items = schema.get("items")
            return first or ([inner(items, name)] if isinstance(items, Mapping) else [])
        case kind:
            return _plain(str(kind), schema, name)


def _plain(kind: str, schema: Schema, name: str) -> object:
    match kind:
        case "string":
            return _string(schema, name)
        case "integer":
            return int(_NUMBERS.get(name, 1))
        case "number":
            return _NUMBERS.get(name, 1)
        case "boolean":
            return False
        case _:
            return None if kind == "null" else {}


def _string(schema: Schema, name: str) -> str:
    known = _FORMATS.get(str(schema.get("format")))
    if known is not None:
        return known
    if name in _STRINGS:
        return _STRINGS[name]
    is_id = name in ("id", "ids", "done", "missing", "remaining") or name.endswith(("_id", "_ids"))
    return _ID if is_id else name.replace("_", " ")


def _fields(schema: Schema, *, is_whole: bool) -> dict[str, Schema]:
    properties = schema.get("properties")
    required = schema.get("required")
    wanted = required if isinstance(required, list) else []
    if not isinstance(properties, Mapping):
        return {}
    return {
        field: child
        for field, child in properties.items()
        if isinstance(child, Mapping) and (is_whole or field in wanted)
    }


def _list(value: object) -> list[Schema]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
