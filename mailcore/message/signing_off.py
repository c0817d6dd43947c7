"""A signature below what somebody wrote: above a quotation that ends the message, else at its end."""

import html
import re
from typing import Final

from mailcore.message.htmltext import html_to_text
from mailcore.message.quoting import split_quotation

_MARK: Final = "-- "
"""The line that parts a signature from the text (RFC 3676 §4.3)."""
_QUOTATION: Final = re.compile(
    r"<blockquote\b|<div\b[^>]{0,300}\b(?:class|id)\s?=\s?[\"']?"
    r"(?:gmail_quote|moz-cite-prefix|appendonsend|divRplyFwdMsg)",
    re.IGNORECASE,
)
_QUOTATION_END: Final = re.compile(r"</blockquote\s{0,9}>", re.IGNORECASE)
_BODY_END: Final = re.compile(r"</body\s{0,9}>", re.IGNORECASE)


def signed_text(text: str, signature: str) -> str:
    """The text with a signature."""
    written, quotation = split_quotation(text)
    block = f"{_MARK}\n{signature.removeprefix(_MARK).lstrip(chr(10))}"
    pieces = (written.rstrip("\r\n"), block, quotation.strip("\r\n"))
    return "\n\n".join(one for one in pieces if one) + "\n"


def signed_html(markup: str, signature: str) -> str:
    """The markup with a signature, itself markup."""
    block = f"<div>{_MARK}<br>{signature}</div>"
    found = _QUOTATION.search(markup)
    if found is not None and not _is_written_below(markup, found.start()):
        return f"{markup[: found.start()]}{block}<br>{markup[found.start() :]}"
    at = max((one.start() for one in _BODY_END.finditer(markup)), default=len(markup))
    return f"{markup[:at]}{block}{markup[at:]}"


def as_html(text: str) -> str:
    """A signature's text as markup."""
    return "<br>".join(html.escape(line) for line in text.splitlines())


def _is_written_below(markup: str, start: int) -> bool:
    """Whether words follow the last quotation."""
    end = max((one.end() for one in _QUOTATION_END.finditer(markup, start)), default=-1)
    return end >= 0 and bool(html_to_text(markup[end:]).strip())
