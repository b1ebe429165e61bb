"""Another implementation of one task of a graph: which deps it gets, and whether its product still fits those that take
it. It owns that judgement, and must never read a function itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace as changed
from types import FrameType
from typing import TYPE_CHECKING, Any

from pipekit.definition.define import Frame, redefine
from pipekit.definition.fit import fits
from pipekit.definition.lines import Spot
from pipekit.definition.prelude import ANY
from pipekit.definition.signature import signature, unwrapped
from pipekit.definition.tasks import Task, dep_task
from pipekit.definition.types import Type
from pipekit.errors import DefinitionError, GraphError
from pipekit.graph.query import name_of
from pipekit.values import Origin

if TYPE_CHECKING:
    from pipekit.graph.graph import Graph


def replacement(graph: Graph, old: Task[..., Any], fn: Any, deps: Sequence[Task[..., Any]]) -> Task[..., Any]:
    """`old` done by `fn`, which takes `deps` or, if none are named and it takes any, what `old` takes. GraphError where it
    cannot be read, takes another number of products, or makes what does not fit."""
    fn = _function(fn, old)
    frame = _caller()
    origin = _origin(fn, frame)
    try:
        takes = len(signature(fn, old.name, origin).positional)
        named = tuple(_view(graph, dep) for dep in deps) or tuple(_dep(graph, dep) for dep in old.deps if takes)
        _counted(old, takes, named, bool(deps), origin)
        known = changed(old, options={**graph.unneeded.get(old.name, {}), **old.options})
        new = redefine(known, fn, named, Frame(frame, Spot(origin), {}))
    except GraphError:
        raise
    except DefinitionError as wrong:
        raise GraphError.of(wrong.problems) from wrong
    if new.product is not old.product:
        _fitting(graph, old, new)
    return new


def _function(fn: Any, old: Task[..., Any]) -> Callable[..., Any]:
    """`fn`, of a handle its function; GraphError for what cannot be called."""
    found: Callable[..., Any] | None = fn.fn if isinstance(fn, Task) else fn
    if found is None or not callable(found):
        raise GraphError(
            f"{old.name!r} cannot be replaced by what cannot be called", where=old.origin, hint="give a function"
        )
    return found


def _caller() -> FrameType:
    """The nearest frame outside this package: where names that annotations speak of may be local."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("pipekit.graph."):
        frame = frame.f_back
    return frame


def _origin(fn: Callable[..., Any], frame: FrameType) -> Origin:
    code = getattr(unwrapped(fn), "__code__", None)
    if code is None:
        return Origin(frame.f_code.co_filename, frame.f_lineno)
    return Origin(code.co_filename, code.co_firstlineno)


def _view(graph: Graph, dep: Task[..., Any]) -> Task[..., Any]:
    """The graph's own handle for a dep that somebody names; GraphError if the graph does not have it."""
    name_of(graph, dep)
    return _dep(graph, dep if isinstance(dep, str) else dep.name)


def _dep(graph: Graph, name: str) -> Task[..., Any]:
    task = graph.tasks[dep_task(name)]
    if name.endswith(".cells"):
        return task.cells
    return task.failed if name.endswith(".failed") else task


def _counted(old: Task[..., Any], takes: int, deps: Sequence[Task[..., Any]], named: bool, where: Origin) -> None:
    if takes == len(deps):
        return
    products = f"{takes} product{'' if takes == 1 else 's'}"
    there = (
        f"{len(deps)} dep{'s are' if len(deps) != 1 else ' is'} named"
        if named
        else f"{old.name!r} has {len(deps) or 'no'} deps"
    )
    raise GraphError(
        f"the replacement of {old.name!r} takes {products}, but {there}",
        where=where,
        hint="name a dep for each positional parameter: graph.replace(task, fn, dep, ...); options come after '*'",
    )


def _fitting(graph: Graph, old: Task[..., Any], new: Task[..., Any]) -> None:
    """The product must be what the task promised, and what each dependent takes."""
    if not fits(new.product, old.product):
        raise GraphError(
            f"the replacement of {old.name!r} produces {new.product.name}, not {old.product.name}",
            where=new.origin,
            hint=f"annotate it '-> {old.product.name}', or leave the annotation out",
        )
    for name, made, wanted in _taken(graph, new):
        if not fits(made, wanted):
            raise GraphError(
                f"the replacement of {old.name!r} produces {made.name}, but {name!r} takes {wanted.name}",
                where=new.origin,
                hint=f"produce what {name!r} takes, or replace {name!r} as well",
            )


def _taken(graph: Graph, new: Task[..., Any]) -> Iterator[tuple[str, Type[Any], Type[Any]]]:
    """For each dependent: its name, what it gets of the new product, and what its parameter says."""
    for name, task in graph.tasks.items():
        for dep, how, wanted in zip(task.deps, task.takes, task.parameters, strict=True):
            if dep_task(dep) == new.name and name != new.name:
                yield name, _given(new, dep, how), wanted


def _given(new: Task[..., Any], dep: str, how: str) -> Type[Any]:
    if dep.endswith(".cells"):
        return new.cells.product
    if dep.endswith(".failed"):
        return new.failed.product
    if how == "item" and not new.streams:
        return new.product.args[0] if new.product.args else ANY
    return new.product
