"""What steps used that is not in their keys, so that a change of it reruns nothing. It must never know how that was noted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field

from pipekit import canon
from pipekit.execution.ledger import Ledger
from pipekit.execution.messages import Used
from pipekit.execution.plan import Planned
from pipekit.execution.world import World
from pipekit.fingerprint.code.symbols import Code, Symbol
from pipekit.store.blocks import Block
from pipekit.store.products import Product
from pipekit.values import Digest, Secret

_CODE = ("code", "module")
_NOT_IN = "which is not in its key"


class Finding(NamedTuple):
    """Something that is not in the key of `task`. `kind`: code, module, file, variable or program; `where` is "file:line", as in
    `Used`; `remedy` is what to do."""

    step: int
    task: str
    kind: str
    subject: str
    where: str
    remedy: str

    @property
    def message(self) -> str:
        """A sentence for people."""
        at = f" ({self.where})" if self.where and self.kind != "file" else ""
        said, changed = _SAID[self.kind]
        return f"'{self.task}' {said.format(self.subject + at)}: {changed} reruns nothing. {self.remedy}"

    def told(self) -> dict[str, str]:
        """As `run --json` has it."""
        return {"task": self.task, "kind": self.kind, "subject": self.subject, "where": self.where}


_SAID = {
    "code": (f"called {{}}, {_NOT_IN}", "a change of it"),
    "module": (f"imported {{}}, {_NOT_IN}", "a change of it"),
    "file": ("read {}, which no option names", "a change of it"),
    "variable": (f"read the variable {{}}, {_NOT_IN}", "another value"),
    "program": (f"started {{}}, {_NOT_IN}", "another version of it"),
}


class Covered(Struct, frozen=True):
    """The code in a key: whole files, lines of files (first, last), and names that count without being looked at."""

    files: frozenset[str]
    lines: Mapping[str, tuple[tuple[int, int], ...]]
    names: frozenset[str]

    def holds(self, used: Used) -> bool:
        """Whether a change of this code, or of this module's own, would change the key."""
        if used.file in self.files:
            return True
        if used.kind == "code" and any(a <= used.line <= b for a, b in self.lines.get(used.file, ())):
            return True
        return is_named(used.subject.replace(":", "."), self.names)


def covered(symbols: Iterable[Symbol]) -> Covered:
    """What these symbols cover."""
    files: set[str] = set()
    lines: dict[str, set[tuple[int, int]]] = {}
    names: set[str] = set()
    for one in symbols:
        file = one.where.file if one.where is not None else ""
        if one.kind == "module":
            files.add(file)
        elif one.kind in ("function", "class") and one.source and one.where is not None:
            span = one.where.line, one.where.line + one.source.rstrip("\n").count("\n")
            lines.setdefault(file, set()).add(span)
        elif one.kind in ("function", "class", "opaque"):
            names.add(one.name.partition("#")[0])
    return Covered(frozenset(files), {file: tuple(spans) for file, spans in lines.items()}, frozenset(names))


def is_named(name: str, names: Iterable[str], between: str = ".") -> bool:
    """Whether one of `names` is this one, or what it lies in."""
    return any(name == one or name.startswith(one + between) for one in names)


