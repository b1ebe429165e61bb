"""The matrix of an invocation: which axes lie above which task, and which combinations of their values there are. It owns
what a cell is and how its values are written in names, and must never make a step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from msgspec.structs import replace

from pipekit import canon
from pipekit.definition.tasks import Task, dep_task
from pipekit.errors import FingerprintError
from pipekit.invocation.invocation import Axis, Invocation
from pipekit.values import Secret
from pipekit.values.call import Raised, call_user

LONGEST = 80
"""Characters of a value in a name."""

Positions = tuple[int, ...]
"""Places in `Sweep.axes`, ascending."""
Row = tuple[int, ...]
"""For each of some axes the place of one of its values."""
Options = tuple[tuple[str, Any], ...]
"""`"task.option"` and value of each axis of a row."""


@dataclass(frozen=True)
class Sweep:
    """The tasks that the targets need, deps first; the axes, each value once; and the cells that are not excluded.

    `above[task]` are the axes above a task: its own and those of its deps, but for what lies beyond `.cells`.
    `depth[task]` counts the `.cells` on the way up from it, the most there are.
    """

    tasks: tuple[Task[..., Any], ...]
    axes: tuple[Axis, ...]
    rows: tuple[Row, ...]
    above: Mapping[str, Positions]
    depth: Mapping[str, int]
    labels: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    _rows: dict[Positions, tuple[Row, ...]] = field(default_factory=dict, repr=False, compare=False)
    _maps: dict[tuple[Positions, Positions], Sequence[int]] = field(default_factory=dict, repr=False, compare=False)
    _options: dict[Positions, tuple[Options, ...]] = field(default_factory=dict, repr=False, compare=False)
    _suffixes: dict[Positions, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    def rows_of(self, axes: Positions) -> tuple[Row, ...]:
        """The combinations of these axes alone that occur in some cell, in the order of the cells; of no axes, one."""
        if axes not in self._rows:
            self._rows[axes] = tuple(dict.fromkeys(_picked(self.rows, axes))) if axes else ((),)
        return self._rows[axes]

    def within(self, axes: Positions, fewer: Positions) -> Sequence[int]:
        """For each row of `axes` the place of the row of `fewer`, a part of them, that agrees with it."""
        if (axes, fewer) not in self._maps:
            places = {row: place for place, row in enumerate(self.rows_of(fewer))}
            kept = tuple(axes.index(position) for position in fewer)
            self._maps[axes, fewer] = [places[row] for row in _picked(self.rows_of(axes), kept)]
        return self._maps[axes, fewer]

    def options(self, axes: Positions) -> tuple[Options, ...]:
        """The rows of these axes as pairs of `"task.option"` and value, in axis order."""
        if axes not in self._options:
            picked = [self.axes[axis] for axis in axes]
            self._options[axes] = tuple(
                tuple([(axis.name, axis.values[at]) for axis, at in zip(picked, row, strict=True)])
                for row in self.rows_of(axes)
            )
        return self._options[axes]

    def suffixes(self, axes: Positions) -> tuple[str, ...]:
        """What each row of these axes adds to a task's name: `"@lr=0.1,seed=0"`, nothing without axes."""
        if axes not in self._suffixes:
            picked = [(self.labels[axis], self.words[axis]) for axis in axes]
            self._suffixes[axes] = tuple(
                "@" + ",".join([f"{label}={words[at]}" for (label, words), at in zip(picked, row, strict=True)])
                if axes
                else ""
                for row in self.rows_of(axes)
            )
        return self._suffixes[axes]


def sweep(invocation: Invocation[Any]) -> Sweep:
    """What is swept in `invocation`; axes of tasks that no target needs drop out, after exclude has looked at them."""
    graph = invocation.graph
    needed = graph.upstream(*invocation.targets)
    tasks = tuple(task for name, task in graph.tasks.items() if name in needed)
    every = [_distinct(axis) for axis in invocation.axes]
    kept = [
        place
        for place, axis in enumerate(every)
        if axis.task in needed and axis.option in graph.tasks[axis.task].options
    ]
    rows = tuple(dict.fromkeys(_picked(_cells(invocation, every), tuple(kept))))
    axes = tuple(every[place] for place in kept)
    above, depth = _reach(tasks, axes)
    return Sweep(tasks, axes, rows, above, depth, _labels(axes), tuple(_words(axis.values) for axis in axes))


