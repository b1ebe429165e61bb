"""What the names that code uses stand for, in the live modules: chains of attributes, imports inside functions, texts that name a
module. It must never run anything, nor look into what a name stands for."""

from __future__ import annotations

import builtins
import sys
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

from pipekit.fingerprint.code.annotations import annotations_form
from pipekit.fingerprint.code.belonging import Home
from pipekit.fingerprint.code.bodies import BUILTINS
from pipekit.fingerprint.code.entities import Node, Scope
from pipekit.fingerprint.code.finding import submodules
from pipekit.fingerprint.code.imports import Bound, absolute, imported_from, is_module

_MACHINERY = {"__builtins__", "__spec__", "__loader__", "__cached__"}
_SEVERAL = (list, tuple, set, frozenset)
_WHOLE = {"globals", "eval", "exec"}
_ENTITIES = (FunctionType, type, ModuleType)
_PLAIN = (str, int, float, bytes, complex, type(None))

_BUILTIN, _ABSENT, _IMPORTED, _OTHER = map(Node.plain, (b"builtin", b"absent", b"import", b"other"))

NOTHING = Node.plain(b"")
"""What a text stands for that names no module: it counts nowhere."""

_PYTHONS = {
    name: value
    for name, value in vars(builtins).items()
    if getattr(value, "__module__", "builtins") in ("builtins", "_sitebuiltins", "io", "_io")
    and not isinstance(value, FunctionType)
}

_COMMON = [(name, _PYTHONS.get(name, _PYTHONS)) for name in sorted(BUILTINS)]


class Namespace(dict[str, Node]):
    """The globals of one module (`names`), and the entity that each use (see Uses) has been found to stand for in it. `hidden`: those
    of the BUILTINS that are something else here, by a name of its own or everywhere."""

    def __init__(self, scope: Scope, names: dict[str, Any], home: Home) -> None:
        super().__init__()
        self.scope, self.names, self.home = scope, names, home
        there = vars(builtins).get
        self.hidden = BUILTINS & names.keys() | {name for name, value in _COMMON if there(name) is not value}
        self.constants: dict[str, Node] = {}
        self.attributes: dict[str, Node] = {}
        name, file = names.get("__name__"), names.get("__file__")
        self.name = name if isinstance(name, str) else "?"
        self.file = file if isinstance(file, str) else ""

    def __missing__(self, use: str) -> Node:
        found = self[use] = _resolve(self.scope, self, use)
        return found

    @cached_property
    def bound(self) -> Bound:
        """Module, name and level of what its file imports."""
        source = self.scope.sources.of(self.file) if self.file and self.home.kind == "project" else None
        return {} if source is None else source.bound


def _is_builtin(name: str) -> bool:
    """Whether it is one of Python's own, and nobody has put something else in its place."""
    return name in _PYTHONS and vars(builtins).get(name) is _PYTHONS[name]


def _resolve(scope: Scope, names: Namespace, use: str) -> Node:
    if use.isidentifier():
        return _global(scope, names, use)
    if use[0] == "~":
        return _named(scope, names, names.names.get(use[2:]) if use[1] == "$" else use[1:])
    if "|" in use:
        return _imported(scope, names, use)
    root, _, chain = use.partition(".")
    return _follow(scope, names, root, chain) if root in names.names else _global(scope, names, root)


def _global(scope: Scope, names: Namespace, name: str) -> Node:
    """What a name stands for of which nothing is taken."""
    if name in names.names:
        return _OTHER if name in _MACHINERY else _constant(scope, names, name)
    if _is_builtin(name):
        return Node.together(_BUILTIN, _own(scope, names)) if name in _WHOLE else _BUILTIN
    if name in vars(builtins):
        return scope.node(vars(builtins)[name], f"builtins.{name}", "constant", True)
    return _ABSENT


def _named(scope: Scope, names: Namespace, value: Any) -> Node:
    """The modules that texts name."""
    found = [one for one in (_named_module(scope, names, text) for text in _texts(value)) if one is not None]
    return Node.together(*found) if found else NOTHING


def _texts(value: Any) -> list[str]:
    """A text, or those in a constant, sorted."""
    if type(value) is str:
        return [value]
    held = [*value, *value.values()] if type(value) is dict else value if type(value) in _SEVERAL else ()
    return sorted({one for one in held if type(one) is str})


def _named_module(scope: Scope, names: Namespace, text: str) -> Node | None:
    """The module that `a.b`, `a.b.name`, `a.b:name` or `.b` leads to."""
    path = text.partition(":")[0]
    name = path.lstrip(".")
    name = absolute(names.names, len(path) - len(name), name)
    while name and name.replace(".", "").isidentifier():
        found = scope.find_module(name)
        if found is not None:
            return found
        name = name.rpartition(".")[0]
    return None


