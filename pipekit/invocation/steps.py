"""From an invocation to its steps: each task once for every combination of the axes above it, so that cells which agree
on those share the step. It owns ids, names and needs of steps, and must never know which of them have to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Literal

from msgspec import Struct

from pipekit.definition.tasks import Task, dep_task
from pipekit.errors import Problem
from pipekit.invocation.cells import Positions, Sweep, sweep
from pipekit.invocation.invocation import Invocation
from pipekit.invocation.outputs import paths, problems


class Needs(Struct, frozen=True):
    """One dep of a step: the step whose product or failures it takes or, of `.cells`, all steps of that task, with the
    axes' values of each (`"task.option"` -> value, in axis order)."""

    kind: Literal["product", "cells", "failed"]
    steps: tuple[int, ...]
    cells: tuple[Mapping[str, Any], ...] = ()


class Step(Struct, frozen=True):
    """A task with the option values of itself and everything upstream. `cell`: the values of the axes above it, in axis
    order. `name`: the task's, with those where there are any: `train@lr=0.1,seed=0`. `deps`: in the task's order."""

    id: int
    task: str
    name: str
    cell: tuple[tuple[str, Any], ...]
    options: Mapping[str, Any]
    deps: tuple[Needs, ...]


class Steps(Struct, frozen=True):
    """`steps[id].id == id`, deps first. `cells`: each cell's options and its steps by task. `outputs`: step and path."""

    steps: tuple[Step, ...]
    cells: tuple[tuple[Mapping[str, Any], Mapping[str, int]], ...]
    targets: tuple[int, ...]
    outputs: tuple[tuple[int, str], ...]


def expand(invocation: Invocation[Any]) -> Steps:
    """Every step that the targets of `invocation` need. Tasks below `.cells` stand in a cell of the axes that are left
    to them, mostly `{}`; of outputs that cannot be written `output_problems` tells."""
    swept = sweep(invocation)
    first: dict[str, int] = {}
    steps: list[Step] = []
    products: dict[str, list[Needs]] = {}
    for task in swept.tasks:
        first[task.name] = len(steps)
        steps += _steps(invocation, swept, task, first, products)
    ranges = (range(first[name], first[name] + len(swept.rows_of(swept.above[name]))) for name in invocation.targets)
    targets = tuple(dict.fromkeys(step for each in ranges for step in each))
    outputs = tuple((first[path.task] + path.place, path.text) for path in paths(invocation, swept))
    return Steps(tuple(steps), _cells(swept, first), targets, outputs)


def output_problems(invocation: Invocation[Any]) -> tuple[Problem, ...]:
    """What is wrong with the outputs: unknown placeholders, paths outside the project, paths that two steps would
    write; and a matrix of which nothing is left."""
    return problems(invocation, sweep(invocation))


def _steps(
    invocation: Invocation[Any],
    swept: Sweep,
    task: Task[..., Any],
    first: Mapping[str, int],
    products: dict[str, list[Needs]],
) -> list[Step]:
    """All steps of one task, in the order of the cells."""
    axes = swept.above[task.name]
    cells, suffixes = swept.options(axes), swept.suffixes(axes)
    columns = [_needs(swept, axes, len(cells), dep, first, products) for dep in task.deps]
    deps: Iterable[tuple[Needs, ...]] = zip(*columns, strict=True) if columns else repeat((), len(cells))
    given = invocation.values.get(task.name, {})
    own = {swept.axes[axis].name: swept.axes[axis].option for axis in axes if swept.axes[axis].task == task.name}
    made = []
    for step, (cell, suffix, needs) in enumerate(zip(cells, suffixes, deps, strict=True), first[task.name]):
        options = {**given, **{own[name]: value for name, value in cell if name in own}} if own else given
        made.append(Step(step, task.name, task.name + suffix, cell, options, needs))
    return made


def _needs(
    swept: Sweep,
    axes: Positions,
    count: int,
    dep: str,
    first: Mapping[str, int],
    products: dict[str, list[Needs]],
) -> Sequence[Needs]:
    """For each row of `axes` what a task there needs of `dep`; equal needs are one object."""
    task = dep_task(dep)
    above, start = swept.above[task], first[task]
    steps = range(start, start + len(swept.rows_of(above)))
    if dep.endswith(".cells"):
        return [Needs("cells", tuple(steps), tuple(map(dict, swept.options(above))))] * count
    if dep not in products:
        kind: Literal["product", "failed"] = "failed" if dep.endswith(".failed") else "product"
        products[dep] = [Needs(kind, (step,)) for step in steps]
    known = products[dep]
    return known * count if not above else [known[place] for place in swept.within(axes, above)]


def _cells(swept: Sweep, first: Mapping[str, int]) -> tuple[tuple[Mapping[str, Any], Mapping[str, int]], ...]:
    """A cell per row of the axes at each depth; what is below `.cells` and has no axes stands in the cell `{}`."""
    found: dict[tuple[tuple[int, int], ...], tuple[dict[str, Any], dict[str, int]]] = {}
    for axes, tasks in _groups(swept):
        names = [task.name for task in tasks]
        moving = [
            (at, name, swept.within(axes, swept.above[name])) for at, name in enumerate(names) if swept.above[name]
        ]
        steps = [first[name] for name in names]
        for place, (row, options) in enumerate(zip(swept.rows_of(axes), swept.options(axes), strict=True)):
            for at, name, within in moving:
                steps[at] = first[name] + within[place]
            cell = found.setdefault(tuple(zip(axes, row, strict=True)), (dict(options), {}))
            cell[1].update(zip(names, steps, strict=True))
    return tuple(found.values())


def _groups(swept: Sweep) -> list[tuple[Positions, list[Task[..., Any]]]]:
    """The tasks that stand in the same cells, and the axes of those."""
    groups: dict[tuple[int, bool], list[Task[..., Any]]] = {}
    for task in swept.tasks:
        depth = swept.depth[task.name]
        groups.setdefault((depth, bool(depth and not swept.above[task.name])), []).append(task)
    ordered = [groups[key] for key in sorted(groups)]
    return [(tuple(sorted({axis for task in tasks for axis in swept.above[task.name]})), tasks) for tasks in ordered]
