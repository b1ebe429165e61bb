"""Imports a project's tasks, always as their source is now, and finds its env. It must never run a task."""

from __future__ import annotations

import importlib
import os
import sys
import tokenize
import traceback
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from pipekit.definition.check import raised as told
from pipekit.definition.env import Env
from pipekit.definition.tasks import Task
from pipekit.errors import DefinitionError, PipekitError, Problem, ProjectError
from pipekit.project.bytecode import FromSource, imported
from pipekit.values import Origin, Raised, call_user

_NOT_PROJECT = (f"{os.sep}site-packages{os.sep}", f"{os.sep}.venv{os.sep}", f"{os.sep}dist-packages{os.sep}")

_OURS = str(Path(__file__).resolve().parents[1]) + os.sep


class ProjectFinder:
    """Finds the modules below one folder for the import system; leaves all others to it. `sources` are files as they were when the run
    began, whatever they say now."""

    def __init__(self, folder: Path, sources: Mapping[str, bytes] = {}) -> None:
        self.folder, self.sources = str(folder) + os.sep, sources

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path)
        if spec is None and self.sources:
            return self._gone(name, sys.path if path is None else path)
        if spec is None or not isinstance(spec.loader, SourceFileLoader) or not is_project(spec.origin, self.folder):
            return None
        file = spec.origin or ""
        spec.loader = FromSource(spec.name, file, self.sources.get(file))
        spec.cached = None
        return spec

    def _gone(self, name: str, path: Sequence[str]) -> ModuleSpec | None:
        """A module whose file was there when the run began, and is not any more."""
        for place in path:
            stem = os.path.join(place, name.rpartition(".")[2])
            for file, inside in ((os.path.join(stem, "__init__.py"), [stem]), (f"{stem}.py", None)):
                if file in self.sources:
                    loader = FromSource(name, file, self.sources[file])
                    return spec_from_file_location(name, file, loader=loader, submodule_search_locations=inside)
        return None


def is_project(file: str | None, folder: str) -> bool:
    """Does the module's file belong to the project in `folder` (which ends with a separator)?"""
    return file is not None and file.startswith(folder) and not any(part in file for part in _NOT_PROJECT)


def load(folder: Path, *, afresh: bool = True, sources: Mapping[str, bytes] = {}) -> Env:
    """The env of the project in `folder`. `afresh`: modules of this or another project that are loaded go first; `sources`: files that
    are taken as they are here.

    Raises DefinitionError as the tasks raise it, and ProjectError for whatever else importing them raises, with the place
    in the project where it came from.
    """
    _prepare(folder, afresh, sources)
    with redirect_stdout(sys.stderr):  # what the tasks print while they are imported is no data of ours
        found = call_user(importlib.import_module, "tasks")
    if isinstance(found, Raised):
        raise _imported(found.error, folder)
    return env_of(found.value, folder)


def tasks_of(folder: str, sources: Mapping[str, bytes]) -> Mapping[str, Task[..., Any]]:
    """The project's tasks by name; what workers call. They run what was imported when the run began: that is what its keys are of,
    and its files may be other ones by now."""
    return load(Path(folder), afresh=False, sources=sources).tasks


def sources(folder: Path, read: Mapping[str, bytes]) -> dict[str, bytes]:
    """The project's source files as they were when they were imported in this process, or else as they were `read`."""
    root = str(folder) + os.sep
    found = {**read, **{path: made.content for path, made in imported()}}
    return {path: content for path, content in found.items() if path.startswith(root)}


def env_of(module: ModuleType, folder: Path) -> Env:
    """The only Env in the module, or the one called `env`. Raises ProjectError."""
    envs = {id(value): value for value in vars(module).values() if isinstance(value, Env)}
    if len(envs) == 1:
        return next(iter(envs.values()))
    file = Path(getattr(module, "__file__", None) or folder)
    where = Origin(str(file))
    named = getattr(module, "env", None)
    if isinstance(named, Env):
        return named
    if not envs:
        raise ProjectError(f"there is no env in {file.name}", where=where, hint='begin with: env = pipekit.Env("name")')
    names = ", ".join(sorted(name for name, value in vars(module).items() if isinstance(value, Env)))
    raise ProjectError(
        f"there are {len(envs)} envs in {file.name}: {names}",
        where=where,
        hint="call the project's own `env`, and let it include the others",
    )