def _own(scope: Scope, names: Namespace) -> Node:
    module = sys.modules.get(names.name)
    return scope.module(module) if module is not None and vars(module) is names.names else _OTHER


def _follow(scope: Scope, names: Namespace, root: str, chain: str) -> Node:
    """Attributes of what a name of the module stands for."""
    value = names.names[root]
    if root in _MACHINERY:
        return _OTHER
    if is_module(value):
        return _of_module(scope, value, chain)
    found, first = _constant(scope, names, root), chain.partition(".")[0]
    if first == "__doc__":
        doc = scope.node(getattr(value, "__doc__", None), f"{found.name}.__doc__", "constant")
        return Node.together(found, doc)
    if first == "__annotations__":
        return Node.together(found, Node.plain(annotations_form(getattr(value, "__annotations__", None))))
    return found


def _constant(scope: Scope, names: Namespace, root: str) -> Node:
    """A value under the name where it was made, if the imports lead there."""
    value = names.names[root]
    if type(value) is FunctionType and not scope.hides:
        found = scope.entity(value)
        if found is not None:
            return found
    if issubclass(type(value), _ENTITIES):
        return scope.node(value, f"{names.name}.{root}", "constant")
    seen = {(names.name, root)}
    while names.bound and (step := imported_from(names.bound, names.names, root)):
        home, name = step
        outer = scope.namespace(vars(home))
        if outer.home.kind == "extern":
            if issubclass(type(value), _PLAIN):
                break
            return scope.extern(f"{home.__name__}:{name}", outer.home)
        if (home.__name__, name) in seen:
            break
        seen.add((home.__name__, name))
        names, root = outer, name
    known = names.constants.get(root)
    if known is None:
        known = names.constants[root] = scope.node(value, f"{names.name}.{root}", "constant")
    return known


def _of_module(scope: Scope, module: ModuleType, chain: str) -> Node:
    """Attributes of a module."""
    names = scope.namespace(vars(module))
    found = names.attributes.get(chain)
    if found is None:
        found = names.attributes[chain] = _attribute(scope, module, names, chain)
    return found


def _attribute(scope: Scope, module: ModuleType, names: Namespace, chain: str) -> Node:
    if names.home.kind == "extern":
        return _outside(scope, module, names.home, chain)
    first, _, rest = chain.partition(".")
    if names.home.kind == "extension" or first == "__dict__":
        return scope.module(module)
    if first in names.names:
        return _follow(scope, names, first, rest) if rest else names[first]
    below = f"{module.__name__}.{first}"
    inner = sys.modules.get(below)
    if is_module(inner):
        return _of_module(scope, inner, rest) if rest else scope.module(inner)
    if "__getattr__" in names.names:
        made = scope.node(names.names["__getattr__"], f"{module.__name__}.__getattr__", "constant")
        lazy = [scope.find_module(name) for name in submodules(module.__name__, names.names.get("__path__", ()))]
        return Node.together(_ABSENT, made, *(one for one in lazy if one is not None))
    found = scope.find_module(below) if "__path__" in names.names else None
    return found or _ABSENT


def _outside(scope: Scope, module: ModuleType, home: Home, chain: str) -> Node:
    """Another distribution's module counts by name; unless the project has put something of its own there, or shares the name."""
    value: Any = module
    attribute, _, chain = chain.partition(".")
    named = scope.extern(f"{module.__name__}:{attribute}", home)
    while attribute:
        value = vars(value).get(attribute)
        if not is_module(value):
            break
        if scope.belonging.of_module(value).kind != "extern":
            ours = _of_module(scope, value, chain) if chain else scope.module(value)
            return Node.together(named, *ours.parts)
        attribute, _, chain = chain.partition(".")
    if issubclass(type(value), FunctionType | type):
        node = scope.entity(value)
        if node is not None and node.kind in ("function", "class"):
            return Node.together(named, node)
    return named


def _imported(scope: Scope, names: Namespace, use: str) -> Node:
    level, name, chain = use.split("|")
    name = absolute(names.names, int(level), name)
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return _not_yet(scope, name, chain)
    if not is_module(module):  # an object that a module has put in its place
        return scope.node(module, name, "constant", True)
    if not chain:
        return _IMPORTED
    if chain != "*":
        return _of_module(scope, module, chain)
    home = scope.belonging.of_module(module)
    return scope.extern(name, home) if home.kind == "extern" else scope.module(module)


def _not_yet(scope: Scope, name: str, chain: str) -> Node:
    """A module that nothing has imported yet: a project's by its file, another's by its distribution."""
    steps = name.split(".")
    if chain not in ("", "*"):
        steps.append(chain.partition(".")[0])
    above = (scope.find_module(".".join(steps[: at + 1])) for at in range(len(steps)))
    found = [one for one in above if one is not None]
    if found:
        return Node.together(*found)
    home = scope.belonging.of("", name)
    return scope.extern(name, home) if home.kind == "extern" else _ABSENT
