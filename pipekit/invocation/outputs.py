"""Where products are written: the templates of an invocation's outputs, filled for every step, and what is wrong with
them. It owns placeholders and paths as text, and must never look at a disk."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from pipekit.definition.tasks import dep_task
from pipekit.errors import Problem
from pipekit.invocation.cells import Sweep, text
from pipekit.invocation.invocation import Invocation, Output

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
OURS = ("tasks.py", "tasks", "pipeline.yaml", "pipeline.lock", ".git")
"""What a project is made of, and no output may replace."""

_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]")


class Path(Struct, frozen=True):
    """One product's path, relative to the project: that of step number `place` of `task`."""

    output: Output
    place: int
    text: str

    @property
    def task(self) -> str:
        return self.output.task


class _Scope(Struct, frozen=True):
    """What a placeholder may name for one task, all by `"task.option"`: the axes above it, then options of its own, then
    those upstream; `beyond` are the axes that `.cells` took away."""

    axes: Mapping[str, int]
    own: Mapping[str, Any]
    upstream: Mapping[str, Any]
    secret: frozenset[str]
    beyond: frozenset[str]


class _Wrong(Exception):
    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def paths(invocation: Invocation[Any], swept: Sweep) -> Iterator[Path]:
    """Every path of every output whose task is needed and whose template can be filled."""
    for output in invocation.outputs:
        if output.task in swept.above:
            scope = _scope(invocation, swept, output.task)
            try:
                yield from _filled(output, swept, scope)
            except _Wrong:
                continue


def problems(invocation: Invocation[Any], swept: Sweep) -> tuple[Problem, ...]:
    """Everything that is wrong with the outputs, and with a matrix that excludes all of itself."""
    found: list[Problem] = []
    if swept.axes and not swept.rows:
        found.append(Problem("every cell of the matrix is excluded", hint="take a row of exclude away"))
    good: list[Path] = []
    for output in invocation.outputs:
        if output.task in swept.above:
            try:
                made = _filled(output, swept, _scope(invocation, swept, output.task))
            except _Wrong as wrong:
                message = f"the output {output.path!r} of {output.task!r}: {wrong.message}"
                found.append(Problem(message, output.origin, wrong.hint))
                continue
            whole = not _makes_folder(invocation, output.task)
            outside = next((problem for path in made if (problem := _outside(path, whole))), None)
            good += [] if outside else made
            found += [outside] if outside else []
    return (*found, *_shared(good, swept), *_nested(good))


def _filled(output: Output, swept: Sweep, scope: _Scope) -> list[Path]:
    axes = swept.above[output.task]
    parts = _parts(output.path, scope)
    found = []
    for place, row in enumerate(swept.rows_of(axes)):
        words = (part if isinstance(part, str) else _plain(swept.words[part][row[axes.index(part)]]) for part in parts)
        found.append(Path(output, place, "".join(words)))
    return found


def _plain(word: str) -> str:
    """A value as part of a path: it makes no folders."""
    return _UNSAFE.sub("_", word)


def _parts(template: str, scope: _Scope) -> list[str | int]:
    """The template as fixed text and places of axes; raises _Wrong."""
    parts: list[str | int] = []
    end = 0
    for found in _PART.finditer(template):
        parts.append(template[end : found.start()])
        end = found.end()
        if found[0] in ("{{", "}}"):
            parts.append(found[0][0])
        elif found[1] is None:
            raise _Wrong(f"it has a lone {found[0]!r}", f"write {found[0] * 2!r} for the sign itself")
        else:
            parts.append(_named(found[1], scope))
    return [*parts, template[end:]]


def _named(name: str, scope: _Scope) -> str | int:
    """What `{name}` stands for: the place of an axis, or the text of a value that all cells share; raises _Wrong."""
    for known in (scope.axes, scope.own, scope.upstream):
        meant = [name] if name in known else [one for one in known if one.endswith(f".{name}")]
        if len(meant) > 1:
            choices = " or ".join(f"{{{one}}}" for one in meant)
            raise _Wrong(f"{{{name}}} may be the option of several tasks", f"write {choices}")
        if meant and meant[0] in scope.secret:
            raise _Wrong(f"{{{name}}} is a Secret", "take it out: a path must not show one")
        if meant:
            return scope.axes[meant[0]] if known is scope.axes else _plain(text(known[meant[0]]))
    if any(one == name or one.endswith(f".{name}") for one in scope.beyond):
        raise _Wrong(f"{{{name}}} has no single value here", "take it out: below '.cells' the axes above it are gone")
    choices = ", ".join(f"{{{one}}}" for one in (*scope.axes, *scope.own, *scope.upstream))
    raise _Wrong(
        f"there is no option {name!r}", f"the path may hold {choices}" if choices else "no option is upstream of it"
    )


