"""Where something is written. It must never read the file it names."""

from __future__ import annotations

from msgspec import Struct


class Origin(Struct, frozen=True):
    """A place in a file: `line` and `column` count from 1, 0 means unknown; `length` is how many characters it spans,
    and 0 that what is written there must not be shown."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
