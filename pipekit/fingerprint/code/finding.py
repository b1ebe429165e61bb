"""Where the source of a module lies that is not imported. It must never import or run one."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import BuiltinImporter, FrozenImporter, ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from pipekit.values import Ok, call_user


def find_file(name: str) -> str | None:
    """The file of the module `name`, source or compiled; None where the import system knows none."""
    path: Sequence[str] | None = None
    spec: ModuleSpec | None = None
    parts = name.split(".")
    if BuiltinImporter.find_spec(name) or FrozenImporter.find_spec(name):  # they come before any folder
        return None
    for at in range(1, len(parts) + 1):
        above = ".".join(parts[:at])
        module = sys.modules.get(above)
        if isinstance(module, ModuleType) and at < len(parts):
            path = list(getattr(module, "__path__", ()))
            continue
        spec = _spec(above, path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or ())
    return spec.origin if spec is not None and spec.has_location else None


def submodules(package: str, folders: Iterable[object]) -> list[str]:
    """The names of the modules that lie in a package's folders."""
    from pkgutil import iter_modules  # for the few packages that make their names up

    return sorted({one.name for one in iter_modules(map(str, folders), f"{package}.")})


def _spec(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    spec = PathFinder.find_spec(name, path)
    if spec is not None:
        return spec
    for finder in list(sys.meta_path):  # editable installs put finders of their own there
        find: Any = getattr(finder, "find_spec", None)
        if find is None or not getattr(finder, "__module__", type(finder).__module__).startswith("__editable__"):
            continue
        tried = call_user(find, name, path, None)
        if isinstance(tried, Ok) and isinstance(tried.value, ModuleSpec):
            return tried.value
    return None
