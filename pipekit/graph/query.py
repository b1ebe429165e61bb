"""Places in a graph: what lies upstream, downstream, between, and what a predicate picks. Every answer is a set of names.
It owns how handles and names are resolved, and must never make another graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from pipekit.definition.nearest import nearest
from pipekit.definition.tasks import Task, dep_task
from pipekit.errors import GraphError
from pipekit.values.call import Raised, call_user

if TYPE_CHECKING:
    from pipekit.graph.graph import Graph

Selection: TypeAlias = frozenset[str]
"""Names of tasks; the operators `&`, `|` and `-` are those of sets."""

Named: TypeAlias = "Task[..., Any] | str | Iterable[Task[..., Any] | str]"
"""A handle, a name, or several of them; `train.cells` and `train.failed` mean `train`."""


def names(graph: Graph, given: Iterable[Named]) -> list[str]:
    """The task names that `given` means, in order; GraphError for one that the graph does not have."""
    found: list[str] = []
    for one in given:
        if isinstance(one, (Task, str)):
            found.append(name_of(graph, one))
        else:
            found += [name_of(graph, inner) for inner in one]
    return found


def name_of(graph: Graph, task: Task[..., Any] | str) -> str:
    """The name of one task of the graph; GraphError, with the nearest name, if the graph does not have it."""
    name = dep_task(task if isinstance(task, str) else task.name)
    if name not in graph.tasks:
        raise unknown(graph, name)
    return name


def unknown(graph: Graph, name: str) -> GraphError:
    """The error for a name that no task of the graph has."""
    where = f" in graph {graph.name!r}" if graph.name else ""
    return GraphError(f"no task {name!r}{where}", hint=meant(name, graph.tasks, "task"))


def meant(name: str, known: Iterable[str], what: str) -> str:
    """A hint for a misspelt `name`: the nearest of `known`, else what there is."""
    known = list(known)
    near = nearest(name, known)
    if near is not None:
        return f"did you mean {near!r}?"
    if not known:
        return f"there is no {what} at all"
    return f"there {'is' if len(known) == 1 else 'are'}: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"


def upstream(graph: Graph, of: Iterable[Named]) -> Selection:
    """`of` and everything they need."""
    return _named(graph, graph.dag.upstream(_ids(graph, of)))


def downstream(graph: Graph, of: Iterable[Named]) -> Selection:
    """`of` and everything that needs them."""
    return _named(graph, graph.dag.downstream(_ids(graph, of)))


def between(graph: Graph, start: Named, end: Named) -> Selection:
    """The tasks on a path from `start` to `end`, both included; empty if no path leads there."""
    return _named(graph, graph.dag.between(_ids(graph, [start]), _ids(graph, [end])))


def where(graph: Graph, holds: Callable[[Task[..., Any]], object]) -> Selection:
    """The tasks for which `holds` is true; GraphError with what it raised, if it raises."""
    return frozenset(name for name, task in graph.tasks.items() if _asked(holds, task))


def _asked(holds: Callable[[Task[..., Any]], object], task: Task[..., Any]) -> bool:
    answer = call_user(lambda: bool(holds(task)))
    if isinstance(answer, Raised):
        error = answer.error
        raise GraphError(
            f"the predicate given to where() raised {type(error).__name__} for task {task.name!r}: {error}",
            hint="a predicate takes one task and returns true or false",
        ) from error
    return answer.value


def _ids(graph: Graph, given: Iterable[Named]) -> list[int]:
    return [graph.ids[name] for name in names(graph, given)]


def _named(graph: Graph, ids: Iterable[int]) -> Selection:
    order = graph.order
    return frozenset([order[node] for node in ids])
