"""What there is to draw of a graph: nodes, edges and the words on them, taken from the tasks once. It owns that
reduction, and must never know a format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from pipekit.definition.tasks import Option, Task, dep_task
from pipekit.graph.dag import Dag
from pipekit.values import Origin
from pipekit.values.call import Raised, call_user

if TYPE_CHECKING:
    from pipekit.graph.graph import Graph
    from pipekit.graph.query import Selection

Via = Literal["product", "items", "cells", "failed"]


class Knob(Struct, frozen=True):
    """One option as people read it; `default` is None where a value must be given."""

    name: str
    type: str
    default: str | None

    def __str__(self) -> str:
        return f"{self.name}: {self.type}" + ("" if self.default is None else f" = {self.default}")


class Node(Struct, frozen=True):
    """One task: `kind` is task, stream or each; `product` its type, of a stream that of an item; `doc` whole."""

    name: str
    kind: str
    product: str
    pinned: bool
    doc: str
    tags: tuple[str, ...]
    options: tuple[Knob, ...]
    origin: Origin | None

    @property
    def streams(self) -> bool:
        return self.kind != "task"

    @property
    def caption(self) -> str:
        """Kind and product in a few words: `each -> list[str]`."""
        return f"{'pinned' if self.pinned else self.kind} -> {self.product}"


class Edge(Struct, frozen=True):
    """From the dep `start` to its dependent `end`, both places in `Picture.nodes`, and what crosses it."""

    start: int
    end: int
    via: Via


@dataclass(frozen=True)
class Picture:
    """Nodes with deps first, edges in the order of their dependents and its deps."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def dag(self) -> Dag:
        """The same edges as ids."""
        deps: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            deps[edge.end].append(edge.start)
        return Dag([tuple(ids) for ids in deps])


def picture(graph: Graph, selection: Selection | None = None) -> Picture:
    """What there is to draw of `graph`, or of the `selection` in it."""
    tasks = [task for name, task in graph.tasks.items() if selection is None or name in selection]
    ids = {task.name: place for place, task in enumerate(tasks)}
    edges = tuple(edge for task in tasks for edge in _edges(graph, task, ids))
    return Picture(graph.name, tuple(_node(task) for task in tasks), edges)


def _edges(graph: Graph, task: Task[..., Any], ids: dict[str, int]) -> Iterator[Edge]:
    for dep in dict.fromkeys(task.deps):
        above = dep_task(dep)
        if above in ids:
            yield Edge(ids[above], ids[task.name], _via(dep, graph.tasks[above]))


def _via(dep: str, above: Task[..., Any]) -> Via:
    if dep.endswith(".cells"):
        return "cells"
    if dep.endswith(".failed"):
        return "failed"
    return "items" if above.streams else "product"


def _node(task: Task[..., Any]) -> Node:
    options = tuple(_knob(option) for option in task.options.values())
    doc, tags = (task.doc or "").strip(), tuple(sorted(task.config.tags))
    return Node(task.name, task.kind, task.product.name, task.pin is not None, doc, tags, options, task.origin)


def _knob(option: Option) -> Knob:
    return Knob(option.name, option.type.name, None if option.required else shown(option.default))


def shown(value: object, most: int = 40) -> str:
    """The short form of a value, without addresses, on one line."""
    answer = call_user(repr, value)
    text = f"<{type(value).__name__}>" if isinstance(answer, Raised) else " ".join(answer.value.split())
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
    return text if len(text) <= most else text[: most - 1] + "…"
