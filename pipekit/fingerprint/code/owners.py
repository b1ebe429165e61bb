"""By which global name of the project an object goes that also stands elsewhere: code may ask whether two things are one, or change
one and look at the other. It must never look into an object."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator
from types import ModuleType
from typing import Any

from pipekit.canon.shape import shape_of
from pipekit.fingerprint.code.belonging import Belonging
from pipekit.fingerprint.code.imports import imported_from
from pipekit.fingerprint.code.sources import Sources

Place = tuple[str, str, str]
"""A module, a name in it, the module's file."""

_CHANGING = (list, dict, set, bytearray)


class Owners:
    """The objects of the project's modules that can be told apart from their equals, found when first asked for."""

    def __init__(self, belonging: Belonging, sources: Sources, roots: tuple[str, ...]) -> None:
        self._belonging, self._sources, self._roots = belonging, sources, roots
        self._places: dict[int, list[Place]] | None = None
        self._names: dict[str, dict[str, Any]] = {}

    def of(self, value: object) -> str:
        """The `module.name` where `value` was made, or the first of several; "" for what no module names."""
        if self._places is None:
            self._places = self._look()
        places = self._places.get(id(value), [])
        if len(places) > 1:
            places = [one for one in places if not self._is_imported(one)] or places
        return min((f"{module}.{name}" for module, name, _ in places), default="")

    def _look(self) -> dict[int, list[Place]]:
        modules = self._names = {str(names.get("__name__")): names for names in map(vars, self._modules())}
        found: dict[int, list[Place]] = {}
        for module, names in modules.items():
            for name, value in list(names.items()):
                if _is_single(value, modules):
                    found.setdefault(id(value), []).append((module, name, names["__file__"]))
        return found

    def _modules(self) -> Iterator[ModuleType]:
        for module in list(sys.modules.values()):
            file = vars(module).get("__file__") if issubclass(type(module), ModuleType) else None
            if type(file) is str and file.startswith(self._roots) and self._belonging.is_project(file):
                yield module

    def _is_imported(self, place: Place) -> bool:
        module, name, file = place
        bound = source.bound if (source := self._sources.of(file)) is not None else {}
        return name in bound or imported_from(bound, self._names[module], name) is not None


def _is_single(value: object, modules: Container[str]) -> bool:
    """Whether it is one of its kind: a sentinel, something that changes, an object of a class from these modules."""
    cls = type(value)
    if cls is object or issubclass(cls, _CHANGING):
        return True
    return not issubclass(cls, type) and cls.__module__ in modules and shape_of(cls).kind not in ("enum", "flag")
