"""Limits of the readers: what lies beyond is not read, and nothing of it is lost or refused."""

from contextvars import copy_context

from mailcore.message.headers import Headers
from mailcore.message.limits import DEFAULTS, ParserLimits, parser_limits, use_parser_limits
from mailcore.message.parse import part_text, readable
from mailcore.message.structure import scan
from tests.support import mail_samples

SMALL = ParserLimits(
    depth=2, parts=10, header_octets=200, header_fields=5, text_octets=10, decoded_octets=20
)


def limited(work: object, *arguments: object) -> object:
    """`work` where the small limits count."""

    def run() -> object:
        use_parser_limits(SMALL)
        assert callable(work)
        return work(*arguments)

    return copy_context().run(run)


def test_each_limit_counts_where_it_was_set_and_nowhere_else() -> None:
    many = mail_samples.many_parts(count=50)
    assert len(scan(many).children) == 50
    cut = limited(scan, many)
    assert len(cut.children) <= 10  # type: ignore[attr-defined]
    assert cut.children[-1].body_end == scan(many).children[-1].body_end  # type: ignore[attr-defined]
    assert parser_limits() == DEFAULTS


def test_header_fields_beyond_the_limits_are_not_read() -> None:
    raw = b"".join(b"X-%d: y\r\n" % number for number in range(20)) + b"\r\nHello\r\n"
    assert len(Headers.read(raw).fields) == 20
    found = limited(Headers.read, raw)
    assert len(found.fields) == 5  # type: ignore[attr-defined]
    assert found.body_start == Headers.read(raw).body_start  # type: ignore[attr-defined]
    long = b"A: b\r\nX: " + b"y" * 300 + b"\r\nSubject: late\r\n\r\n"
    assert limited(lambda: Headers.read(long).get("Subject")) is None
    assert Headers.read(long).get("Subject") == "late"


def test_text_beyond_the_limit_is_not_shown() -> None:
    raw = b"Content-Type: text/plain\r\n\r\n" + b"0123456789" * 9 + b"\r\n"
    assert limited(lambda: part_text(raw, scan(raw))) == "0123456789"
    assert len(readable(raw).text.strip()) == 90