def _scope(invocation: Invocation[Any], swept: Sweep, task: str) -> _Scope:
    every = {axis.name for axis in swept.axes}
    axes = {swept.axes[axis].name: axis for axis in swept.above[task]}
    values: dict[bool, dict[str, Any]] = {True: {}, False: {}}
    secret = set()
    for name in _near(invocation, task):
        options = invocation.graph.tasks[name].options
        for option, value in invocation.values.get(name, {}).items():
            full = f"{name}.{option}"
            if full not in every:
                values[name == task][full] = value
            if option in options and options[option].type.is_secret:
                secret.add(full)
    return _Scope(axes, values[True], values[False], frozenset(secret), frozenset(every - set(axes)))


def _near(invocation: Invocation[Any], task: str) -> list[str]:
    """`task` and what it depends on other than through `.cells`."""
    seen = {task: None}
    waiting = [task]
    while waiting:
        for dep in invocation.graph.tasks[waiting.pop()].deps:
            name = dep_task(dep)
            if not dep.endswith(".cells") and name not in seen:
                seen[name] = None
                waiting.append(name)
    return list(seen)


def _makes_folder(invocation: Invocation[Any], name: str) -> bool:
    task = invocation.graph.tasks[name]
    return task.streams or any(part.place == "folder" or part.kind == "any" for part in task.product.parts)


def _outside(path: Path, whole: bool) -> Problem | None:
    """Whether the path cannot be written to; `whole`: the product becomes one file."""
    shown, plain = path.text, posixpath.normpath(path.text)
    where = path.output.origin
    if not path.text.strip() or plain == "." or (whole and shown.endswith("/")):
        return Problem(
            f"the output of {path.task!r} has no file name", where, "write a path such as 'results/table.csv'"
        )
    if plain.startswith(("/", "../")) or plain == ".." or re.match(r"[A-Za-z]:[\\/]", shown):
        hint = "write a path inside the project, relative to its folder"
        return Problem(f"the output {shown!r} of {path.task!r} lies outside the project", where, hint)
    if "\x00" in shown:
        return Problem(f"the output {shown!r} of {path.task!r} is no path", where, "take the NUL character out")
    if plain.partition("/")[0] in OURS:
        hint = "write it elsewhere, such as results/"
        return Problem(
            f"the output {shown!r} of {path.task!r} would overwrite the project's own {plain!r}", where, hint
        )
    if plain.partition("/")[0] == ".pipekit":
        return Problem(f"the output {shown!r} of {path.task!r} lies in the store", where, "write it beside '.pipekit'")
    return None


def _shared(inside: list[Path], swept: Sweep) -> Iterator[Problem]:
    """Paths that two steps would write; one problem for each group of outputs that clash."""
    writers: dict[str, list[Path]] = {}
    for path in inside:
        writers.setdefault(posixpath.normpath(path.text), []).append(path)
    told: set[tuple[str, ...]] = set()
    for name, clash in writers.items():
        tasks = tuple(dict.fromkeys(path.task for path in clash))
        if len(clash) > 1 and tasks not in told:
            told.add(tasks)
            where = clash[-1].output.origin
            if len(tasks) > 1:
                by = " and ".join(repr(task) for task in tasks)
                yield Problem(
                    f"the output {name!r} would be written by {by}", where, "give each task a path of its own"
                )
            else:
                labels = ", ".join(f"{{{swept.labels[axis]}}}" for axis in swept.above[tasks[0]])
                message = f"the output {name!r} would be written by {len(clash)} steps of {tasks[0]!r}"
                yield Problem(message, where, f"tell them apart in the path: {labels}")


def _nested(inside: list[Path]) -> Iterator[Problem]:
    """Paths that lie inside another one, which a file or an exported stream cannot share."""
    written = {posixpath.normpath(path.text): path for path in inside}
    told: set[tuple[str, str]] = set()
    for name, path in written.items():
        above = posixpath.dirname(name)
        while above:
            over = written.get(above)
            if over is not None and (over.task, path.task) not in told:
                told.add((over.task, path.task))
                message = f"the output {name!r} of {path.task!r} lies inside {above!r}, the output of {over.task!r}"
                yield Problem(message, path.output.origin, "write one of them elsewhere")
            above = posixpath.dirname(above)
