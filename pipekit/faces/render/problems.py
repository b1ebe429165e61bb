"""A PipekitError as people read it: every problem with its place, the line itself, and what to do; the count comes last. It must
never know which phase found them, nor where the text is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from pipekit.errors import (
    DefinitionError,
    FingerprintError,
    InvocationError,
    PipekitError,
    Place,
    Problem,
    ProjectError,
)
from pipekit.faces.render.harmless import harmless, width

NOTHING_RAN = (DefinitionError, InvocationError, FingerprintError, ProjectError)
"""The errors that are raised before a run could begin."""

WIDEST = 160
"""How many characters of a line are shown; a longer one is cut around the span."""

HIDDEN = "***"
"""What stands in the place of text that must not be shown."""

_LONGEST = 8 * 1024 * 1024
_BREAK = re.compile(r"\r\n|\n|\r")
_STYLES: Mapping[str, str] = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "hint": "\x1b[1;36m",
    "rule": "\x1b[1;34m",
    "bold": "\x1b[1m",
}


def render_problems(
    error: PipekitError,
    root: Path | None = None,
    *,
    label: Literal["error", "warning"] = "error",
    color: bool = False,
    summary: bool = True,
) -> str:
    """All problems of `error`, paths relative to `root` where they lie inside; no newline at the end.

    `label` says what they are; `color` adds plain ANSI; `summary` adds the last line, `"3 problems; nothing has run"`.
    """
    page = _Page(root, color, label, hidden=_hidden(error.problems))
    blocks = ["\n".join(page.block(problem)) for problem in error.problems]
    if summary:
        blocks.append(page.paint("bold", summary_of(error)))
    return "\n\n".join(blocks)


def summary_of(error: PipekitError) -> str:
    """How many problems there are, and that nothing has run where that is so."""
    count = len(error.problems)
    said = f"{count} problem{'' if count == 1 else 's'}"
    return f"{said}; nothing has run" if isinstance(error, NOTHING_RAN) else said


def place(where: Place, root: Path | None = None) -> str:
    """`where` as `file:line:column`, the file relative to `root` where it lies inside; control characters are harmless."""
    numbers = [str(number) for number in (where.line, where.column) if number]
    return ":".join([harmless(_relative(where.file, root)), *numbers])


def inside(text: str, root: Path | None = None) -> str:
    """`text` with every path below `root` in it relative to that."""
    if root is None or root == Path(root.anchor):
        return text
    return re.sub(rf"(?<![\w./-]){re.escape(str(root.absolute()))}/(?=[^\s/])", "", text)


def rows(error: PipekitError, root: Path | None = None) -> list[dict[str, str | None]]:
    """All problems of `error` as plain data: message, where and hint, paths relative to `root` where they lie inside."""
    return [
        {
            "message": inside(one.message, root),
            "where": place(one.where, root) if one.where is not None and not one.where.file.startswith("<") else None,
            "hint": inside(one.hint, root) if one.hint else None,
        }
        for one in error.problems
    ]


class _Page(Struct):
    """One rendering: where paths start, whether it has colour, the files that it has read, and from which column on a line of
    one must not be shown."""

    root: Path | None
    color: bool
    label: str
    files: dict[str, Sequence[str]] = field(default_factory=dict)
    hidden: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def block(self, problem: Problem) -> Iterator[str]:
        yield from self._labelled(self.label, problem.message)
        if problem.where is not None and not problem.where.file.startswith(
            "<"
        ):  # what is in no file, its message shows
            yield from self._where(problem.where)
        if problem.hint:
            yield from self._labelled("hint", problem.hint)

    def paint(self, style: str, text: str) -> str:
        return f"{_STYLES[style]}{text}\x1b[0m" if self.color else text

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        first, *more = _BREAK.split(inside(text, self.root))
        yield f"{self.paint(label, label + ':')} {harmless(first)}"
        yield from (" " * (len(label) + 2) + harmless(line) for line in more)

    def _where(self, where: Place) -> Iterator[str]:
        line = self._line(where)
        if line is not None and (where.file, where.line) in self.hidden:
            line = line[: self.hidden[where.file, where.line] - 1] + HIDDEN
        gutter = " " * len(str(where.line)) if line is not None else " "
        yield f"{gutter} {self.paint('rule', '-->')} {place(where, self.root)}"
        if line is None:
            return
        shown, before, carets = _cut(line, where.column, where.length or len(HIDDEN))
        bar = self.paint("rule", "|")
        yield f"{gutter}  {bar}"
        yield f" {self.paint('rule', str(where.line))} {bar} {shown}".rstrip()
        if where.column:
            yield f"{gutter}  {bar} {' ' * before}{self.paint(self.label, '^' * carets)}"

    def _line(self, where: Place) -> str | None:
        if where.line < 1:
            return None
        if where.file not in self.files:
            self.files[where.file] = _lines(where.file, self.root)
        lines = self.files[where.file]
        return lines[where.line - 1] if where.line <= len(lines) else None


def _hidden(problems: Sequence[Problem]) -> dict[tuple[str, int], int]:
    """File and line -> the column from which on it must not be shown: where the first place without a length is."""
    found: dict[tuple[str, int], int] = {}
    for where in (one.where for one in problems if one.where is not None and one.where.column and not one.where.length):
        found[where.file, where.line] = min(where.column, found.get((where.file, where.line), where.column))
    return found


def _cut(line: str, column: int, length: int) -> tuple[str, int, int]:
    """The line as shown, the columns before its span, and how many carets the span takes."""
    line = line.rstrip().removeprefix("\ufeff").replace("\t", " ")
    start = min(max(column - 1, 0), len(line))
    end = min(start + max(length, 1), max(len(line), start + 1))
    left, right = 0, len(line)
    if right > WIDEST:
        left = max(0, min(start - WIDEST // 3, right - WIDEST))
        right = left + WIDEST
    head = "…" if left else ""
    shown = head + harmless(line[left:right]) + ("…" if right < len(line) else "")
    before = width(head + harmless(line[left:start]))
    return shown, before, max(1, width(harmless(line[start : min(end, right)])))


def _lines(file: str, root: Path | None) -> Sequence[str]:
    """The file's lines; none if it is no file that can be read."""
    path = root / file if root is not None else Path(file)
    try:
        if not path.is_file() or path.stat().st_size > _LONGEST:
            return ()
        return _BREAK.split(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        return ()


def _relative(file: str, root: Path | None) -> str:
    if root is None:
        return file
    for start in (root, root.absolute()):
        path = Path(file)
        if path.is_relative_to(start):
            return str(path.relative_to(start))
    return file
