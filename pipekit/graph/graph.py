"""The graph: a frozen value that holds tasks by name, every dep inside it, in an order where deps come first. It owns
that promise and the methods people call; it must never touch the env it came from, nor know how anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from pipekit.definition.tasks import Each, Flat, Option, Setting, Stream, Streamed, Task, Whole, dep_task
from pipekit.errors import GraphError
from pipekit.graph import mutate, query
from pipekit.graph.dag import Cycle, Dag
from pipekit.graph.query import Named, Selection

if TYPE_CHECKING:
    from pipekit.invocation.invocation import Invocation

R = TypeVar("R")
T = TypeVar("T")

Format = Literal["tree", "mermaid", "dot", "svg", "html", "json"]


@dataclass(frozen=True)
class Graph:
    """Tasks by name, deps before their dependents. Made by `Env.graph()` and by the mutations of another graph.

    `mutated`: it differs from what its env declares, so its runs write no history. `unneeded`: task -> option -> what
    it was, for the options that mutations took away; values given for them are checked and then not needed.
    """

    tasks: Mapping[str, Task[..., Any]]
    name: str = ""
    mutated: bool = False
    unneeded: Mapping[str, Mapping[str, Option]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = _ordered(self.tasks)
        object.__setattr__(self, "tasks", MappingProxyType(ordered))
        object.__setattr__(self, "unneeded", MappingProxyType(dict(self.unneeded)))

    def __reduce__(self) -> tuple[Any, ...]:
        if self.mutated:  # a handle is pickled as a name, by which its env would give back the task before the mutation
            raise GraphError(
                "a mutated graph cannot be pickled", hint="pickle the env's graph and mutate it again there"
            )
        return Graph, (dict(self.tasks), self.name)

    def __len__(self) -> int:
        return len(self.tasks)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    def __contains__(self, task: object) -> bool:
        return (task.name if isinstance(task, Task) else task) in self.tasks

    def __repr__(self) -> str:
        return f"<graph {self.name or 'without a name'}: {len(self.tasks)} tasks{', mutated' if self.mutated else ''}>"

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names, each after all it depends on."""
        return tuple(self.tasks)

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """Each name's place in `order`, which is its id in `dag`."""
        return {name: place for place, name in enumerate(self.tasks)}

    @cached_property
    def dag(self) -> Dag:
        """The bare ids and edges; a dep on `.cells` or `.failed` is an edge like any other."""
        ids = self.ids
        return Dag([tuple([ids[dep_task(dep)] for dep in task.deps]) for task in self.tasks.values()])

    @property
    def targets(self) -> tuple[str, ...]:
        """The tasks without dependents, in order."""
        return tuple(self.order[node] for node in self.dag.sinks)

    # -- places

    def upstream(self, *of: Named) -> Selection:
        """`of` and everything they need. GraphError for a task that is not here, as in all of these."""
        return query.upstream(self, of)

    def downstream(self, *of: Named) -> Selection:
        """`of` and everything that needs them."""
        return query.downstream(self, of)

    def between(self, start: Named, end: Named) -> Selection:
        """The tasks on a path from `start` to `end`, both included; empty where no path leads."""
        return query.between(self, start, end)

    def where(self, holds: Callable[[Task[..., Any]], object]) -> Selection:
        """The tasks for which `holds(task)` is true."""
        return query.where(self, holds)

    def select(self, text: str) -> Selection:
        """The tasks that `text` means, such as `"+ranking"` or `"words+ & tag:slow"`; see `graph/select.py`."""
        from pipekit.graph.select import select

        return select(self, text)

    # -- mutations: each gives another graph

    # fmt: off
    @overload
    def replace(self, task: Flat[..., ..., T], fn: Callable[..., Iterator[T]], *deps: Task[..., Any]) -> Graph: ...
    @overload
    def replace(self, task: Each[..., ..., T], fn: Callable[..., T], *deps: Task[..., Any]) -> Graph: ...
    @overload
    def replace(self, task: Stream[..., ..., T], fn: Callable[..., Iterator[T]], *deps: Task[..., Any]) -> Graph: ...
    @overload
    def replace(self, task: Whole[..., ..., R], fn: Callable[..., R], *deps: Task[..., Any]) -> Graph: ...
    # fmt: on
    def replace(self, task: Task[..., Any], fn: Callable[..., Any], *deps: Task[..., Any]) -> Graph:
        """`fn` in the place of `task`: it keeps the name, the decorator's arguments, what it does not annotate, and the
        deps if none are named and it takes any. GraphError where `fn` does not fit what it takes or what takes it."""
        return mutate.replace(self, task, fn, deps)

    @overload
    def pin(self, task: Streamed[..., T], value: Iterable[T]) -> Graph: ...
    @overload
    def pin(self, task: Whole[..., ..., R], value: R) -> Graph: ...
    def pin(self, task: Task[..., Any], value: Any) -> Graph:
        """`value` as the product of `task`, checked against its type (a stream takes any iterable of items); what only
        served to make it is gone."""
        return mutate.pin(self, task, value)

    def without(self, *selection: Named) -> Graph:
        """All but `selection`; GraphError while something outside it depends on it."""
        return mutate.without(self, selection)

    def only(self, *selection: Named) -> Graph:
        """`selection` with its upstream."""
        return mutate.only(self, selection)

    def graft(self, other: Graph) -> Graph:
        """The tasks of both; GraphError where two differ under one name."""
        return mutate.graft(self, other)

    # -- faces

    def render(self, format: Format = "tree", selection: Iterable[str] | None = None) -> str:
        """The graph as text in `format`, or of it only `selection` and the edges inside."""
        from pipekit.graph.render import render

        return render(self, format, selection)

    # fmt: off
    @overload
    def invoke(self, target: Task[..., R], *settings: Setting, matrix: Sequence[Sequence[Setting]] = ()) -> Invocation[R]: ...
    @overload
    def invoke(self, target: tuple[Task[..., Any], ...], *settings: Setting, matrix: Sequence[Sequence[Setting]] = ()) -> Invocation[None]: ...
    # fmt: on
    def invoke(self, target: Any, *settings: Setting, matrix: Sequence[Sequence[Setting]] = ()) -> Invocation[Any]:
        """The graph with values for every option that `target` needs; InvocationError with every problem at once.

        `settings` are made by `task.set(...)`; each entry of `matrix` is an axis: settings of one option, one per value.
        """
        from pipekit.invocation.check import invoke

        targets = target if isinstance(target, tuple) else (target,)
        return invoke(self, settings=settings, targets=targets, matrix=matrix)


