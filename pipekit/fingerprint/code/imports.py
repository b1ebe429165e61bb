"""Where the imports of a module lead: the module and name from which something came that now stands in another one. It must never
import anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, TypeGuard

Bound = Mapping[str, Sequence[Any]]
"""Module, name and level of what imports bind, by the name that they bind; of `from module import *` by `*`, level and module."""


def is_module(value: object) -> TypeGuard[ModuleType]:
    """Whether it is a module; never asks the value itself, which may be a proxy that stands for nothing yet."""
    return issubclass(type(value), ModuleType)


def absolute(names: Mapping[str, Any], level: int, module: str) -> str:
    """The full name of a module that the module with these globals imports."""
    if not level:
        return module
    package = names.get("__package__")
    if not isinstance(package, str):
        name = str(names.get("__name__", "?"))
        package = name if "__path__" in names else name.rpartition(".")[0]
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{module}" if module and base else base or module


def imported_from(bound: Bound, names: Mapping[str, Any], name: str) -> tuple[ModuleType, str] | None:
    """From where `name` was taken into the module with these globals, if what stands there is the same object still."""
    for module, other, level in _ways(bound, name):
        home = sys.modules.get(absolute(names, level, module))
        if other and is_module(home) and other in vars(home) and vars(home)[other] is names[name]:
            return home, other
    return None


def _ways(bound: Bound, name: str) -> Iterator[Sequence[Any]]:
    """A name of its own, or one of all those of a module."""
    if name in bound:
        yield bound[name]
    else:
        yield from ((module, name, level) for key, (module, _, level) in bound.items() if key[0] == "*")