def same(one: object, other: object) -> bool:
    """Whether two option values are the same to a key."""
    return one is other or _identity(one) == _identity(other)


def text(value: object) -> str:
    """A value as it stands in a step's name or an output's path: as one would write it in pipeline.yaml, where short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    name = getattr(value, "name", None) if hasattr(type(value), "__members__") else None
    if isinstance(name, str):
        return name
    shown = call_user(str, value)
    return type(value).__name__ if isinstance(shown, Raised) else _short(shown.value)


def _short(word: str) -> str:
    word = re.sub(r" at 0x[0-9a-fA-F]+", "", word)
    return word if len(word) <= LONGEST else word[: LONGEST - 1] + "…"


def _picked(rows: Iterable[Row], places: Positions) -> Iterator[Row]:
    return (tuple([row[place] for place in places]) for row in rows)


def _distinct(axis: Axis) -> Axis:
    first: dict[object, Any] = {}
    for value in axis.values:
        first.setdefault(_identity(value), value)
    return replace(axis, values=tuple(first.values()))


def _identity(value: object) -> object:
    """Equal for equal values; a value without a form is only itself."""
    if isinstance(value, Secret):
        return value
    try:
        return canon.encode(value)
    except FingerprintError:
        return id(value)


def _cells(invocation: Invocation[Any], axes: Sequence[Axis]) -> Iterator[Row]:
    """Every combination that no row of exclude matches."""
    excluded = [rule for row in invocation.exclude if (rule := _rule(invocation, axes, row)) is not None]
    for cell in product(*(range(len(axis.values)) for axis in axes)):
        if not any(all(cell[axis] in places for axis, places in rule) for rule in excluded):
            yield cell


def _rule(
    invocation: Invocation[Any], axes: Sequence[Axis], row: Mapping[str, Any]
) -> list[tuple[int, list[int]]] | None:
    """Per axis that `row` names the places it matches; None where it names another option with another value."""
    rule = []
    positions = {axis.name: place for place, axis in enumerate(axes)}
    for name, value in row.items():
        if name in positions:
            values = axes[positions[name]].values
            rule.append((positions[name], [place for place, one in enumerate(values) if same(one, value)]))
        else:
            task, _, option = name.partition(".")
            given = invocation.values.get(task, {})
            if option not in given or not same(given[option], value):
                return None
    return rule


def _reach(tasks: Iterable[Task[..., Any]], axes: Sequence[Axis]) -> tuple[dict[str, Positions], dict[str, int]]:
    own: dict[str, int] = {}
    for place, axis in enumerate(axes):
        own[axis.task] = own.get(axis.task, 0) | 1 << place
    masks: dict[str, int] = {}
    depth: dict[str, int] = {}
    positions: dict[int, Positions] = {}
    above: dict[str, Positions] = {}
    for task in tasks:
        mask, deep = own.get(task.name, 0), 0
        for dep in task.deps:
            name = dep_task(dep)
            gathers = dep.endswith(".cells")
            mask |= 0 if gathers else masks[name]
            deep = max(deep, depth[name] + gathers)
        masks[task.name], depth[task.name] = mask, deep
        if mask not in positions:
            positions[mask] = tuple(place for place in range(len(axes)) if mask >> place & 1)
        above[task.name] = positions[mask]
    return above, depth


def _labels(axes: Sequence[Axis]) -> tuple[str, ...]:
    """How each axis is called in names: the option alone where no other axis has an option of that name."""
    options = [axis.option for axis in axes]
    return tuple(axis.option if options.count(axis.option) == 1 else axis.name for axis in axes)


def _words(values: Sequence[object]) -> tuple[str, ...]:
    """How each value of an axis is written in names; no two alike."""
    words = [text(value) for value in values]
    shared = Counter(words)
    words = [_quoted(value, word) if shared[word] > 1 else word for value, word in zip(values, words, strict=True)]
    shared = Counter(words)
    return tuple(f"{word}~{place}" if shared[word] > 1 else word for place, word in enumerate(words))


def _quoted(value: object, word: str) -> str:
    """As Python writes it, which tells `1` from `'1'`; a bool keeps its word."""
    shown = call_user(repr, value)
    return word if isinstance(value, bool) or isinstance(shown, Raised) else _short(shown.value)
