"""An SMTP reply as a value: code, enhanced code and one line of text fit for logs and reports."""

import re
from dataclasses import dataclass, replace
from typing import Final

MAX_TEXT: Final = 500

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s+|\Z)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply (RFC 5321 §4.2) with its enhanced code (RFC 3463), which `text` does not repeat."""

    code: int
    enhanced_code: str
    text: str

    @property
    def is_positive(self) -> bool:
        """2xx."""
        return 200 <= self.code < 300

    @property
    def is_permanent(self) -> bool:
        """5xx."""
        return 500 <= self.code < 600

    @property
    def is_temporary(self) -> bool:
        """Neither done nor refused for good."""
        return not self.is_positive and not self.is_permanent

    def deferred(self) -> "Reply":
        """The same as a temporary refusal."""
        if self.is_temporary:
            return self
        enhanced = f"4{self.enhanced_code[1:]}" if self.enhanced_code else "4.0.0"
        return replace(self, code=451, enhanced_code=enhanced, text=f"({self.code}) {self.text}")


def from_response(code: int, text: str) -> Reply:
    """A reply from what a host sent: any code, any octets, any number of lines."""
    lines = text[: MAX_TEXT * 4].splitlines() or [""]
    enhanced = ""
    words: list[str] = []
    for line in lines:
        match = _ENHANCED.match(line)
        if match is not None:
            enhanced = enhanced or f"{match[1]}.{int(match[2])}.{int(match[3])}"
            line = line[match.end() :]  # noqa: PLW2901 - the rest of the same line
        words.append(line)
    if not 200 <= code < 600:
        return Reply(451, "4.5.0", f"unexpected reply {code}")
    if not enhanced or enhanced[0] != str(code)[0]:
        enhanced = f"{code // 100}.0.0" if code // 100 in (2, 4, 5) else "4.5.0"
    return Reply(code, enhanced, _clean(" ".join(words)))


def _clean(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text).strip()[:MAX_TEXT]
