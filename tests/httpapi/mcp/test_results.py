"""What a tool answers has a bounded size."""

import orjson
import pytest

from httpapi.mcp.results import MAX_RESULT_BYTES, bounded
from mailcore.errors import MailError


def test_a_small_answer_is_as_it_is() -> None:
    document = {"text": "x" * 60_000, "to": ["a@example.org"]}
    assert bounded(orjson.dumps(document)) == document


def test_a_long_text_is_cut_and_says_so() -> None:
    """The rest of the document stays whole."""
    found = bounded(orjson.dumps({"text": "x" * 1_000_000, "subject": "Hi", "size": 7}))
    assert (found["subject"], found["size"]) == ("Hi", 7)
    assert str(found["text"]).endswith("[cut here: 952000 more characters]")
    assert len(orjson.dumps(found)) < MAX_RESULT_BYTES


def test_many_texts_are_cut_shorter() -> None:
    """A hundred messages of a thread must still fit."""
    found = bounded(orjson.dumps({"data": [{"text": "x" * 20_000}] * 50}))
    assert isinstance(found["data"], list)
    assert len(found["data"]) == 50
    assert len(orjson.dumps(found)) <= MAX_RESULT_BYTES


def test_what_cannot_be_cut_is_refused_with_the_way_out() -> None:
    with pytest.raises(MailError) as caught:
        bounded(orjson.dumps({"data": ["x" * 2000] * 1000}))
    assert caught.value.code == "result_too_large"
    assert "smaller limit" in caught.value.fix
