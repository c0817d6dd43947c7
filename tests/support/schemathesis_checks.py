"""What we promise beyond the checks that schemathesis has; it loads this by `SCHEMATHESIS_HOOKS`."""

import schemathesis

_OF_FORM = ("invalid_fields", "malformed_json", "unsupported_media_type")


@schemathesis.check
def refused_for_its_meaning(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> None:
    """What the schema allows is never refused for its form."""
    if response.status_code == 400 and case.meta and case.meta.generation.mode.is_positive:
        assert response.json()["code"] not in _OF_FORM, response.text


@schemathesis.check
def errors_are_problems(
    _context: schemathesis.CheckContext, response: schemathesis.Response, _case: schemathesis.Case
) -> None:
    """Every error is a problem document with a code and its own status (RFC 9457)."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    problem = response.json()
    assert problem["status"] == response.status_code, response.text
    assert problem["code"]
    assert problem["trace_id"] == response.headers["trace-id"][0]
    if problem["code"] == "invalid_fields":
        assert problem["errors"]
        assert problem["fix"]
