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
    from pipekit.fingerprint.code.syntax import Syntax, Written

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
    bound = {one.bound: tuple(one[1:]) for one in syntax.bound.values() if one.name}
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
    """The text of each code object, by name and first line; where two share both, they have none."""
    texts: dict[tuple[str, int], list[Written]] = {}
    for one in syntax.written():
        texts.setdefault((one.name, one.first), []).append(one)
    places = [(code.co_name, code.co_firstlineno) for code in codes]
    counts: dict[tuple[str, int], int] = {}
    for place in places:
        counts[place] = counts.get(place, 0) + 1
    return [
        texts[place][0] if counts[place] == 1 and len(texts.get(place, ())) == 1 else None for place in places
    ]


def _known(one: Written, code: CodeType) -> Known:
    uses = uses_of(code)
    return known(canon.digest(one.text.encode("utf-8", "surrogatepass")), uses.names, uses.reads, one.first, one.last)


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
