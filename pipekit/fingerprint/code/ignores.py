"""The comments by which people say that what a line does is meant: `# pipekit: ignore[clock] why`. It must never know what a line
does."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from typing import NamedTuple

KINDS = ("eval", "import", "environ", "clock", "random")
"""What can be ignored; a comment that names none ignores all."""

_COMMENT = re.compile(r"#\s*pipekit:\s*ignore(?![\w-])\s*(?P<list>\[(?P<kinds>[^\]#]*)(?P<end>\]?))?(?P<rest>[^#]*)")
_KIND = re.compile(r"[^\s,](?:[^,]*[^\s,])?")


class Stray(NamedTuple):
    """A comment that says nothing sensible: an unknown `kind`, or none at all; line, column and length count characters."""

    kind: str
    line: int
    column: int
    length: int


def ignores(text: str) -> tuple[dict[int, frozenset[str]], Sequence[Stray]]:
    """By line, the kinds that are ignored there; and the comments that ignore nothing that there is.

    After the brackets any words may follow. Without brackets none may: they would be taken for kinds by whoever wrote them, while
    everything was ignored.
    """
    found: dict[int, frozenset[str]] = {}
    strays: list[Stray] = []
    for comment, line, column in _comments(text):
        for said in _COMMENT.finditer(comment):
            if said["list"] is None and not said["rest"].strip():
                found[line] = frozenset(KINDS)
                continue
            named = [(one[0], one.start()) for one in _KIND.finditer(said["kinds"] or "")] if said["end"] else []
            found[line] = found.get(line, frozenset()) | {kind for kind, _ in named}.intersection(KINDS)
            strays += [
                Stray(kind, line, column + said.start("kinds") + at, len(kind))
                for kind, at in named
                if kind not in KINDS
            ]
            if not named:
                strays.append(Stray("", line, column + said.start(), len(said[0].rstrip())))
    return found, strays


def _comments(text: str) -> Iterator[tuple[str, int, int]]:
    """Every comment with its line and column."""
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        if token.type == tokenize.COMMENT:
            yield token.string, token.start[0], token.start[1] + 1
