"""Files stop at 400 lines and functions at 40; every module says in one paragraph what it owns."""

from __future__ import annotations

import ast

import pytest
from support.house import Source, functions, sources

FILE, FUNCTION = 400, 40
DRAWN = {
    "pipekit.errors",
    "pipekit.parallel.errors",
    "pipekit.graph.select",
    "pipekit.parallel.pools.protocol",
    "pipekit.parallel.machine",
}
"""Modules whose docstring also draws a tree or a grammar, or states a protocol."""
WORDS = {"Manager", "Helper", "Util", "Utils", "Base", "Impl"}


@pytest.mark.parametrize("source", sources(), ids=lambda one: one.name)
def test_a_module_is_small_and_says_what_it_owns(source: Source) -> None:
    assert source.text.count("\n") <= FILE
    long = [
        f"{f.name}: {f.end_lineno - f.lineno + 1} lines"
        for f in functions(source)
        if f.end_lineno and f.end_lineno - f.lineno >= FUNCTION
    ]
    assert long == []
    doc = ast.get_docstring(source.tree)
    assert doc, "no docstring"
    drawn = source.name in DRAWN
    assert drawn or "\n\n" not in doc, "more than one paragraph"


def test_names_say_what_things_are() -> None:
    found = [
        f"{source.shown}:{node.lineno}: {node.name}"
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and any(node.name.endswith(word) for word in WORDS)
    ]
    assert found == []


def test_public_functions_and_classes_have_docstrings() -> None:
    found = []
    for source in sources():
        if source.name == "pipekit.definition.decorators":
            continue  # protocols for type checkers alone: numbered shapes that say nothing but their types
        for node in source.tree.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node) and not _is_overload(node):
                found.append(f"{source.shown}:{node.lineno}: {node.name}")
    assert found == []


def _is_overload(node: ast.FunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)
