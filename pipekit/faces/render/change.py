"""What became of a piece of source, as lines with - and +. It must never read a file."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from textwrap import dedent

from pipekit.faces.render.harmless import harmless

_AROUND = 2
"""Unchanged lines that are shown around changed ones."""


def source_change(was: str, now: str) -> Iterator[str]:
    """The lines that went (`- `) and came (`+ `), with a little around them; `...` stands for what is left out."""
    old, new = ([harmless(line) for line in dedent(text).splitlines()] for text in (was, now))
    groups = list(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND))
    for number, group in enumerate(groups):
        if number or group[0][1] > 0:
            yield "  ..."
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (f"  {line}" for line in old[a:b])
            else:
                yield from (f"- {line}" for line in old[a:b])
                yield from (f"+ {line}" for line in new[c:d])
    if groups and groups[-1][-1][2] < len(old):
        yield "  ..."
