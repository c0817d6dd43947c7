"""The envelope of a submission as its two columns: addresses as pairs, each with its terms if there are any.

`["mia", "example.org"]`, or `["mia", "example.org", {"notify": ["success"]}]`: the terms of the whole
message stand with the sender, which a message with terms always has.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mailcore.address import Address
from mailcore.model import Envelope, JsonObject, JsonValue, Notify, RecipientTerms, Terms


def _address_json(address: Address) -> list[JsonValue]:
    """A pair: no parsing on the way back."""
    return [address.local, address.domain]


def envelope_json(envelope: Envelope) -> tuple[str | None, str]:
    """Sender and recipients as they are kept, each with its terms when there are any."""
    sender = envelope.mail_from
    kept = None
    if sender is not None:
        terms = _terms_json(envelope.terms)
        kept = _dump(_address_json(sender) + ([terms] if terms else []))
    asked = {one.address: _recipient_terms_json(one) for one in envelope.terms.by_recipient}
    pairs = [
        _address_json(one) + ([asked[one]] if one in asked else []) for one in envelope.recipients
    ]
    return kept, _dump(pairs)


def envelope_from(sender: str | None, recipients: str, release_at: datetime | None) -> Envelope:
    """The inverse of `envelope_json`; when it may leave is a column of its own."""
    from_: list[Any] | None = json.loads(sender) if sender else None
    to: list[list[Any]] = json.loads(recipients)
    said = tuple(_recipient_terms(Address(*one[:2]), one[2]) for one in to if len(one) > 2)
    return Envelope(
        mail_from=Address(*from_[:2]) if from_ else None,
        recipients=tuple(Address(*one[:2]) for one in to),
        terms=_terms(from_[2] if from_ and len(from_) > 2 else {}, said, release_at),
    )


def _terms_json(terms: Terms) -> JsonObject:
    said: JsonObject = {
        "returned": terms.returned,
        "envelope_id": terms.envelope_id,
        "requires_tls": terms.requires_tls,
    }
    return {name: value for name, value in said.items() if value}


def _terms(
    said: Mapping[str, Any],
    by_recipient: tuple[RecipientTerms, ...],
    release_at: datetime | None,
) -> Terms:
    return Terms(
        returned=said.get("returned", ""),
        envelope_id=said.get("envelope_id", ""),
        requires_tls=said.get("requires_tls", False),
        release_at=release_at,
        by_recipient=by_recipient,
    )


def _recipient_terms_json(asked: RecipientTerms) -> JsonObject:
    said: JsonObject = {}
    if asked.notify is not None:
        words: list[JsonValue] = [*sorted(one.value for one in asked.notify)]
        said["notify"] = words
    if asked.original_recipient:
        said["original_recipient"] = asked.original_recipient
    return said


def _recipient_terms(address: Address, said: Mapping[str, Any]) -> RecipientTerms:
    notify = said.get("notify")
    return RecipientTerms(
        address=address,
        notify=frozenset(map(Notify, notify)) if notify is not None else None,
        original_recipient=said.get("original_recipient", ""),
    )


def _dump(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
