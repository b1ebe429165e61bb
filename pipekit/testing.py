"""The pytest plugin: the `pipeline` fixture gives the project that holds a test, with a store of its own. It must never
touch the project's store."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pytest

if TYPE_CHECKING:
    from pipekit.definition.tasks import Setting, Streamed, Task, Whole
    from pipekit.graph.graph import Graph
    from pipekit.project.project import Project

R = TypeVar("R")
T = TypeVar("T")


class Pipeline:
    """The project that holds the test; `pin` and `replace` give one with test doubles, `run` makes a target.

    Tasks are named by handle or by name; a handle counts by its task's name, however the test imported it.
    """

    def __init__(self, project: Project, graph: Graph) -> None:
        self.project = project.with_graph(graph)
        self.graph = graph

    @overload
    def pin(self, task: Streamed[..., T], value: Iterable[T]) -> Pipeline: ...
    @overload
    def pin(self, task: Whole[..., ..., R], value: R) -> Pipeline: ...
    @overload
    def pin(self, task: str, value: Any) -> Pipeline: ...
    def pin(self, task: Any, value: Any) -> Pipeline:
        """The same pipeline with `value` as the product of `task`. Raises GraphError where it is not of its type."""
        return Pipeline(self.project, self.graph.pin(self._own(task), value))

    def replace(self, task: Task[..., Any] | str, fn: Callable[..., Any], *deps: Task[..., Any]) -> Pipeline:
        """The same pipeline with `fn` in the place of the function of `task`. Raises GraphError where it does not fit."""
        own = tuple(self._own(dep) for dep in deps)
        return Pipeline(self.project, self.graph.replace(self._own(task), fn, *own))

    @overload
    def run(self, target: Streamed[..., T], *settings: Setting, invocation: str | None = ...) -> list[T]: ...
    @overload
    def run(self, target: Task[..., R], *settings: Setting, invocation: str | None = ...) -> R: ...
    @overload
    def run(self, target: str, *settings: Setting, invocation: str | None = ...) -> Any: ...
    def run(self, target: Any, *settings: Setting, invocation: str | None = None) -> Any:
        """The product of `target`; of a stream the list of its items. `invocation` is one of pipeline.yaml.

        Raises InvocationError, and TaskFailed with the task's own traceback.
        """
        from pipekit.execution.products import Items
        from pipekit.project.project import Asked

        task = self._own(target)
        run = self.project.start(Asked(invocation, settings=settings, targets=[task.name]))
        product = run.wait().product(task)
        return list(product) if isinstance(product, Items) else product

    def _own(self, task: Any) -> Any:
        """The handle in this graph with the name of `task`."""
        from pipekit.errors import GraphError
        from pipekit.graph.query import meant

        name = task if isinstance(task, str) else task.name
        base, _, beside = name.partition(".")
        if base not in self.graph.tasks:
            raise GraphError(f"there is no task '{name}'", hint=meant(base, self.graph.tasks, "task"))
        return getattr(self.graph.tasks[base], beside) if beside else self.graph.tasks[base]


@pytest.fixture
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    """The project that holds the test, with a store of its own in tmp_path; its outputs go nowhere."""
    from pipekit.project.layout import find
    from pipekit.project.project import Project
    from pipekit.store.store import open_store

    store = open_store(tmp_path / ".pipekit")
    project = Project(find(request.path.parent), store=store, afresh=False, writes=False)
    yield Pipeline(project, project.graph)
    store.close()


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Before a test file is imported: its project's folder comes first, so that `import tasks` finds it."""
    if isinstance(collector, pytest.Module):
        _enter(_project(collector.path.parent))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a test runs: its project's modules are the ones that were there when it was collected."""
    _enter(_project(item.path.parent))


_away: dict[Path, dict[str, ModuleType]] = {}
"""Modules of projects whose tests are not being collected or run now: several projects may each have a `tasks`."""
_here: list[Path] = []


def _project(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if (folder / "tasks.py").is_file() or (folder / "tasks" / "__init__.py").is_file():
            return folder
    return None


def _enter(folder: Path | None) -> None:
    """The project in `folder` first on sys.path, with its own modules; another project's are put away."""
    if folder is None:
        return
    place = str(folder)
    if _here and _here[0] != folder:
        old = _here[0]
        kept = _away.setdefault(old, {})
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file and file.startswith(f"{old}{os.sep}") and not Path(file).name.startswith(("test_", "conftest")):
                kept[name] = sys.modules.pop(name)
    _here[:] = [folder]
    sys.modules.update(_away.pop(folder, {}))
    if sys.path[:1] != [place]:
        sys.path[:] = [place, *(one for one in sys.path if one != place)]
