"""Examples in the OpenAPI document are requests that would be taken."""

import pytest

from httpapi.operation import Operation
from httpapi.operations import OPERATIONS


def _examples(one: Operation) -> list[dict[str, object]]:
    extra = one.input.model_config.get("json_schema_extra")
    found = extra.get("examples") if isinstance(extra, dict) else None
    return (
        [dict(each) for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    )


EXAMPLES = [(one, each) for one in OPERATIONS if one.has_body for each in _examples(one)]


@pytest.mark.parametrize(("one", "example"), EXAMPLES, ids=lambda value: getattr(value, "name", ""))
def test_an_example_is_a_valid_request(one: Operation, example: dict[str, object]) -> None:
    """With the fields of the path beside it."""
    one.parse({**example, **dict.fromkeys(one.path_names, "1")})


def test_there_are_examples() -> None:
    """At least for what is newest here; the list above is not empty by mistake."""
    named = {one.name for one, _ in EXAMPLES}
    assert {"create_folder", "batch_move", "save_contact", "create_person", "create_tag"} <= named
