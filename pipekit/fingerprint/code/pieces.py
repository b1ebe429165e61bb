"""The source of one entity, and the names around it: of a function its body, of a class and a constant the statements that make it, of a
module that is not imported yet all of it. It must never judge what stands there."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any, NamedTuple

from pipekit.fingerprint.code.classes import class_name
from pipekit.fingerprint.code.entities import Node, Scope
from pipekit.fingerprint.code.functions import function_name
from pipekit.fingerprint.code.meaning import Block, Known, World, bindings
from pipekit.fingerprint.code.pages import Function, Page, page


class Piece(NamedTuple):
    """Nodes of a file, what the names in them stand for, and whose they are. `made`: they run when the module is imported."""

    holder: str
    page: Page
    nodes: Iterable[ast.AST]
    block: Block | World
    made: bool = False


def pieces(node: Node, scope: Scope, known: Known) -> Iterator[Piece]:
    """What is written of this entity itself; methods and members are entities of their own."""
    thing = node.thing
    if type(thing) is FunctionType:
        yield from _of_function(thing, scope, known)
    elif node.kind == "class":
        yield from _of_class(thing, scope, known)
    elif node.kind == "module" and isinstance(thing, str):
        yield from _of_file(node, scope, known)
    elif node.kind == "constant":
        yield from _of_constant(node, scope, known)


def _of_function(fn: FunctionType, scope: Scope, known: Known) -> Iterator[Piece]:
    code, names, holder = fn.__code__, fn.__globals__, function_name(fn)
    source = _page(code.co_filename, scope)
    if source is None or scope.belonging.of_code(code, names).kind != "project":
        return
    inside = _world(scope, known, names, dict(_closure(fn)))
    for one in source.functions.get((code.co_name, code.co_firstlineno), ()):
        yield Piece(holder, source, body(one), Block(bindings(one, body(one)), inside))
        if "<locals>" not in code.co_qualname:
            yield Piece(holder, source, _defaults(one, fn), _world(scope, known, names), made=True)


def _of_class(cls: type, scope: Scope, known: Known) -> Iterator[Piece]:
    names = _names(cls.__module__)
    source = _page(names.get("__file__"), scope)
    written = source.classes.get(cls.__qualname__) if source is not None else None
    if source is None or written is None or "<locals>" in cls.__qualname__:
        return
    members = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    statements = [one for one in written.body if not isinstance(one, members)]
    block = Block(bindings(None, statements), _world(scope, known, names), of_class=True)
    nodes = [*written.decorator_list, *written.bases, *written.keywords, *statements]
    yield Piece(class_name(cls), source, nodes, block, made=True)


def _of_constant(node: Node, scope: Scope, known: Known) -> Iterator[Piece]:
    home, _, name = node.name.rpartition(".")
    names = _names(home)
    source = _page(names.get("__file__"), scope)
    if source is not None:
        yield Piece(node.name, source, source.constants.get(name, ()), _world(scope, known, names), made=True)


def _of_file(node: Node, scope: Scope, known: Known) -> Iterator[Piece]:
    file: str = node.thing
    source = _page(file, scope)
    if source is not None:
        package = node.name if file.endswith("__init__.py") else node.name.rpartition(".")[0]
        world = _world(scope, known, {"__package__": package})
        yield Piece(node.name, source, source.tree.body, Block(bindings(None, source.tree.body), world))


def body(node: Function) -> list[ast.AST]:
    """What a function does when it is called."""
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def made_with(node: Function) -> list[ast.AST]:
    """What is computed where a function is defined."""
    return [*getattr(node, "decorator_list", ()), *node.args.defaults, *(one for one in node.args.kw_defaults if one)]


def _defaults(node: Function, fn: FunctionType) -> list[ast.AST]:
    """Those that the live function has; one that it was relieved of counts elsewhere, by its value."""
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults)
    return [*node.args.defaults, *(given for one, given in keywords if given and one.arg in (fn.__kwdefaults__ or ()))]


def _page(file: object, scope: Scope) -> Page | None:
    if not isinstance(file, str) or not file.endswith(".py") or not scope.belonging.is_project(file):
        return None
    content = scope.sources.content(file)
    return None if content is None else page(file, content)


def _world(scope: Scope, known: Known, names: Mapping[str, Any], closure: Mapping[str, Any] = {}) -> World:
    return World(known, scope.belonging.is_project, names, closure)


def _names(module: str) -> Mapping[str, Any]:
    return vars(sys.modules[module]) if module in sys.modules else {}


def _closure(fn: FunctionType) -> Iterator[tuple[str, object]]:
    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or ()):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue
