"""More than 300 messages, malformed and ordinary, made by generators and by hand; the same every time."""

from tests.corpus.case import Case
from tests.corpus.encodings import encodings
from tests.corpus.fields import fields
from tests.corpus.shapes import shapes
from tests.corpus.structures import structures


def corpus() -> tuple[Case, ...]:
    """Every message; names and octets are unique."""
    return (*structures(), *fields(), *encodings(), *shapes())
