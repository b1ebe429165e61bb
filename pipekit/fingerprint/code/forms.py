"""The canonical form of code objects: instructions, names and constants, and nothing of lines, columns or files; and a mark by
which a code object is known to come from a file. It must never read a source file."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any

from pipekit import canon
from pipekit.canon.builtins import HANDLERS
from pipekit.canon.form import Culprit, Handler, Handlers, Walk, Write
from pipekit.values import Digest

_FUNCTION = 0x3
_HAS_DOCSTRING = 0x4000000

_FLAGGED = sys.version_info >= (3, 14)


class Forms:
    """Digests of code objects, remembered as long as it lives."""

    def __init__(self) -> None:
        self._exact: dict[int, tuple[CodeType, Digest]] = {}
        self._bare: dict[int, tuple[CodeType, Digest]] = {}
        self._file = "", b""
        self._exact_table, self._bare_table = _table(self.exact), _table(self.bare)

    def exact(self, code: CodeType) -> Digest:
        """Everything but the place: two that are equal do the same and have the same docstrings and annotations."""
        known = self._exact.get(id(code))
        if known is None:
            known = self._exact[id(code)] = code, _digest(code, code.co_consts, self._exact_table)
        return known[1]

    def mark(self, code: CodeType) -> str:
        """What tells this code object from any other of its file, in every process and folder: far quicker than `exact`, but it
        tells lines and columns too."""
        if _holds_set(code):
            return self.exact(code).hex()
        file = code.co_filename
        if self._file[0] != file:
            name = file.encode("utf-8", "surrogatepass")
            self._file = file, b"u" + len(name).to_bytes(4, "little") + name
        return canon.digest(marshal.dumps(code, 2).replace(self._file[1], b"f")).hex()

    def bare(self, code: CodeType) -> Digest:
        """The same without docstrings."""
        known = self._bare.get(id(code))
        if known is None:
            consts = (None, *code.co_consts[1:]) if has_docstring(code) else code.co_consts
            known = self._bare[id(code)] = code, _digest(code, consts, self._bare_table)
        return known[1]


def _holds_set(code: CodeType) -> bool:
    """Whether there is a set among its constants: its order differs from process to process."""
    for const in code.co_consts:
        kind = type(const)
        if kind is frozenset or (kind is CodeType and _holds_set(const)):
            return True
    return False


def has_docstring(code: CodeType) -> bool:
    """Whether the first constant is a docstring: of a function it is one, or None."""
    if _FLAGGED:
        return bool(code.co_flags & _HAS_DOCSTRING)
    if code.co_flags & _FUNCTION != _FUNCTION or code.co_name.startswith("<"):
        return False
    return bool(code.co_consts) and type(code.co_consts[0]) is str


def _digest(code: CodeType, consts: Sequence[Any], table: Handlers) -> Digest:
    head = (
        f"{code.co_qualname}\1{code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount} {code.co_flags}\1"
        f"{_joined(code.co_names)}\1{_joined(code.co_varnames)}\1{_joined(code.co_cellvars)}\1{_joined(code.co_freevars)}"
    )
    out: list[Any] = []
    walk = Walk(table, _again)
    for const in consts:
        table[type(const)](const, out.append, walk)
    return canon.digest_parts(head.encode(), code.co_code, code.co_exceptiontable, b"".join(out))


_joined = "\0".join


def _table(digest: Callable[[CodeType], Digest]) -> Handlers:
    def code(value: CodeType, write: Write, walk: Walk) -> None:
        write(b"\xc0" + digest(value))

    return Handlers({**HANDLERS, CodeType: code}, _strange)


def _again(value: Any, write: Write, walk: Walk) -> None:
    raise Culprit(value, "is a constant that holds itself")


def _strange(table: Handlers, cls: type) -> Handler:
    # code that was put together by hand may hold anything among its constants
    def strange(value: Any, write: Write, walk: Walk) -> None:
        raise Culprit(value, f"is a {cls.__qualname__} among the constants of a code object")

    return strange
