"""Verbs on a graph: each gives another graph and leaves the first as it was. It owns what a mutation keeps, drops and
refuses, and must never reach the env that the tasks come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace as changed
from typing import TYPE_CHECKING, Any

from pipekit.definition.check import check, raised
from pipekit.definition.places import coerce
from pipekit.definition.tasks import Option, Pin, Streamed, Task, Whole, dep_task
from pipekit.errors import GraphError
from pipekit.graph.query import Named, name_of, names
from pipekit.graph.replacement import replacement
from pipekit.values.call import Ok, Raised, call_user

if TYPE_CHECKING:
    from pipekit.graph.graph import Graph


def replace(graph: Graph, task: Task[..., Any] | str, fn: Callable[..., Any], deps: Iterable[Task[..., Any]]) -> Graph:
    """`fn` in the place of `task`. GraphError where it does not fit the products it takes, or the tasks that take its."""
    name = name_of(graph, task)
    _handle(task, "replace")
    return _with(graph, {**graph.tasks, name: replacement(graph, graph.tasks[name], fn, tuple(deps))})


def pin(graph: Graph, task: Task[..., Any] | str, value: Any) -> Graph:
    """`value` as the product of `task`, and without what only served to make it. GraphError if it is not of its type."""
    name = name_of(graph, task)
    _handle(task, "pin")
    old = graph.tasks[name]
    held = _items(old, value) if old.streams else _of_type(old, value, "")
    pinned: Task[..., Any] = (Streamed if old.streams else Whole)(
        **{
            **_facts(old),
            "fn": None,
            "deps": (),
            "takes": (),
            "parameters": (),
            "options": {},
            "flat": False,
            "over": None,
        },
        kind="stream" if old.streams else "task",
        pin=Pin(held),
    )
    tasks = {**graph.tasks, name: pinned}
    return _with(graph, _above(tasks, graph.targets))


def without(graph: Graph, selection: Iterable[Named]) -> Graph:
    """All but `selection`; GraphError while a task outside it depends on one inside."""
    gone = frozenset(names(graph, selection))
    for name, task in graph.tasks.items():
        held = [dep for dep in task.deps if dep_task(dep) in gone]
        if name not in gone and held:
            raise GraphError(
                f"task {name!r} depends on {', '.join(map(repr, held))}, which would be gone",
                where=task.origin,
                hint=f"leave out graph.downstream({dep_task(held[0])!r}) as a whole, or replace {name!r} first",
            )
    return _with(graph, {name: task for name, task in graph.tasks.items() if name not in gone})


def only(graph: Graph, selection: Iterable[Named]) -> Graph:
    """`selection` with its upstream."""
    kept = graph.upstream(*names(graph, selection))
    return _with(graph, {name: task for name, task in graph.tasks.items() if name in kept})


def graft(graph: Graph, other: Graph) -> Graph:
    """The tasks of both; GraphError where two differ under one name."""
    for name in graph.tasks.keys() & other.tasks.keys():
        ours, theirs = graph.tasks[name], other.tasks[name]
        if ours is not theirs and not _same(ours, theirs):
            raise GraphError(
                f"both graphs have a task {name!r}, and they differ",
                where=theirs.origin,
                hint=f"take it out of one of them: other.without({name!r}), or give it another name",
            )
    joined = _with(graph, {**other.tasks, **graph.tasks})
    return changed(joined, unneeded={**other.unneeded, **joined.unneeded}, mutated=joined.mutated or other.mutated)


def _with(graph: Graph, tasks: Mapping[str, Task[..., Any]]) -> Graph:
    """The graph of `tasks`, which remembers what of the options that `graph` knows is needed no longer."""
    if tasks.keys() == graph.tasks.keys() and all(graph.tasks[name] is task for name, task in tasks.items()):
        return graph
    unneeded: dict[str, Mapping[str, Option]] = {}
    for name in [*graph.unneeded, *graph.tasks]:
        before = {**graph.unneeded.get(name, {}), **(graph.tasks[name].options if name in graph.tasks else {})}
        left = {option: was for option, was in before.items() if name not in tasks or option not in tasks[name].options}
        if left or name not in tasks:
            unneeded[name] = left
    return changed(graph, tasks=tasks, mutated=True, unneeded=unneeded)


def _above(tasks: Mapping[str, Task[..., Any]], targets: Iterable[str]) -> dict[str, Task[..., Any]]:
    """Those of `tasks` that the targets still need."""
    kept = set(targets)
    waiting = list(kept)
    while waiting:
        for dep in tasks[waiting.pop()].deps:
            if dep_task(dep) not in kept:
                kept.add(dep_task(dep))
                waiting.append(dep_task(dep))
    return {name: task for name, task in tasks.items() if name in kept}


def _handle(task: Task[..., Any] | str, verb: str) -> None:
    """`train.cells` and `train.failed` are views of a task: they cannot be changed by themselves."""
    if isinstance(task, Task) and task.kind in ("cells", "failed"):
        raise GraphError(
            f"{task.name!r} is no task of its own: {verb} {dep_task(task.name)!r}",
            where=task.origin,
            hint=f"graph.{verb}({dep_task(task.name)}, ...)",
        )


def _facts(task: Task[..., Any]) -> dict[str, Any]:
    """What a handle was made of, but for its kind and pin."""
    fields = Task.__dataclass_fields__
    return {name: getattr(task, name) for name in fields if name not in ("kind", "pin")}


def _items(task: Task[..., Any], value: Any) -> list[Any]:
    made: Ok[list[Any]] | Raised = call_user(list, value)
    if isinstance(made, Raised):
        raise GraphError(
            f"pin of {task.name!r}: its items cannot be read: {raised(made.error)}",
            where=task.origin,
            hint=f"{task.name!r} is a stream: give an iterable of its items",
        ) from made.error
    return [_of_type(task, item, f"item {place}: ") for place, item in enumerate(made.value)]


def _of_type(task: Task[..., Any], value: Any, which: str) -> Any:
    value = coerce(task.product, value)
    wrong = check(task.product, value)
    if wrong is not None:
        raise GraphError(
            f"pin of {task.name!r}: {which}{wrong.message}",
            where=task.origin,
            hint=f"the product of {task.name!r} is a {'stream of ' if task.streams else ''}{task.product.name}",
        )
    return value


def _same(one: Task[..., Any], other: Task[..., Any]) -> bool:
    """Whether two handles stand for one task: the same function, edges and arguments."""
    if one.options.keys() != other.options.keys() or one.config != other.config:
        return False
    alike = ("fn", "pin", "product")
    if any(getattr(one, name) is not getattr(other, name) for name in alike):
        return False
    options = all(
        mine.type is one_.type and mine.default is one_.default
        for mine, one_ in ((one.options[name], other.options[name]) for name in one.options)
    )
    return options and (one.kind, one.deps, one.takes) == (other.kind, other.deps, other.takes)
