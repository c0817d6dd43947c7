"""`BODY[HEADER…]` of many messages from the fields that are kept of each, without its file."""

from collections.abc import Sequence
from typing import Final

from imapd.fetch import BodySection, Text
from mailcore.message.kept_fields import Picker

_HEADER_TEXTS: Final = frozenset({Text.HEADER, Text.FIELDS, Text.FIELDS_NOT})


def is_of_header(section: BodySection) -> bool:
    """Whether a section is the header of the message, or fields of it."""
    return not section.numbers and section.text in _HEADER_TEXTS


class Kept:
    """Answers the sections of one FETCH, all of which are `is_of_header`."""

    def __init__(self, sections: Sequence[BodySection]) -> None:
        self._sections = [(_picker(one), _slice(one)) for one in sections]
        labels = [one.label.replace(b"%", b"%%") for one in sections]
        self.template = b" ".join([b"%b {%%d}\r\n%%b" % label for label in labels])
        """The sections, with gaps for what `answer` gives."""

    def answer(self, block: bytes) -> tuple[bytes | int, ...] | None:
        """Size and octets of each section; None when the file must be read."""
        values: list[bytes | int] = []
        for picker, part in self._sections:
            picked = picker.pick(block)
            if picked is None:
                return None
            if part is not None:
                picked = picked[part]
            values += (len(picked), picked)
        return tuple(values)


def _picker(section: BodySection) -> Picker:
    return Picker(section.fields, is_named=section.text is Text.FIELDS)


def _slice(section: BodySection) -> slice | None:
    if section.length is None:
        return None
    return slice(section.start, section.start + section.length)
