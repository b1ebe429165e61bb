"""A source file as a reader of it needs it: its functions, classes and constants by name, what stands around each expression, and
where that is in characters. It must never look at a live object."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from tokenize import detect_encoding

from pipekit.fingerprint.code.ignores import Stray, ignores
from pipekit.values import Origin

Assigned = ast.Assign | ast.AnnAssign | ast.AugAssign
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_BREAK = re.compile(r"\r\n|\n|\r")


@lru_cache(maxsize=1024)
def page(file: str, content: bytes) -> Page | None:
    """The page that `content` makes; None where it is no Python."""
    try:
        text = content.decode(detect_encoding(BytesIO(content).readline)[0])
        return Page(file, text, ast.parse(content, file))
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return None


class Page:
    """One file. `functions` by name and first line, decorators included, as code objects know them; `classes` by qualified name;
    `constants`: the statements that assign a name of the module; `parents`: what each node stands in."""

    def __init__(self, file: str, text: str, tree: ast.Module) -> None:
        self.file, self.tree = file, tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.functions: dict[tuple[str, int], list[Function]] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.constants: dict[str, list[Assigned]] = {}
        self._lines = _BREAK.split(text)
        self._ignored, self.strays = ignores(text) if "pipekit:" in text else ({}, ())
        self._read()

    def origin(self, node: ast.expr) -> Origin:
        """Where `node` stands, as far as it goes on its first line."""
        line = self._lines[node.lineno - 1].encode()
        whole = node.end_lineno == node.lineno and node.end_col_offset
        before, span = line[: node.col_offset], line[node.col_offset : whole or None]
        return Origin(self.file, node.lineno, _characters(before) + 1, max(_characters(span), 1))

    def ignores(self, where: Origin, kind: str) -> bool:
        """Does a comment on this line say that a suspect of this kind is meant?"""
        return kind in self._ignored.get(where.line, ())

    def stray(self, one: Stray) -> Origin:
        """Where a comment stands that says nothing sensible."""
        return Origin(self.file, one.line, one.column, one.length)

    def _read(self) -> None:
        waiting: list[tuple[ast.AST, str]] = [(self.tree, "")]
        while waiting:
            node, path = waiting.pop()
            if isinstance(node, Function):
                name = getattr(node, "name", "<lambda>")
                self.functions.setdefault((name, first_line(node)), []).append(node)
                path += f"{name}.<locals>."
            elif isinstance(node, ast.ClassDef):
                self.classes[path + node.name] = node
                path += f"{node.name}."
            elif not path and isinstance(node, Assigned):
                for name in _assigned(node):
                    self.constants.setdefault(name, []).append(node)
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                waiting.append((child, path))


def first_line(node: Function | ast.ClassDef) -> int:
    """The line where a definition begins: of the first decorator, if there is one."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return decorators[0].lineno if decorators else node.lineno


def _assigned(node: Assigned) -> Iterator[str]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))


def _characters(text: bytes) -> int:
    return len(text.decode(errors="replace"))
