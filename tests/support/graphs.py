"""Graphs for tests, made straight from names and edges, without functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from pipekit.definition.prelude import ANY
from pipekit.definition.tasks import Config, Option, Task
from pipekit.graph import Graph

KINDS = ("task", "stream", "each")
TAGS = ("slow", "net", "gpu")


def task(
    name: str,
    deps: Sequence[str] = (),
    *,
    options: Mapping[str, Any] | Sequence[str] = (),
    kind: Any = "task",
    tags: Sequence[str] = (),
) -> Task[..., Any]:
    """A task whose deps and options have no types to speak of; `options` are names, perhaps with defaults."""
    made = {
        option: Option(option, ANY, dict(options)[option]) if isinstance(options, Mapping) else Option(option, ANY)
        for option in options
    }
    return Task(
        name=name,
        fn=lambda *deps, **options: None,
        deps=tuple(deps),
        takes=("whole",) * len(deps),
        parameters=(ANY,) * len(deps),
        options=made,
        product=ANY,
        kind=kind,
        config=Config(tags=frozenset(tags)),
    )


def graph(*tasks: Task[..., Any], name: str = "test") -> Graph:
    return Graph({one.name: one for one in tasks}, name)


@st.composite
def edges(draw: st.DrawFn, most: int = 12) -> list[tuple[int, ...]]:
    """Deps by id, each below its dependent."""
    count = draw(st.integers(0, most))
    return [tuple(sorted(draw(st.sets(st.integers(0, node - 1), max_size=4)))) if node else () for node in range(count)]


@st.composite
def graphs(draw: st.DrawFn, most: int = 12, least: int = 0) -> Graph:
    """Graphs of tasks of all kinds and tags, named t0, t1, ..., in an order of their own, with `.cells` and `.failed`."""
    deps = draw(edges(most).filter(lambda found: len(found) >= least))
    tasks = []
    for node, above in enumerate(deps):
        names = [f"t{dep}{draw(st.sampled_from(['', '', '', '.cells', '.failed']))}" for dep in above]
        tags = draw(st.sets(st.sampled_from(TAGS)))
        tasks.append(task(f"t{node}", names, kind=draw(st.sampled_from(KINDS)), tags=sorted(tags)))
    return graph(*draw(st.permutations(tasks)))
