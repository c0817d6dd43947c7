"""The table from errors to replies."""

import pytest

from mailcore.errors import ErrorKind, MailError
from smtpd import replies
from smtpd.replies import Reply, Stage


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_has_a_reply_at_every_stage(kind: ErrorKind, stage: Stage) -> None:
    """A refusal is never a success, and both codes agree on permanence (RFC 3463 §2)."""
    reply = replies.of_error(MailError(kind, "text"), stage)
    assert reply.code // 100 in {4, 5}
    assert reply.enhanced.startswith(f"{reply.code // 100}.")


@pytest.mark.parametrize("kind", [ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL, ErrorKind.OVER_LIMIT])
@pytest.mark.parametrize("stage", Stage)
def test_our_trouble_is_never_permanent(kind: ErrorKind, stage: Stage) -> None:
    """A 5xx would lose the sender's mail for our fault."""
    assert replies.of_error(MailError(kind, "text"), stage).code < 500


def test_internal_errors_tell_nothing() -> None:
    """Not even their message."""
    reply = replies.of_error(MailError(ErrorKind.INTERNAL, "the cat ate it"), Stage.CONTENT)
    assert b"cat" not in reply.wire


def test_a_relay_attempt_is_refused_for_good() -> None:
    """RFC 3463 §3.8: 5.7.1."""
    error = MailError(ErrorKind.DENIED, "no relaying", code="relay_denied")
    assert replies.of_error(error, Stage.RECIPIENT).wire == b"550 5.7.1 no relaying\r\n"


def test_every_fixed_reply_has_an_enhanced_code() -> None:
    """RFC 2034 §4: all but 3xx ones."""
    fixed = [one for one in vars(replies).values() if isinstance(one, Reply)]
    assert len(fixed) > 30
    for one in fixed:
        if one.code // 100 != 3:
            assert one.enhanced.startswith(f"{one.code // 100}."), one
        assert one.wire.endswith(b"\r\n")
        assert len(one.wire) <= 512
