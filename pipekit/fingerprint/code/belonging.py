"""Whose code something is: the project's, another distribution's, or Python's own. It must never look at what code does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

_STANDARD = os.path.dirname(os.__file__) + os.sep
_EXTENSIONS = (".so", ".pyd", ".dylib")
_PYTHON = f"python {sys.version_info.major}.{sys.version_info.minor}"


class Home(NamedTuple):
    """`kind`: project, extension (a project's compiled module, `file`) or extern; `what` is then `numpy 2.1.0` or `python 3.11`,
    and empty where code counts by name alone."""

    kind: str
    what: str = ""
    file: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether it is another distribution, and not Python itself."""
        return self.kind == "extern" and self.what != "" and not self.what.startswith("python ")


PROJECT = Home("project")
OURSELVES = Home("extern")
PYTHON = Home("extern", _PYTHON)


class Belonging:
    """Answers by file where there is one, else by module name. What belongs to no distribution counts as the project's:
    nothing else would notice that it changed."""

    def __init__(self, is_project: Callable[[str], bool], distribution: Callable[[str], str | None]) -> None:
        self._is_project, self._distribution = is_project, distribution
        self._files: dict[str, bool] = {}
        self._classes: dict[int, tuple[Home, type]] = {}
        self._modules: dict[int, tuple[Home, ModuleType]] = {}
        self._tops: dict[tuple[str, str], Home] = {}

    def is_project(self, file: str) -> bool:
        """Does `file` belong to the project?"""
        known = self._files.get(file)
        if known is None:
            known = self._files[file] = self._is_project(file)
        return known

    def of_code(self, code: CodeType, names: dict[str, Any]) -> Home:
        """Whose the function is that has this code and these globals."""
        file = code.co_filename
        if self._files.get(file) or (not file.startswith("<") and self.is_project(file)):
            return PROJECT
        return self.of_names(names)

    def of_module(self, module: ModuleType) -> Home:
        """Whose the module is."""
        known = self._modules.get(id(module))
        if known is None:
            known = self._modules[id(module)] = self.of_names(vars(module)), module
        return known[0]

    def of_names(self, names: dict[str, Any]) -> Home:
        """Whose the module is whose globals these are."""
        file, name = names.get("__file__"), names.get("__name__")
        return self.of(file if isinstance(file, str) else "", name if isinstance(name, str) else "")

    def of_class(self, cls: type) -> Home:
        """Whose the class is."""
        known = self._classes.get(id(cls))
        if known is None:
            known = self._classes[id(cls)] = self._of_class(cls), cls
        return known[0]

    def _of_class(self, cls: type) -> Home:
        name = getattr(cls, "__module__", None)
        module = sys.modules.get(name) if isinstance(name, str) else None
        if isinstance(module, ModuleType):
            return self.of_module(module)
        for value in vars(cls).values():
            if type(value) is FunctionType and self.is_project(value.__code__.co_filename):
                return PROJECT
        return self.of("", name if isinstance(name, str) else "")

    def of(self, file: str, name: str) -> Home:
        """Whose `file` is; `name` is the module's."""
        top = name.partition(".")[0]
        if top == "pipekit":
            return OURSELVES
        if file and self.is_project(file):
            return Home("extension", file=file) if file.endswith(_EXTENSIONS) else PROJECT
        known = self._tops.get((top, "" if top in sys.stdlib_module_names else file))
        if known is None:
            known = self._tops[top, "" if top in sys.stdlib_module_names else file] = self._other(top, file)
        return known

    def _other(self, top: str, file: str) -> Home:
        if top in sys.stdlib_module_names or (file.startswith(_STANDARD) and "-packages" not in file):
            return PYTHON
        what = self._distribution(top) if top else None
        if what:
            return Home("extern", what)
        return Home("extension", file=file) if file.endswith(_EXTENSIONS) else PROJECT
