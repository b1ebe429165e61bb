"""Random programs of tasks, streams, eaches and consumers as source text, and what must come of them, evaluated plainly
one after the other. Also a way to run any program on a store that outlives it."""

from __future__ import annotations

import linecache
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from support.codes import ToldCodes

from pipekit import Cell, Env, Failure
from pipekit.definition.tasks import Task
from pipekit.execution import plan
from pipekit.execution.run import How, Run
from pipekit.execution.world import World
from pipekit.invocation.steps import expand
from pipekit.store import files
from pipekit.store.store import Store

HEAD = """
from collections.abc import Iterator
from pipekit import Cell, Env, Failure

env = Env("random")
SALT: dict[str, int] = {}

def flat(value: object) -> Iterator[int]:
    if isinstance(value, int):
        yield value
    elif isinstance(value, str):
        yield len(value)
    elif isinstance(value, Cell):
        yield from flat(sorted(value.options.values()))
        yield from flat(value.product)
    elif isinstance(value, Failure):
        yield from flat(value.item)
        yield from flat(value.error)
    else:
        for one in value:
            yield from flat(one)
        yield 17

def mix(name: str, *values: object) -> int:
    found = SALT.get(name, 0)
    for value in flat(values):
        found = (31 * found + value + 7) % 1009
    return found

def unlucky(value: int, odds: int) -> int:
    if odds and value % odds == 0:
        raise ValueError(f"{value} is unlucky")
    return value
"""
_count = 0


def load(text: str, name: str = "") -> dict[str, Any]:
    """The names of a program, whose lines tracebacks can show; nobody can import it."""
    global _count
    _count += 1
    where = f"<program {name or _count}>"
    text = textwrap.dedent(text)
    linecache.cache[where] = (len(text), None, text.splitlines(keepends=True), where)
    names: dict[str, Any] = {"__name__": f"program_{_count}"}
    exec(compile(text, where, "exec"), names)
    return names


def start(
    env: Env,
    store: Store,
    *,
    targets: Sequence[Task[..., Any]] = (),
    settings: Sequence[Any] = (),
    matrix: Sequence[Sequence[Any]] = (),
    code: Mapping[str, int] | None = None,
    forced: Sequence[str] = (),
    pool: str = "inline",
    jobs: int = 2,
    world: World | None = None,
) -> Run:
    """A run of `env` on `store`. The code of a task is as old as `code` says, so that runs find what earlier ones made."""
    graph = env.graph()
    chosen = tuple(targets) or tuple(graph.tasks[name] for name in graph.targets)
    invocation = graph.invoke(chosen, *settings, matrix=matrix)
    steps = expand(invocation)
    world = world or World(ToldCodes(code or {}), files.identity)
    again = [step.id for step in steps.steps if step.task in forced]
    return Run(plan.make(invocation, steps, store, world, again), store, How(jobs, pool))


@dataclass(frozen=True)
class Dep:
    """`kind`: whole, iterator, list, failed or cells."""

    task: str
    kind: str = "whole"


@dataclass
class Made:
    """One task of a random program. `odds`: values that `odds` divides fail; of what stays `on_error` tells."""

    name: str
    kind: str
    deps: list[Dep]
    odds: int = 0
    on_error: str = "raise"
    flat: bool = False
    kept: bool = True
    values: list[int] = field(default_factory=list)  # of its axis
    lists: bool = False  # a task that gives a list

    @property
    def streams(self) -> bool:
        return self.kind in ("stream", "each")


Axis = tuple[str, int]
Cell_ = frozenset[Axis]


@dataclass
class Program:
    """A random program; `text` is its source. What fails is tried `retries` times more."""

    seed: int
    tasks: dict[str, Made] = field(default_factory=dict)
    retries: int = 0

    @property
    def text(self) -> str:
        return HEAD + "".join(_text(made, self.tasks, self.retries) for made in self.tasks.values())

    def axes(self) -> list[tuple[str, list[int]]]:
        return [(made.name, made.values) for made in self.tasks.values() if made.values]


def program(seed: int, *, failing: bool = True) -> Program:
    """A random program of up to ten tasks."""
    random = Random(seed)
    found = Program(seed)
    matrix = random.random() < 0.4
    for number in range(random.randint(1, 10)):
        made = _made(random, f"t{number}", found.tasks, failing)
        if matrix and not made.deps and made.kind == "task" and len(found.axes()) < 2:
            made.values = random.sample(range(50), random.randint(1, 3))
        found.tasks[made.name] = made
    return found


