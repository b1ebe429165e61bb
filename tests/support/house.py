"""The package as its own tests see it: files, imports with their place, functions. Read from source, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "pipekit"


@dataclass(frozen=True)
class Import:
    """One imported module. `late`: inside a function; `typing`: only for the type checker."""

    module: str
    line: int
    late: bool
    typing: bool


@dataclass(frozen=True)
class Source:
    """One module of the package. `name` is dotted, `room` the folder below pipekit ("" for the top)."""

    path: Path
    name: str
    room: str
    text: str
    tree: ast.Module

    @property
    def shown(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def sources() -> tuple[Source, ...]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        room = parts[0] if len(parts) > 1 or (path.name == "__init__.py" and parts) else ""
        text = path.read_text()
        found.append(
            Source(path, ".".join(("pipekit", *parts)), room or (parts[0] if parts else ""), text, ast.parse(text))
        )
    return tuple(found)


def imports(source: Source) -> Iterator[Import]:
    """Every import of the module, also those inside functions and behind TYPE_CHECKING."""
    yield from _walk(source.tree, late=False, typing=False)


def _walk(node: ast.AST, *, late: bool, typing: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, late, typing) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            for alias in child.names:
                inner = f"{child.module}.{alias.name}"
                yield Import(inner if _is_module(inner) else child.module, child.lineno, late, typing)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _walk(child, late=True, typing=typing)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            yield from _walk(child, late=late, typing=True)
        else:
            yield from _walk(child, late=late, typing=typing)


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
