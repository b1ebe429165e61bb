"""All that the user's code uses while it runs, for `run --audit`: code, files, variables, programs. It must never keep any of it from
working, nor know what a key holds."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pipekit.execution.entering import Entering
from pipekit.execution.messages import Setup, Used
from pipekit.execution.reads import PACKAGES, Place, Reads
from pipekit.execution.variables import Variables
from pipekit.values import Ok, Raised, call_user

_PYTHON = {os.path.dirname(os.__file__), sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
_FOREIGN = tuple(f"{one}{os.sep}" for one in _PYTHON - {"/", "/usr", "/usr/local"})
_PIPEKIT = str(Path(__file__).parents[1]) + os.sep
_MACHINE = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/share/zoneinfo/")
"""What tells of the machine that a task runs on, and not of what it works with."""

_COMPILED = (".pyc", ".so", ".pyd")
_LOADERS = ("_frozen_importlib_external", "importlib._bootstrap_external", "zipimport", "tokenize", "linecache")


class Uses(Reads):
    """What is used within `call_user`."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup.folder)
        self.call_user = self._call_user
        self.heard |= {
            "sqlite3.connect": self._connect,
            "subprocess.Popen": self._popen,
            "os.posix_spawn": self._popen,
            "os.system": self._system,
        }
        self._on = False
        self._found: dict[tuple[str, str], Used] = {}
        places = (setup.objects, setup.passing, setup.shared, setup.temporary)
        store = (f"{one}{os.sep}" for one in places if one is not None)
        self._elsewhere = (*_MACHINE, *_FOREIGN, _PIPEKIT, *store)
        self._ours: dict[str, bool] = {}
        self._entering = Entering()
        self._variables = Variables(self._read_variable)

    def watch(self) -> None:
        """As of Reads; and know when a variable is read."""
        super().watch()
        self._variables.watch()

    def begin(self) -> None:
        super().begin()
        self._found.clear()
        self._entering.forget()
        self._variables.forget()

    def used(self, apart: Collection[str] = ()) -> tuple[Used, ...]:
        return *super().used(apart), *list(self._found.values()), *self._code()

    def _call_user(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Ok[Any] | Raised:
        self._on = True
        self._entering.start()
        try:
            return call_user(fn, *args, **kwargs)
        finally:
            self._entering.stop()
            self._on = False

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self._on:
            super().hear(event, args)

    # --- whose a file is ----------------------------------------------------------------------------------------------

    def counts(self, path: str) -> bool:
        if path.endswith(_COMPILED) or (path.endswith(".py") and _is_loading()):
            return False
        if path.startswith(self.root or "\0"):
            return self.is_inside(path)
        return not (path.startswith(self._elsewhere) or any(part in path for part in PACKAGES))

    def is_ours(self, file: str) -> bool:
        """Whether a source file may be the project's, or one that belongs to nobody else."""
        known = self._ours.get(file)
        if known is None:
            known = self._ours[file] = self._looks_ours(file)
        return known

    def _looks_ours(self, file: str) -> bool:
        if file.startswith("<") or not file.endswith(".py"):
            return False
        path = os.path.abspath(file)
        if path.startswith(_PIPEKIT) or any(part in path for part in PACKAGES):
            return False
        return path.startswith(self.root or "\0") or not path.startswith(_FOREIGN)

    def place(self) -> Place:
        frame = self._nearest(sys._getframe(1))
        return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)

    def _nearest(self, frame: FrameType | None) -> FrameType | None:
        while frame is not None and not self.is_ours(frame.f_code.co_filename):
            frame = frame.f_back
        return frame

    # --- what is heard ------------------------------------------------------------------------------------------------

    def _code(self) -> list[Used]:
        """What was entered, in the order of files and lines."""
        ours = [code for code in self._entering.entered() if self.is_ours(code.co_filename)]
        modules = _modules() if ours else {}
        return sorted({_entered(code, modules) for code in ours}, key=lambda one: (one.file, one.line, one.subject))

    def _note(self, kind: str, subject: str) -> None:
        if (kind, subject) not in self._found:
            self._found[kind, subject] = Used(kind, subject, *self.place())

    def _connect(self, database: Any, *_: Any) -> None:
        path = self.there(database)
        if not os.path.lexists(path):
            self._made.add(path)
        elif self.counts(path):
            self._read(path)

    def _popen(self, program: Any, arguments: Any, *rest: Any) -> None:
        """Of `subprocess` (program, arguments, folder, variables) and of `os.posix_spawn` (program, arguments, variables)."""
        variables = rest[-1] if rest else None
        name = os.fsdecode(program)
        found = shutil.which(name, path=None if variables is None else variables.get("PATH")) or name
        self._note("program", self.name(self.there(found) if os.sep in found else found))

    def _system(self, command: Any) -> None:
        self._note("program", "/bin/sh")

    def _read_variable(self, name: str, frame: FrameType) -> None:
        """What a library reads to set itself up is its own matter."""
        if self._on and self.is_ours(frame.f_code.co_filename):
            self._found.setdefault(("variable", name), Used("variable", name, frame.f_code.co_filename, frame.f_lineno))


def _modules() -> dict[str, str]:
    """The names of modules, by their files."""
    found = {getattr(module, "__dict__", {}).get("__file__"): name for name, module in list(sys.modules.items())}
    return {file: name for file, name in found.items() if isinstance(file, str)}


def _entered(code: CodeType, modules: Mapping[str, str]) -> Used:
    file = os.path.abspath(code.co_filename)
    module = modules.get(file) or os.path.basename(file).removesuffix(".py")
    if code.co_name == "<module>":
        return Used("module", module, file, 1)
    return Used("code", f"{module}:{code.co_qualname}", file, code.co_firstlineno)


def _is_loading() -> bool:
    """Whether it is Python that reads a source file, to load it or to show a line of it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_PIPEKIT):
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") in _LOADERS
