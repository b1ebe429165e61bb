"""Reads out of a source file what counts of it: the text of its functions, paired with the code that the compiler makes of them. It
must never import or run what it reads."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType
from typing import TYPE_CHECKING, Any

from pipekit import canon
from pipekit.fingerprint.code.bodies import Known, Rest, known, packed
from pipekit.fingerprint.code.uses import uses_of

if TYPE_CHECKING:
    from pipekit.fingerprint.code.syntax import Span, Syntax, Written

Failed = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What the parser and the compiler raise."""


def parsed(file: str, content: bytes, code: CodeType | None, mark: Callable[[CodeType], str]) -> bytes:
    """The body of a file. `code` is what the import made of it; where it is not known, the functions are marked. Raises Failed."""
    with undisturbed():
        return _parsed(file, content, code, mark)


def _parsed(file: str, content: bytes, code: CodeType | None, mark: Callable[[CodeType], str]) -> bytes:
    import ast  # needed for files that are new only

    from pipekit.fingerprint.code.syntax import Syntax

    tree = ast.parse(content, file)
    syntax = Syntax(tree)
    codes = nested(code or compiled(file, tree))
    functions = [one and _known(one, each) for one, each in zip(_paired(syntax, codes), codes)]
    bound = {name: tuple(one[1:]) for name, one in syntax.bound.items()}
    marks = () if code is not None else marks_of(codes, functions, mark)
    whole = canon.digest(syntax.text.encode("utf-8", "surrogatepass"))
    return packed(functions, bound, Rest(marks, whole, syntax.lines, [tuple(one) for one in syntax.imports]))


def compiled(file: str, source: Any) -> CodeType:
    """What Python makes of source text or a tree. Raises Failed."""
    made: CodeType = compile(source, file, "exec", dont_inherit=True)
    return made


def nested(code: CodeType) -> list[CodeType]:
    """The code objects inside, each before those inside it."""
    found: list[CodeType] = []
    _nest(code, found)
    return found


def _nest(code: CodeType, found: list[CodeType]) -> None:
    for const in code.co_consts:
        if type(const) is CodeType:
            found.append(const)
            _nest(const, found)


def marks_of(codes: Sequence[CodeType], functions: Sequence[Any], mark: Callable[[CodeType], str]) -> list[str]:
    """The marks of the functions among `codes`."""
    return [mark(code) if one else "" for code, one in zip(codes, functions)]


def _paired(syntax: Syntax, codes: Sequence[CodeType]) -> list[Written | None]:
    """The text of each code object, by name and first line, of lambdas of one line by where they stand in it; what cannot be paired
    has none."""
    texts: dict[tuple[str, int], list[Written]] = {}
    for one in syntax.written():
        texts.setdefault((one.name, one.first), []).append(one)
    places: dict[tuple[str, int], list[CodeType]] = {}
    for code in codes:
        places.setdefault((code.co_name, code.co_firstlineno), []).append(code)
    found: dict[int, Written] = {}
    for place, there in places.items():
        found.update(zip(map(id, there), _matched(texts.get(place, []), there)))
    return [found.get(id(code)) for code in codes]


def _matched(texts: list[Written], codes: list[CodeType]) -> list[Written]:
    """The text of each of `codes`, which share a name and first line; none where that is not certain."""
    if len(texts) == len(codes) == 1:
        return texts
    found: dict[Span, Written] = {}
    for code in codes:
        at = next(((line or 0, column or 0) for line, _, column, end in code.co_positions() if end), (0, 0))
        around = [one for one in texts if one.body[:2] <= at < one.body[2:]]
        if not around:
            return []
        inner = max(around, key=lambda one: one.body)
        found[inner.body] = inner
    return list(found.values()) if len(found) == len(codes) == len(texts) else []


def _known(one: Written, code: CodeType) -> Known:
    uses = uses_of(code)
    names = [name for name in uses.names if name.partition(".")[0] not in one.idle] if one.idle else uses.names
    return known(canon.digest(one.text.encode("utf-8", "surrogatepass")), names, uses.reads, one.first, one.last)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No warnings, which the import has shown already; and no search for garbage, which doubles the time of parsing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if collecting:
            gc.enable()