def _made(random: Random, name: str, above: Mapping[str, Made], failing: bool) -> Made:
    names = random.sample(list(above), min(len(above), random.choice([0, 1, 1, 2, 3])))
    made = Made(name, random.choice(["task", "task", "stream"]), [_dep(random, above[one]) for one in names])
    items = [one for one in above.values() if one.streams or one.lists]
    if items and random.random() < 0.5:
        made.kind = "each"
        source = random.choice(items)
        sides = [Dep(dep.task) for dep in made.deps if not above[dep.task].streams and dep.task != source.name]
        made.deps = [Dep(source.name, "item"), *sides]
        made.on_error = random.choice(["raise", "skip", "drop"])
        made.flat = random.random() < 0.3
    made.lists = made.kind == "task" and random.random() < 0.3
    made.odds = random.choice([0, 0, 3, 5, 11]) if failing and random.random() < 0.5 else 0
    made.kept = random.random() < 0.75
    return made


def _dep(random: Random, above: Made) -> Dep:
    if above.on_error != "raise" and random.random() < 0.4:
        return Dep(above.name, "failed")
    if not above.streams and random.random() < 0.2:
        return Dep(above.name, "cells")
    return Dep(above.name, random.choice(["iterator", "list"]) if above.streams else "whole")


def _text(made: Made, above: Mapping[str, Made], retries: int) -> str:
    handles = ", ".join(dep.task + {"failed": ".failed", "cells": ".cells"}.get(dep.kind, "") for dep in made.deps)
    extra = [f'on_error="{made.on_error}"'] if made.kind == "each" else []
    extra += [] if made.kept else ['store="never"']
    extra += [f"retries={retries}"] if retries else []
    arguments = ", ".join([*([handles] if handles else []), *extra])
    parameters = [f"p{at}: {_annotation(dep, above[dep.task])}" for at, dep in enumerate(made.deps)]
    options = ["*", "k: int = 1"] if made.kind != "each" or made.values else []
    whole = ", ".join([*parameters, *(["/"] if parameters else []), *options])
    given = ", ".join([f'"{made.name}"', *(["k"] if options else []), *(f"p{at}" for at in range(len(made.deps)))])
    lines = [f"@env.{made.kind}({arguments})", f"def {made.name}({whole}) -> {_product(made)}:"]
    return "\n\n" + "\n".join([*lines, *(f"    {line}" for line in _body(made, given))]) + "\n"


def _annotation(dep: Dep, above: Made) -> str:
    if dep.kind == "failed":
        return "list[Failure]"
    if dep.kind == "cells":
        return f"Iterator[Cell[{_product(above)}]]"
    if dep.kind == "whole":
        return _product(above)
    return {"iterator": "Iterator[int]", "list": "list[int]", "item": "int"}[dep.kind]


def _product(made: Made) -> str:
    if made.kind == "stream" or made.flat:
        return "Iterator[int]"
    return "list[int]" if made.lists else "int"


def _body(made: Made, given: str) -> list[str]:
    found = [f"found = mix({given})"]
    if made.kind == "stream" or made.flat:
        many = 3 if made.flat else 6
        return [*found, f"for i in range(found % {many}):", f"    yield unlucky((found + i) % 7, {made.odds and 6})"]
    if made.kind == "each":
        return [*found, f"return unlucky(found, {made.odds}) % 13"]
    if made.lists:
        return [*found, f"unlucky(found, {made.odds})", "return [(found + i) % 5 for i in range(found % 6)]"]
    return [*found, f"return unlucky(found, {made.odds})"]


# --- what must come of it --------------------------------------------------------------------------------------------------


@dataclass
class Truth:
    """What one step comes to: its value, or None; `failed`, `blocked`; what it left out."""

    state: str
    value: Any = None
    left: list[tuple[int, str]] = field(default_factory=list)
    partial: bool = False


