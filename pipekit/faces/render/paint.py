"""A line of a screen as spans of text and style, and the marks and bars all faces share. It must never know a terminal library."""

from __future__ import annotations

from collections.abc import Sequence

from pipekit.faces.render.harmless import cut, width

Span = tuple[str, str]
Line = list[Span]

MARKS = {
    "failed": "✘",
    "running": "▶",
    "ready": "◦",
    "waiting": "·",
    "blocked": "⊘",
    "ran": "✔",
    "cached": "≡",
    "cancelled": "◌",
    "unneeded": "–",
}

# Style names are the states and: text, dim, faint, strong, title, warn, frame, empty (the rest of a bar), selected.
LOOKS = {
    "failed": "#e8697d",
    "running": "#e6b45e",
    "ready": "#9aa7b8",
    "waiting": "#6b7686",
    "blocked": "#b4738a",
    "ran": "#7fc29b",
    "cached": "#6fa3d8",
    "cancelled": "#8a7f96",
    "unneeded": "#6b7686",
    "text": "#c9d3de",
    "dim": "#8390a2",
    "faint": "#525d6c",
    "strong": "bold #eef3f8",
    "title": "bold #9fc6e8",
    "warn": "#e6b45e",
    "frame": "#3a4452",
    "empty": "#2c3541",
}


def bar(done: float, cached: float, columns: int, state: str = "ran") -> Line:
    """`done` and `cached` (a part of it) are shares from 0 to 1; spans that fill exactly `columns`: `"━━━━╸─────"`."""
    halves = min(int(done * columns * 2 + 1e-9), columns * 2)
    full, half = divmod(halves, 2)
    first = min(int(cached * columns + 1e-9), full)
    last = "╸" if half else ""
    spans = [("━" * first, "cached"), ("━" * (full - first) + last, state if cached < done else "cached")]
    spans.append(("─" * (columns - full - half), "empty"))
    return [span for span in spans if span[0]]


def plain(line: Line) -> str:
    """The text of a line, without its styles."""
    return "".join(text for text, _ in line)


def span_width(line: Line) -> int:
    """How many columns a line takes."""
    return sum(width(text) for text, _ in line)


def clip(line: Line, columns: int) -> Line:
    """The line, cut to at most `columns`."""
    kept: Line = []
    for text, style in line:
        taken = width(text)
        if taken > columns:
            return [*kept, (cut(text, columns), style)]
        kept.append((text, style))
        columns -= taken
    return kept


def apart(left: Line, right: Line, columns: int) -> Line:
    """`left` and `right` at the two ends of `columns`; `right` goes if both do not fit."""
    space = columns - span_width(left) - span_width(right)
    if space < 1:
        return clip(left, columns)
    return [*left, (" " * space, "text"), *right]


def joined(parts: Sequence[Line], between: str = " · ") -> Line:
    """The parts that are not empty, with a faint sign between them."""
    line: Line = []
    for part in parts:
        if part:
            line += [(between, "faint"), *part] if line else part
    return line