class Audit(Struct):
    """Of one run. `findings` are in the order in which they were found, by their remedies: there is one for each. `read` are the
    files of the project that were read."""

    ledger: Ledger
    findings: dict[str, Finding] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    _code: dict[int, dict[Used, None]] = field(default_factory=dict)
    _covered: dict[Digest, Covered] = field(default_factory=dict)

    def take(self, number: int, used: Iterable[Used]) -> list[Finding]:
        """What a step used; gives what can be told of it at once."""
        found: list[Finding] = []
        for one in used:
            if one.kind == "file" and not os.path.isabs(one.subject):
                self.read.add(one.subject)
            if one.kind in _CODE or one.subject.endswith(".py"):
                self._code.setdefault(number, {})[one] = None
            elif not self._names(self.ledger[number].planned, one):
                found += self._find(number, one)
        return found

    def rest(self) -> Iterator[Finding]:
        """The code that steps used and that is not in their keys; when the run is over, and what they took is known."""
        for number, used in self._code.items():
            planned = self.ledger[number].planned
            if any(one not in self.ledger.products for needs in planned.step.deps for one in needs.steps):
                continue
            known = [self._covers(code) for code in self._reached(planned)]
            found = [one for one in used if not self._is_known(planned, known, one)]
            files = {self._absolute(one.subject) for one in found if one.kind == "file"}
            whole = files | {one.file for one in found if one.kind == "module"}
            for one in found:  # one remedy is enough for all that a file or module holds
                if one.kind == "file" or one.file not in (files if one.kind == "module" else whole):
                    yield from self._find(number, one)

    def _covers(self, code: Code) -> Covered:
        if code.digest not in self._covered:
            self._covered[code.digest] = covered(code.symbols)
        return self._covered[code.digest]

    def _is_known(self, planned: Planned, known: Sequence[Covered], used: Used) -> bool:
        if self._names(planned, used):
            return True
        if used.kind == "file":
            return any(self._absolute(used.subject) in one.files for one in known)
        codes = self.ledger.plan.world.codes
        return any(one.holds(used) for one in known) or not codes.owns(used.file, used.subject.partition(":")[0])

    def _names(self, planned: Planned, used: Used) -> bool:
        """Whether the step's options, or its task's own arguments, name it."""
        config, world = planned.task.config, self.ledger.plan.world
        opaque = [one if isinstance(one, str) else f"{one.__module__}.{one.__qualname__}" for one in config.opaque]
        if used.kind == "variable":
            return used.subject in config.environ or used.subject in opaque
        if used.kind in _CODE and is_named(used.subject.replace(":", "."), opaque):
            return True
        file = self._absolute(used.file if used.kind in _CODE else used.subject)
        if used.kind == "program" and os.path.basename(file) in (*opaque, *config.version.split()):
            return True
        places = [place for path in planned.static.files for place in _places(world, path)]
        return is_named(file, (*places, *map(self._absolute, opaque)), os.sep) or (
            bool(places) and is_named(os.path.realpath(file), places, os.sep)
        )

    def _absolute(self, path: str) -> str:
        folder = self.ledger.plan.world.folder
        return os.path.join(folder, path) if folder is not None else path

    def _reached(self, planned: Planned) -> Iterator[Code]:
        """All code in the key: the task's, of what stands in options, and of the classes in what it takes."""
        codes = self.ledger.plan.world.codes
        yield planned.static.code
        values = list(planned.step.options.values())
        names: set[str] = set()
        for needs in planned.step.deps:
            values += [value for cell in needs.cells for value in cell.values()]
            taken: list[Product | Block] = [self.ledger.products[one] for one in needs.steps]
            if needs.kind == "failed":
                taken = [left.item for left in self.ledger[needs.steps[0]].left]
            names.update(name for one in taken for name in one.classes)
        yield from (codes.of_class(planned.task, name) for name in sorted(names))
        yield from map(codes.of_thing, _things(one for one in values if not isinstance(one, Secret)))

    def _find(self, number: int, used: Used) -> Iterator[Finding]:
        task = self.ledger[number].planned.task.name
        folder = self.ledger.plan.world.folder
        file = used.file.removeprefix(f"{folder}{os.sep}") if folder is not None else used.file
        where = f"{file}:{used.line}" if file else ""
        subject = used.subject.replace(":", ".") if used.kind in _CODE else used.subject
        remedy = _remedy(task, used, file)
        if remedy not in self.findings:
            self.findings[remedy] = Finding(number, task, used.kind, subject, where, remedy)
            yield self.findings[remedy]


def _places(world: World, path: str) -> tuple[str, str]:
    """Where a file or folder lies that is named in a key, with and without symbolic links."""
    place = path if world.folder is None else os.path.join(world.folder, path)
    return place, os.path.realpath(place)


def _things(values: Iterable[Any]) -> list[Any]:
    """The classes and functions that stand in values."""
    found: list[Any] = []

    def note(thing: Any) -> bytes:
        found.append(thing)
        return b""

    for value in values:
        canon.encode(value, class_identity=note)
    return found


def _remedy(task: str, used: Used, file: str) -> str:
    if used.kind == "variable":
        return f"Say on '{task}': environ=[\"{used.subject}\"]"
    if used.kind == "program" and os.path.isabs(used.subject):
        name = os.path.basename(used.subject)
        return f"Say on '{task}' which one it is: version=\"{name} 1.0\""
    module, _, name = used.subject.partition(":")
    path = module.replace(".", "/")
    if used.kind not in _CODE or not used.file.endswith((f"/{path}.py", f"/{path}/__init__.py")):
        return f"Give {task} an option of type File, and set it to {file if used.kind in _CODE else used.subject}"
    first = name.partition(".")[0]
    named = f"{module}.{first}" if first.isidentifier() else module
    return f"Say on '{task}': code_includes=[\"{named}\"]"