class Oracle:
    """Evaluates a program in plain Python, cell by cell."""

    def __init__(self, found: Program, names: Mapping[str, Any]) -> None:
        self.program = found
        self.names = names
        self.above: dict[str, list[str]] = {}  # the axes that a task varies with
        for made in found.tasks.values():
            axes = {axis for dep in made.deps if dep.kind != "cells" for axis in self.above[dep.task]}
            self.above[made.name] = [name for name, _ in found.axes() if name in axes or name == made.name]
        self._known: dict[tuple[str, Cell_], Truth] = {}

    def cells(self, task: str) -> list[dict[str, int]]:
        """The cells that a task has, in the order of the axes."""
        axes = [(name, values) for name, values in self.program.axes() if name in self.above[task]]
        return [dict(zip([name for name, _ in axes], chosen)) for chosen in product(*(values for _, values in axes))]

    def truth(self, task: str, cell: Mapping[str, int]) -> Truth:
        key = task, frozenset((name, cell[name]) for name in self.above[task])
        if key not in self._known:
            self._known[key] = self._evaluate(self.program.tasks[task], dict(key[1]))
        return self._known[key]

    def _evaluate(self, made: Made, cell: dict[str, int]) -> Truth:
        below = [[self.truth(dep.task, one) for one in self._cells(dep, cell)] for dep in made.deps]
        everything = [truth for truths in below for truth in truths]
        if any(truth.state != "made" for truth in everything):
            return Truth("blocked")
        partial = any(truth.partial for truth in everything)
        values = [self._given(dep, truths, cell) for dep, truths in zip(made.deps, below)]
        options = {"k": cell.get(made.name, 1)} if made.kind != "each" else {}
        if made.kind == "each":
            return self._each(made, values, partial)
        try:
            found = self.names[made.name].fn(*values, **options)
            return Truth("made", list(found) if made.kind == "stream" else found, partial=partial)
        except ValueError:
            return Truth("failed")

    def _cells(self, dep: Dep, cell: dict[str, int]) -> list[dict[str, int]]:
        if dep.kind != "cells":
            return [cell]
        return self.cells(dep.task)

    def _given(self, dep: Dep, truths: list[Truth], cell: dict[str, int]) -> Any:
        if dep.kind == "cells":
            options = [{f"{name}.k": value for name, value in one.items()} for one in self._cells(dep, cell)]
            return iter([Cell(given, truth.value) for given, truth in zip(options, truths)])
        if dep.kind == "failed":
            return [Failure(item, error) for item, error in truths[0].left]
        return iter(truths[0].value) if dep.kind == "iterator" else truths[0].value

    def _each(self, made: Made, values: list[Any], partial: bool) -> Truth:
        truth = Truth("made", [], partial=partial)
        for item in values[0]:
            try:
                found = self.names[made.name].fn(item, *values[1:])
                truth.value += list(found) if made.flat else [found]
            except ValueError as error:
                if made.on_error == "raise":
                    return Truth("failed")
                truth.left.append((item, f"ValueError: {error}"))
        truth.partial = partial or (made.on_error == "skip" and bool(truth.left))
        return truth


def compare(run: Run, found: Program, names: Mapping[str, Any]) -> dict[tuple[str, str], Truth]:
    """Every step came out as it must. Gives the truths by task and cell."""
    oracle = Oracle(found, names)
    truths: dict[tuple[str, str], Truth] = {}
    for planned in run.plan.entries:
        step, row = planned.step, run.ledger[planned.step.id]
        cell = {name.split(".")[0]: value for name, value in step.cell}
        truth = truths[step.task, step.name] = oracle.truth(step.task, cell)
        states = ("ran", "cached", "unneeded") if truth.state == "made" else (truth.state,)
        early = truth.state == "blocked" and planned.task.kind == "each" and row.state == "failed"
        assert row.state in states or early, f"{step.name} is {row.state}, not {truth.state}"
        if row.state in ("ran", "cached"):
            whole = row.state == "cached" and not row.partial  # the same was made once from whole inputs
            assert row.partial == truth.partial or whole, f"{step.name}: partial is {row.partial}"
            assert [left.error for left in row.left] == [error for _, error in truth.left], step.name
            if step.id in run.plan.steps.targets:
                value = run.value(step.id)
                assert (list(value) if planned.task.streams else value) == truth.value, step.name
    return truths


def store_in(folder: Path) -> Store:
    from pipekit.store.memory import MemoryStore

    folder.mkdir(parents=True, exist_ok=True)
    return MemoryStore(folder)
