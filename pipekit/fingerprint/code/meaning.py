"""What a name in a piece of source stands for: a live object where there is one, else the dotted name of what is not imported yet.
It must never run anything, nor ask an object for an attribute that it could compute."""

from __future__ import annotations

import ast
import builtins
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from types import BuiltinMethodType, MethodType, ModuleType
from typing import Any, NamedTuple, TypeGuard

from pipekit.fingerprint.code.doubts import DOUBTS
from pipekit.fingerprint.code.imports import is_module
from pipekit.fingerprint.code.pages import Function


class Live(NamedTuple):
    """An object."""

    value: Any


Meaning = Live | str | None
"""A text is a dotted name; None where nobody knows."""

Binding = tuple[str, int] | ast.expr | None
"""What binds a name: an import (a dotted name and its level), an expression, or something that says nothing of what it will be."""


class Known:
    """The objects that the table of doubts names, as far as they are loaded."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[str, object]] = {}
        self._methods: dict[object, str] = {}
        for full in DOUBTS:
            for name, value in _loaded(full):
                if isinstance(value, BuiltinMethodType | MethodType):
                    self._methods[value] = name  # made anew each time that they are taken: equal, not the same
                else:
                    self._names[id(value)] = name, value

    def name(self, meaning: Meaning) -> str | None:
        """The full name of what is meant."""
        if not isinstance(meaning, Live):
            return meaning
        if isinstance(meaning.value, BuiltinMethodType | MethodType):
            return self._methods.get(meaning.value)
        return self._names.get(id(meaning.value), (None,))[0]


def _loaded(full: str) -> Iterator[tuple[str, object]]:
    """The object of this name, and those on the way to it that are no modules."""
    name, *more = full.split(".")
    value: Any = sys.modules.get(name)
    for part in more:
        name = f"{name}.{part}"
        value = vars(value).get(part) if is_module(value) else getattr(value, part, None)
        if value is None:
            return
        if not is_module(value):
            yield name, value


class World:
    """What lies around the source of a live function: its closure, its module's names, Python's own. `is_ours(file)`: is it the
    project's?"""

    def __init__(
        self, known: Known, is_ours: Callable[[str], bool], names: Mapping[str, Any], closure: Mapping[str, Any] = {}
    ) -> None:
        self.known, self._is_ours = known, is_ours
        self._spaces = (closure, names, vars(builtins))
        package = names.get("__package__")
        self._package = package if isinstance(package, str) else ""

    def find(self, name: str) -> Meaning:
        """What `name` stands for."""
        for space in self._spaces:
            if name in space:
                return Live(space[name])
        return None

    def imported(self, name: str, level: int) -> Meaning:
        """What an import binds: a module, or something in one."""
        if level:
            package = self._package.split(".")
            name = ".".join([*package[: len(package) - level + 1], name])
        top, *more = name.split(".")
        if top not in sys.modules:
            spec = PathFinder.find_spec(top)
            if spec is None or self._is_ours(spec.origin or ""):
                return None
        found = _dotted(top)
        for part in more:
            found = self.attribute(found, part)
        return found

    def attribute(self, of: Meaning, name: str) -> Meaning:
        """What `of.name` stands for."""
        if isinstance(of, Live) and is_module(of.value):
            names = vars(of.value)
            return Live(names[name]) if name in names else _dotted(f"{of.value.__name__}.{name}")
        full = self.known.name(of)
        return None if full is None else _dotted(f"{full}.{name}")


def _dotted(name: str) -> Meaning:
    module = sys.modules.get(name)
    return Live(module) if isinstance(module, ModuleType) else name


class Block:
    """The names that a function, class body or file binds, and what lies around it."""

    def __init__(self, bound: Mapping[str, Sequence[Binding]], around: Block | World, of_class: bool = False) -> None:
        self.around = around
        self.of_class = of_class
        self.world: World = around if isinstance(around, World) else around.world
        self._bound = bound
        self._found: dict[str, Meaning] = {}

    def find(self, name: str) -> Meaning:
        """What `name` stands for."""
        if name not in self._bound:
            return self.around.find(name)
        if name not in self._found:
            self._found[name] = None  # until it is known: it may be bound by way of itself
            self._found[name] = self._bound_to(self._bound[name])
        return self._found[name]

    def _bound_to(self, bindings: Sequence[Binding]) -> Meaning:
        first = bindings[0]
        if isinstance(first, tuple) and all(isinstance(one, tuple) for one in bindings):  # one that fails, and the next
            return self.world.imported(*first)
        return meaning(first, self) if len(bindings) == 1 and isinstance(first, ast.expr) else None

    def assigned(self, name: str) -> ast.expr | None:
        """The expression that alone is given this name."""
        if name not in self._bound:
            return self.around.assigned(name) if isinstance(self.around, Block) else None
        bound = self._bound[name]
        return bound[0] if len(bound) == 1 and isinstance(bound[0], ast.expr) else None

    @property
    def outside(self) -> Block | World:
        """What the functions in it see around them."""
        return self.around if self.of_class else self


def meaning(node: ast.expr, block: Block | World) -> Meaning:
    """What an expression stands for, if it is a name, an attribute of one, or a constant."""
    if isinstance(node, ast.Name):
        return block.find(node.id)
    if isinstance(node, ast.Attribute):
        world = block if isinstance(block, World) else block.world
        return world.attribute(meaning(node.value, block), node.attr)
    return Live(node.value) if isinstance(node, ast.Constant) else None


def is_alias(node: ast.AST, block: Block | World) -> TypeGuard[ast.Assign]:
    """Is it only another name for something, which is known wherever that name is used?"""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Name | ast.Attribute):
        return False
    given = _given_name(node)
    if given is None or isinstance(block, World):
        return given is not None
    return not block.of_class and block.assigned(given[0]) is node.value


def literal(node: ast.expr, block: Block | World) -> str | None:
    """The text that `node` is as it is written, or that its name is given in the same function; None for anything else."""
    if isinstance(node, ast.Name) and isinstance(block, Block):
        node = block.assigned(node.id) or node
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def bindings(function: Function | None, body: Iterable[ast.AST]) -> dict[str, list[Binding]]:
    """The names that a function, class body or file binds. Variables of comprehensions count as bound too."""
    found: dict[str, list[Binding]] = {}
    elsewhere: set[str] = set()
    waiting = deque([*(_parameters(function) if function is not None else ()), *body])
    while waiting:
        node = waiting.popleft()
        if isinstance(node, ast.Global | ast.Nonlocal):
            elsewhere.update(node.names)
        if (given := _given_name(node)) is not None:
            found.setdefault(given[0], []).append(given[1])
            waiting.append(given[1])
            continue
        for name, binding in _bindings(node):
            found.setdefault(name, []).append(binding)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return {name: bound for name, bound in found.items() if name not in elsewhere}


def _parameters(function: Function) -> list[ast.AST]:
    given = function.args
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return [ast.Name(one.arg, ast.Store()) for one in found if one is not None]


def _given_name(node: ast.AST) -> tuple[str, ast.expr] | None:
    """The name and the expression of `name = expression`."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    return None


def _bindings(node: ast.AST) -> Iterator[tuple[str, Binding]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, (alias.name, 0)) if alias.asname else (top, (top, 0))
    elif isinstance(node, ast.ImportFrom):
        home = f"{node.module}." if node.module else ""
        yield from ((alias.asname or alias.name, (home + alias.name, node.level)) for alias in node.names)
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id, None
    elif not isinstance(node, ast.alias):
        name = getattr(node, "rest" if isinstance(node, ast.MatchMapping) else "name", None)
        if isinstance(name, str):
            yield name, None