def _ordered(tasks: Mapping[str, Task[..., Any]]) -> dict[str, Task[..., Any]]:
    """`tasks` with deps first; GraphError where a dep is missing or the deps go round."""
    seen: set[str] = set()
    in_order = True
    for name, task in tasks.items():
        for dep in task.deps:
            if dep not in seen and dep_task(dep) not in seen:
                in_order = False
                if dep_task(dep) not in tasks:
                    raise GraphError(
                        f"task {name!r} depends on {dep!r}, which is not in the graph",
                        where=task.origin,
                        hint=query.meant(dep_task(dep), tasks, "task"),
                    )
        seen.add(name)
    return dict(tasks) if in_order else _sorted(tasks)


def _sorted(tasks: Mapping[str, Task[..., Any]]) -> dict[str, Task[..., Any]]:
    names = list(tasks)
    ids = {name: place for place, name in enumerate(names)}
    try:
        order = Dag([tuple(ids[dep_task(dep)] for dep in task.deps) for task in tasks.values()]).order
    except Cycle as cycle:
        round_ = [names[node] for node in cycle.ids]
        raise GraphError(
            f"the deps go round: {' -> '.join([*round_, round_[0]])}",
            where=tasks[round_[0]].origin,
            hint=f"{round_[0]!r} would need its own product; name another dep",
        ) from None
    return {names[node]: tasks[names[node]] for node in order}
