"""What the names that code uses stand for, in the live modules: chains of attributes, imports inside functions, texts that name a
module. It must never run anything, nor look into what a name stands for."""

from __future__ import annotations

import builtins
import sys
from types import FunctionType, ModuleType
from typing import Any, TypeGuard

from pipekit.canon.form import length
from pipekit.fingerprint.code.annotations import annotations_form
from pipekit.fingerprint.code.belonging import Home
from pipekit.fingerprint.code.entities import Node, Part, Resolved, Scope
from pipekit.fingerprint.code.finding import submodules

_MACHINERY = {"__builtins__", "__spec__", "__loader__", "__cached__"}
_SEVERAL = (list, tuple, set, frozenset)
_WHOLE = {"globals", "eval", "exec"}
_BUILTIN, _ABSENT, _IMPORTED, _OTHER = b"builtin", b"absent", b"import", b"other"


_NOTHING = object()
_BUILTINS = {
    name: value
    for name, value in vars(builtins).items()
    if getattr(value, "__module__", "builtins") in ("builtins", "_sitebuiltins", "io", "_io")
    and not isinstance(value, FunctionType)
}
_KNOWN: Resolved = b"\1b", ()
_ONE = b"\1*"


class Namespace:
    """The globals of one module, and what its names have been found to stand for."""

    __slots__ = ("file", "home", "known", "name", "names")

    def __init__(self, names: dict[str, Any], home: Home) -> None:
        self.names, self.home = names, home
        self.known: dict[str, Resolved] = {}
        name, file = names.get("__name__"), names.get("__file__")
        self.name = name if isinstance(name, str) else "?"
        self.file = file if isinstance(file, str) else ""


def is_module(value: object) -> TypeGuard[ModuleType]:
    """Whether it is a module; never asks the value itself, which may be a proxy that stands for nothing yet."""
    return issubclass(type(value), ModuleType)


def resolve(scope: Scope, names: Namespace, use: str) -> Resolved:
    """The parts that `use` (see Uses) stands for in the module `names`."""
    value = names.names.get(use, _NOTHING)
    if type(value) is FunctionType and not scope.hides:
        node = scope.entity(value)
        if node is not None:
            return _ONE, (node,)
    elif value is _NOTHING and use not in _WHOLE and _is_builtin(use):
        return _KNOWN
    return _packed(_parts(scope, names, use))


def _packed(parts: tuple[Part, ...]) -> Resolved:
    if not parts:  # a text that names no module is only a text
        return b"", ()
    shape = [bytes([len(parts)])]
    shape += [b"*" if isinstance(part, Node) else b"=" + length(len(part)) + part for part in parts]
    return b"".join(shape), tuple([part for part in parts if isinstance(part, Node)])


def _parts(scope: Scope, names: Namespace, use: str) -> tuple[Part, ...]:
    if use[0] == "~":
        found = (
            _named_module(scope, names, text) for text in _texts(names.names.get(use[2:]) if use[1] == "$" else use[1:])
        )
        return tuple(one for one in found if one is not None)
    if "|" in use:
        return _imported(scope, names, use)
    root, *attributes = use.split(".")
    if root in names.names:
        return _follow(scope, names, root, attributes)
    if _is_builtin(root):
        return (_BUILTIN, _own(scope, names)) if root in _WHOLE else (_BUILTIN,)
    if root in vars(builtins):
        return (scope.node(vars(builtins)[root], f"builtins.{root}", "constant", True),)
    return (_ABSENT,)


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
    name = absolute(names, len(path) - len(name), name)
    while name and name.replace(".", "").isidentifier():
        found = scope.find_module(name)
        if found is not None:
            return found
        name = name.rpartition(".")[0]
    return None


def _is_builtin(name: str) -> bool:
    """Whether it is one of Python's own, and nobody has put something else in its place."""
    return name in _BUILTINS and vars(builtins).get(name) is _BUILTINS[name]


def _own(scope: Scope, names: Namespace) -> Part:
    module = sys.modules.get(names.name)
    return scope.module(module) if module is not None and vars(module) is names.names else _OTHER


def _follow(scope: Scope, names: Namespace, root: str, attributes: list[str]) -> tuple[Part, ...]:
    value = names.names[root]
    if root in _MACHINERY:
        return (_OTHER,)
    if attributes and is_module(value):
        return _of_module(scope, value, attributes)
    found = _constant(scope, names, root)
    if attributes and attributes[0] == "__doc__":
        return (found, scope.node(getattr(value, "__doc__", None), f"{_name_of(found)}.__doc__", "constant"))
    if attributes and attributes[0] == "__annotations__":
        return (found, b"annotations" + annotations_form(getattr(value, "__annotations__", None)))
    return (found,)


