"""The table from kinds to problems."""

from typing import Annotated

import orjson
import pytest
from pydantic import Field, ValidationError

from httpapi.errors import MEANINGS, from_validation, meaning, problem
from httpapi.fields import Input, Recipients
from mailcore.errors import ErrorKind, FieldError, MailError


def test_every_kind_has_an_entry() -> None:
    """No error of the core is unknown to this edge."""
    assert set(MEANINGS) == set(ErrorKind)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (ErrorKind.INVALID, 400),
        (ErrorKind.UNAUTHENTICATED, 401),
        (ErrorKind.DENIED, 403),
        (ErrorKind.NOT_FOUND, 404),
        (ErrorKind.CONFLICT, 409),
        (ErrorKind.TOO_LARGE, 413),
        (ErrorKind.OVER_LIMIT, 429),
        (ErrorKind.INTERNAL, 500),
        (ErrorKind.UNAVAILABLE, 503),
    ],
)
def test_statuses_are_those_of_the_contract(kind: ErrorKind, status: int) -> None:
    """Each kind has its status."""
    assert meaning(MailError(kind, "x")).status == status


def test_a_full_disk_is_no_rate_limit() -> None:
    """Some codes say more than their kind."""
    assert meaning(MailError(ErrorKind.OVER_LIMIT, "x", code="disk_full")).status == 503


def test_a_problem_says_what_to_do_and_never_the_detail() -> None:
    """RFC 9457 §3.1: the members, and nothing from inside."""
    error = MailError(
        ErrorKind.CONFLICT,
        "taken",
        code="name_taken",
        fix="Choose another",
        detail="row 5 of agents",
        fields=(FieldError(path="name", message="taken"),),
    )
    raw = problem(error, "trace")
    assert orjson.loads(raw) == {
        "type": "/docs#problem-conflict",
        "title": "The state of the thing does not allow it",
        "status": 409,
        "detail": "taken",
        "code": "name_taken",
        "fix": "Choose another",
        "errors": [{"path": "name", "message": "taken"}],
        "trace_id": "trace",
    }


class _Item(Input):
    content: str


class _Sample(Input):
    to: Recipients
    items: tuple[_Item, ...] = ()
    sender: Annotated[str, Field(validation_alias="from")] = ""


def _explained(value: object) -> MailError:
    with pytest.raises(ValidationError) as caught:
        _Sample.model_validate(value)
    return from_validation(caught.value, ["to", "items", "from"])


def test_every_wrong_field_is_named_with_its_path() -> None:
    """All at once, lists with their index, unknown ones with the nearest known."""
    error = _explained({"items": [{"content": "x"}, {"content": 5}], "form": 1, "zzz": 1})
    assert error.fields == (
        FieldError(path="to", message="this field is required"),
        FieldError(path="items[1].content", message="Input should be a valid string"),
        FieldError(path="form", message="unknown field; did you mean from?"),
        FieldError(path="zzz", message="unknown field"),
    )
    assert error.message == "4 fields are wrong"


def test_a_flood_of_wrong_fields_is_cut() -> None:
    """The answer stays small whatever was sent."""
    error = _explained({"to": "a", "items": [{"content": 1}] * 500})
    assert len(error.fields) == 50
    assert error.message == "500 fields are wrong"
