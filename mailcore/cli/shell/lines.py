"""Where the shell's lines come from: a person at a terminal, or a pipe."""

import io
import sys
from typing import Final

from mailcore.cli.failure import WrongUse

_DOT: Final = "."


class Lines:
    """The lines, one after another; what is no text in them is replaced."""

    def __init__(self, *, is_terminal: bool) -> None:
        self.is_terminal = is_terminal
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")

    def next(self, prompt: str) -> str | None:
        """The next line; None at the end. The prompt is for terminals only."""
        if self.is_terminal:
            try:
                return input(prompt)
            except EOFError:
                print()
                return None
        line = sys.stdin.readline()
        return line.rstrip("\r\n") if line else None

    def until_dot(self) -> str:
        """Everything up to a line with a single dot."""
        if self.is_terminal:
            print(
                "Write the text; end it with a line that is a single dot, or give up with Ctrl-C."
            )
        found: list[str] = []
        while (line := self.next("")) != _DOT:
            if line is None:
                raise WrongUse("the text has no end", fix="End it with a line that is a single dot")
            found.append(line)
        return "".join(f"{one}\n" for one in found)

    def agrees(self, question: str) -> bool:
        """Whether the person says yes; a pipe has said it by its line."""
        return not self.is_terminal or (self.next(question) or "").strip().lower() in ("y", "yes")