def _name_of(part: Part) -> str:
    return part.name if isinstance(part, Node) else "?"


def _constant(scope: Scope, names: Namespace, root: str) -> Node:
    """A value under the name where it was made, if the imports lead there."""
    value = names.names[root]
    if issubclass(type(value), FunctionType | type | ModuleType):
        return scope.node(value, f"{names.name}.{root}", "constant")
    seen = {(names.name, root)}
    while isinstance(step := _imported_from(scope, names, root), tuple):
        home, name = step
        if scope.belonging.of_module(home).kind == "extern":
            if issubclass(type(value), str | int | float | bytes | complex | None):
                break
            return scope.extern(f"{home.__name__}:{name}", scope.belonging.of_module(home))
        if (home.__name__, name) in seen:
            break
        seen.add((home.__name__, name))
        names, root = scope.namespace(vars(home)), name
    return scope.node(value, f"{names.name}.{root}", "constant")


def _imported_from(scope: Scope, names: Namespace, root: str) -> tuple[ModuleType, str] | None:
    source = scope.sources.of(names.file) if names.file and names.home.kind == "project" else None
    found = source.bound.get(root) if source is not None else None
    if found is None or not found[2]:
        return None
    _, module, name, level = found
    home = sys.modules.get(absolute(names, level, module))
    if not is_module(home) or name not in vars(home):
        return None
    return (home, name) if vars(home)[name] is names.names[root] else None


def _of_module(scope: Scope, module: ModuleType, attributes: list[str]) -> tuple[Part, ...]:
    """Attributes of a module."""
    home = scope.belonging.of_module(module)
    if home.kind == "extern":
        return _outside(scope, module, home, attributes)
    if home.kind == "extension" or attributes[0] == "__dict__":
        return (scope.module(module),)
    first, names = attributes[0], vars(module)
    if first in names:
        return _follow(scope, scope.namespace(names), first, attributes[1:])
    below = f"{module.__name__}.{first}"
    inner = sys.modules.get(below)
    if is_module(inner):
        return _of_module(scope, inner, attributes[1:]) if attributes[1:] else (scope.module(inner),)
    if "__getattr__" in names:
        made = scope.node(names["__getattr__"], f"{module.__name__}.__getattr__", "constant")
        lazy = [scope.find_module(name) for name in submodules(module.__name__, names.get("__path__", ()))]
        return _ABSENT, made, *(one for one in lazy if one is not None)
    found = scope.find_module(below) if "__path__" in names else None
    return (_ABSENT,) if found is None else (found,)


def _outside(scope: Scope, module: ModuleType, home: Home, attributes: list[str]) -> tuple[Part, ...]:
    """Another distribution's module counts by name; unless the project has put something of its own there, or shares the name."""
    value: Any = module
    named = scope.extern(f"{module.__name__}:{attributes[0]}", home)
    for at, attribute in enumerate(attributes, 1):
        value = vars(value).get(attribute)
        if not is_module(value):
            break
        if scope.belonging.of_module(value).kind != "extern":
            return named, *(_of_module(scope, value, attributes[at:]) if attributes[at:] else (scope.module(value),))
    if issubclass(type(value), FunctionType | type):
        node = scope.entity(value)
        if node is not None and node.kind in ("function", "class"):
            return named, node
    return (named,)


def absolute(names: Namespace, level: int, module: str) -> str:
    """The full name of a module that the module `names` imports."""
    if not level:
        return module
    package = names.names.get("__package__")
    if not isinstance(package, str):
        package = names.name if "__path__" in names.names else names.name.rpartition(".")[0]
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{module}" if module and base else base or module


def _imported(scope: Scope, names: Namespace, use: str) -> tuple[Part, ...]:
    level, name, chain = use.split("|")
    name = absolute(names, int(level), name)
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return _not_yet(scope, name, chain)
    if not is_module(module):  # an object that a module has put in its place
        return (scope.node(module, name, "constant", True),)
    if not chain:
        return (_IMPORTED,)
    if chain != "*":
        return _of_module(scope, module, chain.split("."))
    home = scope.belonging.of_module(module)
    return (scope.extern(name, home),) if home.kind == "extern" else (scope.module(module),)


def _not_yet(scope: Scope, name: str, chain: str) -> tuple[Part, ...]:
    """A module that nothing has imported yet: a project's by its file, another's by its distribution."""
    steps = name.split(".")
    if chain not in ("", "*"):
        steps.append(chain.partition(".")[0])
    above = (scope.find_module(".".join(steps[: at + 1])) for at in range(len(steps)))
    found = tuple([one for one in above if one is not None])
    if found:
        return found
    home = scope.belonging.of("", name)
    return (scope.extern(name, home),) if home.kind == "extern" else (_ABSENT,)
