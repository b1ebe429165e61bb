"""What is wrong with YAML that cannot be parsed, in words for the person who wrote it. It must never parse anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Span = tuple[int, int, int]
"""Line and column from 0, and how many characters."""

_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a ':' cannot stand here",
        "put text that holds ': ' in quotes, or check the indentation",
    ),
    ("node content", "a value is missing here", "write one, or take a ',' away"),
    ("expected ':'", "here a ':' is missing", "write 'key: value'"),
    ("expected <block end>", "this line does not fit the lines above", "check its indentation"),
    ("did not find expected key", "this line does not fit the lines above", "check its indentation"),
    ("did not find expected '-' indicator", "this line does not fit the list above", "check its indentation"),
    ("unknown escape", "this escape is unknown", "write '\\\\' for a backslash, or use single quotes"),
    ("unexpected end of stream", "this quote is never closed", "close it"),
    ("unexpected document separator", "this quote is never closed", "close it"),
    (
        "block sequence entries are not allowed",
        "a list cannot start here",
        "put it on lines of its own, or write [a, b]",
    ),
    ("sequence entries are not allowed", "a list cannot start here", "put it on lines of its own, or write [a, b]"),
    ("undefined tag handle", "a tag is not allowed", "a value's type is the type of its option: delete the tag"),
    ("exceeded max", "this is nested too deep", "flatten it, or put it in a file of its own"),
)
_OPEN = {"flow sequence": ("[", "]"), "flow mapping": ("{", "}")}


def explain(error: Any, lines: Sequence[str]) -> tuple[str, Span, str | None]:
    """Message, place and hint of a YAML library's `error` in a text of `lines`."""
    mark = getattr(error, "problem_mark", None)
    problem, context = str(getattr(error, "problem", None) or error), str(getattr(error, "context", None) or "")
    at = _place(mark, lines)
    conflict = next((n for n, line in enumerate(lines) if line.startswith(("<<<<<<< ", ">>>>>>> "))), None)
    if conflict is not None:
        return "a merge conflict stands here", (conflict, 0, len(lines[conflict])), "settle it, and delete its marks"
    for name, (opening, closing) in _OPEN.items():
        if context.endswith(name) and "expected" in problem:
            start = _place(error.context_mark, lines)
            line = f"line {start[0] + 1}"
            return f"the '{opening}' of {line} is not closed before this", at, f"a ',' or a '{closing}' is missing"
    if "cannot start any token" in problem or "tab character" in problem:
        return _character(at, lines)
    for part, message, hint in _WORDS:
        if part in problem:
            quote = "quote" in message and getattr(error, "context_mark", None)
            return message, _place(error.context_mark, lines) if quote else at, hint
    return f"this cannot be read as YAML: {problem}", at, None


def _character(at: Span, lines: Sequence[str]) -> tuple[str, Span, str | None]:
    line = lines[at[0]]
    character = line[at[1] : at[1] + 1]
    if "\t" in line[: at[1] + 1] and not line[: at[1] + 1].strip():
        return "a tab cannot indent", (at[0], line.index("\t"), 1), "use spaces"
    if character == "\t":
        return "a tab cannot stand here", at, "use spaces"
    return f"a value cannot start with '{character}'", at, "put it in quotes"


def _place(mark: Any, lines: Sequence[str]) -> Span:
    """The mark's place, moved back into the text where it lies behind its end."""
    if mark is None:
        return 0, 0, 1
    if mark.line < len(lines) and (lines[mark.line] or mark.line == 0):
        return mark.line, min(mark.column, len(lines[mark.line])), 1
    last = min(mark.line, len(lines) - 1)
    while last and not lines[last].strip():
        last -= 1
    return last, len(lines[last].rstrip()), 1
