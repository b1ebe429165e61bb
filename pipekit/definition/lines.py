"""Where a function, its decorator and its parameters are written, told from code objects alone. It must never read a source file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from opcode import opmap
from types import CodeType, FrameType
from typing import Any, NamedTuple

from pipekit.values import Origin

_MAKE, _CONST, _EXTENDED = opmap["MAKE_FUNCTION"], opmap["LOAD_CONST"], opmap["EXTENDED_ARG"]
_NEAR = 2 * 200
"""How many bytes of code may lie between making a function and handing it to its outermost decorator."""


_Span = tuple[int, int, int, int]
"""First line and column, last line and the column behind it; columns in bytes from 0, as Python counts them."""


class Lines:
    """The line of every instruction of one code object, read on as functions are defined one below the other.

    A module of 10,000 functions has 200,000 lines' worth of entries: a table of them would cost 25 MB.
    """

    __slots__ = ("_known", "_line", "_reach", "_rest", "code", "raw")

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.raw = code.co_code
        self._known: dict[int, int] = {}
        self._restart()

    def _restart(self) -> None:
        self._rest = iter(self.code.co_lines())
        self._reach, self._line = 0, self.code.co_firstlineno

    def line_at(self, offset: int) -> int:
        """The line of the instruction at `offset`; of one that was asked for before, at no cost."""
        known = self._known.get(offset)
        if known is not None:
            return known
        if offset < self._reach:
            self._restart()
        for _, end, line in self._rest:
            self._line = self._line if line is None else line
            if end > offset:
                self._reach = end
                break
        self._known[offset] = self._line
        return self._line

    def made_at(self, before: int, made: CodeType) -> int | None:
        """Where the function of code `made` is made, not far before the offset `before`; None if it is not made there."""
        for at in range(before, max(before - _NEAR, 2), -2):
            if self.raw[at] == _MAKE:
                return at if self._const(at - 2) is made else None
        return None

    def _const(self, at: int) -> Any:
        if self.raw[at] != _CONST:
            return None
        index, shift = self.raw[at + 1], 8
        while at >= 2 and self.raw[at - 2] == _EXTENDED:
            index, shift, at = index | self.raw[at - 1] << shift, shift + 8, at - 2
        return self.code.co_consts[index] if index < len(self.code.co_consts) else None

    def annotation(self, made: int, name: str, file: str) -> Origin | None:
        """Where the annotation of the parameter `name` stands ("return" for the result), of the function made at `made`."""
        at = self._named(made, name)
        return None if at is None else _origin(self._widest(self._spans(at + 2, made)), file)

    def default(self, made: int, name: str, file: str) -> Origin | None:
        """Where the default of the parameter `name` stands: the first thing that is written behind its annotation."""
        at = self._named(made, name)
        own = None if at is None else self._widest(self._spans(at + 2, made))
        if at is None or own is None:
            return None
        behind = [span for span in self._spans(max(made - 50 * _NEAR, 0), at) if span[:2] >= own[2:]]
        return _origin(self._widest(sorted(behind)), file)

    def _named(self, made: int, name: str) -> int | None:
        """The offset where `name` is loaded for the table of annotations: its annotation is loaded next."""
        for at in range(made - 4, max(made - 50 * _NEAR, -1), -2):
            if self._const(at) == name and self.line_at(at) == self.line_at(made):
                return at
        return None

    def _spans(self, start: int, end: int) -> list[_Span]:
        """Where the instructions between two offsets are written, in their order; those without a place are left out."""
        spans = []
        for at, (line, end_line, column, end_column) in enumerate(self.code.co_positions()):
            if not start <= 2 * at < end or self.raw[2 * at] == _EXTENDED:
                continue
            if line is not None and end_line is not None and column is not None and end_column is not None:
                spans.append((line, column, end_line, end_column))
        return spans

    def _widest(self, spans: list[_Span]) -> _Span | None:
        """The whole expression that the first of `spans` begins."""
        return max((span for span in spans if span[:2] == spans[0][:2]), default=None)


def _origin(span: _Span | None, file: str) -> Origin | None:
    if span is None:
        return None
    line, column, end_line, end_column = span
    return Origin(file, line, column + 1, end_column - column if end_line == line else 1)


class Spot(NamedTuple):
    """Where one function is defined: `origin` is its def line."""

    origin: Origin
    lines: Lines | None = None
    made: int | None = None

    def parameter(self, name: str) -> Origin:
        """Where a parameter's annotation stands; the def line where that cannot be told."""
        if self.lines is None or self.made is None:
            return self.origin
        return self.lines.annotation(self.made, name, self.origin.file) or self.origin

    def default(self, name: str) -> Origin:
        """Where a parameter's default stands; its annotation, or the def line, where that cannot be told."""
        if self.lines is None or self.made is None:
            return self.origin
        return self.lines.default(self.made, name, self.origin.file) or self.parameter(name)


def spot_of(fn: Callable[..., Any], frame: FrameType, lines: Lines | None) -> Spot:
    """Where `fn`, which is being decorated in `frame`, is defined; `lines` are those last read, of whatever code."""
    code = getattr(fn, "__code__", None)
    if code is None:
        return Spot(Origin(frame.f_code.co_filename, frame.f_lineno))
    if lines is None or lines.code is not frame.f_code:
        lines = Lines(frame.f_code)
    made = lines.made_at(frame.f_lasti, code)
    line = code.co_firstlineno if made is None else lines.line_at(made)
    return Spot(Origin(code.co_filename, line), lines, made)


def caller_frame() -> FrameType:
    """The nearest frame that is not of this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("pipekit.definition."):
        frame = frame.f_back
    return frame


def call_line(frame: FrameType) -> Origin:
    """Where the call stands that `frame` is making now."""
    spans = list(frame.f_code.co_positions())
    line, end_line, column, end_column = spans[frame.f_lasti // 2] if frame.f_lasti >= 0 else (None,) * 4
    if line is None or column is None or end_column is None:
        return Origin(frame.f_code.co_filename, frame.f_lineno)
    return Origin(frame.f_code.co_filename, line, column + 1, end_column - column if end_line == line else 1)


def importing_module(frame: FrameType) -> str:
    """The name of the module whose body is being run: the one whose import defines what is defined now."""
    name = str(frame.f_globals.get("__name__", ""))
    found: FrameType | None = frame
    while found is not None and found.f_code.co_name != "<module>":
        found = found.f_back
    body = str(found.f_globals.get("__name__", name)) if found else name
    return name if body in ("__main__", "__channelexec__") else body