def _prepare(folder: Path, afresh: bool, sources: Mapping[str, bytes]) -> None:
    for own in (folder / "pipekit.py", folder / "pipekit" / "__init__.py"):
        if own.exists() and not str(own).startswith(_OURS):
            raise ProjectError(
                "a module of the project has the name of pipekit itself", where=Origin(str(own)), hint="rename it"
            )
    place = str(folder)
    sys.path[:] = [place, *(one for one in sys.path if one != place)]
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, ProjectFinder)]
    sys.meta_path.insert(0, ProjectFinder(folder, sources))
    importlib.invalidate_caches()
    if not afresh:
        return
    root = place + os.sep
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if is_project(file, root) or (name == "tasks" and file is not None):
            del sys.modules[name]


def _imported(error: BaseException, folder: Path) -> PipekitError:
    """What importing raised, as an error with a place in the project."""
    raised = traceback.extract_tb(error.__traceback__)
    frames = [f for f in raised if is_project(f.filename, str(folder) + os.sep)]
    where = _origin(frames[-1]) if frames else Origin(str(folder))
    if isinstance(error, DefinitionError):
        # also what a query of a graph raises in the tasks themselves, which nobody typed on the command line
        placed = [replace(problem, where=problem.where or where) for problem in error.problems]
        return DefinitionError.of([_in_characters(problem) for problem in placed])
    if isinstance(error, PipekitError):
        return error
    if isinstance(error, SyntaxError):
        where = Origin(error.filename or str(folder), error.lineno or 0, error.offset or 0)
        return ProjectError(f"{type(error).__name__}: {error.msg}", where=where, hint="mend the file and run again")
    if raised and raised[-1].filename.startswith(_OURS) and not isinstance(error, ImportError):
        raise error
    problem = Problem(f"importing the tasks raised {told(error)}", where, _advice(error))
    made = ProjectError.of([_in_characters(problem)])
    made.__cause__ = error
    return made


def _origin(frame: traceback.FrameSummary) -> Origin:
    """Where a frame stood; its columns in bytes, as Python tells them."""
    start, end = frame.colno, frame.end_colno
    if start is None or end is None or frame.end_lineno != frame.lineno:
        return Origin(frame.filename, frame.lineno or 0)
    return Origin(frame.filename, frame.lineno or 0, start + 1, end - start)


def _in_characters(problem: Problem) -> Problem:
    """The same, its column counted in characters: Python tells of bytes."""
    where = problem.where
    if not isinstance(where, Origin) or not where.column:
        return problem
    try:
        with tokenize.open(where.file) as file:
            line = file.read().splitlines()[where.line - 1].encode()
    except (OSError, SyntaxError, UnicodeError, IndexError):
        return problem
    before, span = line[: where.column - 1], line[where.column - 1 : where.column - 1 + where.length]
    column, length = len(before.decode(errors="replace")) + 1, len(span.decode(errors="replace"))
    return Problem(problem.message, Origin(where.file, where.line, column, max(length, 1)), problem.hint)


def _advice(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"install '{error.name}' beside pipekit, or put the module into the project's folder"
    return "this is the project's own code; mend it and run again"


def third_party(folder: Path, before: set[str]) -> tuple[str, ...]:
    """The packages that the tasks import and that are not the project's: modules new in `sys.modules` since `before`."""
    root = str(folder) + os.sep
    found: list[str] = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if "." not in name and name not in before and file and not is_project(file, root) and "site-packages" in file:
            found.append(name)
    return tuple(name for name in found if name not in ("pipekit", "pytest", "_pytest"))
