"""The examples in the docs: blocks of code, in the order a reader meets them.

The info string of a block says its language and, when it cannot be run, why: "sh not run: needs root".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w*)(?: not run: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PAGE = re.compile(r"\]\(/docs/([\w/-]+\.md)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of code."""

    page: str
    line: int
    language: str
    reason: str
    """Why it is not run; empty when it is."""
    body: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """The README, then the pages in the order of `llms.txt`, then the decisions."""
    named = [DOCS / name for name in _PAGE.findall((DOCS / "llms.txt").read_text("utf-8"))]
    rest = sorted(set(DOCS.rglob("*.md")) - set(named))
    return [ROOT / "README.md", *named, *rest]


def blocks(*languages: str) -> Iterator[Block]:
    """The blocks in these languages, in the order of reading."""
    for page in pages():
        text = page.read_text("utf-8")
        for found in _BLOCK.finditer(text):
            language, reason, body = found.groups()
            if language in languages:
                yield Block(
                    page=str(page.relative_to(ROOT)),
                    line=text.count("\n", 0, found.start()) + 1,
                    language=language,
                    reason=reason or "",
                    body=body,
                )
