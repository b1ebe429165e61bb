"""Phase 2: a graph and everything that was given become an invocation, or every problem at once. It owns the order of the looks
and must never read a file, an environment or a clock: what it needs of the world is passed in."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pipekit.definition.show import article
from pipekit.definition.tasks import Option, Setting, Task
from pipekit.invocation.cells import sweep
from pipekit.invocation.document import Section, choose, shape
from pipekit.invocation.files import Files, Look
from pipekit.invocation.findings import Findings
from pipekit.invocation.given import Given, Sources, caller, check_names, from_python, from_section, from_text
from pipekit.invocation.interpolation import Interpolation, Parse, scalar
from pipekit.invocation.invocation import NOTHING, Axis, Invocation, Output, Settings
from pipekit.invocation.known import Key, Known
from pipekit.invocation.located import Located
from pipekit.invocation.options import WRONG, Values
from pipekit.invocation.outputs import paths, problems
from pipekit.invocation.settings import read_settings
from pipekit.invocation.targets import choose_targets
from pipekit.values import Origin

if TYPE_CHECKING:
    from pipekit.graph import Graph

MOST_CELLS = 100_000
MOST_LOOKED = 1000
MOST_MATCHES = 1_000_000
"""How many combinations a matrix may have, how many outputs' folders are looked at, and how often cells may be compared with
a row of exclude."""


def invoke(
    graph: Graph,
    document: Located | None = None,
    name: str | None = None,
    *,
    overrides: Mapping[str, str] = NOTHING,
    settings: Sequence[Setting] = (),
    options: Mapping[str, Any] = NOTHING,
    targets: Sequence[str | Task[..., Any]] = (),
    matrix: Sequence[Sequence[Setting]] = (),
    look: Look | None = None,
    environ: Mapping[str, str] = NOTHING,
    folder: Path | None = None,
    parse: Parse = scalar,
) -> Invocation[Any]:
    """The invocation `name` of `document` (or none) over `graph`, every option with a checked value.

    `overrides` are the `-o` ("task.option" -> text), `options` the same from Python, `look` says what stands at a path
    (without it, files are not looked for), `environ` is what `${env:}` reads, `folder` the project's, `parse` reads YAML core text.
    Raises InvocationError with every problem.
    """
    findings = Findings(folder)
    known, reading = Known(graph, findings), Interpolation(environ, parse, findings)
    in_python = settings or options or matrix or any(isinstance(target, Task) for target in targets)
    where = caller() if in_python else None
    read = shape(document, findings)
    section = choose(read, name, findings)
    findings.blurred = bool(findings.problems)
    check_names(read, known)
    sources = from_section(section, known)
    from_python(sources, settings, options, matrix, where, known)
    from_text(sources, overrides, known)
    chosen, outputs = choose_targets(section, targets, where, known, reading)
    checking = _Checking(known, sources, Values(reading), graph.upstream(*chosen), Files(findings, look, folder))
    checking.options()
    checking.exclusions()
    made = checking.made(section, chosen, outputs, read_settings(read.settings, graph.tasks, reading))
    checking.outputs(made, section.part("exclude"))
    findings.stop(read.file)
    return made


class _Checking(Struct):
    """The values of one check: `values`, `axes`, `exclude` and `origins` become the invocation's, once nothing is WRONG."""

    known: Known
    sources: Sources
    reading: Values
    needed: Collection[str]
    files: Files
    values: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    axes: dict[Key, Axis] = field(default_factory=dict)
    exclude: list[Mapping[str, Any]] = field(default_factory=list)
    origins: dict[Key, Origin] = field(default_factory=dict)

    def options(self) -> None:
        """Every given value, and what the needed tasks lack."""
        checked: dict[Key, Any] = {}
        for key, given in self.sources.values.items():
            if key not in self.sources.axes:
                checked[key] = self._value(key, given)
        for key, every in self.sources.axes.items():
            values = [self._value(key, given) for given in every]
            good = tuple(value for value in values if value is not WRONG) or (WRONG,)
            checked[key] = good[0]
            if self._is_here(key):
                self.axes[key] = Axis(*key, good)
        for name, task in self.known.graph.tasks.items():
            if name in self.needed:
                self.values[name] = self._complete(task, checked) if task.options else NOTHING

    def exclusions(self) -> None:
        """The rows of `exclude` whose axes are all there."""
        for row in self.sources.exclude:
            found = {key: self._value(key, given) for key, given in row.items()}
            if all(key in self.axes for key in row):
                self.exclude.append({self.axes[key].name: value for key, value in found.items()})

    def made(
        self, section: Section, targets: tuple[str, ...], outputs: tuple[Output, ...], settings: Settings
    ) -> Invocation[Any]:
        """The invocation, which nobody may see while there are problems."""
        return Invocation(
            graph=self.known.graph,
            name=section.name,
            targets=targets,
            values=self.values,
            axes=tuple(self.axes.values()),
            exclude=tuple(self.exclude),
            outputs=outputs,
            settings=settings,
            environment=self.reading.reading.read,
            origins=self.origins,
        )

    def outputs(self, made: Invocation[Any], exclude: Located | None) -> None:
        """The matrix has cells, not too many; every output can be written, and is no option's file."""
        say, where = self.known.findings.say, exclude.origin if exclude else None
        cells, rows = math.prod(len(axis.values) for axis in made.axes), len(made.exclude)
        if cells > MOST_CELLS:
            first = self.origins.get(next(iter(self.axes)))
            say(f"the matrix has {cells:,} cells", first, f"at most {MOST_CELLS:,}; give fewer values")
        elif cells * rows > MOST_MATCHES:
            say(
                f"the matrix has {cells:,} cells and {rows:,} rows of exclude",
                where,
                "give fewer values, or fewer rows",
            )
        elif made.outputs or made.exclude:
            self._written(made, where)

    def _written(self, made: Invocation[Any], exclude: Origin | None) -> None:
        """What is wrong with the paths of the cells that are left."""
        swept = sweep(made)
        for problem in problems(made, swept):
            self.known.findings.take([replace(problem, where=problem.where or exclude)])
        written = {path.text: path for path in paths(made, swept)}
        self.files.refuse({text: path.task for text, path in written.items()})
        for text, path in written.items() if len(written) <= MOST_LOOKED else ():
            if (file := self.files.below(text)) is not None:
                message = f"the output {text!r} of {path.task!r}: {file!r} is a file, not a folder"
                self.known.findings.say(message, path.output.origin, "write it elsewhere")

    def _value(self, key: Key, given: Given) -> Any:
        option = self.known.find(*key)
        if option is None:
            return WRONG
        here = key[0] in self.needed and self._is_here(key)
        value = self.reading.value(key, option, given, here)
        if given.origin is not None:
            self.origins.setdefault(key, given.origin)
        if here and value is not WRONG and option.type.holds_files:
            self.files.add(key, option.type, value, given.origin)
        return value

    def _complete(self, task: Task[..., Any], checked: Mapping[Key, Any]) -> dict[str, Any]:
        """A value for each option of a needed task; one that is missing is a problem."""
        values: dict[str, Any] = {}
        for option in task.options.values():
            key = task.name, option.name
            if key in checked:
                values[option.name] = checked[key]
            elif option.required:
                values[option.name] = WRONG
                self._missing(key, option)
            else:
                values[option.name] = option.default
                if option.type.holds_files:
                    self.files.add(key, option.type, option.default, option.origin)
        return values

    def _missing(self, key: Key, option: Option) -> None:
        task, name = key
        findings = self.known.findings
        if findings.blurred or task in findings.meant or key in findings.meant:
            return
        secret = option.type.is_secret
        text = "" if secret else f", with -o {task}.{name}=..."
        value = '"${env:NAME}"' if secret else "..."
        hint = f"give it in pipeline.yaml (options: {{{task}: {{{name}: {value}}}}}){text}, or in Python: {task}.set({name}=...)"
        wanted = article(option.type.name)
        findings.say(f"task '{task}' needs a value for its option '{name}', {wanted}", option.origin, hint)

    def _is_here(self, key: Key) -> bool:
        task = self.known.graph.tasks.get(key[0])
        return task is not None and key[1] in task.options
